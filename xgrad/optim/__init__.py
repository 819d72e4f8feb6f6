"""Optimisation: gradient methods, L-BFGS, schedules and clipping, on pytrees of any backend.

A method is two pure functions, `Method.init` and `Method.update`; `Optimizer` is a thin object
around them that holds the model and the state.

    >>> import xgrad as xg
    >>> from xgrad import optim
    >>> method = optim.Adam(lr=0.1)
    >>> params = {"w": xg.asarray([1.0, -2.0])}
    >>> state = method.init(params)
    >>> for _ in range(200):
    ...     grads = xg.grad(lambda p: xg.sum(p["w"] ** 2))(params)
    ...     params, state = method.update(params, grads, state)
    >>> bool(xg.max(xg.abs(params["w"])) < 1e-3)
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import find
from .lbfgs import LBFGS, LBFGSState, Result
from .logs import CSVLog, TensorBoardLog
from .methods import SGD, Adagrad, Adam, AdamW, Lion, Method, RMSprop, State
from .norms import global_norm
from .optimizer import Optimizer, clip_by_global_norm, clip_by_value
from .scaling import LossScale
from .schedules import Cosine, Exponential, OneCycle, Step, Warmup

__all__ = [
    "LBFGS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CSVLog",
    "Cosine",
    "Exponential",
    "LBFGSState",
    "Lion",
    "LossScale",
    "Method",
    "OneCycle",
    "Optimizer",
    "RMSprop",
    "Result",
    "State",
    "Step",
    "TensorBoardLog",
    "Warmup",
    "clip_by_global_norm",
    "clip_by_value",
    "global_norm",
]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
