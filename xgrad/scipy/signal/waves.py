"""Waveforms, splines, windows, and places where a signal is highest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad

from ..common import by_matrix, chapter, fixed, raw, raws, twin
from ..ndimage.filters import correlate1d
from ..ndimage.splines import interpolated

__all__ = ["argrelextrema", "argrelmax", "argrelmin", "chirp", "cspline1d", "cspline1d_eval",
           "cspline2d", "find_peaks", "find_peaks_cwt", "peak_prominences", "peak_widths",
           "qspline1d", "qspline1d_eval", "qspline2d", "sawtooth", "sepfir2d", "spline_filter",
           "square", "symiirorder1", "symiirorder2", "unique_roots"]  # fmt: skip


@twin("signal", "d")
def chirp(
    t: Any, f0: Any, t1: Any, f1: Any, method: str = "linear", phi: Any = 0,
    vertex_zero: bool = True, *, complex: bool = False,
) -> Any:  # fmt: skip
    """Return a cosine of changing frequency; see ``scipy.signal.chirp``."""
    t = xgrad.asarray(t)
    if method in ("linear", "lin", "li"):
        phase = 2 * np.pi * (f0 * t + 0.5 * (f1 - f0) / t1 * t * t)
    elif method in ("quadratic", "quad", "q"):
        beta = (f1 - f0) / t1**2
        phase = (
            2 * np.pi * (f0 * t + beta * t**3 / 3)
            if vertex_zero
            else 2 * np.pi * (f1 * t + beta * ((t1 - t) ** 3 - t1**3) / 3)
        )
    elif method in ("logarithmic", "log", "lo"):
        ratio = xgrad.log(xgrad.asarray(f1 / f0))
        phase = 2 * np.pi * (t1 * f0 / ratio) * (xgrad.exp(t / t1 * ratio) - 1.0)
    elif method in ("hyperbolic", "hyp"):
        sing = -f1 * t1 / (f0 - f1)
        phase = 2 * np.pi * (-sing * f0) * xgrad.log(xgrad.abs(1 - t / sing))
    else:
        raise ValueError(
            f"chirp: method is {method!r}; expected 'linear', 'quadratic', 'logarithmic' or "
            "'hyperbolic'"
        )
    phase = phase + phi * (np.pi / 180)
    return xgrad.exp(1j * phase) if complex else xgrad.cos(phase)


def _turned(t: Any, width: Any) -> tuple[Any, Any, Any]:
    t = xgrad.asarray(t)
    rest = t - 2 * np.pi * xgrad.floor(t / (2 * np.pi))
    return rest, width, rest < 2 * np.pi * width


@twin("signal")
def sawtooth(t: Any, width: Any = 1) -> Any:
    """Return a wave that rises from -1 to 1 and falls; see ``scipy.signal.sawtooth``."""
    rest, width, rising = _turned(t, xgrad.asarray(width))
    up = rest / (np.pi * xgrad.where(width > 0, width, 1.0)) - 1.0
    down = (np.pi * (width + 1) - rest) / (np.pi * xgrad.where(width < 1, 1 - width, 1.0))
    return xgrad.where(rising, up, down)


@twin("signal")
def square(t: Any, duty: Any = 0.5) -> Any:
    """Return a wave of 1 and -1, which has no derivative; see ``scipy.signal.square``."""
    _, _, high = _turned(t, xgrad.asarray(duty))
    return xgrad.where(high, 1.0, -1.0)


@twin("signal")
def cspline1d(signal: Any, lamb: float = 0.0) -> Any:
    """Return the coefficients of a cubic spline, linear in the signal; see SciPy's."""
    return by_matrix(lambda row: chapter("signal").cspline1d(row, lamb), xgrad.asarray(signal))


@twin("signal")
def qspline1d(signal: Any, lamb: float = 0.0) -> Any:
    """Return the coefficients of a quadratic spline, linear in the signal; see SciPy's."""
    return by_matrix(lambda row: chapter("signal").qspline1d(row, lamb), xgrad.asarray(signal))


def _bound(x: Any) -> Any:
    """Return a bound that peaks are chosen by, a number if it is one: a constant."""
    held = raws(x)
    return held.item() if getattr(held, "shape", None) == () else held


@twin("signal")
def find_peaks(
    x: Any, height: Any = None, threshold: Any = None, distance: Any = None,
    prominence: Any = None, width: Any = None, wlen: Any = None, rel_height: float = 0.5,
    plateau_size: Any = None,
) -> Any:  # fmt: skip
    """Return the indices of peaks, raw, and their properties; see ``scipy.signal.find_peaks``.

    Heights, thresholds, prominences and widths are differentiable in `x`.
    """
    x = xgrad.asarray(x)
    peaks, about = chapter("signal", x).find_peaks(
        raw(x.detach()), *map(_bound, (height, threshold)), distance,
        *map(_bound, (prominence, width)), wlen, rel_height, plateau_size,
    )  # fmt: skip
    if "peak_heights" in about:
        heights = xgrad.take(x, xgrad.asarray(peaks))
        about["peak_heights"] = xgrad.astype(heights, np.float64, copy=False)
    for name, side in (("left_thresholds", -1), ("right_thresholds", 1)):
        if name in about:
            about[name] = xgrad.take(x, xgrad.asarray(peaks)) - xgrad.take(
                x, xgrad.asarray(peaks + side)
            )
    if "prominences" in about:
        about["prominences"] = peak_prominences(x, peaks, wlen)[0]
    if "widths" in about:
        names = ("widths", "width_heights", "left_ips", "right_ips")
        about |= dict(zip(names, peak_widths(x, peaks, rel_height, None, wlen), strict=True))
    return peaks, about


