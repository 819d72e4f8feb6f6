"""``numpy.emath`` on an `Array`: complex where the real function has no value, as in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from .precision import with_fractions


def _complex_if(x: Any, is_outside: Callable[[Any], Any]) -> Any:
    """Return an array as a complex one if any element is outside of a real function's domain."""
    x = with_fractions(xgrad.asarray(x))
    if x.dtype.kind == "c" or not bool(xgrad.any(is_outside(x))):
        return x
    return x.astype(np.result_type(x.dtype, np.complex64))


def _is_negative(x: Any) -> Any:
    return x < 0


def _is_large(x: Any) -> Any:
    return xgrad.abs(x) > 1


def _widened(name: str, is_outside: Callable[[Any], Any]) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        return getattr(xgrad, name)(_complex_if(x, is_outside))

    return call


def _logn(n: Any, x: Any) -> Any:
    log = _widened("log", _is_negative)
    return log(x) / log(n)


def _power(x: Any, p: Any) -> Any:
    x, p = _complex_if(x, _is_negative), xgrad.asarray(p)
    if x.dtype.kind in "fc" or (p.dtype.kind in "iu" and bool(xgrad.any(p < 0))):
        p = p.astype(np.result_type(x.dtype, p.dtype, np.float16))
    return xgrad.pow(x, p)


ADAPTED: dict[str, Callable[..., Any]] = {
    "emath.arccos": _widened("acos", _is_large),
    "emath.arcsin": _widened("asin", _is_large),
    "emath.arctanh": _widened("atanh", _is_large),
    "emath.log": _widened("log", _is_negative),
    "emath.log10": _widened("log10", _is_negative),
    "emath.log2": _widened("log2", _is_negative),
    "emath.logn": _logn,
    "emath.power": _power,
    "emath.sqrt": _widened("sqrt", _is_negative),
}
"""The functions of ``numpy.emath`` by name."""
