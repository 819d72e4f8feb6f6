"""Parts of Dask arrays put together along an axis, with one task for each chunk of the result.

Slices, what is put back at a slice, arrays side by side and rolled ones are this. Dask's own are in
the pieces in which their parts were; made regular again, they take five tasks for each chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

__all__ = ["Piece", "added_at", "assembled", "regular_sizes"]


class Piece(NamedTuple):
    """What an array has from a start to a stop along an axis; zeros if there is no array."""

    array: Any
    start: int
    stop: int


class _Spot(NamedTuple):
    """Where something of one chunk lies along the axis of the result; zeros if it has no key."""

    start: int
    stop: int
    array: Any
    block: int
    offset: int


def regular_sizes(size: int, length: int) -> tuple[int, ...]:
    """Return the lengths of chunks of one size, the last one perhaps shorter."""
    full, rest = divmod(length, size)
    return (size,) * full + ((rest,) if rest or not full else ())


def assembled(pieces: Sequence[Piece], axis: int, sizes: tuple[int, ...]) -> Any:
    """Return pieces side by side along an axis, in chunks of these sizes.

    Args:
        pieces: their arrays are in the same chunks along the other axes, and of one dtype.
        axis: along which.
        sizes: positive; their sum is the length of all pieces together.
    """
    first = next(piece.array for piece in pieces if piece.array is not None)
    spots = [spot for spot in _spots(pieces, axis) if spot.stop > spot.start]
    chunks = (*first.chunks[:axis], tuple(sizes), *first.chunks[axis + 1 :])
    said = [(p.array is not None and p.array.name, p.start, p.stop) for p in pieces]
    name = f"assembled-{tokenize(said, axis, sizes, first.chunks)}"
    across = first.numblocks[:axis] + first.numblocks[axis + 1 :]
    tasks: dict[Any, Any] = {}
    at, end = 0, 0
    for j, size in enumerate(sizes):
        start, end = end, end + size
        while spots[at].stop <= start:
            at += 1
        keys: list[Any] = []
        cuts: list[tuple[int, int]] = []
        for spot in spots[at:]:
            if spot.start >= end:
                break
            low, high = max(spot.start, start), min(spot.stop, end)
            keys.append(None if spot.array is None else (spot.array.name, spot.block))
            cuts.append((low - spot.start + spot.offset, high - spot.start + spot.offset))
        for other in np.ndindex(*across):
            before, after = other[:axis], other[axis:]
            shape = [c[i] for c, i in zip(chunks, (*before, j, *after), strict=True)]
            blocks = [k and (k[0], *before, k[1], *after) for k in keys]
            tasks[(name, *before, j, *after)] = (
                *(_joined, blocks, cuts, axis),
                *(tuple(shape), first._meta),
            )
    sources = {p.array.name: p.array for p in pieces if p.array is not None}
    layers = HighLevelGraph.from_collections(name, tasks, dependencies=list(sources.values()))
    return da.Array(layers, name, chunks, dtype=first.dtype, meta=first._meta)


def _spots(pieces: Sequence[Piece], axis: int) -> list[_Spot]:
    found, at = [], 0
    for array, start, stop in pieces:
        if array is None:
            found.append(_Spot(at, at + stop - start, None, 0, 0))
        else:
            high = 0
            for i, size in enumerate(array.chunks[axis]):
                low, high = high, high + size
                b, e = max(low, start), min(high, stop)
                found.append(_Spot(at + b - start, at + e - start, array, i, b - low))
        at += stop - start
    return found


def _joined(blocks: Any, cuts: Any, axis: int, shape: tuple[int, ...], meta: Any) -> Any:
    """Return one chunk: parts of chunks, and zeros."""
    parts = []
    for block, (start, stop) in zip(blocks, cuts, strict=True):
        if block is None:
            lengths = (*shape[:axis], stop - start, *shape[axis + 1 :])
            parts.append(np.zeros_like(meta, shape=lengths))
            continue
        parts.append(block[(slice(None),) * axis + (slice(start, stop),)])
    if len(parts) > 1:
        return np.concatenate(parts, axis=axis)
    if blocks[0] is not None and 2 * parts[0].size < blocks[0].size:
        return parts[0].copy()  # a view would keep the whole chunk
    return parts[0]


def added_at(x: Any, axis: int, start: int, value: Any) -> Any:
    """Return an array with values added from a start on along an axis, in its own chunks."""
    stop = start + value.shape[axis]
    name = f"added-{tokenize(x.name, axis, start, value.name)}"
    touched: list[tuple[int, int, int] | None] = []
    sizes: list[int] = []
    high = 0
    for size in x.chunks[axis]:
        low, high = high, high + size
        b, e = max(low, start), min(high, stop)
        touched.append((len(sizes), b - low, e - low) if b < e else None)
        sizes += [e - b] if b < e else []
    others = {i: c for i, c in enumerate(x.chunks) if i != axis}
    value = value.rechunk(others) if any(value.chunks[i] != c for i, c in others.items()) else value
    if value.chunks[axis] != tuple(sizes):
        value = assembled([Piece(value, 0, stop - start)], axis, tuple(sizes))
    tasks: dict[Any, Any] = {}
    for at in np.ndindex(*x.numblocks):
        place = touched[at[axis]]
        key = (x.name, *at)
        if place is not None:
            i, b, e = place
            key = (_plus, key, (value.name, *at[:axis], i, *at[axis + 1 :]), axis, b, e)
        tasks[(name, *at)] = key
    layers = HighLevelGraph.from_collections(name, tasks, dependencies=[x, value])
    return da.Array(layers, name, x.chunks, dtype=x.dtype, meta=x._meta)


def _plus(block: Any, part: Any, axis: int, start: int, stop: int) -> Any:
    out = block.copy()
    out[(slice(None),) * axis + (slice(start, stop),)] += part
    return out
