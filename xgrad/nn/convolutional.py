"""Convolutional layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..arrays.types import DType
from ..engine.plain import as_tuple, integers
from ..random import Generator
from . import functional as F
from .layers import fan_uniform
from .module import Module, generator, static

Size = int | Sequence[int]

_PADDINGS = ("zeros", "reflect", "replicate", "circular")


@dataclass(init=False, repr=False, eq=False)
class _Conv(Module):
    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    dilation: Any = static()
    groups: int = static()
    padding_mode: str = static()

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
        padding_mode: str = "zeros",
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
        weight_init: Callable[..., Any] | None = None,
    ) -> None:
        rng = generator(rng)
        name = type(self).__name__
        kernel = kernel_of(kernel_size, self.ndim, name)
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
        self.stride, self.dilation, self.groups = plain(stride), plain(dilation), groups
        self.padding = padding if isinstance(padding, str) else plain(padding)
        if padding_mode not in _PADDINGS:
            raise ValueError(
                f"{name}: padding_mode is {padding_mode!r}; expected one of {', '.join(_PADDINGS)}"
            )
        self.padding_mode = padding_mode

    def _convolved(self, f: Callable[..., Any], input: Any) -> Any:
        """Return what a function of `functional` makes of an input."""
        self._checked(input)
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._widths(), self.padding_mode), 0
        return f(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _widths(self) -> list[int]:
        """Return how much to pad before and after each axis, the last axis first."""
        size = tuple(self.weight.shape[2:])
        dilation = (self.dilation,) * len(size) if isinstance(self.dilation, int) else self.dilation
        if self.padding == "same":
            total = [(k - 1) * d for k, d in zip(size, dilation, strict=True)]
            return [w for n in total[::-1] for w in (n // 2, n - n // 2)]
        padding = 0 if self.padding == "valid" else self.padding
        each = (padding,) * len(size) if isinstance(padding, int) else padding
        return [p for p in each[::-1] for _ in range(2)]

    def _checked(self, input: Any) -> None:
        channels = self.weight.shape[1] * self.groups
        if len(input.shape) not in (self.ndim + 1, self.ndim + 2) or (
            input.shape[-self.ndim - 1] != channels
        ):
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; expected "
                f"(batch, {channels} channels) and {self.ndim} spatial axes"
            )


def plain(value: Size) -> Any:
    """Return a size that compares by value: an integer or a tuple."""
    return integers(value)


def kernel_of(kernel_size: Size, ndim: int, name: str) -> tuple[int, ...]:
    """Return a kernel's length along each axis."""
    sizes = as_tuple(kernel_size)
    kernel = sizes if hasattr(kernel_size, "__len__") else sizes * ndim
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
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 1

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see."""
        return self._convolved(F.conv1d, input)


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
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.

    >>> from xgrad import nn
    >>> nn.Conv2d(3, 16, 3, padding=1, rng=0)
    Conv2d(weight=16x3x3x3, bias=16, padding=1)  # 448 parameters of float64
    """

    ndim = 2

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see in ``(batch, channels, height, width)``."""
        return self._convolved(F.conv2d, input)


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
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 3

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the filters see."""
        return self._convolved(F.conv3d, input)
