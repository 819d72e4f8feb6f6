"""Linear maps, tables and attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, DType, as_given
from ...engine.operands import require_array
from ...ops.halves import in_single
from ...ops.products import promoted
from ...random import Generator
from .checks import counted, made_like, on_host, require_classes, require_shape, same_precision
from .dropping import dropout
from .fused import mapped


@as_given
def linear(input: Array, weight: AnyArray, bias: AnyArray | None = None) -> Array:
    """Return ``x W^T + b``.

    Args:
        input: of shape ``(..., in_features)``.
        weight: of shape ``(out_features, in_features)``.
        bias: of shape ``(out_features,)``, or None.

    Returns:
        An array of shape ``(..., out_features)``.

    Raises:
        ValueError: if the shapes do not fit.

    >>> import xgrad as xg
    >>> xg.nn.functional.linear(xg.ones((5, 3)), xg.ones((2, 3))).shape
    (5, 2)
    """
    shape = tuple(input.shape)
    if len(weight.shape) != 2 or not shape or shape[-1] != weight.shape[1]:
        raise ValueError(
            f"linear: input has shape {shape} and weight {tuple(weight.shape)}; expected "
            "(..., in_features) and (out_features, in_features)"
        )
    if bias is not None:
        require_shape(bias, tuple(weight.shape[:1]), "linear", "bias")
    same_precision(input, weight, "linear")
    if len(shape) != 2:  # one product of two matrices, not one for each part of the batch
        input = xg.reshape(input, (math.prod(shape[:-1]), shape[-1]))
    out = mapped(*promoted(input, weight))
    if len(shape) != 2:
        out = xg.reshape(out, (*shape[:-1], weight.shape[0]))
    return out if bias is None else out + bias


@as_given
def one_hot(input: Array, num_classes: int = -1, dtype: DType | None = None) -> Array:
    """Return a last axis with 1 at the class of each element and 0 elsewhere.

    Args:
        input: classes, as integers of any shape.
        num_classes: how many there are. If -1, one more than the largest, on the host: elsewhere
            that would wait for the device.
        dtype: the result's dtype; that of the input if None.

    Returns:
        An array of shape ``(*input.shape, num_classes)``. It has no derivative.

    Raises:
        ValueError: if there are no classes to count, or one is out of range.
    """
    require_array("one_hot", "input", input)
    if num_classes == -1:
        if not on_host(input) or not math.prod(input.shape):
            raise ValueError(
                "one_hot: num_classes is not given, and the input has no values on the host to "
                "count; pass num_classes=n"
            )
        num_classes = int(xg.max(input)) + 1
    require_classes(input, num_classes, "one_hot")  # one that does not exist has no 1 anywhere
    hot = xg.expand_dims(input, axis=-1) == counted(input, num_classes)
    return xg.astype(hot, input.dtype if dtype is None else dtype)


@as_given
def embedding(input: Array, weight: AnyArray, padding_idx: int | None = None) -> Array:
    """Return the rows of a table at integer indices.

    The gradient adds into the rows that were read: its cost grows with the number of indices.

    Args:
        input: indices, of any shape.
        weight: of shape ``(num_embeddings, embedding_dim)``.
        padding_idx: a row that gets no gradient.

    Returns:
        An array of shape ``(*input.shape, embedding_dim)``. An index out of range raises on the
        host; on an accelerator, where a look would wait for the device, its row is NaN.

    Raises:
        ValueError: if the weight is no matrix, or an index on the host is out of range.
    """
    if len(weight.shape) != 2:
        raise ValueError(
            f"embedding: weight has shape {tuple(weight.shape)}; "
            "expected (num_embeddings, embedding_dim)"
        )
    rows_of = ("indices", "rows")
    input, good = require_classes(input, weight.shape[0], "embedding", what=rows_of)
    rows = xg.take(weight, xg.reshape(input, (-1,)), axis=0)
    rows = xg.reshape(rows, (*input.shape, weight.shape[1]))
    if padding_idx is not None:
        at = padding_idx % weight.shape[0]
        here = xg.expand_dims(input == at, axis=-1)
        rows = xg.where(here, xg.stop_gradient(rows), rows)
    if good is not None:
        rows = xg.where(xg.expand_dims(good, axis=-1), rows, xg.nan)
    return rows


@as_given
@in_single  # scores are sums of products
def scaled_dot_product_attention(
    query: Array,
    key: AnyArray,
    value: AnyArray,
    attn_mask: AnyArray | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    rng: Generator | None = None,
    enable_gqa: bool = False,
) -> Array:
    """Return ``softmax(q k^T / sqrt(d) + mask) v``: Vaswani et al., arXiv:1706.03762.

    Args:
        query: of shape ``(..., queries, d)``.
        key: of shape ``(..., keys, d)``.
        value: of shape ``(..., keys, n)``.
        attn_mask: broadcast to ``(..., queries, keys)``: a boolean one is True where a query may
            look, another is added to the scores. A query that may look nowhere gets zeros. Keys and
            values that it leaves out, or for which it is minus infinity, may be NaN.
        dropout_p: the probability of an attention weight to be dropped.
        is_causal: whether query i sees only the keys up to i.
        scale: in place of ``1 / sqrt(d)``.
        rng: the generator of the dropout.
        enable_gqa: whether each head of keys and values, their third axis from behind, serves
            several heads of queries: arXiv:2305.13245.

    Returns:
        An array of shape ``(..., queries, n)``: for each query a mean of the values.

    Raises:
        ValueError: if the shapes do not fit, or a mask is given beside `is_causal`.
    """
    if enable_gqa:
        key, value = (_for_heads(query, x) for x in (key, value))
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"scaled_dot_product_attention: got shapes {tuple(query.shape)}, {tuple(key.shape)} "
            f"and {tuple(value.shape)}; expected (..., queries, d), (..., keys, d) and "
            "(..., keys, n)"
        )
    if is_causal and attn_mask is not None:
        raise ValueError(
            "scaled_dot_product_attention: got is_causal=True and attn_mask; expected one of them"
        )
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = xg.matmul(query * factor, xg.matrix_transpose(key))
    if is_causal:
        attn_mask = made_like(scores, np.tri(*scores.shape[-2:], dtype=bool), bool)
    seen = None
    if attn_mask is not None:
        scores, seen = masked(scores, attn_mask)
    weights = dropout(xg.softmax(scores, axis=-1), dropout_p, dropout_p > 0, rng)
    return means(weights, value, seen)


def _for_heads(query: Any, x: Any) -> Any:
    """Return keys or values with each head repeated for the heads of queries that it serves."""
    if len(query.shape) < 3 or len(x.shape) < 3 or query.shape[-3] % x.shape[-3]:
        raise ValueError(
            f"scaled_dot_product_attention: enable_gqa=True, and got shapes {tuple(query.shape)} "
            f"and {tuple(x.shape)}; expected (..., heads, queries, d) and (..., heads, keys, n), "
            "with a number of heads of keys that divides that of queries"
        )
    return xg.repeat(x, query.shape[-3] // x.shape[-3], axis=-3)


def masked(scores: Any, mask: Any) -> tuple[Any, Any]:
    """Return scores with a mask, true where a query may look or to be added, and what is seen."""
    if xg.isdtype(mask.dtype, "bool"):
        return xg.where(mask, scores, -xg.inf), mask
    seen = xg.stop_gradient(mask) != -xg.inf
    return xg.where(seen, scores + mask, -xg.inf), seen


def means(weights: Any, value: Any, seen: Any) -> Any:
    """Return ``weights @ value``, to which values that are not seen add nothing, be they NaN."""
    if seen is None:
        return xg.matmul(weights, value)
    if not on_host(value):  # a key that no query sees is known without a look at the values
        some = xg.any(seen, axis=-2, keepdims=True)
        return xg.matmul(weights, xg.where(xg.matrix_transpose(some), value, 0.0))
    odd = xg.logical_not(xg.isfinite(xg.stop_gradient(value)))
    if not xg.any(odd):
        return xg.matmul(weights, value)
    reached = xg.matmul(xg.astype(seen, weights.dtype), xg.astype(odd, weights.dtype)) > 0
    means = xg.matmul(weights, xg.where(odd, 0.0, value))
    return xg.where(reached, xg.matmul(weights, value), means)
