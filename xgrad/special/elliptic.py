"""Elliptic integrals and functions, and the mean that they come from (DLMF 19, 22)."""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import elementwise, rule
from ..ops.elementwise import Operand
from ..ops.halves import each_in_single
from ..ops.slopes import finite
from .define import (
    arrays,
    falling,
    held,
    holds_everywhere,
    polynomial,
    pull_each,
    push_each,
    special,
    with_ends,
)
from .quadrature import integral

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


@special(
    with_ends(
        lambda xp, m, out: _ellipk(xp, m, out),
        (-math.inf, 0.0),
        (1.0, lambda xp, m: 1 / (1 - m)),
    )
)
def ellipk(m: Array, /) -> Array:
    """Return the complete elliptic integral of the first kind, of the parameter ``m = k**2``."""


@special(
    with_ends(
        lambda xp, m, out: -0.5 * over_parameter(xp, xp.special.ellipk(m) - out, m, SERIES_D),
        (-math.inf, 0.0),
        (1.0, lambda xp, m: xp.log(1 - m)),
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


# The integrals B = (E - p K) / m, D = (K - E) / m and C = (D - B) / m at m = 1 - p: B + D is K, and
# C is twice the derivative of B in m.
def _complete(xp: XP, p: Any, k: Any) -> tuple[Any, Any, Any, Any]:
    """Return E, B, D and C, given K: with 1 - p rounded to 1, it alone knows p."""
    m = 1 - p
    e = xp.special.ellipe(m)
    b, d = over_parameter(xp, e - p * k, m, SERIES_B), over_parameter(xp, k - e, m, SERIES_D)
    return e, b, d, over_parameter(xp, d - b, m, _SERIES_C)


_SERIES_C = [d - b for d, b in zip(SERIES_D[1:], SERIES_B[1:], strict=True)]


@elementwise(lambda xp, p: -0.5 * _complete(xp, p, xp.special.ellipkm1(p))[3])
def _second_b(p: Array, /) -> Array:
    """Return the integral B at ``m = 1 - p``."""
    xp = backend_of(p).xp
    return _complete(xp, p, xp.special.ellipkm1(p))[1]


@special(with_ends(lambda xp, p: -0.5 * _second_b(p) / p, (0.0, falling), (math.inf, 0.0)))
def ellipkm1(p: Array, /) -> Array:
    """Return the complete elliptic integral of the first kind at ``m = 1 - p``."""


def _mean(xp: XP, a: Any, b: Any) -> Any:
    """Return the mean of raw arrays, also where their sum is infinite."""
    most = 0.25 * finite(xp, a.dtype)[1]
    shrink = xp.where((a > most) | (b > most), 0.25, xp.ones_like(a))
    return xp.special.agm(a * shrink, b * shrink) / shrink


def _mean_parts(xp: XP, a: Any, b: Any) -> tuple[Any, ...]:
    """Return the mean, whether a is the larger, K (DLMF 19.8.5) and the integrals beside it."""
    a, b = arrays(xp, a, b)
    mean, first = _mean(xp, a, b), a >= b
    large, small = xp.where(first, a, b), xp.where(first, b, a)
    k = math.pi / 2 * (large / mean)
    return mean, first, k, *_complete(xp, xp.square(small / large), k)


def _mean_bend(xp: XP, a: Any, b: Any) -> Any:
    """Return minus the second derivative of the mean in a, times its square."""
    mean, _, k, e, _, _, c = _mean_parts(xp, a, b)
    return mean / k * c * (e / k)


def _with_mean_ends(xp: XP, f: Any, a: Any, b: Any, low: float, high: float) -> Any:
    """Return a function of a and b where their quotient is neither 0 nor infinite.

    Where it is, it is `low` for the smaller a and `high` for the larger: those are 0 or infinite.
    """
    a, b = arrays(xp, a, b)
    less = ((a == 0) & (b > 0)) | ((b == math.inf) & (a >= 0) & (a < b))
    more = ((b == 0) & (a >= 0)) | ((a == math.inf) & (b >= 0) & (b < a))
    if holds_everywhere(~(less | more)):
        return f(xp, a, b)
    inside = f(xp, *(xp.where(less | more, 1.0, x) for x in (a, b)))
    return xp.where(less, low, xp.where(more, high, inside))


def _mean_curve(xp: XP, a: Any, b: Any) -> Any:
    return -_mean_bend(xp, a, b) / a / a


def _mean_twist(xp: XP, a: Any, b: Any) -> Any:
    return _mean_bend(xp, a, b) / a / b


def _mean_share(xp: XP, a: Any, b: Any) -> Any:
    mean, first, k, _, in_small, in_large, _ = _mean_parts(xp, a, b)
    return mean * (xp.where(first, in_large, in_small) / k) / a


@elementwise(
    lambda xp, a, b: _with_mean_ends(xp, _mean_curve, a, b, -math.inf, 0.0),
    lambda xp, a, b: _with_mean_ends(xp, _mean_twist, a, b, math.inf, math.inf),
)
def _mean_slope(a: Operand, b: Operand, /) -> Array:
    """Return the derivative of the mean in a: infinite at 0, where it is 0 in the other one."""
    xp = backend_of(b if type(a) in SCALARS else a).xp
    return _with_mean_ends(xp, _mean_share, a, b, math.inf, 0.0)


@special(lambda xp, a, b: _mean_slope(a, b), lambda xp, a, b: _mean_slope(b, a))
def agm(a: Operand, b: Operand, /) -> Array:
    """Return the arithmetic-geometric mean of positive numbers (DLMF 19.8.1).

    Args:
        a: positive numbers.
        b: positive numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, between `a` and `b`.
    """
    xp = backend_of(b if type(a) in SCALARS else a).xp
    return _mean(xp, *arrays(xp, a, b))
