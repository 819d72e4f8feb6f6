"""From what a backend's function gives to an `Array` with its place on the tape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays.array import Array
from ...arrays.node import Rule, next_serial, selected
from ...backends import COMPLEX, REAL, backend_of_type, lacking
from ...errors import NotDifferentiableError

new = object.__new__
"""``new(Array)`` and two assignments make an `Array` a third cheaper than calling the class."""

FLOAT64 = np.dtype(np.float64)
"""The commonest dtype, compared by identity before others are looked up."""


def arrayed(out: Any) -> Any:
    """Return what a raw function gave as an array: NumPy gives scalars for 0-d results."""
    return np.asarray(out) if isinstance(out, np.generic) else out


def wrapped(out: Any) -> Any:
    """Return a raw result as an untracked `Array`, a tuple of results as a tuple of them."""
    if isinstance(out, (tuple, list)):
        parts = [wrapped(x) for x in out]
        return out._make(parts) if hasattr(out, "_make") else tuple(parts)
    out = arrayed(out)
    return Array(out) if backend_of_type(type(out)) else out


def on_tape(y: Array, rule: Rule, parents: Any, saved: Any, fit: Any) -> Array:
    """Give a result its node, or none if its dtype has no derivative; return the result."""
    dtype = y._data.dtype
    if dtype in REAL or dtype in COMPLEX:
        y._node = [next_serial(), rule, parents, saved, fit]
        return y
    if why := lacking(dtype):
        raise NotDifferentiableError(f"{rule.name}: {dtype} has no derivatives{why}")
    y._node = None
    return y


def parts_on_tape(parts: list[Any], node: Any) -> list[Array]:
    """Return the several raw results of one node, each with a node of its own."""
    return [
        Array(x, selected(node, i)) if x.dtype in REAL or x.dtype in COMPLEX else Array(x)
        for i, x in enumerate(parts)
    ]
