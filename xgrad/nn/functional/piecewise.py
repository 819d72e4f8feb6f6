"""Activation functions made of straight pieces, and those of a random or learnt slope."""

from __future__ import annotations

from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...ops.halves import in_single
from ...random import Generator, default_rng
from .checks import torch_spelled


@as_given
@torch_spelled
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Return each element within two bounds; at and beyond a bound the derivative is 0.

    Args:
        input: an array of any shape.
        min_val: the lower bound.
        max_val: the upper bound.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if the bounds are not in order.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val is {min_val}; expected at most max_val, {max_val}")
    inside = (input > min_val) & (input < max_val)
    return xg.where(inside, input, xg.clip(xg.stop_gradient(input), min_val, max_val))


@as_given
@torch_spelled
def relu6(input: Array) -> Array:
    """Return each element within 0 and 6; at and beyond a bound the derivative is 0."""
    return hardtanh(input, 0.0, 6.0)


@as_given
@torch_spelled
@in_single
def hardsigmoid(input: Array) -> Array:
    """Return ``clip(x + 3, 0, 6) / 6``, which is `sigmoid` in three straight pieces."""
    return relu6(input + 3.0) / 6.0


@as_given
@torch_spelled
def hardshrink(input: Array, lambd: float = 0.5) -> Array:
    """Return ``x`` where its size is above a bound, else 0.

    Args:
        input: an array of any shape.
        lambd: the bound, not negative.

    Returns:
        An array of the shape of the input.
    """
    return xg.where(xg.abs(xg.stop_gradient(input)) > lambd, input, 0.0)


@as_given
@torch_spelled
def softshrink(input: Array, lambd: float = 0.5) -> Array:
    """Return ``x`` brought nearer to 0 by a number, and 0 where it is not farther than that.

    Args:
        input: an array of any shape.
        lambd: the number, not negative.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if `lambd` is negative.
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd is {lambd}; expected a number that is not negative")
    above = xg.where(input > lambd, input - lambd, 0.0)
    return xg.where(input < -lambd, input + lambd, above)


@as_given
@torch_spelled
def threshold(input: Array, threshold: float, value: float) -> Array:
    """Return ``x`` where it is above a threshold, else a value.

    Args:
        input: an array of any shape.
        threshold: the threshold; at it the result is the value.
        value: what stands for what is not above.

    Returns:
        An array of the shape of the input.
    """
    return xg.where(input > threshold, input, value)


@as_given
@in_single
def prelu(input: Array, weight: AnyArray) -> Array:
    """Return ``x`` where it is positive, else a learnt slope times x: arXiv:1502.01852.

    Args:
        input: of shape ``(batch, channels, ...)``, or any shape with a single slope.
        weight: the slopes, one for each channel or a single one, of shape ``(channels,)``,
            ``(1,)`` or ``()``.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if there are neither one slope nor as many as channels.
    """
    shape = tuple(weight.shape)
    many = len(shape) == 1 and shape[0] != 1
    channels = (input.shape[1] if len(input.shape) > 1 else 1) if input.shape else 1
    if len(shape) > 1 or (many and shape[0] != channels):
        raise ValueError(
            f"prelu: weight has shape {shape}; expected () or (1,), or ({channels},) for the "
            f"channels of the input of shape {tuple(input.shape)}"
        )
    slopes = xg.reshape(weight, (-1, *(1,) * (len(input.shape) - 2)) if many else ())
    return xg.where(input > 0, input, slopes * input)


@as_given
@torch_spelled
def rrelu(
    input: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    rng: Generator | None = None,
) -> Array:
    """Return ``x`` where it is positive, else x times a slope that is random in training.

    Args:
        input: an array of any shape.
        lower: the least slope.
        upper: the largest slope; when not training the slope is the middle of both.
        training: whether to draw a slope for each element: arXiv:1505.00853.
        rng: a generator, as of `xgrad.random.default_rng`; needed in training.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if the bounds are not in order, or a generator is missing.
    """
    if not lower <= upper:
        raise ValueError(f"rrelu: lower is {lower}; expected at most upper, {upper}")
    if not training:
        return xg.where(input > 0, input, input * ((lower + upper) / 2))
    slopes: Any = required(rng, "rrelu").uniform(lower, upper, tuple(input.shape))
    return xg.where(input > 0, input, input * xg.astype(slopes, input.dtype, copy=False))


def required(rng: Generator | int | None, function: str) -> Generator:
    """Return a generator, or that of a seed, or say that it is missing."""
    if rng is None:
        raise ValueError(
            f"{function}: training=True needs a generator; pass rng=xgrad.random.default_rng(seed)"
            ", or training=False"
        )
    return rng if isinstance(rng, Generator) else default_rng(rng)
