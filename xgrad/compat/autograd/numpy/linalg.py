"""Linear algebra: NumPy's own functions, see the package."""

from __future__ import annotations

from typing import Any

import numpy.linalg as _linalg


def __getattr__(name: str) -> Any:
    return getattr(_linalg, name)
