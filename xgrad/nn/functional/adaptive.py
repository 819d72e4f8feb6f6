"""Pooling to a length that is asked for: means and maxima of parts as equal as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from ...engine.plain import integers
from .means import Means, averaged
from .pool_kernels import ready
from .windows import Shape, batched

Size = int | Sequence[int]


def _adaptive(ndim: int, input: Any, output_size: Any, function: str, reduce: Any) -> Any:
    """Reduce each spatial axis to a length, by parts as equal as possible that may overlap."""
    sizes = integers(output_size)
    given = sizes if isinstance(sizes, tuple) else (sizes,) * ndim
    if len(given) != ndim or len(input.shape) not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"{function}: got an input of shape {tuple(input.shape)} and output_size "
            f"{output_size}; expected {ndim} spatial axes, and one length or {ndim}"
        )
    if reduce is xg.mean and ready(input):
        return _means_of_parts(ndim, input, given, function)
    first = len(input.shape) - ndim
    for axis, m in enumerate(given, first):
        if m is None or m == input.shape[axis]:
            continue
        if m < 1:
            raise ValueError(f"{function}: output_size is {output_size}; expected positive numbers")
        input = _reduced(input, axis, m, reduce)
    return input


def _reduced(x: Any, axis: int, m: int, reduce: Any) -> Any:
    """Reduce the parts of one axis."""
    n = x.shape[axis]
    if n % m == 0:
        shape = (*x.shape[:axis], m, n // m, *x.shape[axis + 1 :])
        return reduce(xg.reshape(x, shape), axis=axis + 1)
    lead = (slice(None),) * axis
    parts = [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]
    return xg.stack([reduce(x[(*lead, slice(i, j))], axis=axis) for i, j in parts], axis=axis)


def _means_of_parts(ndim: int, input: Any, given: Shape, function: str) -> Any:
    """Return the same of means, all axes at once."""
    x, alone = batched(input, ndim, function)
    shape = tuple(x.shape[2:])
    places = tuple([n if m is None else m for m, n in zip(given, shape, strict=True)])
    if min(places) < 1:
        raise ValueError(f"{function}: output_size is {given}; expected positive numbers")

    def plainly(x: Any) -> Any:
        for axis in range(ndim):
            x = _reduced(x, axis + 2, places[axis], xg.mean)
        return x

    out = averaged(x, means=Means((None,) * ndim, places, None, plainly))
    return xg.squeeze(out, axis=0) if alone else out


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
    return _adaptive(1, input, output_size, "adaptive_avg_pool1d", xg.mean)


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
    return _adaptive(2, input, output_size, "adaptive_avg_pool2d", xg.mean)


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
    return _adaptive(3, input, output_size, "adaptive_avg_pool3d", xg.mean)


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
    return _adaptive(1, input, output_size, "adaptive_max_pool1d", xg.max)


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
    return _adaptive(2, input, output_size, "adaptive_max_pool2d", xg.max)


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
    return _adaptive(3, input, output_size, "adaptive_max_pool3d", xg.max)
