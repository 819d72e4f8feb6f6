"""Matrix functions and Fourier transforms for Dask: each matrix, and each axis, in one chunk.

Dask's own factorisations split one matrix over chunks, and have no stacks; those here split a stack
over chunks, and leave each matrix whole. Nothing is computed before a value is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np

from xgrad.backends import Namespace

__all__ = ["FFT", "LINALG"]

_COMPAT = "array_api_compat.numpy.linalg"


def _stacked(name: str, signature: str) -> Callable[..., Any]:
    """Return NumPy's function of stacks of matrices, whose core axes the signature names."""

    def call(*args: Any, **kwargs: Any) -> Any:
        function = functools.partial(getattr(_NUMPY, name), **kwargs)
        x = args[0]
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


def _qr(x: Any, /, *, mode: str = "reduced") -> Any:
    shapes = "(m,k),(k,n)" if mode == "reduced" else "(m,m),(m,n)"
    return _stacked("qr", f"(m,n)->{shapes}")(x, mode=mode)


def _svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    shapes = "(m,m),(k),(n,n)" if full_matrices else "(m,k),(k),(k,n)"
    return _stacked("svd", f"(m,n)->{shapes}")(x, full_matrices=full_matrices)


_NUMPY = Namespace("numpy.linalg", _COMPAT)

LINALG = Namespace(
    "dask.linalg",
    Namespace("dask.linalg", "array_api_compat.dask.array.linalg"),
    cholesky=_stacked("cholesky", "(m,m)->(m,m)"),
    det=_stacked("det", "(m,m)->()"),
    eig=_stacked("eig", "(m,m)->(m),(m,m)"),
    eigh=_stacked("eigh", "(m,m)->(m),(m,m)"),
    eigvals=_stacked("eigvals", "(m,m)->(m)"),
    eigvalsh=_stacked("eigvalsh", "(m,m)->(m)"),
    inv=_stacked("inv", "(m,m)->(m,m)"),
    matrix_rank=_stacked("matrix_rank", "(m,n)->()"),
    pinv=_stacked("pinv", "(m,n)->(n,m)"),
    qr=_qr,
    slogdet=_stacked("slogdet", "(m,m)->(),()"),
    solve=_stacked("solve", "(m,m),(m,n)->(m,n)"),
    svd=_svd,
    svdvals=_stacked("svdvals", "(m,n)->(k)"),
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
