"""Where functions of several variables are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

__all__ = ["places", "unit_of"]


def places(xi: Any, ndim: int, name: str) -> tuple[Any, Any]:
    """Return points as rows, and the shape of the result: of one point, or several, one axis."""
    is_tuple = isinstance(xi, tuple)
    if is_tuple:
        parts = [xgrad.asarray(v) for v in xi]
        shape = np.broadcast_shapes(*[p.shape for p in parts])
        xi = xgrad.stack([xgrad.broadcast_to(p, shape) for p in parts], axis=-1)
    xi = xgrad.asarray(xi)
    if not is_tuple and xi.ndim == 1 and xi.shape[0] % ndim == 0:
        xi = xgrad.reshape(xi, (-1, ndim))
    if not xi.ndim or xi.shape[-1] != ndim:
        raise ValueError(f"{name}: xi has shape {xi.shape}; expected (..., {ndim})")
    return xgrad.reshape(xi, (-1, ndim)), tuple(xi.shape[:-1])


def unit_of(points: Any, rescale: bool) -> Any:
    """Return a function that scales points to the unit cube of some, if it is asked to."""
    if not rescale:
        return lambda x: x
    middle, width = points.mean(axis=0), np.ptp(points, axis=0)
    width = np.where(width > 0, width, 1.0)
    return lambda x: (x - middle) / width
