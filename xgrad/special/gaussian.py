"""The error functions and the normal distribution (DLMF 7)."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops.elementwise import Operand, is_complex
from ..ops.slopes import gaussian
from .define import arrays, floats, polynomial, special
from .quadrature import integral

_SLOPE = 2 / math.sqrt(math.pi)
_DENSITY = 1 / math.sqrt(2 * math.pi)
# 1 - 2 x D(x) = -sum_k (2k + 1)!! / (2 x^2)^(k + 1), the derivative of DLMF 7.12.1
_TAIL = [1.0]
for _k in range(1, 18):
    _TAIL.append(_TAIL[-1] * (2 * _k + 1))
_ALTERNATING = [(-1) ** k * c for k, c in enumerate(_TAIL)]
_FAR = 10.0


def _tail(xp: XP, x: Any, far: Any, near: Any, series: list[float], scale: complex) -> Any:
    """Return `near`, and where `far` holds, the asymptotic ``scale / x^2`` times a series.

    Far away `near` is the small difference of large numbers.
    """
    r = 1.0 / xp.where(far, x, 1.0)
    u = 0.5 * r * r  # and not of a square that is infinite
    return xp.where(far, 2 * scale * u * polynomial(u, series), near)


def _grown(xp: XP, z: Any, rest: Any) -> Any:
    """Return ``exp(z**2)`` where erfc |z| is known: out there it has the digits that z lacks."""
    far = (rest > 0) & (rest < 0.5)
    return xp.where(far, erfcx(xp.abs(z)) / xp.where(far, rest, 1.0), xp.exp(z * z))


def _excess(xp: XP, x: Any, k: int) -> Any:
    return -tail(x, k=k) * (tail(x, k=k + 1) - tail(x, k=k))


@elementwise(_excess)
def tail(x: Array, /, *, k: int) -> Array:
    """Return ``k / (x + (k + 1) / (x + (k + 2) / (x + ...)))``, DLMF 7.18.14 in other words.

    For k = 1 it is the density over the upper tail of the normal distribution, less x: far out a
    small difference of large numbers, which the fraction has in full. Near 0 and below, where the
    fraction converges slowly or not at all, it is the difference.
    """
    xp = backend_of(x).xp
    far = x > _CLOSE
    beyond, before = xp.where(far, x, _CLOSE), xp.where(far, _CLOSE, x)
    last = k + _TERMS
    fraction = 2 * last / (xp.sqrt(beyond * beyond + 4 * last) + beyond)  # about what follows
    for j in range(last - 1, k - 1, -1):
        fraction = j / (beyond + fraction)
    near = mills_ratio(-before) - before
    for j in range(2, k + 1):
        near = (j - 1) / near - before
    return xp.where(far, fraction, near)


_CLOSE = 1.9
_TERMS = 80
"""So many terms give the fraction in double precision from `_CLOSE` on."""


def _erfcx(xp: XP, x: Any, out: Any) -> Any:
    if not is_complex(x):
        # below -40 the function is infinite, and its slope by that alone
        return -math.sqrt(2) * out * tail(xp.maximum(math.sqrt(2) * x, -40.0), k=1)
    far = xp.real(x) > _FAR
    return _tail(xp, x, far, 2 * x * out - _SLOPE, _ALTERNATING, -0.5 * _SLOPE)


def _dawsn(xp: XP, x: Any, out: Any) -> Any:
    near = 1 - 2 * x * out
    # in the complex plane an exponential that grows with |Im x| is added to the asymptotic series
    return near if is_complex(x) else _tail(xp, x, xp.abs(x) > _FAR, near, _TAIL, -0.5)


def _wofz(xp: XP, z: Any, out: Any) -> Any:
    near = 1j * _SLOPE - 2 * z * out
    far = xp.abs(z) > 30.0  # where exp(-z^2), which the series lacks, is 0
    if is_complex(z):
        far = far & (xp.imag(z) >= 0)
    return _tail(xp, z, far, near, _TAIL, -0.5j * _SLOPE)


@special(lambda xp, x: _SLOPE * gaussian(x, scale=-1.0))
def erf(x: Array, /) -> Array:
    """Return the error function of each element."""


@special(lambda xp, z: _SLOPE * gaussian(z, scale=1.0))
def erfi(z: Array, /) -> Array:
    """Return the imaginary error function, ``-1j * erf(1j * z)``."""


@special(lambda xp, x: -_SLOPE * gaussian(x, scale=-1.0))
def erfc(x: Array, /) -> Array:
    """Return the complementary error function, ``1 - erf(x)``."""


@special(lambda xp, x, out: _erfcx(xp, x, out))
def erfcx(x: Array, /) -> Array:
    """Return the scaled complementary error function, ``exp(x**2) * erfc(x)``."""


@special(lambda xp, y, out: _grown(xp, out, 1 - xp.abs(y)) / _SLOPE)
def erfinv(y: Array, /) -> Array:
    """Return the inverse of the error function."""


@elementwise(lambda xp, y, out: 2 * xp.special.erfcinv(y) * out * out)
def _erfcinv_slope(y: Array, /) -> Array:
    """Return the derivative of `erfcinv`: of its own the parts would be infinite before it is."""
    xp = backend_of(y).xp
    return -_grown(xp, xp.special.erfcinv(y), xp.where(y < 1, y, 2 - y)) / _SLOPE


@special(lambda xp, y: _erfcinv_slope(y))
def erfcinv(y: Array, /) -> Array:
    """Return the inverse of the complementary error function."""


@special(lambda xp, x, out: _dawsn(xp, x, out))
def dawsn(x: Array, /) -> Array:
    """Return Dawson's integral."""


