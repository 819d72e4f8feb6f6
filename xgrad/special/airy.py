"""Airy, Hankel, Kelvin and Struve functions, and integrals of Bessel functions.

Formulas are of DLMF 9.2, 10.6, 10.61 and 11.4. There is no derivative in an order.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..engine.op import rule
from ..ops.elementwise import Operand
from .define import over, pull_each, push_each, special

# Airy functions -----------------------------------------------------------------------------------


def _airy(x: Any, out: Any) -> tuple[Any, Any, Any, Any]:
    ai, aip, bi, bip = out  # each solves y'' = x y
    return aip, x * ai, bip, x * bi


@rule(
    vjp=lambda xp, g, z, out: pull_each(xp, g, _airy(z, out)),
    jvp=lambda xp, t, z, out: push_each(t, _airy(z, out)),
    path="special.",
    core=0,
)
def airy(z: Array, /) -> tuple[Array, Array, Array, Array]:
    """Return the Airy functions and their derivatives, ``(Ai, Ai', Bi, Bi')``."""


# Hankel functions ---------------------------------------------------------------------------------


@special(None, lambda xp, v, z: 0.5 * (xp.special.hankel1(v - 1, z) - xp.special.hankel1(v + 1, z)))
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


@special(None, lambda xp, v, z: 0.5 * (xp.special.hankel2(v - 1, z) - xp.special.hankel2(v + 1, z)))
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


def _scaled(function: Any, v: Any, z: Any) -> Any:
    return 0.5 * (function(v - 1, z) - function(v + 1, z))


@special(None, lambda xp, v, z, out: _scaled(xp.special.hankel1e, v, z) - 1j * out)
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


@special(None, lambda xp, v, z, out: _scaled(xp.special.hankel2e, v, z) + 1j * out)
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


@special(lambda xp, x: xp.special.kerp(x))
def ker(x: Array, /) -> Array:
    """Return the Kelvin function ker."""


@special(lambda xp, x: xp.special.keip(x))
def kei(x: Array, /) -> Array:
    """Return the Kelvin function kei."""


@special(lambda xp, x, out: -xp.special.kei(x) - out / x)
def kerp(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function ker."""


@special(lambda xp, x, out: xp.special.ker(x) - out / x)
def keip(x: Array, /) -> Array:
    """Return the derivative of the Kelvin function kei."""


# Struve functions ---------------------------------------------------------------------------------


def _power(xp: XP, v: Any, x: Any) -> Any:
    """Return the term by which the Struve functions' recurrence differs from the Bessel ones'."""
    return (0.5 * x) ** v * xp.special.rgamma(xp.full_like(x, 1.5) + v) / math.sqrt(math.pi)


@special(
    None,
    lambda xp, v, x: (
        0.5 * (xp.special.struve(v - 1, x) - xp.special.struve(v + 1, x) + _power(xp, v, x))
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
    lambda xp, v, x: (
        0.5 * (xp.special.modstruve(v - 1, x) + xp.special.modstruve(v + 1, x) + _power(xp, v, x))
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


@special(lambda xp, x: xp.special.struve(0.0, x))
def itstruve0(x: Array, /) -> Array:
    """Return the integral of the Struve function of order 0 from 0."""


@special(lambda xp, x: xp.special.modstruve(0.0, x))
def itmodstruve0(x: Array, /) -> Array:
    """Return the integral of the modified Struve function of order 0 from 0."""


# the power series of H0(x) / x in x^2 (DLMF 11.2.1)
_H0_OVER_X = [2 / math.pi * (-1) ** k / math.prod(range(1, 2 * k + 2, 2)) ** 2 for k in range(10)]


@special(lambda xp, x: -over(xp, xp.special.struve(0.0, x), x, _H0_OVER_X))
def it2struve0(x: Array, /) -> Array:
    """Return the integral of ``struve(0, t) / t`` from x to infinity."""


def _itj0y0(xp: XP, x: Any) -> tuple[Any, Any]:
    return xp.special.j0(x), xp.special.y0(x)


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


@rule(
    vjp=lambda xp, g, x: pull_each(xp, g, _iti0k0(xp, x)),
    jvp=lambda xp, t, x: push_each(t, _iti0k0(xp, x)),
    path="special.",
    core=0,
)
def iti0k0(x: Array, /) -> tuple[Array, Array]:
    """Return the integrals of the modified Bessel functions `i0` and `k0` from 0."""
