"""What a function captures from outside, and whether that is still what a program was made for.

An array in a closure or a global, or in an object, list or dict that stands there, is a hidden
input: each call looks it up where the function does. A number there belongs to the program, which
is recorded anew when it has changed.
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
            yield from _inside(Place("self", functools.partial(getattr, f, "__self__")), seen, 0)
        elif isinstance(f, types.FunctionType):
            for place, value in _of_function(f):
                if _is_watched(value):
                    yield place, value
                elif isinstance(value, FUNCTIONS):
                    stack.append(value)
                elif not isinstance(value, (type, types.ModuleType)):
                    yield from _inside(place, seen, 0)
                    if callable(value) and isinstance(type(value).__call__, types.FunctionType):
                        stack.append(type(value).__call__)


DEEPEST = 6
"""How many objects in objects are looked into."""

FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial, Derived)


def _inside(place: Place, seen: set[int], depth: int) -> Iterator[tuple[Place, Any]]:
    """Yield the arrays and numbers in an object, list, tuple or dict, and their places."""
    holder = place.get()
    if depth > DEEPEST or id(holder) in seen or isinstance(holder, (str, bytes)):
        return
    seen.add(id(holder))
    for name, get, value in _parts(place, holder):
        part = Place(name, get)
        if _is_watched(value):
            yield part, value
        elif isinstance(value, (dict, list, tuple)) or _is_users_object(value):
            yield from _inside(part, seen, depth + 1)


def _parts(place: Place, holder: Any) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    """Yield name, getter and value of each part of an object."""
    if isinstance(holder, dict):
        for key, value in list(holder.items()):
            yield f"{place.name}[{key!r}]", functools.partial(_entry, place, key), value
    elif isinstance(holder, (list, tuple)):
        for i, value in enumerate(holder):
            yield f"{place.name}[{i}]", functools.partial(_entry, place, i), value
    else:
        for name, value in list(getattr(holder, "__dict__", {}).items()):
            yield f"{place.name}.{name}", functools.partial(_attribute, place, name), value


def _entry(place: Place, key: Any) -> Any:
    """Return what is at a key now; None if nothing is."""
    try:
        return place.get()[key]
    except (LookupError, TypeError):
        return None


def _attribute(place: Place, name: str) -> Any:
    """Return what an attribute is now; None if there is none."""
    return getattr(place.get(), name, None)


def _is_users_object(x: Any) -> bool:
    """Whether an object may hold arrays of the user's, as a model does."""
    plain = (type, types.ModuleType, *FUNCTIONS)
    root = type(x).__module__.partition(".")[0]
    return hasattr(x, "__dict__") and not isinstance(x, plain) and root not in LIBRARIES


LIBRARIES = frozenset(["numpy", "builtins", "logging", "threading", "contextvars", "_thread"])


def _is_watched(x: Any) -> bool:
    return (
        isinstance(x, Array)
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
