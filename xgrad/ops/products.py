"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..arrays import operators
from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import XP, Raw
from ..engine.frames import called
from ..engine.op import multilinear
from ..engine.operands import require_array
from ..engine.plain import as_tuple, integers
from ..engine.projection import conj
from .beside import tabled
from .dtypes import astype, result_type
from .elementwise import conj as conjugate
from .elementwise import is_complex, multiply
from .halves import in_single
from .manipulation import expand_dims, front, permute_dims, reshape, squeeze
from .sparse import times_sparse
from .statistical import sum as sum_over

__all__ = ["matmul", "tensordot", "times_sparse", "vecdot"]


def adjoint(xp: XP, x: Any) -> Any:
    """Return the conjugate transpose of matrices."""
    return conj(xp, xp.matrix_transpose(x))


@multilinear(
    lambda xp, g, x2: g @ adjoint(xp, x2), lambda xp, g, x1: adjoint(xp, x1) @ g, axes=(2, 2)
)
def _matmul(x1: Raw, x2: Raw, /) -> Array:
    """Return the product of stacks of matrices."""


def promoted(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two arrays in their common dtype, which not every library finds by itself."""
    raw1, raw2 = (x._raw if isinstance(x, Array) else x for x in (x1, x2))
    if raw1.dtype is raw2.dtype or type(raw1) is not type(raw2) or raw1.dtype == raw2.dtype:
        return x1, x2
    dtype = result_type(x1, x2)
    return astype(x1, dtype, copy=False), astype(x2, dtype, copy=False)


@multilinear(
    lambda xp, g, x2: xp.expand_dims(g, axis=1) * conj(xp, x2),
    lambda xp, g, x1: adjoint(xp, x1) @ g,
    axes=(2, 1),
)
def _matrix_vector(x1: Raw, x2: Raw, /) -> Array:
    """Return the product of a matrix and a vector."""
    return x1 @ x2


@multilinear(
    lambda xp, g, x2: conj(xp, x2) @ g,
    lambda xp, g, x1: xp.expand_dims(conj(xp, x1), axis=1) * g,
    axes=(1, 2),
)
def _vector_matrix(x1: Raw, x2: Raw, /) -> Array:
    """Return the product of a vector and a matrix."""
    return x1 @ x2


@multilinear(lambda xp, g, x2: g * conj(xp, x2), lambda xp, g, x1: conj(xp, x1) * g, axes=(1, 1))
def _vector_vector(x1: Raw, x2: Raw, /) -> Array:
    """Return the sum of the products of two vectors' elements."""
    return x1 @ x2


_MATMULS = {
    (2, 2): _matmul,
    (2, 1): _matrix_vector,
    (1, 2): _vector_matrix,
    (1, 1): _vector_vector,
}


@as_given
def matmul(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the matrix product; a vector counts as a row on the left, as a column on the right.

    Args:
        x1: an array of shape ``(..., m, n)``, or a vector ``(n,)``.
        x2: an array of shape ``(..., n, k)``, or a vector ``(n,)``; axes before are broadcast.

    Returns:
        An array of shape ``(..., m, k)``, without the axis m or k for a vector, in the promoted
        dtype.

    Raises:
        ValueError: if one of them has no axis (multiply by a number with ``*``), or if lengths
            differ.
    """
    raw1 = x1._raw if isinstance(x1, Array) else x1
    raw2 = x2._raw if isinstance(x2, Array) else x2
    ndim1, ndim2 = getattr(raw1, "ndim", 0), getattr(raw2, "ndim", 0)
    if not ndim1 or not ndim2:
        shapes = getattr(raw1, "shape", ()), getattr(raw2, "shape", ())
        raise ValueError(
            f"{called('matmul')}: got shapes {shapes[0]} and {shapes[1]}; expected at least one "
            "axis each. Multiply by a number with *"
        )
    try:
        if raw1.dtype is not raw2.dtype:
            x1, x2 = promoted(x1, x2)
    except AttributeError:  # a table, whose columns have dtypes
        return matmul(tabled(x1), tabled(x2))
    product = _MATMULS.get((ndim1, ndim2))
    if product is not None:
        return product(x1, x2)
    if ndim1 == 1:
        return squeeze(_matmul(expand_dims(x1, axis=0), x2), axis=-2)
    if ndim2 == 1:
        return squeeze(_matmul(x1, expand_dims(x2, axis=1)), axis=-1)
    return _matmul(x1, x2)


operators.define("@", matmul)


@as_given
def tensordot(
    x1: AnyArray, x2: AnyArray, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> Array:
    """Return the sum of products over pairs of axes: the last of `x1` and the first of `x2`.

    Args:
        x1: an array.
        x2: an array.
        axes: how many of the last axes of `x1` and of the first of `x2` to sum over, in order; or
            two sequences of as many axes, those of `x1` and those of `x2`, negative ones counted
            from the end.

    Returns:
        An array of the other axes of `x1` and then of `x2`, in the promoted dtype.

    Raises:
        ValueError: if there are not so many axes, or paired axes differ in length.
    """
    x1, x2 = tabled(x1), tabled(x2)
    require_array("tensordot", "x1", x1)
    require_array("tensordot", "x2", x2)
    shape1, shape2 = tuple(x1.shape), tuple(x2.shape)
    pairs = integers(axes)
    if isinstance(pairs, int):
        axes = pairs
        if not 0 <= axes <= min(len(shape1), len(shape2)):
            raise ValueError(
                f"{called('tensordot')}: axes is {axes}; x1 has shape {shape1} and x2 {shape2}"
            )
        first = list(range(len(shape1) - axes, len(shape1)))
        second = list(range(axes))
    else:
        first = [front(a, len(shape1), "tensordot") for a in as_tuple(pairs[0])]
        second = [front(a, len(shape2), "tensordot") for a in as_tuple(pairs[1])]
    if [shape1[a] for a in first] != [shape2[a] for a in second]:
        raise ValueError(
            f"{called('tensordot')}: axes {first} of {shape1} and {second} of {shape2} differ "
            "in length"
        )
    x1, x2 = promoted(x1, x2)
    free1 = [i for i in range(len(shape1)) if i not in first]
    free2 = [i for i in range(len(shape2)) if i not in second]
    rows, columns = [shape1[i] for i in free1], [shape2[i] for i in free2]
    inner = math.prod(shape1[a] for a in first)
    left = reshape(permute_dims(x1, tuple(free1 + first)), (math.prod(rows), inner))
    right = reshape(permute_dims(x2, tuple(second + free2)), (inner, math.prod(columns)))
    return reshape(_matmul(left, right), (*rows, *columns))


@as_given
@in_single
def vecdot(x1: AnyArray, x2: AnyArray, /, *, axis: int = -1) -> Array:
    """Return the dot product along an axis, conjugating `x1`.

    Args:
        x1: an array; it is conjugated.
        x2: an array, broadcast against `x1` but along `axis`.
        axis: the axis of the vectors, as long in both arrays.

    Returns:
        An array of the broadcast shape without that axis, in the promoted dtype.

    Raises:
        ValueError: if the lengths along `axis` differ.
    """
    require_array("vecdot", "x1", x1)
    require_array("vecdot", "x2", x2)
    n1, n2 = (x.shape[front(axis, len(x.shape), "vecdot")] for x in (x1, x2))
    if n1 != n2:
        raise ValueError(f"vecdot: axis {axis} has length {n1} in x1 and {n2} in x2")
    product = multiply(conjugate(x1) if is_complex(x1) else x1, x2)
    return sum_over(product, axis=axis, dtype=product.dtype)
