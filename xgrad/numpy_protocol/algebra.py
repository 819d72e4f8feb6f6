"""NumPy's linear algebra and transforms on an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

# Linear algebra -----------------------------------------------------------------------------------


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
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
        return getattr(xgrad.fft, name)(
            a, s=None if s is None else tuple(s), axes=tuple(axes), norm=norm or "backward"
        )

    return call


def _i0(x: Any) -> Any:
    return xgrad.special.i0(x)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = xgrad.asarray(a)

    def end(x: Any) -> Any:
        if x is None or x is np._NoValue:
            return None
        x = xgrad.asarray(x).astype(a.dtype)
        shape = list(a.shape)
        shape[axis] = 1
        return x if x.ndim else xgrad.broadcast_to(x, tuple(shape))

    return xgrad.diff(a, axis=axis, n=n, prepend=end(prepend), append=end(append))


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    near = next(a for a in (x, xp, fp) if isinstance(a, xgrad.Array))
    xp, fp = (xgrad.ops.beside.beside(near, a) for a in (xp, fp))
    x = xgrad.ops.beside.beside(near, x)
    return xgrad.interp(x, xp, fp, left, right, period)


ADAPTED: dict[str, Callable[..., Any]] = {
    "cross": _cross,
    "diff": _diff,
    "fft.fft2": _plane("fftn"),
    "fft.ifft2": _plane("ifftn"),
    "fft.irfft2": _plane("irfftn"),
    "fft.rfft2": _plane("rfftn"),
    "i0": _i0,
    "interp": _interp,
    "linalg.eig": _eig,
    "linalg.eigvals": _eigvals,
    "linalg.svd": _svd,
    "outer": _outer,
    "roots": _roots,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
