"""Boxes and nodes of autograd's tape, as far as tools that were written on them can have them here.

A box is an `xgrad.Array`, and a node is xgrad's own: a fresh leaf can be made, a value put on it,
and the way from a result back to the leaf can be walked with any cotangent. What runs a function on
nodes of another kind cannot be had; those names refuse, and say what to use.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.arrays.node import (
    LEAF,
    PARENTS,
    RULE,
    SAVED,
    SERIAL,
    Parts,
    new_leaf,
    parents_of,
    recording,
    selected,
)
from xgrad.arrays.node import Node as TapeNode
from xgrad.engine.walks import cone, pullback

from .border import REGISTERED, conj, home, raw, untracked
from .refused import refused

_NUMBERS = (
    *(np.float16, np.float32, np.float64, np.longdouble),
    *(np.complex64, np.complex128, np.clongdouble),
)
REGISTERED.update(dict.fromkeys((Array, np.ndarray, float, complex, *_NUMBERS), Array))


class _Boxes(type):
    """The class of classes of which tracked values are instances."""

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, Array)


class Box(metaclass=_Boxes):
    """What a function gets while it is differentiated: an `xgrad.Array`."""

    types: ClassVar[set[type]] = {Array}
    type_mappings: ClassVar[dict[type, Any]] = REGISTERED

    @classmethod
    def register(cls, value_type: type) -> None:
        """Have values of a class, as one derived from ``numpy.ndarray``, taken for plain arrays."""
        REGISTERED[value_type] = Array


def isbox(x: Any) -> bool:
    """Whether a derivative may flow through `x`."""
    return isinstance(x, Array) and x.is_tracked


def new_box(value: Any, trace: int, node: Any) -> Any:
    """Return a value as a box on a node: a fresh root, or the node of another box.

    Of a list, tuple or dict, the arrays in it are the boxes; the node is a fresh root then. The
    number of the trace is not needed here: derivatives nest by their leaves.
    """
    if not isinstance(node, list):
        raise NotImplementedError(
            f"new_box: the node is of type {type(node).__name__}; expected VJPNode.new_root() or "
            "the node of a box. Nodes of other kinds cannot be recorded on here"
        )
    if isinstance(value, Array):
        if node[PARENTS] is None:
            node[PARENTS] = value._node
        return Array(value._raw, node)
    if isinstance(value, (list, tuple, dict)):
        leaves, structure = tree.flatten(value)
        arrays = [_floating(x) for x in leaves]
        node[SAVED] = structure, arrays
        parts = [Array(x, selected(node, i)) for i, x in enumerate(arrays)]
        made = structure.unflatten(parts)
        return BoxedDict(made) if isinstance(made, dict) else BoxedSequence(made)
    return Array(_floating(value), node)


class BoxedSequence(tuple):  # type: ignore[type-arg]
    """A sequence on a root of its own."""

    __slots__ = ()
    _trace = 0


class BoxedDict(dict):  # type: ignore[type-arg]
    """A dict on a root of its own."""

    _trace = 0


def _floating(value: Any) -> Any:
    made = np.asarray(value)
    if made.dtype.kind not in "fc":
        raise TypeError(
            f"new_box: got {type(value).__name__} of {made.dtype}; expected floating-point "
            "numbers, or a list, tuple or dict of them"
        )
    return made


class TraceStack:
    """The traces that are running: here only their number."""

    def __init__(self) -> None:
        self.top = -1

    @contextmanager
    def new_trace(self) -> Iterator[int]:
        """Count one more inside a ``with`` block.

        Yields:
            The number of the trace.
        """
        self.top += 1
        try:
            yield self.top
        finally:
            self.top -= 1


trace_stack = TraceStack()


class Node:
    """A node of a program's own kind, which nothing is recorded on here."""

    def __init__(self, *args: Any) -> None:
        refused("autograd.tracer", "Node")()

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        return refused("autograd.tracer", "Node")()


class VJPNode(Node):
    """A node for reverse mode: ``VJPNode.new_root()`` is a fresh variable."""

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> TapeNode:
        """Return a fresh variable, for `new_box`."""
        return new_leaf()


class JVPNode(Node):
    """A node for forward mode, which has no nodes of its own here."""

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        return refused("autograd.core", "JVPNode")()


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """Return the value of ``fun(x)`` and its node, None if it does not depend on `start_node`."""
    end_box = fun(new_box(x, 0, start_node))
    if isbox(end_box) and _is_above(end_box._node, start_node):
        return raw(end_box), end_box._node
    warnings.warn("Output seems independent of input.", stacklevel=2)
    return end_box, None


def _is_above(node: TapeNode, root: TapeNode) -> bool:
    return bool(cone([node], [root])[0]) or node is root


def _root(end_node: TapeNode) -> TapeNode:
    """Return the variable that a node was made from: the newest, if there are several."""
    newest, seen, stack = end_node, set[int](), [end_node]
    while stack:
        node = stack.pop()
        if node[SERIAL] in seen:
            continue
        seen.add(node[SERIAL])
        if node[RULE] is LEAF and (newest[RULE] is not LEAF or node[SERIAL] > newest[SERIAL]):
            newest = node
        stack.extend(parents_of(node))
    return newest


def backward_pass(g: Any, end_node: Any) -> Any:
    """Return the cotangent of the variable that a node was made from, for one of the node."""
    root = _root(end_node)
    path, watched = cone([end_node], [root])
    taped = isinstance(g, Array) or watched
    start = conj(g) if isinstance(g, Array) else np.asarray(conj(g))
    start = xgrad.asarray(start) if taped else start
    with recording(taped):
        found = pullback(path, {end_node[SERIAL]: start}, taped=taped)
    c = found[root[SERIAL]]
    if isinstance(c, Parts):
        structure, arrays = root[SAVED]
        c = structure.unflatten([c.get(i, 0.0 * x) for i, x in enumerate(arrays)])
    c = conj(c)
    return c if isinstance(g, Array) else untracked(c if taped else home(c))


def toposort(
    end_node: Any, parents: Callable[[Any], Any] = operator.attrgetter("parents")
) -> Iterator[Any]:
    """Yield the nodes of a graph, each after all that were made from it."""
    uses: dict[int, int] = {}
    stack = [end_node]
    while stack:
        node = stack.pop()
        if id(node) not in uses:
            stack.extend(parents(node))
        uses[id(node)] = uses.get(id(node), 0) + 1
    ready = [end_node]
    while ready:
        node = ready.pop()
        yield node
        for parent in parents(node):
            uses[id(parent)] -= 1
            if not uses[id(parent)]:
                ready.append(parent)
