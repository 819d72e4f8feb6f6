"""Cosine and sine transforms of types 1 to 4, with SciPy's conventions, by one Fourier transform.

Each is a sum over n of ``w[n] x[n] exp(-2 pi i (k + a)(n + b) / M)``, of which the real or the
imaginary part is taken: factors before, a transform of length M, and factors after.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import as_given
from ..engine.operands import require_array
from ..engine.plain import as_tuple
from ..ops.beside import floating, placed
from ..ops.elementwise import imag, is_complex, real
from ..ops.halves import widened
from ..ops.manipulation import front, moveaxis
from ..ops.padding import pad
from .fourier import fft

_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}
_OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _phased(x: Any, angles: Any) -> Any:
    """Return an array times ``exp(-i angles)``."""
    dtype = np.complex64 if str(x.dtype).endswith(("float32", "complex64")) else np.complex128
    return x * placed(x, np.exp(-1j * angles), dtype)


def _sums(x: Any, length: int, shift: int, before: Any, after: Any) -> Any:
    """Return the sums of the docstring: `shift` zeros stand before x, whose angles are `before`."""
    n = x.shape[-1]
    wide = [(0, 0)] * (len(x.shape) - 1)
    x = pad(_phased(x, before), [*wide, (shift, length - shift - n)])
    return _phased(fft(x)[..., : after.shape[0]], after)


def _weighted(x: Any, ends: dict[int, float]) -> Any:
    """Return an array with some entries of the last axis multiplied."""
    weights = np.ones(x.shape[-1])
    for index, weight in ends.items():
        weights[index] *= weight
    return x * placed(x, weights)


def _cosine(x: Any, type: int) -> Any:
    n = x.shape[-1]
    k = np.arange(n)
    if type == 1:
        inner = _weighted(x, {0: 0.5, n - 1: 0.5})
        return 2 * real(_sums(inner, 2 * (n - 1), 0, 0 * k, 0 * k))
    if type == 2:
        return 2 * real(_sums(x, 2 * n, 0, 0 * k, np.pi * k / (2 * n)))
    if type == 3:
        return 2 * real(_sums(_weighted(x, {0: 0.5}), 2 * n, 0, np.pi * k / (2 * n), 0 * k))
    return 2 * real(_sums(x, 2 * n, 0, np.pi * k / (2 * n), np.pi * (2 * k + 1) / (4 * n)))


def _sine(x: Any, type: int) -> Any:
    n = x.shape[-1]
    k = np.arange(n)
    if type == 1:
        return -2 * imag(_sums(x, 2 * (n + 1), 1, 0 * k, np.zeros(n + 1))[..., 1:])
    if type == 2:
        after = np.pi * np.arange(n + 1) / (2 * n)
        return -2 * imag(_sums(x, 2 * n, 0, 0 * k, after)[..., 1:])
    if type == 3:
        inner = _weighted(x, {n - 1: 0.5})
        return -2 * imag(_sums(inner, 2 * n, 1, np.pi * (k + 1) / (2 * n), 0 * k))
    return -2 * imag(_sums(x, 2 * n, 0, np.pi * k / (2 * n), np.pi * (2 * k + 1) / (4 * n)))


def _ends(sine: bool, type: int, n: int) -> tuple[dict[int, float], dict[int, float]]:
    """Return the entries to multiply before and after, which make the matrix orthogonal."""
    root, last = math.sqrt(2), n - 1
    if type == 1 and not sine:
        return {0: root, last: root}, {0: 1 / root, last: 1 / root}
    edge = last if sine else 0
    return {3: {edge: root}}.get(type, {}), {2: {edge: 1 / root}}.get(type, {})


def _transform(
    x: Any, sine: bool, type: int, n: int | None, axis: int, norm: str, orthogonal: bool | None
) -> Any:
    name = "dst" if sine else "dct"
    if type not in _INVERSE:
        raise ValueError(f"fft.{name}: type is {type!r}; expected 1, 2, 3 or 4")
    if norm not in _OPPOSITE:
        raise ValueError(f"fft.{name}: norm is {norm!r}; expected one of {', '.join(_OPPOSITE)}")
    x = widened(floating(x, f"fft.{name}"))  # SciPy gives float32 for halves, too
    if is_complex(x):
        parts = [_transform(p, sine, type, n, axis, norm, orthogonal) for p in (real(x), imag(x))]
        return parts[0] + 1j * parts[1]
    x = moveaxis(x, axis, -1)
    if n is not None:
        wide = [(0, 0)] * (len(x.shape) - 1)
        x = x[..., :n] if n <= x.shape[-1] else pad(x, [*wide, (0, n - x.shape[-1])])
    n = int(x.shape[-1])
    if n < (2 if type == 1 and not sine else 1):
        raise ValueError(f"fft.{name}: got {n} points along axis {axis}, too few for type {type}")
    orthogonal = norm == "ortho" if orthogonal is None else orthogonal
    before, after = _ends(sine, type, n) if orthogonal else ({}, {})
    whole = 2 * (n + (1 if sine else -1)) if type == 1 else 2 * n
    scale = {"backward": 1.0, "ortho": 1 / math.sqrt(whole), "forward": 1 / whole}[norm]
    x = _weighted(x, before) if before else x
    out = (_sine if sine else _cosine)(x, type)
    out = _weighted(out, after) if after else out
    return moveaxis(out if norm == "backward" else out * scale, -1, axis)


@as_given
def dct(
    x: Array,
    /,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the cosine transform along an axis, as ``scipy.fft.dct``.

    Args:
        x: the array; of a complex one both parts are transformed.
        type: 1, 2, 3 or 4; type 2 is "the" cosine transform, type 3 its inverse but for a factor.
        n: the length to which the axis is cut or padded with zeros.
        axis: the axis.
        norm: ``"backward"`` for no factor, ``"forward"`` for ``1/N`` and ``"ortho"`` for
            ``1/sqrt(N)``, where N is ``2 n``, for type 1 ``2 (n - 1)``.
        orthogonalize: whether the ends are weighted so that the matrix is orthogonal; by default
            if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axis of length `n`.

    Raises:
        ValueError: if `type` or `norm` is unknown, or there are too few points.

    >>> import numpy as np, xgrad as xg
    >>> xg.fft.dct(np.ones(4)).round(6) + 0.0
    array([8., 0., 0., 0.])
    """
    require_array("fft.dct", "x", x)
    axis = front(axis, len(x.shape), "dct")
    return _transform(x, False, type, n, axis, norm, orthogonalize)


