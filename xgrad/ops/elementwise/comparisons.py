"""Comparisons, logic and bits, which have no derivative."""

from __future__ import annotations

from ...arrays.array import Array
from ...engine.op import constant, constant_operator
from .common import Operand


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
