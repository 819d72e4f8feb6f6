"""Exponential, trigonometric and elliptic integrals, and functions defined by series.

Formulas are of DLMF 4.13, 6, 7, 13, 15, 19, 22 and 25.12.
"""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
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
from .quadrature import integral

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


# Elliptic integrals ------------------------------------------------------------------------------

# (E - (1 - m) K) / m and (K - E) / m, which cancel near m = 0, are pi/4 times the hypergeometric
# functions F(1/2, 1/2; 2; m) and F(1/2, 3/2; 2; m) (DLMF 19.5.1 and 19.5.2)
SERIES_B, SERIES_D = [math.pi / 4], [math.pi / 4]
for _k in range(26):
    SERIES_B.append(SERIES_B[-1] * (_k + 0.5) * (_k + 0.5) / ((_k + 1) * (_k + 2)))
    SERIES_D.append(SERIES_D[-1] * (_k + 0.5) * (_k + 1.5) / ((_k + 1) * (_k + 2)))


def over_parameter(xp: XP, difference: Any, m: Any, series: list[float]) -> Any:
    """Return ``difference / m``, by its series where it cancels."""
    near = xp.abs(m) < 0.25
    far = difference / xp.where(near, 1.0, m)
    return xp.where(near, polynomial(xp.where(near, m, 0.0), series), far)


def _ellipk(xp: XP, m: Any, out: Any) -> Any:
    b = over_parameter(xp, xp.special.ellipe(m) - (1 - m) * out, m, SERIES_B)
    return 0.5 * b / (1 - m)


@special(with_ends(lambda xp, m, out: _ellipk(xp, m, out), (-math.inf, 0.0)))
def ellipk(m: Array, /) -> Array:
    """Return the complete elliptic integral of the first kind, of the parameter ``m = k**2``."""


@special(
    with_ends(
        lambda xp, m, out: -0.5 * over_parameter(xp, xp.special.ellipk(m) - out, m, SERIES_D),
        (-math.inf, 0.0),
    )
)
def ellipe(m: Array, /) -> Array:
    """Return the complete elliptic integral of the second kind, of the parameter ``m = k**2``."""


def _delta(xp: XP, phi: Any, m: Any) -> Any:
    phi, m = arrays(xp, phi, m)
    sine = xp.sin(phi)
    return xp.sqrt(1 - m * sine * sine)


def _whole_and_rest(xp: XP, phi: Any) -> tuple[Any, Any]:
    """Return the nearest number of half turns to an angle, and what is left."""
    turns = xp.round(held(phi) / math.pi)
    return turns, phi - math.pi * turns


def _in_m(xp: XP, phi: Any, m: Any, cubed: bool, complete: Any, closed: Any) -> Any:
    """Return the integral of ``sin(t)^2 / delta(t)``, or ``/ delta(t)^3``, from 0 to `phi`.

    By a Gauss rule where the closed form cancels: near ``m sin(phi)^2 = 0``, and up to ``m = 1``
    with ``sin(t) = tanh(u)``, which takes the singularity at a quarter turn to pi / 2 off the axis.

    `complete` gives its value at ``pi / 2`` for an m, `closed` its closed form for a phi and an m.
    """
    turns, rest = _whole_and_rest(xp, phi)
    flat = xp.abs(held(m)) * xp.square(xp.sin(held(phi))) < 0.25
    bent = ~flat & (held(m) > 0) & (xp.abs(held(rest)) < 1.53)
    near = flat | bent
    angle, m1 = xp.where(flat, rest, 0.0), xp.where(near, m, 0.0)
    u = xp.asinh(xp.tan(xp.where(bent, rest, 0.0)))

    def integrand(node: Any) -> Any:
        sine = xp.where(bent, xp.tanh(u * node), xp.sin(angle * node))
        step = xp.where(bent, u / xp.cosh(u * node), angle)
        delta = xp.sqrt(1 - m1 * sine * sine)
        return step * sine * sine / (delta * delta * delta if cubed else delta)

    total = integral(xp, 24, u, integrand)
    turned = turns != 0
    whole = xp.where(turned, 2 * turns * complete(xp.where(turned, m, 0.5)), 0.0)
    far = closed(xp.where(near, 1.0, phi), xp.where(near, 0.5, m))
    return xp.where(near, total + whole, far)


