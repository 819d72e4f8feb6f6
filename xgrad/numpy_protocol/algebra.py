"""NumPy's linear algebra, polynomials and transforms on an `Array`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import xgrad

# Linear algebra -----------------------------------------------------------------------------------


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the norm of vectors or matrices, as ``numpy.linalg.norm``."""
    if ord is None and axis is None:
        out = xgrad.linalg.vector_norm(xgrad.reshape(x, (-1,)))
        return xgrad.reshape(out, (1,) * x.ndim) if keepdims else out
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return xgrad.linalg.vector_norm(
            x, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims
        )
    moved = xgrad.moveaxis(x, axes, (-2, -1))
    out = xgrad.linalg.matrix_norm(moved, ord="fro" if ord is None else ord, keepdims=keepdims)
    return xgrad.moveaxis(out, (-2, -1), axes) if keepdims else out


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if not compute_uv:
        return xgrad.linalg.svdvals(a)
    return xgrad.linalg.svd(a, full_matrices=full_matrices)


class _LeastSquares(NamedTuple):
    """What ``numpy.linalg.lstsq`` returns."""

    x: Any
    residuals: Any
    rank: Any
    s: Any


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the least-squares solution, as ``numpy.linalg.lstsq``; of the least norm."""
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape)
    x = xgrad.matmul(xgrad.linalg.pinv(a, rtol=rcond), b)
    s = xgrad.linalg.svdvals(a)
    rank = int(xgrad.sum(s > rcond * s[0]))
    if rank == a.shape[1] < a.shape[0]:
        residuals = xgrad.sum(xgrad.abs(b - xgrad.matmul(a, x)) ** 2, axis=0)
        residuals = residuals if b.ndim > 1 else residuals[None]
    else:
        residuals = xgrad.real(x[:0]).ravel()[:0]
    return _LeastSquares(x, residuals, rank, s)


def _cond(x: Any, p: Any = None) -> Any:
    if p in (None, 2, -2):
        s = xgrad.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(xgrad.linalg.inv(x), p, (-2, -1))


def _tensorinv(a: Any, ind: int = 2) -> Any:
    split = a.shape[:ind], a.shape[ind:]
    inverse = xgrad.linalg.inv(xgrad.reshape(a, (math.prod(split[0]), -1)))
    return xgrad.reshape(inverse, (*split[1], *split[0]))


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = xgrad.asarray(a), xgrad.asarray(b)
    if axes is not None:
        order = [i for i in range(a.ndim) if i not in axes]
        a = xgrad.permute_dims(a, (*order, *axes))
    shape = a.shape[b.ndim :]
    flat = xgrad.reshape(a, (-1, math.prod(shape)))
    return xgrad.reshape(xgrad.linalg.solve(flat, xgrad.ravel(b)), shape)


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    return xgrad.linalg.outer(xgrad.ravel(xgrad.asarray(a)), xgrad.ravel(xgrad.asarray(b)))


def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = xgrad.moveaxis(xgrad.asarray(a), axisa, -1), xgrad.moveaxis(xgrad.asarray(b), axisb, -1)
    return xgrad.moveaxis(xgrad.linalg.cross(a, b), -1, axisc)


# Polynomials, the highest power first -------------------------------------------------------------


def _longer(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Return two polynomials with as many coefficients as the longer one."""
    a1, a2 = xgrad.atleast_1d(xgrad.asarray(a1)), xgrad.atleast_1d(xgrad.asarray(a2))
    n = max(a1.size, a2.size)
    return xgrad.pad(a1, (n - a1.size, 0)), xgrad.pad(a2, (n - a2.size, 0))


def _polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _longer(a1, a2)
    return a1 + a2


def _polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _longer(a1, a2)
    return a1 - a2


def _polymul(a1: Any, a2: Any) -> Any:
    return xgrad.convolve(xgrad.atleast_1d(xgrad.asarray(a1)), xgrad.atleast_1d(xgrad.asarray(a2)))


