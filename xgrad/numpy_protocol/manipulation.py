"""NumPy's functions that arrange, choose and write elements, on an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays import leaving
from ..arrays.array import Array
from ..engine.plain import as_tuple, integers
from ..ops.manipulation import front
from ..ops.windows import sliding_window_view
from .storing import known, order_of, stored


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
    known("trim_zeros", "trim", str(trim).lower(), ("f", "b", "fb", "bf"))
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


ADAPTED: dict[str, Callable[..., Any]] = {
    "apply_along_axis": _apply_along_axis,
    "apply_over_axes": _apply_over_axes,
    "clip": _clip,
    "copy": _copy,
    "gradient": _gradient,
    "moveaxis": _moveaxis,
    "piecewise": _piecewise,
    "ravel": ravel,
    "reshape": reshape,
    "roll": _roll,
    "rollaxis": _rollaxis,
    "sliding_window_view": sliding_window_view,
    "squeeze": _squeeze,
    "tile": _tile,
    "transpose": _transpose,
    "trim_zeros": _trim_zeros,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
