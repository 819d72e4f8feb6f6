"""Partial derivatives as the definition of an op states them, and how a walk multiplies by them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class over:  # noqa: N801 - it reads as a word in a rule: `over(lambda xp, x: x)` is 1 / x
    """A partial derivative that is one over something: dividing by it saves a pass.

    Where structural zeros must stay zero it is 1 / divisor, as any other partial.
    """

    def __init__(self, divisor: Callable[..., Any]) -> None:
        self.divisor = divisor
        self.__signature__ = inspect.signature(divisor)

    def __call__(self, xp: Any, *values: Any) -> Any:
        """Return the partial derivative itself."""
        return 1 / self.divisor(xp, *values)


Partial = Callable[..., Any] | over | int


def reader(f: Partial, positions: list[int], many: bool) -> Callable[..., Any] | None:
    """Return ``read(xp, saved)``, a rule on the saved values it names; None for the constant 1."""
    if not callable(f):
        return None
    if not positions:
        return lambda xp, saved: f(xp)
    if not many:
        return f
    if len(positions) == 1:
        i = positions[0]
        return lambda xp, saved: f(xp, saved[i])
    if len(positions) == 2:
        i, j = positions
        return lambda xp, saved: f(xp, saved[i], saved[j])
    return lambda xp, saved: f(xp, *[saved[i] for i in positions])


def names_of(f: Any, skip: int) -> list[str]:
    """Return what a rule asks for, after ``xp`` and whatever else comes first."""
    return list(inspect.signature(f).parameters)[skip:] if callable(f) else []


def applied(partial: Partial, positions: list[int], many: bool) -> Callable[..., Any]:
    """Return ``pull(xp, g, saved)``: a cotangent times a partial, in the fewest steps."""
    if not callable(partial):
        return (lambda xp, g, saved: g) if partial == 1 else (lambda xp, g, saved: -g)
    if isinstance(partial, over):
        divisor: Any = reader(partial.divisor, positions, many)
        if is_saved_itself(divisor):
            return lambda xp, g, saved: g / saved
        return lambda xp, g, saved: g / divisor(xp, saved)
    read: Any = reader(partial, positions, many)
    if is_saved_itself(read):
        return lambda xp, g, saved: g * saved
    return lambda xp, g, saved: g * read(xp, saved)


def is_product(partial: Partial, read: Any) -> bool:
    """Whether a partial must be called and multiplied by."""
    return callable(partial) and not isinstance(partial, over) and not is_saved_itself(read)


_SAVED_ITSELF = (lambda xp, value: value).__code__.co_code


def is_saved_itself(f: Any) -> bool:
    """Whether a rule is ``lambda xp, x: x``, and so needs no call."""
    return getattr(f, "__code__", None) is not None and f.__code__.co_code == _SAVED_ITSELF
