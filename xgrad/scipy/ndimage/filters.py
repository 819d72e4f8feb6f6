"""Linear filters: an extension of the border, and a correlation that needs none.

The extension is `xgrad.pad`. What is left is bilinear in image and weights, and its transpose is
the same correlation with the weights turned round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ...backends import backend_of
from ...engine.op import multilinear
from ...engine.projection import conj
from ..common import raw, twin

__all__ = ["convolve", "convolve1d", "correlate", "correlate1d", "gaussian_filter",
           "gaussian_filter1d", "gaussian_gradient_magnitude", "gaussian_laplace", "laplace",
           "prewitt", "sobel", "uniform_filter", "uniform_filter1d"]  # fmt: skip

MODES = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "constant": "constant",
    "grid-constant": "constant",
    "nearest": "edge",
    "mirror": "reflect",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}
"""SciPy's name of each extension of the border, and NumPy's."""


def extended(name: str, x: Any, widths: Any, mode: Any, cval: float) -> Any:
    """Return an image with more elements at its borders.

    Args:
        name: of the function, for errors.
        x: the image.
        widths: how many before and after, for each axis.
        mode: SciPy's name, or one for each axis.
        cval: what a constant border is.
    """
    modes = [mode] * x.ndim if isinstance(mode, str) else list(mode)
    for m in modes:
        if m not in MODES:
            raise ValueError(f"{name}: mode is {m!r}; expected one of {', '.join(MODES)}")
    if len(modes) != x.ndim:
        raise ValueError(f"{name}: got {len(modes)} modes; expected {x.ndim}, one for each axis")
    if len(set(modes)) == 1:
        more: dict[str, Any] = {}
        if MODES[modes[0]] == "constant":
            more = {"constant_values": cval}
        return xgrad.pad(x, widths, mode=MODES[modes[0]], **more)
    for axis, (width, m) in enumerate(zip(widths, modes, strict=True)):
        alone = [width if i == axis else (0, 0) for i in range(x.ndim)]
        more = {}
        if MODES[m] == "constant":
            more = {"constant_values": cval}
        x = xgrad.pad(x, alone, mode=MODES[m], **more)
    return x


def per_axis(value: Any, ndim: int) -> list[Any]:
    """Return a parameter for each axis."""
    if isinstance(value, Array) and value.ndim:
        return [value[i] for i in range(value.shape[0])]
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * ndim


def _lines_by_weights(xp: Any, g: Any, x: Any, weights: Any, axis: int) -> Any:
    m = g.shape[axis]
    parts = []
    for k in range(weights.shape[0]):
        at = (*(slice(None),) * axis, slice(k, k + m))
        parts.append(xp.sum(g * conj(xp, x[(*at, ...)])))
    return xp.stack(parts)


def _lines_by_x(xp: Any, g: Any, weights: Any, axis: int) -> Any:
    n = weights.shape[0] - 1
    wide = xgrad.pad(g, [(n, n) if i == axis else (0, 0) for i in range(g.ndim)])
    return lines(wide, conj(xp, xp.flip(weights)), axis=axis)


@multilinear(_lines_by_x, _lines_by_weights)
def _lines(x: Array, weights: Array, /, *, axis: int) -> Any:
    """Return the correlation along an axis, where the weights do not reach over the border."""
    backend = backend_of(x)
    n = weights.shape[0]
    found = backend.chapter("ndimage").correlate1d(x, weights, axis, mode="constant")
    begin = n // 2
    return found[(*(slice(None),) * axis, slice(begin, x.shape[axis] - n + 1 + begin))]


lines: Any = _lines


def _blocks_by_x(xp: Any, g: Any, weights: Any) -> Any:
    widths = [(n - 1, n - 1) for n in weights.shape]
    return blocks(xgrad.pad(g, widths), conj(xp, xp.flip(weights)))


@multilinear(_blocks_by_x, lambda xp, g, x: blocks(conj(xp, x), g))
def _blocks(x: Array, weights: Array, /) -> Array:
    """Return the correlation of arrays where the second lies within the first."""
    found = backend_of(x).chapter("signal").correlate(x, weights.conj(), mode="valid")
    return found.astype(x.dtype) if found.dtype != x.dtype else found  # type: ignore[no-any-return]


blocks: Any = _blocks


def _fitting(x: Any, weights: Any) -> tuple[Any, Any]:
    """Return image and weights as floating-point arrays of one dtype."""
    x, weights = xgrad.asarray(x), xgrad.asarray(weights)
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype("float64")
    if weights.dtype.kind == "c" and dtype.kind != "c":
        dtype = np.result_type(dtype, np.complex64)
    return xgrad.astype(x, dtype, copy=False), xgrad.astype(weights, dtype, copy=False)


@twin("ndimage")
def correlate1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    """Correlate along an axis, in image and weights; see ``scipy.ndimage.correlate1d``."""
    x, w = _fitting(input, weights)
    axis %= x.ndim
    n = w.shape[0]
    before = n // 2 + origin
    if w.ndim != 1 or not 0 <= before < n:
        raise ValueError(
            f"correlate1d: weights have shape {w.shape} and origin is {origin}; expected a vector, "
            "and an origin inside of it"
        )
    widths = [(before, n - 1 - before) if i == axis else (0, 0) for i in range(x.ndim)]
    return lines(extended("correlate1d", x, widths, mode, cval), w, axis=axis)


@twin("ndimage")
def convolve1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    """Convolve along an axis, in image and weights; see ``scipy.ndimage.convolve1d``."""
    w = xgrad.asarray(weights)
    origin = -origin - (1 - w.shape[0] % 2)
    return correlate1d(xgrad.asarray(input), xgrad.flip(w), axis, output, mode, cval, origin)


@twin("ndimage")
def correlate(
    input: Any, weights: Any, output: Any = None, mode: str = "reflect", cval: float = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Correlate arrays, in image and weights; see ``scipy.ndimage.correlate``."""
    x, w = _fitting(input, weights)
    if axes is not None:
        w, origin = _among(axes, x, w, origin)
    if w.ndim != x.ndim:
        raise ValueError(
            f"correlate: weights have shape {w.shape} and the image {x.shape}; "
            "expected as many axes"
        )
    before = [n // 2 + o for n, o in zip(w.shape, per_axis(origin, x.ndim), strict=True)]
    widths = [(b, n - 1 - b) for b, n in zip(before, w.shape, strict=True)]
    return blocks(extended("correlate", x, widths, mode, cval), w)


def _among(axes: Any, x: Any, w: Any, origin: Any) -> tuple[Any, list[int]]:
    """Return weights with an axis of length one wherever `axes` has none."""
    axes = [a % x.ndim for a in (axes if isinstance(axes, (tuple, list)) else (axes,))]
    given = per_axis(origin, len(axes))
    shape, origins = [1] * x.ndim, [0] * x.ndim
    for n, a, o in zip(w.shape, axes, given, strict=True):
        shape[a], origins[a] = n, o
    return xgrad.reshape(w, tuple(shape)), origins


@twin("ndimage")
def convolve(
    input: Any, weights: Any, output: Any = None, mode: str = "reflect", cval: float = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Convolve arrays, in image and weights; see ``scipy.ndimage.convolve``."""
    w = xgrad.asarray(weights)
    turned = [-o - (1 - n % 2) for o, n in zip(per_axis(origin, w.ndim), w.shape, strict=True)]
    return correlate(xgrad.asarray(input), xgrad.flip(w), output, mode, cval, turned, axes=axes)


def _gaussian(sigma: Any, order: int, radius: int) -> Any:
    """Return the weights of a Gaussian or of a derivative of it, differentiable in its width."""
    x = xgrad.asarray(np.arange(-radius, radius + 1.0))
    phi = xgrad.exp(-0.5 / (sigma * sigma) * x * x)
    phi = phi / xgrad.sum(phi)
    # the derivatives are polynomials times it: q -> q' - x / sigma^2 q
    q: list[Any] = [1.0]
    for _ in range(order):
        grown: list[Any] = [0.0] * (len(q) + 1)
        for i, c in enumerate(q):
            grown[i + 1] = grown[i + 1] - c / (sigma * sigma)
            if i:
                grown[i - 1] = grown[i - 1] + i * c
        q = grown
    total = q[0] * xgrad.ones_like(x)
    for i, c in enumerate(q[1:], 1):
        total = total + c * x**i
    return total * phi


@twin("ndimage")
def gaussian_filter1d(
    input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None,
    mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0, *, radius: Any = None,
) -> Any:  # fmt: skip
    """Smooth along an axis, differentiable in image and `sigma`; see ``scipy.ndimage``."""
    reach = int(truncate * float(raw(sigma)) + 0.5) if radius is None else int(radius)
    if order < 0 or reach < 0:
        raise ValueError(
            f"gaussian_filter1d: order is {order} and radius is {radius}; expected >= 0"
        )
    weights = xgrad.flip(_gaussian(sigma, order, reach))
    return correlate1d(xgrad.asarray(input), weights, axis, output, mode, cval)


@twin("ndimage")
def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, truncate: float = 4.0, *, radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """Smooth an image, differentiable in it and in `sigma`; see ``scipy.ndimage.gaussian_filter``.

    Args:
        input: the image.
        sigma: the width, or one for each axis.
        order: of the derivative of the Gaussian, or one for each axis.
        output: nothing: what is returned is new.
        mode: of the border, or one for each axis.
        cval: what a constant border is.
        truncate: at how many widths the Gaussian ends.
        radius: where it ends, in pixels, instead.
        axes: along which to smooth; all if None.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> smooth = lambda x: scipy.ndimage.gaussian_filter(x, 1.0)[0]
    >>> xg.grad(smooth)(np.zeros(4)).round(3)
    array([0.641, 0.296, 0.058, 0.005])
    """
    x = xgrad.asarray(input)
    axes = range(x.ndim) if axes is None else [a % x.ndim for a in per_axis(axes, 1)]
    count = len(axes)
    sigmas = [sigma] * count
    if isinstance(sigma, (list, tuple)) or np.ndim(raw(sigma)):
        if len(sigma) != count:
            raise ValueError(
                f"gaussian_filter: sigma has {len(sigma)} numbers; expected one for each of the "
                f"{count} axes"
            )
        sigmas = [sigma[i] for i in range(count)]
    orders, modes, reach = (per_axis(v, count) for v in (order, mode, radius))
    for axis, s, o, m, r in zip(axes, sigmas, orders, modes, reach, strict=True):
        if r is not None or float(raw(s)) > 1e-15:
            x = gaussian_filter1d(x, s, axis, o, None, m, cval, truncate, radius=r)
    return x


def _in_turn(name: str, input: Any, axis: int, mode: Any, cval: float, side: Any) -> Any:
    x = xgrad.asarray(input)
    axis %= x.ndim
    modes = per_axis(mode, x.ndim)
    out = correlate1d(x, np.asarray([-1.0, 0.0, 1.0]), axis, None, modes[axis], cval)
    for other in range(x.ndim):
        if other != axis:
            out = correlate1d(out, side, other, None, modes[other], cval)
    return out


@twin("ndimage")
def prewitt(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: float = 0.0
) -> Any:
    """Return Prewitt's derivative along an axis; see ``scipy.ndimage.prewitt``."""
    return _in_turn("prewitt", input, axis, mode, cval, np.asarray([1.0, 1.0, 1.0]))


@twin("ndimage")
def sobel(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: float = 0.0
) -> Any:
    """Return Sobel's derivative along an axis; see ``scipy.ndimage.sobel``."""
    return _in_turn("sobel", input, axis, mode, cval, np.asarray([1.0, 2.0, 1.0]))


@twin("ndimage")
def laplace(
    input: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *, axes: Any = None
) -> Any:
    """Return the sum of second differences; see ``scipy.ndimage.laplace``."""
    x = xgrad.asarray(input)
    axes = range(x.ndim) if axes is None else per_axis(axes, 1)
    modes = per_axis(mode, len(axes))
    second = np.asarray([1.0, -2.0, 1.0])
    parts = [correlate1d(x, second, a, None, m, cval) for a, m in zip(axes, modes, strict=True)]
    return sum(parts[1:], parts[0])


def _gaussians(
    input: Any, sigma: Any, mode: Any, cval: float, order: int, axes: Any, options: Any
) -> list[Any]:
    """Return derivatives along each of the axes, all of the image smoothed as `sigma` says."""
    x = xgrad.asarray(input)
    modes = per_axis(mode, len(axes))
    orders = [[order if k == axis else 0 for k in range(x.ndim)] for axis in axes]
    return [
        gaussian_filter(x, sigma, o, None, m, cval, **options)
        for o, m in zip(orders, modes, strict=True)
    ]


def _all_axes(axes: Any, ndim: int) -> list[int]:
    return list(range(ndim)) if axes is None else [a % ndim for a in per_axis(axes, 1)]


@twin("ndimage")
def gaussian_laplace(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *,
    axes: Any = None, **kwargs: Any,
) -> Any:  # fmt: skip
    """Return the sum of second derivatives of the smoothed image; see ``scipy.ndimage``."""
    ndim = xgrad.asarray(input).ndim
    axes = _all_axes(axes, ndim)
    if len(axes) < ndim:  # the others are not smoothed
        given = per_axis(sigma, len(axes))
        sigma = [given[axes.index(k)] if k in axes else 0.0 for k in range(ndim)]
    parts = _gaussians(input, sigma, mode, cval, 2, axes, kwargs)
    return sum(parts[1:], parts[0])


@twin("ndimage")
def gaussian_gradient_magnitude(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *,
    axes: Any = None, **kwargs: Any,
) -> Any:  # fmt: skip
    """Return the length of the gradient of the smoothed image; see ``scipy.ndimage``."""
    axes = _all_axes(axes, xgrad.asarray(input).ndim)
    parts = _gaussians(input, sigma, mode, cval, 1, axes, kwargs)
    return xgrad.sqrt(sum((p * p for p in parts[1:]), parts[0] * parts[0]))


@twin("ndimage")
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    """Return running means along an axis; see ``scipy.ndimage.uniform_filter1d``."""
    weights = np.full(size, 1.0 / size)
    return correlate1d(xgrad.asarray(input), weights, axis, output, mode, cval, origin)


@twin("ndimage")
def uniform_filter(
    input: Any, size: Any = 3, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return means over boxes; see ``scipy.ndimage.uniform_filter``."""
    x = xgrad.asarray(input)
    axes = range(x.ndim) if axes is None else [a % x.ndim for a in per_axis(axes, 1)]
    given = [per_axis(v, len(axes)) for v in (size, mode, origin)]
    for axis, n, m, o in zip(axes, *given, strict=True):
        if n > 1:
            x = uniform_filter1d(x, n, axis, None, m, cval, o)
    return x
