"""Sliding windows over the spatial axes of ``(batch, channels, *spatial)``, and their transpose.

`unfold` copies one strided slice for each place in the window, which is as fast as any layout of
the columns and needs nothing beyond the standard; `fold` adds the slices back.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..backends import backend_of
from ..op import linear, rule

Shape = tuple[int, ...]


class Window(NamedTuple):
    """The places of a window: how large it is, how it moves, and how often.

    Attributes:
        size: its elements along each spatial axis.
        stride: how far it moves from one place to the next.
        dilation: how far apart its elements are.
        places: how many places it has along each axis.
    """

    size: Shape
    stride: Shape
    dilation: Shape
    places: Shape

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
    total = backend.xp.zeros((*x.shape[:2], *shape), dtype=x.dtype, device=backend.device(x))
    for i, key in enumerate(window.keys()):
        part = backend.getitem(x, (slice(None), slice(None), i))
        if backend.getitem is operator.getitem:
            total[key] += part
        else:
            total = backend.index_add(total, key, part)
    return total


@linear(lambda xp, g, x, window: fold(g, window=window, shape=tuple(x.shape[2:])), zeros=True)
def unfold(x: Any, /, *, window: Window) -> Any:
    """Return the windows of an array, of shape ``(batch, channels, elements, *places)``."""
    return columns(x, window)


@linear(lambda xp, g, window: unfold(g, window=window))
def fold(x: Any, /, *, window: Window, shape: Shape) -> Any:
    """Return the array of a spatial shape in which each element is the sum over its windows."""
    return added(x, window, shape)


def _hits(xp: Any, x: Any, out: Any, window: Window) -> tuple[Any, Any]:
    """Return where each window attains its maximum, and how often."""
    hit = unfold(x, window=window) == xp.expand_dims(out, axis=2)
    return hit, xp.sum(xp.astype(hit, out.dtype), axis=2)


def _largest_vjp(xp: Any, g: Any, x: Any, out: Any, window: Window) -> Any:
    hit, times = _hits(xp, x, out, window)
    share = xp.where(hit, xp.expand_dims(g / times, axis=2), xp.zeros_like(hit, dtype=g.dtype))
    return fold(share, window=window, shape=tuple(x.shape[2:]))


def _largest_jvp(xp: Any, t: Any, x: Any, out: Any, window: Window) -> Any:
    hit, times = _hits(xp, x, out, window)
    t = unfold(t, window=window)
    return xp.sum(xp.where(hit, t, xp.zeros_like(t)), axis=2) / times


@rule(vjp=_largest_vjp, jvp=_largest_jvp, zeros=True)
def largest(x: Any, /, *, window: Window) -> Any:
    """Return the maximum of each window; elements that attain it together share the derivative."""
    xp = backend_of(x).xp
    first, *others = slices(x, window)
    for other in others:
        first = xp.maximum(first, other)
    return first if others else xp.asarray(first, copy=True)


# Arguments ---------------------------------------------------------------------------------------


def each_axis(value: int | Sequence[int], ndim: int, function: str, name: str, least: int) -> Shape:
    """Return one integer for each spatial axis, from one for all or a sequence."""
    if isinstance(value, int):
        values: Shape = (value,) * ndim
    else:
        values = tuple(operator.index(v) for v in value)
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
