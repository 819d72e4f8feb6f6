"""Analog low-pass filters of cut-off one, by their order and the ripples in decibels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import chapter, raw, twin, with_derivative_of

__all__ = ["cheb1ap", "cheb2ap", "ellipap", "prototype"]


def _ratio(decibels: Any) -> Any:
    """Return the amplitude of a ripple, ``sqrt(10 ** (d / 10) - 1)``."""
    return xgrad.sqrt(xgrad.expm1(0.1 * math.log(10.0) * xgrad.asarray(decibels)))


def _angles(N: int) -> Any:
    return xgrad.asarray(np.pi * np.arange(-N + 1, N, 2) / (2 * N))


@twin("signal")
def cheb1ap(N: Any, rp: Any, *, xp: Any = None, device: Any = None) -> Any:
    """Return zeros, poles and gain of Chebyshev's filter of type I; see ``scipy.signal.cheb1ap``.

    >>> import xgrad as xg
    >>> from xgrad import scipy
    >>> round(float(xg.grad(lambda rp: scipy.signal.cheb1ap(2, rp)[2])(1.0)), 4)
    -0.6095
    """
    zeros = xgrad.asarray(chapter("signal").cheb1ap(N, 1.0)[0])
    if N == 0:
        return zeros, zeros, xgrad.exp(-math.log(10.0) / 20 * xgrad.asarray(rp))
    ratio = _ratio(rp)
    poles = -xgrad.sinh(xgrad.asinh(1.0 / ratio) / N + 1j * _angles(N))
    gain = xgrad.real(xgrad.prod(-poles))
    return zeros, poles, gain if N % 2 else gain / xgrad.sqrt(1.0 + ratio * ratio)


@twin("signal")
def cheb2ap(N: Any, rs: Any, *, xp: Any = None, device: Any = None) -> Any:
    """Return zeros, poles and gain of Chebyshev's filter of type II; see SciPy's ``cheb2ap``."""
    z = np.asarray(chapter("signal").cheb2ap(N, 20.0)[0])  # the zeros are the same for any
    if N == 0:
        return xgrad.asarray(z), xgrad.asarray(z), xgrad.ones(())
    poles = -1.0 / xgrad.sinh(xgrad.asinh(_ratio(rs)) / N + 1j * _angles(N))
    return xgrad.asarray(z), poles, xgrad.real(xgrad.prod(-poles) / np.prod(-z))


def _nome_inverted(q: Any) -> Any:
    """Return the parameter of a nome, by the series of the theta functions (DLMF 20.2)."""
    n = np.arange(7.0)
    over = xgrad.sum(q ** xgrad.asarray(n * (n + 1.0)))
    under = 1.0 + 2.0 * xgrad.sum(q ** xgrad.asarray((n + 1.0) ** 2))
    return 16.0 * q * (over / under) ** 4


@twin("signal")
def ellipap(N: Any, rp: Any, rs: Any, *, xp: Any = None, device: Any = None) -> Any:
    """Return zeros, poles and gain of the elliptic filter; see ``scipy.signal.ellipap``.

    The equations are those of Orfanidis, Lecture Notes on Elliptic Filter Design (2006), 49-56.
    """
    rp, rs = xgrad.asarray(rp), xgrad.asarray(rs)
    held = chapter("signal").ellipap(N, float(raw(rp.detach())), float(raw(rs.detach())))
    if N < 2:
        return cheb1ap(N, rp)  # without a ripple beyond the band the two are the same
    ratio = _ratio(rp)
    m1 = (ratio / _ratio(rs)) ** 2
    whole = special.ellipk(m1)
    m = _nome_inverted(xgrad.exp(-np.pi / N * special.ellipkm1(m1) / whole))
    quarter = special.ellipk(m)
    j = np.arange(1 - N % 2, N, 2)
    s, c, d, _ = special.ellipj(xgrad.asarray(j / N) * quarter, m)
    away = s[1:] if N % 2 else s
    z = 1j / (xgrad.sqrt(m) * away)
    v = quarter * special.ellipkinc(xgrad.atan(1.0 / ratio), 1.0 - m1) / (N * whole)
    sv, cv, dv, _ = special.ellipj(v, 1.0 - m)
    p = -(c * d * sv * cv + 1j * s * dv) / (1.0 - (d * sv) ** 2)
    z = xgrad.concat([z, xgrad.conj(z)])
    p = xgrad.concat([p, xgrad.conj(p[1:] if N % 2 else p)])
    k = xgrad.real(xgrad.prod(-p) / xgrad.prod(-z))
    k = k if N % 2 else k / xgrad.sqrt(1.0 + ratio * ratio)
    return tuple(with_derivative_of(np.asarray(h), x) for h, x in zip(held, (z, p, k), strict=True))


KINDS = {"butterworth": "butter", "chebyshevi": "cheby1", "chebyshevii": "cheby2",
         "cauer": "ellip", "elliptic": "ellip", "bessel": "bessel_phase"}  # fmt: skip
"""SciPy's other names of the families."""


def prototype(N: Any, rp: Any, rs: Any, ftype: str) -> Any:
    """Return zeros, poles and gain of a family of filters, by SciPy's name of it."""
    library = chapter("signal")
    kind = KINDS.get(ftype.lower(), ftype.lower())
    if kind == "butter":
        return library.buttap(N)
    if kind.startswith("bessel_"):
        return library.besselap(N, norm=kind.removeprefix("bessel_"))
    if kind == "ellip":
        return ellipap(N, rp, rs)
    if kind not in ("cheby1", "cheby2"):
        raise ValueError(
            f"iirfilter: ftype is {ftype!r}; expected 'butter', 'cheby1', 'cheby2', 'ellip' or "
            "'bessel'"
        )
    return cheb1ap(N, rp) if kind == "cheby1" else cheb2ap(N, rs)