def _ellipkinc(xp: XP, phi: Any, m: Any) -> Any:
    phi, m = arrays(xp, phi, m)

    def closed(phi: Any, m: Any) -> Any:  # DLMF 19.4.5
        e, f = xp.special.ellipeinc(phi, m), xp.special.ellipkinc(phi, m)
        return ((e - xp.sin(2 * phi) * m / (2 * _delta(xp, phi, m))) / (1 - m) - f) / m

    def complete(m: Any) -> Any:
        return 2 * _ellipk(xp, m, xp.special.ellipk(m))

    return 0.5 * _in_m(xp, phi, m, True, complete, closed)


def _ellipeinc(xp: XP, phi: Any, m: Any) -> Any:
    phi, m = arrays(xp, phi, m)

    def closed(phi: Any, m: Any) -> Any:  # DLMF 19.4.6
        return (xp.special.ellipkinc(phi, m) - xp.special.ellipeinc(phi, m)) / m

    def complete(m: Any) -> Any:
        return over_parameter(xp, xp.special.ellipk(m) - xp.special.ellipe(m), m, SERIES_D)

    return -0.5 * _in_m(xp, phi, m, False, complete, closed)


@special(
    lambda xp, phi, m: 1 / _delta(xp, phi, m),
    lambda xp, phi, m: _ellipkinc(xp, phi, m),
)
def ellipkinc(phi: Operand, m: Operand, /) -> Array:
    """Return the incomplete elliptic integral of the first kind, of amplitude and parameter.

    Args:
        phi: amplitudes, in radians.
        m: parameters, up to 1, the squares of the modulus: ``m = k**2``; shapes are broadcast.

    Returns:
        The integral of ``1 / sqrt(1 - m * sin(t)**2)`` from 0 to phi (DLMF 19.2.4), of the
        broadcast shape, with derivatives in both.
    """


@special(
    lambda xp, phi, m: _delta(xp, phi, m),
    lambda xp, phi, m: _ellipeinc(xp, phi, m),
)
def ellipeinc(phi: Operand, m: Operand, /) -> Array:
    """Return the incomplete elliptic integral of the second kind, of amplitude and parameter.

    Args:
        phi: amplitudes, in radians.
        m: parameters, up to 1, the squares of the modulus: ``m = k**2``; shapes are broadcast.

    Returns:
        The integral of ``sqrt(1 - m * sin(t)**2)`` from 0 to phi (DLMF 19.2.5), of the broadcast
        shape, with derivatives in both.
    """


def _ellipj(m: Any, out: Any) -> tuple[Any, Any, Any, Any]:
    sn, cn, dn, _ = out
    return cn * dn, -sn * dn, -m * sn * cn, dn


@rule(
    vjp=lambda xp, g, u, m, out: (pull_each(xp, g, _ellipj(m, out)), None),
    jvp=lambda xp, t, u, m, out: push_each(t[0], _ellipj(m, out)),
    path="special.",
    core=0,
)
def _ellipj_of_u(u: Operand, m: Operand, /) -> tuple[Array, Array, Array, Array]:
    """Return the Jacobi elliptic functions."""
    xp = backend_of(m if type(u) in SCALARS else u).xp
    return xp.special.ellipj(*arrays(xp, u, m))


@special(
    lambda xp, m, out: _delta(xp, out, m),
    lambda xp, m, out: -_delta(xp, out, m) * _ellipkinc(xp, out, m),
)
def _amplitude(u: Operand, m: Operand, /) -> Array:
    """Return the angle of which u is the elliptic integral of the first kind."""
    xp = backend_of(m if type(u) in SCALARS else u).xp
    return xp.special.ellipj(*arrays(xp, u, m))[3]


@as_given
@each_in_single
def ellipj(u: Operand, m: Operand, /) -> tuple[Array, Array, Array, Array]:
    """Return the Jacobi elliptic functions sn, cn and dn, and the amplitude (DLMF 22.13).

    Args:
        u: real arguments.
        m: parameters from 0 to 1, the squares of the modulus; shapes are broadcast.

    Returns:
        Four arrays of the broadcast shape: sn, cn, dn and the amplitude ph.
    """
    if not getattr(m, "is_tracked", False):
        return _ellipj_of_u(u, m)
    ph = _amplitude(u, m)
    sn, cn = xgrad.sin(ph), xgrad.cos(ph)
    return sn, cn, xgrad.sqrt(cn * cn + (1.0 - m) * sn * sn), ph


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
