"""Rows of the functions that make arrays of tracked ones, and keep their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad as xg

from ..cases import Bad, Row, a
from .samples import sample

__all__ = ["ROWS"]


def _gridded(*arrays: Any, indexing: str = "xy") -> list[Any]:
    grids: Any = np.meshgrid
    return [np.array(x) for x in grids(*arrays, indexing=indexing)]


def _lifted(function: Any) -> Any:
    """Return a creation function that, like an op, gives raw arrays for raw ones."""

    def created(first: Any, *args: Any, **kwargs: Any) -> Any:
        given = [first, *args]
        arrays = [x for x in _flat(given) if hasattr(x, "dtype")]
        out = function(*given, **kwargs)
        return out if any(isinstance(x, xg.Array) for x in arrays) else out.data

    return created


def _in_dtype(reference: Any) -> Any:
    """Return a function of NumPy's with its result in the dtype of the first argument."""
    return lambda first, *args, **kwargs: reference(first, *args, **kwargs).astype(first.dtype)


def _flat(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in _flat(part)] if isinstance(x, (list, tuple)) else [x]


ROWS: tuple[Row, ...] = (
    *(
        Row(
            name,
            (
                sample(a(3, 4)),
                sample(a(2, 3, 3), k=1),
                sample(a(3, 2), k=-1),
                sample(a(2, 2, layout="transposed")),
                sample(a(0, 2)),
            ),
        )
        for name in ("tril", "triu")
    ),
    Row(
        "meshgrid",
        (
            sample(a(2), a(3)),
            sample(a(2), a(3), indexing="ij"),
            sample(a(2), a(3), a(2)),
            sample(a(3)),
        ),
        reference=_gridded,
        mixes=True,
        bad=(Bad((a(2), a(3)), {"indexing": "yx"}, ValueError, "expected 'xy' or 'ij'"),),
    ),
    Row(
        "asarray",
        (
            sample([a(2), a(2)]),
            sample([[a(), a()], [a(), a()]]),
            sample(a(2), copy=True),
            sample(a(2)),
        ),
        function=_lifted(xg.asarray),
        reference=lambda x, copy=None: np.array(x),
    ),
    Row(
        "full",
        (sample((2, 3), a()), sample(2, a())),
        function=_lifted(xg.full),
        reference=lambda shape, value: np.full(shape, value, value.dtype),
    ),
    Row(
        "logspace",
        (
            sample(a(), a(), 5),
            sample(a(2), a(2), 3, endpoint=False),
            sample(a(2, 2), a(2, 2), 4, base=2.0),
        ),
        function=_lifted(xg.logspace),
        reference=_in_dtype(np.logspace),
        keeps="out",
    ),
    Row(
        "geomspace",
        (
            sample(a(low=0.5, kind="real"), a(low=0.5, kind="real"), 5),
            sample(a(2, low=0.5, kind="real"), a(2, low=0.5, kind="real"), 3, endpoint=False),
        ),
        function=_lifted(xg.geomspace),
        reference=_in_dtype(np.geomspace),
        keeps="first",
    ),
    Row(
        "full_like",
        (sample(a(2, 3), a()),),
        reference=np.full_like,
    ),
)
