"""The multivariate normal distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

import xgrad

from ... import refused
from ...borrowed import borrowed

__getattr__ = refused.lookup(__name__, lambda name: getattr(scipy.stats.multivariate_normal, name))


@borrowed
def logpdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    """Return the logarithm of the density; with `allow_singular`, on the support of `cov`."""
    d = x - mean
    cov = xgrad.eye(d.shape[-1]) * cov if np.ndim(cov) < 2 else cov
    if allow_singular:
        inverse, (rank, logdet) = xgrad.linalg.pinv(cov), _pseudo_logdet(cov)
        square = xgrad.sum((d @ inverse) * d, axis=-1)
    else:
        rank, logdet = cov.shape[-1], xgrad.linalg.slogdet(cov)[1]
        solved = xgrad.linalg.solve(cov, xgrad.reshape(d, (-1, rank)).T)
        square = xgrad.sum(d * xgrad.reshape(solved.T, d.shape), axis=-1)
    return -0.5 * (rank * np.log(2 * np.pi) + logdet + square)


def _pseudo_logdet(cov: Any) -> tuple[int, Any]:
    values = xgrad.linalg.eigvalsh(cov)
    plain = np.asarray(xgrad.stop_gradient(values))
    kept = plain > 1e6 * np.finfo(plain.dtype).eps * np.max(np.abs(plain))  # as scipy.stats does
    return int(kept.sum()), xgrad.sum(xgrad.log(xgrad.where(kept, values, 1.0)))


@borrowed
def pdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    """Return the density."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


@borrowed
def entropy(mean: Any, cov: Any) -> Any:
    """Return the differential entropy."""
    n = cov.shape[-1]
    return 0.5 * (n * (1 + np.log(2 * np.pi)) + xgrad.linalg.slogdet(cov)[1])
