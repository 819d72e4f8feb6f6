"""What NumPy's ``out=`` and ``where=`` come down to."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array
from ..arrays.operators import made_beside


def refuse_out(name: str, target: Any, argument: str = "out=") -> None:
    """Raise if a result cannot be stored here, since its gradient would be dropped."""
    if target is None or isinstance(target, Array):
        return
    kind = "a NumPy array" if isinstance(target, np.ndarray) else f"a {type(target).__name__}"
    raise xgrad.errors.TracedConversionError(
        f"{name}: {argument} is {kind}, which would drop the gradient of the xgrad.Array "
        "operand. Use x = x + y instead of x += y, or make it an xgrad.Array by "
        "xgrad.asarray before it is written to"
    )


def require_target(name: str, target: Any, argument: str) -> None:
    """Raise if what is to be written into is no `Array`."""
    if target is None:
        raise TypeError(f"{name}: {argument} is None; expected an xgrad.Array")
    refuse_out(name, target, argument)


def store(result: Any, target: Array, name: str) -> Array:
    """Write a result into an array in place, and return the array."""
    return target._inplace(xgrad.asarray(result), name)


def stored(result: Array, target: Any, name: str) -> Array:
    """Return a result, written into `target` if there is one."""
    if target is None:
        return result
    refuse_out(name, target)
    return store(result, target, name)


def mask_of(where: Any, like: Any, name: str) -> Any:
    """Return ``where=`` as truth values beside an array, of which NumPy takes no others."""
    if isinstance(where, (list, tuple)):
        where = made_beside(like, where)
    dtype = where.dtype if hasattr(where, "dtype") else np.asarray(where).dtype
    if "bool" not in str(dtype):
        raise TypeError(f"{name}: where is {where!r:.60}; expected an array of truth values")
    if np.ndim(where) > np.ndim(like):
        raise ValueError(
            f"{name}: where has {np.ndim(where)} axes; expected at most {np.ndim(like)}"
        )
    return where


def started(initial: Any, like: Any, name: str) -> Any:
    """Return ``initial=`` as a number beside an array, cast into its dtype as NumPy does."""
    if np.ndim(initial):
        raise ValueError(f"{name}: initial is {initial!r:.60}; expected one number")
    held = initial if isinstance(initial, Array) else np.asarray(initial)
    if held.dtype.kind not in "biufc" or (held.dtype.kind == "c" and like.dtype.kind != "c"):
        raise TypeError(f"{name}: initial is {initial!r:.60}; expected a number for {like.dtype}")
    held = held if held.dtype == like.dtype else held.astype(like.dtype)
    return held if isinstance(held, Array) else held.item()


def order_of(name: str, order: Any, known: str = "CFAK") -> str:
    """Return the letter of an order, ``"C"`` for None, as NumPy reads them."""
    letter = "C" if order is None else str(order).upper()
    if letter not in tuple(known):
        expected = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
        raise ValueError(f"numpy.{name}: order is {order!r}; expected {expected}")
    return letter


def known(name: str, argument: str, value: Any, known: tuple[str, ...]) -> None:
    """Raise if an argument is none of NumPy's words for it; None is its default."""
    if value is not None and value not in known:
        expected = ", ".join(map(repr, known))
        raise ValueError(f"numpy.{name}: {argument} is {value!r:.60}; expected one of {expected}")
