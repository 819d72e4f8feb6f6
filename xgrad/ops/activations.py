"""Functions of machine learning that are stable only as one op."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import COMPLEX, XP, backend_of
from ..engine.op import elementwise, mask, rule
from .halves import in_single, like, wide
from .pieces import by_rows, in_pieces
from .slopes import finite, sigmoid_slope
from .statistical import spread


def _complex(x: Any, name: str) -> TypeError:
    return TypeError(f"{name}: got an array of {x.dtype}; expected a real one")


def real_namespace(x: Any, name: str) -> Any:
    """Return the namespace of a raw array, or say that the function is for real ones."""
    if x.dtype in COMPLEX:
        raise _complex(x, name)
    return backend_of(x).xp


@elementwise(mask(lambda xp, out: out != 0), zeros=True)  # as NaN is, too
def relu(x: Array, /) -> Array:
    """Return each element if it is positive, else 0; the derivative at 0 is 0."""
    if x.dtype in COMPLEX:
        raise _complex(x, "relu")
    return backend_of(x).xp.clip(x, 0)


@elementwise(lambda xp, x: sigmoid_slope(x))
def sigmoid(x: Array, /) -> Array:
    """Return ``1 / (1 + exp(-x))`` of each element, without overflow."""
    xp = real_namespace(x, "sigmoid")
    return backend_of(x).quietly(_logistic, xp, x)


def _logistic(xp: XP, x: Any) -> Any:
    e = xp.exp(-x)  # where it is infinite the result is 0, as it should
    e += 1.0
    return 1.0 / e


@elementwise(lambda xp, x: sigmoid(x))
def softplus(x: Array, /) -> Array:
    """Return ``log(1 + exp(x))`` of each element, without overflow."""
    xp = real_namespace(x, "softplus")
    return in_pieces(lambda x: xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))), x)


def below(xp: XP, x: Any, top: Any) -> Any:
    """Return ``x - top``, none of it above 0: -inf if both are -inf, 0 if both are inf."""
    low, high = finite(xp, x.dtype)
    x = x - xp.minimum(xp.maximum(top, low), high)
    return xp.clip(x, None, 0.0)


def _largest(xp: XP, x: Any, axis: Any) -> Any:
    """Return the largest element along an axis, which stays; of no element -inf."""
    if not math.prod(x.shape):  # none at all, or those of no row
        return xp.sum(x, axis=axis, keepdims=True) - math.inf
    return xp.max(x, axis=axis, keepdims=True)


def _rest(xp: XP, x: Any, axis: Any) -> Any:
    """Return the sum of exponentials of what is not above 0, less the 1 of the largest, which is 0.

    Beside the 1 it would lose its digits; a logarithm of the sum is log1p of it.
    """
    e = xp.exp(x)
    total = xp.sum(e, axis=axis, keepdims=True)
    alone, rest = total < 1.5, total - 1  # where two are largest the sum is 2 at least
    if backend_of(x).on_host(total) and not xp.any(alone):
        return rest
    e *= xp.sign(x)  # without the largest, whose sign is 0; a where takes three times as long
    return xp.where(alone, -xp.sum(e, axis=axis, keepdims=True), rest)


def _less_mean(xp: XP, t: Any, p: Any, axis: Any) -> Any:
    """Return `t` less its mean with the weights `p`, which sum to 1.

    It is taken twice: where one weight is nearly 1, what the first difference has lost by rounding
    is what the others weigh.
    """
    t = t - xp.sum(p * t, axis=axis, keepdims=True)
    t -= xp.sum(p * t, axis=axis, keepdims=True)
    return t


def _less_sum(xp: XP, g: Any, p: Any, axis: Any) -> Any:
    """Return the transpose of `_less_mean`."""
    g = g - p * xp.sum(g, axis=axis, keepdims=True)
    g -= p * xp.sum(g, axis=axis, keepdims=True)
    return g


def _softmax_slope(xp: XP, g: Any, out: Any, axis: Any) -> Any:
    return by_rows(lambda g, p: p * _less_mean(xp, g, p, axis), axis, g, out)


@in_single  # what a cotangent is less its mean needs more digits of the weights than a half has
@rule(
    vjp=lambda xp, g, out, axis: _softmax_slope(xp, g, out, axis),
    jvp=lambda xp, t, out, axis: _softmax_slope(xp, t, out, axis),
)
def softmax(x: Array, /, *, axis: int | tuple[int, ...] | None = -1) -> Array:
    """Return ``exp(x)`` over its sum along an axis, without overflow.

    Where every element along the axis is -inf (a fully masked row) the result is 0; infinite ones
    share the 1.

    Args:
        x: real scores (logits), of a floating-point dtype.
        axis: the axis or axes over which the result sums to 1; all if None.

    Returns:
        An array of the shape and dtype of `x`, between 0 and 1.

    Raises:
        TypeError: if `x` is complex.

    >>> import numpy as np, xgrad as xg
    >>> xg.softmax(np.asarray([0.0, 0.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    xp = real_namespace(x, "softmax")
    e = xp.exp(below(xp, x, _largest(xp, x, axis)))
    # the largest element contributes 1, so that the sum is less only where it is 0
    e /= xp.maximum(xp.sum(e, axis=axis, keepdims=True), 1)
    return e


def _walked(less: Any, xp: XP, g: Any, out: Any, axis: Any) -> Any:
    """Return what a cotangent or tangent becomes at logarithms of weights, by one of the above."""
    parts = wide(xp, g), wide(xp, out)
    return like(xp, by_rows(lambda g, out: less(xp, g, xp.exp(out), axis), axis, *parts), out)


@in_single  # the logarithm of a small share has too few digits as a half
@rule(
    vjp=lambda xp, g, out, axis: _walked(_less_sum, xp, g, out, axis),
    jvp=lambda xp, t, out, axis: _walked(_less_mean, xp, t, out, axis),
)
def log_softmax(x: Array, /, *, axis: int | tuple[int, ...] | None = -1) -> Array:
    """Return the logarithm of `softmax`, accurate also where that is nearly 0 or 1.

    Args:
        x: real scores (logits), of a floating-point dtype.
        axis: the axis or axes over which the probabilities sum to 1; all if None.

    Returns:
        An array of the shape and dtype of `x`: ``x - logsumexp(x, axis, keepdims=True)``, none of
        it above 0.

    Raises:
        TypeError: if `x` is complex.
    """
    xp = real_namespace(x, "log_softmax")
    x = below(xp, x, _largest(xp, x, axis))
    x -= xp.log1p(_rest(xp, x, axis))
    return x


@rule(
    vjp=lambda xp, g, x, axis, keepdims: (
        spread(xp, g, x.shape, axis, keepdims) * softmax(x, axis=axis)
    ),
    jvp=lambda xp, t, x, axis, keepdims: like(
        xp, xp.sum(wide(xp, t) * softmax(x, axis=axis), axis=axis, keepdims=keepdims), x
    ),
)
def logsumexp(
    x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Array:
    """Return the logarithm of the sum of exponentials along axes, without overflow.

    Its gradient is `softmax`. Where all elements are -inf, or there are none, the result is -inf
    and the gradient 0.

    Args:
        x: real numbers of a floating-point dtype.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes, of its dtype.

    Raises:
        TypeError: if `x` is complex.

    >>> import numpy as np, xgrad as xg
    >>> float(xg.logsumexp(np.asarray([1000.0, 1000.0])))
    1000.6931471805599
    """
    xp = real_namespace(x, "logsumexp")
    given, x = x, wide(xp, x)
    top = _largest(xp, x, axis)
    out = like(xp, top + xp.log1p(_rest(xp, below(xp, x, top), axis)), given)
    return out if keepdims else xp.reshape(out, _reduced(x.shape, axis))


def _reduced(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Return a shape without the given axes."""
    if axis is None:
        return ()
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(n for i, n in enumerate(shape) if i not in axes)
