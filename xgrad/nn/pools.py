"""Pooling, as modules, under PyTorch's names; see `functional` for what each computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..random import Generator
from . import functional as F
from .applied import Applied
from .module import Module, static

Size = int | Sequence[int]
Parts = int | Sequence[int | None] | None


@dataclass(repr=False, eq=False)
class MaxPool1d(Applied):
    """The maximum of each window of ``(batch, channels, length)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        return_indices: whether to return, too, where the maxima are.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.max_pool1d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    dilation: Size = static(default=1)
    return_indices: bool = static(default=False)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class MaxPool2d(Applied):
    """The maximum of each window of ``(batch, channels, height, width)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        return_indices: whether to return, too, where the maxima are.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.max_pool2d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    dilation: Size = static(default=1)
    return_indices: bool = static(default=False)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class MaxPool3d(Applied):
    """The maximum of each window of ``(batch, channels, depth, height, width)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how much of -inf is added at both ends, at most half the window.
        dilation: how far apart the window's elements are.
        return_indices: whether to return, too, where the maxima are.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.max_pool3d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    dilation: Size = static(default=1)
    return_indices: bool = static(default=False)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class AvgPool1d(Applied):
    """The mean of each window of ``(batch, channels, length)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.
    """

    function = staticmethod(F.avg_pool1d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    ceil_mode: bool = static(default=False)
    count_include_pad: bool = static(default=True)


@dataclass(repr=False, eq=False)
class AvgPool2d(Applied):
    """The mean of each window of ``(batch, channels, height, width)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: what to divide by in place of the number of elements.
    """

    function = staticmethod(F.avg_pool2d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    ceil_mode: bool = static(default=False)
    count_include_pad: bool = static(default=True)
    divisor_override: int | None = static(default=None)


@dataclass(repr=False, eq=False)
class AvgPool3d(Applied):
    """The mean of each window of ``(batch, channels, depth, height, width)``.

    Args:
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        padding: how many zeros are added at both ends, at most half the window.
        ceil_mode: whether a last window that sticks out counts.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: what to divide by in place of the number of elements.
    """

    function = staticmethod(F.avg_pool3d)
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)
    ceil_mode: bool = static(default=False)
    count_include_pad: bool = static(default=True)
    divisor_override: int | None = static(default=None)


@dataclass(repr=False, eq=False)
class AdaptiveAvgPool1d(Applied):
    """Means of parts of the last axis, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_avg_pool1d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class AdaptiveAvgPool2d(Applied):
    """Means of parts of the last two axes, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_avg_pool2d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class AdaptiveAvgPool3d(Applied):
    """Means of parts of the last three axes, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_avg_pool3d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class AdaptiveMaxPool1d(Applied):
    """Maxima of parts of the last axis, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_max_pool1d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class AdaptiveMaxPool2d(Applied):
    """Maxima of parts of the last two axes, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_max_pool2d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class AdaptiveMaxPool3d(Applied):
    """Maxima of parts of the last three axes, as many as asked for.

    Args:
        output_size: how many parts, one number for all axes or one for each; None leaves an
            axis.
    """

    function = staticmethod(F.adaptive_max_pool3d)
    output_size: Parts = static()


@dataclass(repr=False, eq=False)
class LPPool1d(Applied):
    """``(sum of x^p) ^ (1 / p)`` of each window of ``(batch, channels, length)``.

    Args:
        norm_type: the p.
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.lp_pool1d)
    norm_type: float = static()
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class LPPool2d(Applied):
    """``(sum of x^p) ^ (1 / p)`` of each window of ``(batch, channels, height, width)``.

    Args:
        norm_type: the p.
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.lp_pool2d)
    norm_type: float = static()
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class LPPool3d(Applied):
    """``(sum of x^p) ^ (1 / p)`` of each window of ``(batch, channels, depth, height, width)``.

    Args:
        norm_type: the p.
        kernel_size: the window's lengths, one for all axes or one for each.
        stride: how far it moves; by default its own size.
        ceil_mode: whether a last window that sticks out counts.
    """

    function = staticmethod(F.lp_pool3d)
    norm_type: float = static()
    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    ceil_mode: bool = static(default=False)


@dataclass(repr=False, eq=False)
class MaxUnpool1d(Module):
    """Zeros with the maxima of `MaxPool1d` where they came from.

    Args:
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
    """

    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)

    def __call__(
        self,
        input: Any,
        indices: Any,
        output_size: Sequence[int] | None = None,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape that was pooled.

        Args:
            input: the maxima.
            indices: where they were.
            output_size: the lengths of the result, since several give as many maxima.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        return F.max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


@dataclass(repr=False, eq=False)
class MaxUnpool2d(Module):
    """Zeros with the maxima of `MaxPool2d` where they came from.

    Args:
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
    """

    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)

    def __call__(
        self,
        input: Any,
        indices: Any,
        output_size: Sequence[int] | None = None,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape that was pooled.

        Args:
            input: the maxima.
            indices: where they were.
            output_size: the lengths of the result, since several give as many maxima.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        return F.max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


@dataclass(repr=False, eq=False)
class MaxUnpool3d(Module):
    """Zeros with the maxima of `MaxPool3d` where they came from.

    Args:
        kernel_size: the lengths of the window that made them.
        stride: how far it moved; by default its own size.
        padding: how much was added at both ends.
    """

    kernel_size: Size = static()
    stride: Size | None = static(default=None)
    padding: Size = static(default=0)

    def __call__(
        self,
        input: Any,
        indices: Any,
        output_size: Sequence[int] | None = None,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape that was pooled.

        Args:
            input: the maxima.
            indices: where they were.
            output_size: the lengths of the result, since several give as many maxima.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        return F.max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


@dataclass(repr=False, eq=False)
class LocalResponseNorm(Applied):
    """Each channel divided by a power of its neighbours' mean square.

    Args:
        size: how many neighbouring channels count.
        alpha: the factor of the mean square.
        beta: the exponent.
        k: is added before the power.
    """

    function = staticmethod(F.local_response_norm)
    size: int = static()
    alpha: float = static(default=1e-4)
    beta: float = static(default=0.75)
    k: float = static(default=1.0)
