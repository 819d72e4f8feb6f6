"""Where the values of a program are kept: which share memory, how long each is needed.

What an op of NumPy can write into gets one of a few fixed buffers, which are used again as soon as
nobody reads what is in them. A *root* is a variable with memory of its own; a view has the root of
what it shows, and counts as a use of it. A result is never in a buffer: it belongs to the caller.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.indexing import is_basic
from .program import Equation, Var, inputs_of

__all__ = ["WRITES", "Memory", "shows"]

Steps = list[list[Equation]]


def shows(e: Equation) -> Var | None:
    """Return the variable whose entries the one result of an equation may show."""
    if e.effect or len(e.outs) != 1:
        return None
    if e.name == "getitem" and isinstance(e.args[0], Var) and _may_show(e.args[1]):
        return e.args[0]
    return e.shares[0] if e.shares else None


NEW = frozenset(
    "sum prod max min mean var std all any where concat stack setitem index_add astype getitem "
    "take take_along_axis sort argsort argmax argmin cumulative_sum cumulative_prod repeat roll "
    "tril triu searchsorted count_nonzero strong_multiply clip sign vecdot tensordot matmul "
    "product_added".split()
)
"""Functions whose results are new arrays, if they are no views by their example values."""


def may_return_its_argument(e: Equation) -> bool:
    """Whether a function may give back an argument itself, for some values if not for others.

    A factorisation with nothing to do may. What it was given is then kept as long as its result.
    """
    is_new = type(e.function) is np.ufunc or e.name in NEW or shows(e) is not None
    return bool(e.outs) and not is_new


def _may_show(key: Any) -> bool:
    """Whether reading at an index may give a view: an index of no axes may be a number then."""
    parts = key if type(key) is tuple else (key,)
    return is_basic(key) or not any(getattr(k, "shape", ()) or type(k) is list for k in parts)


WRITES = frozenset("setitem index_add product_added".split())
"""Functions that write to their first argument, where nobody else reads it."""


class Memory:
    """The plan of the memory of a program.

    Attributes:
        root: the root of each view.
        last: the step in which a root is last read.
        fresh: the roots that results are made in.
        sizes: the number of bytes of each buffer.
        home: the buffer of each variable that is in one now.
    """

    def __init__(self, steps: Steps, inputs: list[Var], outputs: list[Any]) -> None:
        self.steps, self.inputs = steps, set(inputs)
        self.root: dict[Var, Var] = {}
        self.last: dict[Var, int] = {}
        self.sizes: list[int] = []
        self.home: dict[Var, int] = {}
        self._free: dict[int, list[int]] = {}
        for i, step in enumerate(steps):
            for e in step:
                self._follow(e)
                for v in (*e.inputs(), *e.outs):
                    self.last[self.of(v)] = i
        results = inputs_of(outputs)
        for v in results:
            self.last[self.of(v)] = len(steps)
        for step in reversed(steps):
            for e in step:
                if may_return_its_argument(e):
                    end = max(self.last[self.of(v)] for v in e.outs)
                    for v in e.inputs():
                        self.last[self.of(v)] = max(self.last[self.of(v)], end)
        self.fresh = {self.of(v) for v in results} - self.inputs
        self._follow_writes()
        self.ending: dict[int, list[Var]] = {}
        for v, i in self.last.items():
            self.ending.setdefault(i, []).append(v)

    def of(self, v: Var) -> Var:
        """Return the root of a variable."""
        return self.root.get(v, v)

    def _follow(self, e: Equation) -> None:
        if len(e.outs) == 1:
            source = shows(e)
            if source is not None:
                self.root[e.outs[0]] = self.of(source)
        elif e.shares:
            for out, source in zip(e.outs, e.shares, strict=True):
                if source is not None:
                    self.root[out] = self.of(source)

    def _follow_writes(self) -> None:
        """Let what a result is written into be made for it, so that nothing is copied."""
        for i in reversed(range(len(self.steps))):
            e = self.steps[i][-1]
            if e.name not in WRITES or e.outs[0] not in self.fresh:
                continue
            x = e.args[0]
            if self.is_last_use(x, i, e) and x not in self.inputs:
                self.fresh.add(x)

    def is_last_use(self, x: Any, i: int, e: Equation) -> bool:
        """Whether step `i` is the last to need a root, and may write its one result over it."""
        out = e.outs[0]
        return (
            isinstance(x, Var)
            and self.of(x) is x
            and self.last.get(x) == i
            and x.shape == out.shape
            and x.dtype == out.dtype
            and all(y is x or self.of(y) is not x for y in e.inputs())
        )

    def take(self, v: Var, over: Var | None = None) -> int:
        """Return a buffer for a variable: that of `over`, which ends here, a free one, or a new."""
        if over is not None:
            found = self.home.pop(over)
        else:
            free = self._free.get(v.nbytes)
            if free:
                found = free.pop()
            else:
                found = len(self.sizes)
                self.sizes.append(max(v.nbytes, 1))
        self.home[v] = found
        return found

    def end(self, i: int) -> list[int]:
        """Free the buffers that no step after `i` reads, and return them."""
        freed = []
        for v in self.ending.get(i, ()):
            if v in self.home:
                found = self.home.pop(v)
                self._free.setdefault(self.sizes[found], []).append(found)
                freed.append(found)
        return freed

    def part(self, v: Var) -> None:
        """Give a view memory of its own, to be kept as long as that which it showed."""
        end = self.last[self.of(v)]
        self.root.pop(v, None)
        self.last[v] = end
        self.ending.setdefault(end, []).append(v)


def strides_of(v: Var) -> tuple[int, ...] | None:
    """Return the strides of a variable's buffer; None for C order."""
    if v.order is None:
        return None
    strides, step = [0] * len(v.shape), int(np.dtype(v.dtype).itemsize)
    for axis in reversed(v.order):
        strides[axis] = step
        step *= v.shape[axis]
    return tuple(strides)
