"""Integrals, differences and interpolation of sampled functions."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..arrays.types import AnyArray, ArrayLike, as_given
from ..backends import backend_of
from ..engine.op import rule
from ..engine.plain import as_tuple, number
from .beside import array_of, beside, floating
from .converting import is_array
from .creation import zeros_like
from .dtypes import isdtype
from .elementwise import clip, divide, multiply, remainder, subtract, where
from .halves import in_single
from .indexing import getitem, take
from .manipulation import at_axis, broadcast_to, concat, diff, front, moveaxis, reshape
from .sorting import argsort, searchsorted
from .statistical import cumulative_sum
from .statistical import sum as sum_over


def _slopes_and_steps(y: Any, x: Any, dx: Any, axis: int, name: str) -> tuple[Any, Any, int]:
    """Return neighbours' sums, the steps between them, and the axis counted from the front."""
    y = floating(y, name)
    axis = front(axis, len(y.shape), name)
    pairs = getitem(y, at_axis(axis, slice(1, None))) + getitem(y, at_axis(axis, slice(None, -1)))
    if x is None:
        return pairs, dx, axis
    x = array_of(x, name)
    if len(x.shape) == 1:
        steps = diff(x)
        return pairs, reshape(steps, (-1,) + (1,) * (len(y.shape) - axis - 1)), axis
    return pairs, diff(x, axis=axis), axis


@as_given
@in_single
def trapezoid(y: Array, x: AnyArray | None = None, /, dx: ArrayLike = 1.0, axis: int = -1) -> Array:
    """Return the integral along an axis by the trapezoidal rule.

    Args:
        y: the values of the function.
        x: where they are: a vector as long as the axis, or an array of the shape of `y`; by default
            in steps of `dx`.
        dx: the step, if `x` is None.
        axis: the axis along which to integrate.

    Returns:
        An array of the shape of `y` without that axis.

    >>> import numpy as np, xgrad as xg
    >>> float(xg.trapezoid(np.asarray([0.0, 1.0, 4.0]), np.asarray([0.0, 1.0, 2.0])))
    3.0
    """
    pairs, steps, axis = _slopes_and_steps(y, x, dx, axis, "trapezoid")
    return sum_over(multiply(pairs, steps) * 0.5, axis=axis)


@as_given
@in_single
def cumulative_trapezoid(
    y: Array,
    x: AnyArray | None = None,
    /,
    dx: ArrayLike = 1.0,
    axis: int = -1,
    initial: float | None = None,
) -> Array:
    """Return the integral up to each place along an axis by the trapezoidal rule.

    Args:
        y: the values of the function.
        x: where they are: a vector as long as the axis, or an array of the shape of `y`; by default
            in steps of `dx`.
        dx: the step, if `x` is None.
        axis: the axis along which to integrate.
        initial: what to begin with; by default the first place is left out.

    Returns:
        An array of the shape of `y`, shorter by one along `axis` if `initial` is None.
    """
    pairs, steps, axis = _slopes_and_steps(y, x, dx, axis, "cumulative_trapezoid")
    out = cumulative_sum(multiply(pairs, steps) * 0.5, axis=axis)
    if initial is None:
        return out
    shape = tuple(1 if i == axis else n for i, n in enumerate(out.shape))
    return concat([broadcast_to(beside(out, initial), shape), out], axis=axis)


@as_given
def ediff1d(
    x: Array, /, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None
) -> Array:
    """Return the differences of neighbours of the flattened array, between two other parts.

    Args:
        x: an array of any shape with n elements.
        to_end: numbers or an array to put behind the differences.
        to_begin: numbers or an array to put before them.

    Returns:
        A vector of the ``n - 1`` differences and these parts.
    """
    x = reshape(array_of(x, "ediff1d"), (-1,))
    ends = [
        None if part is None else reshape(beside(x, part), (-1,)) for part in (to_begin, to_end)
    ]
    return concat([part for part in (ends[0], diff(x), ends[1]) if part is not None])


