"""The text of a kernel for a group of equations.

A kernel for elements goes over the elements of one shape. A kernel for rows has a block of threads
for each row: each reduction is a pass over the row, which computes anew what it needs of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..program import Equation, Var
from .expressions import NUMBERS, STORED, cast, computed, expression, number
from .groups import FOLDS, is_fold
from .windows import window_of

__all__ = ["Kernel"]

LOAD = {"float16": "from_half({})", "bfloat16": "from_bfloat({})"}
STORE = {"float16": "to_half({})", "bfloat16": "to_bfloat({})"}
STARTS = {"sum": 0, "mean": 0, "var": 0, "prod": 1, "max": -math.inf, "min": math.inf}


class Kernel:
    """A group of equations as the text of one kernel.

    Attributes:
        outs: the variables that it gives values to, whose pointers come first.
        inputs: the variables and constant arrays that it reads.
        strided: for each stride that is passed the number of its operand, and the axis.
        rows: how many rows it reduces; 0 for a kernel for elements.
        count: how many elements it has, or how long a row is.
        body: the text after the name.
        sizes: what the text calls the number of rows and their length, if they are passed last.
    """

    def __init__(
        self,
        group: list[Equation],
        outs: list[Var],
        is_flat: Callable[[Any], bool],
        value_of: Callable[[Any], Any],
        sizes: tuple[str, str] | None = None,
    ) -> None:
        self.group, self.outs, self.is_flat, self.value_of = group, outs, is_flat, value_of
        self.inputs: list[Any] = []
        self.strided: list[tuple[int, int]] = []
        self._known: dict[Any, int] = {}
        self.sizes = sizes
        self.number = {e.outs[0]: k for k, e in enumerate(group)}
        folds = [e for e in group if is_fold(e)]
        if folds:
            self.shape = folds[0].args[0].shape
            self.count, self.rows = self.shape[-1], math.prod(self.shape[:-1])
            lines = self._of_rows()
        else:
            self.shape = group[0].outs[0].shape
            self.count, self.rows = math.prod(self.shape), 0
            lines = self._of_elements()
        self.body = f"({', '.join(self._parameters())}) {{\n" + "\n".join(lines) + "\n}\n"

    def _parameters(self) -> list[str]:
        found = [f"{STORED[v.dtype.name]}* o{k}" for k, v in enumerate(self.outs)]
        found += [
            f"const {STORED[x.dtype.name]}* __restrict__ p{k}" for k, x in enumerate(self.inputs)
        ]
        found += [f"long long s{k}_{axis}" for k, axis in self.strided]
        return found + [f"long long {name}" for name in self.sizes or ()]

    # Reading and writing ---------------------------------------------------------------------

    def _operand(self, x: Any) -> int:
        key = x if isinstance(x, Var) else id(x)
        if key not in self._known:
            self._known[key] = len(self.inputs)
            self.inputs.append(x)
        return self._known[key]

    def _stride(self, k: int, axis: int) -> str:
        if (k, axis) not in self.strided:
            self.strided.append((k, axis))
        return f"s{k}_{axis}"

    def _element(self, x: Any, at: list[str], whole: str, shape: tuple[int, ...]) -> str:
        """Return the element of an array at coordinates of a shape that it is broadcast to."""
        k = self._operand(x)
        name = x.dtype.name
        flat = self.is_flat(x)
        if math.prod(x.shape) == 1:
            text = f"p{k}[0]"
        elif flat and tuple(x.shape) == tuple(shape) and whole:
            text = f"p{k}[{whole}]"
        else:
            own = at[len(at) - len(x.shape) :]
            steps, step = [], 1
            for d in reversed(range(len(x.shape))):
                if x.shape[d] > 1:
                    steps.append(
                        f"{own[d]} * {step}" if flat else f"{own[d]} * {self._stride(k, d)}"
                    )
                step *= x.shape[d]
            text = " + ".join(reversed(steps))
            if flat:
                text = f"p{k}[{text}]"
            else:
                text = f"*(const {STORED[name]}*)((const char*)p{k} + ({text}))"
        return LOAD.get(name, "{}").format(text)

    def _store(self, k: int, v: Var, text: str, at: str) -> str:
        return f"o{k}[{at}] = {STORE.get(v.dtype.name, '{}').format(text)};"

    def _read(self, at: list[str], whole: str, shape: tuple[int, ...]) -> Any:
        """Return what reads an operand where the coordinates are those of an element."""

        def read(x: Any) -> tuple[str, str]:
            if isinstance(x, Var) and x in self.number:
                return f"v{self.number[x]}", computed(x.dtype)
            if not isinstance(x, Var):
                value = self.value_of(x)
                if value is not None:
                    return number(value, computed(x.dtype)), computed(x.dtype)
            return self._element(x, at, whole, shape), computed(x.dtype)

        return read

    def _line(self, e: Equation, at: list[str], whole: str, shape: tuple[int, ...]) -> str:
        """Return the declaration of an equation's element."""
        out = e.outs[0]
        t, name = computed(out.dtype), f"v{self.number[out]}"
        read = self._read(at, whole, shape)
        if e.path == "device.same":
            (x,) = e.args
            if x in self.number:
                return f"const {t} {name} = v{self.number[x]};"
            own = at if whole != "row" else [*at[: len(x.shape)], "0"][: len(x.shape)]
            place = "row" if whole == "row" else ""
            return f"const {t} {name} = {self._element(x, own, place, x.shape)};"
        window = window_of(e)
        if window is None:
            return f"const {t} {name} = {expression(e, read)};"
        x, _, value = e.args
        base = number(x, t) if type(x) in NUMBERS else ""
        if not base:
            text, given = read(x)
            base = cast(text, given, t)
        if type(value) in NUMBERS:
            text = number(value, t)
        else:
            element = self._element(value, window.places(at), "", window.shape)
            text = cast(element, computed(value.dtype), t)
        sign = "+=" if e.name == "index_add" else "="
        return f"{t} {name} = {base}; if ({window.inside(at, shape)}) {name} {sign} {text};"

    # Kernels ---------------------------------------------------------------------------------

    def _coordinates(self, whole: str, shape: tuple[int, ...]) -> list[str]:
        found, inner = [], math.prod(shape)
        for d, n in enumerate(shape):
            inner //= max(n, 1)
            text = f"({whole} / {inner})" if inner > 1 else whole
            found.append("0" if n == 1 else f"({text} % {n})" if d else text)
        return found

    def _of_elements(self) -> list[str]:
        at = self._coordinates("i", self.shape)
        lines = [self._line(e, at, "i", self.shape) for e in self.group]
        lines += [self._store(k, v, f"v{self.number[v]}", "i") for k, v in enumerate(self.outs)]
        index = _index(self.count)
        step = f"i += ({index})blockDim.x * gridDim.x"
        start = f"{index} i = ({index})blockIdx.x * blockDim.x + threadIdx.x"
        return [f" for ({start}; i < {self.count}; {step}) {{", *[f"  {x}" for x in lines], " }"]

    def _of_rows(self) -> list[str]:
        """Return a kernel of which each block has one row at a time."""
        index = "long long" if self.sizes else _index(self.rows * self.count)
        rows, count = self.sizes or (self.rows, self.count)
        left = self.shape[:-1]
        of_row = self._coordinates("row", left)
        whole = "i"
        at = [*of_row, "j"]
        wide = {
            e.outs[0]: e for e in self.group if not is_fold(e) and e.outs[0].shape == self.shape
        }
        lines = [f" for ({index} row = blockIdx.x; row < {rows}; row += gridDim.x) {{"]

        def needed(v: Any) -> list[str]:
            """Return the lines on elements that one of them needs."""
            found: set[Var] = set()
            todo = [v]
            while todo:
                u = todo.pop()
                if u in wide and u not in found:
                    found.add(u)
                    todo += wide[u].inputs()
            return [self._line(e, at, whole, self.shape) for u, e in wide.items() if u in found]

        head = f"for (int j = threadIdx.x; j < {count}; j += blockDim.x) {{"
        place = f"const {index} i = row * ({index}){count} + j;"
        for e in self.group:
            out = e.outs[0]
            t, name = computed(out.dtype), f"v{self.number[out]}"
            if is_fold(e):
                x = e.args[0]
                text, given = self._read(at, whole, self.shape)(x)
                lead = " ".join([head, place, *needed(x)])
                lines += _folded(e, name, cast(text, given, t), lead, count)
            elif out not in wide:
                shape, own = out.shape, of_row
                if len(out.shape) == len(self.shape):
                    own = [*of_row, "0"]
                lines.append("  " + self._line(e, own, "row", shape))
        stores = [
            self._store(k, v, f"v{self.number[v]}", "i")
            for k, v in enumerate(self.outs)
            if v in wide
        ]
        if stores:
            inner = dict.fromkeys(line for v in self.outs if v in wide for line in needed(v))
            ordered = [
                line
                for e in wide.values()
                if (line := self._line(e, at, whole, self.shape)) in inner
            ]
            lines.append("  " + " ".join([head, place, *ordered, *stores, "}"]))
        small = [
            self._store(k, v, f"v{self.number[v]}", "row")
            for k, v in enumerate(self.outs)
            if v not in wide
        ]
        if small:
            lines.append("  if (threadIdx.x == 0) { " + " ".join(small) + " }")
        return [*lines, " }"]


