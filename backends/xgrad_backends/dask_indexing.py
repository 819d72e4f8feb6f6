"""Reading and adding at indices of a Dask array chunk by chunk, in the chunks that it had."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from typing import Any

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph

from .dask_pieces import Piece, added_at, assembled, regular_sizes

__all__ = [
    "added_rows",
    "added_span",
    "as_remembered",
    "is_zeros",
    "joined",
    "picks",
    "placed",
    "remember",
    "rolled",
    "sliced",
    "spans_of",
    "spread",
    "taken",
]

_MOST = 256
_chunks: OrderedDict[tuple[int, ...], Any] = OrderedDict()


def remember(x: Any) -> None:
    """Take note of the chunks of an array that is read at an index.

    The cotangent of a part is put into zeros of the array's shape. A tape knows only that; zeros in
    other chunks would make the gradient one of many fragments. Fragments are not remembered.
    """
    if not all(len(set(c[:-1])) <= 1 and c[-1] <= c[0] for c in x.chunks):
        return
    _chunks[x.shape] = x.chunks
    _chunks.move_to_end(x.shape)
    if len(_chunks) > _MOST:
        _chunks.popitem(last=False)


def is_zeros(x: Any) -> bool:
    """Whether an array was made by Dask's function `zeros`, or `empty`, and not changed since."""
    return bool(x.name.startswith(("zeros-", "zeros_like-", "empty-")))


def as_remembered(x: Any) -> Any:
    """Return freshly made zeros in the chunks of the array of that shape that was read last."""
    chunks = _chunks.get(x.shape)
    if chunks is None or chunks == x.chunks or not is_zeros(x):
        return x
    return da.zeros(x.shape, dtype=x.dtype, chunks=chunks)


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    """Return an array broadcast to a shape, in the chunks of one of it that was read."""
    chunks = _chunks.get(shape)
    own = x.chunks if chunks is None else chunks[len(shape) - x.ndim :]
    fits = all(n == 1 or mine == c for n, mine, c in zip(x.shape, x.chunks, own, strict=True))
    return da.broadcast_to(x, shape, chunks=chunks if fits else None)


def sliced(x: Any, key: Any) -> Any:
    """Return a part of an array in chunks as large as the array's, from its beginning on.

    Parts of one array that begin at other places, as those of a stencil do, then lie chunk beside
    chunk; else each operation on two of them would cut both where either is cut.
    """
    spans = spans_of(x, key)
    if spans is None:
        return _evened(x[key], x)
    rest: list[Any] = []
    for axis, (start, stop, single) in enumerate(spans):
        rest.append(start if single else slice(start, stop))
        if single or x.numblocks[axis] < 2 or stop - start == x.shape[axis]:
            continue
        sizes = regular_sizes(max(x.chunks[axis]), stop - start)
        cut = x[(slice(None),) * axis + (slice(start, stop),)]
        if cut.numblocks[axis] > 1 and cut.chunks[axis] != sizes:
            x = assembled([Piece(x, start, stop)], axis, sizes)
            rest[-1] = slice(None)
    return x[tuple(rest)]


def _evened(part: Any, x: Any) -> Any:
    if part.ndim != x.ndim or part.npartitions < 2:
        return part
    sizes = tuple(max(c) for c in x.chunks)
    chunks = da.core.normalize_chunks(sizes, part.shape, dtype=part.dtype)
    return part if chunks == part.chunks else part.rechunk(chunks)


def joined(arrays: Any, axis: int) -> Any:
    """Return arrays side by side, in the chunks of one of that shape that was read, if one was."""
    shape = list(arrays[0].shape)
    axis %= len(shape)
    shape[axis] = sum(x.shape[axis] for x in arrays)
    chunks = _chunks.get(tuple(shape))
    if chunks is None or not all(chunks[axis]):
        return da.concatenate(arrays, axis=axis)
    dtype = np.result_type(*[x.dtype for x in arrays])
    pieces = []
    for x in arrays:
        others = {i: c for i, c in enumerate(chunks) if i != axis and x.chunks[i] != c}
        near = x.rechunk(others) if others else x
        pieces.append(Piece(near.astype(dtype), 0, x.shape[axis]))
    return assembled(pieces, axis, chunks[axis])


def rolled(x: Any, shift: int, axis: int) -> Any:
    """Return an array rolled along an axis, in its chunks."""
    n = x.shape[axis]
    cut = n - shift % n if n else 0
    if cut == n or not all(x.chunks[axis]):
        return x
    return assembled([Piece(x, cut, n), Piece(x, 0, cut)], axis, x.chunks[axis])


