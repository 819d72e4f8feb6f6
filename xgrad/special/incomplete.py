"""The incomplete gamma and beta functions, with derivatives in every argument (DLMF 8).

The derivative in a shape parameter is the integral of the density times its score, which changes
sign once. Integrated from the end that is on the argument's side of that point, all is of one sign:
nothing cancels, and even tiny derivatives keep their relative accuracy.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import XP, backend_of
from ..engine.op import elementwise, factor, over
from ..ops.elementwise import Operand
from .define import arrays, held, holds_everywhere, in_double, polynomial, special
from .gammas import BERNOULLI, digamma_step
from .quadrature import integral

_DEPTH = 38.0
"""An integrand is neglected where it has fallen by this factor, on the logarithmic scale."""

# The incomplete gamma function -------------------------------------------------------------------

_LARGE = 10.0
"""From here on Stirling's series DLMF 5.11.1 has all digits, and logarithms would lose theirs."""

_STIRLING = [b / ((2 * k) * (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1)]
_DIGAMMA = [-b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]
_ATANH = [2 / (2 * k + 3) for k in range(17)]
_EXPM2 = [1 / math.factorial(k + 2) for k in range(15)]


def _divergence(xp: XP, x: Any, n: Any) -> Any:
    """Return ``u - log(1 + u)`` with ``u = x / n - 1``, where it cancels by the series of atanh."""
    u = (x - n) / n
    near = xp.abs(u) < 0.5
    if holds_everywhere(near):
        return _divergence_near(u)
    far = u - xp.log(xp.where(near, 1.0, x / n))
    return far if holds_everywhere(~near) else xp.where(near, _divergence_near(u), far)


def _divergence_near(u: Any) -> Any:
    r = u / (2 + u)
    return r * (u - r * r * polynomial(r * r, _ATANH))


def _less_linear(xp: XP, s: Any) -> Any:
    """Return ``exp(s) - 1 - s``."""
    near = xp.abs(s) < 0.5
    small = xp.where(near, s, 0.0)
    return xp.where(near, small * small * polynomial(small, _EXPM2), xp.expm1(s) - s)


def _gamma_power(xp: XP, a: Any, x: Any, lift: Any) -> Any:
    """Return ``lift x^a exp(-x) / gamma(a + 1)`` of positive numbers."""
    large = a >= _LARGE
    if holds_everywhere(~large):
        return _gamma_power_small(xp, a, x, lift)
    far = _gamma_power_large(xp, xp.where(large, a, _LARGE), x, lift)
    if holds_everywhere(large):
        return far
    return xp.where(large, far, _gamma_power_small(xp, xp.where(large, 1.0, a), x, lift))


def _gamma_power_small(xp: XP, a: Any, x: Any, lift: Any) -> Any:
    root = xp.exp(0.5 * (a * xp.log(x) - xp.special.gammaln(a + 1)))
    fall = xp.exp(-0.5 * x)
    return lift * root * fall * root * fall  # a square may be subnormal, the product not


def _gamma_power_large(xp: XP, a: Any, x: Any, lift: Any) -> Any:
    """Return it by Stirling's series DLMF 5.11.1."""
    r = 1 / a
    root = xp.exp(0.5 * (-a * _divergence(xp, x, a) - r * polynomial(r * r, _STIRLING)))
    return lift / xp.sqrt(2 * math.pi * a) * root * root


@elementwise(lambda xp, a: -xp.special.polygamma(1, a + 1), over(factor("x")))
def _gamma_score(a: Any, x: Any, /) -> Any:
    """Return ``log(x) - digamma(a + 1)``, the derivative of the logarithm of `_gamma_mass` in a."""
    xp = backend_of(a).xp
    large = a >= _LARGE
    n = xp.where(large, a, _LARGE)
    r = 1 / n
    u = (x - n) / n
    log = xp.where(xp.abs(u) < 0.5, xp.log1p(xp.where(u > -1, u, 0.0)), xp.log(x / n))
    far = log - r * (0.5 + r * polynomial(r * r, _DIGAMMA))
    return xp.where(large, far, xp.log(x) - xp.special.digamma(xp.where(large, 1.0, a) + 1))


@elementwise(
    lambda xp, a, x, out: out * _gamma_score(a, x),
    lambda xp, a, x, out: out * ((a - x) / x),
)
def _gamma_mass(a: Any, x: Any, /) -> Any:
    """Return ``x^a exp(-x) / gamma(a + 1)`` of positive numbers."""
    return _gamma_power(backend_of(a).xp, a, x, 1.0)


@elementwise(
    lambda xp, a, x, out: out * (_gamma_score(a, x) + 1 / a),
    lambda xp, a, x, out: out * ((a - 1 - x) / x),
)
def _gamma_inside(a: Any, x: Any, /) -> Any:
    """Return the density ``x^(a - 1) exp(-x) / gamma(a)`` of positive numbers."""
    return _gamma_power(backend_of(a).xp, a, x, a / x)


@in_double
def _gamma_shape(xp: XP, a: Any, x: Any) -> Any:
    """Return the derivative of ``gammainc(a, x)`` in a."""
    inside = (a >= 0) & (a < math.inf) & (x > 0) & (x < math.inf)
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
    score = a * _gamma_score(a, x) + 1  # a times that of the density at x; no pole at a = 0
    upper = held(score) >= 0
    sign = xp.where(upper, xp.ones_like(held(x)), -1.0)
    length = sign * _gamma_length(xp, held(a), held(x), sign, upper)

    def integrand(node: Any) -> Any:
        s = length * node
        return (score + a * s) * xp.exp((a - x) * s - x * _less_linear(xp, s))

    total = integral(xp, 32, length, integrand)
    return -length * total * _gamma_mass(a, x)


def _gamma_length(xp: XP, a: Any, x: Any, sign: Any, upper: Any) -> Any:
    """Return where the logarithm of the density has fallen by `_DEPTH`, by Newton's method."""
    scale = xp.where(upper, x, xp.where(a > 1, a, 1.0))
    length = (2 * _DEPTH / scale) ** 0.5 + _DEPTH / scale
    length = xp.where(upper & (length > 3.5), 3.5, length)
    for _ in range(5):
        s = sign * length
        fallen = x * _less_linear(xp, s) + (x - a) * s
        length = length - (fallen - _DEPTH) / (sign * (x * xp.expm1(s) + (x - a)))
    return length


@in_double
def _gamma_density(xp: XP, a: Any, x: Any) -> Any:
    inside = (a > 0) & (a < math.inf) & (x > 0) & (x < math.inf)
    if holds_everywhere(inside):
        on_tape = isinstance(a, Array) or isinstance(x, Array)
        return _gamma_inside(a, x) if on_tape else _gamma_power(xp, a, x, a / x)
    there = _gamma_inside(xp.where(inside, a, 1.0), xp.where(inside, x, 1.0))
    return xp.where(inside, there, _gamma_end(a, x))


def _gamma_end_slope(xp: XP, a: Any, x: Any, out: Any) -> Any:
    """Return the derivative of the density where x is 0: ``(a - 1) x^(a - 2) / gamma(a) - out``."""
    more = (a - 1) * xp.exp(xp.special.xlogy(a - 2, x) - xp.special.gammaln(a))
    more = xp.where(a == 1, 0.0, more)
    return xp.where((x == 0) & (a > 0), more - xp.where(xp.isinf(out), 0.0, out), 0.0)


@elementwise(lambda xp: 0.0, lambda xp, a, x, out: _gamma_end_slope(xp, a, x, out))
def _gamma_end(a: Any, x: Any, /) -> Any:
    """Return the density at the ends of its domain, and beyond them what NaN there is."""
    xp = backend_of(a).xp
    log = xp.special.xlogy(a - 1, x) - x - xp.special.gammaln(a)
    return xp.exp(xp.where((x == math.inf) | ((a == math.inf) & (x >= 0)), -math.inf, log))


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
    end = (x == 0) | (x == 1)
    if holds_everywhere(~end):
        return _beta_inside(xp, a, b, x)
    return xp.where(end, _beta_end(a, b, x), _beta_inside(xp, a, b, xp.where(end, 0.5, x)))


def _beta_inside(xp: XP, a: Any, b: Any, x: Any) -> Any:
    power = xp.special.xlogy(a - 1, x) + xp.special.xlog1py(b - 1, -x)
    return xp.exp(power - xp.special.betaln(a, b))


def _beta_end_slope(xp: XP, a: Any, b: Any, x: Any) -> Any:
    """Return the derivative of the density in x at 0, where it is that of a power, and at 1."""
    left = x == 0
    m, n = xp.where(left, a, b), xp.where(left, b, a)
    log, zero = -xp.special.betaln(a, b), xp.where(left, x, 1 - x)
    out = (m - 1) * xp.exp(log + xp.special.xlogy(m - 2, zero))
    out = xp.where(m == 1, -(n - 1) * xp.exp(log), out)
    return xp.where(left, out, -out)


@elementwise(lambda xp: 0.0, lambda xp: 0.0, lambda xp, a, b, x: _beta_end_slope(xp, a, b, x))
def _beta_end(a: Any, b: Any, x: Any, /) -> Any:
    """Return the density at 0 and at 1."""
    return _beta_inside(backend_of(x).xp, a, b, x)


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
