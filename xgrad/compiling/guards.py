"""What must be as it was for a program to hold: looked at before each call, by generated source.

A look at what a function sees from outside is a walk through cells, dicts and attributes. Written
out as one function of Python it takes a few hundredths of a microsecond for each of them.
"""

from __future__ import annotations

import operator
import weakref
from collections import deque
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from ..arrays.array import Array

__all__ = ["FEW", "GUARDING", "Guards", "Node", "Values"]

FEW = 256
"""Up to how many entries a container is looked at one by one."""

SMALL, LARGE = 1 << 16, 1 << 21
"""Up to how many bytes the values of an array are compared, and up to how many sums of its bits."""


class Guards:
    """Conditions on what a function sees, and where its hidden inputs are.

    Attributes:
        found: by the identity of a raw array, the places where it stands.
        sources: the clocks and the like that the code calls.
    """

    def __init__(self) -> None:
        self.found: dict[int, list[Node]] = {}
        self.sources: list[str] = []
        self._consts: list[Any] = []
        self._lines: list[str] = []
        self._changed: list[str] = []  # what each condition is about
        self._count = 0

    def constant(self, x: Any) -> Node:
        """Return the place of what never changes, as a function's cell."""
        return Node(self, self.name(x), None)

    def name(self, x: Any) -> str:
        """Return the name of a constant."""
        self._consts.append(x)
        return f"C[{len(self._consts) - 1}]"

    def line(self, text: str) -> None:
        """Add a line to the function."""
        self._lines.append(text)

    def local(self, text: str) -> str:
        """Return the name of a value that is looked up once."""
        self._count += 1
        self._lines.append(f"v{self._count} = {text}")
        return f"v{self._count}"

    def require(self, condition: str, what: str) -> None:
        """Let a program hold under a condition only."""
        self._lines.append(f"if not ({condition}): return ?")
        self._changed.append(what)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def written(
        self, hidden: list[Any], places: list[list[Node]]
    ) -> tuple[list[str], list[str], list[Any]]:
        """Return lines that look at all of it, the names of the hidden inputs, and constants.

        Where something is no longer as it was the lines have ``return ?``.
        """
        results = []
        for h, found in zip(hidden, places, strict=True):
            given = ", ".join(node.value() for node in found) or f"{self.name(h)}.holder"
            name = self.local(f"{self.name(h)}.now({given})")
            self.require(f"{name} is not None", found[0].path if found else "an array")
            results.append(name)
        return self._lines, results, self._consts

    def compiled(self, lines: list[str], results: list[str]) -> Callable[[], Any]:
        """Return a function that gives the hidden inputs, or as a string what has changed."""
        changed = iter(self._changed)
        told = [
            line.replace("return ?", f"return {next(changed)!r}") if "return ?" in line else line
            for line in lines
        ]
        body = "\n  ".join([*told, f"return [{', '.join(results)}]"])
        text = (
            f"def now():\n try:\n  {body}\n"
            " except (AttributeError, LookupError, TypeError, ValueError):\n"
            "  return 'what it sees from outside'\n"
        )
        space: dict[str, Any] = {"C": self._consts, **GUARDING}
        exec(compile(text, "<xgrad.compile>", "exec"), space)
        return space["now"]  # type: ignore[no-any-return]


