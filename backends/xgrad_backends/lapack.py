"""LAPACK and BLAS by way of SciPy, for single matrices of NumPy; without SciPy, NumPy's ``solve``.

SciPy is imported when one of these is first used. A C-ordered matrix is, to LAPACK, its transpose
in Fortran order: that is what is factorised, so that nothing is copied but what is overwritten.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np

from xgrad.backends.install import needed

_PREFIX = {"f": "s", "d": "d", "F": "c", "D": "z"}


@cache
def _routine(module: str, name: str, char: str) -> Any:
    """Return a routine for a dtype's character, or None if there is none or no SciPy."""
    try:
        source = importlib.import_module(f"scipy.linalg.{module}")
    except ImportError:
        return None
    return getattr(source, _PREFIX[char] + name) if char in _PREFIX else None


def _solve(a: Any, b: Any) -> Any:
    """Return NumPy's solution for stacks of matrices."""
    return np.linalg.solve(a, b)


def solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    """Solve with one triangle of `x1`; see `Backend`."""
    trsm = _routine("blas", "trsm", x1.dtype.char) if x1.dtype == x2.dtype else None
    if trsm is None or x1.ndim != 2 or x2.ndim != 2 or not x1.size or not x2.size:
        half = np.triu(x1) if upper else np.tril(x1)
        return _solve(half.mT.conj() if adjoint else half, x2)
    if not x1.diagonal().all():
        zero = int(np.argmin(x1.diagonal() != 0))
        raise np.linalg.LinAlgError(
            f"x1 is singular: its diagonal is 0 at [{zero}, {zero}]; expected a regular triangle"
        )
    if x2.flags.f_contiguous and not (adjoint and x1.dtype.kind == "c"):
        return trsm(1.0, x1.T, x2, 0, int(upper), 0 if adjoint else 1)
    # A X = B is X^T A^T = B^T, and A^H X = B is X^T (A^T)^H = B^T
    return trsm(1.0, x1.T, x2.T, 1, int(upper), 2 if adjoint else 0).T


def lu_factor(x: Any) -> tuple[Any, Any]:
    """Factorise the transpose of one matrix; see `Backend`. Stacks are left to `lu_solve`."""
    getrf = _routine("lapack", "getrf", x.dtype.char)
    if getrf is None or x.ndim != 2 or not x.size:
        return x, x
    n = len(x)
    if not x[0, 1:].any() and x.diagonal().all() and not np.triu(x, 1).any():
        return x.T, np.arange(n, dtype=np.int32)  # the transpose of a lower triangle is a U
    lu, pivots, info = getrf(x.T)
    _require_regular(info)
    return lu, pivots


def factorises(dtype: Any) -> bool:
    """Whether there is a factorisation of matrices of this dtype."""
    return _routine("lapack", "getrf", dtype.char) is not None


def lu_of_rows(x: Any, start: int) -> tuple[Any, Any]:
    """Factorise a matrix of at least as many rows as columns itself, not its transpose.

    Args:
        x: the matrix.
        start: which pivot of a larger one its first is, for the error.
    """
    lu, rows, info = _routine("lapack", "getrf", x.dtype.char)(x)
    _require_regular(info and info + start)
    return lu, rows


def _require_regular(info: int) -> None:
    if info > 0:
        raise np.linalg.LinAlgError(
            f"x1 is singular: pivot {info - 1} of its LU factors is 0; expected regular matrices. "
            "xgrad.linalg.pinv(x1) @ x2 is the solution of least norm"
        )


