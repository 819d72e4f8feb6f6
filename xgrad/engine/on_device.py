"""Walks on a device: what a rule makes of a cotangent or tangent is one kernel, if it can be.

A kernel costs a device's host as much as a whole op costs on NumPy. A partial derivative times a
cotangent, and what a softmax or a norm does to its rows, are several functions of a library; their
record is the text of one kernel, so that no derivative is written twice. A raw walk on a library
that has `kernels` goes by these rules instead of the op's own; a walk that an outer tape watches
does not, since it must see each op.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

from ..arrays.node import RULE, Node, Parts, Rule
from ..backends import Backend
from . import handed
from .handed import NAMESPACES, STRONG
from .projection import brought, spread_to

__all__ = ["walked"]


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


def walked(path: list[Node], backend: Backend, free: bool) -> list[Node]:
    """Return the nodes of a path with the rules of a device; empty the path if it is to be freed.

    A node that stands for another holds the same, and lives as long as the walk needs it.
    """
    rules = _RULES.get(backend)
    if rules is None:
        rules = _RULES[backend] = _Rules(backend)
    found = []
    for node in path:
        rule = node[RULE]
        other = rules[rule] if rule.sort else rule
        found.append(node if other is rule else [node[0], other, *node[2:]])
    if free:
        path.clear()
    return found


def _values(rule: Rule, saved: Any) -> tuple[Any, ...]:
    return (saved,) if len(rule.keeps) == 1 else saved  # type: ignore[no-any-return]


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
