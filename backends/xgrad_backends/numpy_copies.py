"""Copies of NumPy's arrays that a tape keeps for a while, in memory that is used again.

Memory that the system hands out anew takes longer to be touched first than to be written to; and
a tape's copies are many, of a few sizes, and gone when its walk is over. A view keeps the copy that
it shows, so the memory of a copy is free when that is gone.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

_LEAST = (1 << 16) + 1
"""From how many bytes on a copy is made in such memory; less of it is always at hand."""
_MOST = 1 << 20
"""How many bytes of one size are kept for later."""
_SIZES = 8
"""Of how many sizes."""


class _Loan(weakref.ref[Any]):
    """A reference to a copy, which knows its memory."""

    __slots__ = ("memory",)

    memory: bytearray


class _Memory:
    """Memory that is free, by its size, and the loans of what is not."""

    def __init__(self) -> None:
        self.free: dict[int, list[bytearray]] = {}
        self.lent: dict[int, _Loan] = {}

    def copied(self, x: Any) -> Any:
        """Return a copy in a buffer that is its own while it, or a view of it, lives."""
        n = x.nbytes
        if n < _LEAST or n > _MOST or x.dtype.hasobject:
            return x.copy()
        try:
            memory = self.free[n].pop()
        except LookupError:
            memory = bytearray(n)
        y: Any = np.ndarray(x.shape, x.dtype, memory)
        y[...] = x
        loan = _Loan(y, self.back)
        loan.memory = memory
        self.lent[id(loan)] = loan
        return y

    def back(self, loan: Any, most: int = _MOST, sizes: int = _SIZES) -> None:
        """Take the memory of a copy that is gone."""
        memory = self.lent.pop(id(loan)).memory
        at_hand = self.free.get(len(memory))
        if at_hand is None:
            if len(self.free) >= sizes:
                self.free.clear()
            at_hand = self.free[len(memory)] = []
        if len(memory) * (len(at_hand) + 1) <= most:
            at_hand.append(memory)


copied = _Memory().copied
