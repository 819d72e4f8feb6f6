"""NumPy's running sums and products of an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xgrad

from ..arrays.array import Array
from .storing import stored


def _running(name: str, a: Any, axis: Any, dtype: Any, out: Any) -> Array:
    a = xgrad.asarray(a)
    flat, axis = (xgrad.ravel(a), 0) if axis is None else (a, axis)
    result = getattr(xgrad, name)(flat, axis=axis, dtype=dtype)
    return stored(result, out, f"numpy.{name}(out=)")


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    """Return the running sum, as ``numpy.cumsum``."""
    return _running("cumulative_sum", a, axis, dtype, out)


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    """Return the running product, as ``numpy.cumprod``."""
    return _running("cumulative_prod", a, axis, dtype, out)


def _cumulative(name: str) -> Callable[..., Any]:
    """Return NumPy's running function of the standard, which makes a vector of a number."""

    def call(x: Any, /, *, axis: Any = None, out: Any = None, **more: Any) -> Any:
        x = xgrad.asarray(x)
        x = x if x.ndim else xgrad.reshape(x, (1,))
        return stored(getattr(xgrad, name)(x, axis=axis, **more), out, f"numpy.{name}(out=)")

    return call


def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    return cumsum(xgrad.where(xgrad.isnan(a), 0, a), axis, dtype, out)


def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    return cumprod(xgrad.where(xgrad.isnan(a), 1, a), axis, dtype, out)


ADAPTED: dict[str, Callable[..., Any]] = {
    "cumprod": cumprod,
    "cumulative_prod": _cumulative("cumulative_prod"),
    "cumulative_sum": _cumulative("cumulative_sum"),
    "cumsum": cumsum,
    "nancumprod": _nancumprod,
    "nancumsum": _nancumsum,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
