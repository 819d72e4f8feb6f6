"""Rows of statistics, running reductions and scatters beyond the standard."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..cases import Bad, Row, Sample, Spec, a, fixed, integers
from .samples import sample

__all__ = ["ROWS"]

GAPS = np.asarray([[1.5, math.nan, -2.0, 0.5], [math.nan, 0.25, 1.0, math.nan]])
REDUCTIONS = (
    sample(a(2, 4)),
    sample(a(2, 3), axis=0),
    sample(a(2, 3, 2), axis=(0, 2)),
    sample(a(2, 3), axis=1, keepdims=True),
    sample(a(4)),
)
NAN_REDUCTIONS = (
    *REDUCTIONS,
    sample(fixed(GAPS)),
    sample(fixed(GAPS), axis=1),
    sample(fixed(GAPS[:, :1]), axis=0, keepdims=True),
)
ORDER = (
    *REDUCTIONS,
    sample(a(5)),
    sample(a(3, 2, layout="transposed"), axis=0),
)
RUNNING = (
    sample(a(5)),
    sample(a(3, 2), axis=0),
    sample(a(2, 4), axis=-1),
    sample(a(0, 3), axis=0),
    sample(a(1)),
)
BAD_AXIS = (
    Bad((a(2, 3),), {"axis": 2}, IndexError, "axis 2 is out of bounds"),
    Bad((a(2, 3),), {}, ValueError, "x has 2 axes; expected axis="),
)
IDS = integers([2, 0, 2, 0, 0])
FULL = integers([2, 0, 1, 0, 0])
WEIGHTED_LENGTH = {"torch:meta": "the length of the result depends on values"}
HALF = a(3, low=0.4, high=0.6)


def _plain(function: Any) -> Any:
    """Return a function of NumPy that keeps the dtype of its array."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return np.asarray(function(x, *args, **kwargs)).astype(x.dtype)

    return call


def _segments(reduce: Any, start: float) -> Any:
    def call(x: Any, ids: Any, count: int) -> Any:
        out = np.full((count, *x.shape[1:]), start, x.dtype)
        reduce.at(out, ids, x)
        return out

    return call


def _added(x: Any, key: Any, value: Any) -> Any:
    out = x.copy()
    np.add.at(out, key, value)
    return out


def _set(x: Any, key: Any, value: Any) -> Any:
    out = x.copy()
    out[key] = value
    return out


def _top(x: Any, k: int, axis: int = -1, largest: bool = True) -> Any:
    order = np.argsort(-x if largest else x, axis=axis, stable=True)
    order = np.take(order, np.arange(k), axis=axis)
    return np.take_along_axis(x, order, axis=axis), order


def _quantiles(name: str, top: float) -> Row:
    q = [0.0, 0.3 * top, top]
    middle = Spec((2,), 0.42 * top, 0.58 * top, kind="real")
    methods = "lower higher midpoint nearest hazen weibull median_unbiased normal_unbiased"
    samples = (
        sample(a(5), 0.5 * top),
        sample(a(2, 3), 0.25 * top, axis=0),
        sample(a(2, 3), 0.9 * top, axis=1, keepdims=True),
        sample(a(6), middle),
        sample(a(2, 6), Spec((), 0.42 * top, 0.58 * top), axis=1),
        Sample((a(2, 4), q), {"axis": 1}, dtypes="f"),
        *(sample(a(6), 0.37 * top, method=m) for m in methods.split()),
    )
    if name.startswith("nan"):
        samples += (sample(fixed(GAPS), 0.6 * top, axis=1),)
    bad = (
        Bad((a(3), 0.5), {"method": "no"}, ValueError, f"{name}: method is 'no'"),
        Bad((a(3), 1.5 * top), {}, ValueError, f"{name}: q is"),
    )
    return Row(name, samples, dtypes="f", keeps=None, bad=bad)


