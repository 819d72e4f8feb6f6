"""How the record of a function of elements is run in few kernels.

All expressions of elements that do not wait for a function of the library are one kernel. So a
record of such expressions is a single one, and a function of the library in their midst, as a
Bessel function, adds itself and at most one kernel before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..program import Equation, Program, Var
from .expressions import NUMBERS, computed, expression, is_expression, number
from .groups import MOST

__all__ = ["Call", "Plan", "Text", "planned", "uniform"]


class Text(NamedTuple):
    """A kernel: `lines` of C++ that make `results` of ``x0``, ``x1``, ...

    Attributes:
        reads: which values these are, by number: first the arguments, then what steps give.
        outs: the dtypes of the results.
        lines: of C++.
        results: names in the lines.
    """

    reads: tuple[int, ...]
    outs: tuple[Any, ...]
    lines: str
    results: tuple[str, ...]


class Call(NamedTuple):
    """A function of the library, by its path; `args` are numbers of values, or constants.

    Attributes:
        path: of the function.
        args: for each argument whether it is a value, and its number or what it is.
        dtype: of the result.
    """

    path: str
    args: tuple[tuple[bool, Any], ...]
    dtype: Any


class Plan(NamedTuple):
    """The steps of a function.

    Attributes:
        steps: kernels and calls; each adds its results to the values.
        gives: the number of the value that each result of the function is.
        several: whether the function gives a sequence.
        before: how many kernels its functions are at the least where they are called one by one.
    """

    steps: tuple[Text | Call, ...]
    gives: tuple[int, ...]
    several: bool
    before: int


def planned(program: Program, several: bool, places: list[int], count: int) -> Plan | None:
    """Return how a record is run; None if it cannot be.

    Args:
        program: the record.
        several: whether its function gives a sequence.
        places: the positions of its inputs among the arguments.
        count: how many arguments there are.
    """
    values = dict(zip(program.inputs, places, strict=True))
    made = {e.outs[0]: e for e in program.equations if len(e.outs) == 1}
    calls = [e for e in program.equations if not is_expression(e)]
    if not all(map(_is_call, calls)) or not all(isinstance(v, Var) for v in program.outputs):
        return None
    steps: list[Text | Call] = []

    def kernels(wanted: Iterable[Var]) -> None:
        """Add the kernels that make some variables of what there is."""
        missing = [v for v in dict.fromkeys(wanted) if v not in values]
        todo = _before(missing, made, values)
        for i in range(0, len(todo), MOST):
            part, later = todo[i : i + MOST], todo[i + MOST :]
            read = {v for e in later for v in e.inputs()}.union(missing)
            outs = [e.outs[0] for e in part if e.outs[0] in read]
            steps.append(_text(part, outs, values))
            for v in outs:
                values[v] = count + len(values) - len(places)

    try:
        while calls:
            waiting = {e.outs[0] for e in calls}
            ready = [
                e
                for e in calls
                if not any(
                    v in waiting for d in _before(e.inputs(), made, values) for v in d.inputs()
                )
                and not any(v in waiting for v in e.inputs())
            ]
            kernels(v for e in ready for v in e.inputs())
            for e in ready:
                steps.append(_call(e, values))
                values[e.outs[0]] = count + len(values) - len(places)
            calls = [e for e in calls if e not in ready]
        kernels(program.outputs)
    except ValueError:  # a constant of several elements
        return None
    before = sum(2 if e.name == "clip" else 1 for e in program.equations)
    return Plan(tuple(steps), tuple([values[v] for v in program.outputs]), several, before)


def _before(
    wanted: Iterable[Var], made: dict[Var, Equation], values: dict[Var, int]
) -> list[Equation]:
    """Return the equations that some variables need beyond the values that there are, in order."""
    found: set[Var] = set()
    todo = [v for v in wanted if v not in values]
    while todo:
        v = todo.pop()
        if v not in found:
            found.add(v)
            todo += [u for u in made[v].inputs() if u not in values]
    return [e for v, e in made.items() if v in found]


def _is_call(e: Equation) -> bool:
    plain = e.path.startswith("xp.") and not e.effect and not e.several and len(e.outs) == 1
    return plain and all(isinstance(x, (Var, *NUMBERS)) for x in e.args) and not e.kwargs


def _call(e: Equation, values: dict[Var, int]) -> Call:
    args = [(True, values[x]) if isinstance(x, Var) else (False, x) for x in e.args]
    return Call(e.path, tuple(args), e.outs[0].dtype)


def _text(part: list[Equation], outs: list[Var], values: dict[Var, int]) -> Text:
    """Return equations as a kernel."""
    own = {e.outs[0]: f"v{k}" for k, e in enumerate(part)}
    read = list(dict.fromkeys(v for e in part for v in e.inputs() if v not in own))
    names = {v: f"x{i}" for i, v in enumerate(read)} | own

    def operand(x: Any) -> tuple[str, str]:
        if isinstance(x, Var):
            return names[x], computed(x.dtype)
        value = uniform(x)
        if value is None:
            raise ValueError("a constant of several elements")
        return number(value, computed(x.dtype)), computed(x.dtype)

    lines = [
        f"const {computed(e.outs[0].dtype)} {own[e.outs[0]]} = {expression(e, operand)};"
        for e in part
    ]
    return Text(
        tuple([values[v] for v in read]),
        tuple([v.dtype for v in outs]),
        "\n".join(lines),
        tuple([names[v] for v in outs]),
    )


def uniform(x: Any) -> Any:
    """Return the number that an array of the host is everywhere, if it is one."""
    x = np.asarray(x)
    if not x.size or (x.size > 1 and not (x == x.flat[0]).all()):
        return None
    return x.flat[0].item()
