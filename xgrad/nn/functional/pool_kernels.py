"""Pools of raw arrays by one kernel each, where the library has `kernels`."""

from __future__ import annotations

from typing import Any

from ...arrays.array import Array
from ...backends import backend_of_type
from .windows import Shape, Window

__all__ = ["maxima", "means", "ready"]

FLOATS = frozenset(("float16", "bfloat16", "float32", "float64"))


def ready(*arrays: Any) -> bool:
    """Whether kernels pool arrays, all of one library and dtype."""
    raws = [x._raw if type(x) is Array else x for x in arrays]
    backend = backend_of_type(type(raws[0]))
    if backend is None or backend.kernels is None:
        return False
    dtype = raws[0].dtype
    alike = all(type(x) in backend.array_types and x.dtype == dtype for x in raws)
    return alike and getattr(dtype, "name", "") in FLOATS


def maxima(name: str, window: Any, *arrays: Any, like: Any) -> Any:
    """Return what a kernel makes of arrays at the maxima of `like` in a window, or in parts."""
    from ...compiling.device import pools  # nothing of it is imported before there is a device

    shape = tuple(like.shape[2:])
    axes: tuple[Any, ...] = (None,) * len(shape)
    if isinstance(window, Window):
        before = window.before or (0,) * len(shape)
        moves = zip(window.size, window.stride, window.dilation, before, strict=True)
        axes = tuple([pools.Slide(*move) for move in moves])
    if name == "handed_down" and not pools.recounts(axes, window.places, shape):
        shares = pools.pooled("shares", arrays, axes, window.places, shape)
        name, arrays = "handed", (shares, *arrays[1:])
    return pools.pooled(name, arrays, axes, window.places, shape)


def means(name: str, x: Any, axes: Any, places: Shape, shape: Shape, divisor: Any) -> Any:
    """Return means of windows of an array, or what is spread over them.

    Args:
        name: ``"mean"`` or ``"spread"``.
        x: the array.
        axes: for each axis size, stride, border and what it is divided by; None for parts.
        places: how many of them each axis has.
        shape: the lengths of the axes.
        divisor: what sums are divided by instead.
    """
    from ...compiling.device import pools

    moves = [a if a is None else pools.Slide(a[0], a[1], 1, *a[2:]) for a in axes]
    return pools.pooled(name, (x,), tuple(moves), places, shape, divisor)
