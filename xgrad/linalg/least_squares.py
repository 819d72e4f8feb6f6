"""Least squares, condition numbers, and equations of tensors, as NumPy has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..engine.operands import require_array
from ..ops.beside import floating
from ..ops.dtypes import astype, result_type
from ..ops.elementwise import abs as absolute
from ..ops.elementwise import divide, multiply, square, subtract
from ..ops.indexing import getitem
from ..ops.manipulation import expand_dims, front, moveaxis, reshape, squeeze
from ..ops.products import matmul
from ..ops.statistical import sum as sum_over
from .norms import matrix_norm
from .products import matrix_rank
from .singular import svdvals
from .solving import inv, pinv, solve


class LstsqResult(NamedTuple):
    """Solution, sums of squared differences, rank and singular values."""

    x: Array
    residuals: Array
    rank: Array
    s: Array


@as_given
def lstsq(a: AnyArray, b: AnyArray, /, rcond: float | None = None) -> LstsqResult:
    """Return the solution of least norm among those that come nearest to ``a @ x = b``.

    Args:
        a: a matrix of shape (m, n).
        b: the right-hand sides, of shape (m,) or (m, k).
        rcond: singular values below this part of the largest count as 0; by default eps max(m, n).

    Returns:
        The solution; the sum of squared differences for each right-hand side, also where NumPy
        gives an empty array, as that depends on the rank; the rank; the singular values of `a`.
        Derivatives hold where the rank does not change.

    Raises:
        TypeError: if `rcond` is no number.
        ValueError: if the shapes are not such.
    """
    if isinstance(rcond, (list, tuple)):
        raise TypeError(f"lstsq: rcond is {rcond!r:.60}; expected a number, or None")
    require_array("linalg.lstsq", "a", a)
    require_array("linalg.lstsq", "b", b)
    if len(a.shape) != 2 or len(b.shape) not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ValueError(
            f"lstsq: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; "
            "expected (m, n) with (m,) or (m, k)"
        )
    a, b = floating(a, "lstsq"), floating(b, "lstsq")
    dtype = result_type(a, b)
    a, b = astype(a, dtype, copy=False), astype(b, dtype, copy=False)
    right = expand_dims(b, axis=-1) if len(b.shape) == 1 else b
    x = matmul(pinv(a, rtol=rcond), right)
    residuals = sum_over(square(absolute(subtract(matmul(a, x), right))), axis=0)
    x = squeeze(x, axis=-1) if len(b.shape) == 1 else x
    return LstsqResult(x, residuals, matrix_rank(a, rtol=rcond), svdvals(a))


@as_given
def cond(x: Array, /, p: Any = None) -> Array:
    """Return the condition number of matrices in the norm `p`, by default the spectral one.

    Args:
        x: matrices of shape ``(..., m, n)``; square ones unless `p` is None, 2 or -2.
        p: an order of `matrix_norm`: None or 2 for the largest singular value over the smallest, -2
            for its inverse, else ``norm(x) * norm(inv(x))``.

    Returns:
        Real numbers, of the shape of the axes before; infinite for singular matrices.
    """
    require_array("linalg.cond", "x", x, axes=2)
    if p in (None, 2, -2):
        s = svdvals(x)
        large, small = getitem(s, (..., 0)), getitem(s, (..., -1))
        return divide(small, large) if p == -2 else divide(large, small)
    return multiply(matrix_norm(x, ord=p), matrix_norm(inv(x), ord=p))


@as_given
def tensorsolve(a: AnyArray, b: AnyArray, /, axes: Sequence[int] | None = None) -> Array:
    """Return the `x` for which ``tensordot(a, x, x.ndim) == b``.

    Args:
        a: an array of shape ``b.shape + q`` with as many entries in ``b`` as in ``q``.
        b: the right-hand side.
        axes: axes of `a` to move to its end first.

    Returns:
        An array of shape ``q``.

    Raises:
        ValueError: if the shapes are not such.
    """
    require_array("linalg.tensorsolve", "a", a)
    require_array("linalg.tensorsolve", "b", b)
    if axes is not None:
        axes = [front(axis, len(a.shape), "tensorsolve") for axis in axes]
        a = moveaxis(a, tuple(axes), tuple(range(len(a.shape) - len(axes), len(a.shape))))
    shape = tuple(a.shape[len(b.shape) :])
    n = math.prod(shape)
    if math.prod(a.shape) != n * n or math.prod(b.shape) != n:
        raise ValueError(
            f"tensorsolve: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; "
            "expected b.shape + q, where q has as many entries as b"
        )
    return reshape(solve(reshape(a, (n, n)), reshape(b, (n,))), shape)


@as_given
def tensorinv(a: Array, /, ind: int = 2) -> Array:
    """Return the inverse of ``x -> tensordot(a, x, ind)``, where the first `ind` axes are rows.

    Args:
        a: an array whose first `ind` axes have as many entries as the others.
        ind: how many axes count as rows.

    Returns:
        An array of shape ``(*a.shape[ind:], *a.shape[:ind])``.

    Raises:
        ValueError: if the entries do not form a square matrix so.
    """
    require_array("linalg.tensorinv", "a", a)
    rows, columns = tuple(a.shape[:ind]), tuple(a.shape[ind:])
    if ind < 1 or math.prod(rows) != math.prod(columns):
        raise ValueError(
            f"tensorinv: a has shape {tuple(a.shape)} and ind is {ind}; expected as many entries "
            "in its first ind axes as in the others"
        )
    n = math.prod(rows)
    return reshape(inv(reshape(a, (n, n))), (*columns, *rows))
