"""First-order methods: each is a few numbers, and two pure functions.

``init(params)`` gives the state, and ``update(params, grads, state)`` the next parameters and
state. Parameters, gradients and state are pytrees; frozen arrays of modules stay as they are.
Nothing is changed in place and no value is looked at, so that an update runs on any device, and
derivatives flow through it, also from the learning rate. Of halves the state is held, and the step
made, in float32: there an epsilon of 1e-8 is not 0, and a square does not vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import xgrad as xg

from .. import tree as trees
from ..backends import is_inexact
from ..engine.structures import difference
from ..errors.kinds import by_name, require_fields
from ..nn.module import named_leaves, trainable_mask
from ..ops.elementwise import size_from_square
from ..ops.halves import widened
from . import blocks
from .numbers import beside, counts, decayed, gradient, mixed, shrunk
from .schedules import chosen

if TYPE_CHECKING:
    from ..arrays.types import ArrayLike

Rate: TypeAlias = "ArrayLike | Callable[[Any], Any]"
"""A learning rate: a number, a 0-d array that may be tracked, or a schedule that gives one."""

Slots = dict[str, Any]


def _pair(grads: Any, structure: Any) -> str:
    """Return what to do about a pair that holds the gradients, if it is one."""
    if type(grads) is not tuple or len(grads) != 2 or trees.flatten(grads[0])[1] != structure:
        return ""
    return (
        ". It is a pair, as clip_by_global_norm and value_and_grad return: take it apart, as in "
        "grads, norm = xgrad.optim.clip_by_global_norm(grads, 1.0)"
    )


_OF_OPTIMIZERS = frozenset("add_param_group load_state_dict param_groups step zero_grad".split())


@dataclass
class State:
    """What a method remembers: the number of updates, and arrays for each parameter, by name.

    Attributes:
        count: how many updates there were: a Python integer, and an array in a function that
            `xgrad.compile` records.
        slots: by kind (``"momentum"``, ``"square"``, ...), an array for each parameter's name.
    """

    count: Any = field(metadata={"counts": True})
    slots: dict[str, Slots]


def _ties(leaves: list[Any], trained: list[bool]) -> list[int]:
    """Return for each leaf the place of the first trained one that is the same array."""
    return trees.ties([x if t else object() for x, t in zip(leaves, trained, strict=True)])


@dataclass(frozen=True, kw_only=True)
class Method:
    """A first-order method.

    Attributes:
        lr: the learning rate, or a schedule; see `xgrad.optim.schedules`.
    """

    lr: Rate

    def __post_init__(self) -> None:
        require_fields(self)
        if not callable(self.lr):
            self._require("lr", self.lr, 0.0)

    if not TYPE_CHECKING:  # or else every attribute would pass a checker

        def __getattr__(self, name: str) -> Any:
            """Say where PyTorch's methods of an optimiser are."""
            text = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name in _OF_OPTIMIZERS:
                text += (
                    f". It is the rule alone: opt = xgrad.optim.Optimizer({type(self).__name__}("
                    "lr=...), model) holds the model, and has step(gradients); no "
                    "gradients are kept that would be set to zero"
                )
            raise AttributeError(text)

    def _require(self, name: str, value: Any, low: float, high: float = float("inf")) -> None:
        if not isinstance(value, xg.Array) and not low <= value < high:
            limit = f"{low} <= {name} < {high}"
            raise ValueError(f"{type(self).__name__}: {name} is {value}; expected {limit}")

    def _start(self, p: Any) -> Slots:
        """Return what is remembered of one parameter."""
        raise NotImplementedError

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        """Return one parameter and what is remembered of it after update number t = 1, 2, ..."""
        raise NotImplementedError

    def rate(self, count: Any) -> Any:
        """Return the learning rate of the update after `count` others."""
        rate: Any = self.lr(count) if callable(self.lr) else self.lr
        return rate if isinstance(rate, xg.Array) else float(rate)

    def init(self, params: Any) -> State:
        """Return the state before the first update."""
        slots: dict[str, Slots] = {}
        named, mask = named_leaves(params), trainable_mask(params)
        given = _arrays(named.values())
        first = _ties(given, mask)
        for i, (name, p) in enumerate(zip(named, given, strict=True)):
            if mask[i] and first[i] == i:
                for kind, value in self._start(widened(p)).items():
                    slots.setdefault(kind, {})[name] = value
        return State(0, slots)

    def update(self, params: Any, grads: Any, state: State) -> tuple[Any, State]:
        """Return the parameters after a step against the gradients, and the next state.

        Args:
            params: the parameters, a pytree; frozen ones stay as they are, and an array that stands
                in several places is one parameter, whose gradient is the sum of theirs.
            grads: their gradients, a pytree of the same structure.
            state: what `init` or the last update returned.

        Returns:
            New parameters and a new state; nothing is changed in place.

        Raises:
            ValueError: if the structures differ, or the state is that of another model.
            TypeError: if a parameter is of integers.
        """
        given, structure = trees.flatten(params)
        against, shape = trees.flatten(grads)
        if shape != structure:
            raise ValueError(
                f"{type(self).__name__}: the gradients must have the structure of the parameters: "
                f"{difference(shape, structure, 'grads')}{_pair(grads, structure)}"
            )
        given, against = _arrays(given), _arrays(against)
        lr, t = widened(self.rate(state.count)), state.count + 1
        mask = trainable_mask(params)
        first = _ties(given, mask)
        against = trees.gathered(against, first)
        slots: dict[str, Slots] = {kind: {} for kind in state.slots}
        result: list[Any] = []
        for i, (name, p, g) in enumerate(zip(named_leaves(params), given, against, strict=True)):
            if not mask[i] or first[i] != i:
                result.append(result[first[i]] if mask[i] else p)
                continue
            if not is_inexact(p._raw if isinstance(p, xg.Array) else p):
                raise TypeError(
                    f"{type(self).__name__}: the parameter {name!r} is of {p.dtype}, in which a "
                    "step is lost; expected floating-point numbers"
                )
            try:
                old = {kind: values[name] for kind, values in state.slots.items()}
            except KeyError:
                raise ValueError(
                    f"{type(self).__name__}: the state knows no parameter {name!r}; "
                    "it was made for another model, or that part was frozen. Call init again"
                ) from None
            q, new = self._step(widened(p), gradient(g), old, t, lr)
            result.append(xg.astype(q, p.dtype, copy=False))
            for kind, value in new.items():
                slots[kind][name] = value
        return structure.unflatten(result), State(t, slots)


