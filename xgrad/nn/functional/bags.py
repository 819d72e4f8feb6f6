"""Sums of rows of a table, products of three, and losses that hold their own linear map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from ...ops.halves import in_single
from .checks import counted, made_like, on_host, require_classes, require_shape
from .convolution import conv1d
from .lookup import linear
from .losses import cross_entropy


@as_given
def embedding_bag(
    input: Array,
    weight: AnyArray,
    offsets: AnyArray | None = None,
    mode: str = "mean",
    per_sample_weights: AnyArray | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:
    """Return sums, means or maxima of the rows of a table that bags of indices name.

    Args:
        input: indices, of shape ``(bags, n)``, or ``(total,)`` with `offsets`.
        weight: the table, of shape ``(num_embeddings, embedding_dim)``.
        offsets: where each bag starts in an input of one axis.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        per_sample_weights: a factor for each index; for ``"sum"``.
        include_last_offset: whether the last offset is the end of the last bag.
        padding_idx: an index that counts for nothing.

    Returns:
        An array of shape ``(bags, embedding_dim)``; the row of an empty bag is zeros.

    Raises:
        ValueError: if the shapes or the mode do not fit.
    """
    function = "embedding_bag"
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{function}: mode is {mode!r}; expected 'sum', 'mean' or 'max'")
    if len(weight.shape) != 2 or len(input.shape) != (2 if offsets is None else 1):
        raise ValueError(
            f"{function}: input has shape {tuple(input.shape)} and weight {tuple(weight.shape)}; "
            "expected (bags, n), or (total,) with offsets=, and (num_embeddings, embedding_dim)"
        )
    if per_sample_weights is not None:
        if mode != "sum":
            raise ValueError(f"{function}: per_sample_weights is for mode 'sum'; got {mode!r}")
        require_shape(per_sample_weights, tuple(input.shape), function, "per_sample_weights")
    input, good = require_classes(input, weight.shape[0], function, what=("indices", "rows"))
    at, held = _bagged(input, offsets, include_last_offset)
    index = input if at is None else xg.take(input, at, axis=0)
    if padding_idx is not None:
        kept = index != padding_idx % weight.shape[0]
        held = kept if held is None else held & kept
    bags, n = index.shape
    rows = xg.reshape(xg.take(weight, xg.reshape(index, (-1,)), axis=0), (bags, n, weight.shape[1]))
    if good is not None:
        good = good if at is None else xg.take(good, at, axis=0)
        rows = xg.where(xg.expand_dims(good, axis=-1), rows, xg.nan)
    if per_sample_weights is not None:
        w = per_sample_weights if at is None else xg.take(per_sample_weights, at, axis=0)
        rows = rows * xg.expand_dims(w, axis=-1)
    return _pooled(rows, held, mode)


@in_single
def _pooled(rows: Any, held: Any, mode: str) -> Any:
    """Return the rows of each bag brought to one; `held` says which count, None for all."""
    n = rows.shape[1]
    if mode == "max":
        if not n:
            return xg.sum(rows, axis=1)
        if held is None:
            return xg.max(rows, axis=1)
        some = xg.any(held, axis=1, keepdims=True)
        rows = xg.where(xg.expand_dims(held, axis=-1), rows, -xg.inf)
        rows = xg.where(xg.expand_dims(some, axis=-1), rows, 0.0)
        return xg.max(rows, axis=1)
    if held is not None:
        rows = xg.where(xg.expand_dims(held, axis=-1), rows, 0.0)
    total = xg.sum(rows, axis=1)
    if mode == "sum":
        return total
    if held is None:
        return total / max(n, 1)
    counts = xg.sum(xg.astype(held, rows.dtype), axis=1, keepdims=True)
    return total / xg.maximum(counts, 1.0)


def _bagged(input: Any, offsets: Any, has_last: bool) -> tuple[Any, Any]:
    """Return the places of each bag's indices, and which of them count; None for all as it is."""
    if offsets is None:
        return None, None
    total = input.shape[0]
    if on_host(offsets):
        starts = [int(i) for i in offsets.tolist()]
        ends = starts[1:] if has_last else [*starts[1:], total]
        starts = starts[:-1] if has_last else starts
        sizes = [e - s for s, e in zip(starts, ends, strict=True)]
        if (starts and starts[0] != 0) or any(n < 0 for n in sizes) or (ends and ends[-1] > total):
            raise ValueError(
                f"embedding_bag: the offsets start at {starts[:1]} and end at {ends[-1:]}; "
                f"expected them in order, from 0 to at most {total}"
            )
        wide = max(sizes, default=0)
        at = [[min(s + k, max(total - 1, 0)) for k in range(wide)] for s in starts]
        places = made_like(input, np.asarray(at).reshape(len(starts), wide), np.int64)
        limits = made_like(input, np.asarray(sizes).reshape(-1, 1), np.int64)
        return places, counted(places, wide) < limits
    # on an accelerator the offsets are not looked at: each bag is offered all indices
    number = counted(offsets, total)
    first = xg.expand_dims(offsets[:-1] if has_last else offsets, axis=1)
    end = offsets[1:] if has_last else xg.concat([offsets[1:], offsets[:1] * 0 + total])
    held = (number >= first) & (number < xg.expand_dims(end, axis=1))
    return xg.broadcast_to(number, held.shape), held


