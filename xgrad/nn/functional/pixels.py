"""Channels as pixels and pixels as channels; patches as columns and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from .windows import Window, batched, each_axis
from .windows import fold as _fold
from .windows import unfold as _unfold

Size = int | Sequence[int]


def _images(input: Any, function: str) -> None:
    if len(input.shape) < 3:
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)}; expected (..., channels, height, "
            "width)"
        )


@as_given
def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """Return images whose pixels are taken from the channels: Shi et al., arXiv:1609.05158.

    Args:
        input: of shape ``(..., channels r^2, height, width)``.
        upscale_factor: the factor r.

    Returns:
        An array of shape ``(..., channels, height r, width r)``.

    Raises:
        ValueError: if the channels are no multiple of the squared factor.
    """
    _images(input, "pixel_shuffle")
    *lead, c, h, w = input.shape
    r = upscale_factor
    if r < 1 or c % (r * r):
        raise ValueError(
            f"pixel_shuffle: upscale_factor is {r}; expected its square to divide {c} channels"
        )
    parts = xg.reshape(input, (-1, c // (r * r), r, r, h, w))
    return xg.reshape(
        xg.permute_dims(parts, (0, 1, 4, 2, 5, 3)), (*lead, c // (r * r), h * r, w * r)
    )


@as_given
def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    """Return images whose pixels have become channels, the inverse of `pixel_shuffle`.

    Args:
        input: of shape ``(..., channels, height r, width r)``.
        downscale_factor: the factor r.

    Returns:
        An array of shape ``(..., channels r^2, height, width)``.

    Raises:
        ValueError: if the factor does not divide both lengths.
    """
    _images(input, "pixel_unshuffle")
    *lead, c, h, w = input.shape
    r = downscale_factor
    if r < 1 or h % r or w % r:
        raise ValueError(
            f"pixel_unshuffle: downscale_factor is {r}; expected a divisor of {h} and {w}"
        )
    parts = xg.reshape(input, (-1, c, h // r, r, w // r, r))
    return xg.reshape(
        xg.permute_dims(parts, (0, 1, 3, 5, 2, 4)), (*lead, c * r * r, h // r, w // r)
    )


@as_given
def channel_shuffle(input: Array, groups: int) -> Array:
    """Return the channels of several groups, one of each in turn: arXiv:1707.01083.

    Args:
        input: of shape ``(batch, channels, ...)``.
        groups: how many groups there are.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if the channels do not form so many groups.
    """
    channels = input.shape[1] if len(input.shape) > 1 else 0
    if groups < 1 or channels % groups:
        raise ValueError(
            f"channel_shuffle: groups is {groups}; expected a divisor of the channels of an input "
            f"of shape {tuple(input.shape)}"
        )
    parts = xg.reshape(input, (input.shape[0], groups, channels // groups, *input.shape[2:]))
    return xg.reshape(xg.swapaxes(parts, 1, 2), tuple(input.shape))


def _patches(
    function: str, spatial: tuple[int, ...], size: Size, dilation: Size, padding: Size, stride: Size
) -> tuple[Window, tuple[int, int]]:
    """Return the window of patches, and the padding."""
    k, d, p, s = (
        each_axis(value, 2, function, name, least)
        for value, name, least in (
            (size, "kernel_size", 1),
            (dilation, "dilation", 1),
            (padding, "padding", 0),
            (stride, "stride", 1),
        )
    )
    places = []
    for n, ki, di, pi, si in zip(spatial, k, d, p, s, strict=True):
        rest = n + 2 * pi - di * (ki - 1) - 1
        if rest < 0:
            raise ValueError(
                f"{function}: patches of {k} with dilation {d} do not fit into the spatial shape "
                f"{spatial} padded by {p}"
            )
        places.append(rest // si + 1)
    return Window(k, s, d, tuple(places)), (p[0], p[1])


@as_given
def unfold(
    input: Array, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Array:
    """Return the patches of images as columns.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        kernel_size: the lengths of a patch, for both axes or one for each.
        dilation: how far apart its elements are.
        padding: how many zeros are added at both ends of each axis.
        stride: how far apart the patches are.

    Returns:
        An array of shape ``(batch, channels * kernel, patches)``.
    """
    x, alone = batched(input, 2, "unfold")
    window, (p, q) = _patches("unfold", tuple(x.shape[2:]), kernel_size, dilation, padding, stride)
    if p or q:
        x = xg.pad(x, [(0, 0), (0, 0), (p, p), (q, q)])
    rows = x.shape[1] * math.prod(window.size)
    out = xg.reshape(_unfold(x, window=window), (x.shape[0], rows, math.prod(window.places)))
    return xg.squeeze(out, axis=0) if alone else out


@as_given
def fold(
    input: Array,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Array:
    """Return the images in which columns are patches that are added up, the transpose of `unfold`.

    Args:
        input: of shape ``(batch, channels * kernel, patches)``, or without the batch.
        output_size: the spatial lengths of the images.
        kernel_size: the lengths of a patch.
        dilation: how far apart its elements are.
        padding: how many elements are cut off at both ends of each axis.
        stride: how far apart the patches are.

    Returns:
        An array of shape ``(batch, channels, *output_size)``.

    Raises:
        ValueError: if the input does not have the rows and columns of such patches.
    """
    shape = each_axis(output_size, 2, "fold", "output_size", 1)
    window, (p, q) = _patches("fold", shape, kernel_size, dilation, padding, stride)
    alone = len(input.shape) == 2
    x = xg.expand_dims(input, axis=0) if alone else input
    kernel, places = math.prod(window.size), math.prod(window.places)
    if len(x.shape) != 3 or x.shape[1] % kernel or x.shape[2] != places:
        raise ValueError(
            f"fold: input has shape {tuple(input.shape)}; expected (batch, a multiple of {kernel}, "
            f"{places}) for patches of {window.size} in {shape}"
        )
    x = xg.reshape(x, (x.shape[0], x.shape[1] // kernel, kernel, *window.places))
    h, w = shape
    out = _fold(x, window=window, shape=(h + 2 * p, w + 2 * q))
    if p or q:
        out = out[:, :, p : p + h, q : q + w]
    return xg.squeeze(out, axis=0) if alone else out
