"""Tests of whether a sample fits a distribution, and of the independence of a table."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import xgrad
from xgrad import special

from ...errors import NotDifferentiableError
from ..common import COMPILED, Later, chapter, estimated, only, raw, twin
from .multivariate import held

library = Later("scipy.stats")
twins = Later("xgrad.scipy.stats")

__all__ = ["anderson", "chi2_contingency", "cramervonmises", "ks_1samp", "kstest", "shapiro"]


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
    """Return the statistic of Kolmogorov and Smirnov, and the p-value, which has one derivative."""
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
    if method not in ("auto", "exact") or n > EXACT:
        return KsResult(statistic, _pvalue("ks_1samp", plain.pvalue, statistic))
    law = library.kstwo if alternative == "two-sided" else library.ksone
    return KsResult(statistic, _beyond(law, n, plain.pvalue, statistic))


EXACT = 10_000
"""Up to how many numbers SciPy's p-value is that of the statistic's own distribution."""


def _beyond(law: Any, n: int, value: Any, statistic: Any) -> Any:
    """Return the probability of a greater statistic, whose slope is minus the density."""

    @xgrad.custom_jvp
    def tail(d: Any) -> Any:
        return xgrad.asarray(value)

    @tail.defjvp
    def _rule(primals: Any, tangents: Any) -> Any:
        (d,), (t,) = primals, tangents
        density = estimated(
            "ks_1samp: the slope of pvalue", "statistic", law.pdf(held(d), n), d, COMPILED
        )
        return tail(d), -density * t

    return tail(statistic)


@twin("stats")
def kstest(
    rvs: Any, cdf: Any, args: Any = (), N: int = 20, alternative: str = "two-sided",
    method: str = "auto", *, axis: Any = 0, nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the test of Kolmogorov and Smirnov of a sample, against a distribution or another.

    The statistic of one sample is differentiable in it and in `args`; that of two has steps.
    """
    options = {"axis": axis, "nan_policy": nan_policy, "keepdims": keepdims}
    if isinstance(cdf, str):
        if not hasattr(library, cdf):
            raise ValueError(f"kstest: cdf is {cdf!r}; expected the name of a distribution")
        cdf = getattr(twins, cdf).cdf
    if callable(cdf):
        return ks_1samp(rvs, cdf, args, alternative, method, **options)
    return chapter("stats").ks_2samp(held(rvs), held(cdf), alternative, method, **options)


def _pvalue(name: str, value: Any, statistic: Any) -> Any:
    return estimated(f"{name}: pvalue", "statistic", value, statistic, COMPILED)


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
        cdf = getattr(twins, cdf).cdf
    plain = chapter("stats").cramervonmises(held(x), lambda v: held(cdf(xgrad.asarray(v), *args)))
    values = xgrad.asarray(cdf(xgrad.sort(x), *args))
    n = x.shape[0]
    u = (2.0 * np.arange(1, n + 1) - 1) / (2 * n)
    plain.statistic = 1 / (12 * n) + xgrad.sum((xgrad.asarray(u) - values) ** 2)
    plain.pvalue = _pvalue("cramervonmises", plain.pvalue, plain.statistic)
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
        return KsResult(statistic, _pvalue("anderson", plain.pvalue, statistic))
    return AndersonResult(statistic, plain.critical_values, plain.significance_level)


@twin("stats")
def chi2_contingency(
    observed: Any, correction: bool = True, lambda_: Any = None, *, method: Any = None
) -> Any:
    """Return the test of independence of a table of two or more axes; see SciPy's."""
    only("chi2_contingency", method=(method, None))
    table = xgrad.asarray(observed)
    plain = chapter("stats").chi2_contingency(held(table), correction, lambda_)
    total, expected = xgrad.sum(table), None
    for axis in np.arange(table.ndim):
        others = tuple(int(a) for a in np.arange(table.ndim) if a != axis)
        share = xgrad.sum(table, axis=others, keepdims=True)
        expected = share if expected is None else expected * share / total
    if plain.dof == 1 and correction:
        away = expected - table
        table = table + xgrad.sign(away) * xgrad.minimum(0.5, xgrad.abs(away))
    statistic = library.power_divergence(table, expected, axis=None, lambda_=lambda_).statistic
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
