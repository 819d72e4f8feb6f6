"""Derivatives that are functions of their own, formed from the argument.

What is formed from the rounded result has lost what the argument still knows: ``1 - tanh(x)**2`` is
0 from 20 on, where it should be 4e-18. And the derivative of such a formula, by the rules of its
parts, is a difference of large terms: that of ``1 / sqrt(1 - x**2)`` has no right digit at 1e-16.
So each slope here is one op, with the next derivative stated in the order of multiplication that
neither overflows nor vanishes on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..backends import COMPLEX, REAL, XP, Raw, backend_of, under
from ..engine.calls.results import FLOAT64
from ..engine.op import elementwise
from .pieces import in_pieces

_LN2 = math.log(2)


def _namespace(x1: Any, x2: Any) -> Any:
    return backend_of(x2 if type(x1) in SCALARS else x1).xp


@cache
def finite(xp: XP, dtype: Any) -> tuple[float, float]:
    """Return the most negative and the largest finite number of a dtype."""
    limits = xp.finfo(dtype)
    return float(limits.min), float(limits.max)


@cache
def normal(xp: XP, dtype: Any) -> tuple[float, float]:
    """Return the least and the largest positive number of a dtype that has all digits."""
    limits = xp.finfo(dtype)
    return float(limits.smallest_normal), float(limits.max)


def within(xp: XP, x: Any) -> Any:
    """Return real numbers with the largest one for infinity, of which a 0 makes 0 and not NaN."""
    if type(x) in SCALARS or x.dtype not in REAL:
        return x
    return xp.clip(x, *finite(xp, x.dtype))


def all_known(condition: Raw) -> bool:
    """Whether raw truth values are known to be all true: those on a device, or recorded, are not.

    Where they are a rule takes a shorter way; one that gives the same bits, so that no element
    depends on the others.
    """
    if type(condition) is np.bool_:  # of one number
        return bool(condition)
    raw = under(condition)
    backend = backend_of(raw)
    return backend.on_host(raw) and bool(backend.xp.all(raw))


# Exponentials ------------------------------------------------------------------------------------


@elementwise(lambda xp, x, out: -(xp.tanh(0.5 * x) * out))
def sigmoid_slope(x: Array, /) -> Array:
    """Return ``sigmoid(x) * sigmoid(-x)``."""
    backend = backend_of(x)
    return backend.quietly(in_pieces, _bell, x)


def _bell(x: Any) -> Any:
    """Return ``1 / (2 + 2 * cosh(x))``."""
    more = _cosh(x)
    more += 1.0
    return 0.5 / more  # where that is infinite it is 0, as it should


def _cosh(x: Any) -> Any:
    """Return the hyperbolic cosine of raw real numbers, in single precision by exponentials.

    Of these alone every processor has several at once there.
    """
    xp = backend_of(x).xp
    if x.dtype is FLOAT64 or x.dtype == xp.float64:  # of those that were sent there are others
        return xp.cosh(x)
    e = xp.exp(x)
    less = 0.5 / e
    e *= 0.5
    e += less
    return e


@elementwise(lambda xp, x, out: (2 * x - 1) * out * out)
def logit_slope(x: Array, /) -> Array:
    """Return ``1 / (x * (1 - x))``."""
    return 1 / (x * (1 - x))


@elementwise(lambda xp, x, out, scale: 2 * scale * (within(xp, x) * out))
def gaussian(x: Array, /, *, scale: float) -> Array:
    """Return ``exp(scale * x**2)``, without the error of a rounded square: many ulp far out.

    With m the next multiple of 1/128, whose square is exact, it is m^2 + (x - m) (x + m).
    """
    backend = backend_of(x)
    if x.dtype in COMPLEX:
        return backend.xp.exp(scale * x * x)
    return backend.quietly(in_pieces, partial(_gaussian, scale=scale), x)


def _gaussian(x: Any, scale: float) -> Any:
    xp = backend_of(x).xp
    exponent = x * x
    exponent *= scale
    near = xp.abs(exponent) < 16.0  # then the rounded square makes 4 ulp at most
    if all_known(near):
        return xp.exp(exponent)
    x = xp.minimum(xp.abs(x), 64.0)  # beyond, it is 0 or infinite
    m = xp.where(near, 0.0, xp.round(x * 128) / 128)
    return xp.exp(scale * m * m) * xp.exp(scale * ((x - m) * (x + m)))


@elementwise(lambda xp, x, out: -2 * (xp.tanh(x) * out))
def tanh_slope(x: Array, /) -> Array:
    """Return the square of the hyperbolic secant."""
    backend = backend_of(x)
    if x.dtype in COMPLEX:
        return backend.quietly(_sech2_complex, backend.xp, x)
    return backend.quietly(in_pieces, _sech2, x)


def _sech2(x: Any) -> Any:
    sech = 1.0 / _cosh(x)
    return sech * sech  # of 2 x it would be infinite before this is 0


def _sech2_complex(xp: XP, x: Any) -> Any:
    t = xp.exp(xp.where(xp.real(x) < 0, 2 * x, -2 * x))  # cosh would be infinite times a phase
    return 4 * t / xp.square(1 + t)


@elementwise(
    lambda xp, x1, x2: share(x1, x2) * share(x2, x1),
    lambda xp, x1, x2: -(share(x1, x2) * share(x2, x1)),
)
def share(x1: Raw, x2: Raw, /) -> Array:
    """Return ``exp(x1) / (exp(x1) + exp(x2))``: one half each at a tie, 0 of -inf."""
    backend = backend_of(x2 if type(x1) in SCALARS else x1)
    return backend.quietly(_share, backend.xp, backend.xp.exp, 1.0, x1, x2)


@elementwise(
    lambda xp, x1, x2: _LN2 * (share2(x1, x2) * share2(x2, x1)),
    lambda xp, x1, x2: -_LN2 * (share2(x1, x2) * share2(x2, x1)),
)
def share2(x1: Raw, x2: Raw, /) -> Array:
    """Return the share of powers of two, ``2**x1 / (2**x1 + 2**x2)``."""
    backend = backend_of(x2 if type(x1) in SCALARS else x1)
    return backend.quietly(_share, backend.xp, power_of_two, _LN2, x1, x2)


def power_of_two(x: Raw) -> Raw:
    """Return 2 raised to raw elements, by the library's own function if it has one."""
    known = hasattr(backend_of(under(x)).xp, "exp2")
    return backend_of(x).xp.exp2(x) if known else 2.0**x


