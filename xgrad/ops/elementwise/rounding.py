"""Rounding: the derivative is zero wherever there is one."""

from __future__ import annotations

from ...arrays.array import Array
from ...arrays.types import as_given
from ...backends import backend_of
from ...engine.op import constant, elementwise
from .common import Operand


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
