"""The border of `vmap`, which derivatives cross as they cross any other op.

An array becomes a batch of its slices, a batch an array; what is the same for each example is
adopted, and the cotangents of all examples add up to its own.
"""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..backends import batched
from ..engine.op import linear

__all__ = ["adopted", "entered", "left"]


@linear(lambda xp, g, level, axis: left(g, level=level, axis=axis))
def entered(x: Array, /, *, level: Any, axis: int) -> Array:
    """Return the slices along an axis as a batch."""
    return batched.enter(x, level, axis)


@linear(lambda xp, g, level, axis: entered(g, level=level, axis=axis))
def left(x: Array, /, *, level: Any, axis: int) -> Array:
    """Return the arrays of a batch stacked along an axis."""
    return batched.leave(x, level, axis)


@linear(lambda xp, g, level: _total(g, level=level))
def adopted(x: Array, /, *, level: Any) -> Array:
    """Return an array as a batch of the same for each."""
    return batched.adopt(x, level)


@linear(lambda xp, g, level: adopted(g, level=level))
def _total(x: Array, /, *, level: Any) -> Array:
    """Return the sum over a batch."""
    return batched.total(x, level)


batched.hand(lambda x, level: adopted(x, level=level))
