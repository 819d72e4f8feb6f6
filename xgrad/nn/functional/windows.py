"""Sliding windows over the spatial axes of ``(batch, channels, *spatial)``, and their transpose.

`unfold` copies one strided slice for each place in the window, which is as fast as any layout of
the columns and needs nothing beyond the standard; `fold` adds the slices back.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from ...backends import backend_of
from ...engine.op import linear
from ...engine.plain import integers
from ...ops.halves import is_half, wide
from ...ops.halves import like as halved

Shape = tuple[int, ...]


class Window(NamedTuple):
    """The places of a window: how large it is, how it moves, and how often.

    Attributes:
        size: its elements along each spatial axis.
        stride: how far it moves from one place to the next.
        dilation: how far apart its elements are.
        places: how many places it has along each axis.
        before: how far into a border before each axis it begins; there is none if empty.
    """

    size: Shape
    stride: Shape
    dilation: Shape
    places: Shape
    before: Shape = ()

    @property
    def extent(self) -> Shape:
        """The length that it covers along each axis in all its places."""
        return tuple(
            (n - 1) * s + (k - 1) * d + 1
            for k, s, d, n in zip(self.size, self.stride, self.dilation, self.places, strict=True)
        )

    @property
    def is_trivial(self) -> bool:
        """Whether it is a single element that visits each element."""
        return set(self.size) == set(self.stride) == {1}

    @property
    def overlaps(self) -> bool:
        """Whether it may see an element from several places."""
        extents = ((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))
        return any(n > s for n, s in zip(extents, self.stride, strict=True))

    def as_row(self) -> Window:
        """Return its first row alone, in as many places as all of its rows have together."""
        (k, *size), (d, *dilation), (n, *places) = self.size, self.dilation, self.places
        extent = (n - 1) * self.stride[0] + (k - 1) * d + 1
        return Window((1, *size), (1, *self.stride[1:]), (1, *dilation), (extent, *places))

    def tiles(self, shape: Shape) -> bool:
        """Whether it sees each element of an array of this spatial shape exactly once."""
        seen = tuple(n * k for n, k in zip(self.places, self.size, strict=True))
        return self.size == self.stride and set(self.dilation) == {1} and seen == shape

    def keys(self) -> Iterator[tuple[slice, ...]]:
        """Yield for each element of the window the index of what it sees."""
        for place in itertools.product(*map(range, self.size)):
            yield (
                slice(None),
                slice(None),
                *(
                    slice(p * d, p * d + (n - 1) * s + 1, s)
                    for p, s, d, n in zip(
                        place, self.stride, self.dilation, self.places, strict=True
                    )
                ),
            )


_whole: ContextVar[bool] = ContextVar("xgrad_whole", default=False)


@contextlib.contextmanager
def recorded_whole() -> Iterator[None]:
    """Let a program that is recorded hold convolutions and pools as one step each."""
    token = _whole.set(True)
    try:
        yield
    finally:
        _whole.reset(token)


def as_one_step(name: str, f: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """Return the result of an op that a program is to hold as one step, or None if it is not."""
    if not _whole.get():
        return None
    from ...compiling.lazy import Lazy, perform

    cls = next((type(x) for x in arrays if isinstance(x, Lazy)), None)
    return None if cls is None else perform(cls, f"nn.{name}", f, arrays, options)


def slices(x: Any, window: Window) -> list[Any]:
    """Return for each element of the window what it sees, as raw arrays."""
    getitem = backend_of(x).getitem
    return [getitem(x, key) for key in window.keys()]  # noqa: SIM118 - it is no mapping


def columns(x: Any, window: Window) -> Any:
    """Return the windows of a raw array, of shape ``(batch, channels, elements, *places)``."""
    if window.is_trivial and tuple(x.shape[2:]) == window.places:
        return backend_of(x).xp.expand_dims(x, axis=2)
    return backend_of(x).xp.stack(slices(x, window), axis=2)


def added(x: Any, window: Window, shape: Shape) -> Any:
    """Return the sums over the windows that see each element of a raw array."""
    backend = backend_of(x)
    if window.is_trivial and window.places == shape:
        return backend.xp.squeeze(x, axis=2)
    parts = (
        backend.getitem(x, (slice(None), slice(None), i)) for i in range(math.prod(window.size))
    )
    return summed(parts, x, window, shape)


def summed(parts: Iterable[Any], like: Any, window: Window, shape: Shape) -> Any:
    """Return zeros to which a part is added for each element of the window."""
    backend = backend_of(like)
    lead, device = tuple(like.shape[:2]), backend.device(like)
    make = backend.xp.empty if window.tiles(shape) else backend.xp.zeros
    is_summed = is_half(like) and window.overlaps  # in single precision
    dtype = backend.xp.float32 if is_summed else like.dtype
    total = make((*lead, *shape), dtype=dtype, device=device)
    for part, key in zip(parts, window.keys(), strict=True):
        piece = wide(backend.xp, part) if is_summed else part
        if not window.overlaps:
            total = backend.setitem(total, key, piece, False)
        elif backend.getitem is operator.getitem:
            total[key] += piece
        else:
            total = backend.index_add(total, key, piece)
    return halved(backend.xp, total, like) if is_summed else total


@linear(lambda xp, g, x, window: fold(g, window=window, shape=tuple(x.shape[2:])), zeros=True)
def unfold(x: Any, /, *, window: Window) -> Any:
    """Return the windows of an array, of shape ``(batch, channels, elements, *places)``."""
    return columns(x, window)


@linear(lambda xp, g, window: unfold(g, window=window))
def fold(x: Any, /, *, window: Window, shape: Shape) -> Any:
    """Return the array of a spatial shape in which each element is the sum over its windows."""
    return added(x, window, shape)


# Arguments ---------------------------------------------------------------------------------------


def each_axis(value: int | Sequence[int], ndim: int, function: str, name: str, least: int) -> Shape:
    """Return one integer for each spatial axis, from one for all or a sequence."""
    given = integers(value)
    values: Shape = given if isinstance(given, tuple) else (given,) * ndim
    if len(values) != ndim or min(values) < least:
        wanted = "a positive integer" if least else "an integer that is not negative"
        raise ValueError(
            f"{function}: {name} is {value}; expected {wanted}, or {ndim} of them, "
            "one for each spatial axis"
        )
    return values


def batched(x: Any, ndim: int, function: str) -> tuple[Any, bool]:
    """Return an array with a batch axis, and whether it had to be given one."""
    import xgrad as xg

    if len(x.shape) == ndim + 2:
        return x, False
    if len(x.shape) == ndim + 1:
        return xg.expand_dims(x, axis=0), True
    axes = ", ".join(("depth", "height", "width")[3 - ndim :])
    raise ValueError(
        f"{function}: input has shape {tuple(x.shape)}; expected {ndim + 2} axes, "
        f"(batch, channels, {axes}), or {ndim + 1} without the batch"
    )
