"""Convolutions of networks: correlations with a bank of filters, and their transposes.

For an input x, filters w and a weight y for each output, sum(y * conv(x, w)) is linear in each of
the three. So there are three products, and the derivatives of each are the two others:

    conv(x, w)      what each filter sees        matmul of w with the windows of x
    spread(y, w)    the transpose in x           windows of w^T y, added where they overlap
    gather(x, y)    the transpose in w           y times the windows of x, summed over the batch

The windows are made for a part of the batch at a time and are not kept for the way back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...backends import XP, backend_of
from ...engine.op import multilinear
from ...engine.projection import conj
from ...ops.halves import is_half, like, wide
from . import reused
from .checks import on_host, same_precision
from .windows import Shape, Window, added, as_one_step, batched, columns, each_axis

_MOST_ELEMENTS = {True: 2**18, False: 2**24}
"""How many elements of windows are held at one time: in a core's cache, in a device's memory."""

Size = int | Sequence[int]


def _in_parts(f: Callable[[int, int], Any], x: Any, per_image: int) -> list[Any]:
    """Return the results of a function of ranges of images, as many at once as memory allows."""
    batch, most = x.shape[0], _MOST_ELEMENTS[on_host(x)]
    step = max(1, most // max(1, per_image))
    step = -(-batch // -(-batch // step)) if batch else 1  # parts of about one size
    return [f(i, min(i + step, batch)) for i in range(0, max(batch, 1), step)]


def _grouped(xp: XP, x: Any, groups: int, shape: Shape) -> Any:
    """Return an array reshaped to matrices, with an axis for the groups if there are several."""
    lead = tuple(x.shape[:1]) if len(shape) == 2 else ()
    return xp.reshape(x, (*lead, groups, *shape) if groups > 1 else (*lead, *shape))


def _filters(xp: XP, w: Any, groups: int) -> Any:
    """Return filters as matrices, one for each group."""
    rows, columns_ = w.shape[0] // groups, math.prod(w.shape[1:])
    return xp.reshape(w, (groups, rows, columns_) if groups > 1 else (rows, columns_))


def _reuses(x: Any) -> bool:
    """Whether a buffer on the host may be written to again and again."""
    return backend_of(x).in_place and on_host(x)


def _is_narrow(x: Any) -> bool:
    """Whether an array holds halves on the host, where no unit for their products sums them."""
    return is_half(x) and on_host(x)


def _in_single(f: Any, x: Any, y: Any, **options: Any) -> Any:
    """Return the result for halves, computed in float32 and rounded once."""
    xp = backend_of(x).xp
    return like(xp, f(wide(xp, x), wide(xp, y), **options), x)


def _matrices(w: Any, groups: int) -> Any:
    return w.reshape((groups, w.shape[0] // groups, math.prod(w.shape[1:])))


@multilinear(
    lambda xp, g, w, window, groups, shape: spread(
        g, conj(xp, w), window=window, groups=groups, shape=shape
    ),
    lambda xp, g, x, window, groups: gather(conj(xp, x), g, window=window, groups=groups),
)
def conv(x: Any, w: Any, /, *, window: Window, groups: int, shape: Shape) -> Any:
    """Return what the filters w see in the windows of x, whose spatial shape is `shape`."""
    one = as_one_step("nn_conv", conv, x, w, window=window, groups=groups, shape=shape)
    if one is not None:
        return one
    if _is_narrow(x):
        return _in_single(conv, x, w, window=window, groups=groups, shape=shape)
    if _reuses(x):
        return reused.conv(x, _matrices(w, groups), window, groups)
    xp, rows = backend_of(x).xp, w.shape[0]
    w = _filters(xp, w, groups)
    inner, places = w.shape[-1], math.prod(window.places)

    def part(i: int, j: int) -> Any:
        seen = _grouped(xp, columns(x[i:j, ...], window), groups, (inner, places))
        return xp.reshape(xp.matmul(w, seen), (j - i, rows, *window.places))

    parts = _in_parts(part, x, inner * groups * places)
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=0)


@multilinear(
    lambda xp, g, w, window, groups, shape: conv(
        g, conj(xp, w), window=window, groups=groups, shape=shape
    ),
    lambda xp, g, y, window, groups: gather(g, conj(xp, y), window=window, groups=groups),
)
def spread(y: Any, w: Any, /, *, window: Window, groups: int, shape: Shape) -> Any:
    """Return the sum of the filters w, each in the places and with the weights that y gives it."""
    one = as_one_step("nn_spread", spread, y, w, window=window, groups=groups, shape=shape)
    if one is not None:
        return one
    if _is_narrow(y):
        return _in_single(spread, y, w, window=window, groups=groups, shape=shape)
    if _reuses(y):
        return reused.spread(y, _matrices(w, groups), window, groups, shape)
    xp = backend_of(y).xp
    channels = w.shape[1] * groups
    w = xp.matrix_transpose(_filters(xp, w, groups))
    places = math.prod(window.places)

    def part(i: int, j: int) -> Any:
        weights = _grouped(xp, y[i:j, ...], groups, (w.shape[-1], places))
        seen = xp.matmul(w, weights)
        seen = xp.reshape(seen, (j - i, channels, math.prod(window.size), *window.places))
        return added(seen, window, shape)

    parts = _in_parts(part, y, channels * math.prod(window.size) * places)
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=0)


@multilinear(
    lambda xp, g, x, y, window, groups: spread(
        conj(xp, y), g, window=window, groups=groups, shape=tuple(x.shape[2:])
    ),
    lambda xp, g, x, window, groups: conv(
        conj(xp, x), g, window=window, groups=groups, shape=tuple(x.shape[2:])
    ),
)
def gather(x: Any, y: Any, /, *, window: Window, groups: int) -> Any:
    """Return for each filter the sum of the windows of x with the weights that y gives them."""
    if _is_narrow(x):
        return _in_single(gather, x, y, window=window, groups=groups)
    if _reuses(x):
        total = reused.gather(x, y, window, groups)
        return total.reshape((y.shape[1], x.shape[1] // groups, *window.size))
    xp = backend_of(x).xp
    inner = x.shape[1] // groups * math.prod(window.size)
    places, rows = math.prod(window.places), y.shape[1]

    def part(i: int, j: int) -> Any:
        seen = _grouped(xp, columns(x[i:j, ...], window), groups, (inner, places))
        weights = _grouped(xp, y[i:j, ...], groups, (rows // groups, places))
        return xp.sum(wide(xp, xp.matmul(weights, xp.matrix_transpose(seen))), axis=0)

    parts = _in_parts(part, x, inner * groups * places)
    total = parts[0]
    for other in parts[1:]:
        total = total + other
    return xp.reshape(like(xp, total, x), (rows, x.shape[1] // groups, *window.size))


# The functions of a network --------------------------------------------------------------------


def _checked(input: Any, weight: Any, bias: Any, groups: int, function: str, at: int) -> None:
    """Raise if channels do not fit; `at` is the axis of the weight that counts the input's."""
    channels, wanted = input.shape[1], weight.shape[at] * (groups if at else 1)
    made = weight.shape[1 - at] * (1 if at else groups)
    if groups < 1 or channels % groups or weight.shape[0] % groups:
        raise ValueError(
            f"{function}: groups is {groups}; expected a divisor of the channels of the input "
            f"({channels}) and of the weight's first axis ({weight.shape[0]})"
        )
    if channels != wanted:
        raise ValueError(
            f"{function}: input has {channels} channels (shape {tuple(input.shape)}); "
            f"the weight of shape {tuple(weight.shape)} with groups={groups} expects {wanted}"
        )
    if bias is not None and tuple(bias.shape) != (made,):
        raise ValueError(
            f"{function}: bias has shape {tuple(bias.shape)}; expected ({made},), "
            "one for each channel of the result"
        )


