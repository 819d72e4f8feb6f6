"""Products of the tables of pandas with an `Array`: the numbers of the table are constants.

``df.dot(x)``, and with it ``df @ x`` and ``numpy.matmul(df, x)``, asks nobody before it makes a
NumPy array of ``x``. Other operators leave an array with a gradient to it, by
``__pandas_priority__``. ``pd.isna(x)`` asks nobody either: a mask, which has no derivative.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import xgrad

from . import is_enabled


def enter(name: str) -> None:
    """Put a look at the argument before what a module has brought: ``dot`` of a class, ``isna``."""
    module: Any = sys.modules[name]
    if name.endswith("missing"):
        module._isna = _isna(module._isna)  # the public names call it, wherever they have gone
        return
    cls = module.DataFrame if name.endswith("frame") else module.Series
    own = cls.dot
    if hasattr(own, "xgrad_original"):
        return

    @wraps(own)
    def dot(self: Any, other: Any) -> Any:
        if is_enabled() and isinstance(other, xgrad.Array) and other.is_tracked:
            table = xgrad.asarray(self.to_numpy())
            return xgrad.matmul(table.to_backend(other.backend, device=other.device), other)
        return own(self, other)

    dot.xgrad_original = own  # type: ignore[attr-defined]
    cls.dot = dot


def _isna(own: Callable[..., Any]) -> Callable[..., Any]:
    if hasattr(own, "xgrad_original"):
        return own

    @wraps(own)
    def isna(obj: Any) -> Any:
        return xgrad.isnan(obj) if isinstance(obj, xgrad.Array) and obj.is_tracked else own(obj)

    isna.xgrad_original = own  # type: ignore[attr-defined]
    return isna