def _running(function: Any, x: Any, axis: int | None = None) -> Any:
    """Return a running sum or product in the dtype that the standard has for it."""
    return function(x, axis=axis, dtype=np.int64 if x.dtype.kind == "i" else None)


ROWS: tuple[Row, ...] = (
    Row(
        "nansum",
        (*NAN_REDUCTIONS, sample(a(2, 3), axis=0, dtypes="i")),
        keeps=None,
        reference=lambda x, **k: np.nansum(x, dtype=np.int64 if x.dtype.kind == "i" else None, **k),
    ),
    Row("nanprod", NAN_REDUCTIONS, keeps=None),
    *(
        Row(
            name,
            (
                sample(fixed(GAPS), axis=1),
                sample(fixed(GAPS), axis=0),
                sample(a(4)),
                sample(a(2, 3), axis=-1, dtypes="i"),
            ),
            keeps=None,
            reference=partial(_running, getattr(np, name)),
        )
        for name in ("nancumsum", "nancumprod")
    ),
    Row("nanmean", NAN_REDUCTIONS, keeps=None),
    Row("nanvar", (*NAN_REDUCTIONS, sample(fixed(GAPS), axis=1, ddof=1)), keeps=None),
    Row("nanstd", (*NAN_REDUCTIONS[:-1], sample(fixed(GAPS), axis=1, ddof=0)), keeps=None),
    Row("nanmax", NAN_REDUCTIONS, dtypes="f", keeps=None),
    Row("nanmin", NAN_REDUCTIONS, dtypes="f", keeps=None),
    Row("nanmedian", NAN_REDUCTIONS, dtypes="f", keeps=None),
    Row("median", ORDER, dtypes="f", keeps=None),
    Row("ptp", ORDER, dtypes="f", keeps=None),
    _quantiles("quantile", 1.0),
    _quantiles("percentile", 100.0),
    _quantiles("nanquantile", 1.0),
    _quantiles("nanpercentile", 100.0),
    Row(
        "average",
        (
            *REDUCTIONS,
            sample(a(2, 3), weights=a(2, 3, low=0.2)),
            sample(a(2, 3), axis=1, weights=a(3, low=0.2)),
            sample(a(2, 3, 2), axis=(2, 0), weights=a(2, 2, low=0.2), returned=True),
            sample(a(2, 3), axis=0, returned=True),
        ),
        keeps=None,
        bad=(Bad((a(2, 3),), {"weights": a(2)}, ValueError, "average: weights has shape"),),
    ),
    Row(
        "cov",
        (
            sample(a(3, 5)),
            sample(a(5)),
            sample(a(2, 5), a(5)),
            sample(a(5, 2), a(5, 2), rowvar=False),
            sample(a(2, 5), bias=True),
            sample(a(2, 4), fweights=integers([1, 2, 3, 1])),
            sample(a(2, 4), aweights=a(4, low=0.2, kind="real")),
            sample(a(2, 4), fweights=integers([1, 2, 3, 1]), aweights=a(4, low=0.2, kind="real")),
        ),
        reference=_plain(np.cov),
        keeps=None,
        bad=(Bad((a(2, 2, 2),), {}, ValueError, "cov: got an array of 3 axes"),),
    ),
    Row(
        "corrcoef",
        (sample(a(3, 5)), sample(a(2, 5), a(5)), sample(a(5, 2), rowvar=False)),
        reference=_plain(np.corrcoef),
        keeps=None,
    ),
    Row(
        "bincount",
        (
            Sample((integers([2, 0, 2]), a(3)), {"length": 4}, dtypes="f"),
            Sample((integers([2, 0, 2]),), {"length": 3}, dtypes="f", order=0),
            Sample(
                (integers([2, 0, 2]), a(3)), {"minlength": 5}, dtypes="f", known=WEIGHTED_LENGTH
            ),
        ),
        reference=lambda x, w=None, minlength=0, length=0: np.bincount(
            x, w, max(minlength, length)
        ).astype(np.int64 if w is None else w.dtype),
        keeps=None,
    ),
    Row(
        "histogram",
        (
            sample(fixed([0.1, 0.33, 0.35, 0.9]), 4, weights=a(4)),
            sample(fixed([0.1, 0.33, 0.35, 0.9]), 4, range=(0.0, 1.0), weights=a(4)),
            sample(
                fixed([0.1, 0.33, 0.35, 0.9]), fixed([0.0, 0.2, 1.0]), weights=a(4), density=True
            ),
        ),
        dtypes="f",
        reference=lambda *args, **k: tuple(
            x.astype(args[0].dtype) for x in np.histogram(*args, **k)
        ),
        keeps=None,
        bad=(Bad((a(3), 0), {}, ValueError, "histogram: bins is 0"),),
    ),
    Row("cumsum", (*RUNNING, sample(a(2, 3))), bad=tuple(b for b in BAD_AXIS if b.kwargs)),
    Row(
        "cumprod",
        (*RUNNING, sample(a(2, 3))),
        keeps=None,
        bad=tuple(b for b in BAD_AXIS if b.kwargs),
    ),
    Row(
        "cumulative_max",
        RUNNING,
        dtypes="f",
        reference=lambda x, axis=0: np.maximum.accumulate(x, axis=axis),
        keeps=None,
        bad=BAD_AXIS,
    ),
    Row(
        "cumulative_min",
        RUNNING,
        dtypes="f",
        reference=lambda x, axis=0: np.minimum.accumulate(x, axis=axis),
        keeps=None,
        bad=BAD_AXIS,
    ),
    Row(
        "cumulative_logsumexp",
        (*RUNNING, sample(fixed([-800.0, 2.0, 900.0, -900.0]))),
        dtypes="f",
        reference=lambda x, axis=0: np.logaddexp.accumulate(x, axis=axis),
        keeps=None,
        bad=BAD_AXIS,
    ),
    Row(
        "topk",
        (
            sample(a(6), 2),
            sample(a(3, 2), 2, axis=0),
            sample(a(2, 4), 3, largest=False),
            sample(a(3), 0),
        ),
        dtypes="f",
        reference=_top,
        keeps=None,
        bad=(Bad((a(3), 4), {}, ValueError, "topk: k is 4; expected a number from 0 to 3"),),
    ),
    Row(
        "segment_sum",
        (sample(a(5), IDS, 4), sample(a(5, 2), IDS, 3), sample(a(0, 2), integers([]), 2)),
        reference=_segments(np.add, 0.0),
        bad=(Bad((a(4), IDS, 3), {}, ValueError, "segment_sum: x has shape"),),
    ),
    Row(
        "segment_max",
        (sample(a(5), FULL, 3), sample(a(5, 2), FULL, 3)),
        dtypes="f",
        reference=_segments(np.maximum, -math.inf),
        keeps="x out",
    ),
    Row(
        "segment_min",
        (sample(a(5), FULL, 3), sample(a(5, 2), FULL, 3)),
        dtypes="f",
        reference=_segments(np.minimum, math.inf),
        keeps=None,
    ),
    Row(
        "index_add",
        (
            sample(a(3), integers([0, 2, 0]), a(3)),
            sample(a(2, 3), (slice(None), integers([1, 1])), a(2, 2)),
            sample(a(2, 3), 1, a(3)),
            sample(a(3), integers([0, 0]), 1.5, dtypes="f"),
            sample(a(3), integers([0, 2, 0]), a()),
        ),
        reference=_added,
    ),
    Row(
        "index_set",
        (
            sample(a(3), integers([0, 2, 0]), a(3)),
            sample(a(2, 3), (slice(None), integers([1, 1])), a(2, 2)),
            sample(a(2, 3), 1, a(3)),
            sample(a(3), integers([0, 0]), 1.5, dtypes="f"),
            sample(a(2, 3), integers([0, 0]), a(3)),
            sample(a(3), integers([]), a(0)),
        ),
        reference=_set,
    ),
)
