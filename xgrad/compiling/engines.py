"""What runs a program, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .program import Program
from .replay import Source

__all__ = ["ENGINES", "engine_named"]



def _native(program: Program, donated: frozenset[Any]) -> Source:
    from .native import NativeSource  # it needs ctypes, and a compiler

    if np.ndarray not in program.backend.array_types:
        return Source(program, donated=donated)
    return NativeSource(program, donated=donated)


ENGINES: dict[str, Callable[..., Source]] = {
    "numpy": lambda program, donated: Source(program, donated=donated),
    "native": _native,
}
"""For each name what makes the source of a program, with the inputs that are given away."""


def engine_named(name: str) -> Callable[..., Any]:
    """Return what makes a runnable source of a program."""
    if name not in ENGINES:
        raise ValueError(f"compile: engine is {name!r}; expected one of {sorted(ENGINES)}")
    return ENGINES[name]