def _share(xp: XP, power: Any, log: float, x1: Any, x2: Any) -> Any:
    gap = x2 - x1
    near = xp.abs(gap) < 8.0  # then its rounding makes 4 ulp at most
    if all_known(near):
        raised = power(gap)
        raised += 1.0
        return 1.0 / raised
    back = gap - x2  # what rounding took from the gap, a hundred ulp of its exponential, in lost
    lost = (x2 - (gap - back)) - (x1 + back)
    some = (xp.abs(gap) < 2000.0) & ~near  # beyond, the power is 0 or infinite
    raised = power(gap) * (1 + xp.where(some, log * lost, 0.0))
    tie = 0.5 * xp.astype(0.5 * x1 + 0.5 * x2 != -math.inf, gap.dtype)
    return xp.where(x1 == x2, tie, 1 / (raised + 1))


# Inverse functions -------------------------------------------------------------------------------


@elementwise(lambda xp, x, out: x * out * out * out)
def asin_slope(x: Array, /) -> Array:
    """Return ``1 / sqrt(1 - x**2)``, without cancellation near 1, and on the function's branch."""
    xp = backend_of(x).xp
    rest = -(x - 1) if x.dtype in COMPLEX else 1 - x  # of 1 it is to be 0, and not -0
    return 1 / xp.multiply(xp.sqrt(rest), xp.sqrt(x + 1))


@elementwise(lambda xp, x, out: -(within(xp, x) * out) * out * out)
def acosh_slope(x: Array, /) -> Array:
    """Return ``1 / sqrt(x**2 - 1)``, without cancellation near 1, and on the function's branch."""
    xp = backend_of(x).xp
    return 1 / xp.multiply(xp.sqrt(x - 1), xp.sqrt(x + 1))


@elementwise(lambda xp, x, out: -2 * (within(xp, x) * out) * out)
def atan_slope(x: Array, /) -> Array:
    """Return ``1 / (1 + x**2)``."""
    backend = backend_of(x)
    return backend.quietly(_over_one_and_square, x)


def _over_one_and_square(x: Any) -> Any:
    return 1 / (1 + x * x)  # where the square is infinite it is 0, as it should


@elementwise(lambda xp, x, out: -(within(xp, x) * out) * out * out)
def asinh_slope(x: Array, /) -> Array:
    """Return ``1 / sqrt(x**2 + 1)``, where the square may be infinite, and on the branch."""
    xp = backend_of(x).xp
    if x.dtype in COMPLEX:
        return 1 / xp.multiply(xp.sqrt(1 - 1j * x), xp.sqrt(1 + 1j * x))
    backend = backend_of(x)
    return backend.quietly(in_pieces, _over_one_and_size, x)


def _over_one_and_size(x: Any) -> Any:
    xp = backend_of(x).xp
    square = x * x
    square += 1.0
    out, plain = 1.0 / xp.sqrt(square), square < math.inf
    return out if all_known(plain) else xp.where(plain, out, 1.0 / xp.where(plain, 1.0, xp.abs(x)))


@elementwise(lambda xp, x, out: 2 * (x * out) * out)
def atanh_slope(x: Array, /) -> Array:
    """Return ``1 / (1 - x**2)``."""
    return 1 / ((1 - x) * (1 + x))


