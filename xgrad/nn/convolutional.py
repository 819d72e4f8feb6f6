"""Convolutional layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from .layers import fan_uniform
from .module import Module, generator, static

Size = int | Sequence[int]


@dataclass(init=False, repr=False, eq=False)
class _Conv(Module):
    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    dilation: Any = static()
    groups: int = static()

    ndim = 0

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
        weight_init: Callable[..., Any] | None = None,
    ) -> None:
        rng = generator(rng)
        name = type(self).__name__
        kernel = _kernel(kernel_size, self.ndim, name)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups is {groups}; expected a divisor of both "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        shape = (out_channels, in_channels // groups, *kernel)
        fan_in = math.prod(shape[1:])
        if weight_init is None:
            self.weight = fan_uniform(shape, fan_in, rng, dtype)
        else:
            self.weight = weight_init(shape, rng, dtype=dtype)
        self.bias = fan_uniform((out_channels,), fan_in, rng, dtype) if bias else None
        self.stride, self.dilation, self.groups = _plain(stride), _plain(dilation), groups
        self.padding = padding if isinstance(padding, str) else _plain(padding)

    def _checked(self, input: Any) -> None:
        channels = self.weight.shape[1] * self.groups
        if len(input.shape) not in (self.ndim + 1, self.ndim + 2) or (
            input.shape[-self.ndim - 1] != channels
        ):
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; expected "
                f"(batch, {channels} channels) and {self.ndim} spatial axes"
            )


def _plain(value: Size) -> Any:
    """Return a size that compares by value: an integer or a tuple."""
    return value if isinstance(value, int) else tuple(value)


def _kernel(kernel_size: Size, ndim: int, name: str) -> tuple[int, ...]:
    kernel = (kernel_size,) * ndim if isinstance(kernel_size, int) else tuple(kernel_size)
    if len(kernel) != ndim or min(kernel) < 1:
        raise ValueError(
            f"{name}: kernel_size is {kernel_size}; expected a positive integer, or {ndim} of them"
        )
    return kernel


@dataclass(init=False, repr=False, eq=False)
class Conv1d(_Conv):
    """Correlation of ``(batch, channels, length)`` with filters; see `functional.conv1d`.

    Args:
        in_channels: the channels of the input.
        out_channels: how many filters there are.
        kernel_size: the filters' lengths, for the one axis.
        stride: how far a filter moves, likewise.
        padding: how many zeros are added at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart a filter's elements are.
        groups: each filter sees only the channels of its own group.
        bias: whether there is one number for each filter that is added.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; float64 if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 1

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see."""
        self._checked(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class Conv2d(_Conv):
    """Correlation of ``(batch, channels, height, width)`` with filters; see `functional.conv2d`.

    Args:
        in_channels: the channels of the input.
        out_channels: how many filters there are.
        kernel_size: the filters' lengths, for both axes or one for each.
        stride: how far a filter moves, likewise.
        padding: how many zeros are added at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart a filter's elements are.
        groups: each filter sees only the channels of its own group.
        bias: whether there is one number for each filter that is added.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; float64 if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.

    >>> from xgrad import nn
    >>> nn.Conv2d(3, 16, 3, padding=1, rng=0)
    Conv2d(weight=16x3x3x3, bias=16, stride=1, padding=1, dilation=1, groups=1)  # 448 parameters
    """

    ndim = 2

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see in ``(batch, channels, height, width)``."""
        self._checked(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class Conv3d(_Conv):
    """Correlation of ``(batch, channels, depth, height, width)`` with filters.

    Args:
        in_channels: the channels of the input.
        out_channels: how many filters there are.
        kernel_size: the filters' lengths, for all three axes or one for each.
        stride: how far a filter moves, likewise.
        padding: how many zeros are added at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart a filter's elements are.
        groups: each filter sees only the channels of its own group.
        bias: whether there is one number for each filter that is added.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; float64 if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 3

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see."""
        self._checked(input)
        return F.conv3d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class ConvTranspose2d(Module):
    """The transpose of `Conv2d`: each input element lays down its filter, scaled.

    Args:
        in_channels: the channels of the input.
        out_channels: the channels of the result.
        kernel_size: the filters' lengths, for both axes or one for each.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        bias: whether there is one number for each channel of the result that is added.
        dilation: how far apart a filter's elements are.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; float64 if None.

    Attributes:
        weight: of shape ``(in_channels, out_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.

    Raises:
        ValueError: if `groups` does not divide the channels.
    """

    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    output_padding: Any = static()
    groups: int = static()
    dilation: Any = static()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"ConvTranspose2d: groups is {groups}; expected a divisor of both "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        kernel = _kernel(kernel_size, 2, "ConvTranspose2d")
        shape = (in_channels, out_channels // groups, *kernel)
        fan_in = math.prod(shape[1:])
        self.weight = fan_uniform(shape, fan_in, rng, dtype)
        self.bias = fan_uniform((out_channels,), fan_in, rng, dtype) if bias else None
        self.stride, self.padding, self.groups = _plain(stride), _plain(padding), groups
        self.output_padding, self.dilation = _plain(output_padding), _plain(dilation)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the sum of the filters that the input's elements lay down."""
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )
