"""NumPy's functions that make arrays, of values that may be tracked."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad.arrays.node import is_inside


def holds_array(x: Any) -> bool:
    """Whether the argument is an `xgrad.Array`, or a nested sequence that holds one."""
    if isinstance(x, (list, tuple)):
        return any(holds_array(item) for item in x)
    return isinstance(x, xgrad.Array)


def array(A: Any, dtype: Any = None, *, ndmin: int = 0, **kwargs: Any) -> Any:
    """Return an array of numbers, arrays, and nested sequences of them."""
    if not holds_array(A):
        return np.array(A, dtype, ndmin=ndmin, **kwargs)
    out = xgrad.asarray(A, dtype=dtype)
    return xgrad.reshape(out, (1,) * (ndmin - out.ndim) + out.shape) if out.ndim < ndmin else out


def asarray(a: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return the argument as an array, itself if it is one."""
    return array(a, dtype) if holds_array(a) else np.asarray(a, dtype, **kwargs)


def _to_fill(made: Any) -> Any:
    """Return a new array as one that takes tracked values, where a derivative is being taken."""
    return xgrad.asarray(made) if is_inside() and made.dtype.kind in "fc" else made


def zeros(shape: Any, dtype: Any = float, **kwargs: Any) -> Any:
    """Return zeros, of which parts may be overwritten with what is differentiated."""
    return _to_fill(np.zeros(shape, dtype, **kwargs))


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return ones, of which parts may be overwritten with what is differentiated."""
    return _to_fill(np.ones(shape, dtype, **kwargs))


def empty(shape: Any, dtype: Any = float, **kwargs: Any) -> Any:
    """Return an array of any values, to be overwritten, also with what is differentiated."""
    return _to_fill(np.empty(shape, dtype, **kwargs))


def full(shape: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return an array filled with one value, which may be tracked."""
    if not holds_array(fill_value):
        return _to_fill(np.full(shape, fill_value, dtype, **kwargs))
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    out = xgrad.broadcast_to(array(fill_value), shape)
    return out if dtype is None else xgrad.astype(out, dtype)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, **kwargs: Any) -> Any:
    """Return evenly spaced numbers between two, which may be tracked."""
    if not holds_array([start, stop]):
        return np.linspace(start, stop, num, endpoint, **kwargs)
    if kwargs:
        raise TypeError(f"linspace: got {sorted(kwargs)} with tracked ends; expected neither")
    low, high = xgrad.broadcast_arrays(xgrad.asarray(start), xgrad.asarray(stop))
    grid = np.linspace(0.0, 1.0, num, endpoint).reshape(-1, *(1 for _ in low.shape))
    return low + (high - low) * grid


def isscalar(element: Any) -> bool:
    """Whether the argument is a number, tracked or not."""
    return element.ndim == 0 if isinstance(element, xgrad.Array) else bool(np.isscalar(element))


def make_diagonal(D: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return matrices with the last axis of `D` on their diagonals."""
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError(
            f"make_diagonal: got offset={offset}, axis1={axis1}, axis2={axis2}; "
            "expected offset=0, axis1=-1, axis2=-2, the one case that there is in autograd too"
        )
    return D[..., None] * np.eye(D.shape[-1])
