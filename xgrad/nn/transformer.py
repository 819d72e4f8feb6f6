"""Encoders and decoders of Vaswani et al., arXiv:1706.03762, with PyTorch's parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xgrad as xg

from .. import tree as trees
from ..arrays.types import DType
from ..random import Generator
from . import functional as F
from . import init
from .attention import MultiheadAttention
from .layers import Linear
from .module import Module, generator, static
from .normalising import LayerNorm

Activation = str | Callable[[Any], Any]


def _activation(given: Activation, name: str) -> Callable[[Any], Any]:
    known: dict[Any, Callable[[Any], Any]] = {"relu": F.relu, "gelu": F.gelu}
    if given in known:
        return known[given]
    if not callable(given):
        raise ValueError(
            f"{name}: activation is {given!r}; expected 'relu', 'gelu' or a function of an array"
        )
    return given


class _Block(Module):
    """What the layers of encoders and decoders have in common."""

    dropout: float
    activation: Callable[[Any], Any]
    norm_first: bool

    def _drop(self, x: Any, training: bool, rng: Generator | None) -> Any:
        return F.dropout(x, self.dropout, training, rng)

    def _added(
        self, x: Any, norm: Module, f: Callable[[Any], Any], training: bool, rng: Generator | None
    ) -> Any:
        """Return an array with what a function makes of it added, normalised before or after."""
        if self.norm_first:
            return x + self._drop(f(norm(x)), training, rng)
        return norm(x + self._drop(f(x), training, rng))


@dataclass(init=False, repr=False, eq=False)
class TransformerEncoderLayer(_Block):
    """Attention of a sequence to itself, and two linear maps, each with a residual and a norm.

    Args:
        d_model: the features.
        nhead: how many heads attend, a divisor of `d_model`.
        dim_feedforward: the features between the two linear maps.
        dropout: the probability of an element to be dropped in training.
        activation: what stands between the linear maps: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: is added to variances.
        batch_first: whether arrays are ``(batch, steps, features)``.
        norm_first: whether each part normalises its input, and not its result.
        bias: whether linear maps and norms have a bias.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.

    >>> import xgrad as xg
    >>> from xgrad import nn
    >>> nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=0)(xg.ones((3, 5, 8))).shape
    (3, 5, 8)
    """

    self_attn: MultiheadAttention
    linear1: Linear
    linear2: Linear
    norm1: LayerNorm
    norm2: LayerNorm
    dropout: float = static()
    activation: Callable[[Any], Any] = static()
    norm_first: bool = static()

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, rng=rng, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, rng=rng, dtype=dtype)
        self.linear2 = Linear(dim_feedforward, d_model, bias, rng=rng, dtype=dtype)
        self.norm1, self.norm2 = (
            LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype) for _ in range(2)
        )
        self.dropout, self.norm_first = dropout, norm_first
        self.activation = _activation(activation, type(self).__name__)

    def __call__(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape of the sequence.

        Args:
            src: of shape ``(steps, batch, d_model)``; ``(batch, steps, d_model)`` if `batch_first`.
            src_mask: where a step may not look, as in `MultiheadAttention`.
            src_key_padding_mask: which steps are none, of shape ``(batch, steps)``.
            is_causal: whether step i sees only those up to i.
            training: whether to drop elements out.
            rng: the generator of the dropout.
        """

        def attended(x: Any) -> Any:
            return self.self_attn(
                *(x, x, x, src_key_padding_mask, False, src_mask),
                is_causal=is_causal,
                training=training,
                rng=rng,
            )[0]

        x = self._added(src, self.norm1, attended, training, rng)
        return self._added(x, self.norm2, lambda x: self._fed(x, training, rng), training, rng)

    def _fed(self, x: Any, training: bool, rng: Generator | None) -> Any:
        return self.linear2(self._drop(self.activation(self.linear1(x)), training, rng))


