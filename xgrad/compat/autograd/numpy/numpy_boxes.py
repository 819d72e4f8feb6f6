"""The class that programs test for."""

from __future__ import annotations

from xgrad import Array as ArrayBox

from .. import refused
from ..builtins import SequenceBox
from ..extend import Box, primitive

__all__ = ["ArrayBox", "Box", "SequenceBox", "primitive"]

__getattr__ = refused.lookup(__name__)
