"""A loop as one step of a program: a program of its own, run as often as it goes round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .program import Program
from .replay import Source

__all__ = ["Loop", "use"]


class Loop:
    """The body of a loop as a program, and how often it is run: what a program calls.

    Attributes:
        program: from carry, one row of each sequence, and constants, to carry and rows of results.
        carried, sequences: how many of the inputs are carried, and how many are sequences.
        count: how often it goes round.
        reverse: whether it begins with the last row.
    """

    def __init__(
        self, program: Program, carried: int, sequences: int, count: int, reverse: bool
    ) -> None:
        self.program, self.carried, self.sequences = program, carried, sequences
        self.count, self.reverse = count, reverse
        self.__name__ = f"loop of {len(program)} equations, {count} times"
        self.make: Callable[..., Source] = lambda p, donated, **more: Source(
            p, donated=donated, **more
        )
        self._allocate: Any = None
        self._free: list[Any] = []

    @property
    def numbers(self) -> tuple[Any, ...]:
        """What tells it from another one of the same program."""
        return self.carried, self.sequences, self.count, self.reverse

    def rows(self) -> range:
        """Return the rows in the order in which they are taken."""
        return range(self.count)[:: -1 if self.reverse else 1]

    def stack(self, row: Any) -> Any:
        """Return memory for all rows like this one."""
        backend = self.program.backend
        shape, device = (self.count, *row.shape), backend.device(row)
        return backend.xp.empty(shape, dtype=row.dtype, device=device)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """Run the loop on raw arrays: carry, sequences, constants."""
        return self.resumed(arrays, [], list(arrays[: self.carried]), 0)

    def resumed(
        self, arrays: tuple[Any, ...], stacks: list[Any], carry: list[Any], done: int
    ) -> tuple[Any, ...]:
        """Run the rest of the loop, after so many rounds."""
        k, m = self.carried, self.carried + self.sequences
        sequences, constants = arrays[k:m], arrays[m:]
        if self.is_numpy:
            stacks = stacks or [self._empty(y, self.count) for y in self.program.outputs[k:]]
            ends = [self._empty(x) for x in self.program.outputs[:k]]
            self._into(carry, sequences, constants, ends, stacks, done)
            return (*ends, *stacks)
        getitem, setitem = self.program.backend.getitem, self.program.backend.setitem
        run, _ = self._taken()
        for t in self.rows()[done:]:
            outs = run(*carry, *[getitem(x, (t, ...)) for x in sequences], *constants)
            carry, rows = outs[:k], outs[k:]
            if not stacks and rows:
                stacks = [self.stack(y) for y in rows]
            for i, y in enumerate(rows):
                stacks[i] = setitem(stacks[i], (t, ...), y, False)
        self._free.append((run, []))
        return (*carry, *stacks)

    @property
    def is_numpy(self) -> bool:
        """Whether it runs on NumPy's arrays, so that a round can write where it is told."""
        backend = self.program.backend
        return np.ndarray in backend.array_types and backend.kernels is None

    def into(self, arrays: tuple[Any, ...], outs: tuple[Any, ...]) -> None:
        """Run the loop on arrays of NumPy, and write into others that share no memory with them."""
        k, m = self.carried, self.carried + self.sequences
        self._into(list(arrays[:k]), arrays[k:m], arrays[m:], outs[:k], outs[k:], 0)

    def _into(
        self, carry: list[Any], sequences: Any, constants: Any, ends: Any, stacks: Any, done: int
    ) -> None:
        run, sets = self._taken()
        for t in self.rows()[done:]:
            new = sets[t & 1]  # a round reads what the one before it wrote
            run(
                *carry,
                *[x[t, ...] for x in sequences],
                *constants,
                *new,
                *[y[t, ...] for y in stacks],
            )
            carry = new
        for end, x in zip(ends, carry, strict=True):
            np.copyto(end, x)
        self._free.append((run, sets))

    def _taken(self) -> tuple[Any, list[list[Any]]]:
        """Return what runs a round and memory for two carries; nobody else has them now."""
        if self._allocate is None:
            more = {"into": True} if self.is_numpy else {}
            self._allocate = self.make(self.program, frozenset(), **more).compiled()
        try:
            return self._free.pop()  # type: ignore[no-any-return]
        except IndexError:
            carried = self.program.outputs[: self.carried]
            pairs = range(2) if self.is_numpy else ()
            return self._allocate(), [[self._empty(x) for x in carried] for _ in pairs]

    @staticmethod
    def _empty(like: Any, *count: int) -> Any:
        like = like if hasattr(like, "shape") else np.asarray(like)
        return np.empty((*count, *like.shape), like.dtype)


def use(program: Program, make: Callable[..., Source]) -> None:
    """Let the loops of a program run on an engine."""
    for e in program.equations:
        if isinstance(e.function, Loop):
            use(e.function.program, make)
            e.function.make, e.function._allocate, e.function._free = make, None, []
