"""Networks in plain array code: `functional`, `init`, and modules that are pytrees.

>>> import xgrad as xg
>>> from xgrad import nn, optim
>>> model = nn.MLP([2, 16, 1], xg.tanh, rng=0)
>>> x = xg.random.default_rng(1).uniform(-1.0, 1.0, (64, 2))
>>> y = x[:, :1] * x[:, 1:]
>>> def loss(model):
...     return nn.functional.mse_loss(model(x), y)
>>> optimizer = optim.Optimizer(optim.Adam(lr=0.01), model)
>>> for _ in range(300):
...     model = optimizer.step(xg.grad(loss)(model))
>>> bool(loss(model) < 0.01)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import find
from . import functional, init
from .containers import MLP, Flatten, Function, Sequential
from .convolutional import Conv1d, Conv2d, Conv3d, ConvTranspose2d
from .layers import Dropout, Embedding, Linear
from .module import (
    Module,
    astype,
    buffer,
    frozen,
    merge,
    named_leaves,
    parameter_count,
    parameters,
    static,
    to_backend,
    trainable,
    trainable_mask,
)
from .normalising import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from .recurrent import GRU, LSTM, RNN, MultiHeadAttention

__all__ = [
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "BatchNorm",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "Function",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "Linear",
    "Module",
    "MultiHeadAttention",
    "RMSNorm",
    "Sequential",
    "astype",
    "buffer",
    "frozen",
    "functional",
    "init",
    "merge",
    "named_leaves",
    "parameter_count",
    "parameters",
    "static",
    "to_backend",
    "trainable",
    "trainable_mask",
]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
