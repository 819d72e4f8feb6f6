"""Where the influence of an argument ends: the calls at which it leaves the tape."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ..arrays.array import Array
from ..engine import tape
from ..engine.definition import Op
from ..engine.frames import held, is_call, is_ours
from ..engine.tape import PARENTS, SERIAL, Node
from .notes import Line, indented
from .observer import Reader, arrays_in, origin

_LEAVING = tuple(
    method.__code__
    for method in (
        *(Array.item, Array.tolist, vars(Array)["data"].fget, Array.__bool__, Array.__index__),
        *(Array.__int__, Array.__float__),
    )
)
"""What gives values that are no `Array`; other functions that return none are not suspected."""


class Loss(NamedTuple):
    """A call by the user that was given tracked arrays and returned nothing tracked.

    Attributes:
        name: the function.
        line: the user's line.
        leaves: the set of leaves that its arguments depend on; see `Losses`.
        recording: whether recording was switched on.
    """

    name: str
    line: Line
    leaves: int
    recording: bool

    def __str__(self) -> str:
        off = "" if self.recording else " (recording is switched off)"
        return f"{self.name}{off}\n  {str(self.line).replace(chr(10), f'{chr(10)}  ')}"


class Losses(Reader):
    """Collects the calls at which a function leaves the tape.

    A set of leaves is an integer here: its bit i says whether the i-th leaf is in it.

    Attributes:
        found: the losses, in order, each once.
        leaves: the serial numbers of the leaves, in order.
        used: the set of leaves that were arguments of a call with a tracked result.
        depends: the set of leaves that a node depends on, by serial number.
    """

    def __init__(self) -> None:
        self.found: dict[Loss, None] = {}
        self.leaves: list[int] = []
        self.used = 0
        self.depends: dict[int, int] = {}
        self._op = ""  # the last op that returned something untracked

    def returned(self, frame: FrameType, value: Any) -> None:  # noqa: D102 - see Reader
        if frame.f_code is tape.leaf.__code__ and value is not None:
            serial, outer = value._node[SERIAL], value._node[PARENTS]
            self.depends[serial] = 1 << len(self.leaves) | self.leaves_of(outer)
            self.leaves.append(serial)
            return
        given = 0
        for argument in inspect.getargvalues(frame).locals.values():
            for x in arrays_in(argument):
                given |= self.leaves_of(getattr(x, "_node", None))  # not yet, while it is made
        if not given:
            return
        results, by_user = list(arrays_in(value)), not is_ours(frame.f_back)
        if any(x._node is not None for x in results):
            self.used |= given if by_user else 0
            return
        if is_call(frame.f_code) and (op := held(frame, Op)) is not None:
            self._op = op.name
        if by_user and (results or frame.f_code in _LEAVING):
            name = _name_of(frame.f_code) or self._op
            self.found[Loss(name, origin(frame)[0], given, tape.is_recording())] = None

    def leaves_of(self, node: Node | None) -> int:
        """Return the set of leaves that a node depends on."""
        if node is None:
            return 0
        stack, known = [node], self.depends
        while stack:
            top = stack[-1]
            parents = tape.parents_of(top)
            todo = [p for p in parents if p[SERIAL] not in known]
            if todo and top[SERIAL] not in known:
                stack += todo
                continue
            stack.pop()
            if top[SERIAL] not in known:
                leaves = 0
                for p in parents:
                    leaves |= known[p[SERIAL]]
                known[top[SERIAL]] = leaves
        return known[node[SERIAL]]


def _name_of(code: CodeType) -> str:
    """Return what a user knows a function by, "" for a closure or a special method."""
    is_nameless = "<locals>" in code.co_qualname or code.co_name[0] == "_"
    return "" if is_nameless else code.co_name


def lost(run: Callable[[], Any], count: int) -> list[str]:
    """Return, for each of a function's leaves, where its influence ends.

    Args:
        run: records the function once, on fresh leaves.
        count: how many leaves it has.
    """
    if not Losses.is_possible():
        return ["it is unused, or its path is lost on the way; a profiler hides where"] * count
    # a function may not bear a second call; what was seen until then still helps
    with Losses() as losses, contextlib.suppress(Exception):
        run()
    return [told(losses, i) for i in range(count)]


def told(losses: Losses, i: int) -> str:
    """Return where the influence of leaf `i` ends, in words."""
    at = [str(loss) for loss in losses.found if loss.leaves >> i & 1]
    if at:
        return "its path is lost at\n" + indented("\n".join(at))
    if losses.used >> i & 1:
        return "it is used, but the result does not depend on what was made of it"
    return "it is not used"
