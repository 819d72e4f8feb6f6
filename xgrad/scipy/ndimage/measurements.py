"""Statistics of labelled regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..common import chapter, only, raw, twin

__all__ = ["center_of_mass", "distance_transform_edt", "extrema", "maximum", "mean", "median",
           "minimum", "standard_deviation", "sum", "sum_labels", "variance"]  # fmt: skip


def _regions(name: str, x: Any, labels: Any, index: Any) -> tuple[Any, Any, int, bool]:
    """Return the elements that count, the number of each one's region, how many, and if one."""
    flat = xgrad.reshape(x, (-1,))
    if labels is None:
        if index is not None:
            raise ValueError(f"{name}: index is given, but labels are not")
        return flat, np.zeros(flat.shape[0], dtype=np.int64), 1, True
    marks = np.broadcast_to(np.asarray(raw(labels)), x.shape).ravel()
    if index is None:
        kept = np.flatnonzero(marks)
        return xgrad.take(flat, xgrad.asarray(kept)), np.zeros(len(kept), dtype=np.int64), 1, True
    wanted = np.atleast_1d(np.asarray(raw(index))).ravel()
    order = np.argsort(wanted, kind="stable")
    place = np.clip(np.searchsorted(wanted[order], marks), 0, len(wanted) - 1)
    group = order[place]
    kept = np.flatnonzero(wanted[group] == marks)
    return xgrad.take(flat, xgrad.asarray(kept)), group[kept], len(wanted), np.ndim(raw(index)) == 0


def _shaped(out: Any, index: Any, single: bool) -> Any:
    return out[0] if single else xgrad.reshape(out, np.shape(raw(index)))


def _summed(name: str, x: Any, labels: Any, index: Any, f: Callable[..., Any]) -> Any:
    x = xgrad.asarray(x)
    values, group, count, single = _regions(name, x, labels, index)
    size = np.bincount(group, minlength=count)
    return _shaped(f(values, xgrad.asarray(group), count, xgrad.asarray(size * 1.0)), index, single)


@twin("ndimage", "D")
def sum_labels(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the sum of each region; see ``scipy.ndimage.sum_labels``."""
    return _summed("sum", input, labels, index, lambda v, g, n, size: xgrad.segment_sum(v, g, n))


@twin("ndimage", "D")
def sum(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the sum of each region; the older spelling of `sum_labels`."""
    return sum_labels(input, labels, index)


def _mean(v: Any, g: Any, n: int, size: Any) -> Any:
    return xgrad.segment_sum(v, g, n) / size


def _variance(v: Any, g: Any, n: int, size: Any) -> Any:
    away = v - xgrad.take(_mean(v, g, n, size), g)
    return _mean(away * away, g, n, size)


@twin("ndimage")
def mean(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the mean of each region; see ``scipy.ndimage.mean``."""
    return _summed("mean", input, labels, index, _mean)


@twin("ndimage")
def variance(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the variance of each region; see ``scipy.ndimage.variance``."""
    return _summed("variance", input, labels, index, _variance)


@twin("ndimage")
def standard_deviation(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the standard deviation of each region; see ``scipy.ndimage``."""
    return xgrad.sqrt(variance(input, labels, index))


@twin("ndimage")
def minimum(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the smallest element of each region; see ``scipy.ndimage.minimum``."""
    return _summed(
        "minimum", input, labels, index, lambda v, g, n, size: xgrad.segment_min(v, g, n)
    )


@twin("ndimage")
def maximum(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the largest element of each region; see ``scipy.ndimage.maximum``."""
    return _summed(
        "maximum", input, labels, index, lambda v, g, n, size: xgrad.segment_max(v, g, n)
    )


@twin("ndimage")
def median(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the median of each region; see ``scipy.ndimage.median``."""

    def each(v: Any, g: Any, n: int, size: Any) -> Any:
        where = raw(g)
        parts = [xgrad.take(v, xgrad.asarray(np.flatnonzero(where == i))) for i in range(n)]
        return xgrad.stack([xgrad.median(p) for p in parts])

    return _summed("median", input, labels, index, each)


@twin("ndimage")
def extrema(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return smallest and largest elements, and where they are; see ``scipy.ndimage.extrema``."""
    import scipy.ndimage as plain

    _, _, low, high = plain.extrema(raw(xgrad.asarray(input).detach()), raw(labels), raw(index))
    return minimum(input, labels, index), maximum(input, labels, index), low, high


@twin("ndimage")
def center_of_mass(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return the centre of mass of each region; see ``scipy.ndimage.center_of_mass``."""
    x = xgrad.asarray(input)
    total = sum_labels(x, labels, index)
    grids = np.ogrid[tuple(slice(0, n) for n in x.shape)]
    parts = [sum_labels(x * np.asarray(g, dtype=float), labels, index) / total for g in grids]
    if np.ndim(raw(index)) == 0:
        return tuple(parts)
    return [tuple(p[i] for p in parts) for i in range(parts[0].shape[0])]


@twin("ndimage")
def distance_transform_edt(
    input: Any, sampling: Any = None, return_distances: bool = True, return_indices: bool = False,
    distances: Any = None, indices: Any = None,
) -> Any:  # fmt: skip
    """Return the distance of each pixel to the background, in the `sampling`; see SciPy's.

    The image is read as truth values, so that its own derivative is zero.
    """
    only("distance_transform_edt", distances=(distances, None), indices=(indices, None))
    held = np.asarray(raw(xgrad.asarray(input).detach())) != 0
    steps = xgrad.broadcast_to(xgrad.asarray(1.0 if sampling is None else sampling), (held.ndim,))
    near = chapter("ndimage").distance_transform_edt(
        held, raw(steps), return_distances=False, return_indices=True
    )
    if not return_distances:
        return near
    square = xgrad.zeros(held.shape)
    for i, grid in enumerate(np.indices(held.shape)):
        square = square + steps[i] ** 2 * xgrad.asarray((near[i] - grid) ** 2.0)
    far = square.detach() > 0
    out = xgrad.where(far, xgrad.sqrt(xgrad.where(far, square, 1.0)), 0.0)
    return (out, near) if return_indices else out
