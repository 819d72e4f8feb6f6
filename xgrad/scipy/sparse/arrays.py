"""Sparse arrays whose entries are differentiable, and whose pattern is fixed.

What only moves entries about, as a transpose, a row or a conversion, is SciPy's own function on the
positions of the entries: the result says which entry goes where.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...errors import TracedConversionError
from ..common import Later, only, raw
from .entries import added, intersected, multiplied, summed, united
from .products import Pattern, product

plain: Any = Later("scipy.sparse")

__all__ = ["SparseArray", "SparseMatrix", "SparseVector", "as_sparse", "moved", "unique"]

KEEP_ZERO: dict[str, Callable[[Any], Any]] = {
    "sin": xgrad.sin,
    "tan": xgrad.tan,
    "arcsin": xgrad.asin,
    "arctan": xgrad.atan,
    "sinh": xgrad.sinh,
    "tanh": xgrad.tanh,
    "arcsinh": xgrad.asinh,
    "arctanh": xgrad.atanh,
    "rint": xgrad.round,
    "sign": xgrad.sign,
    "expm1": xgrad.expm1,
    "log1p": xgrad.log1p,
    "floor": xgrad.floor,
    "ceil": xgrad.ceil,
    "trunc": xgrad.trunc,
    "sqrt": xgrad.sqrt,
}
"""The functions that SciPy's matrices have as methods."""
OPERATORS = {"multiply": "mul", "add": "add", "subtract": "sub", "matmul": "matmul",
             "divide": "truediv", "power": "pow"}  # fmt: skip
