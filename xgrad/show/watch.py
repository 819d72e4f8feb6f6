"""Watch a function compute: which ops it calls, where, with what, and how it names the results.

Python reports every call and return to the profiling hook of the thread. So values, source lines
and the names of variables are seen without a change to the engine, and without a cost to anyone
who does not look.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import xgrad as xg

from . import graph as tape_graph
from .graph import Operand

__all__ = ["Call", "Made", "Watched", "operand_of", "watching"]

_OUTSIDERS = ("xgrad.nn", "xgrad.optim", "xgrad.show", "xgrad.testing", "xgrad.__main__")
_HERE = str(Path(__file__).parent)
_MACHINERY = {
    "xgrad.engine.calls.general",
    "xgrad.engine.calls.unary",
    "xgrad.engine.calls.binary",
}
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_DEREF", "STORE_GLOBAL")
_PASSED_THROUGH = {
    "xgrad.arrays.array",
    "xgrad.arrays.methods",
    "xgrad.arrays.operators",
    "xgrad.numpy_protocol",
}


@dataclass(slots=True)
class Call:
    """One call of the engine by the user's code."""

    where: str
    layer: str
    name: str = ""
    args: list[Any] = field(default_factory=list)
    serials: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Made:
    """A node as it was made."""

    call: Call
    op: str
    operands: list[Operand]
    settings: dict[str, Any]
    shape: tuple[int, ...]
    dtype: Any
    value: Any
    nbytes: int
    seconds: float
    stats: Any


@dataclass(slots=True)
class Frame:
    """A function under way."""

    engine: bool
    start: float
    call: Call | None
    args: dict[str, Any]


class Watched:
    """What a hook has seen.

    Attributes:
        made: the nodes that were made, by serial number.
        names: the variable that a node's value was assigned to, by serial number.
    """

    def __init__(
        self, measure: Callable[[xg.Array], Any] | None = None, only_time: bool = False
    ) -> None:
        self.measure, self.only_time = measure, only_time
        self.before = tape_graph.serial_of(xg.asarray(0.0, requires_grad=True)) or 0
        self.made: dict[int, Made] = {}
        self.names: dict[int, str] = {}
        self.stack: list[Frame] = []
        self.layers: list[tuple[Any, str]] = []
        self.inner: set[int] = set()  # made by a helper of the op, whose own arguments are to come

    def hook(self, frame: Any, event: str, arg: Any) -> None:
        """Take note of a call or a return: the function for `sys.setprofile`."""
        if event == "call":
            self._enter(frame)
        elif event == "return" and self.stack:
            self._leave(frame, arg)

    def _enter(self, frame: Any) -> None:
        engine = is_engine(frame.f_globals.get("__name__", ""))
        if not engine:
            owner = frame.f_locals.get("self") if frame.f_code.co_name == "__call__" else None
            if owner is not None:
                self.layers.append((frame, type(owner).__name__))
            self.stack.append(Frame(False, 0.0, None, {}))
            return
        above = self.stack[-1] if self.stack else None
        module = frame.f_globals["__name__"]
        if above is None or not above.engine or above.call is None:
            user = frame.f_back
            call = Call(_where(user), "/".join(name for _, name in self.layers))
        else:
            call = above.call
        args = {} if self.only_time else _arguments(frame)
        if not call.name and module not in _PASSED_THROUGH:
            call.name, call.args = frame.f_code.co_name, list(args.values())
        self.stack.append(Frame(True, perf_counter(), call, args))

    def _leave(self, frame: Any, result: Any) -> None:
        now = perf_counter()
        entry = self.stack.pop()
        if not entry.engine:
            if self.layers and self.layers[-1][0] is frame:
                self.layers.pop()
            if not frame.f_code.co_flags & inspect.CO_GENERATOR:  # what it yields is not assigned
                self._name(frame.f_back, result)
            return
        results = result if isinstance(result, (tuple, list)) else (result,)
        module, fresh = frame.f_globals["__name__"], set()
        for x in results[:64]:
            serial = tape_graph.serial_of(x)
            if serial is None or serial < self.before or entry.call is None:
                continue
            if serial not in self.made or (serial in self.inner and module in _MACHINERY):
                if self.only_time:
                    tape_graph.finish(x)
                    now = perf_counter()
                self._note(serial, x, entry, frame, now)
                fresh.add(serial)
        if fresh:
            self.inner = fresh if module in _MACHINERY else set()
        if not self.stack or not self.stack[-1].engine:
            self._name(frame.f_back, result)

    def _note(self, serial: int, x: xg.Array, entry: Frame, frame: Any, now: float) -> None:
        assert entry.call is not None
        if self.only_time:
            self.made[serial] = Made(
                entry.call,
                tape_graph.op_of(x),
                [],
                {},
                x.shape,
                x.dtype,
                None,
                x.nbytes,
                now - entry.start,
                None,
            )
            return
        user = frame.f_back
        while user is not None and is_engine(user.f_globals.get("__name__", "")):
            user = user.f_back
        operands = [operand_of(value, user) for value in _positional(entry.args, frame.f_code)]
        settings = {
            name: value
            for name, value in _keywords(entry.args, frame.f_code).items()
            if not hasattr(value, "shape")
        }
        self.made[serial] = Made(
            entry.call,
            tape_graph.op_of(x),
            operands,
            settings,
            x.shape,
            x.dtype,
            tape_graph.small(x),
            x.nbytes,
            now - entry.start,
            self.measure(x) if self.measure else None,
        )
        if serial not in entry.call.serials:
            entry.call.serials.append(serial)

    def _name(self, frame: Any, result: Any) -> None:
        """Note the variable, or the variables, that the user's code stores a result in."""
        if self.only_time or frame is None or frame.f_code.co_filename.startswith(_HERE):
            return
        if is_engine(frame.f_globals.get("__name__", "")):
            return
        names = _targets(frame.f_code).get(frame.f_lasti, ())
        results = result if isinstance(result, (tuple, list)) else (result,)
        if len(names) == len(results):
            for name, x in zip(names, results, strict=True):
                serial = tape_graph.serial_of(x)
                if serial is not None:
                    self.names[serial] = name


