"""The gamma distribution, of unit scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ..special import gammainc, gammaln, xlogy

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.gamma, name))


@borrowed
def logpdf(x: Any, a: Any) -> Any:
    """Return the logarithm of the density."""
    return xlogy(a - 1, x) - x - gammaln(a)


@borrowed
def pdf(x: Any, a: Any) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, a))


@borrowed
def cdf(x: Any, a: Any) -> Any:
    """Return the probability of a smaller value."""
    return gammainc(a, x)
