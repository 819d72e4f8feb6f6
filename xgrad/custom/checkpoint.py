"""`checkpoint`: recompute instead of remember."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from .. import errors, random
from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import end
from ..backends import effects as recorders
from ..engine import effects, tape
from ..engine.picklable import picklable
from ..engine.projection import Like, zeros
from ..engine.rereading import reading_again
from ..engine.tape import PARENTS, SAVED, SERIAL, Node, Parts, Rule, next_serial
from .again import agree, sample
from .call import Call, alone, recorded
from .streams import Draw, Draws, replayed

F = TypeVar("F", bound=Callable[..., Any])


@picklable
def checkpoint(f: F) -> F:
    """Return `f` with a derivative that runs it again instead of keeping its intermediate values.

    Memory for time: the tape keeps only the arguments. Arrays that `f` captures from outside keep
    their derivatives too.

    `f` draws the same random numbers when it is run again, and the generators are left as they
    were: those of `xgrad.random`, the shared ones of Python, NumPy and the loaded backends, and
    those of their classes that are arguments of `f`, that it captures or names, or that are
    attributes of such objects. In anything else, as a clock or a counter, `f` must not differ.

    Args:
        f: a function of arrays or pytrees.

    Returns:
        A function of the same arguments and results.

    Raises:
        ReplayError: during the walk, if `f` gives another result when it is run again. A sample of
            the result is compared, except on a backend that computes only when it is asked to.

    >>> import numpy as np, xgrad as xg
    >>> def noisy(x, rng):
    ...     return xg.sum(x**2 * rng.random(3))
    >>> x, rng = np.ones(3), np.random.default_rng
    >>> g = xg.grad(xg.checkpoint(noisy))(x, rng(0))
    >>> bool(np.all(g == xg.grad(noisy)(x, rng(0))))
    True
    """

    @wraps(f)
    def checkpointed(*args: Any) -> Any:
        call = Call(args)
        if not tape.is_recording():
            return f(*args)
        leaves = [tape.leaf(Array(x), False) for x in call.arrays]
        given = call.arguments(leaves)
        with random.watched() as states, Draws(f, given) as draws, effects.taken() as visits:
            out = f(*given)
        del given
        end([x._node for x in leaves])
        outs = [_as_array(x) for x in trees.leaves(out)]
        nodes = [x._node for x in outs if x._node is not None]
        captured = captured_by(nodes + effects.nodes_of(visits), [x._node for x in leaves])
        parents = (*call.parents, *captured)
        call.parents = ()
        constant = {i for i, x in enumerate(outs) if x._node is None}
        if not visits and (len(constant) == len(outs) or not any(p is not None for p in parents)):
            raw = not any(isinstance(x, Array) for x in trees.leaves(args))
            return trees.map(_raw, out) if raw else _cut(out)
        name = getattr(f, "__name__", type(f).__name__)
        rule = Rule(name, _never, _pull_again, _push_again, _lift_again)
        first = First(states, draws, [sample(x._raw) for x in outs])
        del outs
        saved = (f, call, captured, first, None)
        near = visits[0].zero if visits else None
        return recorded(_cut(out), rule, parents, saved, name, near, constant)

    return checkpointed  # type: ignore[return-value] # what it is called with is the same


class First(NamedTuple):
    """What the first run of a checkpointed function drew from, and some of what it gave."""

    states: random.States
    draws: list[Draw]
    samples: list[Any]


def _require_same(f: Any, first: First, outs: list[Array]) -> None:
    """Raise if a function gave another result than in its first run, but for rounding."""
    again = [sample(x._raw) for x in outs]
    if len(again) == len(first.samples) and all(map(agree, first.samples, again)):
        return
    raise errors.ReplayError(
        f"checkpoint: {getattr(f, '__name__', f)!s} gave another result when it was run again "
        "for its derivative, which would belong to another result than yours. It may draw from a "
        "generator that was not found, make one without a seed, read a clock or a counter, or an "
        "array that has been written to since. Pass what it depends on as an argument, draw from "
        "xgrad.random.default_rng(seed), or leave out checkpoint"
    )


def _cut(out: Any) -> Any:
    """Return a result off the tape of the first run, which has served its purpose."""
    return trees.map(lambda x: Array(x._raw) if isinstance(x, Array) else x, out)


def _raw(x: Any) -> Any:
    return x._raw if isinstance(x, Array) else x


def _as_array(x: Any) -> Array:
    return trees.as_array(x, "checkpoint")


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


def captured_by(nodes: list[Node], leaves: list[Node]) -> list[Node]:
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


def _again(
    saved: Any, taped: bool
) -> tuple[list[Node], list[Any], list[Node], list[effects.Effect]]:
    """Run a checkpointed function again: its leaves, its outputs, the path between, and visits."""
    f, call, captured, first, lifted = saved
    recorder = recorders.recorder.get()
    if recorder is not None:  # merged with the first run, this one would save no memory
        recorder.apart()
    with tape.recording(True), random.replayed(first.states), replayed(first.draws):
        arrays = call.constants() if lifted is None else lifted
        leaves = [tape.leaf(x, True) for x in arrays]
        with reading_again(), effects.noted(taped) as visits:
            out = f(*call.arguments(leaves))
    end([x._node for x in leaves])
    ends = [x._node for x in leaves] + captured
    outs = [_as_array(x) for x in trees.leaves(out)]
    _require_same(f, first, outs)
    nodes = [x._node for x in outs if x._node is not None]
    path, _ = tape.cone(nodes, ends, effects.nodes_of(visits))
    return ends, outs, path, visits


@alone
def _pull_again(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    taped = type(next(iter(g.values()))) is Array
    ends, outs, path, visits = _again(saved, taped)
    seeds: dict[int, Any] = {}
    for i, out in enumerate(outs):  # what nobody used has none: zeros might meet an infinite slope
        if out._node is not None and i in g:
            serial = out._node[SERIAL]
            seeds[serial] = seeds[serial] + g[i] if serial in seeds else g[i]
    del outs
    zeros_stay = times is not operator.mul
    found = effects.pullback(path, seeds, visits, taped=taped, free=not taped, sparse=zeros_stay)
    return [found.get(node[SERIAL]) for node in ends]


@alone
def _push_again(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    near = next(t for t in ts if t is not None)
    taped = isinstance(near, Array)
    ends, outs, path, visits = _again(saved, taped)
    tangents = {n[SERIAL]: t for n, t in zip(ends, ts, strict=False) if t is not None}
    gone = tape.last_uses(path, [out._node[SERIAL] for out in outs if out._node is not None])
    zeros_stay = times is not operator.mul
    found = effects.pushforward(path, tangents, gone, visits, taped=taped, sparse=zeros_stay)
    return tuple(
        found[out._node[SERIAL]]
        if out._node is not None and out._node[SERIAL] in found
        else zeros(Like(*f), near)
        for out, f in zip(outs, fit[0], strict=True)
    )
