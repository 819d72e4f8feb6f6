"""The methods of NumPy's ufuncs on an `Array`: calls, reductions, running results, writes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..arrays.operators import SEQUENCES, made_beside
from ..engine.plain import flag, integer
from . import reductions
from .storing import refuse_out, started, stored

RUNNING = {
    "add": "cumulative_sum",
    "logaddexp": "cumulative_logsumexp",
    "maximum": "cumulative_max",
    "minimum": "cumulative_min",
    "multiply": "cumulative_prod",
}
"""The function that accumulates by a ufunc."""


def require_loop(ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise as NumPy does if it knows no such keyword, or no such loop for these dtypes."""
    lengths = (1, 1) if ufunc.signature else (0,)
    alike = [np.empty(lengths, x.dtype) if hasattr(x, "dtype") else x for x in inputs]
    if not any(isinstance(x, SEQUENCES) for x in alike):
        ufunc(*alike, **{k: v for k, v in kwargs.items() if k in OF_LOOPS})


def called(function: Any, inputs: tuple[Any, ...], *, dtype: Any = None, **kwargs: Any) -> Any:
    """Return a function of operands that may be sequences, in a dtype."""
    if dtype is not None:
        inputs = tuple(xgrad.asarray(x).astype(dtype) for x in inputs)
    if any(isinstance(x, SEQUENCES) for x in inputs):
        like = next((x for x in inputs if isinstance(x, Array)), xgrad.asarray(0))
        inputs = tuple(made_beside(like, x) if isinstance(x, SEQUENCES) else x for x in inputs)
    return function(*inputs, **kwargs)


