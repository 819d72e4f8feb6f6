"""NumPy's functions in spellings that do not come to xgrad, put into ones that do."""

from __future__ import annotations

from typing import Any

import numpy as np

from xgrad import Array

from .lists import Leaving, of_lists


def where(condition: Any, *args: Any, **kwargs: Any) -> Any:
    """Return elements of `x` where the condition holds, and of `y` elsewhere.

    Of Python's own numbers and lists it gives such.
    """
    args = (*args, *(kwargs[name] for name in ("x", "y") if name in kwargs))
    if not args:
        return _nonzero(condition)
    out = np.where(condition, *args)
    if type(out) is Array or any(map(_is_array, (condition, *args))):
        return out
    return out.tolist()


_nonzero = Leaving(np.nonzero)


def _is_array(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_is_array, x))
    return not isinstance(x, (bool, int, float, complex))


def clip(a: Any, a_min: Any = None, a_max: Any = None, **kwargs: Any) -> Any:
    """Return the elements, limited to a range."""
    return np.clip(a, a_min, a_max, **kwargs)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the sum of products over axes: how many, or a pair of axes or of lists of axes."""
    if not isinstance(axes, int):
        axes = tuple([side] if isinstance(side, int) else list(side) for side in axes)
    return of_lists("tensordot")(a, b, axes)


_own: Any
for _own, _theirs in ((where, np.where), (clip, np.clip), (tensordot, np.tensordot)):
    _own.borrowed_from = _theirs  # see `extend.defvjp`
