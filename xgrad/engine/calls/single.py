"""Calling an op of one array that has parameters, or several results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import Array
from ...arrays.lent import LENT, lend_parts
from ...arrays.node import is_recording, left, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Constant, Kind
from ..operands import call_raw, explain, operands
from ..plain import PASSED, is_odd
from ..projection import Like, like
from .keyed import reading_call
from .results import FLOAT64, arrayed, new, on_tape, packing, parts_on_tape, wrapped


def single_call(op: Op, kind: Kind, view: Any = None) -> Callable[..., Any]:
    """Return the function that the user calls.

    Args:
        op: what the definition says.
        kind: the op's kind, which makes its rules.
        view: ``view(base, new, **parameters)``, the base after a view of it was written to, if the
            result is a view.
    """
    raws, most, count, keywords = op.raws, len(op.rest), len(op.parameters), op.keywords
    records = not isinstance(kind, Constant)
    makers, simple = op.makers, PASSED.issuperset
    rule: Any = kind.rule((0,)) if records else None
    standard, keeps = op.standard, rule.keeps if records else ()
    pack, liked = packing(op, kind, keeps), keeps == (*kind.likes, *op.parameters) != ()
    both = keeps == (op.arrays[0], "out")
    in_order = None if "copy" in op.parameters else op.parameters

    def call(x: Any, /, *rest: Any, **kwargs: Any) -> Any:
        if len(rest) > most or (kwargs and not kwargs.keys() <= keywords):
            op.parse((x, *rest), kwargs)  # raises
        if makers and (rest or kwargs):
            given = (*rest, *kwargs.values())
            if not simple(map(type, given)) and is_odd(given):
                rest, kwargs = op.plain(rest, kwargs)
        if type(x) is not Array:
            if type(x) in raws:
                try:
                    return raws[type(x)](x, *rest, **kwargs)
                except Exception as error:
                    plainer = op.plainer(rest, kwargs)
                    if plainer is None:
                        explain(op, (x,), error)
                        raise
                return raws[type(x)](x, *plainer[0], **plainer[1])
            (x,) = operands(op, [x])
            if type(x) is Array:
                return call(x, *rest, **kwargs)
            return call_raw(op, (x, *rest), kwargs)
        data = x._raw
        cls = type(data)
        plainer = None
        try:
            out = raws[cls](data, *rest, **kwargs)
        except Exception as error:
            plainer = op.plainer(rest, kwargs)  # raises, if it is for one of these
            if plainer is None:
                explain(op, (x,), error)
                raise
        if plainer is not None:
            return call(x, *plainer[0], **plainer[1])
        node = x._node
        if node is None or not records or not is_recording():
            y: Any = Array(out) if type(out) is cls else wrapped(out)
            if node is not None and not records:
                left(op.name, node)
        else:
            parameters = standard
            if [*kwargs] == in_order and not rest:
                parameters = tuple(kwargs.values())
            elif rest or kwargs:
                parameters = op.values(rest, kwargs) if len(rest) < count else rest
            if type(out) is not cls:
                if isinstance(out, (tuple, list)):
                    return parts_on_tape(out, rule, node, pack, [data], parameters, (0,))
                out = arrayed(out)
            y = new(Array)
            y._raw = out
            if liked:
                saved: Any = (tuple.__new__(Like, (data.shape, data.dtype)), *parameters)
            elif both:
                saved = (data, out)
            else:
                saved = pack([data], parameters, out)
            dtype = out.dtype
            same = data.dtype is dtype or data.dtype == dtype
            if kind.fits and same and (dtype is FLOAT64 or dtype in REAL):
                y._node = [next_serial(), rule, node, saved, None]
            else:
                on_tape(y, rule, node, saved, (like(out), (like(data),)))
        if view is not None and getattr(out, "base", out) is not None:
            y._is_view_of(x, call, view, rest, kwargs)
        if LENT and id(data) in LENT:
            lend_parts(out)
        return y

    kind.call = call
    if view and liked and count == most == 1 and not keywords:
        return reading_call(op, kind, view, call)
    return call
