"""The loop of `scan` as it stands, round by round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xgrad

from .. import tree as trees

__all__ = ["looped", "pair", "stacked"]


def looped(step: Callable[..., Any], carry: Any, xs: Any, count: int) -> tuple[Any, Any]:
    """Run the loop as it stands."""
    found = []
    for t in range(count):
        row = trees.map(lambda x, t=t: x[t], xs) if xs is not None else None
        carry, y = pair(step(carry, row))
        found.append(y)
    return carry, stacked(found)


def pair(out: Any) -> tuple[Any, Any]:
    """Return what a step returned, if it is a pair."""
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(
            f"scan: step returned {out!r:.60}; expected a pair, the next carry and a result"
        )
    return out


def stacked(found: list[Any]) -> Any:
    """Return the results of all rounds as one tree of arrays."""
    first, structure = trees.flatten(found[0])
    columns: list[list[Any]] = [[x] for x in first]
    for y in found[1:]:
        leaves, other = trees.flatten(y)
        if other != structure:
            raise ValueError(
                f"scan: step returned results of the structures {structure} and {other}"
            )
        for column, x in zip(columns, leaves, strict=True):
            column.append(x)
    return structure.unflatten([xgrad.stack([_beside(x) for x in c]) for c in columns])


def _beside(x: Any) -> Any:
    return x if hasattr(x, "shape") and x.shape is not None else xgrad.asarray(x)
