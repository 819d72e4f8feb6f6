"""Spectra: windowed pieces of a signal, and their Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, by_matrix, chapter, fixed, twin
from ..given import like_given
from ..mistakes import told
from .convolution import detrend as detrended
from .windows import window_of

__all__ = ["CZT", "ZoomFFT", "coherence", "csd", "czt", "istft",
           "lombscargle", "periodogram", "spectrogram", "stft", "welch", "zoom_fft"]  # fmt: skip

EDGES = {"even": ("reflect", "even"), "odd": ("reflect", "odd"), "constant": ("edge", "even"),
         "zeros": ("constant", "even")}  # fmt: skip


def _window(window: Any, nperseg: Any, n: int) -> tuple[Any, int]:
    if isinstance(window, (str, tuple)):
        size = min(256 if nperseg is None else int(nperseg), n)
        return window_of(window, size), size
    if isinstance(window, Array):
        return window, window.shape[0]
    given = np.asarray(window)
    return given, len(given)


def pieces_of(x: Any, size: int, hop: int) -> Any:
    """Return the pieces of the last axis as rows."""
    count = (x.shape[-1] - size) // hop + 1
    index = np.arange(count)[:, None] * hop + np.arange(size)
    return xgrad.reshape(
        xgrad.take(x, xgrad.asarray(index.ravel()), axis=-1), (*x.shape[:-1], count, size)
    )


def _spectra(
    x: Any, y: Any, fs: float, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any,
    onesided: bool, scaling: str, axis: int, mode: str, boundary: Any = None, padded: bool = False,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return frequencies, times, and for each piece its transform or product of transforms."""
    signals = [xgrad.asarray(x)] if y is None or y is x else [xgrad.asarray(x), xgrad.asarray(y)]
    signals = [xgrad.moveaxis(s, axis, -1) for s in signals]
    if len(signals) > 1:  # the shorter is filled with zeros
        long = max(s.shape[-1] for s in signals)
        signals = [
            xgrad.pad(s, [(0, 0)] * (s.ndim - 1) + [(0, long - s.shape[-1])]) for s in signals
        ]
    n = signals[0].shape[-1]
    win, size = _window(window, nperseg, n)
    win = xgrad.asarray(win)
    nfft = size if nfft is None else int(nfft)
    overlap = size // 2 if noverlap is None else int(noverlap)
    if overlap >= size or nfft < size:
        raise ValueError(
            f"spectral: nperseg is {size}, noverlap {overlap} and nfft {nfft}; expected "
            "noverlap < nperseg <= nfft"
        )
    if boundary is not None:
        kind, odd = EDGES[boundary]
        more = {"reflect_type": odd} if kind == "reflect" else {}
        signals = [
            xgrad.pad(s, [(0, 0)] * (s.ndim - 1) + [(size // 2, size // 2)], mode=kind, **more)
            for s in signals
        ]
    hop = size - overlap
    if padded:
        extra = (-(signals[0].shape[-1] - size) % hop) % size
        signals = [xgrad.pad(s, [(0, 0)] * (s.ndim - 1) + [(0, extra)]) for s in signals]
    total = signals[0].shape[-1]
    is_complex = any(s.dtype.kind == "c" for s in signals)
    sides = onesided and not is_complex
    transforms = []
    for s in signals:
        piece = pieces_of(s, size, hop)
        if callable(detrend):
            piece = detrend(piece)
        elif detrend:
            piece = detrended(piece, -1, detrend)
        piece = piece * (xgrad.astype(win, s.dtype) if s.dtype == np.float32 else win)
        transforms.append((xgrad.fft.rfft if sides else xgrad.fft.fft)(piece, n=nfft))
    if scaling not in ("density", "spectrum", "psd"):
        raise ValueError(f"spectral: scaling is {scaling!r}; expected 'density' or 'spectrum'")
    power = fs * xgrad.sum(win * win) if scaling in ("density", "psd") else xgrad.sum(win) ** 2
    scale = 1.0 / power
    found = transforms[0]
    if mode == "psd":
        one, two = transforms[0], transforms[-1]
        found = xgrad.conj(one) * two * scale
        if len(transforms) == 1:
            found = (xgrad.real(one) ** 2 + xgrad.imag(one) ** 2) * scale
        if sides:
            twice = np.full(found.shape[-1], 2.0)
            twice[0] = 1.0
            if nfft % 2 == 0:
                twice[-1] = 1.0
            found = found * twice
    else:
        found = found * xgrad.sqrt(scale)
    freqs = (np.fft.rfftfreq if sides else np.fft.fftfreq)(nfft, 1 / fs)
    times = np.arange(size / 2, total - size / 2 + 1, hop) / fs
    if boundary is not None:
        times = times - (size / 2) / fs
    where = axis if axis >= 0 else axis - 1
    return freqs, times, xgrad.moveaxis(xgrad.matrix_transpose(found), -2, where)


@twin("signal", "-g")
def csd(
    x: Any, y: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: Any = None,
    noverlap: Any = None,
    nfft: Any = None, detrend: Any = "constant", return_onesided: bool = True,
    scaling: str = "density", axis: int = -1, average: str = "mean",
) -> Any:  # fmt: skip
    """Return the cross spectral density by Welch's method; see ``scipy.signal.csd``."""
    freqs, _, found = _spectra(
        x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, "psd"
    )
    if average == "mean":
        return freqs, xgrad.mean(found, axis=-1)
    if average != "median":
        raise ValueError(f"csd: average is {average!r}; expected 'mean' or 'median'")
    n = found.shape[-1]
    ii = 2 * np.arange(1.0, (n - 1) // 2 + 1)
    bias = 1 + np.sum(1.0 / (ii + 1) - 1.0 / ii)
    if found.dtype.kind == "c":
        middle = xgrad.median(xgrad.real(found), axis=-1) + 1j * xgrad.median(
            xgrad.imag(found), axis=-1
        )
    else:
        middle = xgrad.median(found, axis=-1)
    return freqs, middle / bias


@twin("signal", "-g")
def welch(
    x: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: Any = None,
    noverlap: Any = None,
    nfft: Any = None, detrend: Any = "constant", return_onesided: bool = True,
    scaling: str = "density", axis: int = -1, average: str = "mean",
) -> Any:  # fmt: skip
    """Return the power spectral density by Welch's method; see ``scipy.signal.welch``.

    Returns:
        The frequencies, raw, and the density.
    """
    options = (
        fs,
        window,
        nperseg,
        noverlap,
        nfft,
        detrend,
        return_onesided,
        scaling,
        axis,
        average,
    )
    freqs, found = csd(x, x, *options)
    return freqs, xgrad.real(found)


@twin("signal", "-g")
def periodogram(
    x: Any, fs: float = 1.0, window: Any = "boxcar", nfft: Any = None, detrend: Any = "constant",
    return_onesided: bool = True, scaling: str = "density", axis: int = -1,
) -> Any:  # fmt: skip
    """Return the power spectral density by one transform; see ``scipy.signal.periodogram``."""
    x = xgrad.asarray(x)
    n = x.shape[axis]
    size = n
    if nfft is not None and nfft < n:
        x = xgrad.moveaxis(xgrad.moveaxis(x, axis, -1)[..., :nfft], -1, axis)
        size, nfft = int(nfft), None
    return welch(
        x,
        fs,
        "boxcar" if window is None else window,
        size,
        0,
        nfft,
        detrend,
        return_onesided,
        scaling,
        axis,
    )


@twin("signal", "-g")
def coherence(
    x: Any, y: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: Any = None,
    noverlap: Any = None,
    nfft: Any = None, detrend: Any = "constant", axis: int = -1,
) -> Any:  # fmt: skip
    """Return the squared coherence of two signals; see ``scipy.signal.coherence``."""
    options = (fs, window, nperseg, noverlap, nfft, detrend)
    x, y = xgrad.asarray(x), xgrad.asarray(y)
    freqs, one = welch(x, *options, axis=axis)
    _, two = welch(y, *options, axis=axis)
    _, both = csd(x, y, *options, axis=axis)
    return freqs, (xgrad.real(both) ** 2 + xgrad.imag(both) ** 2) / one / two


@twin("signal", "--g")
def spectrogram(
    x: Any, fs: float = 1.0, window: Any = ("tukey_periodic", 0.25), nperseg: Any = None,
    noverlap: Any = None,
    nfft: Any = None, detrend: Any = "constant", return_onesided: bool = True,
    scaling: str = "density", axis: int = -1, mode: str = "psd",
) -> Any:  # fmt: skip
    """Return the spectra of successive pieces; see ``scipy.signal.spectrogram``."""
    x = xgrad.asarray(x)
    _, size = _window(window, nperseg, x.shape[axis])
    overlap = size // 8 if noverlap is None else noverlap
    options = (fs, window, nperseg, overlap, nfft, detrend, return_onesided, scaling, axis)
    if mode == "psd":
        return _spectra(x, None, *options, "psd")
    freqs, times, found = _spectra(x, None, *options, "stft")
    if mode == "complex":
        return freqs, times, found
    if mode == "magnitude":
        return freqs, times, xgrad.abs(found)
    angle = xgrad.angle(found)
    if mode == "angle":
        return freqs, times, angle
    if mode != "phase":
        raise ValueError(f"spectrogram: mode is {mode!r}")
    return freqs, times, xgrad.unwrap(angle, axis=axis if axis >= 0 else axis - 1)


@twin("signal", "--g")
def stft(
    x: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: int = 256,
    noverlap: Any = None,
    nfft: Any = None, detrend: Any = False, return_onesided: bool = True, boundary: Any = "zeros",
    padded: bool = True, axis: int = -1, scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Return the short-time Fourier transform; see ``scipy.signal.stft``."""
    options = (fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis)
    return _spectra(x, None, *options, "stft", boundary, padded)


@twin("signal", "-g")
def istft(
    Zxx: Any, fs: float = 1.0, window: Any = "hann_periodic", nperseg: Any = None,
    noverlap: Any = None,
    nfft: Any = None, input_onesided: bool = True, boundary: bool = True, time_axis: int = -1,
    freq_axis: int = -2, scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Return the signal of a short-time Fourier transform; see ``scipy.signal.istft``."""
    Z = xgrad.moveaxis(xgrad.asarray(Zxx), (freq_axis, time_axis), (-2, -1))
    rows = Z.shape[-2]
    full = 2 * (rows - 1) if input_onesided else rows
    size = full if nperseg is None else int(nperseg)
    nfft = (
        (full + 1 if input_onesided and size == full + 1 else full) if nfft is None else int(nfft)
    )
    overlap = size // 2 if noverlap is None else int(noverlap)
    hop, count = size - overlap, Z.shape[-1]
    win = xgrad.asarray(_window(window, size, size)[0])
    back = xgrad.matrix_transpose(Z)
    pieces = (xgrad.fft.irfft if input_onesided else xgrad.fft.ifft)(back, n=nfft)[..., :size]
    scale = xgrad.sum(win) if scaling == "spectrum" else xgrad.sqrt(fs * xgrad.sum(win * win))
    pieces = pieces * win * scale
    total = size + (count - 1) * hop
    place = (np.arange(count)[:, None] * hop + np.arange(size)).ravel()
    norm = xgrad.segment_sum(xgrad.tile(win * win, (count,)), xgrad.asarray(place), total)
    flat = xgrad.moveaxis(xgrad.reshape(pieces, (*pieces.shape[:-2], -1)), -1, 0)
    out = xgrad.moveaxis(xgrad.segment_sum(flat, xgrad.asarray(place), total), 0, -1)
    if boundary:
        out, norm = out[..., size // 2 : total - size // 2], norm[size // 2 : total - size // 2]
    out = out / xgrad.where(norm > 1e-10, norm, 1.0)
    if out.ndim > 1 and time_axis != Zxx.ndim - 1 and time_axis != -1:
        low = min(time_axis % Zxx.ndim, freq_axis % Zxx.ndim)
        out = xgrad.moveaxis(
            out,
            -1,
            low if freq_axis % Zxx.ndim > time_axis % Zxx.ndim else time_axis % Zxx.ndim - 1,
        )
    return np.arange(out.shape[-1]) / fs, out


@twin("signal", "D")
def lombscargle(
    x: Any, y: Any, freqs: Any, *, precenter: bool = False, normalize: Any = False,
    weights: Any = None, floating_mean: bool = False,
) -> Any:  # fmt: skip
    """Return the spectrum of samples at uneven times; see ``scipy.signal.lombscargle``."""
    x, y, freqs = (xgrad.asarray(v) for v in (x, y, freqs))
    if precenter:
        y = y - xgrad.mean(y)
    w = xgrad.ones_like(x) if weights is None else xgrad.asarray(weights)
    w = w / xgrad.sum(w)
    phase = xgrad.reshape(freqs, (-1, 1)) * x
    cos, sin = xgrad.cos(phase), xgrad.sin(phase)
    Y = xgrad.sum(w * y) if floating_mean else 0.0
    C = xgrad.sum(w * cos, axis=1) if floating_mean else 0.0
    S = xgrad.sum(w * sin, axis=1) if floating_mean else 0.0
    YY = xgrad.sum(w * y * y) - Y * Y
    YC, YS = xgrad.sum(w * y * cos, axis=1) - Y * C, xgrad.sum(w * y * sin, axis=1) - Y * S
    CC, CS = xgrad.sum(w * cos * cos, axis=1), xgrad.sum(w * cos * sin, axis=1)
    SS = 1.0 - CC
    CC, SS, CS = CC - C * C, SS - S * S, CS - C * S
    D = CC * SS - CS * CS  # the least squares of both at once, as the turned ones are
    a, b = (YC * SS - YS * CS) / D, (YS * CC - YC * CS) / D
    power = a * YC + b * YS
    shape = freqs.shape
    if normalize == "amplitude":
        return xgrad.reshape(a + 1j * b, shape)
    out = power / YY if normalize in (True, "normalize") else power * (x.shape[0] / 2.0)
    return xgrad.reshape(out, shape)


@twin("signal")
def czt(x: Any, m: Any = None, w: Any = None, a: Any = 1 + 0j, *, axis: int = -1) -> Any:
    """Return the chirp z-transform; see ``scipy.signal.czt``."""
    x = xgrad.asarray(x)
    n = x.shape[axis]
    m = n if m is None else int(m)
    ratio = np.exp(-2j * np.pi / m) if w is None else w
    k, j = np.arange(m)[:, None], np.arange(n)
    if arrays_in(ratio, a):
        turn, start = xgrad.asarray(ratio) + 0j, xgrad.asarray(a) + 0j
        matrix = turn ** (k * j * 1.0) * start ** (-1.0 * j)
    else:
        matrix = np.asarray(ratio, complex) ** (k * j) * np.asarray(a, complex) ** (-1.0 * j)
    moved = xgrad.moveaxis(x, axis, -1)
    out = xgrad.matmul(moved + 0j, xgrad.matrix_transpose(xgrad.asarray(matrix)))
    return xgrad.moveaxis(out, -1, axis)


@twin("signal")
def zoom_fft(
    x: Any, fn: Any, m: Any = None, *, fs: float = 2, endpoint: bool = False, axis: int = -1
) -> Any:
    """Return the Fourier transform between two frequencies; see ``scipy.signal.zoom_fft``."""
    n = xgrad.asarray(x).shape[axis]
    m = n if m is None else int(m)
    fn = xgrad.asarray(fn) * 1.0
    low, high = (0.0 * fn, fn) if fn.ndim == 0 else (fn[0], fn[1])
    step = (high - low) / (m - 1 if endpoint else m)
    ratio, start = xgrad.exp(-2j * np.pi / fs * step), xgrad.exp(2j * np.pi / fs * low)
    return czt(xgrad.asarray(x), m, ratio, start, axis=axis)


@told("signal")
@like_given
class CZT:
    """SciPy's class of this name, a chirp z-transform of a length, differentiable in the signal.

    Everything but the call is that of the object of SciPy, ``self.plain``.
    """

    def __init__(self, n: int, m: Any = None, w: Any = None, a: Any = 1 + 0j) -> None:
        n, m, w, a = fixed("CZT", n=n, m=m, w=w, a=a)
        self.plain = chapter("signal").CZT(n, m, w, a)

    @classmethod
    def of(cls, plain: Any) -> CZT:
        """Return the twin of an object of SciPy."""
        made = object.__new__(cls)
        made.plain = plain
        return made

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.plain, name)

    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        """Return the transform along an axis."""
        x = xgrad.asarray(x) + 0j
        if x.ndim == 0 or x.shape[axis] != self.n:
            raise ValueError(f"CZT: x has shape {x.shape}; expected {self.n} samples along {axis}")
        return by_matrix(self.plain, x, axis)


@told("signal")
@like_given
class ZoomFFT(CZT):
    """SciPy's class of this name, a Fourier transform between two frequencies; see `CZT`."""

    def __init__(
        self, n: int, fn: Any, m: Any = None, *, fs: float = 2, endpoint: bool = False
    ) -> None:
        n, fn, m, fs = fixed("ZoomFFT", n=n, fn=fn, m=m, fs=fs)
        self.plain = chapter("signal").ZoomFFT(n, fn, m, fs=fs, endpoint=endpoint)
