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
