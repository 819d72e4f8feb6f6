"""Recurrent networks, and attention: layers over sequences."""

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


@dataclass(init=False, repr=False, eq=False)
class _Recurrent(Module):
    """A recurrent network of several layers, of which each has one or two directions.

    The lists hold one array for each layer and direction, forward before backward; `weight_hr` is
    empty but for an LSTM whose outputs are projected.
    """

    weight_ih: list[Any]
    weight_hh: list[Any]
    bias_ih: list[Any]
    bias_hh: list[Any]
    weight_hr: list[Any]
    hidden_size: int = static()
    num_layers: int = static()
    bidirectional: bool = static()
    batch_first: bool = static()
    dropout: float = static()

    gates = 1
    proj_size = 0

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng, shown = generator(rng), self.proj_size or hidden_size
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional, self.batch_first, self.dropout = bidirectional, batch_first, dropout
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = [], [], [], []
        self.weight_hr = []
        bound, rows = 1 / math.sqrt(hidden_size), self.gates * hidden_size

        def drawn(*shape: int) -> Any:
            return init.uniform(shape, rng, low=-bound, high=bound, dtype=dtype)

        directions = 1 + bidirectional
        for layer in range(num_layers):
            features = input_size if layer == 0 else directions * shown
            for _ in range(directions):
                self.weight_ih.append(drawn(rows, features))
                self.weight_hh.append(drawn(rows, shown))
                if bias:
                    self.bias_ih.append(drawn(rows))
                    self.bias_hh.append(drawn(rows))
                if self.proj_size:
                    self.weight_hr.append(drawn(self.proj_size, hidden_size))

    def layout_name(self, field: str, key: str | None = None) -> str:
        """Return PyTorch's name of an array, as ``weight_ih_l0_reverse``.

        Args:
            field: the field's name.
            key: the number of the layer and direction.

        Returns:
            The name.
        """
        layer, backward = divmod(int(key or 0), 1 + self.bidirectional)
        return f"{field}_l{layer}" + "_reverse" * backward

    def _start(self, x: Any, state: Any) -> list[Any]:
        """Return the state before the first step, for each layer and direction."""
        raise NotImplementedError

    def _step(self, x: Any, h: Any, state: Any, i: int) -> Any:
        """Return the state after a step: `x` is the input's part of the gates, `h` the state's."""
        raise NotImplementedError

    def _end(self, states: list[Any]) -> Any:
        """Return the states after the last step as one array, or a tuple of them."""
        raise NotImplementedError

    def _sequence(self, input: Any, state: Any, i: int) -> tuple[Any, Any]:
        """Return the outputs of one layer in one direction, and its last state."""
        W, U = self.weight_ih[i], xg.matrix_transpose(self.weight_hh[i])
        ahead = F.linear(input, W, self.bias_ih[i] if self.bias_ih else None)  # all steps at once
        backward = self.bidirectional and i % 2 == 1
        steps = range(input.shape[0])
        outs = []
        for t in reversed(steps) if backward else steps:
            h = xg.matmul(state[0], U)
            if self.bias_hh:
                h = h + self.bias_hh[i]
            state = self._step(ahead[t, ...], h, state, i)
            outs.append(state[0])
        return xg.stack(outs[::-1] if backward else outs, axis=0), state

    def __call__(
        self, input: Any, state: Any = None, *, training: bool = False, rng: Generator | None = None
    ) -> tuple[Any, Any]:
        """Return the last layer's output at each step, and every layer's last state.

        Args:
            input: of shape ``(steps, batch, features)``, or ``(batch, steps, features)`` if
                `batch_first`.
            state: the state before the first step, by default zeros; for an LSTM a pair ``(h, c)``.
                Each is of shape ``(layers * directions, batch, hidden_size)``.
            training: whether to drop out between layers.
            rng: the generator of the dropout.
        """
        name = type(self).__name__
        if len(input.shape) != 3:
            axes = "(batch, steps" if self.batch_first else "(steps, batch"
            raise ValueError(
                f"{name}: input has shape {tuple(input.shape)}; expected {axes}, features)"
            )
        require_last(input, self.weight_ih[0].shape[1], self)
        x = xg.permute_dims(input, (1, 0, 2)) if self.batch_first else input
        if not x.shape[0]:
            raise ValueError(f"{name}: input of shape {tuple(input.shape)} has no steps")
        states = self._start(x, state)
        directions, ends = 1 + self.bidirectional, []
        for layer in range(self.num_layers):
            if layer:
                x = F.dropout(x, self.dropout, training, rng)
            outs = []
            for i in range(layer * directions, (layer + 1) * directions):
                out, end = self._sequence(x, states[i], i)
                outs.append(out)
                ends.append(end)
            x = xg.concat(outs, axis=-1) if self.bidirectional else outs[0]
        x = xg.permute_dims(x, (1, 0, 2)) if self.batch_first else x
        return x, self._end(ends)

    def _parts(self, x: Any, state: Any, what: str) -> list[Any]:
        """Return a given state by layer and direction, or zeros."""
        count, weight = self.num_layers * (1 + self.bidirectional), self.weight_hh[0]
        like = weight[: self.hidden_size, 0] if what == "c" else weight[0, :]
        shape = (x.shape[1], like.shape[0])
        if state is None:
            return [xg.zeros_like(x[0, :, :1]) + xg.zeros_like(like)] * count
        if tuple(state.shape) != (count, *shape):
            raise ValueError(
                f"{type(self).__name__}: {what} has shape {tuple(state.shape)}; expected "
                f"{(count, *shape)}, (layers * directions, batch, features of the state)"
            )
        return [state[i, ...] for i in range(count)]


