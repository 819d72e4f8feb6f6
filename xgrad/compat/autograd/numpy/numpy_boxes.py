"""The class that programs test for."""

from __future__ import annotations

from xgrad import Array as ArrayBox

__all__ = ["ArrayBox"]
