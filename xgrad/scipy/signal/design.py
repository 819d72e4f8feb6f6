"""Design of filters and conversions of systems, where they are smooth."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import by_matrix, chapter, raw, twin

__all__ = ["bilinear", "bilinear_zpk", "butter", "cheby1", "cheby2", "cont2discrete", "dimpulse",
           "dlsim", "dstep", "firls", "firwin2", "freqs", "freqz", "iirfilter", "iirnotch",
           "iirpeak", "lp2bp_zpk", "lp2bs_zpk", "lp2hp_zpk", "lp2lp_zpk", "lsim", "normalize",
           "ss2tf", "tf2ss", "zpk2tf"]  # fmt: skip


def _vector(x: Any) -> Any:
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
    return k * _poly(_vector(z)), xgrad.atleast_1d(_poly(_vector(p)))


@twin("signal")
def normalize(b: Any, a: Any) -> Any:
    """Divide by the first coefficient of the denominator; see ``scipy.signal.normalize``."""
    b, a = _vector(b), _vector(a)
    return b / a[0], a / a[0]


def _shifted(z: Any, p: Any, k: Any) -> tuple[Any, Any, Any, int]:
    z, p = _vector(z), _vector(p)
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
    rz, rp = xgrad.sqrt(z**2 - wo**2 + 0j), xgrad.sqrt(p**2 - wo**2 + 0j)
    zeros = xgrad.zeros((degree,), dtype=rz.dtype)
    return xgrad.concat([z + rz, z - rz, zeros]), xgrad.concat([p + rp, p - rp]), k * bw**degree


@twin("signal")
def lp2bs_zpk(z: Any, p: Any, k: Any, wo: Any = 1.0, bw: Any = 1.0) -> Any:
    """Make a band-stop of a low-pass prototype; see ``scipy.signal.lp2bs_zpk``."""
    z, p, k, degree = _shifted(z, p, k)
    gain = k * xgrad.real(xgrad.prod(-z) / xgrad.prod(-p))
    z, p = (bw / 2.0) / z, (bw / 2.0) / p
    rz, rp = xgrad.sqrt(z**2 - wo**2 + 0j), xgrad.sqrt(p**2 - wo**2 + 0j)
    turn = xgrad.asarray(np.ones(degree)) * wo * 1j
    return xgrad.concat([z + rz, z - rz, turn, -turn]), xgrad.concat([p + rp, p - rp]), gain


@twin("signal")
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
    b, a = _vector(b), _vector(a)
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

    The prototype is SciPy's; `rp` and `rs` have no derivative, and `output` is 'ba' or 'zpk'.
    """
    library = chapter("signal")
    made = {
        "butter": lambda: library.buttap(N),
        "cheby1": lambda: library.cheb1ap(N, rp),
        "cheby2": lambda: library.cheb2ap(N, rs),
        "ellip": lambda: library.ellipap(N, rp, rs),
        "bessel": lambda: library.besselap(N, norm="phase"),
    }
    if ftype not in made:
        raise ValueError(f"iirfilter: ftype is {ftype!r}; expected one of {', '.join(made)}")
    if output not in ("ba", "zpk"):
        raise NotImplementedError(
            f"iirfilter: output is {output!r}; 'ba' and 'zpk' have derivatives here"
        )
    kind = KINDS.get(btype, btype)
    Wn = xgrad.asarray(Wn)
    if fs is not None:
        Wn = 2.0 * Wn / fs
    warped = Wn if analog else 4.0 * xgrad.tan(np.pi * Wn / 2.0)
    z, p, k = (xgrad.asarray(np.asarray(v)) for v in made[ftype]())
    if kind in ("lowpass", "highpass"):
        warped = xgrad.reshape(warped, ())
        z, p, k = (lp2lp_zpk if kind == "lowpass" else lp2hp_zpk)(z, p, k, warped)
    else:
        bw, wo = warped[1] - warped[0], xgrad.sqrt(warped[0] * warped[1])
        z, p, k = (lp2bp_zpk if kind == "bandpass" else lp2bs_zpk)(z, p, k, wo, bw)
    if not analog:
        z, p, k = bilinear_zpk(z, p, k, 2.0)
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


def _second_order(w0: Any, Q: Any, fs: float) -> tuple[Any, Any]:
    w = 2.0 * w0 / fs * np.pi
    bandwidth = w / Q
    gain = 1.0 / (1.0 + xgrad.tan(xgrad.asarray(bandwidth / 2.0)))
    return gain, xgrad.cos(xgrad.asarray(w))


@twin("signal")
def iirpeak(w0: Any, Q: Any, fs: float = 2.0) -> Any:
    """Design a filter that lets one frequency pass; see ``scipy.signal.iirpeak``."""
    gain, c = _second_order(w0, Q, fs)
    one = xgrad.ones_like(gain)
    b = (1.0 - gain) * xgrad.stack([one, 0.0 * one, -one])
    return b, xgrad.stack([one, -2.0 * gain * c, 2.0 * gain - 1.0])


