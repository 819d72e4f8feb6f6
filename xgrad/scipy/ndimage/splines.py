"""Splines through the pixels, differentiable in the image and in where they are looked at.

A value is a sum of ``(order + 1) ** ndim`` coefficients times weights. The weights are polynomials
of the coordinates, the coefficients a linear filter of the image, and both rules follow from that.
Values are those of the library (Unser 1999, IEEE Signal Processing Magazine 16(6), 22).
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import backend_of
from ...engine.op import linear
from ..common import twin, with_derivative_of

__all__ = ["coefficients", "interpolated", "spline_filter", "spline_filter1d"]

BORDERS = (
    "constant",
    "grid-constant",
    "grid-mirror",
    "grid-wrap",
    "mirror",
    "nearest",
    "reflect",
    "wrap",
)
PADDED = {"nearest": "edge", "grid-constant": "constant"}
PAD = 12
"""How far the library extends an image whose border has no exact spline."""


@linear(lambda xp, g, x, axis, order, mode: transposed(g, axis=axis, order=order, mode=mode))
def _filtered(x: Array, /, *, axis: int, order: int, mode: str) -> Array:
    """Return the coefficients of the splines along an axis."""
    found = backend_of(x).chapter("ndimage").spline_filter1d(x, order, axis, mode=mode)
    return found.astype(x.dtype)  # type: ignore[no-any-return]


@linear(lambda xp, g, x, axis, order, mode: _filtered(g, axis=axis, order=order, mode=mode))
def _transposed(x: Array, /, *, axis: int, order: int, mode: str) -> Array:
    """Return the transpose of the filter along an axis, by its matrix."""
    backend = backend_of(x)
    xp, n = backend.xp, x.shape[axis]
    matrix = backend.from_numpy(_matrix(n, order, mode), backend.device(x))
    moved = xp.moveaxis(x, axis, -1)
    return xp.moveaxis(moved @ xp.astype(matrix, x.dtype), -1, axis)  # type: ignore[no-any-return]


transposed: Any = _transposed


@cache
def _matrix(n: int, order: int, mode: str) -> Any:
    """Return the filter as a matrix."""
    from scipy import ndimage

    return ndimage.spline_filter1d(np.eye(n), order, axis=0, mode=mode)


@twin("ndimage", "D")
def spline_filter1d(
    input: Any, order: int = 3, axis: int = -1, output: Any = None, mode: str = "mirror"
) -> Any:
    """Return the coefficients of splines along an axis; see ``scipy.ndimage.spline_filter1d``."""
    input = xgrad.asarray(input)
    if order in (0, 1):
        return input
    return _filtered(input, axis=axis % input.ndim, order=order, mode=mode)


@twin("ndimage", "D")
def spline_filter(input: Any, order: int = 3, output: Any = None, mode: str = "mirror") -> Any:
    """Return the coefficients of the spline through an image; see ``scipy.ndimage``."""
    input = xgrad.asarray(input)
    if order not in range(2, 6):
        raise ValueError(f"spline_filter: order is {order}; expected 2 to 5")
    for axis in range(input.ndim):
        input = spline_filter1d(input, order, axis, mode=mode)
    return input


def coefficients(x: Array, order: int, mode: str, cval: float, prefilter: bool) -> tuple[Any, int]:
    """Return the coefficients of an image as the library makes them, and how far it is extended."""
    if not prefilter or order < 2:
        return x, 0
    pad = 0
    if mode in PADDED:
        more: dict[str, Any] = {"constant_values": cval} if mode == "grid-constant" else {}
        x, pad = xgrad.pad(x, PAD, mode=PADDED[mode], **more), PAD
    return spline_filter(x, order, mode=_spline_mode(mode)), pad


def _spline_mode(mode: str) -> str:
    return "mirror" if mode in ("constant", "wrap") else mode


@cache
def _weights(order: int) -> Any:
    """Return for each neighbour the coefficients of its weight, a polynomial of the offset."""
    if order == 0:
        return np.ones((1, 1))
    low, high = (0.0, 1.0) if order % 2 else (-0.5, 0.5)
    points = low + (high - low) * (np.arange(order + 1) + 0.5) / (order + 1)
    powers = np.vander(points, increasing=True)
    rows = [
        np.linalg.solve(powers, _bspline(points + order // 2 - k, order)) for k in range(order + 1)
    ]
    return np.asarray(rows)


def _bspline(x: Any, n: int) -> Any:
    total = np.zeros_like(x)
    for j in range(n + 2):
        total += (-1) ** j * math.comb(n + 1, j) * np.maximum(x + (n + 1) / 2 - j, 0.0) ** n
    return total / math.factorial(n)


def _folded(p: Any, n: int, mode: str) -> tuple[Any, Any, Any]:
    """Return coordinates moved into the image, the sign of the move, and whether they count."""
    sign, inside = xgrad.ones_like(p), None
    if mode == "grid-constant":
        return p, sign, inside
    if mode == "constant":
        inside = (p >= 0) & (p <= n - 1)
        return xgrad.clip(p, 0.0, n - 1.0), sign, inside
    if mode == "nearest":
        moved = xgrad.clip(p, 0.0, n - 1.0)
        return moved, xgrad.where(p == moved, 1.0, 0.0), inside
    if n == 1:
        return 0.0 * sign, 0.0 * sign, inside
    if mode == "mirror":
        q = xgrad.remainder(p, 2.0 * (n - 1))
        back = q > n - 1
        return (
            xgrad.where(back, 2.0 * (n - 1) - q, q),
            xgrad.where(back, -1.0, 1.0),
            inside,
        )
    if mode in ("reflect", "grid-mirror"):
        q = xgrad.remainder(p + 0.5, 2.0 * n)
        back = q >= n
        return xgrad.where(back, 2.0 * n - q, q) - 0.5, xgrad.where(back, -1.0, 1.0), inside
    if mode == "wrap":
        return xgrad.where((p < 0) | (p > n - 1), xgrad.remainder(p, n - 1.0), p), sign, inside
    return xgrad.remainder(p, n * 1.0), sign, inside


def _index(i: Any, n: int, mode: str) -> tuple[Any, Any]:
    """Return indices moved into the image, and which of them lie outside of it for good."""
    if mode == "grid-constant":
        out = (i < 0) | (i > n - 1)
        return xgrad.astype(xgrad.clip(i, 0.0, n - 1.0), np.int64), out
    moved = _folded(i, n, {"wrap": "mirror", "constant": "mirror"}.get(mode, mode))[0]
    return xgrad.astype(xgrad.clip(xgrad.round(moved), 0.0, n - 1.0), np.int64), None


def _sides(p: Any, pad: int, n: int, order: int, mode: str) -> tuple[list[Any], Any]:
    """Return the neighbours along an axis with their weights, and which coordinates count."""
    table = _weights(order)
    at_pixels = p + float(pad)
    held = at_pixels.detach()
    moved, sign, inside = _folded(held, n, mode)
    base = xgrad.floor(moved) if order % 2 else xgrad.floor(moved + 0.5)
    offset = at_pixels * sign + (moved - sign * held - base)
    powers = [xgrad.ones_like(offset)]
    for _ in range(order):
        powers.append(powers[-1] * offset)
    sides = []
    for k in range(order + 1):
        terms = [float(t) * power for t, power in zip(table[k], powers, strict=True) if t]
        weight = sum(terms[1:], terms[0])
        sides.append((*_index(base + float(k - order // 2), n, mode), weight))
    return sides, inside


def interpolated(
    x: Array,
    coordinates: list[Any],
    value: Any,
    order: int,
    mode: str,
    cval: float,
    prefilter: bool,
    known: Any = None,
) -> Array:
    """Return values of the library with the derivative of the spline at these coordinates.

    Args:
        x: the image.
        coordinates: an array for each axis.
        value: what the library found there, raw.
        order, mode, cval, prefilter: as in ``scipy.ndimage.map_coordinates``.
        known: where the library looks inside of the image, if that is not told by `coordinates`,
            which it rounds otherwise at the border.
    """
    if order not in range(6):
        raise ValueError(f"map_coordinates: order is {order}; expected 0 to 5")
    if mode not in BORDERS:
        raise ValueError(f"map_coordinates: mode is {mode!r}; expected one of {', '.join(BORDERS)}")
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype("float64")
    c, pad = coefficients(xgrad.astype(x, dtype, copy=False), order, mode, cval, prefilter)
    points = [xgrad.astype(xgrad.asarray(p), np.float64, copy=False) for p in coordinates]
    found = [_sides(p, pad, n, order, mode) for p, n in zip(points, c.shape, strict=True)]
    strides = [math.prod(c.shape[i + 1 :]) for i in range(c.ndim)]
    found = [
        ([(stride * at, out, weight) for at, out, weight in sides], inside)
        for stride, (sides, inside) in zip(strides, found, strict=True)
    ]
    flat = xgrad.reshape(c, (-1,))
    total: Any = None
    for corner in itertools.product(*(sides for sides, _ in found)):
        first, *others = (at for at, _, _ in corner)
        place = sum(others, first)
        term = xgrad.reshape(xgrad.take(flat, xgrad.reshape(place, (-1,))), place.shape)
        for _, out, _ in corner:
            if out is not None:
                term = xgrad.where(out, cval, term)
        for _, _, weight in corner:
            term = term * weight
        total = term if total is None else total + term
    for _, inside in found:
        if inside is not None and known is None:
            total = xgrad.where(inside, total, cval)
    if known is not None:
        total = xgrad.where(xgrad.asarray(known), total, cval)
    return with_derivative_of(value, xgrad.astype(total, value.dtype, copy=False))
