"""NumPy's functions that write into an `Array`, and places in one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..arrays.operators import made_beside
from ..engine.plain import as_tuple
from ..ops.manipulation import front
from .storing import mask_of, require_target


def places(like: Any, indices: Any) -> Any:
    """Return indices as an array beside the one that they index."""
    if isinstance(indices, Array):
        return indices
    held = np.asarray(indices)
    if held.size and held.dtype.kind not in "biu":
        raise TypeError(f"indices are {indices!r:.60}; expected integers")
    return xgrad.ops.beside.placed(like, held, np.int64)


def within(name: str, indices: Any, length: int, mode: Any) -> Any:
    """Return indices as NumPy's `mode` wants those that are out of range."""
    if mode == "wrap":
        return indices % length
    if mode == "clip":
        return indices.clip(0, length - 1)
    if mode != "raise":
        raise ValueError(f"numpy.{name}: mode is {mode!r}; expected 'raise', 'wrap' or 'clip'")
    return indices


def beside(a: Any, values: Any) -> Any:
    """Return numbers as an array beside another one, in a dtype of their own."""
    return values if isinstance(values, Array) else made_beside(a, values)


def or_nan(a: Any, value: Any, what: str) -> Any:
    """Return NaN for None, which NumPy writes among floating-point numbers, and only there."""
    if value is not None:
        return value
    if a.dtype.kind not in "fc":
        raise TypeError(f"{what} is None; expected numbers")
    return math.nan


def resize(a: Any, new_shape: Any) -> Any:
    """Return the elements repeated until they fill another shape."""
    shape = as_tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"numpy.resize: new_shape is {new_shape}; expected lengths of 0 or more")
    flat, size = xgrad.ravel(xgrad.asarray(a)), math.prod(shape)
    if not flat.size:
        return xgrad.broadcast_to(xgrad.sum(flat), shape)
    times = -(-size // max(flat.size, 1))
    return xgrad.reshape(xgrad.tile(flat, (times,))[:size], shape)


def require_cast(
    name: str, argument: str, x: Any, into: Any, casting: Any = "same_kind", is_number: bool = False
) -> None:
    """Raise if NumPy would not write these numbers into an array."""
    if not is_number and not np.can_cast(x.dtype, into.dtype, casting):
        raise TypeError(
            f"numpy.{name}: {argument} is of {x.dtype}, which casting={casting!r} does not let "
            f"become {into.dtype}"
        )


def _as_many(name: str, mask: Any, a: Any) -> Any:
    """Return a mask of any kind of numbers, one for each element of an array."""
    mask = beside(a, mask)
    if mask.size != a.size:
        raise ValueError(f"numpy.{name}: mask has {mask.size} elements; expected {a.size}")
    return mask


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    require_target("numpy.copyto", dst, "dst")
    is_number = type(src) in (bool, int, float)  # which has no dtype that could be refused
    src = beside(dst, src)
    require_cast("copyto", "src", src, dst, casting, is_number)
    dst[...] = src if where is True else xgrad.where(mask_of(where, dst, "numpy.copyto"), src, dst)


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write values at places of the flattened array."""
    require_target("numpy.put", a, "a")
    ind = within("put", places(a, ind).reshape(-1), a.size, mode)
    values = xgrad.ravel(beside(a, or_nan(a, v, "numpy.put: v")))
    if ind.size and values.size:
        flat = xgrad.index_set(xgrad.ravel(a), (ind,), resize(values, ind.size))
        a[...] = xgrad.reshape(flat, a.shape)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    require_target("numpy.place", arr, "arr")
    mask, vals = _as_many("place", mask, arr), beside(arr, vals)
    require_cast("place", "vals", vals, arr)
    if not vals.size:
        raise ValueError("numpy.place: vals is empty; expected a value or more")
    put(arr, xgrad.nonzero(xgrad.ravel(mask))[0], vals)


def _putmask(a: Any, mask: Any, values: Any) -> None:
    require_target("numpy.putmask", a, "a")
    mask, values = _as_many("putmask", mask, a), xgrad.ravel(beside(a, values))
    require_cast("putmask", "values", values, a)
    if values.size:
        filled = resize(values.astype(a.dtype), a.shape)
        a[...] = xgrad.where(xgrad.reshape(mask, a.shape) != 0, filled, a)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    require_target("numpy.put_along_axis", arr, "arr")
    indices = places(arr, indices)
    if axis is None and indices.ndim != 1:
        raise ValueError(
            f"numpy.put_along_axis: axis is None, and indices has {indices.ndim} axes; expected 1"
        )
    if axis is None:
        put(arr, indices, values)
        return
    axis = front(axis, arr.ndim, "put_along_axis")
    if indices.ndim != arr.ndim:
        raise ValueError(
            f"numpy.put_along_axis: indices has {indices.ndim} axes; expected {arr.ndim}, as arr"
        )
    key: list[Any] = [
        places(arr, np.arange(n).reshape([-1 if j == i else 1 for j in range(arr.ndim)]))
        for i, n in enumerate(arr.shape)
    ]
    key[axis] = indices
    arr[tuple(key)] = beside(arr, values)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    require_target("numpy.fill_diagonal", a, "a")
    val = or_nan(a, val, "numpy.fill_diagonal: val")
    if wrap and a.shape[0] > a.shape[1]:
        raise NotImplementedError("numpy.fill_diagonal: wrap=True on an xgrad.Array")
    length = min(a.shape)
    on = places(a, np.arange(length))
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ValueError(
            f"numpy.fill_diagonal: a has shape {a.shape}; expected a matrix, or equal lengths"
        )
    a[(on,) * a.ndim] = resize(beside(a, val), length) if np.ndim(val) else val


ADAPTED: dict[str, Callable[..., Any]] = {
    "copyto": _copyto,
    "fill_diagonal": _fill_diagonal,
    "place": _place,
    "put": put,
    "put_along_axis": _put_along_axis,
    "putmask": _putmask,
    "resize": resize,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
