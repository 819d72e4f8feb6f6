"""Bessel functions, with derivatives in the argument (DLMF 10.6 and 10.29).

There is one in the order of `kv` and `kve`; any other tracked order is an error.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import rule
from ..ops.elementwise import Operand, is_complex
from ..ops.halves import each_in_single
from ..ops.slopes import within
from .define import (
    arrays,
    falling,
    held,
    over,
    polynomial,
    refuse_tracked,
    special,
    with_ends,
    with_limits,
)

# the power series of J1(x) / x and I1(x) / x in x^2 (DLMF 10.2.2 and 10.25.2)
_I1_OVER_X = [0.5 / (4.0**k * math.factorial(k) * math.factorial(k + 1)) for k in range(12)]
_J1_OVER_X = [(-1) ** k * c for k, c in enumerate(_I1_OVER_X)]


def _hankel(v: int) -> list[float]:
    """Return the coefficients of Hankel's series of order `v` in ``1 / x`` (DLMF 10.17.1)."""
    found = [1.0]
    for k in range(1, 40):
        found.append(found[-1] * (4 * v * v - (2 * k - 1) ** 2) / (8 * k))
    return found


_FAR = 20.0
"""From here on the series has all digits, and differences of scaled functions lose theirs."""
_K_SLOPES = [[-(k + 0.5) * c for k, c in enumerate(_hankel(v))] for v in (0, 1)]
_I_SLOPES = [[(-1) ** k * c for k, c in enumerate(row)] for row in _K_SLOPES]


def _scaled(xp: XP, x: Any, near: Any, series: list[float], factor: Any) -> Any:
    """Return the derivative of a scaled function, by its series far out (DLMF 10.40)."""
    far = xp.abs(held(x)) > _FAR
    r = 1 / xp.where(far, xp.abs(x), _FAR)
    return xp.where(far, factor * (r * xp.sqrt(r)) * polynomial(r, series), near)


_OF_I, _OF_K = 1 / math.sqrt(2 * math.pi), math.sqrt(0.5 * math.pi)


def _i0e(xp: XP, x: Any, out: Any) -> Any:
    near = xp.special.i1e(x) - xp.sign(x) * out
    return _scaled(xp, x, near, _I_SLOPES[0], _OF_I * xp.sign(x))


def _i1e(xp: XP, x: Any, out: Any) -> Any:
    over_x = over(xp, out, x, _I1_OVER_X, scale=xp.exp(-xp.abs(x)))
    near = xp.special.i0e(x) - xp.sign(x) * out - over_x
    return _scaled(xp, x, near, _I_SLOPES[1], _OF_I)


@special(lambda xp, x: -j1(x))
def j0(x: Array, /) -> Array:
    """Return the Bessel function of the first kind of order 0."""
    return with_limits(backend_of(x).xp.special.j0, x, (math.inf, 0.0), (-math.inf, 0.0))


@special(
    with_ends(
        lambda xp, x, out: j0(x) - over(xp, out, x, _J1_OVER_X),
        (math.inf, 0.0),
        (-math.inf, 0.0),
    )
)
def j1(x: Array, /) -> Array:
    """Return the Bessel function of the first kind of order 1."""
    return with_limits(backend_of(x).xp.special.j1, x, (math.inf, 0.0), (-math.inf, 0.0))


@special(None, lambda xp, v, z: 0.5 * (xp.special.jv(v - 1, z) - xp.special.jv(v + 1, z)))
def jv(v: Operand, z: Operand, /) -> Array:
    """Return the Bessel function of the first kind of order `v` (DLMF 10.2.2).

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast. A negative real one needs a whole `v`.

    Returns:
        An array of the broadcast shape. The derivative is DLMF 10.6.1.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.

    >>> import numpy as np, xgrad as xg
    >>> round(float(xg.special.jv(0, np.asarray(2.404825557695773))), 12) + 0.0  # its first zero
    0.0
    """


@special(lambda xp, x: -y1(x))
def y0(x: Array, /) -> Array:
    """Return the Bessel function of the second kind of order 0."""
    return with_limits(backend_of(x).xp.special.y0, x, (math.inf, 0.0))


@special(with_ends(lambda xp, x, out: y0(x) - out / x, (0.0, lambda xp, x: 1 / x)))
def y1(x: Array, /) -> Array:
    """Return the Bessel function of the second kind of order 1."""
    return with_limits(backend_of(x).xp.special.y1, x, (math.inf, 0.0))


@special(None, lambda xp, v, z: 0.5 * (xp.special.yv(v - 1, z) - xp.special.yv(v + 1, z)))
def yv(v: Operand, z: Operand, /) -> Array:
    """Return the Bessel function of the second kind of order `v` (DLMF 10.2.3).

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast. It is -inf at 0, NaN for negative real
            ones.

    Returns:
        An array of the broadcast shape. The derivative is DLMF 10.6.1.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """


@special(lambda xp, x: i1(x))
def i0(x: Array, /) -> Array:
    """Return the modified Bessel function of the first kind of order 0."""
    return with_limits(backend_of(x).xp.special.i0, x, (math.inf, math.inf), (-math.inf, math.inf))


@special(lambda xp, x, out: i0(x) - over(xp, within(xp, out), x, _I1_OVER_X))
def i1(x: Array, /) -> Array:
    """Return the modified Bessel function of the first kind of order 1."""
    return with_limits(backend_of(x).xp.special.i1, x, (math.inf, math.inf), (-math.inf, -math.inf))


