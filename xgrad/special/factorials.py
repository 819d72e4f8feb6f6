"""Factorials of real numbers, and what is made of them (DLMF 5.2, 5.19, 26.3)."""

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
    floats,
    held,
    holds_everywhere,
    in_double,
    special,
    with_ends,
)
from .gammas import digamma_step


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
    small = _small(z, m) & (z != 0)  # where SciPy takes a difference of large logarithms
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
    size, chosen = floats(xp, *arrays(xp, n, k))  # sums of large integers would overflow
    small = (xp.abs(size) < 0.5) & (xp.abs(chosen) < 0.5)  # where SciPy takes a ratio for large k
    near, part = xp.where(small, size, 0.0), xp.where(small, chosen, 0.0)
    value = xp.special.gamma(1 + near) * xp.special.rgamma(1 + part)
    left, _, _, beta, sine, _ = _reflected(xp, size, chosen)
    plain = xp.special.binom(xp.where(small | left, 1.0, size), xp.where(small | left, 1.0, chosen))
    plain = xp.where(left, beta * sine, plain)
    out: Array = xp.where(small, value * xp.special.rgamma(1 + (near - part)), plain)
    return out
