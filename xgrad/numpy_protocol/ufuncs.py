"""NumPy's ufuncs and their methods on an `Array`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..arrays.operators import SEQUENCES, made_beside
from . import reductions
from .functions import function
from .storing import refuse_out, store, stored
from .taken import TAKEN

NAMES = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "conjugate": "conj",
    "degrees": "rad2deg",
    "fabs": "abs",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "mod": "remainder",
    "power": "pow",
    "radians": "deg2rad",
    "right_shift": "bitwise_right_shift",
    "rint": "round",
    "true_divide": "divide",
}
"""The standard's name of a ufunc, where it is not NumPy's."""

RUNNING = {
    "add": "cumulative_sum",
    "logaddexp": "cumulative_logsumexp",
    "maximum": "cumulative_max",
    "minimum": "cumulative_min",
    "multiply": "cumulative_prod",
}
"""The function that accumulates by a ufunc."""


def ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the xgrad function of a NumPy ufunc; NotImplemented if there is none."""
    function = plain(ufunc)
    how = _METHODS.get(method)
    if how is None or (function is None and method == "__call__"):
        return NotImplemented
    out = kwargs.pop("out", None)
    for target in out or ():
        refuse_out(f"numpy.{ufunc.__name__}", target)
    kwargs = {k: v for k, v in kwargs.items() if k not in _ABOUT_LOOPS}
    if method == "__call__":
        mask = kwargs.pop("where", True)
        result = _called(function, inputs, **kwargs)
        if mask is not True:
            if out is None:
                raise NotImplementedError(
                    f"numpy.{ufunc.__name__}: where= without out= leaves the other entries "
                    "undefined. Pass out=, or use numpy.where(condition, result, other)"
                )
            result = xgrad.where(mask, result, out[0])
    else:
        result = how(ufunc, function, *inputs, **kwargs)
    if result is NotImplemented or out is None:
        return result
    results = result if isinstance(result, tuple) else (result,)
    done = tuple(
        r if target is None else store(r, target, f"numpy.{ufunc.__name__}(out=)")
        for r, target in zip(results, out, strict=True)
    )
    return done if isinstance(result, tuple) else done[0]


@lru_cache(maxsize=1024)
def plain(ufunc: Any) -> Any:
    """Return the xgrad function of a NumPy or SciPy ufunc, None if there is none."""
    return TAKEN[ufunc] if ufunc in TAKEN else found(ufunc)


def found(ufunc: Any) -> Any:
    """Return the xgrad function of a ufunc, whatever a program put in its place."""
    name = ufunc.__name__
    # by identity: scipy.special has its own log1p and expm1, and NumPy has none of its others
    if getattr(np, name, None) is ufunc:
        return _OWN.get(name) or getattr(xgrad, NAMES.get(name, name), None)
    if _is_of_scipy(ufunc, name):
        name = name.lstrip("_")  # as _lambertw, which a function of Python calls
        return getattr(xgrad, name, None) or getattr(xgrad.special, name)
    return None


def take(func: Any, own: Callable[..., Any]) -> Callable[..., Any]:
    """Have a function of NumPy, or a ufunc, of an `Array` call another function from now on.

    Args:
        func: the function or ufunc.
        own: what is called instead.

    Returns:
        The function that was called until then.
    """
    TAKEN[func] = own
    plain.cache_clear()
    if isinstance(func, np.ufunc):
        return found(func)
    return lambda *args, **kwargs: function(func, args, kwargs, taken={})


def _is_of_scipy(ufunc: Any, name: str) -> bool:
    """Whether a ufunc is one of ``scipy.special``, whose public names may be wrappers."""
    modules = (sys.modules.get(m) for m in ("scipy.special", "scipy.special._ufuncs"))
    return any(getattr(module, name, None) is ufunc for module in modules)


def _called(function: Any, inputs: tuple[Any, ...], *, dtype: Any = None, **kwargs: Any) -> Any:
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
    rows = array.ravel() if axis is None else xgrad.moveaxis(array, axis, 0)
    total = rows[0] if initial is np._NoValue else function(initial, rows[0])
    for i in range(1, rows.shape[0]):
        total = function(total, rows[i])
    if keepdims:
        shape = [
            1 if axis is None or i == axis % array.ndim else n for i, n in enumerate(array.shape)
        ]
        total = xgrad.reshape(total, tuple(shape))
    return stored(total, out, f"numpy.{ufunc.__name__}.reduce")


