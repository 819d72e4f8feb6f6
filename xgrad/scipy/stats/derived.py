"""Distributions made of others: shifted and scaled, of a power or a logarithm, cut off, mixed.

Each has the methods that a classic distribution is asked for, with no parameters left.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...custom.equation import implicit
from ..common import raw
from ..integrate import quad

__all__ = ["Affine", "Folded", "Logarithm", "Mixed", "Ordered", "Power", "Truncated"]

TWIN = {"cdf": "sf", "sf": "cdf", "logcdf": "logsf", "logsf": "logcdf", "ppf": "isf", "isf": "ppf",
        "pdf": "pdf", "logpdf": "logpdf"}  # fmt: skip
"""What a method becomes for the negative of a variable."""


class _Derived:
    """What all have: logarithms, spreads and averages follow from what each states."""

    cdf: Any
    ppf: Any

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        return xgrad.log(self.pdf(y))

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        return xgrad.exp(self.logpdf(y))

    def sf(self, y: Any) -> Any:
        """Return the probability above."""
        return 1.0 - self.cdf(y)

    def logcdf(self, y: Any) -> Any:
        """Return the logarithm of the probability below."""
        return xgrad.log(self.cdf(y))

    def logsf(self, y: Any) -> Any:
        """Return the logarithm of the probability above."""
        return xgrad.log(self.sf(y))

    def isf(self, q: Any) -> Any:
        """Return where the probability above is `q`."""
        return self.ppf(1.0 - xgrad.asarray(q))

    def median(self) -> Any:
        """Return the median."""
        return self.ppf(xgrad.asarray(0.5))

    def std(self) -> Any:
        """Return the standard deviation."""
        return xgrad.sqrt(self.var())

    def support(self) -> Any:
        """Return the ends of the support."""
        raise NotImplementedError

    def _average(self, f: Any) -> Any:
        return _integral(self, lambda y: f(y) * self.pdf(y))

    def mean(self) -> Any:
        """Return the mean."""
        return self._average(lambda y: y)

    def _central(self, power: int) -> Any:
        mean = self.mean()
        return self._average(lambda y: (y - mean) ** power)

    def var(self) -> Any:
        """Return the variance."""
        return self._central(2)

    def stats(self, *, moments: str) -> Any:
        """Return skewness or excess kurtosis."""
        var = self.var()
        return self._central(3) / var**1.5 if moments == "s" else self._central(4) / var**2 - 3.0

    def entropy(self) -> Any:
        """Return the differential entropy."""
        return _integral(self, lambda y: special.entr(self.pdf(y)))


def _no_average(name: str, term: str) -> NotImplementedError:
    return NotImplementedError(
        f"stats.{name}: averages over it have no derivative here. Integrate {term} times the pdf "
        "of x by xgrad.scipy.integrate.quad, between ends that hold all that counts"
    )


def _integral(over: Any, f: Any) -> Any:
    """Return the integral of a function over the support of a distribution, by quadrature."""
    ends = [xgrad.asarray(e) for e in over.support()]
    low, high = (e if np.isfinite(raw(e)) else float(raw(e)) for e in ends)
    return quad(lambda y: f(xgrad.asarray(y)), low, high)[0]


class Affine(_Derived):
    """The distribution of ``loc + scale * x``."""

    def __init__(self, base: Any, loc: Any, scale: Any) -> None:
        self.base, self.loc, self.scale = base, xgrad.asarray(loc), xgrad.asarray(scale)
        self.turned = bool(np.any(np.asarray(raw(self.scale)) < 0))

    def _at(self, name: str, y: Any) -> Any:
        which = TWIN[name] if self.turned else name
        return getattr(self.base, which)((xgrad.asarray(y) - self.loc) / self.scale)

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        return self._at("pdf", y) / xgrad.abs(self.scale)

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        return self._at("logpdf", y) - xgrad.log(xgrad.abs(self.scale))

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        return self._at("cdf", y)

    def sf(self, y: Any) -> Any:
        """Return the probability above."""
        return self._at("sf", y)

    def logcdf(self, y: Any) -> Any:
        """Return the logarithm of the probability below."""
        return self._at("logcdf", y)

    def logsf(self, y: Any) -> Any:
        """Return the logarithm of the probability above."""
        return self._at("logsf", y)

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        return self.loc + self.scale * getattr(self.base, "isf" if self.turned else "ppf")(q)

    def isf(self, q: Any) -> Any:
        """Return where the probability above is `q`."""
        return self.loc + self.scale * getattr(self.base, "ppf" if self.turned else "isf")(q)

    def mean(self) -> Any:
        """Return the mean."""
        return self.loc + self.scale * self.base.mean()

    def var(self) -> Any:
        """Return the variance."""
        return self.scale * self.scale * self.base.var()

    def entropy(self) -> Any:
        """Return the differential entropy."""
        return self.base.entropy() + xgrad.log(xgrad.abs(self.scale))

    def stats(self, *, moments: str) -> Any:
        """Return skewness or excess kurtosis."""
        found = self.base.stats(moments=moments)
        return -found if self.turned and moments == "s" else found

    def support(self) -> Any:
        """Return the ends of the support."""
        ends = tuple(self.loc + self.scale * e for e in self.base.support())
        return ends[::-1] if self.turned else ends


class Power(_Derived):
    """The distribution of ``exp(x)``."""

    def __init__(self, base: Any) -> None:
        self.base = base

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        log = xgrad.log(xgrad.asarray(y))
        return self.base.logpdf(log) - log

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        return self.base.pdf(xgrad.log(xgrad.asarray(y))) / y

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        return self.base.cdf(xgrad.log(xgrad.asarray(y)))

    def sf(self, y: Any) -> Any:
        """Return the probability above."""
        return self.base.sf(xgrad.log(xgrad.asarray(y)))

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        return xgrad.exp(self.base.ppf(q))

    def _average(self, f: Any) -> Any:
        raise _no_average("exp", "f(exp(x))")

    def entropy(self) -> Any:
        """Return the differential entropy."""
        return self.base.entropy() + self.base.mean()

    def support(self) -> Any:
        """Return the ends of the support."""
        return tuple(xgrad.exp(xgrad.asarray(e)) for e in self.base.support())


class Logarithm(_Derived):
    """The distribution of ``log(x)``."""

    def __init__(self, base: Any) -> None:
        self.base = base

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        y = xgrad.asarray(y)
        return self.base.logpdf(xgrad.exp(y)) + y

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        grown = xgrad.exp(xgrad.asarray(y))
        return self.base.pdf(grown) * grown

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        return self.base.cdf(xgrad.exp(xgrad.asarray(y)))

    def sf(self, y: Any) -> Any:
        """Return the probability above."""
        return self.base.sf(xgrad.exp(xgrad.asarray(y)))

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        return xgrad.log(self.base.ppf(q))

    def _average(self, f: Any) -> Any:
        raise _no_average("log", "f(log(x))")

    def entropy(self) -> Any:
        """Refuse: it takes an average of the logarithm."""
        raise _no_average("log", "log(x)")

    def support(self) -> Any:
        """Return the ends of the support."""
        ends = [xgrad.asarray(e) for e in self.base.support()]
        return tuple(
            xgrad.where(e > 0, xgrad.log(xgrad.where(e > 0, e, 1.0)), -np.inf) for e in ends
        )


class Truncated(_Derived):
    """A distribution between two ends."""

    def __init__(self, base: Any, lb: Any, ub: Any) -> None:
        self.base, self.ends = base, (xgrad.asarray(lb) * 1.0, xgrad.asarray(ub) * 1.0)
        self.below = base.cdf(self.ends[0])
        self.mass = base.cdf(self.ends[1]) - self.below

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        y = xgrad.asarray(y)
        inside = (y >= self.ends[0]) & (y <= self.ends[1])
        return xgrad.where(inside, self.base.logpdf(y) - xgrad.log(self.mass), -np.inf)

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        held = xgrad.clip(xgrad.asarray(y), *self.ends)
        return (self.base.cdf(held) - self.below) / self.mass

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        return self.base.ppf(self.below + xgrad.asarray(q) * self.mass)

    def support(self) -> Any:
        """Return the ends of the support."""
        low, high = self.base.support()
        return xgrad.maximum(self.ends[0], low), xgrad.minimum(self.ends[1], high)


def _inverse(over: Any, q: Any, low: Any, high: Any) -> Any:
    """Return where the probability below is `q`: bisected, then by its equation."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        above = np.asarray(raw(over.cdf(xgrad.asarray(middle)))) > np.asarray(raw(q))
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    x = 0.5 * (low + high)
    slope = np.asarray(raw(over.pdf(xgrad.asarray(x))))
    return implicit(lambda y: over.cdf(y) - q, x, lambda b, adjoint: b / slope)