def is_engine(module: str) -> bool:
    """Whether a module is part of the engine, and not one of the packages built on it."""
    return (module == "xgrad" or module.startswith("xgrad.")) and not module.startswith(_OUTSIDERS)


def _where(frame: Any) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else ""


def _arguments(frame: Any) -> dict[str, Any]:
    """Return the arguments of a function that has just been entered, by name."""
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    args = {name: values[name] for name in code.co_varnames[:count] if name in values}
    return {n: dict(v) if type(v) is dict else v for n, v in args.items()}  # the op adds to it


def _positional(args: dict[str, Any], code: Any) -> list[Any]:
    """Return the positional arguments of a call, the variadic ones among them."""
    names = code.co_varnames
    values = [args[n] for n in names[: code.co_argcount] if n in args]
    if code.co_flags & inspect.CO_VARARGS:
        values += args.get(names[code.co_argcount + code.co_kwonlyargcount], ())
    return values


def _keywords(args: dict[str, Any], code: Any) -> dict[str, Any]:
    """Return the keyword arguments of a call."""
    names, start = code.co_varnames, code.co_argcount
    found = {n: args[n] for n in names[start : start + code.co_kwonlyargcount] if n in args}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        last = start + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
        found |= args.get(names[last], {})
    return found


@cache
def _targets(code: Any) -> dict[int, tuple[str, ...]]:
    """Return, for each instruction whose result is at once stored in variables, their names."""
    found = {}
    instructions = list(dis.get_instructions(code))
    for i, (one, following) in enumerate(pairwise(instructions), 1):
        count = following.argval if following.opname == "UNPACK_SEQUENCE" else 0
        stores = instructions[i + 1 : i + 1 + count] if count else [following]
        names: list[str] = []
        for store in stores:
            if store.opname.startswith(_STORES):
                value = store.argval
                names += value if isinstance(value, tuple) else [str(value)]
        if len(names) >= max(count, 1):
            # while a call is under way, Python 3.11 points at the last of its cache entries
            places = range(one.offset, following.offset, 2)
            found.update(dict.fromkeys(places, tuple(names[: max(count, 1)])))
    return found


def operand_of(value: Any, user: Any) -> Operand:
    """Return an argument of a call as it is shown; `user` is the frame of the user's code."""
    serial = tape_graph.serial_of(value)
    if serial is not None:
        return Operand(step=serial, shape=value.shape)
    if hasattr(value, "shape"):
        values = tape_graph.small(value)
        text = _variable(value, user) if user is not None else ""
        if not text and values is not None and values.size == 1:
            text = f"{values.item():.6g}"
        return Operand(text=text, shape=tuple(value.shape), value=values)
    if isinstance(value, (list, tuple)) and any(type(x) is xg.Array for x in value):
        return Operand(text="[...]")
    return Operand(text=_literal(value), value=value)


def _literal(value: Any) -> str:
    """Return a setting as a reader would write it."""
    if isinstance(value, slice):
        ends = (value.start, value.stop) + (() if value.step is None else (value.step,))
        return ":".join("" if end is None else str(end) for end in ends)
    if isinstance(value, tuple) and any(
        isinstance(x, slice) or x is Ellipsis or hasattr(x, "shape") for x in value
    ):
        return ", ".join(_literal(x) for x in value)
    if hasattr(value, "shape"):
        return f"array{list(value.shape)}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)) and all(isinstance(x, (int, float)) for x in value):
        return f"{value!r:.30}"
    if value is None or isinstance(value, (bool, int, complex, str)):
        return f"{value!r:.30}"
    # not the repr: of a list of arrays, or of nodes of the tape, it may have no end
    return "..." if value is Ellipsis else getattr(value, "__name__", type(value).__name__)


def _variable(value: Any, frame: Any) -> str:
    """Return the name under which the user's code knows an array."""
    for names in (frame.f_locals, frame.f_globals):
        for name, known in names.items():
            if known is value and not name.startswith("_"):
                return str(name)
    return ""


@contextmanager
def watching(watched: Watched) -> Iterator[Watched]:
    """Report what happens inside the block, in this thread; another profiler is put back after."""
    before = sys.getprofile()
    sys.setprofile(watched.hook)
    try:
        yield watched
    finally:
        sys.setprofile(before)
