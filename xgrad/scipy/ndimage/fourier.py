"""Filters of Fourier transforms, differentiable in the transform, and in widths and shifts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import twin

__all__ = ["fourier_ellipsoid", "fourier_gaussian", "fourier_shift", "fourier_uniform"]


def _along(input: Any, by: Any, n: int, axis: int) -> tuple[Any, list[Any]]:
    """Return a transform, and for each axis a parameter times the frequencies in cycles.

    Along `axis` the transform is a real one's of `n` samples, if that is above zero.
    """
    x = xgrad.asarray(input)
    x = x if x.dtype.kind in "fc" else xgrad.astype(x, np.float64)
    by = xgrad.broadcast_to(xgrad.asarray(by) * 1.0, (x.ndim,))
    steps = []
    for i, size in enumerate(x.shape):
        cycles = np.arange(size) / n if n > 0 and i == axis % x.ndim else np.fft.fftfreq(size)
        steps.append(by[i] * xgrad.asarray(cycles.reshape([-1] + [1] * (x.ndim - 1 - i))))
    return x, steps


def _as(x: Any, out: Any) -> Any:
    """Return a product in the precision of the transform."""
    kind = np.result_type(x.dtype, np.complex64) if out.dtype.kind == "c" else x.dtype
    return xgrad.astype(out, kind, copy=False)


@twin("ndimage")
def fourier_gaussian(
    input: Any, sigma: Any, n: int = -1, axis: int = -1, output: Any = None
) -> Any:
    """Multiply a Fourier transform by that of a Gaussian; see ``scipy.ndimage``.

    Differentiable in `sigma`, too.
    """
    x, steps = _along(input, sigma, n, axis)
    out = x
    for step in steps:
        out = out * xgrad.exp(-0.5 * (2.0 * math.pi * step) ** 2)
    return _as(x, out)


@twin("ndimage")
def fourier_uniform(input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """Multiply a Fourier transform by that of a box; see ``scipy.ndimage``.

    Differentiable in `size`, too.
    """
    x, steps = _along(input, size, n, axis)
    out = x
    for step in steps:
        out = out * xgrad.sinc(step)
    return _as(x, out)


@twin("ndimage", "d")
def fourier_shift(input: Any, shift: Any, n: int = -1, axis: int = -1, output: Any = None) -> Any:
    """Multiply a Fourier transform so that the image is shifted; see ``scipy.ndimage``.

    Differentiable in `shift`, too.
    """
    x, steps = _along(input, shift, n, axis)
    turn: Any = 0.0
    for step in steps:
        turn = turn + step
    return _as(x, x * xgrad.exp(-2j * math.pi * turn))


def _ball(r: Any, dimensions: int) -> Any:
    """Return the Fourier transform of a ball over its volume, at a distance of the origin."""
    if dimensions == 1:
        return xgrad.sin(r) / r
    if dimensions == 2:
        return 2.0 * special.j1(r) / r
    return 3.0 * (xgrad.sin(r) - r * xgrad.cos(r)) / r**3


@twin("ndimage")
def fourier_ellipsoid(
    input: Any, size: Any, n: int = -1, axis: int = -1, output: Any = None
) -> Any:
    """Multiply a Fourier transform by that of an ellipsoid; see ``scipy.ndimage``.

    Differentiable in `size`, too.
    """
    x, steps = _along(input, size, n, axis)
    if x.ndim > 3:
        raise NotImplementedError(f"fourier_ellipsoid: input has {x.ndim} axes; expected at most 3")
    square: Any = 0.0
    for step in steps:
        square = square + (math.pi * step) ** 2
    away = square.detach() > 0
    r = xgrad.sqrt(xgrad.where(away, square, 1.0))
    return _as(x, x * xgrad.where(away, _ball(r, x.ndim), 1.0))
