"""Calling an op of any number of arrays, as those that join arrays are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...arrays.array import SCALARS, Array
from ...arrays.node import is_recording, next_serial
from ...backends import REAL, backend_of
from ...names import misspelled
from .. import handed
from ..definition import Op
from ..kinds import Kind
from ..operands import explain, operands
from ..plain import PASSED, is_odd
from ..projection import Like, like
from .results import arrayed, new, on_tape, wrapped


def joint_call(op: Op, kind: Kind) -> Callable[..., Any]:
    """Return the function that the user calls.

    There is one rule for any number of arrays: it makes a cotangent for each of them, and the walk
    passes over those without a parent.
    """
    raws, standard, rule = op.raws, op.standard, kind.rule(())
    simple = PASSED.issuperset

    def call(arrays: Any, /, *more: Any, **kwargs: Any) -> Any:
        parameters = standard
        if more or kwargs:
            if more or not kwargs.keys() <= op.keywords:
                raise misspelled(call, (arrays, *more), kwargs) or TypeError(op.name)
            if not simple(map(type, kwargs.values())) and is_odd(kwargs.values()):
                _, kwargs = op.plain((), kwargs)
            parameters = op.values((), kwargs)
        if type(arrays) is not list and type(arrays) is not tuple and type(arrays) is not Array:
            arrays = list(arrays)  # an iterator can be looped over once
        values: list[Any] = []
        nodes: list[Any] = []
        likes: list[Like] = []
        cls = dtype = None
        for x in arrays:
            data: Any = x._raw if type(x) is Array else None
            if type(data) is not cls or data.dtype is not dtype:
                if cls is not None or data is None:
                    break
                cls, dtype = type(data), data.dtype
            values.append(data)
            nodes.append(x._node)
            likes.append(tuple.__new__(Like, (data.shape, dtype)))
        if cls is None or len(values) < len(arrays):
            arrays = of_one_dtype(op, operands(op, list(arrays)))
            values = [x._raw if isinstance(x, Array) else x for x in arrays]
            nodes = [x._node if isinstance(x, Array) else None for x in arrays]
            cls, dtype = type(values[0]), values[0].dtype
            likes = [tuple.__new__(Like, (data.shape, dtype)) for data in values]
        try:
            out = raws[cls](values, **kwargs)
        except Exception as error:
            op.plain((), kwargs)  # raises, if it is for one of these
            explain(op, arrays, error)
            raise
        if not any(nodes) or not is_recording():
            return wrapped(out) if isinstance(arrays[0], Array) else out
        y: Any = new(Array)
        y._raw = out = out if type(out) is cls else arrayed(out)
        saved = (tuple(likes), *parameters)
        if out.dtype == dtype and dtype in REAL:
            y._node = [next_serial(), rule, tuple(nodes), saved, None]
            return y
        return on_tape(y, rule, tuple(nodes), saved, (like(out), tuple(likes)))

    kind.call = call
    return call


def of_one_dtype(op: Op, arrays: Sequence[Any]) -> Sequence[Any]:
    """Return arrays of one kind in their common dtype; numbers beside them are 0-d arrays."""
    if not arrays:
        raise ValueError(f"{op.name}: got no arrays; expected at least one")
    if not any(type(x) in SCALARS or x.dtype != arrays[0].dtype for x in arrays):
        return arrays
    xp, first = handed.namespace, next(x for x in arrays if type(x) not in SCALARS)
    common = xp.result_type(*arrays)
    raw = first._raw if isinstance(first, Array) else first
    backend = backend_of(raw)

    def made(number: Any) -> Any:
        x = backend.from_numpy(np.asarray(number, common), backend.device(raw))
        return x if raw is first else Array(x)

    return [made(x) if type(x) in SCALARS else xp.astype(x, common, copy=False) for x in arrays]