def lu_solve(lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    """Solve with the factors of `lu_factor`; see `Backend`."""
    if pivots.ndim == lu.ndim:
        return _solve(lu.mT.conj() if adjoint else lu, x2)
    if x2.ndim > 2:
        columns = np.moveaxis(x2, -2, 0)
        solved = lu_solve(lu, pivots, columns.reshape(len(columns), -1), adjoint)
        return np.moveaxis(solved.reshape(columns.shape), 0, -2)
    if not x2.size:
        return x2 + np.zeros((), lu.dtype)
    getrs = _routine("lapack", "getrs", lu.dtype.char)
    if not adjoint:
        return getrs(lu, pivots, x2, 1)[0]
    return getrs(lu, pivots, x2.conj(), 0)[0].conj()  # (A^T)^T conj(x) = conj(b)


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """Return the Cholesky factor of Hermitian positive-definite matrices, from their lower half."""
    potrf = _routine("lapack", "potrf", x.dtype.char)
    if potrf is None or x.ndim != 2 or not x.size or x.shape[0] != x.shape[1]:
        return np.linalg.cholesky(x, upper=upper)
    if upper:
        return cholesky(x.mT.conj()).mT.conj()
    # the lower half of x is the upper one of its transpose U^H U, whose factor is conj(L^H)
    factor, info = potrf(x.T, lower=0, clean=1)
    if info > 0:
        raise np.linalg.LinAlgError(
            f"x is not positive definite: its leading {info} x {info} block is not"
        )
    return factor.T


def _between_inverses(trsm: Any, l: Any, s: Any) -> Any:  # noqa: E741 - a lower factor
    """Return L^-H S L^-1 for a Hermitian S, by quarters: half the work of two triangular solves."""
    n = len(l)
    if n <= 400:
        return trsm(1.0, l.T, trsm(1.0, l.T, s.T, 1, 0, 2), 0, 0, 0, overwrite_b=1).T
    h = n // 2
    a, b, c = l[:h, :h], l[h:, :h], l[h:, h:]
    out = np.empty_like(s)
    corner = out[h:, h:] = _between_inverses(trsm, c, s[h:, h:])
    w = trsm(1.0, c.T, s[h:, :h].T, 1, 0, 2).T
    corner = corner @ b
    side = trsm(1.0, a.T, (w - corner).T, 0, 0, 0).T
    out[h:, :h], out[:h, h:] = side, side.mT.conj()
    corner *= 0.5
    seen = b.mT.conj() @ (w - corner)
    out[:h, :h] = _between_inverses(trsm, a, s[:h, :h] - seen - seen.mT.conj())
    return out


def _lower_product(trmm: Any, l: Any, g: Any) -> Any:  # noqa: E741 - a lower factor
    """Return the lower triangle of L^H tril(G), by quarters: half the work of the whole product."""
    n = len(l)
    if n <= 160:  # on transposes, for the sake of LAPACK's order
        return np.tril(trmm(1.0, l.T, np.tril(g).T, 1, 0, 2, overwrite_b=1).T)
    h = n // 2
    out = np.zeros_like(g)
    out[:h, :h] = np.tril(l[h:, :h].mT.conj() @ g[h:, :h])
    out[:h, :h] += _lower_product(trmm, l[:h, :h], g[:h, :h])
    out[h:, :h] = trmm(1.0, l[h:, h:].T, g[h:, :h].T, 1, 0, 2).T
    out[h:, h:] = _lower_product(trmm, l[h:, h:], g[h:, h:])
    return out


def cholesky_pull(l: Any, g: Any) -> Any:  # noqa: E741 - a lower factor
    """Return sym(L^-H phi(L^H tril(G)) L^-1), phi the lower triangle with half the diagonal."""
    trmm = _routine("blas", "trmm", l.dtype.char) if l.dtype == g.dtype else None
    if trmm is None or l.ndim != 2 or g.ndim != 2 or not g.size:
        adjoint = l.mT.conj()
        inner = np.tril(adjoint @ np.tril(g)) / (np.eye(l.shape[-1], dtype=l.dtype) + 1)
        half = solve_triangular(l, inner, False, True)
        out = solve_triangular(l, half.mT.conj(), False, True)
        return (out + out.mT.conj()) * 0.5
    inner = _lower_product(trmm, l, g)
    inner *= 0.5
    inner.flat[:: len(inner) + 1] *= 0.5
    return _between_inverses(_routine("blas", "trsm", l.dtype.char), l, inner + inner.mT.conj())


def solve(x1: Any, x2: Any, /) -> Any:
    """Return the solution of ``x1 @ x = x2``, for a vector or for stacks of matrices."""
    if x2.ndim == 1:
        return solve(x1, x2[:, None])[..., 0]
    if x1.dtype != x2.dtype or x1.shape[-2:-1] != x1.shape[-1:]:
        return np.linalg.solve(x1, x2)
    return lu_solve(*lu_factor(x1), x2, False)


def expm(x: Any) -> Any:
    """Return the exponential of square matrices."""
    return needed("scipy.linalg", "linalg.expm", "scipy").expm(x)
