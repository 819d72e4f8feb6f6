"""Two walks over one tape: with cotangents down, here, and with tangents up, in `forward`.

Walking the nodes from the result down to the leaves with a *cotangent* is reverse mode; walking
them up from the leaves with a *tangent* is forward mode:

    pullback      y --g--> x        x's cotangent is the sum over all its uses of  g * dy/dx
    pushforward   x --t--> y        y's tangent is the sum over all its inputs of  dy/dx * t

Why nested derivatives come out right, without levels or tags: each transform gives the function
*fresh* leaves, and a walk stays inside the **cone**, the nodes on a path from its own leaves to
the output. In d/dx [x * d/dy (x + y)] the inner walk starts from a leaf for y only; x is a constant
to it, though not to the outer walk. When some value in the cone belongs to an outer tape too, the
walk runs on `xgrad` itself rather than on the raw namespace, and so is recorded for the outer one.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any
from weakref import ref

from ..arrays.array import Array
from ..arrays.node import ENDED, PARENTS, SAVED, SERIAL, Node, is_inside, parents_of, serial_of
from ..backends import BY_TYPE, backend_of
from .handed import NAMESPACES, STRONG
from .on_device import elsewhere, is_between, near, on_device
from .rereading import is_reading_again
from .slices import Parted
from .unused import of_unused


def cone(
    outputs: Sequence[Node | None], leaves: Sequence[Node], visits: Sequence[Node] = ()
) -> tuple[list[Node], bool]:
    """Return the nodes on a path from a leaf to an output, in order, and whether others join in.

    Others are nodes of an outer tape: then a walk of this path must be recorded for it. A transform
    that has ended is nobody's outer tape, though an array may still be on its tape. What a walk
    visits in any case (see `effects`) is leaf and output at once.
    """
    if len(leaves) == 1 == len(outputs) and not visits:  # of one op, as many functions are
        node, end = outputs[0], leaves[0]
        if node is not None and node[PARENTS] is end and end[PARENTS] is None:
            return [node], False
    inside = set(map(serial_of, leaves))
    path, strangers = _reachable([*outputs, *visits] if visits else outputs, inside)
    for node in leaves:
        if node[PARENTS] is not None:
            strangers += parents_of(node)
    others = bool(strangers) and any_alive(strangers)
    path.sort(key=serial_of)
    if strangers:  # keep the nodes that depend on a leaf
        kept = []
        visited = set(map(serial_of, visits))
        for node in path:
            parents = node[PARENTS]
            if node[SERIAL] in visited:
                inside.add(node[SERIAL])
                kept.append(node)
                continue
            for parent in (parents,) if type(parents) is list else parents:
                if parent is not None and parent[SERIAL] in inside:
                    inside.add(node[SERIAL])
                    kept.append(node)
                    break
        path = kept
    return path, others


def is_watched(outputs: Sequence[Node], leaves: Sequence[Node]) -> bool:
    """Return whether nodes lead to an outer tape that is alive, through or beside these leaves."""
    _, strangers = _reachable(outputs, set(map(serial_of, leaves)))
    for node in leaves:
        if node[PARENTS] is not None:
            strangers += parents_of(node)
    return bool(strangers) and any_alive(strangers)


def _reachable(outputs: Sequence[Node | None], ends: set[int]) -> tuple[list[Node], list[Node]]:
    """Return the nodes below some outputs, down to `ends`, and where others begin below them.

    Others are older than all `ends`, or leaves.
    """
    oldest = min(ends, default=0)
    seen = ends.copy()
    path: list[Node] = []
    strangers: list[Node] = []
    stack = list(outputs)
    while stack:
        node = stack.pop()
        while node is not None:  # a chain needs no stack
            serial = node[0]
            if serial in seen:
                break
            parents = node[2]
            if serial < oldest or parents is None:
                seen.add(serial)
                strangers.append(node)
                break
            seen.add(serial)
            path.append(node)
            if type(parents) is list:
                node = parents
                continue
            if len(parents) == 2:
                other, node = parents
                stack.append(other)
                continue
            stack.extend(parents)
            break
    return path, strangers


_ended: set[int] = set()  # nodes that are known to lead to no tape that is alive


def any_alive(nodes: list[Node]) -> bool:
    """Return whether some nodes lead to a tape that is alive.

    That is one which is being made, or a leaf with ``requires_grad``, whose gradient may be asked.
    While a transform records, what is older than its leaves counts as alive: it is the outer
    tape's, or it costs a recorded walk, whose result the outermost transform looks at again.
    """
    if is_reading_again():
        return True
    seen, stack = set[int](), list(nodes)
    while stack:
        node = stack.pop()
        serial = node[SERIAL]
        if serial in seen or serial in _ended:
            continue
        seen.add(serial)
        if node[PARENTS] is None:
            if node[SAVED] is not ENDED:
                return True
        elif is_inside():
            return True
        else:
            stack += parents_of(node)
    if len(_ended) > 100_000:
        _ended.clear()
    _ended.update(seen)
    return False


class Walk:
    """What a walk down knows on its way.

    Attributes:
        cotangents: what has arrived at each node so far, by serial number.
        foreign: weak references to what rules of the user's gave, who may keep it.
        zeros: the nodes whose cotangent has structural zeros, which no infinite derivative may
            turn into NaN.
        owned: the nodes whose cotangent was made by this walk, which may add to it in place.
        parts: for arrays of which slices were read, what is known of these slices.
        backend: the backend of all this.
    """

    __slots__ = ("backend", "cotangents", "foreign", "owned", "parts", "plus", "zeros")

    def __init__(self, cotangents: dict[int, Any], taped: bool, sparse: bool | set[int]) -> None:
        self.cotangents = cotangents
        first = next(iter(cotangents.values()))
        raw = first._raw if taped else first
        self.backend = BY_TYPE.get(type(raw)) or backend_of(raw)
        self.zeros = sparse if type(sparse) is set else set(cotangents) if sparse else set[int]()
        self.foreign: list[ref[Any]] = []
        self.owned: set[int] = set()
        self.parts: dict[int, Parted] = {}
        self.plus = operator.add if taped else operator.iadd

    def give(self, parent: Node, c: Any, strong: bool) -> None:
        """Add a contribution to a parent's cotangent; `strong` if it has structural zeros."""
        if c is None:
            return
        serial = parent[0]
        held = self.cotangents.get(serial)
        if held is None:
            self.cotangents[serial] = c
        elif serial in self.owned:
            self.cotangents[serial] = self.plus(held, c)
        else:
            self.cotangents[serial] = held + c
            self.owned.add(serial)
        if strong:
            self.zeros.add(serial)

    def give_each(self, parents: Any, cs: Any, strong: bool) -> None:
        """Add a contribution to the cotangent of each parent that has one."""
        cotangents = self.cotangents
        for parent, c in zip(parents, cs):  # noqa: B905 - strict=True takes as long as an op
            if parent is None or c is None:
                continue
            if parent[0] in cotangents:
                self.give(parent, c, strong)
                continue
            cotangents[parent[0]] = c
            if strong:
                self.zeros.add(parent[0])

    def finish(self) -> None:
        """Put together the parts of leaves, whose turn never comes; copy what is kept elsewhere."""
        for serial, parts in self.parts.items():
            self.zeros.add(serial)
            if self.cotangents.get(serial) is parts:
                self.cotangents[serial] = parts.whole()
        if self.foreign:
            foreign = {id(known()) for known in self.foreign}  # those that are gone are None
            for serial, c in self.cotangents.items():
                if id(c) in foreign:
                    copied = self.backend.copied
                    self.cotangents[serial] = (
                        Array(copied(c._raw), c._node) if type(c) is Array else copied(c)
                    )

    def arrived(self, serial: int, g: Any) -> Any:
        """Return the cotangent of an array of which slices were read, now that all parts are in."""
        parts = self.parts.pop(serial)
        if type(g) is Parted:
            g = g.whole()
            self.owned.add(serial)
        if parts.strong or not parts.cover():
            self.zeros.add(serial)
        return g


