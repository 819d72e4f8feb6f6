"""Functions of chunks of Dask arrays: one task for each row of chunks, and trees that add results.

What `xgrad.distributed.chunks` differentiates; nothing here knows of derivatives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

AT_ONCE = 8
"""How many results are added in one task: as many wait at a time on each floor of the tree."""


def is_chunked(x: Any) -> bool:
    """Whether an array is in chunks."""
    return isinstance(x, da.Array)


def aligned(arrays: list[Any]) -> list[Any]:
    """Return arrays in the rows of chunks of the first that has some, whole along other axes."""
    first = next(x for x in arrays if is_chunked(x))
    rows = first.chunks[0]
    found = []
    for i, x in enumerate(arrays):
        if x.ndim == 0 or not _same_length(x.shape[0], first.shape[0]):
            raise ValueError(
                f"sum_chunks: array {i} has shape {tuple(x.shape)}; expected a first axis of "
                f"length {first.shape[0]}, as another one has"
            )
        whole = (-1,) * (x.ndim - 1)
        if not is_chunked(x):
            found.append(da.from_array(x, chunks=(rows, *whole)))
        elif x.chunks[0] == rows or _unknown(x) or _unknown(first):
            if len(x.chunks[0]) != len(rows):
                raise ValueError(
                    f"sum_chunks: arrays have {len(rows)} and {len(x.chunks[0])} chunks of unknown "
                    "lengths; expected as many. Call x.compute_chunk_sizes() on both first"
                )
            found.append(x if x.numblocks[1:] == (1,) * (x.ndim - 1) else x.rechunk(_whole(x)))
        else:
            found.append(x.rechunk((rows, *whole)))
    return found


def _whole(x: Any) -> dict[int, int]:
    return dict.fromkeys(range(1, x.ndim), -1)


def _unknown(x: Any) -> bool:
    return any(n != n for n in x.shape)  # noqa: PLR0124 - a length that is not known is NaN


def _same_length(a: Any, b: Any) -> bool:
    return bool(a == b or a != a or b != b)  # noqa: PLR0124 - as above


def in_chunks_of(x: Any, like: Any) -> Any:
    """Return an array in the chunks of another one of its shape."""
    if not is_chunked(x):
        return da.from_array(np.broadcast_to(x, like.shape), chunks=like.chunks)
    return x if x.chunks == like.chunks or _unknown(like) else x.rechunk(like.chunks)


def same_blocks(arrays: list[Any]) -> bool:
    """Whether arrays are in the same chunks along all axes, so that they need not be aligned."""
    return all(is_chunked(x) and x.chunks == arrays[0].chunks for x in arrays)


def tried(h: Callable[..., Any], arrays: list[Any], depth: dict[int, int]) -> Any:
    """Return what a function of chunks gives for zeros, which tells shapes and dtypes.

    Args:
        h: ``h(*chunks)``.
        arrays: arrays in chunks, of which it gets one row, or as many as a halo takes.
        depth: of the halo.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return h(*[_sample(x, depth) for x in arrays])


def _sample(x: Any, depth: dict[int, int]) -> Any:
    shape = [1 if n != n else n for n in x.shape]  # noqa: PLR0124 - an unknown length
    for axis in {0, *depth}:
        shape[axis] = 2 * depth.get(axis, 0) + 1
    return np.zeros_like(x._meta, shape=tuple(shape))


def zeros(x: Any) -> Any:
    """Return zeros, whole, in the shape of an array that may be in chunks."""
    return np.zeros_like(x._meta if is_chunked(x) else x, shape=x.shape)


