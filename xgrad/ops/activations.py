"""Functions of machine learning that are stable only as one op."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from ..arrays.array import Array
from ..backends import COMPLEX, XP, backend_of
from ..engine.op import elementwise, mask, rule
from .statistical import spread


def _real_namespace(x: Any, name: str) -> Any:
    """Return the namespace of a raw array, or say that the function is for real ones."""
    if x.dtype in COMPLEX:
        raise TypeError(f"{name}: got an array of {x.dtype}; expected a real one")
    return backend_of(x).xp


@elementwise(mask(lambda xp, out: out != 0), zeros=True)  # as NaN is, too
def relu(x: Array, /) -> Array:
    """Return each element if it is positive, else 0; the derivative at 0 is 0."""
    return _real_namespace(x, "relu").maximum(x, 0)


@elementwise(lambda xp, out: out - out * out)
def sigmoid(x: Array, /) -> Array:
    """Return ``1 / (1 + exp(-x))`` of each element, without overflow."""
    xp = _real_namespace(x, "sigmoid")
    return backend_of(x).quietly(_logistic, xp, x)


def _logistic(xp: XP, x: Any) -> Any:
    return 1 / (1 + xp.exp(-x))  # where exp(-x) is infinite the result is 0, as it should


@cache
def _lowest(xp: XP, dtype: Any) -> float:
    """Return the most negative finite number of a dtype."""
    return float(xp.finfo(dtype).min)


def _shifted(xp: XP, x: Any, axis: Any) -> tuple[Any, Any]:
    """Return `x` less its maximum, and the maximum; where all are -inf the shift is finite."""
    top = xp.maximum(xp.max(x, axis=axis, keepdims=True), _lowest(xp, x.dtype))
    return x - top, top


def _softmax_slope(xp: XP, g: Any, out: Any, axis: Any) -> Any:
    return out * (g - xp.sum(g * out, axis=axis, keepdims=True))


@rule(
    vjp=lambda xp, g, out, axis: _softmax_slope(xp, g, out, axis),
    jvp=lambda xp, t, out, axis: _softmax_slope(xp, t, out, axis),
)
def softmax(x: Array, /, *, axis: int | tuple[int, ...] | None = -1) -> Array:
    """Return ``exp(x)`` over its sum along an axis, without overflow.

    Where every element along the axis is -inf (a fully masked row) the result is 0.

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
    xp = _real_namespace(x, "softmax")
    e = xp.exp(_shifted(xp, x, axis)[0])
    # the largest element contributes 1, so that the sum is less only where it is 0
    return e / xp.maximum(xp.sum(e, axis=axis, keepdims=True), 1)


@rule(
    vjp=lambda xp, g, out, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
    jvp=lambda xp, t, out, axis: t - xp.sum(xp.exp(out) * t, axis=axis, keepdims=True),
)
def log_softmax(x: Array, /, *, axis: int | tuple[int, ...] | None = -1) -> Array:
    """Return the logarithm of `softmax`, accurate also where it underflows.

    Args:
        x: real scores (logits), of a floating-point dtype.
        axis: the axis or axes over which the probabilities sum to 1; all if None.

    Returns:
        An array of the shape and dtype of `x`: ``x - logsumexp(x, axis, keepdims=True)``, none of
        it above 0.

    Raises:
        TypeError: if `x` is complex.
    """
    xp = _real_namespace(x, "log_softmax")
    x, _ = _shifted(xp, x, axis)
    total = xp.sum(xp.exp(x), axis=axis, keepdims=True)
    return x - xp.log(xp.maximum(total, 1))  # as in softmax


def _shares(xp: XP, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """Return the softmax of `x` from its logsumexp."""
    out = spread(xp, out, x.shape, axis, keepdims)
    return xp.exp(x - xp.where(out == -math.inf, xp.zeros_like(out), out))


@rule(
    vjp=lambda xp, g, x, out, axis, keepdims: (
        spread(xp, g, x.shape, axis, keepdims) * _shares(xp, x, out, axis, keepdims)
    ),
    jvp=lambda xp, t, x, out, axis, keepdims: xp.sum(
        t * _shares(xp, x, out, axis, keepdims), axis=axis, keepdims=keepdims
    ),
)
def logsumexp(
    x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Array:
    """Return the logarithm of the sum of exponentials along axes, without overflow.

    Its gradient is `softmax`. Where all elements are -inf, the result is -inf and the gradient 0.

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
    xp = _real_namespace(x, "logsumexp")
    shifted, top = _shifted(xp, x, axis)
    out = xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True)) + top
    return out if keepdims else xp.reshape(out, _reduced(x.shape, axis))


def _reduced(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Return a shape without the given axes."""
    if axis is None:
        return ()
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(n for i, n in enumerate(shape) if i not in axes)