class Between(Walk):
    """A walk from one device to another, which adds up each cotangent where it is."""

    def give(self, parent: Node, c: Any, strong: bool) -> None:
        """Add a contribution to a parent's cotangent on the device of that."""
        with near(self.backend, c):
            super().give(parent, c, strong)


def pullback(
    path: list[Node],
    cotangents: dict[int, Any],
    *,
    taped: bool,
    free: bool = False,
    sparse: bool | set[int] = False,
) -> dict[int, Any]:
    """Walk down: return the cotangents of the leaves, by serial number.

    This is the chain rule, from the last node to the first: take what has arrived at a node, let
    its rule make the cotangents of its parents, and add these to what has arrived there (`_down`).
    Nearly every node goes the plain way, the others by `_with_care`.

    Args:
        path: the cone, in order.
        cotangents: the cotangent of each output, by serial number; taken over.
        taped: whether an outer tape must see the walk.
        free: empty `path` on the way, so that values are freed as soon as they are consumed.
        sparse: whether the given cotangents have structural zeros, as unit vectors have; or the
            serial numbers of those that have some, to which this walk adds.
    """
    if not cotangents:
        return cotangents
    walk = Walk(cotangents, taped, sparse)
    if walk.backend.kernels is not None:
        return _on_device(walk, path, cotangents, taped=taped, free=free, sparse=sparse)
    return _down(walk, path if free else path.copy(), taped)