@twin("signal")
def iirnotch(w0: Any, Q: Any, fs: float = 2.0) -> Any:
    """Design a filter that takes one frequency out; see ``scipy.signal.iirnotch``."""
    gain, c = _second_order(w0, Q, fs)
    one = xgrad.ones_like(gain)
    b = gain * xgrad.stack([one, -2.0 * c, one])
    return b, xgrad.stack([one, -2.0 * gain * c, 2.0 * gain - 1.0])


@twin("signal")
def firwin2(numtaps: int, freq: Any, gain: Any, **options: Any) -> Any:
    """Design a filter by gains at frequencies, linear in the gains; see SciPy's ``firwin2``."""
    library = chapter("signal")
    edges = np.asarray(raw(freq), dtype=float)
    return by_matrix(lambda g: library.firwin2(numtaps, edges, g, **options), xgrad.asarray(gain))


@twin("signal")
def firls(numtaps: int, bands: Any, desired: Any, *, weight: Any = None, fs: Any = None) -> Any:
    """Design a filter by least squares, linear in the gains; see ``scipy.signal.firls``."""
    library, wanted = chapter("signal"), xgrad.asarray(desired)
    edges, held = np.asarray(raw(bands), dtype=float), raw(weight)
    flat = xgrad.reshape(wanted, (-1,))
    return by_matrix(
        lambda d: library.firls(numtaps, edges, d.reshape(wanted.shape), weight=held, fs=fs), flat
    )


def _response(b: Any, a: Any, x: Any) -> Any:
    def value(c: Any) -> Any:
        total = xgrad.zeros_like(x) + c[0]
        for i in range(1, c.shape[0]):
            total = total * x + c[i]
        return total

    return value(b) / value(a)


@twin("signal")
def freqz(
    b: Any, a: Any = 1, worN: Any = 512, whole: bool = False, plot: Any = None,
    fs: float = 2 * np.pi, include_nyquist: bool = False,
) -> Any:  # fmt: skip
    """Return the frequency response of a digital filter; see ``scipy.signal.freqz``."""
    b, a = _vector(b), _vector(a)
    if worN is None or np.ndim(raw(worN)) == 0:
        n, end = 512 if worN is None else int(worN), (2 if whole else 1) * np.pi
        w: Any = xgrad.asarray(np.linspace(0, end, n, endpoint=include_nyquist and not whole))
    else:
        w = 2.0 * np.pi * xgrad.asarray(worN) / fs
    turn = xgrad.exp(1j * w)
    n = max(b.shape[0], a.shape[0])
    b, a = (xgrad.pad(v, (0, n - v.shape[0])) for v in (b, a))
    return w * (fs / (2 * np.pi)), _response(b, a, turn)


@twin("signal")
def freqs(b: Any, a: Any, worN: Any = 200, plot: Any = None) -> Any:
    """Return the frequency response of an analog filter; see ``scipy.signal.freqs``."""
    b, a = _vector(b), _vector(a)
    if worN is None or np.ndim(raw(worN)) == 0:
        held = (raw(b.detach()), raw(a.detach()))
        w: Any = xgrad.asarray(
            chapter("signal").freqs(*held, worN=200 if worN is None else worN)[0]
        )
    else:
        w = xgrad.asarray(worN)
    return w, _response(b, a, 1j * w)


@twin("signal")
def tf2ss(num: Any, den: Any) -> Any:
    """Return the state space of a transfer function; see ``scipy.signal.tf2ss``."""
    num, den = xgrad.atleast_2d(xgrad.asarray(num)), _vector(den)
    num, den = num / den[0], den / den[0]
    n = den.shape[0]
    num = xgrad.pad(num, ((0, 0), (n - num.shape[1], 0)))
    D = num[:, :1]
    if n == 1:
        zero = xgrad.zeros((1, 1), dtype=D.dtype)
        return (
            zero,
            xgrad.zeros((1, D.shape[1]), dtype=D.dtype),
            xgrad.zeros((D.shape[0], 1), dtype=D.dtype),
            D,
        )
    A = xgrad.concat([-den[None, 1:], xgrad.asarray(np.eye(n - 2, n - 1, dtype=den.dtype))])
    return A, xgrad.asarray(np.eye(n - 1, 1, dtype=den.dtype)), num[:, 1:] - D * den[None, 1:], D


