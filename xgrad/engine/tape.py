"""One tape, two walks.

Every op on a tracked array leaves a *node*: what was done, to which nodes, and the few raw values
that its derivative needs. Walking the nodes from the result down to the leaves with a *cotangent*
is reverse mode; walking them up from the leaves with a *tangent* is forward mode:

    pullback      y --g--> x        x's cotangent is the sum over all its uses of  g * dy/dx
    pushforward   x --t--> y        y's tangent is the sum over all its inputs of  dy/dx * t

Why nested derivatives come out right, without levels or tags: each transform gives the function
*fresh* leaves, and a walk stays inside the **cone**, the nodes on a path from its own leaves to
the output. In d/dx [x * d/dy (x + y)] the inner walk starts from a leaf for y only; x is a constant
to it, though not to the outer walk. When some value in the cone belongs to an outer tape too, the
walk runs on `xgrad` itself rather than on the raw namespace, and so is recorded for the outer one.

A node is a plain list, since it is what a recorded op spends its time on making:

    [serial, rule, parents, saved, fit]

`serial` counts up, so that sorting by it is a topological order. `rule` is how to walk through it
(see `Rule`). `parents` is one node, or a tuple of nodes and Nones, or None for a leaf. `saved`
holds what the rule named and nothing else. `fit` is what a cotangent must be brought to before it
reaches the parents, or None if it fits already. A node never holds an `Array`.
"""

from __future__ import annotations

import itertools
import math
import operator
import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

import xgrad

from .. import errors
from ..arrays.array import SCALARS, Array
from ..backends import COMPLEX, REAL, backend_of, backend_of_type, lacking
from .slices import Reads

Node = list[Any]
SERIAL, RULE, PARENTS, SAVED, FIT = range(5)
_serial = operator.itemgetter(SERIAL)


def _counter() -> Callable[[], int]:
    """Return a function that counts up; one call never overtakes another, in any thread."""
    count = itertools.count(1).__next__
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return count
    lock = threading.Lock()  # without the GIL, CPython's own counter may repeat itself

    def locked() -> int:
        with lock:
            return count()

    return locked


next_serial: Callable[[], int] = _counter()
_recording: ContextVar[bool] = ContextVar("xgrad_recording", default=True)
is_recording = _recording.get


class recording:  # noqa: N801 - a context manager, and a class only for its speed
    """Switch recording on or off inside a ``with`` block, in this context only."""

    __slots__ = ("on", "token")

    def __init__(self, on: bool) -> None:
        self.on = on

    def __enter__(self) -> None:
        self.token = _recording.set(self.on)

    def __exit__(self, *error: object) -> None:
        _recording.reset(self.token)


class Rule:
    """How to walk through a node: made once, when the op is defined.

    Attributes:
        name: the op's name, for messages and pictures.
        pull: ``pull(xp, g, saved)`` gives the cotangent of the one parent, or of each parent.
        pull_to: ``pull_to(xp, g, saved, fit, times)``, the same where something must be adapted:
            `times` multiplies a cotangent by a partial derivative.
        push: ``push(xp, ts, saved, fit, times)`` gives the tangent of the output; `ts` holds the
            tangents of the parents, None where a parent has none.
        lift: ``lift(node)`` gives its saved values as arrays on the outer tape.
        makes_zeros: whether its cotangents are zero where the argument was not used.
        add_to: ``add_to(total, g, saved)`` adds to a cotangent in place what `pull` would make a
            whole array of zeros for, and returns it; None for most.
        cover: ``cover(keys, shape)``, whether parts that were read under these keys are the whole
            together: then their cotangents leave no structural zeros. None for most.
        join: ``join(parts, shape)`` makes the whole of such parts, each a cotangent and `saved`.
        reuse: what `pull_to` does, with the first parent's cotangent made in the buffer of `g`; for
            an op whose `pull` makes a new buffer of that size. None for most.
        partial: ``partial(xp, saved)`` is what `pull` multiplies by, if that is all it does.
        square: ``square(node, saved)`` records the square of a root from what is under the root,
            smooth where the root is not; its value is not used. None for all but roots.
        is_plain: whether it makes no zeros.
        is_finite: whether `pull` multiplies by nothing that could be infinite or NaN, so that it
            leaves structural zeros as they are.
    """

    __slots__ = (
        *("add_to", "cover", "is_finite", "is_plain", "join", "lift", "makes_zeros", "name"),
        *("partial", "pull", "pull_to", "push", "reuse", "square"),
    )

    def __init__(
        self,
        name: str,
        pull: Callable[..., Any],
        pull_to: Callable[..., Any],
        push: Callable[..., Any],
        lift: Callable[[Node], Any] = lambda node: node[SAVED],
        makes_zeros: bool = False,
    ) -> None:
        self.name, self.pull, self.pull_to = name, pull, pull_to
        self.push, self.lift, self.makes_zeros = push, lift, makes_zeros
        self.add_to: Callable[[Any, Any, Any], Any] | None = None
        self.cover: Callable[[list[Any], tuple[int, ...]], bool] | None = None
        self.join: Callable[[list[tuple[Any, Any]], tuple[int, ...]], Any] | None = None
        self.reuse: Callable[[Any, Any, Any, Any, Any], Any] | None = None
        self.partial: Callable[[Any, Any], Any] | None = None
        self.square: Callable[[Node, Any], Any] | None = None
        self.is_finite, self.is_plain = False, not makes_zeros

    def __repr__(self) -> str:
        return f"<rule of {self.name}>"


