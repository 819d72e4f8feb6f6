"""Calling an elementwise op of one array without parameters: the shortest path.

What can be decided when the op is defined is decided then, by closures; what a call still does is
unwrap, call the backend's function, compare dtypes once, and make one node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import Array
from ...arrays.node import LEFT, is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Constant, Kind
from ..operands import call_raw, explain, operands
from ..projection import like
from .results import FLOAT64, arrayed, new, on_tape, wrapped


def unary_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls."""
    raws, (name,), records = op.raws, op.arrays, not isinstance(kind, Constant)
    rule: Any = kind.rule((0,)) if records else None
    keeps = rule.keeps if records else ()
    own, leave = op.name, LEFT.append  # see `arrays.node.left`, without a call more
    both, only_x, only_out = keeps == (name, "out"), keeps == (name,), keeps == ("out",)

    def call(x: Any, /) -> Any:
        if type(x) is not Array:
            if type(x) in raws:
                try:
                    return raws[type(x)](x)
                except Exception as error:
                    explain(op, (x,), error)
                    raise
            (x,) = operands(op, [x])
            return call(x) if type(x) is Array else call_raw(op, (x,))
        data = x._raw
        cls = type(data)
        try:
            out = raws[cls](data)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not cls:
            if not records:
                if x._node is not None:
                    leave((own, x._node[0]))
                return wrapped(out)
            out = arrayed(out)
        parent = x._node
        y: Any = new(Array)
        y._raw = out
        if parent is None or not records or not is_recording():
            y._node = None
            if parent is not None and not records:
                leave((own, parent[0]))
            return y
        saved: Any = data if only_x else out if only_out else (data, out) if both else None
        dtype = out.dtype
        same = dtype is data.dtype or dtype == data.dtype  # of unpickled arrays another object
        if same and (dtype is FLOAT64 or dtype in REAL):
            y._node = [next_serial(), rule, parent, saved, None]
            return y
        return on_tape(y, rule, parent, saved, (like(out), (like(data),)))

    kind.call = call
    return call
