"""Gates: a number times a share of it that goes from 0 to 1, and all derivatives, as single ops.

Where the share is subnormal, or 0, the product is not; at infinity it is 0 or infinite, and no NaN.
"""

from __future__ import annotations

import math
from typing import Any

from ...arrays.array import Array
from ...backends import XP, backend_of
from ...engine.op import elementwise
from ...ops.activations import real_namespace
from ...ops.pieces import in_pieces
from ...ops.slopes import all_known, gaussian, sigmoid_slope

_MOST = 1e3
"""Of numbers beyond it, infinities too, exponentials are 0, and so is a product with them."""

# x times its sigmoid -----------------------------------------------------------------------------


def _roots(xp: XP, x: Any) -> tuple[Any, Any]:
    """Return the root of exp(-|x|), and one more than its square."""
    root = xp.exp(-0.5 * xp.abs(x))
    return root, 1 + root * root


def _times_sigmoid(x: Any) -> Any:
    xp = real_namespace(x, "silu")
    if backend_of(x).on_host(x) and not xp.any(x < -80.0):
        return x / (1 + xp.exp(-x))
    root, total = _roots(xp, x)
    return xp.where(x < 0, xp.maximum(x, -_MOST) * root * root, x) / total


def _times_sigmoid_slope(x: Any) -> Any:
    """Return ``s(x) (1 + x s(-x))``, by the one exponential of s where it is neither 0 nor inf."""
    xp = backend_of(x).xp
    plain = xp.abs(x) < 80.0
    e = xp.exp(-x)
    share = 1.0 / (1.0 + e)
    e *= share
    e *= x
    e += 1.0
    e *= share
    if all_known(plain):
        return e
    x = xp.clip(x, -_MOST, _MOST)
    root, total = _roots(xp, x)
    below = (1 + x / total) * root * root
    far = xp.where(x < 0, below, 1 + x * (root * root / total)) / total
    return xp.where(plain, e, far)


def _times_sigmoid_bend(x: Any) -> Any:
    """Return ``s(x) s(-x) (2 - x tanh(x / 2))``."""
    xp = backend_of(x).xp
    x = xp.clip(x, -_MOST, _MOST)
    root, total = _roots(xp, x)
    return (2 - x * xp.tanh(0.5 * x)) * root / total * root / total


def _times_sigmoid_twist(xp: XP, x: Any) -> Any:
    x = xp.clip(x, -_MOST, _MOST)
    t, w = xp.tanh(0.5 * x), sigmoid_slope(x)
    return w * (t * (x * t - 3) - 2 * x * w)


@elementwise(lambda xp, x: _times_sigmoid_twist(xp, x))
def _silu_bend(x: Any, /) -> Any:
    """Return the second derivative of `times_sigmoid`."""
    return backend_of(x).quietly(in_pieces, _times_sigmoid_bend, x)


@elementwise(lambda xp, x: _silu_bend(x))
def _silu_slope(x: Any, /) -> Any:
    """Return the derivative of `times_sigmoid`."""
    return backend_of(x).quietly(in_pieces, _times_sigmoid_slope, x)


@elementwise(lambda xp, x: _silu_slope(x))
def times_sigmoid(x: Any, /) -> Any:
    """Return ``x / (1 + exp(-x))``."""
    return backend_of(x).quietly(in_pieces, _times_sigmoid, x)


def _decaying_next(x: Any, order: int) -> Any:
    return decaying(x, order=order + 1)


@elementwise(lambda xp, x, order: _decaying_next(x, order))
def decaying(x: Any, /, *, order: int) -> Any:
    """Return ``(x + order) exp(x)``, the derivative of so high an order of ``x exp(x)``."""
    xp = backend_of(x).xp
    x = xp.maximum(x, -_MOST)
    root = xp.exp(0.5 * x)
    return (x + order) * root * root


# x times the hyperbolic tangent of softplus -------------------------------------------------------
#
# With exp(x) = a / b, of which one is 1, and d = a^2 + 2 a b + 2 b^2, that tangent is
# a (a + 2 b) / d, and its derivative 4 a b^2 (a + b) / d^2: of positive numbers alone.


def _parts(xp: XP, x: Any) -> tuple[Any, Any, Any, Any]:
    """Return x no farther than where nothing changes, a, b and d."""
    x = xp.clip(x, -_MOST, _MOST)
    below, small = x < 0, xp.exp(-xp.abs(x))
    a, b = xp.where(below, small, 1.0), xp.where(below, 1.0, small)
    return x, a, b, a * a + 2 * b * (a + b)


_TAIL = -80.0


