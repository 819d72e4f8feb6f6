"""Systems whose matrix is banded or Toeplitz: an equation each, solved by the library's solver."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import is_recorded
from ...custom.equation import implicit
from ..common import chapter, raw, twin
from .batches import of_each

__all__ = ["matmul_toeplitz", "solve_banded", "solve_circulant", "solve_toeplitz", "solveh_banded"]


def _along(rows: Any, x: Array) -> Any:
    return rows if x.ndim == 1 else rows[:, None]


def banded_times(ab: Array, low: int, up: int, x: Array) -> Any:
    """Return the product of a banded matrix, in the form of LAPACK, and a vector or matrix."""
    n = x.shape[0]
    total = _along(ab[up, :], x) * x
    for k in range(1, up + 1):
        if k < n:
            part = _along(ab[up - k, k:], x) * x[k:]
            total = total + xgrad.pad(part, ((0, k),) + ((0, 0),) * (x.ndim - 1))
    for k in range(1, low + 1):
        if k < n:
            part = _along(ab[up + k, : n - k], x) * x[: n - k]
            total = total + xgrad.pad(part, ((k, 0),) + ((0, 0),) * (x.ndim - 1))
    return total


class _Band:
    """The factors of a banded matrix."""

    def __init__(self, low: int, up: int, ab: Any, dtype: Any) -> None:
        lapack = chapter("linalg.lapack")
        prefix = {"f": "s", "d": "d", "F": "c", "D": "z"}[np.dtype(dtype).char]
        self.low, self.up = low, up
        self.back = getattr(lapack, f"{prefix}gbtrs")
        wide = np.zeros((2 * low + up + 1, ab.shape[1]), dtype)
        wide[low:] = ab
        self.lu, self.pivots, info = getattr(lapack, f"{prefix}gbtrf")(wide, low, up)
        if info:
            raise np.linalg.LinAlgError(
                f"solve_banded: the matrix is singular, as pivot {info} is zero"
            )

    def __call__(self, b: Any, adjoint: bool) -> Any:
        trans = 2 if adjoint else 0
        x, _ = self.back(self.lu, self.low, self.up, b, self.pivots, trans=trans)
        return x.reshape(b.shape)


@twin("linalg")
@of_each(ab="2", b="1|2")
def solve_banded(
    l_and_u: Any, ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Solve with a banded matrix; see ``scipy.linalg.solve_banded``.

    The matrix is factorised once, for the value and for all derivatives.

    Args:
        l_and_u: how many diagonals there are below and above the main one.
        ab: the diagonals as rows, the uppermost first: ``ab[u + i - j, j] == a[i, j]``.
        b: a vector or matrix.
        overwrite_ab, overwrite_b, check_finite: as SciPy's.
    """
    low, up = (int(k) for k in l_and_u)
    ab, b = xgrad.asarray(ab), xgrad.asarray(b)
    if ab.shape[0] != low + up + 1 or ab.shape[1] != b.shape[0]:
        raise ValueError(
            f"solve_banded: ab has shape {ab.shape} and b has {b.shape}; expected "
            f"({low + up + 1}, {b.shape[0]}) for {low} diagonals below and {up} above"
        )
    dtype = xgrad.result_type(ab, b)
    ab, b = xgrad.astype(ab, dtype, copy=False), xgrad.astype(b, dtype, copy=False)
    band = _Band(low, up, raw(ab), dtype)
    return implicit(lambda x: banded_times(ab, low, up, x) - b, band(raw(b), False), band)


