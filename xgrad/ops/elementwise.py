"""Elementwise functions: arithmetic, exponentials, trigonometry, comparisons, logic, activations.

A partial derivative stands beside each function. At a kink the derivative is, in this order: 0 at a
local optimum, that of the side which is defined, the finite one, the average of the two.
"""

from __future__ import annotations

import math
from types import NoneType
from typing import Any, TypeAlias

from ..arrays import operators
from ..arrays.array import SCALARS, Array
from ..arrays.node import left
from ..arrays.types import AnyArray, ArrayLike, as_given
from ..backends import COMPLEX, XP, Raw, backend_of
from ..engine.handed import strong
from ..engine.op import (
    Root,
    SquaresRoots,
    constant,
    constant_operator,
    elementwise,
    factor,
    linear,
    mask,
    over,
    rule,
)
from ..engine.operands import require_array
from ..engine.own import root_of
from .slopes import (
    acosh_slope,
    asin_slope,
    asinh_slope,
    atan_slope,
    atanh_slope,
    cosine,
    over_length,
    share,
    tanh_slope,
    turn,
)


def is_complex(x: Any) -> bool:
    """Whether an array or raw array is complex."""
    if type(x) in SCALARS:
        return False
    try:
        return (x._raw if isinstance(x, Array) else x).dtype in COMPLEX
    except AttributeError:
        require_array("", "x", x)
        raise


def indicator(xp: XP, condition: Any, *like: Any) -> Any:
    """Return 1 where a condition holds, else 0, in the dtype of the first array of `like`."""
    return xp.astype(condition, next(x.dtype for x in like if type(x) not in SCALARS))


def _share(xp: XP, larger: Any, smaller: Any) -> Any:
    """Return 1 where the first is strictly larger, and one half at a tie."""
    dtype = (smaller if type(larger) in SCALARS else larger).dtype
    return xp.astype(larger > smaller, dtype) + 0.5 * xp.astype(larger == smaller, dtype)


_NUMBERS = frozenset((bool, int, float, NoneType))

Operand: TypeAlias = ArrayLike
"""An array, or a Python number beside one."""


# Arithmetic --------------------------------------------------------------------------------------


@elementwise(1, 1, symbol="+")
def add(x1: Operand, x2: Operand, /) -> Array:
    """Return the sum of each pair of elements.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape.
    """


@elementwise(1, -1, symbol="-")
def subtract(x1: Operand, x2: Operand, /) -> Array:
    """Return the difference of each pair of elements.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape.
    """


@elementwise(
    factor("x2"),
    factor("x1"),
    own=SquaresRoots(lambda y: _square_of_root(y)),
    symbol="*",
)
def multiply(x1: Operand, x2: Operand, /) -> Array:
    """Return the product of each pair of elements.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape.
    """


@elementwise(over(factor("x2")), lambda xp, x2, out: -out / x2, symbol="/")
def divide(x1: Operand, x2: Operand, /) -> Array:
    """Return the quotient of each pair of elements.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape, floating-point also for integers. A division by zero gives
        infinity or NaN by IEEE 754, and so do its derivatives.
    """


def _unless_dead(xp: XP, x1: Any, x2: Any) -> Any:
    """Return what a strong product multiplies `x1` by: 0 where it turned NaN or infinity to 0."""
    if type(x2) in SCALARS and math.isfinite(abs(x2)):
        return x2
    return xp.where((x1 == 0) & ~xp.isfinite(x2), 0.0, x2)


@elementwise(
    lambda xp, x1, x2: _unless_dead(xp, x1, x2),
    factor("x1"),
    zeros=True,
    product=strong,
)
def strong_multiply(x1: Operand, x2: Operand, /) -> Array:
    """Return the product in which zero times anything, even infinity or NaN, is zero.

    A cotangent that is zero because its element was not used (the unselected branch of `where`, an
    entry not indexed) is carried upstream by this product, so that an infinite derivative there
    cannot turn it into NaN. Its derivatives are those of a product, at every order; but nothing
    follows from what it turned to zero.
    """
    backend = backend_of(x2 if type(x1) in SCALARS else x1)
    return backend.zero_wins(x1, x2)


def _pow_slope(xp: XP, x1: Any, x2: float, out: Any) -> Any:
    if x2 == 2:
        return x1 * 2
    if (x2 - 1) + 1 == x2:  # an array first: the short way
        return _raised(x1, x2 - 1) * x2 if x2 else 0.0
    return _pow_by_quotient(xp, x1, x2, out) * x2


