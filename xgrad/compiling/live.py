"""Which equations anybody needs, and how often what they give is read."""

from __future__ import annotations

from typing import Any

from .program import Equation, Var, inputs_of

__all__ = ["needed", "readers_of", "users_of"]


def needed(equations: list[Equation], outputs: list[Any]) -> list[Equation]:
    """Return the equations that a result or an effect needs."""
    live = set(inputs_of(outputs))
    kept = []
    for e in reversed(equations):
        if e.effect or any(o in live for o in e.outs):
            live.update(e.inputs())
            kept.append(e)
    return kept[::-1]


def users_of(equations: list[Equation], outputs: list[Any]) -> dict[Var, int]:
    """Return how often each variable is read, by results and by equations that are needed."""
    users: dict[Var, int] = {}
    for v in inputs_of(outputs):
        users[v] = users.get(v, 0) + 1
    for e in needed(equations, outputs):
        for v in e.inputs():
            users[v] = users.get(v, 0) + 1
    return users


def readers_of(equations: list[Equation], outputs: list[Any]) -> dict[Var, set[int]]:
    """Return which equations read a variable, by their numbers; -1 stands for a result."""
    readers: dict[Var, set[int]] = {v: {-1} for v in inputs_of(outputs)}
    for i, e in enumerate(equations):
        for v in e.inputs():
            readers.setdefault(v, set()).add(i)
    return readers
