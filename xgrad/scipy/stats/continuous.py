"""The new classes of distributions, ``Normal`` and ``Uniform``, by their classic relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import arrays_in, chapter
from .distributions import DISTRIBUTIONS

__all__ = ["Normal", "Uniform"]

METHODS = {
    "pdf": "pdf", "logpdf": "logpdf", "cdf": "cdf", "logcdf": "logcdf", "ccdf": "sf",
    "logccdf": "logsf", "icdf": "ppf", "iccdf": "isf",
}  # fmt: skip
"""What the methods of one argument are called by the classic distributions."""

MOMENTS = {"mean": "mean", "variance": "var", "standard_deviation": "std", "entropy": "entropy",
           "median": "median"}  # fmt: skip


class _New:
    """A distribution with its parameters fixed; a method that is not here is refused."""

    def __init__(self, classic: str, loc: Any, scale: Any) -> None:
        self._classic, self._parameters = DISTRIBUTIONS[classic], {"loc": loc, "scale": scale}

    def __getattr__(self, name: str) -> Any:
        known = [*METHODS, *MOMENTS, "ilogcdf", "ilogccdf"]
        raise AttributeError(
            f"{type(self).__name__}: {name!r} has no derivative here; it has {', '.join(known)}"
        )

    def ilogcdf(self, p: Any, /, *, method: Any = None) -> Any:
        """Return where the logarithm of the distribution function is `p`."""
        return self._classic.ppf(xgrad.exp(p), **self._parameters)

    def ilogccdf(self, p: Any, /, *, method: Any = None) -> Any:
        """Return where the logarithm of one minus the distribution function is `p`."""
        return self._classic.isf(xgrad.exp(p), **self._parameters)


def _add(name: str, classic: str, is_moment: bool) -> None:
    def moment(self: _New, *, method: Any = None) -> Any:
        return getattr(self._classic, classic)(**self._parameters)

    def function(self: _New, x: Any, /, *, method: Any = None) -> Any:
        return getattr(self._classic, classic)(x, **self._parameters)

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
        super().__init__("norm", mu, sigma)
        self.mu, self.sigma = mu, sigma


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
        super().__init__("uniform", xgrad.asarray(a) * np.float64(1.0), b - xgrad.asarray(a))
        self.a, self.b = a, b
