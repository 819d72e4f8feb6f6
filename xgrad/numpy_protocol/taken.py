"""What programs put in the place of functions of NumPy, where they are called with an `Array`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TAKEN: dict[Any, Callable[..., Any]] = {}
"""What is called instead of a function or ufunc; see `ufuncs.take`."""
