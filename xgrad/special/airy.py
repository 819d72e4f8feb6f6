"""Airy, Hankel, Kelvin and Struve functions, and integrals of Bessel functions.

Formulas are of DLMF 9.2, 10.6, 10.61 and 11.4. There is no derivative in an order.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import XP, backend_of
from ..engine.op import rule
from ..ops.elementwise import Operand, is_complex
from ..ops.halves import each_in_single
from .define import (
    EULER,
    arrays,
    growing,
    in_double,
    over,
    polynomial,
    pull_each,
    push_each,
    special,
    with_ends,
    with_limits,
)
from .quadrature import integral

# Airy functions -----------------------------------------------------------------------------------


def _airy(x: Any, out: Any) -> tuple[Any, Any, Any, Any]:
    ai, aip, bi, bip = out  # each solves y'' = x y
    return aip, x * ai, bip, x * bi


@each_in_single
@rule(
    vjp=lambda xp, g, z, out: pull_each(xp, g, _airy(z, out)),
    jvp=lambda xp, t, z, out: push_each(t, _airy(z, out)),
    path="special.",
    core=0,
)
def airy(z: Array, /) -> tuple[Array, Array, Array, Array]:
    """Return the Airy functions and their derivatives, ``(Ai, Ai', Bi, Bi')``."""


# Hankel functions ---------------------------------------------------------------------------------


def _of_parts(name: str, v: Any, z: Any, turn: complex) -> Any:
    """Return a Hankel function by `jv` and `yv` where it is not AMOS' that has both parts' digits.

    That rounds the real part as the imaginary one, which near 0 is larger without limit. The
    scaled functions are ``exp(-turn * z)`` times the others.
    """
    xp = backend_of(v if type(z) in SCALARS else z).xp
    v, z = arrays(xp, v, z)
    function = getattr(xp.special, name)
    if is_complex(z):
        return function(v, z)
    near = (z > 0) & (z < xp.abs(v) + 1)
    x = xp.where(near, z, 1.0)
    value = xp.special.jv(v, x) + turn * xp.special.yv(v, x)
    return xp.where(
        near, value * xp.exp(-turn * x) if name.endswith("e") else value, function(v, z)
    )


def _difference(function: Any, v: Any, z: Any) -> Any:
    return 0.5 * (function(v - 1, z) - function(v + 1, z))


@special(None, lambda xp, v, z: _difference(hankel1, v, z))
def hankel1(v: Operand, z: Operand, /) -> Array:
    """Return the Hankel function of the first kind, ``jv(v, z) + 1j * yv(v, z)`` (DLMF 10.4.3).

    Args:
        v: real orders.
        z: arguments; shapes are broadcast. The cut is the negative real axis, 0 a singularity.

    Returns:
        Complex numbers of the broadcast shape. The derivative is DLMF 10.6.1.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """
    out: Array = _of_parts("hankel1", v, z, 1j)
    return out


@special(None, lambda xp, v, z: _difference(hankel2, v, z))
def hankel2(v: Operand, z: Operand, /) -> Array:
    """Return the Hankel function of the second kind, ``jv(v, z) - 1j * yv(v, z)`` (DLMF 10.4.3).

    Args:
        v: real orders.
        z: arguments; shapes are broadcast. The cut is the negative real axis, 0 a singularity.

    Returns:
        Complex numbers of the broadcast shape. The derivative is DLMF 10.6.1.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """
    out: Array = _of_parts("hankel2", v, z, -1j)
    return out


@special(None, lambda xp, v, z, out: _difference(hankel1e, v, z) - 1j * out)
def hankel1e(v: Operand, z: Operand, /) -> Array:
    """Return the scaled Hankel function, ``hankel1(v, z) * exp(-1j * z)``.

    It neither over- nor underflows far from the real axis.

    Args:
        v: real orders.
        z: arguments; shapes are broadcast.

    Returns:
        Complex numbers of the broadcast shape.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """
    out: Array = _of_parts("hankel1e", v, z, 1j)
    return out


@special(None, lambda xp, v, z, out: _difference(hankel2e, v, z) + 1j * out)
def hankel2e(v: Operand, z: Operand, /) -> Array:
    """Return the scaled Hankel function, ``hankel2(v, z) * exp(1j * z)``.

    It neither over- nor underflows far from the real axis.

    Args:
        v: real orders.
        z: arguments; shapes are broadcast.

    Returns:
        Complex numbers of the broadcast shape.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """
    out: Array = _of_parts("hankel2e", v, z, -1j)
    return out


# Kelvin functions: ber + i bei and ker + i kei solve x^2 y'' + x y' = i x^2 y ---------------------


# the power series of ber'(x) / x and bei'(x) / x in x^2 (DLMF 10.65.1)
_BERP_OVER_X, _BEIP_OVER_X = [0.0] * 11, [0.0] * 11
for _k in range(1, 6):
    _BERP_OVER_X[2 * _k - 1] = (-1) ** _k * _k / (4 ** (2 * _k - 1) * math.factorial(2 * _k) ** 2)
for _k in range(6):
    _BEIP_OVER_X[2 * _k] = (-1) ** _k * (_k + 0.5) / (16**_k * math.factorial(2 * _k + 1) ** 2)


@special(lambda xp, x: xp.special.berp(x))
def ber(x: Array, /) -> Array:
    """Return the Kelvin function ber."""


@special(lambda xp, x: xp.special.beip(x))
def bei(x: Array, /) -> Array:
    """Return the Kelvin function bei."""


@special(lambda xp, x, out: -xp.special.bei(x) - over(xp, out, x, _BERP_OVER_X))
def berp(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function ber."""


