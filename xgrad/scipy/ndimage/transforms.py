"""Images looked at in other places: by image, coordinates, matrix, angle, shift and zoom."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...backends import is_recorded
from ..common import chapter, raw, twin
from .splines import interpolated

__all__ = ["affine_transform", "geometric_transform", "map_coordinates", "rotate", "shift", "zoom"]


@twin("ndimage")
def map_coordinates(
    input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Look an image up at coordinates, between its pixels too; see ``scipy.ndimage``.

    Args:
        input: the image.
        coordinates: where, an array with an entry for each axis of the image first.
        output: nothing: what is returned is new.
        order: of the spline, 0 to 5.
        mode: how the image goes on beyond its border.
        cval: what a constant border is.
        prefilter: whether the spline goes through the pixels, or they are its coefficients.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> image = np.arange(9.0).reshape(3, 3)
    >>> look = lambda at: scipy.ndimage.map_coordinates(image, at, order=1)[0]
    >>> xg.grad(look)(np.asarray([[0.5], [1.25]])).ravel()
    array([3., 1.])
    """
    x = xgrad.asarray(input)
    at = (
        coordinates
        if hasattr(coordinates, "shape")
        else xgrad.stack([xgrad.asarray(c) for c in coordinates])
    )
    at = xgrad.asarray(at)
    if at.shape[0] != x.ndim:
        raise ValueError(
            f"map_coordinates: coordinates have shape {at.shape}; expected {x.ndim} rows first, "
            "one for each axis of the image"
        )
    value = chapter("ndimage", x, at).map_coordinates(
        raw(x.detach()), raw(at.detach()), None, order, mode, raw(cval), prefilter
    )
    return interpolated(x, [at[i, ...] for i in range(x.ndim)], value, order, mode, cval, prefilter)


def _grid(shape: Any) -> list[Any]:
    """Return the coordinates of all pixels, an array for each axis that broadcasts to the image."""
    return [
        np.arange(float(n)).reshape([-1 if k == i else 1 for k in range(len(shape))])
        for i, n in enumerate(shape)
    ]


def _looked_up(x: Any, places: list[Any], run: Any, options: Any, value: Any = None) -> Any:
    """Return what the library looks up, with its derivative.

    Args:
        x: the image.
        places: the coordinates along each axis.
        run: the library's function of a raw image, an order, a value outside and whether to filter.
        options: order, mode, value outside, whether to filter.
        value: what it looks up, if that is known.
    """
    order, mode, cval, prefilter = options
    if value is None:
        value = run(raw(x.detach()), order, raw(cval), prefilter)
    spread = [xgrad.broadcast_to(xgrad.asarray(p), value.shape) for p in places]
    inside = _inside(x, spread, run) if mode == "constant" else None
    return interpolated(x, spread, value, order, mode, cval, prefilter, inside)


def _inside(x: Any, places: list[Any], run: Any) -> Any:
    """Return where the library looks inside of the image, None if no place is at its border."""
    held = [raw(p.detach()) for p in places]
    if is_recorded(raw(x)) or any(map(is_recorded, held)):  # they are not known yet
        return None
    near = [abs(p - end) < 1e-9 for p, n in zip(held, x.shape, strict=True) for end in (0, n - 1)]
    if not any(bool(n.any()) for n in near):
        return None
    return run(raw(xgrad.ones_like(x.detach())), 0, 0.0, False) > 0.5


@twin("ndimage")
def affine_transform(
    input: Any, matrix: Any, offset: Any = 0.0, output_shape: Any = None, output: Any = None,
    order: int = 3, mode: str = "constant", cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Look an image up at ``matrix @ p + offset``; see ``scipy.ndimage.affine_transform``.

    Differentiable in the image, the matrix, which may be homogeneous or a vector of factors, and
    the offset.
    """
    x, m = xgrad.asarray(input), xgrad.asarray(matrix)
    n = x.ndim
    shape = x.shape if output_shape is None else tuple(output_shape)
    moved = xgrad.broadcast_to(xgrad.asarray(offset) * 1.0, (n,))
    plain = raw(m.detach()), raw(moved.detach())

    def run(image: Any, order: int, cval: Any, prefilter: bool) -> Any:
        transform = chapter("ndimage", x).affine_transform
        return transform(image, *plain, shape, None, order, mode, cval, prefilter)

    if m.ndim == 2 and m.shape[1] == n + 1:
        moved, m = m[:n, n], m[:n, :n]
    grid = _grid(shape)
    places = []
    for i in range(n):
        place = moved[i]
        for j in range(n):
            if m.ndim == 2:
                place = place + m[i, j] * grid[j]
            elif i == j:
                place = (grid[j] + place / m[i]) * m[i]
        places.append(place)
    return _looked_up(x, places, run, (order, mode, cval, prefilter))


@twin("ndimage")
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Move an image, by image and shift; see ``scipy.ndimage.shift``."""
    x = xgrad.asarray(input)
    by = xgrad.broadcast_to(xgrad.asarray(shift) * 1.0, (x.ndim,))

    def run(image: Any, order: int, cval: Any, prefilter: bool) -> Any:
        return chapter("ndimage", x).shift(
            image, raw(by.detach()), None, order, mode, cval, prefilter
        )

    places = [g - by[i] for i, g in enumerate(_grid(x.shape))]
    return _looked_up(x, places, run, (order, mode, cval, prefilter))


@twin("ndimage")
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True, *, grid_mode: bool = False,
) -> Any:  # fmt: skip
    """Make an image larger or smaller; see ``scipy.ndimage.zoom``. The factor has no derivative."""
    x = xgrad.asarray(input)

    def run(image: Any, order: int, cval: Any, prefilter: bool) -> Any:
        enlarge = chapter("ndimage", x).zoom
        return enlarge(image, raw(zoom), None, order, mode, cval, prefilter, grid_mode=grid_mode)

    value = run(raw(x.detach()), order, raw(cval), prefilter)
    places = []
    for n, size, g in zip(x.shape, value.shape, _grid(value.shape), strict=True):
        if grid_mode:
            places.append((g + 0.5) * (n / size) - 0.5)
        else:
            places.append(g * ((n - 1) / (size - 1) if size > 1 else 1.0))
    return _looked_up(x, places, run, (order, mode, cval, prefilter), value)


