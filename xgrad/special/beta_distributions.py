"""The beta, F, binomial and negative binomial distributions: of the incomplete beta function.

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
from ..ops.elementwise import Operand
from ..ops.halves import each_in_single
from .define import (
    arrays,
    holds_everywhere,
    in_double,
    special,
)
from .gamma_distributions import _not_subnormal, _product
from .gammas import _log_beta_slope
from .incomplete import (
    _beta_density,
    _beta_shape,
    betainc,
    betaincc,
)


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
    return xp.where(inner, there, xp.where((end == 0) | (end == 1), 0.0, end))  # there it stays


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
