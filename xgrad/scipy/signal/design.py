"""Design of filters and conversions of systems, where they are smooth."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import xgrad

from ...backends import is_recorded
from ..common import chapter, fixed, raw, twin, with_derivative_of
from .prototypes import prototype
from .sections import sections

__all__ = [
    "bessel",
    "bilinear",
    "bilinear_zpk",
    "butter",
    "cheby1",
    "cheby2",
    "ellip",
    "freqs",
    "freqz",
    "gammatone",
    "group_delay",
    "iircomb",
    "iirfilter",
    "iirnotch",
    "iirpeak",
    "lp2bp",
    "lp2bp_zpk",
    "lp2bs",
    "lp2bs_zpk",
    "lp2hp",
    "lp2hp_zpk",
    "lp2lp",
    "lp2lp_zpk",
    "normalize",
    "zpk2tf",
]


def vector(x: Any) -> Any:
    return xgrad.atleast_1d(xgrad.asarray(x))


def _real_if_paired(coefficients: Any, roots: Any) -> Any:
    """Return the coefficients of a polynomial as real ones if its roots come in pairs."""
    held = np.asarray(raw(roots.detach()))
    paired = np.allclose(np.sort_complex(held), np.sort_complex(held.conj()))
    return xgrad.real(coefficients) if paired and coefficients.dtype.kind == "c" else coefficients


def _poly(roots: Any) -> Any:
    """Return the coefficients of the polynomial with these roots."""
    out = xgrad.ones((1,), dtype=roots.dtype)
    for i in range(roots.shape[0]):
        out = xgrad.pad(out, (0, 1)) - roots[i] * xgrad.pad(out, (1, 0))
    return _real_if_paired(out, roots)


@twin("signal")
def zpk2tf(z: Any, p: Any, k: Any) -> Any:
    """Return numerator and denominator of zeros, poles and a gain; see ``scipy.signal.zpk2tf``."""
    return k * _poly(vector(z)), xgrad.atleast_1d(_poly(vector(p)))


@twin("signal")
def normalize(b: Any, a: Any) -> Any:
    """Divide by the first coefficient of the denominator; see ``scipy.signal.normalize``.

    What is zero in front is left out, as SciPy leaves it out, and said.
    """
    b, a = vector(b), vector(a)
    if not is_recorded(raw(b)) and not is_recorded(raw(a)):
        top, held = np.asarray(raw(b.detach())), np.asarray(raw(a.detach()))
        if held.any():
            a = a[int(np.flatnonzero(held)[0]) :]
            small = np.all(
                np.abs(top / held[held != 0][0]) <= 1e-14, axis=tuple(range(top.ndim - 1))
            )
            first = int(np.argmin(small)) if not small.all() else len(small) - 1
            if small[0]:
                warnings.warn(
                    "normalize: the numerator begins with zeros, which are left out",
                    chapter("signal", b).BadCoefficients,
                    stacklevel=3,
                )
            b = b[..., first:]
    if b.ndim == 2 and b.shape[0] == 1:
        b = b[0, :]
    return b / a[0], a / a[0]


def _shifted(z: Any, p: Any, k: Any) -> tuple[Any, Any, Any, int]:
    z, p = vector(z), vector(p)
    degree = p.shape[0] - z.shape[0]
    if degree < 0:
        raise ValueError("the system has more zeros than poles")
    return z, p, xgrad.asarray(k), degree


@twin("signal")
def lp2lp_zpk(z: Any, p: Any, k: Any, wo: Any = 1.0) -> Any:
    """Move the cut-off of a low-pass prototype; see ``scipy.signal.lp2lp_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    return wo * z, wo * p, k * wo**degree


