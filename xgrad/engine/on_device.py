"""Walks on a device: in one kernel what a rule makes of a cotangent, and where its op ran.

A kernel costs a device's host as much as a whole op costs on NumPy. A partial derivative times a
cotangent, and what a softmax or a norm does to its rows, are several functions of a library; their
record is the text of one kernel, so that no derivative is written twice. A raw walk on a library
that has `kernels` goes by these rules instead of the op's own; a walk that an outer tape watches
does not, since it must see each op.

Where a library has several devices or queues of work, each rule works in the queue of its op, and
cotangents are summed on the device that they are on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from functools import partial
from typing import Any

from ..arrays.array import Array
from ..arrays.node import RULE, SERIAL, Node, Parts, Rule
from ..backends import Backend
from . import handed
from .handed import NAMESPACES, STRONG
from .projection import brought, spread_to

__all__ = ["elsewhere", "is_between", "near", "on_device"]


class _Rules(dict[Rule, Rule]):
    """For each rule the one that stands in its place on a backend, made when it is first met."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend = backend

    def __missing__(self, rule: Rule) -> Rule:
        make = _of_elements if rule.sort == "elements" else _of_rows
        self[rule] = made = make(rule, self.backend) if rule.keeps else rule
        return made


_RULES: dict[Backend, _Rules] = {}


def on_device(path: list[Node], backend: Backend, taped: bool, free: bool) -> list[Node]:
    """Return the nodes of a path with the rules of a device; empty the path if it is to be freed.

    A node that stands for another holds the same, and lives as long as the walk needs it. What an
    outer tape watches is left as it is.
    """
    if taped:
        return path if free else path.copy()
    rules = _RULES.get(backend)
    if rules is None:
        rules = _RULES[backend] = _Rules(backend)
    queues = None if backend.kernels is None else backend.kernels.queues
    spans = queues is not None and is_between(path)
    found = []
    for node in path:
        rule = node[RULE]
        other = rules[rule] if rule.sort else rule
        if queues is not None:
            queue = queues.of(node[SERIAL])
            if queue is not None:
                other = _in(other, partial(_within, queues, queue))
            elif spans:
                other = _in(other, partial(_near, backend))
        found.append(node if other is rule else [node[0], other, *node[2:]])
    if free:
        path.clear()
    return found


def elsewhere(
    backend: Backend, values: dict[int, Any], taped: bool
) -> AbstractContextManager[None] | None:
    """Return the place to which a walk with these cotangents belongs, if it is not here."""
    queues = None if backend.kernels is None else backend.kernels.queues
    if queues is None:
        return None
    x = next(iter(values.values()))
    x = x._raw if taped else x
    return None if queues.is_here(x) else queues.walking(x)


def is_between(path: list[Node]) -> bool:
    """Return whether a path goes from one device to another."""
    return any(node[RULE].name == "to_device" for node in path)


def near(backend: Backend, x: Any) -> AbstractContextManager[None]:
    """Compute on the device of a cotangent."""
    x = next(iter(x.values())) if type(x) is Parts else x
    x = x._raw if type(x) is Array else x
    queues = None if backend.kernels is None else backend.kernels.queues
    known = queues is not None and type(x) in backend.array_types
    return queues.near(x) if queues is not None and known else nullcontext()


def _within(queues: Any, queue: Any, g: Any, f: Callable[..., Any], *args: Any) -> Any:
    with queues.within(queue):
        return f(*args)


def _near(backend: Backend, g: Any, f: Callable[..., Any], *args: Any) -> Any:
    with near(backend, g):
        return f(*args)


def _in(rule: Rule, run: Callable[..., Any]) -> Rule:
    """Return a rule that works where ``run(g, f, *args)`` calls a function."""

    def pull(xp: Any, g: Any, saved: Any) -> Any:
        return run(g, rule.pull, xp, g, saved)

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        return run(g, rule.pull_to, xp, g, saved, fit, times)

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        near = next(t for t in ts if t is not None)
        return run(near, rule.push, xp, ts, saved, fit, times)

    other = _with(rule, pull, pull_to, push)
    if rule.own is not None and rule.own.walks:
        own = other.own = copy(rule.own)
        own.pull = lambda walk, node, xp, g: run(g, rule.own.pull, walk, node, xp, g)
    return other