@as_given
@in_single
def bilinear(
    input1: Array, input2: AnyArray, weight: AnyArray, bias: AnyArray | None = None
) -> Array:
    """Return ``x1^T A x2 + b`` for each matrix A of the weight.

    Args:
        input1: of shape ``(..., n)``.
        input2: of shape ``(..., m)`` with the same other axes.
        weight: of shape ``(out_features, n, m)``.
        bias: of shape ``(out_features,)``, or None.

    Returns:
        An array of shape ``(..., out_features)``.

    Raises:
        ValueError: if the shapes do not fit.
    """
    one, two = tuple(input1.shape), tuple(input2.shape)
    if (
        len(weight.shape) != 3
        or one[:-1] != two[:-1]
        or ((one[-1], two[-1]) != tuple(weight.shape[1:]))
    ):
        raise ValueError(
            f"bilinear: got shapes {one}, {two} and weight {tuple(weight.shape)}; expected "
            "(..., n), (..., m) and (out_features, n, m)"
        )
    out, n, m = weight.shape
    rows = math.prod(one[:-1])
    left = xg.matmul(xg.reshape(input1, (rows, n)), xg.reshape(xg.moveaxis(weight, 0, 1), (n, -1)))
    left = xg.reshape(left, (rows, out, m))
    y = xg.reshape(xg.sum(left * xg.reshape(input2, (rows, 1, m)), axis=-1), (*one[:-1], out))
    if bias is not None:
        require_shape(bias, (out,), "bilinear", "bias")
        y = y + bias
    return y


@as_given
@in_single
def linear_cross_entropy(
    input: Array,
    linear_weight: AnyArray,
    target: AnyArray,
    *,
    linear_bias: AnyArray | None = None,
    weight: AnyArray | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Array:
    """Return the `cross_entropy` of the logits ``x W^T + b``.

    Args:
        input: of shape ``(batch, in_features)``.
        linear_weight: of shape ``(classes, in_features)``.
        target: the classes as integers, or a probability for each.
        linear_bias: of shape ``(classes,)``, or None.
        weight: a weight for each class.
        reduction: ``"mean"`` or ``"sum"`` over all elements, or ``"none"``.
        ignore_index: a label whose elements count for nothing, -100 if None.
        label_smoothing: how much of the probability is shared by all classes alike.

    Returns:
        A 0-d array, or without reduction an array of shape ``(batch,)``.
    """
    logits = linear(input, linear_weight, linear_bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)


@as_given
def conv_tbc(input: Array, weight: AnyArray, bias: AnyArray, pad: int = 0) -> Array:
    """Correlate sequences with filters, with the channels as the last axis.

    Args:
        input: of shape ``(steps, batch, channels)``.
        weight: of shape ``(length, channels, filters)``.
        bias: one number for each filter.
        pad: how many zeros to add at both ends of the steps.

    Returns:
        An array of shape ``(steps + 2 pad - length + 1, batch, filters)``.
    """
    x, w = xg.permute_dims(input, (1, 2, 0)), xg.permute_dims(weight, (2, 1, 0))
    return xg.permute_dims(conv1d(x, w, bias, padding=pad), (2, 0, 1))
