"""Reductions and running reductions."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..arrays.array import Array
from ..arrays.types import DType, as_given
from ..backends import XP, backend_of
from ..backends.lines import doubled
from ..engine.handed import strong
from ..engine.op import Root, constant, linear, rule
from ..engine.projection import conj
from .creation import ones_like
from .dtypes import astype, is_tracked
from .halves import in_single, is_half, like, wide
from .lines import backwards, recurrence
from .manipulation import concat, front, moveaxis, permute_dims, reshape

Axis = int | tuple[int, ...] | None


def axes_of(ndim: int, axis: Axis, name: str = "axis") -> tuple[int, ...]:
    """Return the axes of a reduction, counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(front(a, ndim, name) for a in listed(axis))


def listed(axis: Any) -> tuple[Any, ...]:
    """Return one axis, or several in any sequence, as a tuple."""
    if isinstance(axis, tuple):
        return axis
    several = isinstance(axis, (list, range)) or getattr(axis, "shape", ()) != ()
    return tuple(axis) if several else (axis,)


def kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """Return the shape after a reduction with ``keepdims``."""
    axes = axes_of(len(shape), axis)
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """Return how many elements a reduction takes together."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[a] for a in axes_of(len(shape), axis))


def spread(xp: XP, g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """Return a reduced array repeated along the axes that were reduced, as a view."""
    if not keepdims and axis is not None:
        g = xp.reshape(g, kept(shape, axis))
    return xp.broadcast_to(g, shape)


@linear(lambda xp, g, x, axis, keepdims: spread(xp, g, x.shape, axis, keepdims))
def sum(
    x: Array, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Array:
    """Return the sum over axes.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype of the sums; if None that of `x`, for small integers and booleans the
            default one, int64 or uint64.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes; 0 of none.

    >>> import numpy as np, xgrad as xg
    >>> xg.sum(np.ones((2, 3)), axis=-1)
    array([3., 3.])
    """


@linear(
    lambda xp, g, x, axis, keepdims: spread(
        xp, like(xp, wide(xp, g) / count(x.shape, axis), g), x.shape, axis, keepdims
    )
)
def mean(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the mean over axes.

    Args:
        x: the array, as a rule of a floating-point dtype.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, of its dtype; NaN of none.
    """


def _deviation(xp: XP, x: Any, axis: Axis, correction: float) -> Any:
    """Return ``(x - mean) / (n - correction)``, of halves in float32."""
    x = wide(xp, x)
    return (x - xp.mean(x, axis=axis, keepdims=True)) / (count(x.shape, axis) - correction)


