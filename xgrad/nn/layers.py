"""Layers without memory of a sequence: linear, convolutional, embedding, normalising, dropout.

Every layer takes ``rng``, a generator or a seed of its initial weights, and ``dtype``, by default
the floating-point dtype of the current backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import xgrad as xg

from . import functional as F
from . import init
from .module import Module, buffer, generator, static

Size = int | Sequence[int]


def require_last(x: Any, features: int, module: Module, name: str = "input") -> None:
    """Raise if the last axis of an array does not have the length that a layer expects."""
    if not x.shape or x.shape[-1] != features:
        given = x.shape[-1] if x.shape else "none"
        raise ValueError(
            f"{type(module).__name__}: {name} of shape {tuple(x.shape)} has {given} features; "
            f"expected {features} on its last axis"
        )


def _fan_uniform(shape: tuple[int, ...], fan_in: int, rng: Any, dtype: Any) -> Any:
    """Return what PyTorch's layers start with: uniform, of variance ``1 / (3 fan_in)``."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return init.uniform(shape, rng, low=-bound, high=bound, dtype=dtype)


@dataclass(init=False, repr=False, eq=False)
class Linear(Module):
    """``y = x W^T + b``.

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
        rng: Any = None,
        dtype: Any = None,
        weight_init: Callable[..., Any] | None = None,
    ) -> None:
        rng = generator(rng)
        shape = (out_features, in_features)
        if weight_init is None:
            self.weight = _fan_uniform(shape, in_features, rng, dtype)
        else:
            self.weight = weight_init(shape, rng, dtype=dtype)
        self.bias = _fan_uniform((out_features,), in_features, rng, dtype) if bias else None
        if weight_init is not None and bias:
            self.bias = init.zeros((out_features,), dtype=dtype)

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the linear map of ``(..., in_features)``."""
        require_last(input, self.weight.shape[1], self)
        return F.linear(input, self.weight, self.bias)


@dataclass(init=False, repr=False, eq=False)
class _Conv(Module):
    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    dilation: Any = static()
    groups: int = static()

    ndim = 0

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Any = None,
        dtype: Any = None,
        weight_init: Callable[..., Any] | None = None,
    ) -> None:
        rng = generator(rng)
        name = type(self).__name__
        kernel = _kernel(kernel_size, self.ndim, name)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups is {groups}; expected a divisor of both "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        shape = (out_channels, in_channels // groups, *kernel)
        fan_in = math.prod(shape[1:])
        if weight_init is None:
            self.weight = _fan_uniform(shape, fan_in, rng, dtype)
        else:
            self.weight = weight_init(shape, rng, dtype=dtype)
        self.bias = _fan_uniform((out_channels,), fan_in, rng, dtype) if bias else None
        self.stride, self.dilation, self.groups = _plain(stride), _plain(dilation), groups
        self.padding = padding if isinstance(padding, str) else _plain(padding)

    def _checked(self, input: Any) -> None:
        channels = self.weight.shape[1] * self.groups
        if len(input.shape) not in (self.ndim + 1, self.ndim + 2) or (
            input.shape[-self.ndim - 1] != channels
        ):
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; expected "
                f"(batch, {channels} channels) and {self.ndim} spatial axes"
            )


def _plain(value: Size) -> Any:
    """Return a size that compares by value: an integer or a tuple."""
    return value if isinstance(value, int) else tuple(value)


def _kernel(kernel_size: Size, ndim: int, name: str) -> tuple[int, ...]:
    kernel = (kernel_size,) * ndim if isinstance(kernel_size, int) else tuple(kernel_size)
    if len(kernel) != ndim or min(kernel) < 1:
        raise ValueError(
            f"{name}: kernel_size is {kernel_size}; expected a positive integer, or {ndim} of them"
        )
    return kernel


