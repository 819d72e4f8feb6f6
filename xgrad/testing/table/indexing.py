"""Rows of reading and writing parts of an array, with every kind of index of the standard."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Bad, Row, Sample, a, fixed, integers
from .samples import sample

__all__ = ["ROWS"]

MASK = fixed([True, False, True], "bool")
FULL_MASK = fixed([[True, False, True], [False, False, True]], "bool")
VALUES_DECIDE = {"torch:meta": "the shape of the result depends on values"}

KEYS: tuple[Any, ...] = (
    1,
    -1,
    (0, 1),
    slice(0, 1),
    slice(None, None, -1),
    (slice(None), slice(2, None, -2)),
    (..., 0),
    None,
    (slice(None), None, 1),
    (),
    ...,
    slice(1, 1),
    integers([1, 0, 0]),
    integers([1, 0], "int32"),
    (slice(None), integers([[2, 0], [2, 2]])),
    (integers([0, 1, 1]), integers([2, 0, 0])),
    (integers([1, -1]), slice(1, None)),
    (1, integers([0, 0, 2])),
    integers(1),
    (integers([[0], [1]]), integers([2, 0])),
)
MASK_KEYS: tuple[Any, ...] = (FULL_MASK, (slice(None), MASK), (0, MASK))


def _written(x: Any, value: Any, key: Any) -> Any:
    """Return a copy of `x` with `value` at a key, by assignment to an `Array`."""
    out = xg.asarray(x).copy()
    out[key] = value
    return out if isinstance(x, xg.Array) or isinstance(value, xg.Array) else out.data


def _written_by_numpy(x: Any, value: Any, key: Any) -> Any:
    out = x.copy()
    out[key] = value
    return out


def _reading(key: Any, **options: Any) -> Sample:
    return Sample((a(2, 3), key), **options)


ROWS: tuple[Row, ...] = (
    Row(
        "getitem",
        (
            *map(_reading, KEYS),
            *(_reading(key, known=VALUES_DECIDE) for key in MASK_KEYS),
            Sample((a(3), 1)),
            Sample((a(), ())),
            Sample((a(2, 3, layout="transposed"), (slice(None), 1))),
            Sample((a(2, 3, 4), (0, ..., integers([3, 3])))),
            Sample((a(2, 3), 0), dtypes="bi"),
        ),
        function=xg.ops.indexing.getitem,
        reference=operator.getitem,
        bad=(
            Bad((a(2, 3), 5), {}, IndexError, "5|out of"),
            Bad((a(2, 3), (0, 0, 0)), {}, IndexError, ""),
        ),
    ),
    Row(
        "setitem",
        (
            Sample((a(2, 3), a(3), 1)),
            Sample((a(2, 3), a(2, 1), slice(None))),
            Sample((a(2, 3), a(), (0, 1))),
            Sample((a(2, 3), 0.5, (slice(None), slice(None, None, 2)))),
            Sample((a(2, 3), a(1, 3), (1, slice(None, None, -1)))),
            Sample((a(2, 3), a(2, 3), ...)),
            Sample((a(2, 3), a(2, 2), (slice(None), integers([2, 0])))),
            Sample((a(2, 3), a(2), (integers([0, 1]), integers([2, 0])))),
            Sample((a(2, 3), a(), integers([1]))),
            Sample((a(2, 3), a(), FULL_MASK), known=VALUES_DECIDE),
            Sample((a(2, 3), a(3), FULL_MASK), known=VALUES_DECIDE),
            Sample((a(2, 3), a(2, 1), (slice(None), MASK)), known=VALUES_DECIDE),
            Sample((a(), a(), ())),
            Sample((a(2, 3), a(0, 3), slice(1, 1))),
            Sample((a(2, 3), a(3, kind="real"), 0), dtypes="c"),
            Sample((a(2, 3), a(3, kind="single"), 0), dtypes="f"),
            Sample((a(2, 3), 2, 0), dtypes="i"),
        ),
        function=_written,
        reference=_written_by_numpy,
        bad=(Bad((a(2, 3), a(2), 0), {}, Exception, ""),),
    ),
    Row(
        "take",
        (
            sample(a(4), integers([2, 0, 2])),
            sample(a(2, 3), integers([2, 0, 2]), axis=1),
            sample(a(2, 3), integers([1]), axis=-2),
            sample(a(2, 3), integers([]), axis=0),
            sample(a(2, 3), integers([[0, 1], [1, 1]]), axis=0),
        ),
        bad=(
            Bad((a(2, 3), integers([0])), {}, ValueError, "take: x has 2 axes; expected axis="),
            Bad((a(2, 3), integers([0])), {"axis": 2}, IndexError, "take: axis 2 is out of bounds"),
        ),
    ),
    Row(
        "take_along_axis",
        (
            sample(a(2, 3), integers([[2, 0, 2], [1, 1, 0]])),
            sample(a(2, 3), integers([[1, 0, 1]]), axis=0),
            sample(a(2, 3), integers([[2], [1]]), axis=1),
            sample(a(4), integers([3, 3])),
        ),
        reference=lambda x, i, axis=-1: np.take_along_axis(x, i, axis),  # a default since NumPy 2.3
        bad=(
            Bad((a(2, 3), integers([0])), {}, ValueError, "indices has 1 axes; expected 2, as x"),
        ),
    ),
    Row(
        "repeat",
        (
            sample(a(2, 3), 2),
            sample(a(2, 3), 2, axis=0),
            sample(a(2, 3), 3, axis=-1),
            sample(a(), 2),
            sample(a(2), 0),
            Sample((a(2, 3), integers([2, 0, 1])), {"axis": 1}, known=VALUES_DECIDE),
        ),
        bad=(
            Bad((a(2), -1), {}, ValueError, "repeat: repeats is -1; expected a non-negative"),
            Bad((a(2), 2), {"axis": 1}, IndexError, "repeat: axis 1 is out of bounds"),
        ),
    ),
)
