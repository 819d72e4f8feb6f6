"""Factorials of real numbers, orthogonal polynomials, and more of what series are made of."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops.elementwise import Operand
from ..ops.slopes import circle
from .define import (
    arrays,
    falling,
    held,
    holds_everywhere,
    in_double,
    polynomial,
    special,
    with_ends,
)
from .gammas import digamma_step
from .integrals import SERIES_B, SERIES_D, over_parameter

# Factorials ---------------------------------------------------------------------------------------


def _rgamma_slope(xp: XP, x: Any, out: Any) -> Any:
    """Return the derivative, by the reflection DLMF 5.5.3 where `digamma` has poles."""
    left = x < 0.5
    mirrored = xp.where(left, 1 - x, 1.0)
    sine, cosine = circle(xp, xp.where(left, x, 0.0))
    inner = cosine - sine / math.pi * xp.special.digamma(mirrored)
    outer = -out * xp.special.digamma(xp.where(left, 1.0, x))
    return xp.where(left, xp.special.gamma(mirrored) * inner, outer)


@special(with_ends(lambda xp, x, out: _rgamma_slope(xp, x, out), (math.inf, 0.0)))
def rgamma(x: Array, /) -> Array:
    """Return the reciprocal of the gamma function."""


def _step(xp: XP, y: Any, step: Any, x: Any = None) -> Any:
    """Return ``digamma(y + step) - digamma(y)``, which cancels where the step is small.

    The sum is `x` where that is known better.
    """
    y, step = arrays(xp, y, step)
    x = y + step if x is None else x
    positive = (x > 0) & (y > 0)
    safe, up = xp.where(positive, y, 1.0), xp.where(positive, step, 1.0)
    down = up < 0
    stable = digamma_step(
        xp, xp.where(down, xp.where(positive, x, 1.0), safe), xp.where(down, -up, up)
    )
    plain = xp.special.digamma(x) - xp.special.digamma(y)
    return xp.where(positive, xp.where(down, -stable, stable), plain)


@elementwise(lambda xp, a, b: _share(b, a) / (a + b), lambda xp, a, b, out: -out / (a + b))
def _share(a: Any, b: Any, /) -> Any:
    """Return ``a / (a + b)`` of positive numbers, whose derivatives are no differences."""
    return a / (a + b)


def _small(z: Any, m: Any) -> Any:
    """Say where ``z / (z + m) * poch(1 + z, m)`` is better than a difference of large numbers."""
    return (z >= 0) & (z < 0.5) & (m > 0)


def _poch_at_pole(xp: XP, z: Any, m: Any, out: Any) -> Any:
    """Return the derivative in z where ``gamma(z)`` is infinite, by the reflection DLMF 5.5.3."""
    both = _is_pole(xp, z + m)
    end = xp.where(both, 1.0, z + m)
    sine, cosine = circle(xp, z)
    bend = xp.special.digamma(end) - xp.special.digamma(1 - z)
    one = xp.special.gamma(end) * xp.special.gamma(1 - z) * (cosine + sine / math.pi * bend)
    return xp.where(both, -out * _step(xp, xp.where(both, 1 - z - m, 1.0), m), one)


def _is_pole(xp: XP, x: Any) -> Any:
    return (x <= 0) & (xp.floor(held(x)) == x)


@in_double
def _poch_slope(xp: XP, z: Any, m: Any, out: Any, *, first: bool) -> Any:
    """Return the derivative of ``poch(z, m)`` in z or, if not `first`, in m."""
    small = _small(z, m)
    start, steps = xp.where(small, z, 1.0), xp.where(small, m, 1.0)
    part, rest = _share(start, steps), xp.special.poch(1 + start, steps)
    z, m = xp.where(small, 1.0, z), xp.where(small, 1.0, m)
    if first:
        near = _share(steps, start) / (start + steps) + part * _step(xp, 1 + start, steps)
        pole = _is_pole(xp, z)
        plain = out * _step(xp, xp.where(pole, 1.0, z), m)
        if holds_everywhere(~pole):
            return xp.where(small, rest * near, plain)
        at_pole = _poch_at_pole(xp, xp.where(pole, z, 0.0), m, out)
        return xp.where(small, rest * near, xp.where(pole, at_pole, plain))
    total = start + steps
    near = part * xp.special.digamma(1 + total) - part / total
    return xp.where(small, rest * near, out * xp.special.digamma(z + m))


@special(
    lambda xp, z, m, out: _poch_slope(xp, z, m, out, first=True),
    lambda xp, z, m, out: _poch_slope(xp, z, m, out, first=False),
)
def poch(z: Operand, m: Operand, /) -> Array:
    """Return the rising factorial, ``gamma(z + m) / gamma(z)`` (DLMF 5.2.5).

    Args:
        z: real numbers.
        m: real numbers, how many factors where they are whole; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """
    out: Array = _poch(backend_of(m if type(z) in SCALARS else z).xp, z, m)
    return out


@in_double
def _poch(xp: XP, z: Any, m: Any) -> Any:
    small = _small(z, m)  # where SciPy takes a difference of large logarithms
    part = xp.where(small, z, 1.0)
    part = xp.where(small, part / (part + m), 1.0)
    return part * xp.special.poch(xp.where(small, 1 + z, z), m)


def _rest(xp: XP, n: Any, k: Any) -> Any:
    """Return ``n - k + 1``, with the digits of a small n where k is 1."""
    n, k = arrays(xp, n, k)
    return xp.where(xp.abs(n) < 0.5, (1.0 - k) + n, n - k + 1.0)


def _reflected(xp: XP, n: Any, k: Any) -> tuple[Any, ...]:
    """Return where n - k + 1 is small or negative, and there n, k, a beta function, sine, cosine.

    There the coefficient is ``beta(n + 1, k - n) * sin(pi * (k - n)) / pi`` (DLMF 5.5.3), which
    knows how near its zeros are.
    """
    n, k = arrays(xp, n, k)
    rest = _rest(xp, n, k)
    left = (rest < 0.5) & (n > -0.5) & (k < 1e8)
    n, k = xp.where(left, n, 0.0), xp.where(left, k, 1.0)
    sine, cosine = circle(xp, xp.where(left, rest, 0.5))
    return left, n, k, xp.special.beta(n + 1, k - n), sine / math.pi, cosine


@in_double
def _binom_slope(xp: XP, n: Any, k: Any, out: Any, *, first: bool) -> Any:
    """Return the derivative of ``binom(n, k)`` in n or, if not `first`, in k."""
    left, n1, k1, beta, sine, cosine = _reflected(xp, n, k)
    n, k = xp.where(left, 2.0, n), xp.where(left, 1.0, k)
    apart = k1 - n1
    if first:
        there = beta * (cosine + sine * _step(xp, apart, n1 + 1 - apart, n1 + 1))
        return xp.where(left, there, out * _step(xp, _rest(xp, n, k), k))
    there = -beta * (cosine + sine * _step(xp, apart, n1 + 1, k1 + 1))
    return xp.where(left, there, out * _step(xp, k + 1.0, n - 2.0 * k, _rest(xp, n, k)))


@special(
    lambda xp, n, k, out: _binom_slope(xp, n, k, out, first=True),
    lambda xp, n, k, out: _binom_slope(xp, n, k, out, first=False),
)
def binom(n: Operand, k: Operand, /) -> Array:
    """Return the binomial coefficient of real numbers.

    Args:
        n: real numbers, the size of the set where they are whole.
        k: real numbers, the size of the subsets; shapes are broadcast.

    Returns:
        ``gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))`` of the broadcast shape, with
        derivatives in both.
    """
    xp = backend_of(k if type(n) in SCALARS else n).xp
    size, chosen = arrays(xp, n, k)
    small = (xp.abs(size) < 0.5) & (xp.abs(chosen) < 0.5)  # where SciPy takes a ratio for large k
    near, part = xp.where(small, size, 0.0), xp.where(small, chosen, 0.0)
    value = xp.special.gamma(1 + near) * xp.special.rgamma(1 + part)
    left, _, _, beta, sine, _ = _reflected(xp, size, chosen)
    plain = xp.special.binom(xp.where(small | left, 1.0, size), xp.where(small | left, 1.0, chosen))
    plain = xp.where(left, beta * sine, plain)
    out: Array = xp.where(small, value * xp.special.rgamma(1 + (near - part)), plain)
    return out


# Orthogonal polynomials: the degree is constant ---------------------------------------------------


def _below(n: Any) -> Any:
    """Return the degree below, which counts for nothing below 0 itself."""
    return n - 1 if isinstance(n, (int, float)) and n else (n - 1) * (n != 0)


def _unless_constant(xp: XP, n: Any, slope: Any) -> Any:
    """Return the slope of a polynomial, which is 0 for the degree 0."""
    return slope * float(n != 0) if isinstance(n, (int, float)) else xp.where(n != 0, slope, 0.0)


@special(
    None,
    lambda xp, n, x: _unless_constant(xp, n, xp.special.eval_gegenbauer(_below(n), 1.5, x)),
)
def eval_legendre(n: Operand, x: Operand, /) -> Array:
    """Return the Legendre polynomial of degree `n` (DLMF 18.9.15).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.

    >>> import numpy as np, xgrad as xg
    >>> xg.special.eval_legendre(2, np.asarray([0.0, 1.0]))
    array([-0.5,  1. ])
    """


@special(None, lambda xp, n, x: n * xp.special.eval_chebyu(_below(n), x))
def eval_chebyt(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind (DLMF 18.9.21).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``cos(n * acos(x))`` inside.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 2 * (n != 0) * xp.special.eval_gegenbauer(_below(n), 2.0, x))
def eval_chebyu(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind (DLMF 18.9.19).

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``sin((n + 1) * t) / sin(t)`` with ``t = acos(x)`` inside.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: -1 * (n != 0) * xp.special.eval_genlaguerre(_below(n), 1.0, x))
def eval_laguerre(n: Operand, x: Operand, /) -> Array:
    """Return the Laguerre polynomial (DLMF 18.9.23).

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(
    None,
    None,
    lambda xp, n, alpha, x: -1 * (n != 0) * xp.special.eval_genlaguerre(_below(n), alpha + 1.0, x),
)
def eval_genlaguerre(n: Operand, alpha: Operand, x: Operand, /) -> Array:
    """Return the generalized Laguerre polynomial (DLMF 18.9.23).

    Args:
        n: degrees.
        alpha: the parameter of its weight ``exp(-x) * x**alpha``, above -1.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` or `alpha` is tracked: there is no derivative in them.
    """


