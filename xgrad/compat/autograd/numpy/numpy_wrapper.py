"""The module that holds autograd's functions of NumPy: here `numpy` itself has them."""

from __future__ import annotations

from importlib import import_module
from types import FunctionType
from typing import Any

import numpy as np

from .. import refused
from ..borrowed import borrow
from ..extend import notrace_primitive, primitive

_NUMPY = __name__.rpartition(".")[0]

__all__ = ["notrace_primitive", "primitive", "wrap_namespace"]


def wrap_namespace(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Put the functions of a module into another one, as primitives, and its constants as they are.

    NumPy's and SciPy's functions are those that there are here.
    """
    own = import_module(_NUMPY)
    for name, item in old.items():
        if getattr(np, name, None) is item:
            new[name] = getattr(own, name)
        elif isinstance(item, np.ufunc) or str(getattr(item, "__module__", "")).startswith("scipy"):
            new[name] = borrow(__name__, name, item)
        elif isinstance(item, FunctionType) or (callable(item) and not isinstance(item, type)):
            new[name] = primitive(item)
        elif type(item) in (float, int, type(None), type):
            new[name] = item


__getattr__ = refused.lookup(__name__, lambda name: getattr(import_module(_NUMPY), name))
