"""Densities and distribution functions far out: by logarithms that keep what an argument knows.

The logarithm of a tail that is no number any more, or of one less a number next to one, has no
derivative; that of a tail which is written as a logarithm has. So has a density that is smooth, but
written with ``abs``: at 0 that would be a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import xgrad
from xgrad import special

__all__ = ["TAILS", "gev_flat", "less_exp", "log1p_square", "log_mass", "mass"]

INF = math.inf
_LN2, _HALF_LOG_2PI = math.log(2.0), 0.5 * math.log(2 * math.pi)
_expit, _ndtr, _atan2 = special.log_expit, special.log_ndtr, xgrad.atan2


def less_exp(a: Any) -> Any:
    """Return ``log(1 - exp(-a))`` of numbers from 0."""
    return xgrad.where(a < _LN2, xgrad.log(-xgrad.expm1(-a)), xgrad.log1p(-xgrad.exp(-a)))


def log1p_square(x: Any) -> Any:
    """Return ``log(1 + x * x)``, also where the square is no number."""
    size = xgrad.abs(x)
    near = xgrad.where(size < 1e8, x, 0.0)
    return xgrad.where(size < 1e8, xgrad.log1p(near * near), 2.0 * xgrad.log(size + (size < 1.0)))


def gev_flat(x: Any, k: Any) -> Any:
    """Return ``-log(1 - k x) / k``, and `x` where `k` is zero."""
    z = k * x
    small = xgrad.abs(z) < 1e-2
    series = 1.0 / 9.0
    for j in range(8, 0, -1):
        series = series * z + 1.0 / j
    safe = xgrad.where(small, 1.0, k)
    return xgrad.where(small, x * series, -xgrad.log1p(-xgrad.where(small, 0.0, z)) / safe)


def mass(a: Any, b: Any) -> Any:
    """Return the normal probability of an interval, from the tail that it lies in."""
    left = special.ndtr(b) - special.ndtr(a)
    return xgrad.where(a > 0, special.ndtr(-a) - special.ndtr(-b), left)


def log_mass(a: Any, b: Any) -> Any:
    """Return its logarithm, also where the probability is no number."""
    right = a > 0
    low, high = xgrad.where(right, -b, a), xgrad.where(right, -a, b)
    top = _ndtr(high)
    bounded = xgrad.where(low > -INF, low, 0.0)
    tail = top + xgrad.where(low > -INF, less_exp(top - _ndtr(bounded)), 0.0)
    both = xgrad.where(high > 0, special.ndtr(low) + special.ndtr(-high), 0.0)
    return xgrad.where(high > 0, xgrad.log1p(-both), tail)


def _pair(logcdf: Callable[..., Any] | None, logsf: Callable[..., Any] | None) -> dict[str, Any]:
    """Return logarithms of both tails of the one that is simple, and the tails themselves."""
    given = logsf if logcdf is None else logcdf
    assert given is not None
    other: Any = lambda x, *s: less_exp(-given(x, *s))  # noqa: E731
    below, above = logcdf or other, logsf or other
    tail: Any = lambda x, *s: xgrad.exp(given(x, *s))  # noqa: E731
    rest: Any = lambda x, *s: -xgrad.expm1(given(x, *s))  # noqa: E731
    return {
        "logcdf": below,
        "logsf": above,
        "cdf": tail if given is logcdf else rest,
        "sf": rest if given is logcdf else tail,
    }


def _normal(z: Callable[..., Any]) -> dict[str, Any]:
    """Return the tails of what is normal after a rising function."""
    return {
        "logcdf": lambda x, *s: _ndtr(z(x, *s)),
        "logsf": lambda x, *s: _ndtr(-z(x, *s)),
        "cdf": lambda x, *s: special.ndtr(z(x, *s)),
        "sf": lambda x, *s: special.ndtr(-z(x, *s)),
    }


def _logit(z: Callable[..., Any]) -> dict[str, Any]:
    """Return the tails of what is logistic after a rising function."""
    return {
        "logcdf": lambda x, *s: _expit(z(x, *s)),
        "logsf": lambda x, *s: _expit(-z(x, *s)),
        "cdf": lambda x, *s: special.expit(z(x, *s)),
        "sf": lambda x, *s: special.expit(-z(x, *s)),
    }


def _half_normal(z: Any) -> Any:
    """Return the logarithm of what a half normal distribution has above a number."""
    near = xgrad.log1p(-special.erf(xgrad.where(z < 1.0, z, 0.0) / math.sqrt(2.0)))
    return xgrad.where(z < 1.0, near, _LN2 + _ndtr(-z))


def _half_logistic(z: Any) -> Any:
    near = xgrad.log1p(-xgrad.tanh(0.5 * xgrad.where(z < 1.0, z, 0.0)))
    return xgrad.where(z < 1.0, near, _LN2 + _expit(-z))


def _mielke_below(x: Any, k: Any, s: Any) -> Any:
    z = s * xgrad.log(x)
    return xgrad.where(z < 0, k * xgrad.log(x) + k / s * _expit(-z), k / s * _expit(z))


def _fisk_log(x: Any, c: Any) -> Any:
    far = 2.0 * _expit(-c * xgrad.log(xgrad.where(x < 1.0, 1.0, x)))
    peak = xgrad.where(x < 1.0, -2.0 * xgrad.log1p(xgrad.where(x < 1.0, x, 0.5) ** c), far)
    return xgrad.log(c) + special.xlogy(c - 1.0, x) + peak


def _cauchy_log(x: Any) -> Any:
    return -math.log(math.pi) - log1p_square(x)


def _laplace_below(x: Any) -> Any:
    return xgrad.where(x < 0, x - _LN2, xgrad.log1p(-0.5 * xgrad.exp(-xgrad.abs(x))))


def _secant_below(x: Any) -> Any:
    inner = xgrad.log(xgrad.atan(xgrad.exp(xgrad.maximum(x, -20.0))))
    return math.log(2 / math.pi) + xgrad.where(x < -20.0, x, inner)


def _inverse_gauss(x: Any, m: Any) -> tuple[Any, Any]:
    root = xgrad.sqrt(x)
    return (x / m - 1.0) / root, 2.0 / m + _ndtr(-(x / m + 1.0) / root)


def _inverse_gauss_above(x: Any, m: Any) -> Any:
    z, rest = _inverse_gauss(x, m)
    top = _ndtr(-z)
    return top + xgrad.log1p(-xgrad.exp(rest - top))


def _inverse_gauss_below(x: Any, m: Any) -> Any:
    z, rest = _inverse_gauss(x, m)
    return xgrad.logaddexp(_ndtr(z), rest)


def _johnson(log_slope: Callable[..., Any], z: Callable[..., Any]) -> dict[str, Any]:
    def logpdf(x: Any, a: Any, b: Any) -> Any:
        return xgrad.log(b) + log_slope(x) - 0.5 * z(x, a, b) ** 2 - _HALF_LOG_2PI

    return {"logpdf": logpdf, **_normal(z)}


def _norminvgauss_log(x: Any, a: Any, b: Any) -> Any:
    q = xgrad.hypot(x, 1.0)
    away = b * x - a * q + xgrad.sqrt(a * a - b * b)
    return xgrad.log(a / math.pi) + xgrad.log(special.k1e(a * q)) + away - xgrad.log(q)


def _rice_log(x: Any, b: Any) -> Any:
    return xgrad.log(x) - 0.5 * (x - b) ** 2 + xgrad.log(special.i0e(x * b))


def _truncated(part: Callable[..., Any], log_part: Callable[..., Any]) -> Callable[..., Any]:
    """Return a share of a truncated normal: by probabilities, or by logarithms if they are none."""

    def share(x: Any, a: Any, b: Any) -> Any:
        whole = mass(a, b)
        return xgrad.where(whole > 1e-290, part(x, a, b) / whole, xgrad.exp(log_part(x, a, b)))

    return share


def _of_two(part: Any, rest: Any) -> Any:
    """Return the logarithm of a share by that of itself, or of the rest if it is nearly all."""
    less = xgrad.where(part < -_LN2, -1.0, rest)
    return xgrad.where(part < -_LN2, part, xgrad.log1p(-xgrad.exp(less)))


def _truncated_below(x: Any, a: Any, b: Any) -> Any:
    whole = log_mass(a, b)
    return _of_two(log_mass(a, x) - whole, log_mass(x, b) - whole)


def _truncated_above(x: Any, a: Any, b: Any) -> Any:
    whole = log_mass(a, b)
    return _of_two(log_mass(x, b) - whole, log_mass(a, x) - whole)


def _double_weibull(x: Any, c: Any) -> Any:
    fall = -(xgrad.abs(x) ** c)
    return xgrad.where(x < 0, fall - _LN2, xgrad.log1p(-0.5 * xgrad.exp(fall)))


def _f_below(x: Any, a: Any, b: Any) -> Any:
    """Return what an F distribution has below a number, by the part of it that is smaller."""
    small, whole = a * x < b, b + a * x
    low = special.betainc(a / 2, b / 2, xgrad.where(small, a * x / whole, 0.5))
    return xgrad.where(
        small, low, special.betaincc(b / 2, a / 2, xgrad.where(small, 0.5, b / whole))
    )


def _f_above(x: Any, a: Any, b: Any) -> Any:
    small, whole = a * x < b, b + a * x
    high = special.betainc(b / 2, a / 2, xgrad.where(small, 0.5, b / whole))
    return xgrad.where(
        small, special.betaincc(a / 2, b / 2, xgrad.where(small, a * x / whole, 0.5)), high
    )


def _folded_log(x: Any, c: Any) -> Any:
    near, far = -0.5 * (x - c) ** 2, -0.5 * (x + c) ** 2
    return xgrad.logaddexp(near, far) - _HALF_LOG_2PI


TAILS: dict[str, dict[str, Callable[..., Any]]] = {
    "norm": {"logsf": lambda x: _ndtr(-x)},
    "expon": _pair(None, lambda x: -x),
    "uniform": {"logcdf": lambda x: xgrad.log(x), "logsf": lambda x: xgrad.log1p(-x)},
    "laplace": {"logcdf": _laplace_below, "logsf": lambda x: _laplace_below(-x)},
    "logistic": {"logpdf": lambda x: _expit(x) + _expit(-x), **_logit(lambda x: x)},
    "genlogistic": {
        "logpdf": lambda x, c: xgrad.log(c) + _expit(-x) + c * _expit(x),
        **_pair(lambda x, c: c * _expit(x), None),
    },
    "cauchy": {
        "logpdf": _cauchy_log,
        "cdf": lambda x: _atan2(1.0, -x) / math.pi,
        "sf": lambda x: _atan2(1.0, x) / math.pi,
    },
    "halfcauchy": {
        "logpdf": lambda x: _LN2 + _cauchy_log(x),
        "cdf": lambda x: xgrad.atan(x) / (0.5 * math.pi),
        "sf": lambda x: _atan2(1.0, x) / (0.5 * math.pi),
    },
    "gumbel_r": _pair(lambda x: -xgrad.exp(-x), None),
    "gumbel_l": _pair(None, lambda x: -xgrad.exp(x)),
    "genextreme": {
        "logpdf": lambda x, c: (c - 1.0) * gev_flat(x, c) - xgrad.exp(-gev_flat(x, c)),
        **_pair(lambda x, c: -xgrad.exp(-gev_flat(x, c)), None),
    },
    "genhalflogistic": {
        "logsf": lambda x, c: _half_logistic(gev_flat(x, c)),
        "sf": lambda x, c: 2.0 * special.expit(-gev_flat(x, c)),
        "cdf": lambda x, c: xgrad.tanh(0.5 * gev_flat(x, c)),
    },
    "lognorm": _normal(lambda x, s: xgrad.log(x) / s),
    "gibrat": _normal(lambda x: xgrad.log(x)),
    "fisk": {"logpdf": _fisk_log, **_logit(lambda x, c: c * xgrad.log(x))},
    "burr": _pair(lambda x, c, d: d * _expit(c * xgrad.log(x)), None),
    "burr12": _pair(None, lambda x, c, d: d * _expit(-c * xgrad.log(x))),
    "mielke": _pair(_mielke_below, None),
    "triang": {
        "sf": lambda x, c: xgrad.where(x < c, 1 - x * x / c, (1 - x) ** 2 / (1 - c)),
        "logsf": lambda x, c: xgrad.where(
            x < c,
            xgrad.log1p(-xgrad.where(x < c, x * x / c, 0.0)),
            2.0 * xgrad.log1p(-x) - xgrad.log1p(-c),
        ),
    },
    "truncnorm": {
        "logpdf": lambda x, a, b: -0.5 * x * x - _HALF_LOG_2PI - log_mass(a, b),
        "logcdf": _truncated_below,
        "logsf": _truncated_above,
        "cdf": _truncated(lambda x, a, b: mass(a, x), _truncated_below),
        "sf": _truncated(lambda x, a, b: mass(x, b), _truncated_above),
    },
    "lomax": _pair(None, lambda x, c: -c * xgrad.log1p(x)),
    "pareto": _pair(None, lambda x, b: -b * xgrad.log(x)),
    "weibull_min": _pair(None, lambda x, c: -(x**c)),
    "weibull_max": _pair(lambda x, c: -((-x) ** c), None),
    "invweibull": _pair(lambda x, c: -(x**-c), None),
    "exponweib": _pair(lambda x, a, c: a * less_exp(x**c), None),
    "gompertz": _pair(None, lambda x, c: -c * xgrad.expm1(x)),
    "powerlaw": _pair(lambda x, a: a * xgrad.log(x), None),
    "rayleigh": _pair(None, lambda x: -0.5 * x * x),
    "halfnorm": {"logsf": _half_normal},
    "halflogistic": {
        "logsf": _half_logistic,
        "cdf": lambda x: xgrad.tanh(0.5 * x),
        "sf": lambda x: 2.0 * special.expit(-x),
    },
    "hypsecant": {
        "logpdf": lambda x: _LN2 - math.log(math.pi) - xgrad.logaddexp(x, -x),
        "logcdf": _secant_below,
        "logsf": lambda x: _secant_below(-x),
    },
    "invgauss": {
        "logcdf": _inverse_gauss_below,
        "logsf": _inverse_gauss_above,
        "sf": lambda x, m: xgrad.exp(_inverse_gauss_above(x, m)),
    },
    "wald": {
        "logcdf": lambda x: _inverse_gauss_below(x, 1.0),
        "logsf": lambda x: _inverse_gauss_above(x, 1.0),
    },
    "johnsonsu": _johnson(lambda x: -0.5 * log1p_square(x), lambda x, a, b: a + b * xgrad.asinh(x)),
    "johnsonsb": _johnson(
        lambda x: -xgrad.log(x) - xgrad.log1p(-x), lambda x, a, b: a + b * special.logit(x)
    ),
    "powernorm": _pair(None, lambda x, c: c * _ndtr(-x)),
    "powerlognorm": _pair(None, lambda x, c, s: c * _ndtr(-xgrad.log(x) / s)),
    "alpha": {"logcdf": lambda x, a: _ndtr(a - 1.0 / x) - _ndtr(a)},
    "levy": {"logcdf": lambda x: _half_normal(1.0 / xgrad.sqrt(x))},
    "moyal": {"logcdf": lambda x: _half_normal(xgrad.exp(-0.5 * x))},
    "dweibull": {"logcdf": _double_weibull, "logsf": lambda x, c: _double_weibull(-x, c)},
    "f": {"cdf": _f_below, "sf": _f_above},
    "foldnorm": {
        "logpdf": _folded_log,
        "logsf": lambda x, c: xgrad.logaddexp(_ndtr(c - x), _ndtr(-x - c)),
    },
    "norminvgauss": {"logpdf": _norminvgauss_log},
    "rice": {"logpdf": _rice_log},
    "arcsine": {
        "cdf": lambda x: _atan2(xgrad.sqrt(x), xgrad.sqrt(1.0 - x)) / (0.5 * math.pi),
        "sf": lambda x: _atan2(xgrad.sqrt(1.0 - x), xgrad.sqrt(x)) / (0.5 * math.pi),
    },
    "geom": {
        "logsf": lambda k, p: xgrad.floor(k.detach()) * xgrad.log1p(-p),
        "sf": lambda k, p: xgrad.exp(xgrad.floor(k.detach()) * xgrad.log1p(-p)),
    },
    "nbinom": {"sf": lambda k, n, p: special.betaincc(n, xgrad.floor(k.detach()) + 1.0, p)},
}
"""What is better than the logarithm of a tail, by the name of a distribution of SciPy's."""
