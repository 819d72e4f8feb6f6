"""The maximum of each part of an array, as an op where a library does it by one kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import xgrad as xg

from ...arrays.array import Array
from ...engine.op import linear, rule
from .pool_kernels import maxima, ready
from .windows import Shape

__all__ = ["Parts", "largest_of_parts"]


class Parts(NamedTuple):
    """Which maxima are taken.

    Attributes:
        places: how many parts each axis has.
        plainly: the same by other ops, for arrays that no kernel is for.
    """

    places: Shape
    plainly: Callable[[Any], Any]


@linear(lambda xp, g, x, out, parts: _collected(g, x, out, parts=parts), None, None, zeros=True)
def _handed_down(g: Any, x: Any, out: Any, /, *, parts: Parts) -> Any:
    """Return what reaches each element of x from the parts whose maximum it attains."""
    if ready(g, x, out):
        return maxima("handed_down", parts, g, x, out, like=x)
    _, pull = xg.vjp(parts.plainly, Array(x))
    return pull(Array(g))[0]._raw


@linear(lambda xp, g, x, out, parts: _handed_down(g, x, out, parts=parts), None, None, zeros=True)
def _collected(t: Any, x: Any, out: Any, /, *, parts: Parts) -> Any:
    """Return the mean of t over the elements of each part that attain its maximum."""
    if ready(t, x, out):
        return maxima("collected", parts, t, x, out, like=x)
    return xg.jvp(parts.plainly, (Array(x),), (Array(t),))[1]._raw


@rule(
    vjp=lambda xp, g, x, out, parts: _handed_down(g, x, out, parts=parts),
    jvp=lambda xp, t, x, out, parts: _collected(t, x, out, parts=parts),
    zeros=True,
)
def largest_of_parts(x: Any, /, *, parts: Parts) -> Any:
    """Return the maximum of each part; elements that attain it together share the derivative."""
    return maxima("largest", parts, x, like=x) if ready(x) else parts.plainly(Array(x))._raw
