"""NumPy functions on an `Array`: ``np.sin(x)`` comes here, whatever the backend."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable
from functools import lru_cache
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

FUNCTIONS = {
    "amax": "max",
    "amin": "min",
    "concatenate": "concat",
    "cumsum": "cumulative_sum",
    "cumprod": "cumulative_prod",
    "fix": "trunc",
    "row_stack": "vstack",
}
"""The name of a function, where it is not NumPy's."""

RENAMED = {"var": {"ddof": "correction"}, "std": {"ddof": "correction"}}
"""The name of a parameter, where it is not NumPy's."""

REDUCTIONS = {
    "add": "sum",
    "logaddexp": "logsumexp",
    "logical_and": "all",
    "logical_or": "any",
    "maximum": "max",
    "minimum": "min",
    "multiply": "prod",
}
"""The function that reduces by a ufunc."""

RUNNING = {
    "add": "cumulative_sum",
    "logaddexp": "cumulative_logsumexp",
    "maximum": "cumulative_max",
    "minimum": "cumulative_min",
    "multiply": "cumulative_prod",
}
"""The function that accumulates by a ufunc."""

MODULES = {"numpy.linalg": "linalg", "numpy.fft": "fft"}


@lru_cache(maxsize=1024)
def plain(ufunc: Any) -> Any:
    """Return the xgrad function of a NumPy or SciPy ufunc, None if there is none."""
    name = ufunc.__name__
    if name == "divmod":
        return lambda x1, x2: (xgrad.floor_divide(x1, x2), xgrad.remainder(x1, x2))
    # by identity: scipy.special has its own log1p and expm1, and NumPy has none of its others
    scipy_special = sys.modules.get("scipy.special")
    if getattr(np, name, None) is not ufunc and getattr(scipy_special, name, None) is ufunc:
        return getattr(xgrad, name, None) or getattr(xgrad.special, name)
    return getattr(xgrad, UFUNCS.get(name, name), None)


def ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the xgrad function of a NumPy ufunc; NotImplemented if there is none."""
    out = kwargs.pop("out", None)
    name, function = ufunc.__name__, plain(ufunc)
    if method == "reduce" and name in REDUCTIONS:
        function = getattr(xgrad, REDUCTIONS[name])
        kwargs.setdefault("axis", 0)
        kwargs = {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
    elif method == "accumulate" and name in RUNNING:
        function = getattr(xgrad, RUNNING[name])
        kwargs = {"axis": inputs[1] if len(inputs) > 1 else 0} | kwargs
        inputs, kwargs = inputs[:1], {k: v for k, v in kwargs.items() if v is not None}
    elif method == "outer" and function is not None and not kwargs and len(inputs) == 2:
        first, second = map(xgrad.asarray, inputs)
        inputs = xgrad.reshape(first, (*first.shape, *(1 for _ in second.shape))), second
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
    if name in ("shape", "ndim", "size"):
        return getattr(args[0], name)
    module = MODULES.get(func.__module__)
    own = _ADAPTED.get(f"{module}.{name}" if module else name)
    if own is not None:
        return own(*args, **kwargs)
    found = _found(name, module)
    if found is None:
        return NotImplemented
    args, kwargs = _translated(func, found, args, kwargs)
    return found(*args, **kwargs)


def _found(name: str, module: str | None) -> Callable[..., Any] | None:
    """Return the xgrad function of this name, of a module first."""
    name = FUNCTIONS.get(name, name)
    spaces = [getattr(xgrad, module)] if module else []
    if module != "fft":  # xgrad has some of numpy.linalg's in its main namespace
        spaces.append(xgrad)
    return next((getattr(s, name) for s in spaces if name in s.__all__), None)


@lru_cache(maxsize=1024)
def _parameters(f: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(f).parameters)
    except ValueError:  # an older NumPy does not tell those of its functions in C
        return {}


def _translated(
    func: Any, found: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a call's arguments as the xgrad function takes them.

    NumPy takes by position what the standard takes by name, and by name what it takes by position.
    What xgrad has no parameter for is left out if it has NumPy's default.
    """
    theirs, ours = _parameters(func), _parameters(found)
    names = [n for n, p in theirs.items() if p.kind in _POSITIONAL]
    count = sum(p.kind in _POSITIONAL for p in ours.values())
    if not any(p.kind is p.VAR_POSITIONAL for p in ours.values()):
        by_name = dict(zip(names[count:], args[count:], strict=False))
        args, kwargs = args[:count], by_name | kwargs
        alone = sum(p.kind is p.POSITIONAL_ONLY for p in ours.values())
        for n in names[len(args) : alone]:
            if n not in kwargs:
                break
            args, kwargs = (*args, kwargs[n]), {k: v for k, v in kwargs.items() if k != n}
    renamed = RENAMED.get(func.__name__, {})
    takes_any = any(p.kind is p.VAR_KEYWORD for p in ours.values())
    given = {}
    for n, value in kwargs.items():
        default = theirs[n].default if n in theirs else None
        our_name = renamed.get(n, n)
        if value is np._NoValue or (
            our_name not in ours and not takes_any and (value is default or value is None)
        ):
            continue
        given[our_name] = value
    return args, given


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


