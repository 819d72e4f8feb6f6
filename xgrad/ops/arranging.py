"""Diagonals, turns, and other arrangements of the same elements, as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import AnyArray, DType, as_given
from ..engine.frames import called
from ..engine.plain import integer
from .beside import array_of, placed
from .converting import is_array
from .dtypes import astype, isdtype
from .indexing import _place, getitem, take
from .manipulation import (
    at_axis,
    broadcast_to,
    expand_dims,
    flip,
    front,
    moveaxis,
    permute_dims,
    reshape,
)
from .statistical import cumulative_prod
from .statistical import sum as sum_over


@as_given
def ravel(x: Array, /) -> Array:
    """Return the elements as a vector."""
    return reshape(array_of(x, "ravel"), (-1,))


@as_given
def swapaxes(x: Array, /, axis1: int, axis2: int) -> Array:
    """Return the array with two axes interchanged.

    Args:
        x: the array.
        axis1: one axis; negative ones count from the end.
        axis2: the other one.

    Returns:
        The same elements, the lengths of the two axes exchanged; a view where the backend has
        views.
    """
    ndim = len(array_of(x, "swapaxes").shape)
    order = list(range(ndim))
    i, j = front(axis1, ndim, "swapaxes"), front(axis2, ndim, "swapaxes")
    order[i], order[j] = j, i
    return permute_dims(x, tuple(order))


@as_given
def transpose(x: Array, /, axes: Any = None) -> Array:
    """Return an array with its axes reversed or permuted: the name that opt_einsum asks for."""
    axes = range(len(x.shape))[::-1] if axes is None else axes
    return permute_dims(x, tuple(axes))


@as_given
def fliplr(x: Array, /) -> Array:
    """Return the array with its columns, the second axis, in the opposite order."""
    return flip(array_of(x, "fliplr"), axis=1)


@as_given
def flipud(x: Array, /) -> Array:
    """Return the array with its rows, the first axis, in the opposite order."""
    return flip(array_of(x, "flipud"), axis=0)


@as_given
def rot90(x: Array, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """Return the array turned `k` times by a right angle, from the first axis to the second.

    Args:
        x: an array with two axes or more.
        k: how often to turn; negative numbers turn back.
        axes: the two axes of the plane of rotation.

    Returns:
        The turned array; for odd `k` the lengths of the two axes are exchanged.

    Raises:
        ValueError: if the two axes are the same.
    """
    ndim = len(array_of(x, "rot90").shape)
    i, j = (front(a, ndim, "rot90") for a in axes)
    if i == j:
        raise ValueError(f"rot90: axes is {axes}; expected two different axes")
    if k % 4 in (0, 2):
        return flip(x, axis=(i, j)) if k % 4 else x
    if k % 4 == 1:
        return swapaxes(flip(x, axis=j), i, j)
    return flip(swapaxes(x, i, j), axis=j)


@as_given
def diagonal(x: Array, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return the diagonals of the matrices in two axes, along a new last axis.

    Args:
        x: an array with two axes or more.
        offset: which diagonal: 0 is the main one, a positive number lies above it, a negative
            below.
        axis1: the axis along which the rows of the matrices are counted; may be negative.
        axis2: the axis along which their columns are counted.

    Returns:
        An array without `axis1` and `axis2`, its new last axis as long as the diagonal, which is
        empty where `offset` leads out of the matrix.

    Raises:
        ValueError: if `x` has fewer than two axes, or if the two axes are the same.
    """
    ndim = len(array_of(x, "diagonal").shape)
    if ndim < 2:
        raise ValueError(f"{called('diagonal')}: x has {ndim} axes; expected at least 2")
    axes, offset = (front(axis1, ndim, "diagonal"), front(axis2, ndim, "diagonal")), integer(offset)
    if axes[0] == axes[1]:
        raise ValueError(f"diagonal: axis1 and axis2 are both {axis1}; expected two different axes")
    x = moveaxis(x, axes, (-2, -1)) if axes != (ndim - 2, ndim - 1) else x
    rows, columns = x.shape[-2:]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = min(-offset * columns if offset < 0 else offset, rows * columns)
    stop = start + (columns + 1) * (n - 1) + 1 if n else start
    flat = reshape(x, (*x.shape[:-2], rows * columns))
    return getitem(flat, (..., slice(start, stop, columns + 1)))


