"""Switching the tape off: for a block of code, or for a value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from .. import tree as trees
from ..arrays.array import Array
from ..arrays.node import LEFT, left
from ..engine import tape

T = TypeVar("T")


@contextlib.contextmanager
def no_grad() -> Iterator[None]:
    """Switch recording off, as a context manager or a decorator.

    >>> import xgrad as xg
    >>> w = xg.asarray(1.0, requires_grad=True)
    >>> with xg.no_grad():
    ...     (w * 2).is_tracked
    False
    """
    if tape.is_recording():
        LEFT.append(("no_grad()", tape.next_serial()))
    with tape.recording(False):
        yield


def stop_gradient(x: T) -> T:
    """Return `x`, an array or pytree, as a constant: no derivative flows through it."""
    out: T = trees.map(_stopped, x)
    return out


def _stopped(leaf: object) -> object:
    if not isinstance(leaf, Array):
        return leaf
    if leaf._node is not None:
        left("stop_gradient", leaf._node)
    return Array(leaf._raw)
