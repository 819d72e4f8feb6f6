"""From a watched call to the graph of its steps, with the names that the user's code gave them."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import xgrad as xg

from . import graph as tape_graph
from .graph import Graph, Operand, Step
from .naming import operand_of
from .watch import Made, Trace

__all__ = ["Run", "graph_of", "tracked", "watch"]


@dataclass
class Run:
    """A call that was watched: its result, its tracked arguments, and what was seen."""

    result: xg.Array
    args: tuple[Any, ...]
    leaves: dict[int, str]
    trace: Trace


def watch(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    measure: Callable[[xg.Array], Any] | None = None,
    only_time: bool = False,
) -> Run:
    """Call ``f(*args)`` with every floating-point array among the arguments as a leaf, and watch.

    Args:
        f: what to call.
        args: pytrees.
        measure: is called with each result; what it returns is kept.
        only_time: disturb as little as possible, and wait for the device before a clock is read.
    """
    given, leaves = tracked(f, args)
    with Trace(measure, only_time) as trace:
        y = f(*given)
    return Run(y, given, leaves, trace)


def tracked(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[int, str]]:
    """Return the arguments with floating-point arrays as leaves, and the names of these leaves."""
    names: dict[int, str] = {}
    out = []
    for name, arg in zip(_parameter_names(f, len(args)), args, strict=True):
        leaves, structure = xg.tree.flatten(arg)
        new = [_leaf(x) for x in leaves]
        for x, path in zip(new, leaf_paths(arg), strict=True):
            serial = tape_graph.serial_of(x)
            if serial is not None:
                names[serial] = name + path
        out.append(structure.unflatten(new))
    return tuple(out), names


def _leaf(x: Any) -> Any:
    """Return a floating-point array or number as a leaf, an integer array untracked."""
    if not isinstance(x, (float, complex)) and not hasattr(x, "dtype"):
        return x
    array = x.detach() if isinstance(x, xg.Array) else xg.asarray(x)
    return xg.asarray(array, requires_grad=True) if array.dtype.kind in "fc" else array


def _parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return [f"x{i + 1}" for i in range(count)]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    return [*names[:count], *(f"{rest}[{i}]" for i in range(count - len(names)))]


def leaf_paths(tree: Any) -> list[str]:
    """Return how to reach each leaf of a pytree from its root: ``[0].W``, ``.layers[1].bias``."""
    if xg.tree.is_leaf_type(tree):
        return [""]
    import optree

    xg.tree.leaves(tree)  # makes its dataclasses known as pytrees
    paths = optree.tree_accessors(tree, namespace="xgrad")
    return ["".join(_entry(e) for e in path) for path in paths]


def _entry(entry: Any) -> str:
    key = entry.entry
    if isinstance(key, str) and key.isidentifier():
        return f".{key}"
    return f"[{key!r}]"


def graph_of(run: Run, merge: bool = True) -> Graph:
    """Return the graph of a watched call, with names and values.

    Args:
        run: the call.
        merge: show a function that is composed of several ops as one step.
    """
    nodes = tape_graph.read(run.result)
    made = run.trace.made
    home = _homes(nodes, made, merge)
    steps: dict[int, Step] = {}
    for node in nodes.steps.values():
        own = home.get(node.id, node.id)
        step = steps.setdefault(own, Step(own, node.op, []))
        step.kept += node.kept
        step.parents += [home.get(p, p) for p in node.parents if home.get(p, p) != own]
        if node.id == own:
            _describe(step, node, made.get(own), home, merge)
            if node.op == "select" and home.get(node.parents[0]) == own:
                step.op = nodes.steps[node.parents[0]].op
        if node.id in made:
            step.seconds += made[node.id].seconds
    for step in steps.values():  # an op of several results, of which several were used
        if step.op == "select" and step.parents[0] not in made:
            steps[step.parents[0]].operands = step.operands
            which = Operand(text=str(nodes.selected[step.id]))
            step.operands = [Operand(step=step.parents[0]), which]
    steps = {s.id: s for s in sorted(steps.values(), key=lambda s: s.id)}
    for step in steps.values():
        step.parents = list(dict.fromkeys(step.parents))
    graph = Graph(steps, home.get(nodes.output, nodes.output), home)
    _give_names(graph, run)
    return graph


def _homes(nodes: Graph, made: dict[int, Made], merge: bool) -> dict[int, int]:
    """Return the step that each node belongs to, where it is not one of its own."""
    home: dict[int, int] = {}
    for serial in nodes.steps if merge else ():  # that of the last node of its call
        if serial in made:
            inside = [s for s in made[serial].call.serials if s in nodes.steps]
            if {nodes.steps[s].op for s in inside} - {"select"} or len(inside) == 1:
                home.update(dict.fromkeys(inside, inside[-1]))
    results: dict[int, list[int]] = {}
    for step in nodes.steps.values():
        if step.op == "select":
            results.setdefault(step.parents[0], []).append(step.id)
    for parent, selected in results.items():
        if len(selected) == 1 or selected[0] in home:
            home[parent] = home.get(selected[0], selected[0])
    return home


def _describe(step: Step, node: Step, made: Made | None, home: dict[int, int], merge: bool) -> None:
    step.op, step.shape, step.dtype, step.value = node.op, node.shape, node.dtype, node.value
    if made is None:
        return
    call = made.call
    alone = len(call.serials) == 1 or not merge
    step.op = made.op if alone or not call.name else call.name
    step.operands = made.operands if alone else [operand_of(x, None) for x in call.args]
    for operand in step.operands:
        if operand.step is not None:
            operand.step = home.get(operand.step, operand.step)
    step.settings = made.settings if alone else {}
    step.shape, step.dtype, step.value = made.shape, made.dtype, made.value
    step.where, step.layer, step.stats = call.where, call.layer, made.stats


def _give_names(graph: Graph, run: Run) -> None:
    """Name the steps by the user's variables; one that is assigned repeatedly gets an index."""
    names = {
        s.id: run.leaves.get(s.id) or run.trace.names.get(s.id, "") for s in graph.steps.values()
    }
    last = graph.steps[graph.output]
    if not names[last.id]:
        names[last.id] = "L" if int(np.prod(last.shape or ())) == 1 else "y"
    uses = Counter(names.values())
    count: dict[str, int] = {}
    for serial, name in names.items():
        if name and serial not in run.leaves and uses[name] > 1:
            count[name] = count.get(name, 0) + 1
            graph.steps[serial].name = f"{name}_{count[name]}"
        else:
            graph.steps[serial].name = name
