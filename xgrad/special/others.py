"""The functions of ``scipy.special`` that have no derivative here: plain functions of values."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import backend_of, backend_of_type, under
from ..engine import handed
from ..engine.calls.results import wrapped
from ..errors import MissingFunctionError, NotDifferentiableError
from ..ops.dtypes import is_tracked

_SYNONYMS = {
    "cbrt": "cbrt",
    "exp2": "exp2",
    "expm1": "expm1",
    "jn": "jv",
    "kn": "kv",
    "log1p": "log1p",
    "sinc": "sinc",
    "yn": "yv",
}
"""Names of ``scipy.special`` for functions that xgrad has elsewhere, or by another name."""


_STEPS = ("gammasgn",)
"""Functions that are constant between jumps: their derivative is zero."""


_ELEMENTWISE = ("zeta",)
"""Elementwise functions that are no ufuncs."""


def without_derivative(name: str) -> Any:
    """Return the attribute of ``scipy.special``, its functions guarded against tracked arrays."""
    if name in _SYNONYMS:
        public = handed.namespace
        return getattr(public, name, None) or getattr(public.special, _SYNONYMS[name])
    absent = f"module 'xgrad.special' has no attribute {name!r}"
    if name.startswith("_"):  # as Python asks of every module
        raise AttributeError(absent)
    try:
        value = getattr(importlib.import_module("scipy.special"), name)
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        raise AttributeError(f"{absent}; and SciPy, where it may be, is not installed") from None
    except AttributeError:
        raise AttributeError(f"{absent}, nor has 'scipy.special'") from None
    return _guarded(name, value) if callable(value) and not isinstance(value, type) else value


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function, assigned=("__name__", "__doc__"), updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        given = [*args, *kwargs.values()]
        if name not in _STEPS and any(is_tracked(x) for x in given):
            raise NotDifferentiableError(
                f"special.{name}: got a tracked array, but xgrad knows no derivative of it. Use "
                "xgrad.stop_gradient(x) for its value alone, or define it with xgrad.custom_jvp"
            )
        near = next((x for x in given if isinstance(x, Array)), None)
        raw = near._raw if near is not None else next(filter(_is_raw, given), None)
        if raw is None:
            return function(*args, **kwargs)
        own = getattr(backend_of(raw).xp.special, name)
        if raw is not under(raw):
            _require_elementwise(name, raw)
        if near is None:
            return own(*args, **kwargs)
        values = [x._raw if isinstance(x, Array) else x for x in args]
        named = {k: x._raw if isinstance(x, Array) else x for k, x in kwargs.items()}
        return wrapped(own(*values, **named))

    return call


def _require_elementwise(name: str, raw: Any) -> None:
    """Raise if a function of a batch is not known to act element by element."""
    function = getattr(backend_of(under(raw)).xp.special, name)
    if name not in _ELEMENTWISE and not isinstance(inspect.unwrap(function), np.ufunc):
        raise MissingFunctionError(
            f"vmap: special.{name} is not known to act element by element. Call it outside of "
            "vmap, or make it an op with xgrad.primitive, which vmap calls for each example"
        )


def _is_raw(x: Any) -> bool:
    return backend_of_type(type(x)) is not None
