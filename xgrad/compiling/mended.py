"""What takes the place of results that have a NaN, where an outer tape watches the recording.

The derivative of such a step is one again: that of the plain formula, in the place of which that of
the careful one stands if a NaN came out, now or where the step was taken itself: the derivative is
that of the formula whose results stand there, though the other's be only infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..arrays.array import Array
from ..arrays.node import SERIAL, Node, Parts, Rule, end, next_serial, selected
from ..backends import effects
from ..engine import handed, tape
from ..engine.handed import NAMESPACES
from ..engine.projection import Like, zeros

__all__ = ["mended"]

Formula: TypeAlias = Callable[[Any, list[Any]], list[Any]]
"""``f(xp, arrays)``, the results of arrays, raw or on a tape."""


def mended(
    plain: Formula, careful: Formula, arrays: Sequence[Any], signs: Sequence[Any] = ()
) -> list[Any]:
    """Return what a formula gives, or a careful one if that has a NaN when the program runs.

    Args:
        plain: the formula.
        careful: one for the same results that takes longer.
        arrays: what they are of: recorded arrays, or each an `Array` of one.
        signs: recorded arrays of which a NaN tells the same.
    """
    taped = isinstance(arrays[0], Array)
    raws = [x._raw if isinstance(x, Array) else x for x in arrays]
    xp, recorder = NAMESPACES[type(raws[0])], effects.recorder.get()
    first = found = plain(xp, raws)
    if recorder is not None:
        looked_at = [*found, *signs]
        found = recorder.if_nan(looked_at, lambda: [*careful(xp, raws), *signs])[: len(found)]
    if not taped:
        return found
    parents = [x._node if isinstance(x, Array) else None for x in arrays]
    varying = tuple([i for i, node in enumerate(parents) if node is not None])
    if not varying or not tape.is_recording():
        return [Array(y) for y in found]
    fit = [(y.shape, y.dtype) for y in found]
    saved = plain, careful, varying, (*signs, *first), raws
    node = [next_serial(), _RULE, tuple([parents[i] for i in varying]), saved, fit]
    return [Array(y, selected(node, i)) for i, y in enumerate(found)]


def _lift(node: Node) -> Any:
    *formulas, varying, signs, raws = node[3]
    arrays = [Array(x) for x in raws]
    for i, parent in zip(varying, node[2], strict=True):
        arrays[i] = Array(raws[i], parent)
    return *formulas, varying, signs, arrays


def _pull(xp: Any, g: Parts, saved: Any, fit: Any, times: Any) -> list[Any]:
    plain, careful, varying, signs, arrays = saved
    near = next(iter(g.values()))
    gs = [g[i] if i in g else zeros(Like(*like), near) for i, like in enumerate(fit)]
    plainly, carefully = (_pulled(f, varying, len(arrays)) for f in (plain, careful))
    return mended(plainly, carefully, [*arrays, *gs], signs)


def _push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> tuple[Any, ...]:
    plain, careful, varying, signs, arrays = saved
    moving = tuple([i for i, t in zip(varying, ts, strict=True) if t is not None])
    plainly, carefully = (_pushed(f, moving, len(arrays)) for f in (plain, careful))
    moved = [*arrays, *[t for t in ts if t is not None]]
    return tuple(mended(plainly, carefully, moved, signs))


def _never(*args: Any) -> Any:
    raise AssertionError("a node with several outputs is always walked by pull_to")


_RULE = Rule("mended", _never, _pull, _push, _lift, makes_zeros=True)
_RULE.is_opaque = False


def _run(f: Formula, arrays: list[Any], varying: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Run a formula on fresh leaves; return these, the results, and the path between."""
    given = [x if isinstance(x, Array) else Array(x) for x in arrays]
    leaves = {i: tape.leaf(given[i], True) for i in varying}
    with tape.recording(True):
        outs = f(handed.namespace, [leaves.get(i, x) for i, x in enumerate(given)])
    nodes = [x._node for x in leaves.values()]
    end(nodes)
    path, _ = tape.cone([y._node for y in outs if y._node is not None], nodes)
    return nodes, outs, path


def _pulled(f: Formula, varying: tuple[int, ...], count: int) -> Formula:
    """Return the formula of the cotangents of what varies, of `count` arrays and cotangents."""

    def pulled(xp: Any, arrays: list[Any]) -> list[Any]:
        taped = isinstance(arrays[0], Array)
        nodes, outs, path = _run(f, arrays[:count], varying)
        seeds: dict[int, Any] = {}
        for y, g in zip(outs, arrays[count:], strict=True):
            if y._node is not None:
                serial = y._node[SERIAL]
                seeds[serial] = seeds[serial] + g if serial in seeds else g
        with tape.recording(taped):
            found = tape.pullback(path, seeds, taped=taped)
        near = [arrays[i] for i in varying]
        return [
            found[n[SERIAL]] if n[SERIAL] in found else zeros(Like(x.shape, x.dtype), x)
            for n, x in zip(nodes, near, strict=True)
        ]

    return pulled


def _pushed(f: Formula, moving: tuple[int, ...], count: int) -> Formula:
    """Return the formula of the tangents of the results, of `count` arrays and tangents."""

    def pushed(xp: Any, arrays: list[Any]) -> list[Any]:
        taped = isinstance(arrays[0], Array)
        nodes, outs, path = _run(f, arrays[:count], moving)
        serials = [None if y._node is None else y._node[SERIAL] for y in outs]
        tangents = {n[SERIAL]: t for n, t in zip(nodes, arrays[count:], strict=True)}
        gone = tape.last_uses(path, [s for s in serials if s is not None])
        with tape.recording(taped):
            found = tape.pushforward(path, tangents, gone, taped=taped)
        near = arrays[count]
        return [
            found[s] if s in found else zeros(Like(y.shape, y.dtype), near)
            for s, y in zip(serials, outs, strict=True)
        ]

    return pushed
