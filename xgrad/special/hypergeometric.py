"""Hypergeometric functions, with derivatives in the argument (DLMF 10.46, 13, 15 and 16)."""

from __future__ import annotations

from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import XP, backend_of
from ..ops.elementwise import Operand, is_complex
from .define import EULER, arrays, holds_everywhere, in_double, special


@special(None, lambda xp, v, z: xp.special.hyp0f1(v + 1.0, z) / v)
def hyp0f1(v: Operand, z: Operand, /) -> Array:
    """Return the confluent hypergeometric limit function (DLMF 16.3.1).

    Args:
        v: real parameters, neither 0 nor a negative whole number.
        z: real or complex arguments; shapes are broadcast.

    Returns:
        An array of the broadcast shape: the sum of ``z**k / (poch(v, k) * k!)``.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """


@special(None, None, lambda xp, a, b, x: a / b * xp.special.hyp1f1(a + 1, b + 1, x))
def hyp1f1(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return the confluent hypergeometric function, with a derivative in `x`.

    Args:
        a: real parameters.
        b: real parameters, neither 0 nor a negative whole number.
        x: real or complex arguments; shapes are broadcast.

    Returns:
        The sum of ``poch(a, k) * x**k / (poch(b, k) * k!)``, of the broadcast shape (DLMF 13.2.2;
        the derivative is 13.3.15).

    Raises:
        NotDifferentiableError: if `a` or `b` is tracked: there is no derivative in them.
    """


@special(
    None,
    None,
    None,
    lambda xp, a, b, c, z: a * b / c * hyp2f1(a + 1, b + 1, c + 1, z),
)
def hyp2f1(a: Operand, b: Operand, c: Operand, z: Operand, /) -> Array:
    """Return the Gauss hypergeometric function, with a derivative in `z`.

    Args:
        a: real parameters.
        b: real parameters.
        c: real parameters, neither 0 nor a negative whole number.
        z: real or complex arguments; shapes are broadcast. The cut goes from 1 to infinity.

    Returns:
        The sum of ``poch(a, k) * poch(b, k) * z**k / (poch(c, k) * k!)``, continued beyond the unit
        circle, of the broadcast shape (DLMF 15.2.1; the derivative is 15.5.1).

    Raises:
        NotDifferentiableError: if `a`, `b` or `c` is tracked: there is no derivative in them.
    """
    xp = backend_of(next(x for x in (z, c, b, a) if type(x) not in SCALARS)).xp
    if is_complex(z):
        value: Array = xp.special.hyp2f1(a, b, c, z)
        return value
    p, q, r, at = arrays(xp, a, b, c, z)
    rest = 1 - at
    edge = (rest > 0) & (rest < _EDGE)  # which SciPy takes for 1
    out: Array = xp.where(
        edge,
        _beside_1(xp, p, q, r, xp.where(edge, rest, _EDGE)),
        xp.special.hyp2f1(p, q, r, xp.where(edge, 0.5, at)),
    )
    return out


_EDGE = 1e-13


def _beside_1(xp: XP, a: Any, b: Any, c: Any, rest: Any) -> Any:
    """Return ``hyp2f1`` at ``1 - rest`` by the leading terms of DLMF 15.8.4 and 15.8.10."""
    gamma, rgamma = xp.special.gamma, xp.special.rgamma
    s = c - a - b
    whole, level = s == xp.round(s), s == 0
    apart = xp.where(whole, 0.5, s)  # where the two parts are series of their own
    first = gamma(xp.where(whole & (s <= 0), 1.0, s)) * rgamma(c - a) * rgamma(c - b)
    first = first * (1 + a * b / (1 - apart) * xp.where(whole, 0.0, rest))
    other = gamma(xp.where(whole & (s >= 0), 1.0, -s)) * rgamma(a) * rgamma(b) * rest**s
    other = other * (1 + (c - a) * (c - b) / (1 + apart) * xp.where(whole, 0.0, rest))
    digammas = xp.special.digamma(a) + xp.special.digamma(b) + 2 * EULER
    logarithm = -rgamma(a) * rgamma(b) * (xp.log(rest) + digammas)
    parts = xp.where(whole & (s < 0), 0.0, first) + xp.where(whole & (s > 0), 0.0, other)
    return gamma(c) * xp.where(level, logarithm, parts)


@special(None, None, in_double(lambda xp, a, b, x: -a * hyperu(a + 1, b + 1, x)))
def hyperu(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return Tricomi's confluent hypergeometric function, with a derivative in `x`.

    Args:
        a: real parameters.
        b: real parameters.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape (DLMF 13.2.6; the derivative is 13.3.22).

    Raises:
        NotDifferentiableError: if `a` or `b` is tracked: there is no derivative in them.
    """
    xp = backend_of(next(v for v in (x, b, a) if type(v) not in SCALARS)).xp
    p, q, at = arrays(xp, a, b, x)
    value = xp.special.hyperu(p, q, at)
    # where SciPy has no number, next to 0
    wrong, whole = ~xp.isfinite(value) & (at > 0) & (q > 1), q == xp.round(q)
    if holds_everywhere(~wrong):
        return value
    few, tiny = xp.where(wrong & whole, q, 2.0), xp.where(wrong, at, 1.0)
    lead = xp.special.gamma(xp.where(wrong, q - 1, 1.0)) * xp.special.rgamma(p)
    lead = lead * tiny ** xp.where(wrong, 1 - q, 0.0)
    near = xp.where(whole, _beside_0(xp, p, few, tiny), lead)
    out: Array = xp.where(wrong, near, value)
    return out


def _beside_0(xp: XP, a: Any, b: Any, x: Any) -> Any:
    """Return ``hyperu`` of a whole b above 1 by the leading terms of DLMF 13.2.9."""
    n = b - 1
    total, term = 0.0, xp.special.gamma(n) * xp.special.rgamma(a) * xp.ones_like(x)
    for k in range(4):
        total = total + xp.where(n > k, term, 0.0)
        term = term * (a - n + k) / (xp.where(n > k + 1, k + 1 - n, 1.0) * (k + 1)) * x
    logarithm = xp.log(x) + xp.special.digamma(a) + EULER - xp.special.digamma(b)
    scale = xp.special.rgamma(b) * xp.special.rgamma(a - n)
    sign = 1 - 2 * xp.remainder(n + 1, xp.full_like(n, 2.0))
    return total * x**-n + sign * scale * logarithm


@special(None, None, lambda xp, a, b, x: xp.special.wright_bessel(a, a + b, x))
def wright_bessel(a: Operand, b: Operand, x: Operand, /) -> Array:
    """Return Wright's generalized Bessel function, with a derivative in `x` (DLMF 10.46.1).

    Args:
        a: real parameters, not negative.
        b: real parameters, not negative.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        The sum of ``x**k / (k! * gamma(a * k + b))``, of the broadcast shape.

    Raises:
        NotDifferentiableError: if `a` or `b` is tracked: there is no derivative in them.
    """