def circle(xp: XP, x: Any) -> tuple[Any, Any]:
    """Return the sine and cosine of ``pi x``, accurate also where they are nearly 0."""
    is_complex = x.dtype in COMPLEX
    whole = xp.round(xp.real(x) if is_complex else x)
    rest = x - whole
    sign = 1 - 2 * (whole - 2 * xp.floor(whole / 2))
    across = xp.cos(math.pi * rest) if is_complex else xp.sin(math.pi * (0.5 - xp.abs(rest)))
    return sign * xp.sin(math.pi * rest), sign * across


# Plane geometry ----------------------------------------------------------------------------------


def over_length(xp: XP, x: Any, length: Any) -> Any:
    """Return ``x / length``, and 0 where the length is 0: the kink of a norm."""
    zero = length == 0
    # not x / length: some libraries divide a number by an array in another way than two arrays
    return xp.where(zero, 0.0, xp.divide(x, xp.where(zero, xp.ones_like(length), length)))


def _ratio(xp: XP, part: Any, length: Any) -> Any:
    """Return ``part / length`` of a part that is 0 where the length is."""
    return xp.divide(part, length + xp.astype(length == 0, length.dtype))


def _of_point(f: Callable[..., Any], x1: Any, x2: Any, *more: Any) -> Any:
    """Return a function of two coordinates, in pieces if these are arrays of one shape."""
    alike = getattr(x1, "shape", None) == getattr(x2, "shape", ())
    return in_pieces(f, x1, x2, *more) if alike else f(x1, x2, *more)


def _bend(xp: XP, part: Any, x1: Any, x2: Any) -> Any:
    return cosine(x2, x1) * over_length(xp, part, xp.hypot(x1, x2))  # a square might vanish


@elementwise(
    lambda xp, x1, x2: _bend(xp, cosine(x2, x1), x1, x2),
    lambda xp, x1, x2: -_bend(xp, cosine(x1, x2), x1, x2),
)
def cosine(x1: Raw, x2: Raw, /) -> Array:
    """Return ``x1 / hypot(x1, x2)``, and 0 at the origin."""
    xp = _namespace(x1, x2)
    return _of_point(lambda x1, x2: _cosine(xp, x1, x2, xp.hypot(x1, x2)), x1, x2)


def _cosine(xp: XP, x1: Any, x2: Any, length: Any) -> Any:
    beyond = xp.isinf(length)
    if all_known((length > 0) & ~beyond):
        return xp.divide(x1, length)
    # of the last numbers the length is beyond them, that of the halves is not
    half1, half2 = (0.5 * within(xp, x) for x in (x1, x2))
    halved = _ratio(xp, half1, xp.hypot(half1, half2))
    return xp.where(beyond, halved, _ratio(xp, x1, length))


def cosine_of(xp: XP, x1: Any, x2: Any, length: Any) -> Any:
    """Return `cosine` where the length is known: of raw arrays it is not computed again."""
    if isinstance(length, Array):
        return cosine(x1, x2)
    return _of_point(lambda *point: _cosine(xp, *point), x1, x2, length)


def _turn_slope(xp: XP, x1: Any, x2: Any) -> Any:
    length = xp.hypot(x1, x2)
    return -2 * over_length(xp, over_length(xp, cosine(x1, x2) * cosine(x2, x1), length), length)


def _turn_growth(xp: XP, x1: Any, x2: Any) -> Any:
    """Return ``(x2^2 - x1^2) / (x1^2 + x2^2)^2``, from the sum and the difference."""
    x1, x2 = within(xp, x1), within(xp, x2)
    length = xp.hypot(x1, x2)
    parts = over_length(xp, x2 - x1, length) * over_length(xp, x2 + x1, length)
    return over_length(xp, over_length(xp, parts, length), length)


@elementwise(
    lambda xp, x1, x2: _turn_growth(xp, x1, x2), lambda xp, x1, x2: _turn_slope(xp, x1, x2)
)
def turn(x1: Raw, x2: Raw, /) -> Array:
    """Return ``x1 / (x1^2 + x2^2)``, and 0 at the origin, where the angle is undefined."""
    xp = _namespace(x1, x2)
    backend = backend_of(x2 if type(x1) in SCALARS else x1)
    return backend.quietly(_of_point, partial(_turn, xp), x1, x2)


def _turn(xp: XP, x1: Any, x2: Any) -> Any:
    square = x1 * x1 + x2 * x2
    least, most = normal(xp, square.dtype)
    plain = (square > least * 2.0**53) & (square < most)  # what vanished beside it is not missed
    if all_known(plain):
        return xp.divide(x1, square)
    length = xp.hypot(x1, x2)
    far = _ratio(xp, _ratio(xp, x1, length), length)
    far = xp.where(xp.isinf(x1 + x2) | xp.isinf(x1 - x2), 0.0, far)
    return xp.where(plain, xp.divide(x1, xp.where(plain, square, 1.0)), far)
