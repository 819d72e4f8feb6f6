"""Distribution functions and their inverses, from the incomplete gamma and beta functions.

An inverse ``y = F^-1(p)`` has the derivative ``1 / f(y)`` in p, and ``-F_a(y) / f(y)`` in a shape
parameter a, with the density f and the derivative F_a of the distribution function.
"""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops.beside import array_of
from ..ops.elementwise import Operand
from ..ops.halves import each_in_single
from .define import (
    arrays,
    holds_everywhere,
    holds_fractions,
    in_double,
    polynomial,
    special,
)
from .gammas import BERNOULLI, _log_beta_slope
from .incomplete import (
    _beta_density,
    _beta_shape,
    _gamma_density,
    _gamma_shape,
    betainc,
    betaincc,
    gammainc,
    gammaincc,
)
from .quadrature import integral


def _not_negative(x: Any, name: str) -> Any:
    """Return an argument, in floating point, and NaN where it is negative."""
    if type(x) in SCALARS:
        return x if x >= 0 else math.nan
    x = array_of(x, name)
    if not holds_fractions(x):
        x = xgrad.multiply(x, 1.0)  # integers have a largest one
    return xgrad.where(xgrad.less(x, 0), math.nan, x)


def _product(x: Operand, y: Operand, name: str) -> Any:
    """Return a product of two that must not be negative."""
    x, y = _not_negative(x, name), _not_negative(y, name)
    return x * y if type(x) in SCALARS and type(y) in SCALARS else xgrad.multiply(x, y)


# Gamma, chi-square and Poisson --------------------------------------------------------------------