def _pow_by_quotient(xp: XP, x1: Any, x2: Any, out: Any) -> Any:
    """Return ``x1 ** (x2 - 1)`` where ``x2 - 1`` would be rounded: 100 ulp if x1 is far from 1."""
    zero = x1 == 0
    return xp.where(zero, x1 ** (x2 - 1), out / xp.where(zero, xp.ones_like(out), x1))


def _raised(x: Any, n: Any) -> Any:
    """Return an array to the power of a number, long raw ones as the adapter knows best."""
    if isinstance(x, Array) or math.prod(x.shape) < 128 or not backend_of(x).in_place:
        return x**n
    return backend_of(x).xp.pow(x, n)


@elementwise(lambda xp, x1, x2, out: _pow_slope(xp, x1, x2, out), lambda xp: 0.0)
def _pow_of_number(x1: Operand, x2: Operand, /) -> Array:
    """Return each element raised to the same number."""
    return x1**x2 if math.prod(x1.shape) < 128 else _raised(x1, x2)  # type: ignore[union-attr, return-value]


def _log_of_number(x: float) -> float:
    return math.log(x) if x > 0 else 0.0 if x == 0 else math.nan


@elementwise(lambda xp: 0.0, lambda xp, x1, out: out * _log_of_number(x1))
def _number_to_pow(x1: Operand, x2: Operand, /) -> Array:
    """Return a number raised to each element."""
    return x1**x2  # type: ignore[return-value]


def power_less_one(xp: XP, x1: Any, x2: Any, out: Any = None) -> Any:
    """Return ``x1 ** (x2 - 1)``, by a quotient where the difference would be rounded."""
    out = xp.pow(x1, x2) if out is None else out
    less = x2 - 1
    power = xp.pow(x1, less)  # NumPy 2.0's `**` may drop a wider dtype
    return xp.where(less + 1 == x2, power, _pow_by_quotient(xp, x1, x2, out))


def _falling_in_exponent(xp: XP, x1: Any, x2: Any, out: Any, order: int) -> Any:
    """Return the derivative in the exponent: of the power, and of each factor before it."""
    zero = x1 == 0
    log = xp.log(xp.where(zero, xp.ones_like(x1), x1))
    total = xp.where(zero, 0.0, out * log)
    power = power_less_one(xp, x1, x2) if order == 1 else xp.pow(x1, x2 - order)
    for j in range(order):
        part = power
        for k in range(order):
            part = part * (x2 - k) if k != j else part
        total = total + xp.where(zero & xp.isinf(power), 0.0, part)
    return total


@elementwise(
    lambda xp, x1, x2, order: power_derivative(x1, x2, order=order + 1),
    lambda xp, x1, x2, out, order: _falling_in_exponent(xp, x1, x2, out, order),
)
def power_derivative(x1: Raw, x2: Raw, /, *, order: int) -> Array:
    """Return ``x2 (x2 - 1) ... x1 ** (x2 - order)``, a derivative of a power in its base.

    As many steps are taken in the exponent as it has whole ones, which is exact, and the others by
    division: ``x1 ** (x2 - 2)`` alone is infinite where a tiny exponent makes the product finite.
    """
    backend = backend_of(x1)
    return backend.quietly(_power_derivative, backend.xp, x1, x2, order)


def _power_derivative(xp: XP, x1: Any, x2: Any, order: int) -> Any:
    zero = x1 == 0
    exponent: Any = x2
    steps: list[Any] = []
    for k in range(order):
        if x1.dtype in COMPLEX or x2.dtype in COMPLEX:
            exponent = exponent - 1
            steps.append(None)
        else:
            steps.append((x2 >= k + 1) | zero)
            exponent = xp.where(steps[k], exponent - 1, exponent)
    power = xp.pow(x1, exponent)
    for k, step in enumerate(steps):
        factor = x2 - k if k else x2
        power = xp.where(factor == 0, 0.0, power * factor)  # 0 where it is constant, also at 0
        if step is not None:
            power = power / xp.where(step, 1.0, x1)
    return power


def power_in_base(xp: XP, x1: Any, x2: Any) -> Any:
    """Return the derivative of a power in its base, 0 where the exponent is 0."""
    return power_derivative(x1, x2, order=1)


