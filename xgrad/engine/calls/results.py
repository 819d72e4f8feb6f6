"""From what a backend's function gives to an `Array` with its place on the tape."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from ...arrays.array import Array
from ...arrays.node import Rule, left, next_serial, selected
from ...backends import backend_of_type, is_inexact, lacking
from ...errors import NotDifferentiableError
from ..definition import Op
from ..kinds import Kind
from ..projection import like

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
    if is_inexact(y._raw):
        y._node = [next_serial(), rule, parents, saved, fit]
        return y
    require_numbers(rule.name, y._raw.dtype)
    left(rule.name, parents)
    y._node = None
    return y


def require_numbers(name: str, dtype: Any) -> None:
    """Refuse a result of which a derivative would be dropped without its being constant."""
    if why := lacking(dtype):
        raise NotDifferentiableError(f"{name}: {dtype} has no derivatives{why}")


def parts_on_tape(
    out: Any, rule: Rule, parents: Any, pack: Any, values: Any, parameters: Any, tracked: Any
) -> Any:
    """Return several raw results as arrays on the tape: parts of one node, each with its own."""
    raws = [arrayed(x) for x in out]
    for x in raws:
        if not is_inexact(x):
            require_numbers(rule.name, x.dtype)
    fit = ([like(x) for x in raws], tuple([like(values[i]) for i in tracked]))
    node = [next_serial(), rule, parents, pack(values, parameters, tuple(raws)), fit]
    parts = [Array(x, selected(node, i) if is_inexact(x) else None) for i, x in enumerate(raws)]
    return out._make(parts) if hasattr(out, "_make") else tuple(parts)


def packing(op: Op, kind: Kind, keeps: tuple[str, ...]) -> Callable[..., Any]:
    """Return ``pack(values, parameters, out)``: what a rule names, as a node saves it."""
    if not keeps:
        return lambda values, parameters, out: None
    names, liked = op.arrays, [name in kind.likes for name in op.arrays]
    pick = itemgetter(*[op.sources.index(name) for name in keeps])
    if set(keeps) <= set(names) and not any(liked):
        return lambda values, parameters, out: pick(values)
    if len(keeps) > 1 and keeps == tuple(op.parameters):
        return lambda values, parameters, out: parameters
    if set(keeps) <= set(names) and len(keeps) > 1:
        plan = [(names.index(name), liked[names.index(name)]) for name in keeps]
        return lambda values, parameters, out: tuple(
            [like(values[i]) if as_like else values[i] for i, as_like in plan]
        )
    if "likes" not in keeps and not any(x for n, x in zip(names, liked, strict=True) if n in keeps):
        return lambda values, parameters, out: pick((*values, None, *parameters, out))

    def pack(values: list[Any], parameters: tuple[Any, ...], out: Any) -> Any:
        likes = tuple([like(x) for x in values])
        shown = [y if as_like else x for x, y, as_like in zip(values, likes, liked, strict=True)]
        return pick((*shown, likes, *parameters, out))

    return pack
