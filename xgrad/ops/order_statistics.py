"""Medians, quantiles, range. The derivative goes to the elements that hold the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import ArrayLike, as_given
from .beside import array_of, floating, is_number, placed
from .converting import is_array
from .dtypes import astype, dtype_of
from .elementwise import (
    ceil,
    clip,
    floor,
    isnan,
    logical_and,
    logical_not,
    maximum,
    minimum,
    round,
    strong_multiply,
    where,
)
from .halves import in_single
from .indexing import take, take_along_axis
from .manipulation import broadcast_to, concat, moveaxis, permute_dims, reshape
from .sorting import argsort, ranked
from .statistical import Axis, axes_of, count, kept
from .statistical import any as any_over
from .statistical import max as max_over
from .statistical import mean as mean_over
from .statistical import min as min_over
from .statistical import sum as sum_over

_PLACES = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""Alpha and beta of R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", 1996."""
_WHOLE = {"lower": floor, "higher": ceil, "nearest": round}


def _closest(place: Any) -> tuple[Any, Any]:
    """Return the rank closest to a place, the even one of two."""
    low = floor(place - 1.5)
    keeps = logical_and(low == place - 1.5, low % 2 == 1)
    rank = low + where(keeps, 0.0, 1.0)
    return rank, rank


_STEPS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "inverted_cdf": lambda place: (ceil(place) - 1, ceil(place) - 1),
    "averaged_inverted_cdf": lambda place: (ceil(place) - 1, floor(place)),
    "closest_observation": _closest,
}
"""The two ranks whose elements have the mean that is the quantile, of those with steps."""


