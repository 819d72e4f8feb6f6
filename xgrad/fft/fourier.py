"""Fourier transforms. All are linear: the transpose of one is another, rescaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays.array import Array
from ..arrays.types import Device, DType, as_given
from ..backends import XP, current
from ..engine.op import linear
from ..engine.operands import require_array
from ..engine.plain import as_tuple
from ..engine.projection import cast
from ..ops.manipulation import at_axis, front, roll

_ADJOINT = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm with which the inverse transform is the adjoint of the forward one."""


def _fit(xp: XP, g: Any, n: int, axis: int) -> Any:
    """Return `g` cut or padded with zeros to length `n` along an axis."""
    axis %= len(g.shape)
    have = g.shape[axis]
    if have > n:
        return g[at_axis(axis, slice(0, n))]
    if have < n:
        shape = (*g.shape[:axis], n - have, *g.shape[axis + 1 :])
        pad = xp.broadcast_to(xp.zeros_like(g[(slice(0, 1),) * len(shape)]), shape)
        return xp.concat([g, pad], axis=axis)
    return g


@linear(
    lambda xp, g, x, n, axis, norm: _fit(
        xp, xp.fft.ifft(g, axis=axis, norm=_ADJOINT[norm]), x.shape[axis], axis
    ),
    path="fft.",
)
def fft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the discrete Fourier transform along an axis.

    ``out[k] = sum over j of x[j] exp(-2 pi i j k / n)``, by the standard's conventions.

    Args:
        x: a real or complex array.
        n: the length to which the axis is cut or padded with zeros; its own if None.
        axis: the axis.
        norm: where the factor is: ``"backward"`` puts ``1/n`` on the inverse, ``"forward"`` puts it
            here, ``"ortho"`` puts ``1/sqrt(n)`` on both.

    Returns:
        A complex array of the shape of `x`, along the axis of length `n`.

    >>> import numpy as np, xgrad as xg
    >>> xg.fft.fft(np.asarray([1.0, 0.0, 0.0, 0.0]))
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """


@linear(
    lambda xp, g, x, n, axis, norm: _fit(
        xp, xp.fft.fft(g, axis=axis, norm=_ADJOINT[norm]), x.shape[axis], axis
    ),
    path="fft.",
)
def ifft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the inverse discrete Fourier transform along an axis.

    Args:
        x: a real or complex array.
        n: the length to which the axis is cut or padded with zeros; its own if None.
        axis: the axis.
        norm: that of the `fft` that is undone: with ``"backward"`` the factor ``1/n`` is here.

    Returns:
        A complex array of the shape of `x`, along the axis of length `n`.
    """


def _axes(
    ndim: int, s: Sequence[int] | None, axes: Sequence[int] | None, name: str = "fftn"
) -> tuple[int, ...]:
    if axes is not None:
        return tuple(front(a, ndim, name) for a in axes)
    return tuple(range(ndim)) if s is None else tuple(range(ndim - len(s), ndim))


def _fit_all(xp: XP, g: Any, x: Any, s: Any, axes: Any) -> Any:
    for axis in _axes(len(x.shape), s, axes):
        g = _fit(xp, g, x.shape[axis], axis)
    return g


@linear(
    lambda xp, g, x, s, axes, norm: _fit_all(
        xp,
        xp.fft.ifftn(g, axes=_axes(len(x.shape), s, axes), norm=_ADJOINT[norm]),
        x,
        s,
        axes,
    ),
    path="fft.",
)
def fftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the discrete Fourier transform along several axes.

    Args:
        x: a real or complex array.
        s: the lengths to which the axes are cut or padded with zeros; their own if None.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: where the factor is: ``"backward"`` puts ``1/n`` (n being the product of the lengths)
            on the inverse, ``"forward"`` puts it here, ``"ortho"`` puts ``1/sqrt(n)`` on both.

    Returns:
        A complex array of the shape of `x`, along the axes of the lengths `s`.
    """


@linear(
    lambda xp, g, x, s, axes, norm: _fit_all(
        xp,
        xp.fft.fftn(g, axes=_axes(len(x.shape), s, axes), norm=_ADJOINT[norm]),
        x,
        s,
        axes,
    ),
    path="fft.",
)
def ifftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the inverse discrete Fourier transform along several axes.

    Args:
        x: a real or complex array.
        s: the lengths to which the axes are cut or padded with zeros; their own if None.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: that of the `fftn` that is undone: with ``"backward"`` the factor ``1/n`` is here.

    Returns:
        A complex array of the shape of `x`, along the axes of the lengths `s`.
    """


