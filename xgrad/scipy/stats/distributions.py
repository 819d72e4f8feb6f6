"""Distributions: densities, distribution functions, quantiles and moments, by value and parameters.

A distribution is written in its standard form, by its density and distribution function; location
and scale are added to all. A quantile solves ``cdf(x) = q``, and its derivative is that equation's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...arrays.array import Array
from ...custom.equation import implicit
from ..common import arrays_in, chapter, raw, raws
from .integrals import beyond, expectation, terms, trusted
from .written import CompiledError, standard, support, written

__all__ = ["DISTRIBUTIONS", "Continuous", "Discrete", "Frozen", "twin_of"]

Function = Callable[..., Any]
EULER = float(np.euler_gamma)
POWERS = {"mean": 1, "var": 2, "skew": 3, "kurtosis": 4}
"""Of which power of the distance from the mean a moment is the average."""


def _f(x: Any) -> Any:
    """Return an argument as an array of floating-point numbers."""
    x = xgrad.asarray(x)
    return x if x.dtype.kind == "f" else xgrad.astype(x, np.float64)


class _Distribution:
    """What distributions of SciPy are asked for, on arrays of xgrad.

    Where no `Array` is given, SciPy's own object answers, which is ``self.plain``.
    """

    parameters: tuple[str, ...] = ("loc", "scale")

    def __init__(
        self, name: str, shapes: str, low: Any, high: Any, log_density: Function, cdf: Any = None,
        sf: Any = None, logcdf: Any = None, mean: Any = None, var: Any = None, entropy: Any = None,
        plain: Any = None,
    ) -> None:  # fmt: skip
        self.name, self.shapes, self.low, self.high = name, shapes.split(), low, high
        self.log_density, self._cdf, self._sf, self._logcdf = log_density, cdf, sf, logcdf
        self._mean, self._var, self._entropy, self._plain = mean, var, entropy, plain

    @property
    def plain(self) -> Any:
        """The object of SciPy."""
        return self._plain or getattr(chapter("stats"), self.name)

    def _part(self, name: str) -> Any:
        """Return a function of the standard form: the table's, or else that of SciPy's own code."""
        return getattr(self, name) or written(self.plain, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.plain, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution with its parameters fixed."""
        return self.freeze(*args, **kwargs)

    def freeze(self, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution with its parameters fixed."""
        if not arrays_in(args, kwargs):
            return self.plain.freeze(*args, **kwargs)
        return Frozen(self, args, kwargs)

    def _split(self, name: str, args: Any, kwargs: Any) -> tuple[list[Any], Any, Any]:
        """Return shapes, location and scale of a call, as SciPy reads its arguments."""
        given, kwargs = list(args), dict(kwargs)
        values = []
        for key in (*self.shapes, *self.parameters):
            if given:
                values.append(_f(given.pop(0)))
            elif key in kwargs:
                values.append(_f(kwargs.pop(key)))
            elif key in self.parameters:
                values.append(0.0 if key == "loc" else 1.0)
            else:
                raise TypeError(f"{self.name}.{name}: the shape parameter {key!r} is missing")
        if given or kwargs:
            raise TypeError(f"{self.name}.{name}: got too many arguments, {[*given, *kwargs]}")
        count = len(self.shapes)
        return values[:count], values[count], values[count + 1] if len(values) > count + 1 else 1.0

    def _answers(self, name: str, *given: Any) -> Any:
        """Return SciPy's own method if no `Array` is given."""
        return None if arrays_in(*given) else getattr(self.plain, name)

    def _at(self, name: str, x: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        """Return the standard variable where the density is positive, and where that is."""
        shapes, loc, scale = self._split(name, args, kwargs)
        y = (_f(x) - loc) / scale
        low, high = (e(*shapes) if callable(e) else e for e in (self.low, self.high))
        inside = (y >= low) & (y <= high)
        held = raw(inside.detach())
        if held.all():
            return y, shapes, scale, inside, low, high
        middle = self._inner(low, high)
        return xgrad.where(inside, y, middle), shapes, scale, inside, low, high

    @staticmethod
    def _inner(low: Any, high: Any) -> Any:
        """Return a number between the ends of the support, to stand for those outside."""
        ends = [raw(v.detach()) if isinstance(v, Array) else v for v in (low, high)]
        if np.all(np.isfinite(ends[0])) and np.all(np.isfinite(ends[1])):
            return (low + high) / 2
        return low + 1.0 if np.all(np.isfinite(ends[0])) else high - 1.0

    def _below(self, name: str, f: Function, x: Any, args: Any, kwargs: Any, ends: Any) -> Any:
        shapes, loc, scale = self._split(name, args, kwargs)
        given = _f(x)
        y, shapes, _, inside, low, _ = self._at(name, x, args, kwargs)
        standard = (given - loc) / scale
        return xgrad.where(inside, f(y, *shapes), xgrad.where(standard < low, *ends))

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution function."""
        own = self._answers("cdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        return self._below("cdf", self._standard_cdf, x, args, kwargs, (0.0, 1.0))

    def _standard_cdf(self, y: Any, *shapes: Any) -> Any:
        return self._tail("_cdf", y, shapes)

    def _standard_sf(self, y: Any, *shapes: Any) -> Any:
        if self._cdf:
            return self._sf(y, *shapes) if self._sf else 1.0 - self._cdf(y, *shapes)
        return self._tail("_sf", y, shapes)

    def _tail(self, name: str, y: Any, shapes: Any) -> Any:
        """Return a distribution function by SciPy's code, or else by the integral of the density."""
        other = "_sf" if name == "_cdf" else "_cdf"
        for which in (name, other):
            own = self._part(which)
            try:
                if own is not None:
                    return own(y, *shapes) if which == name else 1.0 - own(y, *shapes)
            except CompiledError:
                continue
        return self._integrated(name, y, shapes)

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        raise NotImplementedError(f"{self.name}: its {name[1:]} has no derivative here")

    def _logarithm(self, name: str) -> Any:
        """Return the logarithm of a tail, by SciPy's code where that is array code."""
        own = None if self._cdf else written(self.plain, f"_log{name}")
        tail = self._standard_cdf if name == "cdf" else self._standard_sf

        def log(y: Any, *shapes: Any) -> Any:
            try:
                if own is not None:
                    return own(y, *shapes)
            except CompiledError:
                pass
            return xgrad.log(tail(y, *shapes))

        return log

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the survival function, ``1 - cdf``."""
        own = self._answers("sf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        return self._below("sf", self._standard_sf, x, args, kwargs, (1.0, 0.0))

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the distribution function."""
        own = self._answers("logcdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        f = self._logcdf or self._logarithm("cdf")
        return self._below("logcdf", f, x, args, kwargs, (-np.inf, 0.0))

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the survival function."""
        own = self._answers("logsf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        return self._below("logsf", self._logarithm("sf"), x, args, kwargs, (0.0, -np.inf))

    def _moment(self, name: str, rule: Any, args: Any, kwargs: Any, f: Function) -> Any:
        own = self._answers(name, args, kwargs)
        if own:
            return own(*args, **kwargs)
        shapes, loc, scale = self._split(name, args, kwargs)
        return f(xgrad.asarray(self._standard_moment(name, rule, shapes)), loc, scale)

    def _standard_moment(self, name: str, rule: Any, shapes: Any) -> Any:
        rule = rule or written(self.plain, f"_{name}")
        try:
            if rule is not None:
                return rule(*shapes)
        except CompiledError:
            pass
        return self._averaged(name, shapes)

    def _averaged(self, name: str, shapes: Any) -> Any:
        raise NotImplementedError(f"{self.name}.{name} has no derivative here")

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """Return the mean."""
        return self._moment("mean", self._mean, args, kwargs, lambda m, loc, scale: loc + scale * m)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """Return the variance."""
        return self._moment("var", self._var, args, kwargs, lambda v, loc, scale: scale * scale * v)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """Return the standard deviation."""
        if not arrays_in(args, kwargs):
            return self.plain.std(*args, **kwargs)
        return xgrad.sqrt(self.var(*args, **kwargs))

    def stats(self, *args: Any, moments: str = "mv", **kwargs: Any) -> Any:
        """Return mean, variance, skewness and excess kurtosis, those that `moments` names."""
        if not arrays_in(args, kwargs):
            return self.plain.stats(*args, moments=moments, **kwargs)
        found: list[Any] = []
        for kind in moments:
            if kind in "mv":
                found.append((self.mean if kind == "m" else self.var)(*args, **kwargs))
                continue
            name = {"s": "skew", "k": "kurtosis"}[kind]
            found.append(self._moment(name, None, args, kwargs, lambda m, loc, scale: m))
        return found[0] if len(found) == 1 else tuple(found)


class Continuous(_Distribution):
    """A continuous distribution; see `_Distribution`."""

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the density, minus infinity outside of the support."""
        own = self._answers("logpdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        y, shapes, scale, inside, *_ = self._at("logpdf", x, args, kwargs)
        value = self.log_density(y, *shapes)
        value = value - xgrad.log(scale) if isinstance(scale, Array) else value
        return xgrad.where(inside, value, -np.inf)

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the density, zero outside of the support."""
        own = self._answers("pdf", x, args, kwargs)
        if own:
            return own(x, *args, **kwargs)
        y, shapes, scale, inside, *_ = self._at("pdf", x, args, kwargs)
        return xgrad.where(inside, self._standard_pdf(y, *shapes) / scale, 0.0)

    def _standard_pdf(self, y: Any, *shapes: Any) -> Any:
        own = written(self._plain, "_pdf") if self._plain else None
        return own(y, *shapes) if own else xgrad.exp(self.log_density(y, *shapes))

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        return beyond(self.plain, self._standard_pdf, y, shapes, name == "_sf")

    def _averaged(self, name: str, shapes: Any) -> Any:
        if name == "entropy":
            return expectation(self.plain, self._surprise, self.plain.entropy, shapes)
        power = POWERS[name]
        mean: Any = self._standard_moment("mean", self._mean, shapes) if power > 1 else 0.0
        var: Any = self._standard_moment("var", self._var, shapes) if power > 2 else 1.0
        away = mean[..., None] if np.ndim(raw(mean)) else mean

        def value(*held: Any) -> Any:
            found = self.plain.stats(*held, moments=name[0]) + (3.0 if power == 4 else 0.0)
            return found * (raw(var.detach()) ** (power / 2) if power > 2 else 1.0)

        def integrand(y: Any, *s: Any) -> Any:
            return self._standard_pdf(y, *s) * (y - away) ** power

        total = expectation(self.plain, integrand, value, shapes)
        return total / var ** (power / 2) - (3.0 if power == 4 else 0.0)

    def _surprise(self, y: Any, *shapes: Any) -> Any:
        density = self._standard_pdf(y, *shapes)
        return special.entr(xgrad.where(density.detach() > 1e-200, density, 1.0))

    def _quantile(self, name: str, q: Any, args: Any, kwargs: Any, f: Function, sign: float) -> Any:
        own = self._answers(name, q, args, kwargs)
        if own:
            return own(q, *args, **kwargs)
        shapes, loc, scale = self._split(name, args, kwargs)
        q = _f(q)
        given = (
            np.broadcast_arrays(*(raw(v.detach()) for v in (q, *shapes)))
            if shapes
            else [raw(q.detach())]
        )
        x = np.asarray(getattr(self.plain, name)(*given))
        slope = sign * np.asarray(self.plain.pdf(x, *given[1:]))
        here = np.isfinite(x) & (slope != 0)
        safe = xgrad.asarray(here)

        def inverse(b: Any, adjoint: bool) -> Any:
            return np.where(here, b, 0.0) / np.where(here, slope, 1.0)

        def equation(y: Array) -> Any:
            away = f(xgrad.where(safe, y, 0.5), *shapes) - q
            return xgrad.where(safe, away, 0.0 * y)

        return loc + scale * implicit(equation, x, inverse)

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the quantile, the inverse of the distribution function."""
        return self._quantile("ppf", q, args, kwargs, self._standard_cdf, 1.0)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the inverse of the survival function."""
        return self._quantile("isf", q, args, kwargs, self._standard_sf, -1.0)

    def median(self, *args: Any, **kwargs: Any) -> Any:
        """Return the median."""
        if not arrays_in(args, kwargs):
            return self.plain.median(*args, **kwargs)
        shape = np.broadcast_shapes(*[np.shape(raw(v)) for v in (*args, *kwargs.values())])
        return self.ppf(xgrad.asarray(np.full(shape, 0.5)), *args, **kwargs)

    def interval(self, confidence: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the ends of the interval that holds a share of the distribution."""
        if not arrays_in(confidence, args, kwargs):
            return self.plain.interval(confidence, *args, **kwargs)
        share = _f(confidence)
        return self.ppf(0.5 - share / 2, *args, **kwargs), self.ppf(
            0.5 + share / 2, *args, **kwargs
        )

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """Return the differential entropy."""
        log: Any = lambda s: xgrad.log(s) if isinstance(s, Array) else math.log(s)  # noqa: E731
        return self._moment(
            "entropy", self._entropy, args, kwargs, lambda h, loc, scale: h + log(scale)
        )

    def nnlf(self, theta: Any, x: Any) -> Any:
        """Return minus the log-likelihood of data."""
        if not arrays_in(theta, x):
            return self.plain.nnlf(theta, x)
        return -xgrad.sum(self.logpdf(x, *(theta[i] for i in range(len(theta)))))

    def fit(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the parameters of greatest likelihood; normal and exponential in closed form."""
        if not arrays_in(data, args, kwargs):
            return self.plain.fit(data, *args, **kwargs)
        data = _f(data)
        if args or kwargs or self.name not in ("norm", "expon", "uniform"):
            raise NotImplementedError(
                f"{self.name}.fit has no derivative here; minimise nnlf by xgrad.scipy.optimize.minimize"
            )
        if self.name == "norm":
            return xgrad.mean(data), xgrad.std(data)
        low = xgrad.min(data)
        return low, (xgrad.mean(data) if self.name == "expon" else xgrad.max(data)) - low


class Discrete(_Distribution):
    """A discrete distribution: by its parameters, for it is a step function of the value."""

    parameters = ("loc",)

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the logarithm of the probability of a value."""
        own = self._answers("logpmf", k, args, kwargs)
        if own:
            return own(k, *args, **kwargs)
        y, shapes, _, inside, *_ = self._at("logpmf", k, args, kwargs)
        whole = inside & (y == xgrad.floor(y))
        return xgrad.where(whole, self.log_density(y.detach(), *shapes), -np.inf)

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the probability of a value."""
        own = self._answers("pmf", k, args, kwargs)
        return own(k, *args, **kwargs) if own else xgrad.exp(self.logpmf(k, *args, **kwargs))

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the quantile, which has no derivative."""
        return xgrad.asarray(self.plain.ppf(*raws((q, *args)), **raws(kwargs)))

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """Return the entropy."""
        return self._moment("entropy", self._entropy, args, kwargs, lambda h, loc, scale: h)

    def _probabilities(self, shapes: Any, last: Any = None) -> tuple[Any, Any]:
        k = xgrad.asarray(terms(self.plain, shapes, last))
        wide = [xgrad.asarray(s)[..., None] for s in shapes]
        return k, xgrad.exp(self.log_density(k, *wide))

    def _integrated(self, name: str, y: Any, shapes: Any) -> Any:
        at = xgrad.floor(y.detach())
        k, p = self._probabilities(shapes, raw(at))
        below = xgrad.sum(xgrad.where(k <= at[..., None], p, 0.0), axis=-1)
        return below if name == "_cdf" else 1.0 - below

    def _averaged(self, name: str, shapes: Any) -> Any:
        k, p = self._probabilities(shapes)
        if name == "entropy":
            surprise = special.entr(xgrad.where(p.detach() > 1e-200, p, 1.0))
            return trusted(self.plain, self.plain.entropy, xgrad.sum(surprise, axis=-1), shapes)
        power = POWERS[name]
        mean: Any = xgrad.sum(k * p, axis=-1)
        away = k - mean[..., None]
        total = mean if power == 1 else xgrad.sum(p * away**power, axis=-1)
        if power > 2:
            var = xgrad.sum(p * away**2, axis=-1)
            total = total / var ** (power / 2) - (3.0 if power == 4 else 0.0)

        def value(*held: Any) -> Any:
            return self.plain.stats(*held, moments=name[0])

        return trusted(self.plain, value, total, shapes)


class Frozen:
    """A distribution with fixed parameters, of which one is an `Array`."""

    def __init__(self, dist: Any, args: tuple[Any, ...], kwds: dict[str, Any]) -> None:
        self.dist, self.args, self.kwds = dist, args, kwds

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(self.dist, name)
        return lambda *x: method(*x, *self.args, **self.kwds)


# The table ----------------------------------------------------------------------------------------

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_xlogy, _xlog1py, _ln = special.xlogy, special.xlog1py, special.gammaln
INF = np.inf


def _t_log(x: Any, v: Any) -> Any:
    half = (v + 1.0) / 2.0
    return _ln(half) - _ln(v / 2.0) - 0.5 * xgrad.log(v * math.pi) - half * xgrad.log1p(x * x / v)


def _f_log(x: Any, a: Any, b: Any) -> Any:
    return (
        _xlogy(a / 2, a) + _xlogy(b / 2, b) + _xlogy(a / 2 - 1, x)
        - ((a + b) / 2) * xgrad.log(b + a * x) - special.betaln(a / 2, b / 2)
    )  # fmt: skip


def _psi(x: Any) -> Any:
    return special.digamma(x)


def _binom_log(k: Any, n: Any, p: Any) -> Any:
    return _ln(n + 1) - _ln(k + 1) - _ln(n - k + 1) + _xlogy(k, p) + _xlog1py(n - k, -p)


def _binom_cdf(k: Any, n: Any, p: Any) -> Any:
    k = xgrad.floor(k.detach())
    rest = xgrad.where(k < n, n - k, 1.0)
    return xgrad.where(k < n, special.betaincc(k + 1.0, rest, p), 1.0)


def _nbinom_log(k: Any, n: Any, p: Any) -> Any:
    return _ln(n + k) - _ln(k + 1) - _ln(n) + n * xgrad.log(p) + _xlog1py(k, -p)


def _gev_power(x: Any, c: Any) -> Any:
    return xgrad.log1p(-c * x) / c


def _mass(a: Any, b: Any) -> Any:
    """Return the normal probability of an interval, from the tail that it lies in."""
    left = special.ndtr(b) - special.ndtr(a)
    return xgrad.where(a > 0, special.ndtr(-a) - special.ndtr(-b), left)


def _bell(x: Any) -> Any:
    return xgrad.exp(-0.5 * x * x - _HALF_LOG_2PI)


def _truncated(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the mean of a truncated normal, and what its variance is beside that of a whole one."""
    ends = [xgrad.where(xgrad.abs(v) < INF, v, 0.0) * _bell(v) for v in (a, b)]
    mass = _mass(a, b)
    return (_bell(a) - _bell(b)) / mass, (ends[0] - ends[1]) / mass


def _truncnorm_var(a: Any, b: Any) -> Any:
    mean, rest = _truncated(a, b)
    return 1.0 + rest - mean * mean


def _trapezoid_cdf(x: Any, c: Any, d: Any) -> Any:
    middle, top = (2 * x - c) / (1 + d - c), 1 - (1 - x) ** 2 / ((1 + d - c) * (1 - d))
    return xgrad.where(x < c, x * x / (c * (1 + d - c)), xgrad.where(x <= d, middle, top))


def _trapezoid_var(c: Any, d: Any) -> Any:
    mean, whole = _trapezoid_mean(c, d), 1 + d - c
    return (1 + d + d * d + d**3 - c**3) / (6 * whole) - mean * mean


def _trapezoid_mean(c: Any, d: Any) -> Any:
    return (1 + d + d * d - c * c) / (3 * (1 + d - c))


def _truncpareto_moment(n: int, b: Any, c: Any) -> Any:
    return b * (1 - c ** (n - b)) / ((b - n) * (1 - c**-b))


def _c(name: str, *args: Any, **more: Any) -> tuple[str, Continuous]:
    return name, Continuous(name, *args, **more)


def _d(name: str, *args: Any, **more: Any) -> tuple[str, Discrete]:
    return name, Discrete(name, *args, **more)


_one, _zero = (lambda *s: 1.0), (lambda *s: 0.0)

DISTRIBUTIONS: dict[str, Any] = dict([
    _c("norm", "", -INF, INF, lambda x: -0.5 * x * x - _HALF_LOG_2PI, special.ndtr, lambda x: special.ndtr(-x),
       special.log_ndtr, _zero, _one, lambda: 0.5 * math.log(2 * math.pi * math.e)),
    _c("expon", "", 0.0, INF, lambda x: -x, lambda x: -xgrad.expm1(-x), lambda x: xgrad.exp(-x), None, _one, _one, _one),
    _c("uniform", "", 0.0, 1.0, lambda x: 0.0 * x, lambda x: x, lambda x: 1.0 - x, None, lambda: 0.5, lambda: 1 / 12, _zero),
    _c("gamma", "a", 0.0, INF, lambda x, a: _xlogy(a - 1, x) - x - _ln(a), lambda x, a: special.gammainc(a, x),
       lambda x, a: special.gammaincc(a, x), None, lambda a: a, lambda a: a, lambda a: a + _ln(a) + (1 - a) * _psi(a)),
    _c("chi2", "df", 0.0, INF, lambda x, v: _xlogy(v / 2 - 1, x) - x / 2 - _ln(v / 2) - (v / 2) * math.log(2),
       lambda x, v: special.gammainc(v / 2, x / 2), lambda x, v: special.gammaincc(v / 2, x / 2), None, lambda v: v, lambda v: 2 * v,
       lambda v: v / 2 + math.log(2) + _ln(v / 2) + (1 - v / 2) * _psi(v / 2)),
    _c("invgamma", "a", 0.0, INF, lambda x, a: -(a + 1) * xgrad.log(x) - _ln(a) - 1 / x, lambda x, a: special.gammaincc(a, 1 / x),
       lambda x, a: special.gammainc(a, 1 / x), None, lambda a: 1 / (a - 1), lambda a: 1 / ((a - 1) ** 2 * (a - 2)),
       lambda a: a + _ln(a) - (a + 1) * _psi(a)),
    _c("beta", "a b", 0.0, 1.0, lambda x, a, b: _xlog1py(b - 1, -x) + _xlogy(a - 1, x) - special.betaln(a, b),
       lambda x, a, b: special.betainc(a, b, x), lambda x, a, b: special.betaincc(a, b, x), None, lambda a, b: a / (a + b),
       lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1)),
       lambda a, b: special.betaln(a, b) - (a - 1) * _psi(a) - (b - 1) * _psi(b) + (a + b - 2) * _psi(a + b)),
    _c("t", "df", -INF, INF, _t_log, lambda x, v: special.stdtr(v, x), lambda x, v: special.stdtr(v, -x), None, lambda v: 0.0 * v,
       lambda v: v / (v - 2), lambda v: (v + 1) / 2 * (_psi((v + 1) / 2) - _psi(v / 2)) + xgrad.log(xgrad.sqrt(v)) + special.betaln(v / 2, 0.5)),
    _c("f", "dfn dfd", 0.0, INF, _f_log, lambda x, a, b: special.fdtr(a, b, x), lambda x, a, b: special.fdtrc(a, b, x), None,
       lambda a, b: b / (b - 2), lambda a, b: 2 * b * b * (a + b - 2) / (a * (b - 2) ** 2 * (b - 4))),
    _c("laplace", "", -INF, INF, lambda x: -xgrad.abs(x) - math.log(2),
       lambda x: xgrad.where(x < 0, 0.5 * xgrad.exp(-xgrad.abs(x)), 1 - 0.5 * xgrad.exp(-xgrad.abs(x))),
       lambda x: xgrad.where(x > 0, 0.5 * xgrad.exp(-xgrad.abs(x)), 1 - 0.5 * xgrad.exp(-xgrad.abs(x))), None, _zero, lambda: 2.0,
       lambda: math.log(2) + 1),
    _c("logistic", "", -INF, INF, lambda x: -xgrad.abs(x) - 2 * xgrad.log1p(xgrad.exp(-xgrad.abs(x))), special.expit, lambda x: special.expit(-x),
       special.log_expit, _zero, lambda: math.pi**2 / 3, lambda: 2.0),
    _c("cauchy", "", -INF, INF, lambda x: -math.log(math.pi) - xgrad.log1p(x * x), lambda x: 0.5 + xgrad.atan(x) / math.pi,
       lambda x: 0.5 - xgrad.atan(x) / math.pi, None, None, None, lambda: math.log(4 * math.pi)),
    _c("gumbel_r", "", -INF, INF, lambda x: -x - xgrad.exp(-x), lambda x: xgrad.exp(-xgrad.exp(-x)), lambda x: -xgrad.expm1(-xgrad.exp(-x)),
       lambda x: -xgrad.exp(-x), lambda: EULER, lambda: math.pi**2 / 6, lambda: EULER + 1),
    _c("gumbel_l", "", -INF, INF, lambda x: x - xgrad.exp(x), lambda x: -xgrad.expm1(-xgrad.exp(x)), lambda x: xgrad.exp(-xgrad.exp(x)), None,
       lambda: -EULER, lambda: math.pi**2 / 6, lambda: EULER + 1),
    _c("genextreme", "c", lambda c: xgrad.where(c < 0, 1 / c, -INF), lambda c: xgrad.where(c > 0, 1 / c, INF),
       lambda x, c: (1 / c - 1) * xgrad.log1p(-c * x) - xgrad.exp(_gev_power(x, c)), lambda x, c: xgrad.exp(-xgrad.exp(_gev_power(x, c)))),
    _c("lognorm", "s", 0.0, INF, lambda x, s: -0.5 * (xgrad.log(x) / s) ** 2 - xgrad.log(s * x) - _HALF_LOG_2PI, lambda x, s: special.ndtr(xgrad.log(x) / s),
       lambda x, s: special.ndtr(-xgrad.log(x) / s), lambda x, s: special.log_ndtr(xgrad.log(x) / s), lambda s: xgrad.exp(s * s / 2),
       lambda s: xgrad.expm1(s * s) * xgrad.exp(s * s), lambda s: 0.5 * (1 + math.log(2 * math.pi)) + xgrad.log(s)),
    _c("gibrat", "", 0.0, INF, lambda x: -0.5 * xgrad.log(x) ** 2 - xgrad.log(x) - _HALF_LOG_2PI, lambda x: special.ndtr(xgrad.log(x)),
       lambda x: special.ndtr(-xgrad.log(x)), lambda x: special.log_ndtr(xgrad.log(x)), lambda: math.exp(0.5), lambda: math.e * (math.e - 1),
       lambda: 0.5 * math.log(2 * math.pi) + 0.5),
    _c("fisk", "c", 0.0, INF, lambda x, c: xgrad.log(c) + _xlogy(c - 1, x) - 2 * xgrad.log1p(x**c), lambda x, c: 1 / (1 + x**-c), lambda x, c: 1 / (1 + x**c),
       None, lambda c: (math.pi / c) / xgrad.sin(math.pi / c),
       lambda c: 2 * (math.pi / c) / xgrad.sin(2 * math.pi / c) - ((math.pi / c) / xgrad.sin(math.pi / c)) ** 2, lambda c: 2 - xgrad.log(c)),
    _c("triang", "c", 0.0, 1.0, lambda x, c: xgrad.log(2 * xgrad.where(x < c, x / c, (1 - x) / (1 - c))),
       lambda x, c: xgrad.where(x < c, x * x / c, 1 - (1 - x) ** 2 / (1 - c)), None, None, lambda c: (1 + c) / 3, lambda c: (1 - c + c * c) / 18,
       lambda c: 0.5 - math.log(2) + 0.0 * c),
    _c("truncnorm", "a b", lambda a, b: a, lambda a, b: b, lambda x, a, b: -0.5 * x * x - _HALF_LOG_2PI - xgrad.log(_mass(a, b)),
       lambda x, a, b: _mass(a, x) / _mass(a, b), lambda x, a, b: _mass(x, b) / _mass(a, b), None, lambda a, b: _truncated(a, b)[0], _truncnorm_var,
       lambda a, b: 0.5 * math.log(2 * math.pi * math.e) + xgrad.log(_mass(a, b)) + 0.5 * _truncated(a, b)[1]),
    *(_c(name, "a b", lambda a, b: a, lambda a, b: b, lambda x, a, b: -xgrad.log(x) - xgrad.log(xgrad.log(b / a)),
         lambda x, a, b: xgrad.log(x / a) / xgrad.log(b / a), lambda x, a, b: xgrad.log(b / x) / xgrad.log(b / a), None,
         lambda a, b: (b - a) / xgrad.log(b / a), lambda a, b: (b * b - a * a) / (2 * xgrad.log(b / a)) - ((b - a) / xgrad.log(b / a)) ** 2,
         lambda a, b: 0.5 * xgrad.log(a * b) + xgrad.log(xgrad.log(b / a))) for name in ("loguniform", "reciprocal")),
    _c("trapezoid", "c d", 0.0, 1.0, lambda x, c, d: xgrad.log(2 / (1 + d - c) * xgrad.where(x < c, x / c, xgrad.where(x <= d, 1.0, (1 - x) / (1 - d)))),
       _trapezoid_cdf, None, None, _trapezoid_mean, _trapezoid_var, lambda c, d: 0.5 * (1 - d + c) / (1 + d - c) + xgrad.log(0.5 * (1 + d - c))),
    _c("truncpareto", "b c", 1.0, lambda b, c: c, lambda x, b, c: xgrad.log(b) - (b + 1) * xgrad.log(x) - xgrad.log(1 - c**-b),
       lambda x, b, c: (1 - x**-b) / (1 - c**-b), lambda x, b, c: (x**-b - c**-b) / (1 - c**-b), None, lambda b, c: _truncpareto_moment(1, b, c),
       lambda b, c: _truncpareto_moment(2, b, c) - _truncpareto_moment(1, b, c) ** 2),
    _c("genhalflogistic", "c", 0.0, lambda c: 1 / c, lambda x, c: math.log(2) + (1 / c - 1) * xgrad.log1p(-c * x) - 2 * xgrad.log1p(xgrad.exp(_gev_power(x, c))),
       lambda x, c: xgrad.tanh(-0.5 * _gev_power(x, c)), None, None, None, None, lambda c: 2 - (2 * c + 1) * math.log(2)),
    _c("lomax", "c", 0.0, INF, lambda x, c: xgrad.log(c) - (c + 1) * xgrad.log1p(x), lambda x, c: -xgrad.expm1(-c * xgrad.log1p(x)),
       lambda x, c: xgrad.exp(-c * xgrad.log1p(x)), None, lambda c: 1 / (c - 1), lambda c: c / ((c - 1) ** 2 * (c - 2)), lambda c: 1 + 1 / c - xgrad.log(c)),
    _c("pareto", "b", 1.0, INF, lambda x, b: xgrad.log(b) - (b + 1) * xgrad.log(x), lambda x, b: 1 - x**-b, lambda x, b: x**-b, None,
       lambda b: b / (b - 1), lambda b: b / ((b - 2) * (b - 1) ** 2), lambda b: 1 + 1 / b - xgrad.log(b)),
    _c("weibull_min", "c", 0.0, INF, lambda x, c: xgrad.log(c) + _xlogy(c - 1, x) - x**c, lambda x, c: -xgrad.expm1(-(x**c)), lambda x, c: xgrad.exp(-(x**c)),
       None, lambda c: special.gamma(1 + 1 / c), lambda c: special.gamma(1 + 2 / c) - special.gamma(1 + 1 / c) ** 2,
       lambda c: -EULER / c - xgrad.log(c) + EULER + 1),
    _c("halfnorm", "", 0.0, INF, lambda x: 0.5 * math.log(2 / math.pi) - x * x / 2, lambda x: special.erf(x / math.sqrt(2)),
       lambda x: special.erfc(x / math.sqrt(2)), None, lambda: math.sqrt(2 / math.pi), lambda: 1 - 2 / math.pi, lambda: 0.5 * math.log(math.pi / 2) + 0.5),
    _c("rayleigh", "", 0.0, INF, lambda x: xgrad.log(x) - x * x / 2, lambda x: -xgrad.expm1(-x * x / 2), lambda x: xgrad.exp(-x * x / 2), None,
       lambda: math.sqrt(math.pi / 2), lambda: 2 - math.pi / 2, lambda: EULER / 2 + 1 - 0.5 * math.log(2)),
    _c("invgauss", "mu", 0.0, INF, lambda x, m: -_HALF_LOG_2PI - 1.5 * xgrad.log(x) - ((x - m) / m) ** 2 / (2 * x),
       lambda x, m: special.ndtr((x / m - 1) / xgrad.sqrt(x)) + xgrad.exp(2 / m + special.log_ndtr(-(x / m + 1) / xgrad.sqrt(x))), None, None,
       lambda m: m, lambda m: m**3),
    _d("poisson", "mu", 0.0, INF, lambda k, m: _xlogy(k, m) - _ln(k + 1) - m, lambda k, m: special.gammaincc(xgrad.floor(k.detach()) + 1.0, m),
       lambda k, m: special.gammainc(xgrad.floor(k.detach()) + 1.0, m), None, lambda m: m, lambda m: m),
    _d("binom", "n p", 0.0, lambda n, p: n, _binom_log, _binom_cdf, None, None, lambda n, p: n * p, lambda n, p: n * p * (1 - p)),
    _d("bernoulli", "p", 0.0, 1.0, lambda k, p: _xlogy(k, p) + _xlog1py(1 - k, -p), lambda k, p: xgrad.where(k >= 1, 1.0, 1 - p), None, None,
       lambda p: p, lambda p: p * (1 - p), lambda p: special.entr(p) + special.entr(1 - p)),
    _d("geom", "p", 1.0, INF, lambda k, p: _xlog1py(k - 1, -p) + xgrad.log(p), lambda k, p: -xgrad.expm1(xgrad.floor(k.detach()) * xgrad.log1p(-p)), None,
       None, lambda p: 1 / p, lambda p: (1 - p) / p**2),
    _d("nbinom", "n p", 0.0, INF, _nbinom_log, lambda k, n, p: special.betainc(n, xgrad.floor(k.detach()) + 1.0, p), None, None,
       lambda n, p: n * (1 - p) / p, lambda n, p: n * (1 - p) / p**2),
])  # fmt: skip
"""The distributions that are written out here, by name."""


def twin_of(plain: Any) -> Any:
    """Return the twin of a distribution of SciPy's: of the table, or else by SciPy's own code.

    So a distribution of the user's, a class derived from ``rv_continuous`` or ``rv_discrete``, has
    one, too, where its methods are array code.
    """
    known = DISTRIBUTIONS.get(plain.name)
    if known is not None and type(known.plain) is type(plain):
        return known
    kind, density = (Discrete, "pmf") if hasattr(plain, "pmf") else (Continuous, "pdf")
    low, high = (lambda *s, i=i: support(plain, s)[i] for i in (0, 1))
    log = written(plain, f"_log{density}")
    if log is None:
        value = standard(plain, density)
        log = lambda x, *s: xgrad.log(value(x, *s))  # noqa: E731
    return kind(plain.name, (plain.shapes or "").replace(",", " "), low, high, log, plain=plain)
