"""NumPy, whose functions give derivatives of what they are called with.

The names are NumPy's own, since NumPy's functions come to xgrad by themselves when one of their
arguments is tracked. Only what NumPy does not hand on stands in this package.
"""

from __future__ import annotations

import numpy as _np  # noqa: ICN001 - it is no part of the namespace

from .. import refused
from . import (
    fft,
    linalg,
    numpy_boxes,
    numpy_jvps,
    numpy_vjps,
    numpy_vspaces,
    numpy_wrapper,
    random,
)
from .creating import (
    array,
    asarray,
    empty,
    full,
    isscalar,
    linspace,
    make_diagonal,
    ones,
    whole,
    zeros,
)
from .lists import JOIN, LEAVE, MIX, TAKE_LISTS, c_, ndenumerate, r_, wrapped
from .numpy_vjps import metadata
from .spellings import clip, tensordot, where

row_stack = wrapped("vstack")  # NumPy deprecates its own name for it

asanyarray = asarray
numpy_version = __version__ = _np.__version__

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
    "metadata",
    "ndenumerate",
    "numpy_boxes",
    "numpy_jvps",
    "numpy_version",
    "numpy_vjps",
    "numpy_vspaces",
    "numpy_wrapper",
    "ones",
    "r_",
    "random",
    "tensordot",
    "where",
    "zeros",
]
__all__ += _np.__all__  # for `from ... import *`

int8, int16, int32, int64 = (whole(getattr(_np, f"int{n}")) for n in (8, 16, 32, 64))
for _name in sorted(TAKE_LISTS | JOIN | MIX | LEAVE):
    if hasattr(_np, _name):  # not all are in each version
        globals()[_name] = wrapped(_name)
for _name in _np.__all__:
    if _name not in globals():
        globals()[_name] = getattr(_np, _name)
__getattr__ = refused.lookup(__name__, _np)


def __dir__() -> list[str]:
    return sorted({*dir(_np), *__all__})
