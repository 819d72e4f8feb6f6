"""Rows of the products of vectors, matrices and tensors."""

from __future__ import annotations

import numpy as np

from ..cases import Bad, Row, a
from .samples import sample

__all__ = ["ROWS"]

ROWS: tuple[Row, ...] = (
    Row(
        "matmul",
        (
            sample(a(2, 3), a(3, 4)),
            sample(a(3), a(3)),
            sample(a(3), a(3, 2)),
            sample(a(2, 3), a(3)),
            sample(a(3), a(2, 3, 2)),
            sample(a(2, 2, 3), a(3)),
            sample(a(2, 2, 3), a(3, 4)),
            sample(a(2, 3), a(2, 3, 2)),
            sample(a(2, 1, 2, 3), a(3, 3, 2)),
            sample(a(0, 3), a(3, 2)),
            sample(a(2, 0), a(0, 3)),
            sample(a(3, 2, layout="transposed"), a(2, 3, layout="strided")),
            sample(a(2, 3, kind="real"), a(3, 2), dtypes="c"),
            sample(a(2, 3), a(3, kind="real"), dtypes="c"),
            sample(a(2, 3, kind="single"), a(3, 2), dtypes="f"),
            sample(a(2, 3), a(3, 2), dtypes="i"),
        ),
        keeps="x1 x2",
        bad=(
            Bad((a(2, 3), a(2, 3)), {}, Exception, "matmul"),
            Bad((a(2, 3), 2.0), {}, ValueError, "matmul: got shapes .* Multiply by a number with"),
        ),
    ),
    Row(
        "tensordot",
        (
            sample(a(2, 3, 4), a(3, 4, 2)),
            sample(a(2, 3), a(3, 2), axes=1),
            sample(a(2), a(3), axes=0),
            sample(a(2, 3, 4), a(4, 3), axes=((1, 2), (1, 0))),
            sample(a(2, 3, 4), a(4, 3), axes=((-2,), (-1,))),
            sample(a(0, 3), a(3, 2), axes=1),
            sample(a(2, 3, kind="real"), a(3, 2), axes=1, dtypes="c"),
        ),
        keeps="x1 x2",
        bad=(
            Bad((a(2, 3), a(2, 3)), {"axes": 1}, ValueError, "tensordot: axes .* differ in length"),
            Bad((a(2, 3), a(2, 3)), {"axes": ((5,), (0,))}, IndexError, "axis 5 is out of bounds"),
        ),
    ),
    Row(
        "vecdot",
        (
            sample(a(2, 3), a(2, 3)),
            sample(a(2, 3), a(3)),
            sample(a(3), a(3)),
            sample(a(3, 2), a(3, 2), axis=-2),
            sample(a(2, 1, 3), a(4, 3)),
            sample(a(2, 0), a(2, 0)),
            sample(a(3, kind="real"), a(2, 3), dtypes="c"),
            sample(a(2, 3), a(3, kind="real"), dtypes="c"),
        ),
        reference=np.vecdot,
        keeps="x1 x2",
        bad=(Bad((a(2, 3), a(2, 2)), {}, ValueError, "vecdot: axis -1 has length 3 in x1"),),
    ),
)
