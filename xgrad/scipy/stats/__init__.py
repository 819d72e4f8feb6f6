"""Distributions and statistics, as in ``scipy.stats``.

What SciPy computes by the array standard alone, as its moments and most of its tests, is
differentiable under its own name; here is what it computes otherwise. The distributions are
attributes: ``stats.norm``, ``stats.gamma``, ...
"""

from __future__ import annotations

from typing import Any

from ..common import rest_of, stands_for
from .binned import binned_statistic, binned_statistic_2d, binned_statistic_dd
from .comparisons import dunnett, ttest_ind, tukey_hsd
from .continuous import (
    Binomial,
    Logistic,
    Mixture,
    Normal,
    Uniform,
    abs,
    exp,
    log,
    made_distribution,
    make_distribution,
    moving,
    order_statistic,
    truncate,
)
from .distributions import Continuous, Discrete, Frozen
from .goodness import anderson, chi2_contingency, cramervonmises, ks_1samp, kstest, shapiro
from .matrices import (
    dirichlet_multinomial,
    invwishart,
    matrix_normal,
    matrix_t,
    multinomial,
    multivariate_hypergeom,
    normal_inverse_gamma,
    vonmises_fisher,
    wishart,
)
from .multivariate import dirichlet, gaussian_kde, multivariate_normal, multivariate_t
from .statistics import (
    cumfreq,
    energy_distance,
    expectile,
    kendalltau,
    linregress,
    probplot,
    ranksums,
    relfreq,
    scoreatpercentile,
    siegelslopes,
    somersd,
    theilslopes,
    wasserstein_distance,
    weightedtau,
)
from .table import DISTRIBUTIONS, twin_of
from .transforms import (
    boxcox,
    boxcox_llf,
    boxcox_normmax,
    obrientransform,
    trim1,
    trimboth,
    yeojohnson,
    yeojohnson_normmax,
)

__all__ = [
    "Binomial",
    "Continuous",
    "Discrete",
    "Frozen",
    "Logistic",
    "Mixture",
    "Normal",
    "Uniform",
    "abs",
    "anderson",
    "binned_statistic",
    "binned_statistic_2d",
    "binned_statistic_dd",
    "boxcox",
    "boxcox_llf",
    "boxcox_normmax",
    "chi2_contingency",
    "cramervonmises",
    "cumfreq",
    "dirichlet",
    "dirichlet_multinomial",
    "dunnett",
    "energy_distance",
    "exp",
    "expectile",
    "gaussian_kde",
    "invwishart",
    "kendalltau",
    "ks_1samp",
    "kstest",
    "linregress",
    "log",
    "make_distribution",
    "matrix_normal",
    "matrix_t",
    "multinomial",
    "multivariate_hypergeom",
    "multivariate_normal",
    "multivariate_t",
    "normal_inverse_gamma",
    "obrientransform",
    "order_statistic",
    "probplot",
    "ranksums",
    "relfreq",
    "scoreatpercentile",
    "shapiro",
    "siegelslopes",
    "somersd",
    "theilslopes",
    "trim1",
    "trimboth",
    "truncate",
    "ttest_ind",
    "tukey_hsd",
    "vonmises_fisher",
    "wasserstein_distance",
    "weightedtau",
    "wishart",
    "yeojohnson",
    "yeojohnson_normmax",
]


_rest = rest_of("stats")


def __getattr__(name: str) -> Any:
    if name in DISTRIBUTIONS:
        return DISTRIBUTIONS[name]
    found = _rest(name)
    return twin_of(found) if hasattr(found, "_get_support") and hasattr(found, "shapes") else found


def patch(module: Any) -> None:
    """Have the classes that SciPy makes of its distributions take an `Array`."""
    own = module.make_distribution
    if hasattr(own, "xgrad_original"):
        own = own.xgrad_original

    @stands_for(own)
    def make(dist: Any) -> Any:
        return made_distribution(own(dist), dist)

    module.make_distribution = make
    moving(module._distribution_infrastructure.ContinuousDistribution)