"""NumPy's functions that are operators."""


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

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Answer NumPy's operators, and its functions that keep zeros."""
        name = ufunc.__name__
        if method != "__call__" or kwargs:
            return NotImplemented
        if len(inputs) == 1 and name in (*KEEP_ZERO, "absolute", "negative"):
            return abs(self) if name == "absolute" else self._each(name)
        if len(inputs) == 2 and name in OPERATORS:
            is_first = inputs[0] is self
            answer = f"__{'' if is_first else 'r'}{OPERATORS[name]}__"
            return getattr(self, answer)(inputs[int(is_first)])
        return NotImplemented

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: NumPy would make an object of it."""
        raise TracedConversionError(
            "numpy.asarray of a sparse array of xgrad: use A.toarray(), a dense one with its "
            "derivative, or A.plain(), SciPy's without"
        )

    def _of(self, data: Any, pattern: Pattern) -> Any:
        """Return a matrix of the same kind."""
        return type(self)(data, pattern)

    def _each(self, name: str) -> Any:
        if name == "negative":
            return -self
        return self._of(KEEP_ZERO[name](xgrad.asarray(self.data)), self.pattern)

    def __getattr__(self, name: str) -> Any:
        if name in KEEP_ZERO:
            return lambda: self._each(name)
        raise AttributeError(
            f"a sparse array of xgrad has no attribute {name!r}; A.plain() is SciPy's, without "
            "derivatives"
        )

    @property
    def pair(self) -> tuple[Any, Pattern]:
        """The entries and where they are."""
        return self.data, self.pattern

    @property
    def shape(self) -> Any:
        """Numbers of rows and columns."""
        return self.pattern.shape

    @property
    def ndim(self) -> int:
        """Two, or one of a sparse vector."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self.data.dtype

    @property
    def nnz(self) -> int:
        """The number of stored entries."""
        return len(self.pattern.rows)

    @property
    def size(self) -> int:
        """The number of stored entries, as SciPy counts it."""
        return self.nnz

    @property
    def format(self) -> str:
        """SciPy's name of the format."""
        return self.pattern.form

    @property
    def T(self) -> Any:  # noqa: N802 - SciPy's name
        """The transposed matrix."""
        return self._of(self.data, self.pattern.T)

    def __repr__(self) -> str:
        return f"<xgrad {self.format} array of {self.dtype}{list(self.shape)}, {self.nnz} entries>"

    def __len__(self) -> int:
        raise TypeError("sparse: the length of a matrix is not defined; use A.shape[0] or A.nnz")

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        return (self[i] for i in range(self.shape[0]))

    def transpose(self, axes: Any = None, copy: bool = False) -> Any:
        """Return the transposed matrix."""
        only("transpose", axes=(None if axes == (1, 0) else axes, None))
        return self.T

    def conj(self, copy: bool = True) -> Any:
        """Return the complex conjugate."""
        return self._of(xgrad.conj(xgrad.asarray(self.data)), self.pattern)

    conjugate = conj

    def plain(self) -> Any:
        """Return SciPy's matrix of the values, off the tape, by rows."""
        return self.pattern.matrix(raw(xgrad.asarray(self.data).detach()))

    def _joined(self, other: Any, matrix: Any) -> Any:
        """Return a matrix made of this and another one: an array if one of them is."""
        return self._of(*matrix) if type(other) is SparseMatrix else type(other)(*matrix)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, SparseArray) or plain.issparse(other):
            B = as_sparse(other)
            if isinstance(B, SparseVector):
                return (self @ B.as_row().T)[:, 0]
            return self._joined(B, multiplied(self.pair, B.pair))
        self._require(other, 0, 1, "A @ x")
        return _as_given(product(self.data, _dense(other), pattern=self.pattern), self.data, other)

    def __rmatmul__(self, other: Any) -> Any:
        if plain.issparse(other):
            B = as_sparse(other)
            return self._joined(B, multiplied(B.pair, self.pair))
        self._require(other, -1, 0, "x @ A")
        x = _dense(other)
        turned = x if x.ndim == 1 else xgrad.matrix_transpose(x)
        out = product(self.data, turned, pattern=self.pattern.T)
        out = out if x.ndim == 1 else xgrad.matrix_transpose(xgrad.asarray(out))
        return _as_given(out, self.data, other)

    def dot(self, other: Any) -> Any:
        """Return the product with a matrix, a vector or a number."""
        return self * other if np.ndim(raw(other)) == 0 and _is_dense(other) else self @ other

    def _require(self, x: Any, axis: int, own: int, what: str) -> None:
        shape = np.shape(raw(x))
        if len(shape) not in (1, 2) or shape[axis] != self.shape[own]:
            raise ValueError(
                f"sparse: {what} with A of shape {self.shape} and x of shape {shape}; expected "
                f"{self.shape[own]} along axis {axis} of x, a vector or a matrix"
            )

    def __add__(self, other: Any) -> Any:
        if _is_dense(other):
            if np.ndim(raw(other)) == 0 and not np.any(raw(other)):
                return self
            return self.toarray() + other
        B = as_sparse(other)
        return self._joined(B, added(self.pair, B.pair))

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self._of(-xgrad.asarray(self.data), self.pattern)

    def __sub__(self, other: Any) -> Any:
        return self + (-other if _is_dense(other) else -as_sparse(other))

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if not _is_dense(other):
            raise NotImplementedError(
                "sparse: A / B of two sparse arrays is not a number where B has no entry; use "
                "A.multiply(1 / B.toarray())"
            )
        return self._of(self.data / _spread(other, self), self.pattern)

    def __pow__(self, power: Any) -> Any:
        return self._of(xgrad.asarray(self.data) ** power, self.pattern)

    def __abs__(self) -> Any:
        return self._of(xgrad.abs(xgrad.asarray(self.data)), self.pattern)

    def multiply(self, other: Any) -> Any:
        """Return the product, entry by entry, with a number, a dense or a sparse array."""
        if not _is_dense(other):
            B = as_sparse(other)
            return self._joined(B, intersected(self.pair, B.pair))
        return self._of(self.data * _spread(other, self), self.pattern)

    def maximum(self, other: Any) -> Any:
        """Return the larger of two entries at each place."""
        return self._larger(xgrad.maximum, other)

    def minimum(self, other: Any) -> Any:
        """Return the smaller of two entries at each place."""
        return self._larger(xgrad.minimum, other)

    def _larger(self, f: Any, other: Any) -> Any:
        if _is_dense(other):
            return f(self.toarray(), other)
        B = as_sparse(other)
        a, b, pattern = united(self.pair, B.pair)
        return self._joined(B, (f(a, b), pattern))

    def max(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return the largest entry, of all or along an axis; zeros that are not stored count."""
        return self._extreme(xgrad.max, axis, out, explicit)

    def min(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return the smallest entry, of all or along an axis; zeros that are not stored count."""
        return self._extreme(xgrad.min, axis, out, explicit)

    def nanmax(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return the largest entry that is a number; see `max`."""
        return self._extreme(xgrad.nanmax, axis, out, explicit)

    def nanmin(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return the smallest entry that is a number; see `min`."""
        return self._extreme(xgrad.nanmin, axis, out, explicit)

    def argmax(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return where the largest entry is, raw."""
        return self.plain().argmax(axis, out, explicit=explicit)

    def argmin(self, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        """Return where the smallest entry is, raw."""
        return self.plain().argmin(axis, out, explicit=explicit)

    @property
    def real(self) -> Any:
        """The real parts of the entries."""
        return self._of(xgrad.real(xgrad.asarray(self.data)), self.pattern)

    @property
    def imag(self) -> Any:
        """The imaginary parts of the entries."""
        return self._of(xgrad.imag(xgrad.asarray(self.data)), self.pattern)

    def _extreme(self, f: Any, axis: Any, out: Any, explicit: bool) -> Any:
        if explicit or out is not None:
            raise NotImplementedError(
                "sparse: max and min take neither explicit= nor out= here; use xgrad.max(A.data)"
            )
        found = f(self.toarray(), axis=axis)
        if axis is None:
            return found
        n = found.shape[0]
        line, other = np.arange(n), np.zeros(n, dtype=np.int64)
        if axis in (0, -2):
            return self._line(found, Pattern(other, line, (1, n)))
        row = self._line(found, Pattern(other, line, (1, n)))
        return row if isinstance(row, SparseVector) else row.T

    def _line(self, data: Any, pattern: Pattern) -> Any:
        """Return one row of entries, which an array of SciPy gives as a sparse vector."""
        return SparseVector(data, pattern)

    def __getitem__(self, key: Any) -> Any:
        return _moved(lambda ids: ids[key], self)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            "sparse: the pattern of a sparse array of xgrad is fixed, and its entries are not "
            "written to; make coo_array((xgrad.stack(values), (rows, columns)), shape)"
        )

    def setdiag(self, values: Any, k: int = 0) -> None:
        """Set a diagonal; the array is another one from here on, as SciPy's is."""
        m, n = self.shape
        length = max(0, min(m + min(k, 0), n - max(k, 0)))
        given = xgrad.asarray(values)
        length = min(length, given.shape[0]) if given.ndim else length
        new = xgrad.broadcast_to(given if not given.ndim else given[:length], (length,))
        places = np.arange(length)
        rows, cols = places + max(0, -k), places + max(0, k)
        gone = (self.pattern.cols - self.pattern.rows == k) & np.isin(self.pattern.rows, rows)
        kept = np.flatnonzero(~gone)
        old = xgrad.take(xgrad.asarray(self.data), Array(there(kept, raw(new))))
        dtype = xgrad.result_type(old, new)
        both = Pattern(
            np.concatenate([self.pattern.rows[kept], rows]),
            np.concatenate([self.pattern.cols[kept], cols]), self.shape,
        )  # fmt: skip
        data = xgrad.concat([xgrad.astype(old, dtype), xgrad.astype(new, dtype)])
        made = type(self)(data, both).asformat(self.format)
        object.__setattr__(self, "data", made.data)
        object.__setattr__(self, "pattern", made.pattern)

    def _compared(self, other: Any, f: Any) -> Any:
        there = as_sparse(other).plain() if not _is_dense(other) else raw(other)
        return f(self.plain(), there)

    def __eq__(self, other: object) -> Any:
        return self._compared(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compared(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, operator.lt)

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, operator.gt)

    def __le__(self, other: Any) -> Any:
        return self._compared(other, operator.le)

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, operator.ge)

    __hash__ = object.__hash__

    def toarray(self, order: Any = None, out: Any = None) -> Array:
        """Return the dense matrix; the layout of its memory is that of the library."""
        only("toarray", out=(out, None))
        data = xgrad.asarray(self.data)
        like = raw(data)
        flat = self.pattern.rows * self.shape[1] + self.pattern.cols
        size = self.shape[0] * self.shape[1]
        where = Array(there(flat, like))
        return xgrad.reshape(xgrad.segment_sum(data, where, size), self.shape)

    todense = toarray

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Return the sum of the entries, of all or along an axis."""
        if out is not None:
            raise NotImplementedError("sparse: sum takes no out= here; use what it returns")
        data = xgrad.asarray(self.data)
        data = data if dtype is None else xgrad.astype(data, dtype)
        if axis is None:
            return xgrad.sum(data)
        if axis not in (-2, -1, 0, 1):
            raise ValueError(f"sparse: axis is {axis!r}; expected None or an integer from -2 to 1")
        pattern = self.pattern.T if axis % 2 == 0 else self.pattern
        return product(data, xgrad.ones((pattern.shape[1],), dtype=data.dtype), pattern=pattern)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Return the mean of all elements, those that are not stored too, or along an axis."""
        count = self.shape[0] * self.shape[1] if axis is None else self.shape[axis]
        return self.sum(axis, dtype, out) / count

    def diagonal(self, k: int = 0) -> Array:
        """Return a diagonal as a vector."""
        return _picked(self, np.asarray(_ids(self).diagonal(k)))

    def trace(self, offset: int = 0) -> Any:
        """Return the sum of a diagonal."""
        return xgrad.sum(self.diagonal(offset))

    def power(self, n: Any, dtype: Any = None) -> Any:
        """Return the entries to a power."""
        powers = self._of(xgrad.asarray(self.data) ** n, self.pattern)
        return powers if dtype is None else powers.astype(dtype)

    def nonzero(self) -> tuple[Any, Any]:
        """Return rows and columns of the entries that are not zero, raw."""
        return self.plain().nonzero()  # type: ignore[no-any-return]

    def count_nonzero(self, axis: Any = None) -> Any:
        """Return how many entries are not zero, raw."""
        return self.plain().count_nonzero(axis)

    def astype(self, dtype: Any, casting: str = "unsafe", copy: bool = True) -> Any:
        """Return the matrix in another dtype."""
        if not np.can_cast(np.dtype(str(self.dtype)), dtype, casting):  # type: ignore[arg-type]
            raise TypeError(f"sparse: {self.dtype} is not cast to {dtype} with casting={casting!r}")
        return self._of(xgrad.astype(xgrad.asarray(self.data), dtype), self.pattern)

    def copy(self) -> Any:
        """Return another matrix with the same entries."""
        return self._of(self.data, self.pattern)

    def asformat(self, format: str | None, copy: bool = False) -> Any:
        """Return the matrix in another format: ``"csr"``, ``"csc"``, ``"coo"`` or ``"dia"``."""
        if format == self.format or format is None:
            return self
        if format not in ("csr", "csc", "coo", "dia"):
            raise NotImplementedError(
                f"sparse: there is no format {format!r} with derivatives; expected 'csr', 'csc', "
                "'coo' or 'dia', or A.plain(), SciPy's own without derivatives"
            )
        found = _moved(lambda ids: ids.asformat(format if format != "dia" else "coo"), self)
        where = Pattern(found.pattern.rows, found.pattern.cols, found.pattern.shape, format)
        return self._of(found.data, where)

    def tocsr(self, copy: bool = False) -> Any:
        """Return the matrix with its entries by rows."""
        return self.asformat("csr")

    def tocsc(self, copy: bool = False) -> Any:
        """Return the matrix with its entries by columns."""
        return self.asformat("csc")

    def tocoo(self, copy: bool = True) -> Any:
        """Return the matrix with its entries in any order."""
        return self.asformat("coo")

    def todia(self, copy: bool = False) -> Any:
        """Return the matrix as one of few diagonals."""
        return self.asformat("dia")

    def tobsr(self, blocksize: Any = None, copy: bool = False) -> Any:
        """Refuse, by `asformat`."""
        return self.asformat("bsr")

    def todok(self, copy: bool = False) -> Any:
        """Refuse, by `asformat`."""
        return self.asformat("dok")

    def tolil(self, copy: bool = False) -> Any:
        """Refuse, by `asformat`."""
        return self.asformat("lil")

    def sum_duplicates(self) -> None:
        """Add entries at one place together, where there are some."""
        if not _is_unique(self.pattern):
            made = unique(self).asformat(self.format)
            object.__setattr__(self, "data", made.data)
            object.__setattr__(self, "pattern", made.pattern)

    def sort_indices(self) -> None:
        """Do nothing: SciPy's order of the entries is kept."""

    def eliminate_zeros(self) -> None:
        """Do nothing: the pattern is fixed, and an entry that is zero may change."""

    def reshape(self, *shape: Any, order: str = "C", copy: bool = False) -> Any:
        """Return the matrix in another shape, row by row."""
        wanted = shape[0] if len(shape) == 1 else shape
        return _moved(lambda ids: ids.reshape(wanted, order=order), self)

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

    @property
    def row(self) -> Any:
        """The row of each entry, raw."""
        return self.pattern.rows

    @property
    def col(self) -> Any:
        """The column of each entry, raw."""
        return self.pattern.cols


class SparseMatrix(SparseArray):
    """A matrix of SciPy's older kind: ``*`` and ``**`` are of matrices, sums have two axes."""

    def __mul__(self, other: Any) -> Any:
        return self.multiply(other) if _is_number(other) else self @ other

    def __rmul__(self, other: Any) -> Any:
        return self.multiply(other) if _is_number(other) else other @ self

    def __pow__(self, power: Any) -> Any:
        if type(power) is not int or power < 0 or self.shape[0] != self.shape[1]:
            raise ValueError(
                f"sparse: A ** {power!r} of a matrix of shape {self.shape}; expected an integer "
                "from 0 on, and a square matrix. A.power(n) is that of the entries"
            )
        out = as_sparse(plain.eye(self.shape[0], format="csr", dtype=str(self.dtype)))
        for _ in range(power):
            out = out @ self
        return out

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Return the sum of all entries, or one row or one column of sums."""
        total = super().sum(axis, dtype, out)
        return total if axis is None else total[None, :] if axis % 2 == 0 else total[:, None]

    def getH(self) -> Any:  # noqa: N802 - SciPy's name
        """Return the adjoint."""
        return self.conj().T

    def get_shape(self) -> Any:
        """Return numbers of rows and columns."""
        return self.shape

    def getformat(self) -> str:
        """Return the format."""
        return self.format

    def getnnz(self, axis: Any = None) -> Any:
        """Return how many entries are stored, raw."""
        return self.plain().getnnz(axis)

    def getrow(self, i: int) -> Any:
        """Return one row."""
        return self[[i], :]

    def getcol(self, j: int) -> Any:
        """Return one column."""
        return self[:, [j]]

    def _line(self, data: Any, pattern: Pattern) -> Any:
        return SparseMatrix(data, pattern)


class SparseVector(SparseArray):
    """A row of a sparse array, or its largest entries: one axis, with the pattern of a row."""

    @property
    def shape(self) -> Any:
        """The length."""
        return self.pattern.shape[1:]

    @property
    def T(self) -> Any:  # noqa: N802 - SciPy's name
        """The vector itself."""
        return self

    @property
    def coords(self) -> Any:
        """Where each entry is, raw."""
        return (self.pattern.cols,)

    def as_row(self) -> SparseArray:
        """Return it as a matrix of one row."""
        return SparseArray(self.data, self.pattern)

    def plain(self) -> Any:
        """Return SciPy's vector of the values, off the tape."""
        return plain.coo_array(super().plain()).reshape(self.shape)

    def toarray(self, order: Any = None, out: Any = None) -> Array:
        """Return the dense vector."""
        only("toarray", out=(out, None))
        return self.as_row().toarray()[0, :]

    todense = toarray

    def __matmul__(self, other: Any) -> Any:
        found = self.as_row() @ (other.as_row().T if isinstance(other, SparseVector) else other)
        return found[0, 0] if isinstance(other, SparseVector) else found[0, ...]

    def __rmatmul__(self, other: Any) -> Any:
        return SparseArray(self.data, self.pattern.T).__rmatmul__(other)[..., 0]

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Return the sum of the entries."""
        self._require_axis(axis)
        return super().sum(None, dtype, out)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Return the mean of all elements."""
        return self.sum(axis, dtype, out) / self.shape[0]

    def _require_axis(self, axis: Any) -> None:
        if axis not in (None, 0, -1, (0,)):
            raise ValueError(f"sparse: axis is {axis!r}; expected None, 0 or -1 of a vector")

    def asformat(self, format: str | None, copy: bool = False) -> Any:
        """Return the vector itself, in whichever of the formats that there are."""
        return self if format in ("csr", "coo", None) else super().asformat(format)

    def reshape(self, *shape: Any, order: str = "C", copy: bool = False) -> Any:
        """Return the entries in another shape."""
        return self.as_row().reshape(*shape, order=order)

    def __getitem__(self, key: Any) -> Any:
        return self.as_row()[0, key]

    def __iter__(self) -> Iterator[Any]:
        """Yield the elements, dense."""
        return iter(self.toarray())


def _is_dense(x: Any) -> bool:
    return not (isinstance(x, SparseArray) or hasattr(x, "tocsr"))


def _is_number(x: Any) -> bool:
    return _is_dense(x) and np.ndim(raw(x)) == 0 and not hasattr(x, "matvec")


def _dense(x: Any) -> Any:
    return x if isinstance(x, Array) else xgrad.asarray(x)


def _as_given(out: Any, *given: Any) -> Any:
    """Return a product raw if both its operands were."""
    return (
        out if any(isinstance(x, Array) for x in given) or not isinstance(out, Array) else out.data
    )


def there(values: Any, like: Any) -> Any:
    from ...backends import backend_of

    return backend_of(like).from_numpy(np.asarray(values), backend_of(like).device(like))


def _spread(other: Any, A: SparseArray) -> Any:
    """Return the elements of a dense array where a matrix has entries."""
    if np.ndim(raw(other)) == 0:
        return other
    wide = xgrad.broadcast_to(xgrad.asarray(other), A.shape)
    like = raw(wide)
    if wide.ndim == 1:
        return wide[Array(there(A.pattern.cols, like))]
    return wide[Array(there(A.pattern.rows, like)), Array(there(A.pattern.cols, like))]


def _ids(A: SparseArray, start: int = 1) -> Any:
    """Return SciPy's matrix of the numbers of the entries, from `start` on."""
    pattern = A.pattern
    numbers = np.arange(start, start + A.nnz)
    make = plain.coo_matrix if isinstance(A, SparseMatrix) else plain.coo_array
    made = make((numbers, (pattern.rows, pattern.cols)), shape=pattern.shape)
    return made if A.format == "coo" else made.tocsr()


def _picked(A: SparseArray, ids: Any) -> Array:
    """Return entries by their numbers from 1 on, and zero for 0."""
    data = xgrad.asarray(A.data)
    like = raw(data)
    taken = xgrad.take(data, Array(there(np.maximum(ids, 1) - 1, like)))
    return xgrad.where(Array(there(ids > 0, like)), taken, 0.0)


def _moved(f: Callable[[Any], Any], A: SparseArray) -> Any:
    """Return what a function makes that only moves entries about."""
    single = A if _is_unique(A.pattern) else unique(A)
    return moved(f(_ids(single).tocsr()), xgrad.asarray(single.data))


def moved(ids: Any, data: Array) -> Any:
    """Return the matrix, or vector or number, whose entries have these numbers from 1 on."""
    like = raw(data)
    if not plain.issparse(ids):
        if np.ndim(ids):
            taken = xgrad.take(data, Array(there(np.maximum(np.ravel(ids), 1) - 1, like)))
            inside = Array(there(np.ravel(ids) > 0, like))
            return xgrad.reshape(xgrad.where(inside, taken, 0.0), np.shape(ids))
        return data[int(ids) - 1] if ids else xgrad.zeros((), dtype=data.dtype)
    kind: type[SparseArray] = SparseArray if isinstance(ids, plain.sparray) else SparseMatrix
    if ids.ndim == 1:
        ids, kind = ids.reshape((1, -1)), SparseVector
    form = ids.format if ids.format in ("csr", "csc") else "coo"
    ordered = ids.tocoo()
    order = Array(there(ordered.data - 1, like))
    return kind(xgrad.take(data, order), Pattern(ordered.row, ordered.col, ids.shape, form))


def _is_unique(pattern: Pattern) -> bool:
    flat = pattern.rows * pattern.shape[1] + pattern.cols
    return pattern.form in ("csr", "csc") or len(np.unique(flat)) == len(flat)


def unique(A: SparseArray) -> Any:
    """Return the matrix by rows, with entries at one place added together."""
    return A._of(*summed(A.pair))


def as_sparse(x: Any) -> SparseArray:
    """Return a sparse matrix of SciPy as one of xgrad."""
    if isinstance(x, SparseArray):
        return x
    if plain.issparse(x) or hasattr(x, "tocsr"):
        found = x.tocoo()
        if getattr(found, "ndim", 2) == 1:
            where = Pattern(np.zeros(found.nnz, np.int64), found.coords[0], (1, *found.shape))
            return SparseVector(found.data, where)
        places = found.coords if hasattr(found, "coords") else (found.row.get(), found.col.get())
        rows, cols = map(raw, places)
        kind = SparseMatrix if isinstance(x, plain.spmatrix) else SparseArray
        return kind(found.data, Pattern(rows, cols, found.shape, "coo"))
    raise TypeError(
        f"sparse: got {type(x).__qualname__}; expected a sparse array, of SciPy or by "
        "xgrad.scipy.sparse.csr_array"
    )
