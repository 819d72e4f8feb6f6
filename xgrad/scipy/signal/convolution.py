"""Convolutions, resampling, and filters that choose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad

from ...ops.beside import placed
from ..common import arrays_in, chapter, raw, twin
from ..ndimage.filters import blocks, lines
from ..ndimage.ranks import chosen, windows
from .filtering import _common, filtfilt, lfilter, sosfilt, sosfiltfilt
from .fir import firwin
from .windows import window_of

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "decimate", "detrend",
           "fftconvolve", "hilbert", "medfilt", "medfilt2d", "oaconvolve", "order_filter",
           "resample", "resample_poly", "upfirdn", "wiener"]  # fmt: skip


def _centred(x: Any, shape: Any) -> Any:
    start = [(n - m) // 2 for n, m in zip(x.shape, shape, strict=True)]
    return x[tuple(slice(s, s + m) for s, m in zip(start, shape, strict=True))]


def _convolved(name: str, one: Any, two: Any, mode: str) -> Any:
    """Return a convolution of arrays, whole or its middle or where they overlap fully."""
    one, two = _common(one, two)
    if one.ndim != two.ndim:
        raise ValueError(f"{name}: got {one.ndim} and {two.ndim} axes; expected as many")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode is {mode!r}; expected 'full', 'same' or 'valid'")
    if one.ndim == 0:
        return one * two
    if mode == "valid":
        if all(m >= n for n, m in zip(one.shape, two.shape, strict=True)):
            one, two = two, one
        elif not all(n >= m for n, m in zip(one.shape, two.shape, strict=True)):
            raise ValueError(f"{name}: mode='valid' needs one array inside of the other")
        return blocks(one, xgrad.flip(two))
    widths = [(n - 1, n - 1) for n in two.shape]
    whole = blocks(xgrad.pad(one, widths), xgrad.flip(two))
    return whole if mode == "full" else _centred(whole, one.shape)


@twin("signal")
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Convolve arrays; see ``scipy.signal.convolve``."""
    return _convolved("convolve", in1, in2, mode)


