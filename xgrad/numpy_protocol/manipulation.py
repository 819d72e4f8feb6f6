"""NumPy's functions that arrange, choose and write elements, on an `Array`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import xgrad

from ..arrays import leaving
from ..arrays.array import Array
from ..backends import backend_of
from ..engine.plain import as_tuple, integer, integers, number
from ..ops.manipulation import front
from ..ops.windows import sliding_window_view
from . import reductions
from .storing import order_of, stored
from .writing import beside, places, within


def reshape(a: Any, shape: Any, order: str | None = "C", *, copy: Any = None) -> Array:
    """Return an array of another shape, its elements read in C or in Fortran order."""
    shape = as_tuple(shape)
    if order_of("reshape", order, "CFA") == "F":
        return xgrad.reshape(a.T, shape[::-1], copy=copy).T
    return xgrad.reshape(a, shape, copy=copy)


def ravel(a: Any, order: str | None = "C") -> Array:
    """Return the elements as a vector, read in C or in Fortran order."""
    return xgrad.ravel(a.T if order_of("ravel", order) == "F" else a)


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else xgrad.permute_dims(a, as_tuple(axes))


def _squeeze(a: Any, axis: Any = None) -> Any:
    return a.squeeze(axis)


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return xgrad.moveaxis(a, integers(source), integers(destination))


def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = front(axis, a.ndim, "rollaxis"), start + a.ndim if start < 0 else start
    return xgrad.moveaxis(a, axis, start - 1 if axis < start else start)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return xgrad.roll(a, shift, axis=axis)


def _tile(A: Any, reps: Any) -> Any:
    return xgrad.tile(A, as_tuple(reps))


_POLYNOMIAL = np.poly1d.__init__.__code__


def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    filt = xgrad.asarray(filt)
    if not filt.ndim:
        return filt
    caller = leaving.outside() if trim == "f" and filt.ndim == 1 else None
    if caller is not None and caller.f_code is _POLYNOMIAL:
        return filt  # a coefficient that is zero here has its derivative, and is kept
    _known("trim_zeros", "trim", str(trim).lower(), ("f", "b", "fb", "bf"))
    nonzero = np.nonzero(filt.detach()._numpy())
    axes = range(filt.ndim) if axis is None else as_tuple(axis)
    chosen = [front(a, filt.ndim, "trim_zeros") for a in axes]
    key = [slice(None)] * filt.ndim
    for a in chosen:
        held = nonzero[a]
        if not held.size:
            key[a] = slice(0, 0)
            continue
        first = int(held.min()) if "f" in trim.lower() else 0
        key[a] = slice(first, int(held.max()) + 1 if "b" in trim.lower() else None)
    return filt[tuple(key)]


def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    order_of("copy", order)
    return a.copy()


def _count(name: str, num: Any) -> int:
    try:
        found = int(integer(num))
    except TypeError:
        raise TypeError(f"numpy.{name}: num is {num!r:.60}; expected an integer") from None
    if found < 0:
        raise ValueError(f"numpy.{name}: num is {num}; expected a number that is not negative")
    return found


def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    num, ends = _count("linspace", num), xgrad.subtract(stop, start)
    parts = max(num - 1 if endpoint else num, 1)
    steps = xgrad.ops.beside.fractions(ends, n=num) / parts
    steps = xgrad.reshape(steps, (num, *(1 for _ in ends.shape)))
    out = xgrad.moveaxis(start + steps * ends, 0, axis)
    out = out if device is None else out.to_device(device)
    out = out if dtype is None else out.astype(dtype)
    return (out, ends / parts) if retstep else out


def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    num = _count("logspace", num)
    out = xgrad.logspace(start, stop, num, endpoint=endpoint, base=base, dtype=dtype)
    return xgrad.moveaxis(out, 0, axis)


def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    num = _count("geomspace", num)
    out = xgrad.geomspace(start, stop, num, endpoint=endpoint, dtype=dtype)
    return xgrad.moveaxis(out, 0, axis)


# Choosing -----------------------------------------------------------------------------------------


def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Array:
    """Return elements along an axis; of the flattened array without one."""
    a, axis = (xgrad.ravel(a), 0) if axis is None else (a, axis)
    indices = places(a, indices)
    axis = front(axis, a.ndim, "take")
    indices = within("take", indices, a.shape[axis], mode)
    shape = tuple(indices.shape)
    taken = xgrad.take(a, indices.reshape(-1), axis=axis)
    result = xgrad.reshape(taken, (*a.shape[:axis], *shape, *a.shape[axis + 1 :]))
    return stored(result, out, "numpy.take(out=)")


def _where(condition: Any, *choices: Any) -> Any:
    for name, choice in zip(("x", "y"), choices, strict=False):
        if choice is None:
            raise TypeError(f"numpy.where: {name} is None; expected an array or a number")
    return xgrad.where(condition, *choices) if choices else xgrad.nonzero(condition)


def _argwhere(a: Any) -> Any:
    a = xgrad.asarray(a)
    if not a.ndim:
        return xgrad.zeros((int(bool(a != 0)), 0), dtype=np.int64)
    return xgrad.stack(xgrad.nonzero(a), axis=1)


def _flatnonzero(a: Any) -> Any:
    return xgrad.nonzero(xgrad.ravel(a))[0]


def _extract(condition: Any, arr: Any) -> Any:
    return take(xgrad.ravel(arr), xgrad.nonzero(xgrad.ravel(beside(arr, condition)))[0])


def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Array:
    """Return a sorted copy; of the flattened array if the axis is None."""
    _known("sort", "kind", kind, _KINDS)
    return xgrad.sort(xgrad.ravel(a), axis=0) if axis is None else xgrad.sort(a, axis=axis)


def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Array:
    """Return the indices that sort; those of the flattened array if the axis is None."""
    _known("argsort", "kind", kind, _KINDS)
    a = xgrad.asarray(a)
    a = a if a.ndim else xgrad.ravel(a)
    return xgrad.argsort(xgrad.ravel(a), axis=0) if axis is None else xgrad.argsort(a, axis=axis)


def partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """Return the elements with those up to the `kth` first: all are sorted."""
    _kth("partition", a, kth, axis, kind)
    return sort(a, axis)


def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """Return the indices that put the elements up to the `kth` first: all are sorted."""
    _kth("argpartition", a, kth, axis, kind)
    return argsort(a, axis)


_KINDS = ("quicksort", "heapsort", "mergesort", "stable")


def _known(name: str, argument: str, value: Any, known: tuple[str, ...]) -> None:
    """Raise if an argument is none of NumPy's words for it; None is its default."""
    if value is not None and value not in known:
        expected = ", ".join(map(repr, known))
        raise ValueError(f"numpy.{name}: {argument} is {value!r:.60}; expected one of {expected}")


