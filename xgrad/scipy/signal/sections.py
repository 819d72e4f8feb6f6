"""Filters as sections of second order, by their zeros and poles, which SciPy pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, twin

__all__ = ["sections", "tf2sos", "zpk2sos"]


def _matched(wanted: Any, held: Any, free: list[int]) -> list[int | None]:
    """Return which of the roots that are left each wanted one is, None for one at the origin."""
    found: list[int | None] = []
    for root in wanted:
        near = min(free, key=lambda i: abs(held[i] - root), default=None)
        if near is None or abs(held[near] - root) > 1e-4 * (1.0 + abs(root)):
            found.append(None)
        else:
            free.remove(near)
            found.append(near)
    return found


def _section(roots: Any, places: list[int | None]) -> Any:
    """Return the real coefficients of the polynomial with some of the roots, the highest first."""
    zero = xgrad.zeros((), dtype=roots.dtype)
    chosen = [zero if i is None else roots[i] for i in places]
    one = xgrad.ones_like(zero)
    if len(chosen) == 0:
        rows = [zero, zero, one]
    elif len(chosen) == 1:
        rows = [zero, one, -chosen[0]]
    else:
        rows = [one, -(chosen[0] + chosen[1]), chosen[0] * chosen[1]]
    return xgrad.real(xgrad.stack(rows))


def sections(z: Any, p: Any, k: Any, pairing: Any = None, analog: bool = False) -> Any:
    """Return the sections of zeros, poles and a gain, arrays of xgrad."""
    z, p = (xgrad.astype(xgrad.atleast_1d(xgrad.asarray(v)), np.complex128) for v in (z, p))
    k = xgrad.asarray(k)
    held = [np.asarray(raw(v.detach())) for v in (z, p)]
    plain = chapter("signal").zpk2sos(*held, float(raw(k.detach())), pairing=pairing, analog=analog)
    free = [list(range(len(h))) for h in held]
    rows = []
    for i, row in enumerate(plain):
        halves = []
        for roots, values, left, half in zip((z, p), held, free, (row[:3], row[3:]), strict=True):
            places = _matched(np.roots(half), values, left)
            halves.append(_section(roots, places))
        rows.append(xgrad.concat([k * halves[0] if i == 0 else halves[0], halves[1]]))
    return xgrad.stack(rows)


@twin("signal")
def zpk2sos(z: Any, p: Any, k: Any, pairing: Any = None, *, analog: bool = False) -> Any:
    """Return sections of second order of zeros, poles and a gain; see ``scipy.signal.zpk2sos``."""
    return sections(z, p, k, pairing, analog)


@twin("signal")
def tf2sos(b: Any, a: Any, pairing: Any = None, *, analog: bool = False) -> Any:
    """Return sections of second order of a transfer function; see ``scipy.signal.tf2sos``."""
    b, a = (xgrad.atleast_1d(xgrad.asarray(v)) for v in (b, a))
    zeros, poles = (xgrad.roots(v) for v in (b, a))
    return sections(zeros, poles, b[0] / a[0], pairing, analog)
