"""Schedules: the learning rate as a function of the number of updates so far.

Each is a few numbers that can be called, compared and pickled; a method takes one as its ``lr``.

    >>> from xgrad import optim
    >>> lr = optim.Warmup(optim.Cosine(0.1, steps=100), steps=10)
    >>> [round(lr(i), 4) for i in (0, 5, 10, 60, 110)]
    [0.0, 0.05, 0.1, 0.05, 0.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xgrad as xg

from ..errors.kinds import require_fields

Rate = float | Callable[[int], float]


def chosen(condition: Any, yes: Any, no: Any) -> Any:
    """Return one of two numbers: at once, or in a program where the count is an array."""
    return (
        xg.where(condition, yes, no)
        if isinstance(condition, xg.Array)
        else yes
        if condition
        else no
    )


def _at_most(x: Any, most: float) -> Any:
    return chosen(x < most, x, most)


def _at_least(x: Any, least: float) -> Any:
    return chosen(x > least, x, least)


def _between(start: float, end: float, part: Any) -> Any:
    """Return the point of half a cosine wave from `start` to `end`."""
    cos = xg.cos if isinstance(part, xg.Array) else math.cos
    return end + (start - end) / 2 * (1 + cos(math.pi * part))


def _require_positive(schedule: object, name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(
            f"{type(schedule).__name__}: {name} is {value}; expected a positive number"
        )


@dataclass(frozen=True)
class Step:
    """The rate times `gamma` once every `every` updates.

    Attributes:
        lr: the rate at the start.
        every: after how many updates it falls.
        gamma: the factor.
    """

    lr: float
    every: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        require_fields(self)
        _require_positive(self, "every", self.every)

    def __call__(self, count: Any) -> Any:
        """Return the rate after `count` updates."""
        return self.lr * self.gamma ** (count // self.every)


@dataclass(frozen=True)
class Exponential:
    """The rate times `gamma` in every update.

    Attributes:
        lr: the rate at the start.
        gamma: the factor.
    """

    lr: float
    gamma: float

    def __post_init__(self) -> None:
        require_fields(self)

    def __call__(self, count: Any) -> Any:
        """Return the rate after `count` updates."""
        return self.lr * self.gamma**count


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave down to `lr_min` in a number of steps: arXiv:1608.03983, eq. 5.

    Attributes:
        lr: the rate at the start.
        steps: after how many updates the end is reached.
        lr_min: the rate from then on.
    """

    lr: float
    steps: int
    lr_min: float = 0.0

    def __post_init__(self) -> None:
        require_fields(self)
        _require_positive(self, "steps", self.steps)

    def __call__(self, count: Any) -> Any:
        """Return the rate after `count` updates."""
        return _between(self.lr, self.lr_min, _at_most(count / self.steps, 1.0))


@dataclass(frozen=True)
class Warmup:
    """A straight line from a part of the rate up to it, then another schedule from its start.

    Attributes:
        lr: the rate after the line, or the schedule that follows.
        steps: how many updates the line takes.
        start_factor: the part of the rate at the start.
    """

    lr: Rate
    steps: int
    start_factor: float = 0.0

    def __post_init__(self) -> None:
        require_fields(self)
        _require_positive(self, "steps", self.steps)

    def __call__(self, count: Any) -> Any:
        """Return the rate after `count` updates."""
        after = self.lr(_at_least(count - self.steps, 0)) if callable(self.lr) else self.lr
        before = self.start_factor + (1 - self.start_factor) * count / self.steps
        return chosen(count >= self.steps, after, after * before)


@dataclass(frozen=True)
class OneCycle:
    """A cosine up from ``max_lr / div_factor``, then one down: Smith & Topin, arXiv:1708.07120.

    Attributes:
        max_lr: the highest rate.
        steps: the number of updates in all.
        pct_start: the part of them in which the rate rises.
        div_factor: the highest rate over the first one.
        final_div_factor: the first rate over the last one.
    """

    max_lr: float
    steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        require_fields(self)
        _require_positive(self, "steps", self.steps)
        if not 0 < self.pct_start < 1:
            raise ValueError(f"OneCycle: pct_start is {self.pct_start}; expected 0 to 1")

    def __call__(self, count: Any) -> Any:
        """Return the rate after `count` updates."""
        first = self.max_lr / self.div_factor
        top, last = max(self.pct_start * self.steps - 1, 0.0), self.steps - 1
        rise = _between(first, self.max_lr, count / (top or 1.0))
        part = _at_most((count - top) / max(last - top, 1.0), 1.0)
        fall = _between(self.max_lr, first / self.final_div_factor, part)
        return chosen(count < top, rise, fall)