def _folded(e: Equation, name: str, part: str, lead: str, count: int | str) -> list[str]:
    """Return the lines that reduce a row: a pass of each thread, and what the block makes of it."""
    t, fold = computed(e.outs[0].dtype), FOLDS[e.name]
    lines: list[str] = []
    n = f"({t}){count}" if isinstance(count, str) else number(count, t)

    def sweep(a: str, part: str) -> str:
        return f"  {t} {a} = {_start(e.name, t)}; {lead} {a} = {fold}::of({a}, {part}); }}"

    if e.name == "var":
        lines = [sweep(f"b{name}", part), f"  const {t} m{name} = over_block<Sum>(b{name}) / {n};"]
        part = f"({part} - m{name}) * ({part} - m{name})"
        n = _less(count, e.kwargs.get("correction", 0.0), t)
    result = f"over_block<{fold}>(a{name})" + (f" / {n}" if e.name in ("mean", "var") else "")
    return [*lines, sweep(f"a{name}", part), f"  const {t} {name} = {result};"]


def _less(count: int | str, correction: float, t: str) -> str:
    """Return a length less a number, or 0 if that is more."""
    if isinstance(count, str):
        return f"larger(({t}){count} - {number(correction, t)}, ({t})0)"
    return number(max(count - correction, 0.0), t)


def _start(name: str, type_: str) -> str:
    if name in ("max", "min") and type_ not in ("float", "double"):
        info = np.iinfo(_BY_TYPE[type_])
        return number(info.min if name == "max" else info.max, type_)
    return number(STARTS[name], type_)


_BY_TYPE = {t: np.dtype(name) for name, t in STORED.items() if "int" in name}


def _index(count: int) -> str:
    return "int" if count < 2**30 else "long long"
