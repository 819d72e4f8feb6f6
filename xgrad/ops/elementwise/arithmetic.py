"""Sums, products, squares, quotients and what is left of them."""

from __future__ import annotations

import math
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.types import as_given
from ...backends import XP, backend_of
from ...engine.handed import strong
from ...engine.op import SquaresRoots, constant_operator, elementwise, factor, over
from ...engine.own import root_of
from .common import Operand


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
