"""Dense linear systems, their factors, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import chapter, is_tracked, raw, twin

__all__ = ["cho_factor", "cho_solve", "cholesky", "det", "inv", "lstsq", "lu", "lu_factor",
           "lu_solve", "matmul_toeplitz", "pinv", "pinvh", "solve", "solve_triangular"]  # fmt: skip

HERMITIAN = frozenset({"sym", "symmetric", "her", "hermitian", "pos", "positive definite"})
TRIANGULAR = {"upper triangular": False, "lower triangular": True}


def H(x: Any) -> Any:  # noqa: N802 - the usual letter
    """Return the conjugate transpose."""
    x = xgrad.matrix_transpose(x)
    return xgrad.conj(x) if x.dtype.kind == "c" else x


def _whole(a: Array, lower: bool, hermitian: bool) -> Array:
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
        assume_a: what `a` is: ``"sym"``, ``"her"``, ``"pos"``, ``"upper triangular"``, ...
        transposed: whether to solve with the transpose.
    """
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    if assume_a in HERMITIAN:
        a = _whole(a, lower, assume_a[:3] in ("her", "pos"))
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
        half = (xgrad.tril(a, k=-1) if lower else xgrad.triu(a, k=1)) + xgrad.eye(a.shape[-1])
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
        a = _whole(a, lower, not assume_a.startswith("sym"))
    elif assume_a in ("upper triangular", "lower triangular"):
        a = xgrad.triu(a) if assume_a.startswith("upper") else xgrad.tril(a)
    elif assume_a == "diagonal":
        a = xgrad.tril(xgrad.triu(a))
    return xgrad.linalg.inv(a)


@twin("linalg")
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Return the determinant; see ``scipy.linalg.det``."""
    return xgrad.linalg.det(a)


@twin("linalg")
def pinv(
    a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the pseudoinverse; see ``scipy.linalg.pinv``. The rank must not change."""
    x = xgrad.asarray(a)
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
    whole = _whole(xgrad.asarray(a), lower, True)
    return pinv(whole, atol=atol, rtol=rtol, return_rank=return_rank)


@twin("linalg")
def lstsq(
    a: Any, b: Any, cond: Any = None, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, lapack_driver: Any = None,
) -> Any:  # fmt: skip
    """Return the least-squares solution, residuals, rank and singular values; see SciPy's."""
    return tuple(xgrad.linalg.lstsq(xgrad.asarray(a), xgrad.asarray(b), rcond=cond))


@twin("linalg")
def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Return the Cholesky factor, the upper one by default; see ``scipy.linalg.cholesky``."""
    return xgrad.linalg.cholesky(_whole(xgrad.asarray(a), lower, True), upper=not lower)


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


class _Factors:
    """Solves the equation that the factors L and U of a square matrix obey, for their changes."""

    def __init__(self, packed: Any) -> None:
        self.packed = packed
        self.unit = np.tril(packed, -1) + np.eye(packed.shape[-1])
        self.upper = np.triu(packed)

    def __call__(self, b: Any, adjoint: bool) -> Any:
        L, U = self.unit, self.upper
        if not adjoint:
            inner = np.linalg.solve(L, b)
            inner = np.linalg.solve(U.T, inner.T).T
            return L @ np.tril(inner, -1) + np.triu(inner) @ U
        inner = np.tril(L.conj().T @ np.tril(b, -1), -1) + np.triu(np.triu(b) @ U.conj().T)
        inner = np.linalg.solve(L.conj().T, inner)
        return np.linalg.solve(U.conj(), inner.T).T


def _unpacked(m: Any) -> tuple[Any, Any]:
    return xgrad.tril(m, k=-1) + xgrad.eye(m.shape[-1], dtype=m.dtype), xgrad.triu(m)


@twin("linalg")
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, Any]:
    """Return what `lu_solve` needs: L and U in one matrix, and the pivots; of a square matrix."""
    a = xgrad.asarray(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"lu_factor: a has shape {a.shape}; expected one square matrix")
    packed, pivots = chapter("linalg", a).lu_factor(raw(a.detach()))
    if is_tracked(a):
        sizes = np.abs(np.diagonal(np.asarray(packed)))
        if sizes.size and sizes.min() <= 1e-13 * sizes.max():
            raise RuleError(
                "lu_factor: the matrix is singular, so that its factors have no derivative"
            )
    order = _order(pivots)
    turned = a[xgrad.asarray(order), :]

    def equation(m: Array) -> Any:
        lower, upper = _unpacked(m)
        return lower @ upper - turned

    return implicit(equation, packed, _Factors(packed)), pivots


def _order(pivots: Any) -> Any:
    """Return the order of the rows that a series of swaps makes."""
    order = np.arange(len(pivots))
    for i, k in enumerate(np.asarray(pivots)):
        order[[i, k]] = order[[k, i]]
    return order


@twin("linalg")
def lu_solve(
    lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Solve with the result of `lu_factor`; see ``scipy.linalg.lu_solve``."""
    packed, pivots = lu_and_piv
    b = xgrad.asarray(b)
    order = xgrad.asarray(_order(raw(pivots)))
    if trans == 0:
        first = solve_triangular(packed, xgrad.take(b, order, axis=0), 0, True, True)
        return solve_triangular(packed, first, 0, False)
    first = solve_triangular(packed, b, trans, False)
    found = solve_triangular(packed, first, trans, True, True)
    return xgrad.take(found, xgrad.argsort(order), axis=0)


@twin("linalg")
def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True,
    p_indices: bool = False,
) -> Any:  # fmt: skip
    """Return the factors P, L, U of a square matrix; see ``scipy.linalg.lu``."""
    packed, pivots = lu_factor(xgrad.asarray(a))
    lower, upper = _unpacked(packed)
    places = np.argsort(_order(pivots))
    if permute_l:
        return lower[xgrad.asarray(places), :], upper
    if p_indices:
        return xgrad.asarray(places), lower, upper
    P = np.zeros(packed.shape)
    P[np.arange(len(places)), places] = 1.0
    return xgrad.asarray(P), lower, upper


@twin("linalg")
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """Return the product of a Toeplitz matrix, by its column and row, and an array; by FFT."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return toeplitz_times(c, r, xgrad.asarray(x))


def toeplitz_times(c: Any, r: Any, x: Array) -> Any:
    """Return the product of a Toeplitz matrix and a vector or matrix."""
    c = xgrad.reshape(xgrad.asarray(c), (-1,))
    r = xgrad.conj(c) if r is None else xgrad.reshape(xgrad.asarray(r), (-1,))
    m, n = c.shape[0], r.shape[0]
    row = xgrad.concat([c, xgrad.flip(r[1:])])
    real = "c" not in (row.dtype.kind, x.dtype.kind)
    size = m + n - 1
    spread = xgrad.fft.fft(row, n=size)
    columns = x[:, None] if x.ndim == 1 else x
    out = xgrad.fft.ifft(spread[:, None] * xgrad.fft.fft(columns, n=size, axis=0), axis=0)[:m, :]
    out = xgrad.real(out) if real else out
    return out[:, 0] if x.ndim == 1 else out
