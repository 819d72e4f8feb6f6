"""Elementary functions in forms that keep their accuracy, and transformations to normality."""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import elementwise
from ..ops.elementwise import Operand, power_derivative, power_in_exponent, power_less_one
from ..ops.halves import each_in_single
from ..ops.slopes import within
from .define import arrays, floats, held, holds_everywhere, polynomial, special

_DEGREE = math.pi / 180


@special(lambda xp, out: math.log(10) * out)
def exp10(x: Array, /) -> Array:
    """Return 10 raised to each element."""


# Of the power, not of the result plus 1: that has lost what is small.


def _power_in_base(xp: XP, x: Any, y: Any) -> Any:
    x, y = arrays(xp, x, y)
    return power_derivative(x, y, order=1)


def _power_in_exponent(xp: XP, x: Any, y: Any) -> Any:
    x, y = arrays(xp, x, y)
    return power_in_exponent(xp, x, xp.pow(x, y))


@special(
    lambda xp, x, y: _power_in_base(xp, x, y),
    lambda xp, x, y: _power_in_exponent(xp, x, y),
)
def powm1(x: Operand, y: Operand, /) -> Array:
    """Return ``x**y - 1``, for positive x.

    Args:
        x: positive numbers.
        y: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, accurate where they are small.
    """


@special(lambda xp, x: -xp.sin(x))
def cosm1(x: Array, /) -> Array:
    """Return ``cos(x) - 1``."""
    sine = backend_of(x).xp.sin(0.5 * x)
    return -2 * sine * sine  # SciPy's own has no digit where the cosine comes near 1 again


@special(lambda xp, x: _DEGREE * xp.special.cosdg(x))
def sindg(x: Array, /) -> Array:
    """Return the sine of an angle in degrees."""


@special(lambda xp, x: -_DEGREE * xp.special.sindg(x))
def cosdg(x: Array, /) -> Array:
    """Return the cosine of an angle in degrees."""


@special(lambda xp, x: _DEGREE / xp.square(xp.special.cosdg(x)))
def tandg(x: Array, /) -> Array:
    """Return the tangent of an angle in degrees."""


def _cotangent(xp: XP, x: Any) -> Any:
    return xp.special.cosdg(x) / xp.special.sindg(x)  # SciPy's own ends early


@elementwise(lambda xp, x, out: -2 * (_DEGREE * _cotangent(xp, x)) * out)
def _cotdg_slope(x: Array, /) -> Array:
    """Return the derivative of the cotangent of degrees."""
    sine = backend_of(x).xp.special.sindg(x)
    return -_DEGREE / sine / sine


@special(lambda xp, x: _cotdg_slope(x))
def cotdg(x: Array, /) -> Array:
    """Return the cotangent of an angle in degrees; infinity at its poles."""
    xp = backend_of(x).xp
    pole = xp.special.sindg(x) == 0  # a zero of either sign, and what lies too far out
    return xp.where(pole, xp.special.cotdg(x), _cotangent(xp, xp.where(pole, 45, x)))


@elementwise(lambda xp, u, order: _moment(u, order=order + 1))
def _moment(u: Array, /, *, order: int) -> Array:
    """Return the integral of ``t^order exp(u t)`` over [0, 1], a derivative of ``expm1(u) / u``.

    Near 0 it is a series of positive terms, for negative u that of ``exp(-u)`` times it; far out
    each is ``(exp(u) - order * the one before) / u``.
    """
    xp, n = backend_of(u).xp, order
    near = (u > -_NEAR) & (u < _NEAR)
    v = xp.where(near, xp.abs(u), 0.0)
    above = [1 / math.factorial(k) / (k + n + 1) for k in range(_NEAR_TERMS)]
    below = [math.factorial(n) / math.factorial(k + n + 1) for k in range(_NEAR_TERMS)]
    falls = u < 0
    series = xp.where(falls, polynomial(v, below) * xp.exp(-v), polynomial(v, above))
    far = xp.where(near, _NEAR, within(xp, u))
    half = xp.exp(0.5 * far)  # finite where the power over u is
    large = xp.expm1(xp.minimum(far, _TOP)) / far
    share: Any = 1 / far  # of the exponential, where the 1 is nothing
    for k in range(1, n + 1):
        large = (half * half - k * large) / far
        share = (1 - k * share) / far
    large = xp.where(far < _TOP, large, half * share * half)
    return xp.where(near, series, large)