def _arrays(leaves: Iterable[Any]) -> list[Any]:
    """Return leaves with arrays in the place of Python's numbers, as derivatives by them are."""
    return [trees.as_array(x, "")._raw if type(x) in (float, complex) else x for x in leaves]


@by_name
@dataclass(frozen=True, kw_only=True)
class SGD(Method):
    """Gradient descent, with momentum as PyTorch has it.

    ``b = momentum b + (1 - dampening) g`` and ``p = p - lr b``; with `nesterov` the step is along
    ``g + momentum b``: Sutskever et al. (2013), after Polyak (1964) and Nesterov (1983).

    Attributes:
        lr: the learning rate.
        momentum: how much of the last step is kept.
        dampening: how much of the gradient is left out of the momentum.
        weight_decay: is times the parameter added to its gradient.
        nesterov: whether to look ahead.
    """

    lr: Rate = 1e-3
    momentum: float = 0.0
    dampening: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("momentum", self.momentum, 0.0)
        self._require("weight_decay", self.weight_decay, 0.0)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("SGD: nesterov=True needs momentum > 0 and dampening = 0")

    def _start(self, p: Any) -> Slots:
        return {"momentum": xg.zeros_like(p)} if counts(self.momentum) else {}

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        g = decayed(p, g, self.weight_decay)
        if not counts(self.momentum):
            return p - beside(p, lr) * g, {}
        momentum, dampening = beside(p, self.momentum), widened(self.dampening)
        share = chosen(t == 1, 1.0, chosen(momentum == 0, 1.0, 1 - dampening))
        b = momentum * slots["momentum"] + beside(p, share) * g
        step = g + momentum * b if self.nesterov else b
        return p - beside(p, lr) * step, {"momentum": b}


