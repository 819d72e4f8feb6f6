"""Recording an elementwise op of one array without parameters: the shortest path.

What can be decided when the op is defined is decided then, by closures; what a call still does is
unwrap, call the backend's function, compare shapes and dtypes once, and make one node. An `Array`
is made by ``new`` and two assignments, a third cheaper than by calling the class.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import COMPLEX, REAL
from ..operands import Op, explain, operands
from ..partials import Partial, applied, is_product, names_of, reader
from ..projection import bring, conj, spread_to
from ..tape import PARENTS, SAVED, Node, Rule, is_recording, next_serial

new = object.__new__
FLOAT64 = np.dtype(np.float64)  # compared by identity first, as the commonest


def unary_call(op: Op, partial: Partial, makes_zeros: bool) -> Callable[..., Any]:
    """Return the function that the user calls, for an elementwise op of one array."""
    names = names_of(partial, 1)
    keeps_x, keeps_out = op.arrays[0] in names, "out" in names
    many = len(names) > 1
    positions = list(range(len(names)))
    read = reader(partial, positions, many)
    pull = applied(partial, positions, many)

    def pull_to(xp: Any, g: Any, saved: Any, fit: Any, times: Any) -> Any:
        if read is None or (times is operator.mul and not fit):
            c = pull(xp, g, saved)
        else:
            c = times(g, conj(xp, read(xp, saved)))
        return bring(xp, c, *fit[1][0]) if fit else c

    def push(xp: Any, ts: Any, saved: Any, fit: Any, times: Any) -> Any:
        if makes_zeros:  # what is clipped stays zero, though its tangent be infinite
            times = xgrad.ops.elementwise.strong_multiply
        if read is None or times is operator.mul:
            t = pull(xp, ts[0], saved)
        else:
            t = times(ts[0], read(xp, saved))
        return spread_to(xp, t, *fit[0]) if fit else t

    def lift(node: Node) -> Any:
        if not many:
            return Array(node[SAVED], node[PARENTS] if keeps_x else node) if names else None
        return tuple(
            Array(value, node if name == "out" else node[PARENTS])
            for name, value in zip(names, node[SAVED], strict=True)
        )

    rule = Rule(op.name, pull, pull_to, push, lift, makes_zeros)
    rule.partial = read if is_product(partial, read) else None
    rule.is_finite, rule.square = read is None, op.square
    raws = op.raws
    out_first = many and names[0] == "out"

    def call(x: Any, /) -> Any:
        if type(x) is not Array:
            if type(x) in raws:
                return raws[type(x)](x)
            (x,) = operands(op, [x])
            return call(x) if type(x) is Array else raws[type(x)](x)
        data = x._data
        kind = type(data)
        try:
            out = raws[kind](data)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not kind:
            out = arrayed(out)
        parent = x._node
        y: Any = new(Array)
        y._data = out
        if parent is None or not is_recording():
            y._node = None
            return y
        saved: Any
        if many:
            saved = (out, data) if out_first else (data, out)
        else:
            saved = data if keeps_x else out if keeps_out else None
        dtype = out.dtype
        if dtype is data.dtype and (dtype is FLOAT64 or dtype in REAL):
            y._node = [next_serial(), rule, parent, saved, None]
        elif dtype in REAL or dtype in COMPLEX:
            fit = ((out.shape, dtype), ((data.shape, data.dtype),))
            y._node = [next_serial(), rule, parent, saved, fit]
        else:
            y._node = None
        return y

    return call


def arrayed(out: Any) -> Any:
    """Return what a raw function gave as an array: NumPy gives scalars for 0-d results."""
    return np.asarray(out) if isinstance(out, np.generic) else out