_NEAR, _NEAR_TERMS = 3.0, 26
_TOP = 40.0


@special(lambda xp, x: _moment(x, order=1))
def exprel(x: Array, /) -> Array:
    """Return ``(exp(x) - 1) / x``, and 1 at 0."""
    backend = backend_of(x)
    xp, above = backend.xp, x > 40.0  # where the 1 is nothing
    root = backend.quietly(xp.exp, xp.where(above, 0.5 * x, 1.0))
    plain = xp.special.exprel(xp.where(above, xp.ones_like(x), x))
    over = root / xp.where(above, within(xp, x), xp.ones_like(x))
    return xp.where(above, over * root, plain)


def _of_power(xp: XP, log: Any, lmbda: Any) -> Any:
    """Return the derivative of ``expm1(lmbda * log) / lmbda`` in lmbda."""
    end = xp.isinf(log) & (lmbda * log < 0)  # where the power is 0
    if holds_everywhere(~end):
        return log * log * _moment(lmbda * log, order=1)
    inner, scale = xp.where(end, 1.0, log), 1 / xp.where(end, lmbda, 1.0)
    return xp.where(end, scale * scale, inner * inner * _moment(lmbda * inner, order=1))


def _power_less_one(xp: XP, x: Any, lmbda: Any) -> Any:
    x, lmbda = arrays(xp, x, lmbda)
    return power_less_one(xp, x, lmbda)


def _one_more_less_one(xp: XP, x: Any, lmbda: Any) -> Any:
    """Return ``(1 + x) ** (lmbda - 1)``, with what rounding took from the base."""
    x, lmbda = arrays(xp, x, lmbda)
    base = 1 + x
    back = base - x
    lost = held((x - (base - back)) + (1 - back)) / xp.where(base == 0, 1.0, base)
    lost = xp.where(xp.isfinite(lost), lost, 0.0)
    return power_less_one(xp, base, lmbda) * (1 + (lmbda - 1) * lost)


def _boxcox_lmbda(xp: XP, x: Any, lmbda: Any) -> Any:
    x, lmbda = arrays(xp, x, lmbda)
    return _of_power(xp, xp.log(x), lmbda)


def _boxcox1p_lmbda(xp: XP, x: Any, lmbda: Any) -> Any:
    x, lmbda = arrays(xp, x, lmbda)
    return _of_power(xp, xp.log1p(x), lmbda)


@special(
    lambda xp, x, lmbda: _power_less_one(xp, x, lmbda),
    lambda xp, x, lmbda: _boxcox_lmbda(xp, x, lmbda),
)
def boxcox(x: Operand, lmbda: Operand, /) -> Array:
    """Return ``(x**lmbda - 1) / lmbda``, and ``log(x)`` where lmbda is 0.

    Args:
        x: positive numbers.
        lmbda: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape. Both derivatives are smooth in lmbda at 0.
    """


@special(
    lambda xp, x, lmbda: _one_more_less_one(xp, x, lmbda),
    lambda xp, x, lmbda: _boxcox1p_lmbda(xp, x, lmbda),
)
def boxcox1p(x: Operand, lmbda: Operand, /) -> Array:
    """Return ``((1 + x)**lmbda - 1) / lmbda``, and ``log1p(x)`` where lmbda is 0.

    Args:
        x: numbers above -1.
        lmbda: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, accurate where `x` is small.
    """


def _bend(xp: XP, v: Any) -> Any:
    """Return ``(v / (1 + v) - log1p(v)) / v**2``."""
    near = xp.abs(v) < 0.125
    small = xp.where(near, v, 0.0)
    series = polynomial(small, [(-1) ** (k + 1) * (1 - 1 / (k + 2)) for k in range(18)])
    large = xp.where(near, 1.0, v)
    closed = (large / (1 + large) - xp.log1p(large)) / (large * large)
    return xp.where(near, series, closed)


def _inverse_lmbda(xp: XP, y: Any, lmbda: Any, power: Any) -> Any:
    y, lmbda = arrays(xp, y, lmbda)
    return power * y * y * _bend(xp, lmbda * y)


