"""Windows, differentiable in their parameters, as in ``scipy.signal.windows``.

Those that are not here SciPy itself computes of an `Array`, as ``gaussian`` and ``tukey``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...arrays.array import Array
from ..common import Later, arrays_in, chapter, rest_of, twin
from ..linalg import eigh_tridiagonal

__all__ = ["chebwin", "dpss", "general_hamming", "get_window", "kaiser", "kaiser_bessel_derived",
           "taylor"]  # fmt: skip

CHAPTER = "signal.windows"
__getattr__ = rest_of(CHAPTER)
plain = Later("scipy.signal.windows")


def _whole(M: int, sym: bool) -> int:
    """Return how many samples there are before the last is left out of a periodic window."""
    return M if sym else M + 1


@twin(CHAPTER)
def kaiser(M: Any, beta: Any, sym: bool = True, *, xp: Any = None, device: Any = None) -> Any:
    """Return Kaiser's window of a shape `beta`; see ``scipy.signal.windows.kaiser``.

    >>> import xgrad as xg
    >>> from xgrad import scipy
    >>> xg.jacfwd(lambda beta: scipy.signal.windows.kaiser(4, beta))(2.0).round(4)
    array([-0.3061, -0.0505, -0.0505, -0.3061])
    """
    beta = xgrad.asarray(beta) * 1.0
    if M <= 1:
        return xgrad.ones((M,))
    n = _whole(M, sym)
    middle = (n - 1) / 2.0
    inner = np.sqrt(1.0 - ((np.arange(n) - middle) / middle) ** 2)[:M]
    return special.i0(beta * xgrad.asarray(inner)) / special.i0(beta)


@twin(CHAPTER)
def kaiser_bessel_derived(
    M: Any, beta: Any, *, sym: bool = True, xp: Any = None, device: Any = None
) -> Any:
    """Return the window derived from Kaiser's; see SciPy's ``kaiser_bessel_derived``."""
    if not sym or M < 1 or M % 2:
        raise ValueError(
            f"kaiser_bessel_derived: M is {M} and sym is {sym}; expected an even number of samples "
            "and sym=True"
        )
    total = xgrad.cumulative_sum(kaiser(M // 2 + 1, xgrad.asarray(beta)))
    half = xgrad.sqrt(total[:-1] / total[-1])
    return xgrad.concat([half, xgrad.flip(half)])


@twin(CHAPTER)
def general_hamming(
    M: Any, alpha: Any, sym: bool = True, *, xp: Any = None, device: Any = None
) -> Any:
    """Return Hamming's window of any `alpha`; see ``scipy.signal.windows.general_hamming``."""
    alpha = xgrad.asarray(alpha)
    return plain.general_cosine(M, xgrad.stack([alpha, 1.0 - alpha]), sym)


def _chebyshev(order: float, x: Any) -> Any:
    """Return the Chebyshev polynomial of an order, on both sides of one."""
    size = xgrad.abs(x)
    out = size.detach() > 1.0
    grown = xgrad.cosh(order * xgrad.acosh(xgrad.where(out, size, 2.0)))
    sign = xgrad.where(x.detach() < 0, (-1.0) ** order, 1.0)
    return xgrad.where(out, sign * grown, xgrad.cos(order * xgrad.acos(xgrad.where(out, 0.5, x))))