@dataclass(init=False, repr=False, eq=False)
class TransformerDecoderLayer(_Block):
    """`TransformerEncoderLayer` with an attention to another sequence in between.

    Args:
        d_model: the features.
        nhead: how many heads attend, a divisor of `d_model`.
        dim_feedforward: the features between the two linear maps.
        dropout: the probability of an element to be dropped in training.
        activation: what stands between the linear maps: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: is added to variances.
        batch_first: whether arrays are ``(batch, steps, features)``.
        norm_first: whether each part normalises its input, and not its result.
        bias: whether linear maps and norms have a bias.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    linear1: Linear
    linear2: Linear
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout: float = static()
    activation: Callable[[Any], Any] = static()
    norm_first: bool = static()

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        self.self_attn, self.multihead_attn = (
            MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, rng=rng, dtype=dtype
            )
            for _ in range(2)
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, rng=rng, dtype=dtype)
        self.linear2 = Linear(dim_feedforward, d_model, bias, rng=rng, dtype=dtype)
        self.norm1, self.norm2, self.norm3 = (
            LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype) for _ in range(3)
        )
        self.dropout, self.norm_first = dropout, norm_first
        self.activation = _activation(activation, type(self).__name__)

    def __call__(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape of the sequence that is decoded.

        Args:
            tgt: the sequence, of shape ``(steps, batch, d_model)``; ``(batch, steps, d_model)`` if
                `batch_first`.
            memory: the sequence that is looked at, as an encoder returns it.
            tgt_mask: where a step may not look in `tgt`.
            memory_mask: where a step may not look in `memory`.
            tgt_key_padding_mask: which steps of `tgt` are none, of shape ``(batch, steps)``.
            memory_key_padding_mask: which steps of `memory` are none.
            tgt_is_causal: whether step i sees of `tgt` only what is up to i.
            memory_is_causal: whether step i sees of `memory` only what is up to i.
            training: whether to drop elements out.
            rng: the generator of the dropout.
        """

        def looked(x: Any) -> Any:
            return self.self_attn(
                *(x, x, x, tgt_key_padding_mask, False, tgt_mask),
                is_causal=tgt_is_causal,
                training=training,
                rng=rng,
            )[0]

        def remembered(x: Any) -> Any:
            return self.multihead_attn(
                *(x, memory, memory, memory_key_padding_mask, False, memory_mask),
                is_causal=memory_is_causal,
                training=training,
                rng=rng,
            )[0]

        def fed(x: Any) -> Any:
            return self.linear2(self._drop(self.activation(self.linear1(x)), training, rng))

        x = self._added(tgt, self.norm1, looked, training, rng)
        x = self._added(x, self.norm2, remembered, training, rng)
        return self._added(x, self.norm3, fed, training, rng)


def _copies(layer: Module, count: int) -> list[Module]:
    """Return a layer several times, each with arrays of its own and the same numbers."""
    return [trees.map(lambda x: xg.asarray(x, copy=True), layer) for _ in range(count)]


