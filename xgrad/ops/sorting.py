"""Sorting and searching. Indices have no derivative; the values found by them do."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import Raw, backend_of
from ..engine.op import constant
from .dtypes import is_tracked
from .indexing import take_along_axis


@constant
def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """Return the indices that sort along an axis.

    Args:
        x: a real array.
        axis: the axis; negative ones count from the end.
        descending: whether the largest comes first.
        stable: whether equal elements keep their order.

    Returns:
        Integers of the shape of `x`, which `take_along_axis` takes. They have no derivative.
    """


@constant
def ranked(x: Array, /, *, start: int, stop: int, descending: bool = False) -> Array:
    """Return the first places of `argsort` along the last axis from `start` to `stop`."""
    return backend_of(x).ranked(x, start, stop, descending)


@constant
def _sort_untracked(
    x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Array:
    """Return the elements sorted along an axis."""
    xp = backend_of(x).xp
    return xp.sort(x, axis=axis, descending=descending, stable=stable)


@as_given
def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """Return the elements sorted along an axis.

    Args:
        x: a real array.
        axis: the axis; negative ones count from the end.
        descending: whether the largest comes first.
        stable: whether equal elements keep their order; of them each keeps its own derivative.

    Returns:
        A new array of the shape and dtype of `x`. Where NaN is put is the backend's affair; NumPy
        puts it last.
    """
    if not is_tracked(x):
        return _sort_untracked(x, axis=axis, descending=descending, stable=stable)
    order = argsort(x, axis=axis, descending=descending, stable=stable)
    return take_along_axis(x, order, axis=axis)


@constant
def argmax(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """Return the index of the first largest element along an axis, or of the flattened array.

    Args:
        x: a real array.
        axis: the axis; negative ones count from the end. If None, the index counts in C order.
        keepdims: whether the axis stays in the result, with length one; all axes if `axis` is None.

    Returns:
        Integers, of the shape of `x` without the axis. They have no derivative.
    """


@constant
def argmin(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """Return the index of the first smallest element along an axis, or of the flattened array.

    Args:
        x: a real array.
        axis: the axis; negative ones count from the end. If None, the index counts in C order.
        keepdims: whether the axis stays in the result, with length one; all axes if `axis` is None.

    Returns:
        Integers, of the shape of `x` without the axis. They have no derivative.
    """


@constant
def nonzero(x: Array, /) -> tuple[Array, ...]:
    """Return the indices of the elements that are not zero, one array per axis."""


@constant
def searchsorted(
    x1: AnyArray, x2: AnyArray, /, *, side: str = "left", sorter: AnyArray | None = None
) -> Array:
    """Return where elements of `x2` would be inserted into the sorted `x1` to keep it sorted.

    Args:
        x1: a vector in ascending order, unless there is a `sorter`.
        x2: an array of any shape, of the dtype of `x1`.
        side: ``"left"`` for the first place that fits, where ``x1[i - 1] < v <= x1[i]``;
            ``"right"`` for the last one, where ``x1[i - 1] <= v < x1[i]``.
        sorter: the indices that sort `x1`, as of `argsort`.

    Returns:
        Integers from 0 to the length of `x1`, of the shape of `x2`. They have no derivative.
    """
    sorter = None if sorter is None else _order(x1, sorter)
    return backend_of(x1).xp.searchsorted(x1, x2, side=side, sorter=sorter)


def _order(x1: Raw, sorter: Any) -> Raw:
    """Return indices of any kind as an array of integers beside a raw one."""
    backend = backend_of(x1)
    raw = sorter._raw if isinstance(sorter, Array) else sorter
    if isinstance(raw, backend.array_types):
        return backend.xp.astype(raw, backend.raw_dtype(np.dtype(np.int64)), copy=False)
    held = np.asarray(raw)
    if held.dtype.kind not in "iu":
        raise TypeError(f"searchsorted: sorter is {sorter!r:.60}; expected integers")
    return backend.from_numpy(held.astype(np.int64), backend.device(x1))
