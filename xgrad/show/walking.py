"""The walk back over a tape, with a look at the cotangents that pass each node."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import xgrad as xg
from xgrad.debugging.observer import Pull, Reader, watched
from xgrad.engine import tape
from xgrad.engine.projection import ones_like

from .graph import Graph, behind, brief, finish, small

__all__ = ["walk", "with_cotangents"]

Visit = Callable[[int, Any, list[tuple[int, Any]], float], None]
"""``visit(serial, g, parts, seconds)``: the cotangent of a node, and what it passes on."""


def walk(
    y: xg.Array,
    visit: Visit,
    local: Callable[[int, list[tuple[int, Any]]], None] | None = None,
    synchronize: bool = False,
) -> None:
    """Walk the tape back from `y` as `backward` does, and report what happens at each node.

    The graph stays as it is, and no ``.grad`` is set.

    Args:
        y: where the walk starts, with a cotangent of ones.
        visit: is called for each node and each leaf.
        local: if given, is called with what a cotangent of ones would pass on: for an op that acts
            element by element, its local derivatives.
        synchronize: wait for the device before the clock is read.
    """
    path = [watched(n) for n in behind(y).values() if n[tape.PARENTS] is not None]
    g = xg.ones_like(y.detach())
    with xg.no_grad(), _Walk({n[tape.SERIAL] for n in path}, visit, local, synchronize):
        left = tape.pullback(path, {y._node[tape.SERIAL]: g.data}, taped=False)
    for serial, total in left.items():
        visit(serial, total, [], 0.0)


class _Walk(Reader):
    """Reports what passes through some nodes; those of a walk inside a rule are not among them."""

    listens = notes = False

    def __init__(self, serials: set[int], visit: Visit, local: Any, synchronize: bool) -> None:
        self.serials, self.visit, self.local = serials, visit, local
        self.synchronize = synchronize

    def pulled(self, pull: Pull) -> None:
        if self.synchronize:
            finish(pull.c)
        seconds = perf_counter() - pull.start
        if pull.note.serial not in self.serials:
            return
        self.visit(pull.note.serial, pull.g, _parts(pull, pull.c), seconds)
        if self.local is not None and small(pull.g) is not None:
            c = pull.again(ones_like(pull.g))
            self.local(pull.note.serial, _parts(pull, c))


def _parts(pull: Pull, c: Any) -> list[tuple[int, Any]]:
    """Return the serial numbers of an op's parents with what `c` holds for each, if anything."""
    return [(p[tape.SERIAL], part) for p, part in pull.parts(c) if part is not None]


def with_cotangents(graph: Graph, y: xg.Array) -> Graph:
    """Fill in the cotangents of a graph, and the shapes that the tape does not keep."""
    home = graph.home

    def visit(serial: int, g: Any, parts: list[tuple[int, Any]], seconds: float) -> None:
        own = home.get(serial, serial)
        step = graph.steps[own]
        if own == serial and hasattr(g, "shape"):
            step.cotangent = brief(g)
            if step.shape is None:
                step.shape, step.dtype = tuple(g.shape), xg.Array(g).dtype
        for parent, part in parts:
            into = home.get(parent, parent)
            if into != own and hasattr(part, "shape"):
                step.given[into] = brief(part)

    walk(y, visit)
    return graph
