"""A model with the state of its training, and the clipping of gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import xgrad as xg

from .. import tree as trees
from ..distributed import Group, average
from ..errors.folding import told_as
from ..errors.kinds import of_kinds
from ..nn.module import trainable_mask
from ..ops.halves import widened
from .blocks import keep_freed
from .methods import Method, State
from .norms import global_norm
from .scaling import LossScale
from .shards import Shards

Model = TypeVar("Model")
"""A module, or another pytree of arrays."""


@of_kinds
def clip_by_global_norm(grads: Model, max_norm: float) -> tuple[Model, Any]:
    """Return gradients scaled down to a norm of at most `max_norm`, and the norm they had.

    Nothing waits for the device. The scale is ``max_norm / (norm + 1e-6)``, as PyTorch's:
    Pascanu et al., arXiv:1211.5063.

    Args:
        grads: a pytree of arrays; the norm is that of all their elements as one vector.
        max_norm: a positive number.

    Returns:
        A pytree of the same structure, and a 0-d array, of float32 if all gradients are halves.

    Raises:
        ValueError: if `max_norm` is not positive.

    >>> import numpy as np
    >>> from xgrad import optim
    >>> g, norm = optim.clip_by_global_norm({"w": np.asarray([3.0, 4.0])}, 1.0)
    >>> float(norm), g["w"].round(3).tolist()
    (5.0, [0.6, 0.8])
    """
    if not max_norm > 0:
        raise ValueError(f"clip_by_global_norm: max_norm is {max_norm}; expected a positive number")
    with told_as("clip_by_global_norm", "global_norm"):
        norm = global_norm(grads)
    return _clipped(grads, norm, max_norm), norm


def _clipped(grads: Any, norm: Any, max_norm: float) -> Any:
    """Return gradients scaled down to a norm of at most `max_norm`."""
    scale = xg.minimum(max_norm / (norm + 1e-6), 1.0)
    return xg.tree.map(lambda g: _scaled(g, scale), grads)


def _scaled(g: Any, scale: Any) -> Any:
    """Return an array times a number, in its dtype, of halves rounded once."""
    wide = widened(g)
    return xg.astype(wide * xg.astype(scale, wide.dtype, copy=False), g.dtype, copy=False)


@of_kinds
def clip_by_value(grads: Model, value: float) -> Model:
    """Return gradients with every element within ``[-value, value]``.

    Args:
        grads: a pytree of arrays.
        value: a positive number.

    Returns:
        A pytree of the same structure.

    Raises:
        ValueError: if `value` is not positive.
    """
    if not value > 0:
        raise ValueError(f"clip_by_value: value is {value}; expected a positive number")
    clipped: Model = xg.tree.map(lambda g: xg.clip(g, -value, value), grads)
    return clipped


class Optimizer(Generic[Model]):
    """A model with a method's state: what a training loop holds.

    Args:
        method: as ``Adam(lr=1e-3)``.
        model: a module, or any pytree of arrays.
        clip_norm: the largest global norm of the gradients, or None.
        clip_value: the largest size of an element of the gradients, or None.
        comm: the ranks of a distributed program, as `xgrad.distributed.use` gives them: each hands
            in the gradients of its own part of the data, and the step is made with their mean.
        shard_state: whether each rank holds only its part of the state, with `comm`.
        loss_scale: a `LossScale` for gradients of halves, or None.
        callback: is called after each update with its number and ``lr=`` and ``gradient_norm=``,
            before clipping; as a `CSVLog` or a `TensorBoardLog`.

    Attributes:
        model: the model as it is now.
        loss_scale: the `LossScale`, or None.
        state: the method's state, a pytree. Save both, and a run goes on where it stopped. One that
            is sharded is this rank's part; see `whole_state`.

    In the functional style gradients are handed in, and the new model is returned:

    >>> import xgrad as xg
    >>> from xgrad import optim
    >>> optimizer = optim.Optimizer(optim.SGD(lr=0.25), {"w": xg.asarray(2.0)})
    >>> model = optimizer.step(xg.grad(lambda m: m["w"] ** 2)(optimizer.model))
    >>> float(model["w"])
    1.0

    In the tensor style arrays with ``requires_grad`` hold their gradients, and are updated in
    place, as PyTorch does it:

    >>> w = xg.asarray(2.0, requires_grad=True)
    >>> optimizer = optim.Optimizer(optim.SGD(lr=0.25), w)
    >>> (w**2).backward()
    >>> _ = optimizer.step()
    >>> optimizer.zero_grad()
    >>> w.item(), w.grad
    (1.0, None)
    """

    def __init__(
        self,
        method: Method,
        model: Model,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        comm: Group | None = None,
        shard_state: bool = False,
        loss_scale: LossScale | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None:
        if not isinstance(method, Method):
            raise TypeError(
                f"Optimizer: method is {method!r:.60} of type {type(method).__qualname__}; "
                "expected one with its options, as in Optimizer(Adam(lr=0.01), model)"
            )
        self.method = method
        self.model: Model = model
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.loss_scale, self.callback = loss_scale, callback
        self.comm = comm
        if shard_state and comm is None:
            raise ValueError(
                "Optimizer: got shard_state=True without comm; expected the ranks that share the "
                "state, as comm=xgrad.distributed.use(...)"
            )
        self._shards = Shards(method, comm) if shard_state and comm is not None else None
        with xg.no_grad():
            self.state = (self._shards or method).init(model)
        keep_freed(trees.leaves(model))

    def step(self, grads: Any = None) -> Model:
        """Return the model after an update, which is also `model` from now on.

        Args:
            grads: the gradients, in the structure of the model. If None, those that ``backward``
                left in the model's arrays are taken, and the arrays are updated in place.

        Returns:
            The model, as it was if the loss scale found a gradient that is not finite.
        """
        with xg.no_grad():
            own = grads is None
            grads = self._held() if own else self._gathered(grads)
            if self._shards is not None:
                grads = self._shards.averaged(self.model, grads)
            elif self.comm is not None:
                grads = average(grads, self.comm)
            if self.loss_scale is not None:
                grads, is_finite = self.loss_scale.unscaled(grads)
                self.loss_scale.update(is_finite)
                if not is_finite:
                    return self.model
            told = {}
            if self.callback is not None:
                told = {"lr": self.lr, "gradient_norm": self._norm(grads)}
            if self.clip_value is not None:
                grads = clip_by_value(grads, self.clip_value)
            if self.clip_norm is not None:
                norm = self._norm(grads)
                grads = _clipped(grads, norm, self.clip_norm)
            method = self._shards or self.method
            model, self.state = method.update(self.model, grads, self.state)
            if own:
                new = trees.leaves(model)
                for p, q in zip(trees.leaves(self.model), new, strict=True):
                    if p is not q:
                        p[...] = q
            else:
                self.model = model
            if self.callback is not None:
                self.callback(int(self.state.count), **told)
        return self.model

    def _norm(self, grads: Any) -> Any:
        """Return the 2-norm of the gradients of what is trained."""
        if self._shards is not None:
            return self._shards.norm(grads)
        leaves, mask = trees.leaves(grads), trainable_mask(self.model)
        return global_norm([g for g, yes in zip(leaves, mask, strict=True) if yes] or leaves)

    def whole_state(self) -> State:
        """Return the state as one process would hold it, on every rank, for a file.

        Every rank has to call it if the state is sharded. A run on another number of ranks takes it
        by `set_whole_state`.
        """
        if self._shards is None:
            return self.state
        with xg.no_grad():
            return self._shards.gathered(self.model, self.state)

    def set_whole_state(self, state: State) -> None:
        """Go on from a state that is whole, as `whole_state` gives it; nothing is sent.

        Args:
            state: that of a model of the same structure, which each rank passes.
        """
        with xg.no_grad():
            self.state = state if self._shards is None else self._shards.scattered(state)

    def _gathered(self, grads: Any) -> Any:
        """Return gradients with those of an array in several places together in the first."""
        first = trees.ties(trees.leaves(self.model))
        leaves, structure = trees.flatten(grads)
        if len(leaves) != len(first) or first == list(range(len(first))):
            return grads
        sums = trees.gathered(leaves, first)
        return structure.unflatten(
            [g if first[i] == i else xg.zeros_like(g) for i, g in enumerate(sums)]
        )

    def scaled(self, loss: Any) -> Any:
        """Return a loss times the factor of the loss scale, by which `step` divides again."""
        return loss if self.loss_scale is None else loss * self.loss_scale.scale

    def _held(self) -> Any:
        """Return the gradients that the model's arrays hold, zeros where there is none."""
        leaves, structure = trees.flatten(self.model)
        if not any(isinstance(p, xg.Array) and p.grad is not None for p in leaves):
            raise ValueError(
                "Optimizer.step: got no gradients, and no array of the model holds one. Pass "
                "them, as step(xgrad.grad(loss)(model)), or call loss.backward() first"
            )
        first = trees.ties(leaves)
        return structure.unflatten(
            [
                xg.zeros_like(p) if getattr(p, "grad", None) is None or first[i] != i else p.grad
                for i, p in enumerate(leaves)
            ]
        )

    def zero_grad(self) -> None:
        """Forget the gradients that the model's arrays hold."""
        for p in trees.leaves(self.model):
            if isinstance(p, xg.Array):
                p.grad = None

    @property
    def lr(self) -> Any:
        """The learning rate of the next update, a float or a 0-d `Array`."""
        return self.method.rate(self.state.count)

    def __repr__(self) -> str:
        leaves = trees.leaves(self.model)
        own = [leaves[i] for i in sorted(set(trees.ties(leaves)))]
        count = sum(math.prod(getattr(x, "shape", ())) for x in own)
        return f"Optimizer({self.method}, {count:,} parameters, {int(self.state.count):,} updates)"
