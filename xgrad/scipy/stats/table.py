"""The distributions that are written out, by name, and the twin of any other of SciPy's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad
from xgrad import special

from ...arrays.array import Array
from ..common import Later, raw
from . import noncentral as nc
from . import ranges, uniforms
from .distributions import Continuous, Discrete
from .tails import gev_flat, log1p_square, log_mass
from .written import standard, support, written

__all__ = ["DISTRIBUTIONS", "twin_of"]

EULER = float(np.euler_gamma)
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_xlogy, _xlog1py, _ln = special.xlogy, special.xlog1py, special.gammaln
INF = np.inf
stats: Any = Later("scipy.stats")


def _t_log(x: Any, v: Any) -> Any:
    half = (v + 1.0) / 2.0
    norming = _ln(half) - _ln(v / 2.0) - 0.5 * xgrad.log(v * math.pi)
    return norming - half * log1p_square(x / xgrad.sqrt(v))


def _f_log(x: Any, a: Any, b: Any) -> Any:
    return (
        _xlogy(a / 2, a) + _xlogy(b / 2, b) + _xlogy(a / 2 - 1, x)
        - ((a + b) / 2) * xgrad.log(b + a * x) - special.betaln(a / 2, b / 2)
    )  # fmt: skip


def _psi(x: Any) -> Any:
    return special.digamma(x)


def _binom_log(k: Any, n: Any, p: Any) -> Any:
    return _ln(n + 1) - _ln(k + 1) - _ln(n - k + 1) + _xlogy(k, p) + _xlog1py(n - k, -p)


def _binom_cdf(k: Any, n: Any, p: Any) -> Any:
    k = xgrad.floor(k.detach())
    rest = xgrad.where(k < n, n - k, 1.0)
    return xgrad.where(k < n, special.betaincc(k + 1.0, rest, p), 1.0)


def _nbinom_log(k: Any, n: Any, p: Any) -> Any:
    return _ln(n + k) - _ln(k + 1) - _ln(n) + n * xgrad.log(p) + _xlog1py(k, -p)


def _skellam_log(k: Any, a: Any, b: Any) -> Any:
    k = k.detach() if isinstance(k, Array) else k
    z = 2.0 * xgrad.sqrt(a * b)
    bessel = xgrad.log(special.ive(xgrad.abs(k), z)) + z
    return bessel - a - b + 0.5 * k * (xgrad.log(a) - xgrad.log(b))


def _truncated(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the mean of a truncated normal, and what its variance is beside that of a whole one."""
    whole = log_mass(a, b) + _HALF_LOG_2PI
    low, high = (xgrad.exp(-0.5 * v * v - whole) for v in (a, b))
    ends = [xgrad.where(xgrad.abs(v) < INF, v, 0.0) for v in (a, b)]
    return low - high, ends[0] * low - ends[1] * high


def _truncnorm_var(a: Any, b: Any) -> Any:
    mean, rest = _truncated(a, b)
    return 1.0 + rest - mean * mean


def _trapezoid_cdf(x: Any, c: Any, d: Any) -> Any:
    middle, top = (2 * x - c) / (1 + d - c), 1 - (1 - x) ** 2 / ((1 + d - c) * (1 - d))
    return xgrad.where(x < c, x * x / (c * (1 + d - c)), xgrad.where(x <= d, middle, top))


def _trapezoid_var(c: Any, d: Any) -> Any:
    mean, whole = _trapezoid_mean(c, d), 1 + d - c
    return (1 + d + d * d + d**3 - c**3) / (6 * whole) - mean * mean


def _trapezoid_mean(c: Any, d: Any) -> Any:
    return (1 + d + d * d - c * c) / (3 * (1 + d - c))


def _truncpareto_moment(n: int, b: Any, c: Any) -> Any:
    return b * (1 - c ** (n - b)) / ((b - n) * (1 - c**-b))


