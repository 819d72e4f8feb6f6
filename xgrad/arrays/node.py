"""What an op leaves on the tape: a node, and the rule by which walks go through it.

Every op on a tracked array leaves a *node*: what was done, to which nodes, and the few raw values
that its derivative needs. It is a plain list, since making it is what a recorded op spends its time
on:

    [serial, rule, parents, saved, fit]

=========== ========================================================================================
`serial`    counts up, so that sorting by it is a topological order
`rule`      how to walk through the node; see `Rule`
`parents`   the node of the one tracked argument, a tuple of nodes if several are tracked, or None
            for a leaf; a tuple may hold None for an argument that is not tracked
`saved`     the raw values named by ``rule.keeps`` and nothing else: None for no name, the value
            itself for one, a tuple for several
`fit`       None if a cotangent made by the rule fits its argument as it is; else the pair of what
            the result is like and what each parent is like, as (shape, dtype), for whoever must
            bring a tangent or a cotangent there
=========== ========================================================================================

A node never holds an `Array`, so that dropping a result frees its graph.
"""

from __future__ import annotations

import itertools
import operator
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType
from typing import Any

from .. import errors
from ..backends import is_inexact, lacking, switch
from ..errors.folding import shown

Node = list[Any]
SERIAL, RULE, PARENTS, SAVED, FIT = range(5)
serial_of = operator.itemgetter(SERIAL)


def _counter() -> Callable[[], int]:
    """Return a function that counts up; one call never overtakes another, in any thread."""
    count = itertools.count(1).__next__
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return count
    lock = threading.Lock()  # without the GIL, CPython's own counter may repeat itself

    def locked() -> int:
        with lock:
            return count()

    return locked


next_serial: Callable[[], int] = _counter()
_recording: ContextVar[bool] = ContextVar("xgrad_recording", default=True)
is_recording = switch(_recording.get)


class recording:  # noqa: N801 - a context manager, and a class only for its speed
    """Switch recording on or off inside a ``with`` block, in this context only."""

    __slots__ = ("on", "token")

    def __init__(self, on: bool) -> None:
        self.on = on

    def __enter__(self) -> None:
        self.token = _recording.set(self.on)

    def __exit__(self, *error: object) -> None:
        _recording.reset(self.token)


class Run:
    """What is held while the outermost transform runs its function; see `engine.guarding`.

    It is a ``with`` block around the function, in this context only; inside another one it gives
    that and holds nothing.

    Attributes:
        copies: the last copy of each array that is compared with it when it is used again.
        effects: what walks visit in any case; see `engine.effects`.
        locked: the arrays that are locked, by `id`.
        ends: functions that end the lock of an array, if it has one, and tell whether it is as it
            was; each with the user's code that used it, and where in it, None for an argument.
        walks_later: whether the transform walks when its function has returned to the caller.
    """

    __slots__ = ("copies", "effects", "ends", "locked", "token", "walks_later")

    def __init__(self, walks_later: bool = False) -> None:
        self.copies: dict[int, tuple[Any, Any]] = {}
        self.locked: dict[int, Any] = {}
        self.effects: Any = ()  # a list from the first one on
        self.ends: list[tuple[Callable[[], bool], tuple[CodeType, int] | None]] = []
        self.walks_later = walks_later

    def __enter__(self) -> Run:
        run = _run.get()
        if run is not None:
            self.token = None
            return run
        self.token = _run.set(self)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if self.token is not None:
            _run.reset(self.token)
            if not self.ends:
                return
            refilled = [place for end, place in self.ends if not end()]
            if refilled and error is None:
                raise errors.MutationError(_refilled(refilled[0]))
            if self.locked and isinstance(error, ValueError) and "read-only" in str(error):
                error.add_note(
                    "xgrad: the array is used in a derivative, and locked until its function has "
                    "run, since another value would make the derivative wrong. Write to a copy, or "
                    "use one in the function, as xgrad.asarray(x, copy=True)"
                )


_run: ContextVar[Run | None] = ContextVar("xgrad_run", default=None)
is_inside = _run.get
"""The run of the outermost transform whose function is running around this code, or None."""


def _refilled(place: tuple[CodeType, int] | None) -> str:
    """Say that an argument, or an array that some code used, was written to behind its lock."""
    if place is None:
        return (
            "a derivative by an array was asked for, which was written to while its function ran; "
            "it would be the derivative at another point. Write to a copy, or pass one to the "
            "transform"
        )
    code, at = place
    line = next((n for start, end, n in code.co_lines() if start <= at < end and n), 0)
    return (
        "an array that is used in a derivative was written to while the function ran, through a "
        "view, memoryview or pointer that was made before; its values at its use are gone. Use a "
        f"copy there, as xgrad.asarray(x, copy=True)\n  {shown(code.co_filename, line)}"
    )


