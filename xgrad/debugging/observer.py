"""Watching a program from outside, as a debugger does: which line recorded which op.

The engine knows nothing of this, so that it costs nothing while nobody watches. While somebody
does, Python calls `_profile` whenever a function returns (`sys.setprofile`); one of xgrad that
returns a tracked array has just recorded an op. Its node, a plain list, then gets a `Watched` rule
in the place of its own: the same mathematics, with a `Note` of where the op stands in the program,
and a look at every cotangent and tangent that passes. Who watches is a context variable, so that
other threads and tasks are not disturbed.
"""

from __future__ import annotations

import linecache
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar, Token
from types import CodeType, FrameType
from typing import Any, NamedTuple, Self

import numpy as np

import xgrad

from ..arrays.array import Array
from ..engine.tape import LEAF, PARAMETER, PARENTS, RULE, SELECT, SERIAL, Node, Rule

_OURS = tuple(  # NumPy's protocols call us from its frames
    str(package.__file__).removesuffix("__init__.py") for package in (xgrad, np)
)


class Line(NamedTuple):
    """A line of a program, printed as in a traceback, which editors turn into a link."""

    file: str
    number: int
    function: str

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        place = f'File "{self.file}", line {self.number}, in {self.function}'
        return f"{place}\n  {text}" if text else place


class Note:
    """What is remembered of a recorded op.

    Attributes:
        name: the op.
        line: the user's line that called it, or the op whose derivative it is a part of.
        outs: dtype and shape of each result.
        parents: the nodes that it was made from.
        of: the op whose derivative it is a part of, if it was recorded by a walk.
        bad: what is not finite about its results, if anything, and where, by number of the result.
    """

    __slots__ = ("bad", "line", "name", "of", "outs", "parents", "serial")

    def __init__(self, node: Node, line: Line, of: Note | None) -> None:
        self.serial, self.name, self.parents = node[SERIAL], node[RULE].name, node[PARENTS]
        self.line: Line = line if of is None else of.line
        self.of = of
        self.outs: dict[int, str] = {}
        self.bad: dict[int, tuple[str, Any]] = {}

    @property
    def before(self) -> list[Node]:
        """The nodes that the op was recorded on; behind a leaf the one that it stands for."""
        parents = [self.parents] if type(self.parents) is list else self.parents
        return [node for p in parents if p is not None for node in through(p)]

    def handed_on(self, c: Any) -> Iterator[tuple[Node, Any]]:
        """Yield each node before this one with its part of what the op's pull gave."""
        if type(self.parents) is list:
            yield self.parents, c
        else:
            for parent, part in zip(self.parents, c, strict=True):
                if parent is not None:
                    yield parent, part

    def __str__(self) -> str:
        what = f"{self.name} -> {', '.join(self.outs.values())}"
        if self.of is not None:
            what += f", in the derivative of {self.of.name}"
        return f"{what}\n  {str(self.line).replace(chr(10), f'{chr(10)}  ')}"


class Watched(Rule):
    """A rule with a note of where its op stands, and somebody who looks at what passes."""

    __slots__ = ("note",)

    def __init__(self, rule: Rule, note: Note, watch: Watch) -> None:
        # closures, not methods: an object that held its own methods would be a reference cycle
        def pull(xp: Any, g: Any, saved: Any) -> Any:
            c = rule.pull(xp, g, saved)
            watch.pulled(note, g, c)
            return c

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            c = rule.pull_to(xp, g, saved, fit, times)
            watch.pulled(note, g, c)
            return c

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            t = rule.push(xp, ts, saved, fit, times)
            watch.pushed(note, ts, t)
            return t

        own = rule.own and rule.own.passive()
        super().__init__(
            rule.name, pull, pull_to, push, rule.lift, rule.makes_zeros, rule.keeps, own
        )
        self.is_finite, self.note = rule.is_finite, note


_watch: ContextVar[Watch | None] = ContextVar("xgrad_watch", default=None)
_threads = threading.local()


