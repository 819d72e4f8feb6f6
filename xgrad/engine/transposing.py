"""The jvp that a vjp implies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arrays.array import Array
from ..arrays.node import SERIAL, Parts, end, new_leaf, recording
from . import handed
from .projection import Like, zeros
from .walks import cone, pullback


def transposed(pull: Callable[..., Any], ts: tuple[Any, ...], fit: Any) -> Any:
    """Return the jvp that a vjp implies: a vjp is linear in g, and its transpose is the jvp.

    It is recorded in g and pulled back once; the other way round, the vjp as the transpose of a
    jvp, never ends for ``solve``, whose jvp is a solve.
    """
    near = next(t for t in ts if t is not None)
    raw = not isinstance(near, Array)
    lifted = [None if t is None else Array(t) if raw else t for t in ts]
    several = isinstance(fit[0], list)
    likes = fit[0] if several else (fit[0],)
    near = next(t for t in lifted if t is not None)
    leaves = []
    with recording(True):
        for like in likes:
            g = zeros(Like(*like), near)
            leaves.append(Array(g._raw, new_leaf()))
        g = Parts(enumerate(leaves)) if several else leaves[0]
        outputs, seeds = _seeds(pull(handed.namespace, g), lifted)
        path, _ = cone(outputs, [leaf._node for leaf in leaves])
    end([leaf._node for leaf in leaves])
    found = pullback(path, seeds, taped=True)
    result = tuple(
        found[leaf._node[SERIAL]] if leaf._node[SERIAL] in found else zeros(Like(*like), near)
        for leaf, like in zip(leaves, likes, strict=True)
    )
    if raw:
        result = tuple(c._raw for c in result)
    return result if several else result[0]


def _seeds(cs: Any, ts: list[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Return the nodes of the cotangents that a rule gave, and the tangents to pull back there."""
    outputs, seeds = [], dict[int, Any]()
    for c, t in zip(cs if isinstance(cs, (list, tuple)) else (cs,), ts, strict=True):
        if c is not None and t is not None and c._node is not None:
            serial = c._node[SERIAL]
            outputs.append(c._node)
            seeds[serial] = seeds[serial] + t if serial in seeds else t
    return outputs, seeds
