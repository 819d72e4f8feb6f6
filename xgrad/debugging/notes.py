"""What is remembered of a recorded op, and the words for it."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..arrays.array import Array
from ..engine.tape import LEAF, PARENTS, RULE, SAVED, SERIAL, Node


class Line(NamedTuple):
    """A line of a program, printed as in a traceback, which editors turn into a link."""

    file: str
    number: int
    function: str

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        place = f'File "{self.file}", line {self.number}, in {self.function}'
        return f"{place}\n  {text}" if text else place


UNKNOWN = Line("<unknown>", 0, "<unknown>")


class Note:
    """What is remembered of a recorded op.

    Attributes:
        serial: the serial number of its node.
        name: the op.
        line: the user's line that called it, or the op whose derivative it is a part of.
        outs: dtype and shape of each result.
        parents: the nodes that it was made from.
        of: the op whose derivative it is a part of, if it was recorded by a walk.
        bad: what is not finite about its results, if anything, and where, by number of the result.
    """

    __slots__ = ("bad", "line", "name", "of", "outs", "parents", "serial")

    def __init__(self, node: Node, line: Line = UNKNOWN, of: Note | None = None) -> None:
        self.serial, self.name, self.parents = node[SERIAL], node[RULE].name, node[PARENTS]
        self.line: Line = line if of is None else of.line
        self.of = of
        self.outs: dict[int, str] = {}
        self.bad: dict[int, tuple[str, Any]] = {}

    @property
    def before(self) -> list[Node]:
        """The nodes of the op's arguments, with what `through` finds behind them."""
        parents = [self.parents] if type(self.parents) is list else self.parents
        return [node for p in parents if p is not None for node in through(p)]

    def __str__(self) -> str:
        what = f"{self.name} -> {', '.join(self.outs.values())}"
        if self.of is not None:
            what += f", in the derivative of {self.of.name}"
        return f"{what}\n  {str(self.line).replace(chr(10), f'{chr(10)}  ')}"


def kind_of(x: Any) -> str:
    """Return dtype and shape for a message."""
    return f"{x.dtype}{list(x.shape)}"


def selected(node: Node) -> int:
    """Return which of an op's results a node of `SELECT` is."""
    return int(node[SAVED])


def parameter_of(node: Node) -> Array | None:
    """Return the array whose leaf a node of `PARAMETER` is, None if it is gone."""
    return node[SAVED]()  # type: ignore[no-any-return]


def through(node: Node) -> Iterator[Node]:
    """Yield a node and, of a leaf of an inner transform, the outer node behind it, and so on.

    A transform inside another one gives its function fresh leaves; to the outer transform each is
    the same variable as the array that it was given.
    """
    yield node
    while node[RULE] is LEAF and node[PARENTS] is not None:
        node = node[PARENTS]
        yield node


def indented(text: str) -> str:
    """Return a text with every line indented."""
    return "\n".join(f"  {line}" for line in text.splitlines())
