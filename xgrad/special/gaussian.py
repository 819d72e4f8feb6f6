"""The error functions and the normal distribution (DLMF 7)."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..ops.elementwise import is_complex
from .define import polynomial, special

_SLOPE = 2 / math.sqrt(math.pi)
_DENSITY = 1 / math.sqrt(2 * math.pi)
# 1 - 2 x D(x) = -sum_k (2k + 1)!! / (2 x^2)^(k + 1), the derivative of DLMF 7.12.1
_TAIL = [1.0]
for _k in range(1, 9):
    _TAIL.append(_TAIL[-1] * (2 * _k + 1))
_ALTERNATING = [(-1) ** k * c for k, c in enumerate(_TAIL)]
_FAR = 30.0


def _tail(xp: XP, x: Any, far: Any, near: Any, series: list[float], scale: complex) -> Any:
    """Return `near`, and where `far` holds, the asymptotic ``scale / x^2`` times a series.

    Far away `near` is the small difference of large numbers.
    """
    u = 0.5 / xp.where(far, x * x, 1.0)
    return xp.where(far, 2 * scale * u * polynomial(u, series), near)


def _erfcx(xp: XP, x: Any, out: Any) -> Any:
    far = xp.real(x) > _FAR if is_complex(x) else x > _FAR
    return _tail(xp, x, far, 2 * x * out - _SLOPE, _ALTERNATING, -0.5 * _SLOPE)


def _dawsn(xp: XP, x: Any, out: Any) -> Any:
    near = 1 - 2 * x * out
    # in the complex plane an exponential that grows with |Im x| is added to the asymptotic series
    return near if is_complex(x) else _tail(xp, x, xp.abs(x) > _FAR, near, _TAIL, -0.5)


def _wofz(xp: XP, z: Any, out: Any) -> Any:
    near = 1j * _SLOPE - 2 * z * out
    far = xp.abs(z) > _FAR
    if is_complex(z):
        far = far & (xp.imag(z) >= 0)
    return _tail(xp, z, far, near, _TAIL, -0.5j * _SLOPE)


@special(lambda xp, x: _SLOPE * xp.exp(-x * x))
def erf(x: Array, /) -> Array:
    """Return the error function of each element."""


@special(lambda xp, z: _SLOPE * xp.exp(z * z))
def erfi(z: Array, /) -> Array:
    """Return the imaginary error function, ``-1j * erf(1j * z)``."""


@special(lambda xp, x: -_SLOPE * xp.exp(-x * x))
def erfc(x: Array, /) -> Array:
    """Return the complementary error function, ``1 - erf(x)``."""


@special(lambda xp, x, out: _erfcx(xp, x, out))
def erfcx(x: Array, /) -> Array:
    """Return the scaled complementary error function, ``exp(x**2) * erfc(x)``."""


@special(lambda xp, out: xp.exp(out * out) / _SLOPE)
def erfinv(y: Array, /) -> Array:
    """Return the inverse of the error function."""


@special(lambda xp, out: -xp.exp(out * out) / _SLOPE)
def erfcinv(y: Array, /) -> Array:
    """Return the inverse of the complementary error function."""


@special(lambda xp, x, out: _dawsn(xp, x, out))
def dawsn(x: Array, /) -> Array:
    """Return Dawson's integral."""


@special(lambda xp, z, out: _wofz(xp, z, out))
def wofz(z: Array, /) -> Array:
    """Return the Faddeeva function, ``exp(-z**2) * erfc(-i z)``; the result is complex."""


@special(lambda xp, x: _DENSITY * xp.exp(-0.5 * x * x))
def ndtr(x: Array, /) -> Array:
    """Return the cumulative distribution function of the standard normal distribution."""


# the quotient of two small numbers, density and probability, without their underflow
@special(lambda xp, x: 1 / (math.sqrt(0.5 * math.pi) * xp.special.erfcx(-math.sqrt(0.5) * x)))
def log_ndtr(x: Array, /) -> Array:
    """Return the logarithm of `ndtr`, accurate also where it underflows."""


@special(lambda xp, out: xp.exp(0.5 * out * out) / _DENSITY)
def ndtri(y: Array, /) -> Array:
    """Return the inverse of `ndtr`: the quantile of a probability."""
