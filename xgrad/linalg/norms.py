"""Norms of vectors and of matrices; their derivative at zero is zero."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import as_given
from ..backends import XP, backend_of
from ..engine.op import Root, rule
from ..engine.operands import require_array
from ..engine.plain import as_tuple, is_scalar
from ..engine.projection import conj
from ..ops.dtypes import astype
from ..ops.elementwise import abs as absolute
from ..ops.elementwise import square
from ..ops.halves import in_single
from ..ops.manipulation import expand_dims, moveaxis
from ..ops.statistical import Axis, axes_of, kept, spread
from ..ops.statistical import max as max_over
from ..ops.statistical import min as min_over
from ..ops.statistical import sum as sum_over
from .singular import svdvals


def _direction(xp: XP, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    """Return ``x / norm(x)``, and 0 where the norm is 0."""
    length = spread(xp, out, x.shape, axis, keepdims)
    none = length == 0
    return xp.where(none, xp.zeros_like(x), x / xp.where(none, xp.ones_like(length), length))


def _sum_of_squares(x: Any, axis: Axis, keepdims: bool) -> Any:
    return sum_over(square(absolute(x)), axis=axis, keepdims=keepdims)


@rule(
    vjp=lambda xp, g, x, out, axis, keepdims: (
        spread(xp, g, x.shape, axis, keepdims) * _direction(xp, x, out, axis, keepdims)
    ),
    jvp=lambda xp, t, x, out, axis, keepdims: xp.sum(
        t * conj(xp, _direction(xp, x, out, axis, keepdims)), axis=axis, keepdims=keepdims
    ),
    own=Root(_sum_of_squares),
)
def _norm2(x: Array, /, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the Euclidean norm over axes, scaled so that the squares do not overflow."""
    xp = backend_of(x).xp
    return _scaled(xp, xp.abs(x), axis, keepdims, 2.0)


def _scaled(xp: XP, size: Any, axis: Axis, keepdims: bool, ord: float) -> Any:
    """Return the p-norm of non-negative elements over axes, whose powers are of at most 1."""
    if 0 in size.shape:
        return xp.sum(size, axis=axis, keepdims=keepdims) ** (1 / ord)
    top = (xp.max if ord > 0 else xp.min)(size, axis=axis, keepdims=True)
    plain = (top == 0) | (top == math.inf)
    scaled = size / xp.where(plain, xp.ones_like(top), top)
    powers = scaled * scaled if ord == 2 else scaled**ord
    total = xp.sum(powers, axis=axis, keepdims=True)
    out = xp.sqrt(total) if ord == 2 else total ** (1 / ord)
    out = out * xp.where(plain, xp.ones_like(top), top)
    shape = kept(size.shape, axis)
    if not keepdims:
        axes = axes_of(len(size.shape), axis)
        shape = tuple(n for i, n in enumerate(size.shape) if i not in axes)
    return xp.reshape(out, shape)


