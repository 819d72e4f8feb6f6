"""The three products of `convolution` where memory can be written to: buffers that are used again.

On the host making an array of the size of the windows takes longer than filling it, since its pages
are new; so one buffer holds the windows of one part of the batch after the other.

Where the window moves by single rows, rows need no copy for each row of the window: what another
row of it sees starts a few rows later in the same memory. So the buffer has a copy for each element
within a row only, and there is a product for each row; of a 3 x 3 window that is a third of the
copies, and of a window with one axis one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ...backends import backend_of
from .windows import Shape, Window

_MOST_ELEMENTS = 2**18  # of windows at one time: what a core's cache holds
_LEAST_INNER = 16  # how long the sums of the products are to be, for one for each row to pay


def _steps(batch: int, per_image: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of images, as many at once as the cache holds, of about one size."""
    step = max(1, _MOST_ELEMENTS // max(1, per_image))
    step = -(-batch // -(-batch // step)) if batch else 1
    for i in range(0, batch, step):
        yield i, min(i + step, batch)


class _Windows:
    """The windows of a part of a batch, in a buffer.

    Its shape is ``(images, groups, inner, length)``: `inner` counts the elements of the window that
    have a copy, and for each of them the channels of a group. A product is made for each of
    `shifts`, of the `places` columns that begin there.
    """

    def __init__(self, like: Any, dtype: Any, channels: int, window: Window, groups: int) -> None:
        self.window, self.groups, self.channels = window, groups, channels // groups
        self.xp, self.dtype = backend_of(like).xp, dtype
        self.buffer: Any = None
        within = math.prod(window.size[1:])
        by_rows = (
            window.size[0] > 1 and window.stride[0] == 1 and within * self.channels >= _LEAST_INNER
        )
        self.rows = window.size[0] if by_rows else 1
        copied = window.as_row() if by_rows else window
        self.keys, self.overlaps = list(copied.keys()), copied.overlaps
        self.shape = (len(self.keys), self.channels, *copied.places)
        self.places, self.inner = math.prod(window.places), len(self.keys) * self.channels
        row = math.prod(window.places[1:])
        self.length = copied.places[0] * row
        self.shifts = [i * window.dilation[0] * row for i in range(self.rows)]

    @property
    def per_image(self) -> int:
        """How many elements the windows of an image have."""
        return self.groups * self.inner * self.length

    def filters(self, w: Any) -> Any:
        """Return filters ``(groups, filters, channels x elements)`` as matrices for each shift."""
        shape = (*w.shape[:2], self.channels, self.rows, len(self.keys))
        w = self.xp.permute_dims(w.reshape(shape), (3, 0, 1, 4, 2))
        return self.xp.asarray(w, copy=True).reshape((self.rows, *shape[:2], self.inner))

    def unfiltered(self, w: Any) -> Any:
        """Return the transposes of such matrices as filters ``(groups, filters, inner)``."""
        filters = w.shape[-1]
        shape = (self.rows, self.groups, len(self.keys), self.channels, filters)
        w = self.xp.permute_dims(w.reshape(shape), (1, 4, 3, 0, 2))
        return w.reshape((self.groups, filters, self.rows * self.inner))

    def room(self, n: int) -> Any:
        """Return the buffer for n images."""
        if self.buffer is None:
            shape = (n, self.groups, self.inner, self.length)
            self.buffer = self.xp.empty(shape, dtype=self.dtype)
        return self.buffer[:n]

    def of(self, x: Any) -> list[Any]:
        """Return the windows of an array, for each shift."""
        n, spatial = x.shape[0], tuple(x.shape[2:])
        if self.window.is_trivial and spatial == self.window.places:
            return [x.reshape((n, self.groups, self.inner, self.places))]
        seen = self.room(n)
        parts = seen.reshape((n, self.groups, *self.shape))
        x = x.reshape((n, self.groups, self.channels, *spatial))
        for k, key in enumerate(self.keys):
            parts[:, :, k] = x[:, *key]
        return self.shifted(seen)

    def shifted(self, seen: Any) -> list[Any]:
        """Return the part of the buffer that belongs to each shift."""
        return [seen[..., i : i + self.places] for i in self.shifts]

    def added(self, seen: Any, total: Any) -> None:
        """Add windows to an array of zeros where they come from."""
        n = seen.shape[0]
        seen = seen.reshape((n, self.groups, *self.shape))
        total = total.reshape((n, self.groups, self.channels, *total.shape[2:]))
        for k, key in enumerate(self.keys):
            if self.overlaps:
                total[:, *key] += seen[:, :, k]
            else:
                total[:, *key] = seen[:, :, k]


def conv(x: Any, w: Any, window: Window, groups: int) -> Any:
    """Return what filters see; `w` are matrices ``(groups, filters, inner)``."""
    xp = backend_of(x).xp
    dtype = xp.result_type(x, w)
    windows, part = _Windows(x, dtype, x.shape[1], window, groups), None
    filters, *others = windows.filters(w)
    out = xp.empty((x.shape[0], *filters.shape[:2], windows.places), dtype=dtype)
    for i, j in _steps(x.shape[0], windows.per_image):
        seen, *more = windows.of(x[i:j])
        xp.matmul(filters, seen, out=out[i:j])
        for filters_of_row, seen_by_row in zip(others, more, strict=True):
            part = xp.matmul(
                filters_of_row, seen_by_row, out=None if part is None else part[: j - i]
            )
            out[i:j] += part
    return out.reshape((x.shape[0], filters.shape[0] * filters.shape[1], *window.places))


def spread(y: Any, w: Any, window: Window, groups: int, shape: Shape) -> Any:
    """Return the sum of the filters; `w` are matrices ``(groups, filters, inner)``."""
    xp = backend_of(y).xp
    channels = groups * w.shape[2] // math.prod(window.size)
    dtype = xp.result_type(y, w)
    out = xp.zeros((y.shape[0], channels, *shape), dtype=dtype)
    windows, part = _Windows(y, dtype, channels, window, groups), None
    filters, *others = windows.filters(w).mT
    y = y.reshape((y.shape[0], groups, w.shape[1], windows.places))
    for i, j in _steps(y.shape[0], windows.per_image):
        room = windows.room(j - i)
        seen, *more = windows.shifted(room)
        xp.matmul(filters, y[i:j], out=seen)
        room[..., windows.places :] = 0
        for filters_of_row, seen_by_row in zip(others, more, strict=True):
            part = xp.matmul(filters_of_row, y[i:j], out=None if part is None else part[: j - i])
            xp.add(seen_by_row, part, out=seen_by_row)
        windows.added(room, out[i:j])
    return out


def gather(x: Any, y: Any, window: Window, groups: int) -> Any:
    """Return the sums of windows, as matrices ``(groups, filters, inner)``."""
    xp = backend_of(x).xp
    filters = y.shape[1] // groups
    dtype = xp.result_type(x, y)
    windows, part = _Windows(x, dtype, x.shape[1], window, groups), None
    total = xp.zeros((windows.rows, groups, windows.inner, filters), dtype=dtype)
    y = y.reshape((y.shape[0], groups, filters, windows.places)).mT
    for i, j in _steps(x.shape[0], windows.per_image):
        for row, seen in enumerate(windows.of(x[i:j])):
            part = xp.matmul(seen, y[i:j], out=None if part is None else part[: j - i])
            for one in part:
                total[row] += one
    return windows.unfiltered(total)
