"""Eigenvalues and Cholesky's factors of banded matrices: values by the library's banded solvers."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import chapter, is_tracked, raw, twin, with_derivative_of
from .solving import H
from .spectra import eigh
from .structured import solveh_banded

__all__ = [
    "cho_solve_banded",
    "cholesky_banded",
    "eig_banded",
    "eigh_tridiagonal",
    "eigvals_banded",
    "eigvalsh_tridiagonal",
]


def _half(ab: Any, lower: bool) -> Any:
    """Return one triangle of a matrix by its diagonals."""
    width, n = ab.shape[0] - 1, ab.shape[1]
    i, j = np.indices((n, n))
    row = i - j if lower else width + i - j
    inside = (row >= 0) & (row <= width) & ((i >= j) if lower else (i <= j))
    taken = ab[xgrad.asarray(np.where(inside, row, 0)), xgrad.asarray(j)]
    return xgrad.where(xgrad.asarray(inside), taken, 0.0)


def _spectrum(a: Any, lower: bool, found: Any, eigvals_only: bool) -> Any:
    """Return the library's eigenvalues and vectors, with the derivatives of those of a matrix."""
    values = found if eigvals_only else found[0]
    if not is_tracked(a):
        return Array(values) if eigvals_only else (Array(values), Array(found[1]))
    w, v = eigh(a, lower=lower)
    every = raw(w.detach())
    at = int(np.argmin(np.abs(every - values[0]))) if len(values) else 0
    part = slice(at, at + len(values))
    w = with_derivative_of(values, w[part])
    if eigvals_only:
        return w
    v = v[:, part]
    turn = (np.conj(raw(v.detach())) * found[1]).sum(axis=0)
    return w, v * xgrad.asarray(turn / np.where(turn == 0, 1.0, np.abs(turn)))


@twin("linalg")
def eig_banded(
    a_band: Any, lower: bool = False, eigvals_only: bool = False, overwrite_a_band: bool = False,
    select: str = "a", select_range: Any = None, max_ev: int = 0, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return eigenvalues and vectors of a Hermitian banded matrix; see SciPy's ``eig_banded``."""
    ab = xgrad.asarray(a_band)
    found = chapter("linalg", ab).eig_banded(
        raw(ab.detach()), lower=lower, eigvals_only=eigvals_only, select=select,
        select_range=select_range, max_ev=max_ev, check_finite=check_finite,
    )  # fmt: skip
    return _spectrum(_half(ab, lower), lower, found, eigvals_only)


@twin("linalg")
def eigvals_banded(
    a_band: Any, lower: bool = False, overwrite_a_band: bool = False, select: str = "a",
    select_range: Any = None, check_finite: bool = True,
) -> Any:  # fmt: skip
    """Return the eigenvalues of a Hermitian banded matrix; see ``scipy.linalg.eigvals_banded``."""
    return eig_banded(
        xgrad.asarray(a_band), lower, True, select=select, select_range=select_range,
        check_finite=check_finite,
    )  # fmt: skip


@twin("linalg")
def eigh_tridiagonal(
    d: Any, e: Any, eigvals_only: bool = False, select: str = "a", select_range: Any = None,
    check_finite: bool = True, tol: float = 0.0, lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    """Return eigenvalues and vectors of a symmetric tridiagonal matrix, by its two diagonals."""
    d, e = xgrad.asarray(d), xgrad.asarray(e)
    found = chapter("linalg", d).eigh_tridiagonal(
        raw(d.detach()), raw(e.detach()), eigvals_only=eigvals_only, select=select,
        select_range=select_range, check_finite=check_finite, tol=tol, lapack_driver=lapack_driver,
    )  # fmt: skip
    bands = xgrad.stack([d, xgrad.pad(e, (0, 1))])
    return _spectrum(_half(bands, True), True, found, eigvals_only)


@twin("linalg")
def eigvalsh_tridiagonal(
    d: Any, e: Any, select: str = "a", select_range: Any = None, check_finite: bool = True,
    tol: float = 0.0, lapack_driver: str = "auto",
) -> Any:  # fmt: skip
    """Return the eigenvalues of a symmetric tridiagonal matrix, by its two diagonals."""
    return eigh_tridiagonal(
        xgrad.asarray(d), e, True, select, select_range, check_finite, tol, lapack_driver
    )


@twin("linalg")
def cholesky_banded(
    ab: Any, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True
) -> Any:
    """Return the diagonals of Cholesky's factor of a banded matrix; see SciPy's function."""
    ab = xgrad.asarray(ab)
    width, n = ab.shape[0] - 1, ab.shape[1]
    value = chapter("linalg", ab).cholesky_banded(raw(ab.detach()), lower=lower)
    if not is_tracked(ab):
        return Array(value)
    half = _half(ab, lower)
    whole = half + H(half) - xgrad.diag(xgrad.linalg.diagonal(half))
    L = xgrad.linalg.cholesky(whole)
    factor = L if lower else H(L)
    k, j = np.indices((width + 1, n))
    row = j + k if lower else j + k - width
    inside = (row >= 0) & (row < n)
    taken = factor[xgrad.asarray(np.where(inside, row, 0)), xgrad.asarray(j)]
    return with_derivative_of(value, xgrad.where(xgrad.asarray(inside), taken, ab))


@twin("linalg")
def cho_solve_banded(
    cb_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Solve with the factor that `cholesky_banded` returns; see SciPy's ``cho_solve_banded``."""
    cb, lower = cb_and_lower
    cb = xgrad.asarray(cb)
    width, n = cb.shape[0] - 1, cb.shape[1]
    row, j = np.indices((width + 1, n))
    inside = j + row < n if lower else j + row >= width  # the rest is whatever LAPACK found there
    cb = xgrad.where(xgrad.asarray(inside), cb, 0.0)
    rows = []  # the diagonals of the product of the factor and its adjoint
    for k in range(width + 1):
        total: Any = 0.0
        for i in range(width + 1 - k):
            if lower:  # a[j + k, j] = sum over m of c[j + k, m] conj(c[j, m]), with j = m + i
                part = cb[i + k, :] * xgrad.conj(cb[i, :])
                total = total + xgrad.pad(part[: n - i], (i, 0))
            else:  # a[j - k, j] = sum over m of conj(u[m, j - k]) u[m, j], with m = j - k - i
                left = xgrad.conj(cb[width - i, : n - k]) if k else xgrad.conj(cb[width - i, :])
                total = total + xgrad.pad(left * cb[width - k - i, k:], (k, 0))
        rows.append(total)
    ab = xgrad.stack(rows if lower else rows[::-1])
    return solveh_banded(ab, xgrad.asarray(b), lower=lower)
