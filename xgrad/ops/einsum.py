"""Einstein's summation convention, and other products of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, overload

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.types import AnyArray, as_given
from .arranging import diagonal, ravel
from .beside import array_of
from .dtypes import astype, isdtype, result_type
from .elementwise import conj as conjugate
from .elementwise import multiply
from .halves import widened
from .manipulation import expand_dims, permute_dims, reshape, squeeze
from .products import matmul, tensordot
from .statistical import sum as sum_over

Labels = tuple[str, ...]
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _parsed(subscripts: str, ndims: tuple[int, ...]) -> tuple[list[Labels], Labels]:
    """Return the labels of each operand and of the result, with letters for the ellipsis."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum: {subscripts!r} has {len(terms)} operands; got {len(ndims)} arrays"
        )
    unused = [c for c in _LETTERS if c not in subscripts]
    widths = []
    for term, ndim in zip(terms, ndims, strict=True):
        named = len(term.replace("...", ""))
        if "..." in term and named <= ndim:
            widths.append(ndim - named)
        elif named != ndim:
            raise ValueError(f"einsum: {term!r} names {named} axes; its array has {ndim}")
    dots = unused[: max(widths, default=0)]
    operands = []
    for term, ndim in zip(terms, ndims, strict=True):
        width = ndim - len(term.replace("...", ""))
        operands.append(tuple(term.replace("...", "".join(dots[len(dots) - width :]))))
    if arrow:
        out = tuple(right.replace("...", "".join(dots)))
    else:
        once = [c for c in sorted(set("".join(terms)) - {"."}) if left.count(c) == 1]
        out = (*dots, *once)
    letters = {c for term in operands for c in term}
    if not letters <= set(_LETTERS):
        raise ValueError(f"einsum: {subscripts!r} has axes that are no letters")
    if not set(out) <= letters or len(set(out)) < len(out):
        raise ValueError(f"einsum: the result of {subscripts!r} has an unknown or a repeated axis")
    return operands, out


