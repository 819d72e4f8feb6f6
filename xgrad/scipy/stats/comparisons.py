"""Tests of whether groups have one mean: of two by trimmed ones, of each pair, with a control."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ..common import Later, arrays_in, chapter, fixed, only, twin, with_derivative_of
from ..mistakes import told
from .multivariate import held
from .ranges import below_all

__all__ = ["dunnett", "ttest_ind", "tukey_hsd"]

library: Any = Later("scipy.stats")
kinds: Any = Later("scipy.stats._stats_py")
twins: Any = Later("xgrad.scipy.stats")
SIGNS = {"less": -1, "two-sided": 0, "greater": 1}


@told("stats")
def ttest_ind(
    a: Any, b: Any, *, axis: Any = 0, equal_var: bool = True, nan_policy: str = "propagate",
    alternative: str = "two-sided", trim: Any = 0, method: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the t-test of two independent samples; see ``scipy.stats.ttest_ind``.

    Without `trim` SciPy's own code is recorded; with it the means are trimmed, and the variances
    are of the samples with their tails drawn in (Yuen 1974, Biometrika 61, 165).
    """
    options = {"axis": axis, "equal_var": equal_var, "nan_policy": nan_policy,
               "alternative": alternative, "method": method, "keepdims": keepdims}  # fmt: skip
    if not arrays_in(a, b, trim) or (type(trim) in (int, float) and trim == 0):
        own = library.ttest_ind
        return getattr(own, "xgrad_original", own)(a, b, trim=trim, **options)
    only("ttest_ind", nan_policy=(nan_policy, "propagate"), method=(method, None))
    trim = float(fixed("ttest_ind", trim=trim))
    if not 0 <= trim < 0.5:
        raise ValueError(f"ttest_ind: trim is {trim}; expected a share from 0 to below 0.5")
    if alternative not in SIGNS:
        raise ValueError(f"ttest_ind: alternative is {alternative!r}; expected one of {[*SIGNS]}")
    parts = [_of_middle(xgrad.asarray(x) * 1.0, trim, axis, keepdims) for x in (a, b)]
    (m1, v1, n1), (m2, v2, n2) = parts
    df: Any = n1 + n2 - 2.0
    if equal_var:
        error = xgrad.sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / df * (1 / n1 + 1 / n2))
    else:
        one, two = v1 / n1, v2 / n2
        df = (one + two) ** 2 / (one**2 / (n1 - 1) + two**2 / (n2 - 1))
        error = xgrad.sqrt(one + two)
    apart = m1 - m2
    t = apart / error
    df = xgrad.broadcast_to(xgrad.astype(xgrad.asarray(df), t.dtype), t.shape)
    tail = {"less": t, "greater": -t}.get(alternative, -xgrad.abs(t))
    p = special.stdtr(df, tail) * (2.0 if alternative == "two-sided" else 1.0)
    more = {"df": df, "standard_error": error, "estimate": apart}
    return kinds.TtestResult(t, p, alternative=SIGNS[alternative], **more)


def _of_middle(x: Any, trim: float, axis: Any, keepdims: bool) -> tuple[Any, Any, int]:
    """Return the trimmed mean, the variance with the tails drawn in, and how many are left."""
    kept = (1,) * x.ndim if axis is None else None
    x = xgrad.reshape(x, (-1,)) if axis is None else x
    along = 0 if axis is None else axis
    x = xgrad.sort(x, axis=along)
    n = x.shape[along]
    cut = int(n * trim)
    middle, drawn = (
        xgrad.take(x, xgrad.asarray(places), axis=along)
        for places in (np.arange(cut, n - cut), np.clip(np.arange(n), cut, n - cut - 1))
    )
    mean = xgrad.mean(middle, axis=along, keepdims=keepdims)
    whole = xgrad.sum(x, axis=along, keepdims=keepdims)
    mean = xgrad.where(xgrad.isnan(whole), np.nan, mean)  # which may be cut off
    away = drawn - xgrad.mean(drawn, axis=along, keepdims=True)
    var = xgrad.sum(away * away, axis=along, keepdims=keepdims) / (n - 2 * cut - 1)
    if keepdims and kept:
        mean, var = xgrad.reshape(mean, kept), xgrad.reshape(var, kept)
    return mean, var, n - 2 * cut


