"""Writes to parts of an array that together cover it: what was there before need not be copied."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..ops.indexing import is_basic
from .program import Equation, Program, Var, inputs_of

__all__ = ["overwritten"]

LARGEST = 1 << 22
"""Of how many elements an array may be that is looked at."""


def overwritten(program: Program) -> set[Var]:
    """Return the first results of writes that cover their array before anybody reads it."""
    equations = [e for e in program.equations if _is_write(e)]
    if not equations:
        return set()
    uses: Counter[Var] = Counter(inputs_of(program.outputs))
    for e in program.equations:
        uses.update(e.inputs())
    following = {e.args[0]: e for e in equations if isinstance(e.args[0], Var)}
    inner = {v for v in following if uses[v] == 1}
    starts = [e for e in equations if not (isinstance(e.args[0], Var) and e.args[0] in inner)]
    return {e.outs[0] for e in starts if _covers(e, following, inner)}


def is_pair(step: list[Equation]) -> bool:
    """Whether a step makes a value and writes it to a part of an array, at once."""
    return len(step) == 2 and step[1].name == "setitem"


def paired(steps: list[list[Equation]], outputs: list[Any]) -> list[list[Equation]]:
    """Return steps in which what only a write reads is made where it is written."""
    writes = {step[0].args[2]: step[0] for step in steps if len(step) == 1 and _may_make(step[0])}
    if not writes:
        return steps
    uses: Counter[Var] = Counter(inputs_of(outputs))
    for step in steps:
        for e in step:
            uses.update(e.inputs())
    makers: dict[Var, Equation] = {}
    for step in steps:
        e = step[0]
        write = writes.get(e.outs[0]) if len(step) == 1 and len(e.outs) == 1 else None
        if write is not None and uses[e.outs[0]] == 1 and _is_made_for(e, write):
            makers[e.outs[0]] = e
    found = []
    for step in steps:
        e = step[0]
        if len(step) == 1 and len(e.outs) == 1 and e.outs[0] in makers:
            continue
        maker = makers.get(e.args[2]) if len(step) == 1 and _may_make(e) else None
        found.append(step if maker is None else [maker, e])
    return found


def _may_make(e: Equation) -> bool:
    return _is_write(e) and isinstance(e.args[2], Var) and e.args[2].size > 1


def _is_made_for(e: Equation, write: Equation) -> bool:
    """Whether a ufunc may write its result to where another equation wants it."""
    x, key, value = write.args
    f: Any = e.function
    if type(f) is not np.ufunc or f.signature is not None or f.nout != 1 or e.kwargs:
        return False
    if e.region != write.region or value.dtype != write.outs[0].dtype or value.dtype.kind == "c":
        return False
    model = np.broadcast_to(np.empty((), value.dtype), write.outs[0].shape)
    reads_it = isinstance(x, Var) and x in e.inputs()
    return not reads_it and model[key].shape == value.shape


def _is_write(e: Equation) -> bool:
    return e.name == "setitem" and len(e.args) == 3 and is_basic(e.args[1])


def _covers(e: Equation, following: dict[Any, Equation], inner: set[Var]) -> bool:
    """Whether a write and those that follow it leave nothing of what was there."""
    shape, size = e.outs[0].shape, e.outs[0].size
    if size > LARGEST or e.outs[0] not in inner:
        return False
    left = np.ones(shape, np.bool_)
    left[e.args[1]] = False
    while e.outs[0] in inner:
        e = following[e.outs[0]]
        left[e.args[1]] = False
    return not left.any()
