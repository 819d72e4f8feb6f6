"""Images made larger and smaller: borders, interpolation, channels as pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import xgrad as xg

from ...arrays.array import Array
from ...arrays.types import as_given
from ...ops.halves import in_single
from .adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .checks import made_like

_BORDERS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@as_given
def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    """Return an array with more elements, or fewer, at the borders of its last axes.

    Args:
        input: the array.
        pad: how many before and after the last axis, then before and after the one before it, and
            so on; a negative number cuts elements off.
        mode: ``"constant"``, ``"reflect"`` (without the border itself), ``"replicate"`` of the
            border, or ``"circular"``.
        value: what is put there in the mode ``"constant"``.

    Returns:
        An array of the dtype of the input.

    Raises:
        ValueError: if `mode` is unknown, or the widths do not fit the array.

    >>> import numpy as np
    >>> import xgrad.nn.functional as F
    >>> F.pad(np.asarray([1.0, 2.0, 3.0]), (1, -1), mode="replicate")
    array([1., 1., 2.])
    """
    if mode not in _BORDERS:
        raise ValueError(f"pad: mode is {mode!r}; expected one of {', '.join(_BORDERS)}")
    ndim = len(input.shape)
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise ValueError(
            f"pad: pad has {len(pad)} numbers; expected a pair for each of at most {ndim} axes, "
            "the last axis first"
        )
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)][::-1]
    widths = [(0, 0)] * (ndim - len(pairs)) + pairs
    if any(n < 0 for pair in widths for n in pair):
        lengths = zip(input.shape, widths, strict=True)
        cut = tuple(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in lengths)
        input = input[cut]
        widths = [(max(b, 0), max(a, 0)) for b, a in widths]
    most = {"reflect": 1, "circular": 0}.get(mode)
    if most is not None and any(
        max(pair) > n - most for n, pair in zip(input.shape, widths, strict=True) if any(pair)
    ):
        raise ValueError(
            f"pad: the widths {widths} are too large for mode {mode!r} and the shape "
            f"{tuple(input.shape)}; expected at most the length of an axis"
            + (" less 1" if most else "")
        )
    if mode == "constant":
        return xg.pad(input, widths, constant_values=value)
    return xg.pad(input, widths, mode=_BORDERS[mode])


# Interpolation -----------------------------------------------------------------------------------

_MODES = {  # by mode: the number of spatial axes, None for any
    "nearest": None,
    "nearest-exact": None,
    "area": None,
    "linear": 1,
    "bilinear": 2,
    "bicubic": 2,
    "trilinear": 3,
}


def _cubic(t: Any, a: float) -> Any:
    """Return Keys' kernel (1981) at distances."""
    t = np.abs(t)
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = (((t - 5) * t + 8) * t - 4) * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def _taps(
    n: int, m: int, scale: float, mode: str, align_corners: bool, antialias: bool
) -> tuple[Any, Any]:
    """Return for each of m places which elements of n it reads, and with what weights.

    Both are of shape (taps, m); `scale` is how far apart the places are.
    """
    i = np.arange(m)
    if mode.startswith("nearest"):  # in float32, as PyTorch's, whatever the dtype
        middle = np.float32(0.5 if mode == "nearest-exact" else 0.0)
        at = np.floor((i.astype(np.float32) + middle) * np.float32(scale)).astype(np.int64)
        return np.minimum(at, n - 1)[None], np.ones((1, m))
    cubic = mode == "bicubic"
    if antialias:
        return _antialiased(n, m, scale, cubic)
    if align_corners:
        at = i * ((n - 1) / (m - 1) if m > 1 else 0.0)
    else:
        at = (i + 0.5) * scale - 0.5
        at = at if cubic else np.maximum(at, 0.0)
    first = np.floor(at).astype(np.int64)
    t = at - first
    if cubic:
        steps = np.arange(-1, 3)[:, None]
        return np.clip(first + steps, 0, n - 1), _cubic(t - steps, -0.75)
    first = np.minimum(first, n - 1)
    return np.stack([first, np.minimum(first + 1, n - 1)]), np.stack([1 - t, t])


def _antialiased(n: int, m: int, scale: float, cubic: bool) -> tuple[Any, Any]:
    """Return taps whose kernel is as wide as what one place stands for."""
    width = max(scale, 1.0)
    reach = (2.0 if cubic else 1.0) * width
    centre = (np.arange(m) + 0.5) * scale
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach + 0.5).astype(np.int64), n)
    taps = np.arange(int(np.max(last - first)))[:, None]
    at = (taps + first - centre + 0.5) / width
    w = _cubic(at, -0.5) if cubic else np.maximum(1 - np.abs(at), 0.0)
    w = np.where(taps < last - first, w, 0.0)
    return np.minimum(first + taps, n - 1), w / np.sum(w, axis=0)


def _sampled(x: Any, axis: int, at: Any, weights: Any) -> Any:
    """Return sums of elements along an axis with weights, one for each column of the tables."""
    lead = len(x.shape) - axis - 1
    total: Any = None
    for places, w in zip(at, weights, strict=True):
        part = xg.take(x, made_like(x, places, np.int64), axis=axis)
        if not np.all(w == 1):
            part = part * xg.reshape(made_like(x, w), (-1, *(1,) * lead))
        total = part if total is None else total + part
    return total


