"""Modules that only move elements: borders, sizes, pixels, axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xgrad as xg

from ..random import Generator
from . import functional as F
from .applied import Applied
from .module import Module, static

Size = int | Sequence[int]


@dataclass(init=False, repr=False, eq=False)
class Identity(Module):
    """The input itself.

    Args:
        *args: accepted, so that it may stand for any layer.
        **kwargs: likewise.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input."""
        return input


@dataclass(repr=False, eq=False)
class Flatten(Module):
    """Several axes made one.

    Args:
        start_dim: the first of them.
        end_dim: the last of them.
    """

    start_dim: int = static(default=1)
    end_dim: int = static(default=-1)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input, by default of shape ``(batch, -1)``."""
        ndim = len(input.shape)
        first, last = self.start_dim % max(ndim, 1), self.end_dim % max(ndim, 1)
        if not -ndim <= self.start_dim < ndim or not -ndim <= self.end_dim < ndim or first > last:
            raise ValueError(
                f"Flatten: axes {self.start_dim} to {self.end_dim} of an input of shape "
                f"{tuple(input.shape)}; expected two of its axes, in order"
            )
        shape = tuple(input.shape)
        return xg.reshape(
            input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])
        )


@dataclass(repr=False, eq=False)
class Unflatten(Module):
    """An axis made several.

    Args:
        dim: the axis.
        unflattened_size: their lengths, one of which may be -1.
    """

    dim: int = static()
    unflattened_size: Sequence[int] = static()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unflattened_size = tuple(self.unflattened_size)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input with more axes."""
        at, shape = self.dim % len(input.shape), tuple(input.shape)
        known = math.prod(n for n in self.unflattened_size if n != -1)
        sizes = tuple(shape[at] // known if n == -1 else n for n in self.unflattened_size)
        if self.unflattened_size.count(-1) > 1 or math.prod(sizes) != shape[at]:
            raise ValueError(
                f"Unflatten: axis {self.dim} of shape {shape} does not make {self.unflattened_size}"
            )
        return xg.reshape(input, (*shape[:at], *sizes, *shape[at + 1 :]))


@dataclass(repr=False, eq=False)
class Upsample(Applied):
    """Images of another size, interpolated; see `functional.interpolate`.

    Args:
        size: the new spatial lengths, one for all or one for each axis.
        scale_factor: in place of `size` by what factors the lengths grow.
        mode: how, as ``"bilinear"``.
        align_corners: whether the centres of the corner pixels stay where they are.
        recompute_scale_factor: whether the factors of the rounded lengths are computed
            with.
    """

    function = staticmethod(F.interpolate)
    size: Any = static(default=None)
    scale_factor: Any = static(default=None)
    mode: str = static(default="nearest")
    align_corners: bool | None = static(default=None)
    recompute_scale_factor: bool | None = static(default=None)


@dataclass(repr=False, eq=False)
class UpsamplingNearest2d(Applied):
    """Images of another size, of the nearest pixels.

    Args:
        size: the new spatial lengths, one for all or one for each axis.
        scale_factor: in place of `size` by what factors the lengths grow.
    """

    function = staticmethod(F.upsample_nearest)
    size: Any = static(default=None)
    scale_factor: Any = static(default=None)


@dataclass(repr=False, eq=False)
class UpsamplingBilinear2d(Applied):
    """Images of another size, bilinear, with the corner pixels where they are.

    Args:
        size: the new spatial lengths, one for all or one for each axis.
        scale_factor: in place of `size` by what factors the lengths grow.
    """

    function = staticmethod(F.upsample_bilinear)
    size: Any = static(default=None)
    scale_factor: Any = static(default=None)


@dataclass(repr=False, eq=False)
class PixelShuffle(Applied):
    """Channels as pixels: arXiv:1609.05158.

    Args:
        upscale_factor: by what factor both lengths grow.
    """

    function = staticmethod(F.pixel_shuffle)
    upscale_factor: int = static()


@dataclass(repr=False, eq=False)
class PixelUnshuffle(Applied):
    """Pixels as channels, the inverse of `PixelShuffle`.

    Args:
        downscale_factor: by what factor both lengths shrink.
    """

    function = staticmethod(F.pixel_unshuffle)
    downscale_factor: int = static()


@dataclass(repr=False, eq=False)
class ChannelShuffle(Applied):
    """The channels of several groups, one of each in turn: arXiv:1707.01083.

    Args:
        groups: how many groups there are.
    """

    function = staticmethod(F.channel_shuffle)
    groups: int = static()


@dataclass(repr=False, eq=False)
class Unfold(Applied):
    """The patches of images as columns.

    Args:
        kernel_size: the lengths of a patch.
        dilation: how far apart its elements are.
        padding: how many zeros are added at both ends of each axis.
        stride: how far apart the patches are.
    """

    function = staticmethod(F.unfold)
    kernel_size: Size = static()
    dilation: Size = static(default=1)
    padding: Size = static(default=0)
    stride: Size = static(default=1)


@dataclass(repr=False, eq=False)
class Fold(Applied):
    """Columns as patches of images that are added up, the transpose of `Unfold`.

    Args:
        output_size: the spatial lengths of the images.
        kernel_size: the lengths of a patch.
        dilation: how far apart its elements are.
        padding: how many zeros are added at both ends of each axis.
        stride: how far apart the patches are.
    """

    function = staticmethod(F.fold)
    output_size: Size = static()
    kernel_size: Size = static()
    dilation: Size = static(default=1)
    padding: Size = static(default=0)
    stride: Size = static(default=1)
