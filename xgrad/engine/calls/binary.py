"""Calling an op of two arrays without parameters, of which one or both are tracked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.node import RULE, is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Kind
from ..operands import call_raw, explain, operands, same_backend
from ..own import Root, SquaresRoots
from ..projection import like
from .results import FLOAT64, arrayed, new, on_tape

Pack = Callable[[Any, Any, Any], Any]


def _nothing(x1: Any, x2: Any, out: Any) -> Any:
    return None


def _second(x1: Any, x2: Any, out: Any) -> Any:
    return x2


_PACKS: dict[tuple[int, ...], Pack] = {
    (): _nothing,
    (0,): lambda x1, x2, out: x1,
    (1,): _second,
    (2,): lambda x1, x2, out: out,
    (0, 1): lambda x1, x2, out: (x1, x2),
    (0, 2): lambda x1, x2, out: (x1, out),
    (1, 2): lambda x1, x2, out: (x2, out),
    (0, 1, 2): lambda x1, x2, out: (x1, x2, out),
}
"""How to save the first, the second and the result, by which of them a rule names."""


def binary_call(
    op: Op, kind: Kind, axes: int | None = None, other: Any = None
) -> Callable[..., Any]:
    """Return the function that the user calls.

    Args:
        op: what the definition says.
        kind: the op's kind, which makes its rules.
        axes: how many axes each argument must have for cotangents to fit as they are; None for an
            elementwise op, whose arguments must have the shape of the result.
        other: what to call where an argument is neither an `Array` nor a raw array or number
            beside one; by default it settles the operands.
    """
    raws, broadcasts = op.raws, axes is None
    own = kind.own
    of_root = own.of_root if isinstance(own, SquaresRoots) else None
    settle = other or (lambda x1, x2: settled(op, call, x1, x2))
    places = [*op.arrays, "out"]

    def recording_of(*tracked: int) -> tuple[Any, Pack]:
        rule = kind.rule(tracked)
        return rule, _PACKS[tuple(places.index(name) for name in rule.keeps)]

    first, pack_first = recording_of(0)
    second, pack_second = recording_of(1)
    both, pack_both = recording_of(0, 1)

    def call(x1: Any, x2: Any, /) -> Any:
        alone = False  # whether the tracked argument has a number beside it
        if type(x1) is Array:
            d1 = data = x1._data
            n1 = x1._node
            if type(x2) is Array:
                d2 = x2._data
                n2 = x2._node
                if type(d1) is not type(d2) and not same_backend(type(d1), type(d2)):
                    return settle(x1, x2)
            else:
                d2 = x2
                n2 = None
                if type(x2) in SCALARS:
                    alone = True
                elif type(x2) is not type(d1):
                    return settle(x1, x2)
        elif type(x2) is Array:
            d1 = x1
            d2 = data = x2._data
            n1 = None
            n2 = x2._node
            if type(x1) in SCALARS:
                alone = True
            elif type(x1) is not type(d2):
                return settle(x1, x2)
        else:
            return settle(x1, x2)
        cls = type(data)
        try:
            out = raws[cls](d1, d2)
        except Exception as error:
            explain(op, (x1, x2), error)
            raise
        if type(out) is not cls:
            out = arrayed(out)
        y: Any = new(Array)
        y._data = out
        if (n1 is None and n2 is None) or not is_recording():
            y._node = None
            return y
        dtype = out.dtype
        plain = dtype is FLOAT64 or dtype in REAL
        # A cotangent of the result fits an argument of its dtype and shape; else it is brought.
        if n2 is None:
            if (
                plain
                and d1.dtype is dtype
                and (alone or (d1.shape == out.shape if broadcasts else _fit(d1, d2, axes)))
            ):
                saved = (
                    None
                    if pack_first is _nothing
                    else d2
                    if pack_first is _second
                    else pack_first(d1, d2, out)
                )
                y._node = [next_serial(), first, n1, saved, None]
                return y
            rule, pack, parents, likes = first, pack_first, n1, (like(d1),)
        elif n1 is None:
            if (
                plain
                and d2.dtype is dtype
                and (alone or (d2.shape == out.shape if broadcasts else _fit(d1, d2, axes)))
            ):
                y._node = [next_serial(), second, n2, pack_second(d1, d2, out), None]
                return y
            rule, pack, parents, likes = second, pack_second, n2, (like(d2),)
        else:
            if n1 is n2 and of_root is not None and isinstance(n1[RULE].own, Root):
                return of_root(x1)
            rule, pack, parents = both, pack_both, (n1, n2)
            if plain and d1.dtype is dtype and d2.dtype is dtype:
                shape = out.shape
                fits1, fits2 = d1.shape == shape, d2.shape == shape
                if (fits1 and fits2) if broadcasts else _fit(d1, d2, axes):
                    saved = None if pack is _nothing else pack(d1, d2, out)
                    y._node = [next_serial(), rule, parents, saved, None]
                    return y
                fits1, fits2 = fits1 and broadcasts, fits2 and broadcasts
                likes = (None if fits1 else like(d1), None if fits2 else like(d2))
            else:
                likes = (like(d1), like(d2))
        return on_tape(out, rule, parents, pack(d1, d2, out), (like(out), likes))

    kind.call = call
    return call


def settled(op: Op, call: Callable[..., Any], x1: Any, x2: Any) -> Any:
    """Call an op on operands that are two raw arrays, or of two kinds, or nothing that it takes."""
    if type(x1) in op.raws and (type(x2) is type(x1) or type(x2) in SCALARS):
        return call_raw(op, (x1, x2))
    x1, x2 = operands(op, [x1, x2])
    if type(x1) is Array or type(x2) is Array:
        return call(x1, x2)
    return call_raw(op, (x1, x2))


def _fit(d1: Any, d2: Any, axes: int | None) -> bool:
    """Whether neither argument of an op that broadcasts all but `axes` axes has more."""
    return len(d1.shape) == axes == len(d2.shape)
