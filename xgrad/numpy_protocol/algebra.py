"""NumPy's linear algebra and transforms on an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from .storing import stored

# Linear algebra -----------------------------------------------------------------------------------


def _of_triangle(name: str) -> Callable[..., Any]:
    """Return a decomposition of the Hermitian matrices that one triangle holds, if it is named."""

    def call(a: Any, UPLO: Any = None) -> Any:
        return getattr(xgrad.linalg, name)(a if UPLO is None else _mirrored(name, a, UPLO))

    return call


def _mirrored(name: str, a: Any, side: Any) -> Any:
    if str(side).upper() not in ("L", "U"):
        raise ValueError(f"numpy.linalg.{name}: UPLO is {side!r}; expected 'L' or 'U'")
    half, strict = (
        (xgrad.tril(a), xgrad.tril(a, k=-1))
        if str(side).upper() == "L"
        else (xgrad.triu(a), xgrad.triu(a, k=1))
    )
    if a.dtype.kind == "c":  # what is imaginary on the diagonal is not read
        half = strict + xgrad.real(half - strict)
    return half + xgrad.conj(xgrad.matrix_transpose(strict))


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    if rcond is not None and rtol is not np._NoValue:
        raise ValueError("numpy.linalg.pinv: got rcond and rtol; expected one of them")
    if hermitian:
        a = _mirrored("pinv", a, "L")
    return xgrad.linalg.pinv(a, rtol=rcond if rtol is np._NoValue else rtol)


def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    if tol is not None and rtol is not None:
        raise ValueError("numpy.linalg.matrix_rank: got tol and rtol; expected one of them")
    A = xgrad.asarray(A)
    if A.ndim < 2:
        return xgrad.any(A != 0).astype(np.int64)
    A = _mirrored("matrix_rank", A, "L") if hermitian else A
    if tol is None:
        return xgrad.linalg.matrix_rank(A, rtol=rtol)
    sizes = xgrad.linalg.svdvals(A)
    return xgrad.sum(sizes > xgrad.asarray(tol).astype(sizes.dtype)[..., None], axis=-1)


def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "r":
        return xgrad.linalg.qr(a, mode="reduced")[1]
    if mode == "raw":
        raise NotImplementedError(
            "numpy.linalg.qr: mode is 'raw', LAPACK's reflectors, on an xgrad.Array; expected "
            "'reduced', 'complete' or 'r'"
        )
    return xgrad.linalg.qr(a, mode=mode)


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if hermitian:
        a = _mirrored("svd", a, "L")
    if not compute_uv:
        return xgrad.linalg.svdvals(a)
    return xgrad.linalg.svd(a, full_matrices=full_matrices)


def _real_if_real(x: Any) -> Any:
    return xgrad.real(x) if bool(xgrad.all(xgrad.imag(x) == 0)) else x


def _eigvals(a: Any) -> Any:
    return _real_if_real(xgrad.linalg.eigvals(a))


def _eig(a: Any) -> Any:
    found = xgrad.linalg.eig(a)
    if bool(xgrad.all(xgrad.imag(found[0]) == 0)):
        return type(found)(*map(xgrad.real, found))
    return found


def _roots(p: Any) -> Any:
    return _real_if_real(xgrad.roots(p))


def _einsum(
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
) -> Any:
    if dtype is not None:
        operands = tuple(
            x if isinstance(x, (str, list, tuple)) else xgrad.asarray(x).astype(dtype)
            for x in operands
        )
    return stored(xgrad.einsum(*operands, optimize=optimize), out, "numpy.einsum(out=)")


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    return xgrad.linalg.outer(xgrad.ravel(xgrad.asarray(a)), xgrad.ravel(xgrad.asarray(b)))


def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = xgrad.moveaxis(xgrad.asarray(a), axisa, -1), xgrad.moveaxis(xgrad.asarray(b), axisb, -1)
    return xgrad.moveaxis(xgrad.linalg.cross(a, b), -1, axisc)


# Transforms, and functions of sequences -----------------------------


def _plane(name: str) -> Callable[..., Any]:
    """Return NumPy's transform of two axes, the last two if none are named."""

    def call(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
        return _transforms(name)(a, s, axes, norm, out)

    return call


def _transform(name: str) -> Callable[..., Any]:
    """Return NumPy's transform of one axis, whose norm may be None."""

    def call(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        result = getattr(xgrad.fft, name)(a, n=n, axis=axis, norm=norm or "backward")
        return stored(result, out, f"numpy.fft.{name}(out=)")

    return call


def _transforms(name: str) -> Callable[..., Any]:
    """Return NumPy's transform of several axes, whose norm may be None."""

    def call(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
        s, axes = (x if x is None else tuple(x) for x in (s, axes))
        if name in ("fftn", "ifftn") and not (np.shape(a) if axes is None else axes):
            return stored(+xgrad.asarray(a), out, f"numpy.fft.{name}(out=)")  # nothing is done
        result = getattr(xgrad.fft, name)(a, s=s, axes=axes, norm=norm or "backward")
        return stored(result, out, f"numpy.fft.{name}(out=)")

    return call


def _i0(x: Any) -> Any:
    return xgrad.special.i0(x)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = xgrad.asarray(a)

    def end(x: Any) -> Any:
        if x is None or x is np._NoValue:
            return None
        x = xgrad.asarray(x)
        shape = list(a.shape)
        shape[axis] = 1
        return x if x.ndim else xgrad.broadcast_to(x, tuple(shape))

    before, after = end(prepend), end(append)
    if a.dtype != np.bool_:
        return xgrad.diff(a, axis=axis, n=n, prepend=before, append=after)
    a = xgrad.concat([x for x in (before, a, after) if x is not None], axis=axis)
    a = xgrad.moveaxis(a, axis, 0)
    for _ in range(n):
        a = a[1:] ^ a[:-1]
    return xgrad.moveaxis(a, 0, axis)


def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    if weights is not None:
        weights = xgrad.asarray(weights)
        if weights.dtype.kind == "c":
            raise TypeError(f"numpy.bincount: weights is of {weights.dtype}; expected real numbers")
        weights = weights.astype(np.float64)
    return xgrad.bincount(xgrad.asarray(x), weights, minlength=minlength)


def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    a, v = xgrad.asarray(a), xgrad.asarray(v)
    if a.ndim != 1:
        raise ValueError(f"numpy.searchsorted: a has {a.ndim} axes; expected a sorted vector")
    return xgrad.searchsorted(a, v, side=side, sorter=sorter)


def _promoted(name: str) -> Callable[..., Any]:
    """Return a function of numbers that NumPy multiplies by integers, or by each other."""

    def call(p: Any, *args: Any, **kwargs: Any) -> Any:
        p = xgrad.asarray(p)
        dtype = np.result_type(p.dtype, np.int64)
        if not p.ndim:
            raise TypeError(f"numpy.{name}: got one number; expected a vector")
        result = getattr(xgrad, name)(p.astype(dtype), *args, **kwargs)
        return result.astype(dtype) if name == "polyder" else result

    return call


def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p, more = xgrad.asarray(p), {} if k is None else {"k": k}
    if isinstance(k, str):
        raise TypeError(f"numpy.polyint: k is {k!r:.60}; expected numbers")
    if p.ndim == 1 and not p.size:  # no coefficients are the polynomial zero
        p = xgrad.zeros((1,), dtype=p.dtype)
        return _promoted("polyint")(p, m, **more)[1:]
    return _promoted("polyint")(p, m, **more)


def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    return _promoted("vander")(x, N, increasing)


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    near = next(a for a in (x, xp, fp) if isinstance(a, xgrad.Array))
    xp, fp = (xgrad.ops.beside.beside(near, a) for a in (xp, fp))
    x = xgrad.ops.beside.beside(near, x)
    left, right = (
        xgrad.asarray(end).astype(float) if getattr(end, "dtype", None) == np.bool_ else end
        for end in (left, right)
    )
    return xgrad.interp(x, xp, fp, left, right, period)


ADAPTED: dict[str, Callable[..., Any]] = {
    "bincount": _bincount,
    "polyder": _promoted("polyder"),
    "polyint": _polyint,
    "searchsorted": _searchsorted,
    "vander": _vander,
    "cross": _cross,
    "diff": _diff,
    "einsum": _einsum,
    **{f"fft.{name}": _transform(name) for name in "fft ifft rfft irfft hfft ihfft".split()},
    **{f"fft.{name}": _transforms(name) for name in "fftn ifftn rfftn irfftn".split()},
    "fft.fft2": _plane("fftn"),
    "fft.ifft2": _plane("ifftn"),
    "fft.irfft2": _plane("irfftn"),
    "fft.rfft2": _plane("rfftn"),
    "i0": _i0,
    "interp": _interp,
    "linalg.eig": _eig,
    "linalg.eigvals": _eigvals,
    "linalg.eigh": _of_triangle("eigh"),
    "linalg.eigvalsh": _of_triangle("eigvalsh"),
    "linalg.matrix_rank": _matrix_rank,
    "linalg.pinv": _pinv,
    "linalg.qr": _qr,
    "linalg.svd": _svd,
    "outer": _outer,
    "roots": _roots,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
