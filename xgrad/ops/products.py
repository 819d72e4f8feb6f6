"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..array import Array
from ..backends import backend_of
from ..fitting import conj
from ..op import multilinear
from .dtypes import astype, result_type
from .elementwise import conj as conjugate
from .elementwise import is_complex, multiply
from .manipulation import front, permute_dims, reshape
from .statistical import sum as sum_over


def adjoint(xp: Any, x: Any) -> Any:
    """Return the conjugate transpose of matrices."""
    return conj(xp, xp.matrix_transpose(x))


@multilinear(lambda xp, g, x2: g @ adjoint(xp, x2), lambda xp, g, x1: adjoint(xp, x1) @ g)
def _matmul(x1: Array, x2: Array, /) -> Array:
    """Return the product of stacks of matrices."""
    return backend_of(x1).xp.matmul(x1, x2)  # type: ignore[no-any-return]


def _promoted(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two arrays in their common dtype, which not every library finds by itself."""
    raw1, raw2 = (x._data if type(x) is Array else x for x in (x1, x2))
    if raw1.dtype is raw2.dtype or type(raw1) is not type(raw2) or raw1.dtype == raw2.dtype:
        return x1, x2
    dtype = result_type(x1, x2)
    return astype(x1, dtype, copy=False), astype(x2, dtype, copy=False)


def matmul(x1: Array, x2: Array, /) -> Array:
    """Return the matrix product; a vector counts as a row on the left, as a column on the right."""
    shape1, shape2 = getattr(x1, "shape", ()), getattr(x2, "shape", ())
    if not shape1 or not shape2:
        raise ValueError(
            f"matmul: got shapes {shape1} and {shape2}; expected at least one axis each. "
            "Multiply by a number with *"
        )
    x1, x2 = _promoted(x1, x2)
    if len(shape1) >= 2 and len(shape2) >= 2:
        return _matmul(x1, x2)
    if len(shape1) == 1 and len(shape2) == 1:
        return reshape(_matmul(reshape(x1, (1, -1)), reshape(x2, (-1, 1))), ())
    if len(shape1) == 1:
        out = _matmul(reshape(x1, (1, -1)), x2)
        return reshape(out, (*shape2[:-2], shape2[-1]))
    out = _matmul(x1, reshape(x2, (-1, 1)))
    return reshape(out, tuple(shape1[:-1]))


def tensordot(
    x1: Array, x2: Array, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> Array:
    """Return the sum of products over pairs of axes: the last of `x1` and the first of `x2`."""
    shape1, shape2 = tuple(x1.shape), tuple(x2.shape)
    if isinstance(axes, int):
        first = list(range(len(shape1) - axes, len(shape1)))
        second = list(range(axes))
    else:
        first = [front(a, len(shape1), "tensordot") for a in axes[0]]
        second = [front(a, len(shape2), "tensordot") for a in axes[1]]
    if [shape1[a] for a in first] != [shape2[a] for a in second]:
        raise ValueError(
            f"tensordot: axes {first} of {shape1} and {second} of {shape2} differ in length"
        )
    x1, x2 = _promoted(x1, x2)
    free1 = [i for i in range(len(shape1)) if i not in first]
    free2 = [i for i in range(len(shape2)) if i not in second]
    rows, columns = [shape1[i] for i in free1], [shape2[i] for i in free2]
    inner = math.prod(shape1[a] for a in first)
    left = reshape(permute_dims(x1, tuple(free1 + first)), (math.prod(rows), inner))
    right = reshape(permute_dims(x2, tuple(second + free2)), (inner, math.prod(columns)))
    return reshape(_matmul(left, right), (*rows, *columns))


def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Return the dot product along an axis, conjugating `x1`."""
    n1, n2 = x1.shape[axis], x2.shape[axis]
    if n1 != n2:
        raise ValueError(f"vecdot: axis {axis} has length {n1} in x1 and {n2} in x2")
    product = multiply(conjugate(x1) if is_complex(x1) else x1, x2)
    return sum_over(product, axis=axis, dtype=product.dtype)
