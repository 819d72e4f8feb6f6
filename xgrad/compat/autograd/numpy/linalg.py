"""Linear algebra: NumPy's own functions, see the package."""

from __future__ import annotations

from typing import Any

import numpy.linalg as _linalg

import xgrad

from .creating import asarray
from .lists import of_lists


def __getattr__(name: str) -> Any:
    return of_lists(name, _linalg) if name == "norm" else getattr(_linalg, name)


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
