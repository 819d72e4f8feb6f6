"""Matrices that are known by what they do to a vector."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ....custom.again import kept
from ...common import outside, raw
from ..arrays import SparseArray, as_sparse, plain

__all__ = ["LinearOperator", "aslinearoperator", "with_tolerance"]

Function = Callable[[Any], Any]


def with_tolerance(solver: Callable[..., Any], rtol: float) -> dict[str, float]:
    """Return a relative tolerance as a solver takes it: ``minres`` of CuPy calls it ``tol``."""
    known = signature(solver).parameters
    return {"tol" if "tol" in known and "rtol" not in known else "rtol": rtol}


class LinearOperator:
    """A matrix that is known by its products; see ``scipy.sparse.linalg.LinearOperator``.

    Its functions get an `Array` and may close over tracked ones: derivatives flow to these. Without
    `rmatvec` the adjoint is derived from `matvec` where it is needed.

    Args:
        shape: numbers of rows and columns.
        matvec: ``matvec(x)``, the product with a vector.
        rmatvec: the product of the adjoint with a vector.
        matmat: the product with a matrix; by default one of each column.
        dtype: of the products.
        rmatmat: the product of the adjoint with a matrix.
    """

    __array_ufunc__ = None

    def __init__(
        self,
        shape: tuple[int, int],
        matvec: Function,
        rmatvec: Function | None = None,
        matmat: Function | None = None,
        dtype: Any = None,
        rmatmat: Function | None = None,
    ) -> None:
        if not callable(matvec):
            raise TypeError(f"LinearOperator: matvec is {matvec!r:.60}; expected a function")
        self.shape = (int(shape[0]), int(shape[1]))
        self._matvec, self._rmatvec = kept(matvec), kept(rmatvec)
        self._matmat, self._rmatmat = kept(matmat), kept(rmatmat)
        self.dtype = np.dtype(np.float64 if dtype is None else dtype)
        self.ndim = 2

    @classmethod
    def of(cls, plain: Any) -> LinearOperator:
        """Return the twin of an operator of SciPy."""
        return aslinearoperator(plain)

    def matvec(self, x: Any) -> Any:
        """Return the product with a vector."""
        x = xgrad.asarray(x)
        if x.shape not in ((self.shape[1],), (self.shape[1], 1)):
            raise ValueError(
                f"LinearOperator: matvec got the shape {x.shape}; expected ({self.shape[1]},)"
            )
        return xgrad.asarray(self._matvec(x))

    def rmatvec(self, x: Any) -> Any:
        """Return the product of the adjoint with a vector."""
        x = xgrad.asarray(x)
        if self._rmatvec is not None:
            return xgrad.asarray(self._rmatvec(x))
        zero = xgrad.zeros((self.shape[1],), dtype=self.dtype)
        _, pullback = xgrad.vjp(lambda v: xgrad.asarray(self._matvec(v)), zero)
        return pullback(x)[0]

    def matmat(self, X: Any) -> Any:
        """Return the product with a matrix."""
        X = xgrad.asarray(X)
        if self._matmat is not None:
            return xgrad.asarray(self._matmat(X))
        return xgrad.stack([self.matvec(X[:, i]) for i in range(X.shape[1])], axis=1)

    def rmatmat(self, X: Any) -> Any:
        """Return the product of the adjoint with a matrix."""
        return self.H.matmat(X)

    def __matmul__(self, x: Any) -> Any:
        if isinstance(x, LinearOperator):
            return LinearOperator(
                (self.shape[0], x.shape[1]),
                lambda v: self.matvec(x.matvec(v)),
                lambda v: x.rmatvec(self.rmatvec(v)),
                dtype=np.result_type(self.dtype, x.dtype),
            )
        return self.matvec(x) if np.ndim(raw(x)) == 1 else self.matmat(x)

    dot = __call__ = __matmul__

    @property
    def H(self) -> LinearOperator:  # noqa: N802 - SciPy's name
        """The adjoint."""
        return LinearOperator(
            self.shape[::-1], self.rmatvec, self.matvec, self._rmatmat, self.dtype, self._matmat
        )

    def adjoint(self) -> LinearOperator:
        """Return the adjoint."""
        return self.H

    def transpose(self) -> LinearOperator:
        """Return the transpose."""
        return self.T

    @property
    def T(self) -> LinearOperator:  # noqa: N802 - SciPy's name
        """The transpose."""

        def turned(f: Function) -> Function:
            return lambda v: xgrad.conj(xgrad.asarray(f(xgrad.conj(xgrad.asarray(v)))))

        return LinearOperator(
            self.shape[::-1], turned(self.rmatvec), turned(self.matvec), dtype=self.dtype
        )

    def __add__(self, other: Any) -> LinearOperator:
        B = aslinearoperator(other)
        return LinearOperator(
            self.shape,
            lambda v: self.matvec(v) + B.matvec(v),
            lambda v: self.rmatvec(v) + B.rmatvec(v),
            dtype=np.result_type(self.dtype, B.dtype),
        )

    __radd__ = __add__

    def __mul__(self, factor: Any) -> LinearOperator:
        return LinearOperator(
            self.shape,
            lambda v: factor * self.matvec(v),
            lambda v: xgrad.conj(xgrad.asarray(factor)) * self.rmatvec(v),
            dtype=self.dtype,
        )

    __rmul__ = __mul__

    def __neg__(self) -> LinearOperator:
        return self * -1.0

    def __sub__(self, other: Any) -> LinearOperator:
        return self + -aslinearoperator(other)


def aslinearoperator(A: Any) -> LinearOperator:
    """Return a dense or sparse array, or an operator of SciPy, as a `LinearOperator`."""
    if isinstance(A, LinearOperator):
        return A
    if isinstance(A, SparseArray) or plain.issparse(A):
        A = as_sparse(A)
        adjoint = A.conj().T if A.dtype.kind == "c" else A.T
        return LinearOperator(A.shape, A.__matmul__, adjoint.__matmul__, A.__matmul__, A.dtype)
    if hasattr(A, "matvec") and hasattr(A, "A"):  # SciPy's operator of a matrix
        return aslinearoperator(A.A)
    if hasattr(A, "matvec"):
        given, adjoint = (_function(A, name) for name in ("matvec", "rmatvec"))
        if given is None:
            raise TypeError(
                f"aslinearoperator: {type(A).__name__} of SciPy keeps no function of arrays of "
                "xgrad; make it by xgrad.scipy.sparse.linalg.LinearOperator"
            )
        return LinearOperator(A.shape, given, adjoint, dtype=A.dtype)
    dense = xgrad.asarray(A)
    if dense.ndim != 2:
        raise ValueError(f"aslinearoperator: got the shape {dense.shape}; expected a matrix")
    H = xgrad.conj(xgrad.matrix_transpose(dense))
    return LinearOperator(
        (dense.shape[0], dense.shape[1]),
        lambda v: dense @ v,
        lambda v: H @ v,
        lambda v: dense @ v,
        dense.dtype,
    )


def _function(A: Any, name: str) -> Any:
    """Return the function that an operator of SciPy was made of, which may know arrays of xgrad."""
    return getattr(A, f"_CustomLinearOperator__{name}_impl", None)


def raw_operator(A: LinearOperator, library: Any) -> Any:
    """Return the library's operator of the values."""
    return library.LinearOperator(
        A.shape, matvec=outside(lambda x: A.matvec(Array(x))),
        rmatvec=outside(lambda x: A.rmatvec(Array(x))), dtype=A.dtype,
    )  # fmt: skip