@twin("signal")
def lp2hp_zpk(z: Any, p: Any, k: Any, wo: Any = 1.0) -> Any:
    """Make a high-pass of a low-pass prototype; see ``scipy.signal.lp2hp_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    gain = k * xgrad.real(xgrad.prod(-z) / xgrad.prod(-p))
    return xgrad.concat([wo / z, xgrad.zeros((degree,), dtype=z.dtype)]), wo / p, gain


@twin("signal")
def lp2bp_zpk(z: Any, p: Any, k: Any, wo: Any = 1.0, bw: Any = 1.0) -> Any:
    """Make a band-pass of a low-pass prototype; see ``scipy.signal.lp2bp_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    z, p = z * (bw / 2.0), p * (bw / 2.0)
    z, p = z + 0j, p + 0j  # the sign of the zero chooses the root, as in SciPy's
    rz, rp = xgrad.sqrt(z**2 - wo**2), xgrad.sqrt(p**2 - wo**2)
    zeros = xgrad.zeros((degree,), dtype=rz.dtype)
    return xgrad.concat([z + rz, z - rz, zeros]), xgrad.concat([p + rp, p - rp]), k * bw**degree


@twin("signal")
def lp2bs_zpk(z: Any, p: Any, k: Any, wo: Any = 1.0, bw: Any = 1.0) -> Any:
    """Make a band-stop of a low-pass prototype; see ``scipy.signal.lp2bs_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    gain = k * xgrad.real(xgrad.prod(-z) / xgrad.prod(-p))
    z, p = (bw / 2.0) / z, (bw / 2.0) / p
    z, p = z + 0j, p + 0j  # the sign of the zero chooses the root, as in SciPy's
    rz, rp = xgrad.sqrt(z**2 - wo**2), xgrad.sqrt(p**2 - wo**2)
    turn = xgrad.asarray(np.ones(degree)) * wo * 1j
    return xgrad.concat([z + rz, z - rz, turn, -turn]), xgrad.concat([p + rp, p - rp]), gain


@twin("signal", "d--")
def bilinear_zpk(z: Any, p: Any, k: Any, fs: Any) -> Any:
    """Make a digital filter of an analog one; see ``scipy.signal.bilinear_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    fs2 = 2.0 * fs
    gain = k * xgrad.real(xgrad.prod(fs2 - z) / xgrad.prod(fs2 - p))
    ends = xgrad.asarray(-np.ones(degree, dtype=z.dtype))
    return xgrad.concat([(fs2 + z) / (fs2 - z), ends]), (fs2 + p) / (fs2 - p), gain


@twin("signal")
def bilinear(b: Any, a: Any, fs: Any = 1.0) -> Any:
    """Make a digital filter of an analog one; see ``scipy.signal.bilinear``."""
    b, a = vector(b), vector(a)
    n = max(b.shape[0], a.shape[0]) - 1
    powers = []
    for i in range(n + 1):  # (2 fs (z - 1))^i (z + 1)^(n - i)
        row = np.ones(1)
        for _ in range(i):
            row = np.convolve(row, [1.0, -1.0])
        for _ in range(n - i):
            row = np.convolve(row, [1.0, 1.0])
        powers.append(row)

    def changed(c: Any) -> Any:
        m = c.shape[0]
        return sum(c[m - 1 - i] * (2.0 * fs) ** i * xgrad.asarray(powers[i]) for i in range(m))

    return normalize(changed(b), changed(a))


KINDS = {
    **dict.fromkeys(("low", "lp", "l"), "lowpass"),
    **dict.fromkeys(("high", "hp", "h"), "highpass"),
    **dict.fromkeys(("band", "pass", "bp"), "bandpass"),
    **dict.fromkeys(("stop", "bs"), "bandstop"),
}
"""SciPy's shorter names of the kinds of filters."""


