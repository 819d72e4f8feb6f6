"""Calling an elementwise op of one array without parameters: the shortest path.

What can be decided when the op is defined is decided then, by closures; what a call still does is
unwrap, call the backend's function, compare dtypes once, and make one node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import Array
from ...arrays.node import is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Constant, Kind
from ..operands import explain, operands
from ..projection import like
from .results import FLOAT64, arrayed, new, on_tape, wrapped


def unary_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls."""
    raws, (name,), records = op.raws, op.arrays, not isinstance(kind, Constant)
    rule: Any = kind.rule((0,)) if records else None
    keeps = rule.keeps if records else ()
    both, only_x, only_out = keeps == (name, "out"), keeps == (name,), keeps == ("out",)

    def call(x: Any, /) -> Any:
        if type(x) is not Array:
            if type(x) in raws:
                return raws[type(x)](x)
            (x,) = operands(op, [x])
            return call(x) if type(x) is Array else raws[type(x)](x)
        data = x._data
        cls = type(data)
        try:
            out = raws[cls](data)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not cls:
            if not records:
                return wrapped(out)
            out = arrayed(out)
        parent = x._node
        y: Any = new(Array)
        y._data = out
        if parent is None or not records or not is_recording():
            y._node = None
            return y
        saved: Any = data if only_x else out if only_out else (data, out) if both else None
        dtype = out.dtype
        if dtype is data.dtype and (dtype is FLOAT64 or dtype in REAL):
            y._node = [next_serial(), rule, parent, saved, None]
            return y
        return on_tape(y, rule, parent, saved, (like(out), (like(data),)))

    kind.call = call
    return call