def _accumulate(
    ufunc: Any, function: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    array = xgrad.asarray(array)
    array = array if dtype is None else array.astype(dtype)
    if ufunc.__name__ in RUNNING:
        result = getattr(xgrad, RUNNING[ufunc.__name__])(array, axis=axis)
    elif function is None:
        return NotImplemented
    else:
        rows = xgrad.moveaxis(array, axis, 0)
        totals = [rows[0]]
        for i in range(1, rows.shape[0]):
            totals.append(function(totals[-1], rows[i]))
        result = xgrad.stack(totals, axis=axis)
    return stored(result, out, f"numpy.{ufunc.__name__}.accumulate")


def _outer(ufunc: Any, function: Any, x1: Any, x2: Any, **kwargs: Any) -> Any:
    if function is None:
        return NotImplemented
    x1, x2 = xgrad.asarray(x1), xgrad.asarray(x2)
    x1 = xgrad.reshape(x1, (*x1.shape, *(1 for _ in x2.shape)))
    return _called(function, (x1, x2), **kwargs)


def _at(ufunc: Any, function: Any, array: Any, indices: Any, value: Any = None) -> Any:
    name = f"numpy.{ufunc.__name__}.at"
    refuse_out(name, array)
    if ufunc.__name__ in ("add", "subtract"):
        value = xgrad.asarray(value)
        value = -value if ufunc.__name__ == "subtract" else value
        array._inplace(xgrad.index_add(array, indices, value.astype(array.dtype)), name)
        return None
    if function is None:
        return NotImplemented
    key = tuple(map(_host, indices)) if isinstance(indices, tuple) else _host(indices)
    places = np.arange(array.size).reshape(array.shape)[key]
    new, flat = xgrad.reshape(array, (-1,)), places.ravel()
    values = () if value is None else (np.broadcast_to(value, places.shape).reshape((-1,)),)
    for turn in _turns(flat):  # in each no entry is named twice
        there = flat[turn]
        part = function(new[there], *(v[turn] for v in values))
        new = xgrad.index_set(new, there, part.astype(array.dtype))
    array._inplace(xgrad.reshape(new, array.shape), name)
    return None


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
    rows = xgrad.moveaxis(xgrad.asarray(array), axis, 0)
    starts = [int(i) for i in indices]
    parts = []
    for start, end in zip(starts, [*starts[1:], rows.shape[0]], strict=True):
        part = rows[start : end if end > start else start + 1]
        parts.append(_reduce(ufunc, function, part, 0, dtype))
    result = xgrad.stack(parts, axis=axis)
    return stored(result, out, f"numpy.{ufunc.__name__}.reduceat")


_METHODS: dict[str, Any] = {
    "__call__": _called,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
    "reduceat": _reduceat,
}

_ABOUT_LOOPS = ("casting", "order", "subok", "signature")
"""Keywords that choose NumPy's inner loop, which is not run."""


# Those that the standard lacks --------------------------------------------------------------------


def _modf(x: Any, /) -> tuple[Any, Any]:
    whole = xgrad.trunc(x)
    return x - whole, whole


def _frexp(x: Any, /) -> tuple[Any, Any]:
    power = xgrad.ops.more_elementwise.exponents(x)
    return _ldexp(x, -power), power


def _ldexp(x1: Any, x2: Any, /) -> Any:
    if isinstance(x1, Array):
        return x1 * xgrad.exp2(xgrad.asarray(x2).astype(x1.dtype))
    return xgrad.asarray(x1) * xgrad.exp2(x2.astype(xgrad.float64))


def _spacing(x: Any, /) -> Any:
    x = xgrad.stop_gradient(x)
    size = xgrad.abs(x)
    return xgrad.copysign(xgrad.nextafter(size, xgrad.full_like(x, xgrad.inf)) - size, x)


def _divmod(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    return xgrad.floor_divide(x1, x2), xgrad.remainder(x1, x2)


def _matvec(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(x1, xgrad.asarray(x2)[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(xgrad.conj(xgrad.asarray(x1))[..., None, :], x2)[..., 0, :]


_OWN: dict[str, Callable[..., Any]] = {
    "divmod": _divmod,
    "frexp": _frexp,
    "ldexp": _ldexp,
    "matvec": _matvec,
    "modf": _modf,
    "spacing": _spacing,
    "vecmat": _vecmat,
}
