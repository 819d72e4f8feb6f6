# Tests of xgrad/scipy/signal
"""Signals: values of SciPy, derivatives in signals, coefficients and designs."""

import numpy as np
import pytest
import scipy.signal as plain

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(4)
X = RNG.normal(size=40)
Y = RNG.normal(size=40)
XX = RNG.normal(size=(3, 30))
B = np.asarray([0.5, 0.3, -0.2])
A = np.asarray([1.3, -0.4, 0.25, 0.1])
ZI = RNG.normal(size=3)
SOS = np.asarray([[0.4, 0.3, 0.1, 1.0, -0.3, 0.2], [1.0, 0.2, 0.3, 1.1, 0.4, 0.1]])
SMALL, IMAGE = RNG.normal(size=(2, 3)), RNG.normal(size=(5, 6))
AA = np.asarray([[0.3, 0.2, 0.1], [-0.2, 0.4, 0.0], [0.1, -0.3, 0.2]])
BB, CC, DD = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2))
U = RNG.normal(size=(12, 2))


def S(name, *args, f=None, **options):
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.signal, *xs), args, **options)


def number(x):
    """Return a number where SciPy takes no array."""
    return x if isinstance(x, xg.Array) else float(x)


def sections(c):
    """Return sections whose denominators begin with one, as SciPy wants them."""
    xp = xg if isinstance(c, xg.Array) else np
    one = xp.ones((2, 1))
    concat = xg.concat if xp is xg else np.concatenate
    return concat([c[:, :3], one, c[:, 4:]], axis=1)


def sft(s):
    return s.ShortTimeFFT(
        np.hanning(9)[:8] + 0.1, 4, 2.0, mfft=10, scale_to="psd", phase_shift=None
    )


