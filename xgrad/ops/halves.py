"""Halves (float16, bfloat16) are computed in float32 where they are summed, squared or counted.

A float16 ends at 65504: the square of 256, the number of pixels of an image and a sum of logits are
beyond it, and it has 3 digits. So whatever sums takes halves to float32, and rounds once, at the
end. The tape does the same: both conversions have a derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar, cast

import numpy as np

from ..arrays.array import Array
from ..backends import XP
from .dtypes import astype

F = TypeVar("F", bound=Callable[..., Any])


@cache
def _name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


def _same(dtype: Any, half: Any) -> bool:
    return _name(getattr(dtype, "__name__", dtype)) == _name(half)


@cache
def _is_half(dtype: Any) -> bool:
    return _name(dtype) in ("float16", "bfloat16")


def is_half(x: Any) -> bool:
    """Whether an array, raw or not, holds halves; a number does not."""
    raw = x._raw if type(x) is Array else x
    return hasattr(raw, "dtype") and _is_half(raw.dtype)


def wide(xp: XP, x: Any) -> Any:
    """Return halves as float32, in a rule; anything else as it is."""
    return xp.astype(x, xp.float32) if _is_half(x.dtype) else x


def like(xp: XP, x: Any, half: Any) -> Any:
    """Return what `wide` made of halves, and what came of it, rounded to the halves again."""
    return xp.astype(x, half.dtype) if _is_half(half.dtype) else x


def widened(x: Any) -> Any:
    """Return an array of halves in float32, on the tape; anything else as it is."""
    return astype(x, np.float32) if is_half(x) else x


def in_single(f: F) -> F:
    """Let a function of arrays compute in float32 where the first one holds halves.

    Results of float32, one or a tuple, are halves again; a call with another ``dtype=`` says what
    it wants.
    """

    @wraps(f)
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = kwargs.get("dtype")
        if not is_half(x) or (wanted is not None and not _same(wanted, x.dtype)):
            return f(x, *args, **kwargs)
        if wanted is not None:  # its own, to which the result is rounded
            kwargs["dtype"] = None
        args = tuple(map(widened, args))
        out = f(widened(x), *args, **{name: widened(v) for name, v in kwargs.items()})
        return tuple(_narrowed(y, x) for y in out) if isinstance(out, tuple) else _narrowed(out, x)

    return _as(f, call)


def each_in_single(f: F) -> F:
    """Let an elementwise function compute in float32 where an argument holds halves, none more."""

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        half = None
        for x in args:
            if is_half(x):
                half = x
        if half is None:
            return f(*args, **kwargs)
        more = any(_name(getattr(x, "dtype", "")) == "float32" for x in args)
        out = f(*map(widened, args), **{name: widened(v) for name, v in kwargs.items()})
        if more:
            return out
        return (
            tuple(_narrowed(y, half) for y in out)
            if isinstance(out, tuple)
            else _narrowed(out, half)
        )

    return _as(f, call)


def _as(f: F, call: Any) -> F:
    """Name a function that calls f as f in its code, too: tools that read frames look there."""
    call.__code__ = call.__code__.replace(co_name=f.__name__, co_qualname=f.__qualname__)
    return cast("F", call)


def _narrowed(y: Any, x: Any) -> Any:
    return astype(y, x.dtype) if _name(getattr(y, "dtype", "")) == "float32" else y
