"""A few eigenvalues of large matrices without symmetry, and of pairs of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....custom.equation import implicit
from ....errors import RuleError
from ...common import raw, with_derivative_of
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray, as_sparse
from .operators import LinearOperator, aslinearoperator
from .solving import library_of

__all__ = ["eigs", "pencil"]


class _Bordered:
    """Solves with ``A - w M`` bordered by ``M v``, which fixes the length of `v`."""

    def __init__(self, shifted: Any, column: Any) -> None:
        self.parts, self.dtype = (shifted, column), np.result_type(shifted.dtype, column)
        self.factors: Any = None

    def __call__(self, b: Any, adjoint: bool) -> Any:
        if self.factors is None:
            import scipy.sparse as plain

            shifted, column = self.parts
            block = [
                [plain.csr_array(shifted), plain.csr_array(-column[:, None])],
                [plain.csr_array(column.conj()[None, :]), None],
            ]
            try:
                whole = plain.block_array(block).tocsc()
                self.factors = plain.linalg.splu(
                    whole.astype(np.result_type(whole.dtype, np.float64))
                )
            except RuntimeError as error:
                raise RuleError(MULTIPLE) from error
            pivots = abs(self.factors.U.diagonal())
            if pivots.min() < 1e-11 * pivots.max():
                raise RuleError(MULTIPLE)
        given = np.asarray(b, dtype=self.factors.U.dtype)
        return self.factors.solve(given, "H" if adjoint else "N").astype(self.dtype, copy=False)


MULTIPLE = (
    "an eigenvalue is not simple, so that its eigenvector has no derivative; the sum of such "
    "eigenvalues has one"
)


def pencil(name: str, A: Any, M: Any, k: int, options: Any) -> tuple[Any, Any]:
    """Return eigenvalues and eigenvectors of ``A v = w M v``, as SciPy's function of a name does.

    Args:
        name: ``"eigs"``, or ``"eigsh"`` where both are Hermitian and M is positive definite.
        A: a sparse or dense array.
        M: another one, or None for the identity.
        k: how many.
        options: SciPy's.
    """
    for key, x in {"A": A, "M": M}.items():
        if isinstance(x, LinearOperator) or hasattr(x, "matvec"):
            raise NotImplementedError(
                f"{name}: {key} is a LinearOperator; only sparse or dense arrays have a derivative "
                "here. Of one Hermitian LinearOperator without M eigsh has one"
            )
    library = library_of(A if isinstance(A, SparseArray) else xgrad.zeros(0))
    left, plain = aslinearoperator(A), _plain(A)
    n = plain.shape[0]
    unit: Any = None if M is None else _plain(M)
    right = None if M is None else aslinearoperator(M)
    w, v = getattr(library, name)(plain, k, M=unit, **options)

    def times(x: Any) -> Any:
        return x if right is None else right.matvec(x)

    def root(value: Any, x: Any) -> Any:
        column = x if unit is None else unit @ x
        scaled = value * (_eye(n) if unit is None else unit)

        def equation(z: Array) -> Any:
            along = xgrad.vecdot(xgrad.asarray(column), z[:n])
            fixed = xgrad.reshape(along - 1.0, (1,))  # its length is set afterwards
            return xgrad.concat([left.matvec(z[:n]) - z[n] * times(z[:n]), fixed])

        return implicit(equation, np.append(x, value), _Bordered(plain - scaled, column))

    found = [root(w[i], v[:, i]) for i in range(len(w))]
    values, columns = [], []
    for z, value in zip(found, w, strict=True):
        x = z[:n]
        size = xgrad.vecdot(x, times(x))
        columns.append(x / xgrad.sqrt(xgrad.real(size) if x.dtype.kind == "c" else size))
        last = xgrad.real(z[n]) if w.dtype.kind == "f" and x.dtype.kind == "c" else z[n]
        values.append(with_derivative_of(np.asarray(value), last))
    return xgrad.stack(values), xgrad.stack(columns, axis=1)


def _plain(x: Any) -> Any:
    return as_sparse(x).plain() if hasattr(x, "tocsr") else raw(xgrad.asarray(x).detach())


def _eye(n: int) -> Any:
    import scipy.sparse as plain

    return plain.eye_array(n)


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.eigs")
def eigs(
    A: Any,
    k: int = 6,
    M: Any = None,
    sigma: Any = None,
    which: str = "LM",
    v0: Any = None,
    ncv: int | None = None,
    maxiter: int | None = None,
    tol: float = 0,
    return_eigenvectors: bool = True,
    Minv: Any = None,
    OPinv: Any = None,
    OPpart: Any = None,
    rng: Any = None,
) -> Any:
    """Return a few eigenvalues and eigenvectors of a square matrix; see SciPy's ``eigs``.

    The phases of the eigenvectors are SciPy's, and stay as they are.

    Args:
        A: a sparse or dense array.
        k: how many.
        M: a sparse or dense array, if the problem is ``A v = w M v``.
        sigma, which, v0, ncv, maxiter, tol, Minv, OPinv, OPpart, rng: see SciPy.
        return_eigenvectors: whether to return ``(w, v)``, or `w` alone.
    """
    options = {"sigma": sigma, "which": which, "v0": raw(v0), "ncv": ncv, "maxiter": maxiter}
    options |= {"tol": tol, "Minv": Minv, "OPinv": OPinv, "OPpart": OPpart}
    w, v = pencil("eigs", A, M, k, options | ({} if rng is None else {"rng": rng}))
    return (w, v) if return_eigenvectors else w
