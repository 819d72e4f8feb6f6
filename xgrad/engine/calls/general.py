"""Calling an op of several arrays, with parameters or several results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.lent import LENT
from ...arrays.node import is_recording, left, next_serial
from ...backends import REAL
from ..definition import Op
from ..guarding import guarded
from ..kinds import Constant, Kind
from ..operands import call_raw, explain, operands, same_backend
from ..plain import PASSED, is_odd
from ..projection import like
from .results import arrayed, new, on_tape, packing, parts_on_tape, wrapped


def general_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls."""
    raws, count = op.raws, len(op.arrays)
    keywords = op.keywords.difference(op.arrays, op.rest)
    records = not isinstance(kind, Constant)
    makers, simple = op.makers, PASSED.issuperset
    recordings: dict[int, Any] = {}

    def call(*args: Any, **kwargs: Any) -> Any:
        arrays: Any = args
        rest: Any = ()
        if len(args) != count or (kwargs and not kwargs.keys() <= keywords):
            arrays, rest, kwargs = op.parse(args, kwargs)
        if makers and (rest or kwargs):
            given = (*rest, *kwargs.values())
            if not simple(map(type, given)) and is_odd(given):
                rest, kwargs = op.plain(rest, kwargs)
        values: list[Any] = []
        nodes: list[Any] = []
        mask, bit, cls = 0, 1, None
        for x in arrays:
            if type(x) is Array:
                data = x._raw
                if cls is not type(data):
                    if cls is not None and not same_backend(cls, type(data)):
                        break
                    cls = cls or type(data)
                values.append(data)
                if x._node is not None:
                    nodes.append(x._node)
                    mask += bit
            elif type(x) in SCALARS or x is None:
                values.append(x)
            else:
                break
            bit += bit
        if cls is None or len(values) != len(arrays):
            arrays = operands(op, list(arrays))
            if any(type(x) is Array for x in arrays):
                return call(*arrays, *rest, **kwargs)
            return call_raw(op, (*arrays, *rest), kwargs)
        plainer = None
        try:
            out = raws[cls](*values, *rest, **kwargs)
        except Exception as error:
            plainer = op.plainer(rest, kwargs)  # raises, if it is for one of these
            if plainer is None:
                explain(op, arrays, error)
                raise
        if plainer is not None:
            return call(*arrays, *plainer[0], **plainer[1])
        if not mask or not records or not is_recording():
            if mask and not records:
                left(op.name, nodes)
            return Array(out) if type(out) is cls else wrapped(out)
        if mask not in recordings:
            tracked = tuple(i for i in range(len(values)) if mask >> i & 1)
            rule = kind.rule(tracked)
            recordings[mask] = rule, tracked, packing(op, kind, rule.keeps)
        rule, tracked, pack = recordings[mask]
        if LENT and len(nodes) < len(values):  # a constant may share a buffer of its owner's
            values = [
                guarded(v) if id(v) in LENT and not mask >> i & 1 else v
                for i, v in enumerate(values)
            ]
        parents = nodes[0] if len(nodes) == 1 else tuple(nodes)
        parameters = op.values(rest, kwargs) if rest or kwargs else op.standard
        if type(out) is not cls:
            if isinstance(out, (tuple, list)):
                return parts_on_tape(out, rule, parents, pack, values, parameters, tracked)
            out = arrayed(out)
        y: Any = new(Array)
        y._raw = out
        saved, dtype, shape = pack(values, parameters, out), out.dtype, out.shape
        if kind.fits and dtype in REAL:
            for i in tracked:
                data = values[i]
                if data.dtype != dtype or data.shape != shape:
                    break
            else:
                y._node = [next_serial(), rule, parents, saved, None]
                return y
        fit = (like(out), tuple([like(values[i]) for i in tracked]))
        return on_tape(y, rule, parents, saved, fit)

    kind.call = call
    return call
