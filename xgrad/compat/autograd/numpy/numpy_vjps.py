"""Helpers of rules of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..border import dtype_of, is_complex


def unbroadcast(x: Any, target_meta: tuple[Any, ...], broadcast_idx: int = 0) -> Any:
    """Return a cotangent summed over the axes along which its argument was broadcast.

    `target_meta` is what ``metadata(argument)`` gives.
    """
    shape, ndim, _, complex_target = target_meta
    while np.ndim(x) > ndim:
        x = xgrad.sum(x, axis=broadcast_idx)
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(x)[i] != 1)
    if axes:
        x = xgrad.sum(x, axis=axes, keepdims=True)
    return xgrad.real(x) if is_complex(x) and not complex_target else x


def metadata(x: Any) -> tuple[Any, ...]:
    """Return the shape, number of axes, dtype and complexness of an array or number."""
    return np.shape(x), np.ndim(x), dtype_of(x), is_complex(x)


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a vjp whose cotangents are summed to the shape of its argument."""
    target_meta = metadata(target)
    return lambda g: unbroadcast(f(g), target_meta)
