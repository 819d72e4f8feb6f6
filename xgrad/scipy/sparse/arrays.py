"""Sparse arrays whose entries are differentiable, and whose pattern is fixed.

What only moves entries about, as a transpose, a row or a conversion, is SciPy's own function on the
positions of the entries: the result says which entry goes where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import Later, arrays_in, raw
from ..mistakes import told
from .entries import added, diagonals, intersected, multiplied, summed
from .products import Pattern, product

plain: Any = Later("scipy.sparse")

__all__ = [
    "SparseArray",
    "as_sparse",
    "coo_array",
    "coo_matrix",
    "csc_array",
    "csc_matrix",
    "csr_array",
    "csr_matrix",
    "dia_array",
    "dia_matrix",
    "moved",
    "unique",
]


@dataclass(frozen=True, eq=False)
class SparseArray:
    """A sparse matrix: a pytree of one leaf, its entries.

    Attributes:
        data: the entries, an array.
        pattern: where they are; it has no derivative, and two matrices with different ones have
            different structures.

    Made by `csr_array` and its relatives. ``A @ x``, ``x @ A``, sums, products, parts and SciPy's
    solvers are differentiable in the entries.
    """

    data: Any
    pattern: Pattern = field(metadata={"static": True})

    __array_ufunc__ = None  # NumPy leaves its operators to those below

    @property
    def pair(self) -> tuple[Any, Pattern]:
        """The entries and where they are."""
        return self.data, self.pattern

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.pattern.shape

    @property
    def ndim(self) -> int:
        """Two."""
        return 2

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self.data.dtype

    @property
    def nnz(self) -> int:
        """The number of stored entries."""
        return len(self.pattern.rows)

    @property
    def format(self) -> str:
        """SciPy's name of the format."""
        return self.pattern.form

    @property
    def T(self) -> SparseArray:  # noqa: N802 - SciPy's name
        """The transposed matrix."""
        return SparseArray(self.data, self.pattern.T)

    def __repr__(self) -> str:
        return f"<xgrad {self.format} array of {self.dtype}{list(self.shape)}, {self.nnz} entries>"

    def transpose(self) -> SparseArray:
        """Return the transposed matrix."""
        return self.T

    def conj(self) -> SparseArray:
        """Return the complex conjugate."""
        return SparseArray(xgrad.conj(xgrad.asarray(self.data)), self.pattern)

    conjugate = conj

    def plain(self) -> Any:
        """Return SciPy's matrix of the values, off the tape, by rows."""
        return self.pattern.matrix(raw(xgrad.asarray(self.data)))

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, SparseArray) or plain.issparse(other):
            return SparseArray(*multiplied(self.pair, as_sparse(other).pair))
        self._require(other, 0, 1, "A @ x")
        return _as_given(product(self.data, _dense(other), pattern=self.pattern), self.data, other)

    def __rmatmul__(self, other: Any) -> Any:
        if plain.issparse(other):
            return SparseArray(*multiplied(as_sparse(other).pair, self.pair))
        self._require(other, -1, 0, "x @ A")
        x = _dense(other)
        turned = x if x.ndim == 1 else xgrad.matrix_transpose(x)
        out = product(self.data, turned, pattern=self.pattern.T)
        out = out if x.ndim == 1 else xgrad.matrix_transpose(xgrad.asarray(out))
        return _as_given(out, self.data, other)

    dot = __matmul__

    def _require(self, x: Any, axis: int, own: int, what: str) -> None:
        shape = np.shape(raw(x))
        if len(shape) not in (1, 2) or shape[axis] != self.shape[own]:
            raise ValueError(
                f"sparse: {what} with A of shape {self.shape} and x of shape {shape}; expected "
                f"{self.shape[own]} along axis {axis} of x, a vector or a matrix"
            )

    def __add__(self, other: Any) -> SparseArray:
        return SparseArray(*added(self.pair, as_sparse(other).pair))

    __radd__ = __add__

    def __neg__(self) -> SparseArray:
        return SparseArray(-self.data, self.pattern)

    def __sub__(self, other: Any) -> SparseArray:
        return self + (-as_sparse(other))

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> SparseArray:
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> SparseArray:
        return SparseArray(self.data / _spread(other, self), self.pattern)

    def __pow__(self, power: Any) -> SparseArray:
        return SparseArray(self.data**power, self.pattern)

    def multiply(self, other: Any) -> SparseArray:
        """Return the product, entry by entry, with a number, a dense or a sparse array."""
        if isinstance(other, SparseArray) or plain.issparse(other):
            return SparseArray(*intersected(self.pair, as_sparse(other).pair))
        return SparseArray(self.data * _spread(other, self), self.pattern)

    def __getitem__(self, key: Any) -> Any:
        return _moved(lambda ids: ids[key], self)

    def toarray(self) -> Array:
        """Return the dense matrix."""
        data = xgrad.asarray(self.data)
        like = raw(data)
        flat = self.pattern.rows * self.shape[1] + self.pattern.cols
        size = self.shape[0] * self.shape[1]
        where = Array(_there(flat, like))
        return xgrad.reshape(xgrad.segment_sum(data, where, size), self.shape)

    todense = toarray

    def sum(self, axis: int | None = None) -> Any:
        """Return the sum of the entries, of all or along an axis."""
        data = xgrad.asarray(self.data)
        if axis is None:
            return xgrad.sum(data)
        pattern = self.pattern.T if axis % 2 == 0 else self.pattern
        return product(data, xgrad.ones((pattern.shape[1],), dtype=data.dtype), pattern=pattern)

    def mean(self, axis: int | None = None) -> Any:
        """Return the mean of all elements, those that are not stored too, or along an axis."""
        count = self.shape[0] * self.shape[1] if axis is None else self.shape[axis % 2]
        return self.sum(axis) / count

    def diagonal(self, k: int = 0) -> Array:
        """Return a diagonal as a vector."""
        return _picked(self, np.asarray(_ids(self).diagonal(k)))

    def trace(self, offset: int = 0) -> Any:
        """Return the sum of a diagonal."""
        return xgrad.sum(self.diagonal(offset))

    def power(self, n: Any) -> Any:
        """Return the entries to a power."""
        return self**n

    def astype(self, dtype: Any) -> SparseArray:
        """Return the matrix in another dtype."""
        return SparseArray(xgrad.astype(xgrad.asarray(self.data), dtype), self.pattern)

    def copy(self) -> SparseArray:
        """Return the matrix itself: it is never written to."""
        return self

    def asformat(self, form: str) -> SparseArray:
        """Return the matrix in another format: ``"csr"``, ``"csc"``, ``"coo"`` or ``"dia"``."""
        if form == self.format:
            return self
        found = _moved(lambda ids: ids.asformat(form if form != "dia" else "coo"), self)
        return SparseArray(
            found.data, Pattern(found.pattern.rows, found.pattern.cols, found.shape, form)
        )

    def tocsr(self) -> SparseArray:
        """Return the matrix with its entries by rows."""
        return self.asformat("csr")

    def tocsc(self) -> SparseArray:
        """Return the matrix with its entries by columns."""
        return self.asformat("csc")

    def tocoo(self) -> SparseArray:
        """Return the matrix with its entries in any order."""
        return self.asformat("coo")

    def todia(self) -> SparseArray:
        """Return the matrix as one of few diagonals."""
        return self.asformat("dia")

    def reshape(self, shape: tuple[int, int]) -> Any:
        """Return the matrix in another shape, row by row."""
        return _moved(lambda ids: ids.reshape(shape), self)

    @property
    def indices(self) -> Any:
        """Column indices of a csr matrix, row indices of a csc one, raw."""
        return self.pattern.cols if self.format == "csr" else self.pattern.rows

    @property
    def indptr(self) -> Any:
        """Where each row, or column, of a compressed matrix begins, raw."""
        major = self.pattern if self.format == "csr" else self.pattern.T
        return major.compressed[2]

    @property
    def coords(self) -> tuple[Any, Any]:
        """Row and column of each entry, raw."""
        return self.pattern.rows, self.pattern.cols


