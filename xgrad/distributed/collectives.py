"""The collectives as ops: what each rank gives, what it gets, and how cotangents go back.

*The program on all ranks is one function of all ranks' inputs, and a gradient is that of the sum of
what the ranks return.* From this the transpose of each follows: what arrives at one rank goes back
to all who gave to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import SAVED, Node, Parts, Rule, is_inside, is_recording, next_serial, selected
from ..backends import Raw, backend_of, batched
from ..backends import effects as recorders
from ..custom.call import is_floating
from ..engine import effects
from ..engine.handed import NAMESPACES
from ..engine.projection import Like, zeros
from .messages import Line, Message, send


def communicate(line: Line, message: Message, tree: Any, like: Any = None) -> Any:
    """Send the arrays of a pytree, and return what comes back, in its place on the tape.

    Args:
        line: through what.
        message: what is done.
        tree: a pytree of arrays and numbers.
        like: what is received is like this; `tree` itself if None.

    Returns:
        A tree of the structure of `like`, or None if nothing is received.
    """
    leaves, structure = trees.flatten(tree)
    if like is None:
        wanted = leaves
    else:
        wanted, structure = trees.flatten(like)
    arrays = [_within(x, message.kind) for x in leaves]
    likes = arrays if like is None else [_within(x, message.kind) for x in wanted]
    found: list[Any] = [None] * len(wanted)
    for floating in (True, False):
        members = [i for i, x in enumerate(arrays) if is_floating(x) is floating]
        if not members:
            continue
        call = [arrays[i] for i in members], [likes[i]._raw for i in members]
        ys = (_tracked if floating else _plain)(line, message, *call)
        if not ys:
            return None
        for i, y in zip(members, ys, strict=True):
            found[i] = y
    return structure.unflatten(
        [_home(y, x) for y, x in zip(found, leaves if like is None else wanted, strict=True)]
    )


def _within(x: Any, what: str) -> Array:
    """Return a leaf as an array; inside `vmap` as one for each example, as on other ranks."""
    found: Array = batched.within(trees.as_array(x, what))
    return found


def _home(y: Array, given: Any) -> Any:
    return y if isinstance(given, Array) or y._node is not None else y._raw


def _plain(line: Line, message: Message, arrays: list[Array], likes: list[Raw]) -> list[Array]:
    """Send arrays that nobody differentiates."""
    return [Array(y) for y in _run(line, message, [x._raw for x in arrays], likes)]


def _run(line: Line, message: Message, raws: list[Raw], likes: list[Raw]) -> list[Raw]:
    """Send raw arrays, as one step of whatever program is being recorded."""
    recorder = recorders.recorder.get()
    if recorder is None:
        return send(line, message, raws, likes)

    def communicated(raws: list[Raw], likes: list[Raw]) -> list[Raw]:
        return send(line, message, raws, likes)

    return list(recorder.opaque(message.kind, communicated, (raws, likes), {}))


def _tracked(line: Line, message: Message, arrays: list[Array], likes: list[Raw]) -> list[Array]:
    """Send floating-point arrays, and leave a node that walks visit in any case."""
    parents = tuple([x._node for x in arrays])
    watched = is_recording() and (is_inside() is not None or any(n is not None for n in parents))
    raws = [x._raw for x in arrays]
    ys = _run(line, message, raws, likes)
    if not watched:
        return [Array(y) for y in ys]
    given = [Like(tuple(x.shape), x.dtype) for x in raws]
    chosen = None
    if message.op in ("max", "min"):
        chosen = [_chosen(line, x, y) for x, y in zip(raws, ys, strict=True)]
        message = message._replace(op="sum")
    saved = line, message, given, [Like(tuple(x.shape), x.dtype) for x in likes], chosen
    fit = [Like(tuple(y.shape), y.dtype) for y in ys], None
    node: Node = [next_serial(), RULES[message.kind], parents, saved, fit]
    effects.note(node, raws[0])
    return [Array(y, selected(node, i)) for i, y in enumerate(ys)]


def _chosen(line: Line, x: Raw, y: Raw) -> tuple[Raw, Raw]:
    """Return where this rank has the largest or smallest value, and how many ranks have it."""
    xp = backend_of(x).xp
    mask = x == y
    (count,) = _run(line, Message("allreduce", "sum"), [xp.astype(mask, x.dtype)], [x])
    return mask, count


# Rules --------------------------------------------------------------------------------------------


def _pull(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> Any:
    """Send cotangents back, zeros where there are none."""
    line, message, given, likes, chosen = saved
    near = next(iter(g.values()))
    xp = NAMESPACES[type(near)]
    back = message.transpose
    outs = fit[0]
    if outs or message.kind not in ("sendrecv", "reduce"):
        cts = [g[i] if i in g else zeros(like, near) for i, like in enumerate(outs)]
    else:  # nothing was received: what is sent back says only what it is like
        cts = [zeros(like, near) for like in likes]
    found = _again(line, back, cts, given, near)
    if found is None:
        return [None] * len(given)
    return found if chosen is None else _shared(xp, found, chosen, near)


def _push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
    """Send tangents along, zeros where there are none."""
    line, message, given, likes, chosen = saved
    near = next(t for t in ts if t is not None)
    xp = NAMESPACES[type(near)]
    own = [t if t is not None else zeros(x, near) for t, x in zip(ts, given, strict=False)]
    own = own if chosen is None else _shared(xp, own, chosen, near)
    return tuple(_again(line, message, own, likes, near) or ())


def _again(
    line: Line, message: Message, values: list[Any], likes: Sequence[Like], near: Any
) -> list[Any] | None:
    """Send what a walk carries: recorded if the walk is, else raw."""
    raw = near._raw if isinstance(near, Array) else near
    wanted = [zeros(like, raw) for like in likes] if message.kind == "sendrecv" else None
    if isinstance(near, Array):
        back = [v._raw for v in values] if wanted is None else wanted
        return _tracked(line, message, values, back) or None
    return _run(line, message, values, values if wanted is None else wanted) or None


def _shared(xp: Any, values: list[Any], chosen: Any, near: Any) -> list[Any]:
    """Return values where this rank has the largest, shared among the ranks that have it."""
    if isinstance(near, Array):
        chosen = [tuple(map(Array, pair)) for pair in chosen]
    return [xp.where(mask, v / count, 0.0) for v, (mask, count) in zip(values, chosen, strict=True)]


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


def _lift(node: Node) -> Any:
    return node[SAVED]  # it holds no arrays that vary


RULES = {
    name: Rule(name, _never, _pull, _push, _lift)
    for name in (
        *("allreduce", "allgather", "reduce_scatter", "alltoall"),
        *("bcast", "reduce", "sendrecv", "shift"),
    )
}
