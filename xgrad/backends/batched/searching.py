"""Reading at indices, counting, comparing: functions of two arrays, of which each may differ."""

from __future__ import annotations

from typing import Any

from .. import backend_of
from .batch import (
    Batch,
    NotBatchedError,
    behind,
    count_of,
    elementwise,
    library,
    reshaped,
    spread,
    top,
)

__all__ = ["isin", "repeat", "searchsorted", "take", "take_along_axis"]


def _less(xp: Any, a: Any, b: Any, strict: bool) -> Any:
    """Compare in the order of sorting, in which NaN comes last."""
    out = xp.less(a, b) if strict else xp.less_equal(a, b)
    if "int" in str(a.dtype) or "int" in str(b.dtype):
        return out
    nan = xp.isnan(b)
    if strict:
        nan = xp.logical_and(nan, xp.logical_not(xp.isnan(a)))
    return xp.logical_or(out, nan)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Return each with its elements repeated."""
    if isinstance(repeats, Batch):
        if not repeats.is_shared:
            raise NotBatchedError(
                "vmap: repeat with other repeats for each example would give results of other "
                "lengths; use take(x, indices), with as many indices for each"
            )
        repeats = repeats.data[0, ...]
    if not isinstance(x, Batch):
        return library((x,)).xp.repeat(x, repeats, axis=axis)
    xp = backend_of(x.data).xp
    data = x.data if axis is not None else reshaped(xp, x.data, (-1,))
    return x.of(xp.repeat(data, repeats, axis=1 if axis is None else behind(axis)))


def take(x: Any, indices: Any, /, *, axis: int = 0) -> Any:
    """Return the entries of each at indices along an axis."""
    backend = library((x, indices))
    if not isinstance(x, Batch) and not isinstance(indices, Batch):
        return backend.xp.take(x, indices, axis=axis)
    key = (*(slice(None),) * (axis % len(x.shape)), indices)
    return backend.getitem(x, key)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """Return the entries of each at its own indices along an axis."""
    lead = top((x, indices))
    axis = axis % len(x.shape) - len(x.shape)
    if lead is None:
        return library((x,)).xp.take_along_axis(x, indices, axis=axis)
    count = count_of((x, indices), lead)
    parts = [spread(p, lead, count) for p in (x, indices)]
    return lead.of(library(parts).xp.take_along_axis(*parts, axis=axis))


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Return where elements would be inserted; where the sorted ones differ, by comparing."""
    if sorter is not None and top((x1, sorter)) is not None:
        x1, sorter = take_along_axis(x1, sorter), None
    if isinstance(x1, Batch) and x1.is_shared:
        x1 = x1.data[0, ...]
    if top((x1, x2)) is None:
        return library((x1,)).xp.searchsorted(x1, x2, side=side, sorter=sorter)
    if top((x1,)) is None:
        xp = library((x2.data,)).xp
        flat = xp.reshape(x2.data, (-1,))
        out = xp.searchsorted(x1, flat, side=side, sorter=sorter)
        return x2.of(xp.reshape(out, x2.data.shape))
    xp = library((x1, x2)).xp
    wide = xp.expand_dims(x2, axis=-1)
    below = elementwise(lambda lib, a, b: _less(lib, a, b, side == "left"), x1, wide)
    return xp.count_nonzero(below, axis=-1)


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Return whether elements are among others."""
    if isinstance(x2, Batch) and x2.is_shared:
        x2 = x2.data[0, ...]
    if top((x1, x2)) is None:
        return library((x1,)).xp.isin(x1, x2, invert=invert)
    if top((x2,)) is None:
        return x1.of(library((x1.data,)).xp.isin(x1.data, x2, invert=invert))
    xp = library((x1, x2)).xp
    found = xp.any(xp.equal(xp.expand_dims(x1, axis=-1), xp.reshape(x2, (-1,))), axis=-1)
    return ~found if invert else found