def _identity(name: str) -> Rule:
    return Rule(
        name,
        lambda xp, g, saved: g,
        lambda xp, g, saved, fit, times: g,
        lambda xp, ts, saved, fit, times: ts[0],
    )


def _freed(*args: Any) -> Any:
    raise errors.GraphFreedError(
        "backward: this graph was walked before and its values were freed. "
        "Compute the result anew, or pass create_graph=True to the earlier backward()"
    )


LEAF = _identity("leaf")
PARAMETER = _identity("parameter")
SELECT = Rule(
    "select",
    lambda xp, g, saved: Parts({saved: g}),
    lambda xp, g, saved, fit, times: Parts({saved: g}),
    lambda xp, ts, saved, fit, times: ts[0][saved],
)
FREED = Rule("freed", _freed, _freed, _freed, _freed)


class Parts(dict[int, Any]):
    """The cotangents of some outputs of an op that has several."""

    def __add__(self, other: dict[int, Any]) -> Parts:
        total = Parts(self)
        for i, g in other.items():
            total[i] = total[i] + g if i in total else g
        return total


def leaf(x: Array, outer: bool) -> Array:
    """Return `x` as a fresh leaf: a new variable here, the same one to a recording outer tape."""
    return Array(x._data, [next_serial(), LEAF, x._node if outer else None, None, None])


def parameter(x: Array) -> Node:
    """Return the node of a leaf whose gradient `backward` leaves in ``x.grad``."""
    if x._data.dtype not in REAL and x._data.dtype not in COMPLEX:
        raise errors.NotDifferentiableError(
            f"requires_grad: got an array of {x.dtype}; only floating-point arrays have "
            f"derivatives. Convert it with xgrad.astype(x, xgrad.float64){lacking(x.dtype)}"
        )
    return [next_serial(), PARAMETER, None, weakref.ref(x), None]


def is_parameter(node: Node) -> bool:
    """Whether the node is a leaf with ``requires_grad``."""
    return node[RULE] is PARAMETER


def cone(outputs: list[Node], leaves: list[Node]) -> tuple[list[Node], bool]:
    """Return the nodes on a path from a leaf to an output, in order, and whether others join in.

    Others are nodes of an outer tape: then a walk of this path must be recorded for it.
    """
    inside: set[int] = set()
    others = False
    for node in leaves:
        inside.add(node[SERIAL])
        others = others or node[PARENTS] is not None
    oldest = min(inside, default=0)
    seen = inside.copy()
    path: list[Node] = []
    stack = list(outputs)
    while stack:
        node = stack.pop()
        while True:  # a chain needs no stack
            serial = node[0]
            if serial in seen:
                break
            parents = node[2]
            if serial < oldest or parents is None:
                others = True
                break
            seen.add(serial)
            path.append(node)
            if type(parents) is list:
                node = parents
                continue
            if len(parents) == 2 and None not in parents:
                other, node = parents
                stack.append(other)
                continue
            stack.extend([parent for parent in parents if parent is not None])
            break
    path.sort(key=_serial)
    if others:  # keep the nodes that depend on a leaf
        kept = []
        for node in path:
            if any(parent[SERIAL] in inside for parent in parents_of(node)):
                inside.add(node[SERIAL])
                kept.append(node)
        path = kept
    return path, others


def parents_of(node: Node) -> list[Node]:
    """Return the nodes that this one was made from."""
    parents = node[PARENTS]
    if type(parents) is list:
        return [parents]
    return [parent for parent in parents or () if parent is not None]


class _Namespaces(dict[type, Any]):
    """What a walk computes with: `xgrad` on arrays that an outer tape must see, else raw code."""

    def __missing__(self, cls: type) -> Any:
        backend = backend_of_type(cls)
        self[cls] = xp = xgrad if backend is None else backend.xp
        return xp


