"""Images looked at in other places: by image, coordinates, matrix, angle, shift and zoom."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

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
        raw(x.detach()), raw(at.detach()), None, order, mode, cval, prefilter
    )
    return interpolated(x, [at[i, ...] for i in range(x.ndim)], value, order, mode, cval, prefilter)


def _grid(shape: Any) -> list[Any]:
    """Return the coordinates of all pixels, an array for each axis that broadcasts to the image."""
    return [
        np.arange(float(n)).reshape([-1 if k == i else 1 for k in range(len(shape))])
        for i, n in enumerate(shape)
    ]


def _looked_up(x: Any, places: list[Any], value: Any, options: Any) -> Any:
    spread = [xgrad.broadcast_to(xgrad.asarray(p), value.shape) for p in places]
    return interpolated(x, spread, value, *options)


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
    value = chapter("ndimage", x).affine_transform(
        raw(x.detach()), raw(m.detach()), raw(moved.detach()), shape, None, order, mode, cval,
        prefilter,
    )  # fmt: skip
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
                place = place + m[i] * grid[j]
        places.append(place)
    return _looked_up(x, places, value, (order, mode, cval, prefilter))


@twin("ndimage")
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Move an image, by image and shift; see ``scipy.ndimage.shift``."""
    x = xgrad.asarray(input)
    by = xgrad.broadcast_to(xgrad.asarray(shift) * 1.0, (x.ndim,))
    value = chapter("ndimage", x).shift(
        raw(x.detach()), raw(by.detach()), None, order, mode, cval, prefilter
    )
    places = [g - by[i] for i, g in enumerate(_grid(x.shape))]
    return _looked_up(x, places, value, (order, mode, cval, prefilter))


@twin("ndimage")
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True, *, grid_mode: bool = False,
) -> Any:  # fmt: skip
    """Make an image larger or smaller; see ``scipy.ndimage.zoom``. The factor has no derivative."""
    x = xgrad.asarray(input)
    value = chapter("ndimage", x).zoom(
        raw(x.detach()), raw(zoom), None, order, mode, cval, prefilter, grid_mode=grid_mode
    )
    places = []
    for n, size, g in zip(x.shape, value.shape, _grid(value.shape), strict=True):
        if grid_mode:
            places.append((g + 0.5) * (n / size) - 0.5)
        else:
            places.append(g * ((n - 1) / (size - 1) if size > 1 else 1.0))
    return _looked_up(x, places, value, (order, mode, cval, prefilter))


@twin("ndimage")
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None,
    order: int = 3, mode: str = "constant", cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Turn an image by an angle in degrees, by image and angle; see ``scipy.ndimage.rotate``."""
    x = xgrad.asarray(input)
    degrees = xgrad.asarray(angle) * 1.0
    held = degrees.detach()
    value = chapter("ndimage", x).rotate(
        raw(x.detach()), float(held) if reshape else raw(held), axes, reshape, None, order, mode,
        cval, prefilter,
    )  # fmt: skip
    one, two = sorted(a % x.ndim for a in axes)
    turn = degrees * (np.pi / 180.0)
    c, s = xgrad.cos(turn), xgrad.sin(turn)
    out, into = [(np.asarray([v.shape[one], v.shape[two]]) - 1) / 2.0 for v in (value, x)]
    grid = _grid(value.shape)
    places: list[Any] = list(grid)
    a, b = grid[one] - out[0], grid[two] - out[1]
    places[one] = c * a + s * b + into[0]
    places[two] = c * b - s * a + into[1]
    if x.ndim == 2:
        return _looked_up(x, places, value, (order, mode, cval, prefilter))
    rest = [i for i in range(x.ndim) if i not in (one, two)]
    flat = xgrad.reshape(xgrad.permute_dims(x, (*rest, one, two)), (-1, x.shape[one], x.shape[two]))
    images = xgrad.reshape(
        xgrad.permute_dims(xgrad.asarray(value), (*rest, one, two)),
        (-1, value.shape[one], value.shape[two]),
    )
    here = [xgrad.broadcast_to(xgrad.asarray(places[i]), value.shape) for i in (one, two)]
    first = tuple(slice(None) if i in (one, two) else 0 for i in range(x.ndim))
    spots = [h[first] for h in here]
    done = [
        interpolated(flat[i, :, :], spots, raw(images[i, :, :]), order, mode, cval, prefilter)
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
