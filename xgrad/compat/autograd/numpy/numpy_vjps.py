"""Helpers of rules of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from .. import refused
from ..border import dtype_of, is_complex
from ..sparse import SparseObject


def unbroadcast(x: Any, target_meta: tuple[Any, ...], broadcast_idx: int = 0) -> Any:
    """Return a cotangent summed over the axes along which its argument was broadcast.

    `target_meta` is what ``metadata(argument)`` gives.
    """
    shape, ndim, _, complex_target = target_meta
    if type(x) is np.float64 and not shape:  # most rules of numbers
        return x
    while np.ndim(x) > ndim:
        x = xgrad.sum(x, axis=broadcast_idx)
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(x)[i] != 1)
    if axes:
        x = xgrad.sum(x, axis=axes, keepdims=True)
    return xgrad.real(x) if is_complex(x) and not complex_target else x


_NUMBER = (), 0, np.dtype(np.float64), False


def metadata(x: Any) -> tuple[Any, ...]:
    """Return the shape, number of axes, dtype and complexness of an array or number."""
    if type(x) is np.float64:  # most
        return _NUMBER
    dtype = dtype_of(x)
    shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
    return shape, len(shape), dtype, dtype.kind == "c"


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a vjp whose cotangents are summed to the shape of its argument."""
    target_meta = metadata(target)
    return lambda g: unbroadcast(f(g), target_meta)


def repeat_to_match_shape(
    g: Any, shape: tuple[int, ...], dtype: Any, axis: Any, keepdims: bool
) -> tuple[Any, Any]:
    """Return a cotangent repeated along the axes that were summed over, and how often."""
    if shape == ():
        return g, 1
    lengths = np.array(shape)
    kept = lengths.copy()
    kept[list(axis) if isinstance(axis, tuple) else axis] = 1
    repeats = np.prod(lengths) // np.prod(kept)
    return np.reshape(g, tuple(kept.tolist())) + np.zeros(shape, dtype=dtype), repeats


def match_complex(target: Any, x: Any) -> Any:
    """Return `x` as complex as another array is."""
    if is_complex(x) == is_complex(target):
        return x
    return np.real(x) if is_complex(x) else x + 0j


def replace_zero(x: Any, val: Any) -> Any:
    """Return `x` with other values in the place of zeros."""
    return np.where(x, x, val)


def balanced_eq(x: Any, z: Any, y: Any) -> Any:
    """Return where `x` is `z`, a half where `y` is as well."""
    return (x == z) / (1.0 + (x == y))


def reverse_axis(x: Any, axis: int) -> Any:
    """Return an array with an axis reversed."""
    return np.flip(x, axis)


def untake(x: Any, idx: Any, vs: Any) -> SparseObject:
    """Return the cotangent of ``A[idx]`` as one of A."""
    idx = np.array(idx, dtype="int64") if isinstance(idx, list) else idx

    def mut_add(A: Any) -> Any:
        np.add.at(A, idx, x)
        return A

    return SparseObject(vs, mut_add)


__getattr__ = refused.lookup(__name__)
