"""Buffers that are lent: arrays of xgrad that share one with a caller, who may refill it.

Few arrays do, and what an op gives never does. So they are known by the identity of their raw array
while that is alive, and an op asks only when it saves the value of a constant.
"""

from __future__ import annotations

import weakref
from typing import Any

from ..backends import Raw, backend_of

LENT: dict[int, weakref.ref[Any]] = {}
"""The raw arrays that share a buffer with a caller, by `id`."""


def lend(x: Raw) -> None:
    """Note that a raw array shares its buffer with somebody who may write to it."""
    key = id(x)
    if key in LENT or not backend_of(x).mutable:
        return
    try:
        LENT[key] = weakref.ref(x, lambda _: LENT.pop(key, None))
    except TypeError:  # an adapter's class without weak references: as it was said, by request
        return


def lend_parts(out: Any) -> None:
    """Note it of what an op gave for such an array, or of each of its results, if it may share."""
    for y in out if isinstance(out, (tuple, list)) else (out,):
        raw = getattr(y, "_raw", y)
        if getattr(raw, "base", raw) is not None:
            lend(raw)
