"""Watching a program from outside, as a debugger does, for all who want to watch at once.

The engine knows nothing of this, so that it costs nothing while nobody watches. Whoever wants to
watch derives from `Reader` and enters it as a context manager; readers nest in any order, and each
hears of everything until it is left, the innermost first:

- *frames*: Python calls `_profile` whenever a function is called or returns (`sys.setprofile`).
- *results*: a function of xgrad that returns a tracked array has just recorded an op. The op's
  node, a plain list, then gets a `Watched` rule in the place of its own: the same mathematics, with
  a `Note` of where the op stands in the program.
- *cotangents and tangents*: a `Watched` rule tells of each one that passes through it.

The readers are a context variable, so that other threads and tasks are not disturbed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from time import perf_counter
from types import FrameType
from typing import Any, NamedTuple, Self

from ..arrays.array import Array
from ..engine.frames import held, is_ours
from ..engine.tape import LEAF, PARAMETER, PARENTS, RULE, SELECT, Node, Rule
from .notes import UNKNOWN, Line, Note, kind_of, selected


class Pull(NamedTuple):
    """A cotangent that has just gone back through an op.

    Attributes:
        note: the op.
        g: the cotangent of its result.
        c: what the rule made of it: the cotangent of the one parent, or of each.
        start: when it began, by `time.perf_counter`.
        again: gives what the rule makes of another cotangent.
    """

    note: Note
    g: Any
    c: Any
    start: float
    again: Callable[[Any], Any]

    def parts(self, c: Any = None) -> Iterator[tuple[Node, Any]]:
        """Yield each parent with its part of `c`, by default of what the rule made of `g`."""
        parents, c = self.note.parents, self.c if c is None else c
        if type(parents) is list:
            yield parents, c
            return
        for parent, part in zip(parents, c, strict=True):
            if parent is not None:
                yield parent, part


class Watched(Rule):
    """A rule with a note of where its op stands, which tells the readers what passes through."""

    __slots__ = ("note",)

    def __init__(self, rule: Rule, note: Note) -> None:
        # closures, not methods: an object that held its own methods would be a reference cycle
        def pull(xp: Any, g: Any, saved: Any) -> Any:
            return _pull(note, g, lambda g: rule.pull(xp, g, saved))

        def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
            return _pull(note, g, lambda g: rule.pull_to(xp, g, saved, fit, times))

        def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
            return _push(note, ts, lambda: rule.push(xp, ts, saved, fit, times))

        own = rule.own and rule.own.passive()
        super().__init__(
            rule.name, pull, pull_to, push, rule.lift, rule.makes_zeros, rule.keeps, own
        )
        self.is_finite, self.is_plain, self.note = rule.is_finite, rule.is_plain, note


def _pull(note: Note, g: Any, again: Callable[[Any], Any]) -> Any:
    start = perf_counter()
    c = again(g)
    _listen_again()
    for reader in _readers.get():
        reader.pulled(Pull(note, g, c, start, again))
    return c


def _push(note: Note, ts: Any, run: Callable[[], Any]) -> Any:
    t = run()
    for reader in _readers.get():
        reader.pushed(note, ts, t)
    return t


_WALKING = (_pull.__code__, _push.__code__)
_readers: ContextVar[tuple[Reader, ...]] = ContextVar("xgrad_readers", default=())
readers = _readers.get
"""Return who watches the code that is running."""
_thread = threading.local()


class Reader:
    """Somebody who watches what happens inside a ``with`` block, in this context.

    Override the methods for what you want to hear of.

    Attributes:
        what: who it is, for an error.
        listens: whether it wants to hear of frames and results; otherwise there is no profiler.
        everywhere: whether it wants to hear of all frames, not only of those of xgrad.
        notes: whether it wants to hear of results, cotangents and tangents.
        replaces: whether another profile function is switched off meanwhile; else it is an error.
    """

    what = "debug"
    listens, everywhere, notes, replaces = True, False, True, False
    other: Any = None

    def __enter__(self) -> Self:
        if self.listens:
            profiler = sys.getprofile()
            self.other = None if profiler is _profile else profiler
            if self.other is not None and not (self.replaces and callable(self.other)):
                raise RuntimeError(
                    f"{self.what}: another profiler is running in this thread, and Python has room "
                    "for one. Switch it off first"
                )
            _thread.listeners = getattr(_thread, "listeners", 0) + 1
            sys.setprofile(_profile)
        _readers.set((self, *_readers.get()))
        return self

    def __exit__(self, *error: object) -> None:
        _readers.set(tuple([reader for reader in _readers.get() if reader is not self]))
        if self.listens:
            _thread.listeners -= 1
            if self.other is not None:
                sys.setprofile(self.other)
            elif not _thread.listeners and sys.getprofile() is _profile:
                sys.setprofile(None)
            _listen_again()

    @staticmethod
    def is_possible() -> bool:
        """Whether Python has room for a profile function, of which it takes one in each thread."""
        return sys.getprofile() in (None, _profile)

    def called(self, frame: FrameType) -> None:
        """Take notice of a function that was called."""

    def returned(self, frame: FrameType, value: Any) -> None:
        """Take notice of what a function returned; None if it raised."""

    def missed(self, running: set[FrameType]) -> None:
        """Take notice that calls and returns were missed; `running` has not returned yet."""

    def noted(self, note: Note, which: int, x: Array) -> None:
        """Take notice of a result of an op; it may have several."""

    def pulled(self, pull: Pull) -> None:
        """Take notice of a cotangent on its way back through an op."""

    def pushed(self, note: Note, ts: Any, t: Any) -> None:
        """Take notice of a tangent `t`, which an op made of the tangents `ts` of its arguments."""


def _listen_again() -> None:
    """Switch the profile function on: Python switches it off when a reader raises an error in it.

    The others have not heard of anything since, but that is told to them now.
    """
    if not getattr(_thread, "listeners", 0) or sys.getprofile() is not None:
        return
    running, frame = set(), sys._getframe(1)
    while frame is not None:
        running.add(frame)
        frame = frame.f_back  # type: ignore[assignment]
    for reader in _readers.get():
        reader.missed(running)
    sys.setprofile(_profile)


def _profile(frame: FrameType, event: str, value: Any) -> None:
    """Tell the readers what Python tells the profile function of a thread."""
    ours = is_ours(frame)
    if event == "call":
        for reader in _readers.get():
            if ours or reader.everywhere:
                reader.called(frame)
    elif event == "return":  # calls of functions in C have other names
        failure = None
        for reader in _readers.get():
            try:
                if ours and reader.notes:
                    for x in arrays_in(value):
                        if x._node is not None:
                            _note(x._node, x, frame)
                if ours or reader.everywhere:
                    reader.returned(frame, value)
            except Exception as error:
                failure, value = error, None  # to the others, the function raised this
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # its traceback holds this frame


def _note(node: Node, x: Array, frame: FrameType) -> None:
    """Give the op that made an array its note, and tell of the result. Leaves get none."""
    which = 0
    if node[RULE] is SELECT:
        node, which = node[PARENTS], selected(node)
    if node[PARENTS] is None or node[RULE] in (LEAF, PARAMETER):
        return
    if type(node[RULE]) is not Watched:
        node[RULE] = Watched(node[RULE], Note(node, *origin(frame)))
    note = node[RULE].note
    if which not in note.outs:
        note.outs[which] = kind_of(x)
        for reader in _readers.get():
            if reader.notes:
                reader.noted(note, which, x)


def watched(node: Node) -> Node:
    """Return a copy of a node that tells the readers of what passes; the node stays as it is."""
    serial, rule, *rest = node
    return [serial, rule if type(rule) is Watched else Watched(rule, Note(node)), *rest]


def origin(frame: FrameType | None) -> tuple[Line, Note | None]:
    """Return the user's line that led to a frame, and the op whose derivative it is a part of."""
    of = None
    while frame is not None and is_ours(frame):
        if of is None and frame.f_code in _WALKING:
            of = held(frame, Note)
        frame = frame.f_back
    if frame is None:
        return UNKNOWN, of
    return Line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name), of


def arrays_in(value: Any) -> Iterator[Array]:
    """Yield a value if it is an `Array`, or those directly in it if it is a tuple or list."""
    if isinstance(value, Array):
        yield value
    elif isinstance(value, (tuple, list)):
        for x in value:
            if isinstance(x, Array):
                yield x


def note_of(node: Node) -> Note | None:
    """Return the note of the op that a node stands for, if it was watched."""
    if node[RULE] is SELECT:
        node = node[PARENTS]
    return node[RULE].note if type(node[RULE]) is Watched else None
