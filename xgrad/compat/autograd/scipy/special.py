"""Special functions: SciPy's on plain values, `xgrad.special` on tracked ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import numpy as np
import scipy.special as _scipy

from xgrad import Array
from xgrad import special as _xgrad

from .. import refused
from ..borrowed import borrow, borrowed

_SYNONYMS = {"jn": "jv", "yn": "yv"}


@lru_cache(maxsize=512)
def _function(name: str) -> Any:
    theirs = getattr(_scipy, name)
    ours = getattr(_xgrad, _SYNONYMS.get(name, name), None)
    return borrow(__name__, name, theirs, _either(theirs, ours) if ours else None)


__getattr__ = refused.lookup(__name__, _function)


def _either(theirs: Callable[..., Any], ours: Any) -> Callable[..., Any]:
    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        for x in (*args, *kwargs.values()) if kwargs else args:
            if isinstance(x, Array):
                return ours(*args, **kwargs)
        return theirs(*args, **kwargs)

    return function


@borrowed
def rgamma(x: Any) -> Any:
    """Return one over the gamma function."""
    return 1 / gamma(x) if isinstance(x, Array) else _scipy.rgamma(x)


@borrowed
def gammasgn(x: Any) -> Any:
    """Return the sign of the gamma function, which has no derivative."""
    return np.sign(gamma(x)) if isinstance(x, Array) else _scipy.gammasgn(x)


@borrowed
def multigammaln(a: Any, d: int) -> Any:
    """Return the logarithm of the multivariate gamma function (DLMF 35.3.4)."""
    if not isinstance(a, Array):
        return _scipy.multigammaln(a, d)
    terms = sum(gammaln(a - 0.5 * i) for i in range(d))
    return terms + d * (d - 1) / 4 * np.log(np.pi)


gamma, gammaln = _function("gamma"), _function("gammaln")