@twin("signal")
def argrelextrema(
    data: Any, comparator: Any, axis: int = 0, order: int = 1, mode: str = "clip"
) -> Any:
    """Return the indices of relative extrema, raw; see ``scipy.signal.argrelextrema``."""
    held = raw(xgrad.asarray(data).detach())
    return chapter("signal", data).argrelextrema(held, comparator, axis, order, mode)


@twin("signal")
def argrelmax(data: Any, axis: int = 0, order: int = 1, mode: str = "clip") -> Any:
    """Return the indices of relative maxima, raw; see ``scipy.signal.argrelmax``."""
    return argrelextrema(xgrad.asarray(data), np.greater, axis, order, mode)


@twin("signal")
def argrelmin(data: Any, axis: int = 0, order: int = 1, mode: str = "clip") -> Any:
    """Return the indices of relative minima, raw; see ``scipy.signal.argrelmin``."""
    return argrelextrema(xgrad.asarray(data), np.less, axis, order, mode)


@twin("signal")
def unique_roots(p: Any, tol: float = 1e-3, rtype: str = "min") -> Any:
    """Return one of each group of near roots, and how many there are; see SciPy's."""
    p = xgrad.asarray(p)
    held = np.asarray(raw(p.detach()))
    chosen, counts = chapter("signal").unique_roots(held, tol, rtype)
    free = np.ones(len(held), dtype=bool)
    roots: list[Any] = []
    for i in range(len(held)):
        if free[i]:
            group = np.flatnonzero(free & (np.abs(held - held[i]) <= tol))
            free[group] = False
            one = held[group] == chosen[len(roots)]  # the least of them, or the largest
            picked = xgrad.take(p, xgrad.asarray(group[one][:1] if one.any() else group))
            roots.append(xgrad.mean(picked))
    return xgrad.stack(roots), counts


def _spline_at(name: str, cj: Any, newx: Any, dx: Any, x0: Any, order: int) -> Any:
    """Return values of a spline by its coefficients, at points that are mirrored at its ends."""
    cj = xgrad.asarray(cj) * 1.0
    last = cj.shape[0] - 1.0
    place = (xgrad.atleast_1d(xgrad.asarray(newx)) - x0) / dx
    held = [raw(v) for v in (cj, place)]
    value = getattr(chapter("signal"), name)(*held)
    turn = xgrad.remainder(place, 2.0 * last)
    place = xgrad.where(turn > last, 2.0 * last - turn, turn)
    return interpolated(cj, [place], value, order, "nearest", 0.0, prefilter=False)


@twin("signal")
def cspline1d_eval(cj: Any, newx: Any, dx: Any = 1.0, x0: Any = 0) -> Any:
    """Return values of a cubic spline by its coefficients; see ``scipy.signal.cspline1d_eval``.

    Differentiable in the coefficients, and in where they are: `newx`, `dx` and `x0`.
    """
    return _spline_at("cspline1d_eval", cj, newx, dx, x0, 3)


@twin("signal")
def qspline1d_eval(cj: Any, newx: Any, dx: Any = 1.0, x0: Any = 0) -> Any:
    """Return values of a quadratic spline by its coefficients; see SciPy's ``qspline1d_eval``."""
    return _spline_at("qspline1d_eval", cj, newx, dx, x0, 2)


@twin("signal")
def sepfir2d(input: Any, hrow: Any, hcol: Any) -> Any:
    """Filter rows, then columns, of an image that goes on mirrored; see SciPy's."""
    rows = correlate1d(xgrad.asarray(input), xgrad.flip(xgrad.asarray(hrow)), 1, mode="reflect")
    return correlate1d(rows, xgrad.flip(xgrad.asarray(hcol)), 0, mode="reflect")


@twin("signal", "g")
def symiirorder1(signal: Any, c0: Any, z1: Any, precision: float = -1.0) -> Any:
    """Smooth both ways by a filter of one pole, linear in signal and `c0`; see SciPy's."""
    pole = fixed("symiirorder1", z1=z1)
    smooth = chapter("signal").symiirorder1
    return c0 * by_matrix(lambda row: smooth(row, 1.0, pole, precision), xgrad.asarray(signal))


@twin("signal", "g")
def symiirorder2(input: Any, r: Any, omega: Any, precision: float = -1.0) -> Any:
    """Smooth both ways by a filter of two poles, linear in the signal; see SciPy's."""
    r, omega = fixed("symiirorder2", r=r, omega=omega)
    smooth = chapter("signal").symiirorder2
    return by_matrix(lambda row: smooth(row, r, omega, precision), xgrad.asarray(input))


