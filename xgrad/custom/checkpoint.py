"""`checkpoint`: recompute instead of remember."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from .. import random
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import end
from ..engine import tape
from ..engine.picklable import picklable
from ..engine.projection import Like, zeros
from ..engine.tape import PARENTS, SAVED, SERIAL, Node, Parts, Rule, next_serial
from .call import Call, filled, recorded
from .no_grad import stop_gradient

F = TypeVar("F", bound=Callable[..., Any])


@picklable
def checkpoint(f: F) -> F:
    """Return `f` with a derivative that runs it again instead of keeping its intermediate values.

    Memory for time: the tape keeps only the arguments. `f` must give the same result when it is
    run again: generators of `xgrad.random` draw the same numbers then, and are left as they were.
    Arrays that `f` captures from outside keep their derivatives too.
    """

    @wraps(f)
    def checkpointed(*args: Any) -> Any:
        call = Call(args)
        if not tape.is_recording():
            return f(*args)
        leaves = [tape.leaf(Array(x), False) for x in call.arrays]
        with random.watched() as states:
            out = f(*call.arguments(leaves))
        end([x._node for x in leaves])
        nodes = [x._node for x in map(_as_array, trees.leaves(out)) if x._node is not None]
        captured = _captured(nodes, [x._node for x in leaves])
        parents = (*call.parents, *captured)
        call.parents = ()
        if not any(p is not None for p in parents):
            return stop_gradient(out)
        rule = Rule(f.__name__, _never, _pull_again, _push_again, _lift_again)
        saved = (f, call, captured, states, None)
        return recorded(stop_gradient(out), rule, parents, saved, f.__name__)

    return checkpointed  # type: ignore[return-value] # what it is called with is the same


def _as_array(x: Any) -> Array:
    return trees.as_array(x, "checkpoint")


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


def _captured(nodes: list[Node], leaves: list[Node]) -> list[Node]:
    """Return the nodes of other tapes that join in on the way from the leaves to the outputs."""
    oldest = min((n[SERIAL] for n in leaves), default=next_serial())
    inside = {n[SERIAL] for n in leaves}
    seen: dict[int, Node] = {}
    captured: dict[int, Node] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        serial = node[SERIAL]
        if serial in seen or serial in inside:
            continue
        if serial < oldest or node[PARENTS] is None:
            captured[serial] = node
            continue
        seen[serial] = node
        stack.extend(tape.parents_of(node))
    return [captured[s] for s in sorted(captured)]


def _lift_again(node: Node) -> Any:
    *saved, _ = node[SAVED]
    return *saved, node[SAVED][1].lifted(node)


def _again(saved: Any) -> tuple[list[Node], list[Any], list[Node]]:
    """Run a checkpointed function again: its leaves, its outputs, and the path between."""
    f, call, captured, states, lifted = saved
    with tape.recording(True), random.replayed(states):
        arrays = call.constants() if lifted is None else lifted
        leaves = [tape.leaf(x, True) for x in arrays]
        out = f(*call.arguments(leaves))
    end([x._node for x in leaves])
    ends = [x._node for x in leaves] + captured
    outs = [_as_array(x) for x in trees.leaves(out)]
    path, _ = tape.cone([x._node for x in outs if x._node is not None], ends)
    return ends, outs, path


def _pull_again(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    taped = type(next(iter(g.values()))) is Array
    ends, outs, path = _again(saved)
    seeds: dict[int, Any] = {}
    for out, ct in zip(outs, filled(g, fit), strict=True):
        if out._node is not None:
            serial, part = out._node[SERIAL], ct if taped else ct._data
            seeds[serial] = seeds[serial] + part if serial in seeds else part
    del outs
    found = tape.pullback(path, seeds, taped=taped, free=not taped)
    return [found.get(node[SERIAL]) for node in ends]


def _push_again(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    ends, outs, path = _again(saved)
    tangents = {n[SERIAL]: t for n, t in zip(ends, ts, strict=True) if t is not None}
    near = next(t for t in ts if t is not None)
    gone = tape.last_uses(path, [out._node[SERIAL] for out in outs if out._node is not None])
    found = tape.pushforward(path, tangents, gone, taped=isinstance(near, Array))
    return tuple(
        found[out._node[SERIAL]]
        if out._node is not None and out._node[SERIAL] in found
        else zeros(Like(*f), near)
        for out, f in zip(outs, fit[0], strict=True)
    )
