"""Distances between vectors, and between all pairs of them, as in ``scipy.spatial.distance``.

Each metric is one line on arrays whose last axis holds the vectors; a distance of two vectors, of
all pairs of two sets, and of all pairs of one are that line on arrays that broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ...ops.beside import floating
from ...ops.lines import distances
from ...ops.products import promoted
from ..common import only, raw, rest_of, twin

__all__ = ["braycurtis", "canberra", "cdist", "chebyshev", "cityblock", "correlation", "cosine",
           "directed_hausdorff", "euclidean", "jensenshannon", "mahalanobis", "minkowski", "pdist",
           "seuclidean", "sqeuclidean", "squareform"]  # fmt: skip

CHAPTER = "spatial.distance"


def _sum(x: Any) -> Any:
    return xgrad.sum(x, axis=-1)


def _root(x: Any) -> Any:
    """Return a square root whose derivative at 0 is 0: a distance has its least value there."""
    apart = x > 0
    return xgrad.where(apart, xgrad.sqrt(xgrad.where(apart, x, 1.0)), 0.0)


def _ratio(a: Any, b: Any) -> Any:
    used = b != 0
    return xgrad.where(used, a / xgrad.where(used, b, 1.0), 0.0)


def _weighted(x: Any, w: Any) -> Any:
    return x if w is None else x * w


def _minkowski(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    away = xgrad.abs(u - v)
    if not hasattr(p, "shape"):
        if p == np.inf:
            return xgrad.max(away, axis=-1)
        if p <= 0:
            raise ValueError(f"minkowski: p is {p}; expected a number above 0")
        if p == 1:
            return _sum(_weighted(away, w))
        if p == 2:
            return _root(_sum(_weighted(away * away, w)))
    used = away > 0
    powers = xgrad.where(used, xgrad.where(used, away, 1.0) ** p, 0.0)
    total = _sum(_weighted(powers, w))
    some = total > 0
    return xgrad.where(some, xgrad.where(some, total, 1.0) ** (1.0 / p), 0.0)


def _chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    away = xgrad.abs(u - v)
    if w is not None:
        away = xgrad.where(xgrad.asarray(raw(w)) > 0, away, 0.0)
    return xgrad.max(away, axis=-1)


def _cosine(u: Any, v: Any, w: Any = None) -> Any:
    over = _sum(_weighted(u * v, w))
    lengths = _root(_sum(_weighted(u * u, w)) * _sum(_weighted(v * v, w)))
    return 1.0 - over / lengths


def _correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    if centered:
        total = 1.0 if w is None else xgrad.sum(xgrad.asarray(w))
        n = u.shape[-1] if w is None else total
        u = u - xgrad.sum(_weighted(u, w), axis=-1, keepdims=True) / n
        v = v - xgrad.sum(_weighted(v, w), axis=-1, keepdims=True) / n
    return _cosine(u, v, w)


def _braycurtis(u: Any, v: Any, w: Any = None) -> Any:
    return _sum(_weighted(xgrad.abs(u - v), w)) / _sum(_weighted(xgrad.abs(u + v), w))


def _canberra(u: Any, v: Any, w: Any = None) -> Any:
    return _sum(_weighted(_ratio(xgrad.abs(u - v), xgrad.abs(u) + xgrad.abs(v)), w))


def _jensenshannon(u: Any, v: Any, base: Any = None, w: Any = None) -> Any:
    p = u / xgrad.sum(u, axis=-1, keepdims=True)
    q = v / xgrad.sum(v, axis=-1, keepdims=True)
    m = (p + q) / 2.0
    js = _sum(xgrad.special.rel_entr(p, m)) + _sum(xgrad.special.rel_entr(q, m))
    js = js if base is None else js / np.log(base)
    return _root(xgrad.maximum(js / 2.0, xgrad.zeros_like(js)))


def _mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    away = u - v
    return _root(_sum((away @ xgrad.asarray(VI)) * away))


def _seuclidean(u: Any, v: Any, V: Any) -> Any:
    away = u - v
    return _root(_sum(away * away / xgrad.asarray(V)))


def _hamming(u: Any, v: Any, w: Any = None) -> Any:
    other = xgrad.astype(u != v, np.float64)
    return (
        xgrad.mean(other, axis=-1) if w is None else _sum(other * w) / xgrad.sum(xgrad.asarray(w))
    )


METRICS: dict[str, Callable[..., Any]] = {
    "braycurtis": _braycurtis,
    "canberra": _canberra,
    "chebyshev": _chebyshev,
    "cityblock": lambda u, v, w=None: _sum(_weighted(xgrad.abs(u - v), w)),
    "correlation": _correlation,
    "cosine": _cosine,
    "euclidean": lambda u, v, w=None: _minkowski(u, v, 2, w),
    "hamming": _hamming,
    "jensenshannon": _jensenshannon,
    "mahalanobis": _mahalanobis,
    "minkowski": _minkowski,
    "seuclidean": _seuclidean,
    "sqeuclidean": lambda u, v, w=None: _sum(_weighted((u - v) * (u - v), w)),
}
"""The metrics that have derivatives; those of truth values have none."""

SHORT = {
    "euclid": "euclidean",
    "eu": "euclidean",
    "e": "euclidean",
    "sqe": "sqeuclidean",
    "sqeuclid": "sqeuclidean",
    "cityblock": "cityblock",
    "cblock": "cityblock",
    "cb": "cityblock",
    "c": "cityblock",
    "cos": "cosine",
    "mi": "minkowski",
    "m": "minkowski",
    "mahal": "mahalanobis",
    "mahalanobis": "mahalanobis",
    "se": "seuclidean",
    "s": "seuclidean",
    "js": "jensenshannon",
    "co": "correlation",
    "chebychev": "chebyshev",
    "cheby": "chebyshev",
    "cheb": "chebyshev",
    "ch": "chebyshev",
}
"""SciPy's shorter names."""