@special(
    None,
    None,
    lambda xp, n, alpha, x: (
        2 * (n != 0) * alpha * xp.special.eval_gegenbauer(_below(n), alpha + 1.0, x)
    ),
)
def eval_gegenbauer(n: Operand, alpha: Operand, x: Operand, /) -> Array:
    """Return the Gegenbauer polynomial (DLMF 18.9.19).

    Args:
        n: degrees.
        alpha: the parameter of its weight ``(1 - x**2)**(alpha - 1/2)``, above -1/2.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` or `alpha` is tracked: there is no derivative in them.
    """


@special(
    None,
    None,
    None,
    lambda xp, n, alpha, beta, x: (
        (0.5 * (n != 0))
        * (n + alpha + beta + 1.0)
        * xp.special.eval_jacobi(_below(n), alpha + 1.0, beta + 1.0, x)
    ),
)
def eval_jacobi(n: Operand, alpha: Operand, beta: Operand, x: Operand, /) -> Array:
    """Return the Jacobi polynomial (DLMF 18.9.15).

    Args:
        n: degrees.
        alpha: the exponent in its weight ``(1 - x)**alpha * (1 + x)**beta``, above -1.
        beta: the other exponent, above -1.
        x: where to evaluate, as a rule in [-1, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n`, `alpha` or `beta` is tracked: there is no derivative in
            them.
    """


