"""Sparse linear systems by a factorisation, which serves the value and all derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....backends import backend_of
from ....custom.equation import implicit
from ....errors import NotDifferentiableError
from ...common import chapter, is_tracked, raw, result
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray, as_sparse
from ..products import Pattern

__all__ = ["SuperLU", "factorized", "splu", "spsolve"]


class SuperLU:
    """The factors of a sparse matrix, made by `splu`; `solve` is differentiable in the matrix.

    Attributes:
        shape: that of the matrix.
        factors: SciPy's own object; its ``nnz``, ``perm_r`` and ``perm_c`` are here too.
    """

    def __init__(self, A: Any, **options: Any) -> None:
        self.A = as_sparse(A)
        self.shape = self.A.shape
        if self.shape[0] != self.shape[1]:
            raise ValueError(f"splu: A has shape {self.shape}; expected a square matrix")
        data = raw(xgrad.asarray(self.A.data))
        library = backend_of(data).chapter("sparse.linalg")
        try:
            self.factors = library.splu(self.A.plain().tocsc(), **options)
        except RuntimeError as error:
            raise np.linalg.LinAlgError(
                f"splu: the matrix of shape {self.shape} is singular, so that A x = b has no one "
                f"solution ({error})"
            ) from error

    def __getattr__(self, name: str) -> Any:
        if name not in ("L", "U", "nnz", "perm_c", "perm_r"):
            raise AttributeError(f"a factorisation of splu has no attribute {name!r}")
        if name in "LU" and is_tracked(self.A.data):
            raise NotDifferentiableError(
                f"splu: {name} has no derivative here; solve has one, and the factors of "
                "xgrad.scipy.linalg.lu(A.toarray()) have"
            )
        return getattr(self.factors, name)

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """Return the solution of ``A x = rhs``, or of the transposed or adjoint system.

        Args:
            rhs: a vector or a matrix.
            trans: ``"N"``, or ``"T"`` for the transpose, or ``"H"`` for the adjoint.
        """
        if trans not in ("N", "T", "H"):
            raise ValueError(f"splu: trans is {trans!r}; expected 'N', 'T' or 'H'")
        b = xgrad.asarray(rhs)
        if b.ndim not in (1, 2) or b.shape[0] != self.shape[0]:
            raise ValueError(
                f"splu: the right-hand side has shape {b.shape}; expected ({self.shape[0]},) or "
                f"({self.shape[0]}, k)"
            )
        data = xgrad.asarray(self.A.data)
        dtype = xgrad.result_type(data, b)
        b = xgrad.astype(b, dtype, copy=False)
        x = self.factors.solve(_fitting(raw(b)), trans)
        if not is_tracked(data, b):
            return result(x, [rhs, self.A.data])
        A = SparseArray(data, self.A.pattern)
        turned = A if trans == "N" else A.T if trans == "T" else A.conj().T
        turn = {"N": "NH", "T": "TC", "H": "HN"}[trans]

        def inverse(b: Any, adjoint: bool) -> Any:
            kind = turn[int(adjoint)]
            if kind == "C":  # the conjugate, which the library has no name for
                return self.factors.solve(_fitting(b.conj()), "N").conj()
            return self.factors.solve(_fitting(b), kind)

        return implicit(lambda x: turned @ x - b, x, inverse)


def _fitting(b: Any) -> Any:
    """Return a right-hand side as SuperLU wants it: in one piece, columns together."""
    return b if b.flags.c_contiguous or b.flags.f_contiguous else b.copy()


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.splu")
def splu(
    A: Any, permc_spec: Any = None, diag_pivot_thresh: Any = None, relax: Any = None,
    panel_size: Any = None, options: Any = None,
) -> SuperLU:  # fmt: skip
    """Factorise a sparse matrix once, to solve with it again and again; see ``splu`` of SciPy.

    Args:
        A: a square sparse array, with entries that may be tracked.
        permc_spec, diag_pivot_thresh, relax, panel_size, options: see SciPy.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import sparse
    >>> def solved(d):
    ...     return sparse.linalg.splu(sparse.diags_array(d)).solve(np.asarray([2.0, 8.0]))
    >>> xg.jacfwd(solved)(np.asarray([1.0, 2.0]))
    array([[-2., -0.],
           [-0., -2.]])
    """
    given = {"permc_spec": permc_spec, "diag_pivot_thresh": diag_pivot_thresh, "relax": relax,
             "panel_size": panel_size, "options": options}  # fmt: skip
    return SuperLU(A, **{k: v for k, v in given.items() if v is not None})


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.factorized")
def factorized(A: Any) -> Callable[[Any], Any]:
    """Return the function that solves with a sparse matrix, which is factorised once."""
    return splu(A).solve


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.spsolve")
def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """Solve ``A x = b`` for a sparse matrix; see ``scipy.sparse.linalg.spsolve``.

    The matrix is factorised once, for the value and for derivatives of every order.

    Args:
        A: a square sparse array.
        b: a vector, or a matrix of right-hand sides; if it is sparse, so is the solution.
        permc_spec: how SuperLU orders the columns.
        use_umfpack: nothing; SuperLU is used.
    """
    if hasattr(b, "tocsr"):
        return _sparse_solution(as_sparse(A), as_sparse(b), permc_spec)
    wide = xgrad.asarray(b)
    x = splu(A, permc_spec).solve(wide if wide.ndim == 1 or wide.shape[1] > 1 else wide[:, 0])
    given = [b, A.data] if isinstance(A, SparseArray) else [b]
    if isinstance(x, Array) and x._node is None and not any(isinstance(g, Array) for g in given):
        return x.data
    return x


def _sparse_solution(A: SparseArray, b: SparseArray, permc_spec: Any) -> Any:
    """Return a sparse solution for a sparse right-hand side: the entries that are not zero."""
    x = xgrad.asarray(splu(A, permc_spec).solve(b.toarray()))
    if x.ndim == 1:
        return x
    rows, cols = np.nonzero(np.asarray(raw(x.detach())))
    data = x[xgrad.asarray(rows), xgrad.asarray(cols)]
    return A._of(data, Pattern(rows, cols, b.pattern.shape)).asformat("csc")


def library_of(*args: Any) -> Any:
    """Return SciPy's chapter for these arrays and sparse arrays."""
    return chapter("sparse.linalg", *[a.data if isinstance(a, SparseArray) else a for a in args])
