"""Dense linear systems, their factors, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import raw, twin

__all__ = ["cho_factor", "cho_solve", "cholesky", "det", "inv", "lstsq", "pinv", "pinvh", "solve",
           "solve_triangular"]  # fmt: skip

HERMITIAN = frozenset({"sym", "symmetric", "her", "hermitian", "pos", "positive definite"})
TRIANGULAR = {"upper triangular": False, "lower triangular": True}
DIAGONALS = {"diagonal": 0, "tridiagonal": 1}
"""How many diagonals beside the main one SciPy reads."""


def H(x: Any) -> Any:  # noqa: N802 - the usual letter
    """Return the conjugate transpose."""
    x = xgrad.matrix_transpose(x)
    return xgrad.conj(x) if x.dtype.kind == "c" else x


def whole(a: Array, lower: bool, hermitian: bool) -> Array:
    """Return the matrix of which one triangle is given."""
    half = xgrad.tril(a) if lower else xgrad.triu(a)
    rest = xgrad.tril(a, k=-1) if lower else xgrad.triu(a, k=1)
    return half + (H(rest) if hermitian else xgrad.matrix_transpose(rest))


@twin("linalg")
def solve(
    a: Any, b: Any, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, assume_a: Any = None, transposed: bool = False,
) -> Any:  # fmt: skip
    """Solve ``a @ x = b`` for square matrices; see ``scipy.linalg.solve``.

    Args:
        a: the matrices.
        b: vectors or matrices.
        lower: which triangle to read where `assume_a` says that one is enough.
        overwrite_a, overwrite_b, check_finite: as SciPy's; nothing is overwritten.
        assume_a: what `a` is: ``"sym"``, ``"her"``, ``"pos"``, ``"upper triangular"``,
            ``"tridiagonal"``, ...: no more of it is read.
        transposed: whether to solve with the transpose.
    """
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    if assume_a in DIAGONALS:
        k = DIAGONALS[assume_a]
        a = xgrad.tril(xgrad.triu(a, k=-k), k=k)
    if assume_a in HERMITIAN:
        a = whole(a, lower, assume_a[:3] in ("her", "pos"))
    elif assume_a in TRIANGULAR:
        return solve_triangular(a, b, int(transposed), TRIANGULAR[assume_a])
    if transposed:
        a = xgrad.matrix_transpose(a)
    return xgrad.linalg.solve(a, b)


@twin("linalg")
def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False,
    overwrite_b: bool = False, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Solve with a triangular matrix; see ``scipy.linalg.solve_triangular``.

    Args:
        a: the matrix, of which one triangle is read.
        b: vectors or matrices.
        trans: 0 or ``"N"``, 1 or ``"T"``, 2 or ``"C"``: to solve with its transpose or adjoint.
        lower: whether it is lower triangular.
        unit_diagonal: whether to take its diagonal as ones.
        overwrite_b, check_finite: as SciPy's.
    """
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    half = xgrad.tril(a) if lower else xgrad.triu(a)
    if unit_diagonal:
        half = (xgrad.tril(a, k=-1) if lower else xgrad.triu(a, k=1)) + xgrad.eye(
            a.shape[-1], dtype=half.dtype
        )
    if trans in (1, "T"):
        half, lower = xgrad.matrix_transpose(half), not lower
    elif trans in (2, "C"):
        half, lower = H(half), not lower
    elif trans not in (0, "N"):
        raise ValueError(f"solve_triangular: trans is {trans!r}; expected 0, 1, 2, 'N', 'T' or 'C'")
    return xgrad.linalg.solve_triangular(half, b, lower=bool(lower))


@twin("linalg")
def inv(
    a: Any, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: Any = None,
    lower: bool = False,
) -> Any:  # fmt: skip
    """Return the inverse; see ``scipy.linalg.inv``, and `solve` for `assume_a`."""
    a = xgrad.asarray(a)
    if assume_a in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        a = whole(a, lower, not assume_a.startswith("sym"))
    elif assume_a in ("upper triangular", "lower triangular"):
        a = xgrad.triu(a) if assume_a.startswith("upper") else xgrad.tril(a)
    elif assume_a == "diagonal":
        a = xgrad.tril(xgrad.triu(a))
    return xgrad.linalg.inv(a)


@twin("linalg")
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Return the determinant; see ``scipy.linalg.det``."""
    a = xgrad.asarray(a)
    return xgrad.linalg.det(xgrad.astype(a, xgrad.result_type(a, np.float64), copy=False))


@twin("linalg")
def pinv(
    a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the pseudoinverse; see ``scipy.linalg.pinv``. The rank must not change."""
    x = xgrad.asarray(a)
    if atol is None and not return_rank:
        return xgrad.linalg.pinv(x, rtol=rtol)
    s = np.linalg.svd(np.asarray(raw(x.detach())), compute_uv=False)
    top = float(s.max(initial=0.0))
    near = max(x.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None and atol is None else rtol
    limit = (0.0 if atol is None else atol) + (near or 0.0) * top
    out = xgrad.linalg.pinv(x, rtol=limit / top if top else 0.0)
    return (out, int((s > limit).sum())) if return_rank else out


@twin("linalg")
def pinvh(
    a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the pseudoinverse of a Hermitian matrix; see ``scipy.linalg.pinvh``."""
    full = whole(xgrad.asarray(a), lower, True)
    return pinv(full, atol=atol, rtol=rtol, return_rank=return_rank)


@twin("linalg")
def lstsq(
    a: Any, b: Any, cond: Any = None, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, lapack_driver: Any = None,
) -> Any:  # fmt: skip
    """Return the least-squares solution, residuals, rank and singular values; see SciPy's.

    As there, residuals are empty where the columns are dependent or as many as the rows, and with
    ``lapack_driver="gelsy"``, which gives None for the singular values.
    """
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    x, away, rank, s = xgrad.linalg.lstsq(a, b, rcond=cond)
    if lapack_driver == "gelsy":
        return x, away[:0], rank, None
    return x, away[0] if b.ndim == 1 and away.shape[0] else away, rank, s


@twin("linalg")
def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Return the Cholesky factor, the upper one by default; see ``scipy.linalg.cholesky``."""
    return xgrad.linalg.cholesky(whole(xgrad.asarray(a), lower, True), upper=not lower)


@twin("linalg")
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Any, bool]:
    """Return what `cho_solve` needs: the factor, with the rest of `a` beside it, and `lower`."""
    a = xgrad.asarray(a)
    c = cholesky(a, lower=lower)
    rest = xgrad.triu(a, k=1) if lower else xgrad.tril(a, k=-1)
    return c + rest, lower


@twin("linalg")
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Solve with the result of `cho_factor`; see ``scipy.linalg.cho_solve``."""
    c, lower = c_and_lower
    first = solve_triangular(c, xgrad.asarray(b), "N" if lower else "C", lower)
    return solve_triangular(c, first, "C" if lower else "N", lower)