def _interleaved(args: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the form ``(x, [0, 1], y, [1, 2], [0, 2])`` as subscripts and arrays."""

    def text(axes: Sequence[Any]) -> str:
        return "".join("..." if a is Ellipsis else _LETTERS[a] for a in axes)

    pairs = len(args) // 2 * 2
    subscripts = ",".join(text(axes) for axes in args[1:pairs:2])
    return subscripts + (f"->{text(args[-1])}" if len(args) % 2 else ""), list(args[:pairs:2])


@lru_cache(maxsize=256)
def _path(subscripts: str, shapes: tuple[tuple[int, ...], ...], optimize: Any) -> Any:
    """Return which operands to contract, in turn: what is contracted goes to the end."""
    if optimize is False or len(shapes) < 3:
        return [(0, 1)] * (len(shapes) - 1)
    try:
        from opt_einsum import contract_path
    except ImportError:
        kind = "greedy" if optimize is True else optimize
        like = [np.broadcast_to(np.empty(()), shape) for shape in shapes]
        return np.einsum_path(subscripts, *like, optimize=kind)[0][1:]
    kind = "auto" if optimize is True else optimize
    return contract_path(subscripts, *shapes, shapes=True, optimize=kind)[0]


def _reduced(x: Any, labels: Labels, keep: set[str], lengths: dict[str, int]) -> tuple[Any, Labels]:
    """Return an operand with each axis that it needs once: diagonals taken, others summed over."""
    while len(set(labels)) < len(labels):
        i, j = next((i, j) for j, c in enumerate(labels) for i in range(j) if labels[i] == c)
        x = diagonal(x, 0, i, j)
        labels = (*(c for k, c in enumerate(labels) if k not in (i, j)), labels[i])
    if any(x.shape[i] == 1 != lengths[c] for i, c in enumerate(labels)):  # it broadcasts
        pairs = [(n, c) for n, c in zip(x.shape, labels, strict=True) if n == lengths[c]]
        x, labels = reshape(x, tuple(n for n, _ in pairs)), tuple(c for _, c in pairs)
    alone = tuple(i for i, c in enumerate(labels) if c not in keep)
    if alone:
        given = x.dtype
        x = astype(sum_over(widened(x), axis=alone, dtype=widened(x).dtype), given, copy=False)
        labels = tuple(c for c in labels if c in keep)
    return x, labels


def _ordered(x: Any, labels: Labels, wanted: Sequence[str]) -> Any:
    axes = tuple(labels.index(c) for c in wanted)
    return x if axes == tuple(range(len(axes))) else permute_dims(x, axes)


def _pair(x: Any, a: Labels, y: Any, b: Labels, keep: set[str]) -> tuple[Any, Labels]:
    """Return two operands contracted over the axes that they share and nothing else needs."""
    shared = [c for c in a if c in b]
    batch, inner = [c for c in shared if c in keep], [c for c in shared if c not in keep]
    rows, columns = [c for c in a if c not in shared], [c for c in b if c not in shared]
    length = dict(zip(a, x.shape, strict=True)) | dict(zip(b, y.shape, strict=True))

    def shape(labels: Sequence[str]) -> tuple[int, ...]:
        return tuple(length[c] for c in labels)

    x, y = _ordered(x, a, batch + rows + inner), _ordered(y, b, batch + inner + columns)
    out = (*batch, *rows, *columns)
    if inner and (rows or columns or not batch):
        m, k, n = (math.prod(shape(labels)) for labels in (rows, inner, columns))
        made = matmul(reshape(x, (*shape(batch), m, k)), reshape(y, (*shape(batch), k, n)))
        return reshape(made, shape(out)), out
    y = reshape(y, (*shape(batch), *(1 for _ in rows), *shape(inner), *shape(columns)))
    x = reshape(x, (*x.shape, *(1 for _ in columns)))
    if not inner:
        return multiply(x, y), out
    made = multiply(widened(x), widened(y))  # of halves a product may be beyond them, the sum not
    axes = tuple(range(len(batch), len(batch + inner)))
    return astype(sum_over(made, axis=axes, dtype=made.dtype), result_type(x, y), copy=False), out


def _counting(arrays: list[Any]) -> list[Any]:
    """Return arrays of which truth values and integers have the dtype of the result.

    An axis that one of them alone has is summed before it meets the others.
    """
    if len({x.dtype for x in arrays}) < 2:
        return arrays
    dtype = result_type(*arrays)
    return [astype(x, dtype) if isdtype(x, ("bool", "integral")) else x for x in arrays]


@overload
def einsum(
    subscripts: str | Array, /, *operands: Array | Sequence[Any], optimize: Any = True
) -> Array: ...
@overload
def einsum(subscripts: Any, /, *operands: Any, optimize: Any = True) -> Any: ...
def einsum(subscripts: Any, /, *operands: Any, optimize: Any = True) -> Any:
    """Return the sum of products that the subscripts describe, as ``"ij,jk->ik"`` does a matmul.

    Args:
        subscripts: letters for the axes of each array, with an ellipsis for the rest; after an
            arrow those of the result, by default all that occur once, in alphabetical order.
        *operands: the arrays. Also ``einsum(x, [0, 1], y, [1, 2], [0, 2])`` is understood.
        optimize: how to find the order of contraction: True, False (from left to right), a name
            such as ``"optimal"``, or a path of ``numpy.einsum_path``. opt_einsum finds it if it is
            installed, else NumPy.

    Returns:
        An array with an axis for each letter behind the arrow, in that order.

    Raises:
        ValueError: if a letter stands for axes of two lengths, neither of them 1.

    >>> import numpy as np, xgrad as xg
    >>> xg.einsum("ij,j->i", np.eye(2), np.asarray([3.0, 4.0]))
    array([3., 4.])
    """
    if not isinstance(subscripts, str):
        subscripts, given = _interleaved([subscripts, *operands])
    else:
        given = list(operands)
    arrays = _counting([array_of(x, "einsum") for x in given])
    terms, out = _parsed(subscripts, tuple(len(x.shape) for x in arrays))
    lengths: dict[str, int] = {}
    for x, labels in zip(arrays, terms, strict=True):
        for n, c in zip(x.shape, labels, strict=True):
            if lengths.setdefault(c, n) in (n, 1):
                lengths[c] = n
            elif n != 1:
                raise ValueError(
                    f"einsum: axis {c!r} of {subscripts!r} has lengths {lengths[c]} and {n}"
                )
    text = ",".join("".join(labels) for labels in terms) + "->" + "".join(out)
    shapes = tuple(tuple(lengths[c] for c in labels) for labels in terms)
    left = list(zip(arrays, terms, strict=True))
    if isinstance(optimize, (list, tuple)):  # a path, or a name with a limit to memory
        given = [step for step in optimize if isinstance(step, (list, tuple))]
        steps = given or _path(text, shapes, optimize[0])
    else:
        steps = _path(text, shapes, optimize)
    for step in steps:
        taken = [left.pop(i) for i in sorted(step, reverse=True)][::-1]
        while len(taken) > 1:
            (x, a), (y, b) = taken[:2]
            keep = {c for _, labels in [*taken[2:], *left] for c in labels} | set(out)
            x, a = _reduced(x, a, keep | set(b), lengths)
            y, b = _reduced(y, b, keep | set(a), lengths)
            taken[:2] = [_pair(x, a, y, b, keep)]
        left += taken
    ((x, labels),) = left
    x, labels = _reduced(x, labels, set(out), lengths)
    return _ordered(x, labels, out)


@as_given
def kron(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the Kronecker product: blocks of `x2`, each times an element of `x1`.

    Args:
        x1: an array.
        x2: an array; the one with fewer axes gets axes of length one in front.

    Returns:
        An array whose lengths are the products of those of `x1` and `x2`.
    """
    x1, x2 = array_of(x1, "kron"), array_of(x2, "kron")
    ndim = max(len(x1.shape), len(x2.shape))
    shape1 = (1,) * (ndim - len(x1.shape)) + tuple(x1.shape)
    shape2 = (1,) * (ndim - len(x2.shape)) + tuple(x2.shape)
    thick1 = reshape(x1, tuple(k for n in shape1 for k in (n, 1)))
    thick2 = reshape(x2, tuple(k for n in shape2 for k in (1, n)))
    shape = tuple(m * n for m, n in zip(shape1, shape2, strict=True))
    return reshape(multiply(thick1, thick2), shape)


@as_given
def inner(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the sums of products over the last axis of both arrays, without conjugation.

    Args:
        x1: an array or a number.
        x2: an array whose last axis is as long as that of `x1`, or a number.

    Returns:
        An array of the other axes of `x1` and then of `x2`; for vectors a 0-d array.
    """
    if not getattr(x1, "shape", ()) or not getattr(x2, "shape", ()):
        return multiply(x1, x2)
    return tensordot(x1, x2, axes=((-1,), (-1,)))


@as_given
def dot(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the sum of products over the last axis of `x1` and the last but one of `x2`.

    This is NumPy's ``dot``, without conjugation; for stacks of matrices `matmul` is what one means.

    Args:
        x1: an array or a number.
        x2: an array or a number; of a vector, its only axis is summed over.

    Returns:
        For vectors a 0-d array, for matrices their product, for more axes an array of the other
        axes of `x1` and then of `x2`; with a number the ordinary product.
    """
    if not getattr(x1, "shape", ()) or not getattr(x2, "shape", ()):
        return multiply(x1, x2)
    if len(x1.shape) <= 2 and len(x2.shape) <= 2:
        return matmul(x1, x2)
    return tensordot(x1, x2, axes=((-1,), (-min(2, len(x2.shape)),)))


@as_given
def vdot(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the sum of all products of an element of `x2` and the conjugate of one of `x1`.

    Args:
        x1: an array of any shape; it is flattened and conjugated.
        x2: an array with as many elements; it is flattened.

    Returns:
        A 0-d array. For real arrays this is the dot product of all elements.
    """
    return matmul(conjugate(ravel(x1)), ravel(x2))


@as_given
def matvec(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the products of matrices, in the last two axes of `x1`, with vectors.

    Args:
        x1: matrices, of shape ``(..., m, n)``.
        x2: vectors, of shape ``(..., n)``; the other axes are broadcast.

    Returns:
        Vectors, of shape ``(..., m)``.
    """
    return squeeze(matmul(x1, expand_dims(x2, axis=-1)), axis=-1)


@as_given
def vecmat(x1: AnyArray, x2: AnyArray, /) -> Array:
    """Return the products of the conjugates of vectors with matrices, in the last axes of `x2`.

    Args:
        x1: vectors, of shape ``(..., m)``; they are conjugated.
        x2: matrices, of shape ``(..., m, n)``; the other axes are broadcast.

    Returns:
        Vectors, of shape ``(..., n)``.
    """
    return squeeze(matmul(expand_dims(conjugate(x1), axis=-2), x2), axis=-2)


@as_given
def multi_dot(arrays: Sequence[Array], /) -> Array:
    """Return the matrix product of several arrays, in the order that takes the fewest operations.

    The first may be a vector, which counts as a row, and the last one, which counts as a column.
    """
    arrays = list(arrays)
    count = len(arrays)
    if count < 2 or any(type(x) in SCALARS or not 1 <= len(x.shape) <= 2 for x in arrays):
        raise ValueError("multi_dot: expected two or more arrays, each of 1 or 2 axes")
    sizes = [1 if len(arrays[0].shape) == 1 else arrays[0].shape[0]]
    sizes += [x.shape[0] if len(x.shape) == 1 and i else x.shape[-1] for i, x in enumerate(arrays)]
    if len(arrays[-1].shape) == 1:
        sizes[-1] = 1
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(count)}
    for width in range(1, count):
        for i in range(count - width):
            j = i + width
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return _product(arrays, best, 0, count - 1)


def _product(arrays: Sequence[Any], best: Any, i: int, j: int) -> Any:
    """Return the product of the arrays from `i` to `j`, split where that is best."""
    if i == j:
        return arrays[i]
    k = best[i, j][1]
    return matmul(_product(arrays, best, i, k), _product(arrays, best, k + 1, j))
