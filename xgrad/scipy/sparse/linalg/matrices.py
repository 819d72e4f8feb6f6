"""Norms, inverses and exponentials of sparse matrices, and what solves with parts of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....engine import tape
from ....errors import NotDifferentiableError
from ...common import is_tracked, raw, with_derivative_of
from ...examples import of_one
from ...mistakes import told
from ..algebra import tril, triu
from ..arrays import SparseArray, as_sparse, unique
from ..products import Pattern
from .solving import library_of, splu
from .spectra import svds

__all__ = ["expm", "inv", "norm", "onenormest", "spilu", "spsolve_triangular"]


def entries_of(dense: Any, theirs: Any, like: SparseArray) -> Any:
    """Return the entries of a dense matrix where the library's sparse one has some, its values."""
    found = theirs.tocoo()
    rows, cols = (xgrad.asarray(np.asarray(x)) for x in (found.row, found.col))
    data = with_derivative_of(found.data, dense[rows, cols])
    return type(like)(data, Pattern(found.row, found.col, found.shape)).asformat("csc")


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.inv")
def inv(A: Any) -> Any:
    """Return the inverse of a sparse matrix, sparse too; see ``scipy.sparse.linalg.inv``."""
    A = as_sparse(A)
    theirs = library_of(A).inv(A.plain().tocsc())
    unit = xgrad.eye(A.shape[0], dtype=A.dtype)
    return entries_of(xgrad.asarray(splu(A).solve(unit)), theirs, A)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.expm")
def expm(A: Any) -> Any:
    """Return the exponential of a matrix; see ``scipy.sparse.linalg.expm``.

    The derivative is that of the dense matrix; for ``expm(A) @ x`` alone use `expm_multiply`.
    """
    if not hasattr(A, "tocsr"):
        return xgrad.linalg.expm(xgrad.asarray(A))
    A = as_sparse(A)
    theirs = library_of(A).expm(A.plain().tocsc())
    return entries_of(xgrad.linalg.expm(A.toarray()), theirs, A)


def _root(x: Any) -> Any:
    """Return square roots, with the derivative zero where there is nothing."""
    inside = x > 0
    return xgrad.where(inside, xgrad.sqrt(xgrad.where(inside, x, 1.0)), 0.0)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    """Return a norm of a sparse matrix, or of its rows or columns; see SciPy's ``norm``.

    Args:
        x: the matrix.
        ord: None or ``"fro"``, 1, -1, 2, ``numpy.inf`` or ``-numpy.inf`` of a matrix; any number of
            rows or columns.
        axis: None or a pair for the matrix, 0 for each column, 1 for each row.
    """
    A = unique(as_sparse(x))
    size = SparseArray(xgrad.abs(xgrad.asarray(A.data)), A.pattern)
    if axis is not None and not isinstance(axis, tuple):
        return _of_lines(size, ord, int(axis))
    first = 0 if axis is None else axis[0] % 2
    if ord in (None, "fro", "f"):
        return _root(xgrad.sum(size.data * size.data))
    if ord == 2:
        return svds(A, 1, return_singular_vectors=False)[0]
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(
            f"norm: ord is {ord!r}; expected None, 'fro', 1, -1, 2, inf or -inf of a matrix"
        )
    sums = size.sum(axis=first if abs(ord) == 1 else 1 - first)
    return xgrad.max(sums) if ord > 0 else xgrad.min(sums)


def _of_lines(size: SparseArray, ord: Any, axis: int) -> Any:
    """Return the norm of each column or row of absolute values."""
    if ord in (None, 2):
        return _root(size.power(2).sum(axis=axis))
    if ord in (np.inf, -np.inf):
        dense = size.toarray()
        return xgrad.max(dense, axis=axis) if ord > 0 else xgrad.min(dense, axis=axis)
    if ord == 1:
        return size.sum(axis=axis)
    if ord == 0 or isinstance(ord, str):
        raise ValueError(f"norm: ord is {ord!r}; expected a number that is not 0 for axis={axis}")
    total = size.power(ord).sum(axis=axis)
    inside = total > 0
    return xgrad.where(inside, xgrad.where(inside, total, 1.0) ** (1.0 / ord), 0.0)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.onenormest")
def onenormest(
    A: Any, t: int = 2, itmax: int = 5, compute_v: bool = False, compute_w: bool = False
) -> Any:
    """Return a lower bound of the 1-norm of a sparse matrix; see SciPy's ``onenormest``.

    It is the sum of one column, which SciPy chooses; the derivative is that of this sum.
    """
    A = as_sparse(A)
    value, v, w = library_of(A).onenormest(A.plain(), t, itmax, True, True)
    total = xgrad.sum(xgrad.abs(A @ xgrad.asarray(v)))
    found = with_derivative_of(np.asarray(value), total)
    more = [x for x, wanted in ((v, compute_v), (w, compute_w)) if wanted]
    return (found, *more) if more else found


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.spsolve_triangular")
def spsolve_triangular(
    A: Any, b: Any, lower: bool = True, overwrite_A: bool = False, overwrite_b: bool = False,
    unit_diagonal: bool = False,
) -> Any:  # fmt: skip
    """Solve with a sparse triangular matrix; see ``scipy.sparse.linalg.spsolve_triangular``."""
    half = (tril if lower else triu)(as_sparse(A), format="csc").copy()
    if unit_diagonal:
        half.setdiag(xgrad.ones((), dtype=half.dtype))
    return splu(half, permc_spec="NATURAL", diag_pivot_thresh=0.0).solve(b)


class IncompleteLU:
    """Approximate factors of a sparse matrix, made by `spilu`: a preconditioner, off the tape.

    Attributes:
        shape: that of the matrix.
        factors: SciPy's own object, with its ``L``, ``U``, ``perm_r``, ``perm_c``.
    """

    def __init__(self, A: SparseArray, options: dict[str, Any]) -> None:
        self.shape, self._data = A.shape, A.data
        self.factors = library_of(A).spilu(A.plain().tocsc(), **options)

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """Return an approximate solution for a right-hand side."""
        if tape.is_recording() and is_tracked(self._data, rhs):
            raise NotDifferentiableError(
                "spilu: approximate factors have no derivative. As M= of a solver they need none; "
                "splu has one"
            )
        found = self.factors.solve(raw(xgrad.asarray(rhs)), trans)
        return Array(found) if isinstance(rhs, Array) else found


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.spilu")
def spilu(
    A: Any, drop_tol: Any = None, fill_factor: Any = None, drop_rule: Any = None,
    permc_spec: Any = None, diag_pivot_thresh: Any = None, relax: Any = None,
    panel_size: Any = None, options: Any = None,
) -> IncompleteLU:  # fmt: skip
    """Return approximate factors of a sparse matrix, a preconditioner; see SciPy's ``spilu``."""
    given = {"drop_tol": drop_tol, "fill_factor": fill_factor, "drop_rule": drop_rule,
             "permc_spec": permc_spec, "diag_pivot_thresh": diag_pivot_thresh, "relax": relax,
             "panel_size": panel_size, "options": options}  # fmt: skip
    return IncompleteLU(as_sparse(A), {k: v for k, v in given.items() if v is not None})