def _values(rule: Rule, saved: Any) -> tuple[Any, ...]:
    return (saved,) if len(rule.keeps) == 1 else saved


def _saved(rule: Rule, values: tuple[Any, ...]) -> Any:
    return values[0] if len(rule.keeps) == 1 else values


def _of_elements(rule: Rule, backend: Backend) -> Rule:
    """Return the rule of an elementwise op with a kernel for each way through it."""

    def fused(f: Callable[..., Any]) -> Any:
        return handed.fused(f, f"{rule.name}_walk", backend, None, 2)

    def pulled(g: Any, *values: Any) -> Any:
        return rule.pull(NAMESPACES[type(g)], g, _saved(rule, values))

    def pulled_by(is_strong: bool, g: Any, *values: Any) -> Any:
        times = STRONG[type(g)] if is_strong else operator.mul
        return rule.pull_to(NAMESPACES[type(g)], g, _saved(rule, values), None, times)

    def pushed_by(is_strong: bool, count: int, *given: Any) -> Any:
        near = next(t for t in given[:count] if t is not None)
        times = STRONG[type(near)] if is_strong else operator.mul
        xp = NAMESPACES[type(near)]
        return rule.push(xp, given[:count], _saved(rule, given[count:]), None, times)

    plain = fused(pulled)
    pulls = [fused(partial(pulled_by, is_strong)) for is_strong in (False, True)]
    pushes: dict[tuple[bool, int], Any] = {}

    def pull(xp: Any, g: Any, saved: Any) -> Any:
        return plain(g, *_values(rule, saved))

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        cs = pulls[times is not operator.mul](g, *_values(rule, saved))
        return brought(xp, cs, fit[1]) if fit else cs

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        way = times is not operator.mul, len(ts)
        if way not in pushes:
            pushes[way] = fused(partial(pushed_by, *way))
        t = pushes[way](*ts, *_values(rule, saved))
        return spread_to(xp, t, *fit[0]) if fit else t

    return _with(rule, pull, pull_to, push)


def _of_rows(rule: Rule, backend: Backend) -> Rule:
    """Return the rule of an op that may work on rows, with a kernel for its plain ways."""

    def pulled(g: Any, *values: Any) -> Any:
        return rule.pull(NAMESPACES[type(g)], g, _saved(rule, values))

    def pushed(t: Any, *values: Any) -> Any:
        return rule.push(NAMESPACES[type(t)], (t,), _saved(rule, values), None, operator.mul)

    pulls = handed.fused(pulled, f"{rule.name}_pull", backend, ("g", *rule.keeps))
    pushes = handed.fused(pushed, f"{rule.name}_push", backend, ("t", *rule.keeps))

    def pull(xp: Any, g: Any, saved: Any) -> Any:
        return pulls(g, *_values(rule, saved))

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        given = (g, *_values(rule, saved))
        run = None if times is not operator.mul or type(g) is Parts else pulls.found(given)
        if run is None:
            return rule.pull_to(xp, g, saved, fit, times)
        return brought(xp, run(given), fit[1]) if fit else run(given)

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        given = (*ts, *_values(rule, saved))
        run = None if times is not operator.mul or len(ts) > 1 else pushes.found(given)
        if run is None:
            return rule.push(xp, ts, saved, fit, times)
        return spread_to(xp, run(given), *fit[0]) if fit else run(given)

    return _with(rule, pull, pull_to, push)


def _with(rule: Rule, pull: Any, pull_to: Any, push: Any) -> Rule:
    """Return a rule that walks in another way, and is the same in all else."""
    other = copy(rule)
    other.pull, other.pull_to, other.push, other.partial = pull, pull_to, push, None
    return other