def _rfft_t(xp: XP, g: Any, x: Any, n: int | None, axis: int, norm: str) -> Any:
    """Of a real input: pad the half spectrum with zeros, transform back, keep the real part."""
    length = x.shape[axis] if n is None else n
    full = xp.fft.ifft(_fit(xp, g, length, axis), axis=axis, norm=_ADJOINT[norm])
    return _fit(xp, xp.real(full), x.shape[axis], axis)


@linear(lambda xp, g, x, n, axis, norm: _rfft_t(xp, g, x, n, axis, norm), path="fft.")
def rfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the discrete Fourier transform of real elements: its non-redundant half.

    Args:
        x: a real array.
        n: the length to which the axis is cut or padded with zeros; its own if None.
        axis: the axis.
        norm: where the factor is: ``"backward"`` puts ``1/n`` on the inverse, ``"forward"`` puts it
            here, ``"ortho"`` puts ``1/sqrt(n)`` on both.

    Returns:
        A complex array, along the axis of length ``n // 2 + 1``: the frequencies from 0 up.

    >>> import numpy as np, xgrad as xg
    >>> xg.fft.rfft(np.asarray([1.0, 2.0, 3.0, 4.0]))
    array([10.+0.j, -2.+2.j, -2.+0.j])
    """


def _doubled(xp: XP, g: Any, n: int, axis: int) -> Any:
    """Return a half spectrum with its inner entries doubled, as each stands for a pair."""
    axis %= len(g.shape)
    half = g.shape[axis]
    single = 1 if n % 2 else 2
    inner = g[at_axis(axis, slice(1, half - (single - 1)))] * 2
    ends = [g[at_axis(axis, slice(0, 1))], inner]
    if single == 2 and half > 1:
        ends.append(g[at_axis(axis, slice(half - 1, half))])
    return xp.concat(ends, axis=axis)


def _irfft_t(xp: XP, g: Any, x: Any, n: int | None, axis: int, norm: str) -> Any:
    """Transform forward; every entry of the half spectrum but the ends stood for two."""
    length = 2 * (x.shape[axis] - 1) if n is None else n
    half = _doubled(xp, xp.fft.rfft(g, axis=axis, norm=_ADJOINT[norm]), length, axis)
    return cast(xp, _fit(xp, half, x.shape[axis], axis), x.dtype)  # NumPy takes real x too


@linear(lambda xp, g, x, n, axis, norm: _irfft_t(xp, g, x, n, axis, norm), path="fft.")
def irfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the real inverse of `rfft`; `n` is the length of the result.

    Args:
        x: half a spectrum, ``n // 2 + 1`` complex entries along the axis. The imaginary parts of
            the first, and for even `n` of the last, do not count, and have the derivative 0.
        n: the length of the result; ``2 (m - 1)`` for m entries if None, which is even: give it for
            signals of odd length.
        axis: the axis.
        norm: that of the `rfft` that is undone: with ``"backward"`` the factor ``1/n`` is here.

    Returns:
        A real array of the shape of `x`, along the axis of length `n`.
    """


@as_given
def rfftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the discrete Fourier transform of real elements along several axes.

    Args:
        x: a real array.
        s: the lengths to which the axes are cut or padded with zeros; their own if None.
        axes: the axes, of which the last is halved; all if None, or the last ones if `s` is given.
        norm: where the factor is: ``"backward"`` puts ``1/n`` (n being the product of the lengths)
            on the inverse, ``"forward"`` puts it here, ``"ortho"`` puts ``1/sqrt(n)`` on both.

    Returns:
        A complex array, along the last of the axes of length ``n // 2 + 1``.
    """
    require_array("fft.rfftn", "x", x, axes=1)
    where = _axes(len(x.shape), s, axes, "rfftn")
    sizes = [x.shape[a] for a in where] if s is None else list(s)
    out = rfft(x, n=sizes[-1], axis=where[-1], norm=norm)
    return fftn(out, s=sizes[:-1], axes=where[:-1], norm=norm) if where[:-1] else out


@as_given
def irfftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the real inverse of `rfftn`.

    Args:
        x: half a spectrum: along the last of the axes ``n // 2 + 1`` complex entries.
        s: the lengths of the result along the axes; ``2 (m - 1)`` along the last one, which has m
            entries, if None.
        axes: the axes; all if None, or the last ones if `s` is given.
        norm: that of the `rfftn` that is undone: with ``"backward"`` the factor is here.

    Returns:
        A real array of the shape of `x`, along the axes of the lengths `s`.
    """
    require_array("fft.irfftn", "x", x, axes=1)
    where = _axes(len(x.shape), s, axes, "irfftn")
    sizes = [x.shape[a] for a in where] if s is None else list(s)
    if s is None:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if where[:-1]:
        x = ifftn(x, s=sizes[:-1], axes=where[:-1], norm=norm)
    return irfft(x, n=sizes[-1], axis=where[-1], norm=norm)


