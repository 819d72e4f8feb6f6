"""Running maxima, minima and sums of exponentials."""

from __future__ import annotations

import operator
from typing import Any

from ..arrays.array import Array
from ..arrays.types import DType, as_given
from ..backends import XP, backend_of
from ..engine.handed import strong
from ..engine.op import constant, rule
from .activations import below
from .beside import array_of, floating
from .elementwise import negative
from .halves import in_single
from .indexing import take_along_axis
from .manipulation import front, moveaxis, reshape
from .statistical import cumulative_prod, cumulative_sum


@constant
def _holders(x: Array, /) -> Array:
    """Return which element along the last axis first attains the running maximum."""
    backend = backend_of(x)
    xp = backend.xp
    places = xp.arange(x.shape[-1], device=backend.device(x))
    best = backend.running_max(x)
    before, now = best[..., :-1], x[..., 1:]
    rises = (now > before) | (xp.isnan(now) & ~xp.isnan(before))
    first = xp.zeros(x[..., :1].shape, dtype=places.dtype, device=backend.device(x))
    later = xp.astype(rises, places.dtype) * places[1:]
    return backend.running_max(xp.concat([first, later], axis=-1))


def _axis(x: Any, axis: int | None, name: str) -> int:
    if axis is None and len(x.shape) != 1:
        raise ValueError(f"{name}: x has {len(x.shape)} axes; expected axis= to be given")
    return front(axis or 0, len(x.shape), name)


@as_given
def cumulative_max(x: Array, /, *, axis: int | None = None) -> Array:
    """Return the running maximum along an axis; the first to attain it holds the derivative.

    Args:
        x: a real array.
        axis: the axis; may be None only if `x` is a vector.

    Returns:
        An array of the shape and dtype of `x`.

    >>> import numpy as np, xgrad as xg
    >>> xg.cumulative_max(np.asarray([1.0, 3.0, 2.0]))
    array([1., 3., 3.])
    """
    x = array_of(x, "cumulative_max")
    axis = _axis(x, axis, "cumulative_max")
    if 0 in x.shape:
        return x
    holders = moveaxis(_holders(moveaxis(x, axis, -1)), -1, axis)
    return take_along_axis(x, holders, axis=axis)


@as_given
def cumulative_min(x: Array, /, *, axis: int | None = None) -> Array:
    """Return the running minimum along an axis; the first to attain it holds the derivative.

    Args:
        x: a real array.
        axis: the axis; may be None only if `x` is a vector.

    Returns:
        An array of the shape and dtype of `x`.
    """
    x = array_of(x, "cumulative_min")
    axis = _axis(x, axis, "cumulative_min")
    if 0 in x.shape:
        return x
    holders = moveaxis(_holders(moveaxis(negative(x), axis, -1)), -1, axis)
    return take_along_axis(x, holders, axis=axis)


def _weight(xp: XP, x: Any, out: Any) -> Any:
    """Return ``exp(x - out)``, the share of `x` in a running sum: 0 of -inf, 1 of infinity."""
    return xp.exp(below(xp, x, out))


def _carried(xp: XP, out: Any, s: Any, times: Any = operator.mul, back: bool = False) -> Any:
    """Return s_i plus ``exp(out_j - out_i) s_j`` for each j before i, or after i if `back`.

    Each share is formed of two sums, not of the steps between, which are rounded near 1.
    """
    step = 1
    while step < s.shape[-1]:
        first, later = out[..., :-step], out[..., step:]
        share = _weight(xp, first, later)
        if back:
            more = times(s[..., step:], share)
            s = xp.concat([s[..., :-step] + more, s[..., -step:]], axis=-1)
        else:
            more = times(s[..., :-step], share)
            s = xp.concat([s[..., :step], s[..., step:] + more], axis=-1)
        step *= 2
    return s


def _logsumexp_vjp(xp: XP, g: Any, x: Any, out: Any, times: Any) -> Any:
    """With r_i the sum of g_j exp(out_i - out_j) from i on, return r_i exp(x_i - out_i)."""
    return times(_carried(xp, out, g, times, back=True), _weight(xp, x, out))


@rule(
    vjp=lambda xp, g, x, out: _logsumexp_vjp(xp, g, x, out, operator.mul),
    strong=lambda xp, g, x, out: _logsumexp_vjp(xp, g, x, out, strong),
    core=1,
    jvp=lambda xp, t, x, out: _carried(xp, out, t * _weight(xp, x, out)),
)
def _cumulative_logsumexp(x: Array, /) -> Array:
    """Return the logarithm of the running sum of exponentials along the last axis."""
    return backend_of(x).running_logsumexp(x)


@as_given
@in_single
def cumulative_logsumexp(x: Array, /, *, axis: int | None = None) -> Array:
    """Return the logarithm of the running sum of exponentials along an axis, without overflow.

    Args:
        x: a real array.
        axis: the axis; may be None only if `x` is a vector.

    Returns:
        A floating-point array of the shape of `x`; its last entry is the `logsumexp` of all.
    """
    x = floating(x, "cumulative_logsumexp")
    axis = _axis(x, axis, "cumulative_logsumexp")
    if 0 in x.shape:
        return x
    return moveaxis(_cumulative_logsumexp(moveaxis(x, axis, -1)), -1, axis)


@as_given
def cumsum(x: Array, /, axis: int | None = None, dtype: DType | None = None) -> Array:
    """Return the running sum along an axis, of the flattened array if it is None, as NumPy's.

    Args:
        x: the array.
        axis: the axis; see `cumulative_sum`, which takes no matrix without one.
        dtype: the dtype of the sums; if None that of `x`, for small integers the default one.

    Returns:
        An array of the shape of `x`, a vector if `axis` is None.
    """
    x = array_of(x, "cumsum", axis)
    flat = reshape(x, (-1,)) if axis is None else x
    return cumulative_sum(flat, axis=0 if axis is None else axis, dtype=dtype)


@as_given
def cumprod(x: Array, /, axis: int | None = None, dtype: DType | None = None) -> Array:
    """Return the running product along an axis, of the flattened array if it is None, as NumPy's.

    Args:
        x: the array.
        axis: the axis; see `cumulative_prod`, which takes no matrix without one.
        dtype: the dtype of the products; if None that of `x`, for small integers the default one.

    Returns:
        An array of the shape of `x`, a vector if `axis` is None.
    """
    x = array_of(x, "cumprod", axis)
    flat = reshape(x, (-1,)) if axis is None else x
    return cumulative_prod(flat, axis=0 if axis is None else axis, dtype=dtype)
