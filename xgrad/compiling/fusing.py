"""Which elementwise equations run together, block by block, while their data is in the cache.

Equations on large arrays of one shape are put side by side as far as their order allows. The queue
of what is ready is kept by shape, so that the time grows with the number of equations alone.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from .buffers import shows
from .program import Equation, Var

__all__ = ["BLOCK", "fused", "grouped", "is_choice"]

BLOCK = 8192
"""How many elements a block has: with a few temporaries it fits the second cache."""

WINDOW = 48
"""How far an equation may come forward to join a group: its result is needed only later."""

FEWEST = 3
"""How many equations make a group; fewer gain nothing."""

ELEMENTWISE = frozenset(["strong_multiply"])
"""Functions besides NumPy's ufuncs that act element by element."""


def is_choice(e: Equation) -> bool:
    """Whether an equation chooses numbers of one dtype by a mask of the shape of the result."""
    if e.name != "where" or len(e.args) != 3 or e.kwargs:
        return False
    (mask, *given), out = e.args, e.outs[0]
    is_mask = isinstance(mask, Var) and mask.dtype == np.bool_ and mask.shape == out.shape
    if not is_mask or not isinstance(out.dtype, np.dtype) or out.dtype.char not in "fdil":
        return False
    return all(
        type(x) is float
        if type(x) in (int, float, bool, complex)
        else x.dtype == out.dtype and x.shape in ((), out.shape)
        for x in given
        if x is not None
    )


def is_elementwise(e: Equation) -> bool:
    """Whether an equation acts on each element alone."""
    if e.effect or e.several or e.kwargs:
        return False
    if is_choice(e):
        return True
    f = e.function
    plain = type(f) is np.ufunc and f.signature is None and f.nout == 1
    return plain or e.name in ELEMENTWISE


def fused(equations: list[Equation], least: int = 2 * BLOCK) -> list[list[Equation]]:
    """Return the equations in groups that run together; most groups have one."""
    if not any(e.outs and e.outs[0].size >= least for e in equations):
        return [[e] for e in equations]
    views = {o for e in equations for o in e.outs if shows(e) is not None}
    kinds = [_shape_of(e, views, least) for e in equations]
    return grouped(equations, kinds, len(equations), FEWEST)


def grouped(
    equations: list[Equation], kinds: list[Any], most: int, fewest: int
) -> list[list[Equation]]:
    """Return equations in groups of one kind; None is the kind of those that stand alone.

    Args:
        equations: in an order in which they can run.
        kinds: of each.
        most: equations that a group may have.
        fewest: equations that make a group; fewer stand alone.
    """
    groups: list[list[Equation]] = []
    start = 0
    for i in range(1, len(equations) + 1):  # nothing moves from one region to another
        if i == len(equations) or equations[i].region != equations[start].region:
            groups += _grouped(equations[start:i], kinds[start:i], most, fewest)
            start = i
    return groups


def _grouped(
    equations: list[Equation], kinds: list[Any], most: int, fewest: int
) -> list[list[Equation]]:
    made = {o: n for n, e in enumerate(equations) for o in e.outs}
    waiting, users = _dependences(equations, made)
    ready: dict[Any, list[int]] = {}
    for n, count in enumerate(waiting):
        if not count:
            heapq.heappush(ready.setdefault(kinds[n], []), n)
    groups: list[list[Equation]] = []
    while ready:
        shape = min(ready, key=lambda kind: ready[kind][0])  # as the program has them
        group: list[int] = []
        last = ready[shape][0]
        while shape in ready and ready[shape][0] <= last + WINDOW and len(group) < most:
            last = max(last, n := heapq.heappop(ready[shape]))
            group.append(n)
            if not ready[shape]:
                del ready[shape]
            for user in users[n]:
                waiting[user] -= 1
                if not waiting[user]:
                    heapq.heappush(ready.setdefault(kinds[user], []), user)
            if shape is None:
                break
        few = len(group) < fewest
        groups += [[equations[n]] for n in group] if few else [[equations[n] for n in group]]
    return groups


def _dependences(
    equations: list[Equation], made: dict[Var, int]
) -> tuple[list[int], list[list[int]]]:
    """Return on how many others each equation waits, and who waits for it."""
    users: list[list[int]] = [[] for _ in equations]
    waiting = [0] * len(equations)
    effect = None
    for n, e in enumerate(equations):
        needs = {made[v] for v in e.inputs() if v in made}
        if e.effect:
            if effect is not None:
                needs.add(effect)
            effect = n
        waiting[n] = len(needs)
        for k in needs:
            users[k].append(n)
    return waiting, users


def _shape_of(e: Equation, views: set[Var], least: int) -> Any:
    """Return the shape of a group that an equation may run in, or None."""
    if not is_elementwise(e) or e.outs[0].size < least or e.outs[0].order is not None:
        return None
    shape = e.outs[0].shape
    for x in e.args:
        if isinstance(x, Var):
            if x.size != 1 and (x.shape != shape or x in views or x.order is not None):
                return None
        elif isinstance(x, np.ndarray):
            fits = x.shape == shape and x.flags.c_contiguous
            if x.size != 1 and not fits:
                return None
    return shape
