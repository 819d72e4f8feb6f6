"""Filters and statistics of a user's own function."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import only, twin
from .filters import per_axis
from .measurements import _regions, _shaped

__all__ = ["generic_gradient_magnitude", "generic_laplace", "labeled_comprehension"]


def _along_each(f: Any, x: Any, mode: Any, cval: float, args: Any, options: Any, axes: Any) -> Any:
    """Return what a filter of one axis gives along each, as ``f(x, axis, output, mode, cval)``."""
    along = list(range(x.ndim)) if axes is None else per_axis(axes, 1)
    modes = per_axis(mode, len(along))
    more = options or {}
    return [f(x, a, None, m, cval, *args, **more) for a, m in zip(along, modes, strict=True)]


@twin("ndimage")
def generic_laplace(
    input: Any, derivative2: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    extra_arguments: Any = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the sum of second derivatives along the axes; see ``scipy.ndimage``."""
    x = xgrad.asarray(input)
    parts = _along_each(derivative2, x, mode, cval, extra_arguments, extra_keywords, axes)
    return sum(parts[1:], parts[0]) if parts else x


@twin("ndimage")
def generic_gradient_magnitude(
    input: Any, derivative: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    extra_arguments: Any = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the length of the derivatives along the axes; see ``scipy.ndimage``."""
    x = xgrad.asarray(input)
    parts = _along_each(derivative, x, mode, cval, extra_arguments, extra_keywords, axes)
    return xgrad.sqrt(sum((p * p for p in parts[1:]), parts[0] * parts[0])) if parts else x


@twin("ndimage")
def labeled_comprehension(
    input: Any, labels: Any, index: Any, func: Any, out_dtype: Any, default: Any,
    pass_positions: bool = False,
) -> Any:  # fmt: skip
    """Return what a function gives of the elements of each region; see ``scipy.ndimage``."""
    only("labeled_comprehension", pass_positions=(pass_positions, False))
    values, group, count, single = _regions(
        "labeled_comprehension", xgrad.asarray(input), labels, index
    )
    found = []
    for i in range(count):
        where = np.flatnonzero(group == i)
        part = func(xgrad.take(values, xgrad.asarray(where))) if len(where) else default
        found.append(xgrad.astype(xgrad.asarray(part), np.dtype(out_dtype)))
    return _shaped(xgrad.stack(found), index, single)