@as_given
@in_single
def vector_norm(x: Array, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Array:
    """Return the norm of vectors along axes, of any order; its derivative at 0 is 0.

    Its square, as ``norm ** 2``, ``norm * norm`` or ``square(norm)``, has second derivatives at 0
    too. Other smooth functions of it have them if they are written of ``sum(x * x)``.

    Args:
        x: the array.
        axis: the axes that hold the vectors, negative ones counted from the end; all if None.
        keepdims: whether these axes stay in the result, with length one.
        ord: the order: a number, ``inf`` or ``-inf``; 0 counts the non-zero elements.

    Returns:
        Real numbers, of the shape of `x` without these axes.
    """
    require_array("linalg.vector_norm", "x", x)
    axes_of(len(x.shape), axis, "vector_norm")
    if ord == 2:
        return _norm2(x, axis=axis, keepdims=keepdims)
    size = absolute(x)
    if ord == math.inf:
        return max_over(size, axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return min_over(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return sum_over(astype(size != 0, size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum_over(size, axis=axis, keepdims=keepdims)
    return _norm_p(size, axis=axis, keepdims=keepdims, ord=float(ord))


def _p_direction(xp: XP, x: Any, out: Any, axis: Axis, keepdims: bool, ord: float) -> Any:
    length = spread(xp, out, x.shape, axis, keepdims)
    none = (length == 0) | (x == 0)
    ratio = xp.where(none, xp.ones_like(x), x) / xp.where(none, xp.ones_like(length), length)
    return xp.where(none, xp.zeros_like(x), ratio ** (ord - 1))


@rule(
    vjp=lambda xp, g, x, out, axis, keepdims, ord: (
        spread(xp, g, x.shape, axis, keepdims) * _p_direction(xp, x, out, axis, keepdims, ord)
    ),
    jvp=lambda xp, t, x, out, axis, keepdims, ord: xp.sum(
        t * _p_direction(xp, x, out, axis, keepdims, ord), axis=axis, keepdims=keepdims
    ),
)
def _norm_p(x: Array, /, *, axis: Axis, keepdims: bool, ord: float) -> Array:
    """Return the p-norm of non-negative elements over axes."""
    return _scaled(backend_of(x).xp, x, axis, keepdims, ord)


@as_given
@in_single
def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """Return the norm of matrices: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, ``inf`` or ``-inf``.

    Args:
        x: matrices of shape ``(..., m, n)``.
        keepdims: whether the last two axes stay in the result, with length one.
        ord: ``"fro"`` for the root of the sum of squares, ``"nuc"`` for the sum of the singular
            values, 2 and -2 for the largest and the smallest of them, 1 and -1 for the largest and
            smallest sum of absolute values of a column, ``inf`` and ``-inf`` for those of a row.

    Returns:
        Real numbers, of the shape of the axes before. At the matrix of zeros, where a norm has a
        kink, the derivative of ``"fro"``, 1 and ``inf`` is 0; that of the others is one of the
        subgradients. Columns, rows or singular values that attain a maximum together share it.

    Raises:
        ValueError: if `ord` is none of these.
    """
    require_array("linalg.matrix_norm", "x", x, axes=2)
    ord = ord.item() if is_scalar(ord) else ord
    if ord == "fro":
        return _norm2(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = svdvals(x)
        reduce = {"nuc": sum_over, 2: max_over, -2: min_over}[ord]
        out = reduce(s, axis=-1)
        return expand_dims(expand_dims(out, axis=-1), axis=-1) if keepdims else out
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            f"matrix_norm: ord is {ord!r}; expected 'fro', 'nuc', 1, -1, 2, -2, inf or -inf"
        )
    sums = sum_over(absolute(x), axis=-2 if ord in (1, -1) else -1, keepdims=True)
    reduce = max_over if ord > 0 else min_over
    return reduce(sums, axis=(-2, -1), keepdims=keepdims)


@as_given
def norm(
    x: Array, /, ord: Any = None, axis: int | tuple[int, int] | None = None, keepdims: bool = False
) -> Array:
    """Return the norm of vectors or of matrices, as ``numpy.linalg.norm``.

    Args:
        x: the array.
        ord: which norm: of vectors what `vector_norm` takes, of matrices what `matrix_norm` takes;
            if None, the root of the sum of squares of all elements.
        axis: the axis that holds the vectors, or the two that hold the matrices. If None, `x` is
            one of them, or several axes of an `ord` that is None.
        keepdims: whether these axes stay in the result, with length one.

    Returns:
        Real numbers, of the shape of `x` without these axes; the derivative at 0 is 0.

    Raises:
        ValueError: if `x` is neither a vector nor a matrix, and `ord` but not `axis` is given.

    >>> import numpy as np, xgrad as xg
    >>> float(xg.linalg.norm(np.asarray([3.0, 4.0])))
    5.0
    """
    require_array("linalg.norm", "x", x)
    ndim = len(x.shape)
    if ord is None and axis is None:
        return vector_norm(x, keepdims=keepdims)
    axes = tuple(range(ndim)) if axis is None else as_tuple(axis)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims)
    if len(axes) != 2:
        raise ValueError(
            f"norm: got ord={ord!r} and an array of shape {tuple(x.shape)}; expected axis=, one "
            "axis for vectors or two for matrices"
        )
    moved = moveaxis(x, axes, (-2, -1))
    out = matrix_norm(moved, ord="fro" if ord is None else ord, keepdims=keepdims)
    return moveaxis(out, (-2, -1), axes) if keepdims else out
