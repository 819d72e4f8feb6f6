"""Where arrays become batches and come back, as functions of raw arrays.

A batch of a larger rank may stand in the way, as when the pullback of a function with `vmap` in it
is called inside another `vmap`: then its own arrays cross the border.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import backend_of
from .batch import Batch, behind

__all__ = ["adopt", "enter", "holds", "leave", "total"]


def _is_above(x: Any, level: Any) -> bool:
    return isinstance(x, Batch) and x.rank > level.kind.rank


def holds(x: Any, level: Any) -> bool:
    """Return whether a raw array is a batch of a level, or made of one."""
    while isinstance(x, Batch):
        if x.level is level:
            return True
        x = x.data
    return False


def _through(x: Batch, f: Callable[[Any], Any]) -> Any:
    return x.of(f(x.data))


def enter(x: Any, level: Any, axis: int) -> Any:
    """Return the slices of a raw array along an axis as a batch."""
    if _is_above(x, level):
        return _through(x, lambda data: enter(data, level, behind(axis)))
    if axis == 0:
        return level.batch(x)
    xp = backend_of(x).xp  # side by side in memory too: the last bits of sums depend on strides
    return level.batch(xp.asarray(xp.moveaxis(x, axis, 0), copy=True))


def leave(x: Any, level: Any, axis: int) -> Any:
    """Return the arrays of a batch stacked along an axis; another array once for each."""
    if _is_above(x, level):
        return _through(x, lambda data: leave(data, level, behind(axis)))
    data = x.data if type(x) is level.kind else adopt(x, level).data
    xp = backend_of(data).xp
    if data.shape[0] != level.count:
        data = xp.broadcast_to(data, (level.count, *tuple(data.shape)[1:]))
    return xp.moveaxis(data, 0, axis) if axis else data


def adopt(x: Any, level: Any) -> Any:
    """Return an array as a batch of the same for each."""
    if _is_above(x, level):
        return _through(x, lambda data: adopt(data, level))
    return level.batch(backend_of(x).xp.expand_dims(x, axis=0))


def total(x: Any, level: Any) -> Any:
    """Return the sum over a batch, which is the transpose of `adopt`."""
    if _is_above(x, level):
        return _through(x, lambda data: total(data, level))
    if type(x) is not level.kind:
        return x * level.count
    if x.data.shape[0] == level.count:
        return backend_of(x.data).xp.sum(x.data, axis=0, dtype=x.dtype)
    return backend_of(x.data).getitem(x.data, (0, ...)) * level.count