@special(lambda xp, x, out: xp.special.ber(x) - over(xp, out, x, _BEIP_OVER_X))
def beip(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function bei."""


def _half_of_log(xp: XP, x: Any) -> Any:
    return -0.5 * xp.log(x)


@in_double
def _fading(xp: XP, x: Any, *, name: str) -> Any:
    """Return a function that is 0 at infinity; SciPy's of single precision have a digit or two."""
    return with_limits(getattr(xp.special, name), x, (math.inf, 0.0))


@in_double
def _kerp_slope(xp: XP, x: Any) -> Any:
    return -kei(x) - kerp(x) / x


@in_double
def _keip_slope(xp: XP, x: Any) -> Any:
    return ker(x) - keip(x) / x


@special(lambda xp, x: kerp(x))
def ker(x: Array, /) -> Array:
    """Return the Kelvin function ker."""
    return _fading(backend_of(x).xp, x, name="ker")


@special(lambda xp, x: keip(x))
def kei(x: Array, /) -> Array:
    """Return the Kelvin function kei."""
    return _fading(backend_of(x).xp, x, name="kei")


@special(lambda xp, x: _kerp_slope(xp, x))
def kerp(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function ker."""
    return _fading(backend_of(x).xp, x, name="kerp")


@special(with_ends(lambda xp, x: _keip_slope(xp, x), (0.0, _half_of_log)))
def keip(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function kei."""
    return _fading(backend_of(x).xp, x, name="keip")


# Struve functions ---------------------------------------------------------------------------------


def _power(xp: XP, v: Any, x: Any) -> Any:
    """Return the term by which the Struve functions' recurrence differs from the Bessel ones'."""
    return (0.5 * x) ** v * xp.special.rgamma(xp.full_like(x, 1.5) + v) / math.sqrt(math.pi)


def _one_below(xp: XP, f: Any, v: Any, x: Any, sign: float) -> Any:
    """Return the function of order ``v - 1``; that of -1 by 1, as its derivative has order -2."""
    is_zero = xp.full_like(x, 0.0) + v == 0
    at = f(xp.where(is_zero, 1.0, xp.full_like(x, -1.0) + v), x)
    return xp.where(is_zero, 2 / math.pi + sign * at, at)


@special(
    None,
    in_double(
        lambda xp, v, x: (
            0.5
            * (
                _one_below(xp, xp.special.struve, v, x, -1.0)
                - xp.special.struve(v + 1, x)
                + _power(xp, v, x)
            )
        )
    ),
)
def struve(v: Operand, x: Operand, /) -> Array:
    """Return the Struve function of order `v` (DLMF 11.2.1).

    Args:
        v: real orders.
        x: real arguments, not negative unless `v` is a whole number; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape. The derivative follows from DLMF 11.4(v).

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """


@special(
    None,
    in_double(
        lambda xp, v, x: (
            0.5
            * (
                _one_below(xp, xp.special.modstruve, v, x, 1.0)
                + xp.special.modstruve(v + 1, x)
                + _power(xp, v, x)
            )
        )
    ),
)
def modstruve(v: Operand, x: Operand, /) -> Array:
    """Return the modified Struve function of order `v` (DLMF 11.2.2).

    Args:
        v: real orders.
        x: real arguments, not negative unless `v` is a whole number; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape. The derivative follows from DLMF 11.4(v).

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """


# Integrals from 0 to x, or from x to infinity -----------------------------------------------------


def _by_gauss(xp: XP, function: Any, x: Any, over_t: bool = False) -> Any:
    """Return the integral of a function of t, or of it over t, from 0 to x."""
    if over_t:
        return integral(xp, 32, x, lambda node: function(0.0, x * node) / node)
    return x * integral(xp, 32, x, lambda node: function(0.0, x * node))


_SERIES, _RULE = 8.0, 37.0
"""SciPy's series are good to the first, a Gauss rule of 32 points to the second, and farther."""
_FAR = 1e32  # where an integral of waves is none of the result

# of the integrals of H0 - Y0 (DLMF 11.6.1), without 2 / pi, in 1 / x^2
_ODD = [float(math.prod(range(1, 2 * k, 2)) ** 2) for k in range(18)]
_INTEGRAL = [(-1) ** (k + 1) * c / (2 * k) for k, c in enumerate(_ODD) if k]
_OVER = [(-1) ** k * c / (2 * k + 1) for k, c in enumerate(_ODD)]


@special(with_ends(lambda xp, x: xp.special.struve(0.0, x), (math.inf, 0.0), (-math.inf, 0.0)))
def itstruve0(x: Array, /) -> Array:
    """Return the integral of the Struve function of order 0 from 0."""
    xp = backend_of(x).xp
    size = xp.abs(x)
    middle = _by_gauss(xp, xp.special.struve, xp.where(size < _RULE, size, 1.0))
    beyond = xp.where(size < _RULE, _RULE, size)
    r = 1 / beyond
    rest = xp.log(2 * beyond) + EULER + r * r * polynomial(r * r, _INTEGRAL)
    far = 2 / math.pi * rest + xp.special.itj0y0(xp.where(beyond < _FAR, beyond, _FAR))[1]
    near = xp.special.itstruve0(xp.where(size < _SERIES, x, 1.0))
    out: Array = xp.where(size < _SERIES, near, xp.where(size < _RULE, middle, far))
    return out


@special(
    with_ends(
        lambda xp, x: xp.special.modstruve(0.0, x),
        (math.inf, growing),
        (-math.inf, lambda xp, x: -xp.exp(-x)),
    )
)
def itmodstruve0(x: Array, /) -> Array:
    """Return the integral of the modified Struve function of order 0 from 0."""
    xp = backend_of(x).xp
    size = xp.abs(x)
    middle = (size > _SERIES) & (size < 90.0)
    by_rule = _by_gauss(xp, xp.special.modstruve, xp.where(middle, size, 1.0))
    other = xp.special.itmodstruve0(xp.where(middle | (size == math.inf), 1.0, x))
    out: Array = xp.where(middle, by_rule, xp.where(size == math.inf, size, other))
    return out


# what is left of y0(x) / x after integrating by parts k times, twice each (DLMF 10.6.2)
_Y0_OVER_X = [(-1) ** k * math.prod(range(2, 2 * k + 1, 2)) ** 2 for k in range(14)]


def _of_y0(xp: XP, x: Any, r: Any) -> Any:
    """Return the integral of ``y0(t) / t`` from a large x to infinity, by parts again and again."""
    ahead = [(2 * k + 2) * c for k, c in enumerate(_Y0_OVER_X)]
    q = r * r
    of_y0, of_y1 = q * polynomial(q, ahead), r * polynomial(q, _Y0_OVER_X)
    waves = of_y0 * xp.special.y0(x) - of_y1 * xp.special.y1(x)
    return xp.where(xp.isfinite(x), waves, 0.0)


# the power series of H0(x) / x in x^2 (DLMF 11.2.1)
_H0_OVER_X = [2 / math.pi * (-1) ** k / math.prod(range(1, 2 * k + 2, 2)) ** 2 for k in range(10)]


@special(
    with_ends(
        lambda xp, x: -over(xp, xp.special.struve(0.0, x), x, _H0_OVER_X),
        (math.inf, 0.0),
        (-math.inf, 0.0),
    )
)
def it2struve0(x: Array, /) -> Array:
    """Return the integral of ``struve(0, t) / t`` from x to infinity."""
    xp, given = backend_of(x).xp, x
    x = xp.abs(x)
    near, beyond = x < _SERIES, xp.where(x > _RULE, x, _RULE)
    middle = 0.5 * math.pi - _by_gauss(xp, xp.special.struve, xp.where(x < _RULE, x, 1.0), True)
    r = 1 / beyond
    far = 2 / math.pi * r * polynomial(r * r, _OVER) + _of_y0(xp, beyond, r)
    first = xp.special.it2struve0(xp.where(near, x, 1.0))
    tail = xp.where(near, first, xp.where(x < _RULE, middle, far))
    out: Array = xp.where(given < 0, math.pi - tail, tail)
    return out


def _itj0y0(xp: XP, x: Any) -> tuple[Any, Any]:
    return xp.special.j0(x), xp.special.y0(x)


@each_in_single
@rule(
    vjp=lambda xp, g, x: pull_each(xp, g, _itj0y0(xp, x)),
    jvp=lambda xp, t, x: push_each(t, _itj0y0(xp, x)),
    path="special.",
    core=0,
)
def itj0y0(x: Array, /) -> tuple[Array, Array]:
    """Return the integrals of the Bessel functions `j0` and `y0` from 0."""


def _iti0k0(xp: XP, x: Any) -> tuple[Any, Any]:
    return xp.special.i0(x), xp.special.k0(x)


@each_in_single
@rule(
    vjp=lambda xp, g, x: pull_each(xp, g, _iti0k0(xp, x)),
    jvp=lambda xp, t, x: push_each(t, _iti0k0(xp, x)),
    path="special.",
    core=0,
)
def iti0k0(x: Array, /) -> tuple[Array, Array]:
    """Return the integrals of the modified Bessel functions `i0` and `k0` from 0."""