@twin("signal")
def iirfilter(
    N: Any, Wn: Any, rp: Any = None, rs: Any = None, btype: str = "band", analog: bool = False,
    ftype: str = "butter", output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Design a filter, in its edge frequencies; see ``scipy.signal.iirfilter``.

    Differentiable in `Wn`, `rp` and `rs`.
    """
    if output not in ("ba", "zpk", "sos"):
        raise ValueError(f"iirfilter: output is {output!r}; expected 'ba', 'zpk' or 'sos'")
    made = prototype(N, rp, rs, ftype)
    kind = KINDS.get(btype, btype)
    Wn = xgrad.asarray(Wn)
    if fs is not None:
        Wn = 2.0 * Wn / fs
    warped = Wn if analog else 4.0 * xgrad.tan(np.pi * Wn / 2.0)
    z, p, k = (xgrad.asarray(v) for v in made)
    if kind in ("lowpass", "highpass"):
        warped = xgrad.reshape(warped, ())
        z, p, k = (lp2lp_zpk if kind == "lowpass" else lp2hp_zpk)(z, p, k, warped)
    else:
        bw, wo = warped[1] - warped[0], xgrad.sqrt(warped[0] * warped[1])
        z, p, k = (lp2bp_zpk if kind == "bandpass" else lp2bs_zpk)(z, p, k, wo, bw)
    if not analog:
        z, p, k = bilinear_zpk(z, p, k, 2.0)
    if output == "sos":
        return sections(z, p, k, analog=analog)
    return zpk2tf(z, p, k) if output == "ba" else (z, p, k)


@twin("signal")
def butter(
    N: Any, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba", fs: Any = None
) -> Any:
    """Design a Butterworth filter, in its edge frequencies; see ``scipy.signal.butter``."""
    return iirfilter(N, xgrad.asarray(Wn), btype=btype, analog=analog, output=output, fs=fs)


@twin("signal")
def cheby1(
    N: Any, rp: Any, Wn: Any, btype: str = "low", analog: bool = False,
    output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Design a Chebyshev filter of type I, in its edge frequencies; see ``scipy.signal.cheby1``."""
    return iirfilter(N, xgrad.asarray(Wn), rp, None, btype, analog, "cheby1", output, fs)


@twin("signal")
def cheby2(
    N: Any, rs: Any, Wn: Any, btype: str = "low", analog: bool = False,
    output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Design a Chebyshev filter of type II, in its edge frequencies; see SciPy's ``cheby2``."""
    return iirfilter(N, xgrad.asarray(Wn), None, rs, btype, analog, "cheby2", output, fs)


@twin("signal")
def ellip(
    N: Any, rp: Any, rs: Any, Wn: Any, btype: str = "low", analog: bool = False,
    output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Design an elliptic filter, in its edge frequencies; see ``scipy.signal.ellip``."""
    return iirfilter(N, xgrad.asarray(Wn), rp, rs, btype, analog, "ellip", output, fs)


@twin("signal")
def bessel(
    N: Any, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba",
    norm: str = "phase", fs: Any = None,
) -> Any:  # fmt: skip
    """Design a Bessel filter, in its edge frequencies; see ``scipy.signal.bessel``."""
    Wn = xgrad.asarray(Wn)
    return iirfilter(N, Wn, None, None, btype, analog, f"bessel_{norm}", output, fs)


def _substituted(b: Any, a: Any, over: Any, under: Any) -> Any:
    """Return a transfer function of ``over(s) / under(s)`` in the place of s."""
    b, a = vector(b), vector(a)
    most = max(b.shape[0], a.shape[0]) - 1
    powers = [[xgrad.ones((1,))], [xgrad.ones((1,))]]
    for row, factor in zip(powers, (over, under), strict=True):
        for _ in range(most):
            row.append(xgrad.convolve(row[-1], factor))

    def changed(c: Any) -> Any:
        parts = [
            c[c.shape[0] - 1 - i] * xgrad.convolve(powers[0][i], powers[1][most - i])
            for i in range(c.shape[0])
        ]
        n = max(v.shape[0] for v in parts)
        return sum(xgrad.pad(v, (n - v.shape[0], 0)) for v in parts)

    return normalize(changed(b), changed(a))


@twin("signal")
def lp2lp(b: Any, a: Any, wo: Any = 1.0) -> Any:
    """Move the cut-off of a low-pass prototype; see ``scipy.signal.lp2lp``."""
    wo = xgrad.asarray(wo) * 1.0
    return _substituted(b, a, xgrad.asarray([1.0, 0.0]), vector(wo))


@twin("signal", "g")
def lp2hp(b: Any, a: Any, wo: Any = 1.0) -> Any:
    """Make a high-pass of a low-pass prototype; see ``scipy.signal.lp2hp``."""
    wo = xgrad.asarray(wo) * 1.0
    return _substituted(b, a, vector(wo), xgrad.asarray([1.0, 0.0]))


def _band(wo: Any, bw: Any) -> tuple[Any, Any]:
    one, zero = xgrad.ones(()), xgrad.zeros(())
    wo, bw = xgrad.asarray(wo) * 1.0, xgrad.asarray(bw) * 1.0
    return xgrad.stack([one, zero, wo * wo]), xgrad.stack([bw, zero])


@twin("signal", "g")
def lp2bp(b: Any, a: Any, wo: Any = 1.0, bw: Any = 1.0) -> Any:
    """Make a band-pass of a low-pass prototype; see ``scipy.signal.lp2bp``."""
    return _substituted(b, a, *_band(wo, bw))


@twin("signal", "g")
def lp2bs(b: Any, a: Any, wo: Any = 1.0, bw: Any = 1.0) -> Any:
    """Make a band-stop of a low-pass prototype; see ``scipy.signal.lp2bs``."""
    over, under = _band(wo, bw)
    return _substituted(b, a, under, over)


def _second_order(w0: Any, Q: Any, fs: float) -> tuple[Any, Any]:
    w = 2.0 * w0 / fs * np.pi
    bandwidth = w / Q
    gain = 1.0 / (1.0 + xgrad.tan(xgrad.asarray(bandwidth / 2.0)))
    return gain, xgrad.cos(xgrad.asarray(w))


@twin("signal", "d")
def iirpeak(w0: Any, Q: Any, fs: float = 2.0, *, xp: Any = None, device: Any = None) -> Any:
    """Design a filter that lets one frequency pass; see ``scipy.signal.iirpeak``."""
    gain, c = _second_order(w0, Q, fs)
    one = xgrad.ones_like(gain)
    b = (1.0 - gain) * xgrad.stack([one, 0.0 * one, -one])
    return b, xgrad.stack([one, -2.0 * gain * c, 2.0 * gain - 1.0])


@twin("signal", "d")
def iirnotch(w0: Any, Q: Any, fs: float = 2.0, *, xp: Any = None, device: Any = None) -> Any:
    """Design a filter that takes one frequency out; see ``scipy.signal.iirnotch``."""
    gain, c = _second_order(w0, Q, fs)
    one = xgrad.ones_like(gain)
    b = gain * xgrad.stack([one, -2.0 * c, one])
    return b, xgrad.stack([one, -2.0 * gain * c, 2.0 * gain - 1.0])


@twin("signal", "d")
def iircomb(
    w0: Any, Q: Any, ftype: str = "notch", fs: float = 2.0, *, pass_zero: bool = False,
    xp: Any = None, device: Any = None,
) -> Any:  # fmt: skip
    """Design a comb of notches or peaks, in `Q`; see ``scipy.signal.iircomb``."""
    each = float(fixed("iircomb", w0=w0))
    held = chapter("signal").iircomb(
        each, float(raw(xgrad.asarray(Q))), ftype, fs, pass_zero=pass_zero
    )[1]
    n = len(held) - 1
    beta = xgrad.tan(0.5 * n * math.pi * each / fs / xgrad.asarray(Q))
    sign = -1.0 if (ftype.lower() == "peak") == pass_zero else 1.0
    one, middle = xgrad.ones_like(beta), xgrad.zeros((n - 1,))
    is_peak = ftype.lower() == "peak"
    gain = [beta / (1.0 + beta), -beta / (1.0 + beta)] if is_peak else [1.0 / (1.0 + beta)] * 2
    rest = (1.0 - beta) / (1.0 + beta)
    return tuple(
        xgrad.concat([first[None], middle, sign * last[None]])
        for first, last in ((gain[0], gain[1]), (one, rest))
    )


def plotted(plot: Any, w: Any, h: Any) -> tuple[Any, Any]:
    """Return frequencies and a response, having shown them to a function, as SciPy does."""
    if plot is not None:
        plot(raw(w.detach()), raw(h.detach()))
    return w, h


def _polynomial(c: Any, x: Any) -> Any:
    """Return the values of a polynomial, its highest coefficient first."""
    total = xgrad.zeros_like(x) + c[0]
    for i in range(1, c.shape[0]):
        total = total * x + c[i]
    return total


def _response(b: Any, a: Any, x: Any) -> Any:
    return _polynomial(b, x) / _polynomial(a, x)


@twin("signal", "-g")
def freqz(
    b: Any, a: Any = 1, worN: Any = 512, whole: bool = False, plot: Any = None,
    fs: float = 2 * np.pi, include_nyquist: bool = False,
) -> Any:  # fmt: skip
    """Return the frequency response of a digital filter; see ``scipy.signal.freqz``."""
    b, a = vector(b), vector(a)
    if worN is None or np.ndim(raw(worN)) == 0:
        n, end = 512 if worN is None else int(worN), (2 if whole else 1) * np.pi
        w: Any = xgrad.asarray(np.linspace(0, end, n, endpoint=include_nyquist and not whole))
    else:
        w = 2.0 * np.pi * xgrad.asarray(worN) / fs
    turn = xgrad.exp(1j * w)
    n = max(b.shape[0], a.shape[0])
    b, a = (xgrad.pad(v, (0, n - v.shape[0])) for v in (b, a))
    return plotted(plot, w * (fs / (2 * np.pi)), _response(b, a, turn))


@twin("signal")
def freqs(b: Any, a: Any, worN: Any = 200, plot: Any = None) -> Any:
    """Return the frequency response of an analog filter; see ``scipy.signal.freqs``."""
    b, a = vector(b), vector(a)
    if worN is None or np.ndim(raw(worN)) == 0:
        held = (raw(b.detach()), raw(a.detach()))
        w: Any = xgrad.asarray(
            chapter("signal").freqs(*held, worN=200 if worN is None else worN)[0]
        )
    else:
        w = xgrad.asarray(worN)
    return plotted(plot, w, _response(b, a, 1j * w))


@twin("signal")
def gammatone(
    freq: Any, ftype: str, order: Any = None, numtaps: Any = None, fs: Any = None, *,
    xp: Any = None, device: Any = None,
) -> Any:  # fmt: skip
    """Design a filter as of the ear, in its frequency; see ``scipy.signal.gammatone``."""
    freq = xgrad.asarray(freq) * 1.0
    value = chapter("signal").gammatone(raw(freq), ftype, order, numtaps, fs)
    fs = 2.0 if fs is None else float(fs)
    turn, fall = 2.0 * np.pi / fs * freq, 2.0 * np.pi * 1.019 / fs * (freq / 9.26449 + 24.7)
    if ftype.lower() == "fir":
        n = 4 if order is None else int(order)
        t = xgrad.asarray(np.arange(len(value[0]) * 1.0))
        b = t ** (n - 1) * xgrad.exp(-fall * t) * xgrad.cos(turn * t)
        scale = 2.0 * fall**n / math.factorial(n - 1)
        return with_derivative_of(value[0], scale * b), xgrad.asarray(value[1])
    k = xgrad.asarray(np.arange(5.0))
    shape = xgrad.asarray([1.0, -4.0, 6.0, -4.0, 1.0]) * xgrad.cos(k * turn) * xgrad.exp(-k * fall)
    once = xgrad.exp(-fall)
    a = xgrad.stack([xgrad.ones_like(once), -2.0 * xgrad.cos(turn) * once, once * once])
    for _ in range(2):
        a = xgrad.convolve(a, a)
    gain = xgrad.abs(_response(shape, a, xgrad.exp(1j * turn)))
    return with_derivative_of(value[0], shape / gain), with_derivative_of(value[1], a)


@twin("signal")
def group_delay(system: Any, w: Any = 512, whole: bool = False, fs: float = 2 * np.pi) -> Any:
    """Return the group delay of a digital filter, in samples; see ``scipy.signal.group_delay``."""
    b, a = (vector(v) for v in system)
    if w is None or np.ndim(raw(w)) == 0:
        end = (2 if whole else 1) * np.pi
        w = xgrad.asarray(np.linspace(0, end, 512 if w is None else int(w), endpoint=False))
    else:
        w = 2.0 * np.pi * xgrad.asarray(w) / fs
    c = xgrad.convolve(b, xgrad.conj(xgrad.flip(a)))
    z = xgrad.exp(-1j * w)
    rising = xgrad.asarray(np.arange(c.shape[0] * 1.0)) * c
    under = _polynomial(xgrad.flip(c), z)
    seen = xgrad.abs(under.detach()) > 10 * np.finfo(np.float64).eps
    ratio = _polynomial(xgrad.flip(rising), z) / xgrad.where(seen, under, 1.0)
    delay = xgrad.where(seen, xgrad.real(ratio) - (a.shape[0] - 1.0), 0.0)
    return w * (fs / (2 * np.pi)), delay