def known_nonlinearity(nonlinearity: str, module: Module) -> str:
    """Return the name of a nonlinearity, or say which there are."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(
            f"{type(module).__name__}: nonlinearity is {nonlinearity!r}; expected 'tanh' or 'relu'"
        )
    return nonlinearity


def rectified_or_tanh(x: Any, nonlinearity: str) -> Any:
    """Return what a nonlinearity makes of an array."""
    return xg.tanh(x) if nonlinearity == "tanh" else xg.relu(x)


class _Simple(_Recurrent):
    """A recurrent network whose state is its output alone."""

    def _start(self, x: Any, state: Any) -> list[Any]:
        return [(h,) for h in self._parts(x, state, "state")]

    def _end(self, states: list[Any]) -> Any:
        return xg.stack([h for (h,) in states], axis=0)


@dataclass(init=False, repr=False, eq=False)
class RNN(_Simple):
    """The simple recurrent network ``h = tanh(W x + b + U h + c)`` of Elman (1990).

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state and of the output.
        num_layers: how many layers lie one above the other.
        nonlinearity: ``"tanh"``, or ``"relu"`` in its place.
        bias: whether there are the biases b and c.
        batch_first: whether the input is ``(batch, steps, features)``, not ``(steps, batch,
            features)``.
        dropout: the probability of an element between layers to be set to 0 in training.
        bidirectional: whether each layer runs from the end too; the features of both are joined.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    nonlinearity: str = static()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        self.nonlinearity = known_nonlinearity(nonlinearity, self)
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            rng=rng,
            dtype=dtype,
        )

    def _step(self, x: Any, h: Any, state: Any, i: int) -> Any:
        return (rectified_or_tanh(x + h, self.nonlinearity),)


@dataclass(init=False, repr=False, eq=False)
class GRU(_Simple):
    """The gated recurrent unit of Cho et al., arXiv:1406.1078.

    ``r, z = sigmoid(...)``, ``n = tanh(W x + b + r (U h + c))`` and ``h = (1 - z) n + z h``; the
    rows of the weights are those of r, z and n.

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state and of the output.
        num_layers: how many layers lie one above the other.
        bias: whether there are the biases b and c.
        batch_first: whether the input is ``(batch, steps, features)``, not ``(steps, batch,
            features)``.
        dropout: the probability of an element between layers to be set to 0 in training.
        bidirectional: whether each layer runs from the end too; the features of both are joined.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> out, state = nn.GRU(3, 5, rng=0)(xg.ones((7, 2, 3)))
    >>> out.shape, state.shape
    ((7, 2, 5), (1, 2, 5))
    """

    gates = 3

    def _step(self, x: Any, h: Any, state: Any, i: int) -> Any:
        n = self.hidden_size
        rz = xg.sigmoid(x[:, : 2 * n] + h[:, : 2 * n])
        r, z = rz[:, :n], rz[:, n:]
        new = xg.tanh(x[:, 2 * n :] + r * h[:, 2 * n :])
        return (new + z * (state[0] - new),)


@dataclass(init=False, repr=False, eq=False)
class LSTM(_Recurrent):
    """The long short-term memory of Hochreiter & Schmidhuber (1997), with forget gates.

    ``i, f, o = sigmoid(...)``, ``g = tanh(...)``, ``c = f c + i g`` and ``h = o tanh(c)``; the rows
    of the weights are those of i, f, g and o.

    Args:
        input_size: the features of the input.
        hidden_size: the features of the state and of the output.
        num_layers: how many layers lie one above the other.
        bias: whether there are the biases b and c.
        batch_first: whether the input is ``(batch, steps, features)``, not ``(steps, batch,
            features)``.
        dropout: the probability of an element between layers to be set to 0 in training.
        bidirectional: whether each layer runs from the end too; the features of both are joined.
        proj_size: the features that h is projected to, fewer than `hidden_size`; 0 for no
            projection.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> out, (h, c) = nn.LSTM(3, 5, rng=0)(xg.ones((7, 2, 3)))
    >>> out.shape, h.shape, c.shape
    ((7, 2, 5), (1, 2, 5), (1, 2, 5))
    """

    gates = 4
    proj_size: int = static(default=0)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        if not 0 <= proj_size < hidden_size:
            raise ValueError(
                f"LSTM: proj_size is {proj_size}; expected less than hidden_size={hidden_size}, "
                "or 0 for no projection"
            )
        self.proj_size = proj_size
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            rng=rng,
            dtype=dtype,
        )

    def _start(self, x: Any, state: Any) -> list[Any]:
        h, c = (None, None) if state is None else state
        return list(zip(self._parts(x, h, "h"), self._parts(x, c, "c"), strict=True))

    def _step(self, x: Any, h: Any, state: Any, i: int) -> Any:
        z, n = x + h, self.hidden_size
        first, o = xg.sigmoid(z[:, : 2 * n]), xg.sigmoid(z[:, 3 * n :])
        c = first[:, n:] * state[1] + first[:, :n] * xg.tanh(z[:, 2 * n : 3 * n])
        h = o * xg.tanh(c)
        return (F.linear(h, self.weight_hr[i]) if self.weight_hr else h), c

    def _end(self, states: list[Any]) -> Any:
        return tuple(xg.stack(list(parts), axis=0) for parts in zip(*states, strict=True))
