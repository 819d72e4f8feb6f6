"""Gauss' factors: rows as LAPACK swaps them, then two triangles that obey one equation."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import is_recorded
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import chapter, is_tracked, raw, twin
from .solving import solve_triangular

__all__ = ["lu", "lu_factor", "lu_solve"]


class _Factors:
    """Solves the equation that the factors L and U of a square matrix obey, for their changes."""

    def __init__(self, packed: Any) -> None:
        self.packed = packed
        self.unit = np.tril(packed, -1) + np.eye(packed.shape[-1], dtype=packed.dtype)
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


def _order_of(pivots: Any, m: int) -> Any:
    """Return the order of all the rows, of which the first may have been swapped."""
    order = np.arange(m)
    for i, k in enumerate(np.asarray(pivots)):
        order[[i, k]] = order[[k, i]]
    return order


def _require_regular(packed: Any) -> None:
    if is_recorded(packed):
        return
    sizes = np.abs(np.diagonal(np.asarray(packed)))
    if sizes.size and sizes.min() <= 1e-13 * sizes.max():
        raise RuleError("lu_factor: the matrix is singular, so that its factors have no derivative")


def _factored(a: Any, packed: Any) -> tuple[Any, Any]:
    """Return the triangles of a matrix whose rows are in LAPACK's order: at once if it is square.

    What a longer or a wider one has beside its first square block follows from the block's factors.
    """
    m, n = a.shape
    k = min(m, n)
    block = a[:k, :k]
    if is_tracked(a):
        _require_regular(packed[:k, :k])

    def equation(x: Array) -> Any:
        lower, upper = _unpacked(x)
        return lower @ upper - block

    lower, upper = _unpacked(implicit(equation, packed[:k, :k], _Factors(packed[:k, :k])))
    if m > k:
        below = solve_triangular(upper, xgrad.matrix_transpose(a[k:, :]), trans=1)
        lower = xgrad.concat([lower, xgrad.matrix_transpose(below)])
    if n > k:
        beside = solve_triangular(lower, a[:, k:], lower=True, unit_diagonal=True)
        upper = xgrad.concat([upper, beside], axis=1)
    return lower, upper


def _joined(lower: Any, upper: Any) -> Any:
    """Return both triangles in one matrix, without the ones."""
    m, n = lower.shape[0], upper.shape[1]
    k = min(m, n)
    low, high = xgrad.tril(lower, k=-1), xgrad.triu(upper)
    if m > k:
        return xgrad.concat([low[:k, :] + high, low[k:, :]])
    return xgrad.concat([low + high[:, :k], high[:, k:]], axis=1) if n > k else low + high


def _of_each(a: Any, f: Any) -> tuple[Any, ...]:
    """Return what a function of a matrix gives of each matrix of a batch, put together."""
    if a.ndim == 2:
        return f(a)  # type: ignore[no-any-return]
    found = [_of_each(a[i, ...], f) for i in range(a.shape[0])]
    columns = list(zip(*found, strict=True))
    return tuple(
        np.stack(v) if isinstance(v[0], np.ndarray) else xgrad.stack(list(v)) for v in columns
    )


def _matrix(name: str, a: Any) -> Any:
    a = xgrad.asarray(a)
    if a.ndim < 2:
        raise ValueError(f"{name}: a has shape {a.shape}; expected a matrix, or several")
    return a


@twin("linalg")
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, Any]:
    """Return what `lu_solve` needs, L and U in one matrix, and the pivots; see SciPy's."""
    a = _matrix("lu_factor", a)
    library = chapter("linalg", a)

    def one(a: Any) -> Any:
        packed, pivots = library.lu_factor(raw(a.detach()))
        order = xgrad.asarray(_order_of(pivots, a.shape[0]))
        return _joined(*_factored(a[order, :], packed)), pivots

    packed, pivots = _of_each(a, one)
    return packed, pivots


@twin("linalg")
def lu_solve(
    lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Solve with the result of `lu_factor`; see ``scipy.linalg.lu_solve``."""
    packed, pivots = lu_and_piv
    packed, b = xgrad.asarray(packed), xgrad.asarray(b)
    if packed.ndim > 2:
        flat = xgrad.reshape(packed, (-1, *packed.shape[-2:]))
        swaps = np.reshape(raw(pivots), (-1, packed.shape[-1]))
        wide = xgrad.broadcast_to(b, (*packed.shape[:-2], *b.shape[-2:])) if b.ndim > 1 else b
        rows = xgrad.reshape(wide, (-1, *b.shape[-2:])) if b.ndim > 1 else [b] * flat.shape[0]
        found = [lu_solve((flat[i, ...], swaps[i]), rows[i], trans) for i in range(len(swaps))]
        return xgrad.reshape(xgrad.stack(found), (*packed.shape[:-2], *found[0].shape))
    order = xgrad.asarray(_order_of(raw(pivots), len(pivots)))
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
    """Return the factors P, L, U of matrices; see ``scipy.linalg.lu``."""
    a = _matrix("lu", a)
    library = chapter("linalg", a)

    def one(a: Any) -> Any:
        here = raw(a.detach())
        places = library.lu(here, p_indices=True)[0]
        packed = library.lu_factor(here)[0]
        lower, upper = _factored(a[xgrad.asarray(np.argsort(places)), :], packed)
        if permute_l:
            return lower[xgrad.asarray(places), :], upper
        if p_indices:
            return places, lower, upper
        return np.eye(a.shape[0], dtype=here.real.dtype)[:, np.argsort(places)], lower, upper

    first, *rest = _of_each(a, one)
    return (first if isinstance(first, Array) else xgrad.asarray(first), *rest)