@dataclass(init=False, repr=False, eq=False)
class Conv1d(_Conv):
    """Correlation of ``(batch, channels, length)`` with filters; see `functional.conv1d`."""

    ndim = 1

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return what the filters see."""
        self._checked(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class Conv2d(_Conv):
    """Correlation of images with filters; see `functional.conv2d` for the arguments.

    Attributes:
        weight: of shape ``(out_channels, in_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.

    >>> from xgrad import nn
    >>> nn.Conv2d(3, 16, 3, padding=1, rng=0)
    Conv2d(weight=16x3x3x3, bias=16, stride=1, padding=1, dilation=1, groups=1)  # 448 parameters
    """

    ndim = 2

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return what the filters see in ``(batch, channels, height, width)``."""
        self._checked(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class Conv3d(_Conv):
    """Correlation of ``(batch, channels, depth, height, width)`` with filters."""

    ndim = 3

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return what the filters see."""
        self._checked(input)
        return F.conv3d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(init=False, repr=False, eq=False)
class ConvTranspose2d(Module):
    """The transpose of `Conv2d`; see `functional.conv_transpose2d` for the arguments.

    Attributes:
        weight: of shape ``(in_channels, out_channels / groups, *kernel_size)``.
        bias: of shape ``(out_channels,)``, or None.
    """

    weight: Any
    bias: Any
    stride: Any = static()
    padding: Any = static()
    output_padding: Any = static()
    groups: int = static()
    dilation: Any = static()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: Any = None,
        dtype: Any = None,
    ) -> None:
        rng = generator(rng)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"ConvTranspose2d: groups is {groups}; expected a divisor of both "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        kernel = _kernel(kernel_size, 2, "ConvTranspose2d")
        shape = (in_channels, out_channels // groups, *kernel)
        fan_in = math.prod(shape[1:])
        self.weight = _fan_uniform(shape, fan_in, rng, dtype)
        self.bias = _fan_uniform((out_channels,), fan_in, rng, dtype) if bias else None
        self.stride, self.padding, self.groups = _plain(stride), _plain(padding), groups
        self.output_padding, self.dilation = _plain(output_padding), _plain(dilation)

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the sum of the filters that the input's elements lay down."""
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


@dataclass(init=False, repr=False, eq=False)
class Embedding(Module):
    """A table whose rows are looked up by integers.

    Attributes:
        weight: of shape ``(num_embeddings, embedding_dim)``.
    """

    weight: Any
    padding_idx: int | None = static()

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx is {padding_idx}; expected one of {num_embeddings} rows"
            )
        self.weight = init.normal((num_embeddings, embedding_dim), generator(rng), dtype=dtype)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.weight = xg.index_set(self.weight, padding_idx, 0.0)

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the row of each index, on a new last axis."""
        return F.embedding(input, self.weight, self.padding_idx)


@dataclass(init=False, repr=False, eq=False)
class BatchNorm(Module):
    """Normalisation of each channel over the batch, and over the axes after the channels.

    Attributes:
        weight, bias: a factor and a summand for each channel.
        running_mean, running_var: statistics over past batches, used when not training.

    They are state that is not trained. A call never changes it; `update` returns a new module:

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
    momentum: float = static()
    eps: float = static()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        shape = (num_features,)
        self.weight = init.ones(shape, dtype=dtype) if affine else None
        self.bias = init.zeros(shape, dtype=dtype) if affine else None
        self.running_mean = init.zeros(shape, dtype=dtype)
        self.running_var = init.ones(shape, dtype=dtype)
        self.momentum, self.eps = momentum, eps

    def _normalised(self, input: Any, training: bool) -> tuple[Any, Any, Any]:
        features = self.running_mean.shape[0]
        if len(input.shape) < 2 or input.shape[1] != features:
            raise ValueError(
                f"BatchNorm: input has shape {tuple(input.shape)}; "
                f"expected (batch, {features} channels, ...)"
            )
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

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input normalised by the batch if `training`, else by the statistics."""
        return self._normalised(input, training)[0]

    def update(
        self, input: Any, *, training: bool = True, rng: Any = None
    ) -> tuple[Any, BatchNorm]:
        """Return the result, and the module with its running statistics brought up to date."""
        out, mean, var = self._normalised(input, training)
        return out, self.replace(running_mean=mean, running_var=var)


@dataclass(init=False, repr=False, eq=False)
class LayerNorm(Module):
    """Normalisation over the last axes; see `functional.layer_norm`."""

    weight: Any
    bias: Any
    normalized_shape: tuple[int, ...] = static()
    eps: float = static()

    def __init__(
        self,
        normalized_shape: Size,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        self.weight = init.ones(self.normalized_shape, dtype=dtype) if affine else None
        self.bias = init.zeros(self.normalized_shape, dtype=dtype) if affine and bias else None

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input normalised."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


@dataclass(init=False, repr=False, eq=False)
class RMSNorm(Module):
    """Division by the root of the mean square over the last axes; see `functional.rms_norm`."""

    weight: Any
    normalized_shape: tuple[int, ...] = static()
    eps: float | None = static()

    def __init__(
        self,
        normalized_shape: Size,
        eps: float | None = None,
        affine: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        self.weight = init.ones(self.normalized_shape, dtype=dtype) if affine else None

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input normalised."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)


@dataclass(init=False, repr=False, eq=False)
class GroupNorm(Module):
    """Normalisation of groups of channels of each element; see `functional.group_norm`."""

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
        dtype: Any = None,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_groups is {num_groups}; "
                f"expected a divisor of num_channels={num_channels}"
            )
        self.num_groups, self.eps = num_groups, eps
        self.weight = init.ones((num_channels,), dtype=dtype) if affine else None
        self.bias = init.zeros((num_channels,), dtype=dtype) if affine else None

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input normalised."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


@dataclass(init=False, repr=False, eq=False)
class InstanceNorm(Module):
    """Normalisation of each channel of each element; see `functional.instance_norm`."""

    weight: Any
    bias: Any
    eps: float = static()

    def __init__(
        self, num_features: int, eps: float = 1e-5, affine: bool = False, *, dtype: Any = None
    ) -> None:
        self.eps = eps
        self.weight = init.ones((num_features,), dtype=dtype) if affine else None
        self.bias = init.zeros((num_features,), dtype=dtype) if affine else None

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input normalised."""
        return F.instance_norm(input, self.weight, self.bias, self.eps)


@dataclass(init=False, repr=False, eq=False)
class Dropout(Module):
    """Elements set to 0 at random in training; see `functional.dropout`."""

    p: float = static()

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is {p}; expected a probability, 0 to 1")
        self.p = p

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input, with elements dropped if `training`."""
        return F.dropout(input, self.p, training, rng)


# Containers --------------------------------------------------------------------------------------


@dataclass(init=False, repr=False, eq=False)
class Function(Module):
    """A function without parameters as a module, as ``Function(F.relu)`` or ``Function(xg.tanh)``.

    To be pickled it must be one that is found by its name, not a lambda.
    """

    f: Callable[[Any], Any] = static()

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return ``f(input)``."""
        return self.f(input)


@dataclass(init=False, repr=False, eq=False)
class Flatten(Module):
    """All axes but the first made one."""

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the input of shape ``(batch, -1)``."""
        return xg.reshape(input, (input.shape[0], math.prod(input.shape[1:])))


@dataclass(init=False, repr=False, eq=False)
class Sequential(Module):
    """Modules and functions of one array, one after the other.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), xg.tanh, nn.Linear(3, 1, rng=1))
    >>> model
    Sequential()  # 13 parameters
      layers.0: Linear(weight=3x2, bias=3)  # 9 parameters
      layers.1: Function(f=tanh)
      layers.2: Linear(weight=1x3, bias=1)  # 4 parameters
    >>> model(xg.ones((5, 2))).shape
    (5, 1)
    """

    layers: list[Module]

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        self.layers = [x if isinstance(x, Module) else Function(x) for x in layers]

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return what the last layer returns."""
        for layer in self.layers:
            input = layer(input, training=training, rng=rng)
        return input

    def update(
        self, input: Any, *, training: bool = True, rng: Any = None
    ) -> tuple[Any, Sequential]:
        """Return the result, and the layers with what they learnt besides by gradients."""
        layers = []
        for layer in self.layers:
            input, new = layer.update(input, training=training, rng=rng)
            layers.append(new)
        return input, self.replace(layers=layers)

    def __getitem__(self, i: int) -> Module:
        return self.layers[i]

    def __len__(self) -> int:
        return len(self.layers)