def power_in_exponent(xp: XP, x1: Any, out: Any) -> Any:
    """Return the derivative of a power in its exponent, 0 where the base is 0."""
    zero = x1 == 0
    return xp.where(zero, 0.0, out * xp.log(xp.where(zero, xp.ones_like(x1), x1)))


@elementwise(lambda xp, x1, x2: power_in_base(xp, x1, x2), power_in_exponent)
def _pow(x1: Operand, x2: Operand, /) -> Array:
    """Return each element raised to the element beside it."""
    return backend_of(x1).xp.pow(x1, x2)


@as_given
def pow(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Return each element of `x1` raised to that of `x2`.

    The derivative in the exponent is 0 where the base is 0, and that in the base is 0 where the
    exponent is 0.

    Args:
        x1: bases, an array or a number.
        x2: exponents, an array or a number; broadcast.

    Returns:
        An array of the broadcast shape and promoted dtype. NaN where a negative real base has an
        exponent that is no whole number; use complex numbers there.

    >>> import xgrad as xg
    >>> float(xg.grad(lambda x: xg.pow(x, 3))(2.0))
    12.0
    """
    if type(x2) in (int, float):
        if x2 == 2 and isinstance(x1, Array) and root_of(x1):
            return _square_of_root(x1)
        return _pow_of_number(x1, x2)
    if type(x1) in (int, float):
        return _number_to_pow(x1, x2)
    if type(x1) is bool and type(x2) is not bool:
        return _number_to_pow(int(x1), x2)
    if type(x2) is bool:
        return _pow_of_number(x1, int(x2))
    if type(x1) is complex or type(x2) is complex:
        like = x2 if type(x1) is complex else x1
        scalar = _complex_like(x1 if type(x1) is complex else x2, like)
        return _pow(scalar, x2) if type(x1) is complex else _pow(x1, scalar)
    return _pow(x1, x2)


operators.define("**", pow)


def _complex_like(number: Any, like: Any) -> Any:
    """Return a complex number as a 0-d array beside `like`, no wider than it."""
    raw = like._raw if isinstance(like, Array) else like
    backend = backend_of(raw)
    single = 8 if raw.dtype in COMPLEX else 4
    name = "complex64" if backend.numpy_dtype(raw.dtype).itemsize <= single else "complex128"
    made = backend.xp.asarray(number, dtype=backend.raw_dtype(name), device=backend.device(raw))
    return Array(made) if isinstance(like, Array) else made


@elementwise(1, lambda xp, x1, x2: -xp.floor_divide(x1, x2), symbol="%")
def remainder(x1: Operand, x2: Operand, /) -> Array:
    """Return the remainder of the division, with the sign of `x2`.

    Args:
        x1: dividends, real.
        x2: divisors, real; broadcast.

    Returns:
        ``x1 - floor(x1 / x2) * x2`` of the broadcast shape, as Python's ``%``. The derivative in
        `x1` is 1, also at the jumps; that in `x2` is ``-floor(x1 / x2)``. `fmod` has the sign of
        `x1`.
    """


@constant_operator("//")
def floor_divide(x1: Operand, x2: Operand, /) -> Array:
    """Return the largest integer not greater than the quotient. Its derivative is zero.

    Args:
        x1: dividends, real.
        x2: divisors, real; broadcast.

    Returns:
        Whole numbers of the broadcast shape, in the promoted dtype, rounded towards -infinity.
    """


@elementwise(-1)
def negative(x: Array, /) -> Array:
    """Return each element with the opposite sign."""


@elementwise(1)
def positive(x: Array, /) -> Array:
    """Return a copy of each element."""


@elementwise(lambda xp, x: 2 * x)
def _square(x: Array, /) -> Array:
    """Return the square of each element, be it a root or not."""


@as_given
def square(x: Array, /) -> Array:
    """Return the square of each element."""
    if isinstance(x, Array) and root_of(x):
        return _square_of_root(x)
    return _square(x)


def _square_of_root(y: Array) -> Array:
    """Return the square of a root, with the derivatives of what is under it.

    By the chain rule they would be 0 times infinity where the root is 0, or the kink's.
    """
    root: Any = root_of(y)
    op: Any = _square
    return Array(op.op.raws[type(y._raw)](y._raw), root.squared(y._node)._node)


@elementwise(lambda xp, out: -out * out)
def reciprocal(x: Array, /) -> Array:
    """Return one divided by each element."""


@elementwise(
    lambda xp, out: 0.5 / out,
    own=Root(lambda x: positive(x)),
)
def sqrt(x: Array, /) -> Array:
    """Return the square root of each element."""


@elementwise(lambda xp, out: over_length(xp, 0.5, out))
def size_from_square(x: Array, /) -> Array:
    """Return the square root of what is a sum of squares; its derivative at 0 is 0, as of `abs`."""
    return backend_of(x).xp.sqrt(x)


@elementwise(
    lambda xp, x1, x2: cosine(x1, x2),
    lambda xp, x1, x2: cosine(x2, x1),
    own=Root(lambda x1, x2: x1 * x1 + x2 * x2),
)
def hypot(x1: Operand, x2: Operand, /) -> Array:
    """Return the length of the hypotenuse of the right triangle with these legs; 0 at (0, 0).

    At (0, 0), where the length has a kink, both derivatives are 0.

    Args:
        x1: one leg, a real array or a number.
        x2: the other one; broadcast.

    Returns:
        ``sqrt(x1**2 + x2**2)`` of the broadcast shape, without overflow on the way.
    """


# Exponentials and logarithms ---------------------------------------------------------------------


@elementwise(factor("out"))
def exp(x: Array, /) -> Array:
    """Return e raised to each element."""


@elementwise(lambda xp, x: xp.exp(x))
def expm1(x: Array, /) -> Array:
    """Return ``exp(x) - 1``, accurate for small elements."""


@elementwise(over(factor("x")))
def log(x: Array, /) -> Array:
    """Return the natural logarithm of each element."""


@elementwise(over(lambda xp, x: 1 + x))
def log1p(x: Array, /) -> Array:
    """Return ``log(1 + x)``, accurate for small elements."""


@elementwise(lambda xp, x: (1 / math.log(2)) * xp.reciprocal(x))
def log2(x: Array, /) -> Array:
    """Return the logarithm to base 2 of each element."""


@elementwise(over(lambda xp, x: x * math.log(10)))
def log10(x: Array, /) -> Array:
    """Return the logarithm to base 10 of each element."""


@elementwise(lambda xp, x1, x2: share(x1, x2), lambda xp, x1, x2: share(x2, x1))
def logaddexp(x1: Operand, x2: Operand, /) -> Array:
    """Return ``log(exp(x1) + exp(x2))`` without overflow.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape. The derivatives are the shares ``exp(x1 - out)`` and
        ``exp(x2 - out)``, which sum to 1; where both are -inf the result is -inf, the shares 0.
    """


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


@elementwise(lambda xp, x: asin_slope(x))
def asin(x: Array, /) -> Array:
    """Return the inverse sine of each element, in radians."""


@elementwise(lambda xp, x: -asin_slope(x))
def acos(x: Array, /) -> Array:
    """Return the inverse cosine of each element, in radians."""


@elementwise(lambda xp, x: atan_slope(x))
def atan(x: Array, /) -> Array:
    """Return the inverse tangent of each element, in radians."""


@elementwise(lambda xp, x1, x2: turn(x2, x1), lambda xp, x1, x2: -turn(x1, x2))
def atan2(x1: Operand, x2: Operand, /) -> Array:
    """Return the angle of the point with ordinate `x1` and abscissa `x2`, in radians.

    At the origin, where there is no angle, both derivatives are 0.

    Args:
        x1: ordinates (y), real.
        x2: abscissas (x), real; shapes are broadcast.

    Returns:
        Angles from -pi to pi, of the broadcast shape. The cut is the negative half of the abscissa;
        the sign of a zero `x1` says from which side it is reached.
    """


@elementwise(lambda xp, x: xp.cosh(x))
def sinh(x: Array, /) -> Array:
    """Return the hyperbolic sine of each element."""


@elementwise(lambda xp, x: xp.sinh(x))
def cosh(x: Array, /) -> Array:
    """Return the hyperbolic cosine of each element."""


@elementwise(lambda xp, x: tanh_slope(x))
def tanh(x: Array, /) -> Array:
    """Return the hyperbolic tangent of each element."""


@elementwise(lambda xp, x: asinh_slope(x))
def asinh(x: Array, /) -> Array:
    """Return the inverse hyperbolic sine of each element."""


@elementwise(lambda xp, x: acosh_slope(x))
def acosh(x: Array, /) -> Array:
    """Return the inverse hyperbolic cosine of each element."""


@elementwise(lambda xp, x: atanh_slope(x))
def atanh(x: Array, /) -> Array:
    """Return the inverse hyperbolic tangent of each element."""


# Absolute value, sign, choice --------------------------------------------------------------------


@elementwise(lambda xp, x: xp.sign(x), own=Root(lambda x: x * x))
def _abs_real(x: Array, /) -> Array:
    """Return the absolute value of each real element."""
    return backend_of(x).xp.abs(x)


@rule(
    vjp=lambda xp, g, x: g * xp.sign(x),
    jvp=lambda xp, t, x: t * xp.conj(xp.sign(x)),
    own=Root(lambda x: real(conj(x) * x)),
    core=0,
)
def _abs_complex(x: Array, /) -> Array:
    """Return the modulus of each complex element."""
    return backend_of(x).xp.abs(x)


@as_given
def abs(x: Array, /) -> Array:
    """Return the absolute value of each element; its derivative at 0 is 0."""
    return _abs_complex(x) if is_complex(x) else _abs_real(x)


@constant
def _sign_real(x: Array, /) -> Array:
    """Return the sign of each real element."""
    return backend_of(x).xp.sign(x)


def _across(xp: XP, t: Any, x: Any, out: Any) -> Any:
    """Return the part of `t` across the direction of `x`, over its length: how the sign turns."""
    return over_length(xp, t - out * xp.real(xp.conj(out) * t), xp.abs(x))


@rule(
    vjp=lambda xp, g, x, out: _across(xp, g, x, out),
    jvp=lambda xp, t, x, out: _across(xp, t, x, out),
    core=0,
)
def _sign_complex(x: Array, /) -> Array:
    """Return the direction of each complex element."""
    return backend_of(x).xp.sign(x)


@as_given
def sign(x: Array, /) -> Array:
    """Return -1, 0 or 1 for each element; for a complex one ``x / abs(x)``, or 0."""
    return _sign_complex(x) if is_complex(x) else _sign_real(x)


@elementwise(
    lambda xp, x1, x2: _share(xp, x1, x2),
    lambda xp, x1, x2: _share(xp, x2, x1),
    zeros=True,
    product=strong,
)
def maximum(x1: Operand, x2: Operand, /) -> Array:
    """Return the larger of each pair of elements; at a tie each gets half the derivative.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape; NaN where either is NaN (`fmax` prefers the other one).

    >>> import xgrad as xg
    >>> float(xg.grad(lambda x: xg.maximum(x, 0.0))(0.0))
    0.5
    """


@elementwise(
    lambda xp, x1, x2: _share(xp, x2, x1),
    lambda xp, x1, x2: _share(xp, x1, x2),
    zeros=True,
    product=strong,
)
def minimum(x1: Operand, x2: Operand, /) -> Array:
    """Return the smaller of each pair of elements; at a tie each gets half the derivative.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        An array of the broadcast shape; NaN where either is NaN (`fmin` prefers the other one).
    """


# A NaN is not limited: what it is in, and its derivative, it makes NaN.
@elementwise(
    mask(lambda xp, x, out: (x == out) | xp.isnan(x)),
    mask(lambda xp, x, min: x < min),
    mask(lambda xp, x, max: x > max),
    zeros=True,
)
def _clip(x: Array, /, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Return each element limited to a range that may be arrays too."""


@elementwise(mask(lambda xp, x, out: (x == out) | xp.isnan(x)), zeros=True, name="clip")
def _clip_to_numbers(x: Array, min: Any, max: Any, /) -> Array:
    """Return each element limited to a range of numbers, as `clip` has seen that they are."""


@as_given
def clip(x: Array, /, min: Operand | None = None, max: Operand | None = None) -> Array:
    """Return each element limited to a range; at a bound the derivative in `x` is 1.

    Args:
        x: a real array.
        min: the lower bound, a number or an array that broadcasts; none if None.
        max: the upper bound, likewise. It wins where it is below `min`.

    Returns:
        An array of the broadcast shape. Outside of the range the derivative in `x` is 0 and that in
        the bound 1; it stays 0 even if a later derivative is infinite.

    >>> import numpy as np, xgrad as xg
    >>> xg.clip(np.asarray([-1.0, 0.5, 2.0]), 0.0, 1.0)
    array([0. , 0.5, 1. ])
    """
    if type(min) in _NUMBERS and type(max) in _NUMBERS:
        return _clip_to_numbers(x, min, max)
    return _clip(x, min, max)


@elementwise(lambda xp, x1, out: xp.sign(x1) * xp.sign(out), lambda xp: 0.0, name="copysign")
def _copysign(x1: Operand, x2: Operand, /) -> Array:
    """Return the magnitude of `x1` with the sign of `x2`, which is not tracked."""


@as_given
def copysign(x1: Operand, x2: Operand, /) -> Array:
    """Return the magnitude of `x1` with the sign of `x2`.

    Args:
        x1: real numbers whose magnitudes are taken.
        x2: real numbers whose signs are taken, also that of a zero; broadcast.

    Returns:
        An array of the broadcast shape. The derivative in `x1` is 1 or -1, at 0 it is 0; in `x2` 0.
    """
    return _copysign(x1, without_derivative("copysign", x2))


def without_derivative(name: str, x: Any) -> Any:
    """Return an argument off the tape, of which only what does not vary is used."""
    if type(x) is not Array or x._node is None:
        return x
    left(name, x._node)
    return Array(x._raw)


@linear(
    None,
    lambda xp, g, condition: xp.where(condition, g, 0.0),
    lambda xp, g, condition: xp.where(condition, 0.0, g),
    zeros=True,
)
def where(condition: AnyArray, x1: Operand, x2: Operand, /) -> Array:
    """Return `x1` where the condition holds and `x2` elsewhere.

    The branch not taken has no influence: its derivative is zero even where that of its
    computation is infinite or NaN.

    Args:
        condition: booleans.
        x1: an array or a number, taken where the condition is true.
        x2: an array or a number, taken elsewhere. All three are broadcast, `x1` and `x2` promoted.

    Returns:
        An array of the broadcast shape.

    >>> import xgrad as xg
    >>> float(xg.grad(lambda x: xg.where(x > 0, xg.sqrt(x), 0.0))(0.0))
    0.0
    """


# Real and imaginary part -------------------------------------------------------------------------


@linear(lambda xp, g: g)
def _real(x: Array, /) -> Array:
    """Return the real part of each complex element."""
    return backend_of(x).xp.real(x)


@linear(lambda xp, g: g * 1j)
def _imag(x: Array, /) -> Array:
    """Return the imaginary part of each complex element."""
    return backend_of(x).xp.imag(x)


@linear(lambda xp, g: xp.conj(g))
def _conj(x: Array, /) -> Array:
    """Return the conjugate of each complex element."""
    return backend_of(x).xp.conj(x)


def _itself(x: Any) -> Any:
    return x if "bool" in str(x.dtype) else positive(x)


@as_given
def real(x: Array, /) -> Array:
    """Return the real part of each element; a real array as it is."""
    return _real(x) if is_complex(x) else _itself(x)


@constant
def _imag_real(x: Array, /) -> Array:
    """Return zeros, the imaginary part of real numbers."""
    return backend_of(x).xp.zeros_like(x)


@as_given
def imag(x: Array, /) -> Array:
    """Return the imaginary part of each element; zeros for a real array."""
    return _imag(x) if is_complex(x) else _imag_real(x)


@as_given
def conj(x: Array, /) -> Array:
    """Return the complex conjugate of each element; a real array as it is."""
    return _conj(x) if is_complex(x) else _itself(x)


# Rounding: the derivative is zero wherever there is one ------------------------------------------


@constant
def ceil(x: Array, /) -> Array:
    """Return each element rounded up. Its derivative is zero."""


@constant
def floor(x: Array, /) -> Array:
    """Return each element rounded down. Its derivative is zero."""


@constant
def _round(x: Array, /) -> Array:
    """Return each element rounded, halves to even."""
    return backend_of(x).xp.round(x)


@as_given
def round(x: Array, /, decimals: int = 0) -> Array:
    """Return each element rounded, halves to even. Its derivative is zero.

    Args:
        x: a real or complex floating-point array.
        decimals: to how many decimals; a negative number rounds to tens, hundreds, ...

    Returns:
        An array of the shape and dtype of `x`.

    >>> import xgrad as xg
    >>> float(xg.round(2.718, 1))
    2.7
    """
    if not decimals:
        return _round(x)
    if decimals > 0:
        scale = 10.0**decimals
        return _round(x * scale) / scale
    scale = 10.0**-decimals
    return _round(x / scale) * scale


@constant
def trunc(x: Array, /) -> Array:
    """Return each element rounded towards zero. Its derivative is zero."""


@elementwise(1, lambda xp, x2: xp.zeros_like(x2))
def nextafter(x1: Operand, x2: Operand, /) -> Array:
    """Return the next representable number after `x1` towards `x2`: it moves as `x1` does.

    Args:
        x1: where to start, real and floating-point.
        x2: the direction, of the same dtype; broadcast.

    Returns:
        An array of the broadcast shape; `x2` where both are equal. The derivative in `x1` is 1,
        that in `x2` is 0.
    """


# Comparisons, logic and bits: no derivative ------------------------------------------------------


@constant_operator("==")
def equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether the elements of each pair are equal.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; False where either is NaN. They have no derivative.
    """


@constant_operator("!=")
def not_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether the elements of each pair differ.

    Args:
        x1: an array or a number.
        x2: an array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; True where either is NaN. They have no derivative.
    """


@constant_operator("<")
def less(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is less than `x2`.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; False where either is NaN. They have no derivative.
    """


@constant_operator("<=")
def less_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is less than or equal to `x2`.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; False where either is NaN. They have no derivative.
    """


@constant_operator(">")
def greater(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is greater than `x2`.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; False where either is NaN. They have no derivative.
    """


@constant_operator(">=")
def greater_equal(x1: Operand, x2: Operand, /) -> Array:
    """Return whether `x1` is greater than or equal to `x2`.

    Args:
        x1: a real array or a number.
        x2: a real array or a number; shapes are broadcast, dtypes promoted.

    Returns:
        Booleans of the broadcast shape; False where either is NaN. They have no derivative.
    """


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
    """Return whether both elements are true.

    Args:
        x1: booleans.
        x2: booleans; broadcast.

    Returns:
        Booleans of the broadcast shape. They have no derivative.
    """


@constant
def logical_or(x1: Operand, x2: Operand, /) -> Array:
    """Return whether either element is true.

    Args:
        x1: booleans.
        x2: booleans; broadcast.

    Returns:
        Booleans of the broadcast shape. They have no derivative.
    """


@constant
def logical_xor(x1: Operand, x2: Operand, /) -> Array:
    """Return whether exactly one of the elements is true.

    Args:
        x1: booleans.
        x2: booleans; broadcast.

    Returns:
        Booleans of the broadcast shape. They have no derivative.
    """


@constant
def logical_not(x: Array, /) -> Array:
    """Return whether each element is false."""


@constant_operator("&")
def bitwise_and(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in both elements.

    Args:
        x1: integers, or booleans.
        x2: integers, or booleans if `x1` holds booleans; shapes are broadcast.

    Returns:
        Integers of the broadcast shape, or booleans. They have no derivative.
    """


@constant_operator("|")
def bitwise_or(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in either element.

    Args:
        x1: integers, or booleans.
        x2: integers, or booleans if `x1` holds booleans; shapes are broadcast.

    Returns:
        Integers of the broadcast shape, or booleans. They have no derivative.
    """


@constant_operator("^")
def bitwise_xor(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits set in exactly one of the elements.

    Args:
        x1: integers, or booleans.
        x2: integers, or booleans if `x1` holds booleans; shapes are broadcast.

    Returns:
        Integers of the broadcast shape, or booleans. They have no derivative.
    """


@constant
def bitwise_invert(x: Array, /) -> Array:
    """Return each element with all bits flipped."""


@constant_operator("<<")
def bitwise_left_shift(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits of `x1` shifted left by `x2`.

    Args:
        x1: integers.
        x2: by how many bits, not negative and less than the dtype is wide; broadcast.

    Returns:
        Integers of the broadcast shape: ``x1 * 2**x2`` where that fits. They have no derivative.
    """


@constant_operator(">>")
def bitwise_right_shift(x1: Operand, x2: Operand, /) -> Array:
    """Return the bits of `x1` shifted right by `x2`.

    Args:
        x1: integers; the sign of a negative one is kept.
        x2: by how many bits, not negative and less than the dtype is wide; broadcast.

    Returns:
        Integers of the broadcast shape: ``floor(x1 / 2**x2)``. They have no derivative.
    """
