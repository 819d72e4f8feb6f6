"""Functions that are recorded once and replayed without Python's detour: `compile`."""

from .function import Compiled, compile
from .lowered import Lowered
from .saved import Loaded, load_program
from .loops import scan

__all__ = ["Compiled", "Loaded", "Lowered", "compile", "load_program", "scan"]
