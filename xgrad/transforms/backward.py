"""The tensor style: `Array.backward` leaves gradients in ``x.grad`` of the leaves."""

from __future__ import annotations

from typing import Any

from .. import errors
from ..arrays.array import Array
from ..arrays.node import FREED, PARAMETER, RULE, SAVED, SERIAL, Node, freed, parents_of, recording
from ..engine.calls.results import arrayed
from ..engine.ownership import Others
from ..engine.seeds import seed
from ..engine.walks import cone, pullback
from ..names import spelled
from ..ops.converting import asarray


@spelled
def backward(y: Array, cotangent: Any, create_graph: bool) -> None:
    """Add the gradient of `y` to ``.grad`` of its parameters; see `Array.backward`."""
    if y._node is None:
        raise errors.NotDifferentiableError(
            "backward: this array depends on no leaf that requires a gradient. "
            "Make one with xgrad.asarray(..., requires_grad=True), outside xgrad.no_grad()"
        )
    if cotangent is not None and not isinstance(cotangent, Array):
        cotangent = asarray(cotangent)
    g = seed(y, cotangent, "backward", "call y.backward(cotangent)")
    leaves = parameters(y._node)
    path, _ = cone([y._node], leaves)
    with recording(create_graph):
        seeds = {y._node[SERIAL]: g if create_graph else g._raw}
        found = pullback(path, seeds, taped=create_graph, free=not create_graph)
    sums = []
    own = Others([g, y]).own
    for node in leaves:
        x, c = node[SAVED](), found.get(node[SERIAL])
        if x is not None and c is not None:
            c = c if create_graph else own(Array(arrayed(c)), x)
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
            freed()
        if node[RULE] is PARAMETER:
            found.append(node)
        stack.extend(parents_of(node))
    return found