def spans_of(x: Any, key: Any) -> list[tuple[int, int, bool]] | None:
    """Return where a key of whole numbers and slices begins and ends along each axis.

    With each whether it is one number, whose axis is gone. None for any other key, and one that
    goes in steps or names nothing.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in [k for k in parts if not _is_array(k)]:
        at = next(i for i, k in enumerate(parts) if k is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (x.ndim - len(parts) + 1)
    parts += [slice(None)] * (x.ndim - len(parts))
    spans = []
    for k, n in zip(parts, x.shape, strict=False):
        if type(k) is int:
            if not -n <= k < n:
                return None
            spans.append((k % n, k % n + 1, True))
            continue
        if not isinstance(k, slice) or k.step not in (None, 1):
            return None
        start, stop, _ = k.indices(n)
        if stop <= start:
            return None
        spans.append((start, stop, False))
    return spans if len(parts) == x.ndim else None


def placed(x: Any, spans: list[tuple[int, int, bool]], value: Any) -> Any:
    """Return zeros in the shape and the chunks of an array, with a value at some spans.

    Dask's own assignment looks at every task of the graph each time.
    """
    value = _fitted(x, spans, value)
    for axis, (start, stop, _) in enumerate(spans):
        n, sizes = x.shape[axis], x.chunks[axis]
        if stop - start < n:
            around = Piece(None, 0, start), Piece(value, 0, stop - start), Piece(None, stop, n)
            value = assembled(around, axis, sizes)
    return value if value.chunks == x.chunks else value.rechunk(x.chunks)


def added_span(x: Any, spans: list[tuple[int, int, bool]], value: Any) -> Any:
    """Return an array with a value added at some spans, in its chunks."""
    cut = [i for i, (start, stop, _) in enumerate(spans) if stop - start < x.shape[i]]
    if len(cut) != 1 or not all(x.chunks[cut[0]]):
        return x + placed(x, spans, value)
    return added_at(x, cut[0], spans[cut[0]][0], _fitted(x, spans, value))


def _fitted(x: Any, spans: list[tuple[int, int, bool]], value: Any) -> Any:
    """Return a value as an array of what is at some spans, with all axes."""
    value = da.asarray(value).astype(x.dtype)
    kept = tuple(stop - start for start, stop, single in spans if not single)
    value = da.broadcast_to(value, kept) if value.shape != kept else value
    return value[tuple(None if single else slice(None) for *_, single in spans)]


def picks(key: tuple[Any, ...]) -> int | None:
    """Return the axis of the one array of integers in a key of whole slices, None for another."""
    arrays = [i for i, k in enumerate(key) if isinstance(k, (np.ndarray, da.Array, list))]
    if len(arrays) != 1:
        return None
    (axis,) = arrays
    whole = all(k == slice(None) for i, k in enumerate(key) if i != axis and k is not Ellipsis)
    index = np.asarray(key[axis]) if isinstance(key[axis], list) else key[axis]
    if not whole or Ellipsis in [k for i, k in enumerate(key) if i < axis and not _is_array(k)]:
        return None
    return axis if index.ndim == 1 and index.dtype.kind in "iu" else None


def _is_array(k: Any) -> bool:
    return isinstance(k, (np.ndarray, da.Array, list))


def taken(x: Any, key: tuple[Any, ...]) -> Any:
    """Return the rows of an array at the indices that a key `picks`, each from its own chunk."""
    with warnings.catch_warnings():  # Dask casts an empty complex array on its way to lazy indices
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        return x[key]


def added_rows(x: Any, key: tuple[Any, ...], value: Any) -> Any:
    """Return an array with values added along an axis at indices, which may come repeatedly.

    Each chunk gets what belongs to it: where the indices are known, only those rows of the values.
    """
    axis = picks(key)
    assert axis is not None
    index, value = key[axis], da.asarray(value)
    starts = np.cumsum((0, *x.chunks[axis][:-1]))
    rest = [c if i != axis else (value.shape[axis],) for i, c in enumerate(x.chunks)]
    shape = tuple(value.shape[axis] if i == axis else n for i, n in enumerate(x.shape))
    value = da.broadcast_to(value, shape) if value.shape != shape else value
    if isinstance(index, da.Array):
        return _added_whole(x, axis, index, value.rechunk(tuple(rest)))
    index = np.asarray(index)
    index = np.where(index < 0, index + x.shape[axis], index)
    parts = []
    for j, (start, length) in enumerate(zip(starts, x.chunks[axis], strict=True)):
        block = x.blocks[(slice(None),) * axis + (j,)]
        own = np.flatnonzero((index >= start) & (index < start + length))
        if own.size:
            rows = da.take(value, own, axis=axis)
            sizes = [c if i != axis else (own.size,) for i, c in enumerate(block.chunks)]
            local = functools.partial(_add, index=index[own] - start, axis=axis)
            block = da.map_blocks(
                local, block, rows.rechunk(tuple(sizes)), dtype=x.dtype, chunks=block.chunks
            )
        parts.append(block)
    return da.concatenate(parts, axis=axis)


def _add(block: Any, rows: Any, index: Any, axis: int) -> Any:
    out = block.copy()
    np.add.at(out, (slice(None),) * axis + (index,), rows)
    return out


def _added_whole(x: Any, axis: int, index: Any, value: Any) -> Any:
    """Add at lazy indices: each chunk looks at all of them."""
    starts = np.cumsum((0, *x.chunks[axis][:-1]))
    index = index.rechunk(-1)
    name = f"index-add-{da.core.tokenize(x, axis, index, value)}"
    graph: dict[Any, Any] = {}
    for at in np.ndindex(*x.numblocks):
        there = tuple(0 if i == axis else n for i, n in enumerate(at))
        graph[(name, *at)] = (
            _add_some,
            (x.name, *at),
            (value.name, *there),
            (index.name, 0),
            int(starts[at[axis]]),
            x.shape[axis],
            axis,
        )
    layers = HighLevelGraph.from_collections(name, graph, dependencies=[x, value, index])
    return da.Array(layers, name, x.chunks, dtype=x.dtype)


def _add_some(block: Any, rows: Any, index: Any, start: int, length: int, axis: int) -> Any:
    index = np.where(index < 0, index + length, index)
    own = np.flatnonzero((index >= start) & (index < start + block.shape[axis]))
    return _add(block, np.take(rows, own, axis=axis), index[own] - start, axis)
