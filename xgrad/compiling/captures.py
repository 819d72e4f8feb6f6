"""What a function captures from outside, and whether that is still what a program was made for.

An array in a closure or a global is a hidden input: each call looks it up where the function does.
A number there belongs to the program, which is recorded anew when it has changed.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..arrays.array import SCALARS, Array
from ..backends import backend_of_type
from ..engine.picklable import Derived
from .trace import is_users

__all__ = ["Place", "places"]


class Place:
    """Where a function finds something: a cell of its closure, or a global."""

    __slots__ = ("get", "name")

    def __init__(self, name: str, get: Callable[[], Any]) -> None:
        self.name, self.get = name, get


def places(f: Any) -> Iterator[tuple[Place, Any]]:
    """Yield each array and number in a closure or global that a function can see, and its place."""
    seen: set[int] = set()
    stack = [f]
    while stack:
        f = stack.pop()
        if id(f) in seen:
            continue
        seen.add(id(f))
        if isinstance(f, Derived):
            stack.append(f._made_by[1][0])
        elif isinstance(f, functools.partial):
            stack.append(f.func)
        elif isinstance(f, types.MethodType):
            stack.append(f.__func__)
        elif isinstance(f, types.FunctionType):
            for place, value in _of_function(f):
                if _is_watched(value):
                    yield place, value
                elif callable(value) and not isinstance(value, type):
                    stack.append(value)


def _is_watched(x: Any) -> bool:
    return (
        type(x) is Array
        or type(x) in SCALARS
        or (not isinstance(x, type) and backend_of_type(type(x)) is not None)
    )


def _of_function(f: types.FunctionType) -> Iterator[tuple[Place, Any]]:
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        get = functools.partial(getattr, cell, "cell_contents", None)
        yield Place(name, get), get()
    if not is_users(f.__code__):
        return
    for name in _names(f.__code__):
        if name in f.__globals__:
            yield (
                Place(name, functools.partial(f.__globals__.get, name)),
                f.__globals__[name],
            )


def _names(code: types.CodeType) -> set[str]:
    """Return the names of globals in a function and in those that it defines."""
    found = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            found |= _names(inner)
    return found