@as_given
def trace(
    x: Array, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DType | None = None
) -> Array:
    """Return the sums of the diagonals of the matrices in two axes.

    Args:
        x: an array with two axes or more.
        offset: which diagonal: 0 is the main one, a positive number lies above it, a negative
            below.
        axis1: the axis along which the rows of the matrices are counted.
        axis2: the axis along which their columns are counted.
        dtype: the dtype of the sums; that of `sum` if None.

    Returns:
        An array without `axis1` and `axis2`. Note that `xgrad.linalg.trace` takes the last two
        axes.
    """
    return sum_over(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)


@as_given
def diag(x: Array, /, k: int = 0) -> Array:
    """Return the k-th diagonal of a matrix, or the matrix with a vector on its k-th diagonal.

    Args:
        x: a matrix, or a vector.
        k: which diagonal: 0 is the main one, a positive number lies above it, a negative below.

    Returns:
        For a matrix its diagonal, a vector. For a vector of length n a square matrix with
        ``n + abs(k)`` rows that is zero elsewhere.

    Raises:
        ValueError: if `x` has neither one axis nor two.
    """
    ndim = len(array_of(x, "diag").shape)
    k = integer(k)
    if ndim == 2:
        return diagonal(x, k)
    if ndim != 1:
        raise ValueError(f"diag: x has {ndim} axes; expected 1 or 2")
    n = x.shape[0] + abs(k)
    start = -k * n if k < 0 else k
    stop = start + (n + 1) * (x.shape[0] - 1) + 1 if x.shape[0] else start
    return reshape(_place(x, key=slice(start, stop, n + 1), shape=(n * n,)), (n, n))


@as_given
def diagflat(x: Array, /, k: int = 0) -> Array:
    """Return the matrix with the elements of an array on its k-th diagonal.

    Args:
        x: an array of any shape with n elements; they are taken in C order.
        k: which diagonal: 0 is the main one, a positive number lies above it, a negative below.

    Returns:
        A square matrix with ``n + abs(k)`` rows that is zero elsewhere.
    """
    return diag(ravel(x), k)


@as_given
def vander(x: Array, /, N: int | None = None, increasing: bool = False) -> Array:
    """Return the matrix of the powers of each element, from ``N - 1`` down to 0.

    Args:
        x: a vector of length n.
        N: the number of columns; n if None.
        increasing: whether the powers go up from 0 instead.

    Returns:
        A matrix of shape ``(n, N)``, of the dtype of a product of elements of `x`.

    Raises:
        ValueError: if `x` does not have exactly one axis.
    """
    if len(array_of(x, "vander").shape) != 1:
        raise ValueError(f"vander: x has {len(x.shape)} axes; expected 1")
    count = x.shape[0] if N is None else N
    rows = broadcast_to(expand_dims(x, axis=-1), (x.shape[0], max(count - 1, 0)))
    powers = getitem(
        cumulative_prod(rows, axis=-1, include_initial=True), (slice(None), slice(0, count))
    )
    return powers if increasing else flip(powers, axis=-1)


@as_given
def compress(condition: Any, x: AnyArray, /, axis: int | None = None) -> Array:
    """Return the slices along an axis, or of the flattened array, where a condition holds.

    Args:
        condition: booleans, one for each slice; it may be shorter than the axis, and what lies
            beyond it is left out. On a GPU its values are waited for.
        x: the array.
        axis: the axis along which slices are selected; if None, elements of the flattened array.

    Returns:
        An array of the dtype of `x`, along `axis` as long as the condition is true.

    Raises:
        ValueError: if `condition` is no vector.
    """
    x = array_of(x, "compress")
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    axis = front(axis, len(x.shape), "compress")
    if np.ndim(condition) != 1:
        raise ValueError(
            f"compress: condition is {condition!r:.60}; expected a vector of truth values"
        )
    if not is_array(condition) or isinstance(condition, np.ndarray):
        return take(x, placed(x, np.flatnonzero(condition), np.int64), axis=axis)
    if not isdtype(condition, "bool"):
        condition = astype(condition, np.bool_)
    start = getitem(x, at_axis(axis, slice(0, condition.shape[0])))
    return getitem(start, at_axis(axis, condition))
