"""Where the entries of a sparse matrix are, and the two products that all derivatives are made of.

``A @ x`` is linear in the entries and in `x`. Its derivative by the entries reads off the outer
product of two dense arrays where the matrix has entries (`sampled`), and the derivative of that is
a product with the matrix again.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ...arrays.array import Array
from ...backends import backend_of, is_recorded
from ...backends.batched import Batch
from ...engine.op import multilinear
from ...engine.projection import conj
from ...ops.sparse import times_matrix

__all__ = ["Pattern", "product", "sampled"]


class Pattern:
    """Where the entries of a sparse matrix are, in the order of its ``data``.

    Args:
        rows: the row of each entry.
        cols: its column.
        shape: that of the matrix.
        form: SciPy's name of the format, as ``"csr"``.
    """

    def __init__(self, rows: Any, cols: Any, shape: tuple[int, int], form: str = "coo") -> None:
        self.shape, self.form = (int(shape[0]), int(shape[1])), form
        rows, cols = np.asarray(rows), np.asarray(cols)
        small = max(*self.shape, len(rows)) < 2**31  # SciPy's graphs take no others
        self.rows, self.cols = (
            x.astype(np.int32 if small else np.int64, copy=False) for x in (rows, cols)
        )
        self._there: dict[Any, Any] = {}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Pattern)
            and (self.shape, self.form) == (other.shape, other.form)
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.cols, other.cols)
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.form, len(self.rows)))

    def __repr__(self) -> str:
        return f"Pattern({self.form}, {self.shape}, {len(self.rows)} entries)"

    @cached_property
    def T(self) -> Pattern:  # noqa: N802 - SciPy's name
        """The pattern of the transposed matrix, with the entries in the same order."""
        turned = {"csr": "csc", "csc": "csr"}.get(self.form, self.form)
        made = Pattern(self.cols, self.rows, self.shape[::-1], turned)
        made.__dict__["T"] = self
        return made

    @cached_property
    def compressed(self) -> tuple[Any, Any, Any]:
        """The order of the entries by rows, and column indices and row pointers in it."""
        order = np.lexsort((self.cols, self.rows))
        ends = np.cumsum(np.bincount(self.rows, minlength=self.shape[0]))
        pointers = np.concatenate([[0], ends]).astype(self.cols.dtype)
        is_sorted = np.array_equal(order, np.arange(len(order)))
        return None if is_sorted else order, self.cols[order], pointers

    def on(self, x: Any, name: str) -> Any:
        """Return an integer array of this pattern where a raw array is, the same in all of many."""
        while isinstance(x, Batch):
            x = x.data
        backend = backend_of(x)
        device = backend.device(x)
        key = name, backend.name, str(device)
        if key not in self._there:
            value = self.compressed[int(name)] if name.isdigit() else getattr(self, name)
            self._there[key] = None if value is None else backend.from_numpy(value, device)
        return self._there[key]

    def matrix(self, data: Any) -> Any:
        """Return the library's matrix with these entries, raw, by rows."""
        order = self.on(data, "0")
        entries = data if order is None else data[order]
        csr = backend_of(data).chapter("sparse").csr_matrix
        return csr((entries, self.on(data, "1"), self.on(data, "2")), shape=self.shape)


def _added_up(data: Any, x: Any, pattern: Pattern) -> Any:
    """Return ``A @ x`` for each set of entries, by one sum for each row."""
    backend = backend_of(data)
    cols, rows = pattern.on(data, "cols"), pattern.on(data, "rows")
    entries = data if x.ndim == 1 else data[:, None]
    moved = entries * (x[cols] if x.ndim == 1 else x[cols, :])
    shape, place = (pattern.shape[0], *moved.shape[1:]), backend.device(moved)
    zero = backend.xp.zeros(shape, dtype=moved.dtype, device=place)
    return backend.index_add(zero, rows, moved)


@multilinear(
    lambda xp, g, x, pattern: sampled(g, conj(xp, x), pattern=pattern),
    lambda xp, g, data, pattern: product(conj(xp, data), g, pattern=pattern.T),
)
def _product(data: Array, x: Array, /, *, pattern: Pattern) -> Any:
    """Return ``A @ x`` for a vector or matrix, where `data` are the entries of A."""
    if isinstance(data, Batch) or is_recorded(data):
        # no matrix of the library has many sets of entries, nor such that come later
        return _added_up(data, x, pattern)
    matrix = pattern.matrix(data)
    return times_matrix(matrix, x)


@multilinear(
    lambda xp, g, v, pattern: product(g, conj(xp, v), pattern=pattern),
    lambda xp, g, u, pattern: product(g, conj(xp, u), pattern=pattern.T),
)
def _sampled(u: Array, v: Array, /, *, pattern: Pattern) -> Array:
    """Return the entries of ``u @ v.T``, the outer product of two vectors, where A has some."""
    picked = u[pattern.on(u, "rows")] * v[pattern.on(v, "cols")]
    return picked if u.ndim == 1 else backend_of(picked).xp.sum(picked, axis=1)


product: Any = _product
sampled: Any = _sampled
"""The ops, as the rules use them."""
