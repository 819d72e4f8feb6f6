"""The new classes of distributions, by their classic relatives: ``Normal``, those made, ..."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import arrays_in, chapter, stands_for
from ..mistakes import told
from .derived import Affine, Folded, Logarithm, Mixed, Ordered, Power, Truncated
from .distributions import Frozen
from .table import DISTRIBUTIONS, twin_of

__all__ = ["Binomial", "Logistic", "Mixture", "Normal", "Uniform", "abs", "exp", "log",
           "made_distribution", "make_distribution", "moving", "order_statistic",
           "truncate"]  # fmt: skip

METHODS = {
    "pdf": "pdf", "logpdf": "logpdf", "pmf": "pmf", "logpmf": "logpmf", "cdf": "cdf",
    "logcdf": "logcdf", "ccdf": "sf", "logccdf": "logsf", "icdf": "ppf", "iccdf": "isf",
}  # fmt: skip
"""What the methods of one argument are called by the classic distributions."""

MOMENTS = {"mean": "mean", "variance": "var", "standard_deviation": "std", "entropy": "entropy",
           "median": "median"}  # fmt: skip


def parts(x: Any, name: str) -> Any:
    """Return what a distribution of the new kind is computed by: a classic one, frozen.

    Args:
        x: the distribution.
        name: of the function that makes another one of it, for a message.
    """
    if isinstance(x, _New):
        return Frozen(x._classic, (), x._parameters) if x._parameters else x._classic
    twin = getattr(type(x), "xgrad_twin", None)
    if twin is not None:
        return Frozen(twin, (), x._parameters)
    kinds: dict[str, Any] = {"Normal": Normal, "Uniform": Uniform, "Logistic": Logistic}
    kind = kinds.get(type(x).__name__.removeprefix("Standard"))
    if kind is None:
        raise NotImplementedError(
            f"{name}: got a {type(x).__name__}, of which nothing with a derivative can be made "
            "here; expected a Normal, Uniform, Logistic, or one of a class of make_distribution"
        )
    return parts(kind.of(x), name)


class _New:
    """A distribution with its parameters fixed; a method that is not here is refused."""

    def __add__(self, loc: Any) -> _New:
        return _New(Affine(parts(self, "+"), loc, 1.0))

    def __mul__(self, scale: Any) -> _New:
        return _New(Affine(parts(self, "*"), 0.0, scale))

    def __sub__(self, loc: Any) -> _New:
        return self.__add__(-1.0 * xgrad.asarray(loc))

    def __rsub__(self, loc: Any) -> _New:
        return _New(Affine(parts(self, "-"), loc, -1.0))

    def __truediv__(self, scale: Any) -> _New:
        return self * (1.0 / xgrad.asarray(scale))

    def __neg__(self) -> _New:
        return self * -1.0

    __radd__: Any = __add__
    __rmul__: Any = __mul__
    __array_ufunc__ = None  # NumPy's numbers leave the operators to it

    def support(self) -> Any:
        """Return the ends of the support."""
        return self._classic.support(**self._parameters)

    def __init__(self, classic: Any, **parameters: Any) -> None:
        self._classic, self._parameters = classic, parameters

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("_parameters", ()):
            return self._parameters[name]
        known = [*METHODS, *MOMENTS, "skewness", "kurtosis", "moment", "ilogcdf", "ilogccdf"]
        raise AttributeError(
            f"{type(self).__name__}: {name!r} has no derivative here; it has {', '.join(known)}"
        )

    def ilogcdf(self, p: Any, /, *, method: Any = None) -> Any:
        """Return where the logarithm of the distribution function is `p`."""
        return self._classic.ppf(xgrad.exp(p), **self._parameters)

    def ilogccdf(self, p: Any, /, *, method: Any = None) -> Any:
        """Return where the logarithm of one minus the distribution function is `p`."""
        return self._classic.isf(xgrad.exp(p), **self._parameters)

    def skewness(self, *, method: Any = None) -> Any:
        """Return the third standardised moment."""
        return self._classic.stats(moments="s", **self._parameters)

    def kurtosis(self, *, method: Any = None, convention: str = "non-excess") -> Any:
        """Return the fourth standardised moment, or what it has above that of a normal one."""
        excess = self._classic.stats(moments="k", **self._parameters)
        return excess if convention == "excess" else excess + 3.0

    def moment(self, order: int = 1, kind: str = "raw", *, method: Any = None) -> Any:
        """Return a moment up to the fourth: ``"raw"``, ``"central"`` or ``"standardized"``."""
        if order not in (0, 1, 2, 3, 4) or kind not in ("raw", "central", "standardized"):
            raise NotImplementedError(
                f"moment: order is {order!r} and kind is {kind!r}; orders 0 to 4 have a derivative "
                "here, of kind 'raw', 'central' or 'standardized'"
            )
        mean = self.mean()
        one, zero = xgrad.ones_like(mean), xgrad.zeros_like(mean)
        if order < 2:
            return one if order == 0 else mean if kind == "raw" else zero
        var = self.variance()
        central = [one, zero, var]
        if order > 2:
            central.append(self.skewness() * var**1.5)
        if order > 3:
            central.append(self.kurtosis() * var**2)
        if kind != "raw":
            return central[order] / (var ** (order / 2) if kind == "standardized" else 1.0)
        choose = {2: (1, 2, 1), 3: (1, 3, 3, 1), 4: (1, 4, 6, 4, 1)}[order]
        terms = [c * central[k] * mean ** (order - k) for k, c in enumerate(choose)]
        return functools.reduce(lambda a, b: a + b, terms)


def _between(name: str, one: Any, two: Any) -> Any:
    """Return a probability between two points, or outside of them, from those of both."""
    if name == "cdf":
        return two - one
    if name == "ccdf":
        return 1.0 - (one - two)
    if name == "logcdf":
        return two + xgrad.log(-xgrad.expm1(one - two))
    raise NotImplementedError(
        f"{name}: a second argument has no derivative here; cdf, ccdf and logcdf have one"
    )


def _add(name: str, classic: str, is_moment: bool) -> None:
    def moment(self: _New, *, method: Any = None) -> Any:
        return getattr(self._classic, classic)(**self._parameters)

    def function(self: _New, x: Any, /, *others: Any, method: Any = None) -> Any:
        found = getattr(self._classic, classic)(x, **self._parameters)
        if not others:
            return found
        return _between(name, found, getattr(self._classic, classic)(*others, **self._parameters))

    call = moment if is_moment else function
    call.__name__, call.__doc__ = name, f"Return SciPy's ``{name}``, with its derivatives."
    setattr(_New, name, call)


for _name, _classic in METHODS.items():
    _add(_name, _classic, False)
for _name, _classic in MOMENTS.items():
    _add(_name, _classic, True)


class Normal(_New):
    """A normal distribution; see ``scipy.stats.Normal``.

    Args:
        mu: the mean.
        sigma: the standard deviation.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> float(xg.grad(lambda mu: scipy.stats.Normal(mu=mu, sigma=2.0).logpdf(1.0))(0.0))
    0.25
    """

    def __new__(cls, *, mu: Any = 0.0, sigma: Any = 1.0, **options: Any) -> Any:
        """Return SciPy's own where no parameter is an `Array`."""
        if not arrays_in(mu, sigma):
            return chapter("stats").Normal(mu=mu, sigma=sigma, **options)
        return super().__new__(cls)

    @classmethod
    def of(cls, plain: Any) -> Normal:
        """Return SciPy's distribution as one of these."""
        return cls(mu=xgrad.asarray(plain.mu), sigma=xgrad.asarray(plain.sigma))

    def __init__(self, *, mu: Any = 0.0, sigma: Any = 1.0, **options: Any) -> None:
        super().__init__(DISTRIBUTIONS["norm"], loc=mu, scale=sigma)
        self.mu, self.sigma = mu, sigma

    def mode(self, *, method: Any = None) -> Any:
        """Return where the density is greatest."""
        return self.mean()


