"""Which arguments of a function to differentiate, as users say it."""

from __future__ import annotations

import operator
from collections.abc import Sequence

Argnums = int | Sequence[int]


def numbers_of(argnums: Argnums, what: str = "grad") -> tuple[int, ...]:
    """Return the positions to differentiate as a tuple; `what` asks for them."""
    if type(argnums) is int:
        return (argnums,)
    given = argnums if isinstance(argnums, (tuple, list, range, set)) else (argnums,)
    try:
        return tuple(map(operator.index, given))
    except TypeError:
        raise TypeError(
            f"{what}: argnums is {argnums!r:.60} of type {type(argnums).__qualname__}; expected a "
            "position, or a tuple of positions, counted from 0. The arguments of f come in a "
            f"second call: xgrad.{what}(f)(x)"
        ) from None


def missing(what: str, i: int, count: int) -> ValueError:
    """Return the error for a number in ``argnums`` that no argument has."""
    return ValueError(
        f"{what}: argnums has {i}, but f was called with {count} arguments by position; expected "
        "one of these, counted from 0. Arguments that are given by name are not differentiated"
    )


def twice(what: str, argnums: Sequence[int], count: int) -> ValueError:
    """Return the error of an argument that is named twice."""
    return ValueError(
        f"{what}: argnums is {tuple(argnums)} for {count} arguments, and names one twice; expected "
        "each once, since one of the gradients would be 0"
    )
