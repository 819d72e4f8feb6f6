"""Changing shapes, order and number of axes, joining and splitting."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from ..arrays.array import Array
from ..backends import backend_of
from ..engine.frames import called
from ..engine.op import linear
from ..engine.operands import require_array, require_one_place
from .dtypes import astype, result_type


def at_axis(axis: int, index: Any) -> tuple[Any, ...]:
    """Return the key that takes `index` along an axis counted from the front."""
    return (slice(None),) * axis + (index, ...)


def front(axis: int, ndim: int, name: str) -> int:
    """Return an axis counted from the front, or say that there is none."""
    if not -ndim <= axis < ndim:
        name = called(name)
        raise IndexError(f"{name}: axis {axis} is out of bounds for an array of {ndim} axes")
    return operator.index(axis) % ndim


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the permutation that undoes another."""
    axes = tuple(a % len(axes) for a in axes)
    return tuple(axes.index(i) for i in range(len(axes)))


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def reshape(x: Array, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Array:
    """Return the elements in another shape; one length may be -1."""


@linear(
    lambda xp, g, axes: xp.permute_dims(g, _inverse(axes)),
    view=lambda base, new, axes: permute_dims(new, _inverse(axes)),
)
def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """Return the array with its axes in another order."""


@linear(lambda xp, g: xp.matrix_transpose(g), view=lambda base, new: matrix_transpose(new))
def matrix_transpose(x: Array, /) -> Array:
    """Return the array with its last two axes swapped."""


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def expand_dims(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Return the array with new axes of length one."""


@linear(
    lambda xp, g, x: xp.reshape(g, x.shape),
    view=lambda base, new, *a, **k: reshape(new, base.shape),
)
def squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Return the array without the given axes of length one."""


def _sum_to(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Return `g` summed over the axes along which `shape` was broadcast."""
    extra = len(g.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1
    )
    return xp.reshape(xp.sum(g, axis=axes), shape) if axes else g


@linear(lambda xp, g, x: _sum_to(xp, g, x.shape))
def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> Array:
    """Return the array repeated to a shape; the data is not copied."""


@linear(lambda xp, g, axis: xp.flip(g, axis=axis), view=lambda base, new, **k: flip(new, **k))
def flip(x: Array, /, *, axis: int | tuple[int, ...] | None = None) -> Array:
    """Return the array with the order along axes reversed; all axes if None."""


def _back(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


@linear(lambda xp, g, shift, axis: xp.roll(g, _back(shift), axis=axis))
def roll(
    x: Array, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None
) -> Array:
    """Return the array rotated along axes; what leaves at one end enters at the other."""


def moveaxis(
    x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> Array:
    """Return the array with axes moved to other places, the rest in order."""
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


def _pieces(xp: Any, g: Any, arrays: list[Any], axis: int) -> list[Any]:
    """Return the pieces of a cotangent that belong to each of the joined arrays."""
    axis, start, pieces = axis % len(g.shape), 0, []
    sizes = [g.shape[axis] if a is None else a.shape[axis] for a in arrays]
    for n in sizes:
        pieces.append(g[at_axis(axis, slice(start, start + n))])
        start += n
    return pieces


@linear(_pieces)
def _concat(*arrays: Array, axis: int) -> Array:
    """Return arrays joined along an existing axis."""
    return backend_of(arrays[0]).xp.concat(arrays, axis=axis)  # type: ignore[no-any-return]


def _promoted(arrays: Sequence[Array], name: str) -> list[Array]:
    """Return arrays in their common dtype; untracked raw arrays beside `Array` as `Array`."""
    arrays = list(arrays)
    if not arrays:
        raise ValueError(f"{name}: got no arrays; expected at least one")
    dtypes = {str(x.dtype) for x in arrays}
    if len(dtypes) > 1:
        dtype = result_type(*arrays)
        arrays = [astype(x, dtype, copy=False) for x in arrays]
    return arrays


def concat(arrays: Sequence[Array], /, *, axis: int | None = 0) -> Array:
    """Return arrays joined along an existing axis; flattened first if it is None."""
    arrays = _promoted(arrays, "concat")
    if axis is None:
        return _concat(*[reshape(x, (-1,)) for x in arrays], axis=0)
    return _concat(*arrays, axis=axis)


@linear(
    lambda xp, g, arrays, axis: [g[at_axis(axis % len(g.shape), i)] for i in range(len(arrays))]
)
def _stack(*arrays: Array, axis: int) -> Array:
    """Return arrays joined along a new axis."""
    return backend_of(arrays[0]).xp.stack(arrays, axis=axis)  # type: ignore[no-any-return]


def stack(arrays: Sequence[Array], /, *, axis: int = 0) -> Array:
    """Return arrays of one shape joined along a new axis."""
    return _stack(*_promoted(arrays, "stack"), axis=axis)


@linear(lambda xp, g, axis: xp.stack(g, axis=axis))
def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the slices along an axis, as a tuple."""


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which shapes broadcast."""
    ndim = max((len(s) for s in shapes), default=0)
    out = []
    for i in range(-ndim, 0):
        lengths = {s[i] for s in shapes if len(s) >= -i} - {1}
        if len(lengths) > 1:
            raise ValueError(
                f"{called('broadcast_shapes')}: {', '.join(map(str, shapes))} do not broadcast"
            )
        out.append(lengths.pop() if lengths else 1)
    return tuple(out)


def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    """Return arrays broadcast against each other."""
    for i, x in enumerate(arrays):
        require_array("broadcast_arrays", f"argument {i}", x)
    shape = broadcast_shapes(*[tuple(x.shape) for x in arrays])
    require_one_place("broadcast_arrays", arrays)
    return tuple(broadcast_to(x, shape) for x in arrays)


def tile(x: Array, repetitions: tuple[int, ...], /) -> Array:
    """Return the array laid side by side, `repetitions` times along each axis."""
    require_array("tile", "x", x)
    shape = tuple(x.shape)
    times = (1,) * (len(shape) - len(repetitions)) + tuple(repetitions)
    shape = (1,) * (len(times) - len(shape)) + shape
    thick = reshape(x, tuple(k for n in shape for k in (1, n)))
    wide = broadcast_to(thick, tuple(k for n, t in zip(shape, times, strict=True) for k in (t, n)))
    return reshape(wide, tuple(n * t for n, t in zip(shape, times, strict=True)))


def size(x: Array) -> int:
    """Return the number of elements."""
    return math.prod(x.shape)


def diff(
    x: Array,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: Array | None = None,
    append: Array | None = None,
) -> Array:
    """Return the differences of neighbours along an axis, taken `n` times."""
    require_array("diff", "x", x)
    if n < 0:
        raise ValueError(f"diff: n is {n}; expected a non-negative number")
    axis = front(axis, len(x.shape), "diff")
    parts = [part for part in (prepend, x, append) if part is not None]
    x = concat(parts, axis=axis) if len(parts) > 1 else x
    for _ in range(n):
        x = x[at_axis(axis, slice(1, None))] - x[at_axis(axis, slice(None, -1))]
    return x