@as_given
@in_single
def interpolate(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    """Return images of another size, interpolated.

    Args:
        input: of shape ``(batch, channels, *spatial)``.
        size: the new spatial lengths, one for all or one for each axis.
        scale_factor: in place of `size` by what factors the lengths grow.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"area"`` for means of what falls into a place,
            and ``"linear"``, ``"bilinear"``, ``"bicubic"`` or ``"trilinear"`` by the number of
            spatial axes.
        align_corners: whether the centres of the corner pixels stay where they are, and not their
            outer corners; for the modes of polynomials only.
        recompute_scale_factor: whether the factors that are computed with are those of the rounded
            lengths, not those given.
        antialias: whether to take means over what a place stands for when an image gets smaller;
            for ``"bilinear"`` and ``"bicubic"``.

    Returns:
        An array of shape ``(batch, channels, *size)``; lengths from factors are rounded down.

    Raises:
        ValueError: if the mode does not fit the axes, or not one of size and factor is given.

    >>> import numpy as np
    >>> import xgrad.nn.functional as F
    >>> F.interpolate(np.asarray([[[0.0, 1.0]]]), 4, mode="linear")
    array([[[0.  , 0.25, 0.75, 1.  ]]])
    """
    function, ndim = "interpolate", len(input.shape) - 2
    if mode not in _MODES or ndim < 1 or _MODES[mode] not in (None, ndim):
        fitting = [m for m, n in _MODES.items() if n in (None, ndim)]
        raise ValueError(
            f"{function}: mode is {mode!r} for an input of shape {tuple(input.shape)}; expected "
            f"(batch, channels, ...) and one of {', '.join(fitting)}"
        )
    plain = mode in ("nearest", "nearest-exact", "area")
    if plain and align_corners is not None:
        raise ValueError(f"{function}: align_corners is for polynomials; got mode {mode!r}")
    if antialias and (mode not in ("bilinear", "bicubic") or align_corners):
        raise ValueError(
            f"{function}: antialias=True is for mode 'bilinear' or 'bicubic' without "
            f"align_corners; got {mode!r}"
        )
    lengths = tuple(input.shape[2:])
    sizes, scales = _sizes(function, lengths, size, scale_factor, bool(recompute_scale_factor))
    if mode == "area":
        area: Any = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[ndim - 1]
        out: Array = area(input, sizes if ndim > 1 else sizes[0])
        return out
    for axis, (n, m, scale) in enumerate(zip(lengths, sizes, scales, strict=True), 2):
        if n != m or scale != 1:
            input = _sampled(input, axis, *_taps(n, m, scale, mode, bool(align_corners), antialias))
    return input


def _sizes(
    function: str, lengths: tuple[int, ...], size: Any, factor: Any, again: bool
) -> tuple[tuple[int, ...], list[float]]:
    """Return the new lengths, and how far apart new places are in units of the old ones."""
    if (size is None) == (factor is None):
        raise ValueError(
            f"{function}: got size={size} and scale_factor={factor}; expected one of them"
        )
    given = factor if size is None else size
    several = isinstance(given, Sequence) or getattr(given, "shape", ()) != ()
    values = list(given) if several else [given] * len(lengths)
    if len(values) != len(lengths) or any(v <= 0 for v in values):
        raise ValueError(
            f"{function}: {'scale_factor' if size is None else 'size'} is {given}; expected a "
            f"positive number, or one for each of {len(lengths)} spatial axes"
        )
    if size is not None:
        sizes = tuple(int(v) for v in values)
        return sizes, [n / m for n, m in zip(lengths, sizes, strict=True)]
    sizes = tuple(math.floor(n * float(f)) for n, f in zip(lengths, values, strict=True))
    if min(sizes) < 1:
        raise ValueError(f"{function}: scale_factor {factor} leaves nothing of {lengths}")
    if again:
        return sizes, [n / m for n, m in zip(lengths, sizes, strict=True)]
    return sizes, [1.0 / float(f) for f in values]


@as_given
def upsample(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """Return `interpolate` of the same arguments, under its older name.

    Args:
        input: of shape ``(batch, channels, *spatial)``.
        size: the new spatial lengths.
        scale_factor: in place of `size` by what factors they grow.
        mode: as in `interpolate`.
        align_corners: whether the centres of the corner pixels stay where they are.

    Returns:
        An array of shape ``(batch, channels, *size)``.
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


@as_given
def upsample_nearest(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Array:
    """Return `interpolate` to the nearest element.

    Args:
        input: of shape ``(batch, channels, *spatial)``.
        size: the new spatial lengths.
        scale_factor: in place of `size` by what factors they grow.

    Returns:
        An array of shape ``(batch, channels, *size)``.
    """
    return interpolate(input, size, scale_factor)


@as_given
def upsample_bilinear(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Array:
    """Return `interpolate` of two axes with the corner pixels kept where they are.

    Args:
        input: of shape ``(batch, channels, height, width)``.
        size: the new spatial lengths.
        scale_factor: in place of `size` by what factors they grow.

    Returns:
        An array of shape ``(batch, channels, *size)``.
    """
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
