# Tests of xgrad/scipy/stats
"""Distributions and statistics: values of SciPy, derivatives in values and parameters."""

import numpy as np
import pytest
import scipy.stats as plain

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(12)
Q = np.asarray([0.1, 0.45, 0.83])
LOC, SCALE = np.asarray(0.3), np.asarray(1.4)
SHAPES = {"gamma": (2.3,), "chi2": (3.7,), "invgamma": (5.2,), "beta": (1.7, 2.6), "t": (4.3,), "f": (3.2, 9.1), "genextreme": (0.3,),
          "lognorm": (0.6,), "pareto": (4.5,), "weibull_min": (1.6,), "invgauss": (0.8,)}  # fmt: skip
CONTINUOUS = [
    n
    for n, d in scipy.stats.distributions.DISTRIBUTIONS.items()
    if isinstance(d, scipy.stats.Continuous)
]
DISCRETE = {
    "poisson": (2.3,),
    "binom": (9.0, 0.4),
    "bernoulli": (0.3,),
    "geom": (0.35,),
    "nbinom": (4.5, 0.4),
}
X, Y = RNG.uniform(0.5, 3.0, 14), RNG.uniform(0.5, 3.0, 14)
COV = np.asarray([[1.5, 0.3], [0.3, 0.8]])
PTS = RNG.normal(size=(4, 2))


def S(name, *args, f=None, **options):
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.stats, *xs), args, **({"value": 1e-9} | options))


NEW = ("logpdf", "pdf", "cdf", "logcdf", "ccdf", "logccdf")
MOMENTS = ("mean", "variance", "standard_deviation", "entropy", "median")


def new(name):
    """Return what the methods of a new distribution give, at points inside."""

    def f(stats, one, two, x):
        if name == "Normal":
            made = stats.Normal(mu=one, sigma=two)
        else:
            made = stats.Uniform(a=one - 2.0, b=two + 1.0)
        found = [getattr(made, n)(x) for n in NEW] + [getattr(made, n)() for n in MOMENTS]
        return [*found, made.icdf(0.3), made.iccdf(0.2), made.ilogcdf(-0.3), made.ilogccdf(-1.1)]

    return f


def shapes(name):
    return tuple(np.asarray(s) for s in SHAPES.get(name, ()))


def _whole(name):
    def f(st, x, *params):
        d = getattr(st, name)
        return [
            getattr(d, m)(x, *params) for m in ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf")
        ]

    x = getattr(plain, name).ppf(Q, *SHAPES.get(name, ()), LOC, SCALE)
    return S(name, x, *shapes(name), LOC, SCALE, f=f, rtol=1e-5)


def _quantiles(name):
    def f(st, q, *params):
        d = getattr(st, name)
        return [d.ppf(q, *params), d.isf(q, *params)]

    return S(f"{name} quantiles", Q, *shapes(name), LOC, SCALE, f=f, rtol=1e-5)


def _moments(name):
    d = scipy.stats.distributions.DISTRIBUTIONS[name]
    names = [m for m in ("mean", "var", "entropy") if getattr(d, f"_{m}") is not None]
    names += ["std"] if d._var is not None else []

    def f(st, *params):
        return [getattr(getattr(st, name), m)(*params) for m in names]

    return S(f"{name} moments", *shapes(name), LOC, SCALE, f=f)


def _discrete(name):
    names = ["logpmf", "pmf"] + ["cdf", "sf"] * (
        scipy.stats.distributions.DISTRIBUTIONS[name]._cdf is not None
    )
    fixed = DISCRETE[name][:-1]

    def f(st, p):
        d = getattr(st, name)
        k = np.asarray([0.0, 1.0, 3.0])
        return [*(getattr(d, m)(k, *fixed, p) for m in names), d.mean(*fixed, p), d.var(*fixed, p)]

    return S(
        name,
        np.asarray(DISCRETE[name][-1]),
        f=lambda st, p: [
            xg.where(v > -1e300, v, 0.0)
            if isinstance(v, xg.Array)
            else np.where(np.isfinite(v), v, 0.0)
            for v in f(st, p)
        ],
    )


