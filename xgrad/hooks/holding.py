"""Whether a call of another library holds an `Array`, in arguments or in what they close over."""

from __future__ import annotations

import functools
import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

import xgrad

HOLDERS = ("xgrad.nn", "xgrad.scipy.interpolate", "xgrad.scipy.integrate.ivp", "xgrad.scipy.sparse")
"""Where objects of xgrad are defined that keep a user's arrays: networks, splines, solutions."""
SYSTEMS = "scipy.signal._ltisys"
"""Where SciPy's linear systems are, whose objects keep the arrays that they are given."""


_PLAIN = frozenset((bool, int, float, complex, str, type(None), np.ndarray, np.float64, np.dtype))
"""Classes of what most arguments are, none of which holds an `Array`."""


def holds(x: Any, depth: int = 4) -> bool:
    """Whether there is an `Array` in an argument, or in what a function reads."""
    if type(x) in _PLAIN:
        return False
    if isinstance(x, xgrad.Array):
        return True
    if bare(x) is not x:
        return True
    if isinstance(x, (list, tuple)):
        return depth > 0 and len(x) < 64 and any(holds(v, depth - 1) for v in x)
    if isinstance(x, dict):
        return depth > 0 and any(holds(v, depth - 1) for v in x.values())
    if isinstance(x, _twins("sparse.arrays", "SparseArray")):
        return isinstance(x.data, xgrad.Array)
    if isinstance(x, _twins("stats.continuous", "_New")):
        return True
    if isinstance(x, _twins("sparse.linalg.operators", "LinearOperator")):
        return True
    if type(x).__module__ == SYSTEMS:
        return any(holds(v, depth - 1) for v in vars(x).values())
    if isinstance(x, functools.partial):
        return holds((x.func, x.args, x.keywords), depth - 1)
    if isinstance(x, MethodType):
        return holds(
            (x.__func__, vars(x.__self__) if hasattr(x.__self__, "__dict__") else ()), depth - 1
        )
    if isinstance(x, FunctionType) and depth > 0:
        if str(x.__module__).startswith("xgrad.scipy."):  # what a twin hands to SciPy is for SciPy
            return False
        return any(_read(v, depth - 1) for v in _reads(x))
    if not _is_object(x) or isinstance(x, FunctionType):
        return False
    called = vars(type(x)).get("__call__")  # what a user's object reads when it is called
    return _read(x, depth - 1) or (isinstance(called, FunctionType) and holds(called, depth - 1))


def bare(x: Any) -> Any:
    """Return the tracked array in a labelled one, as xarray has them, and all else as it is."""
    if hasattr(type(x), "dims") and isinstance(data := getattr(x, "data", None), xgrad.Array):
        return data if data.is_tracked else x
    return x


def _read(x: Any, depth: int) -> bool:
    """Whether a function that reads `x` reads an `Array`: SciPy writes to what it returns."""
    if isinstance(x, xgrad.Array):
        return True
    if isinstance(x, (list, tuple, dict, FunctionType, functools.partial, MethodType)):
        return holds(x, depth)
    return _is_object(x) and depth > 0 and any(_read(v, depth - 2) for v in vars(x).values())


def _is_object(x: Any) -> bool:
    """Whether something may keep arrays as attributes, as a spline does or a user's model."""
    home = type(x).__module__
    if home.startswith("xgrad.") and not home.startswith(HOLDERS):
        return False
    return hasattr(x, "__dict__") and not isinstance(x, (type, ModuleType))


def _reads(f: FunctionType) -> list[Any]:
    """Return what a function closes over: cells, defaults, and globals that are arrays."""
    found = list(f.__defaults__ or ())
    for cell in f.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # a name that is not bound yet
            continue
    found += [
        f.__globals__[n]
        for n in f.__code__.co_names
        if isinstance(f.__globals__.get(n), xgrad.Array)
    ]
    return found


def _twins(module: str, name: str) -> Any:
    """Return a class of `xgrad.scipy` if it has been imported, else no class at all."""
    return getattr(sys.modules.get(f"xgrad.scipy.{module}"), name, ())
