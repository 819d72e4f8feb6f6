"""Adding at indices that may repeat, on NumPy's arrays.

``numpy.add.at`` is ten times as fast with one vector of places as with anything else: rows,
several index arrays, one with more axes. So what is not one is made one first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_FEW = 256
"""Of fewer elements the places take longer than they save."""
_BLOCK = 2**16
"""So many places are made at a time, to stay in a core's cache."""
_SOME = 64
_LONG = 8
_ALL = slice(None)


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Add `value` to `x` itself at an index, as often as an entry occurs there; return `x`."""
    starts = None
    if (
        isinstance(value, np.ndarray)
        and value.size >= _FEW
        and value.dtype == x.dtype
        and x.flags.c_contiguous
    ):
        starts = _starts(key if isinstance(key, tuple) else (key,), x.shape)
    if starts is None:
        np.add.at(x, key, value)
        return x
    kept = x.shape[len(key) if isinstance(key, tuple) else 1 :]
    width, count = math.prod(kept), starts.size
    value = np.broadcast_to(value, starts.shape + kept).reshape(count, width)
    flat, starts = x.reshape(-1), starts.reshape(count, 1)
    if width == 1 and _is_sorted(starts[:, 0]):
        places = starts[:, 0]
        begins = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
        if len(begins) * _LONG <= count:  # where each addition would wait for the one before
            flat[places[begins]] += np.add.reduceat(value.reshape(-1), begins)
            return x
    rows = count if width == 1 else max(1, _BLOCK // width)
    for i in range(0, count, rows):
        places = starts[i : i + rows]
        places = places * width + np.arange(width) if width > 1 else places
        np.add.at(flat, places.reshape(-1), value[i : i + rows].reshape(-1))
    return x


def segment_max(x: Any, ids: Any, count: int) -> Any:
    """Return the maxima of the slices along the first axis that have the same id, else -inf."""
    out = np.full((count, *x.shape[1:]), -np.inf, x.dtype)
    if x.ndim == 1:
        np.maximum.at(out, ids, x)
    elif x.size:
        order = np.argsort(ids, kind="stable")
        ordered = ids[order]
        begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        out[ordered[begins]] = np.maximum.reduceat(x[order], begins, axis=0)
    return out


def _is_sorted(places: Any) -> bool:
    """Whether places never fall; mostly the first of them tell that they do."""
    return all(bool(np.all(some[1:] >= some[:-1])) for some in (places[:_SOME], places))


def _starts(key: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Return which part of the axes behind a key each of its entries names, counted in C order.

    It is None unless the key is arrays of integers, behind whole axes, and within the shape.
    """
    before = 0
    while before < len(key) and isinstance(key[before], slice) and key[before] == _ALL:
        before += 1
    arrays = []
    for part, n in zip(key[before:], shape[before:], strict=False):
        given = np.asarray(part)
        if given.dtype.kind not in "iu" or not given.size:
            return None
        k = given.astype(np.intp, copy=False)
        least = k.min()
        if least < -n or k.max() >= n:
            return None
        arrays.append(np.where(k < 0, k + n, k) if least < 0 else k)
    if not arrays or len(key) > len(shape):
        return None
    inner: Any = 0
    for k, n in zip(arrays, shape[before:], strict=False):
        inner = inner * n + k
    outer = np.arange(math.prod(shape[:before])).reshape(shape[:before] + (1,) * inner.ndim)
    return outer * math.prod(shape[before : len(key)]) + inner
