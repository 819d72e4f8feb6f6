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
          "fisk": (4.6,), "lomax": (4.5,), "triang": (0.35,), "truncnorm": (-0.8, 1.7), "loguniform": (0.4, 2.9), "reciprocal": (0.4, 2.9),
          "trapezoid": (0.3, 0.6), "truncpareto": (2.6, 4.5), "genhalflogistic": (0.4,), "geninvgauss": (2.3, 1.5), "genhyperbolic": (0.7, 1.5, -0.5),
          "ncx2": (3.2, 1.7), "ncf": (3.2, 9.1, 1.4), "nct": (6.3, 0.7), "lognorm": (0.6,), "pareto": (4.5,), "weibull_min": (1.6,), "invgauss": (0.8,), "tukeylambda": (0.3,)}  # fmt: skip
CONTINUOUS = [
    n
    for n, d in scipy.stats.table.DISTRIBUTIONS.items()
    if isinstance(d, scipy.stats.Continuous) and n not in ("irwinhall", "studentized_range")
]  # those two are in test_comparisons.py
DISCRETE = {
    "poisson": (2.3,),
    "binom": (9.0, 0.4),
    "bernoulli": (0.3,),
    "geom": (0.35,),
    "nbinom": (4.5, 0.4),
}
X, Y = RNG.uniform(0.5, 3.0, 14), RNG.uniform(0.5, 3.0, 14)
FITTED = np.random.default_rng(0).gamma(2.0, 1.3, 40) + 0.1
COV = np.asarray([[1.5, 0.3], [0.3, 0.8]])
PTS = RNG.normal(size=(4, 2))
AT = np.asarray([[0.3, 0.2, 0.5], [1.1, -0.4, 0.3]])
SPD = np.asarray([[2.1, -0.4], [-0.4, 1.2]])


def sym(x):
    """Return the symmetric part of a matrix, as SciPy reads one triangle alone."""
    return 0.5 * (x + x.T)


def number(x):
    """Return a number where SciPy takes no array."""
    return x if isinstance(x, xg.Array) else float(x)


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
    d = scipy.stats.table.DISTRIBUTIONS[name]
    names = [m for m in ("mean", "var", "entropy") if getattr(d, f"_{m}") is not None]
    names += ["std"] if d._var is not None else []

    def f(st, *params):
        return [getattr(getattr(st, name), m)(*params) for m in names]

    return S(f"{name} moments", *shapes(name), LOC, SCALE, f=f)


