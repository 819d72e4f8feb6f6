"""A derivative that is zero because the result does not depend on the argument: said aloud."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection
from types import FrameType

from .. import errors
from ..arrays.node import LEFT, PARENTS, SERIAL, parents_of
from ..engine.frames import is_ours, is_public
from ..engine.record import Record

_DERIVED = ""
"""What `LEFT` holds where a derivative was taken that may well be constant, as of a line."""


def derived(record: Record) -> None:
    """Take note for an outer transform that a derivative by its variable was taken."""
    for node in record.leaves:
        if node[PARENTS] is not None:
            LEFT.append((_DERIVED, node[SERIAL]))
            return


def tell(
    record: Record, what: str, silenced: str = "", unmet: Collection[int] | None = None
) -> None:
    """Warn if the result of a recorded function does not depend on what it is derived by.

    The function is not called again: what it does besides would be done twice.

    Args:
        record: a run of the function.
        what: the transform that the user called.
        silenced: how to say to that transform that zeros are meant.
        unmet: the serial numbers of the leaves that no path leads to. By default all or none: where
            the result depends on one of them, nothing is looked for.
    """
    if unmet is None:
        if any(serial is not None for serial in record.serials):
            return
        unmet = [node[SERIAL] for node in record.leaves]
    missing = _arguments_in(record, set(unmet))
    if not missing:
        return
    since = min(node[SERIAL] for node in record.leaves)
    ways = [way for way, serial in LEFT if serial >= since]
    if ways[-1:] == [_DERIVED]:
        return
    left = list(dict.fromkeys(_public(way) for way in ways if way != _DERIVED))
    names = record.names()
    on = [names[i] if n == 1 else f"argument {number}" for number, i, n in missing]
    at = f"The tape was left at {', '.join(left)}." if left else "Nothing was computed from it."
    warnings.warn(
        f"{what}: the result does not depend on {' and '.join(on)}, so the derivative is zero. "
        f"{at} xgrad.grad(f, strict=True) raises instead, and names the line. If zero is meant, "
        f"{silenced}ignore xgrad.errors.ConstantResultWarning",
        errors.ConstantResultWarning,
        stacklevel=_levels(sys._getframe(1)),
    )


def _arguments_in(record: Record, unmet: set[int]) -> list[tuple[int, int, int]]:
    """Return which arguments have no other leaves than these: number, first leaf, count.

    One without entries has nothing to depend on.
    """
    missing, start = [], 0
    for number, structure in zip(record.argnums, record.structures, strict=True):
        count = structure.num_leaves
        serials = {n[SERIAL] for n in record.leaves[start : start + count]}
        if unmet >= serials and any(x.size for x in record.inputs[start : start + count]):
            missing.append((number, start, count))
        start += count
    return missing


def unmet(record: Record) -> list[int]:
    """Return the serial numbers of the leaves that are on no path to the result."""
    reached = {p[SERIAL] for node in record.path for p in parents_of(node)}
    reached.update(serial for serial in record.serials if serial is not None)
    return [node[SERIAL] for node in record.leaves if node[SERIAL] not in reached]


def _public(way: str) -> str:
    """Return the name of the public function of which a private op does a part."""
    name = way
    while "_" in name and not name.endswith("()") and not is_public(name):
        name = name.rpartition("_")[0]
    return name if is_public(name) else way


def _levels(frame: FrameType | None) -> int:
    """Return how many frames up the code is that called the library; the caller's own is 2."""
    count = 2
    while frame is not None and is_ours(frame):
        frame, count = frame.f_back, count + 1
    return count
