"""Writing at indices that may repeat, and sums and maxima of segments."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import AnyArray, ArrayLike, as_given
from ..backends import REAL, XP, Raw, backend_of
from ..engine.frames import called
from ..engine.guarding import guarded_key
from ..engine.op import constant, linear, rule
from ..engine.operands import require_array, require_one_place, taken_along
from .beside import array_of
from .converting import is_array
from .elementwise import negative
from .indexing import (
    Key,
    _scatter,
    getitem,
    hosted,
    is_basic,
    leading,
    raw_key,
    setitem,
    there,
)


@linear(lambda xp, g: g, lambda xp, g, key: there(xp, g, key), zeros=True)
def _index_add(x: Raw, value: Raw, /, *, key: Key) -> Array:
    """Return `x` with `value` added at an index, once for each time an entry occurs."""
    backend = leading(x, value)
    return backend.index_add(backend.xp.asarray(x, copy=True), key, value)


@as_given
def index_add(x: Array, key: Key, value: ArrayLike, /) -> Array:
    """Return `x` with `value` added at ``x[key]``; an entry that occurs twice is added to twice.

    Args:
        x: the array; it is not changed.
        key: an index as in ``x[key]``: integers, slices, an ellipsis, None, integer or boolean
            arrays.
        value: an array that broadcasts to the shape of ``x[key]``, or a number.

    Returns:
        A new array of the shape and dtype of `x`. Derivatives flow to `x` and to `value`.

    >>> import numpy as np, xgrad as xg
    >>> xg.index_add(np.zeros(3), np.asarray([0, 0, 2]), 1.0)
    array([2., 0., 1.])
    """
    x, key = _addressed(x, key, value, "index_add")
    return _index_add(x, value, key=key)


def _addressed(x: Any, key: Key, value: Any, name: str) -> tuple[Any, Key]:
    """Return an array and an index of raw arrays, all in one place with the value."""
    key = raw_key(hosted(x, guarded_key(key)))
    parts = key if isinstance(key, tuple) else (key,)
    require_one_place(name, (x, value, *parts))
    return taken_along(array_of(x, name), parts), key


@constant
def _owners(x: Array, /, *, key: Key) -> tuple[Array, Array]:
    """Return which place of an index writes each entry (-1 if none), and whether each place does.

    Of several places that write to one entry only the last does.
    """
    backend = backend_of(x)
    xp, device = backend.xp, backend.device(x)
    owners = xp.full(x.shape, -1, dtype=xp.int64, device=device)
    shape = backend.getitem(owners, key).shape
    places = xp.reshape(xp.arange(math.prod(shape), dtype=xp.int64, device=device), shape)
    owners = backend.setitem(owners, key, places, False)
    return owners, backend.getitem(owners, key) == places


def _zeroed(xp: XP, g: Any, where: Any) -> Any:
    return xp.where(where, xp.zeros_like(g), g)


@linear(
    lambda xp, g, owners: _zeroed(xp, g, owners >= 0),
    lambda xp, g, wins, key: _zeroed(xp, getitem(g, key), ~wins),
    None,
    None,
    zeros=True,
)
def _index_set(x: Raw, value: Raw, owners: Raw, wins: Raw, /, *, key: Key) -> Array:
    """Return `x` with `value` at an index, each entry from the place that owns it.

    It is read by owner, not written: a GPU writes in any order, and derivatives must agree on one.
    """
    backend = backend_of(x)
    xp = backend.xp
    source = xp.reshape(xp.broadcast_to(xp.astype(value, x.dtype), wins.shape), (-1,))
    if not source.shape[0]:
        return x
    index = xp.where(owners >= 0, owners, xp.zeros_like(owners))
    return xp.where(owners >= 0, backend.getitem(source, (index,)), x)


@as_given
def index_set(x: Array, key: Key, value: ArrayLike, /) -> Array:
    """Return `x` with `value` at ``x[key]``; where an entry occurs twice one value wins.

    The value that wins gets the derivative, with NumPy and CuPy the last one.

    Args:
        x: the array; it is not changed.
        key: an index as in ``x[key]``: integers, slices, an ellipsis, None, integer or boolean
            arrays.
        value: an array that broadcasts to the shape of ``x[key]``, or a number.

    Returns:
        A new array of the shape and dtype of `x`. Derivatives flow to `value`, and to `x` but for
        what is overwritten.

    >>> import numpy as np, xgrad as xg
    >>> xg.index_set(np.zeros(3), slice(0, 2), 1.0)
    array([1., 1., 0.])
    """
    x, key = _addressed(x, key, value, "index_set")
    parts = key if isinstance(key, tuple) else (key,)
    if (
        is_basic(key)
        or not is_array(value)
        or any("bool" in str(k.dtype) for k in parts if is_array(k))
    ):
        return setitem(x, value, key=key)
    owners, wins = _owners(x, key=key)
    return _index_set(x, value, owners, wins, key=key)


@as_given
def segment_sum(x: Array, segment_ids: AnyArray, num_segments: int, /) -> Array:
    """Return the sums of the slices of `x` along its first axis that have the same id.

    Args:
        x: the array.
        segment_ids: an integer below `num_segments` for each slice, in any order.
        num_segments: how many sums there are; one without slices is 0.

    Returns:
        An array of shape ``(num_segments, *x.shape[1:])``.

    >>> import numpy as np, xgrad as xg
    >>> xg.segment_sum(np.asarray([1.0, 2.0, 4.0]), np.asarray([0, 2, 0]), 3)
    array([5., 0., 2.])
    """
    x, ids, shape = _segments(array_of(x, "segment_sum"), segment_ids, num_segments, "segment_sum")
    return _scatter(x, key=ids, shape=shape)


def _segments(x: Any, ids: Any, count: int, name: str) -> tuple[Any, Any, tuple[int, ...]]:
    """Return an array in one place with the ids, their key, and the shape of what is reduced."""
    require_array(name, "segment_ids", ids)
    x, key = _addressed(x, (ids,), 0, name)
    axes = len(ids.shape)
    if tuple(x.shape[:axes]) != tuple(ids.shape):
        raise ValueError(
            f"{called(name)}: x has shape {tuple(x.shape)} and segment_ids {tuple(ids.shape)}; "
            "expected an id for each slice along the first axis of x"
        )
    return x, key, (count, *x.shape[axes:])


def _hits(xp: XP, x: Any, out: Any, key: Key) -> tuple[Any, Any]:
    """Return where the maximum of its segment is attained, and in how many places."""
    hit = x == getitem(out, key)
    return hit, _scatter(xp.astype(hit, x.dtype), key=key, shape=tuple(out.shape))


def _segment_max_vjp(xp: XP, g: Any, x: Any, out: Any, key: Key) -> Any:
    hit, times = _hits(xp, x, out, key)
    return _zeroed(xp, getitem(g / times, key), ~hit)


def _segment_max_jvp(xp: XP, t: Any, x: Any, out: Any, key: Key) -> Any:
    hit, times = _hits(xp, x, out, key)
    total = _scatter(_zeroed(xp, t, ~hit), key=key, shape=tuple(out.shape))
    return total / xp.where(times == 0, xp.ones_like(times), times)


@rule(vjp=_segment_max_vjp, jvp=_segment_max_jvp, zeros=True)
def _segment_max(x: Array, /, *, key: Key, shape: tuple[int, ...]) -> Array:
    """Return the maxima of segments: sorted by value, then by segment, each segment's last one."""
    backend = backend_of(x)
    if backend.segment_max is not None and x.dtype in REAL:
        return backend.segment_max(x, key[0], shape[0])
    xp, n = backend.xp, x.shape[0]
    ids = xp.broadcast_to(xp.reshape(key[0], (n,) + (1,) * (len(x.shape) - 1)), x.shape)
    by_value = xp.argsort(x, axis=0)
    by_segment = xp.argsort(xp.take_along_axis(ids, by_value, axis=0), axis=0, stable=True)
    ordered = xp.take_along_axis(x, xp.take_along_axis(by_value, by_segment, axis=0), axis=0)
    counts = backend.index_add(
        xp.zeros(shape[:1], dtype=xp.int64, device=backend.device(x)),
        key,
        xp.ones_like(key[0], dtype=xp.int64),
    )
    ends = xp.cumulative_sum(counts, axis=0) - 1
    found = xp.take(ordered, xp.where(ends < 0, xp.zeros_like(ends), ends), axis=0)
    empty = xp.reshape(counts == 0, (shape[0],) + (1,) * (len(x.shape) - 1))
    return xp.where(empty, xp.full_like(found, -math.inf), found)


