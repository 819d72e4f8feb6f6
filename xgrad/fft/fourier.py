"""Fourier transforms. All are linear: the transpose of one is another, rescaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays.array import Array
from ..backends import current
from ..engine.op import linear
from ..engine.operands import require_array
from ..engine.projection import cast
from ..ops.manipulation import at_axis, front, roll

_ADJOINT = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm with which the inverse transform is the adjoint of the forward one."""


def _fit(xp: Any, g: Any, n: int, axis: int) -> Any:
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
    """Return the discrete Fourier transform along an axis."""


@linear(
    lambda xp, g, x, n, axis, norm: _fit(
        xp, xp.fft.fft(g, axis=axis, norm=_ADJOINT[norm]), x.shape[axis], axis
    ),
    path="fft.",
)
def ifft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the inverse discrete Fourier transform along an axis."""


def _axes(
    ndim: int, s: Sequence[int] | None, axes: Sequence[int] | None, name: str = "fftn"
) -> tuple[int, ...]:
    if axes is not None:
        return tuple(front(a, ndim, name) for a in axes)
    return tuple(range(ndim)) if s is None else tuple(range(ndim - len(s), ndim))


def _fit_all(xp: Any, g: Any, x: Any, s: Any, axes: Any) -> Any:
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
    """Return the discrete Fourier transform along several axes."""


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
    """Return the inverse discrete Fourier transform along several axes."""


def _rfft_t(xp: Any, g: Any, x: Any, n: int | None, axis: int, norm: str) -> Any:
    """Of a real input: pad the half spectrum with zeros, transform back, keep the real part."""
    length = x.shape[axis] if n is None else n
    full = xp.fft.ifft(_fit(xp, g, length, axis), axis=axis, norm=_ADJOINT[norm])
    return _fit(xp, xp.real(full), x.shape[axis], axis)


@linear(lambda xp, g, x, n, axis, norm: _rfft_t(xp, g, x, n, axis, norm), path="fft.")
def rfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the discrete Fourier transform of real elements: its non-redundant half."""


def _doubled(xp: Any, g: Any, n: int, axis: int) -> Any:
    """Return a half spectrum with its inner entries doubled, as each stands for a pair."""
    axis %= len(g.shape)
    half = g.shape[axis]
    single = 1 if n % 2 else 2
    inner = g[at_axis(axis, slice(1, half - (single - 1)))] * 2
    ends = [g[at_axis(axis, slice(0, 1))], inner]
    if single == 2 and half > 1:
        ends.append(g[at_axis(axis, slice(half - 1, half))])
    return xp.concat(ends, axis=axis)


def _irfft_t(xp: Any, g: Any, x: Any, n: int | None, axis: int, norm: str) -> Any:
    """Transform forward; every entry of the half spectrum but the ends stood for two."""
    length = 2 * (x.shape[axis] - 1) if n is None else n
    half = _doubled(xp, xp.fft.rfft(g, axis=axis, norm=_ADJOINT[norm]), length, axis)
    return cast(xp, _fit(xp, half, x.shape[axis], axis), x.dtype)  # NumPy takes real x too


@linear(lambda xp, g, x, n, axis, norm: _irfft_t(xp, g, x, n, axis, norm), path="fft.")
def irfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the real inverse of `rfft`; `n` is the length of the result."""


def rfftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the discrete Fourier transform of real elements along several axes."""
    require_array("fft.rfftn", "x", x, axes=1)
    where = _axes(len(x.shape), s, axes, "rfftn")
    sizes = [x.shape[a] for a in where] if s is None else list(s)
    out = rfft(x, n=sizes[-1], axis=where[-1], norm=norm)
    return fftn(out, s=sizes[:-1], axes=where[:-1], norm=norm) if where[:-1] else out


def irfftn(
    x: Array,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Array:
    """Return the real inverse of `rfftn`."""
    require_array("fft.irfftn", "x", x, axes=1)
    where = _axes(len(x.shape), s, axes, "irfftn")
    sizes = [x.shape[a] for a in where] if s is None else list(s)
    if s is None:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if where[:-1]:
        x = ifftn(x, s=sizes[:-1], axes=where[:-1], norm=norm)
    return irfft(x, n=sizes[-1], axis=where[-1], norm=norm)


def hfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the real transform of a signal with Hermitian symmetry, given as its half."""
    require_array("fft.hfft", "x", x)
    from ..ops.elementwise import conj as conjugate

    axis = front(axis, len(x.shape), "hfft")
    return irfft(conjugate(x), n=n, axis=axis, norm=_ADJOINT[norm])


def ihfft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """Return the inverse of `hfft`."""
    require_array("fft.ihfft", "x", x)
    from ..ops.elementwise import conj as conjugate

    axis = front(axis, len(x.shape), "ihfft")
    return conjugate(rfft(x, n=n, axis=axis, norm=_ADJOINT[norm]))


def _shift(x: Array, axes: int | Sequence[int] | None, sign: int, name: str) -> Array:
    ndim = len(x.shape)
    where = range(ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
    where = [front(a, ndim, name) for a in where]
    shifts = tuple(x.shape[a] // 2 if sign > 0 else -(x.shape[a] // 2) for a in where)
    return roll(x, shifts, axis=tuple(where)) if shifts else x


def fftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Return a spectrum with the zero frequency moved to the middle."""
    require_array("fft.fftshift", "x", x)
    return _shift(x, axes, 1, "fftshift")


def ifftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Return a spectrum with the zero frequency moved back to the front."""
    require_array("fft.ifftshift", "x", x)
    return _shift(x, axes, -1, "ifftshift")


def _frequencies(name: str, n: int, d: float, dtype: Any, device: Any) -> Array:
    backend, default = current()
    device = default if device is None else backend.parse_device(device)
    dtype = backend.raw_dtype("float64" if dtype is None else dtype)
    with backend.on_device(device):
        out = getattr(backend.xp.fft, name)(n, d=d, device=device)
    return Array(backend.xp.astype(out, dtype))


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies of the entries of `fft`, in cycles per unit of the spacing `d`."""
    return _frequencies("fftfreq", n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies of the entries of `rfft`, in cycles per unit of the spacing `d`."""
    return _frequencies("rfftfreq", n, d, dtype, device)
