"""Pooling to a length that is asked for: means and maxima of parts as equal as possible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from ...engine.plain import integers
from ...ops.beside import placed
from .maxima_of_parts import Parts, largest_of_parts
from .means import Means, averaged
from .pool_kernels import ready
from .windows import Shape, batched

Size = int | Sequence[int]


def _adaptive(ndim: int, input: Any, output_size: Any, function: str, is_mean: bool) -> Any:
    """Reduce each spatial axis to a length, by parts as equal as possible that may overlap."""
    sizes = integers(output_size)
    given = sizes if isinstance(sizes, tuple) else (sizes,) * ndim
    if len(given) != ndim or len(input.shape) not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"{function}: got an input of shape {tuple(input.shape)} and output_size "
            f"{output_size}; expected {ndim} spatial axes, and one length or {ndim}"
        )
    x, alone = batched(input, ndim, function)
    places = tuple([n if m is None else m for m, n in zip(given, x.shape[2:], strict=True)])
    if min(places) < 1 and places != tuple(x.shape[2:]):
        raise ValueError(f"{function}: output_size is {output_size}; expected positive numbers")
    plainly = partial(_means_of_parts if is_mean else _maxima_of_parts, places=places)
    if not ready(x):
        out = plainly(x)
    elif is_mean:
        out = averaged(x, means=Means((None,) * ndim, places, None, plainly))
    else:
        out = largest_of_parts(x, parts=Parts(places, plainly))
    return xg.squeeze(out, axis=0) if alone else out


def _bounds(n: int, m: int) -> list[tuple[int, int]]:
    """Return where each part of an axis begins and ends."""
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def _means_of_parts(x: Any, places: Shape) -> Any:
    for axis, m in enumerate(places, 2):
        n, lead = x.shape[axis], (slice(None),) * axis
        if n == m:
            continue
        if n % m == 0:
            x = xg.mean(_divided(x, axis, m), axis=axis + 1)
            continue
        parts = [x[(*lead, slice(*bounds))] for bounds in _bounds(n, m)]
        x = xg.stack([xg.mean(part, axis=axis) for part in parts], axis=axis)
    return x


def _maxima_of_parts(x: Any, places: Shape) -> Any:
    """Take the maxima over all axes of a part at once: equal ones share the derivative equally."""
    uneven = [n % m != 0 for n, m in zip(x.shape[2:], places, strict=True)]
    if any(uneven):
        least = -math.inf if xg.isdtype(x.dtype, "real floating") else xg.iinfo(x.dtype).min
        x = xg.pad(x, [(0, 0), (0, 0), *[(0, int(u)) for u in uneven]], constant_values=least)
    axis = 2
    for m, is_uneven in zip(places, uneven, strict=True):
        n = x.shape[axis]
        if is_uneven:  # shorter parts end with what is least
            bounds = _bounds(n - 1, m)
            length = max(j - i for i, j in bounds)
            at = [i + k if i + k < j else n - 1 for i, j in bounds for k in range(length)]
            x = xg.take(x, placed(x, at, np.int64), axis=axis)
        x = _divided(x, axis, m)
        axis += 2
    return xg.max(x, axis=tuple(range(3, axis, 2)))


def _divided(x: Any, axis: int, m: int) -> Any:
    """Return an array with an axis in two: equal parts, and what is in them."""
    n = x.shape[axis]
    return xg.reshape(x, (*x.shape[:axis], m, n // m, *x.shape[axis + 1 :]))


@as_given
def adaptive_avg_pool1d(input: Array, output_size: int | None) -> Array:
    """Return means of parts of the last axis, as many as asked for.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        output_size: how many parts; None leaves the axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n.
    """
    return _adaptive(1, input, output_size, "adaptive_avg_pool1d", True)


@as_given
def adaptive_avg_pool2d(input: Array, output_size: Size | None) -> Array:
    """Return means of parts of the last two axes, as many as asked for.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        output_size: how many parts, for both axes or one number for each; None leaves an axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n.
    """
    return _adaptive(2, input, output_size, "adaptive_avg_pool2d", True)


@as_given
def adaptive_avg_pool3d(input: Array, output_size: Size | None) -> Array:
    """Return means of parts of the last three axes, as many as asked for.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        output_size: how many parts, for all axes or one number for each; None leaves an axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n.
    """
    return _adaptive(3, input, output_size, "adaptive_avg_pool3d", True)


@as_given
def adaptive_max_pool1d(input: Array, output_size: int | None) -> Array:
    """Return maxima of parts of the last axis, as many as asked for.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        output_size: how many parts; None leaves the axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n. Elements that attain a maximum together
        share its derivative equally.
    """
    return _adaptive(1, input, output_size, "adaptive_max_pool1d", False)


@as_given
def adaptive_max_pool2d(input: Array, output_size: Size | None) -> Array:
    """Return maxima of parts of the last two axes, as many as asked for.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        output_size: how many parts, for both axes or one number for each; None leaves an axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n. Elements that attain a maximum together
        share its derivative equally.
    """
    return _adaptive(2, input, output_size, "adaptive_max_pool2d", False)


@as_given
def adaptive_max_pool3d(input: Array, output_size: Size | None) -> Array:
    """Return maxima of parts of the last three axes, as many as asked for.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        output_size: how many parts, for all axes or one number for each; None leaves an axis.

    Returns:
        An array with the lengths asked for in place of the last ones. Part i of m goes from
        ``floor(i n / m)`` to ``ceil((i + 1) n / m)`` of n. Elements that attain a maximum together
        share its derivative equally.
    """
    return _adaptive(3, input, output_size, "adaptive_max_pool3d", False)
