"""What NumPy's ``out=`` comes down to."""

from __future__ import annotations

from typing import Any

import xgrad

from ..arrays.array import Array


def refuse_out(name: str, target: Any) -> None:
    """Raise if a result cannot be stored here, since its gradient would be dropped."""
    if target is not None and not isinstance(target, Array):
        raise xgrad.errors.TracedConversionError(
            f"{name}: out= is a NumPy array, which would drop the gradient of the xgrad.Array "
            "operand. Use x = x + y instead of x += y, or make it an xgrad.Array by "
            "xgrad.asarray before it is written to"
        )


def store(result: Any, target: Array, name: str) -> Array:
    """Write a result into an array in place, and return the array."""
    return target._inplace(xgrad.asarray(result), name)


def stored(result: Array, target: Any, name: str) -> Array:
    """Return a result, written into `target` if there is one."""
    if target is None:
        return result
    refuse_out(name, target)
    return store(result, target, name)