def _dense(x: Any) -> Any:
    return x if isinstance(x, Array) else xgrad.asarray(x)


def _as_given(out: Any, *given: Any) -> Any:
    """Return a product raw if both its operands were."""
    return (
        out if any(isinstance(x, Array) for x in given) or not isinstance(out, Array) else out.data
    )


def _there(values: Any, like: Any) -> Any:
    from ...backends import backend_of

    return backend_of(like).from_numpy(np.asarray(values), backend_of(like).device(like))


def _spread(other: Any, A: SparseArray) -> Any:
    """Return the elements of a dense array where a matrix has entries."""
    if np.ndim(raw(other)) == 0:
        return other
    wide = xgrad.broadcast_to(xgrad.asarray(other), A.shape)
    like = raw(wide)
    return wide[Array(_there(A.pattern.rows, like)), Array(_there(A.pattern.cols, like))]


def _ids(A: SparseArray, start: int = 1) -> Any:
    """Return SciPy's matrix of the numbers of the entries, from `start` on."""
    pattern = A.pattern
    numbers = np.arange(start, start + A.nnz)
    made = plain.coo_array((numbers, (pattern.rows, pattern.cols)), shape=A.shape)
    return made if A.format == "coo" else made.tocsr()


def _picked(A: SparseArray, ids: Any) -> Array:
    """Return entries by their numbers from 1 on, and zero for 0."""
    data = xgrad.asarray(A.data)
    like = raw(data)
    taken = xgrad.take(data, Array(_there(np.maximum(ids, 1) - 1, like)))
    return xgrad.where(Array(_there(ids > 0, like)), taken, 0.0)


