"""Activation functions, stable where their textbook formulas overflow."""

from __future__ import annotations

import math
from typing import Any

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import DType, as_given
from ...ops.activations import softplus as log_one_plus_exp
from ...ops.elementwise import strong_multiply
from ...ops.halves import in_single
from ...random import Generator
from .checks import counted, require_floating, torch_spelled
from .fused import gelu_by_tanh, less_tanh, over_one_and_size
from .gates import times_ndtr, times_sigmoid, times_tanh_of_softplus

_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@as_given
@torch_spelled
def relu(input: Array) -> Array:
    """Return each element if it is positive, else 0."""
    return xg.relu(input)


@as_given
@torch_spelled
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
@torch_spelled
@in_single
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
@torch_spelled
@in_single
def selu(input: Array) -> Array:
    """Return the self-normalising `elu` of Klambauer et al. (2017), arXiv:1706.02515."""
    return _SELU_SCALE * elu(input, _SELU_ALPHA)


@as_given
@torch_spelled
@in_single
def celu(input: Array, alpha: float = 1.0) -> Array:
    """Return ``x`` where it is positive, else ``alpha * (exp(x / alpha) - 1)``: arXiv:1704.07483.

    Args:
        input: an array of any shape.
        alpha: minus the limit at minus infinity, not 0.

    Returns:
        An array of the shape of the input. The derivative at 0 is 1.

    Raises:
        ValueError: if `alpha` is 0.
    """
    if alpha == 0:
        raise ValueError("celu: alpha is 0; expected another number")
    positive = input > 0
    below = xg.where(positive, 0.0, input / alpha)
    return xg.where(positive, input, alpha * xg.expm1(below))


@as_given
@in_single
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
        return times_ndtr(input)
    if approximate == "tanh":
        return gelu_by_tanh(input)
    raise ValueError(f"gelu: approximate is {approximate!r}; expected 'none' or 'tanh'")


