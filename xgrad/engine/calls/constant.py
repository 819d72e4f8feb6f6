"""Calling an op whose result has no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays.array import SCALARS, Array
from ...backends import backend_of_type
from ..definition import Op
from ..operands import explain, operands
from .results import wrapped


def constant_call(op: Op) -> Callable[..., Any]:
    """Return the function that the user calls, for an op whose result has no derivative."""
    raws, count = op.raws, len(op.arrays)
    simple = 1 <= count <= 2 and not op.variadic and not op.keywords and not op.rest

    def general(*args: Any, **kwargs: Any) -> Any:
        arrays, rest, kwargs = op.parse(args, kwargs)
        arrays = operands(op, arrays)
        values = [x._data if type(x) is Array else x for x in arrays]
        cls = next(type(x) for x in values if backend_of_type(type(x)))
        try:
            out = raws[cls](*values, *rest, **kwargs)
        except Exception as error:
            explain(op, arrays, error)
            raise
        return wrapped(out) if any(type(x) is Array for x in arrays) else out

    if not simple:
        return general

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != count:
            return general(*args, **kwargs)
        x1, x2 = args if count == 2 else (args[0], 0)
        if type(x1) is not Array:
            return general(*args)
        d1, d2 = x1._data, x2
        if type(x2) is Array:
            d2 = x2._data
            if type(d2) is not type(d1):
                return general(*args)
        elif type(x2) not in SCALARS:
            return general(*args)
        try:
            out = raws[type(d1)](d1, d2) if count == 2 else raws[type(d1)](d1)
        except Exception as error:
            explain(op, args, error)
            raise
        return Array(out) if type(out) is type(d1) else wrapped(out)

    return call
