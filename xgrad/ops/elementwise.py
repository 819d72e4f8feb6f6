"""Elementwise functions: arithmetic, exponentials, trigonometry, comparisons, logic, activations.

A partial derivative stands beside each function. At a kink the derivative is, in this order: 0 at a
local optimum, that of the side which is defined, the finite one, the average of the two.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import COMPLEX, backend_of
from ..engine.op import constant, elementwise, linear, over, rule
from ..engine.operands import require_array
from ..engine.tape import PARENTS, RULE


def is_complex(x: Any) -> bool:
    """Whether an array or raw array is complex."""
    if type(x) in SCALARS:
        return False
    try:
        return (x._data if type(x) is Array else x).dtype in COMPLEX
    except AttributeError:
        require_array("", "x", x)
        raise


def indicator(xp: Any, condition: Any, *like: Any) -> Any:
    """Return 1 where a condition holds, else 0, in the dtype of the first array of `like`."""
    return xp.astype(condition, next(x.dtype for x in like if type(x) not in SCALARS))


def _share(xp: Any, larger: Any, smaller: Any) -> Any:
    """Return 1 where the first is strictly larger, and one half at a tie."""
    above = indicator(xp, larger > smaller, larger, smaller)
    return above + 0.5 * indicator(xp, larger == smaller, larger, smaller)


Operand = Array | complex
"""An array, or a Python number beside one."""


# Arithmetic --------------------------------------------------------------------------------------


@elementwise(1, 1, symbol="+")
def add(x1: Operand, x2: Operand, /) -> Array:
    """Return the sum of each pair of elements."""


@elementwise(1, -1, symbol="-")
def subtract(x1: Operand, x2: Operand, /) -> Array:
    """Return the difference of each pair of elements."""


@elementwise(
    lambda xp, x2: x2,
    lambda xp, x1: x1,
    of_root=lambda y: _square_of_root(y, 2),
    symbol="*",
)
def multiply(x1: Operand, x2: Operand, /) -> Array:
    """Return the product of each pair of elements."""


@elementwise(over(lambda xp, x2: x2), lambda xp, x2, out: -out / x2, symbol="/")
def divide(x1: Operand, x2: Operand, /) -> Array:
    """Return the quotient of each pair of elements."""


@elementwise(
    lambda xp, x2: x2,
    lambda xp, x1: x1,
    zeros=True,
    product=lambda g, p: strong_multiply(g, p),
)
def strong_multiply(x1: Operand, x2: Operand, /) -> Array:
    """Return the product in which zero times anything, even infinity or NaN, is zero.

    A cotangent that is zero because its element was not used (the unselected branch of `where`, an
    entry not indexed) is carried upstream by this product, so that an infinite derivative there
    cannot turn it into NaN. Its derivatives are those of a product, at every order.
    """
    x = x2 if type(x1) in SCALARS else x1
    backend = backend_of(x)
    if backend.strong_multiply is not None:
        return backend.strong_multiply(x1, x2)  # type: ignore[no-any-return]
    product = x1 * x2
    dead = (x1 == 0) | (x2 == 0)
    return backend.xp.where(dead, backend.xp.zeros_like(product), product)  # type: ignore[no-any-return]


def _pow_slope(x1: Any, x2: float) -> Any:
    return (
        x1 * 2 if x2 == 2 else x1 ** (x2 - 1) * x2 if x2 else 0.0
    )  # an array first: the short way


@elementwise(lambda xp, x1, x2: _pow_slope(x1, x2), lambda xp: 0.0)
def _pow_of_number(x1: Operand, x2: Operand, /) -> Array:
    """Return each element raised to the same number."""
    return x1**x2  # type: ignore[return-value]


def _log_of_number(x: float) -> float:
    return math.log(x) if x > 0 else 0.0 if x == 0 else math.nan


@elementwise(lambda xp: 0.0, lambda xp, x1, out: out * _log_of_number(x1))
def _number_to_pow(x1: Operand, x2: Operand, /) -> Array:
    """Return a number raised to each element."""
    return x1**x2  # type: ignore[return-value]


def _pow_base(xp: Any, x1: Any, x2: Any) -> Any:
    none = x2 == 0
    power = xp.where(none, xp.ones_like(x2), x2 - 1)
    return xp.where(none, 0.0, x2 * xp.pow(x1, power))  # NumPy 2.0's `**` may drop a wider dtype


def _pow_exponent(xp: Any, x1: Any, out: Any) -> Any:
    zero = x1 == 0
    return xp.where(zero, 0.0, out * xp.log(xp.where(zero, xp.ones_like(x1), x1)))


@elementwise(_pow_base, _pow_exponent)
def _pow(x1: Operand, x2: Operand, /) -> Array:
    """Return each element raised to the element beside it."""
    return backend_of(x1).xp.pow(x1, x2)  # type: ignore[no-any-return]


def pow(x1: Any, x2: Any, /) -> Array:
    """Return each element of `x1` raised to that of `x2`.

    The derivative in the exponent is 0 where the base is 0, and that in the base is 0 where the
    exponent is 0.
    """
    if type(x2) in (int, float):
        if x2 == 2 and type(x1) is Array and x1._node and x1._node[RULE].square:
            return _square_of_root(x1, x2)
        return _pow_of_number(x1, x2)
    if type(x1) in (int, float):
        return _number_to_pow(x1, x2)
    if type(x1) is complex or type(x2) is complex:
        like = x2 if type(x1) is complex else x1
        scalar = _complex_like(x1 if type(x1) is complex else x2, like)
        return _pow(scalar, x2) if type(x1) is complex else _pow(x1, scalar)
    return _pow(x1, x2)


def _complex_like(number: complex, like: Any) -> Any:
    """Return a complex number as a 0-d array beside `like`, no wider than it."""
    raw = like._data if type(like) is Array else like
    backend = backend_of(raw)
    single = 8 if raw.dtype in COMPLEX else 4
    name = "complex64" if backend.numpy_dtype(raw.dtype).itemsize <= single else "complex128"
    made = backend.xp.asarray(number, dtype=backend.raw_dtype(name), device=backend.device(raw))
    return Array(made) if type(like) is Array else made


@elementwise(1, lambda xp, x1, x2: -xp.floor(x1 / x2))
def remainder(x1: Operand, x2: Operand, /) -> Array:
    """Return the remainder of the division, with the sign of `x2`."""


@constant
def floor_divide(x1: Operand, x2: Operand, /) -> Array:
    """Return the largest integer not greater than the quotient. Its derivative is zero."""


@elementwise(-1)
def negative(x: Array, /) -> Array:
    """Return each element with the opposite sign."""


@elementwise(1)
def positive(x: Array, /) -> Array:
    """Return a copy of each element."""


@elementwise(lambda xp, x: 2 * x)
def _square(x: Array, /) -> Array:
    """Return the square of each element, be it a root or not."""


def square(x: Array, /) -> Array:
    """Return the square of each element."""
    if type(x) is Array and x._node and x._node[RULE].square:
        return _square_of_root(x, 2)
    return _square(x)


def _square_of_root(y: Array, two: float) -> Array:
    """Return the square of a root, with the derivatives of what is under it.

    By the chain rule they would be 0 times infinity where the root is 0, or the kink's.
    """
    node: Any = y._node
    under = node[RULE].square(node, node[RULE].lift(node))
    return Array(y._data**two, under._node)


@elementwise(lambda xp, out: -out * out)
def reciprocal(x: Array, /) -> Array:
    """Return one divided by each element."""


@elementwise(
    lambda xp, out: 0.5 / out,
    square=lambda node, out: positive(Array(out._data, node[PARENTS])),
)
def sqrt(x: Array, /) -> Array:
    """Return the square root of each element."""


def _unit(xp: Any, x: Any, length: Any) -> Any:
    """Return ``x / length``, and 0 where the length is 0: the kink of a norm."""
    zero = length == 0
    # not x / length: some libraries divide a number by an array in another way than two arrays
    return xp.where(zero, 0.0, xp.divide(x, xp.where(zero, xp.ones_like(length), length)))


def _sum_of_legs(node: Any, saved: Any) -> Any:
    *legs, out = saved
    raw = out._data
    total: Any = backend_of(raw).xp.zeros_like(raw)  # in the shape that the legs broadcast to
    for leg in legs:
        total = leg * leg + total
    return total


@elementwise(
    lambda xp, x1, out: _unit(xp, x1, out),
    lambda xp, x2, out: _unit(xp, x2, out),
    square=_sum_of_legs,
)
def hypot(x1: Operand, x2: Operand, /) -> Array:
    """Return the length of the hypotenuse of the right triangle with these legs; 0 at (0, 0)."""


# Exponentials and logarithms ---------------------------------------------------------------------


@elementwise(lambda xp, out: out)
def exp(x: Array, /) -> Array:
    """Return e raised to each element."""


@elementwise(lambda xp, out: out + 1)
def expm1(x: Array, /) -> Array:
    """Return ``exp(x) - 1``, accurate for small elements."""


@elementwise(over(lambda xp, x: x))
def log(x: Array, /) -> Array:
    """Return the natural logarithm of each element."""


@elementwise(over(lambda xp, x: 1 + x))
def log1p(x: Array, /) -> Array:
    """Return ``log(1 + x)``, accurate for small elements."""


@elementwise(over(lambda xp, x: x * math.log(2)))
def log2(x: Array, /) -> Array:
    """Return the logarithm to base 2 of each element."""


@elementwise(over(lambda xp, x: x * math.log(10)))
def log10(x: Array, /) -> Array:
    """Return the logarithm to base 10 of each element."""


def _weight(xp: Any, x: Any, out: Any) -> Any:
    """Return ``exp(x - out)``, the share of `x` in a sum of exponentials; 0 if all are -inf."""
    return xp.exp(x - xp.where(out == -math.inf, xp.zeros_like(out), out))


@elementwise(lambda xp, x1, out: _weight(xp, x1, out), lambda xp, x2, out: _weight(xp, x2, out))
def logaddexp(x1: Operand, x2: Operand, /) -> Array:
    """Return ``log(exp(x1) + exp(x2))`` without overflow."""


# Trigonometry ------------------------------------------------------------------------------------


@elementwise(lambda xp, x: xp.cos(x))
def sin(x: Array, /) -> Array:
    """Return the sine of each element, in radians."""


@elementwise(lambda xp, x: -xp.sin(x))
def cos(x: Array, /) -> Array:
    """Return the cosine of each element, in radians."""


@elementwise(lambda xp, out: 1 + out * out)
def tan(x: Array, /) -> Array:
    """Return the tangent of each element, in radians."""


def _co(xp: Any, x: Any) -> Any:
    """Return ``sqrt(1 - x**2)``, without cancellation near 1, and on the function's branch."""
    return xp.multiply(xp.sqrt(-(x - 1)), xp.sqrt(x + 1))


