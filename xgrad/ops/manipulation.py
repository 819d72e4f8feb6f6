"""Changing shapes, order and number of axes, joining and splitting."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, overload

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import XP, backend_of
from ..engine.frames import called
from ..engine.op import joint, linear
from ..engine.operands import require_array, require_one_place
from ..engine.own import Apart
from ..engine.plain import as_tuple
from ..engine.projection import Like


def at_axis(axis: int, index: Any) -> tuple[Any, ...]:
    """Return the key that takes `index` along an axis counted from the front."""
    return (slice(None),) * axis + (index, ...)


def front(axis: int, ndim: int, name: str) -> int:
    """Return an axis counted from the front, or say that there is none."""
    if type(axis) is not int:
        try:
            axis = operator.index(axis)
        except TypeError:
            raise TypeError(
                f"{called(name)}: axis is {axis!r:.60} of type {type(axis).__qualname__}; "
                "expected an integer"
            ) from None
    if not -ndim <= axis < ndim:
        name = called(name)
        raise IndexError(f"{name}: axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the permutation that undoes another; where NumPy takes None it is the reversal."""
    if axes is None:
        return None
    axes = tuple(a % len(axes) for a in axes)
    return tuple(axes.index(i) for i in range(len(axes)))


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def reshape(x: Array, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Array:
    """Return the elements in another shape; one length may be -1.

    Args:
        x: the array.
        shape: the new lengths; their product is the number of elements, and one that is -1 follows
            from the others.
        copy: whether to copy: always if True, never if False (an error if one is needed), as needed
            if None.

    Returns:
        The elements of `x` in C order; a view where that needs no copy.

    Raises:
        ValueError: from the backend, if the number of elements does not fit.
    """


@linear(
    lambda xp, g, axes: xp.permute_dims(g, _inverse(axes)),
    view=lambda base, new, axes: permute_dims(new, _inverse(axes)),
)
def _permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """Return the array with its axes in a given order."""


@as_given
def permute_dims(x: Array, /, axes: tuple[int, ...] | None = None) -> Array:
    """Return the array with its axes in another order.

    Args:
        x: the array.
        axes: for each axis of the result, which axis of `x` it is; each occurs once. If None, as in
            NumPy, the axes are reversed.

    Returns:
        The same elements; a view where the backend has views.
    """
    if axes is None:
        require_array("permute_dims", "x", x)
        axes = tuple(range(len(x.shape)))[::-1]
    return _permute_dims(x, axes)


@linear(lambda xp, g: xp.matrix_transpose(g), view=lambda base, new: matrix_transpose(new))
def matrix_transpose(x: Array, /) -> Array:
    """Return the array with its last two axes swapped."""


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def expand_dims(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Return the array with new axes of length one.

    Args:
        x: the array.
        axis: where in the result the new axis is, or the new axes are; negative ones count from the
            end, so that -1 is a new last axis.

    Returns:
        The same elements; a view where the backend has views.
    """


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def _squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Return the array without given axes of length one."""


@as_given
def squeeze(x: Array, /, axis: int | tuple[int, ...] | None = None) -> Array:
    """Return the array without axes of length one.

    Args:
        x: the array.
        axis: the axis or axes. If None, as in NumPy, all that are of length one.

    Returns:
        The same elements; a view where the backend has views.

    Raises:
        ValueError: from the backend, if one of the axes is longer than one.
    """
    if axis is None:
        require_array("squeeze", "x", x)
        axis = tuple([i for i, n in enumerate(x.shape) if n == 1])
    return _squeeze(x, axis)


def _sum_to(xp: XP, g: Any, shape: tuple[int, ...]) -> Any:
    """Return `g` summed over the axes along which `shape` was broadcast."""
    extra = len(g.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1
    )
    return xp.reshape(xp.sum(g, axis=axes), shape) if axes else g


@linear(lambda xp, g, x: _sum_to(xp, g, x.shape))
def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> Array:
    """Return the array repeated to a shape; the data is not copied.

    Args:
        x: the array.
        shape: the new shape; of its last lengths each is that of `x`, or `x` has the length one.

    Returns:
        An array of that shape, to be read only. Its transpose sums what was repeated.

    Raises:
        ValueError: from the backend, if the shape does not fit.
    """


@linear(lambda xp, g, axis: xp.flip(g, axis=axis), view=lambda base, new, **k: flip(new, **k))
def flip(x: Array, /, *, axis: int | tuple[int, ...] | None = None) -> Array:
    """Return the array with the order along axes reversed; all axes if None.

    Args:
        x: the array.
        axis: the axis or axes, negative ones counted from the end; all if None.

    Returns:
        An array of the shape of `x`; a view where the backend has views.
    """


def _back(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


@linear(lambda xp, g, shift, axis: roll(g, _back(shift), axis=axis))
def roll(
    x: Array, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None
) -> Array:
    """Return the array rotated along axes; what leaves at one end enters at the other.

    Args:
        x: the array.
        shift: by how many places, for all axes or one for each; negative numbers go back.
        axis: the axis or axes; if None the flattened array is rotated and gets its shape back.

    Returns:
        A new array of the shape of `x`.

    Raises:
        ValueError: if there are neither as many shifts as axes, nor one of either.
    """
    if axis is None and shift == ():
        return backend_of(x).xp.asarray(x, copy=True)
    if axis is not None:
        shift, axis = as_tuple(shift), as_tuple(axis)
        if len(axis) == 1:  # several along it add up
            shift = (sum(shift),)
        elif len(shift) == 1:
            shift *= len(axis)
        if not shift or not axis:
            return backend_of(x).xp.asarray(x, copy=True)
        if len(shift) != len(axis):
            raise ValueError(
                f"roll: got {len(shift)} shifts and {len(axis)} axes; expected one each"
            )
    return backend_of(x).xp.roll(x, shift, axis=axis)


@as_given
def moveaxis(
    x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> Array:
    """Return the array with axes moved to other places, the rest in order.

    Args:
        x: the array.
        source: the axis to move, or several as a tuple; negative ones count from the end.
        destination: where in the result each of them is to be.

    Returns:
        The same elements with their axes in another order; a view where the backend has views.

    Raises:
        ValueError: if there are not as many destinations as sources, or an axis is repeated.
    """
    require_array("moveaxis", "x", x)
    sources = source if isinstance(source, tuple) else (source,)
    places = destination if isinstance(destination, tuple) else (destination,)
    ndim = len(x.shape)
    if len(sources) != len(places):
        raise ValueError(f"moveaxis: got {len(sources)} sources and {len(places)} destinations")
    sources = tuple(front(a, ndim, "moveaxis") for a in sources)
    places = tuple(front(a, ndim, "moveaxis") for a in places)
    if len(set(sources)) < len(sources) or len(set(places)) < len(places):
        raise ValueError(f"moveaxis: an axis is repeated in {source} or {destination}")
    order = [i for i in range(ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, tuple(order))


def _pieces(xp: XP, g: Any, arrays: list[Any], axis: int | None) -> list[Any]:
    """Return the pieces of a cotangent that belong to each of the joined arrays."""
    if axis is None:
        flat = [Like((math.prod(a.shape),), a.dtype) for a in arrays]
        pieces = _pieces(xp, g, flat, 0)
        return [xp.reshape(c, a.shape) for c, a in zip(pieces, arrays, strict=True)]
    axis, start, pieces = axis % len(g.shape), 0, []
    before = (slice(None),) * axis
    for shape, _ in arrays:
        end = start + shape[axis]
        pieces.append(g[(*before, slice(start, end), ...)] if axis else g[start:end, ...])
        start = end
    return pieces


@joint(_pieces)
def concat(arrays: Sequence[Array], /, *, axis: int | None = 0) -> Array:
    """Return arrays joined along an existing axis; flattened first if it is None.

    Args:
        arrays: a sequence of arrays whose shapes agree but along the axis.
        axis: the axis along which to join; negative ones count from the end.

    Returns:
        A new array of the promoted dtype, along the axis as long as all of them together.

    Raises:
        ValueError: if there is nothing to join, or from the backend if shapes do not fit.
    """


def _slices(xp: XP, g: Any, arrays: list[Any], axis: int) -> list[Any]:
    """Return the slices of a cotangent that belong to each of the stacked arrays."""
    before = (slice(None),) * (axis % len(g.shape))
    return [  # with `...` there are no scalars of NumPy's
        g[(*before, i, ...)] if before else g[i, ...] for i in range(len(arrays))
    ]


@joint(_slices)
def stack(arrays: Sequence[Array], /, *, axis: int = 0) -> Array:
    """Return arrays of one shape joined along a new axis.

    Args:
        arrays: a sequence of arrays of one shape.
        axis: where in the result the new axis is; negative ones count from the end.

    Returns:
        A new array of the promoted dtype, along the new axis as long as there are arrays.

    Raises:
        ValueError: if there is nothing to join, or from the backend if shapes differ.
    """


@linear(lambda xp, g, axis: xp.stack(g, axis=axis), zeros=True, fills=False, own=Apart())
def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the slices along an axis, as a tuple.

    Args:
        x: an array of one axis or more.
        axis: the axis, which the slices do not have.

    Returns:
        A tuple as long as the axis; its arrays are views where the backend has views.
    """


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which shapes broadcast."""
    ndim = max((len(s) for s in shapes), default=0)
    out = []
    for i in range(-ndim, 0):
        lengths = {s[i] for s in shapes if len(s) >= -i} - {1}
        if len(lengths) > 1:
            raise ValueError(
                f"{called('broadcast_shapes')}: {', '.join(map(str, shapes))} can not be broadcast "
                "together"
            )
        out.append(lengths.pop() if lengths else 1)
    return tuple(out)


@overload
def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]: ...
@overload
def broadcast_arrays(*arrays: AnyArray) -> tuple[Any, ...]: ...
def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Return arrays broadcast against each other."""
    for i, x in enumerate(arrays):
        require_array("broadcast_arrays", f"argument {i}", x)
    shape = broadcast_shapes(*[tuple(x.shape) for x in arrays])
    require_one_place("broadcast_arrays", arrays)
    return tuple(broadcast_to(x, shape) for x in arrays)


@as_given
def tile(x: Array, repetitions: int | tuple[int, ...], /) -> Array:
    """Return the array laid side by side, `repetitions` times along each axis.

    Args:
        x: the array.
        repetitions: how often along each axis, an int for the last; where `x` has fewer axes it
            gets axes of length one in front, and where there are fewer repetitions, ones are put in
            front of them.

    Returns:
        A new array of the dtype of `x`, along each axis so many times as long.
    """
    require_array("tile", "x", x)
    shape = tuple(x.shape)
    repetitions = as_tuple(repetitions)
    times = (1,) * (len(shape) - len(repetitions)) + repetitions
    shape = (1,) * (len(times) - len(shape)) + shape
    thick = reshape(x, tuple(k for n in shape for k in (1, n)))
    wide = broadcast_to(thick, tuple(k for n, t in zip(shape, times, strict=True) for k in (t, n)))
    return reshape(wide, tuple(n * t for n, t in zip(shape, times, strict=True)))


def size(x: Array) -> int:
    """Return the number of elements."""
    return math.prod(x.shape)


@as_given
def diff(
    x: Array,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: AnyArray | None = None,
    append: AnyArray | None = None,
) -> Array:
    """Return the differences of neighbours along an axis, taken `n` times.

    Args:
        x: the array.
        axis: the axis.
        n: how often; with 0 nothing is done.
        prepend: an array put before `x` along the axis first.
        append: an array put behind it first.

    Returns:
        An array that is shorter by `n` along the axis, if nothing is added; of truth values it says
        which neighbours differ.

    Raises:
        ValueError: if `n` is negative.

    >>> import numpy as np, xgrad as xg
    >>> xg.diff(np.asarray([1.0, 4.0, 9.0]))
    array([3., 5.])
    """
    require_array("diff", "x", x)
    if n < 0:
        raise ValueError(f"diff: n is {n}; expected a non-negative number")
    axis = front(axis, len(x.shape), "diff")
    parts = [part for part in (prepend, x, append) if part is not None]
    x = concat(parts, axis=axis) if len(parts) > 1 else x
    for _ in range(n):
        after, before = x[at_axis(axis, slice(1, None))], x[at_axis(axis, slice(None, -1))]
        x = after ^ before if "bool" in str(x.dtype) else after - before
    return x
