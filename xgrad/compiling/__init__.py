"""Functions that are recorded once and replayed without Python's detour: `compile`."""

from .decorator import compile
from .function import Compiled
from .loops import scan
from .lowered import Lowered

__all__ = ["Compiled", "Lowered", "compile", "scan"]
