"""The normal distribution, whose logarithms hold in the far tails too."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ..special import log_ndtr, ndtr

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.norm, name))


@borrowed
def logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the logarithm of the density."""
    return -0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi)


@borrowed
def pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, loc, scale))


@borrowed
def cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the probability of a smaller value."""
    return ndtr((x - loc) / scale)


@borrowed
def sf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the probability of a larger value."""
    return ndtr((loc - x) / scale)


@borrowed
def logcdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the logarithm of `cdf`."""
    return log_ndtr((x - loc) / scale)


@borrowed
def logsf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Return the logarithm of `sf`."""
    return log_ndtr((loc - x) / scale)
