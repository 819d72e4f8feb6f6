"""Saved values as arrays: for a walk that an outer tape watches, its nodes' values are lifted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arrays.array import SCALARS, Array
from ..arrays.node import PARENTS, SAVED, Node, selected
from ..backends import backend_of_type


def lifting(origins: list[int | str]) -> Callable[[Node], Any]:
    """Return ``lift(node)``: its saved values, the arrays among them on the outer tape."""

    def lifted(node: Node, origin: int | str, value: Any) -> Any:
        if origin == "parameter" or value is None or type(value) in SCALARS:
            return value
        if origin == "constant":
            return Array(value)
        if origin != "out":
            parents = node[PARENTS]
            return Array(value, parents if type(parents) is list else parents[origin])
        if type(value) is tuple:
            return tuple(Array(part, selected(node, i)) for i, part in enumerate(value))
        return Array(value, node)

    if len(origins) == 1:
        return lambda node: lifted(node, origins[0], node[SAVED])
    return lambda node: tuple(
        [lifted(node, o, v) for o, v in zip(origins, node[SAVED] or (), strict=True)]
    )


def as_arrays(saved: Any) -> Any:
    """Return saved values with raw arrays as `Array`, for a rule that is about to be recorded."""
    if type(saved) is tuple:
        return tuple(as_arrays(value) for value in saved)
    return Array(saved) if backend_of_type(type(saved)) is not None else saved
