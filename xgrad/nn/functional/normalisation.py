"""Normalisation: inputs brought to mean 0 and variance 1 over some axes, then scaled and shifted.

The variance is the biased one, the mean of squared deviations; running statistics keep the
unbiased one, as is usual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...engine.plain import as_tuple
from ...ops.halves import in_single, is_half, widened
from .checks import require_shape, same_precision, torch_spelled
from .fused import standardised


def _standard(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    """Return an array normalised over axes, of halves in float32."""
    return standardised(widened(x), axes=axes, eps=eps)


def _per_channel(x: Any, ndim: int) -> Any:
    return xg.reshape(x, (-1,) + (1,) * (ndim - 2))


def _scaled(x: Any, given: Any, weight: Any, bias: Any) -> Any:
    """Return what was normalised scaled and shifted; of halves in float32, and rounded once."""
    if weight is not None:
        x = x * widened(weight)
    if bias is not None:
        x = x + widened(bias)
    if not is_half(given):
        return x
    dtype = xg.result_type(*(p for p in (given, weight, bias) if p is not None))
    return xg.astype(x, dtype, copy=False)


def _affine(x: Any, given: Any, weight: Any, bias: Any, function: str) -> Any:
    """Return an array scaled and shifted by one number for each channel."""
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None:
            require_shape(p, (x.shape[1],), function, name)
            same_precision(x, p, function)
    ndim = len(x.shape)
    w, b = (None if p is None else _per_channel(p, ndim) for p in (weight, bias))
    return _scaled(x, given, w, b)


def _require_channels(x: Any, least: int, function: str) -> None:
    if len(x.shape) < least:
        raise ValueError(
            f"{function}: input has shape {tuple(x.shape)}; expected (batch, channels, ...) "
            f"with at least {least} axes"
        )


@as_given
def batch_norm(
    input: Array,
    running_mean: AnyArray | None,
    running_var: AnyArray | None,
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Any, Any, Any]:
    """Normalise each channel over the batch: Ioffe & Szegedy, arXiv:1502.03167.

    Args:
        input: of shape ``(batch, channels, ...)``.
        running_mean: the mean of each channel over past batches, or None.
        running_var: the variance of each channel over past batches, or None.
        weight: a factor for each channel.
        bias: a summand for each channel.
        training: whether to normalise by this batch, and not by the running statistics.
        momentum: the part of this batch in the new running statistics.
        eps: is added to the variance.

    Returns:
        The result, and the running mean and variance: new ones if `training`, without a derivative.
        Nothing is changed in place.

    Raises:
        ValueError: if in training there is one value for a channel, or else no running statistics.
    """
    function = "batch_norm"
    _require_channels(input, 2, function)
    for name, p in (("running_mean", running_mean), ("running_var", running_var)):
        if p is not None:
            require_shape(p, (input.shape[1],), function, name)
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError(
                f"{function}: training=False needs running_mean and running_var; got None"
            )
        ndim = len(input.shape)
        scale = 1 / xg.sqrt(widened(running_var) + eps)
        scale = scale if weight is None else scale * widened(weight)
        out = (widened(input) - _per_channel(running_mean, ndim)) * _per_channel(scale, ndim)
        return _affine(out, input, None, bias, function), running_mean, running_var
    axes = (0, *range(2, len(input.shape)))
    count = math.prod(input.shape[a] for a in axes)
    if count < 2:
        raise ValueError(
            f"{function}: input of shape {tuple(input.shape)} has {count} value for each channel; "
            "expected at least 2 when training=True"
        )
    out = _standard(input, axes, eps)
    seen = xg.stop_gradient(widened(input))
    if running_mean is not None:
        running_mean = _mixed(running_mean, xg.mean(seen, axis=axes), momentum)
    if running_var is not None:
        running_var = _mixed(running_var, xg.var(seen, axis=axes, correction=1), momentum)
    return _affine(out, input, weight, bias, function), running_mean, running_var


def _mixed(old: Any, new: Any, momentum: float) -> Any:
    old = xg.stop_gradient(old)
    kept = widened(old)
    mixed = kept * (1 - momentum) + xg.astype(new, kept.dtype, copy=False) * momentum
    return xg.astype(mixed, old.dtype, copy=False)


@as_given
def instance_norm(
    input: Array, weight: AnyArray | None = None, bias: AnyArray | None = None, eps: float = 1e-5
) -> Array:
    """Normalise each channel of each element of the batch: Ulyanov et al., arXiv:1607.08022.

    Args:
        input: of shape ``(batch, channels, ...)`` with one more axis at least.
        weight: a factor for each channel.
        bias: a summand for each channel.
        eps: is added to the variance.

    Returns:
        An array of the shape of the input.
    """
    _require_channels(input, 3, "instance_norm")
    out = _standard(input, tuple(range(2, len(input.shape))), eps)
    return _affine(out, input, weight, bias, "instance_norm")


@as_given
def group_norm(
    input: Array,
    num_groups: int,
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalise groups of channels of each element of the batch: Wu & He, arXiv:1803.08494.

    Args:
        input: of shape ``(batch, channels, ...)``.
        num_groups: how many groups the channels form.
        weight: a factor for each channel.
        bias: a summand for each channel.
        eps: is added to the variance.

    Returns:
        An array of the shape of the input; within a group of mean 0 and variance 1 before the
        affine map.

    Raises:
        ValueError: if the channels do not form so many groups.
    """
    _require_channels(input, 2, "group_norm")
    batch, channels = input.shape[:2]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"group_norm: num_groups is {num_groups}; expected a divisor of the {channels} "
            f"channels of the input of shape {tuple(input.shape)}"
        )
    size = math.prod(input.shape[1:]) // num_groups
    grouped = xg.reshape(input, (batch, num_groups, size))
    out = _standard(grouped, (2,), eps)
    return _affine(xg.reshape(out, tuple(input.shape)), input, weight, bias, "group_norm")