@as_given
@in_single
def gradient(
    f: Array, /, *varargs: Any, axis: int | tuple[int, ...] | None = None, edge_order: int = 1
) -> Any:
    """Return the slopes of a sampled function: second-order differences inside, one-sided at ends.

    This is NumPy's ``gradient``, a finite difference of samples; `grad` differentiates programs.

    Args:
        f: the values of the function.
        *varargs: the spacing: one number for all axes, or for each axis a number or the
            coordinates, a vector as long as the axis. 1 if nothing is given.
        axis: the axes; all if None. One axis alone gives one array, several a tuple.
        edge_order: 1 or 2, the order of the differences at the ends.

    Returns:
        For each axis an array of the shape of `f`: one array, or a tuple of them.

    Raises:
        ValueError: if the number of spacings does not fit, or `edge_order` is neither 1 nor 2.

    >>> import numpy as np, xgrad as xg
    >>> xg.gradient(np.asarray([0.0, 1.0, 4.0, 9.0]))
    array([1., 2., 4., 5.])
    """
    f = floating(f, "gradient")
    ndim = len(f.shape)
    given = tuple(range(ndim)) if axis is None else as_tuple(axis)
    axes = [front(a, ndim, "gradient") for a in given]
    spacings = [h if is_array(h) else _coordinates(f, h) for h in varargs] or [1.0]
    if len(spacings) == 1 and (type(spacings[0]) in SCALARS or not spacings[0].shape):
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise ValueError(f"gradient: got {len(spacings)} spacings; expected {len(axes)}, or one")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is {edge_order}; expected 1 or 2")
    out = [_slope(f, h, a, edge_order) for h, a in zip(spacings, axes, strict=True)]
    return out[0] if len(out) == 1 else tuple(out)


def _coordinates(f: Any, h: Any) -> Any:
    return h if type(h) in SCALARS else floating(beside(f, h), "gradient")


