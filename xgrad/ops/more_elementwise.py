"""Elementwise functions beyond the standard, with the names and meanings of NumPy's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import AnyArray, ArrayLike, as_given
from ..backends import XP, Raw, backend_of, under
from ..engine.op import constant, elementwise
from ..engine.operands import require_one_place
from .beside import array_of, floating, is_number, paired
from .converting import is_array
from .creation import zeros_like
from .dtypes import astype, finfo, isdtype, result_type
from .elementwise import (
    abs as absolute,
)
from .elementwise import (
    atan2,
    copysign,
    imag,
    is_complex,
    isinf,
    isnan,
    less,
    maximum,
    minimum,
    multiply,
    negative,
    pow,
    real,
    remainder,
    subtract,
    trunc,
    where,
    without_derivative,
)
from .slopes import circle, power_of_two, share2, within
from .statistical import all as all_over


def _own(x: Raw, name: str) -> Any:
    """Return a function that only some libraries have, for a raw array, or None."""
    known = hasattr(backend_of(under(x)).xp, name)
    return getattr(backend_of(x).xp, name) if known else None


def _exp2_slope(xp: XP, x: Any) -> Any:
    """Return ``log(2) * 2**x``, which is finite where the power is just infinite."""
    half = xp.astype((xp.real(x) if is_complex(x) else x) > 0, x.dtype)
    return _exp2(x - half) * (math.log(2) * (1 + half))


@elementwise(_exp2_slope)
def _exp2(x: Array, /) -> Array:
    """Return 2 raised to each element."""
    return power_of_two(x)


@as_given
def exp2(x: Array, /) -> Array:
    """Return 2 raised to each element."""
    return _exp2(floating(x, "exp2"))


@elementwise(lambda xp, out: (1 / 3) * xp.square(1 / out))
def _cbrt(x: Array, /) -> Array:
    """Return the real cube root of each element."""
    xp = backend_of(x).xp
    own = _own(x, "cbrt")
    return own(x) if own else xp.sign(x) * xp.abs(x) ** (1 / 3)


@as_given
def cbrt(x: Array, /) -> Array:
    """Return the real cube root of each element."""
    return _cbrt(floating(x, "cbrt"))


@as_given
def deg2rad(x: Array, /) -> Array:
    """Return angles in degrees as radians."""
    return multiply(floating(x, "deg2rad"), math.pi / 180)


@as_given
def rad2deg(x: Array, /) -> Array:
    """Return angles in radians as degrees."""
    return multiply(floating(x, "rad2deg"), 180 / math.pi)


def _are_whole(*operands: Any) -> bool:
    """Whether these are integers or truth values, of which one at least is in an array."""
    held = [x for x in operands if is_array(x) and not is_number(x)]
    rest = [x for x in operands if not is_array(x) or is_number(x)]
    return (
        bool(held)
        and all(isdtype(x, ("integral", "bool")) for x in held)
        and all(np.asarray(x).dtype.kind in "biu" for x in rest)
    )


@as_given
def fmax(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return the larger of each pair of elements, the other one where one is NaN.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; broadcast.

    Returns:
        An array of the broadcast shape, NaN where both are. At a tie each gets half the derivative.
    """
    if _are_whole(x1, x2):  # which are never NaN
        return maximum(x1, x2)
    x1, x2 = paired(x1, x2, "fmax")
    return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2)))


