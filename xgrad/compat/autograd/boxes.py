"""What autograd's users know of a box, given to `xgrad.Array` while a derivative is taken here.

A box has its value in ``_value``; and what has no derivative, as a comparison or ``argsort``, gives
an array of NumPy. So it does here to the program's own code; xgrad's, NumPy's and SciPy's gets what
it always gets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from xgrad import Array

from .border import is_deriving, raw, untracked
from .tape import Box

_LIBRARIES = frozenset(
    ("xgrad", "numpy", "scipy", "sklearn", "array_api_compat", "array_api_extra")
)

_METHODS = (
    *("__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__", "__floordiv__", "__rfloordiv__"),
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "nonzero", "round"),
    "searchsorted",
)
"""The methods of an array whose results have no derivative."""


def _leaving(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose result is an array of NumPy for a program that autograd would run."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = method(*args, **kwargs)
        if not is_deriving():
            return out
        name = sys._getframe(1).f_globals.get("__name__", "")
        return out if name.partition(".")[0] in _LIBRARIES else untracked(out)

    return call


for _name in _METHODS:
    setattr(Array, _name, _leaving(getattr(Array, _name)))
_value: Any = property(raw, doc="The value of the array, off the tape.")
Array._value = _value  # type: ignore[attr-defined]
Array._trace = 0  # type: ignore[attr-defined]
Array.register = Box.register  # type: ignore[attr-defined]
