"""Layers of features: linear maps and tables.

Every layer takes ``rng``, a generator or a seed of its initial weights, and ``dtype``, by default
`xgrad.get_default_dtype`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xgrad as xg

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .module import Module, generator, static


def require_last(x: Any, features: int, module: Module, name: str = "input") -> None:
    """Raise if the last axis of an array does not have the length that a layer expects."""
    if not x.shape or x.shape[-1] != features:
        given = x.shape[-1] if x.shape else "none"
        raise ValueError(
            f"{type(module).__name__}: {name} of shape {tuple(x.shape)} has {given} features; "
            f"expected {features} on its last axis"
        )


def fan_uniform(shape: tuple[int, ...], fan_in: int, rng: Any, dtype: Any) -> Any:
    """Return what PyTorch's layers start with: uniform, of variance ``1 / (3 fan_in)``."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return init.uniform(shape, rng, low=-bound, high=bound, dtype=dtype)


@dataclass(init=False, repr=False, eq=False)
class Linear(Module):
    """``y = x W^T + b``.

    Args:
        in_features: the length of the input's last axis.
        out_features: that of the result.
        bias: whether there is a b.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_features, in_features)``.
        bias: of shape ``(out_features,)``, or None.

    >>> from xgrad import nn
    >>> nn.Linear(784, 10, rng=0)
    Linear(weight=10x784, bias=10)  # 7,850 parameters of float64
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
        weight_init: Callable[..., Any] | None = None,
    ) -> None:
        rng = generator(rng)
        shape = (out_features, in_features)
        if weight_init is None:
            self.weight = fan_uniform(shape, in_features, rng, dtype)
        else:
            self.weight = weight_init(shape, rng, dtype=dtype)
        self.bias = fan_uniform((out_features,), in_features, rng, dtype) if bias else None
        if weight_init is not None and bias:
            self.bias = init.zeros((out_features,), dtype=dtype)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the linear map of ``(..., in_features)``."""
        require_last(input, self.weight.shape[1], self)
        return F.linear(input, self.weight, self.bias)


@dataclass(init=False, repr=False, eq=False)
class Embedding(Module):
    """A table whose rows are looked up by integers.

    Args:
        num_embeddings: how many rows there are.
        embedding_dim: how long they are.
        padding_idx: a row that stays zero: it gets no gradient.
        rng: a generator, or the seed of one, for the rows, which are standard normal.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(num_embeddings, embedding_dim)``.

    Raises:
        ValueError: if `padding_idx` is no row.
    """

    weight: Any
    padding_idx: int | None = static()

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx is {padding_idx}; expected one of {num_embeddings} rows"
            )
        self.weight = init.normal((num_embeddings, embedding_dim), generator(rng), dtype=dtype)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.weight = xg.index_set(self.weight, padding_idx, 0.0)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the row of each index, on a new last axis."""
        return F.embedding(input, self.weight, self.padding_idx)


@dataclass(init=False, repr=False, eq=False)
class Bilinear(Module):
    """``y = x1^T A x2 + b``.

    Args:
        in1_features: the length of the first input's last axis.
        in2_features: that of the second input.
        out_features: that of the result.
        bias: whether there is a b.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(out_features, in1_features, in2_features)``.
        bias: of shape ``(out_features,)``, or None.
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        self.weight = fan_uniform(
            (out_features, in1_features, in2_features), in1_features, rng, dtype
        )
        self.bias = fan_uniform((out_features,), in1_features, rng, dtype) if bias else None

    def __call__(
        self, input1: Any, input2: Any, *, training: bool = False, rng: Generator | None = None
    ) -> Any:
        """Return the bilinear map of ``(..., in1_features)`` and ``(..., in2_features)``."""
        return F.bilinear(input1, input2, self.weight, self.bias)


@dataclass(init=False, repr=False, eq=False)
class EmbeddingBag(Module):
    """Sums, means or maxima of the rows of a table that bags of integers name.

    Args:
        num_embeddings: how many rows there are.
        embedding_dim: how long they are.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        include_last_offset: whether the last offset is the end of the last bag.
        padding_idx: an index that counts for nothing.
        rng: a generator, or the seed of one, for the rows, which are standard normal.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(num_embeddings, embedding_dim)``.
    """

    weight: Any
    mode: str = static()
    include_last_offset: bool = static()
    padding_idx: int | None = static()

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        self.weight = init.normal((num_embeddings, embedding_dim), generator(rng), dtype=dtype)
        self.mode, self.padding_idx = mode, padding_idx
        self.include_last_offset = include_last_offset

    def __call__(
        self,
        input: Any,
        offsets: Any = None,
        per_sample_weights: Any = None,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return a row for each bag.

        Args:
            input: indices, of shape ``(bags, n)``, or ``(total,)`` with `offsets`.
            offsets: where each bag starts in an input of one axis.
            per_sample_weights: a factor for each index; for the mode ``"sum"``.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.mode,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )
