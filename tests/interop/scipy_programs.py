"""Programs of SciPy. Constants are arguments too, since SciPy refuses to mix namespaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from scipy import (
    cluster,
    constants,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
    sparse,
    spatial,
    special,
    stats,
)
from scipy.optimize import elementwise
from scipy.spatial import distance
from scipy.spatial.transform import RigidTransform, Rotation, RotationSpline, Slerp

from .harness import Program

rng = np.random.default_rng(11)
P = Program
V = rng.uniform(0.2, 0.9, 6)
W = rng.uniform(0.2, 0.9, 6)
X = rng.uniform(0.2, 0.9, (3, 4))
Y = rng.uniform(0.2, 0.9, (3, 4))
L = rng.uniform(0.5, 3.0, 24)
M = rng.uniform(0.5, 3.0, 24)
B = rng.normal(size=(12, 2))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
SPD = S @ S.T
T = np.arange(24.0)


def p1(prefix: str, f: Callable[..., Any], *args: Any, **options: Any) -> Program:
    return Program(prefix, f, args, **options)


# special ------------------------------------------------------------------------------------------

UNARY = """entr erf erfc erfcx erfinv erfcinv exp1 exp10 exp2 expi expit exprel gamma gammaln
loggamma logit psi digamma rgamma sindg cosdg tandg cotdg i0 i0e i1 i1e k0 k0e k1 k1e y0 y1 j0 j1
cbrt cosm1 ellipk ellipkm1 ellipe ndtr ndtri log_ndtr sinc spence log_expit dawsn wrightomega
log1p expm1 zetac sici shichi fresnel lambertw itj0y0 iti0k0 struve airy ber bei berp beip ker kei
kerp keip erfi itstruve0 itmodstruve0 it2struve0""".split()
ORDERS = """jv iv kv yv ive kve hankel1 hankel2 struve modstruve gammainc gammaincc pdtr pdtrc
hyp0f1""".split()
DEGREES = """eval_legendre eval_chebyt eval_chebyu eval_hermite eval_laguerre eval_hermitenorm
eval_chebyc eval_chebys eval_sh_legendre eval_sh_chebyt eval_sh_chebyu""".split()
PAIRS = """xlogy xlog1py rel_entr kl_div betaln boxcox boxcox1p inv_boxcox inv_boxcox1p huber
pseudo_huber poch beta agm binom gammainc gammaincc gammaincinv gammainccinv chdtr chdtrc stdtr
stdtrit chdtri owens_t""".split()


def _special(name: str) -> Program:
    if name == "struve":
        return P("special.struve(0, x)", lambda x: special.struve(np.float64(0.0), x), (V,))
    if name == "lambertw":
        return P("special.lambertw", lambda x: abs(special.lambertw(x)), (V,))
    return P(f"special.{name}", getattr(special, name), (V,))


SPECIAL = [
    *map(_special, UNARY),
    *(P(f"special.{n}", getattr(special, n), (V, W)) for n in PAIRS),
    *(
        P(f"special.{n}(const, x)", lambda x, v, n=n: getattr(special, n)(v, x), (V,), (2 * W,))
        for n in ORDERS
    ),
    *(
        P(f"special.{n}(a, b, x)", getattr(special, n), (1 + V, 1 + W, V[::-1]))
        for n in "betainc betaincc betaincinv fdtr fdtrc fdtri gdtr gdtrc voigt_profile".split()
    ),
    P("special.hyp1f1", lambda x: special.hyp1f1(1.5, 2.5, x), (V,)),
    P("special.hyp2f1", lambda x: special.hyp2f1(0.5, 1.5, 2.5, x), (V,)),
    P("special.expn(2, x)", lambda x: special.expn(2, x), (V,)),
    P("special.yn(1, x)", lambda x: special.yn(1, x), (V,)),
    P("special.polygamma(1, x)", lambda x, n: special.polygamma(n, x), (V,), (np.asarray(1),)),
    P("special.zeta(2.5, q)", lambda q, x: special.zeta(x, q), (V,), (np.asarray(2.5),)),
    P("special.multigammaln", lambda x: special.multigammaln(x, 2), (3 + V,)),
    P("special.logsumexp", special.logsumexp, (X,)),
    P("special.logsumexp(axis, b)", lambda x, b: special.logsumexp(x, axis=1, b=b), (X, Y)),
    P("special.logsumexp(keepdims)", lambda x: special.logsumexp(x, axis=0, keepdims=True), (X,)),
    P("special.logsumexp(complex)", lambda x: special.logsumexp(x * (1 + 1j)), (X,)),
    P("special.softmax", lambda x: special.softmax(x, axis=1), (X,)),
    P("special.log_softmax", lambda x: special.log_softmax(x, axis=1), (X,)),
    *(P(f"special.{n}(3, x)", lambda x, n=n: getattr(special, n)(3, x), (V,)) for n in DEGREES),
    P("special.sph_harm_y", lambda x: abs(special.sph_harm_y(1, 0, x, x)), (V,)),
    P("special.spherical_jn", lambda x: special.spherical_jn(1, x), (V,)),
    P("special.legendre_p", lambda x: special.legendre_p(2, x), (V,)),
    P("special.comb", lambda x: special.comb(x + 4, 2), (V,)),
    P("special.factorial", special.factorial, (V,)),
    P("special.ellipkinc", special.ellipkinc, (2 * V, W)),
    P("special.ellipeinc", special.ellipeinc, (9 * V, W)),
    P("special.ellipj", lambda x: special.ellipj(x, 0.5), (V,)),
    P("special.hyperu", lambda x: special.hyperu(1.5, 2.5, x), (V,)),
    P("special.kn(2, x)", lambda x: special.kn(2, x), (V,)),
    *(
        P(f"special.{n}", lambda x, n=n: getattr(special, n)(2, 5, x), (V,))
        for n in "bdtr bdtrc nbdtr nbdtrc".split()
    ),
    P("special.hankel1e(1, x)", lambda x: special.hankel1e(1.0, x), (V,)),
    P("special.hankel2e(1, x)", lambda x: special.hankel2e(1.0, x), (V,)),
    P("special.powm1", special.powm1, (V, W)),
    P("special.wright_bessel", lambda x: special.wright_bessel(0.5, 1.5, x), (V,)),
    P("special.gammasgn", lambda x: x * special.gammasgn(x), (V,)),
    P("special.wofz", lambda x: abs(special.wofz(x)), (V,)),
    P("special.logsumexp(return_sign)", lambda x: special.logsumexp(x, return_sign=True)[0], (X,)),
    P("special.diric", lambda x: special.diric(x, 5), (V,)),
    P("special.lpmv", lambda x: special.lpmv(1, 2, x), (V,)),
    P("special.elliprf", lambda x, y: special.elliprf(x, y, 1.0), (V, W)),
    *(P(f"special.{n}", getattr(special, n), (V,)) for n in "kolmogorov kolmogi airye".split()),
    P("special.softplus of logaddexp", lambda x: np.logaddexp(0.0, x) + special.expit(x), (V,)),
]

# fft ----------------------------------------------------------------------------------------------

FFT = [
    *(P(f"fft.{n}", getattr(fft, n), (V,)) for n in "fft ifft rfft ihfft irfft hfft".split()),
    *(
        P(f"fft.{n}", getattr(fft, n), (X,))
        for n in "fft2 ifft2 fftn ifftn rfft2 rfftn ihfft2 ihfftn irfft2 irfftn hfft2 hfftn "
        "fftshift ifftshift".split()
    ),
    *(
        P(f"fft.{n}(complex)", lambda x, n=n: getattr(fft, n)(x + 1j * x**2), (V,))
        for n in "fft ifft irfft hfft".split()
    ),
    P("fft.fft(ortho, n)", lambda x: fft.fft(x, n=12, norm="ortho"), (V,)),
    P("fft.fft(forward, axis)", lambda x: fft.fft(x, axis=0, norm="forward"), (X,)),
    *(P(f"fft.{n}", getattr(fft, n), (V,)) for n in "dct idct dst idst".split()),
    *(P(f"fft.{n}", getattr(fft, n), (X,)) for n in "dctn idctn dstn idstn".split()),
    *(
        P(
            f"fft.{n}(type {t}, {norm})",
            lambda x, n=n, t=t, norm=norm: getattr(fft, n)(x, type=t, norm=norm),
            (V,),
        )
        for n in "dct dst idct idst".split()
        for t, norm in ((1, "backward"), (2, "ortho"), (3, "forward"), (4, "ortho"))
    ),
    P("fft.rfftn(s)", lambda x: fft.rfftn(x, s=(4, 6)), (X,)),
    P("fft.irfft(odd n)", lambda x: fft.irfft(x + 1j * x, n=7), (V,)),
    P("fft.dctn(axes, ortho)", lambda x: fft.dctn(x, axes=(1,), norm="ortho"), (X,)),
    P("fft.fht(offset)", lambda x: fft.fht(x, dln=0.1, mu=0.5, offset=0.2), (V,)),
    P("fft.fht", lambda x: fft.fht(x, 0.1, 0.5), (V,)),
    P("fft.ifht", lambda x: fft.ifht(x, 0.1, 0.5), (V,)),
]

# stats --------------------------------------------------------------------------------------------

ONE_SAMPLE = """circmean circstd circvar gmean gstd gzscore hmean iqr kstat kstatvar kurtosis
median_abs_deviation sem skew tmean tmin tmax tstd tvar tsem variation zscore entropy
differential_entropy lmoment expectile""".split()

STATS = [
    *(P(f"stats.{n}", getattr(stats, n), (L,)) for n in ONE_SAMPLE),
    *(
        P(f"stats.{n}(axis)", lambda x, n=n: getattr(stats, n)(x, axis=0), (B,))
        for n in "circmean circvar skew kurtosis sem variation zscore iqr".split()
    ),
    P("stats.skew(bias=False)", lambda x: stats.skew(x, axis=0, bias=False), (B,)),
    P("stats.kurtosis(fisher=False)", lambda x: stats.kurtosis(x, fisher=False), (L,)),
    P("stats.kurtosis(nan_policy)", lambda x: stats.kurtosis(x, nan_policy="omit"), (L,)),
    P("stats.trim_mean", lambda x: stats.trim_mean(x, 0.1), (L,)),
    P("stats.trimboth", lambda x: stats.trimboth(x, 0.1), (L,)),
    P("stats.describe", lambda x: stats.describe(x)[2:], (L,)),
    P("stats.describe(2d)", lambda x: stats.describe(x)[2:], (B,)),
    P("stats.moment", lambda x: stats.moment(x, order=3), (L,)),
    P("stats.pmean", lambda x: stats.pmean(x, 3), (L,)),
    P("stats.pmean(weights)", lambda x, w: stats.pmean(x, 3, weights=w), (L, M)),
    P("stats.gmean(weights)", lambda x, w: stats.gmean(x, weights=w), (L, M)),
    P("stats.hmean(weights)", lambda x, w: stats.hmean(x, weights=w), (L, M)),
    P("stats.entropy(pk, qk)", stats.entropy, (L, M)),
    P("stats.entropy(base)", lambda x: stats.entropy(x, base=2), (L,)),
    P("stats.quantile", lambda x, p: stats.quantile(x, p), (L,), (np.asarray(0.3),)),
    P("stats.quantile(p)", stats.quantile, (L, np.asarray(0.33))),
    P("stats.zmap", stats.zmap, (V, L)),
    P("stats.sigmaclip", lambda x: stats.sigmaclip(x)[0], (L,)),
    P("stats.mode", lambda x: stats.mode(x).mode, (L,)),
    P("stats.rankdata", lambda x: x * stats.rankdata(x), (L,)),
    *(
        P(f"stats.{n}", lambda x, n=n: tuple(getattr(stats, n)(x)), (L,))
        for n in "jarque_bera normaltest skewtest kurtosistest shapiro".split()
    ),
    P("stats.ttest_1samp", lambda x: tuple(stats.ttest_1samp(x, 1.0)), (L,)),
    P("stats.ttest_1samp(popmean)", lambda x, m: tuple(stats.ttest_1samp(x, m)), (L, V[0] + 1)),
    P("stats.ttest_ind", lambda x, y: tuple(stats.ttest_ind(x, y)), (L, M)),
    P("stats.ttest_ind(welch)", lambda x, y: tuple(stats.ttest_ind(x, y, equal_var=False)), (L, V)),
    P("stats.ttest_rel", lambda x, y: tuple(stats.ttest_rel(x, y)), (L, M)),
    P(
        "stats.ttest_ind_from_stats",
        lambda m, s, n, k, j, i: tuple(stats.ttest_ind_from_stats(m, s, i, n, k, j)),
        (V[0], W[0], V[1], W[1]),
        (np.asarray(8.0), np.asarray(9.0)),
    ),
    P("stats.pearsonr", lambda x, y: tuple(stats.pearsonr(x, y)), (L, M)),
    P(
        "stats.pearsonr.confidence_interval",
        lambda x, y: tuple(stats.pearsonr(x, y).confidence_interval()),
        (L, M),
    ),
    P("stats.linregress", lambda x, y: tuple(stats.linregress(x, y)), (L, M)),
    P("stats.theilslopes", lambda x, y: tuple(stats.theilslopes(y, x))[:2], (L, M)),
    P("stats.siegelslopes", lambda x, y: tuple(stats.siegelslopes(y, x)), (L, M)),
    P("stats.spearmanr", lambda x, y: stats.spearmanr(x, y).statistic, (L, M)),
    P("stats.kendalltau", lambda x, y: stats.kendalltau(x, y).statistic, (L, M)),
    P("stats.f_oneway", lambda x, y: tuple(stats.f_oneway(x, y)), (L, M)),
    P("stats.bartlett", lambda x, y: tuple(stats.bartlett(x, y)), (L, M)),
    P("stats.levene", lambda x, y: tuple(stats.levene(x, y)), (L, M)),
    P("stats.levene(mean)", lambda x, y: tuple(stats.levene(x, y, center="mean")), (L, M)),
    P("stats.fligner", lambda x, y: tuple(stats.fligner(x, y)), (L, M)),
    P("stats.alexandergovern", lambda x, y: stats.alexandergovern(x, y).statistic, (L, M)),
    P("stats.epps_singleton_2samp", lambda x, y: tuple(stats.epps_singleton_2samp(x, y)), (L, M)),
    P("stats.chisquare", lambda x: tuple(stats.chisquare(x)), (L,)),
    P("stats.chisquare(f)", lambda x: tuple(stats.chisquare(x, x[::-1])), (L,)),
    *(
        P(
            f"stats.power_divergence({k})",
            lambda x, k=k: tuple(stats.power_divergence(x, lambda_=k)),
            (L,),
        )
        for k in ("log-likelihood", "neyman", "cressie-read", "freeman-tukey")
    ),
    *(
        P(
            f"stats.combine_pvalues({m})",
            lambda x, m=m: tuple(stats.combine_pvalues(x, method=m)),
            (V,),
        )
        for m in ("fisher", "pearson", "stouffer", "mudholkar_george", "tippett")
    ),
    P("stats.false_discovery_control", stats.false_discovery_control, (V / 3,)),
    P("stats.boxcox_llf", lambda x: stats.boxcox_llf(0.5, x), (L,)),
    P("stats.boxcox_llf(lmb)", stats.boxcox_llf, (V[0], L)),
    P("stats.yeojohnson_llf", lambda x: stats.yeojohnson_llf(0.5, x), (L,)),
    P("stats.boxcox(lmbda)", lambda x: stats.boxcox(x, 0.5), (L,)),
    # Brent's method finds the exponent to 1e-8, which is noise to differences
    P("stats.boxcox(fit)", lambda x: stats.boxcox(x)[0], (L,), rtol=1e-3, step=1e-2),
    P("stats.yeojohnson(lmbda)", lambda x: stats.yeojohnson(x, 0.5), (L,)),
    P("stats.directional_stats", lambda x: stats.directional_stats(x).mean_direction, (X,)),
    P(
        "stats.bootstrap",
        lambda x: (
            stats.bootstrap(
                (x,),
                lambda a, axis: a.mean(axis),
                n_resamples=9,
                rng=np.random.default_rng(0),
                method="basic",
            ).confidence_interval
        ),
        (L,),
    ),
    P(
        "stats.permutation_test",
        lambda x, y: (
            stats.permutation_test(
                (x, y),
                lambda a, b, axis: a.mean(axis) - b.mean(axis),
                n_resamples=9,
                rng=np.random.default_rng(0),
                vectorized=True,
            ).statistic
        ),
        (L, M),
    ),
    P(
        "stats.monte_carlo_test",
        lambda x: (
            stats.monte_carlo_test(
                x,
                lambda size: np.random.default_rng(0).normal(size=size),
                lambda a, axis: a.mean(axis),
                n_resamples=9,
                vectorized=True,
            ).statistic
        ),
        (L,),
    ),
    P("stats.ks_1samp", lambda x: tuple(stats.ks_1samp(x, stats.norm.cdf)), (L,)),
    P("stats.ks_2samp", lambda x, y: x * stats.ks_2samp(x, y).statistic, (L, M)),
    P("stats.cramervonmises", lambda x: stats.cramervonmises(x, special.ndtr).statistic, (L,)),
    P("stats.anderson", lambda x: stats.anderson(x, method="interpolate").statistic, (L,)),
    P("stats.wasserstein_distance", stats.wasserstein_distance, (L, M)),
    P("stats.energy_distance", stats.energy_distance, (L, M), step=1e-6),
    P("stats.mannwhitneyu", lambda x, y: x * stats.mannwhitneyu(x, y).statistic, (L, M), step=1e-7),
    P("stats.wilcoxon", lambda x: x * stats.wilcoxon(x - 1.5).statistic, (L,)),
    P("stats.kruskal", lambda x, y: x * stats.kruskal(x, y).statistic, (L, M), step=1e-7),
    P("stats.scoreatpercentile", lambda x: stats.scoreatpercentile(x, 30), (L,)),
    P("stats.binned_statistic", lambda x: stats.binned_statistic(T, x, bins=4).statistic, (L,)),
    P("stats.gaussian_kde", lambda x: stats.gaussian_kde(L)(x), (V,)),
    P(
        "stats.multivariate_normal.logpdf",
        lambda x: stats.multivariate_normal.logpdf(x, np.zeros(2), np.eye(2)),
        (B,),
    ),
    *(
        P(f"stats.norm.{n}", lambda x, n=n: getattr(stats.norm, n)(x), (V,))
        for n in "pdf logpdf cdf sf ppf".split()
    ),
    P("stats.Normal.logpdf", lambda x: stats.Normal(mu=0.0, sigma=1.0).logpdf(x), (V,)),
    P("stats.mstats.zscore", lambda x: stats.mstats.zscore(x), (L,)),
    P("stats.cumfreq", lambda x: stats.cumfreq(x, 4, weights=x)[0], (L,)),
    P("stats.trim1", lambda x: stats.trim1(x, 0.1), (L,)),
    P("stats.tiecorrect", lambda x: x * stats.tiecorrect(stats.rankdata(x)), (L,)),
    P("stats.obrientransform", lambda x, y: list(stats.obrientransform(x, y)), (L, M)),
    P("stats.moment(several)", lambda x: stats.moment(x, order=[2, 3], axis=0), (B,)),
    *(
        P(
            f"stats.ttest_1samp({a})",
            lambda x, a=a: stats.ttest_1samp(x, 1.0, alternative=a).pvalue,
            (L,),
        )
        for a in ("less", "greater")
    ),
    P(
        "stats.ttest_1samp.confidence_interval",
        lambda x: tuple(stats.ttest_1samp(x, 1.0).confidence_interval(0.9)),
        (L,),
    ),
    P(
        "stats.ttest_ind.confidence_interval",
        lambda x, y: tuple(stats.ttest_ind(x, y).confidence_interval()),
        (L, M),
    ),
    P("stats.f_oneway(3)", lambda x, y: tuple(stats.f_oneway(x, y, x * y)), (L, M)),
    P("stats.gstd(axis)", lambda x: stats.gstd(x, axis=0), (np.exp(B),)),
    P("stats.zscore(ddof)", lambda x: stats.zscore(x, axis=1, ddof=1), (X,)),
    P("stats.pearsonr(axis)", lambda x, y: stats.pearsonr(x, y, axis=0).statistic, (B, B[::-1])),
    P("stats.trim_mean(axis)", lambda x: stats.trim_mean(x, 0.3, axis=1), (X,)),
    P("stats.lmoment(order)", lambda x: stats.lmoment(x, order=[1, 2]), (L,)),
    P("stats.entropy(axis)", lambda x: stats.entropy(x, axis=1), (X,)),
    P("stats.tukey_hsd", lambda x, y: stats.tukey_hsd(x, y).pvalue, (L, M)),
    P("stats.chi2_contingency", lambda x: stats.chi2_contingency(x).statistic, (X,)),
    P("stats.norm.fit", stats.norm.fit, (L,)),
    P("stats.t.cdf(df)", lambda d: stats.t.cdf(0.5, d), (V,)),
    P("stats.expon.logpdf", stats.expon.logpdf, (V,)),
    P("stats.qmc.discrepancy", stats.qmc.discrepancy, (X,)),
    P("stats.boxcox_normmax", stats.boxcox_normmax, (L,)),
    P("stats.power", lambda x: stats.circmean(x, high=3.0, low=0.5), (L,)),
]

# integrate, differentiate, optimize ---------------------------------------------------------------

INTEGRATE = [
    P("integrate.trapezoid", integrate.trapezoid, (V,)),
    P("integrate.trapezoid(x)", lambda y, x: integrate.trapezoid(y, x), (V, np.cumsum(W))),
    P("integrate.trapezoid(axis)", lambda x: integrate.trapezoid(x, dx=0.5, axis=0), (X,)),
    P("integrate.cumulative_trapezoid", integrate.cumulative_trapezoid, (V,)),
    P(
        "integrate.cumulative_trapezoid(initial)",
        lambda x: integrate.cumulative_trapezoid(x, axis=1, initial=0),
        (X,),
    ),
    P("integrate.romb", integrate.romb, (rng.uniform(size=9),)),
    P("integrate.simpson", integrate.simpson, (V,)),
    P("integrate.simpson(x)", lambda y, x: integrate.simpson(y, x=x), (V, np.cumsum(W))),
    P(
        "integrate.cumulative_simpson",
        lambda y, x: integrate.cumulative_simpson(y, x=x),
        (V, np.cumsum(W)),
    ),
    P("integrate.cumulative_simpson(dx)", lambda y: integrate.cumulative_simpson(y, dx=0.5), (V,)),
    P(
        "integrate.tanhsinh",
        lambda a: integrate.tanhsinh(lambda x, a: a * x**2, a * 0, a * 0 + 1, args=(a,)).integral,
        (V[0],),
    ),
    P(
        "integrate.tanhsinh(limit)",
        lambda b: integrate.tanhsinh(lambda x: x**2, b * 0, b).integral,
        (V[0],),
    ),
    P(
        "integrate.nsum",
        lambda a: integrate.nsum(lambda k, a: a / k**3, a * 0 + 1, a * 0 + 5, args=(a,)).sum,
        (V[0],),
    ),
    P(
        "integrate.cubature",
        lambda a: (
            integrate.cubature(
                lambda x, a: a * x[:, 0] ** 2, a[None] * 0, a[None] * 0 + 1, args=(a,)
            ).estimate
        ),
        (V[0],),
    ),
    P(
        "integrate.cubature(limit)",
        lambda b: integrate.cubature(lambda x: x[:, 0] ** 2, b[None] * 0, b[None]).estimate,
        (V[0],),
    ),
    P("integrate.quad", lambda a: integrate.quad(lambda x: a * x**2, 0, 1)[0], (V[0],)),
    P("integrate.quad_vec", lambda a: integrate.quad_vec(lambda x: a * x**2, 0, 1)[0], (V,)),
    P(
        "integrate.quad_vec(norm, quadrature)",
        lambda a: integrate.quad_vec(
            lambda x: a * np.exp(-x), 0, 2, norm="max", quadrature="trapezoid", epsrel=1e-6
        )[0],
        (V,),
    ),
    P(
        "integrate.quad_vec(infinite)",
        lambda a: integrate.quad_vec(lambda x: a * np.exp(-(x**2)), 0, np.inf)[0],
        (V,),
    ),
    P("integrate.quad_vec(limit)", lambda b: integrate.quad_vec(np.exp, 0, b)[0], (V[0],)),
    P(
        "integrate.fixed_quad",
        lambda a: integrate.fixed_quad(lambda x: a * x**2, 0, 1, n=4)[0],
        (V[0],),
    ),
    P(
        "integrate.dblquad",
        lambda a: integrate.dblquad(lambda x, y: a * x * y, 0, 1, 0, 1)[0],
        (V[0],),
    ),
    P(
        "integrate.solve_ivp(y0)",
        lambda y: integrate.solve_ivp(lambda t, y: -y, (0, 1), y).y[:, -1],
        (V,),
    ),
    P("integrate.odeint(y0)", lambda y: integrate.odeint(lambda y, t: -y, y, [0.0, 1.0]), (V,)),
    P("integrate.newton_cotes", lambda x: np.dot(integrate.newton_cotes(5)[0], x), (V,)),
    P(
        "integrate.qmc_quad",
        lambda a: integrate.qmc_quad(lambda x: a * x[0], [0.0], [1.0], n_points=16).integral,
        (V[0],),
    ),
    P(
        "differentiate.derivative",
        lambda x: differentiate.derivative(lambda t: t**3, x).df,
        (V,),
        rtol=1e-3,
    ),
    P(
        "differentiate.derivative(args)",
        lambda x, a: differentiate.derivative(lambda t, a: a * t**3, x, args=(a,)).df,
        (V, W),
        rtol=1e-3,
    ),
    P(
        "differentiate.jacobian",
        lambda x: differentiate.jacobian(lambda t: t**3, x).df,
        (V[:3],),
        rtol=1e-3,
    ),
    P(
        "differentiate.hessian",
        lambda x: differentiate.hessian(lambda t: (t**3).sum(axis=0), x).ddf,
        (V[:3],),
        rtol=1e-2,
    ),
    P("optimize.rosen", optimize.rosen, (V,)),
    P("optimize.rosen_der", optimize.rosen_der, (V,)),
    P("optimize.rosen_hess", optimize.rosen_hess, (V,)),
    P("optimize.rosen_hess_prod", optimize.rosen_hess_prod, (V, W)),
    P(
        "optimize.elementwise.find_root",
        lambda a: (
            elementwise.find_root(lambda x, a: x**2 - a, (a * 0 + 0.01, a * 0 + 2), args=(a,)).x
        ),
        (V[0],),
        rtol=1e-3,
    ),
    P(
        "optimize.elementwise.find_minimum",
        lambda a: (
            elementwise.find_minimum(
                lambda x, a: (x - a) ** 2 + a, (a * 0 - 2, a * 0 + 0.1, a * 0 + 3), args=(a,)
            ).f_x
        ),
        (V[0],),
        rtol=1e-3,
    ),
    P(
        "optimize.elementwise.find_minimum.x",
        lambda a: (
            elementwise.find_minimum(
                lambda x, a: (x - a) ** 4 + (x - a) ** 2,
                (a * 0 - 2, a * 0 + 0.1, a * 0 + 3),
                args=(a,),
            ).x
        ),
        (V[0],),
        rtol=1e-3,
    ),
    P(
        "optimize.elementwise.bracket_root",
        lambda a: elementwise.bracket_root(lambda x, a: x**2 - a, a * 0 + 0.5, args=(a,)).f_bracket,
        (V[0],),
    ),
    P(
        "optimize.root_scalar(newton)",
        lambda a: (
            optimize.root_scalar(
                lambda x, a: x**2 - a, args=(a,), x0=1.0, fprime=lambda x, a: 2 * x, method="newton"
            ).root
        ),
        (V[0],),
        rtol=1e-3,
    ),
    P("optimize.newton", lambda a: optimize.newton(lambda x, a: x**2 - a, 1.0, args=(a,)), (V[0],)),
    P("optimize.brentq", lambda a: optimize.brentq(lambda x: x**2 - a, 0.01, 2.0), (V[0],)),
    P("optimize.rosen(2-d)", optimize.rosen, (X,)),
    P("optimize.fsolve", lambda a: optimize.fsolve(lambda x: x - a, np.zeros(6)), (V,)),
    P("optimize.newton(secant)", lambda a: optimize.newton(lambda x: x**2 - a, 1.0), (V[0],)),
    P("optimize.linprog", lambda c: optimize.linprog(c, bounds=[(0, 1)] * 6).fun, (V,)),
    P("optimize.toms748", lambda a: optimize.toms748(lambda x: x**2 - a, 0.01, 2.0), (V[0],)),
    P("optimize.bisect", lambda a: optimize.bisect(lambda x: x**2 - a, 0.01, 2.0), (V[0],)),
    P(
        "optimize.fixed_point",
        lambda a: optimize.fixed_point(lambda x, a: np.sqrt(a + x), 1.0, args=(a,)),
        (V[0],),
    ),
    P(
        "optimize.minimize",
        lambda a: optimize.minimize(lambda x: ((x - a) ** 2).sum(), np.zeros(6), tol=1e-10).x,
        (V,),
    ),
    P(
        "optimize.minimize_scalar",
        lambda a: optimize.minimize_scalar(lambda x: (x - a) ** 2).x,
        (V[0],),
    ),
    P(
        "optimize.least_squares",
        lambda a: optimize.least_squares(lambda x: x - a, np.zeros(6)).x,
        (V,),
    ),
    P(
        "optimize.curve_fit",
        lambda y: optimize.curve_fit(lambda x, a, b: a * x + b, np.arange(6.0), y)[0],
        (V,),
    ),
    P("optimize.root", lambda a: optimize.root(lambda x: x**3 - a, np.ones(6)).x, (V,)),
    P("optimize.nnls", lambda b: optimize.nnls(np.eye(6), b)[0], (V,)),
    P("optimize.lsq_linear", lambda b: optimize.lsq_linear(np.eye(6), b).x, (V,)),
    P("optimize.linear_sum_assignment", lambda c: c[optimize.linear_sum_assignment(c)], (S,)),
    P(
        "optimize.approx_fprime",
        lambda x: optimize.approx_fprime(x, lambda t: (t**2).sum()),
        (V,),
        rtol=1e-3,
    ),
    P(
        "optimize.check_grad",
        lambda x: optimize.check_grad(lambda t: (t**2).sum(), lambda t: 2 * t, x) + x,
        (V,),
    ),
]

# signal -------------------------------------------------------------------------------------------

A1, B1 = np.asarray([1.0, -0.4, 0.1]), np.asarray([0.4, 0.3, 0.2])
SIGNAL = [
    *(
        P(f"signal.{n}({m})", lambda x, y, n=n, m=m: getattr(signal, n)(x, y, method=m), (L, V))
        for n in ("convolve", "correlate")
        for m in ("fft", "direct", "auto")
    ),
    P("signal.fftconvolve", signal.fftconvolve, (L, V)),
    P("signal.fftconvolve(same)", lambda x, y: signal.fftconvolve(x, y, mode="same"), (X, Y)),
    P("signal.fftconvolve(valid)", lambda x, y: signal.fftconvolve(x, y, mode="valid"), (L, V)),
    P("signal.fftconvolve(axes)", lambda x, y: signal.fftconvolve(x, y, axes=1), (X, Y)),
    P("signal.oaconvolve", signal.oaconvolve, (np.tile(L, 4), V)),
    P("signal.convolve2d", signal.convolve2d, (X, Y)),
    P("signal.correlate2d", signal.correlate2d, (X, Y)),
    P("signal.hilbert", signal.hilbert, (L,)),
    P("signal.hilbert(N, axis)", lambda x: signal.hilbert(x, N=6, axis=0), (X,)),
    P("signal.hilbert(axis)", lambda x: signal.hilbert(x, axis=0), (X,)),
    P("signal.convolve(same)", lambda x, y: signal.convolve(x, y, "same", "fft"), (L, V)),
    P("signal.hilbert2", signal.hilbert2, (X,)),
    P("signal.envelope", signal.envelope, (L,)),
    P("signal.resample", lambda x: signal.resample(x, 10), (L,)),
    P("signal.resample(up)", lambda x: signal.resample(x, 30), (L,)),
    P("signal.resample(axis)", lambda x: signal.resample(x, 6, axis=1), (X,)),
    P("signal.resample_poly", lambda x: signal.resample_poly(x, 3, 2), (L,)),
    P("signal.decimate", lambda x: signal.decimate(np.tile(x, 3), 2), (L,)),
    P("signal.upfirdn", lambda x: signal.upfirdn([1.0, 0.5], x, 2), (L,)),
    P("signal.freqz", lambda b, a: signal.freqz(b, a, worN=8)[1], (B1, A1)),
    P("signal.freqz(w)", lambda w, b: signal.freqz(b, worN=w)[1], (V,), (B1,)),
    P("signal.freqs", lambda b, a, w: signal.freqs(b, a, worN=w)[1], (B1, A1), (V,)),
    P(
        "signal.freqz_zpk",
        lambda z, p, k: signal.freqz_zpk(z, p, k, worN=8)[1],
        (V[:2], W[:2], V[0]),
    ),
    P(
        "signal.freqz_sos",
        lambda b, a: signal.freqz_sos(np.concatenate([b, a], axis=1), worN=8)[1],
        (np.asarray([[1.0, 0.2, 0.1]]),),
        (np.asarray([[1.0, 0.3, 0.2]]),),
    ),
    P("signal.group_delay", lambda b, a: signal.group_delay((b, a), w=8)[1], (B1, A1)),
    *(
        P(f"signal.{n}", lambda b, a, n=n: getattr(signal, n)(b, a, 2.0), (B1, A1))
        for n in ("lp2lp", "lp2hp")
    ),
    *(
        P(f"signal.{n}", lambda b, a, n=n: getattr(signal, n)(b, a, 2.0, 0.5), (B1, A1))
        for n in ("lp2bp", "lp2bs")
    ),
    *(
        P(
            f"signal.{n}_zpk",
            lambda z, p, k, n=n: getattr(signal, f"{n}_zpk")(z, p, k, 2.0),
            (V[:2] * -1, W[:3] * -1, V[0]),
        )
        for n in ("lp2lp", "lp2hp")
    ),
    P(
        "signal.lp2bp_zpk",
        lambda z, p, k: [abs(v) for v in signal.lp2bp_zpk(z, p, k, 2.0, 0.5)],
        (V[:2] * -1, W[:3] * -1, V[0]),
    ),
    P("signal.bilinear", lambda b, a: signal.bilinear(b, a, 2.0), (B1, A1)),
    P(
        "signal.bilinear_zpk",
        lambda z, p, k: signal.bilinear_zpk(z, p, k, 2.0),
        (V[:2] * -1, W[:3] * -1, V[0]),
    ),
    P("signal.normalize", signal.normalize, (B1, 2 * A1)),
    P("signal.zpk2tf", lambda z, p, k: signal.zpk2tf(z, p, k), (V[:2], W[:2], V[0])),
    P("signal.tf2zpk", lambda b, a: [abs(v) for v in signal.tf2zpk(b, a)], (B1, A1)),
    P("signal.sos2tf", signal.sos2tf, (np.asarray([[1.0, 0.2, 0.1, 1.0, 0.3, 0.2]]),)),
    P(
        "signal.sos2zpk",
        lambda s: [abs(v) for v in signal.sos2zpk(s)],
        (np.asarray([[1.0, 0.2, 0.1, 1.0, 0.3, 0.2]]),),
    ),
    P("signal.tf2sos", signal.tf2sos, (B1, A1)),
    P(
        "signal.ss2tf",
        lambda a, b: signal.ss2tf(a, b, np.ones((1, 3)), np.zeros((1, 1))),
        (S, V[:3, None]),
    ),
    P("signal.tf2ss", lambda b, a: signal.tf2ss(b, a)[0], (B1, A1)),
    P("signal.firwin", lambda c: signal.firwin(7, c), (V[0],)),
    P("signal.firwin2", lambda g: signal.firwin2(7, [0.0, 0.5, 1.0], g), (V[:3],)),
    P("signal.firls", lambda d: signal.firls(7, [0.0, 0.3, 0.6, 1.0], d), (V[:4],)),
    P("signal.remez", lambda d: signal.remez(7, [0.0, 0.1, 0.2, 0.5], d), (V[:2],)),
    P(
        "signal.minimum_phase",
        lambda h: signal.minimum_phase(h),
        (np.asarray([0.1, 0.2, 1.0, 0.2, 0.1]),),
        rtol=1e-3,
    ),
    P("signal.lfilter_zi", signal.lfilter_zi, (B1,), (A1,)),
    P("signal.lfilter_zi(a)", signal.lfilter_zi, (B1, A1)),
    P("signal.sosfilt_zi", signal.sosfilt_zi, (np.asarray([[1.0, 0.2, 0.1, 1.0, 0.3, 0.2]]),)),
    P("signal.lfilter(x)", lambda x, b, a: signal.lfilter(b, a, x), (L,), (B1, A1)),
    P("signal.lfilter(b)", lambda b, x, a: signal.lfilter(b, a, x), (B1,), (L, A1)),
    P("signal.lfilter(FIR)", lambda x, b: signal.lfilter(b, np.ones(1), x), (L,), (B1,)),
    P("signal.filtfilt", lambda x, b, a: signal.filtfilt(b, a, x), (L,), (B1, A1)),
    P("signal.sosfilt", lambda x: signal.sosfilt([[1.0, 0.2, 0.1, 1.0, 0.3, 0.2]], x), (L,)),
    P("signal.deconvolve", lambda x, y: signal.deconvolve(x, y)[0], (L, 1 + V)),
    P("signal.savgol_filter", lambda x: signal.savgol_filter(x, 5, 2), (L,)),
    P("signal.detrend", signal.detrend, (L,)),
    P("signal.detrend(constant)", lambda x: signal.detrend(x, type="constant"), (L,)),
    P("signal.medfilt", signal.medfilt, (L,)),
    P("signal.order_filter", lambda x: signal.order_filter(x, np.ones(3), 1), (L,)),
    P("signal.wiener", signal.wiener, (L,)),
    P("signal.periodogram", lambda x: signal.periodogram(x)[1], (L,)),
    P("signal.welch", lambda x: signal.welch(x, nperseg=8)[1], (L,)),
    P("signal.csd", lambda x, y: signal.csd(x, y, nperseg=8)[1], (L, M)),
    P("signal.coherence", lambda x, y: signal.coherence(x, y, nperseg=8)[1], (L, M)),
    P("signal.stft", lambda x: signal.stft(x, nperseg=8)[2], (L,)),
    P("signal.spectrogram", lambda x: signal.spectrogram(x, nperseg=8)[2], (L,)),
    P("signal.ShortTimeFFT", lambda x: signal.ShortTimeFFT(np.ones(8), 4, 1.0).stft(x), (L,)),
    P("signal.lombscargle", lambda y: signal.lombscargle(T, y, [0.5, 1.0]), (L,)),
    P("signal.czt", lambda x: signal.czt(x, 5), (V,)),
    P("signal.zoom_fft", lambda x: signal.zoom_fft(x, [0.1, 0.5], 5), (V,)),
    P("signal.chirp", lambda t: signal.chirp(t, 1.0, 2.0, 3.0), (V,)),
    P("signal.sawtooth", lambda t: signal.sawtooth(t), (V,)),
    P("signal.square", lambda t: t * signal.square(t), (V,)),
    P("signal.gausspulse", lambda t: signal.gausspulse(t, fc=5), (V,)),
    P("signal.gauss_spline", lambda x: signal.gauss_spline(x, 3), (V,)),
    P("signal.cspline1d", signal.cspline1d, (L,)),
    P("signal.qspline1d", signal.qspline1d, (L,)),
    P("signal.vectorstrength", lambda e, p: signal.vectorstrength(e, p), (L, V[0] + 1)),
    P("signal.windows.gaussian", lambda s: signal.windows.gaussian(7, s), (V[0] * 5,)),
    P("signal.windows.kaiser", lambda b: signal.windows.kaiser(7, b), (V[0] * 5,)),
    P("signal.windows.tukey", lambda a: signal.windows.tukey(7, a), (V[0],)),
    P("signal.windows.exponential", lambda t: signal.windows.exponential(7, tau=t), (V[0] * 5,)),
    P("signal.windows.chebwin", lambda a: signal.windows.chebwin(7, a), (V[0] + 60,)),
    P("signal.windows.general_hamming", lambda a: signal.windows.general_hamming(7, a), (V[0],)),
    P(
        "signal.windows.general_cosine",
        lambda a: signal.windows.general_cosine(7, [a, 1 - a]),
        (V[0],),
    ),
    P("signal.find_peaks", lambda x: x[signal.find_peaks(x)[0]], (L,)),
    P("signal.argrelmax", lambda x: x[signal.argrelmax(x)], (L,)),
    P("signal.butter", lambda w: signal.butter(2, w), (V[0],)),
    P("signal.unique_roots", lambda p: signal.unique_roots(p)[0], (V,)),
    P("signal.residue", lambda b, a: signal.residue(b, a)[0], (V[:1], A1)),
    P("signal.iirpeak", lambda w: signal.iirpeak(w, 30.0), (V[0],)),
    P("signal.dimpulse", lambda b: signal.dimpulse((b, A1, 1.0), n=4)[1], (B1,)),
]

# linalg, sparse, spatial, cluster, constants ------------------------------------------------------

LINALG = [
    *(
        P(f"linalg.{n}", getattr(linalg, n), (S,))
        for n in "inv det pinv expm logm sqrtm cosm sinm tanhm norm svdvals eigvals "
        "polar lu qr schur hessenberg orth".split()
    ),
    P("linalg.eigvalsh", lambda x: linalg.eigvalsh(x @ x.T), (S,)),
    P("linalg.eigh", lambda x: linalg.eigh(x @ x.T)[0], (S,)),
    P("linalg.cholesky", lambda x: linalg.cholesky(x @ x.T), (S,)),
    P("linalg.svd", lambda x: linalg.svd(x)[1], (S,)),
    P("linalg.solve", linalg.solve, (S, V[:3])),
    P("linalg.lstsq", lambda a, b: linalg.lstsq(a, b)[0], (X.T, V[:4])),
    P("linalg.solve_triangular", linalg.solve_triangular, (np.triu(S), V[:3])),
    P("linalg.cho_solve", lambda b: linalg.cho_solve((np.linalg.cholesky(SPD), True), b), (V[:3],)),
    P("linalg.lu_solve", lambda b: linalg.lu_solve(linalg.lu_factor(S), b), (V[:3],)),
    P("linalg.solve_toeplitz", linalg.solve_toeplitz, (V + 3 * np.eye(6)[0], W)),
    P("linalg.solve_sylvester", linalg.solve_sylvester, (S, S.T, S)),
    P("linalg.null_space", linalg.null_space, (X,)),
    P("linalg.pinvh", lambda x: linalg.pinvh(x @ x.T), (S,)),
    P("linalg.signm", linalg.signm, (S,)),
    P("linalg.block_diag", linalg.block_diag, (X, S)),
    P("linalg.toeplitz", linalg.toeplitz, (V,)),
    P("linalg.circulant", linalg.circulant, (V,)),
    P("linalg.hankel", linalg.hankel, (V,)),
    P("linalg.companion", linalg.companion, (1 + V,)),
    P("linalg.fiedler", linalg.fiedler, (V,)),
    P("linalg.leslie", linalg.leslie, (V, W[:5])),
    P("linalg.khatri_rao", linalg.khatri_rao, (X, Y)),
    P("linalg.orthogonal_procrustes", lambda a, b: linalg.orthogonal_procrustes(a, b)[1], (X, Y)),
    P("linalg.matmul_toeplitz", lambda c, x: linalg.matmul_toeplitz(c, x), (V, W)),
    P("linalg.expm_frechet", linalg.expm_frechet, (S, S.T)),
    P("linalg.bandwidth", lambda x: x * linalg.bandwidth(x)[0], (S,)),
    P("linalg.issymmetric", lambda x: x * (1 + linalg.issymmetric(x)), (S,)),
    P("linalg.dft of a vector", lambda x: linalg.dft(6) @ x, (V,)),
    P("linalg.hadamard", lambda x: linalg.hadamard(4) @ x, (V[:4],)),
    P("linalg.helmert", lambda x: linalg.helmert(6) @ x, (V,)),
    P("linalg.pascal", lambda x: linalg.pascal(6) @ x, (V,)),
    P("sparse: x @ csr", lambda x: x @ sparse.csr_array(np.eye(6, k=1)), (V,)),
    P("sparse: x @ eye_array", lambda x: x @ sparse.eye_array(6, format="csr"), (V,)),
    P("sparse: csr_array(x)", lambda x: sparse.csr_array(x).sum(), (X,)),
    P("sparse: x + csr", lambda x: x + sparse.csr_array(np.eye(3, 4)), (X,)),
    P("sparse: csr @ x", lambda x: sparse.csr_array(np.eye(6, k=1)) @ x, (V,)),
    P("sparse: csr.multiply(x)", lambda x: sparse.csr_array(np.eye(6)).multiply(x), (V,)),
    P(
        "sparse.linalg.spsolve",
        lambda b: sparse.linalg.spsolve(sparse.csc_array(2 * np.eye(6)), b),
        (V,),
    ),
    P("sparse.linalg.cg", lambda b: sparse.linalg.cg(2 * np.eye(6), b)[0], (V,)),
    P(
        "sparse.linalg.expm_multiply",
        lambda b: sparse.linalg.expm_multiply(sparse.csr_array(np.eye(6, k=1)), b),
        (V,),
    ),
    P(
        "sparse.linalg.LinearOperator",
        lambda x: sparse.linalg.aslinearoperator(np.eye(6)).matvec(x),
        (V,),
    ),
    P("cluster.vq.whiten", cluster.vq.whiten, (B,)),
    P("cluster.vq.vq", lambda x, c: cluster.vq.vq(x, c)[1], (B,), (B[:3] + 0.1,)),
    P("cluster.vq.kmeans", lambda x: cluster.vq.kmeans(x, B[:2])[0], (B,)),
    P("cluster.vq.kmeans2", lambda x: cluster.vq.kmeans2(x, B[:2])[0], (B,)),
    P("cluster.hierarchy.linkage", lambda x: cluster.hierarchy.linkage(x)[:, 2], (B,)),
    P(
        "constants.convert_temperature",
        lambda x: constants.convert_temperature(x, "Celsius", "Kelvin"),
        (V,),
    ),
    P(
        "constants.convert_temperature(F)",
        lambda x: constants.convert_temperature(x, "F", "R"),
        (V,),
    ),
    P("constants.lambda2nu", constants.lambda2nu, (V,)),
    P("constants.nu2lambda", constants.nu2lambda, (V,)),
]

# The scalar product that keeps unit quaternions and matrices on their manifold
Q = rng.normal(size=(4, 4))
R3 = rng.normal(size=(4, 3))
P3 = rng.normal(size=(4, 3))
ROT = Rotation.from_rotvec(R3).as_matrix()


def q(x: Any) -> Any:
    return Rotation.from_quat(x)


def v(x: Any) -> Any:
    return Rotation.from_rotvec(x)


ROTATION = [
    *(
        P(f"Rotation.from_quat.{n}", lambda x, n=n: getattr(q(x), n)(), (Q,))
        for n in "as_quat as_matrix as_rotvec as_mrp magnitude".split()
    ),
    *(
        P(f"Rotation.from_rotvec.{n}", lambda x, n=n: getattr(v(x), n)(), (R3,))
        for n in "as_quat as_matrix as_rotvec as_mrp magnitude".split()
    ),
    *(
        P(f"Rotation.from_rotvec(single).{n}", lambda x, n=n: getattr(v(x), n)(), (R3[0],))
        for n in "as_quat as_matrix as_rotvec as_mrp magnitude".split()
    ),
    P("Rotation.as_quat(scalar_first)", lambda x: q(x).as_quat(scalar_first=True), (Q,)),
    P("Rotation.as_quat(canonical)", lambda x: q(x).as_quat(canonical=True), (Q,)),
    P("Rotation.as_rotvec(degrees)", lambda x: q(x).as_rotvec(degrees=True), (Q,)),
    P("Rotation.as_euler", lambda x: q(x).as_euler("xyz"), (Q,)),
    P("Rotation.as_euler(ZYX)", lambda x: q(x).as_euler("ZYX", degrees=True), (Q,)),
    P("Rotation.as_euler(single)", lambda x: q(x).as_euler("zxz"), (Q[0],)),
    P("Rotation.as_davenport", lambda x, a: q(x).as_davenport(a, "extrinsic"), (Q,), (np.eye(3),)),
    P("Rotation.from_euler.as_matrix", lambda x: Rotation.from_euler("xyz", x).as_matrix(), (R3,)),
    P(
        "Rotation.from_euler(degrees)",
        lambda x: Rotation.from_euler("ZXZ", x, degrees=True).as_quat(),
        (R3,),
    ),
    P("Rotation.from_euler(single)", lambda x: Rotation.from_euler("xyz", x).as_quat(), (R3[0],)),
    P(
        "Rotation.from_euler(one axis)",
        lambda x: Rotation.from_euler("z", x).as_matrix(),
        (R3[:, :1],),
    ),
    P("Rotation.from_matrix.as_quat", lambda x: Rotation.from_matrix(x).as_quat(), (S + 0 * S,)),
    P(
        "Rotation.from_matrix(several)",
        lambda x: Rotation.from_matrix(x).as_matrix(),
        (ROT + 0.1 * rng.normal(size=(4, 3, 3)),),
    ),
    P(
        "Rotation.from_matrix(assume_valid)",
        lambda x: Rotation.from_matrix(x, assume_valid=True).as_rotvec(),
        (ROT,),
    ),
    P("Rotation.from_mrp", lambda x: Rotation.from_mrp(x).as_matrix(), (R3,)),
    P(
        "Rotation.from_davenport",
        lambda x, a: Rotation.from_davenport(a, "extrinsic", x).as_matrix(),
        (R3,),
        (np.eye(3),),
    ),
    P("Rotation.apply", lambda x, y: q(x).apply(y), (Q, P3)),
    P("Rotation.apply(inverse)", lambda x, y: q(x).apply(y, inverse=True), (Q, P3)),
    P("Rotation.apply(single)", lambda x, y: q(x).apply(y), (Q[0], P3)),
    P("Rotation.mul", lambda x, y: (q(x) * q(y)).as_quat(), (Q, Q[::-1])),
    P("Rotation.inv", lambda x: q(x).inv().as_quat(), (Q,)),
    P("Rotation.pow", lambda x: (q(x) ** 0.5).as_rotvec(), (Q,)),
    P("Rotation.pow(-1)", lambda x: (q(x) ** -1).as_quat(), (Q,)),
    P("Rotation.mean", lambda x: q(x).mean().as_matrix(), (Q,)),
    P("Rotation.mean(weights)", lambda x, w: q(x).mean(w).as_matrix(), (Q, V[:4])),
    P("Rotation.reduce", lambda x: q(x).reduce().as_quat(), (Q,)),
    P("Rotation.align_vectors", lambda x, y: Rotation.align_vectors(x, y)[0].as_matrix(), (P3, R3)),
    P(
        "Rotation.align_vectors(weights)",
        lambda x, y, w: Rotation.align_vectors(x, y, weights=w)[0].as_matrix(),
        (P3, R3, V[:4]),
    ),
    P("Rotation.getitem", lambda x: q(x)[1:3].as_quat(), (Q,)),
    P("Rotation.concatenate", lambda x, y: Rotation.concatenate([q(x), q(y)]).as_quat(), (Q, Q)),
    P("Rotation.approx_equal", lambda x: x * q(x).approx_equal(q(x))[:, None], (Q,)),
    P(
        "Slerp",
        lambda x, t, k: Slerp(k, q(x))(t).as_quat(),
        (Q,),
        (np.asarray([0.5, 1.5]), np.arange(4.0)),
    ),
    P("RotationSpline", lambda x: RotationSpline(np.arange(4.0), q(x))(1.5).as_quat(), (Q,)),
    P(
        "RigidTransform.as_matrix",
        lambda t, x: RigidTransform.from_components(t, q(x)).as_matrix(),
        (P3, Q),
    ),
    P(
        "RigidTransform.apply",
        lambda t, x, y: RigidTransform.from_components(t, q(x)).apply(y),
        (P3, Q, R3),
    ),
    P(
        "RigidTransform.exp_coords",
        lambda x: RigidTransform.from_exp_coords(x).as_matrix(),
        (rng.normal(size=(4, 6)),),
    ),
    P(
        "RigidTransform.as_exp_coords",
        lambda t, x: RigidTransform.from_components(t, q(x)).as_exp_coords(),
        (P3, Q),
    ),
    P(
        "RigidTransform.as_dual_quat",
        lambda t, x: RigidTransform.from_components(t, q(x)).as_dual_quat(),
        (P3, Q),
    ),
    P(
        "RigidTransform.from_dual_quat",
        lambda x: RigidTransform.from_dual_quat(x).as_matrix(),
        (rng.normal(size=(4, 8)),),
    ),
    P(
        "RigidTransform.mul, inv",
        lambda t, x: (
            RigidTransform.from_components(t, q(x)).inv() * RigidTransform.from_rotation(q(x))
        ).as_matrix(),
        (P3, Q),
    ),
    P(
        "RigidTransform.pow",
        lambda t, x: (RigidTransform.from_components(t, q(x)) ** 0.5).as_matrix(),
        (P3, Q),
    ),
    P(
        "RigidTransform.from_translation",
        lambda t: RigidTransform.from_translation(t).as_matrix(),
        (P3,),
    ),
]

SPATIAL = [
    *(
        P(f"distance.{n}", getattr(distance, n), (V, W))
        for n in "euclidean sqeuclidean cityblock chebyshev cosine correlation braycurtis canberra "
        "minkowski jensenshannon".split()
    ),
    P("distance.mahalanobis", lambda x, y: distance.mahalanobis(x, y, np.eye(6)), (V, W)),
    P("distance.seuclidean", lambda x, y: distance.seuclidean(x, y, np.ones(6)), (V, W)),
    P("distance.cdist", distance.cdist, (B, B + 0.1)),
    P("distance.pdist", distance.pdist, (B,)),
    P("distance.squareform", distance.squareform, (V,)),
    P("spatial.procrustes", lambda x, y: spatial.procrustes(x, y)[2], (B, B[::-1])),
    P("spatial.distance_matrix", spatial.distance_matrix, (B, B + 0.1)),
    P("spatial.minkowski_distance", spatial.minkowski_distance, (B, B + 0.1)),
    P(
        "spatial.geometric_slerp",
        lambda t: spatial.geometric_slerp(np.eye(2)[0], np.eye(2)[1], t),
        (V,),
    ),
    P("spatial.KDTree.query", lambda x: spatial.KDTree(B).query(x)[0], (B + 0.1,)),
    P("spatial.ConvexHull", lambda x: spatial.ConvexHull(x).volume, (B,)),
]

# interpolate, ndimage -----------------------------------------------------------------------------

G = np.arange(6.0)
INTERPOLATE = [
    P("BSpline(x)", lambda x: interpolate.BSpline(np.arange(8.0), np.ones(4), 3)(x), (3 + V,)),
    P("BSpline(c)", lambda c: interpolate.BSpline(np.arange(8.0), c, 3)(3.5), (V[:4],)),
    P("NdBSpline(c)", lambda c: interpolate.NdBSpline((np.arange(8.0),), c, 3)([[3.5]]), (V[:4],)),
    *(
        P(f"{n}(y)", lambda y, n=n: getattr(interpolate, n)(G, y)(2.5), (V,))
        for n in "CubicSpline PchipInterpolator Akima1DInterpolator interp1d make_interp_spline "
        "BarycentricInterpolator KroghInterpolator make_smoothing_spline UnivariateSpline".split()
    ),
    *(
        P(f"{n}(x)", lambda x, n=n: getattr(interpolate, n)(G, V)(x), (1 + W,))
        for n in "CubicSpline PchipInterpolator Akima1DInterpolator interp1d make_interp_spline "
        "BarycentricInterpolator KroghInterpolator".split()
    ),
    P("CubicHermiteSpline", lambda y, d: interpolate.CubicHermiteSpline(G, y, d)(2.5), (V, W)),
    P("PPoly(c)", lambda c: interpolate.PPoly(c, G[:5])(2.5), (X,)),
    P(
        "make_lsq_spline",
        lambda y: interpolate.make_lsq_spline(G, y, np.r_[[0.0] * 4, [5.0] * 4])(2.5),
        (V,),
    ),
    *(
        P(
            f"RegularGridInterpolator({m})",
            lambda x, m=m: interpolate.RegularGridInterpolator((np.arange(6.0),), x, method=m)(
                [2.5]
            ),
            (V,),
        )
        for m in ("linear", "nearest", "slinear", "cubic", "pchip")
    ),
    P(
        "RegularGridInterpolator(xi)",
        lambda x: interpolate.RegularGridInterpolator((G,), V)(x[:, None]),
        (1 + W,),
    ),
    P("RBFInterpolator(d)", lambda d: interpolate.RBFInterpolator(B, d)(B[:2] + 0.1), (M[:12],)),
    P("griddata(values)", lambda d: interpolate.griddata(B, d, B[:2]), (M[:12],)),
    P("barycentric_interpolate", lambda y: interpolate.barycentric_interpolate(G, y, 2.5), (V,)),
    P("krogh_interpolate", lambda y: interpolate.krogh_interpolate(G, y, 2.5), (V,)),
    P("pchip_interpolate", lambda y: interpolate.pchip_interpolate(G, y, 2.5), (V,)),
    P("splev(x)", lambda x: interpolate.splev(x, interpolate.splrep(G, V)), (1 + W,)),
    P("lagrange", lambda y: interpolate.lagrange(G, y)(2.5), (V,)),
    P("AAA", lambda y: interpolate.AAA(G, y)(2.5), (V,)),
    P(
        "approximate_taylor_polynomial",
        lambda a: interpolate.approximate_taylor_polynomial(lambda x: a * x**2, 0.0, 2, 1.0)(0.5),
        (V[0],),
    ),
]

NDIMAGE = [
    P("ndimage.gaussian_filter", lambda x: ndimage.gaussian_filter(x, 1.0), (X,)),
    P("ndimage.gaussian_filter1d", lambda x: ndimage.gaussian_filter1d(x, 1.0), (L,)),
    *(
        P(f"ndimage.{n}", lambda x, n=n: getattr(ndimage, n)(x), (X,))
        for n in "sobel prewitt laplace center_of_mass mean sum standard_deviation variance maximum"
        " spline_filter".split()
    ),
    *(
        P(f"ndimage.{n}(3)", lambda x, n=n: getattr(ndimage, n)(x, 3), (X,))
        for n in "uniform_filter median_filter maximum_filter minimum_filter zoom grey_erosion "
        "grey_dilation".split()
    ),
    P("ndimage.convolve", lambda x: ndimage.convolve(x, np.ones((3, 3))), (X,)),
    P("ndimage.correlate1d", lambda x: ndimage.correlate1d(x, [1.0, 2.0, 1.0]), (L,)),
    P("ndimage.rotate", lambda x: ndimage.rotate(x, 20.0), (X,)),
    P("ndimage.shift", lambda x: ndimage.shift(x, 0.5), (X,)),
    P("ndimage.affine_transform", lambda x: ndimage.affine_transform(x, np.eye(2) * 0.9), (X,)),
    P("ndimage.map_coordinates", lambda x: ndimage.map_coordinates(x, np.ones((2, 3)) * 0.5), (X,)),
    P("ndimage.fourier_gaussian", lambda x: ndimage.fourier_gaussian(x, 1.0), (X,)),
    P(
        "ndimage.distance_transform_edt",
        lambda x: x * ndimage.distance_transform_edt(x > 0.5),
        (X,),
    ),
    P("ndimage.generic_filter", lambda x: ndimage.generic_filter(x, np.sum, 3), (X,)),
    P("ndimage.vectorized_filter", lambda x: ndimage.vectorized_filter(x, np.mean, size=3), (X,)),
    P(
        "ndimage.sum_labels",
        lambda x: ndimage.sum_labels(x, np.asarray([0, 1, 1, 2]), [1, 2]),
        (V[:4],),
    ),
]

PROGRAMS: list[Program] = [
    *SPECIAL,
    *FFT,
    *STATS,
    *INTEGRATE,
    *SIGNAL,
    *LINALG,
    *ROTATION,
    *SPATIAL,
    *INTERPOLATE,
    *NDIMAGE,
]
VERSION = scipy.__version__
