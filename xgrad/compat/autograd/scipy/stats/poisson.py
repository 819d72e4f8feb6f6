"""The Poisson distribution; derivatives are with respect to its mean `mu`."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ..special import gammaincc, gammaln, xlogy

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.poisson, name))


@borrowed
def logpmf(k: Any, mu: Any) -> Any:
    """Return the logarithm of the probability of `k`."""
    return xlogy(k, mu) - mu - gammaln(k + 1)


@borrowed
def pmf(k: Any, mu: Any) -> Any:
    """Return the probability of `k`."""
    return np.exp(logpmf(k, mu))


@borrowed
def cdf(k: Any, mu: Any) -> Any:
    """Return the probability of at most `k`."""
    return gammaincc(np.floor(k) + 1, mu)