@twin("signal")
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Correlate arrays; see ``scipy.signal.correlate``."""
    one, two = _common(in1, in2)
    turned = xgrad.flip(xgrad.conj(two) if two.dtype.kind == "c" else two)
    if mode == "valid" and any(m > n for n, m in zip(one.shape, two.shape, strict=True)):
        swapped = correlate(two, one, mode)
        return xgrad.flip(xgrad.conj(swapped) if swapped.dtype.kind == "c" else swapped)
    return _convolved("correlate", one, turned, mode)


@twin("signal")
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """Convolve arrays by FFT, along some axes; see ``scipy.signal.fftconvolve``."""
    one, two = _common(in1, in2)
    if axes is None:
        return _convolved("fftconvolve", one, two, mode)
    at = [a % one.ndim for a in (axes if isinstance(axes, (list, tuple)) else [axes])]
    full = [one.shape[a] + two.shape[a] - 1 for a in at]
    is_real = "c" not in (one.dtype.kind, two.dtype.kind)
    spread = xgrad.fft.fftn(one, s=full, axes=at) * xgrad.fft.fftn(two, s=full, axes=at)
    whole = xgrad.fft.ifftn(spread, axes=at)
    whole = xgrad.real(whole) if is_real else whole
    if mode == "full":
        return whole
    shape = list(whole.shape)
    for a in at:
        small, large = sorted((one.shape[a], two.shape[a]))
        shape[a] = one.shape[a] if mode == "same" else large - small + 1
    return _centred(whole, shape)


@twin("signal")
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """Convolve arrays by overlap and add; see ``scipy.signal.oaconvolve``."""
    return fftconvolve(xgrad.asarray(in1), in2, mode, axes)


BOUNDARIES = {"fill": "constant", "wrap": "wrap", "symm": "symmetric", "pad": "constant"}


@twin("signal")
def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Any:
    """Convolve images; see ``scipy.signal.convolve2d``."""
    one, two = _common(in1, in2)
    if boundary not in BOUNDARIES:
        raise ValueError(f"convolve2d: boundary is {boundary!r}; expected 'fill', 'wrap' or 'symm'")
    if mode == "valid":
        return _convolved("convolve2d", one, two, mode)
    more: dict[str, Any] = {"constant_values": fillvalue} if boundary == "fill" else {}
    widths = [(n - 1, n - 1) for n in two.shape]
    whole = blocks(xgrad.pad(one, widths, mode=BOUNDARIES[boundary], **more), xgrad.flip(two))
    return whole if mode == "full" else _centred(whole, one.shape)


@twin("signal")
def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Any:
    """Correlate images; see ``scipy.signal.correlate2d``."""
    one, two = _common(in1, in2)
    turned = xgrad.flip(xgrad.conj(two) if two.dtype.kind == "c" else two)
    if mode != "same":
        return convolve2d(one, turned, mode, boundary, fillvalue)
    more: dict[str, Any] = {"constant_values": fillvalue} if boundary == "fill" else {}
    widths = [((n - 1) // 2, n // 2) for n in two.shape]
    return blocks(xgrad.pad(one, widths, mode=BOUNDARIES[boundary], **more), xgrad.flip(turned))


def _stuffed(x: Any, up: int, axis: int) -> Any:
    """Return signals with zeros between their samples."""
    if up == 1:
        return x
    moved = xgrad.moveaxis(x, axis, -1)
    wide = xgrad.pad(moved[..., None], [(0, 0)] * moved.ndim + [(0, up - 1)])
    flat = xgrad.reshape(wide, (*moved.shape[:-1], -1))[..., : (moved.shape[-1] - 1) * up + 1]
    return xgrad.moveaxis(flat, -1, axis)


@twin("signal")
def upfirdn(
    h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant",
    cval: float = 0,
) -> Any:  # fmt: skip
    """Put zeros in, filter, and leave samples out; see ``scipy.signal.upfirdn``."""
    h, x = _common(h, x)
    axis %= x.ndim
    n, beyond = h.shape[0], 0
    count = _length(n, x.shape[axis], up, down)
    if mode != "constant" or cval:
        beyond = -(-(n - 1) // up)
        x = xgrad.moveaxis(_went_on(xgrad.moveaxis(x, axis, -1), beyond, mode, cval), -1, axis)
    wide = _stuffed(x, up, axis)
    wide = xgrad.pad(wide, [(n - 1, n - 1) if i == axis else (0, 0) for i in range(x.ndim)])
    out = lines(wide, xgrad.flip(h), axis=axis)
    first = beyond * up
    kept = slice(first, first + (count - 1) * down + 1, down)
    return out[(*(slice(None),) * axis, kept, ...)]


def _went_on(x: Any, width: int, mode: str, cval: Any) -> Any:
    """Return signals along the last axis that go on at both ends, in a mode of ``upfirdn``."""
    n, place = x.shape[-1], np.arange(-width, x.shape[-1] + width)
    if mode == "constant":
        ends = [(0, 0)] * (x.ndim - 1) + [(width, width)]
        return xgrad.pad(x, ends, constant_values=cval)
    if mode in ("edge", "wrap", "symmetric", "reflect", "antisymmetric", "antireflect"):
        turned = mode.removeprefix("anti")
        of = np.pad(np.arange(n), width, mode=turned)  # type: ignore[call-overload]
        found = xgrad.take(x, xgrad.asarray(of), axis=-1)
        if mode == "antisymmetric":
            return found * xgrad.asarray(np.where(place // n % 2, -1.0, 1.0))
        if mode == "antireflect":  # each turn goes on from the value where it turns
            turns = place // max(n - 1, 1)
            odd, first = turns % 2, x[..., :1]
            lift = xgrad.asarray(turns + 1.0 * odd) * (x[..., -1:] - first)
            return found * xgrad.asarray(1.0 - 2.0 * odd) + lift + xgrad.asarray(2.0 * odd) * first
        return found
    if mode not in ("smooth", "line"):
        raise ValueError(f"upfirdn: mode is {mode!r}; expected one of SciPy's modes")
    if mode == "line":
        rises = [(x[..., -1:] - x[..., :1]) / (n - 1)] * 2
    else:
        rises = [x[..., 1:2] - x[..., :1], x[..., -1:] - x[..., -2:-1]]
    before = x[..., :1] + xgrad.asarray(place[:width] * 1.0) * rises[0]
    after = x[..., -1:] + xgrad.asarray(np.arange(1.0, width + 1)) * rises[1]
    return xgrad.concat([before, x, after], axis=-1)


def _length(taps: int, n: int, up: int, down: int) -> int:
    return ((n - 1) * up + taps - 1) // down + 1


@twin("signal", "g")
def resample_poly(
    x: Any, up: int, down: int, axis: int = 0, window: Any = ("kaiser", 5.0),
    padtype: str = "constant", cval: Any = None,
) -> Any:  # fmt: skip
    """Resample by a rational factor; see ``scipy.signal.resample_poly``."""
    x = xgrad.asarray(x)
    axis %= x.ndim
    common = math.gcd(int(up), int(down))
    up, down = int(up) // common, int(down) // common
    if up == down == 1:
        return x
    centre = {
        "mean": xgrad.mean,
        "median": xgrad.median,
        "minimum": xgrad.min,
        "maximum": xgrad.max,
    }
    n = x.shape[axis]
    wanted = -(-n * up // down)
    if isinstance(window, (list, np.ndarray)) or hasattr(window, "shape"):
        h = xgrad.asarray(window)
        half = (h.shape[0] - 1) // 2
    else:
        half = 10 * max(up, down)
        design = firwin if arrays_in(window) else chapter("signal").firwin
        made = design(2 * half + 1, 1.0 / max(up, down), window=window)
        h = xgrad.astype(xgrad.asarray(made), x.dtype if x.dtype.kind == "f" else made.dtype)
    h = h * float(up)
    before = down - half % down
    removed, after = (half + before) // down, 0
    while _length(h.shape[0] + before + after, n, up, down) < wanted + removed:
        after += 1
    h = xgrad.pad(h, (before, after))
    level = centre[padtype](x, axis=axis, keepdims=True) if padtype in centre else 0.0
    mode = "constant" if padtype in centre else padtype
    out = upfirdn(h, x - level, up, down, axis, mode, cval or 0)
    return out[(*(slice(None),) * axis, slice(removed, removed + wanted), ...)] + level


def _spectral(window: Any, n: int) -> Any:
    """Return the weights of frequencies that a window of ``resample`` means, or None."""
    if window is None:
        return None
    if callable(window):
        return xgrad.asarray(window(np.fft.fftfreq(n)))
    if not hasattr(window, "shape"):
        return xgrad.fft.fftshift(xgrad.asarray(window_of(window, n)))
    if tuple(window.shape) != (n,):
        raise ValueError(
            f"window.shape={tuple(window.shape)} of resample is not {(n,)}, the number of samples "
            "along the axis"
        )
    return xgrad.asarray(window)


@twin("signal", "g")
def resample(
    x: Any, num: int, t: Any = None, axis: int = 0, window: Any = None, domain: str = "time"
) -> Any:
    """Resample by the Fourier transform; see ``scipy.signal.resample``."""
    if domain not in ("time", "freq"):
        raise ValueError(f"resample: domain is {domain!r}; expected 'time' or 'freq'")
    x = xgrad.asarray(x)
    n, moved = x.shape[axis], xgrad.moveaxis(xgrad.asarray(x), axis, -1)
    few = min(n, num)
    is_real = x.dtype.kind != "c" and domain == "time"
    weights = _spectral(window, n)
    if is_real:
        spread = xgrad.fft.rfft(moved)[..., : few // 2 + 1]
        if weights is not None:  # those of a frequency and of its negative come together
            mirrored = xgrad.roll(xgrad.flip(weights), 1)
            spread = spread * (0.5 * (weights + mirrored))[: few // 2 + 1]
        if few % 2 == 0 and n != num:
            half = np.ones(few // 2 + 1)
            half[-1] = 2.0 if num < n else 0.5
            spread = spread * placed(spread, half)
        out = xgrad.fft.irfft(spread, n=num) * (num / n)
    else:
        spread = xgrad.fft.fft(moved) if domain == "time" else moved
        spread = spread if weights is None else spread * weights
        low, high = (few + 1) // 2, (few - 1) // 2
        parts = [spread[..., :low]]
        gap = num - low - high
        if few % 2 == 0:
            both = spread[..., few // 2 : few // 2 + 1]
            if num < n:
                both = both + spread[..., n - few // 2 : n - few // 2 + 1]
                parts += [both, xgrad.zeros((*moved.shape[:-1], gap - 1), dtype=spread.dtype)]
            elif num == n:
                parts.append(both)
            else:
                zeros = xgrad.zeros((*moved.shape[:-1], gap - 2), dtype=spread.dtype)
                parts += [0.5 * both, zeros, 0.5 * both]
        else:
            parts.append(xgrad.zeros((*moved.shape[:-1], gap), dtype=spread.dtype))
        parts.append(spread[..., n - high :] if high else spread[..., :0])
        out = xgrad.fft.ifft(xgrad.concat(parts, axis=-1)) * (num / n)
    out = xgrad.moveaxis(out, -1, axis)
    if t is None:
        return out
    step = t[1] - t[0]
    return out, np.arange(num) * (step * n / num) + t[0]


@twin("signal", "g")
def decimate(
    x: Any, q: int, n: Any = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True
) -> Any:
    """Filter, and leave samples out; see ``scipy.signal.decimate``."""
    x = xgrad.asarray(x)
    library, q = chapter("signal"), int(q)
    axis %= x.ndim
    every = (*(slice(None),) * axis, slice(None, None, q), ...)
    if ftype == "iir":
        sos = library.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos")
        sos = xgrad.asarray(np.asarray(sos, dtype=x.dtype if x.dtype.kind == "f" else float))
        return (sosfiltfilt if zero_phase else sosfilt)(sos, x, axis)[every]
    if ftype == "fir":
        order = 20 * q if n is None else n
        b, a = library.firwin(order + 1, 1.0 / q, window="hamming"), np.ones(1)
    else:
        b, a = (np.atleast_1d(v) for v in (ftype.num, ftype.den))
    if len(a) == 1:
        b = b / a
        if zero_phase:
            return resample_poly(x, 1, q, axis, window=b)
        size = -(-x.shape[axis] // q)
        return upfirdn(b, x, 1, q, axis)[(*(slice(None),) * axis, slice(0, size), ...)]
    return (filtfilt if zero_phase else lfilter)(b, a, x, axis)[every]


@twin("signal")
def detrend(
    data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False
) -> Any:
    """Take a line, or the mean, off along an axis; see ``scipy.signal.detrend``."""
    x = xgrad.asarray(data)
    if type in ("constant", "c"):
        return x - xgrad.mean(x, axis=axis, keepdims=True)
    if type not in ("linear", "l"):
        raise ValueError(f"detrend: type is {type!r}; expected 'linear' or 'constant'")
    n = x.shape[axis]
    moved, parts = xgrad.moveaxis(x, axis, -1), []
    for start, stop in _pieces(bp, n):
        size = stop - start
        line = np.stack([np.ones(size), np.arange(1, size + 1) / size], axis=1)
        q = xgrad.asarray(np.linalg.qr(line)[0].astype(x.dtype if x.dtype.kind == "f" else float))
        part = moved[..., start:stop]
        parts.append(part - (part @ q) @ xgrad.matrix_transpose(q))
    return xgrad.moveaxis(xgrad.concat(parts, axis=-1), -1, axis)


def _pieces(bp: Any, n: int) -> list[tuple[int, int]]:
    ends = np.unique(np.concatenate([np.atleast_1d(bp), [0, n]]).astype(int))
    if ends[-1] > n:
        raise ValueError(
            f"detrend: bp has {ends[-1]}; expected at most {n}, the length of the axis"
        )
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))


@twin("signal")
def hilbert(x: Any, N: Any = None, axis: int = -1) -> Any:
    """Return the analytic signal; see ``scipy.signal.hilbert``."""
    x = xgrad.asarray(x)
    n = x.shape[axis] if N is None else int(N)
    h = np.zeros(n)
    h[0] = 1.0
    h[1 : (n + 1) // 2] = 2.0
    if n % 2 == 0:
        h[n // 2] = 1.0
    shape = [1] * x.ndim
    shape[axis] = n
    spread = xgrad.fft.fft(x, n=n, axis=axis)
    return xgrad.fft.ifft(spread * placed(spread, h.reshape(shape)), axis=axis)


def _ranked(name: str, x: Any, domain: Any, value: Any) -> Any:
    return chosen(value, windows(name, x, domain, "constant", 0.0, 0))


@twin("signal")
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """Return the median of each window, zeros beyond the border; see ``scipy.signal.medfilt``."""
    x = xgrad.asarray(volume)
    size: Any = [3] * x.ndim if kernel_size is None else kernel_size
    sizes = [int(size)] * x.ndim if np.ndim(size) == 0 else [int(k) for k in size]
    value = chapter("signal", x).medfilt(raw(x.detach()), sizes)
    return _ranked("medfilt", x, np.ones(sizes, dtype=bool), value)


@twin("signal")
def medfilt2d(input: Any, kernel_size: Any = 3) -> Any:
    """Return the median of each window of an image; see ``scipy.signal.medfilt2d``."""
    return medfilt(xgrad.asarray(input), kernel_size)


@twin("signal")
def order_filter(a: Any, domain: Any, rank: int) -> Any:
    """Return the element of a rank in each window; see ``scipy.signal.order_filter``."""
    x, shape = xgrad.asarray(a), np.asarray(raw(domain))
    value = chapter("signal", x).order_filter(raw(x.detach()), shape, rank)
    return _ranked("order_filter", x, shape != 0, value)


@twin("signal", "D")
def wiener(im: Any, mysize: Any = None, noise: Any = None) -> Any:
    """Filter by local mean and variance; see ``scipy.signal.wiener``."""
    x = xgrad.asarray(im)
    size: Any = [3] * x.ndim if mysize is None else mysize
    shape = [int(size)] * x.ndim if np.ndim(size) == 0 else [int(k) for k in size]
    box = xgrad.asarray(np.ones(shape, dtype=x.dtype) / math.prod(shape))
    mean = correlate(x, box, "same")
    variance = correlate(x * x, box, "same") - mean * mean
    level = xgrad.mean(variance) if noise is None else noise
    low = variance < level
    safe = xgrad.where(low, 1.0, variance)
    return xgrad.where(low, mean, (x - mean) * (1.0 - level / safe) + mean)