# Where the meaning differs, not only names and places ---------------------------------------------


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else xgrad.permute_dims(a, tuple(axes))


def _squeeze(a: Any, axis: Any = None) -> Any:
    return a.squeeze(axis)


def _reshape(a: Any, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    if order != "C":
        raise NotImplementedError(f"numpy.reshape: order is {order!r}; expected 'C'")
    return xgrad.reshape(a, (shape,) if isinstance(shape, int) else tuple(shape), copy=copy)


def _flat(name: str) -> Callable[..., Any]:
    """Return a function that NumPy calls on the flattened array if it is given no axis."""
    f = getattr(xgrad, name)

    def call(a: Any, *args: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        more = {} if dtype is None else {"dtype": dtype}
        return (
            f(a.ravel(), *args, axis=0, **more) if axis is None else f(a, *args, axis=axis, **more)
        )

    return call


def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    return xgrad.round(a * 10.0**decimals) / 10.0**decimals if decimals else xgrad.round(a)


def _tile(A: Any, reps: Any) -> Any:
    return xgrad.tile(A, (reps,) if isinstance(reps, int) else tuple(reps))


def _where(condition: Any, *choices: Any) -> Any:
    return xgrad.where(condition, *choices) if choices else xgrad.nonzero(condition)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is None and axis is None:
        out = xgrad.linalg.vector_norm(xgrad.reshape(x, (-1,)))
        return xgrad.reshape(out, (1,) * x.ndim) if keepdims else out
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return xgrad.linalg.vector_norm(
            x, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims
        )
    moved = xgrad.moveaxis(x, axes, (-2, -1))
    out = xgrad.linalg.matrix_norm(moved, ord="fro" if ord is None else ord, keepdims=keepdims)
    return xgrad.moveaxis(out, (-2, -1), axes) if keepdims else out


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if not compute_uv:
        return xgrad.linalg.svdvals(a)
    return xgrad.linalg.svd(a, full_matrices=full_matrices)


def _extract(condition: Any, arr: Any) -> Any:
    """Return the elements where a condition holds."""
    return xgrad.compress(np.ravel(condition), xgrad.ravel(arr), axis=0)


def _i0(x: Any) -> Any:
    return xgrad.special.i0(x)


def _resize(a: Any, new_shape: Any) -> Any:
    """Return an array of a shape, with the elements of `a` over and over again."""
    shape = (new_shape,) if isinstance(new_shape, int) else tuple(new_shape)
    places = np.arange(math.prod(shape)) % max(a.size, 1)
    return xgrad.reshape(xgrad.take(xgrad.ravel(a), xgrad.asarray(places), axis=0), shape)


def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    out = xgrad.linspace(start, stop, num, endpoint=endpoint, dtype=dtype)
    out = xgrad.moveaxis(out, 0, axis)
    return (out, (stop - start) / (num - endpoint)) if retstep else out


def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    out = base ** _linspace(start, stop, num, endpoint, axis=axis)
    return out if dtype is None else xgrad.astype(out, dtype)


def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    ratio = xgrad.log(stop / start)
    out = start * xgrad.exp(_linspace(0 * ratio, ratio, num, endpoint))
    out = xgrad.moveaxis(out, 0, axis)
    return out if dtype is None else xgrad.astype(out, dtype)


_ADAPTED: dict[str, Callable[..., Any]] = {
    "around": _round,
    "copy": lambda a, order="K", subok=False: a.copy(),
    "cumprod": lambda a, axis=None, dtype=None, out=None: _flat("cumulative_prod")(
        a, axis=axis, dtype=dtype
    ),
    "cumsum": lambda a, axis=None, dtype=None, out=None: _flat("cumulative_sum")(
        a, axis=axis, dtype=dtype
    ),
    "cross": lambda a, b, axis=-1: xgrad.linalg.cross(a, b, axis=axis),
    "extract": _extract,
    "geomspace": _geomspace,
    "i0": _i0,
    "linalg.norm": _norm,
    "linalg.svd": _svd,
    "linspace": _linspace,
    "logspace": _logspace,
    "nancumprod": lambda a, axis=None, dtype=None, out=None: _flat("nancumprod")(
        a, axis=axis, dtype=dtype
    ),
    "nancumsum": lambda a, axis=None, dtype=None, out=None: _flat("nancumsum")(
        a, axis=axis, dtype=dtype
    ),
    "outer": lambda a, b, out=None: xgrad.linalg.outer(xgrad.ravel(a), xgrad.ravel(b)),
    "reshape": _reshape,
    "resize": _resize,
    "round": _round,
    "squeeze": _squeeze,
    "take": lambda a, indices, axis=None, out=None, mode="raise": _flat("take")(
        a, indices, axis=axis
    ),
    "tile": _tile,
    "transpose": _transpose,
    "where": _where,
}