class Folded(_Derived):
    """The distribution of ``abs(x)``."""

    def __init__(self, base: Any) -> None:
        self.base = base

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        y = xgrad.asarray(y)
        return xgrad.where(y >= 0, self.base.pdf(y) + self.base.pdf(-y), 0.0)

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        y = xgrad.asarray(y)
        return xgrad.where(y >= 0, self.base.cdf(y) - self.base.cdf(-y), 0.0)

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        q = xgrad.asarray(q)
        held = np.abs([np.asarray(raw(self.base.ppf(p))) for p in (0.5 - q / 2, 0.5 + q / 2)])
        return _inverse(self, q, np.zeros_like(held[0]), held.max(axis=0))  # which hold a q

    def support(self) -> Any:
        """Return the ends of the support."""
        low, high = map(xgrad.asarray, self.base.support())
        least = xgrad.where((low <= 0) & (high >= 0), 0.0, xgrad.minimum(abs(low), abs(high)))
        return least, xgrad.maximum(abs(low), abs(high))


class Ordered(_Derived):
    """The distribution of the r-th least of n independent variables."""

    def __init__(self, base: Any, r: Any, n: Any) -> None:
        self.base, self.r, self.n = base, xgrad.asarray(r) * 1.0, xgrad.asarray(n) * 1.0

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        below, above = self.base.logcdf(y), self.base.logsf(y)
        norm = special.betaln(self.r, self.n - self.r + 1.0)
        return self.base.logpdf(y) + (self.r - 1) * below + (self.n - self.r) * above - norm

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        return special.betainc(self.r, self.n - self.r + 1.0, self.base.cdf(y))

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`."""
        return self.base.ppf(special.betaincinv(self.r, self.n - self.r + 1.0, xgrad.asarray(q)))

    def support(self) -> Any:
        """Return the ends of the support."""
        return self.base.support()


class Mixed(_Derived):
    """A mixture of distributions."""

    def __init__(self, bases: Any, weights: Any) -> None:
        self.bases, self.weights = bases, xgrad.asarray(weights)

    def _mean_of(self, found: list[Any]) -> Any:
        return sum((self.weights[i] * f for i, f in enumerate(found)), 0.0)

    def pdf(self, y: Any) -> Any:
        """Return the density."""
        return self._mean_of([b.pdf(y) for b in self.bases])

    def logpdf(self, y: Any) -> Any:
        """Return the logarithm of the density."""
        logs = [b.logpdf(y) + xgrad.log(self.weights[i]) for i, b in enumerate(self.bases)]
        return xgrad.logsumexp(xgrad.stack(logs), axis=0)

    def cdf(self, y: Any) -> Any:
        """Return the probability below."""
        return self._mean_of([b.cdf(y) for b in self.bases])

    def sf(self, y: Any) -> Any:
        """Return the probability above."""
        return self._mean_of([b.sf(y) for b in self.bases])

    def ppf(self, q: Any) -> Any:
        """Return where the probability below is `q`: bisected, then by its equation."""
        q = xgrad.asarray(q)
        held = [np.asarray(raw(b.ppf(q))) for b in self.bases]
        return _inverse(self, q, np.minimum.reduce(held), np.maximum.reduce(held))

    def mean(self) -> Any:
        """Return the mean."""
        return self._mean_of([b.mean() for b in self.bases])

    def var(self) -> Any:
        """Return the variance."""
        squares = [b.var() + b.mean() ** 2 for b in self.bases]
        return self._mean_of(squares) - self.mean() ** 2

    def support(self) -> Any:
        """Return the ends of the support."""
        ends = [b.support() for b in self.bases]
        low, high = zip(*ends, strict=True)
        return (
            xgrad.min(xgrad.stack([xgrad.asarray(v) for v in low])),
            xgrad.max(xgrad.stack([xgrad.asarray(v) for v in high])),
        )