class Node:
    """A place: how to get from another one to what stands there now."""

    __slots__ = ("_guards", "_local", "_text", "parent", "path")

    def __init__(self, guards: Guards, text: str, parent: Node | None, path: str = "") -> None:
        self._guards, self._text, self.parent, self.path = guards, text, parent, path
        self._local = "" if parent else text

    def attribute(self, name: str, path: str = "") -> Node:
        """Return the place of an attribute."""
        own = path or (f"{self.path}.{name}" if self.path else name)
        return Node(self._guards, f".{name}", self, own)

    def item(self, key: Any, path: str = "") -> Node:
        """Return the place of an entry."""
        plain = type(key) in (int, str)
        text = f"[{key!r}]" if plain else f"[{self._guards.name(key)}]"
        return Node(self._guards, text, self, path or f"{self.path}[{key!r:.40}]")

    def value(self) -> str:
        """Return the name of what stands there now."""
        if not self._local:
            assert self.parent is not None
            self._local = self._guards.local(self.parent.value() + self._text)
        return self._local

    def require_same(self, x: Any) -> None:
        """Let it be this very object."""
        if self.parent is not None:
            self._guards.require(f"{self.value()} is {self._guards.name(x)}", self.path)

    def require_type(self, x: Any) -> None:
        """Let it be of this type."""
        if self.parent is not None:
            self._guards.require(f"type({self.value()}) is {self._guards.name(type(x))}", self.path)

    def require_equal(self, x: Any) -> None:
        """Let it be equal, and of the same type."""
        now, then = self.value(), self._guards.name(x)
        if not isinstance(x, (str, bytes, tuple, frozenset)) and hasattr(x, "__len__"):
            held = self._guards.name(copy(x))  # it may change under its identity
            self._guards.require(f"equal({now}, {held})", self.path)
        else:
            self._guards.require(f"{now} is {then} or equal({now}, {then})", self.path)

    def require_cache(self, count: int) -> None:
        """Let a cache of a function not have been cleared since it was asked so many times."""
        if self.parent is not None:
            self._guards.require(f"sum({self.value()}.cache_info()[:2]) >= {count}", self.path)

    def require_length(self, x: Any) -> None:
        """Let a container have these keys, or as many entries."""
        keys = self._guards.name(list(x) if isinstance(x, dict) else len(x))
        kind = self._guards.name(type(x))
        self._guards.require(f"length({self.value()}, {kind}, {keys})", self.path)

    def require_entries(self, x: Any) -> None:
        """Let a container hold these very objects."""
        held = self._guards.name(_entries(x))
        self._guards.require(f"same({self.value()}, {held})", self.path)

    def require_values(self, raw: Any) -> None:
        """Let it be this array, with the values that it has now."""
        held = self._guards.name(Values(raw))
        self._guards.require(f"{held}.hold({self.value()})", self.path)


class Values:
    """What an array was: its values, or if large which one, and sums; it is not kept alive."""

    __slots__ = ("_bytes", "_form", "_is")

    def __init__(self, raw: Any) -> None:
        self._form = raw.shape, raw.dtype
        is_small = isinstance(raw, (np.ndarray, np.generic)) and raw.nbytes <= SMALL
        self._is = None if is_small and not raw.dtype.hasobject else _reference(raw)
        self._bytes = _bits(raw)

    def hold(self, x: Any) -> bool:
        """Whether an array still has these values."""
        raw = x._raw if isinstance(x, Array) else x
        if self._is is not None and self._is() is not raw:
            return False
        return (raw.shape, raw.dtype) == self._form and _bits(raw) == self._bytes

    def equal(self, other: Values) -> bool:
        """Whether another array was the same."""
        if self._is is not None and (
            other._is is None or not self._is() is other._is() is not None
        ):
            return False
        return (self._form, self._bytes) == (other._form, other._bytes)


def _bits(raw: Any) -> bytes:
    """Return the bits of an array of NumPy's: of a large one sums of 64 words, or some elements."""
    if not isinstance(raw, (np.ndarray, np.generic)) or raw.dtype.hasobject:
        return b""
    if raw.nbytes <= SMALL or isinstance(raw, np.generic):
        return raw.tobytes()
    flags = raw.flags
    if raw.nbytes > LARGE or not (flags.c_contiguous or flags.f_contiguous):
        some = int(4096 ** (1 / raw.ndim))  # along each axis
        return raw[tuple(slice(None, None, max(n // some, 1)) for n in raw.shape)].tobytes()
    octets = raw.ravel(order="K").view(np.uint8)
    whole = octets.size // 512 * 512
    sums = np.add.reduce(octets[:whole].view(np.uint64).reshape(-1, 64), axis=1)
    return bytes(sums.tobytes() + octets[whole:].tobytes())


def _reference(raw: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(raw)
    except TypeError:  # a library's arrays may not take one
        return lambda: raw


def _equal(now: Any, then: Any) -> bool:
    """Whether plain values, or containers of them, are the same: 1 is not True, 0.0 not -0.0."""
    if type(now) is not type(then):
        return False
    if isinstance(now, (dict, list, tuple, deque)):
        exact = len(now) > FEW or repr(now) == repr(then)
        return bool(now == then and exact)
    return bool(now == then) and (bool(now) or repr(now) == repr(then))


def _same(now: Any, then: list[Any]) -> bool:
    """Whether a container holds the very objects that it held."""
    return len(now) == len(then) // (1 + isinstance(now, dict)) and all(
        map(operator.is_, _entries(now), then)
    )


def _entries(x: Any) -> list[Any]:
    return [*x.keys(), *x.values()] if isinstance(x, dict) else list(x)


def _length(now: Any, kind: type, keys: Any) -> bool:
    """Whether a container has these keys, or as many entries."""
    if type(now) is not kind:
        return False
    found: Any = now
    return bool(list(found) == keys if isinstance(keys, list) else len(found) == keys)


GUARDING: dict[str, Any] = {"equal": _equal, "length": _length, "same": _same}
"""What the lines of guards call."""
