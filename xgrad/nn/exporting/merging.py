"""Two programs of one model on batches of two lengths: what differs between them is the batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...compiling.program import Program, Var


class Many(NamedTuple):
    """A whole number that depends on the length of the batch."""

    one: int
    other: int


class Filled(NamedTuple):
    """A constant array of one number, some of whose lengths depend on the batch."""

    shape: tuple[Any, ...]
    value: Any


def merged_programs(program: Program, other: Program | None = None) -> Program:
    """Return a program whose numbers that differ in another one are `Many`, also in shapes."""
    if other is None:
        return program
    if [e.path for e in program.equations] != [e.path for e in other.equations]:
        raise NotImplementedError(
            "to_onnx: what the model does depends on the length of the batch; pass "
            "dynamic_batch=False for a graph of this length alone"
        )
    same: dict[Any, Any] = {}
    for a, b in zip(program.inputs, other.inputs, strict=True):
        _meet(a, b, same)
    for e, f in zip(program.equations, other.equations, strict=True):
        e.args = tuple(_merged(x, y, same) for x, y in zip(e.args, f.args, strict=True))
        e.kwargs = {k: _merged(x, f.kwargs[k], same) for k, x in e.kwargs.items()}
        for a, b in zip(e.outs, f.outs, strict=True):
            _meet(a, b, same)
    return program


def _meet(a: Var, b: Var, same: dict[Any, Any]) -> None:
    """Take note that two variables are the same one, and of what differs in their shapes."""
    same[a] = b
    lengths = zip(a.shape, b.shape, strict=True)
    shape: Any = tuple(n if n == m else Many(n, m) for n, m in lengths)
    a.shape = shape


def _merged(a: Any, b: Any, same: dict[Any, Any]) -> Any:
    """Return what stands for an argument of both programs."""
    if isinstance(a, Var):
        if same.get(a) is not b:
            raise NotImplementedError("to_onnx: the batch decides which arrays are used")
        return a
    if isinstance(a, (tuple, list)):
        parts = [_merged(x, y, same) for x, y in zip(a, b, strict=True)]
        return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)
    if isinstance(a, slice):
        ends = ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))
        return slice(*(_merged(x, y, same) for x, y in ends))
    if isinstance(a, np.ndarray) and a.ndim:
        if a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return a
        if a.size and np.all(a == a.flat[0]) and np.all(b == a.flat[0]):
            lengths = zip(a.shape, b.shape, strict=True)
            return Filled(tuple(n if n == m else Many(n, m) for n, m in lengths), a.flat[0])
    elif isinstance(a, (int, np.integer)) and not isinstance(a, bool) and a != b:
        return Many(int(a), int(b))
    elif a is b or (type(a) is type(b) and bool(np.all(a == b))):
        return a
    raise NotImplementedError(
        f"to_onnx: a constant depends on the length of the batch, {a!r:.40} and {b!r:.40}; pass "
        "dynamic_batch=False for a graph of this length alone"
    )
