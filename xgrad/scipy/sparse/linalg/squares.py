"""Least squares with large matrices: the solution is that of the normal equations.

Those of fewer rows than columns are in the unknowns of the rows, so that the solution is the
shortest one, as SciPy's solvers find it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....custom.equation import SINGULAR, implicit
from ....errors import RuleError
from ...common import estimated, is_tracked, raw, with_derivative_of
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray, as_sparse
from .operators import aslinearoperator, raw_operator, with_tolerance
from .solving import library_of

__all__ = ["lsmr", "lsqr"]


class _Normal:
    """Solves with ``A* A + damp^2`` or ``A A*``: by its factors, or by conjugate gradients."""

    def __init__(self, matrix: Any, apply: Any, size: int, shift: float, library: Any) -> None:
        self.matrix, self.apply, self.size, self.shift = matrix, apply, size, shift
        self.library = library
        self.factors: Any = None

    def __call__(self, b: Any, adjoint: bool) -> Any:
        if self.matrix is None:
            cg = self.library.cg
            operator = self.library.LinearOperator(
                (self.size, self.size), matvec=self.apply, dtype=b.dtype
            )
            x, info = cg(operator, b, maxiter=50 * self.size, **with_tolerance(cg, 1e-13))
            if info:
                raise RuleError(SINGULAR)
            return x
        if self.factors is None:
            import scipy.sparse as plain

            unit = self.shift * plain.eye_array(self.size)
            try:
                self.factors = self.library.splu((self.matrix + unit).tocsc())
            except RuntimeError as error:
                raise RuleError(SINGULAR) from error
            pivots = abs(self.factors.U.diagonal())
            if pivots.min() < 1e-14 * pivots.max():
                raise RuleError(SINGULAR)
        return self.factors.solve(np.ascontiguousarray(b))


def _solved(name: str, A: Any, b: Any, damp: Any, x0: Any, options: dict[str, Any]) -> Any:
    sparse = A if isinstance(A, SparseArray) else as_sparse(A) if hasattr(A, "tocsr") else None
    operator = aslinearoperator(A if sparse is None else sparse)
    m, n = operator.shape
    rhs = xgrad.asarray(b)
    if rhs.shape not in ((m,), (m, 1)):
        raise ValueError(
            f"{name}: A has shape {operator.shape} and b has {rhs.shape}; expected ({m},)"
        )
    rhs = xgrad.reshape(rhs, (m,))
    library = library_of(sparse if sparse is not None else rhs)
    matrix = sparse.plain() if sparse is not None else None
    given = matrix if matrix is not None else raw_operator(operator, library)
    if matrix is None and isinstance(raw(A), np.ndarray):
        import scipy.sparse as plain

        matrix = plain.csr_array(raw(A))
    start = None if x0 is None else raw(xgrad.asarray(x0))
    found = getattr(library, name)(given, raw(rhs.detach()), raw(damp), x0=start, **options)
    x, about = np.asarray(found[0]), found[1:]
    shift = float(raw(damp)) ** 2
    moves = x0 is not None and m < n and not shift and bool(np.any(start))
    if moves and is_tracked(rhs, x0, A.data if isinstance(A, SparseArray) else A):
        raise NotImplementedError(
            f"{name}: with fewer rows than columns x0 moves the solution, which has no "
            "derivative here; solve for the difference from x0"
        )
    if m < n and not shift:
        turned = None if matrix is None else matrix @ matrix.conj().T

        def onto(y: Array) -> Any:
            return operator.matvec(operator.rmatvec(y))

        solve = _Normal(turned, lambda y: raw(onto(Array(y)).detach()), m, 0.0, library)
        y = np.asarray(solve(raw(rhs.detach()), False))
        out = operator.rmatvec(implicit(lambda y: onto(y) - rhs, y, solve))
        out = with_derivative_of(x, xgrad.asarray(out))
    else:
        squared = None if matrix is None else matrix.conj().T @ matrix

        def back(v: Any) -> Any:
            return raw(operator.rmatvec(operator.matvec(Array(v))).detach()) + shift * v

        solve = _Normal(squared, back, n, shift, library)
        at = 0.0 if x0 is None or not shift else xgrad.asarray(x0)
        weight = damp * damp if shift or isinstance(damp, Array) else 0.0

        def equation(v: Array) -> Any:
            return operator.rmatvec(operator.matvec(v) - rhs) + weight * (v - at)

        out = implicit(equation, x, solve)
    asked = [b, x0, damp, A.data if isinstance(A, SparseArray) else A]
    if out._node is None and not any(isinstance(g, Array) for g in asked):
        return found
    return (out, *(_about(name, v, out) for v in about))


def _about(name: str, value: Any, x: Any) -> Any:
    """Return what a solver says of its solution; the norms that it estimates have no derivative."""
    if not isinstance(value, float):
        return value
    return estimated(f"{name}: a norm", "the norm of b - A @ x, written out,", value, x)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.lsqr")
def lsqr(
    A: Any, b: Any, damp: Any = 0.0, atol: float = 1e-6, btol: float = 1e-6, conlim: float = 1e8,
    iter_lim: int | None = None, show: bool = False, calc_var: bool = False, x0: Any = None,
) -> Any:  # fmt: skip
    """Minimise ``|A x - b|^2 + damp^2 |x|^2``; see ``scipy.sparse.linalg.lsqr``.

    Args:
        A: a sparse or dense array, or a `LinearOperator` that may close over tracked arrays.
        b: the right-hand side, a vector.
        damp: how much a long solution costs.
        atol, btol, conlim, iter_lim, show, calc_var: see SciPy.
        x0: where to start, and from where length is counted.

    Returns:
        SciPy's tuple, whose first entry, the solution, is differentiable.
    """
    options = {"atol": atol, "btol": btol, "conlim": conlim, "iter_lim": iter_lim}
    return _solved("lsqr", A, b, damp, x0, {**options, "show": show, "calc_var": calc_var})


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.lsmr")
def lsmr(
    A: Any, b: Any, damp: Any = 0.0, atol: float = 1e-6, btol: float = 1e-6, conlim: float = 1e8,
    maxiter: int | None = None, show: bool = False, x0: Any = None,
) -> Any:  # fmt: skip
    """Minimise ``|A x - b|^2 + damp^2 |x|^2``; see ``scipy.sparse.linalg.lsmr`` and `lsqr`."""
    options = {"atol": atol, "btol": btol, "conlim": conlim, "maxiter": maxiter}
    return _solved("lsmr", A, b, damp, x0, {**options, "show": show})
