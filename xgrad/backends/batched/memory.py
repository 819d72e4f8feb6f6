"""How much of a sweep memory holds."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["largest"]


def largest(path: list[Any]) -> int:
    """Return the number of elements of the largest array that the nodes of a path tell of."""
    most = 1
    for _, _, _, saved, fit in path:
        for value in (*(saved if type(saved) is tuple else (saved,)), *(fit or ())):
            for part in value if type(value) in (tuple, list) else (value,):
                shape = part if type(part) is tuple else getattr(part, "shape", ())
                if isinstance(shape, tuple) and all(type(n) is int for n in shape):
                    most = max(most, math.prod(shape))
    return most