@rule(
    vjp=lambda xp, g, x, axis, correction, keepdims: like(
        xp,
        2 * spread(xp, g, x.shape, axis, keepdims) * _deviation(xp, x, axis, correction),
        x,
    ),
    jvp=lambda xp, t, x, axis, correction, keepdims: like(
        xp,
        2 * xp.sum(t * conj(xp, _deviation(xp, x, axis, correction)), axis=axis, keepdims=keepdims),
        x,
    ),
)
def var(
    x: Array, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Array:
    """Return the variance over axes; `correction` is subtracted from the number of elements.

    Args:
        x: the array; of complex numbers the squares of the magnitudes of the differences count.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        correction: 0 for the mean square of the differences to the mean, 1 for the unbiased
            estimate from a sample.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, real; NaN or infinite where no more than
        `correction` elements are summed.
    """
    xp = backend_of(x).xp
    return like(xp, xp.var(wide(xp, x), axis=axis, correction=correction, keepdims=keepdims), x)


def _std_slope(xp: XP, x: Any, out: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    """Return the derivative of the standard deviation, 0 where all elements are equal."""
    if is_half(x):  # as a half it may have few digits left
        out = xp.std(wide(xp, x), axis=axis, correction=correction, keepdims=keepdims)
    out = spread(xp, out, x.shape, axis, keepdims)
    safe = xp.where(out == 0, xp.ones_like(out), out)
    slope = _deviation(xp, x, axis, correction) / safe
    return xp.where(out == 0, xp.zeros_like(slope), slope)


@rule(
    vjp=lambda xp, g, x, out, axis, correction, keepdims: like(
        xp,
        spread(xp, g, x.shape, axis, keepdims) * _std_slope(xp, x, out, axis, correction, keepdims),
        x,
    ),
    jvp=lambda xp, t, x, out, axis, correction, keepdims: like(
        xp,
        xp.sum(
            t * conj(xp, _std_slope(xp, x, out, axis, correction, keepdims)),
            axis=axis,
            keepdims=keepdims,
        ),
        x,
    ),
    own=Root(
        lambda x, axis, correction, keepdims: var(
            x, axis=axis, correction=correction, keepdims=keepdims
        )
    ),
)
def std(
    x: Array, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Array:
    """Return the standard deviation over axes; its derivative is 0 where it is 0.

    Args:
        x: the array; of complex numbers the squares of the magnitudes of the differences count.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        correction: what is subtracted from the number of elements: 0 for that of these numbers, 1
            for the unbiased estimate of the variance from a sample.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, real: the square root of `var`.
    """
    xp = backend_of(x).xp
    return like(xp, xp.std(wide(xp, x), axis=axis, correction=correction, keepdims=keepdims), x)


def _optimum(xp: XP, x: Any, out: Any, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
    """Return where the optimum is attained, and in how many places, of halves in float32."""
    hit = x == spread(xp, out, x.shape, axis, keepdims)
    counted = xp.float32 if is_half(x) else x.dtype
    return hit, xp.sum(xp.astype(hit, counted), axis=axis, keepdims=keepdims)


def optimum_vjp(xp: XP, g: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """Return the cotangent shared equally by the elements that attain the optimum."""
    hit, times = _optimum(xp, x, out, axis, keepdims)
    share = spread(xp, like(xp, g / times, g), x.shape, axis, keepdims)
    return xp.where(hit, share, xp.zeros_like(share))


def optimum_jvp(xp: XP, t: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """Return the mean of the tangents of the elements that attain the optimum."""
    hit, times = _optimum(xp, x, out, axis, keepdims)
    chosen = xp.where(hit, t, xp.zeros_like(t))
    return like(xp, xp.sum(wide(xp, chosen), axis=axis, keepdims=keepdims) / times, x)


@rule(vjp=optimum_vjp, jvp=optimum_jvp, zeros=True)
def max(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the largest element over axes; equal ones share the derivative equally.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, of its dtype; NaN where an element is NaN
        (see `nanmax`).

    Raises:
        ValueError: from the backend, if there is no element.
    """


@rule(vjp=optimum_vjp, jvp=optimum_jvp, zeros=True)
def min(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the smallest element over axes; equal ones share the derivative equally.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, of its dtype; NaN where an element is NaN
        (see `nanmin`).

    Raises:
        ValueError: from the backend, if there is no element.
    """


def products_of_others(xp: XP, x: Any) -> Any:
    """Return, along the last axis, the product of all other elements, exact also at zeros."""
    one = xp.ones_like(x[..., :1])
    before = xp.cumulative_prod(xp.concat([one, x[..., :-1]], axis=-1), axis=-1)
    after = xp.cumulative_prod(xp.concat([one, xp.flip(x, axis=-1)[..., :-1]], axis=-1), axis=-1)
    return before * xp.flip(after, axis=-1)


@rule(
    vjp=lambda xp, g, x: xp.expand_dims(g, axis=-1) * conj(xp, products_of_others(xp, x)),
    jvp=lambda xp, t, x: xp.sum(t * products_of_others(xp, x), axis=-1),
    core=1,
)
def _prod(x: Array, /) -> Array:
    """Return the product over the last axis."""
    return backend_of(x).xp.prod(x, axis=-1, dtype=x.dtype)


@constant
def _prod_untracked(
    x: Array, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Array:
    """Return the product over axes, without a derivative."""
    xp = backend_of(x).xp
    return xp.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


@as_given
@in_single
def prod(
    x: Array, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Array:
    """Return the product over axes; its derivative is exact also where elements are 0.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        dtype: the dtype of the products; if None that of `x`, for small integers and booleans the
            default one, int64 or uint64.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes; 1 of none.
    """
    if not is_tracked(x) or 0 in x.shape:
        return _prod_untracked(x, axis=axis, dtype=dtype, keepdims=keepdims)
    if dtype is not None:
        x = astype(x, dtype)
    axes = axes_of(x.ndim, axis, "prod")
    front = tuple(i for i in range(x.ndim) if i not in axes)
    shape = tuple(x.shape[i] for i in front)
    out = _prod(reshape(permute_dims(x, front + axes), (*shape, count(x.shape, axis))))
    return reshape(out, kept(x.shape, axis)) if keepdims else out


@in_single  # some libraries round each sum
@linear(lambda xp, g, x, axis, include_initial: _cumulative_sum_t(xp, g, x, axis, include_initial))
def cumulative_sum(
    x: Array,
    /,
    *,
    axis: int | None = None,
    dtype: DType | None = None,
    include_initial: bool = False,
) -> Array:
    """Return the running sum along an axis; with `include_initial` it starts with 0.

    Args:
        x: the array.
        axis: the axis; may be None only if `x` is a vector.
        dtype: the dtype of the sums; if None that of `x`, for small integers the default one.
        include_initial: whether the empty sum comes first.

    Returns:
        An array of the shape of `x`, longer by one along the axis if `include_initial`.

    >>> import numpy as np, xgrad as xg
    >>> xg.cumulative_sum(np.asarray([1, 2, 3]), include_initial=True)
    array([0, 1, 3, 6])
    """


def _cumulative_sum_t(xp: XP, g: Any, x: Any, axis: int | None, include_initial: bool) -> Any:
    axis = 0 if axis is None else axis
    if include_initial:
        g = g[(slice(None),) * (axis % x.ndim) + (slice(1, None),)]
    return xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis)


def _cumulative_prod_vjp(xp: XP, g: Any, x: Any, out: Any, solve: Any, times: Any) -> Any:
    """Return the vjp of the running product along the last axis, exact also at zeros.

    With s_i = g_i + x_{i+1} s_{i+1}, the cotangent of x_i is s_i times the product before it.
    """
    s = backwards(xp, conj(xp, x), g, solve)
    one = xp.ones_like(out[..., :1])
    return times(s, conj(xp, xp.concat([one, out[..., :-1]], axis=-1)))


@rule(
    vjp=lambda xp, g, x, out: _cumulative_prod_vjp(xp, g, x, out, recurrence, operator.mul),
    strong=lambda xp, g, x, out: _cumulative_prod_vjp(
        xp, g, x, out, lambda a, b: doubled(xp, a, b, strong), strong
    ),
    core=1,
)
def _cumulative_prod(x: Array, /) -> Array:
    """Return the running product along the last axis."""
    xp = backend_of(x).xp
    return xp.cumulative_prod(x, axis=-1, dtype=x.dtype)


@constant
def _cumulative_prod_untracked(
    x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Array:
    """Return the running product, without a derivative."""
    xp = backend_of(x).xp
    return xp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


@as_given
@in_single
def cumulative_prod(
    x: Array,
    /,
    *,
    axis: int | None = None,
    dtype: DType | None = None,
    include_initial: bool = False,
) -> Array:
    """Return the running product along an axis; with `include_initial` it starts with 1.

    Args:
        x: the array.
        axis: the axis; may be None only if `x` is a vector.
        dtype: the dtype of the products; if None that of `x`, for small integers the default one.
        include_initial: whether the empty product comes first.

    Returns:
        An array of the shape of `x`, longer by one along the axis if `include_initial`. Its
        derivative is exact also where elements are 0.
    """
    if not is_tracked(x) or 0 in x.shape:
        return _cumulative_prod_untracked(
            x, axis=axis, dtype=dtype, include_initial=include_initial
        )
    if dtype is not None:
        x = astype(x, dtype)
    axis = front(0 if axis is None else axis, len(x.shape), "cumulative_prod")
    x = moveaxis(x, axis, -1)
    if include_initial:
        x = concat([ones_like(x[..., :1]), x], axis=-1)
    return moveaxis(_cumulative_prod(x), -1, axis)


@constant
def all(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return whether all elements over axes are true.

    Args:
        x: the array; numbers other than 0 are true, NaN too.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        Booleans, of the shape of `x` without the reduced axes; True of none. They have no
        derivative.
    """


@constant
def any(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return whether any element over axes is true.

    Args:
        x: the array; numbers other than 0 are true, NaN too.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        Booleans, of the shape of `x` without the reduced axes; False of none. They have no
        derivative.
    """


@constant
def count_nonzero(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return how many elements over axes are not zero.

    Args:
        x: the array; NaN is not zero.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        Integers, of the shape of `x` without the reduced axes. They have no derivative.
    """
    xp = backend_of(x).xp
    if axis == ():
        return xp.astype(x != 0, xp.int64)
    return xp.count_nonzero(x, axis=axis, keepdims=keepdims)
