"""The generators of random numbers that a function draws from, whoever made them.

A function that is run again must draw the same numbers. Generators of `xgrad.random` say so
themselves; those of Python, NumPy and the other libraries do not, so they are looked for where a
function can have them from: the state that a library shares, the arguments, the variables that the
function captures or names, and the attributes of all these.
"""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..arrays.array import Array
from ..backends import ADAPTERS, Stream, load, present
from ..random import Generator

_MOST = 5000
"""How many objects are looked at before the search is given up."""

_CLOSED = frozenset((*sys.stdlib_module_names, *ADAPTERS, "xgrad", "xgrad_backends", "scipy"))
"""Packages into whose functions and classes nobody looks: what they share is known."""


class Draw(NamedTuple):
    """A generator that was drawn from, and its state before."""

    stream: Stream
    state: Any


class Draws(list[Draw]):
    """Takes note, in a ``with`` block, of the generators that a function draws from."""

    def __init__(self, f: Any, args: Any) -> None:
        super().__init__()
        self.before = [Draw(s, s.get(s.generator)) for s in _streams(f, args)]

    def __enter__(self) -> Draws:
        return self

    def __exit__(self, *error: object) -> None:
        self.extend(d for d in self.before if not _same(d.state, d.stream.get(d.stream.generator)))
        self.before = []


@contextlib.contextmanager
def replayed(draws: list[Draw]) -> Iterator[None]:
    """Let generators draw once more, in the block, what they drew from these states on."""
    present = [Draw(s, s.get(s.generator)) for s, _ in draws]
    try:
        for stream, state in draws:
            stream.set(stream.generator, state)
        yield
    finally:
        for stream, state in present:
            stream.set(stream.generator, state)


def _streams(f: Any, args: Any) -> Iterator[Stream]:
    """Yield the generators that a call may draw from."""
    known: dict[type, tuple[Callable[[Any], Any], Callable[[Any, Any], None]]] = {
        random.Random: (lambda g: g.getstate(), lambda g, state: g.setstate(state))
    }
    yield Stream(random, lambda g: g.getstate(), lambda g, state: g.setstate(state))
    load("numpy")
    for backend in present():  # a program on NumPy's arrays may draw from PyTorch's generator
        shared, kinds = backend.streams()
        yield from shared
        known.update(kinds)
    for x in _reachable((f, args), known):
        get, set_ = next(known[cls] for cls in type(x).__mro__ if cls in known)
        if not isinstance(x, random.SystemRandom):  # which has no state
            yield Stream(x, get, set_)


def _reachable(start: Any, kinds: Mapping[type, Any]) -> Iterator[Any]:
    """Yield the objects of these classes that can be reached from another one."""
    wanted, seen, queue = tuple(kinds), {id(start): start}, [start]
    for x in queue:
        for y in _parts_of(x):
            if id(y) in seen or type(y) in _PLAIN:
                continue
            seen[id(y)] = y
            if issubclass(type(y), wanted):
                yield y
            elif len(queue) < _MOST:
                queue.append(y)


_PLAIN = frozenset(
    (
        Array,
        Generator,
        np.ndarray,
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        type(None),
        CodeType,
        slice,
        range,
    )
)


def _parts_of(x: Any) -> list[Any]:
    """Return what an object is made of; nothing of a stand-in that raises whatever it is asked."""
    try:
        return list(_parts(x))
    except Exception:
        return []


def _parts(x: Any) -> Iterator[Any]:
    """Yield what an object is made of, as far as a call of it could reach that."""
    if isinstance(x, (tuple, list, set, frozenset)):
        yield from list(x)[:_MOST]
    elif isinstance(x, dict):
        yield from list(x.values())[:_MOST]
    elif isinstance(x, FunctionType):
        if not _is_closed(x.__module__):
            yield from _of_function(x)
    elif isinstance(x, MethodType):
        yield x.__self__
        yield x.__func__
    elif isinstance(x, partial):
        yield x.func
        yield x.args
        yield x.keywords
    elif isinstance(x, type):
        if not _is_closed(x.__module__):
            yield from list(vars(x).values())
    elif isinstance(x, (staticmethod, classmethod)):
        yield x.__func__
    elif isinstance(x, property):
        yield x.fget
    elif not isinstance(x, ModuleType):
        yield from list(getattr(x, "__dict__", {}).values())
        for cls in type(x).__mro__:
            names = vars(cls).get("__slots__", ())
            for name in (names,) if isinstance(names, str) else names:
                yield getattr(x, name, None)
        owner = getattr(x, "__self__", None)  # of a method in C, as rng.normal
        if not isinstance(owner, ModuleType):
            yield owner
        yield type(x)


def _of_function(f: FunctionType) -> Iterator[Any]:
    """Yield what a function captures, has by default, or names."""
    for cell in f.__closure__ or ():
        with contextlib.suppress(ValueError):  # it is empty yet
            yield cell.cell_contents
    yield f.__defaults__
    yield f.__kwdefaults__
    yield f.__dict__  # what it wraps
    names = _names(f.__code__)
    for name in names:
        value = f.__globals__.get(name)
        if not isinstance(value, ModuleType):
            yield value
        elif not _is_closed(value.__name__):
            yield from [vars(value)[n] for n in names if n in vars(value)]


@lru_cache(maxsize=1024)
def _names(code: CodeType) -> tuple[str, ...]:
    """Return the names that a function and those inside it look up in modules."""
    names = dict.fromkeys(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            names.update(dict.fromkeys(_names(inner)))
    return tuple(names)


def _is_closed(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in _CLOSED


def _same(a: Any, b: Any) -> bool:
    """Whether two states of a generator are one."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))
    return isinstance(a, list) or bool(a == b)  # see `Backend.streams`
