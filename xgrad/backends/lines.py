"""What goes along the last axis or over all pairs of rows, by the standard's functions alone.

Adapters whose library does it in one call give that; the others have these. NaN counts as larger
than every number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

__all__ = [
    "distances",
    "doubled",
    "ranked",
    "recurrence",
    "running_logsumexp",
    "running_max",
    "scanned",
]


def ranked(xp: Any, x: Any, start: int, stop: int, descending: bool) -> Any:
    """Return where the elements of these ranks are, as a stable sort would have put them."""
    return xp.argsort(x, axis=-1, descending=descending, stable=True)[..., start:stop]


def scanned(xp: Any, combine: Callable[[Any, Any], Any], x: Any) -> Any:
    """Return the running result of an associative function, by doubling: log2(n) array calls."""
    step = 1
    while step < x.shape[-1]:
        joined = combine(x[..., :-step], x[..., step:])
        x = xp.concat([x[..., :step], joined], axis=-1)
        step *= 2
    return x


def running_max(xp: Any, x: Any) -> Any:
    """Return the running maximum; NaN stays."""
    return scanned(xp, xp.maximum, x)


def running_logsumexp(xp: Any, x: Any) -> Any:
    """Return the logarithm of the running sum of exponentials."""
    return scanned(xp, xp.logaddexp, x)


def doubled(xp: Any, a: Any, b: Any, times: Callable[[Any, Any], Any] = operator.mul) -> Any:
    """Return y with ``y_i = b_i + a_i y_{i-1}``, by doubling, with a product of one's own."""
    if a.shape != b.shape:
        a, b = xp.broadcast_arrays(a, b)
    step = 1
    while step < b.shape[-1]:
        more = times(b[..., :-step], a[..., step:])
        b = xp.concat([b[..., :step], b[..., step:] + more], axis=-1)
        a = xp.concat([xp.zeros_like(a[..., :step]), a[..., step:] * a[..., :-step]], axis=-1)
        step *= 2
    return b


def recurrence(xp: Any, a: Any, b: Any) -> Any:
    """Return y with ``y_i = b_i + a_i y_{i-1}``; the first `a` has no influence."""
    return doubled(xp, a, b)


def distances(xp: Any, x1: Any, x2: Any) -> Any:
    """Return the Euclidean distance of each row of `x1` to each of `x2`, of their differences."""
    apart = xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)
    return xp.sqrt(xp.sum(apart * apart, axis=-1))
