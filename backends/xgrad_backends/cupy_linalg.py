"""Products and systems of matrices on CuPy, where its own copy, are slow, or refuse batches."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from . import detect

cp: Any = detect.require("cupy")

__all__ = ["expm", "matmul", "solve", "solve_triangular", "vecdot"]


def matmul(x1: Any, x2: Any, /) -> Any:
    """Return a product of matrices, as one large one where one operand is a matrix."""
    # CuPy's batched product copies transposed operands
    if x1.ndim > 2 and x2.ndim == 2:
        rows = x1.reshape(math.prod(x1.shape[:-1]), x1.shape[-1])
        return cp.matmul(rows, x2).reshape(*x1.shape[:-1], x2.shape[-1])
    if x1.ndim == 2 and x2.ndim > 2:
        return matmul(x2.swapaxes(-1, -2), x1.T).swapaxes(-1, -2)
    return cp.matmul(x1, x2)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return the products of vectors."""
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(
            f"vecdot: got sizes {x1.shape[axis]} and {x2.shape[axis]} along axis {axis}; "
            "expected equal ones"
        )
    product = cp.conj(x1) * x2
    return product.sum(axis=axis, dtype=product.dtype)


def solve(x1: Any, x2: Any, /) -> Any:
    """Solve systems of equations, whose batches are broadcast."""
    if x2.ndim == 1:
        return solve(x1, x2[:, None])[..., 0]
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    x1 = cp.broadcast_to(x1, batch + x1.shape[-2:])
    return cp.linalg.solve(x1, cp.broadcast_to(x2, batch + x2.shape[-2:]))


def solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    """Solve triangular systems, in one call also for batches."""
    is_batch = x1.ndim > 2 or x2.ndim > 2
    if x1.size and x2.size and (not is_batch or (x1.dtype.char in "fdFD" and x1.dtype == x2.dtype)):
        solve = importlib.import_module("cupyx.scipy.linalg").solve_triangular
        if is_batch:  # in one call, of arrays with the same batch
            batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
            x1 = cp.broadcast_to(x1, batch + x1.shape[-2:])
            x2 = cp.broadcast_to(x2, batch + x2.shape[-2:])
        return solve(x1, x2, trans=2 if adjoint else 0, lower=not upper, check_finite=False)
    half = cp.triu(x1) if upper else cp.tril(x1)
    return solve(half.swapaxes(-1, -2).conj() if adjoint else half, x2)


def expm(x: Any) -> Any:
    """Return the exponential of each matrix."""
    expm = importlib.import_module("cupyx.scipy.linalg").expm
    if x.ndim == 2:
        return expm(x)
    flat = x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:])
    parts = [expm(flat[i]) for i in range(len(flat))]
    return cp.stack(parts).reshape(x.shape) if parts else cp.empty_like(x)
