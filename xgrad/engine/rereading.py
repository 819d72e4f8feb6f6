"""Whether a rule runs a function again to see what it reads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["is_reading_again", "reading_again"]

_again: ContextVar[bool] = ContextVar("xgrad_reading_again", default=False)
is_reading_again = _again.get


@contextlib.contextmanager
def reading_again() -> Iterator[None]:
    """Ask for what is older, inside a ``with`` block, though the transform of it has ended."""
    token = _again.set(True)
    try:
        yield
    finally:
        _again.reset(token)
