"""Where one of many equal blocks of equations finds what it reads."""

from __future__ import annotations

from typing import Any, NamedTuple

from .passes import frozen
from .program import Equation, Var

__all__ = [
    "Source",
    "UnequalError",
    "around_middle",
    "frozen_key",
    "parts",
    "row_of",
    "same_as",
    "whole_row_of",
]

FEWEST = 8
"""How many equal rounds make a loop."""

DEEPEST = 4
"""How many rounds back a round may read."""


def parts(key: Any) -> tuple[Any, ...]:
    """Return an index as a tuple."""
    return key if type(key) is tuple else (key,)


def row_of(e: Equation) -> int | None:
    """Return which row of an array an equation reads, if it reads one."""
    if e.name != "getitem" or not isinstance(e.args[0], Var):
        return None
    first = parts(e.args[1])[0] if e.args[1] != () else None
    return first if type(first) is int else None


def whole_row_of(e: Equation) -> int | None:
    """Return which row of an array an equation reads, if it reads all of it."""
    row = row_of(e)
    return None if row is None or parts(e.args[1])[1:] not in ((), (...,)) else row


class Source(NamedTuple):
    """Where a block finds what it reads.

    Attributes:
        kind: ``"block"`` (one before it, or itself), ``"constant"``, ``"sequence"`` (a row),
            ``"row"``, of which the equation itself reads the row, or ``"view"`` of one of these.
        back: how many blocks before.
        place: the number of the equation in that block, and of its result.
        value: the constant, or the array whose rows are read, and the first row.
        step: from one row to the next.
    """

    kind: str
    back: int = 0
    place: tuple[int, int] = (0, 0)
    value: Any = None
    step: int = 0


class UnequalError(Exception):
    """The blocks are no loop; from `first` to `end` they may be one."""

    def __init__(self, first: int = 0, end: int = 0) -> None:
        super().__init__()
        self.first, self.end = first, end


def around_middle(fits: list[bool]) -> tuple[int, int]:
    """Return where those that fit begin and end, around the one in the middle."""
    middle = len(fits) // 2
    before = next((i for i, ok in enumerate(fits[middle::-1]) if not ok), middle + 1)
    after = next((i for i, ok in enumerate(fits[middle:]) if not ok), len(fits) - middle)
    return middle - before + 1, middle + after


def frozen_key(e: Equation) -> Any:
    """Return the arguments of a view besides what it shows."""
    return frozen((e.args[1:], list(e.kwargs.values())))


def same_as(v: Var) -> Var:
    """Return a new variable of the same shape, dtype and order."""
    return Var(v.shape, v.dtype, v.order)
