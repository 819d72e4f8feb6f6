"""What to call an array or a setting in a picture: by the user's variable, or as it was written."""

from __future__ import annotations

import dis
from functools import cache
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import numpy as np

import xgrad as xg

from . import graph as tape_graph
from .graph import Operand

__all__ = ["operand_of", "targets"]

_STORES = ("STORE_FAST", "STORE_NAME", "STORE_DEREF", "STORE_GLOBAL")


def targets(frame: FrameType) -> tuple[str, ...]:
    """Return the variables in which a function is about to store the result of a call."""
    return _targets(frame.f_code).get(frame.f_lasti, ())


@cache
def _targets(code: CodeType) -> dict[int, tuple[str, ...]]:
    """Return, for each instruction whose result is at once stored in variables, their names."""
    found = {}
    instructions = list(dis.get_instructions(code))
    for i, (one, following) in enumerate(pairwise(instructions), 1):
        count = following.argval if following.opname == "UNPACK_SEQUENCE" else 0
        stores = instructions[i + 1 : i + 1 + count] if count else [following]
        names: list[str] = []
        for store in stores:
            if store.opname.startswith(_STORES):
                value = store.argval
                names += value if isinstance(value, tuple) else [str(value)]
        if len(names) >= max(count, 1):
            # while a call is under way, Python 3.11 points at the last of its cache entries
            places = range(one.offset, following.offset, 2)
            found.update(dict.fromkeys(places, tuple(names[: max(count, 1)])))
    return found


def operand_of(value: Any, user: FrameType | None) -> Operand:
    """Return an argument of a call as it is shown; `user` is the frame of the user's code."""
    serial = tape_graph.serial_of(value)
    if serial is not None:
        return Operand(step=serial, shape=value.shape)
    if tape_graph.is_array(value):
        values = tape_graph.small(value)
        text = _variable(value, user) if user is not None else ""
        if not text and values is not None and values.size == 1:
            text = f"{values.item():.6g}"
        return Operand(text=text, shape=tuple(value.shape), value=values)
    if isinstance(value, (list, tuple)) and any(isinstance(x, xg.Array) for x in value):
        return Operand(text="[...]")
    return Operand(text=_literal(value), value=value)


def _literal(value: Any) -> str:
    """Return a setting as a reader would write it."""
    if isinstance(value, slice):
        ends = (value.start, value.stop) + (() if value.step is None else (value.step,))
        return ":".join("" if end is None else str(end) for end in ends)
    if isinstance(value, tuple) and any(
        isinstance(x, slice) or x is Ellipsis or tape_graph.is_array(x) for x in value
    ):
        return ", ".join(_literal(x) for x in value)
    if tape_graph.is_array(value):
        return f"array{list(value.shape)}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)) and all(isinstance(x, (int, float)) for x in value):
        return f"{value!r:.30}"
    if value is None or isinstance(value, (bool, int, complex, str)):
        return f"{value!r:.30}"
    if isinstance(value, np.dtype):
        return str(value)
    # not the repr: of a list of arrays, or of nodes of the tape, it may have no end
    return "..." if value is Ellipsis else getattr(value, "__name__", type(value).__name__)


def _variable(value: Any, frame: FrameType) -> str:
    """Return the name under which the user's code knows an array."""
    for names in (frame.f_locals, frame.f_globals):
        for name, known in names.items():
            if known is value and not name.startswith("_"):
                return str(name)
    return ""
