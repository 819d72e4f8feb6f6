"""Transposed convolutional layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from .convolutional import kernel_of, plain
from .layers import fan_uniform
from .module import Module, generator, static

Size = int | Sequence[int]


@dataclass(init=False, repr=False, eq=False)
class _ConvTranspose(Module):
    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    output_padding: Any = static()
    groups: int = static()
    dilation: Any = static()

    ndim = 0

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
        padding_mode: str = "zeros",
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng, name = generator(rng), type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(
                f"{name}: padding_mode is {padding_mode!r}; expected 'zeros', as in PyTorch: "
                "padding cuts a transposed convolution's result, and fills nothing"
            )
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups is {groups}; expected a divisor of both "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        kernel = kernel_of(kernel_size, self.ndim, name)
        shape = (in_channels, out_channels // groups, *kernel)
        fan_in = math.prod(shape[1:])
        self.weight = fan_uniform(shape, fan_in, rng, dtype)
        self.bias = fan_uniform((out_channels,), fan_in, rng, dtype) if bias else None
        self.stride, self.padding, self.groups = plain(stride), plain(padding), groups
        self.output_padding, self.dilation = plain(output_padding), plain(dilation)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the sum of the filters that the input's elements lay down."""
        f = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.ndim - 1]
        return f(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


@dataclass(init=False, repr=False, eq=False)
class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`: each input element lays down its filter, scaled.

    Args:
        in_channels: the channels of the input.
        out_channels: the channels of the result.
        kernel_size: the filters' lengths, for the one axis.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        bias: whether there is one number for each channel of the result that is added.
        dilation: how far apart a filter's elements are.
        padding_mode: ``"zeros"``, as in PyTorch.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(in_channels, out_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 1


@dataclass(init=False, repr=False, eq=False)
class ConvTranspose2d(_ConvTranspose):
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
        padding_mode: ``"zeros"``, as in PyTorch.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(in_channels, out_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 2


@dataclass(init=False, repr=False, eq=False)
class ConvTranspose3d(_ConvTranspose):
    """The transpose of `Conv3d`: each input element lays down its filter, scaled.

    Args:
        in_channels: the channels of the input.
        out_channels: the channels of the result.
        kernel_size: the filters' lengths, for all three axes or one for each.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        bias: whether there is one number for each channel of the result that is added.
        dilation: how far apart a filter's elements are.
        padding_mode: ``"zeros"``, as in PyTorch.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(in_channels, out_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    ndim = 3