def _on_device(
    walk: Walk,
    path: list[Node],
    cotangents: dict[int, Any],
    *,
    taped: bool,
    free: bool,
    sparse: Any,
) -> dict[int, Any]:
    """Walk down by the rules of a device, where the cotangents are; see `on_device`."""
    place = elsewhere(walk.backend, cotangents, taped)
    if place is not None:
        with place:
            return pullback(path, cotangents, taped=taped, free=free, sparse=sparse)
    rest = on_device(path, walk.backend, taped, free)
    return _down(Between(cotangents, taped, sparse) if is_between(rest) else walk, rest, taped)


def _down(walk: Walk, rest: list[Node], taped: bool) -> dict[int, Any]:
    """Go through nodes from the last to the first, and leave none; return the cotangents."""
    cotangents = walk.cotangents
    zeros, parts, give, take = walk.zeros, walk.parts, walk.give, cotangents.pop
    kind: Any = None
    with walk.backend.quiet():
        while rest:
            serial, rule, parents, saved, fit = node = rest.pop()
            g = take(serial, None)
            if g is None:
                continue
            if parts and serial in parts:
                g = walk.arrived(serial, g)
            if type(g) is not kind:
                kind, xp = type(g), NAMESPACES[type(g)]
            if fit is None and rule.is_plain and (not zeros or rule.is_finite):  # nearly all
                if taped:
                    saved = rule.lift(node)
                partial = rule.partial
                c = rule.pull(xp, g, saved) if partial is None else g * partial(xp, saved)
                strong = rule.makes_zeros or serial in zeros
            elif not taped and not rule.is_plain and rule.own.pull(walk, node, xp, g):
                continue
            else:
                c, strong = _with_care(walk, node, xp, g, taped)
            if type(parents) is not list:
                walk.give_each(parents, c, strong)
            elif strong or c is None or parents[0] in cotangents:
                give(parents, c, strong)
            else:
                cotangents[parents[0]] = c
        walk.finish()
    return cotangents


def _with_care(walk: Walk, node: Node, xp: Any, g: Any, taped: bool) -> tuple[Any, bool]:
    """Return the parents' cotangents of a node that is not plain, and whether they have zeros.

    Three things may need care. The cotangents must be *brought* to what the arguments are like
    (summed over broadcast axes, made real, of another dtype). Or the cotangent that arrived has
    *structural zeros*, and must be multiplied by partials so that zero times infinity is zero. Or
    the op *makes* such zeros, for entries that it did not use.
    """
    serial, rule, _, saved, fit = node
    own = rule.own
    if taped:
        saved = rule.lift(node)
    strong = serial in walk.zeros
    if fit is not None or (strong and not rule.is_finite):
        c = rule.pull_to(xp, g, saved, fit, STRONG[type(g)] if strong else operator.mul)
    else:
        c = rule.pull(xp, g, saved)
    if rule.is_opaque:
        if strong:
            c = of_unused(g, c)
        if rule.lends:
            return c, strong
        for part in c if type(c) in (list, tuple) else (c,):
            try:
                known = ref(part)
            except TypeError:  # of None, and of a batch, which is nobody's
                continue
            walk.foreign.append(known)
    if rule.makes_zeros and not strong:
        strong = own is None or own.leaves_zeros(walk, node, xp, g)
    return c, strong