@twin(CHAPTER)
def chebwin(M: Any, at: Any, sym: bool = True, *, xp: Any = None, device: Any = None) -> Any:
    """Return Dolph's and Chebyshev's window of an attenuation; see SciPy's ``chebwin``."""
    if M <= 1:
        return xgrad.ones((M,))
    n = _whole(M, sym)
    level = xgrad.exp(math.log(10.0) / 20.0 * xgrad.abs(xgrad.asarray(at)))
    beta = xgrad.cosh(xgrad.acosh(level) / (n - 1.0))
    p = _chebyshev(n - 1.0, beta * xgrad.asarray(np.cos(np.pi * np.arange(n) / n)))
    if n % 2 == 0:
        p = p * xgrad.asarray(np.exp(1j * np.pi / n * np.arange(n)))
    w = xgrad.real(xgrad.fft.fft(p + 0j))[: n // 2 + 1]
    w = xgrad.concat([xgrad.flip(w[1:]), w if n % 2 else w[1:]])
    return (w / xgrad.max(w))[:M]


@twin(CHAPTER)
def taylor(
    M: Any, nbar: int = 4, sll: Any = 30, norm: bool = True, sym: bool = True, *, xp: Any = None,
    device: Any = None,
) -> Any:  # fmt: skip
    """Return Taylor's window of a level of side lobes; see ``scipy.signal.windows.taylor``."""
    sll = xgrad.asarray(sll) * 1.0
    if M <= 1:
        return xgrad.ones((M,))
    n = _whole(M, sym)
    a = xgrad.acosh(xgrad.exp(math.log(10.0) / 20.0 * sll)) / np.pi
    spread = nbar**2 / (a * a + (nbar - 0.5) ** 2)
    orders = np.arange(1.0, nbar)
    square = orders**2
    over = xgrad.prod(
        1.0
        - xgrad.asarray(square[:, None])
        / (spread * (a * a + xgrad.asarray((orders - 0.5) ** 2)))[None, :],
        axis=1,
    )
    others = [np.prod(1.0 - s / square[square != s]) for s in square]
    share = xgrad.asarray(0.5 * (-1.0) ** (orders - 1.0) / np.asarray(others)) * over

    def at(place: Any) -> Any:
        wave = np.cos(2 * np.pi * orders * (np.asarray(place)[..., None] - n / 2.0 + 0.5) / n)
        return 1.0 + 2.0 * xgrad.sum(share * xgrad.asarray(wave), axis=-1)

    w = at(np.arange(M))
    return w / at((n - 1) / 2) if norm else w


@twin(CHAPTER)
def dpss(
    M: Any, NW: Any, Kmax: Any = None, sym: bool = True, norm: Any = None,
    return_ratios: bool = False, *, xp: Any = None, device: Any = None,
) -> Any:  # fmt: skip
    """Return Slepian's sequences of a half bandwidth; see ``scipy.signal.windows.dpss``.

    They are eigenvectors of a tridiagonal matrix, and have its derivatives. With `norm` or by
    itself, the value is SciPy's; ``norm='subsample'`` has no derivative.
    """
    norm = ("approximate" if Kmax is None else 2) if norm is None else norm
    if norm not in (2, "approximate"):
        raise NotImplementedError(
            f"dpss: norm={norm!r} has no derivative here; 2 and 'approximate' have one"
        )
    n, count = _whole(M, sym), 1 if Kmax is None else int(Kmax)
    W = xgrad.asarray(NW) / n
    held = chapter(CHAPTER).dpss(n, float(W.detach()) * n, count, norm=2)
    t = np.arange(n * 1.0)
    diagonal = xgrad.asarray(((n - 1 - 2 * t) / 2.0) ** 2) * xgrad.cos(2 * np.pi * W)
    beside = xgrad.asarray(t[1:] * (n - t[1:]) / 2.0)
    _, v = eigh_tridiagonal(diagonal, beside, select="i", select_range=(n - count, n - 1))
    v = xgrad.flip(xgrad.matrix_transpose(v), axis=0)
    signs = np.sign(np.sum(np.asarray(v.detach()) * held, axis=1))
    v = v * xgrad.asarray(signs[:, None])
    ratios: Any = _concentrations(v, W, t) if return_ratios else None
    if norm == "approximate":
        v = v / xgrad.max(v)
        v = v * (n**2 / (n**2 + xgrad.asarray(NW))) if n % 2 == 0 else v
    v = v[:, :M]
    v = v[0] if Kmax is None else v
    if not return_ratios:
        return v
    return v, ratios[0] if Kmax is None else ratios


def _concentrations(v: Array, W: Any, t: Any) -> Any:
    """Return the share of each sequence's energy within a band, by its autocorrelation."""
    n = len(t)
    spectrum = xgrad.fft.rfft(v, n=2 * n)
    power = xgrad.real(spectrum) ** 2 + xgrad.imag(spectrum) ** 2
    lags = xgrad.fft.irfft(power + 0j, n=2 * n)[:, :n]
    weights = 4.0 * W * xgrad.sinc(2.0 * W * xgrad.asarray(t))
    return lags @ (weights * xgrad.asarray(np.where(t == 0, 0.5, 1.0)))


NAMES = {
    "chebwin": "cheb",
    "dpss": "",
    "exponential": "poisson",
    "gaussian": "gauss,gss",
    "general_cosine": "general cosine",
    "general_gaussian": "general gaussian,general gauss,general_gauss,ggs",
    "general_hamming": "general hamming",
    "kaiser": "ksr",
    "kaiser_bessel_derived": "kaiser bessel derived,kbd",
    "taylor": "taylorwin",
    "tukey": "tuk",
}
"""The windows that have parameters, and SciPy's other names of them."""


def _named(window: Any) -> Any:
    """Return the function of a window by one of its names."""
    for name, others in NAMES.items():
        if window == name or window in others.split(","):
            return globals().get(name) or getattr(plain, name)
    raise ValueError(
        f"get_window: window is {window!r} with parameters; expected one of {', '.join(NAMES)}"
    )


@twin("signal")
def get_window(
    window: Any, Nx: Any, fftbins: bool = True, *, xp: Any = None, device: Any = None
) -> Any:
    """Return a window by its name and parameters; see ``scipy.signal.get_window``.

    Args:
        window: a name; a tuple of a name and parameters, which may be tracked; or Kaiser's beta.
        Nx: how many samples.
        fftbins: whether the window is periodic, or symmetric.
        xp, device: not needed here.
    """
    if not isinstance(window, tuple):
        return kaiser(Nx, window, not fftbins)
    name, *parameters = window
    sym = not fftbins
    for suffix, kind in (("_symmetric", True), ("_periodic", False)):
        if isinstance(name, str) and name.endswith(suffix):
            name, sym = name.removesuffix(suffix), kind
    return _named(name)(Nx, *parameters, sym=sym)


def window_of(window: Any, n: int, fftbins: bool = True) -> Any:
    """Return the samples of a window, raw if none of its parameters is an `Array`."""
    if arrays_in(window):
        return get_window(window, n, fftbins)
    return chapter("signal").get_window(window, n, fftbins=fftbins)