@elementwise(over(lambda xp, x: _co(xp, x)))
def asin(x: Array, /) -> Array:
    """Return the inverse sine of each element, in radians."""


@elementwise(lambda xp, x: -1 / _co(xp, x))
def acos(x: Array, /) -> Array:
    """Return the inverse cosine of each element, in radians."""


@elementwise(over(lambda xp, x: 1 + x * x))
def atan(x: Array, /) -> Array:
    """Return the inverse tangent of each element, in radians."""


def _turn(xp: Any, x: Any, x1: Any, x2: Any) -> Any:
    """Return ``x / (x1^2 + x2^2)``, and 0 at the origin, where the angle is undefined."""
    return _unit(xp, x, x1 * x1 + x2 * x2)


@elementwise(lambda xp, x1, x2: _turn(xp, x2, x1, x2), lambda xp, x1, x2: _turn(xp, -x1, x1, x2))
def atan2(x1: Operand, x2: Operand, /) -> Array:
    """Return the angle of the point with ordinate `x1` and abscissa `x2`, in radians."""


@elementwise(lambda xp, x: xp.cosh(x))
def sinh(x: Array, /) -> Array:
    """Return the hyperbolic sine of each element."""


@elementwise(lambda xp, x: xp.sinh(x))
def cosh(x: Array, /) -> Array:
    """Return the hyperbolic cosine of each element."""


