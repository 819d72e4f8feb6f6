"""The gamma function and its relatives, and the zeta functions (DLMF 5 and 25)."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import ArrayLike, as_given
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops.elementwise import Operand, is_complex
from ..ops.halves import each_in_single
from ..ops.slopes import circle, power_of_two, within
from .define import arrays, growing, holds_everywhere, in_double, special, with_ends

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""The Bernoulli numbers of index 2, 4, 6, ... (DLMF 24.2)."""

_SHIFT = 12
"""How often recurrences are applied, before an asymptotic series is good to double precision."""


@elementwise(
    lambda xp, a, b, out: -(out / a + out / (a + b)),
    lambda xp, a, b: 1 / (a + b) / (a + b),
)
def _first_step(a: Any, b: Any, /) -> Any:
    """Return ``1 / a - 1 / (a + b)``; a cotangent over `a` alone might be infinite."""
    return b / (a + b) / a


def digamma_step(xp: XP, a: Any, b: Any) -> Any:
    """Return ``digamma(a + b) - digamma(a)`` of positive numbers, as a sum of positive terms.

    The recurrence DLMF 5.5.2 raises a; then follows the difference of the asymptotic series 5.11.2.
    """
    total = _first_step(a, b)
    for k in range(1, _SHIFT):
        total = total + b / ((a + k) * (a + k + b))
    a = a + _SHIFT
    r, q = 1 / a, 1 / (a + b)
    r2, q2 = r * r, q * q
    # complete[k] = (r2^k - q2^k) / (r2 - q2), without the cancellation
    complete, power, series = 1.0, 1.0, 0.0
    for k, c in enumerate(BERNOULLI[:7], 1):
        series = series + c / (2 * k) * complete
        power = power * q2
        complete = complete * r2 + power
    difference = b * r * q
    return total + xp.log1p(b / a) + difference * (0.5 + (r + q) * series)


def _log_beta_slope(xp: XP, a: Any, b: Any) -> Any:
    """Return the derivative of ``betaln`` in its first argument (DLMF 5.12.1)."""
    a, b = arrays(xp, a, b)
    positive = (a > 0) & (b > 0)
    b = within(xp, b)
    stable = digamma_step(xp, xp.where(positive, a, 1.0), xp.where(positive, b, 1.0))
    return xp.where(positive, -stable, xp.special.digamma(a) - xp.special.digamma(a + b))


_TINY = 1e-30
"""Of an argument between 0 and this, what beta's derivative in the other one is hardly depends."""


def _beta_slope(xp: XP, a: Any, b: Any, out: Any) -> Any:
    """Return the derivative of `beta` in its first argument, finite though the result be none."""
    a, b = arrays(xp, a, b)
    tiny = (b >= 0) & (b < _TINY) & (a > 0)
    if not holds_everywhere(~tiny):
        b = xp.where(tiny, _TINY, b)
        out = xp.where(tiny, xp.special.beta(xp.where(tiny, a, 1.0), _TINY), out)
    return out * _log_beta_slope(xp, a, b)


def _tetragamma(xp: XP, x: Any) -> Any:
    left = x < 0  # by the derivative of the reflection DLMF 5.15.6
    sine, cosine = circle(xp, xp.where(left, x, 0.5))
    there = xp.special.polygamma(2, xp.where(left, 1 - x, x))
    return xp.where(left, there - 2 * cosine * (math.pi / sine) ** 3, there)


@elementwise(_tetragamma)
def _real_trigamma(x: Array, /) -> Array:
    """Return the derivative of `digamma` of real elements: one op, not the formula's dozen."""
    backend = backend_of(x)
    xp = backend.xp
    left = x < 0
    if backend.on_host(x) and not xp.any(left):
        return xp.special.polygamma(1, x)
    sine, _ = circle(xp, xp.where(left, x, 0.5))  # by the reflection DLMF 5.15.6
    there = xp.special.polygamma(1, xp.where(left, 1 - x, x))
    return xp.where(left, (math.pi / sine) ** 2 - there, there)


def _trigamma(xp: XP, x: Any) -> Any:
    if not is_complex(x):
        return _real_trigamma(x)
    left = xp.real(x) < 0.5
    z = xp.where(left, 1 - x, x)
    total = 1 / (z * z)
    for k in range(1, _SHIFT):
        total = total + 1 / ((z + k) * (z + k))
    r = 1 / (z + _SHIFT)
    series, power = r + 0.5 * r * r, r
    for c in BERNOULLI:  # DLMF 5.15.8
        power = power * r * r
        series = series + c * power
    # the reflection DLMF 5.15.6; far from the real axis its term vanishes, and its sine overflows
    near = xp.abs(xp.imag(x)) < 100
    sine = xp.sin(math.pi * xp.where(left & near, x, 0.5)) / math.pi
    mirrored = xp.where(near, 1 / (sine * sine), 0.0)
    return xp.where(left, mirrored - total - series, total + series)


@special(with_ends(lambda xp, x, out: out * xp.special.digamma(x), (math.inf, growing)))
def gamma(x: Array, /) -> Array:
    """Return the gamma function of each element."""


@special(lambda xp, x: xp.special.digamma(x))
def gammaln(x: Array, /) -> Array:
    """Return the logarithm of the absolute value of the gamma function, for real elements."""


