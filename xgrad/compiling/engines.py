"""What runs a program, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .replay import Source

__all__ = ["ENGINES", "engine_named"]

ENGINES: dict[str, Callable[..., Any]] = {
    "numpy": lambda program, donated: Source(program, donated=donated),
}


def engine_named(name: str) -> Callable[..., Any]:
    """Return what makes a runnable source of a program."""
    if name not in ENGINES:
        raise ValueError(f"compile: engine is {name!r}; expected one of {sorted(ENGINES)}")
    return ENGINES[name]