@special(None, lambda xp, n, x: 2 * n * xp.special.eval_hermite(_below(n), x))
def eval_hermite(n: Operand, x: Operand, /) -> Array:
    """Return the physicist's Hermite polynomial (DLMF 18.9.25).

    It is orthogonal with the weight ``exp(-x**2)``; see `eval_hermitenorm` for the other one.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: n * xp.special.eval_hermitenorm(_below(n), x))
def eval_hermitenorm(n: Operand, x: Operand, /) -> Array:
    """Return the probabilist's Hermite polynomial (DLMF 18.9.27).

    It is orthogonal with the weight ``exp(-x**2 / 2)``; see `eval_hermite` for the other one.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: n * xp.special.eval_chebys(_below(n), x))
def eval_chebyc(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind on [-2, 2], ``2 * eval_chebyt(n, x/2)``.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 1 * (n != 0) * xp.special.eval_gegenbauer(_below(n), 2.0, x / 2))
def eval_chebys(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind on [-2, 2], ``eval_chebyu(n, x / 2)``.

    Args:
        n: degrees.
        x: where to evaluate; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(None, lambda xp, n, x: 2 * n * xp.special.eval_sh_chebyu(_below(n), x))
def eval_sh_chebyt(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the first kind on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_chebyt(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(
    None, lambda xp, n, x: 4 * (n != 0) * xp.special.eval_gegenbauer(_below(n), 2.0, 2 * x - 1)
)
def eval_sh_chebyu(n: Operand, x: Operand, /) -> Array:
    """Return the Chebyshev polynomial of the second kind on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_chebyu(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


@special(
    None,
    lambda xp, n, x: (n + 1) * (n != 0) * xp.special.eval_jacobi(_below(n), 1.0, 1.0, 2 * x - 1),
)
def eval_sh_legendre(n: Operand, x: Operand, /) -> Array:
    """Return the Legendre polynomial on [0, 1].

    Args:
        n: degrees.
        x: where to evaluate, as a rule in [0, 1]; shapes are broadcast.

    Returns:
        An array of the broadcast shape: ``eval_legendre(n, 2 * x - 1)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


# Elliptic functions -------------------------------------------------------------------------------

# The integrals B = (E - p K) / m, D = (K - E) / m and C = (D - B) / m at m = 1 - p: B + D is K, and
# C is twice the derivative of B in m.


def _complete(xp: XP, p: Any, k: Any) -> tuple[Any, Any, Any, Any]:
    """Return E, B, D and C, given K: with 1 - p rounded to 1, it alone knows p."""
    m = 1 - p
    e = xp.special.ellipe(m)
    b, d = over_parameter(xp, e - p * k, m, SERIES_B), over_parameter(xp, k - e, m, SERIES_D)
    return e, b, d, over_parameter(xp, d - b, m, _SERIES_C)


_SERIES_C = [d - b for d, b in zip(SERIES_D[1:], SERIES_B[1:], strict=True)]


@elementwise(lambda xp, p: -0.5 * _complete(xp, p, xp.special.ellipkm1(p))[3])
def _second_b(p: Array, /) -> Array:
    """Return the integral B at ``m = 1 - p``."""
    xp = backend_of(p).xp
    return _complete(xp, p, xp.special.ellipkm1(p))[1]


@special(with_ends(lambda xp, p: -0.5 * _second_b(p) / p, (0.0, falling), (math.inf, 0.0)))
def ellipkm1(p: Array, /) -> Array:
    """Return the complete elliptic integral of the first kind at ``m = 1 - p``."""


def _mean(xp: XP, a: Any, b: Any) -> Any:
    """Return the mean of raw arrays, also where their sum is infinite."""
    shrink = xp.where((a > 1) | (b > 1), 0.25, xp.ones_like(a))
    return xp.special.agm(a * shrink, b * shrink) / shrink


def _mean_parts(xp: XP, a: Any, b: Any) -> tuple[Any, ...]:
    """Return the mean, whether a is the larger, K (DLMF 19.8.5) and the integrals beside it."""
    a, b = arrays(xp, a, b)
    mean, first = _mean(xp, a, b), a >= b
    large, small = xp.where(first, a, b), xp.where(first, b, a)
    k = math.pi / 2 * (large / mean)
    return mean, first, k, *_complete(xp, xp.square(small / large), k)


def _mean_bend(xp: XP, a: Any, b: Any) -> Any:
    """Return minus the second derivative of the mean in a, times its square."""
    mean, _, k, e, _, _, c = _mean_parts(xp, a, b)
    return mean / k * c * (e / k)


@elementwise(
    lambda xp, a, b: -_mean_bend(xp, a, b) / a / a,
    lambda xp, a, b: _mean_bend(xp, a, b) / a / b,
)
def _mean_slope(a: Operand, b: Operand, /) -> Array:
    """Return the derivative of the mean in a."""
    xp = backend_of(b if type(a) in SCALARS else a).xp
    mean, first, k, _, in_small, in_large, _ = _mean_parts(xp, a, b)
    return mean * (xp.where(first, in_large, in_small) / k) / a


@special(lambda xp, a, b: _mean_slope(a, b), lambda xp, a, b: _mean_slope(b, a))
def agm(a: Operand, b: Operand, /) -> Array:
    """Return the arithmetic-geometric mean of positive numbers (DLMF 19.8.1).

    Args:
        a: positive numbers.
        b: positive numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, between `a` and `b`.
    """
    xp = backend_of(b if type(a) in SCALARS else a).xp
    return _mean(xp, *arrays(xp, a, b))


# of z w(z) in 1 / z^2, without the factor i / sqrt(pi) (DLMF 7.12.1)
_FAR = [math.prod(range(1, 2 * k, 2)) / 2**k for k in range(18)]
_FROM = 8.0


def _faddeeva(xp: XP, x: Any, sigma: Any, gamma: Any) -> tuple[Any, Any, Any]:
    """Return sigma, w'(z) and ``w + z w'``, by the asymptotic series where its terms cancel.

    Near the real axis w is exp(-z^2) more than the series.
    """
    x, sigma, gamma = arrays(xp, x, sigma, gamma)
    z = (x + 1j * gamma) / (math.sqrt(2) * sigma)
    far = xp.abs(held(z)) > _FROM
    near, away = xp.where(far, 1.0 + 0j, z), xp.where(far, z, _FROM + 0j)
    w = xp.special.wofz(near)
    slope = 2j / math.sqrt(math.pi) - 2 * near * w
    r, unit = 1 / (away * away), 1j / math.sqrt(math.pi)
    low = xp.imag(held(away)) < 0.1
    rest = xp.where(low, xp.exp(-xp.where(low, away * away, _FROM + 0j)), 0.0)
    series = -2 * unit * r * polynomial(r, _FAR[1:]) - 2 * away * rest
    turned = -2 * unit / away * r * polynomial(r, [k * c for k, c in enumerate(_FAR)][1:])
    turned = turned + (1 - 2 * away * away) * rest
    return sigma, xp.where(far, series, slope), xp.where(far, turned, w + near * slope)


def _voigt_x(xp: XP, x: Any, sigma: Any, gamma: Any, turn: complex) -> Any:
    sigma, slope, _ = _faddeeva(xp, x, sigma, gamma)
    return xp.real(turn * slope) / (2 * math.sqrt(math.pi) * sigma * sigma)


def _voigt_sigma(xp: XP, x: Any, sigma: Any, gamma: Any) -> Any:
    sigma, _, turned = _faddeeva(xp, x, sigma, gamma)
    return -xp.real(turned) / (math.sqrt(2 * math.pi) * sigma * sigma)


@special(
    lambda xp, x, sigma, gamma: _voigt_x(xp, x, sigma, gamma, 1.0),
    lambda xp, x, sigma, gamma: _voigt_sigma(xp, x, sigma, gamma),
    lambda xp, x, sigma, gamma: _voigt_x(xp, x, sigma, gamma, 1j),
)
def voigt_profile(x: Operand, sigma: Operand, gamma: Operand, /) -> Array:
    """Return the convolution of a normal density and a Cauchy density, for positive sigma.

    Args:
        x: real numbers.
        sigma: the standard deviation of the normal distribution, positive.
        gamma: the half width at half maximum of the Cauchy distribution, not negative; broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in all three (DLMF 7.19).
    """
