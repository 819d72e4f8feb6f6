"""Attention by several heads, in the form of a module of linear maps, and in PyTorch's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import xgrad as xg

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .functional.checks import made_like
from .layers import Linear, require_last
from .module import Module, generator, static


@dataclass(init=False, repr=False, eq=False)
class MultiHeadAttention(Module):
    """Attention by several heads side by side: Vaswani et al., arXiv:1706.03762.

    Each head attends with its own ``embed_dim / num_heads`` features of the queries, keys and
    values; their results side by side go through `out`.

    Args:
        embed_dim: the features of the queries and of the result.
        num_heads: how many heads there are, a divisor of `embed_dim`.
        dropout: the probability of an attention weight to be dropped in training.
        bias: whether the four linear maps have a bias.
        kdim: the features of the keys; `embed_dim` if None.
        vdim: those of the values; `embed_dim` if None.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        query: the linear map of the queries.
        key: that of the keys.
        value: that of the values.
        out: that of the result.

    Raises:
        ValueError: if `num_heads` does not divide `embed_dim`.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> x = xg.ones((2, 7, 8))
    >>> nn.MultiHeadAttention(8, 4, rng=0)(x, is_causal=True).shape
    (2, 7, 8)
    """

    query: Linear
    key: Linear
    value: Linear
    out: Linear
    num_heads: int = static()
    dropout: float = static()

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiHeadAttention: num_heads is {num_heads}; "
                f"expected a divisor of embed_dim={embed_dim}"
            )
        rng = generator(rng)

        def layer(n: int | None) -> Linear:
            return Linear(
                embed_dim if n is None else n,
                embed_dim,
                bias,
                rng=rng,
                dtype=dtype,
                weight_init=init.xavier_uniform,
            )

        self.query, self.key, self.value = layer(None), layer(kdim), layer(vdim)
        self.out = layer(None)
        self.num_heads, self.dropout = num_heads, dropout

    def _heads(self, x: Any) -> Any:
        """Return ``(..., steps, features)`` as ``(..., heads, steps, features / heads)``."""
        *lead, steps, features = x.shape
        x = xg.reshape(x, (*lead, steps, self.num_heads, features // self.num_heads))
        return xg.moveaxis(x, -2, -3)

    def __call__(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        *,
        attn_mask: Any = None,
        is_causal: bool = False,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return for each query a mixture of the values.

        Args:
            query: of shape ``(batch, queries, embed_dim)``, or without the batch.
            key: of shape ``(batch, keys, kdim)``; the query itself if None.
            value: of shape ``(batch, keys, vdim)``; the key itself if None.
            attn_mask: broadcast to ``(batch, heads, queries, keys)``; see
                `functional.scaled_dot_product_attention`.
            is_causal: whether query i sees only the keys up to i.
            training: whether to drop attention weights out.
            rng: the generator of the dropout.
        """
        key = query if key is None else key
        value = key if value is None else value
        for name, x, layer in (
            ("query", query, self.query),
            ("key", key, self.key),
            ("value", value, self.value),
        ):
            require_last(x, layer.weight.shape[1], self, name)
        mixed = F.scaled_dot_product_attention(
            self._heads(self.query(query)),
            self._heads(self.key(key)),
            self._heads(self.value(value)),
            attn_mask,
            self.dropout if training else 0.0,
            is_causal,
            rng=rng,
        )
        mixed = xg.moveaxis(mixed, -3, -2)
        return self.out(xg.reshape(mixed, (*mixed.shape[:-2], self.query.weight.shape[0])))


