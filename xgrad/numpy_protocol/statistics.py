"""NumPy's histograms and covariances of an `Array`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import xgrad

from ..engine.plain import number
from .reductions import require_inexact


def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    bins, x = xgrad.asarray(bins), xgrad.asarray(x)
    for argument, held in (("x", x), ("bins", bins)):
        if held.dtype.kind == "c":
            raise TypeError(f"numpy.digitize: {argument} is of {held.dtype}; expected real numbers")
    edges = bins.detach()._numpy()
    side = "left" if right else "right"
    if edges.size < 2 or edges[0] <= edges[-1]:
        return xgrad.searchsorted(bins, xgrad.asarray(x), side=side)
    turned = "right" if right else "left"
    return edges.size - xgrad.searchsorted(xgrad.flip(bins), xgrad.asarray(x), side=turned)


def _histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    a = xgrad.asarray(a)
    if weights is not None and np.shape(weights) != a.shape:
        raise ValueError(
            f"numpy.histogram_bin_edges: weights has shape {np.shape(weights)}; expected {a.shape}"
        )
    if isinstance(bins, str):  # a rule, which counts
        values = a.detach()._numpy()
        return xgrad.ops.beside.placed(a, np.histogram_bin_edges(values, bins, range, weights))
    return xgrad.histogram(a, bins, range)[1]


def _histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if np.ndim(x) != 1 or np.shape(x) != np.shape(y):
        raise ValueError(
            f"numpy.histogram2d: x has shape {np.shape(x)} and y {np.shape(y)}; expected two "
            "vectors of one length"
        )
    bins = number(bins)
    several = isinstance(bins, Iterable) and len(bins) in (1, 2)  # type: ignore[arg-type]
    both = (bins if len(bins) == 2 else (bins[0], bins[0])) if several else (bins, bins)
    samples = _together({"x": x, "y": y}, "histogram2d")
    total, edges = _histogram(samples, both, range, density, weights)
    return total, *edges


def _together(given: dict[str, Any], name: str) -> list[Any]:
    """Return samples in the one dtype of the table that NumPy makes of them."""
    samples = {n: xgrad.asarray(x) for n, x in given.items()}
    for n, x in samples.items():
        if x.dtype.kind == "c":
            raise TypeError(f"numpy.{name}: {n} is of {x.dtype}; expected real numbers")
    dtype = np.result_type(*(x.dtype for x in samples.values()))
    return [x if x.dtype == dtype else x.astype(dtype) for x in samples.values()]


def _histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if isinstance(sample, (list, tuple)):
        samples = _together({f"sample[{i}]": x for i, x in enumerate(sample)}, "histogramdd")
    else:
        if sample.ndim > 2:
            raise ValueError(f"numpy.histogramdd: sample has {sample.ndim} axes; expected 1 or 2")
        sample = sample if sample.ndim == 2 else xgrad.reshape(sample, (-1, 1))
        samples = [sample[:, i] for i in np.arange(sample.shape[1])]
    bins = number(bins)
    several = isinstance(bins, Iterable)
    return _histogram(samples, bins if several else [bins] * len(samples), range, density, weights)


def _histogram(samples: Any, bins: Any, range: Any, density: Any, weights: Any) -> Any:
    """Return sums in cells of several axes, and the edges along each."""
    cells: Any = 0
    edges = []
    limited = range if range is not None else [None] * len(samples)
    for sample, given, limits in zip(samples, bins, limited, strict=True):
        edge = xgrad.histogram(sample, given, limits)[1]
        count = edge.size - 1
        cell = xgrad.searchsorted(edge, sample, side="right") - 1
        cell = xgrad.where(sample == edge[-1], count - 1, cell)
        cells = xgrad.where((cell < 0) | (cell >= count), -(count * 10**9), cells * count + cell)
        edges.append(edge)
    shape = tuple(edge.size - 1 for edge in edges)
    inside = cells >= 0
    weights = xgrad.ones_like(cells, dtype=bool) if weights is None else xgrad.asarray(weights)
    if weights.shape != cells.shape or weights.dtype.kind == "c":
        raise ValueError(
            f"numpy.histogramdd: weights are {weights.dtype} of shape {weights.shape}; expected "
            f"real numbers of shape {cells.shape}, one of each sample"
        )
    held = xgrad.where(inside, weights.astype(xgrad.float64), 0)
    total = xgrad.segment_sum(held, xgrad.where(inside, cells, 0), math.prod(shape))
    total = xgrad.reshape(total, shape)
    if density:
        total = total / xgrad.sum(total)
        for i, edge in enumerate(edges):
            width = [-1 if j == i else 1 for j, _ in enumerate(edges)]
            total = total / xgrad.reshape(xgrad.diff(edge), tuple(width))
    return total, tuple(edges)


def _in_dtype(name: str, dtype: Any, *arrays: Any) -> Any:
    """Yield the arrays of a covariance in a dtype, if there is one."""
    if dtype is not None:
        require_inexact(dtype, name)
    for x in arrays:
        yield x if x is None or dtype is None else xgrad.asarray(x).astype(dtype)


def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    m, y = _in_dtype("cov", dtype, m, y)
    m = xgrad.asarray(m)
    if m.ndim == 2 and not m.shape[0 if rowvar else 1]:  # no variables, be there a y or not
        return xgrad.zeros((0, 0), dtype=m.dtype)
    if getattr(aweights, "dtype", np.dtype(float)).kind == "c":
        raise TypeError(f"numpy.cov: aweights is of {aweights.dtype}; expected real numbers")
    free = not bias == 0  # noqa: SIM201 - None is not zero, which NumPy asks
    return xgrad.cov(m, y, rowvar, free, ddof, fweights, aweights)


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    x, y = _in_dtype("corrcoef", dtype, x, y)
    return xgrad.corrcoef(x, y, rowvar)


ADAPTED: dict[str, Callable[..., Any]] = {
    "corrcoef": _corrcoef,
    "cov": _cov,
    "digitize": _digitize,
    "histogram2d": _histogram2d,
    "histogram_bin_edges": _histogram_bin_edges,
    "histogramdd": _histogramdd,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
