"""Sums, products and compositions of sparse arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import raw
from ..mistakes import told
from .arrays import SparseArray, SparseMatrix, as_sparse, moved, plain, unique
from .entries import diagonals, joined_entries
from .making import coo_array
from .products import Pattern

__all__ = ["block_array", "block_diag", "bmat", "diags", "diags_array", "eye_array", "find",
           "hstack", "kron", "kronsum", "spdiags", "tril", "triu", "vstack"]  # fmt: skip


def _kind_of(parts: Sequence[Any]) -> Any:
    """Return what SciPy makes of these: a matrix, unless one of them is a sparse array."""
    sparse = [as_sparse(p) for p in parts if p is not None and hasattr(p, "tocsr")]
    return SparseMatrix if all(isinstance(p, SparseMatrix) for p in sparse) else SparseArray


@told("sparse")
def diags_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
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
) -> Any:
    """Make a sparse matrix of its diagonals; the older spelling of `diags_array`."""
    if np.ndim(offsets) == 0 and isinstance(diagonals, (list, tuple)) and np.ndim(diagonals[0]):
        diagonals = diagonals[0]
    made = diags_array(diagonals, offsets=offsets, shape=shape, format=format, dtype=dtype)
    return SparseMatrix(made.data, made.pattern)


@told("sparse")
def spdiags(data: Any, diags: Any, m: Any = None, n: Any = None, format: Any = None) -> Any:
    """Make a sparse matrix of diagonals as rows of an array; see ``scipy.sparse.spdiags``."""
    width = xgrad.asarray(data).shape[-1]
    shape = (width, width) if m is None else (m, n) if n is not None else tuple(m)
    return SparseMatrix(*diagonals(data, diags, shape)).asformat(format or "dia")


@told("sparse")
def eye_array(
    m: int, n: int | None = None, *, k: int = 0, dtype: Any = float, format: str | None = None
) -> Any:
    """Make a unit matrix; see ``scipy.sparse.eye_array``."""
    made = as_sparse(plain.eye_array(m, n, k=k, dtype=dtype))
    return made if format is None else made.asformat(format)


def _numbered(parts: Sequence[Any]) -> tuple[list[Any], Array]:
    """Return SciPy's matrices of the numbers of entries, counted through, and all the entries."""
    ids: list[Any] = []
    data: list[Any] = []
    count = 1
    make = plain.coo_matrix if _kind_of(parts) is SparseMatrix else plain.coo_array
    for part in parts:
        if part is None:
            ids.append(None)
            continue
        A = unique(as_sparse(part) if hasattr(part, "tocsr") else coo_array(_wide(part)))
        numbers = np.arange(count, count + A.nnz)
        place = (A.pattern.rows, A.pattern.cols)
        ids.append(make((numbers, place), shape=A.pattern.shape))
        data.append(A.data)
        count += A.nnz
    return ids, joined_entries(data)


def _wide(x: Any) -> Any:
    """Return a dense block with two axes."""
    x = xgrad.asarray(x)
    return xgrad.reshape(x, (1, -1)) if x.ndim < 2 else x


def _blocks(blocks: Any, format: Any, dtype: Any) -> Any:
    flat = [b for row in blocks for b in row]
    ids, data = _numbered(flat)
    width = len(blocks[0])
    rows = [ids[i : i + width] for i in range(0, len(ids), width)]
    make = plain.bmat if _kind_of(flat) is SparseMatrix else plain.block_array
    out = moved(make(rows, format=format or "coo"), data)
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def block_array(blocks: Any, *, format: Any = None, dtype: Any = None) -> Any:
    """Make a sparse array of blocks, None for one of zeros; see ``scipy.sparse.block_array``."""
    made = _blocks(blocks, format, dtype)
    return SparseArray(made.data, made.pattern)


@told("sparse")
def bmat(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Make a sparse matrix of blocks; the older spelling of `block_array`."""
    return _blocks(blocks, format, dtype)


@told("sparse")
def hstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Put sparse arrays side by side; see ``scipy.sparse.hstack``."""
    return _blocks([list(blocks)], format, dtype)


@told("sparse")
def vstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Put sparse arrays one below the other; see ``scipy.sparse.vstack``."""
    return _blocks([[b] for b in blocks], format, dtype)


@told("sparse")
def block_diag(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    """Make a block diagonal sparse array; see ``scipy.sparse.block_diag``."""
    ids, data = _numbered(list(mats))
    out = moved(plain.block_diag(ids, format=format or "coo"), data)
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def kron(A: Any, B: Any, format: Any = None) -> Any:
    """Return the Kronecker product of sparse arrays; see ``scipy.sparse.kron``."""
    kind = _kind_of([A, B])
    A, B = (unique(as_sparse(x) if hasattr(x, "tocsr") else coo_array(x)) for x in (A, B))
    left = np.repeat(np.arange(A.nnz), B.nnz)
    right = np.tile(np.arange(B.nnz), A.nnz)
    rows = A.pattern.rows[left] * B.shape[0] + B.pattern.rows[right]
    cols = A.pattern.cols[left] * B.shape[1] + B.pattern.cols[right]
    data = xgrad.take(xgrad.asarray(A.data), xgrad.asarray(left)) * xgrad.take(
        xgrad.asarray(B.data), xgrad.asarray(right)
    )
    shape = (A.shape[0] * B.shape[0], A.shape[1] * B.shape[1])
    return kind(data, Pattern(rows, cols, shape)).asformat(format or "coo")


@told("sparse")
def kronsum(A: Any, B: Any, format: Any = None) -> Any:
    """Return ``kron(eye, A) + kron(B, eye)``; see ``scipy.sparse.kronsum``."""
    m, n = A.shape[0], B.shape[0]
    one, two = (plain.eye(size, dtype=str(x.dtype)) for size, x in ((n, B), (m, A)))
    out = kron(one, A) + kron(B, two)
    return out.asformat(format or "csr")


@told("sparse")
def find(A: Any) -> tuple[Any, Any, Any]:
    """Return rows, columns and values of the entries that are not zero; see SciPy's ``find``."""
    A = unique(as_sparse(A)).asformat("coo")
    order = np.flatnonzero(np.asarray(raw(xgrad.asarray(A.data).detach())))
    data = xgrad.take(xgrad.asarray(A.data), xgrad.asarray(order))
    return A.pattern.rows[order], A.pattern.cols[order], data


@told("sparse")
def tril(A: Any, k: int = 0, format: Any = None) -> Any:
    """Return the lower triangle of a sparse array; see ``scipy.sparse.tril``."""
    return _half(plain.tril, A, k, format)


@told("sparse")
def triu(A: Any, k: int = 0, format: Any = None) -> Any:
    """Return the upper triangle of a sparse array; see ``scipy.sparse.triu``."""
    return _half(plain.triu, A, k, format)


def _half(f: Any, A: Any, k: int, format: Any) -> Any:
    ids, data = _numbered([A])
    return moved(f(ids[0], k, format=format), data)
