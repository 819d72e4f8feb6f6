"""Absolute values, signs, and what chooses: maxima, limits, `where`."""

from __future__ import annotations

from types import NoneType
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.node import left
from ...arrays.types import AnyArray, as_given
from ...backends import XP, backend_of
from ...engine.handed import strong
from ...engine.op import Root, constant, elementwise, linear, mask, rule
from ..slopes import over_length
from .common import Operand, is_complex
from .parts import conj, real


def _share(xp: XP, larger: Any, smaller: Any) -> Any:
    """Return 1 where the first is strictly larger, and one half at a tie."""
    dtype = (smaller if type(larger) in SCALARS else larger).dtype
    return xp.astype(larger > smaller, dtype) + 0.5 * xp.astype(larger == smaller, dtype)


_NUMBERS = frozenset((bool, int, float, NoneType))


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
