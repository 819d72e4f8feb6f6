"""Equal eigenvalues: which derivatives exist, and how a loss that has none is told.

The vectors of equal eigenvalues may be turned among each other at will. In the derivative, the
turn of vector j towards vector i is divided by the gap between their eigenvalues. Where the gap is
smaller than the error of the eigenvalues themselves, the quotient would be noise over noise; it is
taken as 0, which is exact for every loss that looks at spaces, not at vectors, and that weighs
equal eigenvalues equally: traces, norms, projectors, the polar factor, principal components.
`docs/degenerate.md` says why no more can be had from a decomposition, and what has it.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import XP, backend_of, limits
from ..errors import DegenerateSpectrumWarning
from .common import column, row


def epsilon(x: Any) -> float:
    """Return the spacing of numbers at 1 in the precision of `x`."""
    raw = x._raw if isinstance(x, Array) else x
    return float(limits(backend_of(raw).numpy_dtype(raw.dtype)).eps)


def uncertainty(xp: XP, w: Any, n: int) -> Any:
    """Return how far apart rounding may bring equal eigenvalues of n x n matrices.

    LAPACK's are off by a few rounding errors of the largest one; the square root allows for n.
    """
    if not w.shape[-1]:
        return xp.sum(xp.abs(w), axis=-1, keepdims=True)
    return xp.max(xp.abs(w), axis=-1, keepdims=True) * (16 * math.sqrt(n) * epsilon(w))


def inverse(xp: XP, x: Any, least: Any) -> Any:
    """Return ``1 / x``, and 0 where `x` is no larger than `least`."""
    none = xp.abs(x) <= least
    return xp.where(none, xp.zeros_like(x), 1 / xp.where(none, xp.ones_like(x), x))


def inverse_gaps(xp: XP, w: Any) -> Any:
    """Return ``1 / (w_j - w_i)``, and 0 where the two are equal."""
    return inverse(
        xp, row(xp, w) - column(xp, w), xp.expand_dims(uncertainty(xp, w, w.shape[-1]), axis=-1)
    )


def watch(name: str, w: Any, turns: Any, of: Any, weights: Any) -> None:
    """Warn of a loss that tells equal values apart, if its arrays are on the host.

    Args:
        name: the op.
        w: the eigenvalues or singular values.
        turns: what the loss gains by turning vector j towards vector i; invariant if it is 0.
        of: the terms whose difference `turns` is, which tell how large its rounding errors are.
        weights: what the loss gains by each eigenvalue; a matrix function if they differ.
    """
    raws = [x._raw if isinstance(x, Array) else x for x in (w, turns, of, weights)]
    backend = backend_of(raws[0])
    if any(backend_of(x) is not backend for x in raws) or not backend.on_host(raws[0]):
        return
    values, turned, terms, weight = (np.asarray(backend.to_numpy(x)) for x in raws)
    same = _pairs(values)
    if not same.any():
        return
    tolerance = float(np.sqrt(limits(values.dtype).eps))
    apart = np.abs(turned) > tolerance * np.max(np.abs(terms), axis=(-2, -1), keepdims=True)
    if (same & apart).any():
        _warn(
            f"{name}: the loss depends on how the vectors of {_equal(values, same & apart)} are "
            "turned among each other, which is arbitrary: there is no derivative, and this part "
            "is left out. Let the loss depend on the space that they span, as on V @ V^H"
        )
    differ = np.abs(weight[..., None, :] - weight[..., :, None])
    apart = differ > tolerance * np.max(np.abs(weight), axis=-1)[..., None, None]
    if (same & apart).any():
        _warn(
            f"{name}: the loss weighs {_equal(values, same & apart)} differently, as a matrix "
            "function V @ diag(f(w)) @ V^H does: the part of the derivative between their vectors "
            "is unknown here and left out. xgrad.linalg.matrix_function(x, f) has it; a loss of "
            "the values alone takes them from eigvalsh, eigvals or svdvals"
        )


def watch_order(name: str, w: Any, turns: Any) -> None:
    """Warn, on the host, of a second derivative that turns the vectors of equal values.

    Args:
        name: the op whose first derivative was made of these values and vectors.
        w: the eigenvalues or singular values.
        turns: what a walk through the first derivative has between vectors i and j.
    """
    raws = [x._raw if isinstance(x, Array) else x for x in (w, turns)]
    backend = backend_of(raws[0])
    if backend_of(raws[1]) is not backend or not backend.on_host(raws[0]):
        return
    values, turned = (np.asarray(backend.to_numpy(x)) for x in raws)
    same = _pairs(values)
    if not same.any():
        return
    tolerance = float(np.sqrt(limits(values.dtype).eps))
    size = np.abs(turned)
    if (same & (size > tolerance * np.max(size, axis=(-2, -1), keepdims=True))).any():
        _warn(
            f"{name}: a second derivative at {_equal(values, same)} lacks the part in which they "
            "split. xgrad.linalg.matrix_function, expm, sqrtm and polar have all of it"
        )


def _pairs(w: Any) -> Any:
    """Return which pairs of values are equal, up to the uncertainty of `inverse_gaps`."""
    n = w.shape[-1]
    if n < 2 or not w.size:
        return np.zeros((1, 1), bool)
    least = uncertainty(np, w, n)[..., None]
    return (np.abs(w[..., None, :] - w[..., :, None]) <= least) & ~np.eye(n, dtype=bool)


def _equal(w: Any, same: Any) -> str:
    """Return words for the first equal pair."""
    *stack, i, j = (int(k) for k in np.argwhere(np.broadcast_to(same, (*w.shape, w.shape[-1])))[0])
    values = w[tuple(stack)]
    where = f" of matrix {tuple(stack)}" if stack else ""
    return (
        f"the equal values {i} and {j}{where} ({values[i]:.6g}, a gap of "
        f"{abs(values[i] - values[j]):.1e})"
    )


def _warn(message: str) -> None:
    warnings.warn(message, DegenerateSpectrumWarning, stacklevel=3)
