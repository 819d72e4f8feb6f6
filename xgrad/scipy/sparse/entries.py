"""Entries of sparse matrices beside each other: sums, products and diagonals.

A matrix is here a pair of its entries and its `Pattern`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from .products import Pattern

__all__ = ["added", "diagonals", "intersected", "joined_entries", "multiplied", "summed", "united"]

Matrix = tuple[Any, Pattern]


def joined_entries(parts: Sequence[Any]) -> Array:
    """Return the entries of several matrices one after the other."""
    return xgrad.concat([xgrad.asarray(p) for p in parts])


def summed(A: Matrix, form: str = "csr") -> Matrix:
    """Return the matrix with entries at one place added together, by rows."""
    data, pattern = A
    width = pattern.shape[1]
    flat = pattern.rows.astype(np.int64) * width + pattern.cols
    places, which = np.unique(flat, return_inverse=True)
    total = xgrad.segment_sum(xgrad.asarray(data), xgrad.asarray(which), len(places))
    return total, Pattern(places // width, places % width, pattern.shape, form)


def added(A: Matrix, B: Matrix) -> Matrix:
    """Return the sum of two sparse matrices."""
    if A[1].shape != B[1].shape:
        raise ValueError(f"sparse: A + B with the shapes {A[1].shape} and {B[1].shape}")
    rows = np.concatenate([A[1].rows, B[1].rows])
    cols = np.concatenate([A[1].cols, B[1].cols])
    return summed((joined_entries([A[0], B[0]]), Pattern(rows, cols, A[1].shape)))


def multiplied(A: Matrix, B: Matrix) -> Matrix:
    """Return the product of two sparse matrices: the sum over the pairs of entries that meet."""
    one, two = A[1], B[1]
    if one.shape[1] != two.shape[0]:
        raise ValueError(f"sparse: A @ B with the shapes {one.shape} and {two.shape}")
    order, cols, starts = two.compressed
    begin, end = starts[one.cols], starts[one.cols + 1]
    counts = end - begin
    left = np.repeat(np.arange(len(one.rows)), counts)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    right = np.repeat(begin, counts) + offset
    pairs = xgrad.take(xgrad.asarray(A[0]), xgrad.asarray(left)) * xgrad.take(
        xgrad.asarray(B[0]), xgrad.asarray(right if order is None else order[right])
    )
    return summed((pairs, Pattern(one.rows[left], cols[right], (one.shape[0], two.shape[1]))))


def intersected(A: Matrix, B: Matrix) -> Matrix:
    """Return the product, entry by entry, of two sparse matrices."""
    (a, first), (b, second) = summed(A), summed(B)
    width = first.shape[1]
    one, two = (P.rows.astype(np.int64) * width + P.cols for P in (first, second))
    places, left, right = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    data = xgrad.take(a, xgrad.asarray(left)) * xgrad.take(b, xgrad.asarray(right))
    return data, Pattern(places // width, places % width, first.shape, "csr")


def united(A: Matrix, B: Matrix) -> tuple[Any, Any, Pattern]:
    """Return the entries of two sparse matrices wherever one of them has some."""
    if A[1].shape != B[1].shape:
        raise ValueError(f"sparse: two matrices of the shapes {A[1].shape} and {B[1].shape}")
    (a, first), (b, second) = summed(A), summed(B)
    width = first.shape[1]
    one, two = (P.rows.astype(np.int64) * width + P.cols for P in (first, second))
    places = np.union1d(one, two)
    spread = [
        xgrad.segment_sum(v, xgrad.asarray(np.searchsorted(places, at)), len(places))
        for v, at in ((a, one), (b, two))
    ]
    pattern = Pattern(places // width, places % width, first.shape, "csr")
    return spread[0], spread[1], pattern


def diagonals(data: Any, offsets: Any, shape: tuple[int, int]) -> Matrix:
    """Return the matrix of diagonals as SciPy's dia format stores them, by columns."""
    rows = xgrad.asarray(data)
    rows = rows[None, :] if rows.ndim == 1 else rows
    m, n = shape
    places, at_rows, at_cols = [], [], []
    for i, k in enumerate(np.atleast_1d(np.asarray(offsets))):
        cols = np.arange(max(0, k), min(n, m + k, rows.shape[1]))
        places.append(i * rows.shape[1] + cols)
        at_rows.append(cols - k)
        at_cols.append(cols)
    picked = xgrad.take(xgrad.reshape(rows, (-1,)), xgrad.asarray(np.concatenate(places)))
    return picked, Pattern(np.concatenate(at_rows), np.concatenate(at_cols), shape, "dia")
