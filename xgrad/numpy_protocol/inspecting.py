"""NumPy's functions that ask something of an `Array`, or hand its numbers on: no derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..engine.plain import as_tuple, integer
from .storing import stored
from .writing import places


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


def _iscomplexobj(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


def _isrealobj(x: Any) -> bool:
    return bool(x.dtype.kind != "c")


def _isreal(x: Any) -> Any:
    return xgrad.imag(x) == 0 if x.dtype.kind == "c" else xgrad.ones_like(x, dtype=bool)


def _iscomplex(x: Any) -> Any:
    return ~_isreal(x)


def _real_if_close(a: Any, tol: float = 100) -> Any:
    if a.dtype.kind != "c":
        return a
    tol = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return xgrad.real(a) if bool(xgrad.all(xgrad.abs(xgrad.imag(a)) < tol)) else a


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    a1, a2 = xgrad.asarray(a1), xgrad.asarray(a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan:
        same = same | ((a1 != a1) & (a2 != a2))  # noqa: PLR0124 - only NaN differs from itself
    return bool(xgrad.all(same))


def _size(a: Any, axis: Any = None) -> int:
    return a.size if axis is None else math.prod(a.shape[i] for i in as_tuple(axis))


def _indices_from(name: str) -> Callable[..., Any]:
    def call(arr: Any, k: int = 0) -> Any:
        if arr.ndim != 2:
            raise ValueError(f"numpy.{name}_from: arr has {arr.ndim} axes; expected 2")
        found = getattr(np, name)(arr.shape[-2], k=integer(k), m=arr.shape[-1])
        return tuple(places(arr, indices) for indices in found)

    return call


def _diag_indices_from(arr: Any) -> Any:
    if arr.ndim < 2 or len(set(arr.shape)) > 1:
        raise ValueError(
            f"numpy.diag_indices_from: arr has shape {arr.shape}; expected equal lengths"
        )
    return (places(arr, np.arange(arr.shape[0])),) * arr.ndim


def _shown(a: Any, *args: Any, **kwargs: Any) -> str:
    return np.array2string(a.detach()._numpy(), *args, **kwargs)


def _array_str(a: Any, *args: Any, **kwargs: Any) -> str:
    return np.array_str(a.detach()._numpy(), *args, **kwargs) if args or kwargs else str(a)


def _array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    if not args and not kwargs:
        return repr(arr)
    text = np.array_repr(arr.detach()._numpy(), *args, **kwargs)
    return text.replace("array(", "Array(", 1)


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
    "array2string": _shown,
    "array_equal": _array_equal,
    "array_equiv": _array_equiv,
    "array_repr": _array_repr,
    "array_str": _array_str,
    "common_type": _common_type,
    "diag_indices_from": _diag_indices_from,
    "einsum_path": _einsum_path,
    "iscomplex": _iscomplex,
    "iscomplexobj": _iscomplexobj,
    "isneginf": _isneginf,
    "isposinf": _isposinf,
    "isreal": _isreal,
    "isrealobj": _isrealobj,
    "ndim": lambda a: a.ndim,
    "real_if_close": _real_if_close,
    "shape": lambda a: a.shape,
    "size": _size,
    "tril_indices_from": _indices_from("tril_indices"),
    "triu_indices_from": _indices_from("triu_indices"),
    **{
        name: _on_the_host(name)
        for name in "min_scalar_type packbits ravel_multi_index save savetxt savez "
        "savez_compressed unpackbits unravel_index".split()
    },
}
"""NumPy's functions by name, where xgrad has no function of their own."""
