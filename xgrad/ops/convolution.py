"""Convolution and correlation, in any number of axes.

Both are one bilinear op, the correlation where the second array fits wholly into the first; its
transposes are again that op. It is a matrix product with the windows of the first array, which are
laid out by a reshape alone: n elements repeated and cut into rows of n + 1 are rotated by one more
in each row. Where the windows would not fit into memory, it is done by Fourier transforms.
"""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import XP, Raw, backend_of
from ..engine.op import multilinear
from ..engine.plain import integers
from ..engine.projection import conj
from .beside import array_of
from .elementwise import conj as conjugate
from .indexing import _place, getitem
from .manipulation import flip

Shape = tuple[int, ...]
_MOST_WINDOWS = 2**23
"""How many elements the windows may have together."""


def _windows(xp: XP, x: Any, size: Shape, strides: Shape) -> Any:
    """Return the windows of an array: first the axes that count them, then those of each."""
    for k, s in zip(size, strides, strict=True):
        x = xp.moveaxis(x, 0, -1)
        rest, n = tuple(x.shape[:-1]), x.shape[-1]
        count = (n - k) // s + 1
        # a row for each place in a window, or for each window, whichever are fewer
        rows, step = (k, 1) if k < count else (count, s)
        copies = -(-rows * (n + step) // n)
        x = xp.broadcast_to(xp.expand_dims(x, axis=-2), (*rest, copies, n))
        x = xp.reshape(x, (*rest, copies * n))[..., : rows * (n + step)]
        x = xp.reshape(x, (*rest, rows, n + step))
        last = (count - 1) * s + 1
        x = xp.matrix_transpose(x[..., :last:s]) if k < count else x[..., :k]
    ndim = len(size)
    return xp.permute_dims(x, (*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2)))


