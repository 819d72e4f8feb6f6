"""Recurrent cells: one step of the networks of `recurrent`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import xgrad as xg

from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .layers import require_last
from .module import Module, generator, static
from .recurrent import known_nonlinearity, rectified_or_tanh


@dataclass(init=False, repr=False, eq=False)
class _Cell(Module):
    weight_ih: Any
    weight_hh: Any
    bias_ih: Any
    bias_hh: Any
    hidden_size: int = static()

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        bound, rows = 1 / math.sqrt(hidden_size), self.gates * hidden_size

        def drawn(*shape: int) -> Any:
            return init.uniform(shape, rng, low=-bound, high=bound, dtype=dtype)

        self.hidden_size = hidden_size
        self.weight_ih, self.weight_hh = drawn(rows, input_size), drawn(rows, hidden_size)
        self.bias_ih, self.bias_hh = (drawn(rows), drawn(rows)) if bias else (None, None)

    def _state(self, input: Any, state: Any) -> Any:
        """Return a given state, or zeros."""
        name, shape = type(self).__name__, (*input.shape[:-1], self.hidden_size)
        if len(input.shape) not in (1, 2):
            raise ValueError(
                f"{name}: input has shape {tuple(input.shape)}; expected (batch, features), or "
                "(features,)"
            )
        require_last(input, self.weight_ih.shape[1], self)
        if state is None:
            return xg.zeros_like(input[..., :1]) + xg.zeros_like(self.weight_hh[0, :])
        if tuple(state.shape) != shape:
            raise ValueError(f"{name}: state has shape {tuple(state.shape)}; expected {shape}")
        return state

    def _parts(self, input: Any, h: Any) -> tuple[Any, Any]:
        """Return the input's and the state's parts of the gates."""
        return F.linear(input, self.weight_ih, self.bias_ih), F.linear(
            h, self.weight_hh, self.bias_hh
        )


@dataclass(init=False, repr=False, eq=False)
class RNNCell(_Cell):
    """One step ``h = tanh(W x + b + U h + c)`` of an `RNN`.

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state.
        bias: whether there are the biases b and c.
        nonlinearity: ``"tanh"``, or ``"relu"`` in its place.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    nonlinearity: str = static()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        self.nonlinearity = known_nonlinearity(nonlinearity, self)
        super().__init__(input_size, hidden_size, bias, rng=rng, dtype=dtype)

    def __call__(
        self, input: Any, state: Any = None, *, training: bool = False, rng: Generator | None = None
    ) -> Any:
        """Return the state after a step.

        Args:
            input: of shape ``(batch, input_size)`` or ``(input_size,)``.
            state: the state before, of shape ``(batch, hidden_size)``; zeros if None.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        x, h = self._parts(input, self._state(input, state))
        return rectified_or_tanh(x + h, self.nonlinearity)


@dataclass(init=False, repr=False, eq=False)
class GRUCell(_Cell):
    """One step of a `GRU`.

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state.
        bias: whether there are biases.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    gates = 3

    def __call__(
        self, input: Any, state: Any = None, *, training: bool = False, rng: Generator | None = None
    ) -> Any:
        """Return the state after a step.

        Args:
            input: of shape ``(batch, input_size)`` or ``(input_size,)``.
            state: the state before, of shape ``(batch, hidden_size)``; zeros if None.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        state, n = self._state(input, state), self.hidden_size
        x, h = self._parts(input, state)
        r = xg.sigmoid(x[..., :n] + h[..., :n])
        z = xg.sigmoid(x[..., n : 2 * n] + h[..., n : 2 * n])
        new = xg.tanh(x[..., 2 * n :] + r * h[..., 2 * n :])
        return new + z * (state - new)


@dataclass(init=False, repr=False, eq=False)
class LSTMCell(_Cell):
    """One step of an `LSTM`.

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state.
        bias: whether there are biases.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    gates = 4

    def __call__(
        self, input: Any, state: Any = None, *, training: bool = False, rng: Generator | None = None
    ) -> tuple[Any, Any]:
        """Return the states ``(h, c)`` after a step.

        Args:
            input: of shape ``(batch, input_size)`` or ``(input_size,)``.
            state: the pair before, each of shape ``(batch, hidden_size)``; zeros if None.
            training: not used; here so that all modules are called alike.
            rng: not used either.
        """
        h, c = (None, None) if state is None else state
        h, c, n = self._state(input, h), self._state(input, c), self.hidden_size
        x, h = self._parts(input, h)
        z = x + h
        i, f, o = (xg.sigmoid(z[..., k * n : (k + 1) * n]) for k in (0, 1, 3))
        c = f * c + i * xg.tanh(z[..., 2 * n : 3 * n])
        return o * xg.tanh(c), c
