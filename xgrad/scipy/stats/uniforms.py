"""What is made of uniform variables: the sum of some, and Tukey's lambda, which is one's quantile.

The sum's density is a spline, whose slope is the difference of two of one variable fewer. Tukey's
distribution function solves ``quantile(p) == x``, and its averages are integrals over p.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import Later, fixed, raw
from ..examples import of_one
from .distributions import POWERS, Continuous
from .integrals import points_between, trusted

__all__ = ["TukeyLambda", "sum_cdf", "sum_entropy", "sum_log", "sum_sf", "tukey_cdf",
           "tukey_end", "tukey_log", "tukey_sf"]  # fmt: skip

library: Any = Later("scipy.stats")
compiled: Any = Later("scipy.special")


def _held(x: Any) -> Any:
    return np.asarray(raw(xgrad.asarray(x).detach()))


# The sum ------------------------------------------------------------------------------------------


@xgrad.custom_jvp
def _spline(x: Any, n: Any) -> Any:
    return xgrad.asarray(np.asarray(library.irwinhall.pdf(_held(x), _held(n))))


@_spline.defjvp
def _spline_rule(primals: Any, tangents: Any) -> Any:
    (x, n), (t, _) = primals, tangents
    fewer = np.maximum(_held(n) - 1.0, 1.0)
    slope = xgrad.where(
        xgrad.asarray(_held(n) > 1), _spline(x, fewer) - _spline(x - 1.0, fewer), 0.0
    )
    return _spline(x, n), slope * t


@xgrad.custom_jvp
def _sum_below(x: Any, n: Any) -> Any:
    return xgrad.asarray(np.asarray(library.irwinhall.cdf(_held(x), _held(n))))


@_sum_below.defjvp
def _sum_rule(primals: Any, tangents: Any) -> Any:
    return _sum_below(*primals), _spline(*primals) * tangents[0]


def _count(n: Any) -> Any:
    return np.asarray(fixed("irwinhall", n=n), dtype=float)


@of_one("scipy.stats.irwinhall")
def sum_log(x: Any, n: Any) -> Any:
    """Return the logarithm of the density of the sum of `n` uniform variables."""
    return xgrad.log(_spline(x, _count(n)))


@of_one("scipy.stats.irwinhall")
def sum_cdf(x: Any, n: Any) -> Any:
    """Return the probability that the sum is below."""
    return _sum_below(x, _count(n))


@of_one("scipy.stats.irwinhall")
def sum_sf(x: Any, n: Any) -> Any:
    """Return the probability that the sum is above, which is symmetric about its mean."""
    n = _count(n)
    return _sum_below(n - x, n)


def sum_entropy(n: Any) -> Any:
    """Return the entropy of the sum, by SciPy alone."""
    return xgrad.asarray(np.asarray(library.irwinhall.entropy(_count(n))))


# Tukey's lambda -----------------------------------------------------------------------------------


def _quantile(p: Any, lam: Any) -> Any:
    return special.boxcox(p, lam) - special.boxcox1p(-p, lam)


def _by_lambda(p: Any, lam: Any) -> Any:
    """Return the derivative of ``(p**lam - 1) / lam`` by `lam`, also at 0."""
    inside = p > 0.0
    log = xgrad.log(xgrad.where(inside, p, 1.0))
    found = 0.5 * log * log * special.hyp1f1(2.0, 3.0, lam * log)
    ends = 1.0 / xgrad.where(lam > 0, lam, 1.0) ** 2
    return xgrad.where(inside, found, xgrad.where(lam > 0, ends, np.inf))


def _density(p: Any, q: Any, lam: Any) -> Any:
    """Return the density where `p` is below and `q` above."""
    return 1.0 / (p ** (lam - 1.0) + q ** (lam - 1.0))


@xgrad.custom_jvp
def _share(x: Any, lam: Any) -> Any:
    return xgrad.asarray(np.asarray(compiled.tklmbda(_held(x), _held(lam))))


@_share.defjvp
def _share_rule(primals: Any, tangents: Any) -> Any:
    (x, lam), (t, dlam) = primals, tangents
    p = _share(x, lam)
    q = _share(-x, lam)
    moved = _by_lambda(p, lam) - _by_lambda(q, lam)
    return p, (t - moved * dlam) * _density(p, q, lam)


@of_one("scipy.stats.tukeylambda")
def tukey_cdf(x: Any, lam: Any) -> Any:
    """Return the probability below."""
    return _share(x, lam)


@of_one("scipy.stats.tukeylambda")
def tukey_sf(x: Any, lam: Any) -> Any:
    """Return the probability above."""
    return _share(-x, lam)


@of_one("scipy.stats.tukeylambda")
def tukey_log(x: Any, lam: Any) -> Any:
    """Return the logarithm of the density, minus infinity at the ends of the support."""
    inside = xgrad.abs(x) * lam < 1.0
    x = xgrad.where(inside, x, 0.0)
    return xgrad.where(inside, xgrad.log(_density(_share(x, lam), _share(-x, lam), lam)), -np.inf)


def tukey_end(lam: Any) -> Any:
    """Return the upper end of the support, the lower one's opposite."""
    bounded = lam > 0
    return xgrad.where(bounded, 1.0 / xgrad.where(bounded, lam, 1.0), np.inf)


class TukeyLambda(Continuous):
    """Tukey's lambda; its averages are integrals over the probability below, from 0 to 1."""

    def _averaged(self, name: Any, shapes: Any) -> Any:
        (lam,) = shapes
        power = name if isinstance(name, int) else POWERS.get(name, 0)
        if power % 2:
            return 0.0 * lam  # it is symmetric
        points, weights = points_between(0.0, 0.5, 1.0)
        p, lam = xgrad.asarray(points), xgrad.asarray(lam)
        exists = xgrad.asarray(_held(lam) * power > -1.0)
        safe = xgrad.where(exists, lam, 0.0)

        def average(f: Any) -> Any:
            wide = safe[..., None]
            return xgrad.sum(2.0 * xgrad.asarray(weights) * f(p, wide), axis=-1)

        def value(lam: Any) -> Any:
            if name == "entropy":
                return self.plain.entropy(lam)
            if isinstance(name, int):
                return self.plain.moment(name, lam)
            return self.plain.stats(lam, moments=name[0])

        if name == "entropy":
            total = average(lambda p, lam: -xgrad.log(_density(p, 1.0 - p, lam)))
        else:
            total = average(lambda p, lam: _quantile(p, lam) ** power)
        if name == "kurtosis":
            total = total / average(lambda p, lam: _quantile(p, lam) ** 2) ** 2 - 3.0
        found = trusted(self.plain, value, total, (safe,))
        return xgrad.where(exists, found, xgrad.asarray(np.asarray(value(_held(lam)))))