@special(lambda xp, z: xp.special.digamma(z))
def loggamma(z: Array, /) -> Array:
    """Return the principal branch of the logarithm of the gamma function."""


@special(lambda xp, z: _trigamma(xp, z))
def digamma(z: Array, /) -> Array:
    """Return the logarithmic derivative of the gamma function."""


@as_given
@each_in_single
def psi(z: Array, /) -> Array:
    """Return `digamma` of each element, under its other name."""
    return digamma(z)


@special(None, lambda xp, n, x: xp.special.polygamma(n + 1, x))
def polygamma(n: Operand, x: Operand, /) -> Array:
    """Return the derivative of order `n` of `digamma` (DLMF 5.15).

    Args:
        n: orders, whole numbers from 0.
        x: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(
    lambda xp, a, b, out: _beta_slope(xp, a, b, out),
    lambda xp, a, b, out: _beta_slope(xp, b, a, out),
)
def beta(a: Operand, b: Operand, /) -> Array:
    """Return the beta function, ``gamma(a) * gamma(b) / gamma(a + b)`` (DLMF 5.12.1).

    Args:
        a: real numbers, as a rule positive.
        b: real numbers, as a rule positive; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """


@special(lambda xp, a, b: _log_beta_slope(xp, a, b), lambda xp, a, b: _log_beta_slope(xp, b, a))
def betaln(a: Operand, b: Operand, /) -> Array:
    """Return the logarithm of the absolute value of the beta function.

    Args:
        a: real numbers, as a rule positive.
        b: real numbers, as a rule positive; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, also where `beta` under- or overflows.
    """


# Zeta functions ----------------------------------------------------------------------------------


def _euler_maclaurin(xp: XP, x: Any, q: Any) -> Any:
    """Return the derivative in x of the Euler-Maclaurin sum of the zeta function (DLMF 25.2.9)."""
    total = 0.0
    for k in range(_SHIFT):
        w = q + k
        total = total - xp.log(w) * w**-x
    w = q + _SHIFT
    log, r = xp.log(w), 1 / (x - 1)
    power = w**-x
    total = total - power * w * r * (log + r) - 0.5 * log * power
    # the Pochhammer symbol of x, and its derivative
    rising, slope = x, 1.0
    power = power / w
    for k, c in enumerate(BERNOULLI, 1):
        total = total + c / math.factorial(2 * k) * power * (slope - log * rising)
        for i in (2 * k - 1, 2 * k):
            slope = slope * (x + i) + rising
            rising = rising * (x + i)
        power = power / (w * w)
    return total


def _riemann_slope(xp: XP, x: Any) -> Any:
    left = x < -0.25  # nearer to 0 the pole at 1 would be mirrored
    s = xp.minimum(xp.where(left, 1 - x, x), 1e4)  # from where on it is 0, and powers overflow
    right = _euler_maclaurin(xp, s, xp.ones_like(s))
    # the functional equation DLMF 25.4.1
    angle, half = 0.5 * math.pi * (1 - s), math.log(2 * math.pi)
    gain = 2 * xp.exp(xp.special.gammaln(s) - half * s)
    turn = (half - xp.special.digamma(s)) * xp.sin(angle) + 0.5 * math.pi * xp.cos(angle)
    mirrored = gain * (turn * xp.special.zeta(s, xp.ones_like(s)) - xp.sin(angle) * right)
    return xp.where(left, mirrored, right)


def _hurwitz_slope(xp: XP, x: Any, q: Any) -> Any:
    x, q = arrays(xp, x, q)
    inside = (x > 1) & (q > 0)
    slope = _euler_maclaurin(xp, xp.where(inside, x, 2.0), xp.where(inside, q, 1.0))
    return xp.where(inside, slope, math.nan)


@elementwise(lambda xp, x: _riemann_slope(xp, x))
def _riemann_zeta(x: Array, /) -> Array:
    """Return the Riemann zeta function."""
    return backend_of(x).xp.special.zeta(x)


@special(
    lambda xp, x, q: _hurwitz_slope(xp, x, q),
    in_double(lambda xp, x, q: -x * xp.special.zeta(x + 1, q)),  # next to the pole
)
def _zeta(x: Operand, q: Operand, /) -> Array:
    """Return the Hurwitz zeta function."""


@as_given
@each_in_single
def zeta(x: Array, q: ArrayLike | None = None) -> Array:
    """Return the Riemann zeta function, or the Hurwitz zeta function if `q` is given.

    Args:
        x: real exponents (DLMF 25.2.1); above 1 if `q` is given (DLMF 25.11.1).
        q: positive numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.

    >>> import numpy as np, xgrad as xg
    >>> round(float(xg.special.zeta(np.asarray(2.0))) - np.pi**2 / 6, 12)
    0.0
    """
    return _riemann_zeta(x) if q is None else _zeta(x, q)


@special(with_ends(in_double(_riemann_slope), (math.inf, 0.0)))
def zetac(x: Array, /) -> Array:
    """Return the Riemann zeta function minus 1."""
    xp = backend_of(x).xp
    far = x > 120.0  # where the second term is all of it, and SciPy has 0
    return xp.where(far, power_of_two(-x), xp.special.zetac(xp.where(far, 2.0, x)))
