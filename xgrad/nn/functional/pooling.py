"""Pooling: the largest, or the mean, of what a window sees in each channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from ...ops.halves import in_single
from .checks import counted, made_like
from .maxima import first_largest, largest
from .means import Means, averaged
from .pool_kernels import ready
from .windows import Shape, Window, batched, each_axis, unfold

Size = int | Sequence[int]


def _window(
    function: str,
    shape: Shape,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
) -> tuple[Window, list[tuple[int, int]], Shape]:
    """Return the window, how much to pad before and after each axis, and the padding asked for."""
    ndim = len(shape)
    size = each_axis(kernel_size, ndim, function, "kernel_size", 1)
    stride = size if stride is None else each_axis(stride, ndim, function, "stride", 1)
    padding = each_axis(padding, ndim, function, "padding", 0)
    dilation = each_axis(dilation, ndim, function, "dilation", 1)
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise ValueError(
            f"{function}: padding is {padding}; expected at most half of the kernel, {size}"
        )
    count, borders = [], []
    for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True):
        rest = n + 2 * p - d * (k - 1) - 1
        if rest < 0:
            raise ValueError(
                f"{function}: the window of {size} does not fit into the spatial shape {shape} "
                f"padded by {padding}"
            )
        places = (-(-rest // s) if ceil_mode else rest // s) + 1
        if ceil_mode and (places - 1) * s >= n + p:  # a window must not start in the padding
            places -= 1
        count.append(places)
        more = (places - 1) * s + d * (k - 1) + 1 - n - p
        borders.append((p, max(p, more)))
    return Window(size, stride, dilation, tuple(count)), borders, padding


def _max_pool(
    ndim: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    function = f"max_pool{ndim}d"
    x, alone = batched(input, ndim, function)
    spatial = tuple(x.shape[2:])
    window, borders, padded = _window(
        function, spatial, kernel_size, stride, padding, dilation, ceil_mode
    )
    by_kernel = ready(x)
    if by_kernel:  # which makes no border
        window = window._replace(before=padded)
    elif any(map(any, borders)):
        x = xg.pad(x, [(0, 0), (0, 0), *borders], constant_values=-math.inf)
    outs: tuple[Any, ...] = (largest(x, window=window),)
    if return_indices:
        places = (
            first_largest(x, window=window) if by_kernel else _places(x, window, spatial, padded)
        )
        outs = (*outs, places)
    outs = tuple(xg.squeeze(y, axis=0) for y in outs) if alone else outs
    return outs if return_indices else outs[0]


def _places(x: Any, window: Window, spatial: Shape, padding: Shape) -> Any:
    """Return where the first maximum of each window is, counted through the spatial axes."""
    best = xg.argmax(unfold(xg.stop_gradient(x), window=window), axis=2)
    index: Any = 0
    for axis, (n, p) in enumerate(zip(spatial, padding, strict=True)):
        inner = math.prod(window.size[axis + 1 :])
        step = (best // inner) % window.size[axis] * window.dilation[axis]
        start = counted(best, window.places[axis]) * window.stride[axis] - p
        at = xg.reshape(start, (-1, *(1,) * (len(spatial) - axis - 1))) + step
        index = index * n + xg.clip(at, 0, n - 1)
    return index


@as_given
def max_pool1d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window along the last axis.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        kernel_size: the window's lengths, for the one axis.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        ceil_mode: whether a last window that sticks out counts.
        return_indices: whether to return, too, where the first maximum of each window is, counted
            through the spatial axes.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - dilation (kernel - 1) - 1) // stride + 1``. Elements that attain a
        maximum together share its derivative equally. With `return_indices` a pair.
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@as_given
def max_pool2d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window along the last two axes.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        kernel_size: the window's lengths, for both axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        ceil_mode: whether a last window that sticks out counts.
        return_indices: whether to return, too, where the first maximum of each window is, counted
            through the spatial axes.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - dilation (kernel - 1) - 1) // stride + 1``. Elements that attain a
        maximum together share its derivative equally. With `return_indices` a pair.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@as_given
def max_pool3d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of each window along the last three axes.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        kernel_size: the window's lengths, for all three axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        ceil_mode: whether a last window that sticks out counts.
        return_indices: whether to return, too, where the first maximum of each window is, counted
            through the spatial axes.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - dilation (kernel - 1) - 1) // stride + 1``. Elements that attain a
        maximum together share its derivative equally. With `return_indices` a pair.
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _avg_pool(
    input: Any,
    ndim: int,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    function = f"avg_pool{ndim}d"
    x, alone = batched(input, ndim, function)
    shape = tuple(x.shape[2:])
    window, borders, padding = _window(function, shape, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise ValueError(f"{function}: divisor_override is 0; expected another number")
    # how many elements each window holds, which differs only where it sticks out
    held = []
    for n, p, k, s, m in zip(shape, padding, *window[:2], window.places, strict=True):
        first, last = (-p, n + p) if count_include_pad else (0, n)
        starts = [i * s - p for i in range(m)]
        held.append([min(i + k, last) - max(i, first) for i in starts])
    plainly = partial(_means, window=window, borders=borders, held=held, divisor=divisor_override)
    if ready(x):
        counted = "borders" if count_include_pad else "inside"
        axes = [
            (k, s, p, "size" if set(h) == {k} else counted)
            for k, s, p, h in zip(*window[:2], padding, held, strict=True)
        ]
        out = averaged(x, means=Means(tuple(axes), window.places, divisor_override, plainly))
    else:
        out = plainly(x)
    return xg.squeeze(out, axis=0) if alone else out


@in_single
def _means(x: Any, *, window: Window, borders: Any, held: Any, divisor: int | None) -> Any:
    """Return the mean of each window, or its sum divided by a number, op by op."""
    if any(map(any, borders)):
        x = xg.pad(x, [(0, 0), (0, 0), *borders])
    total = xg.sum(unfold(x, window=window), axis=2)
    if divisor is not None:
        return total / divisor
    for axis, (k, counts) in enumerate(zip(window.size, held, strict=True)):
        if set(counts) == {k}:
            total = total / k
        else:
            per_place = made_like(x, [1 / h for h in counts])
            total = total * xg.reshape(per_place, (-1,) + (1,) * (len(held) - 1 - axis))
    return total


@as_given
def avg_pool1d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Return the mean of each window along the last axis.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        kernel_size: the window's lengths, for the one axis.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - kernel) // stride + 1``.
    """
    return _avg_pool(input, 1, kernel_size, stride, padding, ceil_mode, count_include_pad)


@as_given
def avg_pool2d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Return the mean of each window along the last two axes.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        kernel_size: the window's lengths, for both axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: what to divide by in place of the number of elements.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - kernel) // stride + 1``.
    """
    return _avg_pool(
        input,
        2,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


@as_given
def avg_pool3d(
    input: Array,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Return the mean of each window along the last three axes.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        kernel_size: the window's lengths, for all three axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: what to divide by in place of the number of elements.

    Returns:
        An array of the input's batch and channels, with the spatial lengths
        ``(n + 2 padding - kernel) // stride + 1``.
    """
    return _avg_pool(
        input,
        3,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )
