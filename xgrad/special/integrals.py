"""Exponential, trigonometric and elliptic integrals, and functions defined by series.

Formulas are of DLMF 4.13, 6, 13, 15, 19 and 25.12.
"""

from __future__ import annotations

import math
from typing import Any

from ..array import SCALARS, Array
from ..op import rule
from ..ops.elementwise import Operand, strong_multiply
from .define import arrays, over, polynomial, special

# Exponential and trigonometric integrals ---------------------------------------------------------


@special(lambda xp, x: xp.exp(x) / x)
def expi(x: Array, /) -> Array:
    """Return the exponential integral Ei."""


@special(lambda xp, z: -xp.exp(-z) / z)
def exp1(z: Array, /) -> Array:
    """Return the exponential integral E1."""


def _expn(xp: Any, n: Any, x: Any) -> Any:
    """Return the derivative of ``expn(n, x)``; that of order 0 is elementary (DLMF 8.19.13)."""
    elementary = -xp.exp(-x) * (1 + 1 / x) / x
    if type(n) in SCALARS:
        return elementary if n == 0 else -xp.special.expn(n - 1, x)
    (x, n) = arrays(xp, x, n)
    return xp.where(n == 0, elementary, -xp.special.expn(xp.where(n == 0, n, n - 1), x))


@special(None, lambda xp, n, x: _expn(xp, n, x))
def expn(n: Operand, x: Operand, /) -> Array:
    """Return the exponential integral of order `n`."""


_SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(11)]


def _sici_slopes(xp: Any, x: Any) -> tuple[Any, Any]:
    return over(xp, xp.sin(x), x, _SINC), xp.cos(x) / x


def _sici_pull(xp: Any, g: Any, x: Any) -> Any:
    sinc, cosc = _sici_slopes(xp, x)
    # at 0 the derivative of the cosine integral is infinite, and its cotangent perhaps zero
    return g[0] * xp.conj(sinc) + strong_multiply(g[1], xp.conj(cosc))


def _sici_push(xp: Any, t: Any, x: Any) -> Any:
    sinc, cosc = _sici_slopes(xp, x)
    return t * sinc, t * cosc


@rule(
    vjp=lambda xp, g, x: _sici_pull(xp, g, x),
    jvp=lambda xp, t, x: _sici_push(xp, t, x),
    path="special.",
)
def sici(x: Array, /) -> tuple[Array, Array]:
    """Return the sine integral and the cosine integral."""


# Elliptic integrals ------------------------------------------------------------------------------

# (E - (1 - m) K) / m and (K - E) / m, which cancel near m = 0, are pi/4 times the hypergeometric
# functions F(1/2, 1/2; 2; m) and F(1/2, 3/2; 2; m) (DLMF 19.5.1 and 19.5.2)
_B, _D = [math.pi / 4], [math.pi / 4]
for _k in range(26):
    _B.append(_B[-1] * (_k + 0.5) * (_k + 0.5) / ((_k + 1) * (_k + 2)))
    _D.append(_D[-1] * (_k + 0.5) * (_k + 1.5) / ((_k + 1) * (_k + 2)))


def _over_m(xp: Any, difference: Any, m: Any, series: list[float]) -> Any:
    near = xp.abs(m) < 0.25
    far = difference / xp.where(near, 1.0, m)
    return xp.where(near, polynomial(xp.where(near, m, 0.0), series), far)


def _ellipk(xp: Any, m: Any, out: Any) -> Any:
    b = _over_m(xp, xp.special.ellipe(m) - (1 - m) * out, m, _B)
    return 0.5 * b / (1 - m)


@special(lambda xp, m, out: _ellipk(xp, m, out))
def ellipk(m: Array, /) -> Array:
    """Return the complete elliptic integral of the first kind, of the parameter ``m = k**2``."""


@special(lambda xp, m, out: -0.5 * _over_m(xp, xp.special.ellipk(m) - out, m, _D))
def ellipe(m: Array, /) -> Array:
    """Return the complete elliptic integral of the second kind, of the parameter ``m = k**2``."""


# The dilogarithm, and Lambert's function ---------------------------------------------------------

_LOG1P = [(-1) ** k / (k + 1) for k in range(27)]


def _spence(xp: Any, z: Any) -> Any:
    w = z - 1
    near = xp.abs(w) < 0.25
    series = polynomial(xp.where(near, w, 0.0), _LOG1P)
    far = xp.log(xp.where(near, 2.0, z)) / xp.where(near, 1.0, w)
    return -xp.where(near, series, far)


@special(lambda xp, z: _spence(xp, z))
def spence(z: Array, /) -> Array:
    """Return the dilogarithm of ``1 - z``."""


@special(lambda xp, out: xp.exp(-out) / (1 + out))
def lambertw(z: Array, /, k: int = 0, tol: float = 1e-8) -> Array:
    """Return the branch `k` of the inverse of ``w * exp(w)``; the result is complex."""


# Hypergeometric functions ------------------------------------------------------------------------


@special(None, None, lambda xp, a, b, x: a / b * xp.special.hyp1f1(a + 1, b + 1, x))
def hyp1f1(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the confluent hypergeometric function, with a derivative in `x`."""


@special(
    None,
    None,
    None,
    lambda xp, a, b, c, z: a * b / c * xp.special.hyp2f1(a + 1, b + 1, c + 1, z),
)
def hyp2f1(a: Operand, b: Operand, c: Operand, z: Operand, /) -> Array:
    """Return the Gauss hypergeometric function, with a derivative in `z`."""
