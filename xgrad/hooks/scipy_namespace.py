"""SciPy's question for a namespace, where an `Array` stands beside arrays of NumPy.

SciPy refuses two namespaces. Beside an `Array` those of NumPy are constants, which xgrad takes as
it does everywhere: the answer is xgrad.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

import numpy as np

import xgrad

from . import is_enabled

LONG = 64
"""How long a list is at most that is looked through."""
_PLAIN = (np.ndarray, np.generic, list, tuple, int, float, complex, type(None))


def _is_ours(x: Any) -> bool:
    """Whether an argument is an `Array`, or a list of numbers among which there is one."""
    if isinstance(x, (list, tuple)):
        return len(x) < LONG and any(map(_is_ours, x))
    return isinstance(x, xgrad.Array)


def enter(name: str) -> None:
    """Answer the question in the module that asks it, and in those that have imported it."""
    module = sys.modules[name]
    asked = module.array_namespace
    if hasattr(asked, "xgrad_original"):
        return

    @wraps(asked)
    def array_namespace(*arrays: Any) -> Any:
        if is_enabled() and any(map(_is_ours, arrays)):
            others = [
                x for x in arrays if not isinstance(x, xgrad.Array) and not isinstance(x, _PLAIN)
            ]
            if not others:
                return xgrad
            arrays = (*others, *(x for x in arrays if isinstance(x, xgrad.Array)))
        return asked(*arrays)

    array_namespace.xgrad_original = asked  # type: ignore[attr-defined]
    for other in list(sys.modules.values()):
        if getattr(other, "__name__", "").startswith("scipy") and (
            other.__dict__.get("array_namespace") is asked
        ):
            other.array_namespace = array_namespace  # type: ignore[attr-defined]
    module.array_namespace = array_namespace  # type: ignore[attr-defined]