def _slope(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    n = f.shape[axis]
    if n <= edge_order:
        raise ValueError(f"gradient: axis {axis} has length {n}; expected {edge_order + 1} or more")

    def at(start: int | None, stop: int | None = None) -> Any:
        return getitem(f, at_axis(axis, slice(start, stop)))

    if type(h) in SCALARS or not h.shape:
        before = after = h
        first: tuple[Any, ...] = (h, h)
        last: tuple[Any, ...] = (h, h)
    else:
        if tuple(h.shape) != (n,):
            raise ValueError(f"gradient: coordinates have shape {tuple(h.shape)}; expected ({n},)")
        steps = reshape(diff(h), (n - 1,) + (1,) * (len(f.shape) - axis - 1))
        before, after = getitem(steps, slice(None, -1)), getitem(steps, slice(1, None))
        first = getitem(steps, slice(0, 1)), getitem(steps, slice(1, 2))
        last = getitem(steps, slice(n - 2, n - 1)), getitem(steps, slice(max(n - 3, 0), n - 2))
    rises = at(1) - at(None, -1)
    left = divide(getitem(rises, at_axis(axis, slice(None, -1))), before)
    right = divide(getitem(rises, at_axis(axis, slice(1, None))), after)
    share = before / (before + after) if first[0] is not h else 0.5
    inside = left + multiply(right - left, share)

    def end(near: int, far: int, steps: tuple[Any, ...]) -> Any:
        """Return the slope at an end from that of the two intervals next to it."""
        slope = divide(getitem(rises, at_axis(axis, slice(near, near + 1))), steps[0])
        if edge_order == 1:
            return slope
        other = divide(getitem(rises, at_axis(axis, slice(far, far + 1))), steps[1])
        weight = 0.5 if steps[0] is h else steps[0] / (steps[0] + steps[1])
        return slope + multiply(slope - other, weight)

    return concat([end(0, 1, first), inside, end(n - 2, n - 3, last)], axis=axis)


@as_given
@in_single
def interp(
    x: ArrayLike,
    xp: AnyArray,
    fp: AnyArray,
    /,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    period: float | None = None,
) -> Array:
    """Return piecewise linear interpolation, with derivatives in `x`, `xp` and `fp`.

    At a point of `xp` the derivative is that of the interval to its right, at the last one that of
    the interval to its left.

    Args:
        x: where to evaluate; a number or an array of any shape.
        xp: the points, a vector in ascending order unless `period` is given.
        fp: the values there, a vector of the same length.
        left: the value before the points; by default that of the first.
        right: the value after them; by default that of the last.
        period: the period of `x` and `xp`; then nothing is outside.

    Returns:
        An array of the shape of `x`.

    Raises:
        TypeError: if `x` or `xp` is complex.
        ValueError: if `xp` and `fp` are not two vectors of one length, at least 1.

    >>> import numpy as np, xgrad as xg
    >>> xg.interp(np.asarray([0.5, 9.0]), np.asarray([0.0, 1.0]), np.asarray([10.0, 20.0]))
    array([15., 20.])
    """
    xp, fp = floating(xp, "interp"), floating(fp, "interp")
    x = floating(beside(xp, x), "interp")
    if isdtype(x, "complex floating") or isdtype(xp, "complex floating"):
        raise TypeError("interp: x or xp is complex; expected real places, which have an order")
    if len(xp.shape) != 1 or tuple(xp.shape) != tuple(fp.shape) or not xp.shape[0]:
        raise ValueError(
            f"interp: xp has shape {tuple(xp.shape)} and fp {tuple(fp.shape)}; "
            "expected two vectors of one length, not empty"
        )
    if period is not None:
        x, xp = remainder(x, period), remainder(xp, period)
        order = argsort(xp)
        xp, fp = take(xp, order), take(fp, order)
        first, last = slice(0, 1), slice(-1, None)
        xp = concat([getitem(xp, last) - period, xp, getitem(xp, first) + period])
        fp = concat([getitem(fp, last), fp, getitem(fp, first)])
    n = xp.shape[0]
    first_x, last_x, first_f = getitem(xp, 0), getitem(xp, n - 1), getitem(fp, 0)
    if n == 1:
        out = first_f + zeros_like(x)
    else:
        i = clip(searchsorted(xp, x, side="right") - 1, 0, n - 2)
        start, low = take(xp, i, axis=0), take(fp, i, axis=0)
        width, rise = take(xp, i + 1, axis=0) - start, take(fp, i + 1, axis=0) - low
        out = low + multiply(rise, divide(subtract(x, start), width))
    if period is None:
        out = where(x < first_x, first_f if left is None else left, out)
        out = where(x > last_x, getitem(fp, n - 1) if right is None else right, out)
    return out


@rule(vjp=lambda xp, g: g, jvp=lambda xp, t: t, core=0)
def _unwrap(p: Array, /, *, discont: float, period: float) -> Array:
    """Return the last axis with jumps removed: what is added is constant in pieces."""
    xp = backend_of(p).xp
    steps = p[..., 1:] - p[..., :-1]
    short = (steps + period / 2) % period - period / 2
    short = xp.where((short == -period / 2) & (steps > 0), xp.full_like(short, period / 2), short)
    moved = xp.round((short - steps) / period)  # by whole periods, whose sum is exact
    moved = xp.where(xp.abs(steps) < discont, xp.zeros_like(steps), moved)
    moved = xp.concat([xp.zeros_like(p[..., :1]), xp.cumulative_sum(moved, axis=-1)], axis=-1)
    return p + period * moved


@as_given
@in_single
def unwrap(
    p: Array, /, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi
) -> Array:
    """Return the array with jumps along an axis replaced by their complement to the period.

    Each element is moved by a multiple of the period, so that the derivative is the identity.

    Args:
        p: the array, as a rule angles in radians.
        discont: the least jump that is replaced; half the period by default.
        axis: the axis.
        period: the period.

    Returns:
        An array of the shape of `p`, floating-point.
    """
    p = floating(p, "unwrap")
    axis = front(axis, len(p.shape), "unwrap")
    period, discont = number(period), number(discont)
    discont = period / 2 if discont is None else discont
    if 0 in p.shape:
        return p
    return moveaxis(_unwrap(moveaxis(p, axis, -1), discont=discont, period=period), -1, axis)
