"""Statistics that SciPy computes outside of the array standard: lines, ranks, distances, bins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import xgrad
from xgrad import special

from ..common import chapter, is_tracked, only, raw, twin, with_derivative_of
from .multivariate import held

__all__ = ["cumfreq", "energy_distance", "expectile", "kendalltau",
           "linregress", "probplot", "ranksums", "scoreatpercentile", "siegelslopes", "somersd",
           "theilslopes", "wasserstein_distance", "weightedtau"]  # fmt: skip


class _Line(NamedTuple):
    slope: Any
    intercept: Any
    rvalue: Any
    pvalue: Any
    stderr: Any


class LinregressResult(_Line):
    """Slope, intercept, correlation, p-value and standard error of the slope, as SciPy's.

    Attributes:
        intercept_stderr: the standard error of the intercept, which is not one of the five.
    """

    intercept_stderr: Any


@twin("stats")
def linregress(
    x: Any, y: Any, alternative: str = "two-sided", *, axis: Any = 0,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Fit a line by least squares; see ``scipy.stats.linregress``."""
    only("linregress", nan_policy=(nan_policy, "propagate"), keepdims=(keepdims, False))
    x, y = xgrad.asarray(x), xgrad.asarray(y)
    if axis is None:
        x, y = xgrad.reshape(x, (-1,)), xgrad.reshape(y, (-1,))
    elif x.ndim > 1:
        x, y = (xgrad.moveaxis(v, axis, -1) for v in (x, y))
    if x.ndim < 1 or x.shape != y.shape or x.shape[-1] < 2:
        raise ValueError(
            f"linregress: got shapes {x.shape} and {y.shape}; expected as many points in both, two "
            "at least"
        )
    if alternative not in ("two-sided", "less", "greater"):
        raise ValueError(
            f"linregress: alternative is {alternative!r}; expected 'two-sided', 'less' or 'greater'"
        )
    n = x.shape[-1]
    middle = xgrad.mean(x, axis=-1, keepdims=True), xgrad.mean(y, axis=-1, keepdims=True)
    dx, dy = x - middle[0], y - middle[1]
    xx, yy, xy = (xgrad.mean(a * b, axis=-1) for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    r = xy / xgrad.sqrt(xx * yy)
    slope = xy / xx
    df = n - 2.0
    t = r * xgrad.sqrt(df / ((1.0 - r) * (1.0 + r)))
    error = xgrad.sqrt((1.0 - r * r) * yy / xx / df)
    if alternative == "two-sided":
        p = 2.0 * special.stdtr(df, -xgrad.abs(t))
    else:
        p = special.stdtr(df, t if alternative == "less" else -t)
    mean = middle[0][..., 0]
    found = LinregressResult(slope, middle[1][..., 0] - slope * mean, r, p, error)
    found.intercept_stderr = error * xgrad.sqrt(xx + mean * mean)
    return found


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

    The ends of the interval of confidence are slopes of pairs too.
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
    slopes = (xgrad.take(y, second) - xgrad.take(y, first)) / (
        xgrad.take(x, second) - xgrad.take(x, first)
    )
    slope = xgrad.median(slopes)
    base = (
        xgrad.median(y - slope * x)
        if method == "joint"
        else xgrad.median(y) - slope * xgrad.median(x)
    )
    low, high = (
        with_derivative_of(v, slopes[int(np.argmin(np.abs(held(slopes) - v)))])
        for v in (found.low_slope, found.high_slope)
    )
    return type(found)(slope=slope, intercept=base, low_slope=low, high_slope=high)


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
        weights = xgrad.ones((x.shape[0],)) if w is None else xgrad.asarray(w) * 1.0
        place = np.argsort(held(x))
        below = xgrad.cumulative_sum(
            xgrad.take(weights, xgrad.asarray(place)), include_initial=True
        )
        count = np.searchsorted(held(x)[place], held(values)[:-1], side="right")
        shares.append(xgrad.take(below, xgrad.asarray(count)) / below[-1])
    return gaps, shares[0] - shares[1]


@twin("stats")
def wasserstein_distance(
    u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None
) -> Any:
    """Return the Wasserstein distance of two samples, in values and weights; see SciPy's."""
    gaps, away = _paired(u_values, v_values, u_weights, v_weights)
    return xgrad.sum(gaps * xgrad.abs(away))


@twin("stats")
def energy_distance(
    u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None
) -> Any:
    """Return the energy distance of two samples, in values and weights; see SciPy's."""
    gaps, away = _paired(u_values, v_values, u_weights, v_weights)
    return np.sqrt(2.0) * xgrad.sqrt(xgrad.sum(gaps * away * away))


@twin("stats")
def scoreatpercentile(
    a: Any, per: Any, limit: Any = (), interpolation_method: str = "fraction", axis: Any = None
) -> Any:
    """Return a percentile; see ``scipy.stats.scoreatpercentile``."""
    if limit:
        raise NotImplementedError("scoreatpercentile: limit has no derivative here; use a mask")
    method = {"fraction": "linear"}.get(interpolation_method, interpolation_method)
    return xgrad.percentile(xgrad.asarray(a), per, axis=axis, method=method)


@twin("stats")
def cumfreq(a: Any, numbins: int = 10, defaultreallimits: Any = None, weights: Any = None) -> Any:
    """Return cumulative frequencies, in the weights; see ``scipy.stats.cumfreq``."""
    plain = chapter("stats").cumfreq(*_held_bins(a, numbins, defaultreallimits, weights))
    return _frequencies(plain, a, numbins, defaultreallimits, weights, xgrad.cumulative_sum)


@twin("stats")
def relfreq(a: Any, numbins: int = 10, defaultreallimits: Any = None, weights: Any = None) -> Any:
    """Return relative frequencies, in the weights; see ``scipy.stats.relfreq``."""
    plain = chapter("stats").relfreq(*_held_bins(a, numbins, defaultreallimits, weights))
    count = xgrad.asarray(a).shape[0]
    return _frequencies(plain, a, numbins, defaultreallimits, weights, lambda sums: sums / count)


def _held_bins(a: Any, count: int, limits: Any, weights: Any) -> tuple[Any, ...]:
    return held(a), count, limits, None if weights is None else held(weights)


def _frequencies(plain: Any, a: Any, count: int, limits: Any, weights: Any, made: Any) -> Any:
    """Return SciPy's frequencies with the limits that numbers move, and as weights make them."""
    ends = _limits(plain[1:], a, count) if limits is None else plain[1:]
    if weights is None:
        return type(plain)(plain[0], *ends)
    given = held(a).ravel()
    place = np.floor((given - plain.lowerlimit) / plain.binsize).astype(int)
    inside = (place >= 0) & (place < count)
    inside |= np.isclose(given, plain.lowerlimit + count * plain.binsize)
    kept = np.flatnonzero(inside)
    group = xgrad.asarray(np.minimum(place[kept], count - 1))
    flat = xgrad.take(xgrad.reshape(xgrad.asarray(weights), (-1,)), xgrad.asarray(kept))
    return type(plain)(made(xgrad.segment_sum(flat, group, count)), *ends)


def _limits(found: Any, a: Any, count: int) -> Any:
    """Return where bins begin, and how wide they are, as the numbers' ends move them."""
    lower, width, extra = found
    if not is_tracked(a):
        return found
    low, high = xgrad.min(a), xgrad.max(a)
    beyond = (high - low) / (2.0 * (count - 1))
    begin = with_derivative_of(lower, low - beyond)
    return begin, with_derivative_of(width, (high - low + 2.0 * beyond) / count), extra


@twin("stats")
def ranksums(
    x: Any, y: Any, alternative: str = "two-sided", *, axis: Any = 0,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the test of ranks of two samples, a step function: its derivative is zero."""
    return chapter("stats").ranksums(
        held(x), held(y), alternative, axis=axis, nan_policy=nan_policy, keepdims=keepdims
    )


@twin("stats")
def weightedtau(
    x: Any, y: Any, rank: Any = True, weigher: Any = None, additive: bool = True, *,
    axis: Any = None, nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return a weighted correlation of ranks, a step function: its derivative is zero."""
    return chapter("stats").weightedtau(
        held(x), held(y), rank, weigher, additive, axis=axis, nan_policy=nan_policy,
        keepdims=keepdims,
    )  # fmt: skip


@twin("stats")
def somersd(x: Any, y: Any = None, alternative: str = "two-sided") -> Any:
    """Return Somers' D of ranks, a step function: its derivative is zero."""
    return chapter("stats").somersd(held(x), None if y is None else held(y), alternative)


@twin("stats")
def expectile(a: Any, alpha: Any = 0.5, *, weights: Any = None) -> Any:
    """Return an expectile, the root of its equation; see ``scipy.stats.expectile``.

    Differentiable in the sample, in `alpha` and in the weights.
    """
    a = xgrad.reshape(xgrad.asarray(a) * 1.0, (-1,))
    w = xgrad.ones_like(a) if weights is None else xgrad.asarray(weights) * 1.0
    level = xgrad.asarray(alpha) * 1.0
    held_w = None if weights is None else held(w)
    value = np.asarray(chapter("stats").expectile(held(a), float(level.detach()), weights=held_w))
    above = xgrad.asarray(held(a) > value)
    share = w * xgrad.where(above, level, 1.0 - level)
    return xgrad.sum(share * a) / xgrad.sum(share)  # where its equation is linear


@twin("stats")
def probplot(
    x: Any, sparams: Any = (), dist: Any = "norm", fit: bool = True, plot: Any = None,
    rvalue: bool = False,
) -> Any:  # fmt: skip
    """Return quantiles beside the sorted sample, and the line through them; see SciPy's."""
    only("probplot", plot=(plot, None), rvalue=(rvalue, False))
    x = xgrad.asarray(x)
    middle = chapter("stats").probplot(held(x), sparams, dist, fit=False)[0]
    middle, ordered = xgrad.asarray(middle), xgrad.sort(x)
    if not fit:
        return middle, ordered
    line = linregress(middle, ordered)
    return (middle, ordered), (line.slope, line.intercept, line.rvalue)
