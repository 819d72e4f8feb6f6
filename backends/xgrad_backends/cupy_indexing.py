"""Writing at an index of a CuPy array, and adding at one, as NumPy does: at the cost of the index.

A GPU writes to an entry that an index names twice in any order, and adds in any order. Where it
matters the entries are sorted first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xgrad.backends import is_deterministic

from . import detect

cp: Any = detect.require("cupy")

__all__ = ["index_add", "setitem"]

_ATOMIC_ADD = frozenset("iIlLqQefd")  # the dtypes that cupy.add.at takes


def setitem(x: Any, key: Any, value: Any, duplicate: bool = True) -> Any:
    """Write at an index; of several values for one entry the last one stays."""
    out = x.copy() if duplicate else x
    keys = key if isinstance(key, tuple) else (key,)
    several = isinstance(value, cp.ndarray) and value.size > 1
    if several and any(isinstance(k, list) or _may_repeat(k) for k in keys):
        value = _of_the_last(x, key, value)
    out[key] = value
    return out


def _may_repeat(key: Any) -> bool:
    """Whether an array of indices may name an entry twice, as no mask does."""
    return getattr(key, "ndim", 0) > 0 and key.dtype.kind != "b"


def _of_the_last(x: Any, key: Any, value: Any) -> Any:
    """Return the value, in which all that is written to one entry is what NumPy writes last.

    A GPU writes in any order.
    """
    entries = _entries(x.shape, key)
    value = cp.broadcast_to(value, entries.shape)
    order, _, ends = _sorted(entries.reshape(-1))
    last = cp.empty_like(order)
    last[order] = order[ends]
    return value.reshape(-1)[last].reshape(entries.shape)


def _sorted(entries: Any) -> tuple[Any, Any, Any]:
    """Return the order of entries, them in it, and where the last that equals each one is."""
    order = cp.argsort(entries, kind="stable")
    places = entries[order]
    return order, places, cp.searchsorted(places, places, side="right") - 1


def _entries(shape: tuple[int, ...], key: Any) -> Any:
    """Return the number of each entry that an index names, at the cost of the index alone."""
    parts: list[Any] = []
    for k in key if isinstance(key, tuple) else (key,):
        k = cp.asarray(k) if isinstance(k, list) else k  # noqa: PLW2901 - as CuPy takes it
        is_mask = getattr(k, "ndim", 0) > 0 and k.dtype.kind == "b"
        parts += cp.nonzero(k) if is_mask else [k]  # which waits, as CuPy does for a mask
    new_axes = [k for k in parts if k is None]
    if new_axes or any(getattr(k, "dtype", None) == np.bool_ or type(k) is bool for k in parts):
        return cp.arange(math.prod(shape)).reshape(shape)[key]
    if not any(k is Ellipsis for k in parts):
        parts.append(Ellipsis)
    i = next(i for i, k in enumerate(parts) if k is Ellipsis)
    parts[i : i + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    arrays = [d for d, k in enumerate(parts) if not isinstance(k, slice)]
    wide = len(np.broadcast_shapes(*[getattr(parts[d], "shape", ()) for d in arrays]))
    together = arrays == list(range(arrays[0], arrays[-1] + 1)) if arrays else True
    front = arrays[0] if arrays and together else 0  # where NumPy puts the axes of the arrays
    rest = len(parts) - len(arrays)
    total, step, axis = 0, math.prod(shape), 0
    for k, n in zip(parts, shape, strict=True):
        step //= max(n, 1)
        if isinstance(k, slice):
            place = axis if axis < front else axis + wide
            c = cp.arange(*k.indices(n)).reshape((-1,) + (1,) * (rest + wide - place - 1))
            axis += 1
        elif hasattr(k, "astype"):
            c = k.astype(np.int64) % max(n, 1)
            c = c.reshape(c.shape + (1,) * (rest - front))
        else:
            c = k % max(n, 1)
        total = total + c * step
    return cp.asarray(total)


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Add at an index to `x` itself, as often as an entry is named."""
    keys = key if isinstance(key, tuple) else (key,)
    if all(k is None or k is Ellipsis or isinstance(k, slice) or type(k) is int for k in keys):
        view = x[keys if Ellipsis in keys else (*keys, ...)]
        view += value
    elif is_deterministic():
        x[key] = x[key] + _sums(x, key, value)
    elif x.dtype.kind == "c":
        cp.add.at(x.real, key, value.real)
        cp.add.at(x.imag, key, value.imag)
    elif x.dtype.char in _ATOMIC_ADD:
        cp.add.at(x, key, value)
    else:
        wide = x.astype(np.int32 if x.dtype.kind in "biu" else np.float32)
        cp.add.at(wide, key, value)
        x[...] = wide
    return x


def _sums(x: Any, key: Any, value: Any) -> Any:
    """Return what is added to the entries that an index names, always summed in the same order.

    The entries are sorted; values of equal ones are summed by doubling. Nothing waits for the GPU,
    if the index has no mask, and the cost is that of the index.
    """
    entries = _entries(x.shape, key)
    total = cp.broadcast_to(value, entries.shape).astype(x.dtype).reshape(-1)
    if not total.size:
        return total.reshape(entries.shape)
    order, places, ends = _sorted(entries.reshape(-1))
    total, step = total[order], 1
    while step < places.size:
        same = places[step:] == places[:-step]
        more = cp.where(same, total[:-step], cp.zeros_like(total[:-step]))
        total = cp.concatenate([total[:step], total[step:] + more])
        step *= 2
    sums = cp.empty_like(total)
    sums[order] = total[ends]
    return sums.reshape(entries.shape)
