"""NumPy's ufuncs and their methods on an `Array`."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..arrays.operators import SEQUENCES, made_beside
from ..backends import creating_like
from ..engine.plain import flag, integer
from . import reductions
from .functions import function
from .lists import first
from .precision import fractional, with_fractions
from .storing import mask_of, refuse_out, started, store, stored
from .taken import TAKEN
from .telling import tell

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
    if method not in _METHODS or (function is None and method == "__call__"):
        return NotImplemented
    given = dict(kwargs)
    try:
        if method == "__call__":
            return _answered(ufunc, function, method, inputs, kwargs)
        like = first((*inputs, *kwargs.values()))
        with creating_like((like if like is not None else xgrad.asarray(0))._raw):
            return _answered(ufunc, function, method, inputs, kwargs)
    except (TypeError, ValueError, IndexError, ArithmeticError, AttributeError) as error:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        tell(error, f"numpy.{name}", _NAMES.get(method, ()), inputs, given)
        raise


def _answered(
    ufunc: Any, function: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    out = kwargs.pop("out", None)
    for target in out or ():
        refuse_out(f"numpy.{ufunc.__name__}", target)
    if method == "__call__":
        if not _OF_LOOPS.isdisjoint(kwargs):
            _asked(ufunc, inputs, kwargs)
            kwargs = {k: v for k, v in kwargs.items() if k not in _ABOUT_LOOPS}
        mask = kwargs.pop("where", True)
        inputs = tuple(_as_in_numpy(ufunc, inputs))
        result = _called(function, inputs, **kwargs)
        if mask is not True:
            if out is None:
                raise NotImplementedError(
                    f"numpy.{ufunc.__name__}: where= without out= leaves the other entries "
                    "undefined. Pass out=, or use numpy.where(condition, result, other)"
                )
            mask = mask_of(mask, result, f"numpy.{ufunc.__name__}")
            result = xgrad.where(mask, result, out[0])
    else:
        result = _METHODS[method](ufunc, function, *inputs, **kwargs)
    if result is NotImplemented or out is None:
        return result
    results = result if isinstance(result, tuple) else (result,)
    done = tuple(
        r
        if target is None
        else store(_wide(r, target, ufunc), target, f"numpy.{ufunc.__name__}(out=)")
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


def _as_in_numpy(ufunc: Any, inputs: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the operands, integers of other libraries in the dtype in which NumPy would compute.

    PyTorch and JAX take the default dtype for the sine of an integer, be it half as precise.
    """
    for x in inputs:
        foreign = isinstance(x, Array) and not isinstance(x._raw, np.ndarray)
        if foreign and not _takes_integers(ufunc) and x.dtype.kind in "biu":
            yield x.astype(fractional(x.dtype))
        else:
            yield x


@lru_cache(maxsize=1024)
def _takes_integers(ufunc: Any) -> bool:
    return any("l" in loop.partition("->")[0] for loop in ufunc.types)


