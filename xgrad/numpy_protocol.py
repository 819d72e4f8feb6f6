"""NumPy functions on an `Array`: ``np.sin(x)`` comes here, whatever the backend."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from .array import Array

UFUNCS = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "conjugate": "conj",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "power": "pow",
    "right_shift": "bitwise_right_shift",
    "rint": "round",
    "true_divide": "divide",
}
"""The standard's name of a ufunc, where it is not NumPy's."""

FUNCTIONS = {
    "amax": "max",
    "amin": "min",
    "concatenate": "concat",
    "cumsum": "cumulative_sum",
    "cumprod": "cumulative_prod",
    "transpose": "permute_dims",
    "around": "round",
}
"""The standard's name of a function, where it is not NumPy's."""

REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}


def ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the xgrad function of a NumPy ufunc; NotImplemented if there is none."""
    out = kwargs.pop("out", None)
    function = getattr(xgrad, UFUNCS.get(ufunc.__name__, ufunc.__name__), None)
    if method == "reduce" and ufunc.__name__ in REDUCTIONS:
        function = getattr(xgrad, REDUCTIONS[ufunc.__name__])
        kwargs.setdefault("axis", 0)
        kwargs = {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
    elif method != "__call__" or kwargs:
        return NotImplemented
    if function is None:
        return NotImplemented
    result = function(*inputs, **kwargs)
    if out is None:
        return result
    (target,) = out
    if type(target) is not Array:
        raise xgrad.errors.TracedConversionError(
            f"numpy.{ufunc.__name__}: out= is a NumPy array, which would drop the gradient of the "
            "xgrad.Array operand. Use x = x + y instead of x += y, or make x an xgrad.Array"
        )
    return target._inplace(result, f"numpy.{ufunc.__name__}(out=)")


def function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the xgrad function of a NumPy function; NotImplemented if there is none."""
    name = func.__name__
    module = {"numpy.linalg": "linalg", "numpy.fft": "fft"}.get(func.__module__)
    space = getattr(xgrad, module, None) if module else xgrad
    found = getattr(space, FUNCTIONS.get(name, name), None) if space else None
    if name in ("shape", "ndim", "size"):
        return getattr(args[0], name)
    if found is None:
        return NotImplemented
    if name == "transpose" and len(args) == 1 and kwargs.get("axes") is None:
        return args[0].T
    if len(args) > 1 and name in _AXIS_SECOND:
        kwargs = {"axis": args[1], **kwargs}
        args = args[:1]
    if name in ("cumsum", "cumprod") and kwargs.get("axis") is None:
        args, kwargs = (args[0].ravel(),), {**kwargs, "axis": 0}
    if name in ("var", "std") and "ddof" in kwargs:
        kwargs = {**kwargs, "correction": kwargs["ddof"]}
        del kwargs["ddof"]
    return found(*args, **{k: v for k, v in kwargs.items() if v is not np._NoValue})


_AXIS_SECOND = frozenset(
    "sum prod mean var std max min amax amin any all argmax argmin argsort sort "
    "cumsum cumprod concatenate stack flip count_nonzero".split()
)
"""Functions whose second positional argument is the axis in NumPy: a keyword in the standard."""
