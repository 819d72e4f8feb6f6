"""Rows of the statistical functions, and of those that ask whether any or all elements are true."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Bad, Row, a, fixed
from .samples import sample

__all__ = ["ROWS"]

REDUCTIONS = (
    sample(a(2, 3)),
    sample(a(2, 3), axis=0),
    sample(a(2, 3), axis=-1, keepdims=True),
    sample(a(2, 3, 2), axis=(0, 2)),
    sample(a(2, 3, 2), axis=(-1, 0), keepdims=True),
    sample(a(2, 3), axis=()),
    sample(a(2, 3), keepdims=True),
    sample(a()),
    sample(a(3, 2, layout="transposed"), axis=1),
    sample(a(3, 2, layout="broadcast"), axis=1),
)
EMPTY = (sample(a(0, 3), axis=0), sample(a(0, 3), axis=1), sample(a(0, 3)))
BAD_AXIS = (
    Bad((a(2, 3),), {"axis": 2}, Exception, "axis|Dimension"),
    Bad((a(2, 3),), {"axes": 0}, TypeError, "unexpected keyword argument"),
    Bad((a(2, 3), 0, 1, 2), {}, TypeError, "positional argument"),
)
REAL_ONLY = {"array_api_strict": ("c", "the standard has it for real numbers only")}
RUNNING = (
    sample(a(4)),
    sample(a(2, 3), axis=0),
    sample(a(2, 3), axis=-1),
    sample(a(2, 3), axis=1, include_initial=True),
    sample(a(3, 2, layout="transposed"), axis=0),
    sample(a(2, 0), axis=1),
    sample(a(1), axis=0),
)


def _spread_out(*shape: int) -> Any:
    """Return the spec of an array without ties, also after conversion to integers."""
    return a(*shape, low=-9.0, high=9.0)


EXTREMA = (
    *REDUCTIONS[:-1],
    sample(a(0, 3), axis=1),
    sample(_spread_out(5), dtypes="i"),
)

ROWS: tuple[Row, ...] = (
    Row(
        "sum",
        (
            *REDUCTIONS,
            *EMPTY,
            sample(a(2, 3), dtype=np.dtype("float64"), dtypes="f"),
            sample(a(2, 3), dtype=np.dtype("complex128"), axis=0, dtypes="c"),
            sample(a(2, 3), axis=0, dtypes="i"),
        ),
        bad=BAD_AXIS,
    ),
    Row("mean", (*REDUCTIONS, EMPTY[1])),
    Row(
        "prod",
        (
            *REDUCTIONS[:5],
            *REDUCTIONS[6:],
            *EMPTY,
            sample(fixed([1.5, 0.0, 2.0])),
            sample(fixed([[1.5, 0.0, 2.0], [0.0, 0.0, 3.0]]), axis=1),
            sample(a(2, 3), dtype=np.dtype("float64"), dtypes="f"),
            sample(a(2, 3, low=1, high=4), axis=0, dtypes="i"),
        ),
        keeps="x",
        bad=BAD_AXIS[:2],
    ),
    Row("max", EXTREMA, dtypes="f", keeps="x out", bad=BAD_AXIS),
    Row("min", EXTREMA, dtypes="f", keeps="x out"),
    Row(
        "var",
        (*REDUCTIONS[:5], *REDUCTIONS[6:], sample(a(2, 3), axis=1, correction=1.0)),
        dtypes="fc",
        known_dtypes=REAL_ONLY,
        reference=lambda x, correction=0.0, **kwargs: np.var(x, ddof=correction, **kwargs),
        keeps="x",
        bad=BAD_AXIS,
    ),
    Row(
        "std",
        (
            *REDUCTIONS[:5],
            REDUCTIONS[6],
            *REDUCTIONS[8:9],
            sample(a(2, 3), axis=1, correction=1.0),
        ),
        dtypes="fc",
        known_dtypes=REAL_ONLY,
        reference=lambda x, correction=0.0, **kwargs: np.std(x, ddof=correction, **kwargs),
        keeps="x out",
    ),
    Row(
        "cumulative_sum",
        (
            *RUNNING,
            sample(a(3), dtype=np.dtype("float64"), dtypes="f"),
            sample(a(2, 3), axis=0, dtypes="i"),
        ),
        bad=(Bad((a(2, 3),), {"axis": 2}, Exception, "axis|Dimension"),),
    ),
    Row(
        "cumulative_prod",
        (
            *RUNNING,
            sample(a(7, low=0.5)),
            sample(fixed([1.5, 0.0, 2.0, 0.0, 3.0])),
            sample(a(3), dtype=np.dtype("float64"), dtypes="f"),
            sample(a(2, 3), axis=0, dtypes="i"),
        ),
        keeps="x",
    ),
    *(
        Row(
            name,
            (
                sample(a(2, 3)),
                sample(a(2, 3), axis=0),
                sample(a(2, 3), axis=(0, 1), keepdims=True),
                sample(a(0, 3), axis=0),
                sample(a()),
            ),
            dtypes="bif",
            order=0,
        )
        for name in ("all", "any", "count_nonzero")
    ),
)