@special(lambda xp, z, out: _wofz(xp, z, out))
def wofz(z: Array, /) -> Array:
    """Return the Faddeeva function, ``exp(-z**2) * erfc(-i z)``; the result is complex."""


@special(lambda xp, x: _DENSITY * gaussian(x, scale=-0.5))
def ndtr(x: Array, /) -> Array:
    """Return the cumulative distribution function of the standard normal distribution."""


def _mills(xp: XP, x: Any) -> Any:
    """Return the density over the probability, without their underflow."""
    right = x > 0
    near, far = xp.where(right, x, 0.0), xp.where(right, 0.0, x)
    dense = _DENSITY * gaussian(near, scale=-0.5) / xp.special.ndtr(near)
    scaled = math.sqrt(0.5 * math.pi) * xp.special.erfcx(-math.sqrt(0.5) * far)
    return xp.where(right, dense, xp.where(far < -1e9, -far, 1 / scaled))


_LEFT, _END = 1e15, 1e4
"""Beyond them the product is -1 and 0, also of infinities."""


@elementwise(lambda xp, x, out: -xp.minimum(out, _LEFT) * tail(xp.clip(-x, -_END, _LEFT), k=1))
def mills_ratio(x: Array, /) -> Array:
    """Return the derivative of `log_ndtr`."""
    return _mills(backend_of(x).xp, x)


@special(lambda xp, x: mills_ratio(x))
def log_ndtr(x: Array, /) -> Array:
    """Return the logarithm of `ndtr`, accurate also where it underflows."""


@elementwise(lambda xp, y, out: xp.special.ndtri(y) * out * out)
def _ndtri_slope(y: Array, /) -> Array:
    """Return the derivative of `ndtri`: of its own the parts would be infinite before it is."""
    xp = backend_of(y).xp
    grown = _grown(xp, xp.special.ndtri(y) / math.sqrt(2), 2 * xp.where(y < 0.5, y, 1 - y))
    return grown / _DENSITY


@special(lambda xp, y: _ndtri_slope(y))
def ndtri(y: Array, /) -> Array:
    """Return the inverse of `ndtr`: the quantile of a probability."""


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
    xp = backend_of(a if type(h) in SCALARS else h).xp
    return _owen(xp, *floats(xp, *arrays(xp, h, a)))


def _owen(xp: XP, h: Any, a: Any) -> Any:
    """Return the function, of a small wedge by a Gauss rule: SciPy's own has absolute digits."""
    wedge = xp.where(xp.abs(h) > 1, xp.abs(a * h), xp.abs(a))
    small = wedge < 0.5
    slim, at = xp.where(small, a, 0.0), xp.where(small, h, 0.0)

    def integrand(node: Any) -> Any:
        u = slim * node
        return xp.exp(-0.5 * (at * u) * (at * u)) / (1 + u * u)

    near = slim * gaussian(at, scale=-0.5) * integral(xp, 10, at, integrand) / (2 * math.pi)
    return xp.where(small, near, xp.special.owens_t(h, a))


def _owen_h(xp: XP, h: Any, a: Any) -> Any:
    h, a = arrays(xp, h, a)
    tail = xp.special.erf(a * h / math.sqrt(2))
    return -xp.exp(-h * h / 2) * tail / (2 * math.sqrt(2 * math.pi))


def _owen_a(xp: XP, h: Any, a: Any) -> Any:
    h, a = arrays(xp, h, a)
    return xp.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a))
