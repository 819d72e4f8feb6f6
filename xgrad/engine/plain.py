"""Numbers, flags and axes as people type them, made what a library's function takes.

An axis may come out of a NumPy computation, a shape may be a list, a flag a NumPy boolean. What a
parameter is, its annotation says; the values reach backends and rules as Python's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..errors.kinds import length

PLAIN = frozenset((int, bool, type(None)))
"""Types of numbers of axes, lengths and flags that are what they should be."""

PASSED = PLAIN | {float, complex, str, type, slice, type(...)}
"""Types that stay as they are, or are left to the backend to refuse, as a float for an axis."""


def is_odd(values: Iterable[Any]) -> bool:
    """Whether one of the parameters of a call may be a form that has to be made plain."""
    for x in values:
        cls = type(x)
        if cls is tuple:
            for n in x:
                if type(n) is not int:
                    return True
        elif cls not in PASSED:
            return True
    return False


def is_scalar(x: Any) -> bool:
    """Whether this is a number of NumPy's, or a 0-d array of any library."""
    return isinstance(x, np.generic) or getattr(x, "shape", None) == ()


def flag(x: Any) -> Any:
    """Return a truth value as Python's, if it is one of another kind."""
    return bool(x) if is_scalar(x) or type(x) is int else x


def number(x: Any) -> Any:
    """Return a real number of NumPy's as Python's, and any other value as it is."""
    if type(x) in PASSED or getattr(x, "shape", None) != ():
        return x
    if getattr(x, "is_tracked", False):  # nobody differentiates it here: say so
        return float(x)
    return x.item()


def integer(x: Any) -> Any:
    """Return an integer, or raise TypeError; None stays as it is."""
    return x if x is None else int(length(x))


def integers(x: Any) -> Any:
    """Return an integer, or a tuple of integers of any sequence of them, or raise TypeError."""
    cls = type(x)
    if cls in PLAIN:
        return int(x) if cls is bool else x
    if cls is tuple:
        for n in x:
            if type(n) is not int:
                break
        else:
            return x
    if isinstance(x, (list, tuple, range)) or getattr(x, "shape", ()) != ():
        return tuple([integers(n) for n in x])
    return length(x)


def as_tuple(x: Any) -> tuple[int, ...]:
    """Return one integer, or several in any sequence, as a tuple of integers."""
    made = integers(x)
    return made if isinstance(made, tuple) else (made,)


def maker(annotation: Any) -> Callable[[Any], Any] | None:
    """Return what makes an argument of this annotation plain, None if it is to stay as it is."""
    words = str(annotation)
    if any(word in words for word in ("Array", "Any", "Callable", "Function", "Raw", "Key", "str")):
        return None
    if "Axis" in words or "tuple" in words or "Sequence" in words:
        return integers if "float" not in words else None
    if "float" in words:
        return number
    return integer if "int" in words else flag if "bool" in words else None
