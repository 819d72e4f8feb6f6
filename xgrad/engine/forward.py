"""The walk over a tape with tangents, up from the leaves: forward mode. See `walks`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..arrays.node import RULE, SERIAL, Node, kept, parents_of
from ..backends import backend_of, is_recorded, under
from .handed import NAMESPACES, STRONG
from .on_device import elsewhere, on_device
from .unused import has_nan, instead, waited


def last_uses(path: list[Node], outputs: Sequence[int | None]) -> dict[int, list[int]]:
    """Return which tangents a walk up needs no more after each node, by serial number."""
    seen, gone = set(outputs), dict[int, list[int]]()
    for node in reversed(path):
        parents = node[2]
        if type(parents) is list:
            if parents[0] not in seen:
                seen.add(parents[0])
                gone[node[0]] = [parents[0]]
            continue
        for parent in parents:
            if parent is not None and parent[0] not in seen:
                seen.add(parent[0])
                gone.setdefault(node[0], []).append(parent[0])
    return gone


def pushforward(
    path: list[Node],
    tangents: dict[int, Any],
    gone: dict[int, list[int]],
    *,
    taped: bool,
    sparse: bool = False,
) -> dict[int, Any]:
    """Walk up: return the tangents of the outputs, by serial number.

    Args:
        path: the cone, in order.
        tangents: the tangent of each leaf, by serial number; taken over.
        gone: which tangents are dropped after each node; see `last_uses`.
        taped: whether an outer tape must see the walk.
        sparse: whether the given tangents have structural zeros, as unit vectors have.
    """
    if not tangents:
        return tangents
    like = next(iter(tangents.values()))
    raw = like._raw if taped else like
    backend = backend_of(raw)
    if backend.kernels is not None:
        place = elsewhere(backend, tangents, taped)
        if place is not None:
            with place:
                return pushforward(path, tangents, gone, taped=taped, sparse=sparse)
        path = on_device(path, backend, taped, free=False)
    if backend.leads and is_recorded(raw):
        return _recorded(path, tangents, gone, taped, sparse)
    host = under(raw) if backend.leads else raw
    unseen = not (backend_of(host) if backend.leads else backend).on_host(host)
    if sparse or (unseen and any(map(_may_be_zero, path))):
        return _pushed(path, tangents, gone, taped, sparse, None if sparse else _may_be_zero)
    seeds = dict(tangents)
    found = _pushed(path, tangents, gone, taped)
    if not unseen and any(map(has_nan, found.values())) and any(map(_may_be_zero, path)):
        return _pushed(path, seeds, gone, taped, care=_may_be_zero)
    return found


def _recorded(
    path: list[Node], tangents: dict[int, Any], gone: Any, taped: bool, sparse: bool
) -> dict[int, Any]:
    """Walk up in a program, which looks in each of its runs whether a NaN comes out."""
    if sparse or not any(map(_may_be_zero, path)):
        return _pushed(path, tangents, gone, taped, sparse)
    if taped or waited(next(iter(tangents.values()))) is None:  # it could not look
        care = _fills if any(map(_fills, path)) else None  # at each product, so at the few alone
        return _pushed(path, tangents, gone, taped, care=care)
    seeds = dict(tangents)
    found = _pushed(path, tangents, gone, taped)
    again = partial(_pushed, path, seeds, gone, taped, care=_may_be_zero)
    made = instead([*found.values()], lambda: [*again().values()])
    return dict(zip(found, made, strict=True))


def _fills(node: Node) -> bool:
    """Whether entries of the result may come from no argument that has a tangent."""
    rule = node[RULE]
    if rule.fills or not rule.is_finite or "likes" not in rule.keeps:
        return bool(rule.fills)
    return len(kept(node)["likes"]) > len(parents_of(node))  # constants are joined to it


def _may_be_zero(node: Node) -> bool:
    """Whether tangents behind a node may be zero for good: of what it filled in, or has read."""
    return node[RULE].makes_zeros or _fills(node)


def _pushed(
    path: list[Node],
    tangents: dict[int, Any],
    gone: dict[int, list[int]],
    taped: bool,
    sparse: bool = False,
    care: Callable[[Node], bool] | None = None,
) -> dict[int, Any]:
    """Return the tangents of the outputs.

    Where there is `care`, the tangents behind a node of which it is true have structural zeros,
    which no infinite derivative may turn into NaN. It is needed if one did.
    """
    like = next(iter(tangents.values()))
    zeros: set[int] = set()
    held, done = tangents.get, gone.get
    with backend_of(like._raw if taped else like).quiet():
        for node in path:
            serial, rule, parents, saved, fit = node
            ts: tuple[Any, ...]
            if type(parents) is list:
                near = held(parents[0])
                ts = (near,)
            else:
                ts = tuple([None if p is None else held(p[0]) for p in parents])
                near = None
                for t in ts:
                    if t is not None:
                        near = t
                        break
            if near is not None:
                if taped:
                    saved = rule.lift(node)
                kind = type(near)
                strong = sparse
                if care is not None:
                    strong = any(parent[SERIAL] in zeros for parent in parents_of(node))
                    if strong or care(node):
                        zeros.add(serial)
                times = STRONG[kind] if strong else operator.mul
                t = rule.push(NAMESPACES[kind], ts, saved, fit, times)
                if t is not None:
                    tangents[serial] = t
            near = ts = None  # type: ignore[assignment] # the last use of a tangent frees it
            for used in done(serial, ()):
                tangents.pop(used, None)
    return tangents
