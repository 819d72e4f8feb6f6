"""Warnings that a library gives inside xgrad, as NumPy's of ``log(-1)``: told of the user's line.

NumPy warns at the line that called it, which lies in xgrad. Nothing of an op's call is spent on
this: a warning is moved when Python comes to show it, once for each line of the user's, by the
filters that hold for that line.
"""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import Any

from .folding import ADAPTERS, HOOKS, OWN, is_ours

__all__ = ["install"]


def install() -> None:
    """Have warnings from inside xgrad told of the user's line, whoever shows or collects them."""
    before = getattr(warnings, "_showwarnmsg", None)
    if not HOOKS or before is None or getattr(before, "__module__", "") == __name__:
        return

    def show(message: Any) -> Any:
        if not is_ours(message.filename):
            return before(message)
        frame: FrameType | None = sys._getframe(1)
        inside, own = None, False
        while frame is not None and is_ours(name := frame.f_code.co_filename):
            inside = inside or (frame if name == message.filename else None)
            own = own or name.startswith((OWN, ADAPTERS))
            frame = frame.f_back
        if frame is None or inside is None or not own:
            return before(message)
        _forget(inside, message)
        names = frame.f_globals
        return warnings.warn_explicit(
            message.message,
            message.category,
            frame.f_code.co_filename,
            frame.f_lineno,
            names.get("__name__", "__main__"),
            names.setdefault("__warningregistry__", {}),
        )

    warnings._showwarnmsg = show  # type: ignore[attr-defined] # collectors replace the public one


def _forget(frame: FrameType, message: Any) -> None:
    """Let the line inside xgrad warn again: another line of the user's may lead there."""
    registry = frame.f_globals.get("__warningregistry__", {})
    registry.pop((str(message.message), message.category, message.lineno), None)
