"""Waveforms, splines, windows, and places where a signal is highest."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import by_matrix, chapter, raw, twin

__all__ = ["argrelextrema", "argrelmax", "argrelmin", "chirp", "cspline1d", "find_peaks",
           "qspline1d", "sawtooth", "square", "unique_roots"]  # fmt: skip


@twin("signal")
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


@twin("signal")
def find_peaks(x: Any, **conditions: Any) -> Any:
    """Return the indices of peaks, raw, and their properties; see ``scipy.signal.find_peaks``.

    Of the properties only the heights are differentiable: ``x[peaks]``; others raise.
    """
    x = xgrad.asarray(x)
    if {"prominence", "width", "plateau_size", "threshold"} & conditions.keys():
        raise NotImplementedError(
            "find_peaks: the properties of these conditions have no derivative here; call it on "
            "x.detach(), and index x with the peaks"
        )
    peaks, properties = chapter("signal", x).find_peaks(
        raw(x.detach()), **{k: raw(v) for k, v in conditions.items()}
    )
    if "peak_heights" in properties:
        properties["peak_heights"] = xgrad.take(x, xgrad.asarray(peaks))
    return peaks, properties


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
    held = raw(p.detach())
    chosen, counts = chapter("signal").unique_roots(held, tol, rtype)
    if rtype in ("avg", "mean"):
        raise NotImplementedError("unique_roots: rtype='avg' has no derivative here")
    where = [int(np.flatnonzero(held == c)[0]) for c in chosen]
    return xgrad.take(p, xgrad.asarray(np.asarray(where))), counts
