"""Loss scaling: gradients of halves kept from vanishing."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, field
from typing import Any

import xgrad as xg

from .. import tree as trees


@dataclass(kw_only=True)
class LossScale:
    """A factor of the loss that grows until gradients overflow: Micikevicius et al. (2018).

    A cotangent of float16 below 6e-8 is 0, so that small gradients vanish on their way. The loss
    times a large number has gradients that are as much larger; a step divides them again. Where one
    is infinite or NaN the step is left out, and the factor shrinks.

    Attributes:
        scale: the factor.
        growth_factor: by what it grows.
        backoff_factor: by what it shrinks.
        growth_interval: after how many steps without an overflow it grows.
        steps: how many there were since.
        skipped: how many steps were left out in all.

    It belongs to an `Optimizer`, whose `step` then does all this:

    >>> import xgrad as xg
    >>> from xgrad import nn, optim
    >>> import xgrad.nn.functional as F
    >>> with xg.default_dtype("float32"):
    ...     model = nn.Autocast(nn.MLP([2, 8, 1], xg.tanh, rng=0), "float16")
    ...     x = xg.random.default_rng(0).normal(size=(16, 2))
    >>> optimizer = optim.Optimizer(optim.Adam(), model, loss_scale=optim.LossScale())
    >>> def loss(model):
    ...     return optimizer.scaled(F.mse_loss(model(x)[:, 0], x[:, 0]))
    >>> model = optimizer.step(xg.grad(loss)(model))
    >>> optimizer.loss_scale.scale, optimizer.loss_scale.skipped
    (32768.0, 0)
    """

    scale: float = 2.0**15
    growth_factor: float = 2.0
    backoff_factor: float = 0.5
    growth_interval: int = 2000
    steps: int = field(default=0)
    skipped: int = field(default=0)

    def __post_init__(self) -> None:
        if not self.scale > 0 or not self.growth_factor >= 1 or not 0 < self.backoff_factor < 1:
            raise ValueError(
                f"LossScale: got scale {self.scale}, growth_factor {self.growth_factor} and "
                f"backoff_factor {self.backoff_factor}; expected positive, at least 1, and below 1"
            )

    def unscaled(self, grads: Any) -> tuple[Any, bool]:
        """Return gradients divided by the factor, and whether all are finite, which waits for them.

        Args:
            grads: a pytree of gradients of a loss that was multiplied.

        Returns:
            A pytree of the same structure, and a bool of Python.
        """
        inverse = 1.0 / self.scale
        out = xg.tree.map(lambda g: g * inverse, grads)
        finite = [xg.all(xg.isfinite(g)) for g in trees.leaves(grads)]
        return out, bool(functools.reduce(operator.and_, finite)) if finite else True

    def update(self, is_finite: bool) -> None:
        """Grow or shrink, by whether the last gradients were finite."""
        if not is_finite:
            self.scale = max(self.scale * self.backoff_factor, 2.0**-24)
            self.steps, self.skipped = 0, self.skipped + 1
            return
        self.steps += 1
        if self.steps >= self.growth_interval:
            self.scale = min(self.scale * self.growth_factor, 2.0**30)
            self.steps = 0