def _moved(f: Callable[[Any], Any], A: SparseArray) -> Any:
    """Return what a function makes that only moves entries about."""
    single = A if _is_unique(A.pattern) else unique(A)
    return moved(f(_ids(single).tocsr()), xgrad.asarray(single.data))


def moved(ids: Any, data: Array) -> Any:
    """Return the matrix, or vector or number, whose entries have these numbers from 1 on."""
    like = raw(data)
    if not plain.issparse(ids):
        return data[int(ids) - 1] if ids else xgrad.zeros((), dtype=data.dtype)
    if ids.ndim == 1:
        ids = ids.reshape((1, -1))
    form = ids.format if ids.format in ("csr", "csc") else "coo"
    ordered = ids.tocoo()
    order = Array(_there(ordered.data - 1, like))
    pattern = Pattern(ordered.row, ordered.col, ids.shape, form)
    return SparseArray(xgrad.take(data, order), pattern)


def _is_unique(pattern: Pattern) -> bool:
    flat = pattern.rows * pattern.shape[1] + pattern.cols
    return pattern.form in ("csr", "csc") or len(np.unique(flat)) == len(flat)


def unique(A: SparseArray) -> SparseArray:
    """Return the matrix by rows, with entries at one place added together."""
    return SparseArray(*summed(A.pair))


def _made(name: str, arg1: Any, shape: Any, dtype: Any) -> SparseArray:
    """Make a sparse array as SciPy's class of this name would."""
    form = name.partition("_")[0]
    if isinstance(arg1, SparseArray):
        out = arg1.asformat(form)
    elif isinstance(arg1, tuple) and len(arg1) in (2, 3) and not np.isscalar(arg1[0]):
        data = arg1[0] if isinstance(arg1[0], Array) else xgrad.asarray(arg1[0])
        flat = xgrad.reshape(data, (-1,))
        place = [np.asarray(raw(x)) if not isinstance(x, tuple) else x for x in arg1[1:]]
        if form != "dia":  # entries at one place are numbered apart, and added by `asformat`
            home = plain.coo_array if len(arg1) == 2 else getattr(plain, name)
            ids = home((np.arange(flat.shape[0]), *place), shape=shape).tocoo()
            flat = xgrad.take(flat, Array(_there(ids.data, raw(flat)))) if len(arg1) == 3 else flat
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
        rows, cols = np.nonzero(np.asarray(raw(dense.detach())))
        like = raw(dense)
        entries = dense[Array(_there(rows, like)), Array(_there(cols, like))]
        out = SparseArray(
            entries, Pattern(rows, cols, (dense.shape[0], dense.shape[1]), "csr")
        ).asformat(form)
    if out.format != form:
        out = SparseArray(out.data, Pattern(out.pattern.rows, out.pattern.cols, out.shape, form))
    return out if dtype is None else out.astype(dtype)


@told("sparse")
def csr_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> SparseArray:
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
def csc_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> SparseArray:
    """Make a sparse array with its entries by columns; see `csr_array`."""
    return _made("csc_array", arg1, shape, dtype)


@told("sparse")
def coo_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> SparseArray:
    """Make a sparse array of entries in any order, added where they meet; see `csr_array`."""
    return _made("coo_array", arg1, shape, dtype)


@told("sparse")
def dia_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> SparseArray:
    """Make a sparse array of diagonals, ``(data, offsets)``; see ``scipy.sparse.dia_array``."""
    if isinstance(arg1, tuple) and shape is not None:
        return SparseArray(*diagonals(arg1[0], arg1[1], shape))
    return _made("dia_array", arg1, shape, dtype)


def _matrix_refused(name: str) -> Callable[..., Any]:
    array = name.replace("matrix", "array")

    def call(*args: Any, **kwargs: Any) -> Any:
        if arrays_in(args, kwargs):
            raise NotImplementedError(
                f"{name}: got an array of xgrad; use {array}, which is the same but that * is the "
                "product of entries, and @ that of matrices"
            )
        return getattr(plain, name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Make SciPy's ``{name}``; refuses an `Array`, for which there is `{array}`."
    return call


coo_matrix, csc_matrix, csr_matrix, dia_matrix = map(
    _matrix_refused, ("coo_matrix", "csc_matrix", "csr_matrix", "dia_matrix")
)


def as_sparse(x: Any) -> SparseArray:
    """Return a sparse matrix of SciPy as one of xgrad."""
    if isinstance(x, SparseArray):
        return x
    if plain.issparse(x) or hasattr(x, "tocsr"):
        found = x.tocoo()
        rows, cols = (
            (raw(c) for c in found.coords)
            if hasattr(found, "coords")
            else (
                found.row.get(),
                found.col.get(),
            )
        )
        return SparseArray(found.data, Pattern(rows, cols, found.shape, "coo"))
    raise TypeError(
        f"sparse: got {type(x).__qualname__}; expected a sparse array, of SciPy or by "
        "xgrad.scipy.sparse.csr_array"
    )
