"""Rows of arranging, joining and splitting arrays with NumPy's functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Bad, Row, a, fixed
from .samples import sample

__all__ = ["ROWS"]

VALUES_DECIDE = {"torch:meta": "the shape of the result depends on values"}
MASK = fixed([True, False, True], "bool")
SQUARES = (
    sample(a(3, 3)),
    sample(a(3, 4), 1),
    sample(a(4, 3), -2),
    sample(a(2, 3), 5),
    sample(a(2, 3, 4), 0, 2, 1),
    sample(a(2, 3, 4), axis1=-1, axis2=0),
    sample(a(0, 3)),
)
BAD_SQUARES = (
    Bad((a(3),), {}, ValueError, ": x has 1 axes; expected at least 2"),
    Bad((a(2, 3),), {"axis2": 2}, IndexError, "diagonal: axis 2 is out of bounds"),
    Bad((a(2, 3), 0, 1, 1), {}, ValueError, "axis1 and axis2 are both 1"),
)
SEVERAL = (sample(a(), a(2), a(2, 3)), sample(a(2)), sample(a(2, 3, 2)))
SECTIONS = (sample(a(4), 2), sample(a(4, 2), [1, 3]))


def _powers(x: Any, N: Any = None, increasing: bool = False) -> Any:
    kind = x.dtype if x.dtype.kind in "fc" else np.int64
    return np.vander(x, N, increasing).astype(kind)


def _joined(arrays: Any) -> Any:
    leaves = np.block(arrays)
    part = arrays
    while isinstance(part, list):
        part = part[0]
    return leaves.astype(part.dtype)


def _inserted(x: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    return np.insert(x, obj, values, axis)


ROWS: tuple[Row, ...] = (
    Row("ravel", (sample(a(2, 3)), sample(a()), sample(a(3, 2, layout="transposed")))),
    Row(
        "swapaxes",
        (sample(a(2, 3, 4), 0, -1), sample(a(2, 3), 1, 1)),
        bad=(Bad((a(2, 3), 0, 2), {}, IndexError, "swapaxes: axis 2 is out of bounds"),),
    ),
    Row("fliplr", (sample(a(2, 3)), sample(a(2, 3, 2)))),
    Row("flipud", (sample(a(2, 3)), sample(a(3)))),
    Row(
        "rot90",
        (
            *(sample(a(2, 3), k) for k in (1, 0, 2, 3, -1)),
            sample(a(2, 3, 4), 1, (1, 2)),
            sample(a(2, 3, 4), 3, (2, 0)),
        ),
        bad=(Bad((a(2, 3), 1, (0, 0)), {}, ValueError, "rot90: axes is"),),
    ),
    Row("diagonal", SQUARES, bad=BAD_SQUARES),
    Row(
        "trace",
        (*SQUARES, sample(a(3, 3), dtype=np.dtype("float64"), dtypes="f")),
        bad=BAD_SQUARES[:1],
    ),
    Row(
        "diag",
        (
            sample(a(3)),
            sample(a(2), 1),
            sample(a(2), -2),
            sample(a(3, 3), 1),
            sample(a(0)),
            sample(a(2), dtypes="bi"),
        ),
        bad=(Bad((a(2, 2, 2),), {}, ValueError, "diag: x has 3 axes; expected 1 or 2"),),
    ),
    Row("diagflat", (sample(a(2, 2)), sample(a(2), 1))),
    Row(
        "vander",
        (
            sample(a(3)),
            sample(a(3), 4, True),
            sample(fixed([0.0, 1.5]), 4),
            sample(a(2), 0),
            sample(a(2), 1),
            sample(a(3), dtypes="i"),
        ),
        reference=_powers,
        keeps=None,
        bad=(Bad((a(2, 2),), {}, ValueError, "vander: x has 2 axes; expected 1"),),
    ),
    Row(
        "compress",
        (
            sample([True, False, True], a(3)),
            sample([0, 1], a(2, 3), 1),
            sample([False, True, True], a(2, 3)),
            sample(MASK, a(2, 3), axis=1),
        ),
        known=VALUES_DECIDE,
        keeps=None,
    ),
    Row("atleast_1d", SEVERAL),
    Row("atleast_2d", SEVERAL),
    Row("atleast_3d", SEVERAL),
    Row("hstack", (sample([a(2), a(3)]), sample([a(2, 1), a(2, 2)]), sample([a(), a(2)]))),
    Row("vstack", (sample([a(2), a(2)]), sample([a(1, 2), a(2)]))),
    Row(
        "dstack",
        (sample([a(2), a(2)]), sample([a(2, 3), a(2, 3)]), sample([a(1, 2, 3), a(1, 2, 1)])),
    ),
    Row("column_stack", (sample([a(2), a(2, 3)]), sample([a(2), a(2)]))),
    Row(
        "block",
        (
            sample([a(2), a(3)]),
            sample([[a(2, 2), a(2, 1)], [a(1, 2), a(1, 1)]]),
            sample([[a(2), 1.5], [a(3)]], dtypes="f"),
            sample(a(2)),
        ),
        reference=_joined,
        bad=(Bad(([a(2), [a(2)]],), {}, ValueError, "block: lists are nested"),),
    ),
    Row("append", (sample(a(2), a(3)), sample(a(2, 3), a(1, 3), 0), sample(a(2, 3), a(2)))),
    Row(
        "split",
        (*SECTIONS, sample(a(2, 4), 2, 1)),
        bad=(
            Bad((a(3), 2), {}, ValueError, "split: axis 0 of length 3 has no 2 equal sections"),
            Bad((a(3), 0), {}, ValueError, "split: sections is 0"),
        ),
    ),
    Row("array_split", (*SECTIONS, sample(a(5), 3), sample(a(2, 5), 2, axis=-1), sample(a(2), 3))),
    Row("hsplit", (sample(a(4), 2), sample(a(2, 4), [1]))),
    Row(
        "vsplit",
        (sample(a(4, 2), 2),),
        bad=(Bad((a(4), 2), {}, ValueError, "vsplit: x has 1 axes"),),
    ),
    Row(
        "dsplit",
        (sample(a(2, 2, 4), 2),),
        bad=(Bad((a(2, 2), 2), {}, ValueError, "dsplit: x has 2"),),
    ),
    Row(
        "insert",
        (
            sample(a(3), 1, a()),
            sample(a(3), 1, a(2)),
            sample(a(3), [2, 0], a(2)),
            sample(a(3), [1, 1], 1.5, dtypes="f"),
            sample(a(2, 3), 1, a(2), axis=1),
            sample(a(2, 3), -1, a(3), axis=0),
            sample(a(2, 3), slice(0, 2), a(2, 1), axis=1),
            sample(a(2, 3), 0, a()),
        ),
        reference=_inserted,
        keeps=None,
    ),
    Row(
        "delete",
        (
            sample(a(4), 1),
            sample(a(2, 4), [0, 2], 1),
            sample(a(2, 4), slice(None, None, 2), axis=1),
            sample(a(2, 3), -1),
        ),
        keeps=None,
        bad=(
            Bad((a(3), 7), {}, IndexError, "7"),
            Bad((a(2, 3), 0, 2), {}, IndexError, "delete: axis 2"),
        ),
    ),
)
