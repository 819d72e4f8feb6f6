"""A statistic of the values in each bin of a line, a plane or a box: in the values, and the edges.

In which bin a point lies is a step function of it. The edges move with the least and the greatest
point where they are not given.
"""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import Later, chapter, is_tracked, raw, raws, twin, with_derivative_of
from .multivariate import held

__all__ = ["binned_statistic", "binned_statistic_2d", "binned_statistic_dd"]

kinds: Any = Later("scipy.stats._binned_statistic")
NAMES = {np.mean: "mean", np.std: "std", np.sum: "sum", np.median: "median"}
"""The functions that SciPy knows as the statistics of these names."""


class BinnedStatisticResult(NamedTuple):
    """The statistic of each bin, the edges, and the bin of each point."""

    statistic: Any
    bin_edges: Any
    binnumber: Any


@twin("stats")
def binned_statistic(
    x: Any, values: Any, statistic: Any = "mean", bins: Any = 10, range: Any = None
) -> Any:
    """Return a statistic of the values in each bin, in the values; see SciPy's."""
    values = xgrad.asarray(values)
    _, edges, number = chapter("stats").binned_statistic(
        held(x), held(values), "count", raw(bins), range
    )
    found = _statistics("binned_statistic", values, statistic, [number], [len(edges) - 1])
    return BinnedStatisticResult(found, _edges(edges, x, bins, range), number)


@twin("stats")
def binned_statistic_2d(
    x: Any, y: Any, values: Any, statistic: Any = "mean", bins: Any = 10, range: Any = None,
    expand_binnumbers: bool = False,
) -> Any:  # fmt: skip
    """Return a statistic of the values in each cell of a plane, in the values; see SciPy's.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> x, y = np.asarray([0.1, 0.2, 0.9]), np.asarray([0.3, 0.1, 0.8])
    >>> def corner(v):
    ...     return scipy.stats.binned_statistic_2d(x, y, v, bins=2).statistic[0, 0]
    >>> xg.grad(corner)(np.asarray([1.0, 2.0, 5.0]))
    array([0.5, 0.5, 0. ])
    """
    if isinstance(bins, Array) or (hasattr(bins, "__len__") and len(bins) not in (1, 2)):
        bins = [bins, bins]  # the same edges along both
    found = _of_boxes(
        "binned_statistic_2d", [x, y], values, statistic, bins, range, expand_binnumbers
    )
    return kinds.BinnedStatistic2dResult(found[0], *found[1], found[2])


@twin("stats")
def binned_statistic_dd(
    sample: Any, values: Any, statistic: Any = "mean", bins: Any = 10, range: Any = None,
    expand_binnumbers: bool = False, binned_statistic_result: Any = None,
) -> Any:  # fmt: skip
    """Return a statistic of the values in each bin of a box, in the values; see SciPy's."""
    name = "binned_statistic_dd"
    kind = kinds.BinnedStatisticddResult
    if binned_statistic_result is None:
        return kind(*_of_boxes(name, sample, values, statistic, bins, range, expand_binnumbers))
    before = binned_statistic_result
    counts = [len(e) - 1 for e in before.bin_edges]
    flat = np.unravel_index(before.binnumber, [n + 2 for n in counts])
    found = _statistics(name, xgrad.asarray(values), statistic, list(flat), counts)
    number = np.asarray(flat) if expand_binnumbers and len(counts) > 1 else before.binnumber
    return kind(found, before.bin_edges, number)


def _of_boxes(
    name: str, sample: Any, values: Any, statistic: Any, bins: Any, range: Any, expand: bool
) -> tuple[Any, list[Any], Any]:
    """Return the statistics of all boxes, the edges along each axis, and each point's box."""
    if not isinstance(sample, (list, tuple)) and np.ndim(raw(sample)) == 2:
        columns = [sample[:, i] for i in np.arange(sample.shape[1])]
    else:
        columns = list(sample) if np.ndim(raws(sample)[0]) else [sample]
    values = xgrad.asarray(values)
    points = np.stack([held(c) for c in columns], axis=-1)
    _, edges, number = chapter("stats").binned_statistic_dd(
        points, np.zeros(len(points)), "count", raws(bins), range
    )
    counts = [len(e) - 1 for e in edges]
    flat = np.unravel_index(number, [n + 2 for n in counts])
    each = list(bins) if hasattr(bins, "__len__") else [bins] * len(columns)
    ends = [None] * len(columns) if range is None else range
    moved = [_edges(*parts) for parts in zip(edges, columns, each, ends, strict=True)]
    found = _statistics(name, values, statistic, list(flat), counts)
    return found, moved, np.asarray(flat) if expand and len(counts) > 1 else number