@as_given
def ptp(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the largest element less the smallest, over axes.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, of its dtype. Equal largest or smallest
        elements share the derivative.
    """
    x = array_of(x, "ptp", axis)
    return max_over(x, axis=axis, keepdims=keepdims) - min_over(x, axis=axis, keepdims=keepdims)


def _last(x: Any, axis: Axis) -> Any:
    """Return an array with the axes of a reduction as one, the last."""
    axes = axes_of(len(x.shape), axis)
    rest = tuple(i for i in range(len(x.shape)) if i not in axes)
    shape = tuple(x.shape[i] for i in rest)
    return reshape(permute_dims(x, rest + axes), (*shape, count(tuple(x.shape), axis)))


@as_given
def median(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the median over axes: the mean of the two in the middle if their number is even.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, NaN where an element is NaN (see
        `nanmedian`). The one or two elements in the middle get the derivative; of equal ones, those
        that the sort puts there.
    """
    x = floating(x, "median", axis)
    rows = _last(x, axis)
    n = rows.shape[-1]
    order = ranked(rows, start=max(n - 1, 0) // 2, stop=min(n // 2 + 1, n))
    out = mean_over(take_along_axis(rows, order, axis=-1), axis=-1)
    out = where(any_over(isnan(rows), axis=-1), math.nan, out)
    return reshape(out, kept(tuple(x.shape), axis)) if keepdims else out


@as_given
def nanmedian(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Return the median over axes of the elements that are no NaN.

    Args:
        x: a real array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes; NaN where there is nothing but NaN.
    """
    return _quantile(array_of(x, "nanmedian", axis), 0.5, axis, keepdims, "linear", 1, "nanmedian")


def _sorted(rows: Any) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """Return what gives the elements at ranks that are arrays, and what leaves these alone."""
    order = argsort(rows, axis=-1)

    def one(ranks: Any) -> Any:
        ranks = broadcast_to(astype(ranks, np.int64), (*rows.shape[:-1], ranks.shape[-1]))
        return take_along_axis(rows, take_along_axis(order, ranks, axis=-1), axis=-1)

    return lambda *ranks: [one(r) for r in ranks], lambda x: x


_FEW = 8  # of so many ranks each by itself is quicker than to sort all


def _selected(rows: Any) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """Return what gives the elements at ranks that are numbers, and what makes arrays of these."""

    def at(*ranks: Any) -> Any:
        wanted = [[int(r) for r in each] for each in ranks]
        found: dict[int, Any] = {}
        for some in zip(*wanted, strict=True):
            start, stop = min(some), max(some) + 1
            places = ranked(rows, start=start, stop=stop)
            values = take_along_axis(rows, places, axis=-1)
            found.update((r, values[..., r - start : r - start + 1]) for r in some)
        return [concat([found[r] for r in each], axis=-1) for each in wanted]

    return at, lambda x: placed(rows, x, x.dtype)


def _between(q: Any, size: Any, method: str, at: Callable[..., Any], put: Any) -> Any:
    """Return quantiles of rows, of which only the first `size` in order count.

    `at` gives the elements at ranks, and `put` makes an array beside them.
    """
    place = (size - 1) * q
    if method in _WHOLE:
        place = _WHOLE[method](place)
    elif method == "midpoint":
        place = 0.5 * (floor(place) + ceil(place))
    elif method != "linear" and method in _PLACES:
        alpha, beta = _PLACES[method]
        place = size * q + (alpha + q * (1 - alpha - beta)) - 1
    place = clip(place, 0, size - 1)
    if method in _STEPS:
        low, high = _STEPS[method](size * q)
        low, high = (minimum(maximum(rank, 0), size - 1) for rank in (low, high))
        first, last = at(low, high)
        return 0.5 * first + 0.5 * last
    if method in _WHOLE:
        return at(maximum(place, 0))[0]
    low = maximum(minimum(floor(place), size - 2), 0)
    high = maximum(minimum(low + 1, size - 1), 0)
    part, (first, last) = put(place - low), at(low, high)
    # exact at both ends; and an infinite neighbour of weight 0 does not make NaN
    return where(
        part < 0.5,
        first + strong_multiply(last - first, part),
        last - strong_multiply(last - first, 1 - part),
    )


@in_single  # a place among many is no half
def _quantile(x: Any, q: Any, axis: Axis, keepdims: bool, method: str, top: int, name: str) -> Any:
    """Return quantiles over axes, `q` being given as a part of `top`."""
    if method not in (known := (*_PLACES, *_WHOLE, *_STEPS, "midpoint")):
        expected = ", ".join(known)
        raise ValueError(f"{name}: method is {method!r}; expected one of {expected}")
    x = floating(x, name, axis)
    if dtype_of(x).kind == "c":
        raise TypeError(f"{name}: x is {dtype_of(x)}; expected real numbers, which have an order")
    rows, points = _last(x, axis), None
    hosted = type(q) is np.ndarray and type(getattr(x, "_raw", x)) is np.ndarray
    if is_array(q) and not is_number(q) and not hosted:
        q = q / top
    else:
        values = np.asarray(q, dtype=np.float64) / top
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError(f"{name}: q is {q}; expected numbers from 0 to {top}")
        kind = getattr(q, "dtype", np.float64)
        dtype = None if isinstance(q, (int, float)) else np.result_type(kind, 1.0)
        q = placed(x, values, dtype)
        points = values.reshape(-1).astype(dtype_of(q))
    raw = getattr(rows, "_raw", rows)
    if name.startswith("nan") and points is not None and type(raw) is np.ndarray and raw.ndim == 1:
        rows = take(rows, np.flatnonzero(~np.isnan(raw)))  # then their number is one
        name = name.removeprefix("nan") if rows.shape[0] else name
    if name.startswith("nan"):
        if not rows.shape[-1]:  # as where there is nothing but NaN
            rows = placed(rows, np.full((*rows.shape[:-1], 1), math.nan))
        held = astype(logical_not(isnan(rows)), rows.dtype)
        size = sum_over(held, axis=-1, keepdims=True)
        out, unknown = _between(reshape(q, (-1,)), size, method, *_sorted(rows)), size == 0
    else:
        few = points is not None and len(points) <= _FEW and rows.shape[-1]
        at = _selected(rows) if few else _sorted(rows)
        out = _between(points if few else reshape(q, (-1,)), rows.shape[-1], method, *at)
        unknown = any_over(isnan(rows), axis=-1, keepdims=True)
    out = moveaxis(where(unknown, math.nan, out), -1, 0)
    shape = kept(tuple(x.shape), axis) if keepdims else tuple(out.shape[1:])
    return reshape(out, (*q.shape, *shape))


@as_given
def quantile(
    x: Array, /, q: ArrayLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Array:
    """Return the quantiles of elements over axes; it has derivatives in `x` and in `q`.

    Args:
        x: a real array.
        q: a number from 0 to 1, or an array of them; its axes come first in the result.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        method: how to choose between neighbours: ``"linear"``, ``"lower"``, ``"higher"``,
            ``"midpoint"``, ``"nearest"``, or another of NumPy's, as in Hyndman & Fan (1996).
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of the shape of `q`, then that of `x` without the reduced axes; NaN where an
        element is NaN (see `nanquantile`).

    >>> import numpy as np, xgrad as xg
    >>> float(xg.quantile(np.asarray([1.0, 2.0, 4.0]), 0.75))
    3.0
    """
    return _quantile(x, q, axis, keepdims, method, 1, "quantile")


@as_given
def percentile(
    x: Array, /, q: ArrayLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Array:
    """Return the percentiles of elements over axes: `quantile` at ``q / 100``.

    Args:
        x: a real array.
        q: a number from 0 to 100, or an array of them; its axes come first in the result.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        method: how to choose between neighbours; one of the names of `quantile`.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of the shape of `q`, then that of `x` without the reduced axes.
    """
    return _quantile(x, q, axis, keepdims, method, 100, "percentile")


@as_given
def nanquantile(
    x: Array, /, q: ArrayLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Array:
    """Return the quantiles over axes of the elements that are no NaN; see `quantile`.

    Args:
        x: a real array.
        q: a number from 0 to 1, or an array of them; its axes come first in the result.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        method: how to choose between neighbours; one of the names of `quantile`.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of the shape of `q`, then that of `x` without the reduced axes.
    """
    return _quantile(x, q, axis, keepdims, method, 1, "nanquantile")


@as_given
def nanpercentile(
    x: Array, /, q: ArrayLike, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Array:
    """Return the percentiles over axes of the elements that are no NaN; see `quantile`.

    Args:
        x: a real array.
        q: a number from 0 to 100, or an array of them; its axes come first in the result.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        method: how to choose between neighbours; one of the names of `quantile`.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of the shape of `q`, then that of `x` without the reduced axes.
    """
    return _quantile(x, q, axis, keepdims, method, 100, "nanpercentile")