def _c(name: str, *args: Any, **more: Any) -> tuple[str, Continuous]:
    return name, Continuous(name, *args, **more)


def _d(name: str, *args: Any, **more: Any) -> tuple[str, Discrete]:
    return name, Discrete(name, *args, **more)


def _log_kv(v: Any, z: Any) -> Any:
    return xgrad.log(special.kve(v, z)) - z


def _geninvgauss_log(x: Any, p: Any, b: Any) -> Any:
    return (p - 1.0) * xgrad.log(x) - 0.5 * b * (x + 1.0 / x) - math.log(2.0) - _log_kv(p, b)


def _genhyperbolic_log(x: Any, p: Any, a: Any, b: Any) -> Any:
    inner, root = a * a - b * b, xgrad.sqrt(1.0 + x * x)
    norming = 0.5 * p * xgrad.log(inner) - _HALF_LOG_2PI - _log_kv(p, xgrad.sqrt(inner))
    far = _log_kv(p - 0.5, a * root) + (p - 0.5) * xgrad.log(root / a)
    return norming + far + b * x


def _if(exists: Any, value: Any, otherwise: Any = INF) -> Any:
    """Return a moment where it exists, and else infinity or what SciPy says."""
    return xgrad.where(exists, value, otherwise)


def _zipf_moment(n: int, a: Any) -> Any:
    return _if(
        a > n + 1, special.zeta(xgrad.maximum(a - n, 1.0 + 1e-3), 1.0) / special.zeta(a, 1.0)
    )


def _harmonic(a: Any, n: Any) -> Any:
    """Return the sum of ``k**-a`` up to some whole numbers."""
    a, n = xgrad.broadcast_arrays(xgrad.asarray(a), xgrad.asarray(n))
    k = xgrad.asarray(np.arange(1.0, np.max(raw(n.detach()), initial=1.0) + 1.0))
    return xgrad.sum(xgrad.where(k <= n[..., None], k ** -a[..., None], 0.0), axis=-1)


def _kappa_log(x: Any, h: Any, k: Any) -> Any:
    """Return the logarithm of the distribution function of ``kappa4``."""
    return -gev_flat(xgrad.exp(-gev_flat(x, k)), h)


def _kappa_cdf(x: Any, h: Any, k: Any) -> Any:
    return xgrad.exp(_kappa_log(x, h, k))


_one, _zero = (lambda *s: 1.0), (lambda *s: 0.0)