def _in_tail(x: Any, out: Any, order: int) -> Any:
    """Return `out`, but ``(x + order) exp(x)`` where the exponential may be subnormal."""
    backend = backend_of(x)
    xp, below = backend.xp, x < _TAIL
    if not isinstance(x, Array) and backend.on_host(x) and not xp.any(below):
        return out
    return xp.where(below, decaying(xp.where(below, x, _TAIL), order=order), out)


def _mish(x: Any) -> Any:
    xp = real_namespace(x, "mish")
    n = xp.exp(xp.minimum(x, 40.0))  # beyond, the tangent is 1
    n = n * (n + 2)
    return _in_tail(x, xp.maximum(x, -_MOST) * (n / (n + 2)), 0)


def _mish_slope(x: Any) -> Any:
    near, a, b, d = _parts(backend_of(x).xp, x)
    return _in_tail(x, a * (a + 2 * b) / d + 4 * near * (a * b / d) * (b * (a + b) / d), 1)


def _mish_bend(x: Any) -> Any:
    near, a, b, d = _parts(backend_of(x).xp, x)
    turned = 2 + near * (1 + a / (a + b) - 4 * a * (a + b) / d)
    return _in_tail(x, (4 * a * b / d) * ((a + b) / d) * turned * b, 2)


def _mish_twist(xp: XP, x: Any) -> Any:
    """Return the third derivative, whose own are those of its parts."""
    near, a, b, d = _parts(xp, x)
    log = 1 + a / (a + b) - 4 * a * (a + b) / d  # the derivative of the slope's logarithm
    bent = a * b / ((a + b) * (a + b)) - 4 * a * b * (a * a + 4 * a * b + 2 * b * b) / (d * d)
    return (4 * a * b / d) * ((a + b) / d) * (3 * log + near * (log * log + bent)) * b


@elementwise(lambda xp, x: _mish_twist(xp, x))
def _second_of_mish(x: Any, /) -> Any:
    """Return the second derivative of `times_tanh_of_softplus`."""
    return backend_of(x).quietly(in_pieces, _mish_bend, x)


@elementwise(lambda xp, x: _second_of_mish(x))
def _slope_of_mish(x: Any, /) -> Any:
    """Return the derivative of `times_tanh_of_softplus`."""
    return backend_of(x).quietly(in_pieces, _mish_slope, x)


@elementwise(lambda xp, x: _slope_of_mish(x))
def times_tanh_of_softplus(x: Any, /) -> Any:
    """Return ``x tanh(log(1 + exp(x)))``."""
    return backend_of(x).quietly(in_pieces, _mish, x)


# x times the normal distribution ------------------------------------------------------------------

_DENSITY, _END = 1 / math.sqrt(2 * math.pi), 40.0  # where the density is 0


def _near(xp: XP, x: Any) -> Any:
    return xp.clip(x, -_END, _END)


@elementwise(
    lambda xp, x: (
        _DENSITY * gaussian(_near(xp, x), scale=-0.5) * _near(xp, x) * (_near(xp, x) ** 2 - 4)
    )
)
def _second_of_gelu(x: Any, /) -> Any:
    """Return the second derivative of `times_ndtr`."""
    x = _near(backend_of(x).xp, x)
    return _DENSITY * gaussian(x, scale=-0.5) * (2 - x * x)


@elementwise(lambda xp, x: _second_of_gelu(x))
def _slope_of_gelu(x: Any, /) -> Any:
    """Return the derivative of `times_ndtr`."""
    return in_pieces(lambda x: _slope_beside(x, _times_ndtr(x)), x)


def _slope_beside(x: Any, out: Any) -> Any:
    """Return the derivative by the chance that the result holds: computing it is most of the work.

    Where the result may be tiny it is computed again.
    """
    xp = backend_of(x).xp
    near, size = _near(xp, x), xp.abs(x)
    slope = gaussian(near, scale=-0.5)
    slope *= _DENSITY
    slope *= near
    plain = (size > 1e-30) & (size < 10.0)
    if all_known(plain):
        slope += out / x
    else:
        slope += xp.where(plain, out / xp.where(plain, x, 1.0), xp.special.ndtr(x))
    return slope


def _times_ndtr(x: Any) -> Any:
    xp = backend_of(x).xp
    return xp.maximum(x, -_END) * xp.special.ndtr(x)


@elementwise(
    lambda xp, x, out: (
        _slope_of_gelu(x) if isinstance(x, Array) else in_pieces(_slope_beside, x, out)
    )
)
def times_ndtr(x: Any, /) -> Any:
    """Return x times the chance of a standard normal number below it."""
    return in_pieces(_times_ndtr, x)
