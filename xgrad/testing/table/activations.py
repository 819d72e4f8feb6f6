"""Rows of the functions of machine learning. NumPy has none of them: the reference is a formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Bad, Row, a, fixed
from .samples import sample, unary

__all__ = ["ROWS"]


def _softmax(x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-1e30))
    return (e / np.sum(e, axis=axis, keepdims=True)).astype(x.dtype)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)).astype(x.dtype)


ALONG = (
    sample(a(2, 3), axis=-1),
    sample(a(2, 3), axis=0),
    sample(a(2, 3), axis=(0, 1)),
    sample(a(2, 3), axis=None),
    sample(a(2, 3, 2), axis=(0, -1)),
    sample(a(3)),
    sample(a(3, 2, layout="transposed"), axis=1),
    sample(a(0, 3), axis=-1),
)

ROWS: tuple[Row, ...] = (
    Row(
        "relu", unary(), dtypes="f", reference=lambda x: np.maximum(x, x.dtype.type(0)), keeps="out"
    ),
    Row(
        "sigmoid",
        (*unary(), sample(fixed([-800.0, 0.0, 800.0]))),
        dtypes="f",
        reference=lambda x: (1 / (1 + np.exp(-x))).astype(x.dtype),
        keeps="x",
    ),
    Row(
        "softmax",
        ALONG,
        dtypes="f",
        reference=_softmax,
        keeps="out",
        bad=(
            Bad((a(2, 3),), {"axis": 2}, Exception, "softmax"),
            Bad((a(3, kind="complex128"),), {}, TypeError, "softmax: got .* expected a real"),
        ),
    ),
    Row(
        "log_softmax",
        ALONG,
        dtypes="f",
        reference=lambda x, axis=-1: np.log(_softmax(x, axis)),
        keeps="out",
    ),
    Row(
        "logsumexp",
        (*ALONG, sample(a(2, 3), axis=0, keepdims=True), sample(a(2, 3), keepdims=True)),
        dtypes="f",
        reference=_logsumexp,
        keeps="x",
        bad=(Bad((a(3, kind="complex128"),), {}, TypeError, "logsumexp: got .* expected a real"),),
    ),
)
