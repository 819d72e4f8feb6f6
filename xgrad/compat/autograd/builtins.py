"""Python's own functions on values that may be tracked.

xgrad gives functions the containers they were called with, so that `list`, `tuple` and `dict` are
Python's.
"""

from __future__ import annotations

import builtins
from typing import Any

from .border import raw

dict, list, tuple = builtins.dict, builtins.list, builtins.tuple

__all__ = ["dict", "isinstance", "list", "tuple", "type"]


def isinstance(x: Any, class_or_tuple: Any) -> bool:
    """Whether the value of `x`, tracked or not, is of a class."""
    return builtins.isinstance(raw(x), class_or_tuple)


def type(x: Any) -> Any:
    """Return the class of the value of `x`, tracked or not."""
    return builtins.type(raw(x))
