"""Writes to parts of arrays, as what each element of the result is made of."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..program import Equation, Var
from .expressions import NUMBERS, STORED, kind

__all__ = ["Window", "window_of"]


class Window(NamedTuple):
    """The part of an array that a write goes to.

    Attributes:
        conditions: for each axis of the array first, end and step of what is written to.
        axes: the axes that the value has.
        shape: of the part.
    """

    conditions: list[tuple[int, int, int]]
    axes: list[int]
    shape: tuple[int, ...]

    def inside(self, at: list[str], shape: tuple[int, ...]) -> str:
        """Return whether an element is in the part, given the text of its coordinates."""
        tests = []
        for c, n, (first, end, step) in zip(at, shape, self.conditions, strict=True):
            if first:
                tests.append(f"{c} >= {first}")
            if end < n:
                tests.append(f"{c} < {end}")
            if step > 1:
                tests.append(f"({c} - {first}) % {step} == 0")
        return " && ".join(tests) or "true"

    def places(self, at: list[str]) -> list[str]:
        """Return the coordinates in the value, of the element with these coordinates."""
        found = []
        for d in self.axes:
            first, _, step = self.conditions[d]
            text = f"({at[d]} - {first})" if first else at[d]
            found.append(f"({text} / {step})" if step > 1 else text)
        return found


def window_of(e: Equation) -> Window | None:
    """Return the part that an equation writes to, if it is one that a kernel can tell."""
    if e.name not in ("setitem", "index_add") or len(e.args) != 3 or e.kwargs or e.effect:
        return None
    x, key, value = e.args
    out = e.outs[0]
    if getattr(out.dtype, "name", "") not in STORED or not out.size or not hasattr(x, "shape"):
        return None
    if hasattr(value, "dtype"):
        same = getattr(value.dtype, "name", "") in STORED and kind(value.dtype) == kind(out.dtype)
        if not same or not isinstance(value, Var):
            return None
    elif type(value) not in NUMBERS:
        return None
    parts = list(key) if type(key) is tuple else [key]
    if any(type(k) not in (int, slice, type(...)) for k in parts):
        return None
    if ... in parts:
        i = parts.index(...)
        parts[i : i + 1] = [slice(None)] * (len(out.shape) - len(parts) + 1)
    parts += [slice(None)] * (len(out.shape) - len(parts))
    conditions, axes, shape = [], [], []
    for d, (k, n) in enumerate(zip(parts, out.shape, strict=True)):
        if type(k) is int:
            k %= n  # noqa: PLW2901 - counted from the front
            conditions.append((k, k + 1, 1))
            continue
        if any(type(p) not in (int, type(None)) for p in (k.start, k.stop, k.step)):
            return None
        first, end, step = k.indices(n)
        count = len(range(first, end, step))
        if step < 1 or not count:
            return None
        conditions.append((first, first + step * (count - 1) + 1, step))
        axes.append(d)
        shape.append(count)
    if hasattr(value, "shape") and len(value.shape) > len(shape):
        return None
    if math.prod(shape) == out.size:
        return None  # all of it: nothing to gain, and its value may be of the same kernel
    return Window(conditions, axes, tuple(shape))
