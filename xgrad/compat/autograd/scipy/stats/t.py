"""Student's t distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ...extend import defvjp, primitive
from ...numpy.numpy_vjps import unbroadcast_f
from ..special import gammaln

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.t, name))


@borrowed
def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the logarithm of the density."""
    square = ((x - loc) / scale) ** 2
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(np.pi * df) - np.log(scale)
    return constant - (df + 1) / 2 * np.log1p(square / df)


@borrowed
def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, df, loc, scale))


@borrowed
def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the probability of a smaller value; no derivative with respect to `df`."""
    return _cdf((x - loc) / scale, df)


@borrowed
def logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the logarithm of `cdf`."""
    return np.log(cdf(x, df, loc, scale))


_cdf = primitive(scipy.stats.t.cdf)
defvjp(_cdf, lambda ans, z, df: unbroadcast_f(z, lambda g: g * pdf(z, df)))
