"""Matrix functions and Fourier transforms for Dask: each matrix, and each axis, in one chunk.

A stack of matrices is split over chunks, and so are the columns of a right-hand side, the rows of
a tall matrix in `qr` and `svd`, the columns of a wide one in `svd`, and, where it is larger than a
chunk, a square one in `cholesky`, `solve`, `inv`, `det` and `slogdet`. Else a matrix is whole.
Nothing is computed before a value is asked for.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np

from xgrad.backends import Namespace

from . import dask_panels

__all__ = ["FFT", "LINALG", "by_columns"]

QRResult = namedtuple("QRResult", "Q R")
SVDResult = namedtuple("SVDResult", "U S Vh")
SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")

_COMPAT = "array_api_compat.numpy.linalg"


def _stacked(name: str, signature: str) -> Callable[..., Any]:
    """Return NumPy's function of stacks of matrices, whose core axes the signature names."""

    def call(*args: Any, **kwargs: Any) -> Any:
        function = functools.partial(getattr(_NUMPY, name), **kwargs)
        x = args[0]
        if 0 in x.shape:  # which Dask cannot divide among its blocks; there is nothing to compute
            made = function(*(np.zeros(arg.shape, arg.dtype) for arg in args))
            several = isinstance(made, tuple)
            return type(made)(*map(da.asarray, made)) if several else da.asarray(made)
        sizes = {"k": min(x.shape[-2:])} if "k" in signature else {}
        like = function(*(np.eye(2, dtype=arg.dtype) for arg in args))  # tells the dtypes
        parts = like if isinstance(like, tuple) else (like,)
        metas = tuple(np.empty(0, part.dtype) for part in parts)
        out = da.apply_gufunc(
            function,
            signature,
            *args,
            meta=metas if len(parts) > 1 else metas[0],
            output_sizes=sizes,
            allow_rechunk=True,
        )
        return type(like)(*out) if len(parts) > 1 else out

    return call


def _is_tall(x: Any) -> bool:
    """Whether a matrix is in chunks along its rows, and has more of them than columns."""
    return bool(x.ndim == 2 and x.numblocks[0] > 1 and x.shape[0] >= x.shape[1] > 0)


def _qr(x: Any, /, *, mode: str = "reduced") -> Any:
    if mode == "reduced" and _is_tall(x):
        return QRResult(*da.linalg.tsqr(x.rechunk({1: -1})))
    shapes = "(m,k),(k,n)" if mode == "reduced" else "(m,m),(m,n)"
    return _stacked("qr", f"(m,n)->{shapes}")(x, mode=mode)


def _svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    if not full_matrices and _is_tall(x):
        q, r = _qr(x)
        u, s, vh = _svd(r, full_matrices=False)
        return SVDResult(q @ u, s, vh)
    if not full_matrices and x.ndim == 2 and _is_tall(x.T):
        u, s, vh = _svd(x.T, full_matrices=False)
        return SVDResult(vh.T, s, u.T)
    shapes = "(m,m),(k),(n,n)" if full_matrices else "(m,k),(k),(k,n)"
    return _stacked("svd", f"(m,n)->{shapes}")(x, full_matrices=full_matrices)


def _pinv(x: Any, /, *, rtol: Any = None) -> Any:
    rtol = max(x.shape[-2:]) * np.finfo(x.dtype).eps if rtol is None else rtol
    if _is_tall(x):
        q, r = _qr(x)
        return _pinv(r, rtol=rtol) @ q.conj().T
    if _is_tall(x.T):
        return _pinv(x.T, rtol=rtol).T
    return _stacked("pinv", "(m,n)->(n,m)")(x, rtol=rtol)


def _matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    if isinstance(rtol, (list, tuple)):
        raise TypeError(f"matrix_rank: rtol is {rtol!r:.60}; expected a number or an array")
    if not (_is_tall(x) or _is_tall(x.T)):
        more = {} if rtol is None else {"rtol": rtol}
        return _stacked("matrix_rank", "(m,n)->()")(x, **more)
    s = _svdvals(x)
    rtol = max(x.shape) * np.finfo(s.dtype).eps if rtol is None else rtol
    return da.sum(s > rtol * da.max(s))


def _svdvals(x: Any, /) -> Any:
    if x.ndim == 2 and (_is_tall(x) or _is_tall(x.T)):
        return _svd(x, full_matrices=False)[1]
    return _stacked("svdvals", "(m,n)->(k)")(x)