@dataclass(init=False, repr=False, eq=False)
class TransformerEncoder(Module):
    """Several `TransformerEncoderLayer`, one after the other.

    Args:
        encoder_layer: the layer, of which there are copies with the same initial weights, as in
            PyTorch.
        num_layers: how many there are.
        norm: a norm at the end, or None.
    """

    layers: list[Module]
    norm: Module | None

    def __init__(
        self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        self.layers, self.norm = _copies(encoder_layer, num_layers), norm

    def __call__(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape of the sequence; the arguments are those of each layer.

        Args:
            src: the sequence.
            mask: where a step may not look.
            src_key_padding_mask: which steps are none.
            is_causal: whether step i sees only those up to i.
            training: whether to drop elements out.
            rng: the generator of the dropout.
        """
        for layer in self.layers:
            src = layer(
                src, mask, src_key_padding_mask, is_causal=is_causal, training=training, rng=rng
            )
        return src if self.norm is None else self.norm(src)


@dataclass(init=False, repr=False, eq=False)
class TransformerDecoder(Module):
    """Several `TransformerDecoderLayer`, one after the other.

    Args:
        decoder_layer: the layer, of which there are copies with the same initial weights, as in
            PyTorch.
        num_layers: how many there are.
        norm: a norm at the end, or None.
    """

    layers: list[Module]
    norm: Module | None

    def __init__(
        self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        self.layers, self.norm = _copies(decoder_layer, num_layers), norm

    def __call__(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        *,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape of the sequence that is decoded.

        Args:
            tgt: the sequence.
            memory: the sequence that is looked at.
            tgt_mask: where a step may not look in `tgt`.
            memory_mask: where a step may not look in `memory`.
            tgt_key_padding_mask: which steps of `tgt` are none.
            memory_key_padding_mask: which steps of `memory` are none.
            tgt_is_causal: whether step i sees of `tgt` only what is up to i.
            memory_is_causal: whether step i sees of `memory` only what is up to i.
            training: whether to drop elements out.
            rng: the generator of the dropout.
        """
        for layer in self.layers:
            tgt = layer(
                *(tgt, memory, tgt_mask, memory_mask),
                *(tgt_key_padding_mask, memory_key_padding_mask),
                *(tgt_is_causal, memory_is_causal),
                training=training,
                rng=rng,
            )
        return tgt if self.norm is None else self.norm(tgt)


@dataclass(init=False, repr=False, eq=False)
class Transformer(Module):
    """An encoder of one sequence and a decoder of another one.

    Args:
        d_model: the features.
        nhead: how many heads attend, a divisor of `d_model`.
        num_encoder_layers: how many layers the encoder has.
        num_decoder_layers: how many layers the decoder has.
        dim_feedforward: the features between the two linear maps of a layer.
        dropout: the probability of an element to be dropped in training.
        activation: what stands between the linear maps: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: is added to variances.
        batch_first: whether arrays are ``(batch, steps, features)``.
        norm_first: whether each part normalises its input, and not its result.
        bias: whether linear maps and norms have a bias.
        rng: a generator, or the seed of one, for the initial weights; by chance if None.
        dtype: the dtype of the parameters; `xgrad.get_default_dtype` if None.
    """

    encoder: TransformerEncoder
    decoder: TransformerDecoder

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rng: Generator | int | None = None,
        dtype: DType | None = None,
    ) -> None:
        rng = generator(rng)
        options: Any = (dim_feedforward, dropout, activation, layer_norm_eps)
        more: Any = (batch_first, norm_first, bias)

        def made(cls: Any, stack: Any, count: int) -> Any:
            layers = [
                cls(d_model, nhead, *options, *more, rng=rng, dtype=dtype) for _ in range(count)
            ]
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            out = stack(layers[0], 0, norm)
            out.layers = layers
            for layer in layers:
                _spread(layer, rng, dtype)
            return out

        if min(num_encoder_layers, num_decoder_layers) < 1:
            raise ValueError(
                f"Transformer: got {num_encoder_layers} and {num_decoder_layers} layers; expected "
                "at least one of each"
            )
        self.encoder = made(TransformerEncoderLayer, TransformerEncoder, num_encoder_layers)
        self.decoder = made(TransformerDecoderLayer, TransformerDecoder, num_decoder_layers)

    def __call__(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        *,
        src_is_causal: bool = False,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        training: bool = False,
        rng: Generator | None = None,
    ) -> Any:
        """Return an array of the shape of the sequence that is decoded.

        Args:
            src: the sequence that is encoded.
            tgt: the sequence that is decoded.
            src_mask: where a step may not look in `src`.
            tgt_mask: where a step may not look in `tgt`.
            memory_mask: where a step of `tgt` may not look in the encoded sequence.
            src_key_padding_mask: which steps of `src` are none.
            tgt_key_padding_mask: which steps of `tgt` are none.
            memory_key_padding_mask: which steps of the encoded sequence are none.
            src_is_causal: whether step i of `src` sees only those up to i.
            tgt_is_causal: whether step i of `tgt` sees only those up to i.
            memory_is_causal: whether step i of `tgt` sees of the encoded sequence only those up to
                i.
            training: whether to drop elements out.
            rng: the generator of the dropout.
        """
        memory = self.encoder(
            *(src, src_mask, src_key_padding_mask, src_is_causal), training=training, rng=rng
        )
        return self.decoder(
            *(tgt, memory, tgt_mask, memory_mask),
            *(tgt_key_padding_mask, memory_key_padding_mask),
            *(tgt_is_causal, memory_is_causal),
            training=training,
            rng=rng,
        )


def _spread(layer: Any, rng: Any, dtype: Any) -> None:
    """Draw every matrix of a new layer anew, as PyTorch's `Transformer` does."""
    for part in vars(layer).values():
        if isinstance(part, Linear):
            part.weight = init.xavier_uniform(tuple(part.weight.shape), rng, dtype=dtype)
        elif isinstance(part, MultiheadAttention):
            out = part.out_proj
            out.weight = init.xavier_uniform(tuple(out.weight.shape), rng, dtype=dtype)
