"""Products of matrices and sums of columns as rows of the table that compiled code walks.

Between two loop nests stands no call of Python then. A product that is added to an array, as the
gradient of a weight at each step of a loop is, is added by the BLAS as it is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .blas import AS_IT_IS, ROWS, TURNED, addresses
from .live import users_of
from .nests import TYPES
from .program import Equation, Program, Var
from .replay import Source
from .singles import is_plain_product

__all__ = ["Products", "accumulated"]

DEEP = 128
"""How many products an entry that is added to may be the sum of: a BLAS takes more in parts."""


def _sum_with_product(x: Any, a: Any, b: Any) -> Any:
    return np.add(x, np.matmul(a, b))


def accumulated(program: Program) -> Program:
    """Return a program in which a product that is only added to an array is one step with that."""
    if addresses() is None:
        return program
    users = users_of(program.equations, program.outputs)
    made = {
        e.outs[0]: e
        for e in program.equations
        if e.function is np.matmul and users.get(e.outs[0]) == 1 and _is_short(e)
    }
    found: list[Equation] = []
    taken: set[Var] = set()
    for e in program.equations:
        step = _added(e, made) if e.function is np.add and made else None
        if step is not None:
            taken.update(v for v in e.inputs() if v in made and v not in step.inputs())
        found.append(step or e)
    return program.of([e for e in found if not (e.outs and e.outs[0] in taken)])


def _is_short(e: Equation) -> bool:
    return is_plain_product(e) and e.args[0].shape[1] <= DEEP and e.outs[0].order is None


def _added(e: Equation, made: dict[Var, Equation]) -> Equation | None:
    """Return one step for an addition of a product, if that is what an equation is."""
    out = e.outs[0]
    for i in (1, 0):
        product, x = e.args[i], e.args[1 - i]
        inner = made.get(product) if isinstance(product, Var) else None
        if inner is None or not isinstance(x, Var) or x is product or inner.region != e.region:
            continue
        if x.shape == out.shape and x.dtype == out.dtype and out.order is None is x.order:
            args = (x, *inner.args)
            of: Any = "native.product_added", _sum_with_product, args, {}, [out]
            return Equation(*of, line=e.line, region=e.region)
    return None


class Products(Source):
    """What `NativeSource` does with products of matrices, and with sums of columns."""

    def _place(self, x: Any) -> tuple[int, int, tuple[int, ...]]:
        raise NotImplementedError

    def add_row(self, text: str, pointers: list[tuple[int, int]]) -> None:
        """Add a row to those that the next call of C walks."""
        raise NotImplementedError

    def _is_addressed(self, v: Var) -> bool:
        raise NotImplementedError

    def _product(self, e: Equation, given: list[str], f: str) -> None:
        out = e.outs[0]
        lies = self._lies(e.args) if is_plain_product(e) and out.order is None else None
        if lies is None:
            super()._product(e, given, f)
            return
        self.new(out)
        self._gemm(lies, out, e.args[0].shape[1], 0)

    def _accumulate(self, e: Equation, i: int) -> None:
        """Add a product to an array, in its place if nobody reads it again."""
        x, *factors = e.args
        out = e.outs[0]
        lies = self._lies(factors)
        if not self._written_over(e, i):
            self.new(out)
            self._copy_all(out, x)
        if lies is not None and self._is_addressed(out):
            self._gemm(lies, out, factors[0].shape[1], 1)
            return
        name = self.names[out]
        a, b = (self.literal(y) for y in factors)
        self.body.append(f"add({name}, {self.const(np.matmul)}({a}, {b}), {name})")

    def _lies(self, factors: Any) -> list[tuple[Any, int, int]] | None:
        """Return for two matrices the place, whether it is turned, and the length of a row."""
        if addresses() is None:
            return None
        found = []
        for x in factors:
            place = self._place(x)
            (n, m), (s, t), size = x.shape, place[2], x.dtype.itemsize
            if t == size and s >= m * size and not s % size:
                found.append((place, AS_IT_IS, s // size))
            elif s == size and t >= n * size and not t % size:
                found.append((place, TURNED, t // size))
            else:
                return None
        if found[0][0][:2] == found[1][0][:2]:  # a matrix and its transpose: NumPy makes one half
            return None
        return found

    def _gemm(self, lies: list[tuple[Any, int, int]], out: Var, depth: int, keep: int) -> None:
        """Add a row that multiplies, and adds the product to what is there if it is to be kept."""
        (a, turn_a, lda), (b, turn_b, ldb) = lies
        c = self._place(out)
        kind = TYPES[out.dtype]
        n, m = out.shape
        text = (
            f" gemm_{kind}({ROWS}, {turn_a}, {turn_b}, {n}, {m}, {depth}, 1, (const {kind}*)p[0], "
            f"{lda}, (const {kind}*)p[1], {ldb}, {keep}, ({kind}*)p[2], {m});"
        )
        self.add_row(text, [a[:2], b[:2], c[:2]])

    def _reduction(self, e: Equation) -> None:
        """Sum the rows of a matrix one after the other, as NumPy does."""
        x, out = e.args[0], e.outs[0]
        is_sum = e.name == "sum" and len(x.shape) == 2 and e.kwargs.get("axis") in (0, (0,))
        size = x.dtype.itemsize
        if not (is_sum and x.dtype.char in "fd" and x.shape[1] > 1 and out.order is None):
            super()._reduction(e)
            return
        place = self._place(x)
        self.new(out)
        (n, m), (s, t) = x.shape, place[2]
        if t != size or s < m * size or s % size or not self._is_addressed(out) or not n:
            super()._reduction(e)
            return
        kind = TYPES[x.dtype]
        text = (
            f" const {kind}* x = (const {kind}*)p[0];\n {kind}* const y = ({kind}*)p[1];\n"
            f" for (int j = 0; j < {m}; j++) y[j] = ({kind})0 + x[j];\n"
            f" for (int i = 1; i < {n}; i++) {{\n  x += {s // size};\n#pragma omp simd\n"
            f"  for (int j = 0; j < {m}; j++) y[j] += x[j];\n }}"
        )
        self.add_row(text, [place[:2], self._place(out)[:2]])