class Rule:
    """How to walk through a node: made once, when the op is defined.

    Attributes:
        name: the op's name, for messages and pictures.
        pull: ``pull(xp, g, saved)`` gives the cotangent of the one parent, or of each parent, where
            they fit as they are.
        pull_to: ``pull_to(xp, g, saved, fit, times)``, the same where something must be adapted:
            `times` multiplies a cotangent by a partial derivative.
        push: ``push(xp, ts, saved, fit, times)`` gives the tangent of the output; `ts` holds the
            tangents of the parents, None where a parent has none.
        lift: ``lift(node)`` gives its saved values as arrays on the outer tape.
        keeps: what the saved values are called in the op's signature; ``out`` is the result.
        makes_zeros: whether its cotangents are zero where the argument was not used.
        fills: whether its result has entries that come from no tracked argument.
        is_opaque: whether it is not known how it makes its cotangents, as of a rule of the user's.
        lends: whether it notes itself, in `arrays.lent`, which of its cotangents others may keep.
        is_plain: whether it has no way of its own down; see `own`.
        is_finite: whether `pull` multiplies by nothing that could be infinite or NaN, so that it
            leaves zeros as they are.
        partial: ``partial(xp, saved)`` is what `pull` multiplies by, if that is all it does.
        own: what this op knows beyond its kind, as reading and writing at an index do, and roots;
            None for nearly all. See `engine.own`.
        sort: ``"elements"`` if `pull` and `push` act on each element alone, ``"rows"`` if they may
            act on each row; see `engine.on_device`.
    """

    __slots__ = (
        *("fills", "is_finite", "is_opaque", "is_plain", "keeps", "lends", "lift", "makes_zeros"),
        *("name", "own", "partial", "pull", "pull_to", "push", "sort"),
    )

    def __init__(
        self,
        name: str,
        pull: Callable[..., Any],
        pull_to: Callable[..., Any],
        push: Callable[..., Any],
        lift: Callable[[Node], Any] = lambda node: node[SAVED],
        makes_zeros: bool = False,
        keeps: tuple[str, ...] = (),
        own: Any = None,
    ) -> None:
        self.name, self.pull, self.pull_to, self.push = name, pull, pull_to, push
        self.lift, self.keeps, self.own = lift, keeps, own
        self.makes_zeros, self.fills, self.is_finite = makes_zeros, makes_zeros, False
        self.is_opaque, self.lends = True, False
        self.is_plain = own is None or not own.walks
        self.partial: Callable[[Any, Any], Any] | None = None
        self.sort = ""

    def __repr__(self) -> str:
        return f"<rule of {self.name}>"


def kept(node: Node, saved: Any = None) -> dict[str, Any]:
    """Return what a node saved, or these lifted values of it, by name."""
    names = node[RULE].keeps
    saved = node[SAVED] if saved is None else saved
    values = (saved,) if len(names) == 1 else saved or ()
    return dict(zip(names, values, strict=True)) if names else {}


def parents_of(node: Node) -> list[Node]:
    """Return the nodes that this one was made from."""
    parents = node[PARENTS]
    if type(parents) is list:
        return [parents]
    return [parent for parent in parents or () if parent is not None]


# What leaves the tape ----------------------------------------------------------------------------

LEFT: deque[tuple[str, int]] = deque(maxlen=32)
"""The last ways off the tape that were taken: what took them, and from which node."""


def left(what: str, nodes: Any) -> None:
    """Take note that values of a node, or of several, go on without their place on the tape.

    It is all that is known when a result turns out to depend on nothing, and costs a tenth of an
    op, at those alone that leave.
    """
    serial = nodes[SERIAL] if type(nodes[SERIAL]) is int else max(n[SERIAL] for n in nodes if n)
    LEFT.append((what, serial))


# Nodes that no op leaves --------------------------------------------------------------------------


def _identity(name: str) -> Rule:
    rule = Rule(
        name,
        lambda xp, g, saved: g,
        lambda xp, g, saved, fit, times: g,
        lambda xp, ts, saved, fit, times: ts[0],
    )
    rule.is_opaque = False
    return rule


def freed(*args: Any) -> Any:
    """Say that a graph was walked before."""
    raise errors.GraphFreedError(
        "backward: this graph was walked before and its values were freed. "
        "Compute the result anew, or pass create_graph=True to the earlier backward()"
    )


class Parts(dict[int, Any]):
    """The cotangents of some outputs of an op that has several."""

    def __add__(self, other: dict[int, Any]) -> Parts:
        total = Parts(self)
        for i, g in other.items():
            total[i] = total[i] + g if i in total else g
        return total


LEAF = _identity("leaf")
"""A variable of a transform."""
ENDED = object()
"""What a leaf saves when its transform has run the function: nobody will ask it for more."""
PARAMETER = _identity("parameter")
"""A leaf with ``requires_grad``."""
SELECT = Rule(
    "select",
    lambda xp, g, saved: Parts({saved: g}),
    lambda xp, g, saved, fit, times: Parts({saved: g}),
    lambda xp, ts, saved, fit, times: ts[0][saved],
)
SELECT.is_opaque = False
"""One output of an op that has several; `saved` is its number."""
FREED = Rule("freed", freed, freed, freed, freed)
"""The end of a graph that `backward` has emptied."""


def new_leaf(outer: Node | None = None) -> Node:
    """Return a fresh leaf: a new variable here, and to a recording outer tape the node given."""
    return [next_serial(), LEAF, outer, None, None]


def end(leaves: list[Node]) -> None:
    """Note that the function which was given these leaves has run: their tape is no outer one."""
    for node in leaves:
        node[SAVED] = ENDED


def selected(node: Node, i: int) -> Node:
    """Return the node of one output of an op that has several."""
    return [next_serial(), SELECT, node, i, None]


def parameter(x: Any) -> Node:
    """Return the node of a leaf whose gradient `backward` leaves in ``x.grad``."""
    if not is_inexact(x._raw):
        raise errors.NotDifferentiableError(
            f"requires_grad: got an array of {x.dtype}; only floating-point arrays have "
            f"derivatives. Convert it with xgrad.astype(x, xgrad.float64){lacking(x.dtype)}"
        )
    return [next_serial(), PARAMETER, None, weakref.ref(x), None]


def is_parameter(node: Node) -> bool:
    """Whether the node is a leaf with ``requires_grad``."""
    return node[RULE] is PARAMETER