@as_given
def fmin(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return the smaller of each pair of elements, the other one where one is NaN.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; broadcast.

    Returns:
        An array of the broadcast shape, NaN where both are. At a tie each gets half the derivative.
    """
    if _are_whole(x1, x2):  # which are never NaN
        return minimum(x1, x2)
    x1, x2 = paired(x1, x2, "fmin")
    return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2)))


@elementwise(1, lambda xp, x1, x2: -xp.trunc(x1 / x2))
def _fmod(x1: Raw, x2: Raw, /) -> Array:
    """Return the remainder of the division, with the sign of `x1`."""
    xp = backend_of(x1).xp
    rest = xp.abs(x1) % xp.abs(x2)
    return xp.where(x1 < 0, -rest, rest)


@as_given
def fmod(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return the remainder of the division, with the sign of `x1`.

    Args:
        x1: dividends, real.
        x2: divisors, real; broadcast.

    Returns:
        ``x1 - trunc(x1 / x2) * x2`` of the broadcast shape. `remainder` has the sign of `x2`.

    Raises:
        TypeError: if `x1` or `x2` is complex.
    """
    if _are_whole(x1, x2):
        rest = remainder(absolute(x1), absolute(x2))
        return where(less(x1, 0), negative(rest), rest)
    x1, x2 = paired(x1, x2, "fmod")
    if is_complex(x1) or is_complex(x2):
        raise TypeError("fmod: x1 or x2 is complex; expected real numbers")
    return _fmod(x1, x2)


@as_given
def float_power(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return each element of `x1` raised to that of `x2`, in double precision at least.

    Args:
        x1: bases, an array or a number.
        x2: exponents, an array or a number; broadcast.

    Returns:
        An array of the broadcast shape, float64 or complex128. The derivatives are those of `pow`.
    """
    x1, x2 = paired(x1, x2, "float_power")
    return pow(_double(x1), _double(x2))


def _double(x: Any) -> Any:
    return astype(x, np.complex128 if is_complex(x) else np.float64, copy=False)


@as_given
def heaviside(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return 0 for negative `x1`, 1 for positive, `x2` for zero.

    Args:
        x1: real numbers.
        x2: the values where `x1` is 0, often 0, 0.5 or 1; broadcast.

    Returns:
        An array of the broadcast shape, NaN where `x1` is. The derivative in `x1` is 0, that in
        `x2` is 1 where `x1` is 0.
    """
    x1, x2 = paired(x1, x2, "heaviside")
    x1 = without_derivative("heaviside", x1)
    step = astype(x1 > 0, x1.dtype)
    return where(x1 == 0, x2, where(isnan(x1), x1, step))


@elementwise(lambda xp, x1, x2: share2(x1, x2), lambda xp, x1, x2: share2(x2, x1))
def _logaddexp2(x1: Raw, x2: Raw, /) -> Array:
    """Return ``log2(2**x1 + 2**x2)``."""
    xp = backend_of(x1).xp
    gap = xp.where(x1 == x2, 0.0, xp.abs(x1 - x2))
    return xp.maximum(x1, x2) + xp.log1p(power_of_two(-gap)) / math.log(2)


@as_given
def logaddexp2(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return ``log2(2**x1 + 2**x2)`` without overflow.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; broadcast.

    Returns:
        An array of the broadcast shape.
    """
    x1, x2 = paired(x1, x2, "logaddexp2")
    dtype = result_type(x1, x2)
    return _logaddexp2(astype(x1, dtype, copy=False), astype(x2, dtype, copy=False))


@as_given
def angle(z: Array, /, deg: bool = False) -> Array:
    """Return the angle of each complex number, in radians or degrees; its derivative at 0 is 0.

    Args:
        z: complex or real numbers; a negative real one has the angle pi.
        deg: whether the angle is in degrees, not radians.

    Returns:
        A real array of the shape of `z`, from -pi to pi.
    """
    z = floating(z, "angle")
    out = atan2(imag(z), real(z)) if is_complex(z) else atan2(zeros_like(z), z)
    return rad2deg(out) if deg else out


@as_given
def nan_to_num(
    x: Array,
    /,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Array:
    """Return numbers in the place of NaN and infinity; what is replaced has the derivative 0.

    Args:
        x: the array; of complex numbers both parts are treated.
        copy: here for NumPy's sake: the result is always a new array, unless `x` holds integers.
        nan: what replaces NaN.
        posinf: what replaces infinity; the largest number of the dtype if None.
        neginf: what replaces minus infinity; the least number of the dtype if None.

    Returns:
        An array of the shape and dtype of `x`.
    """
    x = array_of(x, "nan_to_num")
    if is_complex(x):
        re, im = (nan_to_num(part, copy, nan, posinf, neginf) for part in (real(x), imag(x)))
        return re + im * 1j
    if x.dtype != floating(x, "nan_to_num").dtype:  # integers have neither
        return x
    largest = finfo(x).max
    x = where(isnan(x), nan, x)
    x = where(x == math.inf, largest if posinf is None else posinf, x)
    return where(x == -math.inf, -largest if neginf is None else neginf, x)


@constant
def _isclose(
    a: Raw, b: Raw, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Return whether the elements of each pair are equal within a tolerance."""
    xp = backend_of(a).xp
    close = (xp.abs(a - b) <= atol + rtol * xp.abs(b)) & xp.isfinite(b)
    close = close | (a == b)
    return close | (xp.isnan(a) & xp.isnan(b)) if equal_nan else close


@as_given
def isclose(
    a: AnyArray, b: AnyArray, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Return whether the elements of each pair differ by no more than ``atol + rtol * abs(b)``.

    Args:
        a: an array or a number.
        b: an array or a number, to which the relative tolerance refers; broadcast.
        rtol: the relative tolerance.
        atol: the absolute tolerance.
        equal_nan: whether two NaN are close.

    Returns:
        Booleans of the broadcast shape; equal infinities are close.
    """
    a, b = paired(a, b, "isclose")
    return _isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


@as_given
def allclose(
    a: AnyArray, b: AnyArray, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """Return, as a 0-d array, whether all pairs of elements are close; see `isclose`.

    Args:
        a: an array or a number.
        b: an array or a number, to which the relative tolerance refers; broadcast.
        rtol: the relative tolerance.
        atol: the absolute tolerance.
        equal_nan: whether two NaN are close.

    Returns:
        A 0-d array of booleans, so that nothing waits for a device before it is looked at.
    """
    return all_over(isclose(a, b, rtol, atol, equal_nan))


def _sinc_series(x: Any, order: int) -> Any:
    """Return a derivative of sin(u)/u near 0: that of the sum of (-1)^k u^2k / (2k + 1)!."""
    total: Any = 0.0
    square = x * x
    for k in range(10 + 2 * order, (order - 1) // 2, -1):
        total = total * square + (-1) ** k / math.factorial(2 * k - order) / (2 * k + 1)
    return total * x if order % 2 else total


@elementwise(lambda xp, x, order: _sinc(x, order=order + 1))
def _sinc(x: Array, /, *, order: int) -> Array:
    """Return a derivative of sin(pi x) / (pi x), accurate also near 0, where the quotient is not.

    Far from 0, with s = sin(u)/u, it is u s(n) = sin(u + n pi/2) - n s(n-1).
    """
    xp = backend_of(x).xp
    x = within(xp, x)
    u = math.pi * x
    near = xp.abs(u) < max(order, 1e-9)
    zero = xp.zeros_like(u)
    far = xp.where(near, zero + 1, u)
    waves = circle(xp, x)
    out = waves[0] / far
    for n in range(1, order + 1):
        out = (waves[n % 2] * (1, 1, -1, -1)[n % 4] - n * out) / far
    series = _sinc_series(xp.where(near, u, zero), order) if order else zero + 1
    return math.pi**order * xp.where(near, series, out)


@as_given
def sinc(x: Array, /) -> Array:
    """Return ``sin(pi x) / (pi x)`` of each element, and 1 at 0."""
    return _sinc(floating(x, "sinc"), order=0)


@as_given
def ldexp(x1: AnyArray, x2: Any, /) -> Array:
    """Return `x1` times two to the power of the integer `x2`. It has no derivative in `x2`.

    Args:
        x1: floating-point numbers.
        x2: an int, or an array of integers; broadcast.

    Returns:
        An array of the broadcast shape and of the dtype of `x1`.

    Raises:
        TypeError: if `x2` is an array that does not hold integers.
    """
    x1 = floating(x1, "ldexp")
    require_one_place("ldexp", [x for x in (x1, x2) if is_array(x)])
    if is_array(x2) and not isdtype(x2, ("integral", "bool")):
        raise TypeError(f"ldexp: x2 has dtype {x2.dtype}; expected integers. See xgrad.exp2")
    return multiply(x1, exp2(astype(x2, x1.dtype)) if is_array(x2) else math.ldexp(1.0, x2))


@as_given
def modf(x: Array, /) -> tuple[Array, Array]:
    """Return the fractional part of each element and the integral one, both with its sign."""
    x = floating(x, "modf")
    whole = trunc(x)
    return copysign(where(isinf(x), zeros_like(x), subtract(x, whole)), x), whole


@constant
def exponents(x: Array, /) -> Array:
    """Return the n of ``x = m * 2**n`` with ``0.5 <= abs(m) < 1``, as integers."""
    return backend_of(x).xp.frexp(x)[1]
