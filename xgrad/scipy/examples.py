"""Inside `vmap`: a function of SciPy that knows one problem is called for each example."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import xgrad

from .. import tree as trees
from ..arrays.array import Array
from ..backends.batched import Batch, Level, NotBatchedError, holds
from ..errors import LoopWarning, MissingFunctionError
from ..ops.batching import entered, left

__all__ = ["for_each"]

_told: set[str] = set()


def for_each(name: str, f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a function on batches, or in turn on each example if it is not for many at once."""
    try:
        return f(*args, **kwargs)
    except MissingFunctionError:
        level = _level_of(args, kwargs)
        if level is None:
            raise
    leaves, structure = trees.flatten((args, kwargs))
    held = [isinstance(x, Array) and holds(x._raw, level) for x in leaves]
    leaves = [left(x, level=level, axis=0) if h else x for x, h in zip(leaves, held, strict=True)]
    if name not in _told:
        _told.add(name)
        warnings.warn(
            f"vmap: {name} is for one problem, so it is called for each example, {level.count} "
            "times here",
            LoopWarning,
            stacklevel=4,
        )
    results = []
    for i in range(level.count):
        own = [x[i, ...] if h else x for x, h in zip(leaves, held, strict=True)]
        own_args, own_kwargs = structure.unflatten(own)
        results.append(f(*own_args, **own_kwargs))
    columns, homes = zip(*map(trees.flatten, results), strict=True)
    if any(home != homes[0] for home in homes):
        raise NotBatchedError(f"vmap: {name} gives another structure for each example")
    together = [_together(name, list(column), level) for column in zip(*columns, strict=True)]
    return homes[0].unflatten(together)


def _level_of(*trees_of_args: Any) -> Level | None:
    """Return the innermost call of `vmap` that one of the arguments is a batch of."""
    batches = [
        x._raw
        for x in trees.leaves(trees_of_args)
        if isinstance(x, Array) and isinstance(x._raw, Batch) and not x._raw.level.is_sweep
    ]
    return max(batches, key=lambda x: x.rank).level if batches else None


def _together(name: str, results: list[Any], level: Level) -> Any:
    """Return what each example gave as a batch; what is no array must be the same for all."""
    if not any(isinstance(x, Array) for x in results):
        first = results[0]
        if isinstance(first, (str, int, type(None))) and all(x == first for x in results):
            return first
    arrays = [trees.as_array(x, name) for x in results]
    if any(holds(x._raw, level) for x in arrays):
        raise NotBatchedError(
            f"vmap: {name} is for one problem, and a function that it calls holds many examples. "
            "Pass what differs from example to example as an argument"
        )
    shapes = sorted({x.shape for x in arrays})
    if len(shapes) > 1:
        raise NotBatchedError(f"vmap: {name} gives arrays of the shapes {shapes}; expected one")
    return entered(xgrad.stack(arrays), level=level, axis=0)
