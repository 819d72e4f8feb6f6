"""The maximum of each window, as an op; elements that attain it together share the derivative."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

from ...backends import backend_of
from ...engine.op import constant, linear, rule
from .pool_kernels import maxima, ready
from .windows import Shape, Window, as_one_step, slices, summed

__all__ = ["first_largest", "largest"]


def _inner(window: Window, shape: Shape) -> tuple[Shape, Any]:
    """Return the shape of an array of this spatial shape with its border, and where it is then."""
    if not window.before:
        return shape, ...
    ends = [max(n + p, e) for n, p, e in zip(shape, window.before, window.extent, strict=True)]
    key = [slice(p, p + n) for n, p in zip(shape, window.before, strict=True)]
    return tuple(ends), (slice(None), slice(None), *key)


def _bordered(x: Any, window: Window, value: float) -> Any:
    """Return a raw array with the border that a window counts."""
    if not window.before:
        return x
    backend = backend_of(x)
    shape, key = _inner(window, tuple(x.shape[2:]))
    place = backend.device(x)
    whole = backend.xp.full((*x.shape[:2], *shape), value, dtype=x.dtype, device=place)
    return backend.setitem(whole, key, x, False)


def _hits(x: Any, out: Any, window: Window) -> tuple[list[Any], Any]:
    """Return for each element of the window where it attains the maximum, and how many do."""
    xp = backend_of(x).xp
    hits = [part == out for part in slices(x, window)]
    count = xp.uint8 if len(hits) < 256 else xp.int32  # a quarter of what the result's dtype takes
    times = functools.reduce(operator.add, (xp.astype(hit, count) for hit in hits))
    return hits, xp.astype(times, out.dtype)


@linear(lambda xp, g, x, out, window: _collected(g, x, out, window=window), None, None, zeros=True)
def _handed_down(g: Any, x: Any, out: Any, /, *, window: Window) -> Any:
    """Return what reaches each element of x from the windows whose maximum it attains."""
    if ready(g, x, out):
        return maxima("handed_down", window, g, x, out, like=x)
    xp, shape = backend_of(x).xp, tuple(x.shape[2:])
    x = _bordered(x, window, -math.inf)
    hits, times = _hits(x, out, window)
    share = g / times
    parts = (xp.where(hit, share, 0.0) for hit in hits)
    whole, key = _inner(window, shape)
    found = summed(parts, x, window, whole)
    return backend_of(found).getitem(found, key) if window.before else found


@linear(
    lambda xp, g, x, out, window: _handed_down(g, x, out, window=window), None, None, zeros=True
)
def _collected(t: Any, x: Any, out: Any, /, *, window: Window) -> Any:
    """Return the mean of t over the elements of each window that attain its maximum."""
    if ready(t, x, out):
        return maxima("collected", window, t, x, out, like=x)
    xp = backend_of(x).xp
    x, t = _bordered(x, window, -math.inf), _bordered(t, window, 0.0)
    hits, times = _hits(x, out, window)
    parts = (xp.where(hit, part, 0.0) for hit, part in zip(hits, slices(t, window), strict=True))
    return functools.reduce(operator.add, parts) / times


@rule(
    vjp=lambda xp, g, x, out, window: _handed_down(g, x, out, window=window),
    jvp=lambda xp, t, x, out, window: _collected(t, x, out, window=window),
    zeros=True,
)
def largest(x: Any, /, *, window: Window) -> Any:
    """Return the maximum of each window; elements that attain it together share the derivative."""
    one = as_one_step("nn_largest", largest, x, window=window)
    if one is not None:
        return one
    if ready(x):
        return maxima("largest", window, x, like=x)
    xp = backend_of(x).xp
    first, *others = slices(_bordered(x, window, -math.inf), window)
    return functools.reduce(xp.maximum, others, first) if others else xp.asarray(first, copy=True)


@constant
def first_largest(x: Any, /, *, window: Window) -> Any:
    """Return where the first maximum of each window is, counted by axes; of what is `ready`."""
    return maxima("first_largest", window, x, like=x)