def _last_axes(input: Any, normalized_shape: Any, function: str, **more: Any) -> tuple[int, ...]:
    """Return the last axes, after a check that they and the parameters have the given shape."""
    shape = as_tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)}; expected it to end in {shape}"
        )
    for name, p in more.items():
        if p is not None:
            require_shape(p, shape, function, name)
    return tuple(range(-len(shape), 0))


@as_given
def layer_norm(
    input: Array,
    normalized_shape: int | Sequence[int],
    weight: AnyArray | None = None,
    bias: AnyArray | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalise over the last axes: Ba et al., arXiv:1607.06450.

    Args:
        input: an array whose shape ends in `normalized_shape`.
        normalized_shape: the lengths of the axes to normalise over.
        weight: factors, in that shape.
        bias: summands, in that shape.
        eps: is added to the variance.

    Returns:
        An array of the shape of the input.
    """
    axes = _last_axes(input, normalized_shape, "layer_norm", weight=weight, bias=bias)
    out = _standard(input, axes, eps)
    return _scaled(out, input, weight, bias)


@as_given
def rms_norm(
    input: Array,
    normalized_shape: int | Sequence[int],
    weight: AnyArray | None = None,
    eps: float | None = None,
) -> Array:
    """Divide by the root of the mean square over the last axes: arXiv:1910.07467.

    Args:
        input: an array whose shape ends in `normalized_shape`.
        normalized_shape: the lengths of the axes to normalise over.
        weight: factors, in that shape.
        eps: is added to the mean square; by default the precision of the dtype, for halves that of
            float32, in which they are summed.

    Returns:
        An array of the shape of the input.
    """
    axes = _last_axes(input, normalized_shape, "rms_norm", weight=weight)
    x = widened(input)
    small = float(xg.finfo(x).eps) if eps is None else eps
    out = x / xg.sqrt(xg.mean(xg.square(x), axis=axes, keepdims=True) + small)
    return _scaled(out, input, weight, None)


@as_given
@torch_spelled
@in_single
def normalize(input: Array, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Array:
    """Divide vectors along an axis by their p-norm, which counts as at least `eps`.

    Args:
        input: an array.
        p: the order of the norm; see `xgrad.linalg.vector_norm`.
        axis: the axis that holds the vectors.
        eps: the least norm that is divided by, so that a vector of zeros stays one.

    Returns:
        An array of the shape of the input.
    """
    norm = xg.linalg.vector_norm(input, ord=p, axis=axis, keepdims=True)
    return input / xg.maximum(norm, eps)
