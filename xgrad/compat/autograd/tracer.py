"""The names of ``autograd.tracer`` that programs import."""

from __future__ import annotations

from typing import Any

from xgrad import Array

from .border import raw as getval
from .extend import notrace_primitive, primitive

Box = Array
"""The class of the values that a function gets while it is differentiated."""

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]


def isbox(x: Any) -> bool:
    """Whether a derivative may flow through `x`."""
    return isinstance(x, Array) and x.is_tracked