@by_name
@dataclass(frozen=True, kw_only=True)
class Adam(Method):
    """Adaptive moments: Kingma & Ba, arXiv:1412.6980, algorithm 1.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``, and with both divided by ``1 - b^t``
    against their start at zero, ``p = p - lr m / (sqrt(v) + eps)``.

    Attributes:
        lr: the learning rate.
        betas: the decay of the mean and of the mean square of the gradients.
        eps: keeps the step finite where gradients are zero.
        weight_decay: is times the parameter added to its gradient; compare `AdamW`.
        amsgrad: whether to divide by the largest v so far: arXiv:1904.09237.
    """

    lr: Rate = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    amsgrad: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for i, beta in enumerate(self.betas):
            self._require(f"betas[{i}]", beta, 0.0, 1.0)
        self._require("eps", self.eps, 0.0)
        self._require("weight_decay", self.weight_decay, 0.0)

    def _start(self, p: Any) -> Slots:
        kinds = ("mean", "square", "largest") if self.amsgrad else ("mean", "square")
        return {kind: xg.zeros_like(p) for kind in kinds}

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        g = decayed(p, g, self.weight_decay)
        return self._adapted(p, g, slots, t, lr)

    def _adapted(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        b1, b2 = map(widened, self.betas)
        raws = None
        plain = not any(isinstance(x, xg.Array) for x in (lr, b1, b2, self.eps))
        if plain and isinstance(t, int) and not self.amsgrad:
            raws = blocks.raw_parts(p, g, slots["mean"], slots["square"])
        if raws is not None:
            root, rate = (1 - b2**t) ** -0.5, lr / (1 - b1**t)
            new_raws = blocks.adam(raws, self.betas, self.eps, root, rate)
            olds = (p, slots["mean"], slots["square"])
            q, mean, square = (
                xg.Array(x) if isinstance(old, xg.Array) else x
                for x, old in zip(new_raws, olds, strict=True)
            )
            return q, {"mean": mean, "square": square}
        new = {
            "mean": mixed(p, b1, slots["mean"], g),
            "square": mixed(p, b2, slots["square"], xg.square(g)),
        }
        square = new["square"]
        if self.amsgrad:
            square = new["largest"] = xg.maximum(slots["largest"], square)
        root = size_from_square(square) * beside(p, (1 - b2**t) ** -0.5) + beside(p, self.eps)
        return p - beside(p, lr / (1 - b1**t)) * (new["mean"] / root), new


@by_name
@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """`Adam` with decoupled weight decay: Loshchilov & Hutter, arXiv:1711.05101, algorithm 2.

    The parameter itself shrinks by ``1 - lr weight_decay`` in each step.

    Attributes:
        lr: the learning rate, or a schedule of it.
        betas: the decay of the mean and of the mean square of the gradients.
        eps: keeps the step finite where gradients are zero.
        weight_decay: how fast parameters shrink, in units of the rate.
        amsgrad: whether to divide by the largest v so far: arXiv:1904.09237.
    """

    weight_decay: float = 1e-2

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        return self._adapted(shrunk(p, lr, self.weight_decay), g, slots, t, lr)


@by_name
@dataclass(frozen=True, kw_only=True)
class Adagrad(Method):
    """Steps divided by the root of all squared gradients so far: Duchi et al., JMLR 12 (2011).

    ``s = s + g^2`` and ``p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)``.

    Attributes:
        lr: the learning rate, or a schedule of it.
        lr_decay: how fast the rate falls besides.
        weight_decay: is times the parameter added to its gradient.
        initial_accumulator_value: the s before the first step.
        eps: keeps the step finite where gradients are zero.
    """

    lr: Rate = 1e-2
    lr_decay: float = 0.0
    weight_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("lr_decay", "weight_decay", "initial_accumulator_value", "eps"):
            self._require(name, getattr(self, name), 0.0)

    def _start(self, p: Any) -> Slots:
        return {"sum": xg.full_like(p, self.initial_accumulator_value)}

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        g = decayed(p, g, self.weight_decay)
        s = slots["sum"] + xg.square(g)
        lr = lr / (1 + (t - 1) * widened(self.lr_decay))
        root = size_from_square(s) + beside(p, self.eps)
        return p - beside(p, lr) * (g / root), {"sum": s}


@by_name
@dataclass(frozen=True, kw_only=True)
class RMSprop(Method):
    """Steps divided by the root of the mean square of recent gradients: Tieleman & Hinton (2012).

    ``v = alpha v + (1 - alpha) g^2`` and ``p = p - lr g / (sqrt(v) + eps)``; if `centered`, the
    square of the mean gradient is subtracted from v (Graves, arXiv:1308.0850).

    Attributes:
        lr: the learning rate, or a schedule of it.
        alpha: the decay of the mean square.
        eps: keeps the step finite where gradients are zero.
        weight_decay: is times the parameter added to its gradient.
        momentum: how much of the last step is kept.
        centered: whether to divide by the root of the variance instead.
    """

    lr: Rate = 1e-2
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.0
    centered: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("alpha", "eps", "weight_decay", "momentum"):
            self._require(name, getattr(self, name), 0.0)

    def _start(self, p: Any) -> Slots:
        kinds = ["square", *["momentum"] * counts(self.momentum), *["mean"] * self.centered]
        return {kind: xg.zeros_like(p) for kind in kinds}

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        g = decayed(p, g, self.weight_decay)
        alpha = widened(self.alpha)
        v = mixed(p, alpha, slots["square"], xg.square(g))
        new = {"square": v}
        if self.centered:
            new["mean"] = slots["mean"] + beside(p, 1 - alpha) * (g - slots["mean"])
            v = xg.maximum(v - xg.square(new["mean"]), 0.0)  # rounding may bring it below
        step = g / (size_from_square(v) + beside(p, self.eps))
        if counts(self.momentum):
            step = new["momentum"] = beside(p, self.momentum) * slots["momentum"] + step
        return p - beside(p, lr) * step, new


@by_name
@dataclass(frozen=True, kw_only=True)
class Lion(Method):
    """Steps of one size, by the sign of a momentum: Chen et al., arXiv:2302.06675, algorithm 2.

    ``p = p - lr (sign(b1 m + (1 - b1) g) + weight_decay p)``, then ``m = b2 m + (1 - b2) g``.
    The learning rate is to be three to ten times smaller than that of `AdamW`.

    Attributes:
        lr: the learning rate, or a schedule of it.
        betas: the share of the momentum in the step, and its decay.
        weight_decay: how fast parameters shrink, in units of the rate.
    """

    lr: Rate = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for i, beta in enumerate(self.betas):
            self._require(f"betas[{i}]", beta, 0.0, 1.0)
        self._require("weight_decay", self.weight_decay, 0.0)

    def _start(self, p: Any) -> Slots:
        return {"mean": xg.zeros_like(p)}

    def _step(self, p: Any, g: Any, slots: Slots, t: Any, lr: Any) -> tuple[Any, Slots]:
        (b1, b2), m = map(widened, self.betas), slots["mean"]
        step = xg.sign(mixed(p, b1, m, g))
        p = shrunk(p, lr, self.weight_decay)
        return p - beside(p, lr) * step, {"mean": mixed(p, b2, m, g)}
