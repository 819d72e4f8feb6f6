"""NumPy's functions of a list of numbers, some of which may be tracked."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import numpy as np

import xgrad

from .creating import array, holds_array

TAKE_LISTS = frozenset(
    "amax amin append average cumprod cumsum diff dot inner max mean median min outer prod ravel "
    "reshape sort std sum transpose var".split()
)
"""The functions that take a list for an array: NumPy does not look for tracked values in it."""


@lru_cache(maxsize=64)
def of_lists(name: str, module: Any = np) -> Callable[..., Any]:
    """Return a function of NumPy that makes arrays of lists that hold tracked values."""
    function = getattr(module, name)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if any(type(x) in (list, tuple) and holds_array(x) for x in args):
            args = tuple(array(x) if holds_array(x) else x for x in args)
        return function(*args, **kwargs)

    return call


class Joiner:
    """`numpy.r_` and `numpy.c_` of values that may be tracked."""

    def __init__(self, plain: Any, *, columns: bool) -> None:
        self.plain, self.columns = plain, columns

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if not holds_array(items):
            return self.plain[key]
        if any(isinstance(item, str) for item in items):
            raise NotImplementedError(
                f"r_: got the directive {items[0]!r} with a tracked array; "
                "use np.concatenate or np.stack"
            )
        parts = [self._part(item) for item in items]
        return xgrad.concat(parts, axis=-1 if self.columns else 0)

    def _part(self, item: Any) -> Any:
        if not holds_array(item):
            return xgrad.asarray(self.plain[item])
        x = xgrad.atleast_1d(array(item))
        return x[:, None] if self.columns and x.ndim == 1 else x


r_, c_ = Joiner(np.r_, columns=False), Joiner(np.c_, columns=True)
