"""Find the layers, or the steps of a loop, that a computation repeats, to show one for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .graph import Graph, Step

__all__ = ["Block", "collapsed"]

LEAST = 4
"""A repetition is collapsed if that hides at least so many steps."""


WIDEST = 4
"""Steps of more arguments, such as the stack of all results, are no part of a repetition."""


@dataclass
class Block:
    """Steps that stand for several repetitions of them.

    Attributes:
        times: how often they are repeated.
        steps: the steps of the repetition that is shown.
    """

    times: int
    steps: list[int] = field(default_factory=list)


def collapsed(graph: Graph) -> tuple[Graph, list[Block]]:
    """Return a graph that shows repeated blocks of steps once, and the blocks in it."""
    blocks: list[Block] = []
    while True:
        found = _best_run(graph, {i for block in blocks for i in block.steps})
        if found is None:
            return graph, blocks
        graph, block = _merged(graph, *found)
        blocks.append(block)


def _best_run(graph: Graph, done: set[int]) -> tuple[int, int, int] | None:
    """Return start, period and count of the repetition that hides the most steps."""
    ops = graph.ops()
    kinds, back, parents = _tokens(graph, ops, done)
    n = len(ops)
    best: tuple[int, int, int] | None = None
    hidden = LEAST - 1
    for period in range(1, min(n // 2, 600) + 1):
        same = kinds[:-period] == kinds[period:]
        if np.count_nonzero(same) <= hidden - period:
            continue
        # an argument is the result of a step equally far back, or the same one in all repetitions
        reads = (back[:-period] == back[period:]) | (parents[:-period] == parents[period:])
        same &= reads.all(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(int)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            count = int(end - start) // period + 1
            if count >= (3 if period < 2 * LEAST else 2) and (count - 1) * period > hidden:
                hidden = (count - 1) * period
                # aligned to the end, where the last repetition is complete
                best = int(end) + period - count * period, period, count
    if best is not None:
        start, period, count = best
        first = [(s.op, s.layer) for s in ops[max(start - period, 0) : start]]
        if first == [(s.op, s.layer) for s in ops[start : start + period]]:
            return start - period, period, count + 1  # it differs only in what it starts from
    return best


def _tokens(graph: Graph, ops: list[Step], done: set[int]) -> tuple[Any, Any, Any]:
    """Return what must agree between two ops for one to repeat the other, as arrays of numbers.

    Returns:
        For each op a number for its kind; for each of its arguments, how many ops before it that
        was made; and which step it is.
    """
    place = {step.id: i for i, step in enumerate(ops)}
    known: dict[Any, int] = {}
    kinds = np.zeros(len(ops), int)
    back, parents = np.zeros((2, len(ops), WIDEST), int)
    for i, step in enumerate(ops):
        is_own = step.id in done or step.id == graph.output or len(step.parents) > WIDEST
        key = step.id if is_own else (step.op, step.layer, len(step.shape or ()), len(step.parents))
        kinds[i] = known.setdefault(key, len(known))
        for k, p in enumerate(step.parents[:WIDEST]):
            if p in place:
                back[i, k], parents[i, k] = i - place[p], p
    return kinds, back, parents


def _merged(graph: Graph, start: int, period: int, count: int) -> tuple[Graph, Block]:
    """Return the graph with the second repetition, a typical one, in the place of all.

    What a repetition reads of the one before becomes an edge that goes back.
    """
    ops = graph.ops()
    shown = ops[start + period : start + 2 * period]
    repeated = ops[start : start + count * period]
    stands_for: dict[int, int] = {}
    for i, step in enumerate(repeated):
        own = shown[i % period]
        if step is own:
            continue
        stands_for[step.id] = own.id
        for a, b in zip(own.parents, step.parents, strict=False):
            x, y = graph.steps[a], graph.steps[b]
            if a != b and x.is_leaf and y.is_leaf and x.shape == y.shape:
                stands_for[b] = a
                x.name = _common(x.name, y.name)
    for i, step in enumerate(repeated):
        own = shown[i % period]
        own.parents += [p for p in step.parents if p not in own.parents]
        own.given |= {p: g for p, g in step.given.items() if p not in own.given}
    steps = {}
    for step in graph.steps.values():
        if step.id not in stands_for:
            step.parents = list(dict.fromkeys(stands_for.get(p, p) for p in step.parents))
            given = step.given.items()
            step.given = {stands_for.get(p, p): g for p, g in reversed(given)}
            for operand in step.operands:
                if operand.step in stands_for:
                    operand.step = stands_for[operand.step]
            steps[step.id] = step
    for step in shown:
        step.name = step.name.rpartition("_")[0] + "_i" if _is_indexed(step.name) else step.name
    home = {k: stands_for.get(v, v) for k, v in graph.home.items()} | stands_for
    return Graph(steps, graph.output, home), Block(count, [step.id for step in shown])


def _is_indexed(name: str) -> bool:
    return name.rpartition("_")[2].isdigit()


def _common(a: str, b: str) -> str:
    """Return what two names share, with an i where they differ: ``W[i]`` of ``W[0]``, ``W[1]``."""
    if a == b:
        return a
    n = min(len(a), len(b))
    start = next((i for i in range(n) if a[i] != b[i]), n)
    end = next((i for i in range(n - start) if a[-1 - i] != b[-1 - i]), n - start)
    return f"{a[:start]}i{a[len(a) - end :]}" if start or end else a