@as_given
def sigmoid(input: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``."""
    return xg.sigmoid(input)


@as_given
def tanh(input: Array) -> Array:
    """Return the hyperbolic tangent."""
    return xg.tanh(input)


@as_given
def tanhshrink(input: Array) -> Array:
    """Return ``x - tanh(x)``."""
    return less_tanh(input)


@as_given
def softsign(input: Array) -> Array:
    """Return ``x / (1 + |x|)``."""
    return over_one_and_size(input)


@as_given
def logsigmoid(input: Array) -> Array:
    """Return the logarithm of `sigmoid`, which is ``x`` itself far below 0."""
    require_floating("logsigmoid", input)
    return -log_one_plus_exp(-input)


@as_given
def softplus(input: Array, beta: float = 1.0, threshold: float = math.inf) -> Array:
    """Return ``log(1 + exp(beta x)) / beta``, accurate also where that is nearly ``x``.

    Args:
        input: an array of any shape.
        beta: how sharp the bend at 0 is.
        threshold: above this ``beta x`` the result is ``x`` itself, without a curvature. It is here
            for programs that set it, as PyTorch's 20: the function needs none.

    Returns:
        An array of the shape of the input.
    """
    scaled = input * beta
    out = log_one_plus_exp(scaled) / beta
    if beta != 1:  # of the last numbers the product is infinite
        out = xg.where(xg.isinf(xg.stop_gradient(scaled)) & (input > 0), input, out)
    return out if threshold == math.inf else xg.where(scaled > threshold, input, out)


def _is_real(x: Any) -> bool:
    """Whether an array, also a raw one with dtypes of its library, holds real fractions."""
    return xg.isdtype(x.dtype if isinstance(x, Array) else Array(x).dtype, "real floating")


@as_given
@torch_spelled
@in_single
def silu(input: Array) -> Array:
    """Return ``x * sigmoid(x)``, also called swish."""
    if not _is_real(input):
        return input * xg.sigmoid(input)
    return times_sigmoid(input)


@as_given
@torch_spelled
@in_single
def mish(input: Array) -> Array:
    """Return ``x * tanh(softplus(x))``: Misra, arXiv:1908.08681."""
    if not _is_real(input):
        return input * xg.tanh(softplus(input))
    return times_tanh_of_softplus(input)


@as_given
@torch_spelled
@in_single
def hardswish(input: Array) -> Array:
    """Return ``x * clip(x + 3, 0, 6) / 6``: Howard et al., arXiv:1905.02244."""
    return strong_multiply(input, xg.clip(input + 3.0, 0.0, 6.0) / 6.0)  # 0 of -inf, too


@as_given
@torch_spelled
def softmax(input: Array, axis: int = -1, dtype: DType | None = None) -> Array:
    """Return ``exp(x)`` over its sum along an axis; a row of -inf alone gives zeros.

    Args:
        input: scores (logits).
        axis: the axis over which the result sums to 1.
        dtype: the dtype to compute in, that of the input if None.

    Returns:
        An array of the shape of the input, between 0 and 1.
    """
    return xg.softmax(_of_dtype(input, dtype), axis=axis)


@as_given
@torch_spelled
def log_softmax(input: Array, axis: int = -1, dtype: DType | None = None) -> Array:
    """Return the logarithm of `softmax`.

    Args:
        input: scores (logits).
        axis: the axis over which the probabilities sum to 1.
        dtype: the dtype to compute in, that of the input if None.

    Returns:
        An array of the shape of the input.
    """
    return xg.log_softmax(_of_dtype(input, dtype), axis=axis)


@as_given
@torch_spelled
def softmin(input: Array, axis: int = -1, dtype: DType | None = None) -> Array:
    """Return the `softmax` of the negative input: most where it is least.

    Args:
        input: scores.
        axis: the axis over which the result sums to 1.
        dtype: the dtype to compute in, that of the input if None.

    Returns:
        An array of the shape of the input, between 0 and 1.
    """
    return xg.softmax(-_of_dtype(input, dtype), axis=axis)


def _of_dtype(x: Array, dtype: DType | None) -> Array:
    return x if dtype is None else xg.astype(x, dtype, copy=False)


@as_given
@torch_spelled
def gumbel_softmax(
    logits: Array,
    tau: float = 1.0,
    hard: bool = False,
    axis: int = -1,
    rng: Generator | None = None,
) -> Array:
    """Return soft random choices with the probabilities of a softmax: arXiv:1611.01144.

    Args:
        logits: unnormalised logarithms of the probabilities.
        tau: the temperature; near 0 the choices are nearly of one class.
        hard: whether the result is of one class, with the derivative of the soft choice.
        axis: the axis of the classes.
        rng: a generator, as of `xgrad.random.default_rng`.

    Returns:
        An array of the shape of the logits that sums to 1 along the axis.

    Raises:
        ValueError: if `tau` is not positive, or a generator is missing.
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau is {tau}; expected a positive number")
    if rng is None:
        raise ValueError(
            "gumbel_softmax: it is random and needs a generator; "
            "pass rng=xgrad.random.default_rng(seed)"
        )
    u = rng.uniform(1e-7 if logits.dtype.itemsize <= 4 else 1e-16, 1.0, tuple(logits.shape))
    noise = xg.astype(-xg.log(-xg.log(u)), logits.dtype, copy=False)
    soft = xg.softmax((logits + noise) / tau, axis=axis)
    if not hard:
        return soft
    best = xg.argmax(xg.stop_gradient(soft), axis=axis, keepdims=True)
    places = xg.reshape(
        counted(best, soft.shape[axis]),
        (-1, *(1,) * (len(soft.shape) - axis % len(soft.shape) - 1)),
    )
    one = xg.astype(places == best, soft.dtype)
    return one + soft - xg.stop_gradient(soft)


@as_given
@torch_spelled
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
    require_floating("glu", input)
    first, second = xg.split(input, 2, axis=axis)
    return first * xg.sigmoid(second)
