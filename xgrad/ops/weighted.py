"""Averages, covariances, and counts of samples that may have weights."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..engine.frames import called
from ..engine.operands import require_one_place
from ..engine.plain import as_tuple, is_scalar
from ..errors import MissingFunctionError
from .arranging import diagonal, ravel
from .beside import array_of, beside, floating, fractions, placed
from .creation import ones_like, zeros_like
from .dtypes import astype, isdtype
from .elementwise import (
    clip,
    divide,
    imag,
    is_complex,
    logical_and,
    multiply,
    real,
    sqrt,
    subtract,
    where,
)
from .elementwise import conj as conjugate
from .halves import in_single
from .indexing import getitem
from .manipulation import (
    broadcast_to,
    concat,
    expand_dims,
    front,
    matrix_transpose,
    moveaxis,
    reshape,
    squeeze,
)
from .products import matmul
from .scatter import segment_sum
from .sorting import searchsorted
from .statistical import Axis
from .statistical import max as max_over
from .statistical import mean as mean_over
from .statistical import min as min_over
from .statistical import sum as sum_over


@as_given
@in_single
def average(
    x: Array,
    /,
    axis: Axis = None,
    weights: AnyArray | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Return the weighted mean over axes.

    Args:
        x: the array.
        axis: the axis or axes to reduce, negative ones counted from the end; all if None.
        weights: of the shape of `x`, or of its given axes; all alike if None. NaN or infinity comes
            out where they sum to 0.
        returned: whether to return the sum of the weights too.
        keepdims: whether the reduced axes stay in the result, with length one.

    Returns:
        An array of `x`'s shape without the reduced axes; if `returned` a pair of it and the sums of
        the weights. Derivatives flow to `x` and to the weights.

    Raises:
        ValueError: if the weights have another shape.
    """
    x = floating(x, "average", axis)
    if weights is None:
        out = mean_over(x, axis=axis, keepdims=keepdims)
        share = math.prod(x.shape) / max(1, math.prod(out.shape))
        return (out, ones_like(out) * share) if returned else out
    weights = floating(beside(x, weights), "average")
    if tuple(weights.shape) != tuple(x.shape):
        given: Any = as_tuple(axis) if axis is not None else ()
        if axis is None or tuple(weights.shape) != tuple(x.shape[a] for a in given):
            raise ValueError(
                f"average: weights has shape {tuple(weights.shape)}; expected {tuple(x.shape)}, "
                "as x, or the lengths of its axes in axis="
            )
        axes = tuple(front(a, len(x.shape), "average") for a in given)
        weights = reshape(weights, tuple(weights.shape) + (1,) * (len(x.shape) - len(axes)))
        weights = moveaxis(weights, tuple(range(len(axes))), axes)
    weighted = multiply(x, weights)
    weights = broadcast_to(weights, tuple(x.shape))
    total = sum_over(weights, axis=axis, keepdims=keepdims)
    out = sum_over(weighted, axis=axis, keepdims=keepdims) / total
    return (out, total) if returned else out


@as_given
@in_single
def cov(
    x: Array,
    y: AnyArray | None = None,
    /,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: AnyArray | None = None,
    aweights: AnyArray | None = None,
) -> Array:
    """Return the covariance matrix of variables, which are rows.

    Args:
        x: a vector, or a matrix with a row for each variable.
        y: more variables.
        rowvar: if False, the variables are columns.
        bias: whether to divide by the number of observations, not by one less.
        ddof: what to subtract from that number instead.
        fweights: how often each observation was made.
        aweights: how important each is.

    Returns:
        A square matrix with a row for each variable, a 0-d array for a single one.
    """
    x = _variables(x, rowvar)
    if y is not None:
        x = concat([x, _variables(y, rowvar)], axis=0)
    ddof = int(not bias) if ddof is None else ddof
    weights = aweights if fweights is None else fweights
    if weights is None:
        away = subtract(x, mean_over(x, axis=1, keepdims=True))
        freedom: Any = float(max(x.shape[1] - ddof, 0))
        return _squeezed(matmul(away, _adjoint(away)) / freedom)
    weights = _weights(x, weights)
    if fweights is not None and aweights is not None:
        weights = multiply(weights, _weights(x, aweights))
    size = sum_over(weights)
    away = subtract(x, sum_over(multiply(x, weights), axis=1, keepdims=True) / size)
    freedom = size - ddof
    if ddof and aweights is not None:
        freedom = size - ddof * sum_over(multiply(weights, _weights(x, aweights))) / size
    freedom = where(freedom > 0, freedom, zeros_like(freedom))
    return _squeezed(matmul(multiply(away, weights), _adjoint(away)) / freedom)


def _variables(x: Any, rowvar: bool) -> Any:
    x = floating(x, "cov")
    if len(x.shape) > 2:
        raise ValueError(f"{called('cov')}: got an array of {len(x.shape)} axes; expected 1 or 2")
    if len(x.shape) < 2:
        return reshape(x, (1, -1))
    return x if rowvar else matrix_transpose(x)


def _weights(x: Any, weights: Any) -> Any:
    """Return weights beside an array; integers in its real dtype."""
    weights = beside(x, weights)
    if tuple(weights.shape) != tuple(x.shape[1:]):
        raise ValueError(
            f"{called('cov')}: weights have shape {tuple(weights.shape)}; expected "
            f"{tuple(x.shape[1:])}, one of each observation"
        )
    exact = isdtype(weights, ("integral", "bool"))
    return astype(weights, real(x).dtype) if exact else weights


def _adjoint(x: Any) -> Any:
    return conjugate(matrix_transpose(x))


