"""Distances between vectors, and losses that rank them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...ops.halves import in_single
from ...ops.lines import distances
from ...ops.products import promoted
from .checks import made_like, paired, reduced, require_floating, torch_spelled


@as_given
@torch_spelled
@in_single
def pairwise_distance(
    x1: Array, x2: AnyArray, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False
) -> Array:
    """Return the p-norms of the differences of vectors.

    Args:
        x1: vectors, of shape ``(..., n)``.
        x2: vectors; the other axes are broadcast.
        p: the order of the norm.
        eps: is added to each difference, as PyTorch does it.
        keepdims: whether the last axis stays, with length one.

    Returns:
        An array of the broadcast shape without the last axis.
    """
    require_floating("pairwise_distance", x1, x2)
    return xg.linalg.vector_norm(x1 - x2 + eps, ord=p, axis=-1, keepdims=keepdims)


@as_given
@in_single
def cdist(x1: Array, x2: AnyArray, p: float = 2.0) -> Array:
    """Return the p-norm of the difference of each row of one matrix to each row of another.

    It is computed from the differences themselves, which keeps the digits of small distances.

    Args:
        x1: rows, of shape ``(..., m, n)``.
        x2: rows, of shape ``(..., k, n)``.
        p: the order of the norm; infinity for the largest difference.

    Returns:
        An array of shape ``(..., m, k)``. Where two rows are equal the derivative is 0.

    Raises:
        ValueError: if the rows differ in length.
    """
    if len(x1.shape) < 2 or len(x2.shape) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"cdist: got shapes {tuple(x1.shape)} and {tuple(x2.shape)}; expected (..., m, n) and "
            "(..., k, n)"
        )
    require_floating("cdist", x1, x2)
    if p == 2 and all(xg.isdtype(x.dtype, "real floating") for x in (x1, x2)):
        return distances(*promoted(x1, x2))
    apart = xg.expand_dims(x1, axis=-2) - xg.expand_dims(x2, axis=-3)
    return xg.linalg.vector_norm(apart, ord=p, axis=-1)


@as_given
@in_single
def pdist(input: Array, p: float = 2.0) -> Array:
    """Return the p-norm of the difference of each two rows of a matrix.

    Args:
        input: of shape ``(m, n)``.
        p: the order of the norm.

    Returns:
        An array of shape ``(m (m - 1) / 2,)``, of the pairs (0, 1), (0, 2), ..., (1, 2), ...

    Raises:
        ValueError: if the input is no matrix.
    """
    if len(input.shape) != 2:
        raise ValueError(f"pdist: input has shape {tuple(input.shape)}; expected (m, n)")
    require_floating("pdist", input)
    pairs = list(itertools.combinations(range(input.shape[0]), 2))
    first, second = (made_like(input, [pair[i] for pair in pairs], np.int64) for i in (0, 1))
    apart = xg.take(input, first, axis=0) - xg.take(input, second, axis=0)
    return xg.linalg.vector_norm(apart, ord=p, axis=-1)


@as_given
@in_single
def margin_ranking_loss(
    input1: Array, input2: AnyArray, target: AnyArray, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return ``max(0, margin - t (x1 - x2))`` for t of 1 where x1 is to be larger, -1 where x2 is.

    Args:
        input1: scores x1, of any shape.
        input2: scores x2, in the same shape.
        target: 1 or -1, in the same shape.
        margin: by how much one is to be ahead.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape of the inputs.
    """
    paired(input1, input2, "margin_ranking_loss")
    paired(input1, target, "margin_ranking_loss")
    return reduced(xg.relu(margin - (input1 - input2) * target), reduction, "margin_ranking_loss")


@as_given
@in_single
def triplet_margin_loss(
    anchor: Array,
    positive: AnyArray,
    negative: AnyArray,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """Return by how much anchors are not nearer to positive vectors than to negative ones.

    It is ``max(0, d(a, p) - d(a, n) + margin)`` with the `pairwise_distance` d.

    Args:
        anchor: vectors a, of shape ``(batch, n)`` or ``(n,)``.
        positive: vectors that are to be near, in the same shape.
        negative: vectors that are to be far, in the same shape.
        margin: by how much.
        p: the order of the norm.
        eps: is added to each difference.
        swap: whether to take the distance of positive and negative where that is less than the
            one of anchor and negative: Balntas et al. (2016).
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape ``(batch,)``.
    """
    return _triplet(
        *(anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps)),
        *(margin, swap, reduction, "triplet_margin_loss"),
    )


@as_given
@in_single
def triplet_margin_with_distance_loss(
    anchor: Array,
    positive: AnyArray,
    negative: AnyArray,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """Return `triplet_margin_loss` with any distance.

    Args:
        anchor: vectors a, of shape ``(batch, n)`` or ``(n,)``.
        positive: vectors that are to be near, in the same shape.
        negative: vectors that are to be far, in the same shape.
        distance_function: a function of two arrays; `pairwise_distance` if None.
        margin: by how much.
        swap: whether the distance of positive and negative counts where it is less.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.

    Returns:
        A 0-d array, or without reduction an array of the shape ``(batch,)``.
    """
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(
        *(anchor, positive, negative, distance),
        *(margin, swap, reduction, "triplet_margin_with_distance_loss"),
    )


def _triplet(
    a: Any, p: Any, n: Any, d: Callable[[Any, Any], Any], margin: float, swap: bool, *how: str
) -> Any:
    paired(a, p, how[1])
    paired(a, n, how[1])
    if margin <= 0:
        raise ValueError(f"{how[1]}: margin is {margin}; expected a positive number")
    far = d(a, n)
    if swap:
        far = xg.minimum(far, d(p, n))
    return reduced(xg.relu(d(a, p) - far + margin), *how)