def _kth(name: str, a: Any, kth: Any, axis: Any, kind: Any) -> None:
    """Raise if a partition is asked for at places that do not exist."""
    _known(name, "kind", kind, ("introselect",))
    a = xgrad.asarray(a)
    n = a.size if axis is None else a.shape[front(axis, a.ndim, name)]
    wanted = np.asarray(kth.detach()._numpy() if isinstance(kth, Array) else kth)
    if wanted.dtype.kind not in "biu" or not wanted.size:
        raise TypeError(f"numpy.{name}: kth is {kth!r:.60}; expected integers")
    if (wanted < -n).any() or (wanted >= n).any():
        raise ValueError(f"numpy.{name}: kth is {kth!r:.60}; expected places among {n} elements")


def _lexsort(keys: Any, axis: int = -1) -> Any:
    first, *rest = list(keys)
    order = xgrad.argsort(first, axis=axis)
    for key in rest:
        ranked = xgrad.take_along_axis(xgrad.asarray(key), order, axis=axis)
        order = xgrad.take_along_axis(order, xgrad.argsort(ranked, axis=axis), axis=axis)
    return order


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Return the unique elements, and what else was asked for, as ``numpy.unique``.

    NumPy says where they are; the elements themselves are taken, so that they keep derivatives.
    """
    ar = xgrad.asarray(ar)
    if axis is None and backend_of(ar._raw).is_lazy:
        values, indices, inverse, counts = xgrad.unique_all(ar)
        found = (indices, inverse, counts)
    else:
        _, *told = np.unique(ar.detach()._numpy(), True, True, True, axis, equal_nan=equal_nan)
        found = tuple(places(ar, there) for there in told)
        flat = xgrad.ravel(ar) if axis is None else ar
        values = xgrad.take(flat, found[0], axis=0 if axis is None else axis)
    wanted = (return_index, return_inverse, return_counts)
    more = [result for result, is_wanted in zip(found, wanted, strict=True) if is_wanted]
    return (values, *more) if more else values


def _union1d(ar1: Any, ar2: Any) -> Any:
    return unique(xgrad.concat((xgrad.asarray(ar1), xgrad.asarray(ar2)), axis=None))


def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    ar1, ar2 = xgrad.ravel(xgrad.asarray(ar1)), xgrad.ravel(xgrad.asarray(ar2))
    first, second = (x.detach()._numpy() for x in (ar1, ar2))
    _, *told = np.intersect1d(first, second, assume_unique=assume_unique, return_indices=True)
    first, second = (places(ar1, there) for there in told)
    values = xgrad.take(ar1, first).astype(np.result_type(ar1.dtype, ar2.dtype))
    return (values, first, second) if return_indices else values


def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    ar1 = xgrad.ravel(xgrad.asarray(ar1)) if assume_unique else unique(ar1)
    return ar1[xgrad.isin(ar1, xgrad.asarray(ar2), invert=True)]


def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    ar1, ar2 = xgrad.asarray(ar1), xgrad.asarray(ar2)
    parts = (_setdiff1d(ar1, ar2, assume_unique), _setdiff1d(ar2, ar1, assume_unique))
    return xgrad.sort(xgrad.concat(parts))


def _isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Any = None,
) -> Any:
    _known("isin", "kind", kind, ("sort", "table"))
    return xgrad.isin(xgrad.asarray(element), xgrad.asarray(test_elements), invert=invert)


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


# Questions ----------------------------------------------------------------------------------------


def _iscomplexobj(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


def _isrealobj(x: Any) -> bool:
    return bool(x.dtype.kind != "c")


def _isreal(x: Any) -> Any:
    return xgrad.imag(x) == 0 if x.dtype.kind == "c" else xgrad.ones_like(x, dtype=bool)


def _iscomplex(x: Any) -> Any:
    return ~_isreal(x)


def _real_if_close(a: Any, tol: float = 100) -> Any:
    if a.dtype.kind != "c":
        return a
    tol = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return xgrad.real(a) if bool(xgrad.all(xgrad.abs(xgrad.imag(a)) < tol)) else a


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    a1, a2 = xgrad.asarray(a1), xgrad.asarray(a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan:
        same = same | ((a1 != a1) & (a2 != a2))  # noqa: PLR0124 - only NaN differs from itself
    return bool(xgrad.all(same))


def _size(a: Any, axis: Any = None) -> int:
    return a.size if axis is None else math.prod(a.shape[i] for i in as_tuple(axis))


def _indices_from(name: str) -> Callable[..., Any]:
    def call(arr: Any, k: int = 0) -> Any:
        if arr.ndim != 2:
            raise ValueError(f"numpy.{name}_from: arr has {arr.ndim} axes; expected 2")
        found = getattr(np, name)(arr.shape[-2], k=integer(k), m=arr.shape[-1])
        return tuple(places(arr, indices) for indices in found)

    return call


def _diag_indices_from(arr: Any) -> Any:
    if arr.ndim < 2 or len(set(arr.shape)) > 1:
        raise ValueError(
            f"numpy.diag_indices_from: arr has shape {arr.shape}; expected equal lengths"
        )
    return (places(arr, np.arange(arr.shape[0])),) * arr.ndim


# Functions of slices ------------------------------------------------------------------------------


def _apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    moved = xgrad.moveaxis(arr, axis, -1)
    lead = moved.shape[:-1]
    rows = xgrad.reshape(moved, (-1, moved.shape[-1]))
    results = [xgrad.asarray(func1d(row, *args, **kwargs)) for row in rows]
    out = xgrad.stack(results)
    inner = tuple(range(len(lead), len(lead) + out.ndim - 1))
    out = xgrad.reshape(out, (*lead, *out.shape[1:]))
    axis = axis % arr.ndim
    return xgrad.moveaxis(out, inner, tuple(axis + i for i in range(len(inner))))


def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    for axis in as_tuple(axes):
        result = func(a, axis)
        a = result if result.ndim == a.ndim else xgrad.expand_dims(result, axis % a.ndim)
    return a


def _shown(a: Any, *args: Any, **kwargs: Any) -> str:
    return np.array2string(a.detach()._numpy(), *args, **kwargs)


def _array_str(a: Any, *args: Any, **kwargs: Any) -> str:
    return np.array_str(a.detach()._numpy(), *args, **kwargs) if args or kwargs else str(a)


def _array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    if not args and not kwargs:
        return repr(arr)
    text = np.array_repr(arr.detach()._numpy(), *args, **kwargs)
    return text.replace("array(", "Array(", 1)


def _clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    **loops: Any,
) -> Any:
    low, high = (b if given is np._NoValue else given for given, b in ((a_min, min), (a_max, max)))
    low, high = (None if b is np._NoValue else b for b in (low, high))
    a = xgrad.asarray(a)
    if a.dtype.kind in "biu" and (type(low) is float or type(high) is float):
        a = a.astype(np.float64)  # other libraries take their default dtype
    return stored(xgrad.clip(a, low, high), out, "numpy.clip(out=)")


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    return xgrad.gradient(f, *varargs, axis=axis, edge_order=edge_order)


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kwargs: Any) -> Any:
    x = xgrad.asarray(x)
    for condition in condlist if isinstance(condlist, (list, tuple)) else ():
        if np.ndim(condition) and np.shape(condition) != x.shape:
            raise ValueError(
                f"numpy.piecewise: condlist has a condition of shape {np.shape(condition)}; "
                f"expected {x.shape}, as x"
            )
    out = xgrad.piecewise(x, condlist, funclist, *args, **kwargs)
    return out if out.dtype == x.dtype else out.astype(x.dtype)


def _in_dtype(name: str, dtype: Any, *arrays: Any) -> Any:
    """Yield the arrays of a covariance in a dtype, if there is one."""
    if dtype is not None:
        reductions.require_inexact(dtype, name)
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
    "apply_along_axis": _apply_along_axis,
    "apply_over_axes": _apply_over_axes,
    "argpartition": argpartition,
    "argsort": argsort,
    "argwhere": _argwhere,
    "array2string": _shown,
    "array_equal": _array_equal,
    "array_repr": _array_repr,
    "array_str": _array_str,
    "clip": _clip,
    "copy": _copy,
    "corrcoef": _corrcoef,
    "cov": _cov,
    "diag_indices_from": _diag_indices_from,
    "digitize": _digitize,
    "extract": _extract,
    "flatnonzero": _flatnonzero,
    "geomspace": _geomspace,
    "gradient": _gradient,
    "histogram2d": _histogram2d,
    "histogram_bin_edges": _histogram_bin_edges,
    "histogramdd": _histogramdd,
    "intersect1d": _intersect1d,
    "iscomplex": _iscomplex,
    "iscomplexobj": _iscomplexobj,
    "isin": _isin,
    "isreal": _isreal,
    "isrealobj": _isrealobj,
    "lexsort": _lexsort,
    "linspace": _linspace,
    "logspace": _logspace,
    "moveaxis": _moveaxis,
    "ndim": lambda a: a.ndim,
    "partition": partition,
    "piecewise": _piecewise,
    "ravel": ravel,
    "real_if_close": _real_if_close,
    "reshape": reshape,
    "roll": _roll,
    "rollaxis": _rollaxis,
    "setdiff1d": _setdiff1d,
    "setxor1d": _setxor1d,
    "shape": lambda a: a.shape,
    "size": _size,
    "sliding_window_view": sliding_window_view,
    "sort": sort,
    "squeeze": _squeeze,
    "take": take,
    "tile": _tile,
    "transpose": _transpose,
    "tril_indices_from": _indices_from("tril_indices"),
    "trim_zeros": _trim_zeros,
    "triu_indices_from": _indices_from("triu_indices"),
    "union1d": _union1d,
    "unique": unique,
    "where": _where,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
