"""Rows of conversion to other dtypes, devices and backends."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Row, a
from .samples import sample

__all__ = ["ROWS"]


def _there_and_back(x: Any) -> Any:
    """Return an array by way of the host."""
    raw = x.data if isinstance(x, xg.Array) else x
    home = xg.asarray(raw)
    there = xg.to_backend(x, "numpy")
    return xg.to_backend(there, home.backend, device=home.device)


ROWS: tuple[Row, ...] = (
    Row(
        "astype",
        (
            sample(a(2, 3), np.dtype("float64"), dtypes="f"),
            sample(a(2, 3), np.dtype("float32"), dtypes="f"),
            sample(a(2, 3), np.dtype("complex128"), dtypes="fc"),
            sample(a(3), np.dtype("complex64"), copy=False),
            sample(a(3, 2, layout="transposed"), np.dtype("float64"), copy=False, dtypes="f"),
            sample(a(3), np.dtype("float64"), dtypes="bi"),
            sample(a(), np.dtype("float32"), dtypes="i"),
            sample(a(0), np.dtype("complex64")),
        ),
        reference=lambda x, dtype, copy=True: x.astype(dtype),
    ),
    Row(
        "to_device",
        (sample(a(2, 3), None),),
        function=lambda x, _: xg.to_device(x, xg.asarray(x).device),
        reference=lambda x, _: x,
    ),
    Row(
        "to_backend",
        (sample(a(2, 3)), sample(a()), sample(a(0, 2))),
        function=_there_and_back,
        reference=lambda x: x,
        known={"torch:meta": "there are no values to move"},
    ),
)
