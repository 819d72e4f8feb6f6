"""Products with a constant sparse matrix, of SciPy, of CuPy or of whoever has some, on both sides.

A matrix with entries that have derivatives is one of `xgrad.scipy.sparse`.
"""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..backends import backend_of, backend_of_type, is_recorded
from ..backends.batched import Batch
from ..engine.op import linear
from ..errors import MixedBackendError

__all__ = ["sparse_times", "times_matrix", "times_sparse"]


def _adjoint(A: Any) -> Any:
    return A.conj(copy=False).T


def times_matrix(matrix: Any, x: Any) -> Any:
    """Return the raw product of a matrix of some library with a vector or matrix, or many."""
    if not isinstance(x, Batch):
        return x.__rmatmul__(matrix) if backend_of(x).leads else matrix @ x
    xp, n = backend_of(x.data).xp, x.data.shape[0]
    if x.ndim == 1:
        return x.of(xp.permute_dims(times_matrix(matrix, xp.permute_dims(x.data, (1, 0))), (1, 0)))
    side = xp.reshape(xp.permute_dims(x.data, (1, 0, 2)), (x.shape[0], n * x.shape[1]))
    product = xp.reshape(times_matrix(matrix, side), (matrix.shape[0], n, x.shape[1]))
    return x.of(xp.permute_dims(product, (1, 0, 2)))


def _added_up(A: Any, x: Any) -> Any:
    """Return ``A @ x`` by sums of rows, for a program that is recorded: it holds no matrix."""
    backend, entries = backend_of(x), A.tocoo()
    data = entries.data if x.ndim == 1 else entries.data[:, None]
    moved = x[entries.col] * data
    shape = (A.shape[0], *x.shape[1:])
    zero = backend.xp.zeros(shape, dtype=moved.dtype, device=backend.device(x))
    return backend.index_add(zero, entries.row, moved)


def _product(A: Any, x: Any, shown: str) -> Any:
    """Return ``A @ x`` of a raw array, if the two are of one library."""
    if x.ndim not in (1, 2) or A.shape[1] != x.shape[0]:
        n = A.shape[1]
        raise ValueError(
            f"{shown}: x has the shape {tuple(x.shape if shown[0] == 'A' else x.shape[::-1])}; "
            f"expected a vector of length {n}, or a matrix with {n} "
            f"{'rows' if shown[0] == 'A' else 'columns'}"
        )
    try:
        out = _added_up(A, x) if is_recorded(x) else times_matrix(A, x)
    except TypeError:
        out = None
    if out is None or backend_of_type(type(out)) is not backend_of(x):
        raise MixedBackendError(
            f"{shown}: A is a {type(A).__module__}.{type(A).__qualname__}, and x an array of "
            f"{backend_of(x).name!r}. Use a sparse matrix of the same library, or x.to_backend(...)"
        )
    return out


@linear(lambda xp, g, A: sparse_times(g, A=_adjoint(A)))
def sparse_times(x: Array, /, *, A: Any) -> Array:
    """Return ``A @ x`` of a sparse matrix with a vector or a matrix."""
    return _product(A, x, "A @ x")


@linear(lambda xp, g, A: times_sparse(g, A=_adjoint(A)))
def times_sparse(x: Array, /, *, A: Any) -> Array:
    """Return ``x @ A`` of a vector or a matrix with a sparse matrix."""
    if x.ndim != 2:
        return _product(A.T, x, "x @ A")
    xp = backend_of(x).xp
    return xp.permute_dims(_product(A.T, xp.permute_dims(x, (1, 0)), "x @ A"), (1, 0))
