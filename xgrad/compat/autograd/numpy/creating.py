"""NumPy's functions that make arrays, of values that may be tracked."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad.arrays.node import is_inside

from ..border import is_opaque, raw


def holds_array(x: Any) -> bool:
    """Whether the argument is an `xgrad.Array`, or a list, tuple or array of objects with one."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_array, x))
    if type(x) is np.ndarray and x.dtype == object:
        return any(isinstance(item, xgrad.Array) for item in x.flat)
    return isinstance(x, xgrad.Array)


def array(A: Any, dtype: Any = None, *, ndmin: int = 0, **kwargs: Any) -> Any:
    """Return an array of numbers, arrays, and nested sequences of them.

    Of objects, as with ``dtype=object``, it is an array of NumPy only where their shapes differ.
    """
    if not holds_array(A):
        return np.array(A, dtype, ndmin=ndmin, **kwargs)
    if isinstance(A, (list, tuple, np.ndarray)):
        A = _plain(A)
    if dtype is not None and np.dtype(dtype).kind == "O":
        if len({np.shape(x) for x in A}) > 1:
            out: Any = np.empty(len(A), object)
            for i, x in enumerate(A):
                out[i] = x
            return out
        dtype = None
    out = xgrad.asarray(A, dtype=dtype)
    return xgrad.reshape(out, (1,) * (ndmin - out.ndim) + out.shape) if out.ndim < ndmin else out


def _plain(A: Any) -> Any:
    """Return nested lists of numbers and arrays, of which none is an array of objects."""
    if type(A) is np.ndarray and A.dtype == object:
        A = A.tolist()
    return [_plain(x) for x in A] if isinstance(A, (list, tuple)) else A


def asarray(a: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """Return the argument as an array, itself if it is one."""
    return array(a, dtype) if holds_array(a) else np.asarray(a, dtype, **kwargs)


def _to_fill(made: Any) -> Any:
    """Return a new array as one that takes tracked values, where a derivative is being taken."""
    if is_inside() is None or is_opaque() or made.dtype.kind not in "fc":
        return made
    return xgrad.asarray(made)


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


class _Whole(type):
    """The class of the integer types, of which NumPy's own are subclasses and instances."""

    plain: type

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, cls.plain)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.plain)


def whole(cls: type) -> type:
    """Return an integer type of NumPy that takes the values of tracked numbers, off the tape."""

    def new(_: type, x: Any = 0) -> Any:
        return cls(raw(x))

    names = {"__new__": new, "plain": cls, "__module__": "numpy", "__qualname__": cls.__name__}
    return _Whole(cls.__name__, (cls,), names)


def make_diagonal(D: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return matrices with the last axis of `D` on their diagonals."""
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError(
            f"make_diagonal: got offset={offset}, axis1={axis1}, axis2={axis2}; "
            "expected offset=0, axis1=-1, axis2=-2, the one case that there is in autograd too"
        )
    return D[..., None] * np.eye(D.shape[-1])
