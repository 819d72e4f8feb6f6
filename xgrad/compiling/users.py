"""Which code, classes and modules are the user's own, and what their objects hold."""

from __future__ import annotations

import threading
import types
from collections.abc import Iterator
from types import CodeType
from typing import Any

from ..arrays import leaving
from ..arrays.array import SCALARS
from ..backends import backend_of_type

__all__ = [
    "PLAIN",
    "attributes_of",
    "functions_in",
    "has_parts",
    "is_array",
    "is_library",
    "is_users",
    "is_users_module",
]

PLAIN = (*SCALARS, str, bytes, type(None))
"""What is compared by its value."""

_users: dict[CodeType, bool] = {}


def is_users(code: CodeType) -> bool:
    """Whether code is the user's own, rather than of xgrad or an installed package."""
    found = _users.get(code)
    if found is None:
        name = code.co_filename
        own = name.startswith((leaving.OWN, "<frozen", "<__array", *leaving.INSTALLED))
        found = _users[code] = not own and "xgrad_backends" not in name
    return found


def functions_in(part: Any) -> list[types.FunctionType]:
    """Return the functions in an entry of a class: methods, properties, cached ones."""
    found = [part, *(getattr(part, n, None) for n in ("fget", "func", "__func__", "__wrapped__"))]
    return [f for f in found if isinstance(f, types.FunctionType)]


def attributes_of(x: Any, names: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, with slots and what its class has for all."""
    own = getattr(x, "__dict__", {})
    yield from own.items()
    if isinstance(x, types.ModuleType):
        return
    seen = set(own)
    is_class = isinstance(x, type)
    for base in x.__mro__[1:] if is_class else type(x).__mro__:
        for name in () if is_class else _slots(base):
            if hasattr(x, name):
                yield name, getattr(x, name)
        if is_library(base):
            continue
        for name, part in vars(base).items():
            if name in names and name not in seen and not name.startswith("__"):
                seen.add(name)
                if type(part) in PLAIN or isinstance(part, (dict, list, tuple)) or is_array(part):
                    yield name, part


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def has_parts(x: Any) -> bool:
    """Whether an object may hold arrays of the user's, as a model does."""
    if isinstance(x, threading.local):
        return True
    has_slots = any(_slots(base) for base in type(x).__mro__)
    return (hasattr(x, "__dict__") or has_slots) and package(x) not in LIBRARIES


PARTS = frozenset("xgrad xgrad_backends types typing collections enum".split())
"""Where classes without code of their own are no user's either."""

LIBRARIES = frozenset(["numpy", "builtins", "logging", "threading", "contextvars", "_thread"])


def package(x: Any) -> str:
    """Return the name of the package that an object's class is of."""
    return type(x).__module__.partition(".")[0]


def is_array(x: Any) -> bool:
    """Whether an object is an array of a library."""
    return not isinstance(x, type) and backend_of_type(type(x)) is not None


def is_library(kind: type) -> bool:
    """Whether a class is none of the user's: its code is in none of the user's files."""
    found = _libraries.get(kind)
    if found is None:
        codes = [f.__code__ for part in vars(kind).values() for f in functions_in(part)]
        root = kind.__module__.partition(".")[0]
        known = root in LIBRARIES or root in PARTS
        found = known and root != "types" if not codes else not any(map(is_users, codes))
        _libraries[kind] = found
    return found


_libraries: dict[type, bool] = {}


def is_users_module(x: types.ModuleType) -> bool:
    """Whether a module is the user's own, rather than of an installed package."""
    file = getattr(x, "__file__", None)
    if file is None:
        return getattr(x, "__spec__", None) is None
    return is_users(compile("", file, "exec"))
