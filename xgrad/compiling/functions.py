"""Functions by their path, on any library: a program that was recorded on one runs on another."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..backends import Backend
from .recording import Functional

__all__ = ["function_of"]


def function_of(path: str, backend: Backend) -> Any:
    """Return a library's function by its path."""
    root, _, name = path.partition(".")
    if root == "xp":
        found: Any = backend.xp
        for part in name.split("."):
            found = getattr(found, part)
        return found
    if root == "compiling":
        return getattr(Functional(backend), name)
    if root == "numpy" and np.ndarray not in backend.array_types:
        return getattr(backend.xp, name)  # the ufuncs that stand for operators have its names
    return getattr({"numpy": np, "backend": backend, "operator": operator}[root], name)
