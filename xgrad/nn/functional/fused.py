"""Steps of networks that are one op: what a tape of their parts would keep and compute again.

Their rules are plain mathematics on `xp`, so that they have derivatives of every order.
"""

from __future__ import annotations

import math
from typing import Any

from ...backends import XP, backend_of
from ...engine.op import elementwise, multilinear, rule
from ...engine.projection import conj
from ...ops.activations import sigmoid

Axes = tuple[int, ...]


@multilinear(
    lambda xp, g, w: xp.matmul(g, conj(xp, w)),
    lambda xp, g, x: xp.matmul(xp.matrix_transpose(g), conj(xp, x)),
    axes=2,
)
def mapped(x: Any, w: Any, /) -> Any:
    """Return ``x w^T`` of two matrices; the derivative by `w` lies in memory as `w` does."""
    xp = backend_of(x).xp
    return xp.matmul(x, xp.matrix_transpose(w))


_LINEAR, _CUBIC = math.sqrt(8 / math.pi), math.sqrt(8 / math.pi) * 0.044715


def _weight(xp: XP, x: Any) -> tuple[Any, Any]:
    """Return the sigmoid by which gelu multiplies x, and x times the slope of its argument.

    Beyond 30 it is 0 or 1 in every dtype, and a power of x would overflow.
    """
    x = xp.clip(x, -30.0, 30.0)
    square = x * x
    return sigmoid(x * (_CUBIC * square + _LINEAR)), x * ((3 * _CUBIC) * square + _LINEAR)


def _gelu_slope(xp: XP, x: Any) -> Any:
    s, slope = _weight(xp, x)
    return s * (slope * (1 - s) + 1)


@elementwise(lambda xp, x: _gelu_slope(xp, x))
def gelu_by_tanh(x: Any, /) -> Any:
    """Return ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, which is x times a sigmoid."""
    return x * _weight(backend_of(x).xp, x)[0]


def _centred(xp: XP, x: Any, axes: Axes, eps: float) -> tuple[Any, Any]:
    """Return an array less its mean, and one over its standard deviation."""
    x = x - xp.mean(x, axis=axes, keepdims=True)
    return x, 1 / xp.sqrt(xp.mean(x * x, axis=axes, keepdims=True) + eps)


def _projected(xp: XP, g: Any, x: Any, out: Any, axes: Axes, eps: float) -> Any:
    """Return a cotangent without its mean and its part along the result, rescaled.

    The derivative is symmetric, so that a tangent goes the same way.
    """
    _, scale = _centred(xp, x, axes, eps)
    along = xp.mean(g * out, axis=axes, keepdims=True)
    return (g - xp.mean(g, axis=axes, keepdims=True) - out * along) * scale


@rule(
    vjp=lambda xp, g, x, out, axes, eps: _projected(xp, g, x, out, axes, eps),
    jvp=lambda xp, t, x, out, axes, eps: _projected(xp, t, x, out, axes, eps),
)
def standardised(x: Any, /, *, axes: Axes, eps: float) -> Any:
    """Return a real array with mean 0 and variance 1 over axes, `eps` added to the variance."""
    x, scale = _centred(backend_of(x).xp, x, axes, eps)
    return x * scale
