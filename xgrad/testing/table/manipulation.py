"""Rows of the functions that change shapes, order and number of axes, join and split."""

from __future__ import annotations

import numpy as np

from ..cases import Bad, Row, a
from .samples import sample

__all__ = ["ROWS"]

ROWS: tuple[Row, ...] = (
    Row(
        "reshape",
        (
            sample(a(2, 3), (3, 2)),
            sample(a(2, 3), (-1,)),
            sample(a(2, 3), (1, 6, 1)),
            sample(a(), (1, 1)),
            sample(a(1), ()),
            sample(a(0, 3), (3, 0)),
            sample(a(3, 2, layout="transposed"), (2, 3)),
            sample(a(4, layout="strided"), (2, 2), copy=True),
            sample(a(2, 2), (4,), dtypes="bi"),
        ),
        bad=(
            Bad((a(2, 3), (4, 2)), {}, Exception, "reshape"),
            Bad((a(2, 3),), {}, TypeError, "shape"),
        ),
        reference=lambda x, shape, copy=None: np.reshape(x, shape),  # `copy` is new in NumPy 2.1
    ),
    Row(
        "permute_dims",
        (
            sample(a(2, 3), (1, 0)),
            sample(a(2, 3, 4), (2, 0, 1)),
            sample(a(2, 3, 4), (-1, 0, 1)),
            sample(a(), ()),
            sample(a(2, 0), (1, 0)),
        ),
        bad=(Bad((a(2, 3), (0, 2)), {}, Exception, "permute_dims"),),
    ),
    Row(
        "matrix_transpose",
        (
            sample(a(2, 3)),
            sample(a(2, 3, 4)),
            sample(a(0, 2)),
            sample(a(3, 2, layout="transposed")),
        ),
        bad=(Bad((a(3),), {}, Exception, "matrix_transpose"),),
    ),
    Row(
        "expand_dims",
        (
            sample(a(2, 3), 0),
            sample(a(2, 3), axis=-1),
            sample(a(2, 3), (0, 2)),
            sample(a(), 0),
            sample(a(0), 1),
        ),
        bad=(Bad((a(2, 3), 5), {}, Exception, "expand_dims"),),
    ),
    Row(
        "squeeze",
        (
            sample(a(1, 3), 0),
            sample(a(2, 1, 3), axis=1),
            sample(a(1, 3, 1), (0, -1)),
            sample(a(1, 0), 0),
        ),
        bad=(Bad((a(2, 3), 0), {}, Exception, "squeeze"),),
    ),
    Row(
        "broadcast_to",
        (
            sample(a(3), (2, 3)),
            sample(a(2, 1), (4, 2, 3)),
            sample(a(), (2,)),
            sample(a(1, 3), (0, 3)),
            sample(a(2, 3), (2, 3)),
        ),
        bad=(Bad((a(3), (2,)), {}, Exception, "broadcast_to"),),
    ),
    Row(
        "broadcast_arrays",
        (sample(a(3), a(2, 1)), sample(a(), a(2)), sample(a(2, 3), a(2, 3), a(3))),
        reference=lambda *arrays: [np.array(x) for x in np.broadcast_arrays(*arrays)],
        mixes=True,
    ),
    Row(
        "flip",
        (
            sample(a(2, 3)),
            sample(a(2, 3), axis=0),
            sample(a(2, 3, 2), axis=(0, -1)),
            sample(a()),
            sample(a(0, 2), axis=0),
        ),
        bad=(Bad((a(2, 3),), {"axis": 2}, Exception, "flip"),),
    ),
    Row(
        "roll",
        (
            sample(a(5), 2),
            sample(a(2, 3), -1, axis=1),
            sample(a(2, 3), (1, 2), axis=(0, 1)),
            sample(a(2, 3), 4),
            sample(a(0, 2), 1, axis=0),
        ),
        bad=(Bad((a(2, 3), 1), {"axis": 2}, Exception, "roll"),),
    ),
    Row(
        "moveaxis",
        (
            sample(a(2, 3, 4), 0, -1),
            sample(a(2, 3, 4), (0, 1), (-1, 0)),
            sample(a(2), 0, 0),
        ),
        bad=(
            Bad((a(2, 3), 2, 0), {}, IndexError, "moveaxis: axis 2 is out of bounds"),
            Bad((a(2, 3), (0, 1), (0,)), {}, ValueError, "2 sources and 1 destinations"),
            Bad((a(2, 3), (0, 1), (1, 1)), {}, ValueError, "an axis is repeated"),
        ),
    ),
    Row(
        "concat",
        (
            sample([a(2, 3), a(1, 3)]),
            sample([a(2, 3), a(2, 1), a(2, 2)], axis=-1),
            sample([a(2, 2), a(3)], axis=None),
            sample([a(0, 3), a(2, 3)]),
            sample((a(2),)),
            sample([a(2, kind="real"), a(3)], dtypes="c"),
            sample([a(2, kind="single"), a(3)], dtypes="f"),
            sample([a(2, kind="int32"), a(3)], dtypes="i"),
        ),
        bad=(
            Bad(([],), {}, ValueError, "concat: got no arrays; expected at least one"),
            Bad(([a(2, 3), a(2, 2)],), {}, Exception, "concat"),
        ),
    ),
    Row(
        "stack",
        (
            sample([a(2, 3), a(2, 3)]),
            sample([a(2, 3), a(2, 3)], axis=-1),
            sample([a(2), a(2), a(2)], axis=1),
            sample([a(), a()]),
            sample([a(0), a(0)]),
            sample([a(2, kind="real"), a(2)], dtypes="c"),
        ),
        bad=(
            Bad(([],), {}, ValueError, "stack: got no arrays; expected at least one"),
            Bad(([a(2), a(3)],), {}, Exception, "stack"),
        ),
    ),
    Row(
        "unstack",
        (
            sample(a(2, 3)),
            sample(a(2, 3), axis=1),
            sample(a(3), axis=-1),
            sample(a(2, 0)),
        ),
        bad=(Bad((a(2, 3),), {"axis": 2}, Exception, "unstack"),),
    ),
    Row(
        "diff",
        (
            sample(a(4)),
            sample(a(2, 3), axis=0),
            sample(a(2, 4), n=2),
            sample(a(2, 3), prepend=a(2, 1), append=a(2, 2)),
            sample(a(3), n=0),
        ),
        bad=(Bad((a(3),), {"n": -1}, ValueError, "diff: n is -1; expected a non-negative"),),
    ),
    Row(
        "tile",
        (
            sample(a(2, 3), (2, 2)),
            sample(a(3), (2, 1)),
            sample(a(2, 3), (2,)),
            sample(a(), (3,)),
            sample(a(2), (0,)),
        ),
    ),
)
