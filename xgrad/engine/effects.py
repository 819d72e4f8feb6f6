"""Effects: nodes that a walk visits in any case, in the reverse order of their making.

A message to another process has a derivative that is a message back, and the other process waits
for it, whether or not anything has arrived at the node here. So an op that speaks to others takes
note of its node with the transform whose function is running. The record of that function keeps
what was noted, and its walks stop at each: all nodes behind an effect are walked first, then the
effect itself, with zeros where nothing arrived. What an effect gave counts as depending on what is
differentiated, for another process may have sent it; and while an outer transform is running, its
walks are recorded, for what arrives in them may depend on what is differentiated elsewhere.

A rule of such a node is walked by `pull_to` and `push`. Where nothing arrived it gets one 0-d zero,
which says what zeros are to be like: under a number that no output has, or behind the tangents.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..arrays.array import Array
from ..arrays.node import SERIAL, Node, Parts, Run, is_inside
from ..backends import backend_of
from . import forward, walks
from .handed import NAMESPACES

NOWHERE = -1
"""The number of the zero that stands for a cotangent where none arrived."""


class Effect(NamedTuple):
    """A node to visit, and a 0-d zero of the library and device of what it gave."""

    node: Node
    zero: Any


def note(node: Node, near: Any) -> None:
    """Take note of a node with the transform that is running, if one is.

    Args:
        node: what the op leaves on the tape; its parents are a tuple, which may be empty.
        near: a raw array of the library and device on which the op ran.
    """
    run = is_inside()
    if run is not None:
        backend = backend_of(near)
        zero = backend.xp.zeros((), dtype=near.dtype, device=backend.device(near))
        if not run.effects:
            run.effects = []
        run.effects.append(Effect(node, zero))


def since(before: int, *, keep: bool) -> list[Effect]:
    """Return what was noted after so many others in the running transform.

    Args:
        before: how many there were.
        keep: whether they stay noted there.
    """
    run = is_inside()
    assert run is not None
    made: list[Effect] = list(run.effects[before:])
    if not keep:
        run.effects = run.effects[:before]
    return made


@contextlib.contextmanager
def noted(keep: bool) -> Iterator[list[Effect]]:
    """Give what is noted in the block, for somebody who walks its nodes alone.

    Args:
        keep: whether the transform around the block visits them too.
    """
    made: list[Effect] = []
    with Run() as run:
        before = len(run.effects)
        yield made
        made += since(before, keep=keep)


def taken() -> contextlib.AbstractContextManager[list[Effect]]:
    """Give what is noted in a block instead of to the transform around it, if there is one."""
    return noted(keep=False) if is_inside() is not None else contextlib.nullcontext([])


def nodes_of(effects: Sequence[Effect]) -> list[Node]:
    """Return the nodes to visit."""
    return [effect.node for effect in effects]


def pullback(
    path: list[Node],
    cotangents: dict[int, Any],
    effects: Sequence[Effect],
    *,
    taped: bool,
    free: bool = False,
    sparse: bool = False,
) -> dict[int, Any]:
    """Walk down as `walks.pullback` does, and visit each effect on the way; see there."""
    if not effects:
        return walks.pullback(path, cotangents, taped=taped, free=free, sparse=sparse)
    zeros = {e.node[SERIAL]: Array(e.zero) if taped else e.zero for e in effects}
    strong = set(cotangents) if sparse else set()
    held = {0: next(iter(zeros.values())), **cotangents}  # a walk looks at one to know its library
    rest = path if free else path.copy()
    while rest:
        start = _behind_last(rest, zeros)
        part = rest[start:]
        del rest[start:]
        walks.pullback(part, held, taped=taped, free=True, sparse=strong)
        if rest:
            _visit_down(rest.pop(), held, zeros, strong, taped)
    del held[0]
    return held


def _behind_last(path: list[Node], effects: dict[int, Any]) -> int:
    """Return where the part of a path behind its last effect begins."""
    start = len(path)
    while start and path[start - 1][SERIAL] not in effects:
        start -= 1
    return start


def _visit_down(
    node: Node, held: dict[int, Any], zeros: dict[int, Any], strong: set[int], taped: bool
) -> None:
    """Let an effect send the cotangent that has arrived, zeros if none has, and pass on the rest.

    What comes from elsewhere may be zero because an entry was not used there.
    """
    serial, rule, parents, saved, fit = node
    g = held.pop(serial, None)
    if g is None:
        g = Parts({NOWHERE: zeros[serial]})
    if taped:
        saved = rule.lift(node)
    xp = NAMESPACES[type(zeros[serial])]
    cs = rule.pull_to(xp, g, saved, fit, operator.mul)
    walks.Walk(held, taped, strong).give_each(parents, cs, strong=True)


def pushforward(
    path: list[Node],
    tangents: dict[int, Any],
    gone: dict[int, list[int]],
    effects: Sequence[Effect],
    *,
    taped: bool,
    sparse: bool = False,
) -> dict[int, Any]:
    """Walk up as `forward.pushforward` does, and visit each effect on the way; see there."""
    if not effects:
        return forward.pushforward(path, tangents, gone, taped=taped, sparse=sparse)
    zeros = {e.node[SERIAL]: Array(e.zero) if taped else e.zero for e in effects}
    held = {0: next(iter(zeros.values())), **tangents}
    start = 0
    for stop, node in enumerate(path):
        if node[SERIAL] not in zeros:
            continue
        held = forward.pushforward(path[start:stop], held, gone, taped=taped, sparse=sparse)
        _visit_up(node, held, zeros[node[SERIAL]], taped)
        for used in gone.get(node[SERIAL], ()):
            held.pop(used, None)
        start = stop + 1
    held = forward.pushforward(path[start:], held, gone, taped=taped, sparse=sparse)
    del held[0]
    return held


def _visit_up(node: Node, held: dict[int, Any], zero: Any, taped: bool) -> None:
    """Let an effect send the tangents of what it was given, zeros if there are none."""
    serial, rule, parents, saved, fit = node
    ts = tuple([None if p is None else held.get(p[SERIAL]) for p in parents])
    if all(t is None for t in ts):
        ts = (*ts, zero)
    if taped:
        saved = rule.lift(node)
    held[serial] = rule.push(NAMESPACES[type(zero)], ts, saved, fit, operator.mul)
