# Tests of xgrad/scipy/stats/tails.py
"""Distributions far out, against mpmath: value, first and second derivative of each argument."""

import mpmath as mp
import numpy as np
import pytest

import xgrad as xg
from xgrad.scipy import stats


def _phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _logit(x):
    return mp.log(x / (1 - x))


def _t(x, v):
    half = mp.betainc(v / 2, mp.mpf(1) / 2, 0, v / (v + x * x), regularized=True) / 2
    return half if x < 0 else 1 - half


def _normal(z):
    """Return a distribution function of a rising function of the argument."""
    return lambda x, *s: _phi(z(x, *s)), lambda x, *s: _phi(-z(x, *s))


def _of(cdf):
    return cdf, lambda x, *s: 1 - cdf(x, *s)


def _rest(sf):
    return lambda x, *s: 1 - sf(x, *s), sf


def _mass(a, b):
    return _phi(b) - _phi(a)


ROWS = {
    # name: shape parameters, points, (cdf, sf), pdf
    "norm": ((), (-38, -10, 0, 5, 38), _normal(lambda x: x)),
    "expon": ((), (1e-10, 1, 40, 700), _rest(lambda x: mp.exp(-x))),
    "uniform": ((), (1e-20, 0.5), _of(lambda x: x)),
    "laplace": ((), (-40, -1, 1, 40), _of(lambda x: mp.exp(x) / 2 if x < 0 else 1 - mp.exp(-x) / 2)),
    "logistic": ((), (-700, -40, 0, 1, 40), _of(lambda x: 1 / (1 + mp.exp(-x)))),
    "genlogistic": ((2.5,), (-300, -30, 0, 3), _of(lambda x, c: (1 + mp.exp(-x)) ** -c)),
    "cauchy": ((), (-1e20, -1e5, 0.5, 1e20), _rest(lambda x: mp.acot(x) / mp.pi + (x < 0))),
    "halfcauchy": ((), (1e-20, 1, 1e20), _rest(lambda x: 2 * mp.acot(x) / mp.pi)),
    "gumbel_r": ((), (-5, 0, 2, 30), _of(lambda x: mp.exp(-mp.exp(-x)))),
    "gumbel_l": ((), (5, 0, -2, -30), _rest(lambda x: mp.exp(-mp.exp(x)))),
    "genextreme": (
        (-0.5,),
        (0.1, 1, 1e10),
        _of(lambda x, c: mp.exp(-((1 - c * x) ** (1 / c)))),
    ),
    "genhalflogistic": ((0.5,), (1e-10, 1, 1.9999), _rest(lambda x, c: 2 / (1 + (1 - c * x) ** (-1 / c)))),
    "lognorm": ((0.7,), (1e-8, 0.5, 1e10), _normal(lambda x, s: mp.log(x) / s)),
    "fisk": ((2.5,), (1e-10, 0.5, 1.5, 1e10), _of(lambda x, c: 1 / (1 + x**-c))),
    "burr": ((2.0, 3.0), (1e-5, 1, 1e10), _of(lambda x, c, d: (1 + x**-c) ** -d)),
    "burr12": ((2.0, 3.0), (1e-10, 1, 1e10), _rest(lambda x, c, d: (1 + x**c) ** -d)),
    "mielke": ((3.0, 2.0), (1e-10, 1, 1e8), _of(lambda x, k, s: x**k / (1 + x**s) ** (k / s))),
    "triang": ((0.3,), (0.1, 0.9, 0.999999), _of(lambda x, c: x * x / c if x < c else 1 - (1 - x) ** 2 / (1 - c))),
    "truncnorm": (
        (-40.0, -38.0),
        (-39.9, -39, -38.01),
        _of(lambda x, a, b: _mass(a, x) / _mass(a, b)),
    ),
    "lomax": ((2.5,), (1e-20, 1, 1e10), _rest(lambda x, c: (1 + x) ** -c)),
    "pareto": ((2.5,), (1.5, 10, 1e20), _rest(lambda x, b: x**-b)),
    "weibull_min": ((7.5,), (1e-5, 0.5, 1, 2.5), _rest(lambda x, c: mp.exp(-(x**c)))),
    "weibull_max": ((7.5,), (-1e-5, -0.5, -1, -2.5), _of(lambda x, c: mp.exp(-((-x) ** c)))),
    "invweibull": ((2.5,), (0.1, 1, 1e10), _of(lambda x, c: mp.exp(-(x**-c)))),
    "exponweib": ((2.0, 1.5), (1e-5, 1, 5), _of(lambda x, a, c: (1 - mp.exp(-(x**c))) ** a)),
    "gompertz": ((2.0,), (1e-10, 1, 3), _rest(lambda x, c: mp.exp(-c * mp.expm1(x)))),
    "powerlaw": ((2.5,), (1e-20, 0.1, 0.9), _of(lambda x, a: x**a)),
    "rayleigh": ((), (1e-8, 0.5, 30), _rest(lambda x: mp.exp(-x * x / 2))),
    "halfnorm": ((), (1e-8, 0.5, 3, 38), _rest(lambda x: mp.erfc(x / mp.sqrt(2)))),
    "halflogistic": ((), (1e-8, 0.5, 3, 30), _rest(lambda x: 2 / (1 + mp.exp(x)))),
    "hypsecant": ((), (-700, -10, 0, 1, 10), _of(lambda x: 2 * mp.atan(mp.exp(x)) / mp.pi)),
    "johnsonsu": ((2.0, 3.0), (-1e10, -10, 0.1, 1e10), _normal(lambda x, a, b: a + b * mp.asinh(x))),
    "johnsonsb": ((2.0, 3.0), (1e-8, 0.5, 0.99), _normal(lambda x, a, b: a + b * _logit(x))),
    "powernorm": ((3.0,), (-5, 0, 5, 20), _rest(lambda x, c: _phi(-x) ** c)),
    "levy": ((), (0.01, 0.1, 1, 1e10), _of(lambda x: mp.erfc(1 / mp.sqrt(2 * x)))),
    "moyal": ((), (-4, 0, 3, 30), _of(lambda x: mp.erfc(mp.exp(-x / 2) / mp.sqrt(2)))),
    "dweibull": ((2.0,), (-20, -1, 1, 20), _of(lambda x, c: mp.exp(-(-x) ** c) / 2 if x < 0 else 1 - mp.exp(-(x**c)) / 2)),
    "f": ((3.0, 5.0), (1e-10, 1, 1e10), _of(lambda x, a, b: mp.betainc(a / 2, b / 2, 0, a * x / (a * x + b), regularized=True))),
    "invgauss": (
        (0.5,),
        (0.01, 0.5, 5),
        _of(lambda x, m: _phi((x / m - 1) / mp.sqrt(x)) + mp.exp(2 / m) * _phi(-(x / m + 1) / mp.sqrt(x))),
    ),
    "arcsine": ((), (1e-20, 0.1, 0.9), _of(lambda x: 2 * mp.asin(mp.sqrt(x)) / mp.pi)),
    "t": ((2.5,), (-1e10, -3, 0.5), _of(_t)),
}  # fmt: skip


