"""Which equations share a kernel on a device.

Equations on one shape do, and writes to arrays of it. Where rows are reduced, all equations on
those rows do, and on what is left of them: a softmax with its pullback is one kernel.
"""

from __future__ import annotations

from typing import Any

from ..buffers import shows
from ..fusing import grouped
from ..program import Equation
from .expressions import STORED, is_expression, kind
from .windows import window_of

__all__ = ["FOLDS", "MOST", "groups_of", "is_fold", "is_line"]

MOST = 128
"""How many equations a kernel may have: one of 2,248 took NVRTC more than three minutes."""

LONGEST = 16_384
"""How long a row may be that one block of threads reduces."""

FOLDS = {
    "sum": "Sum",
    "mean": "Sum",
    "var": "Sum",
    "prod": "Product",
    "max": "Largest",
    "min": "Smallest",
}
"""Reductions, and what they do with two numbers."""


def is_line(e: Equation) -> bool:
    """Whether an equation can be a line of a kernel, one for each element."""
    return is_expression(e) or window_of(e) is not None


def is_fold(e: Equation) -> bool:
    """Whether an equation reduces the rows of an array, along its last axis."""
    if e.name not in FOLDS or e.effect or not e.args or not hasattr(e.args[0], "shape"):
        return False
    x, out = e.args[0], e.outs[0]
    if not x.shape or not x.size or len(e.args) != 1 or len(x.shape) > 8:
        return False
    names = {getattr(v.dtype, "name", "") for v in (x, out)}
    if not names <= STORED.keys() or e.kwargs.get("dtype") not in (None, out.dtype):
        return False
    if x.dtype != out.dtype or kind(x.dtype) == "b":
        return False
    if e.name not in ("sum", "prod") and kind(x.dtype) == "c":
        return False
    if e.name in ("mean", "var") and kind(x.dtype) != "f":
        return False
    if e.kwargs.keys() - {"axis", "keepdims", "dtype", "correction"} or x.shape[-1] > LONGEST:
        return False
    axis = e.kwargs.get("axis")
    last = (axis,) if type(axis) is int else axis
    return last is not None and tuple(a % len(x.shape) for a in last) == (len(x.shape) - 1,)


VIEWS = frozenset("reshape broadcast_to expand_dims squeeze".split())


def is_row_view(e: Equation, rows: dict[Any, Any]) -> bool:
    """Whether an equation only says anew what is left of rows, or repeats it along them."""
    if e.name not in VIEWS or len(e.inputs()) != 1 or shows(e) is None:
        return False
    (x,), out = e.inputs(), e.outs[0]
    whole = rows.get(out.shape)
    if whole is None or rows.get(x.shape) != whole or x.shape == whole:
        return False
    if getattr(out.dtype, "name", "") not in STORED:
        return False
    return out.shape != whole or x.shape == (*whole[:-1], 1)


def same(e: Equation) -> Equation:
    """Return a view as a line of a kernel, which hands its operand on."""
    return Equation("device.same", e.function, (e.inputs()[0],), {}, e.outs, line=e.line)


def groups_of(equations: list[Equation]) -> list[list[Equation]]:
    """Return the equations in groups that share a kernel, or stand alone."""
    rows: dict[Any, Any] = {}
    for e in equations:
        if is_fold(e):
            whole = e.args[0].shape
            rows.setdefault(whole, whole)
            for left in ((*whole[:-1], 1), whole[:-1]):
                rows.setdefault(left, whole)
    found = grouped(equations, [_kind(e, rows) for e in equations], MOST, 1)
    return [part for group in found for part in _parts(group)]


def _kind(e: Equation, rows: dict[Any, Any]) -> Any:
    if is_row_view(e, rows):
        return ("rows", rows[e.outs[0].shape])
    if shows(e) is not None:
        return None
    if is_fold(e):
        whole = e.args[0].shape
        return ("rows", whole) if rows[whole] == whole else None
    if not is_line(e):
        return None
    shape = e.outs[0].shape
    if shape in rows:
        return ("write", shape) if window_of(e) is not None else ("rows", rows[shape])
    return shape


def _parts(group: list[Equation]) -> list[list[Equation]]:
    """Return a group without reductions as one for each shape, views for themselves."""
    if any(is_fold(e) for e in group):
        return [[same(e) if shows(e) is not None else e for e in group]]
    parts: list[list[Equation]] = []
    for e in group:
        is_view = shows(e) is not None
        last = parts[-1] if parts else []
        fits = last and shows(last[0]) is None and last[0].outs[0].shape == e.outs[0].shape
        if fits and not is_view:
            last.append(e)
        else:
            parts.append([e])
    return parts