@dataclass(init=False, repr=False, eq=False)
class MLP(Module):
    """A multilayer perceptron: linear layers with an activation between them.

    Args:
        sizes: the number of features from the input to the output.
        activation: a function of an array, between the layers.
        weight_init: how the weights start; see `init`.
        dropout: the probability of a hidden feature to be dropped in training.
        rng: a generator, or the seed of the initial weights.
        dtype: the dtype of the weights.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> nn.MLP([784, 128, 10], rng=0)
    MLP(activation=relu, dropout=0.0)  # 101,770 parameters
      layers.0: Linear(weight=128x784, bias=128)  # 100,480 parameters
      layers.1: Linear(weight=10x128, bias=10)  # 1,290 parameters
    """

    layers: list[Linear]
    activation: Callable[[Any], Any] = static()
    dropout: float = static()

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Callable[[Any], Any] = F.relu,
        *,
        weight_init: Callable[..., Any] | None = None,
        dropout: float = 0.0,
        rng: Any = None,
        dtype: Any = None,
    ) -> None:
        if len(sizes) < 2:
            raise ValueError(f"MLP: sizes is {sizes}; expected at least an input and an output")
        rng = generator(rng)
        self.layers = [
            Linear(n, m, rng=rng, dtype=dtype, weight_init=weight_init) for n, m in pairwise(sizes)
        ]
        self.activation, self.dropout = activation, dropout

    def __call__(self, input: Any, *, training: bool = False, rng: Any = None) -> Any:
        """Return the outputs for ``(..., in_features)``."""
        *hidden, last = self.layers
        for i, layer in enumerate(hidden):
            expected = layer.weight.shape[1]
            if input.shape[-1] != expected:
                raise ValueError(
                    f"MLP: layers.{i} got an input of shape {tuple(input.shape)}; "
                    f"expected {expected} features on its last axis"
                )
            input = self.activation(layer(input))
            input = F.dropout(input, self.dropout, training, rng)
        return last(input)
