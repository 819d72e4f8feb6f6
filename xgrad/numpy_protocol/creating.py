"""NumPy's functions that make arrays, like an `Array` or from its values, made where it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import creating_like
from ..engine.plain import as_tuple, integer
from .storing import order_of


def _shaped(shape: Any) -> Any:
    try:
        lengths = as_tuple(shape)
    except TypeError:
        raise TypeError(f"shape is {shape!r:.60}; expected an integer or several") from None
    if any(n < 0 for n in lengths):
        raise ValueError(f"shape is {shape!r:.60}; expected lengths that are not negative")
    return lengths


def _empty(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None) -> Array:
    return xgrad.empty(_shaped(shape), dtype=dtype, device=device)


def _zeros(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None) -> Array:
    return xgrad.zeros(_shaped(shape), dtype=dtype or float, device=device)


def _ones(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None) -> Array:
    return xgrad.ones(_shaped(shape), dtype=dtype or float, device=device)


def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None
) -> Array:
    if isinstance(fill_value, (list, tuple)) or getattr(fill_value, "shape", ()) != ():
        return xgrad.broadcast_to(xgrad.asarray(fill_value, dtype=dtype), _shaped(shape)).copy()
    return xgrad.full(_shaped(shape), fill_value, dtype=dtype, device=device)


def _array(
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
) -> Array:
    out = xgrad.asarray(object, dtype=dtype, copy=copy)
    missing = ndmin - out.ndim
    return xgrad.reshape(out, (1,) * missing + out.shape) if missing > 0 else out


def _asarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None
) -> Array:
    return xgrad.asarray(a, dtype=dtype, device=device, copy=copy)


def _ascontiguousarray(a: Any, dtype: Any = None) -> Array:
    return _array(a, dtype, copy=None, ndmin=1)


def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Array:
    return xgrad.asarray(a, dtype=dtype)


def _arange(*bounds: Any, dtype: Any = None, device: Any = None, **named: Any) -> Array:
    bounds = (named.pop("start"), *bounds) if "start" in named else bounds
    made = partial(xgrad.arange, dtype=dtype, device=device)  # three bounds at most
    return made(*bounds, **named)


def _fromfunction(function: Any, shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    places = np.indices(tuple(shape), dtype=dtype)
    return function(*map(xgrad.asarray, places), **kwargs)


def _on_the_host(function: Any) -> Callable[..., Array]:
    """Return a function that has NumPy make the values, and puts them where new arrays go."""
    return lambda *args, **kwargs: xgrad.asarray(function(*args, **kwargs))


MADE: dict[Any, Callable[..., Any]] = {
    np.arange: _arange,
    np.array: _array,
    np.asanyarray: _asarray,
    np.asarray: _asarray,
    np.ascontiguousarray: _ascontiguousarray,
    np.asfortranarray: _ascontiguousarray,
    np.empty: _empty,
    np.fromfunction: _fromfunction,
    np.full: _full,
    np.ones: _ones,
    np.require: _require,
    np.zeros: _zeros,
    **{
        function: _on_the_host(function)
        for function in (
            *(np.eye, np.frombuffer, np.fromfile, np.fromiter, np.fromstring),
            *(np.genfromtxt, np.identity, np.loadtxt, np.tri),
        )
    },
}
"""What stands for each function that takes ``like=``."""


def _like(name: str) -> Callable[..., Any]:
    """Return NumPy's ``name_like``, which may be told another shape."""

    def call(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> Any:
        a = xgrad.asarray(a)
        order_of(f"{name}_like", order)
        if shape is None:
            return getattr(xgrad, f"{name}_like")(a, dtype=dtype, device=device)
        with creating_like(a._raw):
            return getattr(xgrad, name)(_shaped(shape), dtype=dtype or a.dtype, device=device)

    return call


def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    a = xgrad.asarray(a)
    order_of("full_like", order)
    if shape is None and getattr(fill_value, "shape", ()) == ():
        return xgrad.full_like(a, fill_value, dtype=dtype, device=device)
    with creating_like(a._raw):
        shape = a.shape if shape is None else shape
        return _full(shape, fill_value, dtype or a.dtype, device=device)


def _count(name: str, num: Any) -> int:
    try:
        found = int(integer(num))
    except TypeError:
        raise TypeError(f"numpy.{name}: num is {num!r:.60}; expected an integer") from None
    if found < 0:
        raise ValueError(f"numpy.{name}: num is {num}; expected a number that is not negative")
    return found


def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    num, ends = _count("linspace", num), xgrad.subtract(stop, start)
    parts = max(num - 1 if endpoint else num, 1)
    steps = xgrad.ops.beside.fractions(ends, n=num) / parts
    steps = xgrad.reshape(steps, (num, *(1 for _ in ends.shape)))
    out = xgrad.moveaxis(start + steps * ends, 0, axis)
    out = out if device is None else out.to_device(device)
    out = out if dtype is None else out.astype(dtype)
    return (out, ends / parts) if retstep else out


def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    num = _count("logspace", num)
    out = xgrad.logspace(start, stop, num, endpoint=endpoint, base=base, dtype=dtype)
    return xgrad.moveaxis(out, 0, axis)


def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    num = _count("geomspace", num)
    out = xgrad.geomspace(start, stop, num, endpoint=endpoint, dtype=dtype)
    return xgrad.moveaxis(out, 0, axis)


ADAPTED: dict[str, Callable[..., Any]] = {
    "empty_like": _like("empty"),
    "full_like": _full_like,
    "geomspace": _geomspace,
    "linspace": _linspace,
    "logspace": _logspace,
    "ones_like": _like("ones"),
    "zeros_like": _like("zeros"),
}
"""NumPy's functions by name, where their arguments are not the standard's."""


def made(like: Array, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what one of these functions makes, on the backend and device of an array."""
    with creating_like(like._raw):
        return MADE[function](*args, **kwargs)
