"""Distributions and statistics, as in ``scipy.stats``.

What SciPy computes by the array standard alone, as its moments and most of its tests, is
differentiable under its own name; here is what it computes otherwise. The distributions are
attributes: ``stats.norm``, ``stats.gamma``, ...
"""

from __future__ import annotations

from typing import Any

from ..common import rest_of
from .continuous import Normal, Uniform
from .distributions import DISTRIBUTIONS, Continuous, Discrete, Frozen
from .multivariate import dirichlet, gaussian_kde, multivariate_normal, multivariate_t
from .statistics import (
    anderson,
    binned_statistic,
    boxcox,
    boxcox_llf,
    boxcox_normmax,
    chi2_contingency,
    cramervonmises,
    cumfreq,
    energy_distance,
    kendalltau,
    ks_1samp,
    linregress,
    obrientransform,
    scoreatpercentile,
    shapiro,
    siegelslopes,
    theilslopes,
    trim1,
    trimboth,
    wasserstein_distance,
    yeojohnson,
)

__all__ = [
    "Continuous",
    "Discrete",
    "Frozen",
    "Normal",
    "Uniform",
    "anderson",
    "binned_statistic",
    "boxcox",
    "boxcox_llf",
    "boxcox_normmax",
    "chi2_contingency",
    "cramervonmises",
    "cumfreq",
    "dirichlet",
    "energy_distance",
    "gaussian_kde",
    "kendalltau",
    "ks_1samp",
    "linregress",
    "multivariate_normal",
    "multivariate_t",
    "obrientransform",
    "scoreatpercentile",
    "shapiro",
    "siegelslopes",
    "theilslopes",
    "trim1",
    "trimboth",
    "wasserstein_distance",
    "yeojohnson",
]


_rest = rest_of("stats")


def __getattr__(name: str) -> Any:
    if name in DISTRIBUTIONS:
        return DISTRIBUTIONS[name]
    return _rest(name)
