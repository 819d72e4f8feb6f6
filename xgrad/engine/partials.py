"""Partial derivatives as the definition of an op states them, and how a walk multiplies by them.

A partial is a function ``f(xp, ...)`` of what it names, or one of three short forms, which save the
walk a pass or a call: the numbers 1 and -1, `factor` for a value as it is, `over` for one over
something.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from operator import itemgetter
from typing import Any


class factor:  # noqa: N801 - it reads as a word in a rule: `factor("x2")` is the partial x2
    """A partial derivative that is one of the op's own values: an argument, or ``out``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, xp: Any, value: Any) -> Any:
        """Return the partial derivative itself."""
        return value


class mask:  # noqa: N801 - it reads as a word in a rule: `mask(lambda xp, x, out: x == out)`
    """A partial derivative that is 1 where a condition holds and 0 elsewhere: a choice, no product.

    What is not chosen is zero, be it infinite or NaN.
    """

    def __init__(self, condition: Callable[..., Any]) -> None:
        self.condition = condition

    def __call__(self, xp: Any, *values: Any) -> Any:
        """Return the partial derivative itself."""
        return xp.where(self.condition(xp, *values), 1.0, 0.0)


class over:  # noqa: N801 - it reads as a word in a rule: `over(lambda xp, x: 1 + x)` is 1 / (1 + x)
    """A partial derivative that is one over something: dividing by it saves a pass.

    Where structural zeros must stay zero it is 1 / divisor, as any other partial.
    """

    def __init__(self, divisor: Callable[..., Any] | factor) -> None:
        self.divisor = divisor

    def __call__(self, xp: Any, *values: Any) -> Any:
        """Return the partial derivative itself."""
        divisor = self.divisor(xp, *values)
        try:
            return 1 / divisor
        except ZeroDivisionError:  # of Python's numbers; arrays divide by it
            return math.copysign(math.inf, divisor.real)


Partial = Callable[..., Any] | factor | mask | over | int


def names_of(f: Any, skip: int) -> list[str]:
    """Return what a rule asks for, after ``xp`` and whatever else comes first."""
    if isinstance(f, over):
        f = f.divisor
    if isinstance(f, mask):
        f = f.condition
    if isinstance(f, factor):
        return [f.name]
    return list(inspect.signature(f).parameters)[skip:] if callable(f) else []


def asking(names: list[str], keeps: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return ``ask(saved)``, the saved values of these names as arguments of a rule."""
    if not names:
        return lambda saved: ()
    if len(keeps) == 1:
        return lambda saved: (saved,)
    positions = [keeps.index(name) for name in names]
    if len(positions) == 1:
        (i,) = positions
        return lambda saved: (saved[i],)
    return itemgetter(*positions)


def reader(partial: Partial, keeps: tuple[str, ...]) -> Callable[[Any, Any], Any] | None:
    """Return ``read(xp, saved)``, the partial on saved values; None where nothing is multiplied."""
    if not callable(partial) or isinstance(partial, mask):
        return None
    f: Callable[..., Any] = partial
    names = names_of(f, 1)
    if names and len(keeps) == 1:
        return f
    positions = [keeps.index(name) for name in names]
    if len(positions) == 1:
        (i,) = positions
        return lambda xp, saved: f(xp, saved[i])
    if names and tuple(names) == keeps:
        return lambda xp, saved: f(xp, *saved)
    if len(positions) == 2:
        i, j = positions
        return lambda xp, saved: f(xp, saved[i], saved[j])
    ask = asking(names, keeps)
    return lambda xp, saved: f(xp, *ask(saved))


def applied(partial: Partial, keeps: tuple[str, ...]) -> Callable[[Any, Any, Any], Any]:
    """Return ``pull(xp, g, saved)``: a cotangent times a partial, in the fewest steps."""
    if not callable(partial):
        return (lambda xp, g, saved: g) if partial == 1 else (lambda xp, g, saved: -g)
    alone = len(keeps) == 1
    if isinstance(partial, factor):
        if alone:
            return lambda xp, g, saved: g * saved
        i = keeps.index(partial.name)
        return lambda xp, g, saved: g * saved[i]
    if isinstance(partial, mask):
        condition = partial.condition
        if tuple(names_of(condition, 1)) == keeps and not alone:
            return lambda xp, g, saved: xp.where(condition(xp, *saved), g, 0.0)
        choose: Any = reader(condition, keeps)
        return lambda xp, g, saved: xp.where(choose(xp, saved), g, 0.0)
    if isinstance(partial, over):
        if isinstance(partial.divisor, factor) and alone:
            return lambda xp, g, saved: g / saved
        divisor: Any = reader(partial.divisor, keeps)
        return lambda xp, g, saved: g / divisor(xp, saved)
    read: Any = reader(partial, keeps)
    return lambda xp, g, saved: g * read(xp, saved)
