"""Activations as modules, under PyTorch's names; see `functional` for what each computes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import InitVar, dataclass
from typing import Any, ClassVar

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from .applied import Applied
from .init import constant as _constant
from .module import Module, static


@dataclass(repr=False, eq=False)
class ReLU(Applied):
    """Each element if it is positive, else 0.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.relu)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class ReLU6(Applied):
    """Each element within 0 and 6.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.relu6)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class LeakyReLU(Applied):
    """Each element x if it is positive, else ``negative_slope * x``.

    Args:
        negative_slope: the slope below 0.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.leaky_relu)
    negative_slope: float = static(default=0.01)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class ELU(Applied):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``: arXiv:1511.07289.

    Args:
        alpha: minus the limit at minus infinity.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.elu)
    alpha: float = static(default=1.0)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class SELU(Applied):
    """The self-normalising `ELU` of Klambauer et al., arXiv:1706.02515.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.selu)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class CELU(Applied):
    """``x`` where it is positive, else ``alpha * (exp(x / alpha) - 1)``: arXiv:1704.07483.

    Args:
        alpha: minus the limit at minus infinity.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.celu)
    alpha: float = static(default=1.0)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class GELU(Applied):
    """``x`` times the probability that a standard normal is below it: arXiv:1606.08415.

    Args:
        approximate: ``"none"``, or ``"tanh"`` for an approximation by a hyperbolic tangent.
    """

    function = staticmethod(F.gelu)
    approximate: str = static(default="none")


@dataclass(repr=False, eq=False)
class SiLU(Applied):
    """``x * sigmoid(x)``, also called swish.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.silu)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class Mish(Applied):
    """``x * tanh(softplus(x))``: arXiv:1908.08681.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.mish)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class Hardswish(Applied):
    """``x * clip(x + 3, 0, 6) / 6``: arXiv:1905.02244.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.hardswish)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class Hardsigmoid(Applied):
    """``clip(x + 3, 0, 6) / 6``.

    Args:
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.hardsigmoid)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class Hardtanh(Applied):
    """Each element within two bounds.

    Args:
        min_val: the lower bound.
        max_val: the upper bound.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.hardtanh)
    min_val: float = static(default=-1.0)
    max_val: float = static(default=1.0)
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class Hardshrink(Applied):
    """``x`` where its size is above a bound, else 0.

    Args:
        lambd: the bound.
    """

    function = staticmethod(F.hardshrink)
    lambd: float = static(default=0.5)


@dataclass(repr=False, eq=False)
class Softshrink(Applied):
    """``x`` brought nearer to 0 by a number, or to 0.

    Args:
        lambd: the number.
    """

    function = staticmethod(F.softshrink)
    lambd: float = static(default=0.5)


@dataclass(repr=False, eq=False)
class Tanhshrink(Applied):
    """``x - tanh(x)``."""

    function = staticmethod(F.tanhshrink)


@dataclass(repr=False, eq=False)
class Softsign(Applied):
    """``x / (1 + |x|)``."""

    function = staticmethod(F.softsign)


@dataclass(repr=False, eq=False)
class Softplus(Applied):
    """``log(1 + exp(beta x)) / beta``.

    Args:
        beta: how sharp the bend at 0 is.
        threshold: above this ``beta x`` the result is ``x`` itself, as in PyTorch.
    """

    function = staticmethod(F.softplus)
    beta: float = static(default=1.0)
    threshold: float = static(default=20.0)


@dataclass(repr=False, eq=False)
class Sigmoid(Applied):
    """``1 / (1 + exp(-x))``."""

    function = staticmethod(F.sigmoid)


@dataclass(repr=False, eq=False)
class LogSigmoid(Applied):
    """The logarithm of `Sigmoid`, without overflow."""

    function = staticmethod(F.logsigmoid)


@dataclass(repr=False, eq=False)
class Tanh(Applied):
    """The hyperbolic tangent."""

    function = staticmethod(F.tanh)


@dataclass(repr=False, eq=False)
class Threshold(Applied):
    """``x`` where it is above a threshold, else a value.

    Args:
        threshold: the threshold.
        value: what stands for what is not above.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    function = staticmethod(F.threshold)
    threshold: float = static()
    value: float = static()
    inplace: InitVar[bool] = False


@dataclass(repr=False, eq=False)
class GLU(Applied):
    """The first half along an axis times the sigmoid of the second half: arXiv:1612.08083.

    Args:
        dim: the axis that is halved.
    """

    function = staticmethod(F.glu)
    dim: int = static(default=-1)


@dataclass(repr=False, eq=False)
class RReLU(Applied):
    """``x`` where it is positive, else x times a slope that is random in training.

    Args:
        lower: the least slope.
        upper: the largest slope; when not training the slope is the middle of both.
        inplace: accepted for programs of PyTorch; a new array is returned all the same.
    """

    is_random: ClassVar[bool] = True
    function = staticmethod(F.rrelu)
    lower: float = static(default=1 / 8)
    upper: float = static(default=1 / 3)
    inplace: InitVar[bool] = False


def _guessed(input: Any, name: str) -> int:
    """Return the axis that PyTorch takes where none is named, with a warning as there."""
    ndim = len(input.shape)
    axis = 0 if ndim in (0, 1, 3) else 1
    warnings.warn(
        f"{name}: no dim is given, and axis {axis} is taken for an input of {ndim} axes, as in "
        f"PyTorch. Name it, as {name}(dim=-1)",
        UserWarning,
        stacklevel=3,
    )
    return axis


@dataclass(repr=False, eq=False)
class _Soft(Module):
    function: ClassVar[Callable[..., Any]]
    dim: int | None = static(default=None)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return numbers that sum to 1 along the axis, or their logarithms."""
        axis = _guessed(input, type(self).__name__) if self.dim is None else self.dim
        return type(self).function(input, axis)


@dataclass(repr=False, eq=False)
class Softmax(_Soft):
    """``exp(x)`` over its sum along an axis.

    Args:
        dim: the axis; None guesses it as PyTorch does, and warns.
    """

    function = staticmethod(F.softmax)


@dataclass(repr=False, eq=False)
class LogSoftmax(_Soft):
    """The logarithm of `Softmax`, without overflow.

    Args:
        dim: the axis; None guesses it as PyTorch does, and warns.
    """

    function = staticmethod(F.log_softmax)


@dataclass(repr=False, eq=False)
class Softmin(_Soft):
    """The `Softmax` of the negative input.

    Args:
        dim: the axis; None guesses it as PyTorch does, and warns.
    """

    function = staticmethod(F.softmin)


@dataclass(repr=False, eq=False)
class Softmax2d(Module):
    """`Softmax` over the channels of images."""

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return the softmax over axis -3 of ``(batch, channels, height, width)``."""
        if len(input.shape) not in (3, 4):
            raise ValueError(
                f"Softmax2d: input has shape {tuple(input.shape)}; expected (batch, channels, "
                "height, width), or the same without the batch"
            )
        return F.softmax(input, -3)


@dataclass(init=False, repr=False, eq=False)
class PReLU(Module):
    """``x`` where it is positive, else a learnt slope times x: arXiv:1502.01852.

    Args:
        num_parameters: one slope for all channels, or one for each of so many.
        init: what the slopes start with.
        dtype: the dtype of the slopes; `xgrad.get_default_dtype` if None.

    Attributes:
        weight: of shape ``(num_parameters,)``.
    """

    weight: Any

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, dtype: DType | None = None
    ) -> None:
        self.weight = _constant((num_parameters,), value=init, dtype=dtype)

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return an array of the shape of ``(batch, channels, ...)``."""
        return F.prelu(input, self.weight)