@as_given
def segment_max(x: Array, segment_ids: AnyArray, num_segments: int, /) -> Array:
    """Return the maxima of the slices of `x` that have the same id, -inf where there are none.

    Equal ones share the derivative equally.

    Args:
        x: a real array.
        segment_ids: an integer below `num_segments` for each slice along the first axis, in any
            order.
        num_segments: how many maxima there are.

    Returns:
        An array of shape ``(num_segments, *x.shape[1:])``.

    Raises:
        ValueError: if `segment_ids` is not a vector as long as the first axis of `x`.
    """
    x, ids, shape = _segments(array_of(x, "segment_max"), segment_ids, num_segments, "segment_max")
    if len(segment_ids.shape) != 1:
        name = called("segment_max")
        raise ValueError(f"{name}: segment_ids has {len(segment_ids.shape)} axes; expected 1")
    return _segment_max(x, key=ids, shape=shape)


@as_given
def segment_min(x: Array, segment_ids: AnyArray, num_segments: int, /) -> Array:
    """Return the minima of the slices of `x` that have the same id, inf where there are none.

    Equal ones share the derivative equally.

    Args:
        x: a real array.
        segment_ids: an integer below `num_segments` for each slice along the first axis, in any
            order.
        num_segments: how many minima there are.

    Returns:
        An array of shape ``(num_segments, *x.shape[1:])``.
    """
    return negative(segment_max(negative(array_of(x, "segment_min")), segment_ids, num_segments))