NAMESPACES = _Namespaces()


class _StrongProducts(dict[type, Any]):
    """For each type of cotangent the product in which a zero stays zero; see `strong_multiply`."""

    def __missing__(self, cls: type) -> Any:
        op: Any = xgrad.ops.elementwise.strong_multiply
        backend = backend_of_type(cls)
        own = None if backend is None else backend.strong_multiply
        product = own or (op if backend is None else op.op.raws[cls])

        def times(g: Any, p: Any) -> Any:
            return g * p if type(p) in SCALARS and math.isfinite(abs(p)) else product(g, p)

        self[cls] = times
        return times


STRONG = _StrongProducts()


def pullback(
    path: list[Node],
    cotangents: dict[int, Any],
    *,
    taped: bool,
    free: bool = False,
    sparse: bool = False,
) -> dict[int, Any]:
    """Walk down: return the cotangents of the leaves, by serial number.

    Args:
        path: the cone, in order.
        cotangents: the cotangent of each output, by serial number; taken over.
        taped: whether an outer tape must see the walk.
        free: empty `path` on the way, so that values are freed as soon as they are consumed.
        sparse: whether the given cotangents have structural zeros, as unit vectors have.
    """
    if not cotangents or not path:
        return cotangents
    like = next(iter(cotangents.values()))
    kind, xp = type(like), NAMESPACES[type(like)]
    zeros: set[int] = set(cotangents) if sparse else set()
    reads: dict[int, Reads] = {}  # parts that wait for the array they were read from
    owned: set[int] = set()  # sums made by this walk, which it may add to in place
    plus = operator.add if taped else operator.iadd
    take, held = cotangents.pop, cotangents.get
    rest = path if free else path.copy()
    with backend_of(like._data if taped else like).quiet():
        while rest:
            serial, rule, parents, saved, fit = node = rest.pop()
            g = take(serial, None)
            if g is None:
                continue
            if type(g) is not kind:
                if type(g) is Reads:
                    g = g.whole()
                    owned.add(serial)
                kind = type(g)
                xp = NAMESPACES[kind]
            if reads and serial in reads:
                read = reads.pop(serial)
                if read.strong or not read.cover(tuple(g.shape)):
                    zeros.add(serial)
            if taped:
                saved = rule.lift(node)
            if rule.is_plain and fit is None and not zeros:  # by far the most
                partial = rule.partial
                c = rule.pull(xp, g, saved) if partial is None else g * partial(xp, saved)
                strong = False
            elif rule.add_to is not None and fit is None and not taped:
                strong = serial in zeros
                serial = parents[0]
                found = reads.get(serial)
                if found is None:
                    found = reads[serial] = Reads(rule, xp)
                found.strong = found.strong or strong
                found.note(saved["key"])
                old = held(serial)
                if old is None or old is found:
                    cotangents[serial] = found
                    if not found.keep(g, saved):
                        continue
                    cotangents[serial] = found.whole()
                elif serial in owned:
                    cotangents[serial] = rule.add_to(old, g, saved)
                else:
                    cotangents[serial] = old + rule.pull(xp, g, saved)
                owned.add(serial)
                continue
            else:
                strong = serial in zeros
                if rule.reuse is not None and not taped:
                    c = (rule.reuse if serial in owned else rule.pull_to)(xp, g, saved, fit, None)
                    if parents[0] is not None:
                        owned.add(parents[0][SERIAL])
                elif fit is not None:
                    c = rule.pull_to(xp, g, saved, fit, STRONG[kind] if strong else operator.mul)
                elif strong and not rule.is_finite:
                    c = rule.pull_to(xp, g, saved, None, STRONG[kind])
                else:
                    c = rule.pull(xp, g, saved)
                if rule.makes_zeros and not strong:
                    if rule.cover is None:
                        strong = True
                    else:
                        reads.setdefault(parents[0], Reads(rule, xp)).note(saved["key"])
            if type(parents) is list:
                serial = parents[0]
                old = held(serial)
                if old is None:
                    cotangents[serial] = c
                elif serial in owned:
                    cotangents[serial] = plus(old, c)
                else:
                    cotangents[serial] = old + c
                    owned.add(serial)
                if strong:
                    zeros.add(serial)
                continue
            for i, parent in enumerate(parents):  # zip(..., strict=True) takes as long as an op
                part = c[i]
                if parent is not None and part is not None:
                    serial = parent[0]
                    old = held(serial)
                    if old is None:
                        cotangents[serial] = part
                    elif serial in owned:
                        cotangents[serial] = plus(old, part)
                    else:
                        cotangents[serial] = old + part
                        owned.add(serial)
                    if strong:
                        zeros.add(serial)
            parent = part = None  # they would keep a consumed node alive
        for serial, read in reads.items():  # from leaves
            if held(serial) is read:
                cotangents[serial] = read.whole()
    return cotangents


