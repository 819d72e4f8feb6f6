"""Writing at an index of a CuPy array, and adding at one, as NumPy does: at the cost of the index.

A GPU writes to an entry that an index names twice in any order, and adds in any order. Where it
matters, and where there is no atomic addition, entries are sorted first; see `cupy_segments`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xgrad.backends import is_deterministic

from . import cupy_segments as segments
from . import detect

cp: Any = detect.require("cupy")

__all__ = ["index_add", "setitem"]

_ATOMIC_ADD = frozenset("iIlLqQfd")
"""The dtypes that cupy.add.at takes, but for halves, which it would add in half precision."""


def setitem(x: Any, key: Any, value: Any, duplicate: bool = True) -> Any:
    """Write at an index; of several values for one entry the last one stays."""
    out = x.copy() if duplicate else x
    if isinstance(value, cp.ndarray) and value.size > 1 and _may_repeat(key):
        _write_last(out, key, value)
    else:
        out[key] = value
    return out


def _may_repeat(key: Any) -> bool:
    """Whether an index may name an entry twice, as an array of integers does, and no mask."""
    return any(
        isinstance(k, list) or (getattr(k, "ndim", 0) > 0 and k.dtype.kind != "b")
        for k in (key if isinstance(key, tuple) else (key,))
    )


def _write_last(x: Any, key: Any, value: Any) -> None:
    """Write to `x` itself what NumPy writes last to each entry; a GPU writes in any order."""
    rows, rest = _rows(x.shape, key)
    segments.write(x, rows, math.prod(rest), _fitted(value, x, (*rows.shape, *rest)))


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Add at an index to `x` itself, as often as an entry is named."""
    keys = key if isinstance(key, tuple) else (key,)
    if all(k is None or k is Ellipsis or isinstance(k, slice) or type(k) is int for k in keys):
        view = x[keys if Ellipsis in keys else (*keys, ...)]
        view += value
    elif not _may_repeat(key):
        x[key] = x[key] + value
    elif is_deterministic() or x.dtype.char not in _ATOMIC_ADD | {"F", "D"}:
        rows, rest = _rows(x.shape, key)
        segments.add(x, rows, math.prod(rest), _fitted(value, x, (*rows.shape, *rest)))
    elif x.dtype.kind == "c":
        cp.add.at(x.real, key, value.real)
        cp.add.at(x.imag, key, value.imag)
    else:
        cp.add.at(x, key, value)
    return x


def _fitted(value: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Return a value in the dtype of `x`, repeated to a shape."""
    value = cp.asarray(value, dtype=x.dtype)
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = value[0]
    return cp.broadcast_to(value, shape)


def _rows(shape: tuple[int, ...], key: Any) -> tuple[Any, tuple[int, ...]]:
    """Return the number of each row that an index names, and the shape of a row.

    A row is what lies along the last axes that are taken whole. The cost is that of the index.
    """
    parts = [
        cp.asarray(k) if isinstance(k, list) else k
        for k in (key if isinstance(key, tuple) else (key,))
    ]
    if any(k is None or (_is_bool(k) and not getattr(k, "ndim", 0)) for k in parts):
        return _entries(shape, key), ()
    if not any(k is Ellipsis for k in parts):
        parts.append(Ellipsis)
    i = next(i for i, k in enumerate(parts) if k is Ellipsis)
    parts[i : i + 1] = [slice(None)] * (len(shape) - sum(map(_axes, parts)))
    while isinstance(parts[-1], slice) and parts[-1] == slice(None):
        parts.pop()
    lead = sum(map(_axes, parts))
    return _entries(shape[:lead], tuple(parts)), shape[lead:]


def _axes(k: Any) -> int:
    """Return how many axes a part of an index takes up."""
    if k is Ellipsis:
        return 0
    return k.ndim if _is_bool(k) else 1


def _is_bool(k: Any) -> bool:
    return type(k) is bool or getattr(k, "dtype", None) == np.bool_


def _entries(shape: tuple[int, ...], key: Any) -> Any:
    """Return the number of each entry that an index names, at the cost of the index alone."""
    parts: list[Any] = []
    for k in key if isinstance(key, tuple) else (key,):
        k = cp.asarray(k) if isinstance(k, list) else k  # noqa: PLW2901 - as CuPy takes it
        is_mask = getattr(k, "ndim", 0) > 0 and _is_bool(k)
        parts += cp.nonzero(k) if is_mask else [k]  # which waits, as CuPy does for a mask
    if any(k is None or _is_bool(k) for k in parts):
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