def _statistics(name: str, values: Any, statistic: Any, numbers: Any, counts: Any) -> Any:
    """Return the statistics of the boxes, with those of further rows of values before.

    Args:
        name: of the function, for a message.
        values: of the points, along the last axis.
        statistic: its name, or a function of the values of a box.
        numbers: which bin each point is in along each axis, from 1; those outside have others.
        counts: how many bins there are along each axis.
    """
    if numbers[0].shape[0] != values.shape[-1] and statistic != "count":
        raise AttributeError(
            f"{name}: got {values.shape[-1]} values of {numbers[0].shape[0]} points; expected one "
            "of each"
        )
    if values.dtype.kind in "biu":
        values = xgrad.astype(values, np.float64)
    inside = np.logical_and.reduce(
        [(k >= 1) & (k <= n) for k, n in zip(numbers, counts, strict=True)]
    )
    at = np.flatnonzero(inside)
    group = np.ravel_multi_index([k[at] - 1 for k in numbers], counts)
    count = int(np.prod(counts))
    size = np.bincount(group, minlength=count)
    rows = tuple(values.shape[:-1])
    if statistic == "count":
        return xgrad.asarray(np.broadcast_to(size * 1.0, (*rows, count)).reshape(*rows, *counts))
    flat = xgrad.reshape(values, (-1, values.shape[-1]))
    kept = xgrad.matrix_transpose(xgrad.take(flat, xgrad.asarray(at), axis=1))
    known = NAMES.get(statistic, statistic) if callable(statistic) else statistic
    found = _of_groups(name, kept, known, group, size)
    return xgrad.reshape(xgrad.matrix_transpose(found), (*rows, *counts))


def _of_groups(name: str, kept: Any, statistic: Any, group: Any, size: Any) -> Any:
    """Return the statistics of the groups of slices along the first axis."""
    count, where = len(size), xgrad.asarray(group)
    total: Any = lambda v: xgrad.segment_sum(v, where, count)  # noqa: E731
    filled = xgrad.asarray((size > 0)[:, None])
    if statistic == "sum":
        return total(kept)
    if statistic in ("mean", "std"):
        safe = xgrad.asarray(np.where(size > 0, size, 1)[:, None])
        found = total(kept) / safe
        if statistic == "std":
            var = total((kept - xgrad.take(found, where, axis=0)) ** 2) / safe
            spread = var > 0.0  # one value alone has none, whose root has no derivative
            found = xgrad.where(spread, xgrad.sqrt(xgrad.where(spread, var, 1.0)), 0.0)
        return xgrad.where(filled, found, np.nan)
    if statistic in ("min", "max"):
        least = xgrad.segment_min if statistic == "min" else xgrad.segment_max
        return xgrad.where(filled, least(kept, where, count), np.nan)
    if statistic == "median":
        return _medians(kept, group, size)
    if not callable(statistic):
        raise ValueError(f"{name}: statistic is {statistic!r}")
    return _called(kept, statistic, group, size)


def _medians(kept: Any, group: Any, size: Any) -> Any:
    """Return the averages of the two middle values of each group, which are one if it is odd."""
    filled = np.flatnonzero(size)
    first = (np.cumsum(size) - size)[filled]
    columns = []
    for i in np.arange(kept.shape[1]):
        column = kept[:, i]
        order = np.lexsort((held(column), group))
        low, high = (first + (size[filled] - k) // 2 for k in (1, 0))
        lower, upper = (xgrad.take(column, xgrad.asarray(order[k])) for k in (low, high))
        middle = xgrad.segment_sum(0.5 * (lower + upper), xgrad.asarray(filled), len(size))
        columns.append(xgrad.where(xgrad.asarray(size > 0), middle, np.nan))
    return xgrad.stack(columns, axis=-1)


def _called(kept: Any, statistic: Any, group: Any, size: Any) -> Any:
    """Return what a function gives for the values of each group, and of none."""
    null: Any = np.nan
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        null = float(statistic([]))
    places = np.split(np.argsort(group, kind="stable"), np.cumsum(size)[:-1])
    columns = []
    for i in np.arange(kept.shape[1]):
        column = kept[:, i]
        parts = [
            statistic(xgrad.take(column, xgrad.asarray(p))) if len(p) else null for p in places
        ]
        columns.append(xgrad.stack([xgrad.asarray(p) for p in parts]))
    return xgrad.stack(columns, axis=-1)


def _edges(edges: Any, x: Any, bins: Any, ends: Any) -> Any:
    """Return the ends of bins, which move with the least and the greatest number, or are given."""
    if np.ndim(raw(bins)):
        return with_derivative_of(edges, xgrad.asarray(bins)) if is_tracked(bins) else edges
    if ends is not None or not is_tracked(x):
        return edges
    low, high = xgrad.min(x), xgrad.max(x)
    share = (edges - edges[0]) / (edges[-1] - edges[0])
    return with_derivative_of(edges, low + (high - low) * xgrad.asarray(share))
