"""A step of a program that is only taken if a NaN came out, and is a program of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.batched import Batch
from ..engine.unused import has_nan
from .branches import Branch
from .helpers import probe
from .program import Program
from .replay import Source

__all__ = ["Mending", "bare", "dressed"]


class Mending(Branch):
    """What takes the place of results that have a NaN: what a program calls.

    Attributes:
        program: from what it reads to what takes their place.
        count: how many results are looked at; they are given before what the program reads.
    """

    def __init__(self, program: Program, count: int) -> None:
        super().__init__(program, Source)
        self.count = count
        self.__name__ = f"if a NaN came out, {len(program)} equations"
        self._look: Callable[[Any], bool] = (
            _has_nan if np.ndarray in program.backend.array_types else has_nan
        )

    @property
    def numbers(self) -> tuple[Any, ...]:
        """What tells it from another one of the same program."""
        return (self.count,)

    def __call__(self, *arrays: Any) -> Any:
        """Return the results themselves, or what the program gives instead."""
        found: Any = arrays[: self.count]
        if self._look(found):
            found = self.run(*arrays[self.count :])
        return found[0] if self.count == 1 else tuple(found)


def _has_nan(found: tuple[Any, ...]) -> bool:
    """Whether arrays of NumPy have a NaN, by the shortest way."""
    for x in found:
        total = probe(x)
        if total != total:  # noqa: PLR0124 - true for NaN alone
            return True
    return False


def bare(x: Any) -> Any:
    """Return the array that a batch, or a batch of batches, is made of."""
    return bare(x.data) if isinstance(x, Batch) else x


def dressed(like: Any, x: Any) -> Any:
    """Return an array as such a batch, or batch of batches, as `like` is."""
    return like.of(dressed(like.data, x)) if isinstance(like, Batch) else x