def _keys(params: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return a key or a value for each parameter, and the arrays that they are keys of."""
    keys: list[Any] = []
    sources: list[Any] = []
    for p in params:
        lazy = p if is_chunked(p) else None
        if lazy is None and np.size(p) > 64:  # it is sent to a worker once
            lazy = da.from_array(np.array(p), chunks=-1)
        if lazy is None:
            keys.append(np.array(p))
            continue
        lazy = lazy.rechunk(-1) if lazy.npartitions > 1 else lazy
        sources.append(lazy)
        keys.append((lazy.name, *(0,) * lazy.ndim))
    return keys, sources


def _call(h: Callable[..., Any], params: list[Any], *chunks: Any) -> Any:
    return h(params, *chunks)


def _added(parts: list[Any]) -> Any:
    """Return lists of arrays added element by element, in their order."""
    total = list(parts[0])
    for part in parts[1:]:
        total = [a + b for a, b in zip(total, part, strict=True)]
    return total


def _part(total: Any, i: int, shape: tuple[int, ...], what: str) -> Any:
    found = np.asarray(total[i]) if isinstance(total[i], np.generic) else total[i]
    if not _same_shape(found.shape, shape):
        raise ValueError(
            f"{what}: f returned an array of shape {tuple(found.shape)} for a chunk; expected "
            f"{shape}, as {_EXPECTED[what]}"
        )
    return found


_EXPECTED = {
    "sum_chunks": "for a single row: a shape that does not depend on the chunk. Add up its rows "
    "with xgrad.sum(..., axis=0)",
    "map_blocks": "the chunk is, or has without its halo",
}


def _same_shape(found: Any, wanted: Any) -> bool:
    return len(found) == len(wanted) and all(map(_same_length, found, wanted))


def _graph(h: Any, token: str, params: list[Any], arrays: list[Any]) -> tuple[str, Any, Any]:
    """Return the name, the tasks and the sources of ``h(params, *chunks)`` for each block."""
    keys, sources = _keys(params)
    name = f"of-chunks-{tokenize(token, params, [x.name for x in arrays])}"
    tasks: dict[Any, Any] = {}
    for at in np.ndindex(*arrays[0].numblocks):
        chunks = [
            (x.name, *[i if n > 1 else 0 for i, n in zip(at, x.numblocks, strict=False)])
            for x in arrays
        ]
        tasks[(name, *at)] = (_call, h, keys, *chunks)
    return name, tasks, [*sources, *arrays]


def summed(h: Any, token: str, params: list[Any], arrays: list[Any], likes: list[Any]) -> list[Any]:
    """Return, lazily, the sum over blocks of a function that returns a list of arrays.

    Args:
        h: ``h(params, *chunks)``.
        token: equal ones say that functions are.
        params: arrays, of which each task gets the whole.
        arrays: arrays in chunks, as `aligned` makes them.
        likes: what the results are like.
    """
    name, tasks, sources = _graph(h, token, params, arrays)
    level, depth = list(tasks), 0
    while len(level) > 1:
        depth += 1
        groups = [level[i : i + AT_ONCE] for i in range(0, len(level), AT_ONCE)]
        level = [(f"{name}-{depth}", i) for i in range(len(groups))]
        tasks.update(zip(level, [(_added, group) for group in groups], strict=True))
    found = []
    for i, like in enumerate(likes):
        out = f"{name}-part-{i}"
        part = (_part, level[0], i, tuple(like.shape), "sum_chunks")
        own = {(out, *(0,) * len(like.shape)): part}
        layers = HighLevelGraph.from_collections(out, {**tasks, **own}, dependencies=sources)
        chunks = tuple((n,) for n in like.shape)
        found.append(da.Array(layers, out, chunks, dtype=like.dtype))
    return found


def mapped(
    h: Any, token: str, params: list[Any], arrays: list[Any], likes: list[tuple[Any, Any]]
) -> list[Any]:
    """Return, lazily, arrays whose chunks a function makes.

    Args:
        h: ``h(params, *chunks)`` returns a list.
        token: as for `summed`.
        params: as for `summed`.
        arrays: as for `summed`.
        likes: for each result its chunks and its dtype.
    """
    name, tasks, sources = _graph(h, token, params, arrays)
    found = []
    for k, (chunks, dtype) in enumerate(likes):
        out = f"{name}-of-{k}"
        own = {
            (out, *at): (
                *(_part, (name, *at, *(0,) * (arrays[0].ndim - len(at))), k),
                *(tuple(c[i] for c, i in zip(chunks, at, strict=True)), "map_blocks"),
            )
            for at in np.ndindex(*map(len, chunks))
        }
        layers = HighLevelGraph.from_collections(out, {**tasks, **own}, dependencies=sources)
        found.append(da.Array(layers, out, chunks, dtype=dtype))
    return found


def fitting(x: Any, depth: dict[int, int], out: Any) -> Any:
    """Return the chunks of an array without its halos, if a function gave the like for a sample.

    Args:
        x: the array.
        depth: of the halos.
        out: what the function gave.
    """
    sample = _sample(x, depth).shape
    shape = tuple(n - 2 * depth.get(i, 0) for i, n in enumerate(sample))
    if out.shape != shape:
        name, of = ("map_overlap", " without its halo") if depth else ("map_blocks", "")
        raise ValueError(
            f"{name}: f returned an array of shape {tuple(out.shape)} for a chunk of shape "
            f"{sample}; expected {shape}, that of the first chunk{of}"
        )
    return tuple(tuple(n - 2 * depth.get(i, 0) for n in c) for i, c in enumerate(x.chunks))


# Halos --------------------------------------------------------------------------------------------


def overlapped(x: Any, depth: dict[int, int], boundary: Any) -> Any:
    """Return an array whose chunks have some of their neighbours' entries at both ends.

    Args:
        x: an array in chunks, none of them shorter than the halo.
        depth: how many, for each axis.
        boundary: None for no more at the outer ends, a number that stands there, or ``"periodic"``.
    """
    for axis, d in depth.items():
        if d:
            x = _neighbours(x, axis, d, boundary, _glued)
    return x


def added_back(g: Any, depth: dict[int, int], boundary: Any) -> Any:
    """Return the transpose of `overlapped`: what halos hold is added to where it came from."""
    for axis, d in reversed(depth.items()):
        if d:
            g = _neighbours(g, axis, d, boundary, _added_ends)
    return g


def _neighbours(x: Any, axis: int, d: int, boundary: Any, task: Any) -> Any:
    """Return an array whose chunks are made of three in a row each."""
    count = x.numblocks[axis]
    name = f"halo-{tokenize(x.name, axis, d, boundary, task.__name__)}"
    periodic = boundary == "periodic"
    grows = 1 if task is _glued else -1
    tasks: dict[Any, Any] = {}
    for at in np.ndindex(*x.numblocks):
        i = at[axis]
        near: list[Any] = []
        for j in (i - 1, i + 1):
            inside = 0 <= j < count or periodic
            key = (x.name, *at[:axis], j % count, *at[axis + 1 :])
            near.append(key if inside else None)
        tasks[(name, *at)] = (task, (x.name, *at), *near, axis, d, boundary)
    sizes = []
    for i, n in enumerate(x.chunks[axis]):
        ends = 2 if boundary is not None else (i > 0) + (i < count - 1)
        sizes.append(n + grows * d * ends)
    chunks = (*x.chunks[:axis], tuple(sizes), *x.chunks[axis + 1 :])
    layers = HighLevelGraph.from_collections(name, tasks, dependencies=[x])
    return da.Array(layers, name, chunks, dtype=x.dtype)


def _at(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)


def _glued(x: Any, before: Any, after: Any, axis: int, d: int, boundary: Any) -> Any:
    parts = [x]
    for near, place, part in ((before, 0, slice(-d, None)), (after, 2, slice(0, d))):
        if near is not None:
            parts.insert(place, near[_at(axis, part)])
        elif boundary is not None:
            parts.insert(place, np.full_like(x[_at(axis, slice(0, d))], boundary))
    return np.concatenate(parts, axis=axis)


def _added_ends(g: Any, before: Any, after: Any, axis: int, d: int, boundary: Any) -> Any:
    first = d if before is not None or boundary is not None else 0
    last = d if after is not None or boundary is not None else 0
    out = g[_at(axis, slice(first, g.shape[axis] - last))].copy()
    if before is not None:
        out[_at(axis, slice(0, d))] += before[_at(axis, slice(-d, None))]
    if after is not None:
        out[_at(axis, slice(-d, None))] += after[_at(axis, slice(0, d))]
    return out


# Computing ----------------------------------------------------------------------------------------


def persisted(arrays: list[Any]) -> list[Any]:
    """Return arrays whose chunks are computed, and stay where they are."""
    return list(dask.persist(*arrays))


def computed(arrays: list[Any]) -> list[Any]:
    """Return the values of several arrays, made in one pass."""
    return [np.asarray(x) if isinstance(x, np.generic) else x for x in dask.compute(*arrays)]
