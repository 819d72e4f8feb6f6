"""NumPy's functions in spellings that do not come to xgrad, put into ones that do."""

from __future__ import annotations

from typing import Any

import numpy as np

from .lists import of_lists


def where(condition: Any, *args: Any, **kwargs: Any) -> Any:
    """Return elements of `x` where the condition holds, and of `y` elsewhere."""
    return np.where(condition, *args, *(kwargs[name] for name in ("x", "y") if name in kwargs))


def clip(a: Any, a_min: Any = None, a_max: Any = None, **kwargs: Any) -> Any:
    """Return the elements, limited to a range."""
    return np.clip(a, a_min, a_max, **kwargs)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the sum of products over axes: how many, or a pair of axes or of lists of axes."""
    if not isinstance(axes, int):
        axes = tuple([side] if isinstance(side, int) else list(side) for side in axes)
    return of_lists("tensordot")(a, b, axes)