def _asked(ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise as NumPy does if it knows no such keyword, or no such loop for these dtypes."""
    lengths = (1, 1) if ufunc.signature else (0,)
    alike = [np.empty(lengths, x.dtype) if hasattr(x, "dtype") else x for x in inputs]
    if not any(isinstance(x, SEQUENCES) for x in alike):
        ufunc(*alike, **{k: v for k, v in kwargs.items() if k in _OF_LOOPS})


def _wide(result: Any, target: Any, ufunc: Any) -> Any:
    """Return a result as wide as the array that it goes into: NumPy repeats it.

    Of products it drops loops of length one that the array has not.
    """
    shape = tuple(target.shape)
    more = len(result.shape) - len(shape)
    if ufunc.signature and more > 0 and set(result.shape[:more]) == {1}:
        return xgrad.reshape(result, result.shape[more:])
    narrow = result.shape != shape and len(result.shape) <= len(shape)
    return xgrad.broadcast_to(result, shape) if narrow else result


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
        _asked(ufunc, (array, array), {"dtype": dtype})
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
    return _called(function, (x1, x2), **kwargs)


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


_METHODS: dict[str, Any] = {
    "__call__": _called,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
    "reduceat": _reduceat,
}

_NAMES = {
    "__call__": ("x1", "x2"),
    "reduce": ("array", "axis", "dtype"),
    "accumulate": ("array", "axis", "dtype"),
    "reduceat": ("array", "indices", "axis", "dtype"),
    "outer": ("A", "B"),
    "at": ("a", "indices", "b"),
}
"""What NumPy calls the arguments of a ufunc's methods."""

_ABOUT_LOOPS = frozenset(("casting", "order", "subok", "signature"))
"""Keywords that choose NumPy's inner loop, which is not run."""

_OF_LOOPS = _ABOUT_LOOPS | {"dtype"}
"""Keywords that NumPy may refuse for the dtypes at hand."""


# Those that the standard lacks --------------------------------------------------------------------


def _modf(x: Any, /) -> tuple[Any, Any]:
    whole = xgrad.trunc(x)
    return x - whole, whole


def _frexp(x: Any, /) -> tuple[Any, Any]:
    power = xgrad.ops.more_elementwise.exponents(x)
    return _ldexp(x, -power), power


def _ldexp(x1: Any, x2: Any, /) -> Any:
    x1, x2 = (x if isinstance(x, Array) else xgrad.asarray(x) for x in (x1, x2))
    dtype = fractional(x1.dtype)
    wide = np.result_type(dtype, np.float32)
    return (x1.astype(dtype).astype(wide) * xgrad.exp2(x2.astype(wide))).astype(dtype)


def _spacing(x: Any, /) -> Any:
    x = with_fractions(xgrad.stop_gradient(xgrad.asarray(x)))
    size = xgrad.abs(x)
    return xgrad.copysign(xgrad.nextafter(size, xgrad.full_like(x, xgrad.inf)) - size, x)


def _divmod(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    return xgrad.floor_divide(x1, x2), xgrad.remainder(x1, x2)


def _matvec(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(x1, xgrad.asarray(x2)[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /) -> Any:
    return xgrad.matmul(xgrad.conj(xgrad.asarray(x1))[..., None, :], x2)[..., 0, :]


def _inexact(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives, of integers, fractions in the dtype that NumPy chooses."""

    def call(x: Any, /) -> Any:
        x = xgrad.asarray(x)
        if x.dtype.kind not in "biu":
            return function(x)
        dtype = fractional(x.dtype)
        results = function(x.astype(dtype).astype(np.float64))
        if isinstance(results, tuple):
            return tuple(y.astype(dtype) if y.dtype.kind == "f" else y for y in results)
        return results.astype(dtype)

    return call


_NUMBERS = (Array, np.generic, int, float, complex)


def _of_truths(name: str) -> Callable[..., Any]:
    """Return a function of truth values that takes numbers, which are true if not zero."""

    def call(*inputs: Any) -> Any:
        held = (bool, np.bool_)
        truths = (
            x != 0 if isinstance(x, _NUMBERS) and getattr(x, "dtype", type(x)) not in held else x
            for x in inputs
        )
        return getattr(xgrad, name)(*truths)

    return call


def _reciprocal(x: Any, /) -> Any:
    if isinstance(x, Array) and x.dtype.kind in "biu" and not isinstance(x._raw, np.ndarray):
        raise TypeError(
            f"numpy.reciprocal: x is of {x.dtype}, of which NumPy's is 0, 1 or -1; expected "
            "floating-point numbers, as of x.astype(float)"
        )
    return xgrad.reciprocal(x)


def _conjugate(x: Any, /) -> Any:
    x = xgrad.asarray(x)
    return x.astype(np.int8) if x.dtype == np.bool_ else xgrad.conj(x)


_OWN: dict[str, Callable[..., Any]] = {
    "cbrt": _inexact(lambda x: xgrad.cbrt(x)),
    "conj": _conjugate,
    "conjugate": _conjugate,
    "deg2rad": _inexact(lambda x: xgrad.deg2rad(x)),
    "degrees": _inexact(lambda x: xgrad.rad2deg(x)),
    "divmod": _divmod,
    "exp2": _inexact(lambda x: xgrad.exp2(x)),
    "fabs": _inexact(lambda x: xgrad.abs(x)),
    "frexp": _inexact(_frexp),
    "ldexp": _ldexp,
    **{f"logical_{name}": _of_truths(f"logical_{name}") for name in ("and", "not", "or", "xor")},
    "matvec": _matvec,
    "modf": _inexact(_modf),
    "rad2deg": _inexact(lambda x: xgrad.rad2deg(x)),
    "radians": _inexact(lambda x: xgrad.deg2rad(x)),
    "reciprocal": _reciprocal,
    "rint": _inexact(lambda x: xgrad.round(x)),
    "spacing": _spacing,
    "vecmat": _vecmat,
}
