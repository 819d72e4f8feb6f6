"""Equal rounds of a loop of Python, found in a program and made one step of it.

A Python loop is recorded round by round. Its equations are then one block after another, each the
same but for what it reads: values of its own block, of the blocks just before it (they are the
*carry*), what all blocks read (*constants*), and rows of an array in order (*sequences*). Such a
stretch becomes a `Loop`, whose body is planned once. What is read of its blocks afterwards, as the
way back does of the way there, are its rows of results: the way back is rolled over them in turn.

Nothing is computed otherwise than before, so that every bit stays. Views are never carried, since
a copy of one lies in memory otherwise: they are taken anew of what they show.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import shows
from .passes import frozen, frozen_function, needed
from .program import Equation, Program, Var
from .reads import (
    DEEPEST,
    FEWEST,
    Source,
    UnequalError,
    around_middle,
    frozen_key,
    parts,
    row_of,
    whole_row_of,
)
from .rounds import Body

__all__ = ["rolled"]

LONGEST = 1024
"""How many equations a round may have."""

CONTENT = 1 << 16
"""Up to how many bytes constants are compared by what is in them."""


def rolled(program: Program) -> Program:
    """Return a program with a `Loop` in the place of each stretch of equal rounds."""
    equations = list(program.equations)
    rows = {e.outs[0]: (e.args[0], t) for e in equations if (t := whole_row_of(e)) is not None}
    for start, period, rounds in stretches(identities(equations)):
        fewer = len(program.equations) - len(equations)
        made = Stretch(program, equations, start - fewer, period, rounds, rows).best()
        if made is not None:
            first, end, instead = made
            equations[first:end] = instead
    if len(equations) == len(program.equations):
        return program
    equations = needed(equations, program.outputs)
    return Program(
        program.name, program.backend, program.inputs, program.captured, equations, program.outputs
    )


# Equal blocks -------------------------------------------------------------------------------------


def identities(equations: list[Equation]) -> Any:
    """Return a number for each equation, the same for those that differ in what they read alone."""
    known: dict[Any, int] = {}
    constants: dict[int, Any] = {}
    found = np.empty(len(equations), np.int64)
    for i, e in enumerate(equations):
        try:
            key = None if e.effect else _identity(e, constants)
            found[i] = -i - 1 if key is None else known.setdefault(key, len(known))
        except TypeError:  # an argument without a hash
            found[i] = -i - 1
    return found


def _identity(e: Equation, constants: dict[int, Any]) -> Any:
    args = e.args
    if row_of(e) is not None:
        args = (args[0], ("row", *parts(args[1])[1:]))
    return (
        frozen_function(e),
        e.region,
        _form(args, constants),
        _form(tuple(e.kwargs.items()), constants) if e.kwargs else (),
        tuple([(v.shape, v.dtype, v.order) for v in e.outs]),
        tuple([v is None for v in e.shares]) if e.shares else e.several,
    )


def _form(x: Any, constants: dict[int, Any]) -> Any:
    """Return an argument without what may differ from round to round."""
    kind = type(x)
    if kind is Var:
        return x.shape, x.dtype, x.order
    if kind is tuple or kind is list:
        return (kind, *[_form(part, constants) for part in x])
    if kind is np.ndarray and x.size > 1 and x.nbytes <= CONTENT:
        key = constants.get(id(x))
        if key is None:
            key = constants[id(x)] = (x.dtype.str, x.shape, x.strides, x.tobytes())
        return key
    if kind is slice:
        return slice, *[_form(part, constants) for part in (x.start, x.stop, x.step)]
    return frozen(x)


def stretches(ids: Any) -> list[tuple[int, int, int]]:
    """Return where equal blocks follow each other: start, length of a block, how many.

    They do not overlap, and are in order.
    """
    n = len(ids)
    found = []
    for period in range(1, min(LONGEST, n // FEWEST) + 1):
        same = ids[:-period] == ids[period:]
        least = (FEWEST - 1) * period
        if np.count_nonzero(same) < least:
            continue
        edges = np.flatnonzero(np.diff(same.view(np.int8), prepend=0, append=0))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - start >= least:
                found.append((start, period, end - start + period))
    found.sort(key=lambda f: (-f[2], f[1]))
    free = np.ones(n, bool)
    kept = []
    for start, period, length in found:
        if free[start : start + length].all():
            free[start : start + length] = False
            kept.append((start, period, length // period))
    return sorted(kept)


# One stretch --------------------------------------------------------------------------------------


class Stretch:
    """Equal blocks of equations, to be made a loop.

    Attributes:
        equations: of the whole program.
        start, period, rounds: where the blocks are.
        rows: the arrays of which variables are known to be rows.
    """

    def __init__(
        self,
        program: Program,
        equations: list[Equation],
        start: int,
        period: int,
        rounds: int,
        rows: dict[Var, tuple[Var, int]],
    ) -> None:
        self.program, self.equations, self.rows = program, equations, rows
        self.start, self.period, self.rounds = start, period, rounds

    def best(self) -> tuple[int, int, list[Equation]] | None:
        """Return first and end of what is rolled, and what stands there instead, if it can be."""
        self._begin_where_little_crosses()
        for _ in range(6):
            if self.rounds <= FEWEST:
                return None
            try:
                return self._made()
            except UnequalError as error:
                if error.end - error.first >= self.rounds:
                    return None
                self.start += error.first * self.period
                self.rounds = error.end - error.first
        return None

    def _begin_where_little_crosses(self) -> None:
        """Let blocks begin where the fewest values are handed on from one to the next."""
        p, middle = self.period, self.start + self.rounds // 2 * self.period
        first: dict[Var, int] = {}
        crossing = np.zeros(p + 1, np.int64)
        for i in range(middle - 2 * p, middle + 2 * p):
            e = self.equations[i]
            for v in dict.fromkeys(e.inputs()):
                if v in first and i > middle:
                    crossing[max(0, first[v] + 1 - middle) : min(p, i - middle) + 1] += 1
            for v in e.outs:
                first[v] = i
        self.start += (shift := int(np.argmin(crossing[:p])))
        if shift:
            self.rounds -= 1

    # What a block reads ----------------------------------------------------------------------

    def _made(self) -> tuple[int, int, list[Equation]]:
        """Return the equations instead of all blocks but the last, which is left as it is."""
        start, p, n = self.start, self.period, self.rounds - 1
        self.count = n
        self.where = {
            v: (i, j)
            for i in range(start, start + p * n)
            for j, v in enumerate(self.equations[i].outs)
        }
        self.before = {v: e for e in self.equations[:start] for v in e.outs}
        self.sources = [self._columns(q) for q in range(p)]
        self.template = self.equations[start + p * (n - 1) : start + p * n]
        body = Body(self)
        return start, start + p * n, body.instead()

    def block(self, v: Var) -> tuple[int, int, int] | None:
        """Return the block that a variable is made in, and its place there."""
        found = self.where.get(v)
        if found is None:
            return None
        k, q = divmod(found[0] - self.start, self.period)
        return k, q, found[1]

    def _columns(self, q: int) -> list[Source]:
        """Return where equation number `q` of each block finds what it reads."""
        mine = self.equations[self.start + q : self.start + q + self.period * self.count][
            :: self.period
        ]
        every = list(zip(*[e.inputs() for e in mine], strict=True))
        numbers = [row_of(e) for e in mine]
        if numbers[0] is not None and len(set(numbers)) > 1:
            if len(set(every[0])) > 1 or self.block(every[0][0]) is not None:
                raise UnequalError
            found = self._sequence([(every[0][0], t) for t in numbers])
            return [found._replace(kind="row")]
        return [self._source(column) for column in every]

    def _source(self, column: tuple[Var, ...]) -> Source:
        last = self.block(column[-1])
        if last is None:
            if all(v is column[0] for v in column):
                return Source("constant", value=column[0])
            return self._outside(column)
        back, place = self.count - 1 - last[0], last[1:]
        if back > DEEPEST:
            raise UnequalError
        for k, v in enumerate(column):
            found = self.block(v)
            expected = None if k < back else (k - back, *place)
            if found != expected:
                raise (
                    UnequalError(k + 1, self.rounds) if k < self.count // 2 else UnequalError(0, k)
                )
        return Source("block", back, place, value=column[:back])

    def _outside(self, column: tuple[Var, ...]) -> Source:
        """Return rows of an array, or views of such rows."""
        middle = column[len(column) // 2]
        if middle in self.rows or middle not in self.before:
            return self._sequence([self.rows.get(v) for v in column])
        e = self.before[middle]
        if shows(e) is None or len(e.inputs()) != 1:
            raise UnequalError
        key = e.path, frozen_key(e)
        fits = [
            v in self.before and (self.before[v].path, frozen_key(self.before[v])) == key
            for v in column
        ]
        first, end = around_middle(fits)
        if first > 0 or end < len(column):
            raise UnequalError(first, end)
        return Source(
            "view", value=(e, self._source(tuple([self.before[v].inputs()[0] for v in column])))
        )

    def _sequence(self, column: list[Any]) -> Source:
        """Return the rows that blocks read, if those are the rows of an array in order."""
        n, middle = len(column), len(column) // 2
        if column[middle] is None or column[middle - 1] is None:
            raise UnequalError
        array, row = column[middle]
        if array in self.where:
            raise UnequalError
        step = row - column[middle - 1][1]
        fits = [
            x is not None and x[0] is array and x[1] == row + step * (k - middle) >= 0
            for k, x in enumerate(column)
        ]
        first, end = around_middle(fits)
        if step not in (1, -1) or end - first < FEWEST:
            raise UnequalError
        if first > 0 or end < n:
            raise UnequalError(first, end)
        return Source("sequence", value=(array, column[0][1]), step=step)
