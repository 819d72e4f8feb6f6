"""``numpy.emath`` on an `Array`: complex where the real function has no value, as in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad


def _complex_if(x: Any, outside: Any) -> Any:
    """Return an array as a complex one if any element is outside of a real function's domain."""
    if x.dtype.kind == "c" or not bool(xgrad.any(outside)):
        return x
    return x.astype(np.result_type(x.dtype, np.complex64))


def _of_positive(name: str) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        x = xgrad.asarray(x)
        return getattr(xgrad, name)(_complex_if(x, x < 0) if x.dtype.kind != "c" else x)

    return call


def _of_small(name: str) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        x = xgrad.asarray(x)
        return getattr(xgrad, name)(_complex_if(x, xgrad.abs(x) > 1))

    return call


def _logn(n: Any, x: Any) -> Any:
    log = _of_positive("log")
    return log(x) / log(n)


def _power(x: Any, p: Any) -> Any:
    x, p = xgrad.asarray(x), xgrad.asarray(p)
    if x.dtype.kind != "c":
        x = _complex_if(x, x < 0)
    if p.dtype.kind in "iu" and bool(xgrad.any(p < 0)):
        p = p.astype(float)
    return xgrad.pow(x, p)


ADAPTED: dict[str, Callable[..., Any]] = {
    "emath.arccos": _of_small("acos"),
    "emath.arcsin": _of_small("asin"),
    "emath.arctanh": _of_small("atanh"),
    "emath.log": _of_positive("log"),
    "emath.log10": _of_positive("log10"),
    "emath.log2": _of_positive("log2"),
    "emath.logn": _logn,
    "emath.power": _power,
    "emath.sqrt": _of_positive("sqrt"),
}
"""The functions of ``numpy.emath`` by name."""