def _cholesky(x: Any, /, *, upper: bool = False) -> Any:
    if not dask_panels.is_wide(x):
        return _stacked("cholesky", "(m,m)->(m,m)")(x, upper=upper)
    if upper:
        return _cholesky(x.conj().T).conj().T
    return dask_panels.cholesky(x).rechunk(x.chunks)


def _inv(x: Any, /) -> Any:
    if not dask_panels.is_wide(x):
        return _stacked("inv", "(m,m)->(m,m)")(x)
    lu, rows = dask_panels.lu_factor(x)
    eye = da.eye(len(x), dtype=x.dtype, chunks=max(lu.chunks[1]))
    return dask_panels.lu_solve(lu, rows, eye, False).rechunk(x.chunks)


def _det(x: Any, /) -> Any:
    if not dask_panels.is_wide(x):
        return _stacked("det", "(m,m)->()")(x)
    return da.prod(dask_panels.diagonal(*dask_panels.lu_factor(x)))


def _slogdet(x: Any, /) -> Any:
    if not dask_panels.is_wide(x):
        return _stacked("slogdet", "(m,m)->(),()")(x)
    d = dask_panels.diagonal(*dask_panels.lu_factor(x))
    return SlogdetResult(da.prod(d / da.abs(d)), da.sum(da.log(da.abs(d))))


def _solve(x1: Any, x2: Any, /) -> Any:
    """Solve for each chunk of columns."""
    if dask_panels.is_wide(x1) and x2.ndim == 2:
        return dask_panels.lu_solve(*dask_panels.lu_factor(x1), x2, False)
    if x2.ndim == 1:
        return _solve(x1, x2[:, None])[..., 0]
    return by_columns(lambda x1, x2: np.linalg.solve(x1, x2), x2, x1)


def by_columns(f: Callable[..., Any], x2: Any, x1: Any, *more: Any) -> Any:
    """Return ``f(x1, *more, x2)`` for each chunk of the columns of right-hand sides `x2`.

    Args:
        f: a function of stacks of matrices of NumPy.
        x2: matrices in chunks.
        x1: square matrices; each task gets whole ones.
        *more: vectors, one for each of them.
    """

    def of_rows(x1: Any, *others: Any) -> Any:
        *more, rows = others
        out = f(x1[..., 0, :, :], *[v[..., 0, :] for v in more], rows.swapaxes(-1, -2))
        return out.swapaxes(-1, -2)

    solved = da.apply_gufunc(
        of_rows,
        ",".join(("(n,m)", *["(m)" for _ in more], "(m)->(n)")),
        x1[..., None, :, :],
        *[v[..., None, :] for v in more],
        x2.swapaxes(-1, -2),
        output_dtypes=np.result_type(x1.dtype, x2.dtype),
        allow_rechunk=True,
    )
    return solved.swapaxes(-1, -2)


_NUMPY = Namespace("numpy.linalg", _COMPAT)

LINALG = Namespace(
    "dask.linalg",
    Namespace("dask.linalg", "array_api_compat.dask.array.linalg"),
    cholesky=_cholesky,
    det=_det,
    eig=_stacked("eig", "(m,m)->(m),(m,m)"),
    eigh=_stacked("eigh", "(m,m)->(m),(m,m)"),
    eigvals=_stacked("eigvals", "(m,m)->(m)"),
    eigvalsh=_stacked("eigvalsh", "(m,m)->(m)"),
    inv=_inv,
    matrix_rank=_matrix_rank,
    pinv=_pinv,
    qr=_qr,
    slogdet=_slogdet,
    solve=_solve,
    svd=_svd,
    svdvals=_svdvals,
)


def _transform(name: str, several: bool) -> Callable[..., Any]:
    """Return a Fourier transform of arrays that may be in chunks along the transformed axes."""

    def call(x: Any, /, **kwargs: Any) -> Any:
        axes = kwargs.get("axes") if several else (kwargs.get("axis", -1),)
        lengths = kwargs.get("s")
        if axes is None:
            axes = range(x.ndim) if lengths is None else range(-len(lengths), 0)
        whole = x.rechunk({axis % x.ndim: -1 for axis in axes})
        return getattr(_TRANSFORMS, name)(whole, **kwargs)

    return call


_TRANSFORMS = Namespace("dask.fft", "array_api_compat.dask.array.fft")

FFT = Namespace(
    "dask.fft",
    _TRANSFORMS,
    **{name: _transform(name, False) for name in "fft ifft rfft irfft hfft ihfft".split()},
    **{name: _transform(name, True) for name in "fftn ifftn rfftn irfftn".split()},
)
