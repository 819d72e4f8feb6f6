"""Steps of networks that are one op: what a tape of their parts would keep and compute again.

Their rules are plain mathematics on `xp`, so that they have derivatives of every order.
"""

from __future__ import annotations

import math
from typing import Any

from ...arrays.array import Array
from ...backends import XP, backend_of
from ...engine.op import elementwise, multilinear, rule
from ...engine.projection import conj
from ...ops.activations import real_namespace
from ...ops.pieces import by_rows, in_pieces
from ...ops.slopes import sigmoid_slope, within
from ...special.define import polynomial

Axes = tuple[int, ...]


@multilinear(
    lambda xp, g, w: xp.matmul(g, conj(xp, w)),
    lambda xp, g, x: xp.matmul(xp.matrix_transpose(g), conj(xp, x)),
    axes=(2, 2),
)
def mapped(x: Any, w: Any, /) -> Any:
    """Return ``x w^T`` of two matrices; the derivative by `w` lies in memory as `w` does."""
    xp = backend_of(x).xp
    return xp.matmul(x, xp.matrix_transpose(w))


_LINEAR, _CUBIC = math.sqrt(8 / math.pi), math.sqrt(8 / math.pi) * 0.044715


def _falling(x: Any) -> Any:
    """Return the exponential of what gelu takes the sigmoid of, negated.

    Operators that write in place make no new memory of raw arrays, and are ops on others.
    """
    t = x * x
    t *= -_CUBIC
    t -= _LINEAR
    t *= x
    return backend_of(x).xp.exp(t)


_TAIL = -10.0
"""Below it gelu's exponentials may be infinite, or its sigmoid subnormal, and the product not."""


def _in_tail(x: Any, out: Any, product: Any) -> Any:
    """Return `out`, but in the tail a product with an exponential, taken in two steps."""
    backend = backend_of(x)
    xp = backend.xp
    below = x < _TAIL
    if backend.on_host(x) and not xp.any(below):
        return out
    far = xp.where(below, xp.maximum(x, -60.0), _TAIL)  # -inf, too: there the result is 0
    u = far * (_CUBIC * far * far + _LINEAR)
    root = xp.exp(0.5 * u)
    return xp.where(below, product(far, u) * root * root, out)


def _gelu(x: Any) -> Any:
    odds = _falling(x)
    odds += 1
    # where the exponential is infinite it is 0, as it should
    return _in_tail(x, x / odds, lambda x, u: x)


def _slope(x: Any, s: Any, rest: Any) -> Any:
    """Return the derivative of gelu, of the sigmoid by which it multiplies x, and 1 less that."""
    slope = x * x
    slope *= 3 * _CUBIC
    slope += _LINEAR
    slope *= x
    slope *= rest
    slope += 1
    slope *= s
    return slope


def _raw_slope(x: Any) -> Any:
    x = backend_of(x).xp.clip(x, -30.0, 30.0)
    t = _falling(x)
    rest = 1 / t
    rest += 1
    t += 1
    out = _slope(x, 1 / t, 1 / rest)
    return _in_tail(x, out, lambda x, u: 1 + x * (3 * _CUBIC * x * x + _LINEAR))


def _gelu_bend(xp: XP, x: Any) -> Any:
    """Return the second derivative, of products alone: 1 less the sigmoid has no digit far out."""
    x = xp.clip(x, -30.0, 30.0)
    square = x * x
    u = x * (_CUBIC * square + _LINEAR)
    rise, twist = (3 * _CUBIC) * square + _LINEAR, (6 * _CUBIC) * x
    turned = 2 * rise + x * (twist - rise * rise * xp.tanh(0.5 * u))
    root = xp.exp(xp.clip(0.5 * u, None, 0.0))  # the slope of the sigmoid may be subnormal
    return xp.where(x < _TAIL, turned * root * root, sigmoid_slope(u) * turned)


def _raw_gelu_slope(x: Any) -> Any:
    return backend_of(x).quietly(in_pieces, _raw_slope, x)


@elementwise(lambda xp, x: _gelu_bend(xp, x))
def _gelu_slope(x: Any, /) -> Any:
    """Return the derivative of `gelu_by_tanh`."""
    return _raw_gelu_slope(x)