def _ready(function: str, ndim: int, input: Any, weight: Any) -> tuple[Any, Any, bool]:
    """Return input and weight in one dtype, the input with a batch axis."""
    input, alone = batched(input, ndim, function)
    if len(weight.shape) != ndim + 2:
        raise ValueError(
            f"{function}: weight has shape {tuple(weight.shape)}; expected {ndim + 2} axes"
        )
    if input.dtype != weight.dtype:
        same_precision(input, weight, function)
        dtype = xg.result_type(input, weight)
        input, weight = xg.astype(input, dtype, copy=False), xg.astype(weight, dtype, copy=False)
    return input, weight, alone


def _finished(out: Any, bias: Any, alone: bool) -> Any:
    if bias is not None:
        out = out + xg.reshape(bias, (-1,) + (1,) * (len(out.shape) - 2))
    return xg.squeeze(out, axis=0) if alone else out


def _borders(
    padding: Size | str, size: Shape, stride: Shape, dilation: Shape, function: str
) -> list[tuple[int, int]]:
    """Return how much to pad before and after each spatial axis."""
    if isinstance(padding, str) and padding == "valid":
        padding = 0
    if isinstance(padding, str) and padding == "same":
        if set(stride) != {1}:
            raise ValueError(f"{function}: padding='same' needs stride 1; got {stride}")
        total = [(k - 1) * d for k, d in zip(size, dilation, strict=True)]
        return [(n // 2, n - n // 2) for n in total]
    if isinstance(padding, str):
        raise ValueError(
            f"{function}: padding is {padding!r}; expected integers, 'valid' or 'same'"
        )
    return [(p, p) for p in each_axis(padding, len(size), function, "padding", 0)]


def _conv(
    ndim: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size | str,
    dilation: Size,
    groups: int,
) -> Any:
    function = f"conv{ndim}d"
    input, weight, alone = _ready(function, ndim, input, weight)
    _checked(input, weight, bias, groups, function, 1)
    size = tuple(weight.shape[2:])
    stride = each_axis(stride, ndim, function, "stride", 1)
    dilation = each_axis(dilation, ndim, function, "dilation", 1)
    borders = _borders(padding, size, stride, dilation, function)
    if any(map(any, borders)):
        input = xg.pad(input, [(0, 0), (0, 0), *borders])
    shape = tuple(input.shape[2:])
    rest = [n - (k - 1) * d - 1 for n, k, d in zip(shape, size, dilation, strict=True)]
    if min(rest) < 0:
        raise ValueError(
            f"{function}: the kernel of shape {size} with dilation {dilation} does not fit into "
            f"the padded input of spatial shape {shape}; expected a smaller kernel or more padding"
        )
    count = tuple(r // s + 1 for r, s in zip(rest, stride, strict=True))
    window = Window(size, stride, dilation, count)
    return _finished(conv(input, weight, window=window, groups=groups, shape=shape), bias, alone)


@as_given
def conv1d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """Correlate ``(batch, channels, length)`` with a bank of filters.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        weight: of shape ``(filters, channels / groups, length)``.
        bias: one number for each filter, or None.
        stride: how far the filter moves, for the one axis.
        padding: how many zeros to add at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart the filter's elements are.
        groups: each filter sees only the channels of its own group.

    Returns:
        An array of shape ``(batch, filters, n_1)`` with
        ``n = (length + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


@as_given
def conv2d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """Correlate images with a bank of filters.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        weight: of shape ``(filters, channels / groups, height, width)``.
        bias: one number for each filter, or None.
        stride: how far the filter moves, for both axes or one number for each.
        padding: how many zeros to add at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart the filter's elements are.
        groups: each filter sees only the channels of its own group.

    Returns:
        An array of shape ``(batch, filters, n_1, n_2)`` with
        ``n = (length + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.

    >>> import xgrad as xg
    >>> x, w = xg.ones((1, 1, 4, 4)), xg.ones((2, 1, 3, 3))
    >>> xg.nn.functional.conv2d(x, w, padding=1).shape
    (1, 2, 4, 4)
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


@as_given
def conv3d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """Correlate ``(batch, channels, depth, height, width)`` with a bank of filters.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        weight: of shape ``(filters, channels / groups, depth, height, width)``.
        bias: one number for each filter, or None.
        stride: how far the filter moves, for all three axes or one for each.
        padding: how many zeros to add at both ends of each axis, or ``"same"`` or ``"valid"``.
        dilation: how far apart the filter's elements are.
        groups: each filter sees only the channels of its own group.

    Returns:
        An array of shape ``(batch, filters, n_1, n_2, n_3)`` with
        ``n = (length + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(
    ndim: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Any:
    function = f"conv_transpose{ndim}d"
    input, weight, alone = _ready(function, ndim, input, weight)
    _checked(input, weight, bias, groups, function, 0)
    size = tuple(weight.shape[2:])
    stride = each_axis(stride, ndim, function, "stride", 1)
    dilation = each_axis(dilation, ndim, function, "dilation", 1)
    padding = each_axis(padding, ndim, function, "padding", 0)
    more = each_axis(output_padding, ndim, function, "output_padding", 0)
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise ValueError(
            f"{function}: output_padding is {output_padding}; "
            f"expected less than the stride {stride} or the dilation {dilation}"
        )
    window = Window(size, stride, dilation, tuple(input.shape[2:]))
    full = tuple(n + m for n, m in zip(window.extent, more, strict=True))
    if any(2 * p >= n for n, p in zip(full, padding, strict=True)):
        raise ValueError(
            f"{function}: padding {padding} leaves nothing of the spatial shape {full}"
        )
    out = spread(input, weight, window=window, groups=groups, shape=full)
    if any(padding):
        crop = (slice(p, n - p) for n, p in zip(full, padding, strict=True))
        out = out[(slice(None), slice(None), *crop)]
    return _finished(out, bias, alone)


@as_given
def conv_transpose1d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Array:
    """Apply the transpose of `conv1d`: each input element lays down its filter, scaled.

    Args:
        input: of shape ``(batch, channels, length)``, or without the batch.
        weight: of shape ``(channels, filters / groups, length)``.
        bias: one number for each filter, or None.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        dilation: how far apart a filter's elements are.

    Returns:
        An array whose spatial lengths are
        ``(n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1``.
    """
    return _conv_transpose(
        1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@as_given
def conv_transpose2d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Array:
    """Apply the transpose of `conv2d`: each input element lays down its filter, scaled.

    Args:
        input: of shape ``(batch, channels, height, width)``, or without the batch.
        weight: of shape ``(channels, filters / groups, height, width)``.
        bias: one number for each filter, or None.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        dilation: how far apart a filter's elements are.

    Returns:
        An array whose spatial lengths are
        ``(n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1``.
    """
    return _conv_transpose(
        2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@as_given
def conv_transpose3d(
    input: Array,
    weight: AnyArray,
    bias: AnyArray | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Array:
    """Apply the transpose of `conv3d`: each input element lays down its filter, scaled.

    Args:
        input: of shape ``(batch, channels, depth, height, width)``, or without the batch.
        weight: of shape ``(channels, filters / groups, depth, height, width)``.
        bias: one number for each filter, or None.
        stride: how far apart the filters are laid.
        padding: how many elements are cut off at both ends of each axis.
        output_padding: how many are added at the end, less than the stride.
        groups: each input channel reaches only the filters of its own group.
        dilation: how far apart a filter's elements are.

    Returns:
        An array whose spatial lengths are
        ``(n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1``.
    """
    return _conv_transpose(
        3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )
