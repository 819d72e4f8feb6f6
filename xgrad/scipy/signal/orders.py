"""The least order of a filter for given edges and losses, and its natural frequency.

The order is a whole number, SciPy's; the frequency is differentiable in edges and losses.
"""

from __future__ import annotations

import math
from typing import Any

import xgrad

from ..common import arrays_in, chapter, is_tracked, raw, twin, with_derivative_of
from .design import iirfilter
from .prototypes import KINDS

__all__ = ["buttord", "cheb1ord", "cheb2ord", "ellipord", "iirdesign"]


def _excess(loss: Any) -> Any:
    """Return ``10 ** (loss / 10) - 1``, the ratio of the powers less one."""
    return xgrad.expm1(0.1 * math.log(10.0) * xgrad.abs(xgrad.asarray(loss)))


class _Task:
    """Pass and stop bands on the axis of the analog filter, and SciPy's order and frequency."""

    def __init__(self, name: str, wp: Any, ws: Any, gpass: Any, gstop: Any, analog: Any, fs: Any):
        losses = [raw(g) if hasattr(g, "shape") else g for g in (gpass, gstop)]
        edges = [xgrad.asarray(w) * 1.0 for w in (wp, ws)]
        solved = getattr(chapter("signal"), name)
        self.order, self.frequency = solved(*map(raw, edges), *losses, analog, fs)
        self.analog, self.fs = analog, fs
        flat = [xgrad.reshape(w, (-1,)) * (1.0 if fs is None else 2.0 / fs) for w in edges]
        self.passing, _ = (w if analog else xgrad.tan(0.5 * math.pi * w) for w in flat)
        low, high = (raw(w)[0] for w in flat)
        self.rises = bool(low >= high)
        self.bands = self.passing.shape[0] > 1
        if self.bands and not self.rises and is_tracked(wp, ws, gpass, gstop):
            raise NotImplementedError(
                f"{name}: the edges of the pass bands of a band-stop filter are searched for, and "
                "have no derivative here. Give the order as a number, and Wn to iirfilter"
            )
        self.excess = _excess(gpass), _excess(gstop)

    def found(self, analog_frequency: Any) -> Any:
        """Return the order, and a frequency on the axis that the edges were given on."""
        w = analog_frequency
        if not self.analog:
            w = xgrad.atan(w) * (2.0 / math.pi)
        w = w[0] if w.shape[0] == 1 else w
        w = w if self.fs is None else w * (self.fs / 2.0)
        return self.order, with_derivative_of(self.frequency, w)

    def between(self, half: Any) -> Any:
        """Return the edges of a band that has the same middle, and another half width."""
        low, high = self.passing[0], self.passing[1]
        reach = half * (high - low) / 2.0
        far = xgrad.sqrt(reach * reach + low * high)
        return xgrad.stack([far - reach, far + reach])


@twin("signal")
def buttord(wp: Any, ws: Any, gpass: Any, gstop: Any, analog: bool = False, fs: Any = None) -> Any:
    """Return order and frequency of a Butterworth filter; see ``scipy.signal.buttord``."""
    task = _Task("buttord", wp, ws, gpass, gstop, analog, fs)
    ratio = task.excess[0] ** (-0.5 / task.order)
    if task.bands:
        return task.found(task.between(ratio))
    return task.found(task.passing / ratio if task.rises else task.passing * ratio)


@twin("signal")
def cheb1ord(wp: Any, ws: Any, gpass: Any, gstop: Any, analog: bool = False, fs: Any = None) -> Any:
    """Return order and frequency of Chebyshev's filter of type I; see SciPy's ``cheb1ord``."""
    task = _Task("cheb1ord", wp, ws, gpass, gstop, analog, fs)
    return task.found(task.passing)


@twin("signal")
def cheb2ord(wp: Any, ws: Any, gpass: Any, gstop: Any, analog: bool = False, fs: Any = None) -> Any:
    """Return order and frequency of Chebyshev's filter of type II; see SciPy's ``cheb2ord``."""
    task = _Task("cheb2ord", wp, ws, gpass, gstop, analog, fs)
    inner = xgrad.acosh(xgrad.sqrt(task.excess[1] / task.excess[0]))
    ratio = xgrad.cosh(inner / task.order)
    if task.bands:
        return task.found(task.between(ratio))
    return task.found(task.passing / ratio if task.rises else task.passing * ratio)


@twin("signal")
def ellipord(wp: Any, ws: Any, gpass: Any, gstop: Any, analog: bool = False, fs: Any = None) -> Any:
    """Return order and frequency of an elliptic filter; see ``scipy.signal.ellipord``."""
    task = _Task("ellipord", wp, ws, gpass, gstop, analog, fs)
    return task.found(task.passing)


ORDERS = {"butter": buttord, "cheby1": cheb1ord, "cheby2": cheb2ord, "ellip": ellipord}


@twin("signal")
def iirdesign(
    wp: Any, ws: Any, gpass: Any, gstop: Any, analog: bool = False, ftype: str = "ellip",
    output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Design a filter by its edges and losses; see ``scipy.signal.iirdesign``.

    Differentiable in `wp`, `ws`, `gpass` and `gstop`, at the order that SciPy finds.
    """
    order = ORDERS.get(KINDS.get(ftype.lower(), ftype.lower()))
    if order is None:
        raise ValueError(f"iirdesign: ftype is {ftype!r}; expected one of {', '.join(ORDERS)}")
    wp, ws = xgrad.asarray(wp), xgrad.asarray(ws)
    N, Wn = order(wp, ws, gpass, gstop, analog, fs)
    first = [float(raw(xgrad.reshape(w, (-1,)))[0]) for w in (wp, ws)]
    kinds = ("lowpass", "highpass") if wp.ndim == 0 or wp.size == 1 else ("bandstop", "bandpass")
    kind = kinds[first[0] >= first[1]]
    given = (Wn, gpass, gstop)
    Wn = Wn if arrays_in(*given) else xgrad.asarray(Wn)
    return iirfilter(N, Wn, gpass, gstop, kind, analog, ftype, output, fs)
