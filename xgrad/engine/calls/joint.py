"""Calling an op of any number of arrays, as those that join arrays are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...arrays.node import is_recording, next_serial
from ...backends import REAL
from ..definition import Op
from ..kinds import Kind
from ..operands import call_raw, explain, operands, same_backend
from ..plain import PASSED, is_odd
from ..projection import Like, like
from .results import arrayed, new, on_tape, wrapped


def joint_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls.

    There is one rule for any number of arrays: it makes a cotangent for each of them, and the walk
    passes over those without a parent.
    """
    raws, keywords, count = op.raws, op.keywords, len(op.parameters)
    rule, simple = kind.rule(()), PASSED.issuperset

    def call(*arrays: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= keywords:
            op.check(kwargs)  # raises
        if not simple(map(type, kwargs.values())) and is_odd(kwargs.values()):
            _, kwargs = op.plain((), kwargs)
        values: list[Any] = []
        nodes: list[Any] = []
        cls = None
        for x in arrays:
            if type(x) is Array:
                data = x._data
                if type(data) is not cls:
                    if cls is not None and not same_backend(cls, type(data)):
                        break
                    cls = cls or type(data)
                values.append(data)
                nodes.append(x._node)
            elif type(x) in SCALARS:
                values.append(x)
                nodes.append(None)
            else:
                break
        if cls is None or len(values) < len(arrays):
            settled = operands(op, list(arrays))
            if any(type(x) is Array for x in settled):
                return call(*settled, **kwargs)
            return call_raw(op, settled, kwargs)
        try:
            out = raws[cls](*values, **kwargs)
        except Exception as error:
            op.plain((), kwargs)  # raises, if it is for one of these
            explain(op, arrays, error)
            raise
        if not any(nodes) or not is_recording():
            return Array(out) if type(out) is cls else wrapped(out)
        y: Any = new(Array)
        y._data = out = out if type(out) is cls else arrayed(out)
        dtype, fits = out.dtype, True
        likes: list[Like | None] = []
        for data in values:
            if type(data) is cls:
                likes.append(tuple.__new__(Like, (data.shape, data.dtype)))
                fits = fits and data.dtype is dtype
            else:
                likes.append(like(data))
        parameters = kwargs.values() if len(kwargs) == count < 2 else op.values((), kwargs)
        saved = (tuple(likes), *parameters)
        if fits and dtype in REAL:
            y._node = [next_serial(), rule, tuple(nodes), saved, None]
            return y
        parents = zip(likes, nodes, strict=True)
        fit = (like(out), tuple([known if node else None for known, node in parents]))
        return on_tape(y, rule, tuple(nodes), saved, fit)

    kind.call = call
    return call
