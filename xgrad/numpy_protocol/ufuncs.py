"""NumPy's ufuncs on an `Array`: which function of xgrad answers, and in which form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import creating_like
from .functions import function
from .lacking import OWN
from .lists import first
from .precision import fractional
from .storing import mask_of, refuse_out, store
from .taken import TAKEN
from .telling import tell
from .ufunc_methods import ABOUT_LOOPS, ARGUMENTS, METHODS, OF_LOOPS, called, require_loop

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


def ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the xgrad function of a NumPy ufunc; NotImplemented if there is none."""
    function = plain(ufunc)
    if method not in METHODS or (function is None and method == "__call__"):
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
        tell(error, f"numpy.{name}", ARGUMENTS.get(method, ()), inputs, given)
        raise


def _answered(
    ufunc: Any, function: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    out = kwargs.pop("out", None)
    for target in out or ():
        refuse_out(f"numpy.{ufunc.__name__}", target)
    if method == "__call__":
        if not OF_LOOPS.isdisjoint(kwargs):
            require_loop(ufunc, inputs, kwargs)
            kwargs = {k: v for k, v in kwargs.items() if k not in ABOUT_LOOPS}
        mask = kwargs.pop("where", True)
        inputs = tuple(_as_in_numpy(ufunc, inputs))
        result = called(function, inputs, **kwargs)
        if mask is not True:
            if out is None:
                raise NotImplementedError(
                    f"numpy.{ufunc.__name__}: where= without out= leaves the other entries "
                    "undefined. Pass out=, or use numpy.where(condition, result, other)"
                )
            mask = mask_of(mask, result, f"numpy.{ufunc.__name__}")
            result = xgrad.where(mask, result, out[0])
    else:
        result = METHODS[method](ufunc, function, *inputs, **kwargs)
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
        return OWN.get(name) or getattr(xgrad, NAMES.get(name, name), None)
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
