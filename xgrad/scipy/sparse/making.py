"""Sparse arrays and matrices, made as SciPy's classes are."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import raw
from ..mistakes import told
from .arrays import SparseArray, SparseMatrix, SparseVector, moved, plain, there
from .entries import diagonals
from .products import Pattern

__all__ = ["coo_array", "coo_matrix", "csc_array", "csc_matrix", "csr_array", "csr_matrix",
           "dia_array", "dia_matrix"]  # fmt: skip


def _made(name: str, arg1: Any, shape: Any, dtype: Any) -> Any:
    """Make a sparse array, or matrix, as SciPy's class of this name would."""
    form, _, kind = name.partition("_")
    out: Any
    if isinstance(arg1, SparseArray):
        out = arg1.asformat(form)
    elif isinstance(arg1, tuple) and form == "dia" and shape is not None:
        out = SparseArray(*diagonals(arg1[0], arg1[1], shape))
    elif isinstance(arg1, tuple) and len(arg1) in (2, 3) and not np.isscalar(arg1[0]):
        data = arg1[0] if isinstance(arg1[0], Array) else xgrad.asarray(arg1[0])
        flat = xgrad.reshape(data, (-1,))
        place = [np.asarray(raw(x)) if not isinstance(x, tuple) else x for x in arg1[1:]]
        if form != "dia":  # entries at one place are numbered apart, and added by `asformat`
            home = plain.coo_array if len(arg1) == 2 else getattr(plain, f"{form}_array")
            ids = home((np.arange(flat.shape[0]), *place), shape=shape).tocoo()
            flat = xgrad.take(flat, Array(there(ids.data, raw(flat)))) if len(arg1) == 3 else flat
            if ids.ndim == 1:
                row = np.zeros(ids.nnz, dtype=np.int64)
                return _typed(
                    SparseVector(flat, Pattern(row, ids.coords[0], (1, *ids.shape))), dtype
                )
            out = SparseArray(flat, Pattern(ids.row, ids.col, ids.shape)).asformat(form)
        else:
            numbers = np.arange(1, flat.shape[0] + 1).reshape(data.shape)
            out = moved(plain.dia_array((numbers, *place), shape=shape), flat)
    elif plain.issparse(arg1):
        found = arg1.tocsr(copy=True) if form == "csr" else arg1.tocsc(copy=True)
        found.sum_duplicates()
        found = arg1.tocoo() if form == "coo" else found.tocoo()
        out = SparseArray(found.data, Pattern(found.row, found.col, found.shape, form))
    else:
        dense = xgrad.asarray(arg1)
        is_vector = dense.ndim == 1 and form in ("csr", "coo") and kind == "array"
        if dense.ndim == 1 and kind == "array" and not is_vector:
            raise ValueError(
                f"{name}: got the shape {dense.shape}; expected a matrix, as SciPy does"
            )
        if dense.ndim < 2:
            dense = xgrad.reshape(dense, (1, -1))
        if dense.ndim > 2:
            raise ValueError(
                f"{name}: got the shape {dense.shape}; expected a matrix or a vector, as only "
                "these have a derivative here"
            )
        rows, cols = np.nonzero(np.asarray(raw(dense.detach())))
        like = raw(dense)
        entries = dense[Array(there(rows, like)), Array(there(cols, like))]
        where = Pattern(rows, cols, (dense.shape[0], dense.shape[1]), "csr")
        if is_vector:
            return _typed(SparseVector(entries, where), dtype)
        out = SparseArray(entries, where).asformat(form)
    if out.format != form:
        out = SparseArray(out.data, Pattern(out.pattern.rows, out.pattern.cols, out.shape, form))
    out = (SparseMatrix if kind == "matrix" else SparseArray)(out.data, out.pattern)
    return _typed(out, dtype)


def _typed(made: Any, dtype: Any) -> Any:
    return made if dtype is None else made.astype(dtype)


@told("sparse")
def csr_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
    """Make a sparse array with its entries by rows; see ``scipy.sparse.csr_array``.

    Args:
        arg1: ``(data, indices, indptr)``, ``(data, (rows, columns))``, a dense or a sparse array.
        shape: numbers of rows and columns, found from the indices if None.
        dtype: that of the entries.
        copy: nothing: a sparse array is never written to.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import sparse
    >>> def total(data):
    ...     A = sparse.csr_array((data, ([0, 1, 1], [0, 0, 1])))
    ...     return xg.sum((A @ np.asarray([1.0, 2.0])) ** 2)
    >>> xg.grad(total)(np.asarray([1.0, 3.0, 4.0]))
    array([ 2., 22., 44.])
    """
    return _made("csr_array", arg1, shape, dtype)


@told("sparse")
def csc_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
    """Make a sparse array with its entries by columns; see `csr_array`."""
    return _made("csc_array", arg1, shape, dtype)


@told("sparse")
def coo_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
    """Make a sparse array of entries in any order, added where they meet; see `csr_array`."""
    return _made("coo_array", arg1, shape, dtype)


@told("sparse")
def dia_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
    """Make a sparse array of diagonals, ``(data, offsets)``; see ``scipy.sparse.dia_array``."""
    return _made("dia_array", arg1, shape, dtype)


def _older(form: str) -> Any:
    name = f"{form}_matrix"

    def make(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
        return _made(name, arg1, shape, dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = (
        f"Make a sparse matrix, whose ``*`` and ``**`` are those of matrices; see `{form}_array`."
    )
    return told("sparse")(make)


coo_matrix, csc_matrix, csr_matrix, dia_matrix = map(_older, ("coo", "csc", "csr", "dia"))
