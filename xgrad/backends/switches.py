"""The switches that code obeys besides its arguments: what they are set to decides what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["SWITCHES", "switch", "switches"]

Read = TypeVar("Read", bound=Callable[[], Any])

SWITCHES: list[Callable[[], Any]] = []
"""What tells how each switch stands here; what was recorded under other values does not hold."""


def switch(read: Read) -> Read:
    """Declare what tells how a switch stands."""
    SWITCHES.append(read)
    return read


def switches() -> tuple[Any, ...]:
    """Return how all switches stand here."""
    return tuple([read() for read in SWITCHES])
