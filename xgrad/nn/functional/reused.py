"""The three products of `convolution` where memory can be written to: buffers that are used again.

On the host making an array of the size of the windows takes longer than filling it, since its pages
are new; so one buffer holds the windows of one part of the batch after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ...backends import backend_of
from .windows import Shape, Window

_MOST_ELEMENTS = 2**18  # of windows at one time: what a core's cache holds


def _steps(batch: int, per_image: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of images, as many at once as the cache holds, of about one size."""
    step = max(1, _MOST_ELEMENTS // max(1, per_image))
    step = -(-batch // -(-batch // step)) if batch else 1
    for i in range(0, batch, step):
        yield i, min(i + step, batch)


class _Windows:
    """The windows of a part of a batch, in a buffer."""

    def __init__(self, like: Any, dtype: Any, channels: int, window: Window) -> None:
        self.window, self.keys, self.overlaps = window, list(window.keys()), window.overlaps
        self.shape = (channels, math.prod(window.size), *window.places)
        self.xp, self.dtype = backend_of(like).xp, dtype
        self.buffer: Any = None

    def room(self, n: int) -> Any:
        """Return the buffer for n images."""
        if self.buffer is None:
            self.buffer = self.xp.empty((n, *self.shape), dtype=self.dtype)
        return self.buffer[:n]

    def of(self, x: Any) -> Any:
        """Return the windows of an array."""
        if self.window.is_trivial and tuple(x.shape[2:]) == self.window.places:
            return x
        seen = self.room(x.shape[0])
        for k, key in enumerate(self.keys):
            seen[:, :, k] = x[key]
        return seen

    def added(self, seen: Any, total: Any) -> None:
        """Add windows to an array of zeros where they come from."""
        for k, key in enumerate(self.keys):
            if self.overlaps:
                total[key] += seen[:, :, k]
            else:
                total[key] = seen[:, :, k]


def conv(x: Any, w: Any, window: Window, groups: int) -> Any:
    """Return what filters see; `w` are matrices ``(groups, filters, inner)``."""
    xp = backend_of(x).xp
    rows, inner, places = w.shape[1], w.shape[2], math.prod(window.places)
    dtype = xp.result_type(x, w)
    out = xp.empty((x.shape[0], groups, rows, places), dtype=dtype)
    windows = _Windows(x, dtype, x.shape[1], window)
    for i, j in _steps(x.shape[0], inner * groups * places):
        seen = windows.of(x[i:j]).reshape((j - i, groups, inner, places))
        xp.matmul(w, seen, out=out[i:j])
    return out.reshape((x.shape[0], groups * rows, *window.places))


def spread(y: Any, w: Any, window: Window, groups: int, shape: Shape) -> Any:
    """Return the sum of the filters; `w` are matrices ``(groups, filters, inner)``."""
    xp = backend_of(y).xp
    rows, inner, places = w.shape[1], w.shape[2], math.prod(window.places)
    channels = groups * inner // math.prod(window.size)
    dtype = xp.result_type(y, w)
    out = xp.zeros((y.shape[0], channels, *shape), dtype=dtype)
    windows, w = _Windows(y, dtype, channels, window), w.mT
    y = y.reshape((y.shape[0], groups, rows, places))
    for i, j in _steps(y.shape[0], inner * groups * places):
        seen = windows.room(j - i)
        xp.matmul(w, y[i:j], out=seen.reshape((j - i, groups, inner, places)))
        windows.added(seen, out[i:j])
    return out


def gather(x: Any, y: Any, window: Window, groups: int) -> Any:
    """Return the sums of windows, as matrices ``(groups, filters, inner)``."""
    xp = backend_of(x).xp
    rows, places = y.shape[1] // groups, math.prod(window.places)
    inner = x.shape[1] // groups * math.prod(window.size)
    dtype = xp.result_type(x, y)
    total = xp.zeros((groups, rows, inner), dtype=dtype)
    windows, part = _Windows(x, dtype, x.shape[1], window), None
    y = y.reshape((y.shape[0], groups, rows, places))
    for i, j in _steps(x.shape[0], inner * groups * places):
        seen = windows.of(x[i:j]).reshape((j - i, groups, inner, places))
        part = xp.matmul(y[i:j], seen.mT, out=None if part is None else part[: j - i])
        for one in part:
            total += one
    return total
