"""Equal steps on neighbouring parts of one array, taken at once.

The gates of a recurrent network are columns of one product, and each goes through the same
functions. On small arrays a call of NumPy takes longer than its work, so such steps are one step on
the columns together, of which each shows its part. Element by element nothing changes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .live import needed
from .program import Equation, Program, Var, frozen, inputs_of

__all__ = ["abreast"]

NEAR = 32
"""How many equations lie between the first and the last of such steps at most."""

LARGEST = 1 << 18
"""Of up to how many bytes the result together is: of larger ones the work takes the time."""

NARROWEST = 16
"""Of at least how many neighbours in memory a part is: the loops of NumPy are the same for all."""


class Part:
    """What a variable shows: entries `start` to `stop` along an axis of a whole.

    The whole is a variable that is read at a slice, or what a `Group` of steps gives together.
    """

    __slots__ = ("axis", "read", "start", "stop", "whole")

    def __init__(self, whole: Any, axis: int, start: int, stop: int, read: Equation) -> None:
        self.whole, self.axis, self.start, self.stop, self.read = whole, axis, start, stop, read


class Group:
    """Equal steps on neighbouring parts.

    Attributes:
        first: the number of the equation of the first.
        members: the steps, each with the part that it gives.
        out: what they give together.
        start: where that begins in the whole, `stop` where it ends.
    """

    def __init__(self, i: int, e: Equation, part: Part) -> None:
        self.first, self.axis = i, part.axis
        self.start, self.stop = part.start, part.stop
        self.members = [(e, part)]
        self.out = e.outs[0]

    def takes(self, i: int, e: Equation, part: Part) -> bool:
        """Take a step more, if it is near and its part is a neighbour."""
        start, stop = min(self.start, part.start), max(self.stop, part.stop)
        beside = part.stop == self.start or part.start == self.stop
        nbytes = e.outs[0].nbytes // (part.stop - part.start) * (stop - start)
        if not beside or i - self.first > NEAR or nbytes > LARGEST:
            return False
        self.start, self.stop = start, stop
        self.members.append((e, part))
        return True

    def close(self) -> None:
        """Make the variable for what the steps give together."""
        shape = list(self.out.shape)
        shape[self.axis] = self.stop - self.start
        self.out = Var(tuple(shape), self.out.dtype)


def abreast(program: Program) -> Program:
    """Return a program of NumPy's with equal steps on neighbouring parts taken at once."""
    parts: dict[Var, Part] = {}
    groups: dict[Any, Group] = {}
    of: dict[int, Group] = {}
    results = set(inputs_of(program.outputs))  # what belongs to the caller is no part of a buffer
    for i, e in enumerate(program.equations):
        read = _read(e)
        if read is not None:
            parts[e.outs[0]] = read
            continue
        part = _acts_on(e, parts)
        if part is None or e.outs[0] in results:
            continue
        wholes = [parts[x].whole if isinstance(x, Var) else frozen(x) for x in e.args]
        key = (e.function, e.region, part.axis, *wholes)
        group = groups.get(key)
        if group is None or not group.takes(i, e, part):
            group = groups[key] = Group(i, e, part)
        of[i] = group
        parts[e.outs[0]] = Part(group, part.axis, part.start, part.stop, part.read)
    several = {id(g) for g in of.values() if len(g.members) > 1}
    if not several:
        return program
    for g in {id(g): g for g in of.values()}.values():
        if id(g) in several:
            g.close()
    equations: list[Equation] = []
    for i, e in enumerate(program.equations):
        group = of.get(i)
        if group is None or id(group) not in several:
            equations.append(e)
        elif i == group.first:
            equations += _together(group, parts)
    return program.of(needed(equations, program.outputs))


def _read(e: Equation) -> Part | None:
    """Return what an equation shows, if it is entries in a row along one axis of an array."""
    if e.name != "getitem" or not isinstance(e.args[0], Var) or e.effect:
        return None
    x, key = e.args
    keys = key if type(key) is tuple else (key,)
    if len(keys) > len(x.shape) or x.order is not None or e.outs[0].order is not None:
        return None
    found = None
    for axis, (k, n) in enumerate(zip(keys, x.shape, strict=False)):
        if type(k) is not slice or not {*map(type, (k.start, k.stop, k.step))} <= _NUMBERS:
            return None
        start, stop, step = k.indices(n)
        if step != 1 or stop <= start or (found and stop - start != n):
            return None
        if stop - start != n:
            found = Part(x, axis, start, stop, e)
    if (
        found is None
        or (found.stop - found.start) * math.prod(x.shape[found.axis + 1 :]) < NARROWEST
    ):
        return None
    return found


_NUMBERS = {int, type(None)}


def _acts_on(e: Equation, parts: dict[Var, Part]) -> Part | None:
    """Return the part that a step acts on element by element, beside numbers; None for others."""
    f: Any = e.function
    if type(f) is not np.ufunc or f.signature is not None or f.nout != 1 or e.kwargs or e.effect:
        return None
    out, found = e.outs[0], None
    if out.order is not None or out.dtype.kind != "f":
        return None
    for x in e.args:
        if not isinstance(x, Var):
            if getattr(x, "shape", ()) != ():
                return None
            continue
        part = parts.get(x)
        if part is None or x.shape != out.shape or x.dtype != out.dtype:
            return None
        if found is not None and (part.axis, part.start) != (found.axis, found.start):
            return None
        found = part
    return found


def _together(group: Group, parts: dict[Var, Part]) -> Iterator[Equation]:
    """Yield the step for all of a group, and what shows each part of its result."""
    e, part = group.members[0]
    args = []
    for x in e.args:
        if isinstance(x, Var):
            whole = parts[x].whole
            base, offset = (whole.out, whole.start) if isinstance(whole, Group) else (whole, 0)
            start, stop = group.start - offset, group.stop - offset
            if stop - start == base.shape[group.axis]:
                args.append(base)
                continue
            y = Var(group.out.shape, x.dtype)
            yield _shown(part.read, base, group.axis, start, stop, y)
            args.append(y)
        else:
            args.append(x)
    step = e.replaced({})
    step.args, step.outs = tuple(args), [group.out]
    yield step
    for member, p in group.members:
        ends = p.start - group.start, p.stop - group.start
        yield _shown(part.read, group.out, group.axis, *ends, member.outs[0])


def _shown(read: Equation, whole: Var, axis: int, start: int, stop: int, out: Var) -> Equation:
    """Return the equation that shows entries of an array along an axis."""
    e = read.replaced({})
    key = (*itertools.repeat(slice(None), axis), slice(start, stop))
    e.args, e.outs, e.shares = (whole, key), [out], (whole,)
    return e