@as_given
def hfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the real transform of a signal with Hermitian symmetry, given as its half.

    Args:
        x: the first half of the signal, ``n // 2 + 1`` complex entries along the axis. As for
            `irfft` the imaginary parts at 0, and for even `n` at the middle, do not count.
        n: the length of the result; ``2 (m - 1)`` for m entries if None.
        axis: the axis.
        norm: where the factor is: ``"backward"`` puts ``1/n`` on the inverse, ``"forward"`` puts it
            here, ``"ortho"`` puts ``1/sqrt(n)`` on both.

    Returns:
        A real array of the shape of `x`, along the axis of length `n`.
    """
    require_array("fft.hfft", "x", x)
    from ..ops.elementwise import conj as conjugate

    axis = front(axis, len(x.shape), "hfft")
    return irfft(conjugate(x), n=n, axis=axis, norm=_ADJOINT[norm])


@as_given
def ihfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the inverse of `hfft`.

    Args:
        x: a real array.
        n: the length to which the axis is cut or padded with zeros; its own if None.
        axis: the axis.
        norm: that of the `hfft` that is undone: with ``"backward"`` the factor ``1/n`` is here.

    Returns:
        A complex array, along the axis of length ``n // 2 + 1``.
    """
    require_array("fft.ihfft", "x", x)
    from ..ops.elementwise import conj as conjugate

    axis = front(axis, len(x.shape), "ihfft")
    return conjugate(rfft(x, n=n, axis=axis, norm=_ADJOINT[norm]))


def _shift(x: Array, axes: int | Sequence[int] | None, sign: int, name: str) -> Array:
    ndim = len(x.shape)
    given = range(ndim) if axes is None else as_tuple(axes)
    where = [front(a, ndim, name) for a in given]
    shifts = tuple(x.shape[a] // 2 if sign > 0 else -(x.shape[a] // 2) for a in where)
    return roll(x, shifts, axis=tuple(where)) if shifts else x


@as_given
def fftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Return a spectrum with the zero frequency moved to the middle.

    Args:
        x: an array in the order of `fft`.
        axes: the axis or axes to shift; all if None.

    Returns:
        An array of the shape and dtype of `x`.
    """
    require_array("fft.fftshift", "x", x)
    return _shift(x, axes, 1, "fftshift")


@as_given
def ifftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Return a spectrum with the zero frequency moved back to the front.

    Args:
        x: an array as `fftshift` gives it.
        axes: the axis or axes to shift; all if None.

    Returns:
        An array of the shape and dtype of `x`: `ifftshift` undoes `fftshift`, of odd lengths too.
    """
    require_array("fft.ifftshift", "x", x)
    return _shift(x, axes, -1, "ifftshift")


def _frequencies(name: str, n: int, d: float, dtype: Any, device: Any) -> Array:
    backend, default = current()
    device = default if device is None else backend.parse_device(device)
    dtype = backend.raw_dtype("float64" if dtype is None else dtype)
    with backend.on_device(device):
        out = getattr(backend.xp.fft, name)(n, d=d, device=device)
    return Array(backend.xp.astype(out, dtype))


def fftfreq(
    n: int, /, d: float = 1.0, *, dtype: DType | None = None, device: Device | None = None
) -> Array:
    """Return the frequencies of the entries of `fft`, in cycles per unit of the spacing `d`.

    Args:
        n: the length of the transform.
        d: the spacing of the samples.
        dtype: the dtype of the result; float64 if None.
        device: the device of the result; the current backend's if None.

    Returns:
        A vector of length `n`: 0 and the positive frequencies, then the negative ones, in ascending
        order: ``[0, 1, ..., (n-1)//2, -(n//2), ..., -1] / (n d)``.
    """
    return _frequencies("fftfreq", n, d, dtype, device)


def rfftfreq(
    n: int, /, d: float = 1.0, *, dtype: DType | None = None, device: Device | None = None
) -> Array:
    """Return the frequencies of the entries of `rfft`, in cycles per unit of the spacing `d`.

    Args:
        n: the length of the signal, not of the transform.
        d: the spacing of the samples.
        dtype: the dtype of the result; float64 if None.
        device: the device of the result; the current backend's if None.

    Returns:
        A vector of length ``n // 2 + 1``: ``[0, 1, ..., n//2] / (n d)``.
    """
    return _frequencies("rfftfreq", n, d, dtype, device)
