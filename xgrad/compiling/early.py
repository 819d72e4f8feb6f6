"""Steps that come forward, so that less memory is held until the way back.

A view keeps the whole array that it shows. Where the last to read it is a step that makes something
small of it, that step is taken at once, and the array's buffer is free for the next ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import shows
from .program import Equation, Var, inputs_of

__all__ = ["early"]

FAR = 16
"""How many equations a step comes forward at least."""

SMALLER = 2
"""How many times as large as what the step makes the array must be."""


def early(equations: list[Equation], outputs: list[Any], inputs: list[Var]) -> list[Equation]:
    """Return equations in an order in which parts of arrays are read before the arrays end."""
    root: dict[Var, Var] = {}
    uses: dict[Var, list[int]] = {}
    for i, e in enumerate(equations):
        source = shows(e)
        if source is not None:
            root[e.outs[0]] = root.get(source, source)
        for v in e.inputs():
            uses.setdefault(root.get(v, v), []).append(i)
    held = {root.get(v, v) for v in inputs_of(outputs)} | {*inputs}
    after: dict[int, list[Equation]] = {}
    moved: set[int] = set()
    for r, found in uses.items():
        if r in held or len(found) < 2 or found[-1] - found[-2] < FAR:
            continue
        e = equations[found[-1]]
        if _is_step(e) and r.nbytes >= SMALLER * e.outs[0].nbytes and e.inputs()[0] is not r:
            moved.add(found[-1])
            after.setdefault(found[-2], []).append(e)
    if not moved:
        return equations
    order: list[Equation] = []
    for i, e in enumerate(equations):
        if i not in moved:
            order.append(e)
        order += after.get(i, ())
    return order


def _is_step(e: Equation) -> bool:
    """Whether an equation makes an array, element by element, of one other and numbers."""
    f: Any = e.function
    is_plain = type(f) is np.ufunc and f.signature is None and f.nout == 1 and not e.kwargs
    return is_plain and len(e.inputs()) == 1 and not e.effect