@special(None, lambda xp, v, z: 0.5 * xp.special.iv(v - 1, z) + 0.5 * xp.special.iv(v + 1, z))
def iv(v: Operand, z: Operand, /) -> Array:
    """Return the modified Bessel function of the first kind of order `v` (DLMF 10.25.2).

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast. A negative real one needs a whole `v`.

    Returns:
        An array of the broadcast shape. It grows as ``exp(abs(z))``; `ive` is scaled. The
        derivative is DLMF 10.29.1.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """


@special(lambda xp, x, out: _i0e(xp, x, out))
def i0e(x: Array, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(-abs(x)) * i0(x)``."""


@special(lambda xp, x, out: _i1e(xp, x, out))
def i1e(x: Array, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(-abs(x)) * i1(x)``."""


def _ive_slope(xp: XP, v: Any, z: Any) -> Any:
    """Return the derivative of ``iv``, scaled as ``ive`` is."""
    return 0.5 * (xp.special.ive(v - 1, z) + xp.special.ive(v + 1, z))


@special(None, lambda xp, v, z, out: _ive_slope(xp, v, z) - xp.sign(z) * out)
def _ive(v: Operand, z: Operand, /) -> Array:
    """Return ``exp(-abs(z)) * iv(v, z)`` of real z."""


def _ive_pull(xp: XP, g: Any, v: Any, z: Any, out: Any) -> Any:
    scale = xp.sign(xp.real(z)) * xp.real(xp.conj(g) * out)
    return None, g * xp.conj(_ive_slope(xp, v, z)) - scale


def _ive_push(xp: XP, t: Any, v: Any, z: Any, out: Any) -> Any:
    return t[1] * _ive_slope(xp, v, z) - xp.sign(xp.real(z)) * xp.real(t[1]) * out


# the scale is that of the real part, so that it is no holomorphic function of complex z
@rule(
    vjp=lambda xp, g, v, z, out: _ive_pull(xp, g, v, z, out),
    jvp=lambda xp, t, v, z, out: _ive_push(xp, t, v, z, out),
    core=0,
)
def _ive_complex(v: Operand, z: Operand, /) -> Array:
    """Return ``exp(-abs(real(z))) * iv(v, z)`` of complex z."""
    return backend_of(z).xp.special.ive(v, z)


@as_given
@each_in_single
def ive(v: Operand, z: Operand, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(-abs(real(z))) * iv(v, z)``.

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast.

    Returns:
        An array of the broadcast shape.

    Raises:
        NotDifferentiableError: if `v` is tracked: there is no derivative in it.
    """
    refuse_tracked("ive", "v", v)
    return _ive_complex(v, z) if is_complex(z) else _ive(v, z)


@special(lambda xp, x: -xp.special.k1(x))
def k0(x: Array, /) -> Array:
    """Return the modified Bessel function of the second kind of order 0."""


@special(lambda xp, x, out: -xp.special.k0(x) - out / x)
def k1(x: Array, /) -> Array:
    """Return the modified Bessel function of the second kind of order 1."""


_STEPS = 96


def _kve_in_order(xp: XP, v: Any, z: Any) -> Any:
    """Return the derivative of `kve` in its order, by the integral of DLMF 10.32.9.

    The trapezoidal rule is exact to rounding, as the integrand falls doubly exponentially.
    """
    v, z = arrays(xp, v, z)
    fall, grow = held(xp.real(z) if is_complex(z) else z), xp.abs(held(v))
    end = xp.acosh(1 + 45 / fall)
    for _ in range(3):  # to where the integrand is below rounding
        end = xp.acosh(1 + (45 + grow * end) / fall)
    step, total = end / _STEPS, 0.0
    for k in range(1, _STEPS):
        t = k * step
        half = xp.sinh(0.5 * t)
        lost = 2 * z * half * half
        total = total + t * (xp.exp(v * t - lost) - xp.exp(-v * t - lost))
    return 0.5 * step * total


@special(
    lambda xp, v, z: xp.exp(-z) * _kve_in_order(xp, v, z),
    lambda xp, v, z: -0.5 * (xp.special.kv(v - 1, z) + xp.special.kv(v + 1, z)),
)
def kv(v: Operand, z: Operand, /) -> Array:
    """Return the modified Bessel function of the second kind of order `v` (DLMF 10.27.4).

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast. It is infinite at 0, NaN for negative
            real ones.

    Returns:
        An array of the broadcast shape. It decays as ``exp(-z)``; `kve` is scaled. The derivative
        in `z` is DLMF 10.29.1, that in `v` an integral, for `z` with a real part above zero.

    >>> import xgrad as xg
    >>> round(float(xg.grad(xg.special.kv)(1.5, 2.0)), 6)
    0.107563
    """


@special(
    with_ends(
        lambda xp, x, out: _scaled(xp, x, out - xp.special.k1e(x), _K_SLOPES[0], _OF_K),
        (0.0, falling),
    )
)
def k0e(x: Array, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(x) * k0(x)``."""


@special(
    with_ends(
        lambda xp, x, out: _scaled(xp, x, out - xp.special.k0e(x) - out / x, _K_SLOPES[1], _OF_K),
        (0.0, falling),
    )
)
def k1e(x: Array, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(x) * k1(x)``."""


@special(
    lambda xp, v, z: _kve_in_order(xp, v, z),
    lambda xp, v, z, out: out - 0.5 * (xp.special.kve(v - 1, z) + xp.special.kve(v + 1, z)),
)
def kve(v: Operand, z: Operand, /) -> Array:
    """Return the scaled modified Bessel function, ``exp(z) * kv(v, z)``.

    Args:
        v: real orders.
        z: real or complex arguments; shapes are broadcast.

    Returns:
        An array of the broadcast shape, with derivatives in both; see `kv`.
    """
