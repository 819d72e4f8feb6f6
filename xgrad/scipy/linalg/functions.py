"""Functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...custom.equation import implicit
from ...errors import RuleError
from ..common import chapter, is_tracked, only, outside, raw, twin, with_derivative_of
from .equations import _Sylvester

__all__ = [
    "coshm",
    "cosm",
    "expm",
    "expm_frechet",
    "fractional_matrix_power",
    "funm",
    "logm",
    "signm",
    "sinhm",
    "sinm",
    "sqrtm",
    "tanhm",
    "tanm",
]


def _square(name: str, A: Any) -> Any:
    A = xgrad.asarray(A)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ValueError(f"{name}: got an array of shape {A.shape}; expected square matrices")
    return A


@twin("linalg")
def expm(A: Any) -> Any:
    """Return the exponential of square matrices; see ``scipy.linalg.expm``."""
    return xgrad.linalg.expm(_square("expm", A))


@twin("linalg")
def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """Return the exponential and its derivative along `E`; see ``scipy.linalg.expm_frechet``."""
    A, E = (xgrad.asarray(x) for x in (A, E))
    A, E = (xgrad.astype(x, xgrad.result_type(A, E, np.float64), copy=False) for x in (A, E))
    value, along = xgrad.jvp(xgrad.linalg.expm, (A,), (E,))
    return (value, along) if compute_expm else along


@twin("linalg")
def sqrtm(A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """Return the principal square root of a matrix: x with ``x @ x = A``; see SciPy's."""
    only("sqrtm", disp=(None if disp is True else disp, None), blocksize=(blocksize, None))
    A = _square("sqrtm", A)
    if A.ndim > 2:
        return _each(sqrtm, A)
    value = chapter("linalg", A).sqrtm(raw(A))
    A = xgrad.astype(A, value.dtype, copy=False)
    return implicit(lambda x: x @ x - A, value, _Sylvester(value, value))


class _Logarithm:
    """The derivative of the logarithm, from that of a block matrix (Al-Mohy, Higham 2013)."""

    def __init__(self, A: Any) -> None:
        self.A, self.library = A, chapter("linalg")

    def __call__(self, b: Any, adjoint: bool) -> Any:
        A = self.A.conj().T if adjoint else self.A
        n, size = len(A), max(float(np.linalg.norm(b)), 1e-300)
        unit = float(np.linalg.norm(A))
        if np.linalg.matrix_rank(A) < n:
            raise RuleError("logm: the matrix is singular, and has no logarithm")
        block = np.block([[A, b * (unit / size)], [np.zeros_like(A), A]])
        found = self.library.logm(block)[:n, n:] * (size / unit)
        return found if np.iscomplexobj(b) else np.real(found)


@twin("linalg")
def logm(A: Any, disp: Any = None) -> Any:
    """Return the principal logarithm of a matrix: x with ``expm(x) = A``; see SciPy's."""
    only("logm", disp=(None if disp is True else disp, None))
    A = _square("logm", A)
    if A.ndim > 2:
        return _each(logm, A)
    value = chapter("linalg", A).logm(raw(A))
    A = xgrad.astype(A, value.dtype, copy=False)
    return implicit(lambda x: xgrad.linalg.expm(x) - A, value, _Logarithm(raw(A.detach())))


@twin("linalg")
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """Return a matrix to a power, ``expm(t logm(A))``; see SciPy's."""
    A = _square("fractional_matrix_power", A)
    whole = float(raw(t))
    if whole == int(whole) and not (hasattr(t, "is_tracked") and t.is_tracked):
        return xgrad.linalg.matrix_power(A, int(whole))
    return xgrad.linalg.expm(t * logm(A))


@twin("linalg")
def funm(A: Any, func: Any, disp: bool = True) -> Any:
    """Return a function of a matrix, by its values at the eigenvalues; see ``scipy.linalg.funm``.

    Args:
        A: a square matrix, with a basis of eigenvectors where derivatives are asked for.
        func: a function of an array, as ``numpy.exp``.
        disp: must be True: the estimate of the error is not returned.
    """
    only("funm", disp=(disp, True))
    A = _square("funm", A)
    value = chapter("linalg", A).funm(raw(A.detach()), outside(func))
    if not is_tracked(A):
        return Array(value)
    w, v = xgrad.linalg.eig(A)
    if np.linalg.cond(np.asarray(raw(v.detach()))) > 1e7:
        raise RuleError(
            "funm: the matrix has no basis of eigenvectors, or nearly so, and no derivative here; "
            "expm, logm, sqrtm and fractional_matrix_power have one"
        )
    found = (v * func(w)[None, :]) @ xgrad.linalg.inv(v)
    return with_derivative_of(value, found if value.dtype.kind == "c" else xgrad.real(found))


def _each(f: Any, A: Any) -> Any:
    flat = xgrad.reshape(A, (-1, *A.shape[-2:]))
    return xgrad.reshape(xgrad.stack([f(flat[i, ...]) for i in range(flat.shape[0])]), A.shape)


def _turned(A: Any) -> tuple[Any, Any]:
    """Return cosine and sine of a matrix."""
    if A.dtype.kind == "c":
        one, other = xgrad.linalg.expm(1j * A), xgrad.linalg.expm(-1j * A)
        return 0.5 * (one + other), -0.5j * (one - other)
    both = xgrad.linalg.expm(1j * A)
    return xgrad.real(both), xgrad.imag(both)


@twin("linalg")
def cosm(A: Any) -> Any:
    """Return the cosine of square matrices."""
    return _turned(_square("cosm", A))[0]


@twin("linalg")
def sinm(A: Any) -> Any:
    """Return the sine of square matrices."""
    return _turned(_square("sinm", A))[1]


@twin("linalg")
def tanm(A: Any) -> Any:
    """Return the tangent of square matrices."""
    cos, sin = _turned(_square("tanm", A))
    return xgrad.linalg.solve(cos, sin)


@twin("linalg")
def coshm(A: Any) -> Any:
    """Return the hyperbolic cosine of square matrices."""
    A = _square("coshm", A)
    return 0.5 * (xgrad.linalg.expm(A) + xgrad.linalg.expm(-A))


@twin("linalg")
def sinhm(A: Any) -> Any:
    """Return the hyperbolic sine of square matrices."""
    A = _square("sinhm", A)
    return 0.5 * (xgrad.linalg.expm(A) - xgrad.linalg.expm(-A))


@twin("linalg")
def tanhm(A: Any) -> Any:
    """Return the hyperbolic tangent of square matrices."""
    A = _square("tanhm", A)
    return xgrad.linalg.solve(coshm(A), sinhm(A))


@twin("linalg")
def signm(A: Any, disp: Any = None) -> Any:
    """Return the sign of a matrix without imaginary eigenvalues, ``A (A @ A)^(-1/2)``."""
    only("signm", disp=(None if disp is True else disp, None))
    A = _square("signm", A)
    return xgrad.linalg.solve(sqrtm(A @ A), A)
