"""Exponential, trigonometric and elliptic integrals, and functions defined by series.

Formulas are of DLMF 4.13, 6, 7, 13, 15, 19, 22 and 25.12.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import COMPLEX, XP, backend_of
from ..engine.op import elementwise, rule
from ..ops.elementwise import Operand
from ..ops.halves import each_in_single
from .define import (
    arrays,
    growing,
    held,
    over,
    polynomial,
    pull_each,
    push_each,
    special,
    with_ends,
    with_limits,
)

# Exponential and trigonometric integrals ---------------------------------------------------------


@elementwise(lambda xp, x, out: out * ((x - 1) / x))
def _exp_over(x: Array, /) -> Array:
    """Return ``exp(x) / x``, whose derivative is 0 at 1, also where ``exp(x)`` is infinite."""
    half = backend_of(x).xp.exp(0.5 * x)
    return half * (half / x)


@special(with_ends(lambda xp, x: _exp_over(x), (math.inf, growing), (-math.inf, 0.0)))
def expi(x: Array, /) -> Array:
    """Return the exponential integral Ei."""


@special(lambda xp, z: -xp.exp(-z) / z)
def exp1(z: Array, /) -> Array:
    """Return the exponential integral E1."""


def _expn(xp: XP, n: Any, x: Any) -> Any:
    """Return the derivative of ``expn(n, x)``; that of order 0 is elementary (DLMF 8.19.13)."""
    elementary = -xp.exp(-x) * (1 + 1 / x) / x
    if type(n) in SCALARS:
        return elementary if n == 0 else -xp.special.expn(n - 1, x)
    (x, n) = arrays(xp, x, n)
    return xp.where(n == 0, elementary, -xp.special.expn(xp.where(n == 0, n, n - 1), x))


@special(None, lambda xp, n, x: _expn(xp, n, x))
def expn(n: Operand, x: Operand, /) -> Array:
    """Return the exponential integral of order `n` (DLMF 8.19.3).

    Args:
        n: orders, whole numbers from 0.
        x: numbers that are not negative; shapes are broadcast.

    Returns:
        The integral of ``exp(-x * t) / t**n`` from 1 to infinity, of the broadcast shape. The
        derivative is ``-expn(n - 1, x)``.

    Raises:
        NotDifferentiableError: if `n` is tracked: there is no derivative in it.
    """


_SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(11)]


def _sici(xp: XP, x: Any) -> tuple[Any, Any]:
    return over(xp, xp.sin(x), x, _SINC), xp.cos(x) / x


@each_in_single
@rule(
    vjp=lambda xp, g, x: pull_each(xp, g, _sici(xp, x)),
    jvp=lambda xp, t, x: push_each(t, _sici(xp, x)),
    path="special.",
    core=0,
)
def sici(x: Array, /) -> tuple[Array, Array]:
    """Return the sine integral and the cosine integral."""


_SINHC = [abs(c) for c in _SINC]


def _shichi(xp: XP, x: Any) -> tuple[Any, Any]:
    return over(xp, xp.sinh(x), x, _SINHC), xp.cosh(x) / x


@each_in_single
@rule(
    vjp=lambda xp, g, x: pull_each(xp, g, _shichi(xp, x)),
    jvp=lambda xp, t, x: push_each(t, _shichi(xp, x)),
    path="special.",
    core=0,
)
def shichi(x: Array, /) -> tuple[Array, Array]:
    """Return the hyperbolic sine integral and the hyperbolic cosine integral."""


def _fresnel(xp: XP, z: Any) -> tuple[Any, Any]:
    # of z^2 / 2 what is not whole turns, without the square of an even number
    even = 2 * xp.round(0.5 * held(xp.real(z) if z.dtype in COMPLEX else z))
    rest = z - even
    angle = math.pi * (rest * (even + 0.5 * rest))
    return xp.sin(angle), xp.cos(angle)


@each_in_single
@rule(
    vjp=lambda xp, g, z: pull_each(xp, g, _fresnel(xp, z)),
    jvp=lambda xp, t, z: push_each(t, _fresnel(xp, z)),
    path="special.",
    core=0,
)
def fresnel(z: Array, /) -> tuple[Array, Array]:
    """Return the Fresnel integrals S and C (DLMF 7.2.7 and 7.2.8)."""


# The dilogarithm, and Lambert's function ---------------------------------------------------------

_LOG1P = [(-1) ** k / (k + 1) for k in range(27)]


def _spence(xp: XP, z: Any) -> Any:
    w = z - 1
    near = xp.abs(w) < 0.25
    series = polynomial(xp.where(near, w, 0.0), _LOG1P)
    far = xp.log(xp.where(near, 2.0, z)) / xp.where(near, 1.0, w)
    return -xp.where(near, series, far)


@special(with_ends(lambda xp, z: _spence(xp, z), (math.inf, 0.0), (0.0, lambda xp, z: xp.log(z))))
def spence(z: Array, /) -> Array:
    """Return the dilogarithm of ``1 - z``."""
    return with_limits(backend_of(z).xp.special.spence, z, (math.inf, -math.inf))


@special(lambda xp, out: xp.exp(-out) / (1 + out))
def lambertw(z: Array, /, k: int = 0, tol: float = 1e-8) -> Array:
    """Return the branch `k` of the inverse of ``w * exp(w)``; the result is complex.

    Args:
        z: real or complex numbers.
        k: the branch (DLMF 4.13): 0 is the principal one, which is real from -1/e on; -1 is the
            other one that is real, from -1/e to 0.
        tol: the relative tolerance of the iteration.

    Returns:
        Complex numbers of the shape of `z`. The derivative is infinite at the branch point -1/e.
    """
