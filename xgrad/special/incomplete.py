"""The incomplete gamma and beta functions, with derivatives in every argument (DLMF 8).

The derivative in a shape parameter is the integral of the density times its score, which changes
sign once. Integrated from the end that is on the argument's side of that point, all is of one sign:
nothing cancels, and even tiny derivatives keep their relative accuracy.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..ops.elementwise import Operand
from .define import arrays, held, in_double, special
from .gammas import digamma_step
from .quadrature import integral

_DEPTH = 38.0
"""An integrand is neglected where it has fallen by this factor, on the logarithmic scale."""

# The incomplete gamma function -------------------------------------------------------------------


@in_double
def _gamma_shape(xp: XP, a: Any, x: Any) -> Any:
    """Return the derivative of ``gammainc(a, x)`` in a."""
    a, x = arrays(xp, a, x)
    inside = (a >= 0) & (x > 0) & (x < float("inf"))
    small = x < 1.5
    near = _gamma_shape_series(
        xp, xp.where(inside & small, a, 1.0), xp.where(inside & small, x, 1.0)
    )
    far = _gamma_shape_integral(
        xp, xp.where(inside & ~small, a, 2.0), xp.where(inside & ~small, x, 2.0)
    )
    outside = xp.where((a >= 0) & (x >= 0), 0.0, a * x * float("nan"))
    return xp.where(inside, xp.where(small, near, far), outside)


def _gamma_shape_series(xp: XP, a: Any, x: Any) -> Any:
    """Differentiate the power series DLMF 8.7.1, for small x."""
    term, total, slope = -x, 1 - a * x / (a + 1), -x / ((a + 1) * (a + 1))
    for k in range(2, 24):
        term = -term * x / k
        total = total + a * term / (a + k)
        slope = slope + k * term / ((a + k) * (a + k))
    log = xp.log(x)
    lead = xp.exp(a * log - xp.special.gammaln(a + 1))
    return lead * ((log - xp.special.digamma(a + 1)) * total + slope)


def _gamma_shape_integral(xp: XP, a: Any, x: Any) -> Any:
    """Integrate the score along t = x exp(s) from s = 0 to the end where the density vanishes."""
    log = xp.log(x)
    score = a * (log - xp.special.digamma(a + 1)) + 1  # a times that at x; no pole at a = 0
    upper = held(score) >= 0
    sign = xp.where(upper, xp.ones_like(held(x)), -1.0)
    length = sign * _gamma_length(xp, held(a), held(x), sign, upper)

    def integrand(node: Any) -> Any:
        s = length * node
        return (score + a * s) * xp.exp(a * s - x * xp.expm1(s))

    total = integral(xp, 32, length, integrand)
    return -length * total * xp.exp(a * log - x - xp.special.gammaln(a + 1))


def _gamma_length(xp: XP, a: Any, x: Any, sign: Any, upper: Any) -> Any:
    """Return where the logarithm of the density has fallen by `_DEPTH`, by Newton's method."""
    scale = xp.where(upper, x, xp.where(a > 1, a, 1.0))
    length = (2 * _DEPTH / scale) ** 0.5 + _DEPTH / scale
    length = xp.where(upper & (length > 3.5), 3.5, length)
    for _ in range(5):
        e = xp.expm1(sign * length)
        fallen = x * e - sign * a * length
        length = length - (fallen - _DEPTH) / (sign * (x * e + x - a))
    return length


@in_double
def _gamma_density(xp: XP, a: Any, x: Any) -> Any:
    log = xp.special.xlogy(a - 1, x) - x - xp.special.gammaln(a)
    return xp.exp(xp.where(x == math.inf, -math.inf, log))


@special(lambda xp, a, x: _gamma_shape(xp, a, x), lambda xp, a, x: _gamma_density(xp, a, x))
def gammainc(a: Operand, x: Operand, /) -> Array:
    """Return the regularized lower incomplete gamma function (DLMF 8.2.4).

    It is the distribution function of the gamma distribution of shape `a`.

    Args:
        a: positive numbers.
        x: where to evaluate, from 0 to infinity; shapes are broadcast.

    Returns:
        Real numbers from 0 to 1, of the broadcast shape, with derivatives in both.
    """


@special(lambda xp, a, x: -_gamma_shape(xp, a, x), lambda xp, a, x: -_gamma_density(xp, a, x))
def gammaincc(a: Operand, x: Operand, /) -> Array:
    """Return the regularized upper incomplete gamma function, ``1 - gammainc(a, x)`` (DLMF 8.2.4).

    Args:
        a: positive numbers.
        x: where to evaluate, from 0 to infinity; shapes are broadcast.

    Returns:
        Real numbers from 0 to 1, of the broadcast shape, accurate where they are small.
    """


# The incomplete beta function --------------------------------------------------------------------

_PURE = 32.0
"""Beyond this logit the beta density is an exponential of the logit, to double precision."""


