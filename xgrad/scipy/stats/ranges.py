"""Normal variables over one spread: their studentised range, and those that lie in one interval.

Both are averages over the spread, the root of chi square over its degrees of freedom, and over one
normal variable: for a range the least of the sample, for comparisons with a control (Dunnett 1955,
Journal of the American Statistical Association 50, 1096) the control. The value is SciPy's, and
each order of derivative is that of the sum, by the trapezoidal rule over fixed points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import Later, is_tracked, raw, with_derivative_of
from ..examples import of_one
from .distributions import POWERS, Continuous
from .written import central

__all__ = ["StudentizedRange", "below_all", "range_cdf", "range_log"]

library: Any = Later("scipy.stats")
LEAST = np.linspace(-8.5, 8.5, 161)
"""The points of the normal variable."""
BELL = np.exp(-0.5 * LEAST**2) / math.sqrt(2 * math.pi) * (LEAST[1] - LEAST[0])
"""Its density there, times their distance."""
SIDE = np.where(LEAST > 0, -1.0, 1.0)
"""The tail in which the probability of an interval from there on is no difference of ones."""
MANY = 100_000.0
"""From how many degrees of freedom on SciPy takes them as infinite."""
GAUSS = np.polynomial.legendre.leggauss(80)


def _over_spread(f: Callable[[Any], Any], df: Any) -> Any:
    """Return the average of ``f(s)`` over the spread s, whose points lie along the last axis."""
    held = np.asarray(raw(df.detach()), dtype=float)
    many = held >= MANY
    safe = np.where(many, 1.0, held)
    tails = library.chi2.ppf(1e-17, safe), library.chi2.isf(1e-17, safe)
    low, high = (0.5 * np.log(np.asarray(x / safe))[..., None] for x in tails)
    count = max(60, int(np.max((high - low) / 0.15, initial=0.0)))
    v = low + (high - low) * np.linspace(0.0, 1.0, count)
    half = 0.5 * xgrad.where(xgrad.asarray(many), 1.0, df)[..., None]
    log = half * xgrad.log(half) - special.gammaln(half)
    log = log + 2.0 * half * xgrad.asarray(v - 0.5 * np.exp(2 * v))
    step = xgrad.asarray(2.0 * (high - low) / (count - 1))
    found = xgrad.sum(step * xgrad.exp(log) * f(np.exp(v)), axis=-1)
    if not many.any():
        return found
    return xgrad.where(xgrad.asarray(many), f(np.ones((*held.shape, 1)))[..., 0], found)


def _from_least(w: Any) -> Any:
    """Return the normal probability from each point on up to `w` above it."""
    w, z, side = w[..., None], xgrad.asarray(LEAST), xgrad.asarray(SIDE)
    apart = side * (special.ndtr(side * (z + w)) - special.ndtr(side * z))
    middle = z + 0.5 * w  # of a short interval, by its middle
    short = w * _bell(middle) * (1.0 + (middle * middle - 1.0) * w * w / 24.0)
    return xgrad.where(w < 1e-4, short, apart)


def _bell(z: Any) -> Any:
    return xgrad.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _below(w: Any, k: Any) -> Any:
    """Return the probability that the range of `k` normal variables is below `w`."""
    power = _from_least(w) ** (k - 1.0)[..., None, None]
    return k[..., None] * xgrad.sum(xgrad.asarray(BELL) * power, axis=-1)


def _density(w: Any, k: Any) -> Any:
    power = _from_least(w) ** (k - 2.0)[..., None, None]
    most = _bell(xgrad.asarray(LEAST) + w[..., None])
    return (k * (k - 1.0))[..., None] * xgrad.sum(xgrad.asarray(BELL) * most * power, axis=-1)


def _shared(*args: Any) -> list[Any]:
    return list(xgrad.broadcast_arrays(*[xgrad.asarray(x) for x in args]))


def _trusted(name: str, value: Any, total: Any, near: float) -> Any:
    """Return SciPy's value, if it is near the sum that its derivative is taken of."""
    away = np.abs(np.asarray(raw(total.detach())) - value)
    if is_tracked(total) and not np.all(away <= near):
        raise NotImplementedError(
            f"{name}: SciPy's number and the sum that its derivative is taken of are "
            f"{np.max(away):.1g} apart, so that it has no derivative here; a difference of SciPy's "
            "values is what is left"
        )
    return with_derivative_of(np.asarray(value, dtype=float), total)


@of_one("scipy.stats.studentized_range")
def range_cdf(x: Any, k: Any, df: Any) -> Any:
    """Return the probability that a studentised range is below."""
    value = library.studentized_range.cdf(*[np.asarray(raw(v.detach())) for v in (x, k, df)])
    x, k, df = _shared(x, k, df)
    total = _over_spread(lambda s: _below(x[..., None] * xgrad.asarray(s), k), df)
    return _trusted("studentized_range.cdf", value, total, 1e-4)


@of_one("scipy.stats.studentized_range")
def range_log(x: Any, k: Any, df: Any) -> Any:
    """Return the logarithm of the density of a studentised range."""
    value = library.studentized_range.pdf(*[np.asarray(raw(v.detach())) for v in (x, k, df)])
    x, k, df = _shared(x, k, df)

    def density(s: Any) -> Any:
        s = xgrad.asarray(s)
        return s * _density(x[..., None] * s, k)

    total = _over_spread(density, df)
    _trusted("studentized_range.pdf", value, total, 1e-4)
    with np.errstate(divide="ignore"):
        return with_derivative_of(np.log(np.asarray(value, dtype=float)), xgrad.log(total))


class StudentizedRange(Continuous):
    """The studentised range, whose moments are those of a range times those of a spread."""

    def _averaged(self, name: Any, shapes: Any) -> Any:
        if name == "entropy":
            return super()._averaged(name, shapes)
        k, df = _shared(*shapes)
        if isinstance(name, int):
            return self._power(name, k, df)
        return central([self._power(m + 1, k, df) for m in np.arange(POWERS[name])])

    @staticmethod
    def _power(order: Any, k: Any, df: Any) -> Any:
        nodes, weights = GAUSS
        w = 9.0 * (nodes + 1.0)  # no range is above 18
        rise = xgrad.asarray(9.0 * weights * order * w ** (order - 1.0))
        wide = xgrad.broadcast_to(xgrad.asarray(w), (*k.shape, len(w)))
        of_range = xgrad.sum(rise * (1.0 - _below(wide, k)), axis=-1)
        exists = df > order
        half = 0.5 * xgrad.where(exists, df, order + 1.0)
        log = special.gammaln(half - 0.5 * order) - special.gammaln(half)
        of_spread = xgrad.exp(log + 0.5 * order * xgrad.log(half))
        return xgrad.where(exists, of_range * of_spread, np.inf)


def below_all(h: Any, loads: Any, df: float, both: bool) -> Any:
    """Return the probability that all of some variables of Student's lie below each of some bounds.

    Args:
        h: the bounds, a vector.
        loads: the correlation of each variable with the one that they have in common.
        df: the degrees of freedom.
        both: whether they have to lie above ``-h``, too.
    """

    def inside(s: Any) -> Any:
        w = (h[:, None] * xgrad.asarray(s))[..., None]
        found: Any = xgrad.asarray(BELL)
        for load in loads:
            rest = math.sqrt(1.0 - load * load)
            at = xgrad.asarray(load * LEAST)
            share = special.ndtr((w - at) / rest)
            found = found * (share - special.ndtr((-w - at) / rest) if both else share)
        return xgrad.sum(found, axis=-1)

    return _over_spread(inside, xgrad.asarray(float(df)))