@elementwise(lambda xp, x: (_gelu_slope if isinstance(x, Array) else _raw_gelu_slope)(x))
def gelu_by_tanh(x: Any, /) -> Any:
    """Return ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, which is x times a sigmoid."""
    return backend_of(x).quietly(in_pieces, _gelu, x)


_EXCESS = [2 * k / math.factorial(2 * k + 1) for k in range(1, 9)]


@elementwise(lambda xp, x: xp.square(xp.tanh(x)))
def less_tanh(x: Any, /) -> Any:
    """Return ``x - tanh(x)``; near 0, where that cancels, ``(x cosh x - sinh x) / cosh x``."""
    xp = backend_of(x).xp
    near = xp.abs(x) < 0.5
    small = xp.where(near, x, 0.0)
    square = small * small
    excess = small * (square * polynomial(square, _EXCESS)) / xp.cosh(small)
    return xp.where(near, excess, x - xp.tanh(x))


@elementwise(lambda xp, x: -2 * xp.sign(x) * (1 / (1 + xp.abs(x))) ** 3)
def _falling_slope(x: Any, /) -> Any:
    """Return ``1 / (1 + |x|)^2``."""
    xp = backend_of(x).xp
    return xp.square(1 / (1 + xp.abs(x)))


@elementwise(lambda xp, x: _falling_slope(x))
def over_one_and_size(x: Any, /) -> Any:
    """Return ``x / (1 + |x|)``, whose derivative is no difference; of infinities 1 and -1."""
    xp = real_namespace(x, "softsign")
    x = within(xp, x)
    return x / (1 + xp.abs(x))


@elementwise(lambda xp, x: sigmoid_slope(x), -1)
def _sigmoid_less(x: Any, t: Any, /) -> Any:
    """Return ``s(x) - t``, in ways that keep what each part has in the tails and around x = 0."""
    xp = backend_of(x).xp
    positive, size, u = x > 0, xp.abs(x), 1 - t
    e = xp.exp(-size)
    far = xp.where(positive, u - t * e, e * u - t) / (1 + e)
    return xp.where(size < 1, 0.5 * xp.tanh(0.5 * x) + (0.5 - t), far)


@elementwise(
    lambda xp, x, t: _sigmoid_less(x, t),
    lambda xp, x: -x,
)
def logit_loss(x: Any, t: Any, /) -> Any:
    """Return ``-t log s(x) - (1 - t) log s(-x)``, of terms that are positive for t in [0, 1]."""
    xp = backend_of(x).xp
    above = x > 0
    return xp.log1p(xp.exp(-xp.abs(x))) + x * (xp.astype(above, x.dtype) - t)


def _centred(xp: XP, x: Any, axes: Axes, eps: float) -> tuple[Any, Any]:
    """Return an array less its mean, and one over its standard deviation."""
    x = x - xp.mean(x, axis=axes, keepdims=True)
    return x, 1 / xp.sqrt(xp.mean(x * x, axis=axes, keepdims=True) + eps)


def _projected(xp: XP, g: Any, x: Any, out: Any, axes: Axes, eps: float) -> Any:
    """Return a cotangent without its mean and its part along the result, rescaled.

    The derivative is symmetric, so that a tangent goes the same way.
    """

    def f(g: Any, x: Any, out: Any) -> Any:
        _, scale = _centred(xp, x, axes, eps)
        along = xp.mean(g * out, axis=axes, keepdims=True)
        return (g - xp.mean(g, axis=axes, keepdims=True) - out * along) * scale

    alike = not isinstance(g, Array) and type(g) is type(x) and g.dtype == x.dtype
    return by_rows(f, axes, g, x, out) if alike else f(g, x, out)


@rule(
    vjp=lambda xp, g, x, out, axes, eps: _projected(xp, g, x, out, axes, eps),
    jvp=lambda xp, t, x, out, axes, eps: _projected(xp, t, x, out, axes, eps),
)
def standardised(x: Any, /, *, axes: Axes, eps: float) -> Any:
    """Return a real array with mean 0 and variance 1 over axes, `eps` added to the variance."""
    xp = backend_of(x).xp

    def f(x: Any) -> Any:
        x, scale = _centred(xp, x, axes, eps)
        return x * scale

    return by_rows(f, axes, x)