@twin("ndimage")
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None,
    order: int = 3, mode: str = "constant", cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Turn an image by an angle in degrees, by image and angle; see ``scipy.ndimage.rotate``."""
    x = xgrad.asarray(input)
    degrees = xgrad.asarray(angle) * 1.0
    held = degrees.detach()

    def run(image: Any, order: int, cval: Any, prefilter: bool) -> Any:
        turn, by = chapter("ndimage", x).rotate, float(held) if reshape else raw(held)
        return turn(image, by, axes, reshape, None, order, mode, cval, prefilter)

    value = run(raw(x.detach()), order, raw(cval), prefilter)
    one, two = sorted(a % x.ndim for a in axes)
    c, s = xgrad.special.cosdg(degrees), xgrad.special.sindg(degrees)
    out, into = [(np.asarray([v.shape[one], v.shape[two]]) - 1) / 2.0 for v in (value, x)]
    grid = _grid(value.shape)
    places: list[Any] = list(grid)
    starts = into[0] - (c * out[0] + s * out[1]), into[1] - (c * out[1] - s * out[0])
    places[one] = starts[0] + c * grid[one] + s * grid[two]  # summed as SciPy does
    places[two] = starts[1] - s * grid[one] + c * grid[two]
    if x.ndim == 2:
        return _looked_up(x, places, run, (order, mode, cval, prefilter), value)
    rest = [i for i in range(x.ndim) if i not in (one, two)]
    flat = xgrad.reshape(xgrad.permute_dims(x, (*rest, one, two)), (-1, x.shape[one], x.shape[two]))
    images = xgrad.reshape(
        xgrad.permute_dims(xgrad.asarray(value), (*rest, one, two)),
        (-1, value.shape[one], value.shape[two]),
    )
    here = [xgrad.broadcast_to(xgrad.asarray(places[i]), value.shape) for i in (one, two)]
    first = tuple(slice(None) if i in (one, two) else 0 for i in range(x.ndim))
    spots = [h[first] for h in here]
    known = None
    if mode == "constant":
        every = [xgrad.broadcast_to(xgrad.asarray(p), value.shape) for p in places]
        known = _inside(x, every, run)
    options = order, mode, cval, prefilter, None if known is None else known[first]
    done = [
        interpolated(flat[i, :, :], spots, raw(images[i, :, :]), *options)
        for i in range(images.shape[0])
    ]
    stacked = xgrad.reshape(xgrad.stack(done), (*(value.shape[i] for i in rest), *images.shape[1:]))
    return xgrad.permute_dims(stacked, tuple(np.argsort((*rest, one, two)).tolist()))


@twin("ndimage")
def geometric_transform(
    input: Any, mapping: Any, output_shape: Any = None, output: Any = None, order: int = 3,
    mode: str = "constant", cval: float = 0.0, prefilter: bool = True, extra_arguments: Any = (),
    extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """Look an image up where a function says, pixel by pixel; see ``scipy.ndimage``."""
    x = xgrad.asarray(input)
    shape = x.shape if output_shape is None else tuple(output_shape)
    more = extra_keywords or {}
    found = [mapping(p, *extra_arguments, **more) for p in np.ndindex(*shape)]
    rows = [
        xgrad.reshape(xgrad.stack([xgrad.asarray(f[i]) for f in found]), shape)
        for i in range(x.ndim)
    ]
    return map_coordinates(x, xgrad.stack(rows), None, order, mode, cval, prefilter)
