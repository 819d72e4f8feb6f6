"""Filters that choose an element of each window, to which its cotangent goes, or to equal ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, twin, with_derivative_of
from .filters import extended, per_axis

__all__ = ["black_tophat", "generic_filter", "generic_filter1d", "grey_closing", "grey_dilation",
           "grey_erosion", "grey_opening", "maximum_filter", "maximum_filter1d", "median_filter",
           "minimum_filter", "minimum_filter1d", "morphological_gradient",
           "morphological_laplace", "percentile_filter", "rank_filter", "vectorized_filter",
           "white_tophat"]  # fmt: skip


def _footprint(name: str, x: Any, size: Any, footprint: Any, axes: Any) -> Any:
    if footprint is None:
        if size is None:
            raise ValueError(f"{name}: neither size nor footprint is given")
        count = x.ndim if axes is None else len(per_axis(axes, 1))
        footprint = np.ones(tuple(int(n) for n in per_axis(size, count)), dtype=bool)
    footprint = np.asarray(raw(footprint), dtype=bool)
    if axes is not None:
        shape = [1] * x.ndim
        for a, n in zip(per_axis(axes, 1), footprint.shape, strict=True):
            shape[a] = n
        footprint = footprint.reshape(shape)
    if footprint.ndim != x.ndim:
        raise ValueError(
            f"{name}: the footprint has {footprint.ndim} axes; expected {x.ndim}, as the image has"
        )
    return footprint


def windows(name: str, x: Any, footprint: Any, mode: Any, cval: float, origin: Any) -> Any:
    """Return for each place of a footprint the element that lies there, along a new first axis."""
    before = [n // 2 + o for n, o in zip(footprint.shape, per_axis(origin, x.ndim), strict=True)]
    widths = [(b, n - 1 - b) for b, n in zip(before, footprint.shape, strict=True)]
    wide = extended(name, x, widths, mode, cval)
    places = np.argwhere(footprint)
    return xgrad.stack(
        [
            wide[tuple(slice(int(p), int(p) + n) for p, n in zip(place, x.shape, strict=True))]
            for place in places
        ]
    )


def chosen(value: Any, among: Any) -> Any:
    """Return values with the derivative of the elements that equal them, shared among equals."""
    held = raw(among.detach())
    same = held == value
    weights = same / np.maximum(same.sum(axis=0), 1)
    return with_derivative_of(
        value, xgrad.sum(among * xgrad.asarray(weights.astype(held.dtype)), axis=0)
    )


def _selected(
    name: str, input: Any, size: Any, footprint: Any, mode: Any, cval: float, origin: Any,
    axes: Any = None, **more: Any,
) -> Any:  # fmt: skip
    x = xgrad.asarray(input)
    shape = _footprint(name, x, size, footprint, axes)
    options = {"mode": mode, "cval": raw(cval), "origin": origin} | more
    value = getattr(chapter("ndimage", x), name)(raw(x.detach()), footprint=shape, **options)
    return chosen(value, windows(name, x, shape, mode, cval, origin))


@twin("ndimage")
def minimum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the smallest element of each window; see ``scipy.ndimage.minimum_filter``."""
    return _selected("minimum_filter", input, size, footprint, mode, cval, origin, axes)


@twin("ndimage")
def maximum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the largest element of each window; see ``scipy.ndimage.maximum_filter``."""
    return _selected("maximum_filter", input, size, footprint, mode, cval, origin, axes)


def _along(x: Any, size: int, axis: int) -> Any:
    shape = [1] * x.ndim
    shape[axis] = size
    return np.ones(shape, dtype=bool)


@twin("ndimage")
def minimum_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    """Return running minima along an axis."""
    x = xgrad.asarray(input)
    at = [origin if i == axis % x.ndim else 0 for i in range(x.ndim)]
    return minimum_filter(x, footprint=_along(x, size, axis), mode=mode, cval=cval, origin=at)


@twin("ndimage")
def maximum_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    """Return running maxima along an axis."""
    x = xgrad.asarray(input)
    at = [origin if i == axis % x.ndim else 0 for i in range(x.ndim)]
    return maximum_filter(x, footprint=_along(x, size, axis), mode=mode, cval=cval, origin=at)


@twin("ndimage")
def median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the median of each window; see ``scipy.ndimage.median_filter``."""
    return _selected("median_filter", input, size, footprint, mode, cval, origin, axes)