def _squeezed(x: Any) -> Any:
    return squeeze(x, tuple(i for i, n in enumerate(x.shape) if n == 1))


@as_given
@in_single
def corrcoef(x: Array, y: AnyArray | None = None, /, rowvar: bool = True) -> Array:
    """Return the correlation coefficients of variables; see `cov`. They stay within [-1, 1].

    Args:
        x: a vector, or a matrix with a row for each variable.
        y: more variables.
        rowvar: if False, the variables are columns.

    Returns:
        A square matrix with a row for each variable, a 0-d array for a single one; NaN for a
        variable that does not vary.
    """
    c = cov(x, y, rowvar)
    if not c.shape:
        return c / c
    width = sqrt(real(diagonal(c)))
    c = c / expand_dims(width, axis=1) / expand_dims(width, axis=0)
    if is_complex(c):
        return clip(real(c), -1.0, 1.0) + clip(imag(c), -1.0, 1.0) * 1j
    return clip(c, -1.0, 1.0)


@as_given
def bincount(
    x: Array, weights: AnyArray | None = None, /, minlength: int = 0, *, length: int | None = None
) -> Array:
    """Return how often each number from 0 occurs, or the sum of the weights of where it does.

    Args:
        x: a vector of integers, none of them negative.
        weights: a weight for each of them, through which derivatives flow.
        minlength: the least length of the result.
        length: its length, all of `x` being below it. If None the largest element decides, and is
            waited for.

    Returns:
        A vector: integers, or of the dtype of the weights.

    Raises:
        ValueError: if `minlength` is negative, or `x` is no vector.
    """
    x = array_of(x, "bincount")
    if minlength < 0 or len(x.shape) != 1:
        raise ValueError(
            f"{called('bincount')}: minlength is {minlength} and x has {len(x.shape)} axes; "
            "expected a number that is not negative, and a vector"
        )
    if length is None:
        length = max(_largest(x) + 1, minlength)
    if weights is None:
        weights = ones_like(x, dtype=np.int64)
    require_one_place("bincount", (x, weights))
    return segment_sum(beside(x, weights), x, length)


def _largest(x: Array) -> int:
    """Return the largest of some integers, -1 of none."""
    try:
        return int(max_over(x)) if x.shape[0] else -1
    except MissingFunctionError:
        raise MissingFunctionError(
            f"{called('bincount')}: the largest element, which decides how long the result is, "
            "differs from example to example in vmap; expected length=n, a number above all of "
            "them, as in xgrad.bincount(x, weights, length=n)"
        ) from None


@as_given
def histogram(
    x: Array,
    /,
    bins: int | Sequence[float] | Array = 10,
    range: tuple[float, float] | None = None,
    density: bool | None = None,
    weights: AnyArray | None = None,
) -> tuple[Array, Array]:
    """Return how many elements fall into each bin, or the sums of their weights, and the edges.

    Args:
        x: the array; it is flattened.
        bins: how many bins of equal width, or their edges in ascending order.
        range: the first and the last edge; by default the smallest and the largest element.
        density: whether to divide so that the integral over the bins is 1.
        weights: a weight for each element, which has a derivative, as the edges have.

    Returns:
        The counts, and the edges, which are one more. An element on an edge falls into the bin to
        its right, on the last edge into the last bin; one outside falls into none.

    Raises:
        ValueError: if there are not as many weights as elements.
    """
    x = floating(ravel(x), "histogram")
    if isinstance(bins, int) or is_scalar(bins):
        told = edges = _edges(x, operator.index(bins), range)  # type: ignore[arg-type]
    else:
        told = edges = beside(x, bins)
        if isinstance(bins, (list, tuple)) and (held := np.asarray(bins)).dtype.kind in "biu":
            told = placed(x, held, held.dtype)  # as given
    n = edges.shape[0] - 1
    if n < 1:  # one edge or none: there is no bin between
        return zeros_like(getitem(edges, slice(0, 0)), dtype=np.int64), told
    first, last = getitem(edges, 0), getitem(edges, n)
    inside = logical_and(x >= first, x <= last)
    if weights is None:
        weights = ones_like(x, dtype=np.int64)
    weights = ravel(beside(x, weights))
    if weights.shape[0] != x.shape[0]:
        raise ValueError(
            f"{called('histogram')}: got {weights.shape[0]} weights; expected {x.shape[0]}, one of "
            "each element"
        )
    place = searchsorted(edges, x, side="right") - 1
    place = clip(place, 0, n - 1)  # the last edge belongs to the last bin
    counts = segment_sum(where(inside, weights, zeros_like(weights)), place, n)
    if density:
        widths = subtract(getitem(edges, slice(1, None)), getitem(edges, slice(0, n)))
        counts = astype(counts, x.dtype, copy=False)
        counts = divide(counts, widths) / sum_over(counts)
    return counts, told


def _edges(x: Any, bins: int, range: tuple[float, float] | None) -> Any:
    """Return edges of equal bins; where all elements are equal, of bins that span 1."""
    if bins < 1:
        raise ValueError(f"histogram: bins is {bins}; expected a positive number")
    if range is not None:
        first, last = range if range[0] != range[1] else (range[0] - 0.5, range[1] + 0.5)
        return placed(x, np.linspace(first, last, bins + 1))
    if not x.shape[0]:
        return placed(x, np.linspace(0.0, 1.0, bins + 1))
    low, high = reshape(min_over(x), (1,)), reshape(max_over(x), (1,))
    equal = low == high
    low, high = where(equal, low - 0.5, low), where(equal, high + 0.5, high)
    parts = getitem(fractions(x, n=bins), slice(1, None)) / bins
    return concat([low, low + (high - low) * parts, high])
