"""NumPy's reductions on an `Array`: with ``where=`` and ``initial=``, and flat without an axis."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import REAL
from ..engine.plain import integer, number
from ..names import spelled
from .precision import with_fractions
from .storing import mask_of, started, stored

UNSET = np._NoValue


def _masked(a: Array, where: Any, other: Any, name: str) -> Array:
    """Return an array with `other` where the mask is false."""
    if where is True or where is UNSET:
        return a
    return xgrad.where(mask_of(where, a, f"numpy.{name}"), a, other)


def _is_absent(initial: Any) -> bool:
    return initial is UNSET or initial is None


def _kept(keepdims: Any) -> bool:
    return False if keepdims is UNSET else bool(keepdims)


def _is_plain(a: Any, out: Any, initial: Any, where: Any) -> bool:
    """Whether a call asks for nothing that the standard's function has not, on floating-point."""
    return (
        isinstance(a, Array)
        and out is None
        and initial is UNSET
        and (where is True or where is UNSET)
        and a._raw.dtype in REAL
    )


@spelled
def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    """Return the sum, as ``numpy.sum``."""
    if _is_plain(a, out, initial, where):
        return xgrad.sum(
            a, axis=axis, dtype=dtype, keepdims=keepdims is not UNSET and bool(keepdims)
        )
    total = xgrad.sum(
        _masked(xgrad.asarray(a), where, 0, "sum"), axis=axis, dtype=dtype, keepdims=_kept(keepdims)
    )
    total = total if _is_absent(initial) else total + started(initial, total, "numpy.sum")
    return stored(total, out, "numpy.sum(out=)")


@spelled
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    """Return the product, as ``numpy.prod``."""
    if _is_plain(a, out, initial, where):
        return xgrad.prod(
            a, axis=axis, dtype=dtype, keepdims=keepdims is not UNSET and bool(keepdims)
        )
    total = xgrad.prod(
        _masked(xgrad.asarray(a), where, 1, "prod"),
        axis=axis,
        dtype=dtype,
        keepdims=_kept(keepdims),
    )
    total = total if _is_absent(initial) else total * started(initial, total, "numpy.prod")
    return stored(total, out, "numpy.prod(out=)")