def _reduce(
    ufunc: Any,
    function: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    array = xgrad.asarray(array)
    reduce = reductions.OF_UFUNCS.get(ufunc.__name__)
    if reduce is not None:
        more = {} if dtype is None else {"dtype": dtype}
        result = reduce(array, axis=axis, keepdims=keepdims, initial=initial, where=where, **more)
        return stored(result, out, f"numpy.{ufunc.__name__}.reduce")
    if function is None or isinstance(axis, tuple) or where is not True:
        return NotImplemented
    if axis is None and array.ndim > 1:
        raise ValueError(
            f"numpy.{ufunc.__name__}.reduce: axis is None for {array.ndim} axes, and the result "
            "depends on their order; expected one of them"
        )
    array = _operands(ufunc, array, dtype)
    axis = 0 if axis is None else _axis(axis, array)
    rows = xgrad.moveaxis(array, axis, 0)
    absent = initial is np._NoValue or initial is None
    total = ufunc.identity if absent else started(initial, array, f"numpy.{ufunc.__name__}.reduce")
    if rows.shape[0]:
        total = rows[0] if absent else function(total, rows[0])
    elif total is None:
        raise ValueError(
            f"numpy.{ufunc.__name__}.reduce: array has no elements along axis {axis}, and there is "
            "no identity; pass initial="
        )
    else:
        total = xgrad.broadcast_to(xgrad.asarray(total, dtype=array.dtype), rows.shape[1:])
    for i in range(1, rows.shape[0]):
        total = function(total, rows[i])
    total = xgrad.expand_dims(total, axis=axis) if flag(keepdims) else total
    return stored(total, out, f"numpy.{ufunc.__name__}.reduce")


def _axis(axis: Any, array: Any) -> int:
    """Return the number of an axis, counted from the front, or raise as NumPy does."""
    return np.lib.array_utils.normalize_axis_index(operator.index(integer(axis)), array.ndim)


def _operands(ufunc: Any, array: Any, dtype: Any) -> Any:
    """Return an array in the dtype in which a ufunc's method computes."""
    if dtype is not None:
        require_loop(ufunc, (array, array), {"dtype": dtype})
        return array.astype(dtype)
    if array.dtype.kind in "biu":
        *_, made = ufunc.resolve_dtypes((array.dtype, array.dtype, None))
        array = array.astype(made) if made.kind == "f" else array
    return array != 0 if ufunc.__name__.startswith("logical_") else array


def _accumulate(
    ufunc: Any, function: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    array = _operands(ufunc, xgrad.asarray(array), dtype)
    axis = _axis(axis, array)
    is_truth = array.dtype == np.bool_ and ufunc.__name__ in ("maximum", "minimum")
    if ufunc.__name__ in RUNNING and not is_truth:
        result = getattr(xgrad, RUNNING[ufunc.__name__])(array, axis=axis)
    elif function is None:
        return NotImplemented
    else:
        rows = xgrad.moveaxis(array, axis, 0)
        totals = [rows[i] for i in range(min(1, rows.shape[0]))]
        for i in range(1, rows.shape[0]):
            totals.append(function(totals[-1], rows[i]))
        result = xgrad.stack(totals, axis=axis) if totals else array
    return stored(result, out, f"numpy.{ufunc.__name__}.accumulate")


def _outer(ufunc: Any, function: Any, x1: Any, x2: Any, **kwargs: Any) -> Any:
    if function is None:
        return NotImplemented
    x1, x2 = xgrad.asarray(x1), xgrad.asarray(x2)
    x1 = xgrad.reshape(x1, (*x1.shape, *(1 for _ in x2.shape)))
    return called(function, (x1, x2), **kwargs)


def _at(ufunc: Any, function: Any, array: Any, indices: Any, value: Any = None) -> Any:
    name = f"numpy.{ufunc.__name__}.at"
    refuse_out(name, array)
    if ufunc.__name__ in ("add", "subtract"):
        value = xgrad.asarray(value)
        value = value.astype(array.dtype)
        value = -value if ufunc.__name__ == "subtract" else value
        array._inplace(xgrad.index_add(array, indices, value), name)
        return None
    if function is None:
        return NotImplemented
    key = tuple(map(_host, indices)) if isinstance(indices, tuple) else _host(indices)
    places = np.arange(array.size).reshape(array.shape)[key]
    new, flat = xgrad.reshape(array, (-1,)), places.ravel()
    values: tuple[Any, ...] = ()
    if value is not None:
        wide = xgrad.broadcast_to(xgrad.asarray(value), places.shape)
        values = (xgrad.reshape(wide, (-1,)),)
    reduced = _REDUCED.get(ufunc.__name__)
    if reduced and values and array.dtype.kind == values[0].dtype.kind == "f" and flat.size:
        there, ids = np.unique(flat, return_inverse=True)
        part = reduced(values[0], ids, there.size)
        new = xgrad.index_set(new, there, function(new[there], part).astype(array.dtype))
        flat = flat[:0]
    for turn in _turns(flat):  # in each no entry is named twice
        there = flat[turn]
        part = function(new[there], *(v[turn] for v in values))
        new = xgrad.index_set(new, there, part.astype(array.dtype))
    array._inplace(xgrad.reshape(new, array.shape), name)
    return None


_REDUCED: dict[str, Any] = {
    "maximum": lambda x, ids, count: xgrad.segment_max(x, ids, count),
    "minimum": lambda x, ids, count: xgrad.segment_min(x, ids, count),
}
"""The function that reduces, by a ufunc, what goes to one entry."""


def _host(index: Any) -> Any:
    """Return a part of an index that NumPy takes."""
    return index._numpy() if isinstance(index, xgrad.Array) else index


def _turns(flat: Any) -> list[Any]:
    """Return the positions of the first time that each number occurs, of the second, and so on."""
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    firsts = np.searchsorted(ordered, ordered)
    turn = np.arange(flat.size) - firsts
    return [np.sort(order[turn == k]) for k in range(int(turn.max(initial=-1)) + 1)]


def _reduceat(
    ufunc: Any,
    function: Any,
    array: Any,
    indices: Any,
    axis: int = 0,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    array = xgrad.asarray(array)
    axis = _axis(axis, array)
    rows = xgrad.moveaxis(array, axis, 0)
    starts = [operator.index(i) for i in _host(indices)]
    for start in starts:
        np.lib.array_utils.normalize_axis_index(start, rows.shape[0])
    parts = []
    for start, end in zip(starts, [*starts[1:], rows.shape[0]], strict=True):
        part = rows[start : end if end > start else start + 1]
        parts.append(_reduce(ufunc, function, part, 0, dtype))
    result = xgrad.stack(parts, axis=axis)
    return stored(result, out, f"numpy.{ufunc.__name__}.reduceat")


METHODS: dict[str, Any] = {
    "__call__": called,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
    "reduceat": _reduceat,
}


ARGUMENTS = {
    "__call__": ("x1", "x2"),
    "reduce": ("array", "axis", "dtype"),
    "accumulate": ("array", "axis", "dtype"),
    "reduceat": ("array", "indices", "axis", "dtype"),
    "outer": ("A", "B"),
    "at": ("a", "indices", "b"),
}
"""What NumPy calls the arguments of a ufunc's methods."""


ABOUT_LOOPS = frozenset(("casting", "order", "subok", "signature"))
"""Keywords that choose NumPy's inner loop, which is not run."""


OF_LOOPS = ABOUT_LOOPS | {"dtype"}
"""Keywords that NumPy may refuse for the dtypes at hand."""
