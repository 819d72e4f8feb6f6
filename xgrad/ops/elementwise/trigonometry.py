"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

from ...arrays.array import Array
from ...engine.op import elementwise
from ..slopes import acosh_slope, asin_slope, asinh_slope, atan_slope, atanh_slope, tanh_slope, turn
from .common import Operand


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
