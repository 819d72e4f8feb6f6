"""Normalising layers under PyTorch's names, which say how many axes an input has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import xgrad as xg

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .module import Module, buffer, static
from .normalising import BatchNorm, require_channels


@dataclass(init=False, repr=False, eq=False)
class BatchNorm1d(BatchNorm):
    """`BatchNorm` of inputs of shape ``(batch, channels)`` or ``(batch, channels, length)``.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in the running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (2, 3)


@dataclass(init=False, repr=False, eq=False)
class BatchNorm2d(BatchNorm):
    """`BatchNorm` of inputs of shape ``(batch, channels, height, width)``.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in the running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (4,)


@dataclass(init=False, repr=False, eq=False)
class BatchNorm3d(BatchNorm):
    """`BatchNorm` of inputs of shape ``(batch, channels, depth, height, width)``.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in the running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (5,)


@dataclass(init=False, repr=False, eq=False)
class InstanceNorm(Module):
    """Normalisation of each channel of each element; see `functional.instance_norm`.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in running statistics.
        affine: whether there are `weight` and `bias`, a factor and a summand for each channel.
        track_running_stats: whether there are running statistics, which then normalise when not
            training; `update` brings them up to date.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    weight: Any
    bias: Any
    running_mean: Any = buffer()
    running_var: Any = buffer()
    num_features: int = static()
    momentum: float = static()
    eps: float = static()

    ndims: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: DType | None = None,
    ) -> None:
        shape = (num_features,)
        self.num_features, self.momentum, self.eps = num_features, momentum, eps
        self.weight = init.ones(shape, dtype=dtype) if affine else None
        self.bias = init.zeros(shape, dtype=dtype) if affine and bias else None
        self.running_mean = init.zeros(shape, dtype=dtype) if track_running_stats else None
        self.running_var = init.ones(shape, dtype=dtype) if track_running_stats else None

    def _batched(self, input: Any) -> tuple[Any, bool]:
        """Return the input with a batch axis, and whether it had none."""
        alone = bool(self.ndims) and len(input.shape) == self.ndims[0] - 1
        x = xg.expand_dims(input, axis=0) if alone else input
        require_channels(x, self.num_features, self.ndims, self, 1)
        return x, alone

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input normalised."""
        x, alone = self._batched(input)
        if training or self.running_mean is None:
            out = F.instance_norm(x, self.weight, self.bias, self.eps)
        else:
            parts = (self.running_mean, self.running_var, self.weight, self.bias)
            out, _, _ = F.batch_norm(x, *parts, eps=self.eps)
        return xg.squeeze(out, axis=0) if alone else out

    def update(
        self, input: Any, *, training: bool = True, rng: Generator | None = None
    ) -> tuple[Any, InstanceNorm]:
        """Return the result, and the module with its running statistics brought up to date.

        Args:
            input: of shape ``(batch, channels, ...)``.
            training: whether to normalise by the input; else nothing is brought up to date.
            rng: not used; here so that all modules are called alike.

        Returns:
            An array of the shape of the input, and a new module.
        """
        out = self(input, training=training, rng=rng)
        if not training or self.running_mean is None:
            return out, self
        x, _ = self._batched(xg.stop_gradient(input))
        axes = tuple(range(2, len(x.shape)))
        new = {}
        for name, value in (
            ("running_mean", xg.mean(x, axis=axes)),
            ("running_var", xg.var(x, axis=axes, correction=1)),
        ):
            old = xg.stop_gradient(getattr(self, name))
            share = xg.astype(xg.mean(value, axis=0), old.dtype, copy=False)
            new[name] = old * (1 - self.momentum) + share * self.momentum
        return out, self.replace(**new)


@dataclass(init=False, repr=False, eq=False)
class InstanceNorm1d(InstanceNorm):
    """`InstanceNorm` of inputs of shape ``(batch, channels, length)``, or without the batch.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (3,)


@dataclass(init=False, repr=False, eq=False)
class InstanceNorm2d(InstanceNorm):
    """`InstanceNorm` of inputs of shape ``(batch, channels, height, width)``, or without the batch.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (4,)


@dataclass(init=False, repr=False, eq=False)
class InstanceNorm3d(InstanceNorm):
    """`InstanceNorm` of ``(batch, channels, depth, height, width)``, or without the batch.

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    ndims: ClassVar[tuple[int, ...]] = (5,)
