"""Modules made of modules and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from .layers import Linear
from .module import Module, generator, static


@dataclass(init=False, repr=False, eq=False)
class Function(Module):
    """A function without parameters as a module, as ``Function(F.relu)`` or ``Function(xg.tanh)``.

    To be pickled it must be one that is found by its name, not a lambda.
    """

    f: Callable[[Any], Any] = static()

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return ``f(input)``."""
        return self.f(input)


def as_module(x: Any) -> Module:
    """Return a module, also of a function."""
    return x if isinstance(x, Module) else Function(x)


@dataclass(init=False, repr=False, eq=False)
class Sequential(Module):
    """Modules and functions of one array, one after the other.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), xg.tanh, nn.Linear(3, 1, rng=1))
    >>> model
    Sequential()  # 13 parameters of float64
      layers.0: Linear(weight=3x2, bias=3)  # 9 parameters
      layers.1: Function(f=tanh)
      layers.2: Linear(weight=1x3, bias=1)  # 4 parameters
    >>> model(xg.ones((5, 2))).shape
    (5, 1)
    """

    layers: list[Module]

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        if len(layers) == 1 and isinstance(layers[0], (list, tuple, Mapping)):
            given = "*layers.values()" if isinstance(layers[0], Mapping) else "*layers"
            raise TypeError(
                f"Sequential: got a {type(layers[0]).__name__}; expected the layers one by one, as "
                f"in Sequential({given}), which numbers them"
            )
        self.layers = [as_module(x) for x in layers]

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
        """Return what the last layer returns."""
        for i, layer in enumerate(self.layers):
            try:
                input = layer(input, training=training, rng=rng)
            except Exception as error:
                self._explain(i, error)
                raise
        return input

    def update(
        self, input: Any, *, training: bool = True, rng: Generator | None = None
    ) -> tuple[Any, Sequential]:
        """Return the result, and the layers with what they learnt besides by gradients.

        Args:
            input: what the first layer gets.
            training: whether the layers are in training.
            rng: the generator, of `xgrad.random.default_rng`.

        Returns:
            The result of the last layer, and a new `Sequential`.
        """
        layers = []
        for i, layer in enumerate(self.layers):
            try:
                input, new = layer.update(input, training=training, rng=rng)
            except Exception as error:
                self._explain(i, error)
                raise
            layers.append(new)
        return input, self.replace(layers=layers)

    def _explain(self, i: int, error: Exception) -> None:
        """Say in an error's notes in which layer it came up."""
        outline = repr(self.layers[i]).partition("\n")[0].partition("  #")[0]
        error.add_note(f"in {type(self).__name__}, layers.{i}: {outline}")

    def layout_name(self, field: str, key: str | None = None) -> str:
        """Return the number of a layer, as PyTorch names it.

        Args:
            field: the field's name.
            key: the number.

        Returns:
            The number.
        """
        return key or field

    def __getitem__(self, i: Any) -> Any:
        return self.replace(layers=self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __setitem__(self, i: Any, layer: Any) -> NoReturn:
        """Raise: a module is not changed, but made anew."""
        raise TypeError(
            "Sequential: a layer is not replaced in place; write model = model.replace(layers=["
            "...]), with the others of model.layers"
        )

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

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
    MLP()  # 101,770 parameters of float64
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
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        if len(sizes) < 2:
            raise ValueError(f"MLP: sizes is {sizes}; expected at least an input and an output")
        rng = generator(rng)
        self.layers = [
            Linear(n, m, rng=rng, dtype=dtype, weight_init=weight_init) for n, m in pairwise(sizes)
        ]
        self.activation, self.dropout = activation, dropout

    def __call__(self, input: Any, *, training: bool = False, rng: Generator | None = None) -> Any:
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
