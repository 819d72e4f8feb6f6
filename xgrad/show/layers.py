"""The layers of a network, found in the graph of its loss."""

from __future__ import annotations

import re

from .formulas import formula
from .graph import Graph, Step

__all__ = ["layers_of", "unique", "weights"]

SUMS = {"add", "subtract"}
ACTIVATIONS = {"relu", "sigmoid", "expit", "tanh", "softmax", "log_softmax", "erf", "sin", "clip"}
MIXING = {
    "correlate",
    "convolve",
    "matmul",
    "matrix_vector",
    "vector_matrix",
    "einsum",
    "tensordot",
}


def _is_mixing(step: Step) -> bool:
    rule = formula(step.op)
    return step.op in MIXING or (rule is not None and rule.kind == "multilinear")


def layers_of(graph: Graph) -> list[tuple[list[Step], Step]]:
    """Return for each product the steps of its layer, and the last of them.

    To a layer belong the sums behind its product, and one activation function.
    """
    users: dict[int, list[Step]] = {}
    for step in graph.ops():
        for p in step.parents:
            users.setdefault(p, []).append(step)
    found: dict[int, tuple[list[Step], Step]] = {}
    for start in graph.ops():
        if not _is_mixing(start) or not start.shape:
            continue
        ops, end = [start], start
        while len(users.get(end.id, [])) == 1 and ops[-1].op not in ACTIVATIONS:
            (after,) = users[end.id]
            if after.shape != start.shape or after.op not in SUMS | ACTIVATIONS:
                break
            ops.append(after)
            end = after
        if end.id in found:  # two products that are added are one layer
            ops = [start, *found[end.id][0]]
        found[end.id] = ops, end
    return list(found.values())


def weights(graph: Graph, ops: list[Step], model: str) -> str:
    """Return the names of the leaves that the products of a layer take from the model."""
    prefix = re.split(r"[.\[]", model, maxsplit=1)[0]
    found = []
    for step in ops:
        leaves = [_leaf_behind(graph, p) for p in step.parents] if _is_mixing(step) else []
        own = [leaf for leaf in leaves if leaf.startswith(prefix)] or [x for x in leaves if x]
        found += own[:1]
    return ", ".join(dict.fromkeys(found)) or ops[0].name or ops[0].where


def _leaf_behind(graph: Graph, i: int) -> str:
    """Return the name of the leaf from which a step was made by functions of one array."""
    step = graph.steps[i]
    while len(step.parents) == 1:
        step = graph.steps[step.parents[0]]
    return step.name if step.is_leaf else ""


def unique(names: list[str]) -> list[str]:
    """Number the names that occur repeatedly, as those of a loop's layers do."""
    count: dict[str, int] = {}
    out = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        out.append(f"{name} ({count[name]})" if names.count(name) > 1 else name)
    return out