@twin("ndimage")
def rank_filter(
    input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the element of a rank in each window; see ``scipy.ndimage.rank_filter``."""
    return _selected("rank_filter", input, size, footprint, mode, cval, origin, axes, rank=rank)


@twin("ndimage")
def percentile_filter(
    input: Any, percentile: float, size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return a percentile of each window; see ``scipy.ndimage.percentile_filter``."""
    return _selected(
        "percentile_filter", input, size, footprint, mode, cval, origin, axes, percentile=percentile
    )


def _morphology(
    name: str, input: Any, size: Any, footprint: Any, structure: Any, mode: Any, cval: float,
    origin: Any, axes: Any,
) -> Any:  # fmt: skip
    x = xgrad.asarray(input)
    heights = None if structure is None else xgrad.asarray(structure) * 1.0
    if footprint is None and heights is not None:
        footprint = np.ones(heights.shape, dtype=bool)
    shape = _footprint(name, x, size, footprint, axes)
    options = {"mode": mode, "cval": raw(cval), "origin": origin}
    value = getattr(chapter("ndimage", x), name)(
        raw(x.detach()), footprint=shape, structure=raw(heights), **options
    )
    at = per_axis(origin, x.ndim)
    if name == "grey_dilation":  # the structure is turned round, and its middle with it
        shape = shape[(slice(None, None, -1),) * x.ndim]
        heights = None if heights is None else xgrad.flip(heights)
        at = [-o - (1 - n % 2) for o, n in zip(at, shape.shape, strict=True)]
    among = windows(name, x, shape, mode, cval, at)
    if heights is not None:
        inside = xgrad.asarray(np.flatnonzero(shape))
        lift = xgrad.take(xgrad.reshape(heights, (-1,)), inside)
        lift = xgrad.reshape(lift, (-1,) + (1,) * x.ndim)
        among = among + (lift if name == "grey_dilation" else -lift)
    return chosen(value, among)


@twin("ndimage")
def grey_erosion(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the smallest of each window, less the structure; see ``scipy.ndimage``."""
    return _morphology("grey_erosion", input, size, footprint, structure, mode, cval, origin, axes)


@twin("ndimage")
def grey_dilation(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the largest of each window, plus the structure; see ``scipy.ndimage``."""
    return _morphology("grey_dilation", input, size, footprint, structure, mode, cval, origin, axes)


def _both(first: Callable[..., Any], second: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    input, size, footprint, structure, mode, cval, origin, axes = given
    more = {"mode": mode, "cval": cval, "origin": origin, "axes": axes}
    return second(
        first(input, size, footprint, structure, None, **more),
        size,
        footprint,
        structure,
        None,
        **more,
    )


@twin("ndimage")
def grey_opening(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the dilation of the erosion; see ``scipy.ndimage.grey_opening``."""
    given = (input, size, footprint, structure, mode, cval, origin, axes)
    return _both(grey_erosion, grey_dilation, given)


@twin("ndimage")
def grey_closing(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the erosion of the dilation; see ``scipy.ndimage.grey_closing``."""
    given = (input, size, footprint, structure, mode, cval, origin, axes)
    return _both(grey_dilation, grey_erosion, given)


@twin("ndimage")
def white_tophat(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the image less its opening; see ``scipy.ndimage.white_tophat``."""
    input = xgrad.asarray(input)
    given = (input, size, footprint, structure, None, mode, cval, origin)
    return input - grey_opening(*given, axes=axes)


@twin("ndimage")
def black_tophat(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the closing less the image; see ``scipy.ndimage.black_tophat``."""
    input = xgrad.asarray(input)
    given = (input, size, footprint, structure, None, mode, cval, origin)
    return grey_closing(*given, axes=axes) - input


@twin("ndimage")
def morphological_gradient(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return the dilation less the erosion; see ``scipy.ndimage.morphological_gradient``."""
    input = xgrad.asarray(input)
    given = (input, size, footprint, structure, None, mode, cval, origin)
    return grey_dilation(*given, axes=axes) - grey_erosion(*given, axes=axes)


@twin("ndimage")
def morphological_laplace(
    input: Any, size: Any = None, footprint: Any = None, structure: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return dilation plus erosion less twice the image; see ``scipy.ndimage``."""
    input = xgrad.asarray(input)
    given = (input, size, footprint, structure, None, mode, cval, origin)
    return grey_dilation(*given, axes=axes) + grey_erosion(*given, axes=axes) - 2.0 * input


@twin("ndimage")
def generic_filter(
    input: Any, function: Any, size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, extra_arguments: Any = (),
    extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Apply a function to the elements of each window; see ``scipy.ndimage.generic_filter``."""
    x = xgrad.asarray(input)
    shape = _footprint("generic_filter", x, size, footprint, axes)
    flat = xgrad.reshape(windows("generic_filter", x, shape, mode, cval, origin), (shape.sum(), -1))
    more = extra_keywords or {}
    found = [function(flat[:, i], *extra_arguments, **more) for i in range(flat.shape[1])]
    return xgrad.reshape(xgrad.stack([xgrad.asarray(v) for v in found]), x.shape)


@twin("ndimage")
def generic_filter1d(
    input: Any, function: Any, filter_size: int, axis: int = -1, output: Any = None,
    mode: str = "reflect", cval: float = 0.0, origin: int = 0, extra_arguments: Any = (),
    extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """Refuse: the function writes its result into an array, which the tape cannot follow."""
    raise NotImplementedError(
        "generic_filter1d: its function writes into an array; use generic_filter, or correlate1d"
    )


@twin("ndimage")
def vectorized_filter(
    input: Any, function: Any, *, size: Any = None, footprint: Any = None, output: Any = None,
    mode: str = "reflect", cval: Any = None, origin: Any = None, axes: Any = None,
    batch_memory: Any = None,
) -> Any:  # fmt: skip
    """Apply a reducing function to all windows at once; see ``scipy.ndimage.vectorized_filter``."""
    x = xgrad.asarray(input)
    if mode == "valid" or (axes is not None and footprint is None and size is None):
        raise NotImplementedError("vectorized_filter: mode='valid' has no derivative here; slice")
    shape = _footprint("vectorized_filter", x, size, footprint, axes)
    at = [-o for o in per_axis(0 if origin is None else origin, x.ndim)]
    found = windows("vectorized_filter", x, shape, mode, 0.0 if cval is None else cval, at)
    if footprint is not None:
        return function(xgrad.moveaxis(found, 0, -1), axis=-1)
    inner = xgrad.reshape(xgrad.moveaxis(found, 0, -1), (*x.shape, *shape.shape))
    return function(inner, axis=tuple(range(x.ndim, 2 * x.ndim)))
