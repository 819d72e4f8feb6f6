"""Raw arrays computed piece by piece on the host.

A new array of megabytes costs more than what is computed of it, since each of its pages is new. In
pieces what lies between the arguments and the result stays in a core's cache, in memory that was
there before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arrays.array import Array
from ..backends import backend_of

_LONG = 2**15  # elements; of fewer a core's cache holds all
_PIECE = 2**17  # bytes: it holds so many of a few arrays


def in_pieces(f: Callable[..., Any], *arrays: Any, lead: bool = False) -> Any:
    """Return a function of arrays of one shape and dtype, which gives another one, in pieces.

    Args:
        f: the function.
        *arrays: its arguments. Unless raw, on the host and alike they are handed to it whole.
        lead: whether the pieces are along the first axis, for a function of rows; else they are of
            all elements in a row.
    """
    x = arrays[0]
    shape = x.shape
    if math.prod(shape) <= _LONG or isinstance(x, Array) or (lead and shape[0] == 1):
        return f(*arrays)
    backend = backend_of(x)
    if not (
        backend.in_place
        and backend.on_host(x)
        and x.dtype.kind == "f"
        and all(a.shape == shape and a.dtype == x.dtype and _in_order(a) for a in arrays)
    ):
        return f(*arrays)
    rows = arrays if lead else [a.reshape(-1) for a in arrays]
    out = backend.xp.empty(rows[0].shape, dtype=x.dtype)
    step = max(1, _PIECE * rows[0].shape[0] // x.nbytes)
    for start in range(0, rows[0].shape[0], step):
        at = slice(start, start + step)
        out[at] = f(*[a[at] for a in rows])
    return out.reshape(shape)


def _in_order(x: Any) -> bool:
    return not isinstance(x, Array) and bool(x.flags.c_contiguous)


def by_rows(f: Callable[..., Any], axis: Any, *arrays: Any) -> Any:
    """Return a function that works along axes: in pieces if the first is not among them."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = len(arrays[0].shape)
    if None in axes or 0 in axes or -ndim in axes:
        return f(*arrays)
    return in_pieces(f, *arrays, lead=True)
