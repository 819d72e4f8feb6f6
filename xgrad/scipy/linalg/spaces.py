"""Ranges, null spaces, the angles and turns between them, and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...errors import RuleError
from ..common import chapter, is_tracked, raw, twin
from .orthogonal import polar
from .solving import H, pinv

__all__ = ["norm", "null_space", "orth", "orthogonal_procrustes", "subspace_angles"]


@twin("linalg")
def orth(A: Any, rcond: Any = None) -> Any:
    """Return an orthonormal basis of the range of a matrix; see ``scipy.linalg.orth``."""
    u, s, _ = xgrad.linalg.svd(xgrad.asarray(A), full_matrices=False)
    sizes = raw(s.detach())
    limit = np.finfo(sizes.dtype).eps * max(xgrad.asarray(A).shape) if rcond is None else rcond
    return u[:, : int((sizes > limit * sizes.max()).sum())]


@twin("linalg")
def null_space(
    A: Any, rcond: Any = None, *, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    """Return an orthonormal basis of what a matrix maps to zero; see ``scipy.linalg.null_space``.

    One vector has a derivative; a basis of more is known only up to a rotation, and has none.
    """
    A = xgrad.asarray(A)
    held = chapter("linalg", A).null_space(raw(A.detach()), rcond, lapack_driver=lapack_driver)
    basis = xgrad.asarray(held)
    if basis.shape[1] > 1 and is_tracked(A):
        raise RuleError(
            f"null_space: a basis of {basis.shape[1]} vectors is known only up to a rotation, that "
            "LAPACK chooses anew near by, so that it has no derivative; the projection onto the "
            "space has one, eye(n) - pinv(A) @ A"
        )
    return basis if not basis.shape[1] else polar(basis - pinv(A) @ (A @ basis))[0]


@twin("linalg")
def subspace_angles(A: Any, B: Any) -> Any:
    """Return the angles between the ranges of two matrices; see ``scipy.linalg.subspace_angles``.

    As there, those below 45 degrees are found by their sines (Knyazev and Argentati 2002).
    """
    one, two = orth(xgrad.asarray(A)), orth(xgrad.asarray(B))
    if one.shape[0] != two.shape[0]:
        raise ValueError(
            f"subspace_angles: A has {one.shape[0]} rows and B {two.shape[0]}; expected as many"
        )
    product = H(one) @ two
    cosines = xgrad.linalg.svdvals(product)
    is_wider = one.shape[1] >= two.shape[1]
    rest = two - one @ product if is_wider else one - two @ H(product)
    is_small = cosines.detach() ** 2 >= 0.5
    sines = xgrad.linalg.svdvals(rest)[: cosines.shape[0]]
    by_sine = xgrad.asin(xgrad.where(is_small, xgrad.clip(xgrad.flip(sines), -1.0, 1.0), 0.0))
    by_cosine = xgrad.acos(xgrad.where(is_small, 0.0, xgrad.clip(cosines, -1.0, 1.0)))
    return xgrad.flip(xgrad.where(is_small, by_sine, by_cosine))


@twin("linalg")
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """Return the turn that brings A nearest to B, and the sum of singular values; see SciPy's."""
    A, B = xgrad.asarray(A), xgrad.asarray(B)
    if A.ndim != 2 or A.shape != B.shape:
        raise ValueError(
            f"orthogonal_procrustes: A has shape {A.shape} and B {B.shape}; expected two matrices "
            "of one shape"
        )
    u, s, vh = xgrad.linalg.svd(H(A) @ B, full_matrices=False)
    return u @ vh, xgrad.sum(s)


@twin("linalg")
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True
) -> Any:
    """Return a norm of vectors or matrices; see ``scipy.linalg.norm``."""
    a = xgrad.asarray(a)
    if axis is None and ord is None:
        out = xgrad.linalg.vector_norm(a)
        return xgrad.reshape(out, (1,) * a.ndim) if keepdims else out
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return xgrad.linalg.vector_norm(
            a, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims
        )
    moved = xgrad.moveaxis(a, axes, (-2, -1))
    out = xgrad.linalg.matrix_norm(moved, ord="fro" if ord is None else ord, keepdims=keepdims)
    return xgrad.moveaxis(out, (-2, -1), axes) if keepdims else out
