"""Steps that are only taken where something asks for them, each as a program of its own.

Of a choice between rows whose one side takes a pass over all their elements, as the sum beside the
largest exponential in a softmax does, that side is only computed if a row takes it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np

from .buffers import shows
from .live import readers_of
from .program import Equation, Program, Var, inputs_of

__all__ = ["Branch", "Taken", "branched"]

LARGER = 4
"""How many times as large as the mask an array must be that a side is computed from."""

FEWEST = 3
"""How many equations a side must have: fewer take less time than to look."""

MOST = 64
"""How many equations are looked at for a side."""


class Branch:
    """A program that another one runs now and then.

    Attributes:
        program: what it is.
    """

    def __init__(self, program: Program, make: Callable[[Program], Any]) -> None:
        self.program, self._make = program, make
        self._allocate: Any = None
        self._free: list[Any] = []

    def run(self, *arrays: Any) -> list[Any]:
        """Run the program on raw arrays."""
        if self._allocate is None:
            self._allocate = self._make(self.program).compiled()
        try:
            run = self._free.pop()
        except IndexError:
            run = self._allocate()
        made: list[Any] = run(*arrays)
        self._free.append(run)
        return made


class Taken(Branch):
    """A choice of which one side is only computed if a mask takes it: what a program calls.

    It is called with the mask, the other side, and what the program reads.
    """

    def __init__(self, program: Program, make: Callable[[Program], Any], if_true: bool) -> None:
        super().__init__(program, make)
        self.if_true = if_true

    def asks(self, mask: Any) -> bool:
        """Whether an element of the mask takes the side."""
        return bool(mask.any() if self.if_true else not mask.all())


def branched(program: Program, make: Callable[[Program], Any]) -> Program:
    """Return a program of NumPy's in which sides of choices are branches."""
    equations = program.equations
    choices = [i for i, e in enumerate(equations) if _is_choice(e)]
    if not choices:
        return program
    readers = readers_of(equations, program.outputs)
    place = {v: i for i, e in enumerate(equations) for v in e.outs}
    gone: set[int] = set()
    instead: dict[int, Equation] = {}
    for i in reversed(choices):
        if i in gone:
            continue
        for side in (1, 2):
            inner = _side(equations, i, side, readers, place)
            if inner:
                gone.update(inner)
                instead[i] = _branch(
                    program, [equations[k] for k in inner], equations[i], side, make
                )
                break
    if not instead:
        return program
    kept = [instead.get(i, e) for i, e in enumerate(equations) if i not in gone]
    return program.of(kept)


def _is_choice(e: Equation) -> bool:
    """Whether an equation chooses elements of two arrays of one form by a mask."""
    if e.name != "where" or len(e.args) != 3 or e.kwargs or e.effect:
        return False
    mask, out = e.args[0], e.outs[0]
    forms = {(x.shape, x.dtype, x.order) if isinstance(x, Var) else None for x in e.args[1:]}
    is_mask = isinstance(mask, Var) and mask.dtype == np.bool_ and mask.shape == out.shape
    return (
        is_mask and forms == {(out.shape, out.dtype, None)} and out.order is None and out.size > 0
    )


def _side(
    equations: list[Equation], i: int, side: int, readers: Any, place: dict[Var, int]
) -> list[int]:
    """Return the equations that only one side of a choice needs; none if it does not pay."""
    choice = equations[i]
    x = choice.args[side]
    if x is choice.args[3 - side] or x not in place:
        return []
    always = {choice.args[0], choice.args[3 - side]}
    found = {i}
    todo = [-place[x]]
    while todo and len(found) <= MOST:
        k = -heapq.heappop(todo)
        e = equations[k]
        if k in found or e.effect or e.region != choice.region:
            continue
        if any(v in always or not readers.get(v, {-1}) <= found for v in e.outs):
            continue
        found.add(k)
        for v in e.inputs():
            if v in place:
                heapq.heappush(todo, -place[v])
    inner = sorted(found - {i})
    steps = [equations[k] for k in inner if shows(equations[k]) is None]
    largest = max((v.size for e in steps for v in (*e.inputs(), *e.outs)), default=0)
    return inner if len(steps) >= FEWEST and largest >= LARGER * choice.outs[0].size else []


def _branch(
    program: Program, inner: list[Equation], choice: Equation, side: int, make: Any
) -> Equation:
    """Return what stands in the place of a choice and of what only one side of it needs."""
    mask, other = choice.args[0], choice.args[3 - side]
    equations = [*inner, choice]
    made = {v for e in equations for v in e.outs}
    reads = [v for v in dict.fromkeys(inputs_of([e.inputs() for e in equations])) if v not in made]
    body = Program("branch", program.backend, reads, 0, equations, list(choice.outs))
    step: Any = Taken(body, make, side == 1)
    step.__name__ = f"if a row asks for it, {len(inner)} equations"
    args = mask, other, *reads
    return Equation(
        "compiling.taken",
        step,
        args,
        {},
        list(choice.outs),
        line=choice.line,
        region=choice.region,
        shares=(other,),
    )
