"""Eigenvalues and singular values: with SciPy's signs, by `xgrad.linalg`."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import chapter, raw, twin
from .solving import H, whole

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals"]


def _signed(ours: Array, theirs: Any, axis: int) -> Array:
    """Return vectors with the signs or phases that the library has chosen."""
    mine = raw(ours.detach())
    turn = (np.conj(mine) * theirs).sum(axis=axis, keepdims=True)
    return ours * xgrad.asarray(turn / np.where(turn == 0, 1.0, np.abs(turn)))


@twin("linalg")
def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False,
    overwrite_a: bool = False, overwrite_b: bool = False, type: int = 1,
    check_finite: bool = True, subset_by_index: Any = None, subset_by_value: Any = None,
    driver: Any = None,
) -> Any:  # fmt: skip
    """Return eigenvalues and eigenvectors of Hermitian matrices; see ``scipy.linalg.eigh``.

    Args:
        a: the matrices, of which one triangle is read.
        b: a positive definite matrix, for ``a @ v = w * b @ v``.
        lower: which triangle.
        eigvals_only: whether to return the eigenvalues alone.
        type: 1 for that problem, 2 for ``a @ b @ v = w * v``, 3 for ``b @ a @ v = w * v``.
        subset_by_index: the first and the last to return, counted from the smallest.
        subset_by_value: between which numbers they are.
        overwrite_a, overwrite_b, check_finite, driver: as SciPy's.
    """
    if type not in (1, 2, 3):
        raise ValueError(f"eigh: type is {type}; expected 1, 2 or 3")
    a = whole(xgrad.asarray(a), lower, True)
    factor, given = None, [raw(a.detach())]
    if b is not None:
        b = whole(xgrad.asarray(b), lower, True)
        given.append(raw(b.detach()))
        factor = xgrad.linalg.cholesky(b)
        if type == 1:
            half = xgrad.linalg.solve_triangular(factor, a, lower=True)
            a = xgrad.linalg.solve_triangular(factor, H(half), lower=True)
        else:
            a = H(factor) @ a @ factor
        a = 0.5 * (a + H(a))
    if eigvals_only:
        w, v = xgrad.linalg.eigvalsh(a), None
    else:
        w, v = xgrad.linalg.eigh(a)
    if subset_by_index is not None or subset_by_value is not None:
        n = a.shape[-1]
        first, last = subset_by_index or (0, n - 1)
        if subset_by_value is not None:
            low, high = subset_by_value
            inside = np.flatnonzero((raw(w.detach()) > low) & (raw(w.detach()) <= high))
            first, last = (inside[0], inside[-1]) if len(inside) else (0, -1)
        w = w[..., int(first) : int(last) + 1]
        v = None if v is None else v[..., int(first) : int(last) + 1]
    if v is None:
        return w
    if factor is not None:
        back = xgrad.linalg.solve_triangular
        v = factor @ v if type == 3 else back(H(factor), v, lower=False)
    options = {"subset_by_index": subset_by_index, "subset_by_value": subset_by_value}
    if a.ndim > 2:
        return w, v
    more = {"type": type} if factor is not None else {}
    theirs = chapter("linalg", a).eigh(*given, driver=driver, **more, **options)[1]
    return w, _signed(v, theirs, -2)


@twin("linalg")
def eigvalsh(
    a: Any, b: Any = None, *, lower: bool = True, overwrite_a: bool = False,
    overwrite_b: bool = False, type: int = 1, check_finite: bool = True,
    subset_by_index: Any = None, subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    """Return the eigenvalues of Hermitian matrices; arguments are those of `eigh`."""
    return eigh(
        xgrad.asarray(a), b, lower=lower, eigvals_only=True, type=type, driver=driver,
        subset_by_index=subset_by_index, subset_by_value=subset_by_value,
    )  # fmt: skip


def _order_of(mine: Any, theirs: Any) -> Any:
    """Return in which order eigenvalues are those that another solver found."""
    apart = np.abs(np.asarray(theirs)[:, None] - np.asarray(mine))
    return xgrad.asarray(chapter("optimize", apart).linear_sum_assignment(apart)[1])


@twin("linalg")
def eig(
    a: Any, b: Any = None, left: bool = False, right: bool = True, overwrite_a: bool = False,
    overwrite_b: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False,
) -> Any:  # fmt: skip
    """Return eigenvalues and eigenvectors of square matrices; see ``scipy.linalg.eig``.

    With a regular `b`, of ``a @ v = w * b @ v``. Left eigenvectors, ``H(u) @ a = w * H(u) @ b``,
    are the rows of the inverse of ``b @ v``, with length 1 and SciPy's phases.
    """
    if homogeneous_eigvals:
        raise NotImplementedError(
            "eig: homogeneous_eigvals has no derivative here; without it w is alpha / beta"
        )
    a = xgrad.asarray(a)
    given = [raw(x.detach()) for x in ((a,) if b is None else (a, xgrad.asarray(b)))]
    if b is not None:
        a = xgrad.linalg.solve(xgrad.asarray(b), a)
    if b is not None and left and not right:
        raise NotImplementedError(
            "eig: with b, left=True alone has vectors of other lengths; give right=True beside it"
        )
    w, v = xgrad.linalg.eig(a)
    if b is not None and a.ndim == 2:
        order = _order_of(raw(w.detach()), chapter("linalg", a).eigvals(*given))
        w, v = xgrad.take(w, order), xgrad.take(v, order, axis=-1)
    if not left:
        return (w, v) if right else w
    u = H(xgrad.linalg.inv(v if b is None else xgrad.asarray(b) @ v))
    u = u / xgrad.linalg.vector_norm(u, axis=-2, keepdims=True)
    u = _signed(u, chapter("linalg", a).eig(*given, left=True, right=False)[1], -2)
    return (w, u, v) if right else (w, u)


@twin("linalg")
def eigvals(
    a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:  # fmt: skip
    """Return the eigenvalues of square matrices; arguments are those of `eig`."""
    return eig(xgrad.asarray(a), b, right=False, homogeneous_eigvals=homogeneous_eigvals)


@twin("linalg")
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False,
    check_finite: bool = True, lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    """Return the singular value decomposition; see ``scipy.linalg.svd``."""
    a = xgrad.asarray(a)
    if not compute_uv:
        return xgrad.linalg.svdvals(a)
    return tuple(xgrad.linalg.svd(a, full_matrices=full_matrices))


@twin("linalg")
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Return the singular values, in descending order."""
    return xgrad.linalg.svdvals(a)