@elementwise(lambda xp, out: 1 - out * out)
def tanh(x: Array, /) -> Array:
    """Return the hyperbolic tangent of each element."""


@elementwise(over(lambda xp, x: xp.sqrt(x * x + 1)))
def asinh(x: Array, /) -> Array:
    """Return the inverse hyperbolic sine of each element."""


@elementwise(over(lambda xp, x: xp.sqrt(x - 1) * xp.sqrt(x + 1)))
def acosh(x: Array, /) -> Array:
    """Return the inverse hyperbolic cosine of each element."""


@elementwise(over(lambda xp, x: 1 - x * x))
def atanh(x: Array, /) -> Array:
    """Return the inverse hyperbolic tangent of each element."""


# Absolute value, sign, choice --------------------------------------------------------------------


@elementwise(lambda xp, x: xp.sign(x), square=lambda node, x: x * x)
def _abs_real(x: Array, /) -> Array:
    """Return the absolute value of each real element."""
    return backend_of(x).xp.abs(x)  # type: ignore[no-any-return]


@rule(
    vjp=lambda xp, g, x: g * xp.sign(x),
    jvp=lambda xp, t, x: t * xp.conj(xp.sign(x)),
    square=lambda node, saved: real(conj(saved["x"]) * saved["x"]),
)
def _abs_complex(x: Array, /) -> Array:
    """Return the modulus of each complex element."""
    return backend_of(x).xp.abs(x)  # type: ignore[no-any-return]


