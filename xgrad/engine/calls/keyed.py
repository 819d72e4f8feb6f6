"""Calling the ops that read and write at a key, which are in every loop over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.lent import LENT, lend
from ...arrays.node import is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Kind
from ..operands import explain
from ..projection import Like, like
from .general import general_call
from .results import FLOAT64, arrayed, new, on_tape


def reading_call(op: Op, kind: Kind, view: Any, general: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of one array and a key that makes views.

    It takes two thirds of the general way.
    """
    raws, rule = op.raws, kind.rule((0,))

    def call(x: Any, key: Any, /) -> Any:
        if type(x) is not Array:
            return general(x, key)
        data = x._raw
        cls = type(data)
        try:
            out = raws[cls](data, key)
        except Exception as error:
            explain(op, (x,), error)
            raise
        if type(out) is not cls:
            out = arrayed(out)
        y: Any = new(Array)
        y._raw, y._node = out, None
        if x._node is not None and is_recording():
            dtype = out.dtype
            saved = (tuple.__new__(Like, (data.shape, dtype)), key)
            if dtype is FLOAT64 or dtype in REAL:
                y._node = [next_serial(), rule, x._node, saved, None]
            else:
                on_tape(y, rule, x._node, saved, (like(out), (like(data),)))
        if getattr(out, "base", out) is not None:
            y._is_view_of(x, call, view, (key,), {})
            if LENT and id(data) in LENT:
                lend(out)
        return y

    kind.call = call
    return call


def writing_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls, for an op of an array and what is written at a key.

    It takes half of the general way.
    """
    raws, general = op.raws, general_call(op, kind)
    first, second, both = kind.rule((0,)), kind.rule((1,)), kind.rule((0, 1))

    def call(x: Any, value: Any, /, *, key: Any, copy: Any = True) -> Any:
        n2 = None
        raw = value
        if type(value) is Array:
            raw, n2 = value._raw, value._node
        if type(x) is not Array or (
            type(raw) is not type(x._raw) and (type(raw) not in SCALARS or raw is not value)
        ):
            return general(x, value, key=key, copy=copy)
        data, n1 = x._raw, x._node
        try:
            out = raws[type(data)](data, raw, key=key, copy=copy)
        except Exception as error:
            explain(op, (x, value), error)
            raise
        y: Any = new(Array)
        y._raw, y._node = out, None
        if (n1 is None and n2 is None) or not is_recording():
            return y
        into, of = tuple.__new__(Like, (data.shape, data.dtype)), like(raw)
        dtype = out.dtype
        fits = data.dtype == dtype and (dtype is FLOAT64 or dtype in REAL)
        if n2 is not None and n1 is not None:
            fit = (like(out), (None if fits else into, of))
            return on_tape(y, both, (n1, n2), (into, of, key, copy), fit)
        if n2 is not None:
            return on_tape(y, second, n2, (into, key, copy), (like(out), (of,)))
        if fits:
            y._node = [next_serial(), first, n1, (of, key, copy), None]
            return y
        return on_tape(y, first, n1, (of, key, copy), (like(out), (into,)))

    kind.call = call
    return call