def _variance(x: Any) -> Any:
    away = x - xgrad.mean(x)
    return xgrad.sum(away * away)


@twin("stats")
def tukey_hsd(*args: Any, equal_var: bool = True) -> Any:
    """Return Tukey's test of the mean of each pair of groups; see ``scipy.stats.tukey_hsd``.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> one, two = np.asarray([1.0, 2.0, 4.0]), np.asarray([2.0, 3.0, 5.0])
    >>> moved = lambda d: scipy.stats.tukey_hsd(one, two, one + d).pvalue[0, 2]
    >>> round(float(xg.grad(moved)(2.0)), 4)
    -0.301
    """
    plain = chapter("stats").tukey_hsd(*map(held, args), equal_var=equal_var)
    groups = [xgrad.asarray(x) * 1.0 for x in args]
    sizes = np.asarray([x.shape[0] for x in groups], dtype=float)
    means = xgrad.stack([xgrad.mean(x) for x in groups])
    squares = xgrad.stack([_variance(x) for x in groups])
    df: Any
    if equal_var:
        df = float(np.sum(sizes) - len(groups))
        each = xgrad.asarray(1.0 / sizes + 1.0 / sizes[:, None])
        error = xgrad.sqrt(0.5 * each * (xgrad.sum(squares) / df))
    else:
        share = squares / xgrad.asarray(sizes * (sizes - 1.0))
        parts = share**2 / xgrad.asarray(sizes - 1.0)
        both = share + share[:, None]
        df = both**2 / (parts + parts[:, None])
        error = xgrad.sqrt(0.5 * both)
    apart = means[:, None] - means
    p = twins.studentized_range.sf(xgrad.abs(apart) / error, float(len(groups)), df)
    if np.ndim(plain._stand_err) == 0:
        error = error[0, 0]
    return type(plain)(apart, p, len(groups), df if not equal_var else plain._df, error)


@twin("stats")
def dunnett(
    *samples: Any, control: Any, alternative: str = "two-sided", rng: Any = None,
    random_state: Any = None,
) -> Any:  # fmt: skip
    """Return Dunnett's test of the means of groups against a control's; see SciPy's.

    The p-values are SciPy's draws of them, and their derivative is that of the integral.
    """
    drawn = {k: v for k, v in (("rng", rng), ("random_state", random_state)) if v is not None}
    given = [held(x) for x in samples]
    options = {"control": held(control), "alternative": alternative, **drawn}
    plain = chapter("stats").dunnett(*given, **options)
    groups = [xgrad.asarray(x) * 1.0 for x in samples]
    base = xgrad.asarray(control) * 1.0
    sizes = np.asarray([x.shape[0] for x in groups], dtype=float)
    count = float(base.shape[0])
    std = xgrad.sqrt(sum((_variance(x) for x in groups), _variance(base)) / float(plain._df))
    means, mean = xgrad.stack([xgrad.mean(x) for x in groups]), xgrad.mean(base)
    statistic = (means - mean) / (std * xgrad.asarray(np.sqrt(1.0 / sizes + 1.0 / count)))
    loads = 1.0 / np.sqrt(count / sizes + 1.0)
    h = {"greater": statistic, "less": -statistic}.get(alternative, xgrad.abs(statistic))
    p = 1.0 - below_all(h, loads, float(plain._df), alternative == "two-sided")
    return dataclasses.replace(
        plain, statistic=statistic, pvalue=with_derivative_of(plain.pvalue, p), _std=std,
        _mean_samples=means, _mean_control=mean,
    )  # fmt: skip
