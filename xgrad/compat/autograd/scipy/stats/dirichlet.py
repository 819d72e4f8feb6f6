"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ..special import gammaln, xlogy

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.dirichlet, name))


@borrowed
def logpdf(x: Any, alpha: Any) -> Any:
    """Return the logarithm of the density."""
    return np.sum(xlogy(alpha - 1, x)) + gammaln(np.sum(alpha)) - np.sum(gammaln(alpha))


@borrowed
def pdf(x: Any, alpha: Any) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, alpha))
