"""A program of a compiled function, to be looked at."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np

from .buffers import shows
from .program import Equation, Program, Var

__all__ = ["Cost", "Lowered"]


class Cost:
    """What a run of a program takes, estimated from shapes.

    Attributes:
        operations: of floating-point numbers: one for each element of a result, and of what is
            reduced; two for each product in a matrix product.
        bytes_moved: read and written by the equations, one by one.
        bytes_held: of the buffers between calls.
        equations, kernels: how many equations there are, and calls of the library.
    """

    def __init__(self, program: Program, steps: list[list[Equation]], held: int) -> None:
        self.operations = sum(_operations(e) for e in program.equations)
        self.bytes_moved = sum(_moved(e) for e in program.equations)
        self.bytes_held, self.equations = held, len(program)
        self.kernels = sum(1 for step in steps if len(step) > 1 or shows(step[0]) is None)

    def __repr__(self) -> str:
        return (
            f"{self.operations:.3g} operations, {self.bytes_moved:.3g} bytes moved, "
            f"{self.bytes_held:.3g} bytes held, {self.equations} equations, {self.kernels} kernels"
        )


def _operations(e: Equation) -> int:
    if shows(e) is not None or not e.outs:
        return 0
    if e.name in ("matmul", "vecdot"):
        inner = e.args[0].shape[-1] if hasattr(e.args[0], "shape") and e.args[0].shape else 1
        return 2 * inner * e.outs[0].size
    return max([o.size for o in e.outs] + [v.size for v in e.inputs()])


def _moved(e: Equation) -> int:
    if shows(e) is not None:
        return 0
    return sum(_bytes(v) for v in (*e.inputs(), *e.outs))


def _bytes(v: Var) -> int:
    return math.prod(v.shape) * int(getattr(np.dtype(v.dtype), "itemsize", 8))


class Lowered:
    """A program as it was recorded and as it runs; its text is the latter.

    Attributes:
        entry, call: the program in the cache, and the arguments that it was lowered for.
        before: the program as it was recorded.
        after: the program that runs.
        source: the source of what runs it.
        buffers: the number of bytes of each buffer.
        kernels: the equations in the groups that run together.
        cost: what a run takes.
    """

    def __init__(self, entry: Any, call: Any) -> None:
        entry.prepare()
        self.entry, self.call = entry, call
        self.before, self.after = entry.program, entry.plan
        self.source: str = entry.source.text
        self.buffers: list[int] = list(entry.source.memory.sizes)
        self.kernels = entry.source.steps
        self.cost = Cost(self.after, self.kernels, entry.bytes)

    def save(self, path: Any) -> None:
        """Save the program to a file, from which `xgrad.programs.load` loads it.

        Args:
            path: the file, usually named ``.safetensors``.

        Raises:
            TypeError: the program has effects, as random draws have, or calls a black box.
        """
        import_module("xgrad.programs").save(path, self)  # what knows files stands above

    def __repr__(self) -> str:
        head = (
            f"{len(self.before)} equations recorded, {len(self.after)} run, in "
            f"{len(self.buffers)} buffers\n{self.cost}"
        )
        return "\n".join([head, *self.after.lines(most=200)])
