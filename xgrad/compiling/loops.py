"""`scan`: a loop that carries something along, whose length does not matter to a program."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import xgrad

from .. import tree as trees
from ..arrays.array import Array
from ..custom.checkpoint import checkpoint
from ..engine.structures import difference
from .lazy import Lazy
from .rolled import roll
from .trace import Trace
from .unrolled import looped, pair

__all__ = ["scan"]

Tree = Any
"""A pytree of arrays, or None."""


def scan(
    step: Callable[[Tree, Tree], tuple[Tree, Tree]],
    carry: Tree,
    xs: Tree = None,
    length: int | None = None,
    *,
    schedule: str | Callable[[int], Any] | None = None,
    slots: int | None = None,
    disk: tuple[str | os.PathLike[str], int] | None = None,
) -> tuple[Tree, Tree]:
    """Return what is carried after all rounds of a loop, and what each round gave.

    It is the loop ``for x in xs: carry, y = step(carry, x)``. In a function that `xgrad.compile`
    records the body is recorded once, however often the loop goes round; so are the bodies of its
    derivatives.

    Args:
        step: ``step(carry, x)`` returns the next carry, of the same structure, shapes and dtypes,
            and a result of this round, a pytree or None.
        carry: the first carry, a pytree of arrays.
        xs: a pytree of arrays, of which each round is given a row; None for rounds without input.
        length: how many rounds, where `xs` does not say it.
        schedule: how to save memory in reverse mode: instead of every carry a few are kept, and
            the others computed again. ``"revolve"`` (Griewank & Walther, ACM TOMS 26 (2000), 19),
            ``"multistage"``, or a function of the number of rounds that returns a schedule of the
            package ``checkpoint_schedules``, which this needs.
            A compiled function goes back in segments instead, as many as there are slots, and
            keeps the carries of one of them besides.
        slots: how many carries are kept in memory with a schedule.
        disk: a folder and how many more carries are kept in it, with ``"multistage"``.

    Returns:
        The last carry, and the results of all rounds with an axis in front.

    Raises:
        ValueError: the number of rounds is not told, told in two ways, or zero; the carry changes
            its structure, shape or dtype; or the schedule's arguments do not fit each other.

    >>> import numpy as np, xgrad as xg
    >>> total, sums = xg.scan(lambda c, x: (c + x, c + x), np.asarray(0.0), np.arange(4.0))
    >>> float(total), sums.tolist()
    (6.0, [0.0, 1.0, 3.0, 6.0])
    >>> float(xg.grad(lambda a: xg.scan(lambda c, _: (c * a, None), a, length=9)[0])(1.0))
    10.0
    """
    rows, shape = trees.flatten(xs)
    count = _length(rows, length)
    if schedule is not None:
        from .schedules import maker, scheduled

        if Trace.now() is not None:
            maker(schedule, slots, disk)  # raises if they do not fit
            return _in_segments(step, carry, xs, count, slots or math.isqrt(count))

        return scheduled(step, carry, xs, count, schedule, slots, disk)
    if slots is not None or disk is not None:
        raise ValueError("scan: got slots= or disk= without schedule=; name a schedule, 'revolve'")
    if Trace.now() is not None and count > 1:
        first, structure = trees.flatten(carry)
        raws = [_lazy(x) for x in (*first, *rows)]
        if all(x is not None for x in raws):
            return _rolled(step, raws[: len(first)], structure, raws[len(first) :], shape, count)
    return looped(step, carry, xs, count)


def _length(rows: list[Any], length: int | None) -> int:
    """Return the number of rounds, which all sequences and `length` must agree on."""
    counts = {int(x.shape[0]) for x in rows if getattr(x, "shape", ())}
    if any(not getattr(x, "shape", ()) for x in rows):
        raise ValueError("scan: a leaf of xs has no axis; expected one row for each round")
    if length is not None:
        counts.add(length)
    if len(counts) != 1:
        got = f"lengths {sorted(counts)}" if counts else "neither xs nor length"
        raise ValueError(f"scan: got {got}; expected one number of rounds")
    (count,) = counts
    if count < 1:
        raise ValueError(f"scan: got {count} rounds; expected one or more")
    return count


def _in_segments(
    step: Callable[..., Any], carry: Any, xs: Any, count: int, slots: int
) -> tuple[Any, Any]:
    """Record the loop as one of so many segments, each of which is run again on the way back.

    A program has no room for a schedule that jumps back and forth; a loop of loops it can roll.
    """
    inner = -(-count // min(slots, count))
    outer, rest = divmod(count, inner)
    segment = checkpoint(lambda carry, rows: scan(step, carry, rows, inner))
    parts = []
    if rest:
        first = None if xs is None else trees.map(lambda x: x[:rest], xs)
        carry, ys = scan(step, carry, first, rest)
        parts.append(ys)
    rows = None
    if xs is not None:
        rows = trees.map(
            lambda x: xgrad.reshape(x[rest:], (outer, inner, *x.shape[1:])), trees.map(_lifted, xs)
        )
    carry, ys = scan(segment, carry, rows, outer)
    parts.append(trees.map(lambda y: xgrad.reshape(y, (outer * inner, *y.shape[2:])), ys))
    if len(parts) == 1:
        return carry, parts[0]
    return carry, trees.map(lambda a, b: xgrad.concat([a, b], axis=0), *parts)


def _lifted(x: Any) -> Array:
    return trees.as_array(x, "scan")


def _lazy(x: Any) -> Array | None:
    """Return a leaf as an `Array` of the program that is recorded; None if it is no such."""
    x = trees.as_array(x, "scan")
    if isinstance(x._raw, Lazy):
        return x  # type: ignore[no-any-return]
    trace = Trace.now()
    assert trace is not None
    from .recording import lazy_backend

    own = lazy_backend(trace.base)
    if not isinstance(x._raw, trace.base.array_types):
        return None  # a batch, say
    adopted: Array = own.adopt(x, None)
    return adopted


def _rolled(
    step: Callable[..., Any],
    carry: list[Any],
    structure: Any,
    rows: list[Any],
    shape: Any,
    count: int,
) -> tuple[Any, Any]:
    """Record the loop as one step of the program."""
    results: list[Any] = []

    def flat(carry: list[Array], rows: list[Array]) -> tuple[list[Array], list[Array]]:
        new, y = pair(step(structure.unflatten(carry), shape.unflatten(rows)))
        leaves, same = trees.flatten(new)
        if same != structure:
            raise ValueError(
                "scan: step must return a carry of the structure of the first one: "
                + difference(same, structure, "carry")
            )
        made, of_results = trees.flatten(y)
        results[:] = [of_results]
        return [_as_lazy(x) for x in leaves], [_as_lazy(x) for x in made]

    ends, made = roll(flat, carry, rows, count)
    return structure.unflatten(ends), results[0].unflatten(made)


def _as_lazy(x: Any) -> Array:
    found = _lazy(x)
    if found is None:
        raise TypeError(f"scan: step returned {x!r:.60}; expected arrays of one library")
    return found