def _extreme(name: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Array:
    pair = xgrad.maximum if name == "max" else xgrad.minimum
    absent = _is_absent(initial)
    if absent and where is not True and where is not UNSET:
        raise ValueError(f"numpy.{name}: where= needs initial=, the value of an empty selection")
    a = xgrad.asarray(a)
    initial = initial if absent else started(initial, a, f"numpy.{name}")
    a = a if absent else _masked(a, where, initial, name)
    result = getattr(xgrad, name)(a, axis=axis, keepdims=_kept(keepdims))
    return result if absent else pair(result, initial)


@spelled
def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    """Return the maximum, as ``numpy.max``."""
    if _is_plain(a, out, initial, where):
        return xgrad.max(a, axis=axis, keepdims=_kept(keepdims))
    return stored(_extreme("max", a, axis, keepdims, initial, where), out, "numpy.max(out=)")


@spelled
def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    """Return the minimum, as ``numpy.min``."""
    if _is_plain(a, out, initial, where):
        return xgrad.min(a, axis=axis, keepdims=_kept(keepdims))
    return stored(_extreme("min", a, axis, keepdims, initial, where), out, "numpy.min(out=)")


def _any(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    a = _masked(xgrad.asarray(a) != 0, where, False, "any")
    found = xgrad.any(a, axis=axis, keepdims=_kept(keepdims))
    found = found if _is_absent(initial) else found | bool(initial)
    return stored(found, out, "numpy.any(out=)")


def _all(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    initial: Any = UNSET,
    where: Any = True,
) -> Array:
    a = _masked(xgrad.asarray(a) != 0, where, True, "all")
    found = xgrad.all(a, axis=axis, keepdims=_kept(keepdims))
    found = found if _is_absent(initial) else found & bool(initial)
    return stored(found, out, "numpy.all(out=)")


def _logaddexp(
    a: Any, axis: Any = None, keepdims: Any = False, initial: Any = UNSET, where: Any = True
) -> Array:
    a = _masked(with_fractions(xgrad.asarray(a)), where, -math.inf, "logaddexp.reduce")
    total = xgrad.logsumexp(a, axis=axis, keepdims=_kept(keepdims)) if a.ndim else a
    if _is_absent(initial):
        return total
    return xgrad.logaddexp(total, started(initial, total, "numpy.logaddexp.reduce"))


def _counts(a: Array, axis: Any, where: Any) -> Array:
    """Return how many elements a mask selects, with the axes kept."""
    ones = xgrad.ones_like(xgrad.stop_gradient(xgrad.real(a)))
    return xgrad.sum(_masked(ones, where, 0, "mean"), axis=axis, keepdims=True)


def _dropped(a: Array, axis: Any) -> Array:
    """Return an array without the axes that a reduction kept."""
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return xgrad.squeeze(a, axes)


@spelled
def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Array:
    """Return the mean, as ``numpy.mean``."""
    if dtype is None and _is_plain(a, out, UNSET, where):
        return xgrad.mean(a, axis=axis, keepdims=_kept(keepdims))
    a = _inexact(a, dtype, "mean")
    if where is True or where is UNSET:
        result = xgrad.mean(a, axis=axis, keepdims=_kept(keepdims))
    else:
        total = xgrad.sum(_masked(a, where, 0, "mean"), axis=axis, keepdims=True)
        result = total / _counts(a, axis, where)
        result = result if _kept(keepdims) else _dropped(result, axis)
    return stored(result, out, "numpy.mean(out=)")


def require_inexact(dtype: Any, name: str) -> None:
    """Raise if a mean is to be computed in integers."""
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError(
            f"numpy.{name}: dtype is {dtype!r}, in which NumPy cuts the result off; expected a "
            f"floating-point one, or {name}(x).astype(dtype)"
        )


def _inexact(a: Any, dtype: Any, name: str) -> Array:
    a = xgrad.asarray(a)
    require_inexact(dtype, name)
    if dtype is None and a.dtype.kind in "biu":
        dtype = xgrad.float64
    out: Array = a if dtype is None else a.astype(dtype)
    return out


def _free(ddof: Any, correction: Any) -> float:
    free = number(ddof if correction is UNSET else correction)
    if isinstance(free, (list, tuple)):
        raise TypeError(f"ddof is {free!r:.60}; expected a number")
    return int(free) if isinstance(free, bool) else free


@spelled
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Array:
    """Return the variance, as ``numpy.var``."""
    mean = UNSET if mean is None else mean
    if dtype is None and mean is UNSET and _is_plain(a, out, UNSET, where):
        free = _free(ddof, correction)
        return xgrad.var(a, axis=axis, correction=free, keepdims=_kept(keepdims))
    result = _variance(a, axis, dtype, _free(ddof, correction), keepdims, where, mean)
    return stored(result, out, "numpy.var(out=)")


@spelled
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Array:
    """Return the standard deviation, as ``numpy.std``."""
    free, mean = _free(ddof, correction), UNSET if mean is None else mean
    if dtype is None and mean is UNSET and _is_plain(a, out, UNSET, where):
        return xgrad.std(a, axis=axis, correction=free, keepdims=_kept(keepdims))
    if (where is True or where is UNSET) and mean is UNSET:  # its derivative at 0 is 0
        a = _inexact(a, dtype, "std")
        result = xgrad.std(a, axis=axis, correction=free, keepdims=_kept(keepdims))
    else:
        result = xgrad.sqrt(_variance(a, axis, dtype, free, keepdims, where, mean))
    return stored(result, out, "numpy.std(out=)")


def _variance(
    a: Any, axis: Any, dtype: Any, free: float, keepdims: Any, where: Any, center: Any
) -> Array:
    a = _inexact(a, dtype, "var")
    if (where is True or where is UNSET) and center is UNSET:
        return xgrad.var(a, axis=axis, correction=free, keepdims=_kept(keepdims))
    where = xgrad.ones_like(a, dtype=bool) if where is True or where is UNSET else where
    if center is UNSET:
        center = mean(a, axis, keepdims=True, where=where)
    center = xgrad.asarray(center)
    if center.dtype.kind == "c" and a.dtype.kind != "c":
        raise TypeError(f"numpy.var: mean is of {center.dtype}; expected real numbers, as of a")
    squares = xgrad.abs(a - center) ** 2
    total = xgrad.sum(_masked(squares, where, 0, "var"), axis=axis, keepdims=True)
    result = total / (_counts(a, axis, where) - free)
    return result if _kept(keepdims) else _dropped(result, axis)


def _decimals(decimals: Any) -> int:
    try:
        return operator.index(integer(decimals))
    except TypeError:
        raise TypeError(f"numpy.round: decimals is {decimals!r:.60}; expected an integer") from None


def round(a: Any, decimals: int = 0, out: Any = None) -> Array:
    """Return the elements rounded to a number of decimals, as ``numpy.round``."""
    a, decimals = xgrad.asarray(a), _decimals(decimals)
    if decimals == 0:
        result = xgrad.round(a)
    else:
        scale = 10.0 ** builtins.min(abs(decimals), 308)
        result = xgrad.round(a * scale) / scale if decimals > 0 else xgrad.round(a / scale) * scale
    return stored(result, out, "numpy.round(out=)")


OF_UFUNCS: dict[str, Callable[..., Any]] = {
    "add": sum,
    "multiply": prod,
    "maximum": max,
    "minimum": min,
    "logical_and": _all,
    "logical_or": _any,
    "logaddexp": _logaddexp,
}
"""The function that reduces by a ufunc."""

ADAPTED: dict[str, Callable[..., Any]] = {
    "all": _all,
    "amax": max,
    "amin": min,
    "any": _any,
    "around": round,
    "max": max,
    "mean": mean,
    "min": min,
    "prod": prod,
    "round": round,
    "std": std,
    "sum": sum,
    "var": var,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
for _name, _function in ADAPTED.items():  # NumPy has looked at the names of the arguments by then
    ADAPTED[_name] = getattr(_function, "__wrapped__", _function)
