"""Products, diagonals, powers, rank."""

from __future__ import annotations

import operator

from ..arrays.array import Array
from ..arrays.types import AnyArray, DType, as_given
from ..backends import backend_of
from ..engine.op import constant
from ..engine.operands import require_array
from ..engine.plain import integer
from ..ops.creation import zeros_like
from ..ops.elementwise import multiply, subtract
from ..ops.halves import in_single
from ..ops.indexing import getitem
from ..ops.manipulation import front, reshape, roll
from ..ops.products import matmul
from ..ops.statistical import sum as sum_over
from .common import identity, raw_call, require_square
from .solving import inv


@constant
def matrix_rank(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Return the rank of matrices, 0 of empty ones. It has no derivative.

    Args:
        x: matrices of shape ``(..., m, n)``.
        rtol: singular values below this part of the largest one count as 0; ``max(m, n)`` times the
            precision of the dtype if None.

    Returns:
        Integers, of the shape of the axes before.
    """
    if 0 in x.shape[-2:]:
        backend = backend_of(x)
        where = {"dtype": backend.raw_dtype("int64"), "device": backend.device(x)}
        return backend.xp.zeros(tuple(x.shape[:-2]), **where)
    if rtol is None:
        return raw_call("matrix_rank", x)
    return raw_call("matrix_rank", x, rtol=rtol._raw if isinstance(rtol, Array) else rtol)


@as_given
def outer(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the outer product of two vectors.

    Args:
        x1: a vector of length m; it is not conjugated.
        x2: a vector of length n.

    Returns:
        A matrix of shape ``(m, n)``: ``out[i, j] = x1[i] * x2[j]``.

    Raises:
        ValueError: if one of them is no vector.
    """
    require_array("linalg.outer", "x1", x1)
    require_array("linalg.outer", "x2", x2)
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ValueError(f"outer: got shapes {x1.shape} and {x2.shape}; expected two vectors")
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


@as_given
@in_single
def cross(x1: AnyArray, x2: AnyArray, /, *, axis: int = -1) -> Array:
    """Return the cross product of vectors of three elements along an axis.

    Args:
        x1: vectors of three elements.
        x2: vectors of three elements; the other axes are broadcast.
        axis: the axis that holds the vectors.

    Returns:
        An array of the broadcast shape and the promoted dtype.

    Raises:
        ValueError: if the axis is not of length 3 in both, or if it is counted from the front and
            the arrays do not have as many axes.
    """
    require_array("linalg.cross", "x1", x1)
    require_array("linalg.cross", "x2", x2)
    for x in (x1, x2):
        front(axis, len(x.shape), "cross")
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            f"cross: axis {axis} has length {x1.shape[axis]} in x1 and {x2.shape[axis]} in x2; "
            "expected 3"
        )
    if axis >= 0 and len(x1.shape) != len(x2.shape):
        raise ValueError("cross: a non-negative axis needs x1 and x2 to have as many axes")
    return subtract(
        multiply(roll(x1, -1, axis=axis), roll(x2, -2, axis=axis)),
        multiply(roll(x1, -2, axis=axis), roll(x2, -1, axis=axis)),
    )


@as_given
def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """Return a diagonal of matrices, the main one unless an offset is given.

    Args:
        x: matrices of shape ``(..., m, n)``.
        offset: which diagonal: 0 is the main one, a positive number lies above it, a negative
            below.

    Returns:
        An array of the axes before and a last one as long as the diagonal, which is empty where
        `offset` leads out of the matrix.
    """
    require_array("linalg.diagonal", "x", x, axes=2)
    rows, columns = x.shape[-2], x.shape[-1]
    offset = integer(offset)
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    flat = reshape(x, (*x.shape[:-2], rows * columns))
    start = -offset * columns if offset < 0 else offset
    step = columns + 1
    return getitem(flat, (..., slice(start, start + step * (n - 1) + 1 if n else start, step)))


@as_given
def trace(x: Array, /, *, offset: int = 0, dtype: DType | None = None) -> Array:
    """Return the sum of a diagonal of matrices.

    Args:
        x: matrices of shape ``(..., m, n)``.
        offset: which diagonal: 0 is the main one, a positive number lies above it, a negative
            below.
        dtype: the dtype of the sums; that of `xgrad.sum` if None.

    Returns:
        An array of the axes before.
    """
    return sum_over(diagonal(x, offset=offset), axis=-1, dtype=dtype)


@as_given
def matrix_power(x: Array, n: int, /) -> Array:
    """Return square matrices to a power; a power of the inverse if it is negative.

    Args:
        x: matrices of shape ``(..., n, n)``, invertible ones if `n` is negative.
        n: the exponent, an int; 0 gives the unit matrix.

    Returns:
        Matrices of the shape of `x`, by about ``2 log2(n)`` products.
    """
    require_square("matrix_power", "x", x)
    n = operator.index(n)
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        unit: Array = identity(None, x)
        return zeros_like(x) + unit
    result: Array | None = None
    while n:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if n:
            x = matmul(x, x)
    assert result is not None
    return result
