"""Calling an op of two arrays without parameters, of which one or both are tracked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...arrays.array import SCALARS, Array
from ...arrays.lent import LENT
from ...arrays.node import LEFT, RULE, is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..guarding import guarded
from ..kinds import Constant, Kind
from ..operands import call_raw, explain, operands, same_backend
from ..own import Root, SquaresRoots
from ..projection import like
from .results import FLOAT64, arrayed, new, on_tape, wrapped

Pack = Callable[[Any, Any, Any], Any]


def _second(x1: Any, x2: Any, out: Any) -> Any:
    return x2


def _both(x1: Any, x2: Any, out: Any) -> Any:
    return x1, x2


_PACKS: dict[tuple[int, ...], Pack | None] = {
    (): None,
    (0,): lambda x1, x2, out: x1,
    (1,): _second,
    (2,): lambda x1, x2, out: out,
    (0, 1): _both,
    (0, 2): lambda x1, x2, out: (x1, out),
    (1, 2): lambda x1, x2, out: (x2, out),
    (0, 1, 2): lambda x1, x2, out: (x1, x2, out),
}
"""How to save the first, the second and the result, by which of them a rule names."""


def binary_call(
    op: Op, kind: Kind, axes: tuple[int, int] | None = None, other: Any = None
) -> Callable[..., Any]:
    """Return the function that the user calls.

    Args:
        op: what the definition says.
        kind: the op's kind, which makes its rules.
        axes: how many axes the arguments must have for cotangents to fit as they are; None for an
            elementwise op, whose arguments must have the shape of the result.
        other: what to call where an argument is neither an `Array` nor a raw array or number
            beside one; by default it settles the operands.
    """
    own, leave = op.name, LEFT.append  # see `arrays.node.left`, without a call more
    raws, broadcasts, records = op.raws, axes is None, not isinstance(kind, Constant)
    of_root = kind.own.of_root if isinstance(kind.own, SquaresRoots) else None
    settle = other or (lambda x1, x2: settled(op, call, x1, x2))
    (first, pack_first), (second, pack_second), (both, pack_both) = (
        _recording(op, kind, tracked) for tracked in ((0,), (1,), (0, 1))
    )

    saves_first = records and op.arrays[0] in second.keeps
    saves_second = records and op.arrays[1] in first.keeps

    def call(x1: Any, x2: Any, /) -> Any:
        alone = False  # whether the tracked argument has a number beside it
        if type(x1) is Array:
            d1 = data = x1._raw
            n1 = x1._node
            if type(x2) is Array:
                d2 = x2._raw
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
            d2 = data = x2._raw
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
            if not records:
                if n1 or n2:
                    leave((own, (n1 or n2)[0]))
                return wrapped(out)
            out = arrayed(out)
        y: Any = new(Array)
        y._raw = out
        if (n1 is None and n2 is None) or not records or not is_recording():
            y._node = None
            if not records and (n1 or n2):
                leave((own, (n1 or n2)[0]))
            return y
        # A cotangent of the result fits an argument of its dtype and shape; else it is brought.
        dtype = out.dtype
        plain = dtype is FLOAT64 or dtype in REAL
        if n2 is None:
            if alone:
                if plain and (d1.dtype is dtype or d1.dtype == dtype):  # most, at once
                    saved = d2 if pack_first is _second else pack_first and pack_first(d1, d2, out)
                    y._node = [next_serial(), first, n1, saved, None]
                    return y
            elif saves_second and (type(x2) is not Array or id(d2) in LENT):
                d2 = guarded(d2)
            rule, pack, parent, given = first, pack_first, n1, d1
        elif n1 is None:
            rule, pack, parent, given = second, pack_second, n2, d2
            if saves_first and not alone and (type(x1) is not Array or id(d1) in LENT):
                d1 = guarded(d1)
        else:
            if n1 is n2 and of_root and type(n1[RULE].own) is Root:
                return of_root(x1)
            saved = (d1, d2) if pack_both is _both else pack_both and pack_both(d1, d2, out)
            same1 = plain and (d1.dtype is dtype or d1.dtype == dtype)
            same2 = plain and (d2.dtype is dtype or d2.dtype == dtype)
            if same1 and same2 and (d1.shape == d2.shape if broadcasts else _fit(d1, d2, axes)):
                y._node = [next_serial(), both, (n1, n2), saved, None]
                return y
            fit1 = None if broadcasts and same1 and d1.shape == out.shape else like(d1)
            fit2 = None if broadcasts and same2 and d2.shape == out.shape else like(d2)
            fit = like(out), (fit1, fit2)
            if plain:
                y._node = [next_serial(), both, (n1, n2), saved, fit]
                return y
            return on_tape(y, both, (n1, n2), saved, fit)
        saved = d2 if pack is _second else pack and pack(d1, d2, out)
        if (
            plain
            and (given.dtype is dtype or given.dtype == dtype)
            and (  # a number beside it changes no shape
                alone or (given.shape == out.shape if broadcasts else _fit(d1, d2, axes))
            )
        ):
            y._node = [next_serial(), rule, parent, saved, None]
            return y
        return on_tape(y, rule, parent, saved, (like(out), (like(given),)))

    kind.call = call
    return call


def _recording(op: Op, kind: Kind, tracked: tuple[int, ...]) -> tuple[Any, Pack | None]:
    """Return the rule for these tracked arguments, and how to save what it names."""
    if isinstance(kind, Constant):
        return None, None
    rule, places = kind.rule(tracked), [*op.arrays, "out"]
    return rule, _PACKS[tuple(places.index(name) for name in rule.keeps)]


def settled(op: Op, call: Callable[..., Any], x1: Any, x2: Any) -> Any:
    """Call an op on operands that are two raw arrays, or of two kinds, or nothing that it takes."""
    if isinstance(x2, np.generic) and type(x1) is Array:  # as many a program's constants are
        return call(x1, np.asarray(x2))
    if isinstance(x1, np.generic) and type(x2) is Array:
        return call(np.asarray(x1), x2)
    if type(x1) in op.raws and (type(x2) is type(x1) or type(x2) in SCALARS):
        return call_raw(op, (x1, x2))
    x1, x2 = operands(op, [x1, x2])
    if type(x1) is Array or type(x2) is Array:
        return call(x1, x2)
    return call_raw(op, (x1, x2))


def _fit(d1: Any, d2: Any, axes: tuple[int, int] | None) -> bool:
    """Whether neither argument of an op that broadcasts all but so many axes has more."""
    return (len(d1.shape), len(d2.shape)) == axes