class Uniform(_New):
    """A uniform distribution between `a` and `b`; see ``scipy.stats.Uniform``."""

    def __new__(cls, *, a: Any, b: Any, **options: Any) -> Any:
        """Return SciPy's own where no parameter is an `Array`."""
        if not arrays_in(a, b):
            return chapter("stats").Uniform(a=a, b=b, **options)
        return super().__new__(cls)

    @classmethod
    def of(cls, plain: Any) -> Uniform:
        """Return SciPy's distribution as one of these."""
        return cls(a=xgrad.asarray(plain.a), b=xgrad.asarray(plain.b))

    def __init__(self, *, a: Any, b: Any, **options: Any) -> None:
        low = xgrad.asarray(a) * np.float64(1.0)
        super().__init__(DISTRIBUTIONS["uniform"], loc=low, scale=b - xgrad.asarray(a))
        self.a, self.b = a, b


class Logistic(_New):
    """The standard logistic distribution; see ``scipy.stats.Logistic``."""

    def __new__(cls, **options: Any) -> Any:
        """Return SciPy's own: it has no parameter that could be an `Array`."""
        return chapter("stats").Logistic(**options)

    @classmethod
    def of(cls, plain: Any) -> Logistic:
        """Return SciPy's distribution as one of these."""
        made = object.__new__(cls)
        _New.__init__(made, DISTRIBUTIONS["logistic"])
        return made


class Binomial(_New):
    """A binomial distribution; see ``scipy.stats.Binomial``.

    Args:
        n: how many trials.
        p: the probability of each.
    """

    def __new__(cls, *, n: Any, p: Any, **options: Any) -> Any:
        """Return SciPy's own where no parameter is an `Array`."""
        if not arrays_in(n, p):
            return chapter("stats").Binomial(n=n, p=p, **options)
        return super().__new__(cls)

    @classmethod
    def of(cls, plain: Any) -> Binomial:
        """Return SciPy's distribution as one of these."""
        return cls(n=xgrad.asarray(plain.n), p=xgrad.asarray(plain.p))

    def __init__(self, *, n: Any, p: Any, **options: Any) -> None:
        super().__init__(DISTRIBUTIONS["binom"], n=n, p=p)
        self.n, self.p = n, p


