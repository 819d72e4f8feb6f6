"""Rows of unique elements and membership."""

from __future__ import annotations

import numpy as np

from ..cases import Row, a, fixed
from .samples import sample

__all__ = ["ROWS"]

TIED = fixed([[2.0, 1.0, 3.0], [1.0, 2.0, 2.0]])
BY_VALUES = "the shape of the result depends on values"
KNOWN = {"torch:meta": BY_VALUES, "dask": BY_VALUES}

ROWS: tuple[Row, ...] = (
    *(
        Row(
            name,
            (sample(a(2, 3)), sample(a(4)), sample(a(3, low=0, high=3), dtypes="i")),
            dtypes="f",
            reference=np.unique if name == "unique_values" else None,
            keeps=None,
            known=KNOWN,
        )
        for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values")
    ),
    Row(
        "isin",
        (
            sample(TIED, fixed([2.0, 5.0])),
            sample(a(3, low=0, high=3), a(2, low=0, high=3), dtypes="i"),
            sample(TIED, fixed([2.0]), invert=True),
        ),
        dtypes="f",
        reference=np.isin,
        order=0,
        known_dtypes={"array_api_strict": ("f", "the standard has it for integers only")},
    ),
)