PROGRAMS = (
    *(S(n, np.asarray(0.2), np.asarray(1.3), Q, f=new(n)) for n in ("Normal", "Uniform")),
    *map(_whole, CONTINUOUS),
    *map(_quantiles, [n for n in CONTINUOUS if n != "invgauss"]),
    *map(_moments, [n for n in CONTINUOUS if n not in ("genextreme", "f")]),
    *map(_discrete, DISCRETE),
    S("outside", np.asarray([-1.0, 0.5, 2.0]), f=lambda st, x: [st.beta.pdf(x, 2.0, 3.0), st.beta.cdf(x, 2.0, 3.0), st.expon.sf(x), st.uniform.pdf(x)]),
    S("frozen", X[:3], LOC, SCALE, f=lambda st, x, m, s: [st.norm(m, s).logpdf(x), st.norm(loc=m, scale=s).cdf(x), st.gamma(2.0, scale=s).pdf(x), st.norm(m, s).mean()]),
    S("interval", LOC, SCALE, f=lambda st, m, s: [*st.norm.interval(0.9, m, s), st.norm.median(m, s)]),
    S("fit", X, f=lambda st, x: [*st.norm.fit(x), *st.expon.fit(x), *st.uniform.fit(x)]),
    S("multivariate_normal", PTS, np.asarray([0.1, -0.2]), COV, f=lambda st, x, m, c: [
        st.multivariate_normal.logpdf(x, m, 0.5 * (c + c.T)), st.multivariate_normal.pdf(x[0], m, 0.5 * (c + c.T)), st.multivariate_normal.entropy(m, 0.5 * (c + c.T))]),
    S("multivariate_t", PTS, COV, np.asarray(4.2), f=lambda st, x, c, v: st.multivariate_t.logpdf(x, np.zeros(2), 0.5 * (c + c.T), v if hasattr(v, "_raw") else float(v))),
    S("dirichlet", np.asarray([1.5, 2.0, 0.8]), f=lambda st, a: [st.dirichlet.logpdf(np.asarray([0.2, 0.5, 0.3]), a), st.dirichlet.pdf(np.asarray([0.2, 0.5]), a), st.dirichlet.entropy(a)]),
    S("gaussian_kde", X, Y[:3], f=lambda st, x, y: [st.gaussian_kde(x)(y), st.gaussian_kde(x, "silverman").logpdf(y), st.gaussian_kde(x, 0.4).integrate_box_1d(0.5, 1.5)]),
    S("gaussian_kde, two", PTS.T, PTS[:2].T + 0.1, Y[:4], f=lambda st, x, y, w: st.gaussian_kde(x, weights=w)(y)),
    S("linregress", X, Y, f=lambda st, x, y: tuple(st.linregress(x, y))),
    S("slopes", X, Y, f=lambda st, x, y: [*tuple(st.theilslopes(y, x))[:2], *st.siegelslopes(y, x), *st.siegelslopes(y, x, "separate")]),
    S("distances", X, Y, f=lambda st, x, y: [st.wasserstein_distance(x, y), st.energy_distance(x, y), st.wasserstein_distance(x, y, np.arange(1.0, 15), np.ones(14))], step=1e-6, rtol=1e-5, order=1),
    S("binned_statistic", X, f=lambda st, x: [st.binned_statistic(np.arange(14.0), x, s, 4).statistic for s in ("mean", "sum", "std", "median", "min", "max")]),
    S("transforms", X, np.asarray(0.4), f=lambda st, x, k: [st.boxcox(x, 0.5), st.boxcox_llf(k, x), st.yeojohnson(x - 1.5, 0.7)]),
    S("boxcox", X, f=lambda st, x: st.boxcox(x), value=1e-6, rtol=1e-4, step=1e-3, order=1),
    S("trims", X, f=lambda st, x: [st.trimboth(x, 0.2), st.trim1(x, 0.2), st.trim1(x, 0.2, "left"), st.scoreatpercentile(x, 30)]),
    S("tests", X, Y, f=lambda st, x, y: [st.ks_1samp(x, st.norm.cdf).statistic, st.cramervonmises(x, st.norm.cdf).statistic, *st.obrientransform(x, y),
                                         *tuple(st.cumfreq(np.arange(14.0), 4, weights=x))[:1]]),
    S("chi2_contingency", RNG.uniform(3, 9, (3, 4)), f=lambda st, t: [*st.chi2_contingency(t)[:2], st.chi2_contingency(t[:2, :2])[0], st.chi2_contingency(t)[3]]),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")  # moments of cauchy
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s, x: s.gamma.logpdf(x), TypeError, "the shape parameter 'a' is missing"),
        (lambda s, x: s.norm.logpdf(x, 1, 2, 3), TypeError, "too many arguments"),
        (lambda s, x: s.gamma.fit(x), NotImplementedError, "minimise nnlf"),
        (lambda s, x: s.nothing, AttributeError, "has no attribute 'nothing'"),
        (lambda s, x: s.linregress(x, x[:3]), ValueError, "expected two vectors"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.stats, xg.asarray(X))