@as_given
@each_in_single
def gdtr(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the gamma distribution function of rate `a` and shape `b`.

    Args:
        a: rates, positive.
        b: shapes of the distribution, positive.
        x: numbers that are not negative; shapes of arrays are broadcast.

    Returns:
        Probabilities, with derivatives in all three.
    """
    return gammainc(b, _product(a, x, "special.gdtr"))


@as_given
@each_in_single
def gdtrc(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the survival function ``1 - gdtr(a, b, x)``.

    Args:
        a: rates, positive.
        b: shapes of the distribution, positive.
        x: numbers that are not negative; shapes of arrays are broadcast.

    Returns:
        Probabilities, accurate where they are small.
    """
    return gammaincc(b, _product(a, x, "special.gdtrc"))


@as_given
@each_in_single
def gdtrix(a: Operand, b: Operand, p: Operand, /) -> Array:
    """Return the x at which ``gdtr(a, b, x) == p``.

    Args:
        a: rates, positive.
        b: shapes of the distribution, positive.
        p: probabilities, from 0 to 1; shapes of arrays are broadcast.

    Returns:
        Numbers that are not negative, with derivatives in all three.
    """
    return gammaincinv(b, p) / a


@as_given
@each_in_single
def chdtr(v: Operand, x: Operand, /) -> Array:
    """Return the chi-square distribution function with `v` degrees of freedom.

    Args:
        v: degrees of freedom, positive.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape, with derivatives in both.
    """
    return gammainc(v * 0.5, x * 0.5)


@as_given
@each_in_single
def chdtrc(v: Operand, x: Operand, /) -> Array:
    """Return the chi-square survival function with `v` degrees of freedom.

    Args:
        v: degrees of freedom, positive.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape: ``1 - chdtr(v, x)``, accurate where they are small.
    """
    return gammaincc(v * 0.5, x * 0.5)


@as_given
@each_in_single
def chdtri(v: Operand, p: Operand, /) -> Array:
    """Return the x at which ``chdtrc(v, x) == p``.

    Args:
        v: degrees of freedom, positive.
        p: probabilities that are exceeded, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers that are not negative, of the broadcast shape, with derivatives in both.
    """
    return 2.0 * gammainccinv(v * 0.5, p)


def _rank(k: Any) -> Any:
    return math.floor(k) + 1.0 if isinstance(k, (int, float)) else xgrad.floor(k) + 1.0


@as_given
@each_in_single
def pdtr(k: Operand, m: Operand, /) -> Array:
    """Return the Poisson distribution function of mean `m`; it is a step function of `k`.

    Args:
        k: numbers of events; they are rounded down, and their derivative is 0.
        m: means, not negative; shapes are broadcast.

    Returns:
        The chances of at most `k` events, of the broadcast shape.
    """
    return gammaincc(_rank(k), m)


@as_given
@each_in_single
def pdtrc(k: Operand, m: Operand, /) -> Array:
    """Return the Poisson survival function of mean `m`; it is a step function of `k`.

    Args:
        k: numbers of events; they are rounded down, and their derivative is 0.
        m: means, not negative; shapes are broadcast.

    Returns:
        The chances of more than `k` events, of the broadcast shape, accurate where they are small.
    """
    return gammainc(_rank(k), m)


def _gamma_mass(xp: XP, a: Any, x: Any) -> Any:
    """Return x times the density, which is neither infinite nor 0 at small ones."""
    return xp.exp(a * xp.log(x) - x - xp.special.gammaln(a))


@elementwise(
    lambda xp, a, x, out: out * (xp.special.digamma(a) - xp.log(x)),
    lambda xp, a, x: (1 - a + x) / _gamma_mass(xp, a, x),
)
def _over_gamma_density(a: Any, x: Any, /) -> Any:
    """Return 1 over the density, with a derivative that divides by no x."""
    return x / _gamma_mass(backend_of(x).xp, a, x)


def _not_subnormal(xp: XP, x: Any) -> Any:
    """Return positive numbers, the subnormal ones raised to the least whose inverse is finite."""
    least = float(xp.finfo(x.dtype).smallest_normal)
    return xp.where(x < least, least, x)


@in_double
def _gamma_quantile(xp: XP, a: Any, x: Any, *, in_shape: bool) -> Any:
    """Return the derivative of a quantile of the gamma distribution in p, or in its shape."""
    inner = (x > 0) & (x < math.inf)
    near, end = xp.where(inner, x, 1.0), xp.where(inner, 1.0, x)
    if not in_shape:
        return xp.where(inner, _over_gamma_density(a, near), 1 / _gamma_density(xp, a, end))
    safe = _not_subnormal(xp, near)
    there = -near * (_gamma_shape(xp, a, safe) / _gamma_mass(xp, a, safe))
    if holds_everywhere(inner):
        return there
    return xp.where(inner, there, -(_gamma_shape(xp, a, end) / _gamma_density(xp, a, end)))


@special(
    lambda xp, a, out: _gamma_quantile(xp, a, out, in_shape=True),
    lambda xp, a, out: _gamma_quantile(xp, a, out, in_shape=False),
)
def gammaincinv(a: Operand, p: Operand, /) -> Array:
    """Return the x at which ``gammainc(a, x) == p``.

    Args:
        a: positive numbers.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers that are not negative, of the broadcast shape, with derivatives in both, by the
        implicit function theorem: the quantiles of the gamma distribution.
    """


@special(
    lambda xp, a, out: _gamma_quantile(xp, a, out, in_shape=True),
    lambda xp, a, out: -_gamma_quantile(xp, a, out, in_shape=False),
)
def gammainccinv(a: Operand, p: Operand, /) -> Array:
    """Return the x at which ``gammaincc(a, x) == p``.

    Args:
        a: positive numbers.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers that are not negative, of the broadcast shape, with derivatives in both, by the
        implicit function theorem.
    """


# Beta, F and t --------------------------------------------------------------------------


def _beta_mass(xp: XP, a: Any, b: Any, x: Any, rest: Any) -> Any:
    """Return the density times x and ``1 - x``, which is `rest`."""
    return xp.exp(a * xp.log(x) + b * xp.log(rest) - xp.special.betaln(a, b))


@elementwise(
    lambda xp, a, b, x, rest, out: out * (_log_beta_slope(xp, a, b) - xp.log(x)),
    lambda xp, a, b, x, rest, out: out * (_log_beta_slope(xp, b, a) - xp.log(rest)),
    lambda xp, a, b, x, rest: (1 - a) * rest / _beta_mass(xp, a, b, x, rest),
    lambda xp, a, b, x, rest: (1 - b) * x / _beta_mass(xp, a, b, x, rest),
)
def _over_beta_density(a: Any, b: Any, x: Any, rest: Any, /) -> Any:
    """Return 1 over the density, with derivatives that divide by no x."""
    return x * rest / _beta_mass(backend_of(x).xp, a, b, x, rest)


@in_double
def _beta_quantile(xp: XP, a: Any, b: Any, x: Any, rest: Any, *, shape: int | None) -> Any:
    """Return the derivative of a quantile of the beta distribution in p, or in one of its shapes.

    Near 1, x does not know `rest`, which is ``1 - x``.
    """
    inner = (x > 0) & (rest > 0)
    near, end = xp.where(inner, x, 0.5), xp.where(inner, 0.5, x)
    rest = xp.where(inner, rest, 0.5)
    if shape is None:
        there = _over_beta_density(a, b, near, rest)
        return xp.where(inner, there, 1 / _beta_density(xp, a, b, end))
    x1, rest1 = _not_subnormal(xp, near), _not_subnormal(xp, rest)
    slope = _beta_shape(xp, a, b, x1, rest1, first=shape == 0) / _beta_mass(xp, a, b, x1, rest1)
    there = -near * rest * slope
    if holds_everywhere(inner):
        return there
    ends = _beta_shape(xp, a, b, end, first=shape == 0) / _beta_density(xp, a, b, end)
    return xp.where(inner, there, -ends)


def _rest(xp: XP, other: str, a: Any, b: Any, p: Any, x: Any) -> Any:
    """Return 1 less a quantile, near 1 by the quantile of the mirrored distribution."""
    a, b, p, x = arrays(xp, a, b, p, x)
    high = x > 0.5
    mirrored = getattr(xp.special, other)(xp.where(high, b, 1.0), xp.where(high, a, 1.0), p)
    return xp.where(high, mirrored, 1 - x)


def _by_mirror(xp: XP, other: str, a: Any, b: Any, p: Any, x: Any, shape: int | None = None) -> Any:
    """Return the derivative of a quantile whose mirrored distribution has the `other` one."""
    return _beta_quantile(xp, a, b, x, _rest(xp, other, a, b, p, x), shape=shape)


@special(
    lambda xp, a, b, p, out: _by_mirror(xp, "betainccinv", a, b, p, out, 0),
    lambda xp, a, b, p, out: _by_mirror(xp, "betainccinv", a, b, p, out, 1),
    lambda xp, a, b, p, out: _by_mirror(xp, "betainccinv", a, b, p, out),
)
def betaincinv(a: Operand, b: Operand, p: Operand, /) -> Array:
    """Return the x at which ``betainc(a, b, x) == p``.

    Args:
        a: positive numbers.
        b: positive numbers.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers from 0 to 1, of the broadcast shape, with derivatives in all three, by the implicit
        function theorem: the quantiles of the beta distribution.
    """


@special(
    lambda xp, a, b, p, out: _by_mirror(xp, "betaincinv", a, b, p, out, 0),
    lambda xp, a, b, p, out: _by_mirror(xp, "betaincinv", a, b, p, out, 1),
    lambda xp, a, b, p, out: -_by_mirror(xp, "betaincinv", a, b, p, out),
)
def betainccinv(a: Operand, b: Operand, p: Operand, /) -> Array:
    """Return the x at which ``betaincc(a, b, x) == p``.

    Args:
        a: positive numbers.
        b: positive numbers.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers from 0 to 1, of the broadcast shape, with derivatives in all three, by the implicit
        function theorem.
    """


def _part(dfn: Operand, dfd: Operand, x: Operand, name: str) -> Any:
    ratio = _product(dfn, x, name)
    return xgrad.divide(ratio, xgrad.add(ratio, dfd))


@as_given
@each_in_single
def fdtr(dfn: Operand, dfd: Operand, x: Operand, /) -> Array:
    """Return the distribution function of F, a ratio of variances.

    Args:
        dfn: degrees of freedom of the numerator, positive.
        dfd: degrees of freedom of the denominator, positive.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape, with derivatives in all three.
    """
    return betainc(dfn * 0.5, dfd * 0.5, _part(dfn, dfd, x, "special.fdtr"))


@as_given
@each_in_single
def fdtrc(dfn: Operand, dfd: Operand, x: Operand, /) -> Array:
    """Return the survival function ``1 - fdtr(dfn, dfd, x)``.

    Args:
        dfn: degrees of freedom of the numerator, positive.
        dfd: degrees of freedom of the denominator, positive.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape, accurate where they are small.
    """
    return betaincc(dfn * 0.5, dfd * 0.5, _part(dfn, dfd, x, "special.fdtrc"))


@as_given
@each_in_single
def fdtri(dfn: Operand, dfd: Operand, p: Operand, /) -> Array:
    """Return the x at which ``fdtr(dfn, dfd, x) == p``.

    Args:
        dfn: degrees of freedom of the numerator, positive.
        dfd: degrees of freedom of the denominator, positive.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Numbers that are not negative, of the broadcast shape, with derivatives in all three.
    """
    part = betaincinv(dfn * 0.5, dfd * 0.5, p)
    return dfd * part / (dfn * (1 - part))


@in_double
def _t_density(xp: XP, df: Any, t: Any) -> Any:
    df, t = arrays(xp, df, t)
    return xp.exp(
        -xp.special.betaln(df / 2, xp.full_like(df, 0.5))
        - xp.log(df) / 2
        - (df + 1) / 2 * xp.log1p(t * t / df)
    )


# c(x) ~ sum of these over x^2k, with (2^2k - 1) B_2k / 2k (DLMF 5.11.2, 24.2)
_ALTERNATING = [(4.0**k - 1) * b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]


def _centre_score(df: Any) -> Any:
    """Return the derivative in df of the logarithm of the density at 0.

    It is the sum of ``1 / (x (x + 1) (x + 2))`` over x = df, df + 2, ..., where nothing cancels.
    """
    total = 0.0
    for k in range(8):
        x = df + 2 * k
        total = total + 1 / (x * (x + 1)) / (x + 2)
    r = 1 / (df + 16)
    return total + r * r * polynomial(r * r, _ALTERNATING)


def _t_middle(xp: XP, df: Any, t: Any) -> Any:
    """Return the derivative of ``stdtr(df, t)`` in df: of the density from 0 to t, times its score.

    For ``t^2 < df``, where a Gauss rule has all digits.
    """
    score, ratio = _centre_score(df), t * t / df
    log = -xp.special.betaln(df / 2, xp.full_like(df, 0.5)) - xp.log(df) / 2

    def integrand(node: Any) -> Any:
        u = ratio * node * node
        part = xp.log1p(u)
        slope = score - part / 2 + (df + 1) / (2 * df) * (u / (1 + u))
        return slope * xp.exp(log - (df + 1) / 2 * part)

    return t * integral(xp, 24, ratio, integrand)


@in_double
def _t_shape(xp: XP, df: Any, t: Any) -> Any:
    """Return the derivative of ``stdtr(df, t)`` in df.

    Far out it is that of I(df / 2, 1 / 2, df / (df + t^2)) / 2, of the sign of -t.
    """
    df, t = arrays(xp, df, t)
    small = t * t < df
    middle = _t_middle(xp, xp.where(small, df, 1.0), xp.where(small, t, 0.0))
    half, far = xp.full_like(df, 0.5), xp.where(small, 1.0, t)
    total = df + far * far
    z = df / total
    moved = _beta_density(xp, df / 2, half, z) * (far / total) ** 2
    tail = _beta_shape(xp, df / 2, half, z, first=True) / 4 + moved / 2
    return xp.where(small, middle, -xp.sign(t) * tail)


@special(lambda xp, df, t: _t_shape(xp, df, t), lambda xp, df, t: _t_density(xp, df, t))
def stdtr(df: Operand, t: Operand, /) -> Array:
    """Return Student's t distribution function with `df` degrees of freedom.

    Args:
        df: degrees of freedom, positive.
        t: real numbers; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape, with derivatives in both.
    """


@special(
    lambda xp, df, out: -_t_shape(xp, df, out) / _t_density(xp, df, out),
    lambda xp, df, out: 1 / _t_density(xp, df, out),
)
def stdtrit(df: Operand, p: Operand, /) -> Array:
    """Return the t at which ``stdtr(df, t) == p``.

    Args:
        df: degrees of freedom, positive.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """


@special(lambda xp, out: math.sqrt(0.5 * math.pi) * xp.special.erfcx(-math.sqrt(0.5) * out))
def ndtri_exp(y: Array, /) -> Array:
    """Return the x at which the logarithm of the normal distribution function is `y`."""


@special(
    lambda xp, h, a: _owen_h(xp, h, a),
    lambda xp, h, a: _owen_a(xp, h, a),
)
def owens_t(h: Operand, a: Operand, /) -> Array:
    """Return Owen's T: the chance of ``X > h`` and ``0 < Y < a * X`` for normal X and Y.

    Args:
        h: real numbers.
        a: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """


def _owen_h(xp: XP, h: Any, a: Any) -> Any:
    h, a = arrays(xp, h, a)
    tail = xp.special.erf(a * h / math.sqrt(2))
    return -xp.exp(-h * h / 2) * tail / (2 * math.sqrt(2 * math.pi))


def _owen_a(xp: XP, h: Any, a: Any) -> Any:
    h, a = arrays(xp, h, a)
    return xp.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a))


