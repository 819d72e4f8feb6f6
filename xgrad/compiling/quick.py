"""The shortest way from a call to the program for it: one generated function that looks at all.

A call of a compiled function on small arrays costs what it takes to find out which program it is
for: whether arguments, switches and what the function sees from outside are as they were. For
arguments of plain kinds (arrays of NumPy, `Array` objects of them, numbers, strings, and tuples,
lists and dicts of these) that is written out as Python here, which runs the program when all holds.
Any other call, and one for another program, goes the general way, which decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import SWITCHES, switches
from ..backends.batched import running_levels
from ..debugging.observer import readers
from .guards import GUARDING
from .program import Var
from .trace import recording_now

__all__ = ["MISSED", "quick_call"]

MISSED: Any = object()
"""What such a function returns if the call is not for its program."""

OF_CALLS = "(AttributeError, LookupError, TypeError, ValueError)"
"""What a look at something that has changed may raise."""


class Unlike(Exception):  # noqa: N818 - not an error
    """Arguments or results of another kind than those that are looked at here."""


class Writer:
    """The source of such a function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: dict[str, Any] = {}
        self.leaves: list[str] = []
        self.lifts = False

    def name(self, x: Any) -> str:
        """Return the name of a value."""
        name = f"K{len(self.values)}"
        self.values[name] = x
        return name

    def require(self, condition: str) -> None:
        """Let a call be for the program under a condition only."""
        self.lines.append(f"if not ({condition}): return MISSED")

    def take(self, name: str, x: Any) -> None:
        """Look whether what has a name is like an argument, and note the arrays in it."""
        kind = type(x)
        if kind is np.ndarray:
            self._array(name, x)
        elif kind is Array:
            self.lifts = True
            raw = f"{name}r"
            self.require(f"type({name}) is Array and {name}._node is None")
            self.lines.append(f"{raw} = {name}._raw")
            self._array(raw, x._raw)
        elif kind is tuple or kind is list:
            parts = [f"{name}_{i}" for i in range(len(x))]
            self.require(f"type({name}) is {kind.__name__} and len({name}) == {len(x)}")
            self._parts(name, parts, list(x))
        elif kind is dict and all(type(key) in (str, int) for key in x):
            self.require(f"type({name}) is dict and list({name}) == {self.name(list(x))}")
            parts = [f"{name}_{i}" for i in range(len(x))]
            self._parts(f"{name}.values()", parts, list(x.values()))
        elif x is None:
            self.require(f"{name} is None")
        elif kind in (bool, int, str, bytes):
            self.require(f"type({name}) is {kind.__name__} and {name} == {self.name(x)}")
        elif kind is float:
            self.require(f"type({name}) is float and {name}.hex() == {x.hex()!r}")
        else:
            raise Unlike

    def _array(self, name: str, raw: Any) -> None:
        if type(raw) is not np.ndarray:
            raise Unlike
        dtype = self.name(raw.dtype)
        self.require(
            f"type({name}) is ndarray and {name}.shape == {raw.shape} and {name}.dtype is {dtype}"
        )
        self.leaves.append(name)

    def _parts(self, text: str, parts: list[str], values: list[Any]) -> None:
        if parts:
            self.lines.append(f"{', '.join(parts)}, = {text}")
        for part, x in zip(parts, values, strict=True):
            self.take(part, x)

    def result(self, structure: Any, outputs: list[Any], types: Any) -> str:
        """Return how the results of a run are handed out."""
        leaves = [f"o[{i}]" for i in range(len(outputs))]
        if self.lifts:
            arrays = [isinstance(x, (Var, *types)) for x in outputs]
            leaves = [f"Array({x})" if a else x for x, a in zip(leaves, arrays, strict=True)]
        try:
            return _built(structure.unflatten(list(map(Place, range(len(leaves))))), leaves)
        except Unlike:
            return f"{self.name(structure.unflatten)}([{', '.join(leaves)}])"


class Place(int):
    """A number that stands for a result."""


def _built(x: Any, leaves: list[str]) -> str:
    """Return source that makes what holds results."""
    kind = type(x)
    if isinstance(x, Place):
        return leaves[x]
    if x is None:
        return "None"
    if kind is tuple:
        return "(" + "".join(_built(part, leaves) + ", " for part in x) + ")"
    if kind is list:
        return "[" + ", ".join(_built(part, leaves) for part in x) + "]"
    if kind is dict and all(type(key) in (str, int) for key in x):
        return "{" + ", ".join(f"{k!r}: {_built(v, leaves)}" for k, v in x.items()) + "}"
    raise Unlike


def quick_call(entry: Any, args: tuple[Any, ...], types: Any) -> Callable[[Any], Any] | None:
    """Return what runs a program for arguments such as these; None if there is no such way.

    Args:
        entry: the program.
        args: arguments that it is for.
        types: the types of arrays of its library.
    """
    w = Writer()
    w.require(f"len(args) == {len(args)}")
    try:
        w._parts("args", [f"a{i}" for i in range(len(args))], list(args))
    except Unlike:
        return None
    if not w.leaves:
        return None
    w.require(f"not (now() or readers() or levels()) and len(SWITCHES) == {len(SWITCHES)}")
    for read, value in zip(SWITCHES, switches(), strict=True):
        w.require(f"{w.name(read)}() is {w.name(value)}")
    if entry.watched or entry.unproved:
        w.lines += ["hidden = entry.captured()", "if hidden is None: return MISSED"]
        hidden = "*hidden"
    else:
        lines, names, consts = entry.guards
        w.lines += [line.replace("return ?", "return MISSED") for line in lines]
        w.values["C"] = consts
        hidden = ", ".join(names)
    given = ", ".join([*w.leaves, hidden] if hidden else w.leaves)
    body = "\n  ".join(w.lines)
    turns = " if entry.hits == entry.turns: entry.turn()\n" if entry.turns else ""
    text = (
        f"def call(args):\n try:\n  {body}\n except {OF_CALLS}:\n  return MISSED\n"
        f" entry.hits += 1\n{turns}"
        " free = entry.free\n"
        " try: run = free.pop()\n"
        " except IndexError: run = entry.made()\n"
        f" try: o = run[0](run[1], {given})\n"
        " finally: free.append(run)\n"
        f" return {w.result(entry.structure, entry.plan.outputs, types)}\n"
    )
    space = {
        **w.values,
        **GUARDING,
        "entry": entry,
        "MISSED": MISSED,
        "Array": Array,
        "ndarray": np.ndarray,
        "SWITCHES": SWITCHES,
        "readers": readers,
        "levels": running_levels,
        "now": recording_now,
    }
    exec(compile(text, "<xgrad.compile>", "exec"), space)
    return space["call"]  # type: ignore[no-any-return]
