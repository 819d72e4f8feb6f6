"""NumPy, whose functions give derivatives of what they are called with.

The names are NumPy's own, since NumPy's functions come to xgrad by themselves when one of their
arguments is tracked. Only those stand here that NumPy does not hand on.
"""

from __future__ import annotations

from typing import Any

import numpy as _numpy

import xgrad

from . import fft, linalg, numpy_boxes, numpy_vjps, random

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "fft",
    "full",
    "isscalar",
    "linalg",
    "linspace",
    "numpy_boxes",
    "numpy_vjps",
    "random",
]


def __getattr__(name: str) -> Any:
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return dir(_numpy)


def _holds_array(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(_holds_array(item) for item in x)
    return type(x) is xgrad.Array


def array(A: Any, *args: Any, **kwargs: Any) -> Any:
    """Return an array of numbers, arrays, and nested sequences of them."""
    if not _holds_array(A):
        return _numpy.array(A, *args, **kwargs)
    dtype = kwargs.get("dtype", args[0] if args else None)
    out = xgrad.asarray(A, dtype=dtype)
    ndmin = kwargs.get("ndmin", 0)
    return xgrad.reshape(out, (1,) * (ndmin - out.ndim) + out.shape) if out.ndim < ndmin else out


def asarray(a: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return the argument as an array, itself if it is one."""
    return array(a, dtype=dtype) if _holds_array(a) else _numpy.asarray(a, dtype=dtype, **kwargs)


asanyarray = asarray


def full(shape: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return an array filled with one value, which may be tracked."""
    if type(fill_value) is xgrad.Array:
        out = xgrad.broadcast_to(fill_value, shape)
        return out if dtype is None else xgrad.astype(out, dtype)
    return _numpy.full(shape, fill_value, dtype=dtype, **kwargs)


def linspace(start: Any, stop: Any, num: int = 50, **kwargs: Any) -> Any:
    """Return evenly spaced numbers between two, which may be tracked."""
    if _holds_array([start, stop]):
        grid = _numpy.linspace(0.0, 1.0, num, endpoint=kwargs.pop("endpoint", True))
        if kwargs:
            raise TypeError(f"linspace: got {sorted(kwargs)} with tracked ends; expected none")
        ends = [xgrad.asarray(start), xgrad.asarray(stop)]
        low, high = xgrad.broadcast_arrays(*ends)
        grid = grid.reshape(-1, *(1 for _ in low.shape))
        return low + (high - low) * grid
    return _numpy.linspace(start, stop, num, **kwargs)


def isscalar(element: Any) -> bool:
    """Whether the argument is a number, tracked or not."""
    if type(element) is xgrad.Array:
        return element.ndim == 0
    return bool(_numpy.isscalar(element))