def _characteristic(A: Any) -> Any:
    """Return the coefficients of the characteristic polynomial, by Faddeev and LeVerrier."""
    n = A.shape[0]
    unit = xgrad.asarray(np.eye(n, dtype=A.dtype))
    M, c = xgrad.zeros_like(A), [xgrad.ones((), dtype=A.dtype)]
    for k in range(1, n + 1):
        M = A @ M + c[-1] * unit
        c.append(-xgrad.trace(A @ M) / k)
    return xgrad.stack(c)


@twin("signal")
def ss2tf(A: Any, B: Any, C: Any, D: Any, input: int = 0) -> Any:
    """Return the transfer functions of a state space; see ``scipy.signal.ss2tf``."""
    A, B, C, D = (xgrad.atleast_2d(xgrad.asarray(v)) for v in (A, B, C, D))
    B, D = B[:, input : input + 1], D[:, input : input + 1]
    den = _characteristic(A)
    rows = [
        _characteristic(A - B @ C[i : i + 1, :]) + (D[i, 0] - 1.0) * den for i in range(C.shape[0])
    ]
    return xgrad.stack(rows), den


def _states(system: Any) -> tuple[Any, Any, Any, Any]:
    parts = [system.A, system.B, system.C, system.D] if hasattr(system, "A") else list(system)
    if len(parts) == 2:
        parts = list(tf2ss(xgrad.asarray(parts[0]), parts[1]))
    elif len(parts) == 3:
        parts = list(tf2ss(*zpk2tf(xgrad.asarray(parts[0]), parts[1], parts[2])))
    elif len(parts) != 4:
        raise ValueError(f"a system of {len(parts)} parts; expected 2, 3 or 4")
    A, B, C, D = (xgrad.atleast_2d(xgrad.asarray(v)) for v in parts)
    return A, B, C, D


@twin("signal")
def cont2discrete(system: Any, dt: Any, method: str = "zoh", alpha: Any = None) -> Any:
    """Make a discrete system of a continuous one; see ``scipy.signal.cont2discrete``."""
    A, B, C, D = _states(system)
    n, m = B.shape
    unit = xgrad.asarray(np.eye(n))
    if method == "zoh":
        both = xgrad.concat([xgrad.concat([A, B], axis=1) * dt, xgrad.zeros((m, n + m))])
        whole = xgrad.linalg.expm(both)
        found = whole[:n, :n], whole[:n, n:], C, D
    elif method == "foh":
        top = xgrad.concat([A * dt, B * dt, xgrad.zeros((n, m))], axis=1)
        middle = np.concatenate([np.zeros((m, n + m)), np.eye(m)], axis=1)
        both = xgrad.concat([top, xgrad.asarray(middle), xgrad.zeros((m, n + 2 * m))])
        whole = xgrad.linalg.expm(both)
        Ad, one, two = whole[:n, :n], whole[:n, n : n + m], whole[:n, n + m :]
        found = Ad, one - two + Ad @ two, C, D + C @ two
    elif method in ("gbt", "bilinear", "tustin", "euler", "forward_diff", "backward_diff"):
        fixed = {
            "bilinear": 0.5,
            "tustin": 0.5,
            "euler": 0.0,
            "forward_diff": 0.0,
            "backward_diff": 1.0,
        }
        share = fixed.get(method, alpha)
        if share is None:
            raise ValueError("cont2discrete: method='gbt' needs alpha, a number from 0 to 1")
        left = unit - share * dt * A
        Ad = xgrad.linalg.solve(left, unit + (1.0 - share) * dt * A)
        Bd = xgrad.linalg.solve(left, dt * B)
        Cd = xgrad.matrix_transpose(
            xgrad.linalg.solve(xgrad.matrix_transpose(left), xgrad.matrix_transpose(C))
        )
        found = Ad, Bd, Cd, D + share * (C @ Bd)
    elif method == "impulse":
        Ad = xgrad.linalg.expm(A * dt)
        found = Ad, Ad @ B * dt, C, C @ B * dt
    else:
        raise ValueError(f"cont2discrete: method is {method!r}; see scipy.signal.cont2discrete")
    count = 4 if hasattr(system, "A") else len(system)
    if count == 2:
        num, den = ss2tf(*found)
        return num, den, dt
    return (*found, dt)


def _recurrence(A: Any, forced: Any, start: Any) -> Any:
    """Return the states of ``x[k + 1] = A x[k] + forced[k]`` as rows, by their one equation."""
    from ...custom.equation import implicit

    held = raw(A.detach())

    def run(rows: Any, adjoint: bool) -> Any:
        out = np.empty_like(rows)
        matrix = held.conj() if adjoint else held.T
        order = range(len(rows) - 1, -1, -1) if adjoint else range(len(rows))
        state = np.zeros(rows.shape[1], rows.dtype)
        for k in order:
            state = out[k] = rows[k] + state @ matrix
        return out

    rows = xgrad.concat([start[None, :], forced[:-1, :]])
    turned = xgrad.matrix_transpose(A)

    def equation(x: Any) -> Any:
        before = xgrad.pad(x[:-1, :] @ turned, ((1, 0), (0, 0)))
        return x - before - rows

    return implicit(equation, run(raw(rows.detach()), False), run)


