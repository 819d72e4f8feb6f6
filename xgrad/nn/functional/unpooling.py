"""The inverse of pooling by the maximum, norms as pools, and response normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...ops.halves import in_single
from .checks import counted
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d
from .windows import batched, each_axis

Size = int | Sequence[int]


def _unpooled(
    ndim: int,
    input: Any,
    indices: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    output_size: Sequence[int] | None,
) -> Any:
    function = f"max_unpool{ndim}d"
    if tuple(input.shape) != tuple(indices.shape):
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)} and indices "
            f"{tuple(indices.shape)}; expected the same shape"
        )
    x, alone = batched(input, ndim, function)
    size = each_axis(kernel_size, ndim, function, "kernel_size", 1)
    step = size if stride is None else each_axis(stride, ndim, function, "stride", 1)
    pads = each_axis(padding, ndim, function, "padding", 0)
    lengths = zip(x.shape[2:], size, step, pads, strict=True)
    spatial = tuple((n - 1) * s - 2 * p + k for n, k, s, p in lengths)
    if output_size is not None:
        spatial = tuple(int(n) for n in output_size[-ndim:])
    planes, whole = x.shape[0] * x.shape[1], math.prod(spatial)
    flat = xg.reshape(indices, (planes, math.prod(x.shape[2:])))
    rows = xg.reshape(counted(flat, planes), (-1, 1))
    empty = xg.zeros_like(xg.broadcast_to(xg.reshape(x, (-1,))[:1] * 0.0, (planes * whole,)))
    out = xg.index_set(empty, xg.reshape(rows * whole + flat, (-1,)), xg.reshape(x, (-1,)))
    out = xg.reshape(out, (*x.shape[:2], *spatial))
    return xg.squeeze(out, axis=0) if alone else out


@as_given
def max_unpool1d(
    input: Array,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Return zeros with the maxima of `max_pool1d` where they came from.

    Args:
        input: maxima, of shape ``(batch, channels, length)``, or without the batch.
        indices: where they were, as `max_pool1d` returns it with ``return_indices=True``.
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
        output_size: the lengths of the result, since several give the same number of maxima; its
            last 1 numbers count.

    Returns:
        An array of the input's batch and channels.
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


@as_given
def max_unpool2d(
    input: Array,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Return zeros with the maxima of `max_pool2d` where they came from.

    Args:
        input: maxima, of shape ``(batch, channels, height, width)``, or without the batch.
        indices: where they were, as `max_pool2d` returns it with ``return_indices=True``.
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
        output_size: the lengths of the result, since several give the same number of maxima; its
            last 2 numbers count.

    Returns:
        An array of the input's batch and channels.
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


@as_given
def max_unpool3d(
    input: Array,
    indices: AnyArray,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Return zeros with the maxima of `max_pool3d` where they came from.

    Args:
        input: maxima, of shape ``(batch, channels, depth, height, width)``, or without the batch.
        indices: where they were, as `max_pool3d` returns it with ``return_indices=True``.
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
        output_size: the lengths of the result, since several give the same number of maxima; its
            last 3 numbers count.

    Returns:
        An array of the input's batch and channels.
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


def _lp_pool(x: Any, norm_type: float, mean: Any, places: int) -> Any:
    """Return norms from a function of means over windows."""
    power = xg.square(x) if norm_type == 2 else x**norm_type
    return (mean(power) * places) ** (1 / norm_type)


@as_given
@in_single
def lp_pool1d(
    input: Array,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Array:
    """Return ``(sum of x^p) ^ (1 / p)`` of each window.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        norm_type: the p; with an odd one, or one that is no integer, sums of negative numbers
            have no root.
        kernel_size: the window's lengths.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.

    Returns:
        An array of the input's batch and channels, with a place for each window.
    """
    places = math.prod(each_axis(kernel_size, 1, "lp_pool1d", "kernel_size", 1))
    return _lp_pool(
        input,
        norm_type,
        lambda x: avg_pool1d(x, kernel_size, stride, 0, ceil_mode),
        places,
    )


@as_given
@in_single
def lp_pool2d(
    input: Array,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Array:
    """Return ``(sum of x^p) ^ (1 / p)`` of each window.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        norm_type: the p; with an odd one, or one that is no integer, sums of negative numbers
            have no root.
        kernel_size: the window's lengths.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.

    Returns:
        An array of the input's batch and channels, with a place for each window.
    """
    places = math.prod(each_axis(kernel_size, 2, "lp_pool2d", "kernel_size", 1))
    return _lp_pool(
        input,
        norm_type,
        lambda x: avg_pool2d(x, kernel_size, stride, 0, ceil_mode),
        places,
    )


@as_given
@in_single
def lp_pool3d(
    input: Array,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Array:
    """Return ``(sum of x^p) ^ (1 / p)`` of each window.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        norm_type: the p; with an odd one, or one that is no integer, sums of negative numbers
            have no root.
        kernel_size: the window's lengths.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.

    Returns:
        An array of the input's batch and channels, with a place for each window.
    """
    places = math.prod(each_axis(kernel_size, 3, "lp_pool3d", "kernel_size", 1))
    return _lp_pool(
        input,
        norm_type,
        lambda x: avg_pool3d(x, kernel_size, stride, 0, ceil_mode),
        places,
    )


@as_given
@in_single
def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Divide each channel by a power of its neighbours' mean square: Krizhevsky et al. (2012).

    Args:
        input: of shape ``(batch, channels, ...)`` with one more axis at least.
        size: how many neighbouring channels count.
        alpha: the factor of the mean square.
        beta: the exponent.
        k: is added before the power.

    Returns:
        ``x / (k + alpha mean(x^2))^beta``, of the shape of the input; channels beyond the first and
        the last one count as zeros.

    Raises:
        ValueError: if the input has less than three axes, or `size` is not positive.
    """
    if len(input.shape) < 3 or size < 1:
        raise ValueError(
            f"local_response_norm: input has shape {tuple(input.shape)} and size is {size}; "
            "expected (batch, channels, ...) with at least 3 axes, and a positive number"
        )
    channels = input.shape[1]
    widths = [(0, 0)] * len(input.shape)
    widths[1] = (size // 2, (size - 1) // 2)
    squares = xg.pad(xg.square(input), widths)
    total = squares[:, :channels, ...]
    for i in range(1, size):
        total = total + squares[:, i : i + channels, ...]
    return input / (k + (alpha / size) * total) ** beta
