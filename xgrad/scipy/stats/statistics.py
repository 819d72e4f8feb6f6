"""Statistics that SciPy computes outside of the array standard: distances, fits, transforms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import xgrad
from xgrad import special

from ...custom.equation import implicit
from ...errors import NotDifferentiableError
from ..common import chapter, only, raw, twin
from .multivariate import held
from .table import DISTRIBUTIONS

__all__ = ["anderson", "binned_statistic", "boxcox", "boxcox_llf", "boxcox_normmax",
           "chi2_contingency", "cramervonmises", "cumfreq", "energy_distance", "kendalltau",
           "ks_1samp", "linregress", "obrientransform", "scoreatpercentile", "siegelslopes",
           "theilslopes", "trim1", "trimboth", "wasserstein_distance", "yeojohnson"]  # fmt: skip


class LinregressResult(NamedTuple):
    """Slope, intercept, correlation, p-value and standard error of the slope."""

    slope: Any
    intercept: Any
    rvalue: Any
    pvalue: Any
    stderr: Any


@twin("stats")
def linregress(
    x: Any, y: Any, alternative: str = "two-sided", *, axis: Any = 0,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Fit a line by least squares; see ``scipy.stats.linregress``."""
    only(
        "linregress",
        axis=(axis if np.ndim(raw(x)) > 1 else None, None),
        nan_policy=(nan_policy, "propagate"),
        keepdims=(keepdims, False),
    )
    x, y = xgrad.asarray(x), xgrad.asarray(y)
    if x.ndim != 1 or x.shape != y.shape or x.shape[0] < 2:
        raise ValueError(f"linregress: got shapes {x.shape} and {y.shape}; expected two vectors")
    if alternative != "two-sided":
        raise NotImplementedError("linregress: only alternative='two-sided' has a derivative here")
    n = x.shape[0]
    dx, dy = x - xgrad.mean(x), y - xgrad.mean(y)
    xx, yy, xy = (xgrad.mean(a * b) for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    r = xy / xgrad.sqrt(xx * yy)
    slope = xy / xx
    df = n - 2.0
    t = r * xgrad.sqrt(df / ((1.0 - r) * (1.0 + r)))
    error = xgrad.sqrt((1.0 - r * r) * yy / xx / df)
    p = 2.0 * special.stdtr(df, -xgrad.abs(t))
    return LinregressResult(slope, xgrad.mean(y) - slope * xgrad.mean(x), r, p, error)


def _slopes(y: Any, x: Any) -> tuple[Any, Any]:
    y = xgrad.asarray(y)
    x = xgrad.asarray(np.arange(float(y.shape[0]))) if x is None else xgrad.asarray(x)
    return y, x


@twin("stats")
def theilslopes(
    y: Any, x: Any = None, alpha: float = 0.95, method: str = "separate", *, axis: Any = None,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the median of the slopes of all pairs, and the intercept; see SciPy's.

    The ends of the interval of confidence are those of SciPy, and have no derivative.
    """
    only(
        "theilslopes",
        axis=(axis if np.ndim(raw(y)) > 1 else None, None),
        nan_policy=(nan_policy, "propagate"),
        keepdims=(keepdims, False),
    )
    y, x = _slopes(y, x)
    found = chapter("stats").theilslopes(held(y), held(x), alpha, method)
    one, two = np.triu_indices(y.shape[0], 1)
    apart = held(x)[one] != held(x)[two]
    first, second = (xgrad.asarray(i[apart]) for i in (one, two))
    slope = xgrad.median(
        (xgrad.take(y, second) - xgrad.take(y, first))
        / (xgrad.take(x, second) - xgrad.take(x, first))
    )
    base = (
        xgrad.median(y - slope * x)
        if method == "joint"
        else xgrad.median(y) - slope * xgrad.median(x)
    )
    return type(found)(
        slope=slope, intercept=base, low_slope=found.low_slope, high_slope=found.high_slope
    )


@twin("stats")
def siegelslopes(
    y: Any, x: Any = None, method: str = "hierarchical", *, axis: Any = None,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the median of medians of slopes, and the intercept; see SciPy's."""
    only(
        "siegelslopes",
        axis=(axis if np.ndim(raw(y)) > 1 else None, None),
        nan_policy=(nan_policy, "propagate"),
        keepdims=(keepdims, False),
    )
    y, x = _slopes(y, x)
    found = chapter("stats").siegelslopes(held(y), held(x), method)
    n = y.shape[0]
    medians, bases = [], []
    for i in range(n):
        others = xgrad.asarray(np.flatnonzero(held(x) != held(x)[i]))
        xs, ys = xgrad.take(x, others), xgrad.take(y, others)
        medians.append(xgrad.median((ys - y[i]) / (xs - x[i])))
        if method == "separate":
            bases.append(xgrad.median((y[i] * xs - ys * x[i]) / (xs - x[i])))
    slope = xgrad.median(xgrad.stack(medians))
    base = xgrad.median(xgrad.stack(bases)) if bases else xgrad.median(y - slope * x)
    return type(found)(slope=slope, intercept=base)


@twin("stats")
def kendalltau(
    x: Any, y: Any, *, nan_policy: str = "propagate", method: str = "auto", variant: str = "b",
    alternative: str = "two-sided", axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return Kendall's correlation, a step function: its derivative is zero."""
    return chapter("stats").kendalltau(
        held(x), held(y), nan_policy=nan_policy, method=method, variant=variant,
        alternative=alternative, axis=axis, keepdims=keepdims,
    )  # fmt: skip


def _paired(u: Any, v: Any, wu: Any, wv: Any) -> tuple[Any, Any]:
    """Return the sorted values of two samples' distances, and by how much their shares differ."""
    u, v = xgrad.asarray(u), xgrad.asarray(v)
    if u.ndim != 1 or v.ndim != 1:
        raise ValueError(f"got shapes {u.shape} and {v.shape}; expected two vectors")
    both = xgrad.concat([u, v])
    order = np.argsort(held(both), kind="mergesort")
    values = xgrad.take(both, xgrad.asarray(order))
    gaps = values[1:] - values[:-1]
    shares = []
    for x, w in ((u, wu), (v, wv)):
        weights = np.ones(x.shape[0]) if w is None else held(w)
        place = np.argsort(held(x))
        total = np.concatenate([[0.0], np.cumsum(weights[place])])
        shares.append(
            total[np.searchsorted(held(x)[place], held(values)[:-1], side="right")] / total[-1]
        )
    return gaps, shares[0] - shares[1]


@twin("stats")
def wasserstein_distance(
    u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None
) -> Any:
    """Return the Wasserstein distance of two samples, in their values; see SciPy's."""
    gaps, away = _paired(u_values, v_values, u_weights, v_weights)
    return xgrad.sum(gaps * xgrad.asarray(np.abs(away)))


@twin("stats")
def energy_distance(
    u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None
) -> Any:
    """Return the energy distance of two samples, in their values; see SciPy's."""
    gaps, away = _paired(u_values, v_values, u_weights, v_weights)
    return np.sqrt(2.0) * xgrad.sqrt(xgrad.sum(gaps * xgrad.asarray(away**2)))


@twin("stats")
def scoreatpercentile(
    a: Any, per: Any, limit: Any = (), interpolation_method: str = "fraction", axis: Any = None
) -> Any:
    """Return a percentile; see ``scipy.stats.scoreatpercentile``."""
    if limit:
        raise NotImplementedError("scoreatpercentile: limit has no derivative here; use a mask")
    method = {"fraction": "linear"}.get(interpolation_method, interpolation_method)
    return xgrad.percentile(xgrad.asarray(a), per, axis=axis, method=method)


class BinnedStatisticResult(NamedTuple):
    """The statistic of each bin, the edges, and the bin of each point."""

    statistic: Any
    bin_edges: Any
    binnumber: Any


@twin("stats")
def binned_statistic(
    x: Any, values: Any, statistic: Any = "mean", bins: Any = 10, range: Any = None
) -> Any:
    """Return a statistic of the values in each bin, in the values; see SciPy's."""
    values = xgrad.asarray(values)
    _, edges, number = chapter("stats").binned_statistic(
        held(x), held(values), "count", raw(bins), range
    )
    count = len(edges) - 1
    inside = np.flatnonzero((number >= 1) & (number <= count))
    group = number[inside] - 1
    kept, where = xgrad.take(values, xgrad.asarray(inside)), xgrad.asarray(group)
    size = np.bincount(group, minlength=count)

    def each(f: Any) -> Any:
        parts = [
            xgrad.take(kept, xgrad.asarray(np.flatnonzero(group == i))) for i in np.arange(count)
        ]
        return xgrad.stack([f(p) if p.shape[0] else xgrad.asarray(np.nan) for p in parts])

    total: Any = lambda v: xgrad.segment_sum(v, where, count)  # noqa: E731
    if statistic == "sum":
        found = total(kept)
    elif statistic == "count":
        found = xgrad.asarray(size * 1.0)
    elif statistic in ("mean", "std"):
        safe = np.where(size > 0, size, 1)
        mean = total(kept) / safe
        found = mean
        if statistic == "std":
            found = xgrad.sqrt(total((kept - xgrad.take(mean, where)) ** 2) / safe)
        found = xgrad.where(xgrad.asarray(size > 0), found, np.nan)
    elif statistic in ("median", "min", "max"):
        found = each({"median": xgrad.median, "min": xgrad.min, "max": xgrad.max}[statistic])
    elif callable(statistic):
        found = each(statistic)
    else:
        raise ValueError(f"binned_statistic: statistic is {statistic!r}")
    return BinnedStatisticResult(found, edges, number)


@twin("stats")
def cumfreq(a: Any, numbins: int = 10, defaultreallimits: Any = None, weights: Any = None) -> Any:
    """Return cumulative frequencies, in the weights; see ``scipy.stats.cumfreq``."""
    plain = chapter("stats").cumfreq(
        held(a), numbins, defaultreallimits, None if weights is None else held(weights)
    )
    if weights is None:
        return plain
    place = np.floor((held(a).ravel() - plain.lowerlimit) / plain.binsize).astype(int)
    inside = (place >= 0) & (place < numbins) | np.isclose(
        held(a).ravel(), plain.lowerlimit + numbins * plain.binsize
    )
    kept = np.flatnonzero(inside)
    group = xgrad.asarray(np.minimum(place[kept], numbins - 1))
    flat = xgrad.take(xgrad.reshape(xgrad.asarray(weights), (-1,)), xgrad.asarray(kept))
    counts = xgrad.cumulative_sum(xgrad.segment_sum(flat, group, numbins))
    return type(plain)(counts, *plain[1:])


def _box(x: Any, lmbda: Any) -> Any:
    return special.boxcox(x, lmbda)


@twin("stats")
def boxcox_llf(
    lmb: Any, data: Any, *, axis: int = 0, keepdims: bool = False, nan_policy: str = "propagate"
) -> Any:
    """Return the log-likelihood of Box and Cox, in the data and the exponent."""
    only("boxcox_llf", nan_policy=(nan_policy, "propagate"), keepdims=(keepdims, False))
    data = xgrad.asarray(data)
    logs = xgrad.log(data)
    n = data.shape[axis]
    lmb = xgrad.asarray(lmb)
    held_lmb = held(lmb)
    if held_lmb.ndim == 0 and held_lmb == 0:
        variance = xgrad.var(logs, axis=axis)
    else:
        variance = xgrad.var(data**lmb / lmb, axis=axis)
    return (lmb - 1) * xgrad.sum(logs, axis=axis) - n / 2 * xgrad.log(variance)


@twin("stats")
def boxcox_normmax(
    x: Any, brack: Any = None, method: str = "pearsonr", optimizer: Any = None, *,
    ymax: Any = None,
) -> Any:  # fmt: skip
    """Return the exponent of greatest likelihood, by its equation; see SciPy's."""
    only("boxcox_normmax", optimizer=(optimizer, None), ymax=(ymax, None))
    if method != "mle":
        raise NotImplementedError(
            "boxcox_normmax: method='mle' has a derivative; 'pearsonr' has none here"
        )
    x = xgrad.asarray(x)
    found = chapter("stats").boxcox_normmax(held(x), brack, method)
    slope = xgrad.grad(lambda lmb: boxcox_llf(lmb, x))
    return implicit(lambda lmb: slope(lmb), np.asarray(float(found)))


@twin("stats")
def boxcox(x: Any, lmbda: Any = None, alpha: Any = None, optimizer: Any = None) -> Any:
    """Return data transformed by Box and Cox; see ``scipy.stats.boxcox``."""
    x = xgrad.asarray(x)
    if lmbda is not None:
        return _box(x, lmbda)
    if alpha is not None or optimizer is not None:
        raise NotImplementedError("boxcox: alpha and optimizer have no derivative here")
    found = chapter("stats").boxcox(held(x))[1]
    slope = xgrad.grad(lambda lmb: boxcox_llf(lmb, x))
    best = implicit(lambda lmb: slope(lmb), np.asarray(float(found)))
    return _box(x, best), best


@twin("stats")
def yeojohnson(x: Any, lmbda: Any = None) -> Any:
    """Return data transformed by Yeo and Johnson for a given exponent; see SciPy's."""
    if lmbda is None:
        raise NotImplementedError(
            "yeojohnson: give lmbda; the one of greatest likelihood has no derivative here"
        )
    x, lmb = xgrad.asarray(x), xgrad.asarray(lmbda) * 1.0
    up = x >= 0
    high, low = xgrad.where(up, x, 0.0), xgrad.where(up, 0.0, x)
    return xgrad.where(up, special.boxcox1p(high, lmb), -special.boxcox1p(-low, 2.0 - lmb))


def _cut(a: Any, axis: Any) -> tuple[Any, int, int]:
    x = xgrad.asarray(a)
    if axis is None:
        return xgrad.reshape(x, (-1,)), x.size, 0
    return x, x.shape[axis], axis % x.ndim


@twin("stats")
def trimboth(a: Any, proportiontocut: float, axis: Any = 0) -> Any:
    """Leave the smallest and largest out; see ``scipy.stats.trimboth``."""
    x, n, axis = _cut(a, axis)
    low = int(proportiontocut * n)
    order = np.argpartition(held(x), (low, n - low - 1), axis)
    kept = np.take(order, np.arange(low, n - low), axis=axis)
    return xgrad.take_along_axis(x, xgrad.asarray(kept), axis=axis)


@twin("stats")
def trim1(a: Any, proportiontocut: float, tail: str = "right", axis: Any = 0) -> Any:
    """Leave the largest, or the smallest, out; see ``scipy.stats.trim1``."""
    x, n, axis = _cut(a, axis)
    cut = int(proportiontocut * n)
    low, high = (0, n - cut) if tail.lower() == "right" else (cut, n)
    order = np.argpartition(held(x), (low, high - 1), axis)
    kept = np.take(order, np.arange(low, high), axis=axis)
    return xgrad.take_along_axis(x, xgrad.asarray(kept), axis=axis)


@twin("stats")
def obrientransform(*samples: Any) -> Any:
    """Transform samples for a test of their variances; see ``scipy.stats.obrientransform``."""
    found = []
    for s in samples:
        x = xgrad.asarray(s)
        n = x.shape[0]
        squares = (x - xgrad.mean(x)) ** 2
        total = xgrad.sum(squares)
        found.append(((n - 1.5) * n * squares - 0.5 * total) / ((n - 1) * (n - 2)))
    same = len({f.shape for f in found}) == 1
    return xgrad.stack(found) if same else found


@twin("stats")
def ks_1samp(
    x: Any,
    cdf: Any,
    args: Any = (),
    alternative: str = "two-sided",
    method: str = "auto",
    *,
    axis: Any = 0,
    nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:
    """Return the statistic of Kolmogorov and Smirnov; the p-value is SciPy's, a constant."""
    only(
        "ks_1samp",
        axis=(axis if np.ndim(raw(x)) > 1 else None, None),
        nan_policy=(nan_policy, "propagate"),
        keepdims=(keepdims, False),
    )
    x = xgrad.asarray(x)
    plain = chapter("stats").ks_1samp(
        held(x), lambda v: held(cdf(v, *args)), (), alternative, method
    )
    ordered = xgrad.sort(x)
    values = xgrad.asarray(cdf(ordered, *args))
    n = x.shape[0]
    above = xgrad.max(xgrad.asarray(np.arange(1.0, n + 1) / n) - values)
    below = xgrad.max(values - xgrad.asarray(np.arange(0.0, n) / n))
    statistic = {"greater": above, "less": below}.get(alternative)
    if statistic is None:
        statistic = xgrad.maximum(above, below)
    return KsResult(statistic, plain.pvalue)


class KsResult(NamedTuple):
    """The statistic, and the p-value of SciPy."""

    statistic: Any
    pvalue: Any


@twin("stats")
def cramervonmises(
    rvs: Any, cdf: Any, args: Any = (), *, axis: Any = 0, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the statistic of Cramer and von Mises; the p-value is SciPy's, without derivative."""
    only(
        "cramervonmises",
        axis=(axis if np.ndim(raw(rvs)) > 1 else None, None),
        nan_policy=(nan_policy, "propagate"),
        keepdims=(keepdims, False),
    )
    x = xgrad.asarray(rvs)
    if isinstance(cdf, str):
        cdf = DISTRIBUTIONS[cdf].cdf
    plain = chapter("stats").cramervonmises(held(x), lambda v: held(cdf(xgrad.asarray(v), *args)))
    values = xgrad.asarray(cdf(xgrad.sort(x), *args))
    n = x.shape[0]
    u = (2.0 * np.arange(1, n + 1) - 1) / (2 * n)
    plain.statistic = 1 / (12 * n) + xgrad.sum((xgrad.asarray(u) - values) ** 2)
    return plain


@twin("stats")
def anderson(x: Any, dist: str = "norm", *, method: Any = None) -> Any:
    """Return the statistic of Anderson and Darling for a normal or exponential distribution."""
    x = xgrad.asarray(x)
    if dist not in ("norm", "expon"):
        raise NotImplementedError(
            f"anderson: dist={dist!r} has no derivative here; 'norm' and 'expon' have"
        )
    options = {} if method is None else {"method": method}
    plain = chapter("stats").anderson(held(x), dist, **options)
    y = xgrad.sort(x)
    n = x.shape[0]
    if dist == "norm":
        w = (y - xgrad.mean(y)) / xgrad.std(y, correction=1)
        low, high = special.log_ndtr(w), special.log_ndtr(-w)
    else:
        w = y / xgrad.mean(y)
        low, high = xgrad.log(-xgrad.expm1(-w)), -w
    i = np.arange(1, n + 1)
    statistic = -n - xgrad.sum(xgrad.asarray((2 * i - 1.0) / n) * (low + xgrad.flip(high)))
    return _with_statistic(plain, statistic)


class AndersonResult(NamedTuple):
    """The statistic, and SciPy's critical values with their levels of significance."""

    statistic: Any
    critical_values: Any
    significance_level: Any


def _with_statistic(plain: Any, statistic: Any) -> Any:
    """Return a result of SciPy with a statistic that has derivatives."""
    if hasattr(plain, "pvalue"):
        return KsResult(statistic, plain.pvalue)
    return AndersonResult(statistic, plain.critical_values, plain.significance_level)


@twin("stats")
def chi2_contingency(
    observed: Any, correction: bool = True, lambda_: Any = None, *, method: Any = None
) -> Any:
    """Return the test of independence of a table of two or more axes; see SciPy's."""
    only("chi2_contingency", method=(method, None))
    table = xgrad.asarray(observed)
    plain = chapter("stats").chi2_contingency(held(table), correction, lambda_)
    if lambda_ not in (None, "pearson", 1):
        raise NotImplementedError(
            "chi2_contingency: only Pearson's statistic has a derivative here"
        )
    total, expected = xgrad.sum(table), None
    for axis in np.arange(table.ndim):
        others = tuple(int(a) for a in np.arange(table.ndim) if a != axis)
        share = xgrad.sum(table, axis=others, keepdims=True)
        expected = share if expected is None else expected * share / total
    away = table - expected
    if plain.dof == 1 and correction:
        away = xgrad.abs(away) - xgrad.minimum(0.5, xgrad.abs(away))
    statistic = xgrad.sum(away * away / expected)
    pvalue = special.gammaincc(plain.dof / 2.0, statistic / 2.0)
    return type(plain)(statistic, pvalue, plain.dof, expected)


@twin("stats")
def shapiro(
    x: Any, *, axis: Any = None, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """Refuse: the weights and the p-value of Shapiro and Wilk are compiled code."""
    raise NotDifferentiableError(
        "stats.shapiro has no derivative: its weights and p-value are compiled code. Use "
        "xgrad.scipy.stats.anderson, or x.detach() for the value alone"
    )
