"""Functions that are recorded once and replayed without Python's detour: `compile`."""

from .function import Compiled, compile
from .lowered import Lowered
from .scan import scan

__all__ = ["Compiled", "Lowered", "compile", "scan"]
