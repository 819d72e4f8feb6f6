"""The chi-squared distribution: a gamma distribution of scale 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from . import gamma

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.chi2, name))


@borrowed
def logpdf(x: Any, df: Any) -> Any:
    """Return the logarithm of the density."""
    return gamma.logpdf(x / 2, df / 2) - np.log(2)


@borrowed
def pdf(x: Any, df: Any) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, df))


@borrowed
def cdf(x: Any, df: Any) -> Any:
    """Return the probability of a smaller value."""
    return gamma.cdf(x / 2, df / 2)
