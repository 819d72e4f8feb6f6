"""Watch a function compute: which ops it calls, where, with what, and how it names the results.

`Trace` is a `Reader` of `xgrad.debugging.observer`: it hears of each call and return of a Python
function. So values, source lines and the names of variables are seen without a change to the
engine, and without a cost to anyone who does not look.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import xgrad as xg
from xgrad import arrays
from xgrad.debugging.observer import Reader
from xgrad.engine import tape
from xgrad.engine.definition import Op
from xgrad.engine.frames import folder_of, held, is_call, is_of_library
from xgrad.engine.picklable import Derived
from xgrad.ops import halves

from . import graph as tape_graph
from .graph import Operand
from .naming import operand_of, targets

__all__ = ["Call", "Made", "Trace"]


@dataclass(slots=True)
class Call:
    """One call of the library by the user's code.

    Attributes:
        where: file and line of the call.
        layer: the objects of the user's that were called around it, as ``Network/Linear``.
        name: the function; "" if its op has a better name, None before it is known.
        args: its arguments.
        serials: the nodes that were made in it.
    """

    where: str
    layer: str
    name: str | None = None
    args: list[Any] = field(default_factory=list)
    serials: list[int] = field(default_factory=list)


class Made:
    """How a node was made: in which call, with which arguments, and what came out.

    Attributes:
        call: the user's call.
        by_op: whether the arguments are those of the op itself; for what is no op, such as a custom
            rule, they are those of the outermost function that returned the result.
        seconds: how long the function took whose arguments these are.
        operands, settings: its positional and its keyword arguments.
    """

    __slots__ = (
        *("by_op", "call", "dtype", "nbytes", "op", "operands", "seconds", "settings", "shape"),
        *("stats", "value"),
    )

    def __init__(self, call: Call, by_op: bool, x: xg.Array, seconds: float) -> None:
        self.call, self.by_op, self.seconds = call, by_op, seconds
        self.op, self.shape, self.dtype = tape_graph.op_of(x), x.shape, x.dtype
        self.nbytes = x.nbytes
        self.operands: list[Operand] = []
        self.settings: dict[str, Any] = {}
        self.value: Any = None
        self.stats: Any = None


class Running:
    """A function that has not returned; `call` is None for one of the user's own."""

    __slots__ = ("args", "call", "frame", "keywords", "layer", "start")
    args: list[Any]
    keywords: dict[str, Any]
    start: float

    def __init__(self, frame: FrameType, layer: str, call: Call | None) -> None:
        self.frame, self.layer, self.call = frame, layer, call


