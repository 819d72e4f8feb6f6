"""What the values of the first run tell of a program: what shares memory, and how arrays lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import Array
from ..backends import backend_of_type
from .program import Var, walked

__all__ = ["as_raw", "order_of", "shares_of", "symbol_of"]

MAY_SHARE = frozenset("reshape asarray ravel".split())
"""Functions that copy or not, depending on how their argument lies in memory."""


def shares_of(values: list[Any], path: str, args: Any, raws: Any) -> tuple[Var | None, ...]:
    """Return for each result the variable that it shows entries of, as the example values do."""
    found: list[Var | None] = []
    flat, symbols = list(walked(raws)), list(walked(args))
    may = path.rpartition(".")[2] in MAY_SHARE
    for v in values:
        base = None
        for x, symbol in zip(flat, symbols, strict=True):
            shown = may or (isinstance(x, np.ndarray) and np.may_share_memory(v, x))
            if isinstance(symbol, Var) and shown:
                base = symbol
                break
        found.append(base)
    return tuple(found) if any(b is not None for b in found) else ()


def order_of(raw: Any) -> tuple[int, ...] | None:
    """Return the axes of an array of NumPy from the slowest to the fastest; None for C order."""
    if not isinstance(raw, np.ndarray) or raw.ndim < 2 or raw.flags.c_contiguous:
        return None
    strides = [abs(s) for s in raw.strides]
    order = tuple(sorted(range(raw.ndim), key=lambda i: (-strides[i], i)))
    return None if order == tuple(range(raw.ndim)) else order


def as_raw(x: Any) -> Any:
    """Return what a black box gave as a raw array."""
    if isinstance(x, Array):
        x = x._raw
    return x if backend_of_type(type(x)) is not None else np.asarray(x)


def symbol_of(x: Any) -> Any:
    """Return what stands for a value in a program: its variable, or the value itself."""
    var = getattr(x, "var", None)
    if isinstance(var, Var):
        return var
    return getattr(x, "value", x) if hasattr(x, "trace") else x