def abs(x: Array, /) -> Array:
    """Return the absolute value of each element; its derivative at 0 is 0."""
    return _abs_complex(x) if is_complex(x) else _abs_real(x)


@constant
def _sign_real(x: Array, /) -> Array:
    """Return the sign of each real element."""
    return backend_of(x).xp.sign(x)  # type: ignore[no-any-return]


def _across(xp: Any, t: Any, x: Any, out: Any) -> Any:
    """Return the part of `t` across the direction of `x`, over its length: how the sign turns."""
    return _unit(xp, t - out * xp.real(xp.conj(out) * t), xp.abs(x))


@rule(
    vjp=lambda xp, g, x, out: _across(xp, g, x, out),
    jvp=lambda xp, t, x, out: _across(xp, t, x, out),
)
def _sign_complex(x: Array, /) -> Array:
    """Return the direction of each complex element."""
    return backend_of(x).xp.sign(x)  # type: ignore[no-any-return]


def sign(x: Array, /) -> Array:
    """Return -1, 0 or 1 for each element; for a complex one ``x / abs(x)``, or 0."""
    return _sign_complex(x) if is_complex(x) else _sign_real(x)


@elementwise(
    lambda xp, x1, x2: _share(xp, x1, x2), lambda xp, x1, x2: _share(xp, x2, x1), zeros=True
)
def maximum(x1: Operand, x2: Operand, /) -> Array:
    """Return the larger of each pair of elements; at a tie each gets half the derivative."""


@elementwise(
    lambda xp, x1, x2: _share(xp, x2, x1), lambda xp, x1, x2: _share(xp, x1, x2), zeros=True
)
def minimum(x1: Operand, x2: Operand, /) -> Array:
    """Return the smaller of each pair of elements; at a tie each gets half the derivative."""


