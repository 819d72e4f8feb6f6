"""Functions that are recorded once and replayed without Python's detour: `compile`."""

from .function import Compiled, compile
from .loops import scan
from .lowered import Lowered

__all__ = ["Compiled", "Lowered", "compile", "scan"]