@as_given
def idct(
    x: Array,
    /,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the inverse of `dct`.

    Args:
        x: what `dct` gave.
        type: the type of the `dct` that is undone.
        n: the length to which the axis is cut or padded with zeros first.
        axis: the axis.
        norm: the norm of the `dct` that is undone.
        orthogonalize: whether that one weighted the ends; by default if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axis of length `n`.
    """
    require_array("fft.idct", "x", x)
    return dct(
        x,
        _INVERSE.get(type, type),
        n,
        front(axis, len(x.shape), "idct"),
        _OPPOSITE.get(norm, norm),
        orthogonalize=orthogonalize,
    )


@as_given
def dst(
    x: Array,
    /,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the sine transform along an axis, as ``scipy.fft.dst``.

    Args:
        x: the array; of a complex one both parts are transformed.
        type: 1, 2, 3 or 4; type 3 is the inverse of type 2 but for a factor.
        n: the length to which the axis is cut or padded with zeros.
        axis: the axis.
        norm: ``"backward"`` for no factor, ``"forward"`` for ``1/N`` and ``"ortho"`` for
            ``1/sqrt(N)``, where N is ``2 n``, for type 1 ``2 (n + 1)``.
        orthogonalize: whether the ends are weighted so that the matrix is orthogonal; by default
            if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axis of length `n`.

    Raises:
        ValueError: if `type` or `norm` is unknown, or there are too few points.
    """
    require_array("fft.dst", "x", x)
    axis = front(axis, len(x.shape), "dst")
    return _transform(x, True, type, n, axis, norm, orthogonalize)


@as_given
def idst(
    x: Array,
    /,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the inverse of `dst`.

    Args:
        x: what `dst` gave.
        type: the type of the `dst` that is undone.
        n: the length to which the axis is cut or padded with zeros first.
        axis: the axis.
        norm: the norm of the `dst` that is undone.
        orthogonalize: whether that one weighted the ends; by default if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axis of length `n`.
    """
    require_array("fft.idst", "x", x)
    return dst(
        x,
        _INVERSE.get(type, type),
        n,
        front(axis, len(x.shape), "idst"),
        _OPPOSITE.get(norm, norm),
        orthogonalize=orthogonalize,
    )


def _over_axes(
    f: Callable[..., Any], x: Any, type: int, s: Any, axes: Any, norm: str, orthogonal: Any
) -> Any:
    require_array(f"fft.{f.__name__}n", "x", x)
    s = None if s is None else as_tuple(s)
    if axes is None:
        axes = range(-(len(x.shape) if s is None else len(s)), 0)
    axes = list(as_tuple(axes))
    axes = [front(axis, len(x.shape), f"{f.__name__}n") for axis in axes]
    if s is not None and len(s) != len(axes):
        raise ValueError(
            f"{f.__name__}n: s is {s} and axes is {tuple(axes)}; expected as many lengths as axes"
        )
    for i, axis in enumerate(axes):
        x = f(x, type, None if s is None else s[i], axis, norm, orthogonalize=orthogonal)
    return x


@as_given
def dctn(
    x: Array,
    /,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the cosine transform along several axes, all by default; see `dct`.

    Args:
        x: the array; of a complex one both parts are transformed.
        type: 1, 2, 3 or 4.
        s: the lengths to which the axes are cut or padded with zeros.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: ``"backward"``, ``"ortho"`` or ``"forward"``, as for `dct`.
        orthogonalize: whether the ends are weighted so that the matrix is orthogonal; by default
            if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axes of the lengths `s`.
    """
    return _over_axes(dct, x, type, s, axes, norm, orthogonalize)


@as_given
def idctn(
    x: Array,
    /,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the inverse of `dctn`.

    Args:
        x: what `dctn` gave.
        type: the type of the `dctn` that is undone.
        s: the lengths to which the axes are cut or padded with zeros first.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: the norm of the `dctn` that is undone.
        orthogonalize: whether that one weighted the ends; by default if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axes of the lengths `s`.
    """
    return _over_axes(idct, x, type, s, axes, norm, orthogonalize)


@as_given
def dstn(
    x: Array,
    /,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the sine transform along several axes, all by default; see `dst`.

    Args:
        x: the array; of a complex one both parts are transformed.
        type: 1, 2, 3 or 4.
        s: the lengths to which the axes are cut or padded with zeros.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: ``"backward"``, ``"ortho"`` or ``"forward"``, as for `dst`.
        orthogonalize: whether the ends are weighted so that the matrix is orthogonal; by default
            if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axes of the lengths `s`.
    """
    return _over_axes(dst, x, type, s, axes, norm, orthogonalize)


@as_given
def idstn(
    x: Array,
    /,
    type: int = 2,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Return the inverse of `dstn`.

    Args:
        x: what `dstn` gave.
        type: the type of the `dstn` that is undone.
        s: the lengths to which the axes are cut or padded with zeros first.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: the norm of the `dstn` that is undone.
        orthogonalize: whether that one weighted the ends; by default if the norm is ``"ortho"``.

    Returns:
        An array of the shape of `x`, along the axes of the lengths `s`.
    """
    return _over_axes(idst, x, type, s, axes, norm, orthogonalize)