def _fast_length(n: int) -> int:
    """Return the least length from `n` on with few and small factors."""
    return min(m << max(0, (-(-n // m) - 1).bit_length()) for m in (1, 3, 5, 9, 15))


def _by_transforms(xp: XP, x1: Any, x2: Any, strides: Shape) -> Any:
    """Return the correlation as a circular one, of which only what did not wrap is taken."""
    axes = tuple(range(len(strides)))
    lengths = tuple(map(_fast_length, x1.shape))
    kind = "" if any("complex" in str(x.dtype) for x in (x1, x2)) else "r"
    there, back = getattr(xp.fft, kind + "fftn"), getattr(xp.fft, f"i{kind}fftn")
    if kind == "":
        dtype = xp.result_type(x1, x2)
        x1, x2 = xp.astype(x1, dtype), xp.astype(x2, dtype)
    product = there(x1, s=lengths, axes=axes) * there(xp.flip(x2), s=lengths, axes=axes)
    out = back(product, s=lengths, axes=axes)
    shapes = zip(x1.shape, x2.shape, strides, strict=True)
    return out[tuple(slice(k - 1, n, s) for n, k, s in shapes)]


@multilinear(
    lambda xp, g, x2, strides, length: _to_first(xp, g, x2, strides, length),
    lambda xp, g, x1, strides, size: _to_second(xp, g, x1, strides, size),
)
def _correlate(x1: Raw, x2: Raw, /, *, strides: Shape, length: Shape, size: Shape) -> Array:
    """Return the sums of products of `x2` with each window of `x1`, without conjugation.

    The shapes of both arrays are parameters too, so that no transpose keeps an array for its shape.
    """
    xp = backend_of(x1).xp
    own = getattr(xp, "correlate", None)
    if own and strides == (1,):
        return own(x1, conj(xp, x2), "valid")
    count = [(n - k) // s + 1 for n, k, s in zip(length, size, strides, strict=True)]
    rows = [min(k, m) * n for k, m, n in zip(size, count, length, strict=True)]
    if math.prod(rows) > _MOST_WINDOWS and "int" not in str(x1.dtype) + str(x2.dtype):
        return _by_transforms(xp, x1, x2, strides)
    windows = _windows(xp, x1, size, strides)
    windows = xp.reshape(windows, (math.prod(count), math.prod(size)))
    return xp.reshape(xp.matmul(windows, xp.reshape(x2, (-1,))), tuple(count))


def _call(x1: Any, x2: Any, strides: Shape) -> Any:
    return _correlate(x1, x2, strides=strides, length=tuple(x1.shape), size=tuple(x2.shape))


def _spaced(g: Any, strides: Shape, before: Shape, length: Shape) -> Any:
    """Return zeros of a shape with `g` in them, in steps, from a place on."""
    key = tuple(
        slice(b, b + (n - 1) * s + 1, s) for b, n, s in zip(before, g.shape, strides, strict=True)
    )
    return _place(g, key=key, shape=length)


def _to_first(xp: XP, g: Any, x2: Any, strides: Shape, length: Shape) -> Any:
    """Return the sum over windows that contain each element: a correlation with `x2` reversed."""
    before = tuple(k - 1 for k in x2.shape)
    wide = tuple(n + b for n, b in zip(length, before, strict=True))
    placed = _spaced(g, strides, before, wide)
    return _call(placed, xp.flip(conj(xp, x2)), (1,) * len(strides))


def _to_second(xp: XP, g: Any, x1: Any, strides: Shape, size: Shape) -> Any:
    """Return the correlation of `x1` with the cotangents, set apart by the strides."""
    length = tuple((n - 1) * s + 1 for n, s in zip(g.shape, strides, strict=True))
    used = tuple(slice(0, n + k - 1) for n, k in zip(length, size, strict=True))
    spaced = _spaced(g, strides, (0,) * len(strides), length)
    return _call(getitem(conj(xp, x1), used), spaced, (1,) * len(strides))


def _windowed(x1: Any, x2: Any, mode: str, strides: int | Shape, name: str, mirrored: bool) -> Any:
    """Return the part of the full correlation that a mode asks for."""
    ndim = len(x1.shape)
    steps = integers(strides)
    steps = steps if isinstance(steps, tuple) else (steps,) * ndim
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode is {mode!r}; expected 'full', 'same' or 'valid'")
    if len(x2.shape) != ndim or not ndim or 0 in (*x1.shape, *x2.shape):
        raise ValueError(
            f"{name}: got shapes {tuple(x1.shape)} and {tuple(x2.shape)}; "
            "expected as many axes of both, at least one, and none empty"
        )
    if len(steps) != ndim or min(steps) < 1:
        raise ValueError(f"{name}: strides is {strides}; expected {ndim} positive numbers, or one")
    before, shape = [], []
    for n, k in zip(x1.shape, x2.shape, strict=True):
        short = min(n, k)
        start, length = {
            "full": (0, n + k - 1),
            "same": (short // 2 if mirrored and k > n else (short - 1) // 2, max(n, k)),
            "valid": (short - 1, max(n, k) - short + 1),
        }[mode]
        before.append(k - 1 - start)
        shape.append(length + k - 1)
    if shape != list(x1.shape):
        key = tuple(slice(b, b + n) for b, n in zip(before, x1.shape, strict=True))
        x1 = _place(x1, key=key, shape=tuple(shape))
    return _call(x1, x2, steps)


@as_given
def convolve(
    x1: AnyArray, x2: AnyArray, /, mode: str = "full", *, strides: int | Shape = 1
) -> Array:
    """Return the convolution, over all axes.

    Args:
        x1: the array.
        x2: the kernel, with as many axes.
        mode: ``"full"`` where they overlap at all, ``"same"`` for the middle part, as long as the
            longer one along each axis, ``"valid"`` where they overlap fully.
        strides: of the result only each n-th element, for all axes or one number for each.

    Returns:
        An array that along an axis of lengths m >= n has the length ``m + n - 1``, ``m`` or
        ``m - n + 1`` by `mode`, divided by the stride and rounded up.

    >>> import numpy as np, xgrad as xg
    >>> xg.convolve(np.asarray([1.0, 2.0, 3.0]), np.asarray([1.0, 1.0]))
    array([1., 3., 5., 3.])
    """
    x1, x2 = array_of(x1, "convolve"), array_of(x2, "convolve")
    if math.prod(x2.shape) > math.prod(x1.shape):
        x1, x2 = x2, x1
    return _windowed(x1, flip(x2), mode, strides, "convolve", False)


@as_given
def correlate(
    x1: AnyArray, x2: AnyArray, /, mode: str = "valid", *, strides: int | Shape = 1
) -> Array:
    """Return the correlation, over all axes: the convolution with `x2` reversed and conjugated.

    Args:
        x1: the array.
        x2: the kernel, with as many axes.
        mode: ``"full"``, ``"same"`` or ``"valid"``, as for `convolve`.
        strides: of the result only each n-th element, for all axes or one number for each.

    Returns:
        An array of the shape that `convolve` gives.
    """
    x1, x2 = array_of(x1, "correlate"), array_of(x2, "correlate")
    return _windowed(x1, conjugate(x2), mode, strides, "correlate", True)