def _pair(name: str, u: Any, v: Any, *args: Any) -> Any:
    u, v = xgrad.asarray(u), xgrad.asarray(v)
    if u.ndim != 1 or v.ndim != 1 or u.shape != v.shape:
        raise ValueError(f"{name}: got shapes {u.shape} and {v.shape}; expected two vectors")
    return METRICS[name](u, v, *args)


@twin(CHAPTER, "D")
def euclidean(u: Any, v: Any, w: Any = None) -> Any:
    """Return the Euclidean distance of two vectors; its derivative where they are equal is 0."""
    return _pair("euclidean", u, v, w)


@twin(CHAPTER)
def sqeuclidean(u: Any, v: Any, w: Any = None) -> Any:
    """Return the squared Euclidean distance of two vectors."""
    return _pair("sqeuclidean", u, v, w)


@twin(CHAPTER)
def cityblock(u: Any, v: Any, w: Any = None) -> Any:
    """Return the sum of absolute differences of two vectors."""
    return _pair("cityblock", u, v, w)


@twin(CHAPTER)
def chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    """Return the largest absolute difference of two vectors."""
    return _pair("chebyshev", u, v, w)


@twin(CHAPTER, "D")
def minkowski(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    """Return the Minkowski distance of order `p`, which may be tracked too."""
    return _pair("minkowski", u, v, p, w)


@twin(CHAPTER)
def cosine(u: Any, v: Any, w: Any = None) -> Any:
    """Return one less the cosine of the angle of two vectors."""
    return _pair("cosine", u, v, w)


@twin(CHAPTER)
def correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    """Return one less the correlation of two vectors."""
    return _pair("correlation", u, v, w, centered)


@twin(CHAPTER, "D")
def braycurtis(u: Any, v: Any, w: Any = None) -> Any:
    """Return the Bray-Curtis distance of two vectors."""
    return _pair("braycurtis", u, v, w)


@twin(CHAPTER, "D")
def canberra(u: Any, v: Any, w: Any = None) -> Any:
    """Return the Canberra distance of two vectors."""
    return _pair("canberra", u, v, w)


@twin(CHAPTER)
def jensenshannon(
    p: Any, q: Any, base: Any = None, *, axis: int = 0, keepdims: bool = False
) -> Any:
    """Return the Jensen-Shannon distance of two distributions."""
    p, q = xgrad.moveaxis(xgrad.asarray(p), axis, -1), xgrad.moveaxis(xgrad.asarray(q), axis, -1)
    out = _jensenshannon(p, q, base)
    return xgrad.expand_dims(out, axis=axis) if keepdims else out


@twin(CHAPTER)
def mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    """Return the Mahalanobis distance of two vectors, by the inverse covariance `VI`."""
    return _pair("mahalanobis", u, v, VI)


@twin(CHAPTER)
def seuclidean(u: Any, v: Any, V: Any) -> Any:
    """Return the Euclidean distance of two vectors over the variances `V`."""
    return _pair("seuclidean", u, v, V)


def _metric(
    name: str, metric: Any, XA: Any, XB: Any, options: dict[str, Any]
) -> Callable[..., Any]:
    if callable(metric):
        return lambda u, v: metric(u, v, **options)
    found = SHORT.get(str(metric).lower(), str(metric).lower())
    if found not in METRICS:
        raise NotImplementedError(
            f"{name}: the metric {metric!r} has no derivative; those that have are "
            f"{', '.join(METRICS)}"
        )
    both = XA if XB is None else xgrad.concat([XA, XB])
    if found == "seuclidean" and options.get("V") is None:
        options = {**options, "V": xgrad.var(both, axis=0, correction=1)}
    if found == "mahalanobis" and options.get("VI") is None:
        away = both - xgrad.mean(both, axis=0)
        cov = xgrad.matrix_transpose(away) @ away / (both.shape[0] - 1)
        options = {**options, "VI": xgrad.matrix_transpose(xgrad.linalg.inv(cov))}
    return lambda u, v: METRICS[found](u, v, **options)


def _is_euclidean(metric: Any, options: dict[str, Any]) -> bool:
    """Whether a metric is the common distance, of which all pairs are one op."""
    found = SHORT.get(str(metric).lower(), str(metric).lower())
    plain = found == "euclidean" or (found == "minkowski" and _is_two(options.get("p", 2)))
    return plain and options.get("w") is None


def _is_two(p: Any) -> bool:
    return not hasattr(p, "shape") and p == 2


@twin(CHAPTER, "D")
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """Return the distances of all pairs of two sets of vectors; see SciPy's ``cdist``.

    Args:
        XA: vectors as rows.
        XB: the others.
        metric: SciPy's name, or a function of two vectors.
        out: must be None.
        kwargs: the metric's own, as ``p``, ``w``, ``V``, ``VI``.
    """
    XA, XB = xgrad.asarray(XA), xgrad.asarray(XB)
    if XA.ndim != 2 or XB.ndim != 2 or XA.shape[1] != XB.shape[1]:
        raise ValueError(f"cdist: got shapes {XA.shape} and {XB.shape}; expected rows as long")
    f = _metric("cdist", metric, XA, XB, kwargs)
    if callable(metric):
        rows = [[f(XA[i, :], XB[j, :]) for j in range(XB.shape[0])] for i in range(XA.shape[0])]
        return xgrad.stack([xgrad.stack([xgrad.asarray(v) for v in row]) for row in rows])
    if _is_euclidean(metric, kwargs):
        return distances(*promoted(floating(XA, "cdist"), floating(XB, "cdist")))
    return f(XA[:, None, :], XB[None, :, :])


@twin(CHAPTER, "D")
def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """Return the distances of all pairs of one set, as a vector; see SciPy's ``pdist``."""
    X = xgrad.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"pdist: X has shape {X.shape}; expected vectors as rows")
    one, two = np.triu_indices(X.shape[0], 1)
    f = _metric("pdist", metric, X, None, kwargs)
    if callable(metric):
        return xgrad.stack(
            [xgrad.asarray(f(X[i, :], X[j, :])) for i, j in zip(one, two, strict=True)]
        )
    if _is_euclidean(metric, kwargs):  # both halves together take less than one by itself
        both = xgrad.reshape(cdist(X, X), (-1,))
        return xgrad.take(both, xgrad.asarray(one * X.shape[0] + two))
    return f(xgrad.take(X, xgrad.asarray(one), axis=0), xgrad.take(X, xgrad.asarray(two), axis=0))


