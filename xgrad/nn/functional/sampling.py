"""Images sampled at the places of a grid: spatial transformers, arXiv:1506.02025."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import AnyArray, as_given
from .checks import made_like


@as_given
def affine_grid(theta: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """Return the places of an affine map of an image's pixels, for `grid_sample`.

    Args:
        theta: affine maps, of shape ``(batch, 2, 3)`` or ``(batch, 3, 4)``.
        size: the shape of the images, ``(batch, channels, *spatial)``.
        align_corners: whether -1 and 1 are the centres of the corner pixels, and not their outer
            corners.

    Returns:
        An array of shape ``(batch, *spatial, 2)``, or 3; the last spatial axis comes first in it.

    Raises:
        ValueError: if the shapes do not fit.
    """
    ndim = len(size) - 2
    if ndim not in (2, 3) or tuple(theta.shape) != (size[0], ndim, ndim + 1):
        raise ValueError(
            f"affine_grid: theta has shape {tuple(theta.shape)} and size is {tuple(size)}; "
            "expected (batch, n, n + 1) and (batch, channels, and 2 or 3 spatial lengths)"
        )
    spatial = tuple(size[2:])
    axes = []
    for n in spatial:
        steps = np.arange(n)
        if align_corners:
            axes.append(steps * (2 / (n - 1)) - 1.0 if n > 1 else steps * 0.0)
        else:
            axes.append((steps * 2.0 + 1.0) / n - 1.0)
    places = [a.reshape(-1) for a in np.meshgrid(*axes, indexing="ij")]
    base = made_like(theta, np.stack([*places[::-1], np.ones_like(places[0])], axis=-1))
    out = xg.matmul(base, xg.matrix_transpose(theta))
    return xg.reshape(out, (size[0], *spatial, ndim))


def _reflected(x: Any, low: float, high: float) -> Any:
    """Return places brought within two bounds by reflections there."""
    span = high - low
    if span == 0:
        return xg.zeros_like(x)
    away = xg.abs(x - low)
    turns = xg.stop_gradient(xg.floor(away / span))
    rest = away - turns * span
    even = turns - 2.0 * xg.floor(turns / 2.0) == 0
    return xg.where(even, rest + low, span - rest + low)


def _placed(x: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """Return where coordinates of [-1, 1] are in units of elements, within an axis of length n."""
    x = _unnormalised(x, n, align_corners)
    return x if padding_mode == "zeros" else _within(x, n, padding_mode, align_corners)


def _unnormalised(x: Any, n: int, align_corners: bool) -> Any:
    return (x + 1.0) * ((n - 1) / 2) if align_corners else ((x + 1.0) * n - 1.0) / 2.0


def _within(x: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """Return places within an axis, by reflection at its ends or by its border."""
    if padding_mode == "reflection":
        x = _reflected(x, *((0.0, n - 1.0) if align_corners else (-0.5, n - 0.5)))
    inside = (x > 0) & (x < n - 1)
    return xg.where(inside, x, xg.clip(xg.stop_gradient(x), 0.0, float(n - 1)))


@as_given
def grid_sample(
    input: Array,
    grid: AnyArray,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Array:
    """Return the values of images at the places of a grid.

    Args:
        input: of shape ``(batch, channels, *spatial)`` with 2 or 3 spatial axes.
        grid: of shape ``(batch, *places, n)`` for n spatial axes: coordinates from -1 to 1, that
            of the last axis first.
        mode: ``"bilinear"`` (linear along each axis), ``"nearest"`` or ``"bicubic"``, which is for
            2 axes.
        padding_mode: what is beyond the image: ``"zeros"``, ``"border"`` or ``"reflection"``.
        align_corners: whether -1 and 1 are the centres of the corner pixels, and not their outer
            corners.

    Returns:
        An array of shape ``(batch, channels, *places)``. It has derivatives by the images and, but
        for ``"nearest"``, by the grid.

    Raises:
        ValueError: if the shapes do not fit, or a mode is unknown.
    """
    ndim = len(input.shape) - 2
    if ndim not in (2, 3) or (
        len(grid.shape) != ndim + 2 or (grid.shape[0], grid.shape[-1]) != (input.shape[0], ndim)
    ):
        raise ValueError(
            f"grid_sample: input has shape {tuple(input.shape)} and grid {tuple(grid.shape)}; "
            "expected (batch, channels, *spatial) and (batch, *places, n) for n = 2 or 3 spatial "
            "axes"
        )
    modes = ("bilinear", "nearest", "bicubic")[: 3 if ndim == 2 else 2]
    paddings = ("zeros", "border", "reflection")
    if mode not in modes or padding_mode not in paddings:
        raise ValueError(
            f"grid_sample: mode is {mode!r} and padding_mode {padding_mode!r}; expected one of "
            f"{', '.join(modes)}, and of {', '.join(paddings)}"
        )
    batch, channels, *spatial = input.shape
    places = tuple(grid.shape[1:-1])
    flat = xg.reshape(input, (batch, channels, math.prod(spatial)))
    flow: Any = xg.reshape(grid, (batch, math.prod(places), ndim))
    axes = [flow[:, :, i] for i in range(ndim)][::-1]
    ways: list[list[tuple[Any, Any]]] = []  # along each axis: which element, with what weight
    for x, n in zip(axes, spatial, strict=True):
        if mode == "bicubic":
            at = _unnormalised(x, n, align_corners)
            first = xg.stop_gradient(xg.floor(at))
            t = at - first
            weights = _keys(t)
            steps: list[Any] = [first + (k - 1.0) for k in range(4)]
            if padding_mode != "zeros":
                steps = [_within(s, n, padding_mode, align_corners) for s in steps]
            ways.append(list(zip(steps, weights, strict=True)))
            continue
        at = _placed(x, n, padding_mode, align_corners)
        if mode == "nearest":
            ways.append([(xg.stop_gradient(xg.round(at)), None)])
            continue
        first = xg.stop_gradient(xg.floor(at))
        t = at - first
        ways.append([(first, 1.0 - t), (first + 1.0, t)])
    total: Any = None
    for corner in itertools.product(*ways):
        part = _read(flat, spatial, corner)
        total = part if total is None else total + part
    return xg.reshape(total, (batch, channels, *places))


def _keys(t: Any) -> list[Any]:
    """Return Keys' four weights (1981) with a = -0.75 for a place t after the second element."""
    a = -0.75

    def far(s: Any) -> Any:
        return ((a * s - 5 * a) * s + 8 * a) * s - 4 * a

    def near(s: Any) -> Any:
        return ((a + 2) * s - (a + 3)) * s * s + 1.0

    parts: list[tuple[Callable[[Any], Any], Any]] = [
        (far, t + 1.0),
        (near, t),
        (near, 1.0 - t),
        (far, 2.0 - t),
    ]
    return [f(s) for f, s in parts]


def _read(flat: Any, spatial: list[int], corner: Any) -> Any:
    """Return the elements at one corner of each place, times their weights; 0 outside."""
    index: Any = None
    inside: Any = None
    weight: Any = None
    for (place, w), n in zip(corner, spatial, strict=True):
        at = xg.stop_gradient(place)
        here = (at >= 0) & (at <= n - 1)
        inside = here if inside is None else inside & here
        k = xg.astype(xg.clip(xg.where(here, at, 0.0), 0.0, float(n - 1)), xg.int64)
        index = k if index is None else index * n + k
        if w is not None:
            weight = w if weight is None else weight * w
    index = xg.broadcast_to(
        xg.expand_dims(index, axis=1), (flat.shape[0], flat.shape[1], index.shape[-1])
    )
    values = xg.where(xg.expand_dims(inside, axis=1), xg.take_along_axis(flat, index, axis=2), 0.0)
    return values if weight is None else values * xg.expand_dims(weight, axis=1)
