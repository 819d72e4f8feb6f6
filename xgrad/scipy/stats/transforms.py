"""Transforms of samples: towards a normal distribution, without their tails, for a test."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...custom.equation import implicit
from ..common import chapter, only, twin
from .multivariate import held

__all__ = ["boxcox", "boxcox_llf", "boxcox_normmax", "obrientransform", "trim1", "trimboth",
           "yeojohnson", "yeojohnson_normmax"]  # fmt: skip


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
    """Return data transformed by Yeo and Johnson, and the best exponent if none is given."""
    x = xgrad.asarray(x) * 1.0
    if lmbda is None:
        best = yeojohnson_normmax(x)
        return _yeojohnson(x, best), best
    return _yeojohnson(x, xgrad.asarray(lmbda) * 1.0)


def _yeojohnson(x: Any, lmb: Any) -> Any:
    up = x >= 0
    high, low = xgrad.where(up, x, 0.0), xgrad.where(up, 0.0, x)
    return xgrad.where(up, special.boxcox1p(high, lmb), -special.boxcox1p(-low, 2.0 - lmb))


@twin("stats")
def yeojohnson_normmax(x: Any, brack: Any = None) -> Any:
    """Return the exponent of greatest likelihood of Yeo and Johnson, by its equation."""
    x = xgrad.asarray(x) * 1.0
    found = chapter("stats").yeojohnson_normmax(held(x), brack)

    def likelihood(lmb: Any) -> Any:
        logs = xgrad.sum(xgrad.sign(x) * xgrad.log1p(xgrad.abs(x)))
        return (lmb - 1.0) * logs - 0.5 * x.size * xgrad.log(xgrad.var(_yeojohnson(x, lmb)))

    return implicit(xgrad.grad(likelihood), np.asarray(float(found)))


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