@twin("signal")
def dlsim(system: Any, u: Any, t: Any = None, x0: Any = None) -> Any:
    """Return the response of a discrete system to an input; see ``scipy.signal.dlsim``.

    Derivatives flow to the system's matrices, `u` and `x0`; `t` must be None.
    """
    if t is not None:
        raise NotImplementedError("dlsim: t has no derivative here; interpolate u beforehand")
    parts = list(system)
    A, B, C, D = _states(parts[:-1])
    dt = float(raw(parts[-1]))
    u = xgrad.asarray(u)
    u = u[:, None] if u.ndim == 1 else u
    start = xgrad.zeros((A.shape[0],), dtype=u.dtype) if x0 is None else xgrad.asarray(x0)
    x = _recurrence(A, u @ xgrad.matrix_transpose(B), start)
    y = x @ xgrad.matrix_transpose(C) + u @ xgrad.matrix_transpose(D)
    times = np.arange(u.shape[0]) * dt
    return (times, y, x) if len(parts) == 5 else (times, y)


def _driven(name: str, system: Any, n: Any, t: Any, x0: Any, shape: str) -> Any:
    parts = list(system)
    count = 100 if n is None else int(n)
    if t is not None:
        count = len(np.asarray(raw(t)))
    D = _states(parts[:-1])[3]
    inputs = D.shape[1]
    found = []
    for i in range(inputs):
        u = np.zeros((count, inputs))
        u[: 1 if shape == "impulse" else None, i] = 1.0
        found.append(dlsim((*(xgrad.asarray(p) for p in parts[:-1]), parts[-1]), u, None, x0)[1])
    return np.arange(count) * float(raw(parts[-1])), tuple(found)


@twin("signal")
def dimpulse(system: Any, x0: Any = None, t: Any = None, n: Any = None) -> Any:
    """Return the impulse response of a discrete system; see ``scipy.signal.dimpulse``."""
    return _driven("dimpulse", system, n, t, x0, "impulse")


@twin("signal")
def dstep(system: Any, x0: Any = None, t: Any = None, n: Any = None) -> Any:
    """Return the step response of a discrete system; see ``scipy.signal.dstep``."""
    return _driven("dstep", system, n, t, x0, "step")


@twin("signal")
def lsim(system: Any, U: Any, T: Any, X0: Any = None, interp: bool = True) -> Any:
    """Return the response of a continuous system; see ``scipy.signal.lsim``.

    Args:
        system: matrices A, B, C, D, a numerator and denominator, or zeros, poles and a gain.
        U: the input at each time; None or 0 for none.
        T: the times, evenly spaced, which have no derivative.
        X0: the state at the first.
        interp: whether the input is linear between the times, or constant.
    """
    A, B, C, D = _states(system)
    times = np.asarray(raw(T), dtype=float)
    n, m = B.shape
    start = xgrad.zeros((n,)) if X0 is None else xgrad.asarray(X0)
    if U is None or (np.ndim(raw(U)) == 0 and float(raw(U)) == 0.0):
        u: Any = xgrad.zeros((len(times), m))
    else:
        u = xgrad.asarray(U)
        u = u[:, None] if u.ndim == 1 else u
    dt = times[1] - times[0] if len(times) > 1 else 1.0
    if not np.allclose(np.diff(times), dt):
        raise ValueError("lsim: T is not evenly spaced; SciPy wants it so")
    first = xgrad.linalg.expm(A * times[0]) @ start if times[0] > 0 else start
    if interp:
        top = xgrad.concat([A * dt, B * dt, xgrad.zeros((n, m))], axis=1)
        middle = np.concatenate([np.zeros((m, n + m)), np.eye(m)], axis=1)
        whole = xgrad.linalg.expm(
            xgrad.concat([top, xgrad.asarray(middle), xgrad.zeros((m, n + 2 * m))])
        )
        Ad, two = whole[:n, :n], whole[:n, n + m :]
        one = whole[:n, n : n + m] - two
        later = xgrad.concat([u[1:, :], u[-1:, :]])
        forced = u @ xgrad.matrix_transpose(one) + later @ xgrad.matrix_transpose(two)
    else:
        Ad, Bd, *_ = cont2discrete((A, B, C, D), dt)
        forced = u @ xgrad.matrix_transpose(Bd)
    x = _recurrence(Ad, forced, first)
    y = x @ xgrad.matrix_transpose(C) + u @ xgrad.matrix_transpose(D)
    return times, xgrad.squeeze(y, axis=1) if y.shape[1] == 1 else y, x