def _inverse_in_lmbda(xp: XP, y: Any, lmbda: Any, order: int) -> Any:
    """Return the derivative in lmbda of each factor of `_inverse_slope`."""
    y, lmbda = arrays(xp, y, lmbda)
    less, over = 1.0, 0.0
    for k in range(order):
        over = over * (1 - k * lmbda) - k * less
        less = less * (1 - k * lmbda)
    base = 1 + lmbda * y
    power = xp.special.inv_boxcox(y, lmbda) / base**order
    total = over - less * order * y / base + less * y * y * _bend(xp, lmbda * y)
    return total * power


@elementwise(
    lambda xp, y, lmbda, order: _inverse_slope(y, lmbda, order=order + 1),
    lambda xp, y, lmbda, order: _inverse_in_lmbda(xp, y, lmbda, order),
)
def _inverse_slope(y: Operand, lmbda: Operand, /, *, order: int) -> Array:
    """Return a derivative in y of the inverse: a power with its factors, 0 where one is."""
    xp = backend_of(lmbda if type(y) in SCALARS else y).xp
    y, lmbda = arrays(xp, y, lmbda)
    base = 1 + lmbda * y
    out = xp.special.inv_boxcox(y, lmbda) / base
    for k in range(1, order):
        out = out * ((1 - k * lmbda) / base)
    return out


@special(
    lambda xp, y, lmbda: _inverse_slope(y, lmbda, order=1),
    lambda xp, y, lmbda, out: _inverse_lmbda(xp, y, lmbda, out),
)
def inv_boxcox(y: Operand, lmbda: Operand, /) -> Array:
    """Return the x at which ``boxcox(x, lmbda) == y``.

    Args:
        y: transformed numbers, with ``1 + lmbda * y`` not negative.
        lmbda: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape: ``(1 + lmbda * y)**(1 / lmbda)``, ``exp(y)`` where
        lmbda is 0.
    """


def _inverse1p(xp: XP, y: Any, lmbda: Any) -> Any:
    """Return ``(1 + lmbda * y)**(1 / lmbda) - 1``, also where ``lmbda * y`` is tiny."""
    t = lmbda * y
    tiny = xp.abs(t) < 1e-20
    share = xp.where(tiny, 1.0, xp.log1p(t) / xp.where(tiny, 1.0, t))
    return xp.expm1(y * share)


@special(
    lambda xp, y, lmbda: _inverse_slope(y, lmbda, order=1),
    lambda xp, y, lmbda, out: _inverse_lmbda(xp, y, lmbda, 1 + out),
)
def inv_boxcox1p(y: Operand, lmbda: Operand, /) -> Array:
    """Return the x at which ``boxcox1p(x, lmbda) == y``.

    Args:
        y: transformed numbers, with ``1 + lmbda * y`` not negative.
        lmbda: real numbers; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, accurate where they are small.
    """
    backend = backend_of(lmbda if type(y) in SCALARS else y)
    return backend.quietly(
        _inverse1p, backend.xp, *floats(backend.xp, *arrays(backend.xp, y, lmbda))
    )


@elementwise(lambda xp, w: 1 / xp.square(1 + w))
def _over_one_more(w: Array, /) -> Array:
    """Return ``w / (1 + w)``, whose derivative is no difference."""
    return 1 / (1 + 1 / w)  # of infinity 1


@special(lambda xp, out: _over_one_more(out))
def wrightomega(z: Array, /) -> Array:
    """Return the solution of ``w + log(w) = z``."""


@as_given
@each_in_single
def multigammaln(a: Array, d: int, /) -> Array:
    """Return the logarithm of the multivariate gamma function of dimension `d` (DLMF 35.3.4).

    Args:
        a: real numbers above ``(d - 1) / 2``.
        d: the dimension, a positive int.

    Returns:
        Real numbers of the shape of `a`.
    """
    if isinstance(d, Array):
        d = int(d)
    total = xgrad.special.gammaln(a)
    for j in range(1, d):
        total = total + xgrad.special.gammaln(a - j / 2)
    return total + d * (d - 1) / 4 * math.log(math.pi)
