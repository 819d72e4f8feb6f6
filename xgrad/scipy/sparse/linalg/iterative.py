"""Iterative solvers: the derivative solves the same system, with the same preconditioner."""

from __future__ import annotations

import warnings
from typing import Any

import xgrad

from ....arrays.array import Array
from ....custom.equation import implicit
from ...common import only, outside, raw
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray
from .operators import LinearOperator, aslinearoperator, raw_operator, with_tolerance
from .solving import library_of

__all__ = ["bicg", "bicgstab", "cg", "cgs", "gcrotmk", "gmres", "lgmres", "minres", "qmr",
           "tfqmr"]  # fmt: skip

SYMMETRIC = frozenset({"cg", "minres"})


def _solved(
    name: str, A: Any, b: Any, x0: Any, rtol: float, more: dict[str, Any], callback: Any
) -> tuple[Any, int]:
    operator = aslinearoperator(A)
    n = operator.shape[0]
    rhs = xgrad.asarray(b)
    if operator.shape != (n, n) or rhs.shape not in ((n,), (n, 1)):
        raise ValueError(
            f"{name}: A has shape {operator.shape} and b has shape {rhs.shape}; expected a square "
            "matrix and a vector as long"
        )
    rhs = xgrad.reshape(rhs, (n,))
    library = library_of(A if isinstance(A, SparseArray) else rhs)
    solver = getattr(library, name)
    here = A.plain() if isinstance(A, SparseArray) else None
    M = more.pop("M", None)

    def run(b: Any, adjoint: bool, **options: Any) -> Any:
        turned = adjoint and name not in SYMMETRIC
        if here is not None:
            matrix = here.conj().T if turned else here
        else:
            matrix = raw_operator(operator.H if turned else operator, library)
        given: dict[str, Any] = {"M": _preconditioner(M, turned, library)} if M is not None else {}
        given.update(with_tolerance(solver, rtol))
        return solver(matrix, b, **{**more, **given, **options})

    start = {} if x0 is None else {"x0": raw(xgrad.asarray(x0))}
    watch = {} if callback is None else {"callback": outside(callback)}
    x, info = run(raw(rhs), False, **start, **watch)
    if info > 0:
        warnings.warn(
            f"{name}: no convergence after {info} iterations; derivatives are those of the "
            "solution, not of what was reached. Raise maxiter, or give a preconditioner M",
            RuntimeWarning,
            stacklevel=3,
        )

    def inverse(b: Any, adjoint: bool) -> Any:
        found, info = run(b, adjoint)
        if info > 0:
            warnings.warn(
                f"{name}: no convergence in the derivative after {info} iterations",
                RuntimeWarning,
                stacklevel=2,
            )
        return found

    out = implicit(lambda x: operator.matvec(x) - rhs, x, inverse)
    given = [b, x0, A.data if isinstance(A, SparseArray) else A]
    if out._node is None and not any(isinstance(g, Array) for g in given):
        return x, info
    return out, info


