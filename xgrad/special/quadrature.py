"""Integrals of smooth functions, by Gauss-Legendre rules (DLMF 3.5.v).

A derivative that has no closed form is often an integral, and a rule of some thirty nodes gives all
its digits. The nodes are an axis of their own, so that a small array costs a few calls and not
thirty times as many; of a large array they are taken one after another, which saves memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import XP, backend_of, is_recorded, under
from ..engine.unused import waited
from ..ops.beside import placed

ON_HOST, ON_DEVICE = 2**12, 2**20
"""How many elements an array of several nodes has at most, where calls are cheap and where not."""


@cache
def _rule(n: int) -> list[tuple[float, float]]:
    """Return the nodes and weights of the Gauss-Legendre rule on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return [(float(0.5 + 0.5 * x), float(0.5 * w)) for x, w in zip(nodes, weights, strict=True)]


def integral(xp: XP, n: int, like: Any, integrand: Callable[[Any], Any]) -> Any:
    """Return the integral of a function over [0, 1], element by element.

    Args:
        xp: the namespace.
        n: the number of nodes.
        like: an array of the integrand's shape, library and device.
        integrand: takes a node, or an array of nodes on an axis before those of `like`.

    Returns:
        An array of the shape of `like`, with derivatives in all that the integrand holds.
    """
    together = _together(like)
    rule = _rule(n)
    total: Any = 0.0
    if together < 2:
        for node, weight in rule:
            total = total + weight * integrand(node)
        return total
    ones = (1,) * len(like.shape)
    for i in range(0, n, together):
        nodes, weights = (
            xp.reshape(placed(like, column), (len(column), *ones))
            for column in map(list, zip(*rule[i : i + together], strict=True))
        )
        # one by one, so that the bits are the same however many are taken at once
        for part in xp.unstack(weights * integrand(nodes), axis=0):
            total = total + part
    return total


def _together(like: Any) -> int:
    """Return how many nodes are taken at once; one by one in what becomes a kernel of a device."""
    raw = under(like._raw if isinstance(like, Array) else like)
    if is_recorded(raw):
        most = ON_HOST if waited(raw) else 0
    else:
        most = ON_HOST if backend_of(raw).on_host(raw) else ON_DEVICE
    size = math.prod(raw.shape)
    return 1 if math.isnan(size) else most // max(int(size), 1)
