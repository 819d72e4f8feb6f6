"""Design of filters of finite impulse response: by windows, by least squares, in their edges."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, raws, twin, with_derivative_of
from .windows import window_of

__all__ = ["firls", "firwin", "firwin2", "kaiser_atten", "kaiser_beta"]


@twin("signal")
def kaiser_beta(a: Any) -> Any:
    """Return the shape of Kaiser's window for an attenuation; see ``scipy.signal.kaiser_beta``."""
    a = xgrad.asarray(a) * 1.0
    above = xgrad.where(a.detach() > 21.0, a - 21.0, 1.0)
    middle = 0.5842 * above**0.4 + 0.07886 * above
    low = xgrad.where(a.detach() > 21.0, middle, 0.0)
    return xgrad.where(a.detach() > 50.0, 0.1102 * (a - 8.7), low)


@twin("signal")
def kaiser_atten(numtaps: Any, width: Any) -> Any:
    """Return the attenuation of a filter by Kaiser's window; see ``scipy.signal.kaiser_atten``."""
    return 2.285 * (numtaps - 1) * np.pi * width + 7.95


PASSES = {"lowpass": True, "bandstop": True, "highpass": False, "bandpass": False}


@twin("signal")
def firwin(
    numtaps: int, cutoff: Any, *, width: Any = None, window: Any = "hamming",
    pass_zero: Any = True, scale: bool = True, fs: Any = None,
) -> Any:  # fmt: skip
    """Design a filter by a window, in its cut-off frequencies; see ``scipy.signal.firwin``.

    Differentiable in `cutoff`, in `width`, and in the parameters of `window`.
    """
    half = 1.0 if fs is None else 0.5 * fs
    edges = xgrad.atleast_1d(xgrad.asarray(cutoff)) / half
    count = edges.shape[0]
    if width is not None:
        window = ("kaiser", kaiser_beta(kaiser_atten(numtaps, width / half)))
    value = chapter("signal").firwin(
        numtaps, raws(cutoff), window=raws(window), pass_zero=pass_zero, scale=scale, fs=fs
    )
    zero = PASSES.get(pass_zero, pass_zero)
    last = (count % 2 == 0) == zero
    whole = xgrad.concat([xgrad.zeros((int(zero),)), edges, xgrad.ones((int(last),))])
    bands = xgrad.reshape(whole, (-1, 1, 2))
    m = xgrad.asarray(np.arange(numtaps) - 0.5 * (numtaps - 1))
    waves = bands * xgrad.sinc(bands * m[:, None])
    h = xgrad.sum(waves[..., 1] - waves[..., 0], axis=0) * window_of(window, numtaps, False)
    if scale:
        left, right = bands[0, 0, 0], bands[0, 0, 1]
        middle = 0.0 if zero else 1.0 if last and count == 1 else 0.5 * (left + right)
        h = h / xgrad.sum(h * xgrad.cos(np.pi * m * middle))
    return with_derivative_of(value, h)


@twin("signal")
def firwin2(
    numtaps: int, freq: Any, gain: Any, *, nfreqs: Any = None, window: Any = "hamming",
    antisymmetric: bool = False, fs: Any = None,
) -> Any:  # fmt: skip
    """Design a filter by gains at frequencies; see ``scipy.signal.firwin2``.

    Differentiable in `freq`, `gain`, and in the parameters of `window`.
    """
    half = 1.0 if fs is None else 0.5 * fs
    freq, gain = xgrad.asarray(freq) * 1.0, xgrad.asarray(gain) * 1.0
    value = chapter("signal").firwin2(
        numtaps, raw(freq), raw(gain), nfreqs=nfreqs, window=raws(window),
        antisymmetric=antisymmetric, fs=fs,
    )  # fmt: skip
    count = 1 + 2 ** int(np.ceil(np.log2(numtaps))) if nfreqs is None else int(nfreqs)
    steps = freq[1:] == freq[:-1]  # an edge, of which SciPy moves both sides apart
    eps = np.finfo(np.float64).eps * half
    apart = xgrad.astype(steps, np.float64) * eps
    freq = freq - xgrad.pad(apart, (0, 1)) + xgrad.pad(apart, (1, 0))
    at = np.linspace(0.0, half, count)
    turn = np.exp(-(numtaps - 1) / 2.0 * 1j * np.pi * at / half) * (1j if antisymmetric else 1.0)
    found = xgrad.fft.irfft(xgrad.interp(xgrad.asarray(at), freq, gain) * xgrad.asarray(turn))
    out = found[:numtaps]
    if window is not None:
        out = out * window_of(window, numtaps, False)
    if antisymmetric and numtaps % 2:
        out = out * xgrad.asarray(np.where(np.arange(numtaps) == numtaps // 2, 0.0, 1.0))
    return with_derivative_of(value, out)


@twin("signal")
def firls(numtaps: int, bands: Any, desired: Any, *, weight: Any = None, fs: Any = None) -> Any:
    """Design a filter by least squares; see ``scipy.signal.firls``.

    Differentiable in `bands`, `desired` and `weight`: the normal equations of Selesnick,
    Linear-phase FIR filter design by least squares (2005), are solved.
    """
    edges, wanted = (xgrad.asarray(v) * 1.0 for v in (bands, desired))
    value = chapter("signal").firls(numtaps, raw(edges), raw(wanted), weight=raws(weight), fs=fs)
    edges = xgrad.reshape(edges, (-1, 2)) / (1.0 if fs is None else 0.5 * fs)
    wanted = xgrad.reshape(wanted, (-1, 2))
    each = 1.0 if weight is None else xgrad.reshape(xgrad.asarray(weight), (-1,))
    half = (numtaps - 1) // 2
    n = xgrad.asarray(np.arange(numtaps * 1.0)[:, None, None])

    def across(x: Any) -> Any:
        return xgrad.sum((x[..., 1] - x[..., 0]) * each, axis=-1)

    waves = xgrad.sinc(edges * n)
    q = across(waves * edges)
    i, j = np.arange(half + 1)[:, None], np.arange(half + 1)
    matrix = xgrad.take(q, xgrad.asarray(abs(i - j))) + xgrad.take(q, xgrad.asarray(i + j))
    rise = (wanted[:, 1:] - wanted[:, :1]) / (edges[:, 1:] - edges[:, :1])
    base = wanted[:, :1] - edges[:, :1] * rise
    later = n[1 : half + 1, :, :]
    first = -0.5 * rise * edges * edges
    rest = rise * xgrad.cos(later * np.pi * edges) / (np.pi * later) ** 2
    right = edges * (rise * edges + base) * waves[: half + 1, :, :]
    right = across(right + xgrad.concat([first[None, :, :], rest]))
    a = xgrad.linalg.solve(matrix, right)
    whole = xgrad.concat([xgrad.flip(a[1:]), 2.0 * a[:1], a[1:]])
    return with_derivative_of(value, whole)
