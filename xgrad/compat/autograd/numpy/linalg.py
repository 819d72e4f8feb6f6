"""Linear algebra: NumPy's own functions, see the package."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.linalg as _linalg

import xgrad

from .. import refused
from .creating import asarray
from .lists import of_lists

_norm: Any = of_lists("norm", _linalg)
globals().update({name: getattr(_linalg, name) for name in _linalg.__all__}, norm=_norm)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues and eigenvectors of a Hermitian matrix, of which one half is read.

    So the gradient lies in that half, where xgrad's own is symmetric.
    """
    return xgrad.linalg.eigh(_hermitian(a, UPLO))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Return the eigenvalues of a Hermitian matrix, of which one half is read."""
    return xgrad.linalg.eigvalsh(_hermitian(a, UPLO))


def _hermitian(a: Any, half: str) -> Any:
    """Return the Hermitian matrix that one half of `a` stands for."""
    a = asarray(a)
    lower = xgrad.tril(a, k=-1) if half == "L" else xgrad.conj(xgrad.triu(a, k=1)).mT
    diagonal = xgrad.real(a) * xgrad.eye(a.shape[-1])
    return lower + diagonal + xgrad.conj(lower).mT


def T(x: Any) -> Any:  # noqa: N802 - autograd's name
    """Return matrices transposed."""
    return np.swapaxes(x, -1, -2)


def _dot(a: Any, b: Any) -> Any:
    return np.einsum("...ij,...jk->...ik", a, b)


def _diag(a: Any) -> Any:
    return np.eye(a.shape[-1]) * a


def add2d(x: Any) -> Any:
    """Return an array with two axes more."""
    return np.reshape(x, (*np.shape(x), 1, 1))


__getattr__ = refused.lookup(__name__, _linalg)
