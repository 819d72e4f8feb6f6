"""NumPy's functions that choose, order and compare elements of an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import backend_of
from ..ops.manipulation import front
from .storing import known, stored
from .writing import beside, places, within


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
    for name, given in zip(("x", "y"), choices, strict=False):
        if given is None:
            raise TypeError(f"numpy.where: {name} is None; expected an array or a number")
    if not choices:
        return xgrad.nonzero(condition)
    return xgrad.where(False if condition is None else condition, *choices)  # as NumPy takes None


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
    known("sort", "kind", kind, _KINDS)
    return xgrad.sort(xgrad.ravel(a), axis=0) if axis is None else xgrad.sort(a, axis=axis)


def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Array:
    """Return the indices that sort; those of the flattened array if the axis is None."""
    known("argsort", "kind", kind, _KINDS)
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


def _kth(name: str, a: Any, kth: Any, axis: Any, kind: Any) -> None:
    """Raise if a partition is asked for at places that do not exist."""
    known(name, "kind", kind, ("introselect",))
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
    known("isin", "kind", kind, ("sort", "table"))
    return xgrad.isin(xgrad.asarray(element), xgrad.asarray(test_elements), invert=invert)


ADAPTED: dict[str, Callable[..., Any]] = {
    "argpartition": argpartition,
    "argsort": argsort,
    "argwhere": _argwhere,
    "extract": _extract,
    "flatnonzero": _flatnonzero,
    "intersect1d": _intersect1d,
    "isin": _isin,
    "lexsort": _lexsort,
    "partition": partition,
    "setdiff1d": _setdiff1d,
    "setxor1d": _setxor1d,
    "sort": sort,
    "take": take,
    "union1d": _union1d,
    "unique": unique,
    "where": _where,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