DISTRIBUTIONS: dict[str, Any] = dict([
    _c("norm", "", -INF, INF, lambda x: -0.5 * x * x - _HALF_LOG_2PI, special.ndtr, lambda x: special.ndtr(-x),
       special.log_ndtr, _zero, _one, lambda: 0.5 * math.log(2 * math.pi * math.e)),
    _c("expon", "", 0.0, INF, lambda x: -x, None, None, None, _one, _one, _one),
    _c("uniform", "", 0.0, 1.0, lambda x: 0.0 * x, lambda x: x, lambda x: 1.0 - x, None, lambda: 0.5, lambda: 1 / 12, _zero),
    _c("gamma", "a", 0.0, INF, lambda x, a: _xlogy(a - 1, x) - x - _ln(a), lambda x, a: special.gammainc(a, x),
       lambda x, a: special.gammaincc(a, x), None, lambda a: a, lambda a: a, lambda a: a + _ln(a) + (1 - a) * _psi(a)),
    _c("chi2", "df", 0.0, INF, lambda x, v: _xlogy(v / 2 - 1, x) - x / 2 - _ln(v / 2) - (v / 2) * math.log(2),
       lambda x, v: special.gammainc(v / 2, x / 2), lambda x, v: special.gammaincc(v / 2, x / 2), None, lambda v: v, lambda v: 2 * v,
       lambda v: v / 2 + math.log(2) + _ln(v / 2) + (1 - v / 2) * _psi(v / 2)),
    _c("invgamma", "a", 0.0, INF, lambda x, a: -(a + 1) * xgrad.log(x) - _ln(a) - 1 / x, lambda x, a: special.gammaincc(a, 1 / x),
       lambda x, a: special.gammainc(a, 1 / x), None, lambda a: _if(a > 1, 1 / (a - 1)), lambda a: _if(a > 2, 1 / ((a - 1) ** 2 * (a - 2))),
       lambda a: a + _ln(a) - (a + 1) * _psi(a)),
    _c("beta", "a b", 0.0, 1.0, lambda x, a, b: _xlog1py(b - 1, -x) + _xlogy(a - 1, x) - special.betaln(a, b),
       lambda x, a, b: special.betainc(a, b, x), lambda x, a, b: special.betaincc(a, b, x), None, lambda a, b: a / (a + b),
       lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1)),
       lambda a, b: special.betaln(a, b) - (a - 1) * _psi(a) - (b - 1) * _psi(b) + (a + b - 2) * _psi(a + b)),
    _c("t", "df", -INF, INF, _t_log, lambda x, v: special.stdtr(v, x), lambda x, v: special.stdtr(v, -x), None, lambda v: _if(v > 1, 0.0 * v),
       lambda v: _if(v > 2, v / (v - 2), _if(v > 1, INF, np.nan)), lambda v: (v + 1) / 2 * (_psi((v + 1) / 2) - _psi(v / 2)) + xgrad.log(xgrad.sqrt(v)) + special.betaln(v / 2, 0.5)),
    _c("f", "dfn dfd", 0.0, INF, _f_log, None, None, None,
       lambda a, b: _if(b > 2, b / (b - 2)), lambda a, b: _if(b > 4, 2 * b * b * (a + b - 2) / (a * (b - 2) ** 2 * (b - 4)))),
    _c("laplace", "", -INF, INF, lambda x: -xgrad.abs(x) - math.log(2),
       lambda x: xgrad.where(x < 0, 0.5 * xgrad.exp(-xgrad.abs(x)), 1 - 0.5 * xgrad.exp(-xgrad.abs(x))),
       lambda x: xgrad.where(x > 0, 0.5 * xgrad.exp(-xgrad.abs(x)), 1 - 0.5 * xgrad.exp(-xgrad.abs(x))), None, _zero, lambda: 2.0,
       lambda: math.log(2) + 1),
    _c("logistic", "", -INF, INF, None, None, None, None, _zero, lambda: math.pi**2 / 3, lambda: 2.0),
    _c("cauchy", "", -INF, INF, None, None, None, None, None, None, lambda: math.log(4 * math.pi)),
    _c("gumbel_r", "", -INF, INF, lambda x: -x - xgrad.exp(-x), None, None, None, lambda: EULER, lambda: math.pi**2 / 6, lambda: EULER + 1),
    _c("gumbel_l", "", -INF, INF, lambda x: x - xgrad.exp(x), None, None, None, lambda: -EULER, lambda: math.pi**2 / 6, lambda: EULER + 1),
    _c("genextreme", "c", lambda c: xgrad.where(c < 0, 1 / xgrad.where(c < 0, c, -1.0), -INF),
       lambda c: xgrad.where(c > 0, 1 / xgrad.where(c > 0, c, 1.0), INF), None),
    _c("lognorm", "s", 0.0, INF, lambda x, s: -0.5 * (xgrad.log(x) / s) ** 2 - xgrad.log(s * x) - _HALF_LOG_2PI, None, None, None, lambda s: xgrad.exp(s * s / 2),
       lambda s: xgrad.expm1(s * s) * xgrad.exp(s * s), lambda s: 0.5 * (1 + math.log(2 * math.pi)) + xgrad.log(s)),
    _c("gibrat", "", 0.0, INF, lambda x: -0.5 * xgrad.log(x) ** 2 - xgrad.log(x) - _HALF_LOG_2PI, None, None, None, lambda: math.exp(0.5), lambda: math.e * (math.e - 1),
       lambda: 0.5 * math.log(2 * math.pi) + 0.5),
    _c("fisk", "c", 0.0, INF, None, None, None, None, lambda c: _if(c > 1, (math.pi / c) / xgrad.sin(math.pi / c), np.nan),
       lambda c: _if(c > 2, 2 * (math.pi / c) / xgrad.sin(2 * math.pi / c) - ((math.pi / c) / xgrad.sin(math.pi / c)) ** 2, np.nan), lambda c: 2 - xgrad.log(c)),
    _c("triang", "c", 0.0, 1.0, lambda x, c: xgrad.log(2 * xgrad.where(x < c, x / c, (1 - x) / (1 - c))),
       lambda x, c: xgrad.where(x < c, x * x / c, 1 - (1 - x) ** 2 / (1 - c)), None, None, lambda c: (1 + c) / 3, lambda c: (1 - c + c * c) / 18,
       lambda c: 0.5 - math.log(2) + 0.0 * c),
    _c("truncnorm", "a b", lambda a, b: a, lambda a, b: b, None, None, None, None, lambda a, b: _truncated(a, b)[0], _truncnorm_var,
       lambda a, b: 0.5 * math.log(2 * math.pi * math.e) + log_mass(a, b) + 0.5 * _truncated(a, b)[1]),
    *(_c(name, "a b", lambda a, b: a, lambda a, b: b, lambda x, a, b: -xgrad.log(x) - xgrad.log(xgrad.log(b / a)),
         lambda x, a, b: xgrad.log(x / a) / xgrad.log(b / a), lambda x, a, b: xgrad.log(b / x) / xgrad.log(b / a), None,
         lambda a, b: (b - a) / xgrad.log(b / a), lambda a, b: (b * b - a * a) / (2 * xgrad.log(b / a)) - ((b - a) / xgrad.log(b / a)) ** 2,
         lambda a, b: 0.5 * xgrad.log(a * b) + xgrad.log(xgrad.log(b / a))) for name in ("loguniform", "reciprocal")),
    _c("trapezoid", "c d", 0.0, 1.0, lambda x, c, d: xgrad.log(2 / (1 + d - c) * xgrad.where(x < c, x / c, xgrad.where(x <= d, 1.0, (1 - x) / (1 - d)))),
       _trapezoid_cdf, None, None, _trapezoid_mean, _trapezoid_var, lambda c, d: 0.5 * (1 - d + c) / (1 + d - c) + xgrad.log(0.5 * (1 + d - c))),
    _c("truncpareto", "b c", 1.0, lambda b, c: c, lambda x, b, c: xgrad.log(b / (1 - c**-b)) - (b + 1) * xgrad.log(x),
       lambda x, b, c: (1 - x**-b) / (1 - c**-b), lambda x, b, c: (x**-b - c**-b) / (1 - c**-b), None, lambda b, c: _truncpareto_moment(1, b, c),
       lambda b, c: _truncpareto_moment(2, b, c) - _truncpareto_moment(1, b, c) ** 2),
    _c("genhalflogistic", "c", 0.0, lambda c: 1 / c, lambda x, c: math.log(2) + (c - 1) * gev_flat(x, c) - 2 * xgrad.log1p(xgrad.exp(-gev_flat(x, c))),
       None, None, None, None, None, lambda c: 2 - (2 * c + 1) * math.log(2)),
    _c("lomax", "c", 0.0, INF, lambda x, c: xgrad.log(c) - (c + 1) * xgrad.log1p(x), None, None, None, lambda c: _if(c > 1, 1 / (c - 1)), lambda c: _if(c > 2, c / ((c - 1) ** 2 * (c - 2))), lambda c: 1 + 1 / c - xgrad.log(c)),
    _c("pareto", "b", 1.0, INF, lambda x, b: xgrad.log(b) - (b + 1) * xgrad.log(x), None, None, None,
       lambda b: _if(b > 1, b / (b - 1)), lambda b: _if(b > 2, b / ((b - 2) * (b - 1) ** 2)), lambda b: 1 + 1 / b - xgrad.log(b)),
    _c("weibull_min", "c", 0.0, INF, lambda x, c: xgrad.log(c) + _xlogy(c - 1, x) - x**c, None, None, None, lambda c: special.gamma(1 + 1 / c), lambda c: special.gamma(1 + 2 / c) - special.gamma(1 + 1 / c) ** 2,
       lambda c: -EULER / c - xgrad.log(c) + EULER + 1),
    _c("halfnorm", "", 0.0, INF, lambda x: 0.5 * math.log(2 / math.pi) - x * x / 2, lambda x: special.erf(x / math.sqrt(2)),
       lambda x: special.erfc(x / math.sqrt(2)), None, lambda: math.sqrt(2 / math.pi), lambda: 1 - 2 / math.pi, lambda: 0.5 * math.log(math.pi / 2) + 0.5),
    _c("rayleigh", "", 0.0, INF, lambda x: xgrad.log(x) - x * x / 2, None, None, None,
       lambda: math.sqrt(math.pi / 2), lambda: 2 - math.pi / 2, lambda: EULER / 2 + 1 - 0.5 * math.log(2)),
    _c("invgauss", "mu", 0.0, INF, lambda x, m: -_HALF_LOG_2PI - 1.5 * xgrad.log(x) - ((x - m) / m) ** 2 / (2 * x),
       lambda x, m: special.ndtr((x / m - 1) / xgrad.sqrt(x)) + xgrad.exp(2 / m + special.log_ndtr(-(x / m + 1) / xgrad.sqrt(x))), None, None,
       lambda m: m, lambda m: m**3),
    _c("ncx2", "df nc", 0.0, INF, nc.ncx2_log, nc.ncx2_cdf, nc.ncx2_sf, None, lambda v, m: v + m, lambda v, m: 2 * (v + 2 * m)),
    _c("ncf", "dfn dfd nc", 0.0, INF, nc.ncf_log, nc.ncf_cdf, nc.ncf_sf, None, lambda a, b, m: _if(b > 2, b * (a + m) / (a * (b - 2))),
       lambda a, b, m: _if(b > 4, 2 * (b / a) ** 2 * ((a + m) ** 2 + (a + 2 * m) * (b - 2)) / ((b - 2) ** 2 * (b - 4)))),
    _c("nct", "df nc", -INF, INF, nc.nct_log, nc.nct_cdf, nc.nct_sf, None, lambda v, m: _if(v > 1, nc.nct_mean(v, m)),
       lambda v, m: _if(v > 2, v * (1 + m * m) / (v - 2) - nc.nct_mean(v, m) ** 2)),
    _c("geninvgauss", "p b", 0.0, INF, _geninvgauss_log),
    _c("genhyperbolic", "p a b", -INF, INF, _genhyperbolic_log),
    _c("irwinhall", "n", 0.0, lambda n: n, uniforms.sum_log, uniforms.sum_cdf, uniforms.sum_sf, None, lambda n: n / 2, lambda n: n / 12,
       uniforms.sum_entropy),
    ("tukeylambda", uniforms.TukeyLambda("tukeylambda", "lam", lambda s: -uniforms.tukey_end(s), uniforms.tukey_end,
       uniforms.tukey_log, uniforms.tukey_cdf, uniforms.tukey_sf, None, lambda s: 0.0 * s)),
    ("studentized_range", ranges.StudentizedRange("studentized_range", "k df", 0.0, INF, ranges.range_log, ranges.range_cdf)),
    _d("poisson", "mu", 0.0, INF, lambda k, m: _xlogy(k, m) - _ln(k + 1) - m, lambda k, m: special.gammaincc(xgrad.floor(k.detach()) + 1.0, m),
       lambda k, m: special.gammainc(xgrad.floor(k.detach()) + 1.0, m), None, lambda m: m, lambda m: m),
    _d("binom", "n p", 0.0, lambda n, p: n, _binom_log, _binom_cdf, None, None, lambda n, p: n * p, lambda n, p: n * p * (1 - p)),
    _d("bernoulli", "p", 0.0, 1.0, lambda k, p: _xlogy(k, p) + _xlog1py(1 - k, -p), lambda k, p: xgrad.where(k >= 1, 1.0, 1 - p), None, None,
       lambda p: p, lambda p: p * (1 - p), lambda p: special.entr(p) + special.entr(1 - p)),
    _d("geom", "p", 1.0, INF, lambda k, p: _xlog1py(k - 1, -p) + xgrad.log(p), lambda k, p: -xgrad.expm1(xgrad.floor(k.detach()) * xgrad.log1p(-p)), None,
       None, lambda p: 1 / p, lambda p: (1 - p) / p**2),
    _d("nbinom", "n p", 0.0, INF, _nbinom_log, lambda k, n, p: special.betainc(n, xgrad.floor(k.detach()) + 1.0, p), None, None,
       lambda n, p: n * (1 - p) / p, lambda n, p: n * (1 - p) / p**2),
    _d("zipf", "a", 1.0, INF, lambda k, a: -a * xgrad.log(k) - xgrad.log(special.zeta(a, 1.0)), lambda k, a: 1.0 - special.zeta(a, xgrad.floor(k.detach()) + 1.0) / special.zeta(a, 1.0),
       lambda k, a: special.zeta(a, xgrad.floor(k.detach()) + 1.0) / special.zeta(a, 1.0), None, lambda a: _zipf_moment(1, a), lambda a: _if(a > 3, _zipf_moment(2, a) - _zipf_moment(1, xgrad.maximum(a, 2.5)) ** 2)),
    _d("zipfian", "a n", 1.0, lambda a, n: n, lambda k, a, n: -a * xgrad.log(k) - xgrad.log(_harmonic(a, n)), lambda k, a, n: _harmonic(a, xgrad.floor(k.detach())) / _harmonic(a, n), None, None,
       lambda a, n: _harmonic(a - 1, n) / _harmonic(a, n), lambda a, n: _harmonic(a - 2, n) / _harmonic(a, n) - (_harmonic(a - 1, n) / _harmonic(a, n)) ** 2),
    _c("kappa4", "h k", lambda h, k: support(stats.kappa4, (h, k))[0], lambda h, k: support(stats.kappa4, (h, k))[1],
       lambda x, h, k: -(1.0 - k) * gev_flat(x, k) + (1.0 - h) * _kappa_log(x, h, k), _kappa_cdf, None, _kappa_log),
    _d("skellam", "mu1 mu2", -INF, INF, _skellam_log, None, None, None, lambda a, b: a - b, lambda a, b: a + b),
])  # fmt: skip
"""The distributions that are written out here, by name."""


def twin_of(plain: Any) -> Any:
    """Return the twin of a distribution of SciPy's: of the table, or else by SciPy's own code.

    So a distribution of the user's, a class derived from ``rv_continuous`` or ``rv_discrete``, has
    one, too, where its methods are array code.
    """
    known = DISTRIBUTIONS.get(plain.name)
    if known is not None and type(known.plain) is type(plain):
        return known
    kind, density = (Discrete, "pmf") if hasattr(plain, "pmf") else (Continuous, "pdf")
    low, high = (lambda *s, i=i: support(plain, s)[i] for i in (0, 1))
    log = written(plain, f"_log{density}")
    if log is None:
        value = standard(plain, density)
        log = lambda x, *s: xgrad.log(value(x, *s))  # noqa: E731
    return kind(plain.name, (plain.shapes or "").replace(",", " "), low, high, log, plain=plain)
