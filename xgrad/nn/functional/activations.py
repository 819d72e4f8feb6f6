"""Activation functions, stable where their textbook formulas overflow."""

from __future__ import annotations

import math

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given

_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@as_given
def relu(input: Array) -> Array:
    """Return each element if it is positive, else 0."""
    return xg.relu(input)


@as_given
def leaky_relu(input: Array, negative_slope: float = 0.01) -> Array:
    """Return ``x`` where it is positive, else ``negative_slope * x``.

    Args:
        input: an array of any shape.
        negative_slope: the slope below 0, and the derivative at 0.

    Returns:
        An array of the shape of the input.
    """
    return xg.where(input > 0, input, input * negative_slope)


@as_given
def elu(input: Array, alpha: float = 1.0) -> Array:
    """Return ``x`` where it is positive, else ``alpha * (exp(x) - 1)``: arXiv:1511.07289.

    Args:
        input: an array of any shape.
        alpha: minus the limit at minus infinity.

    Returns:
        An array of the shape of the input. At 0 the derivative is `alpha`.
    """
    positive = input > 0
    below = xg.where(positive, 0.0, input)  # expm1 must not overflow where it is not used
    return xg.where(positive, input, alpha * xg.expm1(below))


@as_given
def selu(input: Array) -> Array:
    """Return the self-normalising `elu` of Klambauer et al. (2017), arXiv:1706.02515."""
    return _SELU_SCALE * elu(input, _SELU_ALPHA)


@as_given
def gelu(input: Array, approximate: str = "none") -> Array:
    """Return ``x * P(X <= x)`` for a standard normal X: Hendrycks & Gimpel, arXiv:1606.08415.

    Args:
        input: the array.
        approximate: ``"none"`` for the error function (on NumPy it comes from SciPy), or
            ``"tanh"`` for their approximation by a hyperbolic tangent.

    Returns:
        An array of the shape of the input.

    Raises:
        ValueError: if `approximate` is neither.
    """
    if approximate == "none":
        return input * (0.5 * xg.special.erfc(input * -math.sqrt(0.5)))
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)
        return 0.5 * input * (1 + xg.tanh(inner))
    raise ValueError(f"gelu: approximate is {approximate!r}; expected 'none' or 'tanh'")


@as_given
def sigmoid(input: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``."""
    return xg.sigmoid(input)


@as_given
def logsigmoid(input: Array) -> Array:
    """Return the logarithm of `sigmoid`, which is ``x`` itself far below 0."""
    return -xg.logaddexp(-input, 0.0)


@as_given
def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Return ``log(1 + exp(beta x)) / beta``; above ``beta x = threshold`` it is ``x`` itself.

    Args:
        input: an array of any shape.
        beta: how sharp the bend at 0 is.
        threshold: where the rest is less than the precision.

    Returns:
        An array of the shape of the input.
    """
    scaled = input * beta
    return xg.where(scaled > threshold, input, xg.logaddexp(scaled, 0.0) / beta)


@as_given
def silu(input: Array) -> Array:
    """Return ``x * sigmoid(x)``, also called swish."""
    return input * xg.sigmoid(input)


@as_given
def mish(input: Array) -> Array:
    """Return ``x * tanh(softplus(x))``: Misra, arXiv:1908.08681."""
    return input * xg.tanh(xg.logaddexp(input, 0.0))


@as_given
def hardswish(input: Array) -> Array:
    """Return ``x * clip(x + 3, 0, 6) / 6``: Howard et al., arXiv:1905.02244."""
    return input * (xg.clip(input + 3.0, 0.0, 6.0) / 6.0)


@as_given
def softmax(input: Array, axis: int = -1) -> Array:
    """Return ``exp(x)`` over its sum along an axis; a row of -inf alone gives zeros.

    Args:
        input: scores (logits).
        axis: the axis over which the result sums to 1.

    Returns:
        An array of the shape of the input, between 0 and 1.
    """
    return xg.softmax(input, axis=axis)


@as_given
def log_softmax(input: Array, axis: int = -1) -> Array:
    """Return the logarithm of `softmax`.

    Args:
        input: scores (logits).
        axis: the axis over which the probabilities sum to 1.

    Returns:
        An array of the shape of the input.
    """
    return xg.log_softmax(input, axis=axis)


@as_given
def glu(input: Array, axis: int = -1) -> Array:
    """Return the first half along an axis times the `sigmoid` of the second half: arXiv:1612.08083.

    Args:
        input: an array.
        axis: the axis that is halved; its length must be even.

    Returns:
        An array of the shape of the input, half as long along the axis.

    Raises:
        ValueError: if the axis is odd.
    """
    n = input.shape[axis]
    if n % 2:
        raise ValueError(f"glu: axis {axis} of {tuple(input.shape)} is odd; expected two halves")
    first, second = xg.split(input, 2, axis=axis)
    return first * xg.sigmoid(second)
