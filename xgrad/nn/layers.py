"""Layers of features: linear, embedding, dropout.

Every layer takes ``rng``, a generator or a seed of its initial weights, and ``dtype``, by default
the floating-point dtype of the current backend.
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
        dtype: the dtype of the parameters; float64 if None.
        weight_init: what makes the weight, one of `xgrad.nn.init`; by default uniform in
            ``[-b, b]`` with ``b = 1 / sqrt(fan_in)``, as PyTorch does.

    Attributes:
        weight: of shape ``(out_features, in_features)``.
        bias: of shape ``(out_features,)``, or None.

    >>> from xgrad import nn
    >>> nn.Linear(784, 10, rng=0)
    Linear(weight=10x784, bias=10)  # 7,850 parameters
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
        dtype: the dtype of the parameters; float64 if None.

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
class Dropout(Module):
    """Elements set to 0 at random in training; see `functional.dropout`."""

    p: float = static()

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is {p}; expected a probability, 0 to 1")
        self.p = p

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input, with elements dropped if `training`."""
        return F.dropout(input, self.p, training, rng)
