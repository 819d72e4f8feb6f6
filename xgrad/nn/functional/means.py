"""The mean of each window, as an op of its own where a library does it by one kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import xgrad as xg

from ...arrays.array import Array
from ...backends import backend_of
from ...engine.op import linear
from .pool_kernels import means as by_kernel
from .pool_kernels import ready
from .windows import Shape

__all__ = ["Means", "averaged"]


class Means(NamedTuple):
    """Which means are taken.

    Attributes:
        axes: for each axis the size of the window, its stride, the border before the axis, and what
            sums are divided by, as `Slide` says; None for parts as equal as possible.
        places: how many means there are along each axis.
        divisor: what sums are divided by instead.
        plainly: the same by other ops, for arrays that no kernel is for.
    """

    axes: tuple[tuple[int, int, int, str] | None, ...]
    places: Shape
    divisor: float | None
    plainly: Callable[[Any], Any]


@linear(lambda xp, g, x, means: spread(g, means=means, shape=tuple(x.shape)), zeros=True)
def averaged(x: Any, /, *, means: Means) -> Any:
    """Return the means of an array."""
    if ready(x):
        return by_kernel("mean", x, means.axes, means.places, tuple(x.shape[2:]), means.divisor)
    return means.plainly(Array(x))._raw


@linear(lambda xp, g, means: averaged(g, means=means))
def spread(g: Any, /, *, means: Means, shape: Shape) -> Any:
    """Return what reaches each element of an array of this shape from its means."""
    if ready(g):
        return by_kernel("spread", g, means.axes, means.places, shape[2:], means.divisor)
    backend = backend_of(g)
    start = backend.xp.zeros(shape, dtype=g.dtype, device=backend.device(g))
    _, pull = xg.vjp(means.plainly, Array(start))
    (out,) = pull(Array(g))
    return out._raw
