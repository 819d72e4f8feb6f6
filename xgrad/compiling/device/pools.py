"""Maxima and means of windows, and what walks make of them, as one kernel each on a device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...backends import backend_of_type
from .pool_text import KERNELS, Axis, Slide, recounts, text
from .prelude import PRELUDE

__all__ = ["KERNELS", "Slide", "pooled", "recounts", "text"]

_launches: dict[Any, Any] = {}
MOST = 1024
"""So many launches are kept."""


def pooled(
    name: str,
    arrays: Sequence[Any],
    axes: tuple[Axis, ...],
    places: tuple[int, ...],
    shape: tuple[int, ...],
    divisor: float | None = None,
) -> Any:
    """Launch a kernel on raw arrays of ``(batch, channels, *spatial)``, and return its result.

    Args:
        name: one of `KERNELS`.
        arrays: what it reads.
        axes: how the window moves.
        places: how many places it has along each axis.
        shape: the lengths of the axes.
        divisor: what a mean is divided by instead.
    """
    backend: Any = backend_of_type(type(arrays[0]))
    _, _, per, gives = KERNELS[name]
    like = arrays[-1].dtype
    dtype = {"": like, "long long": np.dtype(np.int64)}.get(gives)
    if dtype is None:
        dtype = np.dtype(np.float64 if like.name == "float64" else np.float32)
    lead = tuple(arrays[0].shape[:2])
    out = backend.xp.empty((*lead, *(places if per == "places" else shape)), dtype=dtype)
    count = math.prod(out.shape)
    if not count:
        return out
    long = max(count, *[math.prod(x.shape) for x in arrays]) >= 2**31 - 2**20
    key = backend.kernels, name, like.name, axes, divisor, long, count
    launch = _launches.get(key)
    if launch is None:
        if len(_launches) >= MOST:
            _launches.clear()
        source = f"{PRELUDE}KERNEL pools{text(name, like.name, axes, divisor, long)}"
        launch = _launches[key] = backend.kernels.launcher(source, "pools", 0, count)
    launch(out, *[backend.kernels.flat(x) for x in arrays], *shape, *places, count)
    return out