def _preconditioner(M: Any, turned: bool, library: Any) -> Any:
    if isinstance(M, SparseArray):
        M = M.plain()
    if isinstance(M, LinearOperator):
        return raw_operator(M.H if turned else M, library)
    M = raw(M)
    if not turned:
        return M
    return M.H if hasattr(M, "rmatvec") else M.conj().T


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.cg")
def cg(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve a Hermitian positive definite system by conjugate gradients; see SciPy's ``cg``.

    Args:
        A: a sparse or dense array, or a `LinearOperator` that may close over tracked arrays.
        b: the right-hand side, a vector.
        x0: where to start; it has no derivative.
        rtol: of the residual; derivatives are solved to the same.
        atol: the same, absolutely.
        maxiter: the most iterations.
        M: an approximate inverse of `A`; derivatives use it too.
        callback: called after each iteration.

    Returns:
        The solution, and 0 if it converged. A solver that did not converge warns.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import sparse
    >>> def solved(d):
    ...     return sparse.linalg.cg(sparse.diags_array(d), np.asarray([2.0, 8.0]), rtol=1e-10)[0]
    >>> xg.jacfwd(solved)(np.asarray([1.0, 2.0])).round(6) + 0.0
    array([[-2.,  0.],
           [ 0., -2.]])
    """
    return _solved("cg", A, b, x0, rtol, {"atol": atol, "maxiter": maxiter, "M": M}, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.minres")
def minres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, shift: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None, show: bool = False,
    check: bool = False,
) -> tuple[Any, int]:  # fmt: skip
    """Solve a Hermitian system, definite or not; see `cg` and SciPy's ``minres``."""
    if shift:
        A = aslinearoperator(A) - shift * _unit(A)
    return _solved("minres", A, b, x0, rtol, {"maxiter": maxiter, "M": M}, callback)


def _unit(A: Any) -> LinearOperator:
    return LinearOperator(A.shape, lambda v: v, lambda v: v)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.gmres")
def gmres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    restart: int | None = None, maxiter: int | None = None, M: Any = None, callback: Any = None,
    callback_type: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by GMRES; see `cg` and SciPy's ``gmres``."""
    more = {"atol": atol, "restart": restart, "maxiter": maxiter, "M": M}
    if callback is not None:
        more["callback_type"] = callback_type or "legacy"
    return _solved("gmres", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.bicgstab")
def bicgstab(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by BiCGSTAB; see `cg` and SciPy's ``bicgstab``."""
    more = {"atol": atol, "maxiter": maxiter, "M": M}
    return _solved("bicgstab", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.bicg")
def bicg(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by biconjugate gradients; see `cg` and SciPy's ``bicg``."""
    more = {"atol": atol, "M": M, **({} if maxiter is None else {"maxiter": maxiter})}
    return _solved("bicg", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.cgs")
def cgs(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by conjugate gradients squared; see `cg` and SciPy's ``cgs``."""
    more = {"atol": atol, "M": M, **({} if maxiter is None else {"maxiter": maxiter})}
    return _solved("cgs", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.lgmres")
def lgmres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int = 1000, M: Any = None, callback: Any = None, inner_m: int = 30,
    outer_k: int = 3, outer_v: Any = None, store_outer_Av: bool = True,
    prepend_outer_v: bool = False,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by LGMRES; see `cg` and SciPy's ``lgmres``."""
    more = {"atol": atol, "M": M, "maxiter": maxiter, "inner_m": inner_m, "outer_k": outer_k,
            "store_outer_Av": store_outer_Av, "prepend_outer_v": prepend_outer_v}  # fmt: skip
    more |= {} if outer_v is None else {"outer_v": outer_v}
    return _solved("lgmres", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.gcrotmk")
def gcrotmk(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int = 1000, M: Any = None, callback: Any = None, m: int = 20, k: Any = None,
    CU: Any = None, discard_C: bool = False, truncate: str = "oldest",
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by GCROT(m, k); see `cg` and SciPy's ``gcrotmk``."""
    more = {"atol": atol, "M": M, "maxiter": maxiter, "m": m, "k": k, "CU": CU,
            "discard_C": discard_C, "truncate": truncate}  # fmt: skip
    return _solved("gcrotmk", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.tfqmr")
def tfqmr(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M: Any = None, callback: Any = None, show: bool = False,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by transpose-free QMR; see `cg` and SciPy's ``tfqmr``."""
    more = {"atol": atol, "M": M, **({} if maxiter is None else {"maxiter": maxiter})}
    more |= {"show": show} if show else {}
    return _solved("tfqmr", A, b, x0, rtol, more, callback)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.qmr")
def qmr(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-5, atol: float = 0.0,
    maxiter: int | None = None, M1: Any = None, M2: Any = None, callback: Any = None,
) -> tuple[Any, int]:  # fmt: skip
    """Solve any regular system by quasi-minimal residuals; see `cg` and SciPy's ``qmr``."""
    only("qmr", M1=(M1, None), M2=(M2, None))
    return _solved("qmr", A, b, x0, rtol, {"atol": atol, "maxiter": maxiter}, callback)