@twin(CHAPTER)
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """Turn a vector of distances into a matrix, or back; see SciPy's ``squareform``."""
    only("squareform", force=(force, "no"))
    X = xgrad.asarray(X)
    if X.ndim == 2:
        one, two = np.triu_indices(X.shape[0], 1)
        return X[xgrad.asarray(one), xgrad.asarray(two)]
    n = int(np.ceil(np.sqrt(X.shape[0] * 2)))
    if X.ndim != 1 or n * (n - 1) != X.shape[0] * 2:
        raise ValueError(f"squareform: X has shape {X.shape}; expected the pairs of some vectors")
    one, two = np.triu_indices(n, 1)
    place = np.full((n, n), X.shape[0])
    place[one, two] = place[two, one] = np.arange(X.shape[0])
    padded = xgrad.pad(X, (0, 1))
    return xgrad.reshape(xgrad.take(padded, xgrad.asarray(place.ravel())), (n, n))


@twin(CHAPTER, "D")
def directed_hausdorff(u: Any, v: Any, rng: Any = 0, *, seed: Any = None) -> Any:
    """Return the directed Hausdorff distance, and the two points that it is between."""
    u, v = xgrad.asarray(u), xgrad.asarray(v)
    held = cdist(u, v)
    nearest = xgrad.min(held, axis=1)
    i = int(np.argmax(raw(nearest.detach())))
    return nearest[i], i, int(np.argmin(raw(held.detach())[i]))


__getattr__ = rest_of("spatial.distance")