class Trace(Reader):
    """What is seen of a computation.

    Attributes:
        made: the nodes that were made, by serial number.
        names: the variable that a node's value was assigned to, by serial number.
    """

    what = "show"
    everywhere, notes, replaces = True, False, True

    def __init__(
        self, measure: Callable[[xg.Array], Any] | None = None, only_time: bool = False
    ) -> None:
        self.measure, self.only_time = measure, only_time
        self.before = tape_graph.serial_of(xg.asarray(0.0, requires_grad=True)) or 0
        self.made: dict[int, Made] = {}
        self.names: dict[int, str] = {}
        self.stack: list[Running] = []

    def called(self, frame: FrameType) -> None:  # noqa: D102 - see Reader
        above, code = (self.stack[-1] if self.stack else None), frame.f_code
        layer = above.layer if above is not None else ""
        if is_users(code.co_filename):
            if code.co_name == "__call__" and code.co_argcount:
                owner = frame.f_locals.get(code.co_varnames[0])
                layer = f"{layer}/{type(owner).__name__}".lstrip("/")
            self.stack.append(Running(frame, layer, None))
            return
        call = above.call if above is not None else None
        if call is None:
            call = Call(_place(_user_of(frame)), layer)
        running = Running(frame, layer, call)
        self.stack.append(running)
        if not self.only_time:
            running.args, running.keywords = _arguments(frame)
            if call.name is None and not code.co_filename.startswith(_doors()):
                call.name, call.args = _name_of(frame), [*running.args, *running.keywords.values()]
        running.start = perf_counter()

    def returned(self, frame: FrameType, value: Any) -> None:  # noqa: D102 - see Reader
        now = perf_counter()
        if not self.stack or self.stack[-1].frame is not frame:
            return  # it was called before, or while calls were missed
        running = self.stack.pop()
        if running.call is None:
            if not frame.f_code.co_flags & inspect.CO_GENERATOR:  # what it yields is not assigned
                self._name(frame.f_back, value)
            return
        results = value if isinstance(value, (tuple, list)) else (value,)
        code = frame.f_code
        from_call, from_leaf = is_call(code), code is tape.leaf.__code__
        for x in results[:64]:
            serial = tape_graph.serial_of(x)
            if serial is None or serial < self.before:
                continue
            by_op = from_leaf or (from_call and (self.only_time or _is_made_by(frame, x)))
            made = self.made.get(serial)
            if made is None or by_op or (not made.by_op and made.call is running.call):
                if self.only_time:
                    tape_graph.finish(x)
                    now = perf_counter()
                self._note(x, serial, running, by_op, now)
        if not self.stack or self.stack[-1].call is None:
            self._name(frame.f_back, value)

    def missed(self, running: set[FrameType]) -> None:  # noqa: D102 - see Reader
        self.stack = [each for each in self.stack if each.frame in running]

    def _note(self, x: xg.Array, serial: int, running: Running, by_op: bool, end: float) -> None:
        call = running.call
        assert call is not None
        made = self.made[serial] = Made(call, by_op, x, end - running.start)
        if self.only_time:
            return
        user = _user_of(running.frame)
        made.operands = [operand_of(arg, user) for arg in running.args]
        made.settings = {
            name: arg for name, arg in running.keywords.items() if not hasattr(arg, "shape")
        }
        made.value = tape_graph.small(x)
        made.stats = self.measure(x) if self.measure else None
        if serial not in call.serials:
            call.serials.append(serial)

    def _name(self, frame: FrameType | None, result: Any) -> None:
        """Note the variable, or the variables, that the user's code stores a result in."""
        if self.only_time or frame is None or not is_users(frame.f_code.co_filename):
            return
        names = targets(frame)
        results = result if isinstance(result, (tuple, list)) else (result,)
        if len(names) == len(results):
            for name, x in zip(names, results, strict=True):
                serial = tape_graph.serial_of(x)
                if serial is not None:
                    self.names[serial] = name


@cache
def is_users(file: str) -> bool:
    """Whether a file is the user's; networks and optimisers of xgrad are shown as if they were."""
    return not is_of_library(file) or file.startswith((folder_of(xg.nn), folder_of(xg.optim)))


@cache
def _doors() -> tuple[str, ...]:
    """Return the folders of methods, operators and NumPy's protocols, which call the functions."""
    return folder_of(arrays), folder_of(xg.numpy_protocol)


def _user_of(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the user's code at or above a frame."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _is_made_by(frame: FrameType, x: xg.Array) -> bool:
    """Whether a call of an op has made an array, and has not only passed on what another made."""
    op = held(frame, Op)
    return op is not None and op.name == tape_graph.maker_of(x)


def _place(frame: FrameType | None) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else ""


def _name_of(frame: FrameType) -> str | None:
    """Return what a user calls a function by.

    It is "" for an op, and for an object that is called but is no transform, since what it makes
    has a better name; None for the special methods of arrays, which call a function.
    """
    name = frame.f_code.co_name
    if name == "__call__":
        derived = held(frame, Derived)
        return "" if derived is None else derived.transform
    if is_call(frame.f_code):
        return ""
    if frame.f_code.co_filename == halves.__file__ and "f" in frame.f_locals:
        name = frame.f_locals["f"].__name__  # what `in_single` has wrapped
    return None if name.startswith("__") else name.lstrip("_")


def _arguments(frame: FrameType) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the keyword arguments of a function that has just been called."""
    code, values = frame.f_code, frame.f_locals
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return [], {}  # it may only go on, and have other values in its arguments by now
    count, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames
    first = 1 if code.co_name == "__call__" else 0  # the object that was called is no operand
    positional = [values[name] for name in names[first:count]]
    keywords = {name: values[name] for name in names[count:last]}
    if code.co_flags & inspect.CO_VARARGS:
        positional += values[names[last]]
        last += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords |= values[names[last]]
    joined = positional[0] if positional else None
    if isinstance(joined, (list, tuple)) and any(isinstance(x, xg.Array) for x in joined):
        positional[:1] = joined  # arrays that are joined are operands, each of them
    return positional, keywords
