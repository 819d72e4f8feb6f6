"""The gamma, chi-square and Poisson distributions: of the incomplete gamma function.

An inverse ``y = F^-1(p)`` has the derivative ``1 / f(y)`` in p, and ``-F_a(y) / f(y)`` in a shape
parameter a, with the density f and the derivative F_a of the distribution function.
"""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
from ..backends import XP
from ..engine.op import elementwise
from ..ops.beside import array_of
from ..ops.elementwise import Operand
from ..ops.halves import each_in_single
from .define import (
    holds_everywhere,
    holds_fractions,
    in_double,
    special,
)
from .incomplete import (
    _gamma_density,
    _gamma_mass,
    _gamma_score,
    _gamma_shape,
    gammainc,
    gammaincc,
)


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


@elementwise(
    lambda xp, a, x, out: -out * (_gamma_score(a, x) + 1 / a),
    lambda xp, a, x: (1 - a + x) / a / _gamma_mass(a, x),
)
def _over_gamma_density(a: Any, x: Any, /) -> Any:
    """Return 1 over the density, with a derivative that divides by no x."""
    return x / a / _gamma_mass(a, x)


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
    there = -near / a * (_gamma_shape(xp, a, safe) / _gamma_mass(a, safe))
    if holds_everywhere(inner):
        return there
    return xp.where(inner, there, xp.where(end == 0, 0.0, end))  # at 0 and at infinity it stays


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
