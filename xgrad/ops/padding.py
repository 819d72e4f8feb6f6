"""Padding: an array with more elements at its borders."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.types import as_given
from .beside import array_of, fractions, is_number, placed
from .converting import is_array
from .creation import full_like
from .dtypes import astype, isdtype
from .elementwise import floor
from .indexing import _place, getitem, setitem
from .manipulation import at_axis, broadcast_to, concat, flip, front, reshape
from .order_statistics import median
from .statistical import max as max_over
from .statistical import mean as mean_over
from .statistical import min as min_over

_STATISTICS = {"maximum": max_over, "mean": mean_over, "median": median, "minimum": min_over}
_MODES = ("constant", "edge", "linear_ramp", "reflect", "symmetric", "wrap", *_STATISTICS)
Pair = tuple[Any, Any]


@as_given
def pad(
    x: Array,
    pad_width: Any,
    /,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
) -> Array:
    """Return an array with more elements at its borders.

    Args:
        x: the array.
        pad_width: how many: a number, ``(before, after)`` for all axes, one pair for each axis, or
            a dict with axes as keys.
        mode: ``"constant"``, ``"edge"``, ``"linear_ramp"``, ``"maximum"``, ``"mean"``,
            ``"median"``, ``"minimum"``, ``"reflect"``, ``"symmetric"`` or ``"wrap"``; or
            ``"empty"``, which gives zeros.
        constant_values: what to put there; a number or 0-d array, or pairs, as in `pad_width`.
        end_values: where a linear ramp ends.
        stat_length: how many elements at the border a statistic is taken of; all if None.
        reflect_type: ``"even"``, or ``"odd"`` for twice the border less the reflection.

    Returns:
        An array of the dtype of `x`, longer by both widths along each axis.

    Raises:
        ValueError: if `mode` or `reflect_type` is unknown, or an empty axis has nothing to extend.

    >>> import numpy as np, xgrad as xg
    >>> xg.pad(np.asarray([1, 2, 3]), (1, 2), mode="reflect")
    array([2, 1, 2, 3, 2, 1])
    """
    x = array_of(x, "pad")
    ndim = len(x.shape)
    if mode == "empty":
        mode, constant_values = "constant", 0
    if mode not in _MODES:
        raise ValueError(f"pad: mode is {mode!r}; expected one of {', '.join(_MODES)}")
    if reflect_type not in ("even", "odd"):
        raise ValueError(f"pad: reflect_type is {reflect_type!r}; expected 'even' or 'odd'")
    widths = _widths(pad_width, ndim)
    if is_number(constant_values) and hasattr(constant_values, "item"):
        constant_values = constant_values.item()
    if mode == "constant" and type(constant_values) in SCALARS:
        return _constant(x, widths, constant_values)
    values = _pairs({"constant": constant_values, "linear_ramp": end_values}.get(mode), ndim)
    lengths = _pairs(stat_length, ndim)
    for axis, (width, value, length) in enumerate(zip(widths, values, lengths, strict=True)):
        if width == (0, 0):
            continue
        if not x.shape[axis] and mode != "constant":
            raise ValueError(f"pad: axis {axis} is empty, and mode {mode!r} has nothing to extend")
        if mode in ("reflect", "symmetric") and x.shape[axis] > (mode == "reflect"):
            x = _reflected(x, axis, width, int(mode == "reflect"), reflect_type == "odd")
            continue
        if mode == "wrap":
            x = _wrapped(x, axis, width)
            continue
        sides = [_side(x, axis, width[i], i, mode, value[i], length[i]) for i in (0, 1)]
        x = concat([sides[0], x, sides[1]], axis=axis)
    return x


def _pairs(given: Any, ndim: int) -> list[Pair]:
    """Return a value for both sides of each axis, from one, a pair, or a pair for each."""
    given = given.item() if is_number(given) and hasattr(given, "item") else given
    if not isinstance(given, (list, tuple)):
        return [(given, given)] * ndim
    rows = [row if isinstance(row, (list, tuple)) else None for row in given]
    if all(row is None for row in rows):
        return [(given[0], given[-1])] * ndim
    pairs = [(row[0], row[-1]) for row in rows if row is not None]
    if len(pairs) not in (1, ndim):
        raise ValueError(f"pad: got {len(pairs)} pairs; expected one, or {ndim}, one for each axis")
    return pairs * ndim if len(pairs) == 1 else pairs


def _widths(given: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(given, Mapping):
        rows = {front(axis, ndim, "pad"): width for axis, width in given.items()}
        given = [_pairs(rows.get(axis, 0), 1)[0] for axis in range(ndim)]
    if isinstance(given, np.ndarray):
        given = given.tolist()
    try:
        widths = [(index(before), index(after)) for before, after in _pairs(given, ndim)]
    except TypeError:
        raise TypeError(f"pad: pad_width is {given!r:.60}; expected integers") from None
    if any(n < 0 for pair in widths for n in pair):
        raise ValueError(f"pad: pad_width is {given}; expected numbers that are not negative")
    return widths


def _constant(x: Any, widths: list[tuple[int, int]], value: Any) -> Any:
    """Return an array in the middle of a larger one that is filled with a number."""
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    key = tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True))
    if value == 0:
        return _place(x, key=key, shape=shape)
    zero = full_like(x, value) if 0 in x.shape else getitem(x, (slice(0, 1),) * len(x.shape))
    return setitem(broadcast_to(full_like(zero, value), shape), x, key=key)


def _side(x: Any, axis: int, width: int, end: int, mode: str, value: Any, length: Any) -> Any:
    """Return what goes before (``end`` 0) or after (1) an axis."""
    n = x.shape[axis]
    border = getitem(x, at_axis(axis, slice(n - 1, n) if end else slice(0, 1)))
    shape = tuple(width if i == axis else k for i, k in enumerate(x.shape))
    if mode == "constant":
        return broadcast_to(_filler(x, value), shape)
    if mode == "linear_ramp":
        part = reshape(
            fractions(x, n=width) / max(width, 1), (-1,) + (1,) * (len(shape) - axis - 1)
        )
        part = astype(part, np.float64) if isdtype(x, ("integral", "bool")) else part
        ramp = _filler(x, value) * (1 - part) + border * part
        if isdtype(x, ("integral", "bool")):  # as NumPy, whose ramp is in the array's dtype
            ramp = astype(floor(ramp), x.dtype)
        return flip(ramp, axis=axis) if end else ramp
    if mode in _STATISTICS:
        count = n if length is None else min(int(length), n)
        near = getitem(x, at_axis(axis, slice(n - count, n) if end else slice(0, count)))
        border = _STATISTICS[mode](near, axis=axis, keepdims=True)
    return broadcast_to(border, shape)


def _filler(x: Any, value: Any) -> Any:
    """Return what an array is filled with, in its dtype."""
    return value if is_array(value) and not is_number(value) else placed(x, value)


def _reflected(x: Any, axis: int, width: tuple[int, int], skip: int, odd: bool) -> Any:
    """Return an axis extended by its mirror images, over and over if it is shorter than that."""
    before, after = width
    most = x.shape[axis] - skip
    while before or after:
        n, b, a = x.shape[axis], min(before, most), min(after, most)
        left = flip(getitem(x, at_axis(axis, slice(skip, skip + b))), axis=axis)
        right = flip(getitem(x, at_axis(axis, slice(n - skip - a, n - skip))), axis=axis)
        if odd:
            left = getitem(x, at_axis(axis, slice(0, 1))) * 2 - left
            right = getitem(x, at_axis(axis, slice(n - 1, n))) * 2 - right
        x = concat([left, x, right], axis=axis)
        before, after = before - b, after - a
    return x


def _wrapped(x: Any, axis: int, width: tuple[int, int]) -> Any:
    """Return an axis continued periodically."""
    (before, after), n = width, x.shape[axis]
    head = getitem(x, at_axis(axis, slice(n - before % n, n)))
    tail = getitem(x, at_axis(axis, slice(0, after % n)))
    return concat([head, *[x] * (before // n + 1 + after // n), tail], axis=axis)
