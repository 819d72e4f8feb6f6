"""A few eigenvalues or singular values of a large matrix, none of it dense.

An eigenpair of a Hermitian matrix solves ``A v = w v, v* v = 1``. Its Jacobian is A - w bordered by
v, which is regular where the eigenvalue is simple. An eigenvalue alone is ``v* A v``, and so has
its first derivative also where it is not (Magnus 1985, Econometric Theory 1, 179).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....custom.equation import implicit
from ....errors import RuleError
from ...common import is_tracked, only, raw, with_derivative_of
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray, as_sparse
from .operators import LinearOperator, aslinearoperator, raw_operator, with_tolerance
from .pencils import pencil
from .solving import library_of

__all__ = ["eigsh", "lobpcg", "svds"]


class _Bordered:
    """Solves with A - w bordered by v; the part along v needs no solver."""

    def __init__(self, apply: Any, matrix: Any, v: Any, w: Any, library: Any) -> None:
        self.apply, self.matrix, self.v, self.w, self.library = apply, matrix, v, w, library
        self.factors: Any = None

    def __call__(self, b: Any, adjoint: bool) -> Any:
        n = len(self.v)
        along = np.vdot(self.v, b[:n])
        rest = b[:n] - self.v * along
        y = self.v * b[n] if not adjoint else -self.v * b[n]
        scale = np.linalg.norm(b[:n])
        if np.linalg.norm(rest) > 1e-11 * scale:
            y = y + self._solved(rest)
        last = -along if not adjoint else along
        return np.concatenate([y, np.asarray([last])]).astype(np.result_type(b, self.v))

    def _solved(self, rest: Any) -> Any:
        n = len(self.v)
        if self.matrix is None:
            shifted = self.library.LinearOperator(
                (n, n), matvec=lambda x: self.apply(x) - self.w * x, dtype=self.v.dtype
            )
            solver = self.library.minres
            y, info = solver(shifted, rest, maxiter=20 * n, **with_tolerance(solver, 1e-12))
            found = y - self.v * np.vdot(self.v, y)
            off = np.linalg.norm(self.apply(found) - self.w * found - rest)
            if info or off > 1e-6 * np.linalg.norm(rest):
                raise RuleError(DEGENERATE)
            return found
        if self.factors is None:
            import scipy.sparse as plain

            column = plain.csr_array(self.v[:, None])
            unit = self.w * plain.eye_array(n)
            block = plain.block_array([[self.matrix - unit, column], [column.conj().T, None]])
            try:
                self.factors = self.library.splu(block.tocsc())
            except RuntimeError as error:
                raise RuleError(DEGENERATE) from error
            pivots = abs(self.factors.U.diagonal())
            if pivots.min() < 1e-11 * pivots.max():
                raise RuleError(DEGENERATE)
        return self.factors.solve(np.append(rest, 0.0))[:n]


DEGENERATE = (
    "eigsh: an eigenvalue is not simple, so that its eigenvector has no derivative; the sum of "
    "such eigenvalues, and the projector on their eigenvectors, have one"
)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.eigsh")
def eigsh(
    A: Any,
    k: int = 6,
    M: Any = None,
    sigma: float | None = None,
    which: str = "LM",
    v0: Any = None,
    ncv: int | None = None,
    maxiter: int | None = None,
    tol: float = 0,
    return_eigenvectors: bool = True,
    Minv: Any = None,
    OPinv: Any = None,
    mode: str = "normal",
    rng: Any = None,
) -> Any:
    """Return a few eigenvalues and eigenvectors of a Hermitian matrix; see SciPy's ``eigsh``.

    Args:
        A: a sparse or dense array, or a `LinearOperator` that may close over tracked arrays.
        k: how many.
        M: a positive definite matrix, if the problem is ``A v = w M v``.
        sigma: find those nearest to this number.
        which: ``"LM"``, ``"SM"``, ``"LA"``, ``"SA"`` or ``"BE"``.
        v0: where to start.
        ncv, maxiter, tol, Minv, OPinv, mode, rng: see SciPy.
        return_eigenvectors: whether to return ``(w, v)``, or `w` alone.

    Raises:
        RuleError: for the derivative of the eigenvector of a multiple eigenvalue.
    """
    if M is not None:
        options = {"sigma": sigma, "which": which, "v0": raw(v0), "ncv": ncv, "maxiter": maxiter}
        options |= {"tol": tol, "Minv": Minv, "OPinv": OPinv, "mode": mode}
        w, v = pencil("eigsh", A, M, k, options | ({} if rng is None else {"rng": rng}))
        return (w, v) if return_eigenvectors else w
    sparse = A if isinstance(A, SparseArray) else as_sparse(A) if hasattr(A, "tocsr") else None
    operator = aslinearoperator(A)
    library = library_of(A if isinstance(A, SparseArray) else xgrad.zeros(0))
    matrix = sparse.plain() if sparse is not None else None
    dense = raw(A) if not isinstance(A, LinearOperator) and matrix is None else None
    given = matrix if matrix is not None else dense
    if given is None or not hasattr(given, "shape") or hasattr(given, "matvec"):
        given = raw_operator(operator, library)
    options = {"sigma": sigma, "which": which, "v0": raw(v0), "ncv": ncv, "maxiter": maxiter}
    options |= {"tol": tol, "Minv": Minv, "OPinv": OPinv, "mode": mode}
    if rng is not None:
        options["rng"] = rng
    w, v = library.eigsh(given, k, **options)
    pairs = [_pair(operator, matrix, w[i], v[:, i], library) for i in range(k)]
    known = isinstance(A, SparseArray) and isinstance(A.data, Array)
    if all(p._node is None for p in pairs) and not known and not isinstance(A, Array):
        return (w, v) if return_eigenvectors else w
    vectors = [p[:-1] for p in pairs]
    values = [_rayleigh(operator, x, each) for x, each in zip(vectors, w, strict=True)]
    found = xgrad.stack(values)
    return (found, xgrad.stack(vectors, axis=1)) if return_eigenvectors else found


def _pair(operator: LinearOperator, matrix: Any, w: Any, v: Any, library: Any) -> Any:
    """Return an eigenvector with its eigenvalue behind it, as the root of their equation."""
    n = len(v)

    def equation(z: Array) -> Any:
        x, value = z[:n], z[n]
        length = xgrad.vecdot(x, x)  # its phase stays: what is along v moves only in length
        fixed = xgrad.vecdot(xgrad.asarray(v), x) * 1.0 if v.dtype.kind == "c" else length / 2.0
        one = 1.0 if v.dtype.kind == "c" else 0.5
        return xgrad.concat([operator.matvec(x) - value * x, xgrad.reshape(fixed - one, (1,))])

    def apply(x: Any) -> Any:
        return matrix @ x if matrix is not None else raw(operator.matvec(Array(x)).detach())

    inverse = _Bordered(apply, matrix, v, w, library)
    return implicit(equation, np.append(v, w.astype(v.dtype)), inverse)


def _rayleigh(operator: LinearOperator, v: Array, w: Any) -> Array:
    """Return the eigenvalue of an eigenvector, with its own value."""
    found = xgrad.vecdot(v, operator.matvec(v))
    if v.dtype.kind == "c":  # a real vector keeps its length of one
        found = xgrad.real(found / xgrad.vecdot(v, v))
    return with_derivative_of(np.asarray(w), found)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.svds")
def svds(
    A: Any,
    k: int = 6,
    ncv: int | None = None,
    tol: float = 0,
    which: str = "LM",
    v0: Any = None,
    maxiter: int | None = None,
    return_singular_vectors: Any = True,
    solver: str = "arpack",
    rng: Any = None,
    options: Any = None,
) -> Any:
    """Return a few singular values and vectors of a large matrix; see SciPy's ``svds``.

    They are the eigenpairs of ``[[0, A], [A*, 0]]``, whose derivatives are those of `eigsh`.

    Args:
        A: a sparse or dense array, or a `LinearOperator`.
        k: how many.
        ncv, tol, which, v0, maxiter, solver, rng, options: see SciPy.
        return_singular_vectors: whether to return ``(u, s, vh)``, or `s` alone.
    """
    sparse = A if isinstance(A, SparseArray) else as_sparse(A) if hasattr(A, "tocsr") else None
    operator = aslinearoperator(A)
    library = library_of(A if isinstance(A, SparseArray) else xgrad.zeros(0))
    matrix = sparse.plain() if sparse is not None else None
    dense = isinstance(raw(A), np.ndarray)
    given = matrix if matrix is not None else raw(A) if dense else raw_operator(operator, library)
    more = {"ncv": ncv, "tol": tol, "which": which, "v0": raw(v0), "maxiter": maxiter}
    more |= {"solver": solver, "options": options} | ({} if rng is None else {"rng": rng})
    u, s, vh = library.svds(given, k, **more)
    data = A.data if isinstance(A, SparseArray) else A
    m, n = operator.shape

    def both(z: Any) -> Any:
        return xgrad.concat([operator.matvec(z[m:]), operator.rmatvec(z[:m])])

    twice = LinearOperator((m + n, m + n), both, both, dtype=u.dtype)
    block = None
    if matrix is not None:
        import scipy.sparse as plain

        block = plain.block_array([[None, matrix], [matrix.conj().T, None]]).tocsr()
    half = 0.5**0.5
    found = [
        _pair(twice, block, s[i], half * np.concatenate([u[:, i], vh[i].conj()]), library)
        for i in range(k)
    ]
    if all(p._node is None for p in found) and not is_tracked(data) and not isinstance(data, Array):
        return (u, s, vh) if return_singular_vectors else s
    values = xgrad.stack([_rayleigh(twice, p[:-1], x) for p, x in zip(found, s, strict=True)])
    if not return_singular_vectors:
        return values
    left = xgrad.stack([p[:m] for p in found], axis=1) / half
    right = xgrad.stack([xgrad.conj(p[m:-1]) for p in found]) / half
    return left, values, right


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.lobpcg")
def lobpcg(
    A: Any,
    X: Any,
    B: Any = None,
    M: Any = None,
    Y: Any = None,
    tol: float | None = None,
    maxiter: int | None = None,
    largest: bool = True,
    verbosityLevel: int = 0,
    retLambdaHistory: bool = False,
    retResidualNormsHistory: bool = False,
    restartControl: int = 20,
) -> Any:
    """Return extreme eigenvalues and eigenvectors of a Hermitian matrix; see SciPy's ``lobpcg``.

    Args:
        A: a sparse or dense array, or a `LinearOperator`.
        X: where to start, a column for each; it has no derivative.
        B, Y: must be None.
        M: an approximate inverse of `A`.
        tol, maxiter, largest, verbosityLevel, restartControl: see SciPy.
        retLambdaHistory, retResidualNormsHistory: must be False.
    """
    only(
        "lobpcg", B=(B, None), Y=(Y, None), retLambdaHistory=(retLambdaHistory, False),
        retResidualNormsHistory=(retResidualNormsHistory, False),
    )  # fmt: skip
    operator = aslinearoperator(A)
    library = library_of(A if isinstance(A, SparseArray) else xgrad.zeros(0))
    matrix = as_sparse(A).plain() if hasattr(A, "tocsr") else None
    given = matrix if matrix is not None else raw_operator(operator, library)
    M = raw_operator(M, library) if isinstance(M, LinearOperator) else raw(M)
    w, v = library.lobpcg(
        given, np.array(raw(X)), M=M, tol=tol, maxiter=maxiter, largest=largest,
        verbosityLevel=verbosityLevel, restartControl=restartControl,
    )  # fmt: skip
    found = [_pair(operator, matrix, w[i], v[:, i], library) for i in range(len(w))]
    vectors = [z[:-1] for z in found]
    values = [_rayleigh(operator, x, each) for x, each in zip(vectors, w, strict=True)]
    return xgrad.stack(values), xgrad.stack(vectors, axis=1)
