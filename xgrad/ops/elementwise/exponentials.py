"""Exponentials and logarithms."""

from __future__ import annotations

import math

from ...arrays.array import Array
from ...engine.op import elementwise, factor, over
from ..slopes import share
from .common import Operand


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
