"""NumPy, whose functions give derivatives of what they are called with.

The names are NumPy's own, since NumPy's functions come to xgrad by themselves when one of their
arguments is tracked. Only what NumPy does not hand on stands in this package.
"""

from __future__ import annotations

from typing import Any

import numpy as _np  # noqa: ICN001 - it is no part of the namespace

from . import fft, linalg, numpy_boxes, numpy_vjps, random
from .creating import (
    array,
    asarray,
    empty,
    full,
    isscalar,
    linspace,
    make_diagonal,
    ones,
    zeros,
)
from .lists import TAKE_LISTS, c_, of_lists, r_
from .spellings import clip, tensordot, where

asanyarray = asarray

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "c_",
    "clip",
    "empty",
    "fft",
    "full",
    "isscalar",
    "linalg",
    "linspace",
    "make_diagonal",
    "numpy_boxes",
    "numpy_vjps",
    "ones",
    "r_",
    "random",
    "tensordot",
    "where",
    "zeros",
]
__all__ += _np.__all__  # for `from ... import *`


def __getattr__(name: str) -> Any:
    return of_lists(name) if name in TAKE_LISTS else getattr(_np, name)


def __dir__() -> list[str]:
    return sorted({*dir(_np), *__all__})
