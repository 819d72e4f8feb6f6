"""The beta distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

from ... import refused
from ...borrowed import borrowed
from ..special import betainc, betaln, xlog1py, xlogy

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.beta, name))


@borrowed
def logpdf(x: Any, a: Any, b: Any) -> Any:
    """Return the logarithm of the density."""
    return xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)


@borrowed
def pdf(x: Any, a: Any, b: Any) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, a, b))


@borrowed
def cdf(x: Any, a: Any, b: Any) -> Any:
    """Return the probability of a smaller value."""
    return betainc(a, b, x)