TIMES = np.linspace(0.0, 3.0, 7)
PROGRAMS = (
    S("splines of images", np.random.default_rng(3).normal(size=(40, 44)), f=lambda s, x: [s.cspline2d(x), s.qspline2d(x), s.cspline2d(x, 8.0), s.spline_filter(x)], order=1, value=1e-8),
    S("ShortTimeFFT, its pieces", XX, f=lambda s, x: [s.ShortTimeFFT(np.hanning(10)[1:-1], 4, 2.0).stft_detrend(x, d, k_offset=k, padding=p) for d, k, p in (("linear", 0, "zeros"), (None, 3, "edge"), ("constant", -2, "even"), (None, 1, "odd"))]
      + [s.ShortTimeFFT.from_win_equals_dual(np.hanning(10)[1:-1], 2, 1.0).spectrogram(x, x * x, "constant", p0=0, p1=6, padding="odd"), s.ShortTimeFFT.from_dual(np.hanning(10)[1:-1], 2, 1.0).stft(x)]),
    S("iircomb", np.asarray(12.0), f=lambda s, q: [v for kind in ("notch", "peak") for zero in (True, False) for v in s.iircomb(25, q, kind, 100.0, pass_zero=zero)]),
    *(S(f"design {kind}", np.asarray(0.3), np.asarray([0.2, 0.45]), f=lambda sg, w, v, kind=kind, more=more: [
        getattr(sg, kind)(3, *more, w, output="sos"), *getattr(sg, kind)(2, *more, v, "band"), getattr(sg, kind)(2, *more, v, "bandstop", output="sos"), *getattr(sg, kind)(3, *more, w, "high", True)], rtol=1e-5)
      for kind, more in (("butter", ()), ("cheby1", (1.2,)), ("cheby2", (21.0,)), ("ellip", (1.1, 22.0)), ("bessel", ()))),
    S("elliptic", np.asarray(1.1), np.asarray(32.0), f=lambda sg, r, s: [*sg.ellip(3, r, s, 0.3), sg.ellip(4, r, s, [0.2, 0.5], "band", output="sos"), *map(abs, sg.ellipap(5, r, s)), *map(abs, sg.cheb1ap(4, r)), *map(abs, sg.cheb2ap(3, s))], rtol=1e-5),
    S("edges", np.asarray(0.2), np.asarray(0.4), np.asarray(1.2), f=lambda sg, p, s, g: [
        x for order in (sg.buttord, sg.cheb1ord, sg.cheb2ord, sg.ellipord) for x in (order(p, s, g, 31.0)[1], order(s, p, g, 31.0)[1])] + [
        sg.iirdesign(p, s, g, 31.0, ftype=kind, output="sos") for kind in ("butter", "cheby1", "cheby2", "ellip")], rtol=1e-5),
    S("bands", np.asarray([0.2, 0.5]), f=lambda sg, p: [sg.buttord(p, [0.1, 0.6], 3, 40)[1], sg.cheb2ord(p, [0.1, 0.6], 3, 40)[1]]),
    S("windows", np.asarray(2.3), f=lambda sg, p: [
        sg.windows.kaiser(8, p), sg.get_window(("kaiser", p), 7), sg.windows.kaiser_bessel_derived(8, p), sg.windows.general_hamming(7, p / 5), sg.windows.chebwin(8, 20 * p), sg.windows.chebwin(9, 20 * p),
        sg.windows.taylor(9, 4, 10 * p), sg.windows.dpss(9, p), *sg.windows.dpss(12, p, 3, return_ratios=True), sg.get_window(("gaussian", p), 6), sg.get_window(("gss", p), 6), sg.get_window(p, 5)], value=1e-9),
    S("fir", np.asarray([0.3, 0.6]), np.asarray(2.0), f=lambda sg, w, p: [
        sg.firwin(9, w[0]), sg.firwin(9, w, window=("kaiser", p), pass_zero=False), sg.firwin(9, w, width=0.3 * p, scale=False), sg.firwin(9, w[0], pass_zero="highpass"), *(sg.kaiser_beta(a * p) for a in (9.0, 15.0, 30.0)), sg.kaiser_atten(31, p / 20)]),
    S("fir, bands", np.asarray([0.1, 0.3, 0.53, 0.9]), np.asarray([1.0, 0.9, 0.1, 0.2]), np.asarray([1.0, 2.0]), f=lambda sg, b, d, w: [sg.firls(9, b, d, weight=w), sg.firwin2(9, [0, b[1], b[2], 1], [1, d[1], d[2], 0])]
        if isinstance(b, np.ndarray) else [sg.firls(9, b, d, weight=w), sg.firwin2(9, xg.stack([0.0, b[1], b[2], 1.0]), xg.stack([1.0, d[1], d[2], 0.0]))]),
    S("gammatone", np.asarray(440.0), f=lambda sg, f: [sg.gammatone(f, "fir", fs=4000.0)[0], *sg.gammatone(f, "iir", fs=4000.0)], step=1e-2, rtol=1e-5),
    S("fractions", np.asarray([1.0, 2.0, 3.5, 0.3]), np.asarray([1.0, 5.0, 6.0, 0.7]), f=lambda sg, b, a: [*sg.residue(b, a), *sg.residue(b[:2], a), *sg.residuez(b, a), *sg.residuez(b[:2], a)]),
    S("fractions, back", np.asarray([1.0, 2.0, 0.5]), np.asarray([-0.5, -0.3]), np.asarray([0.4]), f=lambda sg, r, p, k: [*sg.invres(r[:2], p, k), *sg.invresz(r[:2], p, k), *sg.invres(r, np.asarray([-0.5, -0.5, 0.2]), []), *sg.invresz(r, np.asarray([-0.5, -0.5, 0.2]), [0.3])]),
    S("spectra, windows", X, np.hanning(12) + 0.1, np.asarray(0.3), f=lambda sg, x, w, f: [sg.stft(x, window=w, nperseg=12)[2], sg.welch(x, window=w)[1], sg.istft(sg.stft(x, window=w, nperseg=12)[2], window=w)[1], sg.zoom_fft(x, f, 5),
        sg.resample(x, 20, window=("kaiser", 9 * f)), sg.resample_poly(x, 3, 2, window=("kaiser", 9 * f)), sg.find_peaks(x, height=number(f))[1]["peak_heights"]], rtol=1e-5),
    S("savgol delta", X, np.asarray(0.4), f=lambda sg, x, d: [sg.savgol_coeffs(5, 2, deriv=1, delta=number(d)), sg.savgol_filter(x, 5, 3, deriv=2, delta=number(d))]),
    S("spline values", X, np.asarray([1.21, 3.44, -2.3, 70.9]), np.asarray(0.9), f=lambda sg, c, n, d: [sg.cspline1d_eval(c, n, d, 0.3), sg.qspline1d_eval(c, n, d, 0.3)]),
    S("separable", XX, np.asarray([0.2, 0.5, 0.3]), f=lambda sg, x, h: [sg.sepfir2d(x, h, [0.1, 0.7, 0.3]), sg.symiirorder1(x[0], number(h[0]), 0.3), sg.symiirorder2(x[0], 0.4, 0.3)]),
    S("filtfilt gust", B, A, X, f=lambda sg, b, a, x: [sg.filtfilt(b, a, x, method="gust"), sg.filtfilt(b, a, x, method="gust", irlen=9), sg.filtfilt(b, [1.0], x, method="gust")]),
    S("filtfilt gust, axis", XX, f=lambda sg, x: [sg.filtfilt(B, A, x, axis=0, method="gust"), sg.filtfilt(B[:1], A[:1], x, method="gust")], order=1),
    S("group_delay", B, A, f=lambda sg, b, a: [sg.group_delay((b, a), 16)[1], sg.group_delay((b, a), w=np.asarray([0.1, 0.4]), fs=2.0)[1], sg.group_delay(([1.0, b[1]], [1.0, 0.3]), 4)[1]]),
    S("amplitudes", X, f=lambda sg, x: [sg.lombscargle(np.arange(40.0), x, [0.1, 0.4], normalize="amplitude", floating_mean=m) for m in (False, True)]),
    S("systems made others", np.asarray([-0.3, -0.2]), np.asarray([-0.5, -0.6, -0.7]), f=lambda sg, z, p: [plain.ZerosPolesGain(z, p, 2.0).to_tf().num, plain.lti(z, p, 2.0).to_ss().A, plain.lti(z, p, 2.0).impulse(T=TIMES)[1]]),
    S("chirp objects", X, f=lambda sg, x: [x[sg.find_peaks_cwt(np.sin(np.arange(40.0) / 4) + 0 * x, [2, 3])], plain.CZT(40, 8)(x), plain.ZoomFFT(40, [0.1, 0.3], 8)(x), sg.CZT(40, 5)(x)]),
    S("ripples", np.asarray(1.2), np.asarray(21.0), f=lambda sg, r, s: [*sg.cheby1(3, r, 0.3), sg.cheby1(4, r, 0.3, output="sos"), *sg.cheby2(4, s, 0.3), *sg.iirfilter(3, 0.4, r, None, "low", ftype="chebyshevI")], rtol=1e-5),
    S("sections", np.asarray([0.3, -0.4]), np.asarray([1.0, 0.7, 0.9]), f=lambda sg, z, d: [sg.zpk2sos(z, np.asarray([0.1, 0.2, 0.5]), 1.3), sg.tf2sos(np.asarray([1.0, 0.5]), d), sg.zpk2sos(z, [-0.1, -0.2, -0.5], 1.3, analog=True)]),
    S("groups of roots", np.asarray([1.0, 3.0, 1.2, 2.0, 2.1]), f=lambda sg, p: [x for kind in ("min", "max", "avg") for x in sg.unique_roots(p, 0.3, kind)[:1]] + [p[sg.argrelextrema(p, np.greater)[0]]]),
    S("prototypes of zeros", np.asarray([-0.5]), np.asarray([-0.3, -0.7]), np.asarray(2.0), np.asarray(1.3), f=lambda sg, z, p, k, w: [x for f in (sg.lp2lp_zpk, sg.lp2hp_zpk, sg.lp2bp_zpk, sg.lp2bs_zpk) for x in f(z, p, k, w)] + [*sg.bilinear_zpk(z, p, k, 2.0), *sg.zpk2tf(z, p, k)]),
    S("prototypes", np.asarray([1.0, 0.5]), np.asarray([1.0, 0.7, 0.9]), np.asarray(1.3), f=lambda sg, b, a, w: [x for f in (sg.lp2lp, sg.lp2hp, sg.lp2bp, sg.lp2bs) for x in f(b, a, w)]),
    S("responses", np.asarray([1.0, 0.5]), np.asarray([1.0, 0.7, 0.9]), np.asarray([0.2, -0.3]), f=lambda sg, b, a, x: [y for f in (sg.step, sg.impulse) for y in (*f((b, a), T=TIMES), *f((b, a), x if f is sg.step else x[:, None], TIMES))]
      + [*sg.lti(b, a).step(T=TIMES), *sg.TransferFunction(b, a).impulse(T=TIMES), sg.lsim(sg.lti(b, a), TIMES, TIMES)[1], *sg.bode((b, a), w=TIMES + 0.1)]),
    S("spaces", np.asarray([0.3, -0.4]), np.asarray([[0.3, 0.5], [-0.6, 0.2]]), f=lambda sg, z, A: [*sg.zpk2ss(z, [0.1, 0.2], 1.3), *map(abs, sg.ss2zpk(A, np.ones((2, 1)), np.ones((1, 2)), np.ones((1, 1))))]),
    S("splines and peaks", np.sin(np.arange(9.0) * 1.7), f=lambda sg, x: [sg.cspline1d_eval(x, np.asarray([0.3, 1.2, 4.5])), sg.peak_prominences(x, [1, 5])[0],
      *sg.peak_widths(x, [1, 5]), *sg.find_peaks(x, threshold=0.1, prominence=0.2, width=0.3)[1].values()]),
    S("lfilter", X, B, A, f=lambda s, x, b, a: [s.lfilter(b, a, x), s.lfilter(b, np.ones(1), x), s.lfilter(np.ones(1), a, x)]),
    S("lfilter axis", XX, B, A, f=lambda s, x, b, a: [s.lfilter(b, a, x, axis=0), s.lfilter(b, a, x)]),
    S("lfilter zi", X, B, A, ZI, f=lambda s, x, b, a, z: s.lfilter(b, a, x, zi=z)),
    S("lfilter zi, short", X[:2], B, A, ZI, f=lambda s, x, b, a, z: s.lfilter(b, a, x, zi=z)),
    S("lfilter complex", X * (1 + 0.5j), B * (1 - 0.2j), A * (1 + 0.1j), f=lambda s, x, b, a: s.lfilter(b, a, x)),
    S("lfilter_zi", B, A, f=lambda s, b, a: [s.lfilter_zi(b, a), s.lfilter_zi(a, b)]),
    S("lfiltic", B, A, X[:3], Y[:2], f=lambda s, b, a, y, x: [s.lfiltic(b, a, y), s.lfiltic(b, a, y, x)]),
    S("filtfilt", X, B, A, f=lambda s, x, b, a: [s.filtfilt(b, a, x, padtype=p) for p in ("odd", "even", "constant", None)]),
    S("sosfilt", SOS, X, f=lambda s, c, x: s.sosfilt(sections(c), x)),
    S("sosfilt zi", SOS, X, f=lambda s, c, x: s.sosfilt(sections(c), x, zi=s.sosfilt_zi(sections(c)))),
    S("sosfiltfilt", SOS, X, f=lambda s, c, x: s.sosfiltfilt(sections(c), x)),
    S("deconvolve", X, A, f=lambda s, x, a: s.deconvolve(x, a)),
    S("savgol_filter", XX, f=lambda s, x: [s.savgol_filter(x, 7, 3), s.savgol_filter(x, 5, 2, deriv=1, mode="nearest"), s.savgol_filter(x, 3, 1, axis=0)]),
    *(S(f"convolve {m}", X, B, f=lambda s, x, b, m=m: [s.convolve(x, b, m), s.correlate(x, b, m), s.fftconvolve(x, b, m), s.oaconvolve(x, b, m), s.correlate(b, x, m)])
      for m in ("full", "same", "valid")),
    *(S(f"convolve2d {m}", IMAGE, SMALL, f=lambda s, x, w, m=m: [g(x, w, m, b) for g in (s.convolve2d, s.correlate2d) for b in ("fill", "wrap", "symm")])
      for m in ("full", "same", "valid")),
    S("convolve complex", IMAGE * (1 + 1j), SMALL * (1 - 2j), f=lambda s, x, w: [s.convolve(x, w), s.correlate(x, w), s.correlate2d(x, w)]),
    S("fftconvolve axes", XX, XX[:, :5], f=lambda s, x, w: [s.fftconvolve(x, w, m, axes=1) for m in ("full", "same", "valid")]),
    S("upfirdn", X, B, f=lambda s, x, h: [s.upfirdn(h, x, u, d) for u in (1, 2, 3) for d in (1, 2)]),
    S("upfirdn modes", X[:5], np.sin(np.arange(13.0) + 1.0), f=lambda s, x, h: [
        s.upfirdn(h, x, up, down, mode=m) for up, down in ((2, 3), (1, 1)) for m in (
            "constant", "wrap", "edge", "smooth", "symmetric", "reflect", "antisymmetric", "antireflect", "line")]),
    S("resample_poly pads", X, f=lambda s, x: [s.resample_poly(x, 3, 2, padtype="line"), s.resample_poly(x, 2, 3, padtype="edge"),
                                               s.resample_poly(x, 3, 2, cval=0.7)]),
    S("resample_poly", X, f=lambda s, x: [s.resample_poly(x, u, d, padtype=p) for u, d in ((3, 2), (2, 3), (1, 4)) for p in ("constant", "mean")]),
    S("resample", XX, f=lambda s, x: [s.resample(x, n, axis=1) for n in (10, 11, 20, 21, 30, 40, 41)]),
    S("resample complex", X * (1 + 0.3j), f=lambda s, x: [s.resample(x, n) for n in (10, 13, 60, 61)]),
    S("resample window", XX, f=lambda s, x: [s.resample(x, n, axis=1, window=w) for n in (10, 21, 40) for w in ("hann", ("kaiser", 5.0), np.linspace(1, 2, x.shape[1]), lambda f: 1 / (1 + f * f))]),
    S("resample window, complex", X * (1 + 0.3j), f=lambda s, x: [s.resample(x, n, window="hann") for n in (10, 13, 60)]),
    S("resample of frequencies", X * (1 + 0.3j), f=lambda s, x: [s.resample(x, n, domain="freq", window=w) for n in (10, 13, 60) for w in (None, "hann")]),
    S("decimate", X, f=lambda s, x: [s.decimate(x, 2, zero_phase=z, ftype=t) for z in (True, False) for t in ("iir", "fir")], value=1e-9),
    S("detrend", XX, f=lambda s, x: [s.detrend(x), s.detrend(x, type="constant"), s.detrend(x, axis=0), s.detrend(x, bp=[10, 17])]),
    S("hilbert", XX, f=lambda s, x: [s.hilbert(x), s.hilbert(x, axis=0), s.hilbert(x, N=16)]),
    S("choosing", IMAGE, f=lambda s, x: [s.medfilt(x), s.medfilt(x, 5), s.medfilt2d(x), s.order_filter(x, np.ones((3, 3)), 2)]),
    S("wiener", IMAGE, f=lambda s, x: [s.wiener(x), s.wiener(x, (3, 5), 0.5)]),
    S("welch", XX, f=lambda s, x: [s.welch(x, nperseg=8)[1], s.welch(x, 3.0, "hamming", 10, 4, 16, "linear", scaling="spectrum", average="median")[1], s.welch(x, nperseg=3, axis=0)[1]]),
    S("periodogram", X, f=lambda s, x: [s.periodogram(x)[1], s.periodogram(x, 2.0, "hann", 64, "linear")[1]]),
    S("csd", X, Y, f=lambda s, x, y: [s.csd(x, y, nperseg=8)[1], s.coherence(x, y, nperseg=8)[1]]),
    S("welch complex", X * (1 + 0.4j), f=lambda s, x: s.welch(x, nperseg=8)[1]),
    *(S(f"spectrogram {m}", X, f=lambda s, x, m=m: s.spectrogram(x, nperseg=12, mode=m)[2]) for m in ("psd", "complex", "magnitude")),
    S("stft", X, f=lambda s, x: [s.stft(x, nperseg=8)[2], s.stft(x, nperseg=10, noverlap=7, boundary="even", padded=False)[2]]),
    S("istft", X, f=lambda s, x: s.istft(s.stft(x, nperseg=8)[2], nperseg=8)[1]),
    S("ShortTimeFFT", X, f=lambda s, x: [sft(s).stft(x), sft(s).spectrogram(x), sft(s).istft(sft(s).stft(x), k1=len(X))]),
    S("lombscargle", X, Y, np.asarray([0.5, 1.0, 2.2]), f=lambda s, x, y, w: [s.lombscargle(x, y, w), s.lombscargle(x, y, w, normalize=True),
                                                                              s.lombscargle(x, y, w, floating_mean=True)]),
    S("czt", XX, f=lambda s, x: [s.czt(x), s.czt(x, 5, np.exp(-0.3j), 0.9 + 0.1j), s.zoom_fft(x, [0.1, 0.5], 6), s.zoom_fft(x, 0.4, 5, fs=3, endpoint=True)]),
    S("freqz", B, A, f=lambda s, b, a: [s.freqz(b, a, 8)[1], s.freqz(b, worN=8, whole=True)[1], s.freqs(b, a, [0.3, 0.7])[1]]),
    S("freqz w", B, np.asarray([0.3, 1.4]), f=lambda s, b, w: s.freqz(b, worN=w)),
    *(S(f"{n}", np.asarray(0.3), f=lambda s, w, n=n: [
        v for kind in ("low", "high") for v in getattr(s, n)(*((3, w) if n == "butter" else (3, 1.0, w) if n == "cheby1" else (3, 30, w)), kind)])
      for n in ("butter", "cheby1", "cheby2")),
    S("butter bands", np.asarray([0.2, 0.5]), f=lambda s, w: [v for k in ("bandpass", "bandstop") for v in s.butter(2, w, k)]),
    S("butter fs", np.asarray(30.0), f=lambda s, w: s.butter(4, w, fs=200.0)),
    S("iirpeak", np.asarray(0.3), np.asarray(20.0), f=lambda s, w, q: [*s.iirpeak(w, q), *s.iirnotch(w, q)]),
    S("firwin2", np.asarray([1.0, 0.6, 0.0]), f=lambda s, g: [s.firwin2(9, [0, 0.5, 1], g), s.firls(9, [0, 0.3, 0.6, 1], np.asarray([1.0, 1.0, 0.0, 0.0]) * g[1])]),
    S("bilinear", B, A, f=lambda s, b, a: [*s.bilinear(b, a, 2.0), *s.normalize(b, a)]),
    S("zeros and poles", np.asarray([1.0, 0.7, 0.1]), np.asarray([1.0, -0.9, 0.14]), f=lambda s, b, a: s.tf2zpk(b, a)),
    S("sections to others", SOS, f=lambda s, c: [*s.sos2tf(sections(c)), s.sos2zpk(sections(c))[2]]),
    S("tf2ss", B, A, f=lambda s, b, a: s.tf2ss(b, a)),
    S("ss2tf", AA, BB, CC, DD, f=lambda s, a, b, c, d: [*s.ss2tf(a, b, c, d), *s.ss2tf(a, b, c, d, input=1)]),
    *(S(f"cont2discrete {m}", AA, BB, CC, DD, f=lambda s, a, b, c, d, m=m: s.cont2discrete((a, b, c, d), 0.3, m)[:4])
      for m in ("zoh", "foh", "bilinear", "euler", "backward_diff", "impulse") if m != "impulse"),
    S("cont2discrete tf", B, A, f=lambda s, b, a: s.cont2discrete((b, a), 0.3)[:2]),
    S("dlsim", AA, BB, CC, DD, U, f=lambda s, a, b, c, d, u: s.dlsim((a, b, c, d, 0.1), u)[1:]),
    S("dlsim x0", AA, RNG.normal(size=3), f=lambda s, a, x0: s.dlsim((a, BB, CC, DD, 0.1), U, x0=x0)[1:]),
    S("dimpulse", B, f=lambda s, b: [*s.dimpulse((b, A, 1.0), n=5)[1], *s.dstep((b, A, 1.0), n=5)[1]]),
    *(S(f"lsim {i}", AA, BB, U, RNG.normal(size=3), f=lambda s, a, b, u, x0, i=i: s.lsim((a, b, CC, DD), u, np.arange(12) * 0.2, x0, interp=i)[1:])
      for i in (True, False)),
    S("chirp", np.linspace(0.1, 2, 6), f=lambda s, t: [s.chirp(t, 1.0, 2.0, 3.0, m) for m in ("linear", "quadratic", "logarithmic", "hyperbolic")]),
    S("sawtooth", np.linspace(0.1, 9, 7), f=lambda s, t: [s.sawtooth(t), s.sawtooth(t, 0.3), t * s.square(t), t * s.square(t, 0.3)]),
    S("cspline1d", X, f=lambda s, x: [s.cspline1d(x), s.qspline1d(x)]),
    S("peaks", X, f=lambda s, x: [x[s.find_peaks(x)[0]], s.find_peaks(x, height=0.1)[1]["peak_heights"], x[s.argrelmax(x)[0]], x[s.argrelmin(x)[0]]]),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


def test_raw_arrays_give_what_scipy_gives():
    assert np.array_equal(scipy.signal.lfilter(B, A, X), plain.lfilter(B, A, X))
    assert isinstance(scipy.signal.welch(X, nperseg=8)[1], np.ndarray)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s, x: s.lfilter(np.eye(2), A, x), ValueError, "expected vectors"),
        (lambda s, x: s.sosfilt(np.ones(6), x), ValueError, r"expected \(sections, 6\)"),
        (lambda s, x: s.filtfilt(B, A, x[:5]), ValueError, "x has 5 samples; expected more than the 12"),
        (lambda s, x: s.convolve(x, B, "all"), ValueError, "mode is 'all'"),
        (lambda s, x: s.butter(2, x[0] * 0 + 0.3, output="ss"), ValueError, "output is 'ss'"),
        (lambda s, x: xg.grad(lambda w: s.buttord(xg.stack([w, 0.6]), [0.2, 0.5], 3, 40)[1][0])(0.1), NotImplementedError, "band-stop"),
        (lambda s, x: xg.grad(lambda w: s.iirdesign(w, 0.4, 1, 40, ftype="bessel")[0][0])(0.1), ValueError, "ftype is 'bessel'"),
        (lambda s, x: xg.grad(lambda a: s.residue([1.0], xg.stack([1.0, 2.0, a]))[0][0])(1.0), NotImplementedError, "poles coincide"),
        (lambda s, x: xg.grad(lambda t: s.lsim((1.0, [1.0, 1.0]), np.ones(3), t * np.arange(3.0))[1][2])(0.1), NotImplementedError, "T is tracked"),
        (lambda s, x: s.get_window(("hann", x[0]), 4), ValueError, "window is 'hann' with parameters"),
        (lambda s, x: s.welch(x, nperseg=8, noverlap=8), ValueError, "noverlap < nperseg"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.signal, xg.asarray(X))