class Watch:
    """Somebody who watches what is recorded and walked inside a ``with`` block, in this context."""

    what = "debug"
    token: Token[Watch | None]

    @staticmethod
    def is_possible() -> bool:
        """Whether Python has room for a profile function, of which it takes one in each thread."""
        return sys.getprofile() in (None, _profile)

    def __enter__(self) -> Self:
        if not self.is_possible():
            raise RuntimeError(
                f"{self.what}: another profiler is running in this thread, and Python has room "
                "for one. Switch it off first"
            )
        _threads.watchers = getattr(_threads, "watchers", 0) + 1
        sys.setprofile(_profile)
        self.token = _watch.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        _threads.watchers -= 1
        if not _threads.watchers and sys.getprofile() is _profile:
            sys.setprofile(None)
        _watch.reset(self.token)

    @property
    def is_on(self) -> bool:
        """Whether this is who watches in the present context."""
        return _watch.get() is self

    def called(self, frame: FrameType) -> None:
        """Take notice of a function of xgrad that was called."""

    def returned(self, frame: FrameType, value: Any) -> None:
        """Take notice of what a function of xgrad returned; None if it raised."""
        for x in arrays_in(value):
            if x._node is not None:
                self.record(x._node, x, frame)

    def record(self, node: Node, x: Array, frame: FrameType) -> None:
        """Give the op that a node stands for its note, if it has none. Leaves get none."""
        which = 0
        if node[RULE] is SELECT:
            node, which = node[PARENTS], node[3]
        if node[PARENTS] is None or node[RULE] in (LEAF, PARAMETER):
            return
        rule = node[RULE]
        if type(rule) is not Watched:
            node[RULE] = rule = Watched(rule, Note(node, *origin(frame)), self)
        if which not in rule.note.outs:
            rule.note.outs[which] = kind_of(x)
            self.noted(rule.note, which, x)

    def noted(self, note: Note, which: int, x: Array) -> None:
        """Take notice of a result of an op; it may have several."""

    def pulled(self, note: Note, g: Any, c: Any) -> None:
        """Take notice of a cotangent on its way through an op."""

    def pushed(self, note: Note, ts: Any, t: Any) -> None:
        """Take notice of a tangent on its way through an op."""


def _profile(frame: FrameType, event: str, value: Any) -> None:
    if event in ("return", "call") and is_ours(frame):
        watch = _watch.get()
        if watch is None:
            return
        if event == "call":
            watch.called(frame)
        else:
            watch.returned(frame, value)


def is_ours(frame: FrameType | None) -> bool:
    """Whether a frame is one of this library, or of NumPy on the way to it."""
    return frame is not None and frame.f_code.co_filename.startswith(_OURS)


_WALKS: tuple[CodeType, ...] = tuple(
    code for code in Watched.__init__.__code__.co_consts if isinstance(code, CodeType)
)


def origin(frame: FrameType | None) -> tuple[Line, Note | None]:
    """Return the user's line that led to a frame, and the op whose derivative it is a part of."""
    of = None
    while frame is not None and is_ours(frame):
        if of is None and frame.f_code in _WALKS:
            of = frame.f_locals["note"]
        frame = frame.f_back
    if frame is None:
        return Line("<unknown>", 0, "<unknown>"), of
    return Line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name), of


def arrays_in(value: Any) -> Iterator[Array]:
    """Yield a value if it is an `Array`, or those directly in it if it is a tuple or list."""
    if type(value) is Array:
        yield value
    elif isinstance(value, (tuple, list)):
        for x in value:
            if type(x) is Array:
                yield x


def kind_of(x: Any) -> str:
    """Return dtype and shape for a message."""
    return f"{x.dtype}{list(x.shape)}"


def through(node: Node) -> Iterator[Node]:
    """Yield a node, and if it is a leaf of an inner transform, those that it stands for."""
    yield node
    while node[RULE] is LEAF and node[PARENTS] is not None:
        node = node[PARENTS]
        yield node


def note_of(node: Node) -> Note | None:
    """Return the note of the op that a node stands for, if it was watched."""
    if node[RULE] is SELECT:
        node = node[PARENTS]
    return node[RULE].note if type(node[RULE]) is Watched else None


def indented(text: str) -> str:
    """Return a text with every line indented."""
    return "\n".join(f"  {line}" for line in text.splitlines())
