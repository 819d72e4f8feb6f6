"""NumPy's functions that ask something of an `Array`, or hand its numbers on: no derivative."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from .storing import stored


def _array_equiv(a1: Any, a2: Any) -> bool:
    a1, a2 = xgrad.asarray(a1), xgrad.asarray(a2)
    try:
        xgrad.broadcast_shapes(a1.shape, a2.shape)
    except ValueError:
        return False
    return bool(xgrad.all(a1 == a2))


def _ordered(x: Any, name: str) -> Any:
    if getattr(x, "dtype", np.dtype(float)).kind == "c":
        raise TypeError(f"numpy.{name}: x is of {x.dtype}; expected real numbers")
    return x


def _isposinf(x: Any, out: Any = None) -> Any:
    x = _ordered(x, "isposinf")
    return stored(xgrad.isinf(x) & (x > 0), out, "numpy.isposinf(out=)")


def _isneginf(x: Any, out: Any = None) -> Any:
    x = _ordered(x, "isneginf")
    return stored(xgrad.isinf(x) & (x < 0), out, "numpy.isneginf(out=)")


def _einsum_path(*operands: Any, **kwargs: Any) -> Any:
    shapes = (np.broadcast_to(0.0, x.shape) if isinstance(x, Array) else x for x in operands)
    return np.einsum_path(*shapes, **kwargs)


def _common_type(*arrays: Any) -> Any:
    return np.common_type(*(np.empty(0, x.dtype) for x in arrays))


def _host(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(map(_host, x)) if type(x) in (list, tuple) else x
    if isinstance(x, Collection) and not isinstance(x, (Array, str, bytes, Mapping)):
        return tuple(map(_host, x))  # NumPy's function would ask ours again
    return np.asarray(x) if isinstance(x, Array) else x


def _on_the_host(name: str) -> Callable[..., Any]:
    """Return NumPy's function of the values: one that is tracked is refused with its error."""

    def call(*args: Any, **kwargs: Any) -> Any:
        named = {k: _host(x) for k, x in kwargs.items()}
        return getattr(np, name)(*map(_host, args), **named)

    return call


ADAPTED: dict[str, Callable[..., Any]] = {
    "array_equiv": _array_equiv,
    "common_type": _common_type,
    "einsum_path": _einsum_path,
    "isneginf": _isneginf,
    "isposinf": _isposinf,
    **{
        name: _on_the_host(name)
        for name in "min_scalar_type packbits ravel_multi_index save savetxt savez "
        "savez_compressed unpackbits unravel_index".split()
    },
}
"""NumPy's functions by name, where xgrad has no function of their own."""