# Binomial distributions: the counts are constant --------------------------------------------------


@special(None, None, lambda xp, k, n, p: -_binomial_density(xp, k, n, p))
def bdtr(k: Operand, n: Operand, p: Operand, /) -> Array:
    """Return the binomial distribution function, of at most `k` successes in `n` trials.

    Args:
        k: numbers of successes.
        n: numbers of trials, whole ones.
        p: the chance of success in each, from 0 to 1; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape.

    Raises:
        NotDifferentiableError: if `k` or `n` is tracked: there is no derivative in them.
    """


@special(None, None, lambda xp, k, n, p: _binomial_density(xp, k, n, p))
def bdtrc(k: Operand, n: Operand, p: Operand, /) -> Array:
    """Return the chance of more than `k` successes in `n` trials.

    Args:
        k: numbers of successes.
        n: numbers of trials, whole ones.
        p: the chance of success in each, from 0 to 1; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape: ``1 - bdtr(k, n, p)``, accurate where they are small.

    Raises:
        NotDifferentiableError: if `k` or `n` is tracked: there is no derivative in them.
    """


def _binomial_density(xp: XP, k: Any, n: Any, p: Any) -> Any:
    """Return the derivative of ``bdtrc``, a distribution function of beta (DLMF 8.17.5)."""
    successes = math.floor(k) if type(k) in SCALARS else xp.floor(k)
    return _beta_density(xp, successes + 1, n - successes, p)


@special(None, None, lambda xp, k, n, p: _beta_density(xp, n, k + 1, p))
def nbdtr(k: Operand, n: Operand, p: Operand, /) -> Array:
    """Return the chance of at most `k` failures before `n` successes.

    Args:
        k: numbers of failures.
        n: numbers of successes.
        p: the chance of success in each trial, from 0 to 1; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape.

    Raises:
        NotDifferentiableError: if `k` or `n` is tracked: there is no derivative in them.
    """


@special(None, None, lambda xp, k, n, p: -_beta_density(xp, n, k + 1, p))
def nbdtrc(k: Operand, n: Operand, p: Operand, /) -> Array:
    """Return the chance of more than `k` failures before `n` successes.

    Args:
        k: numbers of failures.
        n: numbers of successes.
        p: the chance of success in each trial, from 0 to 1; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape: ``1 - nbdtr(k, n, p)``, accurate where they are small.

    Raises:
        NotDifferentiableError: if `k` or `n` is tracked: there is no derivative in them.
    """