@told("stats")
def exp(X: Any, /) -> Any:
    """Return the distribution of the exponential of a variable; see ``scipy.stats.exp``."""
    return _New(Power(parts(X, "exp"))) if isinstance(X, _New) else chapter("stats").exp(X)


@told("stats")
def log(X: Any, /) -> Any:
    """Return the distribution of the logarithm of a variable; see ``scipy.stats.log``."""
    return _New(Logarithm(parts(X, "log"))) if isinstance(X, _New) else chapter("stats").log(X)


@told("stats")
def abs(X: Any, /) -> Any:
    """Return the distribution of the modulus of a variable; see ``scipy.stats.abs``."""
    return _New(Folded(parts(X, "abs"))) if isinstance(X, _New) else chapter("stats").abs(X)


@told("stats")
def order_statistic(X: Any, /, *, r: Any, n: Any) -> Any:
    """Return the distribution of the r-th least of n; see ``scipy.stats.order_statistic``."""
    if not isinstance(X, _New):
        return chapter("stats").order_statistic(X, r=r, n=n)
    return _New(Ordered(parts(X, "order_statistic"), r, n))


@told("stats")
def truncate(X: Any, lb: Any = -np.inf, ub: Any = np.inf) -> Any:
    """Return a distribution between two ends; see ``scipy.stats.truncate``.

    >>> import xgrad as xg
    >>> from xgrad import scipy
    >>> def half(sigma):
    ...     return scipy.stats.truncate(scipy.stats.Normal(sigma=sigma), lb=0.0).logpdf(0.0)
    >>> round(float(xg.grad(half)(2.0)), 6)
    -0.5
    """
    if not isinstance(X, _New) and not arrays_in(X, lb, ub):
        return chapter("stats").truncate(X, lb, ub)
    return _New(Truncated(parts(X, "truncate"), lb, ub))


@told("stats")
class Mixture(_New):
    """A mixture of distributions of the new kind; see ``scipy.stats.Mixture``.

    Args:
        components: distributions of one variable.
        weights: their probabilities; equal ones if None.
    """

    def __new__(cls, components: Any, *, weights: Any = None) -> Any:
        """Return SciPy's own where no parameter is an `Array`."""
        given = arrays_in(components, weights)
        if not given and not any(isinstance(c, _New) for c in components):
            return chapter("stats").Mixture(components, weights=weights)
        return super().__new__(cls)

    def __init__(self, components: Any, *, weights: Any = None) -> None:
        n = len(components)
        share = np.full(n, 1.0 / n) if weights is None else weights
        super().__init__(Mixed([parts(c, "Mixture") for c in components], share))
        self.components, self.weights = list(components), share


@told("stats")
def make_distribution(dist: Any) -> Any:
    """Return a new class of distributions for a classic one; see SciPy's ``make_distribution``.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad import scipy
    >>> Gamma = scipy.stats.make_distribution(scipy.stats.gamma)
    >>> float(xg.grad(lambda a: Gamma(a=a).mean())(2.0))
    1.0
    """
    plain = dist.plain if hasattr(dist, "plain") else dist
    library = chapter("stats")
    return made_distribution(library.make_distribution(plain), plain)


def made_distribution(cls: Any, dist: Any) -> Any:
    """Have a class that SciPy has made of a distribution take an `Array`, and be asked at one."""
    if not hasattr(dist, "_get_support") or "xgrad_new" in cls.__dict__:
        return cls  # of a class of the user's, whose methods are called as they are
    twin = twin_of(dist)

    def made(cls: Any, *args: Any, **kwargs: Any) -> Any:
        return _New(twin, **kwargs) if arrays_in(kwargs) else object.__new__(cls)

    cls.__new__, cls.xgrad_new, cls.xgrad_twin = made, True, twin
    for name in (*METHODS, "ilogcdf", "ilogccdf"):
        setattr(cls, name, _before(getattr(cls, name, None), name, twin))
    return cls


def _before(own: Any, name: str, twin: Any) -> Any:
    @functools.wraps(own)
    def call(self: Any, x: Any, /, *others: Any, **options: Any) -> Any:
        if isinstance(x, Array):
            return getattr(_New(twin, **self._parameters), name)(x, *others, **options)
        return own(self, x, *others, **options)

    return call


def moving(base: Any) -> None:
    """Have SciPy's distributions shifted and scaled by an `Array`, which it has no name for."""
    for name in (
        "__add__",
        "__radd__",
        "__sub__",
        "__rsub__",
        "__mul__",
        "__rmul__",
        "__truediv__",
    ):
        own = getattr(base, name)
        if hasattr(own, "xgrad_original"):
            continue

        @stands_for(own)
        def call(self: Any, by: Any, own: Any = own, name: str = name) -> Any:
            if isinstance(by, Array):
                return getattr(_New(parts(self, name)), name)(by)
            return own(self, by)

        setattr(base, name, call)
