"""The noncentral distributions: of chi square and F by Poisson's weights, of t by an integral.

A noncentral chi square of `df` and `nc` is a central one of ``df + 2 j``, with j of Poisson's
distribution of mean ``nc / 2``; Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions 2,
chapters 29 to 31.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import chapter, raw
from ..examples import of_one

__all__ = ["ncf_cdf", "ncf_log", "ncf_sf", "nct_cdf", "nct_log", "nct_mean", "nct_sf",
           "ncx2_cdf", "ncx2_log", "ncx2_sf"]  # fmt: skip

MOST = 20_000
"""How many terms are summed at most."""
POINTS = 400


def _largest(x: Any) -> float:
    return float(np.max(np.asarray(raw(xgrad.asarray(x).detach())), initial=0.0))


def _weights(name: str, nc: Any, reach: float) -> tuple[Any, Any]:
    """Return the numbers that count, and the logarithms of Poisson's weights, along a last axis."""
    middle = 0.5 * _largest(nc) + reach
    count = int(middle + 12.0 * math.sqrt(middle) + 50.0)
    if count > MOST:
        raise NotImplementedError(
            f"{name}: nc and x are so large that {count} terms count; expected at most {MOST}"
        )
    j = xgrad.asarray(np.arange(count * 1.0))
    half = 0.5 * xgrad.asarray(nc)[..., None]
    return j, special.xlogy(j, half) - half - special.gammaln(j + 1.0)


def _mixed(log: Any, f: Any) -> Any:
    return xgrad.sum(xgrad.exp(log) * f, axis=-1)


def _chi2(x: Any, df: Any, nc: Any) -> tuple[Any, Any, Any]:
    j, log = _weights("ncx2", nc, 0.5 * math.sqrt(_largest(nc) * _largest(x)))
    return 0.5 * x[..., None], 0.5 * xgrad.asarray(df)[..., None] + j, log


@of_one("scipy.stats.ncx2")
def ncx2_log(x: Any, df: Any, nc: Any) -> Any:
    """Return the logarithm of the density of a noncentral chi square."""
    half, a, log = _chi2(x, df, nc)
    density = special.xlogy(a - 1.0, half) - half - special.gammaln(a) - math.log(2.0)
    return special.logsumexp(log + density, axis=-1)


@of_one("scipy.stats.ncx2")
def ncx2_cdf(x: Any, df: Any, nc: Any) -> Any:
    """Return the probability below."""
    half, a, log = _chi2(x, df, nc)
    return _mixed(log, special.gammainc(a, half))


@of_one("scipy.stats.ncx2")
def ncx2_sf(x: Any, df: Any, nc: Any) -> Any:
    """Return the probability above."""
    half, a, log = _chi2(x, df, nc)
    return _mixed(log, special.gammaincc(a, half))


def _f(x: Any, dfn: Any, dfd: Any, nc: Any) -> tuple[Any, ...]:
    j, log = _weights("ncf", nc, 0.5 * _largest(nc))
    ratio = dfn / dfd
    y = (ratio * x)[..., None]
    a, b = (0.5 * xgrad.asarray(v)[..., None] for v in (dfn, dfd))
    return y, a + j, b, log, ratio


@of_one("scipy.stats.ncf")
def ncf_log(x: Any, dfn: Any, dfd: Any, nc: Any) -> Any:
    """Return the logarithm of the density of a noncentral F."""
    y, a, b, log, ratio = _f(x, dfn, dfd, nc)
    density = special.xlogy(a - 1.0, y) - (a + b) * xgrad.log1p(y) - special.betaln(a, b)
    return special.logsumexp(log + density, axis=-1) + xgrad.log(ratio)


@of_one("scipy.stats.ncf")
def ncf_cdf(x: Any, dfn: Any, dfd: Any, nc: Any) -> Any:
    """Return the probability below."""
    y, a, b, log, _ = _f(x, dfn, dfd, nc)
    return _mixed(log, special.betainc(a, b, y / (1.0 + y)))


@of_one("scipy.stats.ncf")
def ncf_sf(x: Any, dfn: Any, dfd: Any, nc: Any) -> Any:
    """Return the probability above."""
    y, a, b, log, _ = _f(x, dfn, dfd, nc)
    return _mixed(log, special.betainc(b, a, 1.0 / (1.0 + y)))


def _over_spread(f: Callable[..., Any], x: Any, df: Any, nc: Any) -> Any:
    """Return the average of ``f(x s - nc, s)`` over the spread s, the root of chi square over df.

    By the trapezoidal rule in the logarithm of s, over points that do not move with parameters.
    """
    plain = chapter("stats").chi2
    held = np.asarray(raw(xgrad.asarray(df).detach()), dtype=float)
    low, high = (0.5 * np.log(q / held) for q in (plain.ppf(1e-25, held), plain.isf(1e-18, held)))
    share = np.linspace(0.0, 1.0, POINTS)
    v = xgrad.asarray(low[..., None] + (high - low)[..., None] * share)
    step = xgrad.asarray((high - low) / (POINTS - 1))
    s, df = xgrad.exp(v), xgrad.asarray(df)[..., None]
    log = 0.5 * df * xgrad.log(0.5 * df) - special.gammaln(0.5 * df) + df * v - 0.5 * df * s * s
    z = x[..., None] * s - xgrad.asarray(nc)[..., None]
    return 2.0 * step * xgrad.sum(xgrad.exp(log) * f(z, s), axis=-1)


@of_one("scipy.stats.nct")
def nct_log(x: Any, df: Any, nc: Any) -> Any:
    """Return the logarithm of the density of a noncentral t."""
    bell = 1.0 / math.sqrt(2.0 * math.pi)
    return xgrad.log(_over_spread(lambda z, s: bell * s * xgrad.exp(-0.5 * z * z), x, df, nc))


@of_one("scipy.stats.nct")
def nct_cdf(x: Any, df: Any, nc: Any) -> Any:
    """Return the probability below."""
    return _over_spread(lambda z, s: special.ndtr(z), x, df, nc)


@of_one("scipy.stats.nct")
def nct_sf(x: Any, df: Any, nc: Any) -> Any:
    """Return the probability above."""
    return _over_spread(lambda z, s: special.ndtr(-z), x, df, nc)


def nct_mean(df: Any, nc: Any) -> Any:
    """Return the mean, for `df` above one."""
    ratio = xgrad.exp(special.gammaln(0.5 * (df - 1.0)) - special.gammaln(0.5 * df))
    return nc * xgrad.sqrt(0.5 * df) * ratio
