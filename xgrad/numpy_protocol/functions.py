"""NumPy's functions on an `Array`: found by name, or in the chapters of what NumPy means else."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..backends import BY_TYPE, backend_of_type, creating_like, get_backend
from . import (
    algebra,
    choosing,
    creating,
    inspecting,
    joining,
    manipulation,
    reductions,
    running,
    scimath,
    statistics,
    without_nan,
    writing,
)
from .lists import first, parameters, with_arrays
from .storing import refuse_out, store
from .taken import TAKEN
from .telling import tell

ADAPTED: dict[str, Callable[..., Any]] = (
    reductions.ADAPTED
    | running.ADAPTED
    | without_nan.ADAPTED
    | manipulation.ADAPTED
    | choosing.ADAPTED
    | statistics.ADAPTED
    | algebra.ADAPTED
    | scimath.ADAPTED
    | creating.ADAPTED
    | joining.ADAPTED
    | inspecting.ADAPTED
    | writing.ADAPTED
)
"""The functions whose meaning or arguments in NumPy are not the standard's."""


FUNCTIONS = {
    "fix": "trunc",
    "row_stack": "vstack",
}
"""The name of a function, where it is not NumPy's."""

MODULES = {
    "numpy": None,
    "numpy.fft": "fft",
    "numpy.lib.scimath": "emath",
    "numpy.lib.stride_tricks": None,
    "numpy.linalg": "linalg",
}
"""NumPy's modules, and the names before those of their functions; others are not NumPy's own."""


def function(
    func: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    asked: Array | None = None,
    taken: Mapping[Any, Callable[..., Any]] = TAKEN,
) -> Any:
    """Call the xgrad function of a NumPy function; NotImplemented if there is none.

    `asked` is the array whose method NumPy called, which ``like=`` names and drops; `taken` are the
    functions in whose place a program put one of its own.
    """
    if func in taken:
        return taken[func](*args, **kwargs)
    like = args[0] if args and type(args[0]) is Array else first((*args, *kwargs.values()))
    alone = like is None or (len(args) == 1 and args[0] is like and not kwargs)
    raw = None if like is None else like._raw
    backend = BY_TYPE.get(type(raw))
    try:
        if alone or (backend is not None and backend.name == get_backend()):
            return _called(func, args, kwargs, asked)
        with creating_like(raw):  # numbers and lists are made arrays where this one is
            return _called(func, args, kwargs, asked)
    except (TypeError, ValueError, IndexError, ArithmeticError, AttributeError) as error:
        tell(error, f"numpy.{func.__name__}", list(parameters(func)), args, kwargs)
        raise


def _called(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], asked: Array | None) -> Any:
    name = func.__name__
    if asked is not None and func in creating.MADE:
        return creating.made(asked, func, args, kwargs)
    if func.__module__ not in MODULES:
        return NotImplemented
    module = MODULES[func.__module__]
    for x in (*args, *kwargs.values()):  # the functions below may ask for its numbers alone
        if type(x) is not np.ndarray and isinstance(x, np.ndarray):
            require_numbers(name, x)
    args, kwargs = with_arrays(func, args, kwargs)
    if name in _INEXACT or (module in _INEXACT and name not in _OF_ANY_NUMBERS):
        args = tuple(_inexact(x) for x in args)
        kwargs = {k: _inexact(x) for k, x in kwargs.items()}
    own = ADAPTED.get(f"{module}.{name}" if module else name)
    if own is not None:
        return own(*args, **kwargs)
    if kwargs.get("out") is not None:
        target = kwargs["out"]
        refuse_out(f"numpy.{name}", target)
        result = _called(func, args, {k: v for k, v in kwargs.items() if k != "out"}, asked)
        return store(result, target, f"numpy.{name}(out=)")
    found = _found(name, module)
    if found is None:
        return NotImplemented
    args, kwargs = _translated(func, found, args, kwargs)
    return found(*args, **kwargs)


_INEXACT = frozenset(("linalg", "fft", "i0", "sinc"))
"""The modules and functions that compute in floating-point numbers whatever they are given."""

_OF_ANY_NUMBERS = frozenset(
    "cross diagonal fftshift ifftshift matmul matrix_power matrix_transpose multi_dot outer "
    "tensordot trace vecdot".split()
)
"""Those of them that take integers as they are."""


def _inexact(x: Any) -> Any:
    """Return integers in an `Array` as float64; PyTorch and JAX would compute in float32."""
    if not isinstance(x, Array) or isinstance(x._raw, np.ndarray):
        return x  # NumPy itself knows
    return x.astype(np.float64) if x.dtype.kind in "biu" else x


def require_numbers(name: str, x: Any) -> None:
    """Refuse an array of a subclass that means more than its numbers."""
    try:
        backend_of_type(type(x))
    except xgrad.errors.SubclassError as error:
        raise xgrad.errors.SubclassError(f"numpy.{name}: {error}") from None


def _found(name: str, module: str | None) -> Callable[..., Any] | None:
    """Return the xgrad function of this name, of a module first."""
    if module == "emath":
        return None
    name = FUNCTIONS.get(name, name)
    spaces = [getattr(xgrad, module)] if module else []
    if module != "fft":  # xgrad has some of numpy.linalg's in its main namespace
        spaces.append(xgrad)
    return next((getattr(s, name) for s in spaces if name in s.__all__), None)


def _translated(
    func: Any, found: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a call's arguments as the xgrad function takes them.

    NumPy takes by position what the standard takes by name, and by name what it takes by position.
    What xgrad has no parameter for is left out if it has NumPy's default.
    """
    theirs, ours = parameters(func), parameters(found)
    if not theirs:  # nothing is known of them, and nothing may be dropped
        return args, kwargs
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
    takes_any = any(p.kind is p.VAR_KEYWORD for p in ours.values())
    given = {}
    for n, value in kwargs.items():
        default = theirs[n].default if n in theirs else None
        if value is np._NoValue or (
            n not in ours and not takes_any and (value is default or value is None)
        ):
            continue
        if value is None and n in ours and ours[n].annotation in ("bool", bool):
            continue  # which is no less false
        given[n] = value
    return args, given


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
