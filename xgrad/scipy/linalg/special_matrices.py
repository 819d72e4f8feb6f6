"""Matrices that are made of vectors: their elements are gathered."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, twin

__all__ = ["bandwidth", "block_diag", "circulant", "companion", "convolution_matrix", "fiedler",
           "fiedler_companion", "hankel", "ishermitian", "issymmetric", "khatri_rao", "leslie",
           "toeplitz"]  # fmt: skip


def _vector(x: Any) -> Any:
    return xgrad.reshape(xgrad.asarray(x), (-1,))


def _gathered(values: Any, index: Any) -> Any:
    flat = xgrad.take(values, xgrad.asarray(np.ravel(index)))
    return xgrad.reshape(flat, index.shape)


@twin("linalg")
def toeplitz(c: Any, r: Any = None) -> Any:
    """Return the matrix with a first column, a first row, and constant diagonals."""
    c = _vector(c)
    r = (xgrad.conj(c) if c.dtype.kind == "c" else c) if r is None else _vector(r)
    values = xgrad.concat([xgrad.flip(c), r[1:]])
    m, n = c.shape[0], r.shape[0]
    return _gathered(values, m - 1 - np.arange(m)[:, None] + np.arange(n))


@twin("linalg")
def circulant(c: Any) -> Any:
    """Return the matrix whose columns are a vector, turned by one each."""
    c = _vector(c)
    n = c.shape[0]
    return _gathered(c, (np.arange(n)[:, None] - np.arange(n)) % n)


@twin("linalg")
def hankel(c: Any, r: Any = None) -> Any:
    """Return the matrix with a first column, a last row, and constant antidiagonals."""
    c = _vector(c)
    r = xgrad.zeros_like(c) if r is None else _vector(r)
    values = xgrad.concat([c, r[1:]])
    return _gathered(values, np.arange(c.shape[0])[:, None] + np.arange(r.shape[0]))


@twin("linalg")
def companion(a: Any) -> Any:
    """Return the matrix whose eigenvalues are the roots of a polynomial."""
    a = _vector(a)
    if a.shape[0] < 2:
        raise ValueError(f"companion: a has {a.shape[0]} coefficients; expected two or more")
    n = a.shape[0] - 1
    first = -a[1:] / a[0]
    return xgrad.concat([first[None, :], xgrad.asarray(np.eye(n, dtype=first.dtype)[: n - 1])])


@twin("linalg")
def leslie(f: Any, s: Any) -> Any:
    """Return the matrix of a population: fecundities in the first row, survivals below."""
    f, s = _vector(f), _vector(s)
    if s.shape[0] != f.shape[0] - 1:
        raise ValueError(
            f"leslie: f has {f.shape[0]} elements and s has {s.shape[0]}; expected one less"
        )
    below = xgrad.diag(s)
    return xgrad.concat([f[None, :], xgrad.pad(below, ((0, 0), (0, 1)))])


@twin("linalg")
def fiedler(a: Any) -> Any:
    """Return the symmetric matrix of the distances of numbers."""
    a = _vector(a)
    return xgrad.abs(a[:, None] - a[None, :])


@twin("linalg")
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """Return the matrix that convolves with a vector; see ``scipy.linalg.convolution_matrix``."""
    a = _vector(a)
    zeros = xgrad.zeros((n - 1,), dtype=a.dtype)
    full = toeplitz(xgrad.concat([a, zeros]), xgrad.concat([a[:1], zeros]))
    m = a.shape[0]
    if mode == "full":
        return full
    if mode == "valid":
        short, long = min(m, n), max(m, n)
        return full[short - 1 : long, :]
    if mode == "same":
        trim = min(n, m) - 1
        start = trim // 2
        return full[start : full.shape[0] - (trim - start), :]
    raise ValueError(f"convolution_matrix: mode is {mode!r}; expected 'full', 'valid' or 'same'")


@twin("linalg")
def block_diag(*arrs: Any) -> Any:
    """Return the matrix with the given ones on its diagonal."""
    blocks = [xgrad.atleast_2d(xgrad.asarray(x)) for x in arrs]
    width = sum(b.shape[1] for b in blocks)
    rows, start = [], 0
    for b in blocks:
        rows.append(xgrad.pad(b, ((0, 0), (start, width - start - b.shape[1]))))
        start += b.shape[1]
    return xgrad.concat(rows)


@twin("linalg")
def khatri_rao(a: Any, b: Any) -> Any:
    """Return the Kronecker products of the columns of two matrices."""
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"khatri_rao: got {a.shape} and {b.shape}; expected as many columns")
    return xgrad.reshape(a[:, None, :] * b[None, :, :], (-1, a.shape[1]))


@twin("linalg")
def bandwidth(a: Any) -> Any:
    """Return how many diagonals below and above the main one are not zero."""
    return chapter("linalg", a).bandwidth(raw(a.detach()))


@twin("linalg")
def issymmetric(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    """Whether a matrix is symmetric."""
    return chapter("linalg", a).issymmetric(raw(a.detach()), atol=atol, rtol=rtol)


@twin("linalg")
def ishermitian(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    """Whether a matrix is Hermitian."""
    return chapter("linalg", a).ishermitian(raw(a.detach()), atol=atol, rtol=rtol)


@twin("linalg")
def fiedler_companion(a: Any) -> Any:
    """Return the matrix of five diagonals whose eigenvalues are the roots of a polynomial."""
    a = _vector(a)
    library = chapter("linalg", a)
    unit = np.eye(a.shape[0])
    fixed = library.fiedler_companion(unit[0])
    parts = np.stack([library.fiedler_companion(unit[0] + row) - fixed for row in unit[1:]])
    share = a[1:] / a[0]
    start, slopes = (xgrad.asarray(x.astype(share.dtype)) for x in (fixed, parts))
    return start + xgrad.tensordot(share, slopes, axes=1)
