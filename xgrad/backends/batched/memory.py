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
                try:
                    count = math.prod(shape)
                    most = max(most, count)  # an unknown length is NaN, and not more
                except TypeError:  # no shape, but a parameter of some other kind
                    continue
    return most