def last_uses(path: list[Node], outputs: list[int]) -> dict[int, list[int]]:
    """Return which tangents a walk up needs no more after each node, by serial number."""
    seen, gone = set(outputs), dict[int, list[int]]()
    for node in reversed(path):
        parents = node[PARENTS]
        for parent in (parents,) if type(parents) is list else parents:
            if parent is not None and parent[SERIAL] not in seen:
                seen.add(parent[SERIAL])
                gone.setdefault(node[SERIAL], []).append(parent[SERIAL])
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
    held, done = tangents.get, gone.get
    with backend_of(like._data if taped else like).quiet():
        for node in path:
            serial, rule, parents, saved, fit = node
            ts: tuple[Any, ...]
            if type(parents) is list:
                near = held(parents[0])
                ts = (near,)
            else:
                ts = tuple([None if p is None else held(p[0]) for p in parents])
                near = next((t for t in ts if t is not None), None)
            if near is not None:
                if taped:
                    saved = rule.lift(node)
                kind = type(near)
                times = STRONG[kind] if sparse else operator.mul
                t = rule.push(NAMESPACES[kind], ts, saved, fit, times)
                if t is not None:
                    tangents[serial] = t
            near = ts = None  # type: ignore[assignment] # the last use of a tangent frees it
            for used in done(serial, ()):
                tangents.pop(used, None)
    return tangents


def backward(y: Array, cotangent: Any, create_graph: bool) -> None:
    """Add the gradient of `y` to ``.grad`` of its parameters; see `Array.backward`."""
    if y._node is None:
        raise errors.NotDifferentiableError(
            "backward: this array depends on no leaf that requires a gradient. "
            "Make one with xgrad.asarray(..., requires_grad=True), outside xgrad.no_grad()"
        )
    g = seed(y, cotangent, "backward", "call y.backward(cotangent)")
    leaves = parameters(y._node)
    path, _ = cone([y._node], leaves)
    with recording(create_graph):
        seeds = {y._node[SERIAL]: g if create_graph else g._data}
        found = pullback(path, seeds, taped=create_graph, free=not create_graph)
    sums = []
    for node in leaves:
        x, c = node[SAVED](), found.get(node[SERIAL])
        if x is not None and c is not None:
            c = c if create_graph else Array(as_array(c))
            sums.append((x, c if x.grad is None else x.grad + c))
    for x, total in sums:  # all of them, or none if something fails above
        x.grad = total
    if not create_graph and y._node[RULE] is not PARAMETER:
        y._node[1:] = [FREED, (), None, None]


def parameters(output: Node) -> list[Node]:
    """Return the leaves with ``requires_grad`` that a node depends on."""
    seen: set[int] = set()
    stack, found = [output], []
    while stack:
        node = stack.pop()
        if node[SERIAL] in seen:
            continue
        seen.add(node[SERIAL])
        if node[RULE] is FREED:
            _freed()
        if node[RULE] is PARAMETER:
            found.append(node)
        stack.extend(parents_of(node))
    return found


def seed(y: Array, cotangent: Any, what: str, instead: str) -> Array:
    """Return the cotangent to start from: the given one, checked, or 1 for a real scalar."""
    if cotangent is None:
        if y._data.shape != () or y._data.dtype not in REAL:
            raise errors.NotScalarError(
                f"{what}: got {y.dtype}{list(y.shape)}; expected a real floating-point scalar. "
                f"For anything else, {instead}"
            )
        return Array(ones_like(y._data))
    g = cotangent if type(cotangent) is Array else xgrad.asarray(cotangent)
    if g.shape != y.shape:
        raise ValueError(f"{what}: the cotangent has shape {g.shape}; expected {y.shape}, as y")
    if g._data.dtype != y._data.dtype:
        g = xgrad.astype(
            xgrad.real(g) if y.dtype.kind != "c" and g.dtype.kind == "c" else g, y.dtype
        )
    return g


def ones_like(raw: Any) -> Any:
    """Return raw ones of the shape, dtype and device of a raw array."""
    return backend_of(raw).xp.ones_like(raw)


def as_array(raw: Any) -> Any:
    """Return a raw value as an array: NumPy gives scalars where the standard has 0-d arrays."""
    return np.asarray(raw) if isinstance(raw, np.generic) else raw
