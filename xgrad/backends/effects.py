"""Who must be told of effects: a program that is being recorded.

An op with an *effect* gives another result each time it is called with the same arguments, or
changes something besides its result: a random draw, a black box. Whatever is recorded to be run
again must run it again, in order. So code with an effect asks here whether somebody records.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

__all__ = ["Recorder", "recorder"]


class Recorder(Protocol):
    """What records a program."""

    def stream(self, generator: Any) -> Any:
        """Return what stands for the stream of a random generator, and records what is drawn."""

    def opaque(self, name: str, f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a black box on raw arrays, and record the call as one step."""

    def apart(self) -> None:
        """Let nothing recorded from here on be taken for what was recorded before."""

    def if_nan(self, found: list[Any], again: Callable[[], list[Any]]) -> list[Any]:
        """Return recorded arrays, in the place of which ``again()`` is to stand if one has NaN."""

    def mended(self, plain: Any, careful: Any, arrays: list[Any]) -> list[Any]:
        """Return the same of arrays on a tape, by ``plain(xp, arrays)`` and ``careful(...)``."""

    def has_values(self, x: Any) -> bool:
        """Whether the values of a recorded array may be looked at when the program runs."""


recorder: ContextVar[Recorder | None] = ContextVar("xgrad_recorder", default=None)
"""What records the code that is running, or None."""
