"""Sums, products and compositions of sparse arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..mistakes import told
from .arrays import SparseArray, as_sparse, moved, plain, unique
from .entries import joined_entries
from .products import Pattern

__all__ = ["block_array", "block_diag", "diags", "diags_array", "eye_array", "hstack", "kron",
           "tril", "triu", "vstack"]  # fmt: skip


@told("sparse")
def diags_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> SparseArray:
    """Make a sparse array of its diagonals; see ``scipy.sparse.diags_array``.

    Args:
        diagonals: a vector, or one for each offset; a vector of length one fills its diagonal.
        offsets: which diagonals: 0 is the main one, positive ones are above it.
        shape: numbers of rows and columns; square, and just large enough, if None.
        format: of the result, ``"dia"`` if None.
        dtype: that of the entries.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import sparse
    >>> xg.grad(lambda d: xg.sum(sparse.diags_array(d) @ np.ones(2)))(np.asarray([1.0, 2.0]))
    array([1., 1.])
    """
    several = np.ndim(offsets) > 0
    given = list(diagonals) if several else [diagonals]
    ks = [int(k) for k in np.atleast_1d(np.asarray(offsets))]
    parts = [xgrad.reshape(xgrad.asarray(d), (-1,)) for d in given]
    if len(parts) != len(ks):
        raise ValueError(f"diags: got {len(parts)} diagonals and {len(ks)} offsets")
    if shape is None:
        size = parts[0].shape[0] + abs(ks[0])
        shape = (size, size)
    rows, cols, data = [], [], []
    for d, k in zip(parts, ks, strict=True):
        length = max(0, min(shape[0] + min(k, 0), shape[1] - max(k, 0)))
        if d.shape[0] not in (1, length):
            raise ValueError(
                f"diags: the diagonal at offset {k} has {d.shape[0]} elements; expected {length} "
                f"for the shape {tuple(shape)}"
            )
        data.append(xgrad.broadcast_to(d, (length,)))
        rows.append(np.arange(length) + max(0, -k))
        cols.append(np.arange(length) + max(0, k))
    pattern = Pattern(np.concatenate(rows), np.concatenate(cols), shape, "dia")
    out = SparseArray(xgrad.concat(data), pattern).asformat(format or "dia")
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def diags(
    diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> SparseArray:
    """Make a sparse array of its diagonals; the older spelling of `diags_array`."""
    if np.ndim(offsets) == 0 and isinstance(diagonals, (list, tuple)) and np.ndim(diagonals[0]):
        diagonals = diagonals[0]
    return diags_array(diagonals, offsets=offsets, shape=shape, format=format, dtype=dtype)


@told("sparse")
def eye_array(
    m: int, n: int | None = None, *, k: int = 0, dtype: Any = float, format: str | None = None
) -> SparseArray:
    """Make a unit matrix; see ``scipy.sparse.eye_array``."""
    made = as_sparse(plain.eye_array(m, n, k=k, dtype=dtype))
    return made if format is None else made.asformat(format)


def _numbered(parts: Sequence[Any]) -> tuple[list[Any], Array]:
    """Return SciPy's matrices of the numbers of entries, counted through, and all the entries."""
    ids: list[Any] = []
    data: list[Any] = []
    count = 1
    for part in parts:
        if part is None:
            ids.append(None)
            continue
        A = unique(as_sparse(part))
        numbers = np.arange(count, count + A.nnz)
        place = (A.pattern.rows, A.pattern.cols)
        ids.append(plain.coo_array((numbers, place), shape=A.shape))
        data.append(A.data)
        count += A.nnz
    return ids, joined_entries(data)


@told("sparse")
def block_array(blocks: Any, *, format: Any = None, dtype: Any = None) -> Any:
    """Make a sparse array of blocks, None for one of zeros; see ``scipy.sparse.block_array``."""
    flat = [b for row in blocks for b in row]
    ids, data = _numbered(flat)
    width = len(blocks[0])
    rows = [ids[i : i + width] for i in range(0, len(ids), width)]
    out = moved(plain.block_array(rows, format=format or "coo"), data)
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def hstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Put sparse arrays side by side; see ``scipy.sparse.hstack``."""
    return block_array([list(blocks)], format=format, dtype=dtype)


@told("sparse")
def vstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Put sparse arrays one below the other; see ``scipy.sparse.vstack``."""
    return block_array([[b] for b in blocks], format=format, dtype=dtype)


@told("sparse")
def block_diag(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    """Make a block diagonal sparse array; see ``scipy.sparse.block_diag``."""
    ids, data = _numbered(list(mats))
    out = moved(plain.block_diag(ids, format=format or "coo"), data)
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def kron(A: Any, B: Any, format: Any = None) -> SparseArray:
    """Return the Kronecker product of sparse arrays; see ``scipy.sparse.kron``."""
    A, B = unique(as_sparse(A)), unique(as_sparse(B))
    left = np.repeat(np.arange(A.nnz), B.nnz)
    right = np.tile(np.arange(B.nnz), A.nnz)
    rows = A.pattern.rows[left] * B.shape[0] + B.pattern.rows[right]
    cols = A.pattern.cols[left] * B.shape[1] + B.pattern.cols[right]
    data = xgrad.take(xgrad.asarray(A.data), xgrad.asarray(left)) * xgrad.take(
        xgrad.asarray(B.data), xgrad.asarray(right)
    )
    shape = (A.shape[0] * B.shape[0], A.shape[1] * B.shape[1])
    return SparseArray(data, Pattern(rows, cols, shape)).asformat(format or "coo")


@told("sparse")
def tril(A: Any, k: int = 0, format: Any = None) -> SparseArray:
    """Return the lower triangle of a sparse array; see ``scipy.sparse.tril``."""
    return _half(plain.tril, A, k, format)


@told("sparse")
def triu(A: Any, k: int = 0, format: Any = None) -> SparseArray:
    """Return the upper triangle of a sparse array; see ``scipy.sparse.triu``."""
    return _half(plain.triu, A, k, format)


def _half(f: Any, A: Any, k: int, format: Any) -> SparseArray:
    ids, data = _numbered([A])
    return moved(f(ids[0], k, format=format), data)  # type: ignore[no-any-return]
