"""Powers and roots."""

from __future__ import annotations

import math
from typing import Any

from ...arrays import operators
from ...arrays.array import Array
from ...arrays.types import ArrayLike, as_given
from ...backends import COMPLEX, XP, Raw, backend_of
from ...engine.op import Root, elementwise
from ...engine.own import root_of
from ..slopes import all_known, cosine_of, normal, over_length
from .arithmetic import _square_of_root, positive
from .common import Operand


def _pow_slope(xp: XP, x1: Any, x2: float, out: Any) -> Any:
    if x2 == 2:
        return x1 * 2
    if (x2 - 1) + 1 == x2:  # an array first: the short way
        return _raised(x1, x2 - 1) * x2 if x2 else 0.0
    return _pow_by_quotient(xp, x1, x2, out) * x2


def _pow_by_quotient(xp: XP, x1: Any, x2: Any, out: Any) -> Any:
    """Return ``x1 ** (x2 - 1)`` where ``x2 - 1`` would be rounded: 100 ulp if x1 is far from 1."""
    end = x1 + x1 == x1  # 0 or infinite
    return xp.where(end, x1 ** (x2 - 1), out / xp.where(end, xp.ones_like(out), x1))


def _raised(x: Any, n: Any) -> Any:
    """Return an array to the power of a number, long raw ones as the adapter knows best."""
    if isinstance(x, Array) or math.prod(x.shape) < 128 or not backend_of(x).in_place:
        return x**n
    return backend_of(x).xp.pow(x, n)


@elementwise(lambda xp, x1, x2, out: _pow_slope(xp, x1, x2, out), lambda xp: 0.0)
def _pow_of_number(x1: Operand, x2: Operand, /) -> Array:
    """Return each element raised to the same number."""
    short = x2 == 2 or math.prod(x1.shape) < 128  # type: ignore[union-attr]
    return x1**x2 if short else _raised(x1, x2)  # type: ignore[return-value]


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
    if order == 1:
        return power_in_base(backend.xp, x1, x2, backend.xp.pow(x1, x2))
    return backend.quietly(_falling_power, backend.xp, x1, x2, order)


def _falling_power(xp: XP, x1: Any, x2: Any, order: int) -> Any:
    end = x1 + x1 == x1  # 0 or infinite
    exponent: Any = x2
    steps: list[Any] = []
    for k in range(order):
        if x1.dtype in COMPLEX or x2.dtype in COMPLEX:
            exponent = exponent - 1
            steps.append(None)
        else:
            steps.append((x2 >= k + 1) | end)
            exponent = xp.where(steps[k], exponent - 1, exponent)
    power = xp.pow(x1, exponent)
    for k, step in enumerate(steps):
        factor = x2 - k if k else x2
        # 0 where it is constant, also at 0, and where the exponent is infinite
        power = xp.where((factor == 0) | (power == 0), 0.0, power * factor)
        if step is not None:
            power = power / xp.where(step, 1.0, x1)
    return power


def power_in_base(xp: XP, x1: Any, x2: Any, out: Any) -> Any:
    """Return the derivative of a power in its base, 0 where the exponent is 0."""
    if isinstance(out, Array):
        return power_derivative(x1, x2, order=1)
    return backend_of(out).quietly(_slope_in_base, xp, x1, x2, out)


def _slope_in_base(xp: XP, x1: Any, x2: Any, out: Any) -> Any:
    """Return ``out * x2 / x1``, and another way where the product might leave the dtype."""
    if out.dtype in COMPLEX:
        return _falling_power(xp, x1, x2, 1)
    size = xp.abs(out)
    least, most = normal(xp, out.dtype)
    plain = (size > least**0.5) & (size < most**0.5) & (x1 != 0)
    if all_known(plain):
        return out * x2 / x1
    quotient = out * x2 / xp.where(plain, x1, xp.ones_like(x1))
    return xp.where(plain, quotient, _falling_power(xp, x1, x2, 1))


def power_in_exponent(xp: XP, x1: Any, out: Any) -> Any:
    """Return the derivative of a power in its exponent, 0 where the base is 0."""
    if not isinstance(out, Array) and out.dtype not in COMPLEX and all_known((x1 > 0) & (out > 0)):
        return out * xp.log(x1)
    zero = (x1 == 0) | (out == 0)
    return xp.where(zero, 0.0, out * xp.log(xp.where(zero, xp.ones_like(x1), x1)))


@elementwise(power_in_base, power_in_exponent)
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
    lambda xp, x1, x2, out: cosine_of(xp, x1, x2, out),
    lambda xp, x1, x2, out: cosine_of(xp, x2, x1, out),
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
