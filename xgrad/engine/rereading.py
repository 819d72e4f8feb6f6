"""Whether a rule runs a function again to see what it reads."""

from __future__ import annotations

from contextvars import ContextVar

__all__ = ["reading_again"]

reading_again: ContextVar[bool] = ContextVar("xgrad_reading_again", default=False)
"""While it does, what is older is asked for, though the transform that it is of has ended."""