@elementwise(
    lambda xp, x, out: indicator(xp, x == out, out),
    lambda xp, x, min: indicator(xp, x < min, x),
    lambda xp, x, max: indicator(xp, x > max, x),
    zeros=True,
)
def clip(x: Array, /, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Return each element limited to a range; at a bound the derivative in `x` is 1."""


@elementwise(lambda xp, x1, out: xp.sign(x1) * xp.sign(out), lambda xp: 0.0)
def copysign(x1: Operand, x2: Operand, /) -> Array:
    """Return the magnitude of `x1` with the sign of `x2`."""


@linear(
    None,
    lambda xp, g, condition: xp.where(condition, g, xp.zeros_like(g)),
    lambda xp, g, condition: xp.where(condition, xp.zeros_like(g), g),
    zeros=True,
)
def where(condition: Array, x1: Operand, x2: Operand, /) -> Array:
    """Return `x1` where the condition holds and `x2` elsewhere.

    The branch not taken has no influence: its derivative is zero even where that of its
    computation is infinite or NaN.

    >>> import xgrad as xg
    >>> float(xg.grad(lambda x: xg.where(x > 0, xg.sqrt(x), 0.0))(0.0))
    0.0
    """


# Real and imaginary part -------------------------------------------------------------------------


@linear(lambda xp, g: g)
def _real(x: Array, /) -> Array:
    """Return the real part of each complex element."""
    return backend_of(x).xp.real(x)  # type: ignore[no-any-return]


@linear(lambda xp, g: g * 1j)
def _imag(x: Array, /) -> Array:
    """Return the imaginary part of each complex element."""
    return backend_of(x).xp.imag(x)  # type: ignore[no-any-return]


@linear(lambda xp, g: xp.conj(g))
def _conj(x: Array, /) -> Array:
    """Return the conjugate of each complex element."""
    return backend_of(x).xp.conj(x)  # type: ignore[no-any-return]


def real(x: Array, /) -> Array:
    """Return the real part of each element; a real array as it is."""
    return _real(x) if is_complex(x) else positive(x)


def imag(x: Array, /) -> Array:
    """Return the imaginary part of each element; zeros for a real array."""
    return _imag(x) if is_complex(x) else strong_multiply(x, 0)


def conj(x: Array, /) -> Array:
    """Return the complex conjugate of each element; a real array as it is."""
    return _conj(x) if is_complex(x) else positive(x)


# Rounding: the derivative is zero wherever there is one ------------------------------------------


@constant
def ceil(x: Array, /) -> Array:
    """Return each element rounded up. Its derivative is zero."""


@constant
def floor(x: Array, /) -> Array:
    """Return each element rounded down. Its derivative is zero."""


@constant
def round(x: Array, /) -> Array:
    """Return each element rounded, halves to even. Its derivative is zero."""


@constant
def trunc(x: Array, /) -> Array:
    """Return each element rounded towards zero. Its derivative is zero."""


@elementwise(1, lambda xp, x2: xp.zeros_like(x2))
def nextafter(x1: Operand, x2: Operand, /) -> Array:
    """Return the next representable number after `x1` towards `x2`: it moves as `x1` does."""


# Comparisons, logic and bits: no derivative ------------------------------------------------------


@constant
def equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether the elements of each pair are equal."""


@constant
def not_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether the elements of each pair differ."""


@constant
def less(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is less than `x2`."""


@constant
def less_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is less than or equal to `x2`."""


@constant
def greater(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is greater than `x2`."""


@constant
def greater_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is greater than or equal to `x2`."""


@constant
def isfinite(x: Array, /) -> Array:
    """Return whether each element is neither infinite nor NaN."""


@constant
def isinf(x: Array, /) -> Array:
    """Return whether each element is infinite."""


@constant
def isnan(x: Array, /) -> Array:
    """Return whether each element is NaN."""


@constant
def signbit(x: Array, /) -> Array:
    """Return whether the sign bit of each element is set."""


@constant
def logical_and(x1: Operand, x2: Operand, /) -> Array:
    """Return whether both elements are true."""


@constant
def logical_or(x1: Operand, x2: Operand, /) -> Array:
    """Return whether either element is true."""


@constant
def logical_xor(x1: Operand, x2: Operand, /) -> Array:
    """Return whether exactly one of the elements is true."""


@constant
def logical_not(x: Array, /) -> Array:
    """Return whether each element is false."""


@constant
def bitwise_and(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in both elements."""


@constant
def bitwise_or(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in either element."""


@constant
def bitwise_xor(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in exactly one of the elements."""


@constant
def bitwise_invert(x: Array, /) -> Array:
    """Return each element with all bits flipped."""


@constant
def bitwise_left_shift(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits of `x1` shifted left by `x2`."""


@constant
def bitwise_right_shift(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits of `x1` shifted right by `x2`."""