@dataclass(init=False, repr=False, eq=False)
class MultiheadAttention(Module):
    """`MultiHeadAttention` with the arguments, masks and parameters of PyTorch's.

    A boolean mask is True where a query may *not* look. Sequences come first, as
    ``(steps, batch, features)``, unless `batch_first`.

    Args:
        embed_dim: the features of the queries and of the result.
        num_heads: how many heads there are, a divisor of `embed_dim`.
        dropout: the probability of an attention weight to be dropped in training.
        bias: whether the linear maps have a bias.
        add_bias_kv: whether a learnt key and value are added to each sequence.
        add_zero_attn: whether a key and a value of zeros are added to each sequence.
        kdim: the features of the keys; `embed_dim` if None.
        vdim: those of the values; `embed_dim` if None.
        batch_first: whether arrays are ``(batch, steps, features)``.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        in_proj_weight: the maps of query, key and value, one above the other; None where keys or
            values have other features.
        q_proj_weight: the map of the queries, where it is one of its own.
        k_proj_weight: that of the keys.
        v_proj_weight: that of the values.
        in_proj_bias: their biases, one after the other, or None.
        out_proj: the linear map of the result.
        bias_k: the learnt key, or None.
        bias_v: the learnt value, or None.

    Raises:
        ValueError: if `num_heads` does not divide `embed_dim`.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> x = xg.ones((2, 7, 8))
    >>> out, weights = nn.MultiheadAttention(8, 4, batch_first=True, rng=0)(x, x, x)
    >>> out.shape, weights.shape
    ((2, 7, 8), (2, 7, 7))
    """

    in_proj_weight: Any
    q_proj_weight: Any
    k_proj_weight: Any
    v_proj_weight: Any
    in_proj_bias: Any
    out_proj: Linear
    bias_k: Any
    bias_v: Any
    num_heads: int = static()
    dropout: float = static()
    add_zero_attn: bool = static()
    batch_first: bool = static()

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: num_heads is {num_heads}; "
                f"expected a divisor of embed_dim={embed_dim}"
            )
        rng = generator(rng)

        def drawn(rows: int, features: int | None) -> Any:
            shape = (rows, embed_dim if features is None else features)
            return init.xavier_uniform(shape, rng, dtype=dtype)

        e = embed_dim
        same = kdim in (None, e) and vdim in (None, e)
        self.in_proj_weight = drawn(3 * e, e) if same else None
        self.q_proj_weight, self.k_proj_weight, self.v_proj_weight = (
            (None, None, None) if same else (drawn(e, e), drawn(e, kdim), drawn(e, vdim))
        )
        self.in_proj_bias = init.zeros((3 * e,), dtype=dtype) if bias else None
        self.out_proj = Linear(e, e, bias, rng=rng, dtype=dtype)
        if bias:
            self.out_proj.bias = init.zeros((e,), dtype=dtype)
        self.bias_k, self.bias_v = (
            init.normal((1, 1, e), rng, std=1 / math.sqrt(e), dtype=dtype) if add_bias_kv else None
            for _ in range(2)
        )
        self.num_heads, self.dropout = num_heads, dropout
        self.add_zero_attn, self.batch_first = add_zero_attn, batch_first

    def _projected(self, query: Any, key: Any, value: Any) -> list[Any]:
        """Return queries, keys and values as the heads see them, side by side."""
        if self.in_proj_weight is None:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        elif query is key and key is value:  # one product in place of three
            require_last(query, self.in_proj_weight.shape[1], self, "query")
            joined = F.linear(query, self.in_proj_weight, self.in_proj_bias)
            return list(xg.split(joined, 3, axis=-1))
        else:
            weights = xg.split(self.in_proj_weight, 3, axis=0)
        biases: Any = [None] * 3
        if self.in_proj_bias is not None:
            biases = xg.split(self.in_proj_bias, 3, axis=0)
        outs = []
        named = zip(("query", "key", "value"), (query, key, value), weights, biases, strict=True)
        for name, x, w, b in named:
            require_last(x, w.shape[1], self, name)
            outs.append(F.linear(x, w, b))
        return outs

    def _heads(self, x: Any) -> Any:
        """Return ``(batch, steps, features)`` as ``(batch, heads, steps, features / heads)``."""
        batch, steps, features = x.shape
        x = xg.reshape(x, (batch, steps, self.num_heads, features // self.num_heads))
        return xg.permute_dims(x, (0, 2, 1, 3))

    def __call__(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> tuple[Any, Any]:
        """Return for each query a mixture of the values, and the weights of the mixture.

        Args:
            query: of shape ``(steps, batch, embed_dim)``; ``(batch, steps, embed_dim)`` if
                `batch_first`; or without the batch.
            key: of shape ``(keys, batch, kdim)``, likewise.
            value: of shape ``(keys, batch, vdim)``, likewise.
            key_padding_mask: of shape ``(batch, keys)``, True where a key is none; or numbers that
                are added to the scores.
            need_weights: whether the weights are returned, and not None.
            attn_mask: of shape ``(queries, keys)`` or ``(batch * heads, queries, keys)``, True
                where a query may not look; or numbers that are added to the scores.
            average_attn_weights: whether the weights returned are the mean over the heads.
            is_causal: whether query i sees only the keys up to i. Unlike in PyTorch the mask is
                made here, and none need be given.
            training: whether to drop attention weights out.
            rng: the generator of the dropout.
        """
        alone = len(query.shape) == 2
        same, tied = query is key, key is value
        q, k, v = (self._batched(x, alone) for x in (query, key, value))
        k = q if same else k
        v = k if tied else v
        q, k, v = self._projected(q, k, v)
        batch, n = q.shape[0], q.shape[1]
        extra = 0
        for added in self._added(k):
            k, v = (xg.concat([x, a], axis=1) for x, a in zip((k, v), added, strict=True))
            extra += 1
        m = k.shape[1]
        mask = self._mask(batch, n, m, extra, key_padding_mask, attn_mask, is_causal, k)
        q, k, v = (self._heads(x) for x in (q, k, v))
        if not need_weights:
            p = self.dropout if training else 0.0
            mixed, weights = F.scaled_dot_product_attention(q, k, v, mask, p, rng=rng), None
        else:
            scores = xg.matmul(q * (1 / math.sqrt(q.shape[-1])), xg.matrix_transpose(k))
            scores = scores if mask is None else masked(scores, mask)
            weights = F.dropout(xg.softmax(scores, axis=-1), self.dropout, training, rng)
            mixed = xg.matmul(weights, v)
            weights = xg.mean(weights, axis=1) if average_attn_weights else weights
            weights = xg.squeeze(weights, axis=0) if alone else weights
        width = mixed.shape[1] * mixed.shape[3]
        out = xg.reshape(xg.permute_dims(mixed, (0, 2, 1, 3)), (batch, n, width))
        out = self.out_proj(out)
        if alone:
            return xg.squeeze(out, axis=0), weights
        return (out if self.batch_first else xg.permute_dims(out, (1, 0, 2))), weights

    def _batched(self, x: Any, alone: bool) -> Any:
        """Return an array as ``(batch, steps, features)``."""
        if len(x.shape) != (2 if alone else 3):
            raise ValueError(
                f"MultiheadAttention: got an input of shape {tuple(x.shape)} beside queries "
                f"{'without' if alone else 'with'} a batch; expected the same axes in all three"
            )
        if alone:
            return xg.expand_dims(x, axis=0)
        return x if self.batch_first else xg.permute_dims(x, (1, 0, 2))

    def _added(self, k: Any) -> list[tuple[Any, Any]]:
        """Return pairs of a key and a value for the end of each sequence."""
        shape = (k.shape[0], 1, k.shape[2])
        pairs: list[Any] = []
        if self.bias_k is not None:
            pairs.append(tuple(xg.broadcast_to(b, shape) for b in (self.bias_k, self.bias_v)))
        if self.add_zero_attn:
            pairs.append((xg.zeros_like(k[:, :1, :]),) * 2)
        return pairs

    def _mask(
        self,
        batch: int,
        n: int,
        m: int,
        extra: int,
        padding: Any,
        attn: Any,
        is_causal: bool,
        k: Any,
    ) -> Any:
        """Return one mask of shape ``(batch, heads, queries, keys)`` or broadcast to it, or None.

        Where all are boolean it is True where a query may look; else numbers to be added.
        """
        parts = []
        own = m - extra
        if is_causal and attn is None:
            attn = made_like(k, ~np.tri(n, own, dtype=bool), bool)
        if attn is not None:
            if len(attn.shape) == 3:
                attn = xg.reshape(attn, (batch, self.num_heads, n, own))
            parts.append(attn)
        if padding is not None:
            count = padding.shape[0] if len(padding.shape) > 1 else 1
            parts.append(xg.reshape(padding, (count, 1, 1, own)))
        if not parts:
            return None
        total: Any = None
        for part in parts:
            blocked = xg.isdtype(part.dtype, "bool")
            if extra:  # what was added at the end is always seen
                widths = [(0, 0)] * (len(part.shape) - 1) + [(0, extra)]
                seen = xg.pad(part, widths, constant_values=False if blocked else 0.0)
            else:
                seen = part
            may = ~seen if blocked else seen
            total = may if total is None else _both(total, may, k.dtype)
        return total


def masked(scores: Any, mask: Any) -> Any:
    """Return scores with a mask: boolean, True where a query may look, or numbers to be added."""
    if xg.isdtype(mask.dtype, "bool"):
        return xg.where(mask, scores, -xg.inf)
    return scores + mask


def _both(a: Any, b: Any, dtype: Any) -> Any:
    """Return one mask of two."""
    if xg.isdtype(a.dtype, "bool") and xg.isdtype(b.dtype, "bool"):
        return a & b
    wide = [xg.where(x, 0.0, -xg.inf) if xg.isdtype(x.dtype, "bool") else x for x in (a, b)]
    return xg.astype(wide[0] + wide[1], dtype, copy=False)