@in_double
def _beta_shape(xp: XP, a: Any, b: Any, x: Any, rest: Any = None, *, first: bool) -> Any:
    """Return the derivative of ``betainc(a, b, x)`` in a or, if not `first`, in b.

    ``1 - x`` is `rest`, where that is known.
    """
    a, b, x = arrays(xp, a, b, x)
    inside = (a > 0) & (b > 0) & (x > 0) & ((x < 1) if rest is None else (rest > 0))
    a, b, safe = xp.where(inside, a, 1.0), xp.where(inside, b, 1.0), xp.where(inside, x, 0.5)
    log = xp.log1p(-safe) if rest is None else xp.log(xp.where(inside, rest, 0.5))
    logit = log - xp.log(safe)
    # I(a, b, x) = 1 - I(b, a, 1 - x), DLMF 8.17.4
    slope = _beta_integral(xp, a, b, logit) if first else -_beta_integral(xp, b, a, -logit)
    return xp.where(inside, slope, xp.where((x == 0) | (x == 1), 0.0, x * float("nan")))


def _beta_integral(xp: XP, a: Any, b: Any, start: Any) -> Any:
    """Integrate the score of a along the logit z = log((1 - t) / t), from z = `start`.

    The density in z is ``t^a (1 - t)^b / B(a, b)``, and its score is ``log t + expected``. Beyond
    the logit `_PURE` it is an exponential of z, and the integral is in closed form.
    """
    expected = digamma_step(xp, a, b)
    log_beta = xp.special.betaln(a, b)
    a0, b0, z0 = held(a), held(b), held(start)
    lower = held(expected) + xp.special.log_expit(-z0) < 0  # t goes down to 0, and z up
    sign = xp.where(lower, xp.ones_like(z0), -1.0)
    lead = xp.where(-sign * z0 > _PURE, -sign * z0 - _PURE, 0.0)
    length = _beta_length(xp, a0, b0, z0 + sign * lead, sign, lower)

    def density(z: Any) -> Any:
        return xp.exp(a * xp.special.log_expit(-z) + b * xp.special.log_expit(z) - log_beta)

    # z = pi sinh(u) moves the integrand's singularities, at z = i pi, away from the interval
    u = xp.asinh((start + sign * lead) / math.pi)
    width = xp.asinh((z0 + sign * (lead + length)) / math.pi) - held(u)

    def integrand(node: Any) -> Any:
        z, slope = math.pi * xp.sinh(u + width * node), xp.cosh(u + width * node)
        return slope * (expected + xp.special.log_expit(-z)) * density(z)

    total = integral(xp, 36, width, integrand)
    last = math.pi * xp.sinh(u + width)
    before = xp.where(
        lower,
        expected * _growth(xp, b, lead) - xp.exp(-xp.abs(start)) * _growth(xp, b + 1, lead),
        (expected - start - 1 / a) * _growth(xp, a, lead) + lead / a * xp.exp(a * lead),
    )
    after = xp.where(
        lower,
        (expected - last - 1 / a) / a,
        expected / b - xp.exp(-xp.abs(last)) / (b + 1),
    )
    between = math.pi * width * total
    return between + sign * (before * density(start) + after * density(last))


def _growth(xp: XP, rate: Any, length: Any) -> Any:
    """Return the integral of ``exp(rate * s)`` from 0 to a length."""
    return xp.expm1(rate * length) / rate


def _beta_length(xp: XP, a: Any, b: Any, start: Any, sign: Any, lower: Any) -> Any:
    """Return where the logarithm of the density has fallen by `_DEPTH`, or is that of a power."""
    log_expit, expit = xp.special.log_expit, xp.special.expit
    rate = xp.where(lower, a, b)
    length = (2 * _DEPTH * (1 / a + 1 / b)) ** 0.5 + _DEPTH / rate + xp.abs(start)
    level = a * log_expit(-start) + b * log_expit(start) - _DEPTH
    for _ in range(6):  # of Newton's method; the function is concave
        z = start + sign * length
        value = a * log_expit(-z) + b * log_expit(z)
        length = length + (value - level) / (sign * (a * expit(z) - b * expit(-z)))
    most = _PURE - sign * start
    most = xp.where(most > 0, most, 0.0)
    return xp.where(length < most, length, most)


@in_double
def _beta_density(xp: XP, a: Any, b: Any, x: Any) -> Any:
    a, b, x = arrays(xp, a, b, x)
    power = xp.special.xlogy(a - 1, x) + xp.special.xlog1py(b - 1, -x)
    return xp.exp(power - xp.special.betaln(a, b))


@special(
    lambda xp, a, b, x: _beta_shape(xp, a, b, x, first=True),
    lambda xp, a, b, x: _beta_shape(xp, a, b, x, first=False),
    lambda xp, a, b, x: _beta_density(xp, a, b, x),
)
def betainc(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the regularized incomplete beta function (DLMF 8.17.2).

    It is the distribution function of the beta distribution.

    Args:
        a: positive numbers.
        b: positive numbers.
        x: where to evaluate, in [0, 1]; shapes are broadcast.

    Returns:
        Real numbers from 0 to 1, of the broadcast shape, with derivatives in all three.
    """


@special(
    lambda xp, a, b, x: -_beta_shape(xp, a, b, x, first=True),
    lambda xp, a, b, x: -_beta_shape(xp, a, b, x, first=False),
    lambda xp, a, b, x: -_beta_density(xp, a, b, x),
)
def betaincc(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the complement of the regularized incomplete beta function.

    Args:
        a: positive numbers.
        b: positive numbers.
        x: where to evaluate, in [0, 1]; shapes are broadcast.

    Returns:
        ``1 - betainc(a, b, x)`` of the broadcast shape, accurate where it is small.
    """
