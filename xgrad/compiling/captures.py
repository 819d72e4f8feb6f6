"""What a function sees from outside, and whether that is still what a program was made for.

An array in a closure or a global, or in an object, list or dict that stands there or among the
arguments, is a hidden input: each call looks it up where the function does. All else that the code
names there, numbers, strings, functions, lengths, belongs to the program, which is recorded anew
when it has changed; so do arrays that are no hidden inputs, as the function may have computed with
them by other means, or have looked at their values.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from ..arrays.array import SCALARS, Array
from ..engine.picklable import Derived
from .guards import FEW, Guards, Node
from .sources import sources
from .unnamed import Every, reads_unnamed
from .users import (
    PLAIN,
    attributes_of,
    functions_in,
    has_parts,
    is_array,
    is_library,
    is_users,
    is_users_module,
    package,
)

__all__ = ["guards_of", "steady"]

DEEP, DEEPEST = 6, 64
"""How many objects in objects are looked into for hidden inputs, and for what the code names."""

MAKING = frozenset("__init__ __new__ __post_init__ __setstate__ __set_name__".split())
"""Methods that make an object."""

BUFFERS = (bytearray, array)

FUNCTIONS = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType),
    *(functools.partial, Derived),
)


def guards_of(
    f: Any,
    given: Iterable[Any],
    frames: dict[types.CodeType, Any],
    wanted: set[int],
    whole: bool = False,
) -> Guards:
    """Return what must be as it is for a program to hold, and where its hidden inputs are.

    Args:
        f: the function that was recorded.
        given: what is no array among its arguments.
        frames: the code that ran while it was, with its globals.
        wanted: the identities of the raw arrays that are hidden inputs.
        whole: whether objects must have no other attributes than they have now.
    """
    scan, names = Scan(f, given, frames, wanted, set(), whole), set[str]()
    while scan.names - names or scan.reads_unnamed() > isinstance(names, Every):
        names |= scan.names  # what the code names decides where more code is found
        names = Every(names) if scan.reads_unnamed() else names
        scan = Scan(f, given, frames, wanted, names, whole)
    scan.guards.sources = sources(scan.codes)
    return scan.guards


_OF_THE_PROCESS: dict[frozenset[str], tuple[Callable[[], Any], str]] = {
    frozenset(("environ", "getenv", "expandvars", "expanduser")): (
        functools.partial(dict, os.environ),
        "os.environ",
    ),
    frozenset(("getcwd", "cwd", "abspath", "resolve")): (os.getcwd, "the working directory"),
}
"""What code may ask of the process, by the names that it then has."""


def steady(f: Any, given: Iterable[Any]) -> Callable[[], Any]:
    """Return a function that gives a string if what `f` sees from outside is not what it is now.

    Args:
        f: a function that is about to be recorded.
        given: what is no array among its arguments.
    """
    guards = guards_of(f, given, {}, set(), whole=True)
    lines, results, _ = guards.written([], [])
    return guards.compiled(lines, results)


class Scan:
    """One look at all that a function can see, given the names in the code that it may run.

    Attributes:
        guards: what was found.
        names: the names in all code that was found.
    """

    def __init__(
        self,
        f: Any,
        given: Iterable[Any],
        frames: dict[types.CodeType, Any],
        wanted: set[int],
        names: set[str],
        whole: bool,
    ) -> None:
        self.guards, self.names, self.known = Guards(), set[str](), names
        self.codes: list[tuple[types.CodeType, Mapping[str, Any]]] = []  # and what each can see
        self._wanted, self._whole = wanted, whole
        self._seen: set[Any] = set()
        self._codes: set[tuple[types.CodeType, int]] = set()
        self._function(f, self.guards.constant(f))
        for code, space in frames.items():
            self._code(code, space)
        for x in given:
            if type(x) not in PLAIN:
                self._look(self.guards.constant(x), x, 0, True)

    def reads_unnamed(self) -> bool:
        """Whether the code reads attributes whose names it makes: then all are looked at."""
        return any(reads_unnamed(code) for code, _ in self.codes)

    # Functions -------------------------------------------------------------------------------

    def _function(self, f: Any, node: Node) -> None:
        """Look at what a function can see."""
        if isinstance(f, functools.partial):
            for part in ("func", "args", "keywords"):
                self._look(node.attribute(part), getattr(f, part), 0, True)
        elif isinstance(f, types.MethodType):
            self._function(f.__func__, node.attribute("__func__"))
            self._look(node.attribute("__self__"), f.__self__, 0, True)
        elif isinstance(f, Derived):
            self._look(self.guards.constant(f._made_by[1][0]), f._made_by[1][0], 0, True)
        elif isinstance(f, types.FunctionType):
            own = is_users(f.__code__)
            if id(f) in self._seen or (not own and _is_named(f)):
                return
            self._seen.add(id(f))
            cells = dict[str, Any]()
            for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
                here = self.guards.constant(cell).attribute("cell_contents", name)
                cells[name] = getattr(cell, "cell_contents", None)
                self._look(here, cells[name], 0, own)
            if own:
                node.attribute("__code__").require_same(f.__code__)  # a reloader writes to it
                for part in ("__defaults__", "__kwdefaults__"):
                    if getattr(f, part):
                        self._look(node.attribute(part), getattr(f, part), 0, True)
                self._code(f.__code__, f.__globals__, cells)
                if self._whole:
                    node.attribute("__dict__", "its attributes").require_length(vars(f))
                for name, part in vars(f).items():
                    self._look(node.attribute(name), part, 0, True)
        elif not isinstance(f, (type, types.BuiltinFunctionType)):
            self._look(node, f, 0, True)

    def _code(
        self, code: types.CodeType, space: dict[str, Any], cells: Mapping[str, Any] = {}
    ) -> None:
        """Look at the globals that code names."""
        if not is_users(code) or (code, id(space)) in self._codes:
            return
        self._codes.add((code, id(space)))
        self.codes.append((code, {**space, **cells} if cells else space))
        names = set(_names(code))
        self.names |= names
        for named, (ask, what) in _OF_THE_PROCESS.items():
            if not named.isdisjoint(names) and what not in self._seen:
                self._seen.add(what)
                self.guards.require(f"{self.guards.name(ask)}() == {self.guards.name(ask())}", what)
        holder = self.guards.constant(space)
        for name in sorted(names & space.keys()):
            self._look(holder.item(name, name), space[name], 0, True)

    # Values ----------------------------------------------------------------------------------

    def _look(self, node: Node, x: Any, depth: int, used: bool) -> None:
        """Look at one thing: `used` tells whether the code names it, or may reach it otherwise."""
        try:
            self._looked(node, x, depth, used)
        except Exception:  # a stand-in for what is not there, say, raises whatever it is asked
            if used:
                node.require_same(x)
                if not is_library(type(x)):
                    self._methods(type(x))

    def _looked(self, node: Node, x: Any, depth: int, used: bool) -> None:
        kind = type(x)
        if kind in PLAIN:
            if used or kind in SCALARS:
                node.require_equal(x)
        elif isinstance(x, Array) or is_array(x):
            self._array(node, x, used)
        elif isinstance(x, types.ModuleType):
            if is_users_module(x):
                self._parts(node, x, depth, used)
        elif isinstance(x, FUNCTIONS):
            if used:
                node.require_same(x)
            self._function(x, node)
        elif kind is ContextVar:
            now = Node(self.guards, ".get(None)", node, f"{node.path}.get()")
            self._look(now, x.get(None), depth + 1, used)
        elif kind is weakref.ref:
            self._look(Node(self.guards, "()", node, f"{node.path}()"), x(), depth + 1, used)
        elif isinstance(x, type):
            if used and not is_library(x):
                node.require_same(x)
                self._parts(node, x, depth, used)
                self._methods(x, made=True)
                if not is_library(type(x)):
                    self._look(self.guards.constant(type(x)), type(x), depth + 1, True)
        elif kind.__module__.startswith(("xgrad.", "functools")) and hasattr(x, "__wrapped__"):
            node.require_same(x)  # compiled in turn, or with a cache
            if hasattr(x, "cache_info"):
                node.require_cache(sum(x.cache_info()[:2]))
            self._function(x.__wrapped__, self.guards.constant(x.__wrapped__))
        elif id(x) in self._seen or depth > (DEEPEST if used else DEEP):
            if used:
                node.require_same(x)
        else:
            self._seen.add(id(x))
            self._holder(node, x, depth, used)

    def _array(self, node: Node, x: Any, used: bool) -> None:
        raw = x._raw if isinstance(x, Array) else x
        if id(raw) in self._wanted:
            self.guards.found.setdefault(id(raw), []).append(node)
        elif used:
            node.require_values(raw)

    def _holder(self, node: Node, x: Any, depth: int, used: bool) -> None:
        """Look at what is in a container or an object."""
        if isinstance(x, BUFFERS):
            if used:
                node.require_equal(x)
        elif isinstance(x, (dict, list, tuple, set, frozenset, deque)):
            if all(type(part) in PLAIN for part in _entries(x)):
                if used:
                    node.require_equal(x)
                return
            many = len(x) > FEW
            if used:
                (node.require_entries if many else node.require_length)(x)
            used = used and not many
            pairs = x.items() if isinstance(x, dict) else enumerate(x)
            if not isinstance(x, (set, frozenset)):
                for key, part in list(pairs):
                    self._look(node.item(key), part, depth + 1, used)
        elif has_parts(x):
            if used:
                own = hasattr(x, "__dict__") or not is_library(type(x))
                (node.require_type if own else node.require_same)(x)
            self._parts(node, x, depth, used)
            if not is_library(type(x)):
                self._methods(type(x))
                if used:
                    self._calls(node, x)
        elif used:
            node.require_same(x)

    def _parts(self, node: Node, x: Any, depth: int, used: bool) -> None:
        """Look at the attributes of an object: of a user's at those that code names.

        The others, and what a library keeps in its objects, may hold hidden inputs all the same.
        A container of the standard library reads all of its own.
        """
        is_space = isinstance(x, (types.ModuleType, type))
        if type(x).__module__ == "collections":
            for name, part in list(vars(x).items()):
                self._look(node.attribute(name), part, depth + 1, used)
            return
        own = is_space or not is_library(type(x))
        every = self._whole or isinstance(self.known, Every)
        if every and own and used and not is_space and hasattr(x, "__dict__"):
            node.attribute("__dict__", node.path or "its attributes").require_length(vars(x))
        for name, part in list(attributes_of(x, self.known)):
            here, is_named = node.attribute(name), name in self.known
            if own:
                if is_named or not is_space:
                    self._look(here, part, depth + 1, used and is_named)
            elif isinstance(part, Array) or is_array(part):
                self._array(here, part, used)
            elif is_named and (type(part) in PLAIN or isinstance(part, (list, tuple, dict))):
                self._look(here, part, depth + 1, used)
            elif not isinstance(part, (str, *FUNCTIONS)):  # what the library is made of counts, too
                self._look(here, part, depth + 1, used and package(part) == package(x))

    def _calls(self, node: Node, x: Any) -> None:
        """Let the methods of a user's object that code names be those that they are."""
        own = getattr(x, "__dict__", {})
        for name in sorted(self.known & set(dir(type(x)))):
            f = inspect.getattr_static(type(x), name)
            f = f.__func__ if isinstance(f, classmethod) else f
            if name not in own and isinstance(f, types.FunctionType) and is_users(f.__code__):
                here = node.attribute(name)
                here.attribute("__func__", here.path).require_same(f)

    def _methods(self, kind: type, made: bool = False) -> None:
        """Look at the code of a user's class as far as other code names it, or Python calls it.

        That which makes an object is called where the code names the class.
        """
        if (id(kind), made) in self._seen:
            return
        self._seen.add((id(kind), made))
        for base in kind.__mro__:
            if is_library(base):  # it may look at attributes of what is made of it
                codes = [f.__code__ for part in vars(base).values() for f in functions_in(part)]
                self.names |= {name for code in codes for name in _names(code)}
                continue
            space = self.guards.constant(base).attribute("__dict__", base.__qualname__)
            for name, part in vars(base).items():
                is_called = name.startswith("__") and (made or name not in MAKING)
                if name in self.known or is_called:
                    functions = functions_in(part)
                    if functions:
                        space.item(name, f"{base.__qualname__}.{name}").require_same(part)
                    elif hasattr(type(part), "__get__") and not is_library(type(part)):
                        self._look(self.guards.constant(part), part, 0, True)  # a descriptor
                    for f in functions:
                        self._function(f, self.guards.constant(f))


def _is_named(f: types.FunctionType) -> bool:
    """Whether a function of a library is one of its names, and not made for the user's."""
    return getattr(sys.modules.get(f.__module__), f.__name__, None) is f


def _names(code: types.CodeType) -> Iterator[str]:
    """Yield the names of globals and attributes in a function and in those that it defines.

    A text may be one too, as in ``getattr(x, "name")``.
    """
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)
        elif isinstance(inner, str) and inner.isidentifier():
            yield inner


def _entries(x: Any) -> list[Any]:
    return [*x.keys(), *x.values()] if isinstance(x, dict) else list(x)