def _polydiv(u: Any, v: Any) -> Any:
    u, v = xgrad.atleast_1d(xgrad.asarray(u)) + 0.0, xgrad.atleast_1d(xgrad.asarray(v)) + 0.0
    left, parts, n = u, [], v.size
    for k in range(u.size - n + 1):
        parts.append(left[k] / v[0])
        left = left - xgrad.pad(parts[-1] * v, (k, left.size - n - k))
    quotient = xgrad.stack(parts) if parts else xgrad.zeros_like(u[:1])
    rest = left.detach()._numpy()
    first = len(parts)  # NumPy drops the leading zeros of the remainder, but for the last one
    while first < rest.size - 1 and np.allclose(rest[first], 0, rtol=1e-14):
        first += 1
    return quotient, left[min(first, left.size - 1) :]


def _polyder(p: Any, m: int = 1) -> Any:
    for _ in range(m):
        powers = xgrad.flip(xgrad.ops.beside.fractions(p, n=p.size))
        p = (p * powers)[:-1]
    return p


def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    constants = np.zeros(m) if k is None else np.broadcast_to(np.asarray(k), (m,))
    for constant in constants:
        powers = xgrad.flip(xgrad.ops.beside.fractions(p, n=p.size)) + 1
        p = xgrad.concat((p / powers, xgrad.full_like(p[:1], float(constant))))
    return p


def _polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    if full or cov:
        raise NotImplementedError("numpy.polyfit: full= and cov= on an xgrad.Array")
    x, y = xgrad.asarray(x) + 0.0, xgrad.asarray(y) + 0.0
    rcond = x.size * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    rows = xgrad.vander(x, deg + 1)
    if w is not None:
        w = xgrad.asarray(w)
        rows, y = rows * w[:, None], y * (w[:, None] if y.ndim == 2 else w)
    scale = xgrad.sqrt(xgrad.sum(rows * rows, axis=0))
    fitted = xgrad.matmul(xgrad.linalg.pinv(rows / scale, rtol=rcond), y)
    return fitted / (scale[:, None] if y.ndim == 2 else scale)


def _poly(seq_of_zeros: Any) -> Any:
    zeros = xgrad.atleast_1d(seq_of_zeros)
    zeros = _real_if_real(xgrad.linalg.eigvals(zeros)) if zeros.ndim == 2 else zeros
    p = xgrad.ones_like(zeros[:1])
    for i in range(zeros.size):
        p = xgrad.pad(p, (0, 1)) - zeros[i] * xgrad.pad(p, (1, 0))
    return p


def _real_if_real(x: Any) -> Any:
    return xgrad.real(x) if bool(xgrad.all(xgrad.imag(x) == 0)) else x


def _roots(p: Any) -> Any:
    nonzero = np.nonzero(p.detach()._numpy())[0]
    if not nonzero.size:
        return p[:0]
    trailing = p.size - int(nonzero[-1]) - 1
    p = p[int(nonzero[0]) : int(nonzero[-1]) + 1]
    n = p.size - 1
    if n < 1:
        return xgrad.pad(p[:0], (0, trailing))
    below = xgrad.asarray(np.eye(n, k=-1)[1:], dtype=p.dtype, device=p.device)
    companion = xgrad.concat(((-p[1:] / p[0])[None, :], below))
    roots = _real_if_real(xgrad.linalg.eigvals(companion))
    return xgrad.pad(roots, (0, trailing)) if trailing else roots


# Transforms, and functions of one argument that NumPy keeps elsewhere -----------------------------


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
    "linalg.cond": _cond,
    "linalg.lstsq": lstsq,
    "linalg.norm": norm,
    "linalg.svd": _svd,
    "linalg.tensorinv": _tensorinv,
    "linalg.tensorsolve": _tensorsolve,
    "outer": _outer,
    "poly": _poly,
    "polyadd": _polyadd,
    "polyder": _polyder,
    "polydiv": _polydiv,
    "polyfit": _polyfit,
    "polyint": _polyint,
    "polymul": _polymul,
    "polysub": _polysub,
    "roots": _roots,
}
"""NumPy's functions by name, where their meaning or arguments are not the standard's."""
