"""Normalising layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .module import Module, buffer, static

Size = int | Sequence[int]


def require_channels(
    input: Any, features: int, ndims: tuple[int, ...], module: Module, axis: int
) -> None:
    """Raise if an input does not have the axes and channels that a layer expects."""
    ndim = len(input.shape)
    if ndim < 2 or (ndims and ndim not in ndims) or input.shape[axis] != features:
        axes = f" and {' or '.join(map(str, ndims))} axes" if ndims else ""
        raise ValueError(
            f"{type(module).__name__}: input has shape {tuple(input.shape)}; "
            f"expected (batch, {features} channels, ...){axes}"
        )


@dataclass(init=False, repr=False, eq=False)
class BatchNorm(Module):
    """Normalisation of each channel over the batch, and over the axes after the channels.

    The running statistics are state that is not trained. A call never changes it; `update` returns
    a new module (Ioffe & Szegedy, arXiv:1502.03167).

    Args:
        num_features: how many channels there are.
        eps: is added to the variance.
        momentum: the share of the newest batch in the running statistics.
        affine: whether there are `weight` and `bias`.
        track_running_stats: whether there are running statistics; without them the batch is
            normalised by its own also when not training.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: a factor for each channel, or None.
        bias: a summand for each channel, or None.
        running_mean: the mean over past batches, used when not training.
        running_var: the variance over past batches, likewise.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> norm = nn.BatchNorm(2)
    >>> x = xg.asarray([[0.0, 2.0], [4.0, 2.0]])
    >>> y, norm = norm.update(x)
    >>> norm.running_mean.tolist()
    [0.2, 0.2]
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
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DType | None = None,
    ) -> None:
        if momentum is None:
            raise ValueError(
                f"{type(self).__name__}: momentum is None, PyTorch's mean over all batches; "
                "expected a number, as 0.1"
            )
        shape = (num_features,)
        self.weight = init.ones(shape, dtype=dtype) if affine else None
        self.bias = init.zeros(shape, dtype=dtype) if affine and bias else None
        self.running_mean = init.zeros(shape, dtype=dtype) if track_running_stats else None
        self.running_var = init.ones(shape, dtype=dtype) if track_running_stats else None
        self.num_features, self.momentum, self.eps = num_features, momentum, eps

    def _normalised(self, input: Any, training: bool) -> Any:
        require_channels(input, self.num_features, self.ndims, self, 1)
        training = training or self.running_mean is None
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training,
            self.momentum,
            self.eps,
        )

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input normalised by the batch if `training`, else by the statistics."""
        return self._normalised(input, training)[0]

    def update(
        self, input: Any, *, training: bool = True, rng: Generator | None = None
    ) -> tuple[Any, BatchNorm]:
        """Return the result, and the module with its running statistics brought up to date.

        Args:
            input: of shape ``(batch, channels, ...)``.
            training: whether to normalise by the batch; else nothing is brought up to date.
            rng: not used; here so that all modules are called alike.

        Returns:
            An array of the shape of the input, and a new `BatchNorm`.
        """
        out, mean, var = self._normalised(input, training)
        return out, self.replace(running_mean=mean, running_var=var)


@dataclass(init=False, repr=False, eq=False)
class LayerNorm(Module):
    """Normalisation over the last axes; see `functional.layer_norm`.

    Args:
        normalized_shape: the lengths of these axes; an int is that of the last one.
        eps: is added to the variance.
        elementwise_affine: whether there is a `weight`, a factor for each element of that shape.
        bias: whether there is a summand too.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    weight: Any
    bias: Any
    normalized_shape: tuple[int, ...] = static()
    eps: float = static()

    def __init__(
        self,
        normalized_shape: Size,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DType | None = None,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        affine = elementwise_affine
        self.weight = init.ones(self.normalized_shape, dtype=dtype) if affine else None
        self.bias = init.zeros(self.normalized_shape, dtype=dtype) if affine and bias else None

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input normalised."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


@dataclass(init=False, repr=False, eq=False)
class RMSNorm(Module):
    """Division by the root of the mean square over the last axes; see `functional.rms_norm`.

    Args:
        normalized_shape: the lengths of these axes; an int is that of the last one.
        eps: is added to the mean square; by default the precision of the dtype.
        elementwise_affine: whether there is a `weight`, a factor for each element of that shape.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    weight: Any
    normalized_shape: tuple[int, ...] = static()
    eps: float | None = static()

    def __init__(
        self,
        normalized_shape: Size,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DType | None = None,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        shape = self.normalized_shape
        self.weight = init.ones(shape, dtype=dtype) if elementwise_affine else None

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input normalised."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)


@dataclass(init=False, repr=False, eq=False)
class GroupNorm(Module):
    """Normalisation of groups of channels of each element; see `functional.group_norm`.

    Args:
        num_groups: how many groups the channels form.
        num_channels: how many channels there are.
        eps: is added to the variance.
        affine: whether there are `weight` and `bias`, a factor and a summand for each channel.
        bias: whether there is a `bias` beside the `weight`.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    Raises:
        ValueError: if the channels do not form so many groups.
    """

    weight: Any
    bias: Any
    num_groups: int = static()
    eps: float = static()

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DType | None = None,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_groups is {num_groups}; "
                f"expected a divisor of num_channels={num_channels}"
            )
        self.num_groups, self.eps = num_groups, eps
        self.weight = init.ones((num_channels,), dtype=dtype) if affine else None
        self.bias = init.zeros((num_channels,), dtype=dtype) if affine and bias else None

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the input normalised."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)