def _slopes(f, args, i):
    """Return the first and second derivative of a function of mpmath by its argument number i."""
    h = (abs(args[i]) or mp.mpf(1)) * mp.mpf(10) ** -25
    of = lambda v: f(*args[:i], v, *args[i + 1 :])  # noqa: E731 - one use
    below, here, above = (of(args[i] + k * h) for k in (-1, 0, 1))
    return (above - below) / (2 * h), (above - 2 * here + below) / h**2


def _require_near(got, want, what, size=0.0):
    if 1e-290 < abs(want) < 1e290:
        bound = 1e-8 * abs(float(want)) + 1e-14 * float(size)
        says = f"{what}: got {float(got)}, want {mp.nstr(want, 12)}"
        assert abs(float(got) - float(want)) <= bound, says


@pytest.mark.parametrize("name", ROWS)
def test_tails(name):
    shapes, points, tails = ROWS[name]
    d = getattr(stats, name)
    with mp.workdps(400), np.errstate(all="ignore"):
        for x in points:
            given = [np.asarray(float(v)) for v in (x, *shapes)]
            exact = tuple(mp.mpf(float(v)) for v in given)
            for method, plain in zip(("logcdf", "logsf"), tails, strict=True):
                f = getattr(d, method)
                log = lambda *a, plain=plain: mp.log(plain(*a))  # noqa: E731 - one use
                what = f"{method}({x})"
                _require_near(f(xg.asarray(given[0]), *shapes), log(*exact), what)
                for i in range(len(exact)):
                    first, second = _slopes(log, exact, i)
                    slope = xg.grad(f, argnums=i)
                    _require_near(slope(*given), first, f"{what}' by {i}")
                    if i == 0 and plain(*exact) > 1e-150:
                        size = abs(first) ** 2 + abs(first / (exact[0] or 1))
                        _require_near(xg.grad(slope)(*given), second, f"{what}''", size)
            above = tails[0](*exact) > 0.5
            first, second = (-v if above else v for v in _slopes(tails[above], exact, 0))
            f = d.logpdf
            _require_near(f(xg.asarray(given[0]), *shapes), mp.log(first), f"logpdf({x})")
            size = abs(1 / (exact[0] or 1))
            _require_near(xg.grad(f)(*given), second / first, f"logpdf'({x})", size)


@pytest.mark.parametrize("shift", [0.0, 2.5])
@pytest.mark.parametrize("name", ["logistic", "genlogistic", "hypsecant"])
def test_a_smooth_density_has_no_kink_at_its_centre(name, shift):
    shapes = (2.0,) if name == "genlogistic" else ()
    d = getattr(stats, name)
    for method in ("logpdf", "pdf", "logcdf", "cdf"):
        f = lambda x, m=method: getattr(d, m)(x, *shapes, loc=shift)  # noqa: E731 - one use
        for order in (f, xg.grad(f)):
            got = xg.grad(order)(shift)
            h = 1e-5
            want = (order(xg.asarray(shift + h)) - order(xg.asarray(shift - h))) / (2 * h)
            np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9)


def test_no_shape_of_extreme_values_is_gumbel():
    x, c = np.asarray([-1.0, 0.3, 2.0]), np.zeros(3)
    f = lambda x, c: xg.sum(stats.genextreme.logpdf(x, c))  # noqa: E731 - one use
    np.testing.assert_allclose(xg.grad(f)(x, c), np.exp(-x) - 1, rtol=1e-12)
    h = 1e-5
    want = [
        (f(xg.asarray(v), xg.asarray(h)) - f(xg.asarray(v), xg.asarray(-h))) / (2 * h) for v in x
    ]
    np.testing.assert_allclose(xg.grad(f, argnums=1)(x, c), want, rtol=1e-7)


def test_moments_of_a_truncated_normal_far_out():
    got = stats.truncnorm.mean(xg.asarray(-40.0), xg.asarray(-38.0))
    with mp.workdps(50):
        want = (mp.npdf(-40) - mp.npdf(-38)) / _mass(mp.mpf(-40), mp.mpf(-38))
    np.testing.assert_allclose(float(got), float(want), rtol=1e-12)
