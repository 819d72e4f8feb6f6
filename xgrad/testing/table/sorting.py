"""Rows of sorting and searching."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Row, Sample, a, fixed, integers
from .samples import sample

__all__ = ["ROWS"]

ALONG = (
    sample(a(5)),
    sample(a(2, 3), axis=0),
    sample(a(2, 3), axis=-1, descending=True),
    sample(a(0, 2), axis=0),
    sample(a(5, low=0, high=50), dtypes="i"),
)


def _sorted(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return np.flip(np.sort(x, axis=axis), axis=axis) if descending else np.sort(x, axis=axis)


def _order(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return np.argsort(-x if descending else x, axis=axis, stable=True)


ROWS: tuple[Row, ...] = (
    Row(
        "argsort",
        (
            *ALONG,
            sample(fixed([2.0, 1.0, 2.0, 1.0])),
            sample(fixed([1.0, 2.0, 1.0]), descending=True),
        ),
        dtypes="f",
        reference=_order,
        order=0,
    ),
    Row("sort", ALONG, dtypes="f", reference=_sorted),
    *(
        Row(
            name,
            (
                sample(a(2, 3)),
                sample(a(2, 3), axis=0),
                sample(a(2, 3), axis=-1, keepdims=True),
                sample(a(2, 3), keepdims=True),
                sample(fixed([1.0, 2.0, 1.0, 2.0])),
            ),
            dtypes="fi",
            order=0,
        )
        for name in ("argmax", "argmin")
    ),
    Row(
        "nonzero",
        (sample(fixed([[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]])), sample(fixed([0.0, 0.0]))),
        dtypes="fi",
        order=0,
        known=dict.fromkeys(("torch:meta", "dask"), "the shape of the result depends on values"),
    ),
    Row(
        "searchsorted",
        (
            sample(fixed([1.0, 2.0, 3.0]), fixed([0.5, 2.0, 2.5])),
            sample(fixed([1.0, 2.0, 3.0]), fixed([2.0, 9.0]), side="right"),
            Sample((fixed([2.0, 1.0, 3.0]), fixed([1.5])), {"sorter": integers([1, 0, 2])}),
        ),
        dtypes="f",
        order=0,
    ),
)