@twin("linalg")
@of_each(ab="2", b="1|2")
def solveh_banded(
    ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, lower: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Solve with a Hermitian positive definite banded matrix; see ``scipy.linalg.solveh_banded``.

    Args:
        ab: one half of the diagonals, as `solve_banded` has them.
        b: a vector or matrix.
        overwrite_ab, overwrite_b, check_finite: as SciPy's.
        lower: whether `ab` holds the lower half.
    """
    ab, b = xgrad.asarray(ab), xgrad.asarray(b)
    dtype = xgrad.result_type(ab, b)
    ab, b = xgrad.astype(ab, dtype, copy=False), xgrad.astype(b, dtype, copy=False)
    width = ab.shape[0] - 1
    library = chapter("linalg", ab)
    factor = library.cholesky_banded(raw(ab), lower=lower)
    others = []
    for k in range(1, width + 1):
        row = ab[k, :] if lower else ab[width - k, :]
        moved = xgrad.roll(row, k if lower else -k)
        others.append(xgrad.conj(moved) if ab.dtype.kind == "c" else moved)
    above = list(reversed(others)) if lower else [ab[i, :] for i in range(width)]
    below = [ab[k, :] for k in range(1, width + 1)] if lower else others
    main = ab[0, :] if lower else ab[width, :]
    whole = xgrad.stack([*above, main, *below])

    def inverse(b: Any, adjoint: bool) -> Any:
        return library.cho_solve_banded((factor, lower), b)

    return implicit(
        lambda x: banded_times(whole, width, width, x) - b, inverse(raw(b), False), inverse
    )


@twin("linalg")
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """Solve with a Toeplitz matrix, by its first column and row; see ``scipy.linalg``."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return _toeplitz_solved(c, r, b)


@of_each(c="1", r="1", b="1|2")
def _toeplitz_solved(c: Any, r: Any, b: Any) -> Any:
    c, b = xgrad.asarray(c), xgrad.asarray(b)
    r = xgrad.conj(c) if r is None else xgrad.asarray(r)
    library = chapter("linalg", c)
    first, row = (np.array(raw(x.detach())) for x in (c, r))
    row[0] = first[0]
    r = xgrad.concat([c[:1], r[1:]])

    def inverse(b: Any, adjoint: bool) -> Any:
        pair = (row.conj(), first.conj()) if adjoint else (first, row)
        return library.solve_toeplitz(pair, b)

    return implicit(lambda x: toeplitz_times(c, r, x) - b, inverse(raw(b), False), inverse)


@twin("linalg")
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """Return the product of a Toeplitz matrix, by its column and row, and an array; by FFT."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    x = xgrad.asarray(x)
    x = xgrad.astype(x, xgrad.result_type(x, np.float64), copy=False)
    return of_each(c="1", r="1", x="1|2")(toeplitz_times)(c, r, x)


def toeplitz_times(c: Any, r: Any, x: Array) -> Any:
    """Return the product of a Toeplitz matrix and a vector or matrix."""
    c = xgrad.reshape(xgrad.asarray(c), (-1,))
    r = xgrad.conj(c) if r is None else xgrad.reshape(xgrad.asarray(r), (-1,))
    m, n = c.shape[0], r.shape[0]
    row = xgrad.concat([c, xgrad.flip(r[1:])])
    real = "c" not in (row.dtype.kind, x.dtype.kind)
    size = m + n - 1
    spread = xgrad.fft.fft(row, n=size)
    columns = x[:, None] if x.ndim == 1 else x
    out = xgrad.fft.ifft(spread[:, None] * xgrad.fft.fft(columns, n=size, axis=0), axis=0)[:m, :]
    out = xgrad.real(out) if real else out
    return out[:, 0] if x.ndim == 1 else out


@twin("linalg")
def solve_circulant(
    c: Any, b: Any, singular: str = "raise", tol: Any = None, caxis: int = -1, baxis: int = 0,
    outaxis: int = 0,
) -> Any:  # fmt: skip
    """Solve with the matrix whose first column turns by one; see ``scipy.linalg.solve_circulant``.

    The derivative is that of a quotient of Fourier transforms, without those that are zero where
    ``singular="lstsq"``.
    """
    c, b = xgrad.asarray(c), xgrad.asarray(b)
    spread = xgrad.fft.fft(xgrad.moveaxis(c, caxis, -1) + 0j)
    turned = xgrad.fft.fft(xgrad.moveaxis(b, baxis, -1) + 0j)
    if spread.shape[-1] != turned.shape[-1]:
        raise ValueError(
            f"solve_circulant: c has shape {c.shape} and b {b.shape}; expected as many elements "
            f"along caxis={caxis} as along baxis={baxis}"
        )
    if not is_recorded(raw(spread)):
        sizes = np.abs(np.asarray(raw(spread.detach())))
        near = sizes.max(axis=-1, keepdims=True) * sizes.shape[-1] * np.finfo(float).eps
        zero = sizes <= (near if tol is None else tol)
        if zero.any() and singular == "raise":
            raise np.linalg.LinAlgError("solve_circulant: the matrix is near singular")
        spread = xgrad.where(zero, np.inf, spread) if zero.any() else spread
    x = xgrad.fft.ifft(turned / spread)
    x = x if "c" in (c.dtype.kind, b.dtype.kind) else xgrad.real(x)
    return xgrad.moveaxis(x, -1, outaxis)