def _both_ways(x: Any, smooth: Any, precision: float) -> Any:
    """Return an image smoothed along its rows and then along its columns."""
    if not 0.0 <= precision < 1.0:
        precision = 1e-3 if str(x.dtype) in ("float32", "complex64") else 1e-6
    rows = smooth(x, precision)
    return xgrad.matrix_transpose(smooth(xgrad.matrix_transpose(rows), precision))


@twin("signal", "g")
def cspline2d(signal: Any, lamb: float = 0.0, precision: float = -1.0) -> Any:
    """Return the coefficients of cubic splines through an image; see ``scipy.signal``."""
    x, lamb = xgrad.asarray(signal), float(fixed("cspline2d", lamb=lamb))
    if lamb <= 1 / 144.0:
        r = math.sqrt(3.0) - 2.0
        return _both_ways(x, lambda x, p: symiirorder1(x, -6.0 * r, r, p), precision)
    root = math.sqrt(3.0 + 144.0 * lamb)
    xi = 1.0 - 96.0 * lamb + 24.0 * lamb * root
    omega = math.atan(math.sqrt((144.0 * lamb - 1.0) / xi))
    r = (24.0 * lamb - 1.0 - math.sqrt(xi)) / (24.0 * lamb)
    r *= math.sqrt((48.0 * lamb + 24.0 * lamb * root) / xi)
    return _both_ways(x, lambda x, p: symiirorder2(x, r, omega, p), precision)


@twin("signal", "g")
def qspline2d(signal: Any, lamb: float = 0.0, precision: float = -1.0) -> Any:
    """Return the coefficients of quadratic splines through an image; see ``scipy.signal``."""
    x, r = xgrad.asarray(signal), 2.0 * math.sqrt(2.0) - 3.0
    if float(fixed("qspline2d", lamb=lamb)) > 0:
        raise ValueError(f"qspline2d: lamb is {lamb}; expected zero")
    return _both_ways(x, lambda x, p: symiirorder1(x, -8.0 * r, r, p), precision)


@twin("signal", "g")
def spline_filter(Iin: Any, lmbda: float = 5.0) -> Any:
    """Smooth an image by a cubic spline; see ``scipy.signal.spline_filter``."""
    column = np.asarray([1.0, 4.0, 1.0], np.float32) / np.float32(6.0)
    return sepfir2d(cspline2d(Iin, lmbda), column, column)


@twin("signal")
def find_peaks_cwt(
    vector: Any, widths: Any, wavelet: Any = None, max_distances: Any = None,
    gap_thresh: Any = None, min_length: Any = None, min_snr: float = 1, noise_perc: float = 10,
    window_size: Any = None,
) -> Any:  # fmt: skip
    """Return the indices of peaks, raw; see ``scipy.signal.find_peaks_cwt``."""
    return chapter("signal").find_peaks_cwt(
        raw(xgrad.asarray(vector).detach()), widths, wavelet, max_distances, gap_thresh, min_length,
        min_snr, noise_perc, window_size,
    )  # fmt: skip


@twin("signal", "d--")
def peak_prominences(x: Any, peaks: Any, wlen: Any = None) -> Any:
    """Return how far peaks stand out, and their bases; see ``scipy.signal.peak_prominences``."""
    x, peaks = xgrad.asarray(x), np.asarray(raw(peaks))
    _, left, right = chapter("signal").peak_prominences(raw(x.detach()), peaks, wlen)
    at, low, high = (xgrad.take(x, xgrad.asarray(i)) for i in (peaks, left, right))
    return at - xgrad.maximum(low, high), left, right


@twin("signal", "d")
def peak_widths(
    x: Any, peaks: Any, rel_height: float = 0.5, prominence_data: Any = None, wlen: Any = None
) -> Any:
    """Return widths of peaks, their heights, and both ends; see ``scipy.signal.peak_widths``."""
    x, peaks = xgrad.asarray(x), np.asarray(raw(peaks))
    held = raw(x.detach())
    data = None if prominence_data is None else tuple(raw(v) for v in prominence_data)
    _, _, *ends = chapter("signal").peak_widths(held, peaks, rel_height, data, wlen)
    prominences = peak_prominences(x, peaks, wlen)[0] if data is None else prominence_data[0]
    level = xgrad.take(x, xgrad.asarray(peaks)) - prominences * rel_height
    found = []
    for end, out, side in zip(ends, (np.floor, np.ceil), (1, -1), strict=True):
        low = out(end).astype(int)
        crossed = np.asarray(end != low)  # else it is at a sample, or at the end of what was seen
        high = np.where(crossed, low + side, low)
        below, above = (xgrad.take(x, xgrad.asarray(i)) for i in (low, high))
        rise = xgrad.where(xgrad.asarray(crossed), above - below, 1.0)
        share = xgrad.where(xgrad.asarray(crossed), (level - below) / rise, 0.0)
        found.append(xgrad.asarray(low * 1.0) + side * share)
    return found[1] - found[0], level, *found