def _discrete(name):
    names = ["logpmf", "pmf"] + ["cdf", "sf"] * (
        scipy.stats.table.DISTRIBUTIONS[name]._cdf is not None
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


WRITTEN = {
    "gompertz": (0.9,),
    "burr12": (2.4, 3.5),
    "chi": (3.3,),
    "skewnorm": (1.4,),
    "exponnorm": (1.5,),
    "vonmises_line": (1.7,),
    "arcsine": (),
}
SUMS = {
    "hypergeom": (20.0, 7.0, 12.0),
    "betabinom": (5.0, 2.3, 0.63),
    "planck": (0.6,),
}


def own_code(name):
    """Return what SciPy's own code gives, and integrals of its density where that is compiled."""
    d, shapes = getattr(plain, name), WRITTEN[name]
    x = d.ppf(Q[:2], *shapes, LOC, SCALE)

    def f(st, x, *params):
        d = getattr(st, name)
        whole = [getattr(d, m)(x, *params) for m in ("logpdf", "cdf", "sf", "logsf")]
        return [*whole, d.mean(*params), d.entropy(*params)]

    return S(
        f"{name}, own code",
        x,
        *map(np.asarray, shapes),
        LOC,
        SCALE,
        f=f,
        rtol=1e-4,
        order=1,
        value=1e-7,
    )


def _made(stats, a, x):
    made = stats.make_distribution(stats.gamma)
    one = made(a=a)
    return [one.logpdf(x), one.cdf(x), one.icdf(0.3), one.mean(), one.skewness(), one.kurtosis(), one.entropy(),
            *(one.moment(n, k) for n in (2, 3, 4) for k in ("raw", "central", "standardized")), stats.Logistic().logpdf(x), stats.Logistic().icdf(x / 4)]  # fmt: skip


PROGRAMS = (
    S("kappa4 by both", np.asarray(0.2), np.asarray(-0.3), np.asarray([0.3, 0.9]), f=lambda st, h, k, x: [st.kappa4.logpdf(x, h, k), st.kappa4.cdf(x, 0.0, k), st.kappa4.logcdf(x, h, 0.3, scale=1 + h), st.kappa4.isf(x / 4, h, k)], rtol=1e-5),
    S("zipf", np.asarray(3.3), np.asarray(1.3), f=lambda st, a, b: [st.zipf.logpmf([1, 2], a), st.zipf.cdf(3, a), st.zipf.sf(2, a), st.zipf.mean(a), st.zipf(a).var(),
      st.zipfian.logpmf([1, 2], b, 6), st.zipfian.cdf([3, 6], b, 6), st.zipfian(b, [3, 5]).mean(), st.zipfian(b, 6).var(), st.betanbinom.cdf([3, 6], 4, 2.2, b), st.betanbinom.sf(3, 4, 2.2, b)], rtol=1e-5),
    S("modulus and order", np.asarray(0.4), np.asarray(1.2), f=lambda st, m, v: [g(y) for X in [st.Normal(mu=m, sigma=v)] for g, y in ((st.abs(X).pdf, [0.3, 1.2]), (st.abs(X).icdf, [0.3, 0.8]), (st.order_statistic(X, r=2, n=4).logpdf, [0.3, 1.2]), (st.order_statistic(X, r=2, n=4).icdf, 0.3))] + [st.abs(st.Normal(mu=m)).mean(), st.Normal(mu=m).mode()], value=1e-8),
    S("expect, frozen", np.asarray(1.4), f=lambda st, a: [st.gamma(a).expect(lambda u: u**2), st.gamma(a, scale=2.0).expect(lambda u: u, lb=1.0, conditional=True), st.poisson(a).expect(lambda u: u**2)], value=1e-7, rtol=1e-5),
    S("normal in a box", RNG.normal(size=2), f=lambda st, m: [st.multivariate_normal.cdf([1.0, 0.5], m, [[1.0, 0.3], [0.3, 2.0]], lower_limit=[-1.0, -2.0]), st.multivariate_normal(m).cdf([[1.0, 0.5], [0.4, 0.4]], lower_limit=-1.0),
      st.multivariate_normal.logpdf([0.1, 0.2], m, plain.Covariance.from_diagonal([1.0, 2.0])), st.multivariate_normal(m).mean, st.multivariate_t(m, df=3).loc, st.dirichlet(m * m).alpha], value=1e-6, rtol=1e-5, step=1e-3),
    S("gaussian_kde, its bandwidth", RNG.normal(size=(2, 9)), f=lambda st, d: [st.gaussian_kde(d, lambda k: 0.8 * k.scotts_factor())([[0.1, 0.2], [0.3, 0.4]]), st.gaussian_kde(d).inv_cov, st.gaussian_kde(d).silverman_factor() * d[0]]),
    S("frequencies", RNG.normal(size=14), RNG.uniform(0.5, 1.0, size=14), f=lambda st, a, w: [*st.relfreq(a, 4)[1:3], st.relfreq(a, 4, weights=w)[0], st.cumfreq(a, 4, weights=w)[0]]),
    *map(own_code, WRITTEN),
    *(S(n, np.asarray(0.2), np.asarray(1.3), Q, f=new(n)) for n in ("Normal", "Uniform")),
    *map(_whole, CONTINUOUS),
    *map(_quantiles, [n for n in CONTINUOUS if n != "invgauss"]),
    *map(_moments, [n for n in CONTINUOUS if n not in ("genextreme", "f")]),
    *map(_discrete, DISCRETE),
    S("outside", np.asarray([-1.0, 0.5, 2.0]), f=lambda st, x: [st.beta.pdf(x, 2.0, 3.0), st.beta.cdf(x, 2.0, 3.0), st.expon.sf(x), st.uniform.pdf(x)]),
    S("frozen", X[:3], LOC, SCALE, f=lambda st, x, m, s: [st.norm(m, s).logpdf(x), st.norm(loc=m, scale=s).cdf(x), st.gamma(2.0, scale=s).pdf(x), st.norm(m, s).mean()]),
    *(S(f"averages {n}", *shapes(n), LOC, SCALE, f=lambda st, *p, n=n: [*(getattr(st, n).moment(k, *p) for k in (1, 2, 3, 4)), *(v for v in getattr(st, n).support(*p) if np.isfinite(float(v.detach() if hasattr(v, "detach") else v))),
        getattr(st, n).expect(lambda x: x * x, args=p[:-2], loc=p[-2], scale=p[-1], lb=0.5, ub=1.3, conditional=True)], order=1, rtol=1e-5) for n in ("norm", "gamma", "beta")),
    S("average of a sine", np.asarray(1.2), LOC, f=lambda st, a, m: [st.norm.expect(lambda x: np.sin(a * x), loc=m), st.poisson.expect(lambda k: np.sin(a * k), args=(m + 1.0,)), st.poisson.moment(5, m), *st.gamma(m + 2.0).stats("vk"), st.gamma(m + 2.0).moment(2)], order=1),
    S("weights of distances", X, Y, Y + 0.1, X, f=lambda st, x, y, u, v: [st.wasserstein_distance(x, y, u, v), st.energy_distance(x, y, u, v), st.wasserstein_distance(x, y, v_weights=v)]),
    S("lines", X, Y, f=lambda st, x, y: [*st.linregress(x, y, "greater"), st.linregress(x, y).intercept_stderr, *st.linregress(x.reshape((7, 2)), y.reshape((7, 2)), axis=0), *st.probplot(x)[0], *st.probplot(x)[1]]),
    S("expectile", X, Y, np.asarray(0.3), f=lambda st, x, w, a: [st.expectile(x, number(a), weights=w), st.expectile(x)]),
    S("kstest", X, np.asarray(1.3), f=lambda st, x, m: [st.kstest(x, "norm").statistic, st.kstest(x, "gamma", args=(m,)).statistic, x * st.kstest(x, Y + 3e-3).statistic, x * st.ranksums(x, Y + 3e-3).statistic, x * st.weightedtau(x, Y).statistic, x * st.somersd(x, Y).statistic], order=1),
    S("contingency", X[:6].reshape(2, 3) * 4, f=lambda st, t: [v for table, kind in ((t, "log-likelihood"), (t[:, :2], None), (t[:, :2], 2 / 3)) for v in st.chi2_contingency(table, lambda_=kind)[:2]]),
    S("yeojohnson, best", X, f=lambda st, x: [*st.yeojohnson(x - 1.5), st.yeojohnson_normmax(x - 1.5)], rtol=1e-2, value=1e-5, order=1),
    S("lists", np.asarray(0.7), f=lambda st, a: [st.pearsonr([a, 1.0, 2.0, 4.0], [1.0, 3.0, 2.0, 5.0])[0], st.zscore([a, 1.0, 2.0]), st.skew((a, 1.0, 4.0)), st.ttest_1samp([a, 1.0, 2.0], 0.0)[0], st.gmean([a, 2.0]), st.entropy([a, 1.0])]),
    *(S(f"normal below, {len(c)}", AT[:, :len(c)] if len(c) == 2 else AT[0], np.asarray([0.1, 0.2, -0.1][:len(c)]), np.asarray(c), f=lambda st, x, m, c: [
        st.multivariate_normal.cdf(x, m, sym(c), rng=0), st.multivariate_normal.logcdf(x, m, sym(c), rng=0), st.multivariate_normal(m, sym(c), seed=0).cdf(x)][:4 - len(m)], rtol=1e-4 if len(c) < 3 else 1e-3, value=1e-6 if len(c) < 3 else 1e-4,
        step=1e-4 if len(c) < 3 else 3e-2, order=2 if len(c) < 3 else 1) for c in ([[1.5, 0.3], [0.3, 0.8]], [[1.5, 0.3, 0.1], [0.3, 0.8, -0.2], [0.1, -0.2, 1.1]])),
    *(S(f"t below, {len(c)}", AT[0][:len(c)], np.asarray(c), f=lambda st, x, c: [
        st.multivariate_t.cdf(x, [0.1, 0.2, -0.1][:len(c)], sym(c), 4.2, maxpts=60000, random_state=0), st.multivariate_t([0.2] * len(c), SPD, 3).cdf(x, random_state=0) if len(c) == 2 else st.t.cdf(x[0], 4.2)],
        rtol=rtol, value=1e-3, step=step, order=order) for c, rtol, step, order in (([[1.5]], 1e-6, 1e-4, 2), ([[1.5, 0.3], [0.3, 0.8]], 1e-3, 3e-2, 2), ([[1.5, 0.3, 0.1], [0.3, 0.8, -0.2], [0.1, -0.2, 1.1]], 3e-3, 3e-2, 1))),
    S("interval", LOC, SCALE, f=lambda st, m, s: [*st.norm.interval(0.9, m, s), st.norm.median(m, s)]),
    S("fit", X, f=lambda st, x: [*st.norm.fit(x), *st.expon.fit(x), *st.uniform.fit(x)]),
    S("multivariate_normal", PTS, np.asarray([0.1, -0.2]), COV, f=lambda st, x, m, c: [
        st.multivariate_normal.logpdf(x, m, 0.5 * (c + c.T)), st.multivariate_normal.pdf(x[0], m, 0.5 * (c + c.T)), st.multivariate_normal.entropy(m, 0.5 * (c + c.T))]),
    S("multivariate_t", PTS, COV, np.asarray(4.2), f=lambda st, x, c, v: st.multivariate_t.logpdf(x, np.zeros(2), 0.5 * (c + c.T), v if hasattr(v, "_raw") else float(v))),
    S("dirichlet", np.asarray([1.5, 2.0, 0.8]), f=lambda st, a: [st.dirichlet.logpdf(np.asarray([0.2, 0.5, 0.3]), a), st.dirichlet.pdf(np.asarray([0.2, 0.5]), a), st.dirichlet.entropy(a)]),
    S("wishart", SPD, COV, np.asarray(4.3), f=lambda st, x, c, v: [f(sym(x), number(v), sym(c)) for f in (st.wishart.logpdf, st.invwishart.logpdf, st.wishart.pdf)] + [
        st.wishart.mean(number(v), c), st.wishart.mode(number(v), c), st.wishart.var(number(v), c), st.wishart.entropy(number(v), sym(c)), st.invwishart.mean(number(v), c), st.invwishart.mode(number(v), c),
        st.invwishart.var(number(v + 2.0), c), st.invwishart.entropy(number(v), sym(c))]),
    S("wisharts", np.stack([SPD, COV], axis=-1), f=lambda st, x: [f(0.5 * (x + np.moveaxis(x, 1, 0)), 3.2, SPD) for f in (st.wishart.logpdf, st.invwishart.logpdf)]),
    S("matrices", RNG.normal(size=(2, 2, 2)), PTS[:2], SPD, COV, np.asarray(3.4), f=lambda st, X, m, r, c, v: [
        st.matrix_normal.logpdf(X, m, sym(r), sym(c)), st.matrix_normal.pdf(X[0], rowcov=sym(r), colcov=sym(c)), st.matrix_normal.entropy(sym(r), sym(c)),
        st.matrix_t.logpdf(X, m, sym(r), sym(c), number(v)), st.matrix_t.pdf(X[0], m, sym(r), 1, 3.0)]),
    S("counts", np.asarray([1.5, 2.0, 0.8]), f=lambda st, a: [d for n, x in ((5, np.asarray([1, 3, 1])), (3, np.asarray([[1, 0, 2], [3, 0, 0]]))) for d in (
        st.multinomial.logpmf(x, n, a / a.sum()), st.multinomial.pmf(x, n, a / a.sum()), st.multinomial.mean(n, a / a.sum()), st.multinomial.cov(n, a / a.sum()),
        st.multinomial.entropy(n, a / a.sum()), st.dirichlet_multinomial.logpmf(x, a, n), st.dirichlet_multinomial.pmf(x, a, n),
        st.dirichlet_multinomial.mean(a, n), a * st.multivariate_hypergeom.logpmf(np.asarray([1, 1, 1]), np.asarray([2, 3, 4]), 3), st.dirichlet_multinomial.var(a, n), st.dirichlet_multinomial.cov(a, n))]),
    S("directions", RNG.normal(size=3), RNG.normal(size=3), np.asarray(1.7), f=lambda st, x, m, k: [
        f(x / (x * x).sum() ** 0.5, m / (m * m).sum() ** 0.5, number(k)) for f in (st.vonmises_fisher.logpdf, st.vonmises_fisher.pdf)]
        + [st.vonmises_fisher.entropy(m / (m * m).sum() ** 0.5, number(k))]),
    S("normal_inverse_gamma", Q, Q + 0.4, LOC, SCALE, np.asarray(2.6), f=lambda st, x, s, m, k, a: [
        st.normal_inverse_gamma.logpdf(x, s, m, k, a, 1.3), st.normal_inverse_gamma.pdf(x, s, m, k, a, 1.3), *st.normal_inverse_gamma.mean(m, k, a, k), *st.normal_inverse_gamma.var(m, k, a, k)]),
    S("multivariate moments", np.asarray([1.5, 2.0, 0.8]), COV, np.asarray(4.2), PTS, f=lambda st, a, c, v, x: [
        st.dirichlet.mean(a), st.dirichlet.var(a), st.dirichlet.cov(a), st.multivariate_t.entropy(shape=sym(c), df=number(v)), *st.multivariate_normal.fit(x)]),
    S("frozen vectors", PTS, f=lambda st, x: [st.multivariate_normal([0.1, 0.3], COV).logpdf(x), st.multivariate_t([0.1, 0.3], COV, 3.2).pdf(x)]),
    S("gaussian_kde", X, Y[:3], f=lambda st, x, y: [st.gaussian_kde(x)(y), st.gaussian_kde(x, "silverman").logpdf(y), st.gaussian_kde(x, 0.4).integrate_box_1d(0.5, 1.5)]),
    S("gaussian_kde, two", PTS.T, PTS[:2].T + 0.1, Y[:4], f=lambda st, x, y, w: st.gaussian_kde(x, weights=w)(y)),
    S("gaussian_kde, products", X, PTS.T, f=lambda st, x, p: [st.gaussian_kde(x).integrate_gaussian(0.3, 1.2), st.gaussian_kde(x).integrate_kde(st.gaussian_kde(x[:9])),
        st.gaussian_kde(p).integrate_gaussian(np.zeros(2), COV), st.gaussian_kde(p).marginal([1])(np.asarray([0.2]))]),
    S("skellam", np.asarray(1.4), np.asarray(2.1), f=lambda st, a, b: [st.skellam.logpmf(np.asarray([-2.0, 0.0, 3.0]), a, b), st.skellam.mean(a, b), st.skellam.cdf(1.0, a, b)]),
    S("truncpareto, rising", np.asarray(-2.0), f=lambda st, b: [st.truncpareto.logpdf(Q + 1.0, b, 5.0), st.truncpareto.pdf(Q + 1.0, b, 5.0)]),
    S("rvs", LOC, SCALE, f=lambda st, m, s: [st.gamma.rvs(1.7, loc=m, scale=s, size=3, random_state=1), st.norm(m, s).rvs(4, random_state=1), st.weibull_min.rvs(s, size=(2, 2), random_state=2), st.lognorm.rvs(s, size=3, random_state=3), st.norm.rvs(m, s, random_state=4)]),
    *(S(f"{n}.fit", FITTED, f=lambda st, x, n=n, kw=kw: list(getattr(st, n).fit(x, **kw)), value=1e-12, rtol=1e-2, order=1, step=1e-2)
      for n, kw in (("gamma", {"floc": 0}), ("expon", {"floc": 0}), ("logistic", {}), ("norm", {"floc": 0.3}), ("lognorm", {"f0": 0.6}))),
    S("linregress", X, Y, f=lambda st, x, y: tuple(st.linregress(x, y))),
    S("slopes", X, Y, f=lambda st, x, y: [*tuple(st.theilslopes(y, x)), *st.siegelslopes(y, x), *st.siegelslopes(y, x, "separate")]),
    S("distances", X, Y, f=lambda st, x, y: [st.wasserstein_distance(x, y), st.energy_distance(x, y), st.wasserstein_distance(x, y, np.arange(1.0, 15), np.ones(14))], step=1e-6, rtol=1e-5, order=1),
    S("binned_statistic", X, f=lambda st, x: [st.binned_statistic(np.arange(14.0), x, s, 4).statistic for s in ("mean", "sum", "std", "median", "min", "max")]),
    S("p-values", X, np.asarray(1.3), f=lambda st, x, m: [v for kind in ("two-sided", "less", "greater") for v in st.ks_1samp(x, st.gamma.cdf, (m,), kind)], order=1),
    S("bins", X, f=lambda st, x: [st.binned_statistic(x, Y, "sum", 4).bin_edges, *st.cumfreq(x, 4)[1:3], *st.cumfreq(x, 4, weights=Y)[1:3]]),
    S("transforms", X, np.asarray(0.4), f=lambda st, x, k: [st.boxcox(x, 0.5), st.boxcox_llf(k, x), st.yeojohnson(x - 1.5, 0.7)]),
    S("boxcox", X, f=lambda st, x: st.boxcox(x), value=1e-6, rtol=1e-4, step=1e-3, order=1),
    S("trims", X, f=lambda st, x: [st.trimboth(x, 0.2), st.trim1(x, 0.2), st.trim1(x, 0.2, "left"), st.scoreatpercentile(x, 30)]),
    S("tests", X, Y, f=lambda st, x, y: [st.ks_1samp(x, st.norm.cdf).statistic, st.cramervonmises(x, st.norm.cdf).statistic, *st.obrientransform(x, y),
                                         *tuple(st.cumfreq(np.arange(14.0), 4, weights=x))[:1]]),
    S("two samples", X, Y, f=lambda st, x, y: [*tuple(st.ttest_ind(x, y)), st.spearmanr(x, y).statistic * x, st.kendalltau(x, y).statistic * x, st.ks_2samp(x, y).statistic * x]),
    S("made", np.asarray(2.3), np.asarray([0.4, 1.3]), f=_made, rtol=1e-5, value=1e-8),
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
        (
            lambda s, x: s.gamma.fit(x, method="MM"),
            NotImplementedError,
            "only .MLE. has a derivative",
        ),
        (lambda s, x: s.nothing, AttributeError, "has no attribute 'nothing'"),
        (lambda s, x: s.linregress(x, x[:3]), ValueError, "expected as many points"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.stats, xg.asarray(X))


@pytest.mark.parametrize("name", SUMS)
def test_discrete_distributions_by_own_code_and_sums(name):
    *fixed, p = SUMS[name]
    k = np.asarray([1.0, 3.0])
    d, twin = getattr(plain, name), getattr(scipy.stats, name)
    for method in ("pmf", "cdf", "sf"):
        near = lambda p, m=method: getattr(d, m)(k, *fixed, p)  # noqa: E731
        out, slope = xg.jvp(lambda p, m=method: getattr(twin, m)(k, *fixed, p), (p,), (1.0,))
        np.testing.assert_allclose(out, near(p), rtol=1e-9)
        if name != "hypergeom":  # whose last parameter is a whole number
            np.testing.assert_allclose(slope, (near(p + 1e-5) - near(p - 1e-5)) / 2e-5, rtol=1e-6)


def test_a_distribution_of_ones_own_has_derivatives():
    class Tent(plain.rv_continuous):
        def _pdf(self, x, c):
            return c * np.exp(-c * x)

    tent = Tent(a=0.0, name="tent", shapes="c")
    x = np.asarray([0.4, 1.1])
    for f in (tent.logpdf, tent.cdf):
        expected = (f(x, 1.3 + 1e-4) - f(x, 1.3 - 1e-4)) / 2e-4
        got = xg.jacfwd(lambda c, f=f: f(x, c))(np.asarray(1.3))
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_a_moment_whose_sum_does_not_converge_is_refused():
    with pytest.raises(NotImplementedError, match="did not converge"):
        xg.grad(lambda a: plain.crystalball.mean(a, 3.0))(np.asarray(2.0))


def test_new_classes_of_distributions():
    check(
        S(
            "binomial",
            np.asarray(0.4),
            f=lambda st, p: [st.Binomial(n=7, p=p).logpmf(3), st.Binomial(n=7, p=p).mean()],
        )
    )
    plain_class = plain.make_distribution(plain.gompertz)  # made by SciPy's name, and of numbers
    x = np.asarray([0.4, 1.3])
    near = lambda h: plain_class(c=0.9 + h).logpdf(x)  # noqa: E731
    got = xg.jacfwd(lambda c: plain_class(c=c).logpdf(x))(np.asarray(0.9))
    np.testing.assert_allclose(got, (near(1e-5) - near(-1e-5)) / 2e-5, rtol=1e-7)
    slope = xg.grad(lambda x: xg.sum(plain_class(c=0.9).logpdf(x)))(x)
    np.testing.assert_allclose(slope, 1 - 0.9 * np.exp(x), rtol=1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_drawn_or_fitted_says_so():
    errors = (xg.errors.NotDifferentiableError, xg.errors.RuleError)
    for call, says in (
        (lambda a: scipy.stats.beta.rvs(a, 2.0, size=3), "what SciPy draws by is compiled"),
        (lambda a: scipy.stats.poisson.rvs(a, size=3), "a draw of whole numbers"),
        (lambda a: scipy.stats.pareto.fit(X * a, floc=0)[0], "no regular maximum at b="),
    ):
        with pytest.raises(errors, match=says):
            xg.grad(lambda a: xg.sum(call(a)))(1.5)  # noqa: B023 - called at once


@pytest.mark.parametrize("name", ["lomax", "pareto", "invgamma", "t", "fisk"])
def test_a_moment_that_does_not_exist_is_infinite(name):
    ours = getattr(scipy.stats, name)
    for a in (0.8, 1.5):
        for moment in ("mean", "var"):
            found = float(getattr(ours, moment)(xg.asarray(a)))
            assert found == pytest.approx(getattr(getattr(plain, name), moment)(a), nan_ok=True)


def _of_others(st, a, s):
    gamma = st.make_distribution(st.gamma)(a=s)
    normal = st.Normal(mu=a, sigma=s)
    return {
        "shifted": gamma * 1.5 + a,
        "turned": 2.0 - normal,
        "scaled": st.Logistic() * s + a,
        "exp": st.exp(normal),
        "log": st.log(gamma),
        "truncated": st.truncate(normal, lb=-0.5, ub=2.0),
        "mixed": st.Mixture([normal, st.Normal()], weights=[0.3, 0.7]),
    }


@pytest.mark.parametrize(
    "name", ["shifted", "turned", "scaled", "exp", "log", "truncated", "mixed"]
)
def test_distributions_made_of_others(name):
    def values(made, x, q):
        found = [getattr(made, m)(x) for m in NEW]
        found += [made.icdf(q), made.cdf(x, x + 0.2)]
        if name not in ("exp", "log"):
            found += [made.mean(), made.variance(), made.entropy()]
        return [*found, *(e for e in made.support() if np.isfinite(float(getattr(e, "_raw", e))))]

    x = 0.6
    program = Program(name, lambda sp, xp, a, s: values(
        _of_others(sp.stats if xp is xg else plain, a if xp is xg else float(a), s if xp is xg else float(s))[name], x, 0.3
    ), (np.asarray(0.2), np.asarray(1.3)), order=1, rtol=1e-4, value=1e-6)  # fmt: skip
    check(program)


def test_averages_of_an_exponential_are_refused_by_name():
    made = scipy.stats.exp(scipy.stats.Normal(mu=xg.asarray(0.3)))
    with pytest.raises(NotImplementedError, match=r"stats\.exp: averages .*quad"):
        made.mean()
