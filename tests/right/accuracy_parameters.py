"""The special functions with parameters in the accuracy table, and the series and Bessel kinds.

mpmath takes milliseconds for a value of most of these, and much longer with many digits: where
derivatives need more than some hundred digits they are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath as mp
from scipy import special as sp

from . import accuracy_balls as balls
from . import accuracy_series as series
from .accuracy import Function

inf = math.inf
slow = partial(Function, slow=True)

_ORDERS = (0, 1, 2, 3, 5, 8)
_REAL_ORDERS = (0.0, 0.5, 1.0, 2.5, 7.0)
_SHAPE = (1e-2, 50.0)
_UNIT = (1e-10, 1.0)


_ROOTS: dict[Any, Any] = {}
"""The last root that was found: a difference asks for others beside it."""


def _root(
    f: Callable[[Any], Any], slope: Callable[[Any], Any], start: Callable[..., Any], *args: Any
) -> Any:
    """Return where an increasing function is 0, by Newton's method from SciPy's value.

    With as many digits as a step will make right, twice those that the last one did; the slope
    needs those only that the step has.
    """
    place = (start, *map(float, args))
    digits, (x, right) = mp.mp.dps, _ROOTS.get(place) or (mp.mpf(float(start(*place[1:]))), 10)
    for _ in range(60):
        least = min(digits, 2 * right + 15)
        with mp.workdps(max(25, least - right + 10)):
            steep = slope(x)
        with mp.workdps(least):
            step = f(x) / steep
            x = x - step
            right = max(5, int(-2 * mp.log10(abs(step / x))) - 8) if step else least
        if right >= digits == least:
            _ROOTS.clear()
            _ROOTS[place] = x, 25
            return x
    raise mp.libmp.NoConvergence


def _betainc(a: Any, b: Any, x: Any) -> Any:
    return balls.betainc(a, b, x)


def _betaincc(a: Any, b: Any, x: Any) -> Any:
    return balls.betainc(b, a, 1 - x)


def _gammainc(a: Any, x: Any) -> Any:
    return balls.gammainc(a, x)


def _gammaincc(a: Any, x: Any) -> Any:
    return balls.gammaincc(a, x)


def _betaincinv(a: Any, b: Any, p: Any) -> Any:
    density = partial(balls.beta_density, a, b)
    return _root(lambda x: _betainc(a, b, x) - p, density, sp.betaincinv, a, b, p)


def _betainccinv(a: Any, b: Any, p: Any) -> Any:
    density = partial(balls.beta_density, a, b)
    return _root(lambda x: p - _betaincc(a, b, x), density, sp.betainccinv, a, b, p)


def _gammaincinv(a: Any, p: Any) -> Any:
    density = partial(balls.gamma_density, a)
    return _root(lambda x: _gammainc(a, x) - p, density, sp.gammaincinv, a, p)


def _gammainccinv(a: Any, p: Any) -> Any:
    density = partial(balls.gamma_density, a)
    return _root(lambda x: p - _gammaincc(a, x), density, sp.gammainccinv, a, p)


def _stdtr(df: Any, t: Any) -> Any:
    if t * t < df:  # with digits also where 1 less the tail has none
        return (1 + series.sign(t) * _betainc(mp.mpf(1) / 2, df / 2, t * t / (df + t * t))) / 2
    tail = _betainc(df / 2, mp.mpf(1) / 2, df / (df + t * t)) / 2
    return tail if t < 0 else 1 - tail


def _t_density(df: Any, t: Any) -> Any:
    return (1 + t * t / df) ** (-(df + 1) / 2) / series.sqrt(df) / balls.beta(df / 2, mp.mpf(1) / 2)


def _stdtrit(df: Any, p: Any) -> Any:
    return _root(lambda t: _stdtr(df, t) - p, partial(_t_density, df), sp.stdtrit, df, p)


def log_ndtr(x: Any) -> Any:
    """Return the logarithm of the normal distribution."""
    z = x / series.sqrt(2)
    if x > 0:
        return series.log1p(-series.erfc(z) / 2)
    return series.log(balls.erfcx(-z) / 2) - z * z


def _ndtri_exp(y: Any) -> Any:
    def slope(x: Any) -> Any:
        return series.sqrt(2 / series.pi) / balls.erfcx(-x / series.sqrt(2))

    return _root(lambda x: log_ndtr(x) - y, slope, sp.ndtri_exp, y)


_OWENS_T = (
    lambda h, a: (
        -series.exp(-h * h / 2) * series.erf(h * a / series.sqrt(2)) / series.sqrt(8 * series.pi)
    ),
    lambda h, a: series.exp(-h * h * (1 + a * a) / 2) / (1 + a * a) / (2 * series.pi),
)


def _expn(n: Any, x: Any) -> Any:
    """Return the exponential integral by its recurrence (DLMF 8.19.12)."""
    with mp.extradps(40):
        out = series.exp(-x) / x if n <= 0 else balls.e1(x)
        for k in range(1, int(n)):
            out = (series.exp(-x) - x * out) / k
        return out


def _voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    width = sigma * series.sqrt(2)
    return balls.faddeeva_real(x / width, gamma / width) / (width * series.sqrt(series.pi))


def _wright(a: Any, b: Any, x: Any) -> Any:
    total, term, k = mp.mpf(0), mp.mpf(1), 0
    while k < 20 or abs(term) > abs(total) * mp.eps:
        total += term * series.rgamma(a * k + b)
        k += 1
        term = term * x / k
    return total


def _kelvin(function: Any, other: Any, sign: int) -> Callable[[Any], Any]:
    """Return the derivative of a Kelvin function (DLMF 10.63.2)."""
    return lambda x: (function(1, x) + sign * other(1, x)) / series.sqrt(2)


def _inv_boxcox(y: Any, l: Any) -> Any:  # noqa: E741 - lambda, as in the literature
    return series.exp(series.log1p(l * y) / l)


def _struve_part(upper: Any, lower: Any, sign: int) -> Callable[[Any], Any]:
    return lambda x: mp.hyper(upper, lower, sign * x * x / 4)


_HALF3 = mp.mpf(3) / 2
_INTEGRAL = ([1, 1], [2, _HALF3, _HALF3])
_OVER = ([1, mp.mpf(1) / 2], [_HALF3, _HALF3, _HALF3])


def _polynomial(name: str, true: Any, low: float = -1.0, high: float = 1.0) -> Function:
    return slow(f"special.{name}", true, ((0, 9), (low, high)), fixed=(_ORDERS, None), crosses=True)


def _gegenbauer(n: Any, c: Any, x: Any) -> Any:
    """Return the polynomial by its recurrence: near 0 mpmath's own lacks digits, or a factor.

    That of Legendre for c = 1/2, and of Chebyshev's second kind for c = 1 (DLMF 18.9.1).
    """
    before, out = mp.mpf(0), mp.mpf(1)
    for k in range(int(n)):
        before, out = out, (2 * (k + c) * x * out - (k + 2 * c - 1) * before) / (k + 1)
    return out


def _legendre(n: Any, x: Any) -> Any:
    return _gegenbauer(n, mp.mpf(1) / 2, x)


def _chebyu(n: Any, x: Any) -> Any:
    return _gegenbauer(n, mp.mpf(1), x)


def _chebyt(n: Any, x: Any) -> Any:
    return x * _chebyu(n - 1, x) - (_chebyu(n - 2, x) if n > 1 else 0) if n else mp.mpf(1)


POLYNOMIALS = (
    _polynomial("eval_legendre", _legendre),
    _polynomial("eval_chebyt", _chebyt),
    _polynomial("eval_chebyu", _chebyu),
    _polynomial("eval_chebyc", lambda n, x: 2 * _chebyt(n, x / 2), -2.0, 2.0),
    _polynomial("eval_chebys", lambda n, x: _chebyu(n, x / 2), -2.0, 2.0),
    _polynomial("eval_sh_legendre", lambda n, x: _legendre(n, 2 * x - 1), 0.0),
    _polynomial("eval_sh_chebyt", lambda n, x: _chebyt(n, 2 * x - 1), 0.0),
    _polynomial("eval_sh_chebyu", lambda n, x: _chebyu(n, 2 * x - 1), 0.0),
    _polynomial("eval_laguerre", lambda n, x: mp.laguerre(n, 0, x), 0.0, 100.0),
    _polynomial("eval_hermite", mp.hermite, -20.0, 20.0),
    _polynomial(
        "eval_hermitenorm",
        lambda n, x: mp.hermite(n, x / series.sqrt(2)) / series.sqrt(mp.mpf(2) ** n),
        -20.0,
        20.0,
    ),
    slow(
        "special.eval_genlaguerre",
        mp.laguerre,
        ((0, 9), (0, 9), (0.0, 100.0)),
        fixed=(_ORDERS, (0.5, 2.0), None),
        crosses=True,
    ),
    slow(
        "special.eval_gegenbauer",
        _gegenbauer,
        ((0, 9), (0, 9), (-1.0, 1.0)),
        fixed=(_ORDERS, (0.75, 2.0), None),
        crosses=True,
    ),
    slow(
        "special.eval_jacobi",
        mp.jacobi,
        ((0, 9), (0, 9), (0, 9), (-1.0, 1.0)),
        fixed=(_ORDERS, (0.5, 2.0), (0.0, 1.5), None),
        crosses=True,
    ),
)


def _bessel(name: str, true: Any, low: float, high: float, **more: Any) -> Function:
    domains = ((0, 9), (low, high))
    return slow(f"special.{name}", true, domains, fixed=(_REAL_ORDERS, None), crosses=True, **more)


def _scaled(v: Any, z: Any) -> Any:
    return (balls.besselj(v, z) + 1j * balls.bessely(v, z)) * mp.expj(-z)


def _scaled_real(v: Any, z: Any) -> Any:
    if v == 0.5:
        raise ValueError  # it is imaginary there: what is found is what rounding left
    return _scaled(v, z).real


_BESSEL = (
    _bessel("jv", balls.besselj, 1e-3, 200.0),
    _bessel("yv", balls.bessely, 1e-3, 200.0),
    _bessel("iv", balls.besseli, 1e-3, 200.0),
    _bessel("kv", balls.besselk, 1e-3, 200.0),
    _bessel("kve", balls.besselke, 1e-3, 200.0),
    _bessel("hankel1", balls.besselj, 0.01, 200.0, part="real"),
    _bessel("hankel2", lambda v, z: -balls.bessely(v, z), 0.01, 200.0, part="imag"),
    _bessel("hankel1e", _scaled_real, 0.01, 200.0, part="real"),
    _bessel("hankel2e", lambda v, z: -_scaled(v, z).imag, 0.01, 200.0, part="imag"),
    _bessel("struve", mp.struveh, 1e-3, 30.0),
    _bessel("modstruve", mp.struvel, 1e-3, 30.0),
    slow("special.ber", lambda x: balls.ber(0, x), ((1e-3, 20.0),), crosses=True),
    slow("special.bei", lambda x: balls.bei(0, x), ((1e-3, 20.0),), crosses=True),
    slow("special.ker", lambda x: balls.ker(0, x), ((1e-3, 20.0),), crosses=True),
    slow("special.kei", lambda x: balls.kei(0, x), ((1e-3, 20.0),), crosses=True),
    slow("special.berp", _kelvin(balls.ber, balls.bei, 1), ((1e-3, 20.0),), crosses=True),
    slow("special.beip", _kelvin(balls.bei, balls.ber, -1), ((1e-3, 20.0),), crosses=True),
    slow("special.kerp", _kelvin(balls.ker, balls.kei, 1), ((1e-3, 20.0),), crosses=True),
    slow("special.keip", _kelvin(balls.kei, balls.ker, -1), ((1e-3, 20.0),), crosses=True),
    slow(
        "special.itstruve0",
        lambda x: x * x / series.pi * _struve_part(*_INTEGRAL, -1)(x),
        ((1e-3, 50.0),),
        crosses=True,
    ),
    slow(
        "special.itmodstruve0",
        lambda x: x * x / series.pi * _struve_part(*_INTEGRAL, 1)(x),
        ((1e-3, 50.0),),
        crosses=True,
    ),
    slow(
        "special.it2struve0",
        lambda x: series.pi / 2 - 2 / series.pi * x * _struve_part(*_OVER, -1)(x),
        ((1e-3, 50.0),),
        crosses=True,
    ),
)

_PROBABILITY = (
    slow("special.gammainc", _gammainc, (_SHAPE, (1e-6, 200.0)), crosses=True),
    slow("special.gammaincc", _gammaincc, (_SHAPE, (1e-6, 200.0)), crosses=True),
    slow("special.gammaincinv", _gammaincinv, (_SHAPE, _UNIT), (0.0, 0.5, 1.0), crosses=True),
    slow("special.gammainccinv", _gammainccinv, (_SHAPE, _UNIT), (0.0, 0.5, 1.0), crosses=True),
    slow("special.betainc", _betainc, (_SHAPE, _SHAPE, _UNIT), (0.5, 1.0), crosses=True),
    slow("special.betaincc", _betaincc, (_SHAPE, _SHAPE, _UNIT), (0.5, 1.0), crosses=True),
    slow("special.betaincinv", _betaincinv, (_SHAPE, _SHAPE, _UNIT), (0.5, 1.0), crosses=True),
    slow("special.betainccinv", _betainccinv, (_SHAPE, _SHAPE, _UNIT), (0.5, 1.0), crosses=True),
    slow("special.stdtr", _stdtr, (_SHAPE, (-1e3, 1e3)), crosses=True),
    slow("special.stdtrit", _stdtrit, ((0.5, 50.0), (1e-3, 1.0)), (0.5, 1.0), crosses=True),
    slow("special.ndtri_exp", _ndtri_exp, ((-1e20, 0.0),), (0.0, -1.0), crosses=True),
    slow(
        "special.owens_t",
        balls.owens_t,
        ((-6.0, 6.0), (-6.0, 6.0)),
        (1.0, -1.0),
        crosses=True,
        slopes=_OWENS_T,
    ),
    slow(
        "special.bdtr",
        lambda k, n, p: _betaincc(k + 1, n - k, p),
        ((0, 9), (0, 9), _UNIT),
        (0.0, 0.5, 1.0),
        fixed=((0.0, 1.0, 3.0, 7.0), (10.0, 20.0), None),
        crosses=True,
    ),
    slow(
        "special.bdtrc",
        lambda k, n, p: _betainc(k + 1, n - k, p),
        ((0, 9), (0, 9), _UNIT),
        (0.0, 0.5, 1.0),
        fixed=((0.0, 1.0, 3.0, 7.0), (10.0, 20.0), None),
        crosses=True,
    ),
    slow(
        "special.nbdtr",
        lambda k, n, p: _betainc(n, k + 1, p),
        ((0, 9), (0, 9), _UNIT),
        (0.0, 0.5, 1.0),
        fixed=((0.0, 1.0, 3.0, 7.0), (1.0, 4.0, 10.0), None),
        crosses=True,
    ),
    slow(
        "special.nbdtrc",
        lambda k, n, p: _betaincc(n, k + 1, p),
        ((0, 9), (0, 9), _UNIT),
        (0.0, 0.5, 1.0),
        fixed=((0.0, 1.0, 3.0, 7.0), (1.0, 4.0, 10.0), None),
        crosses=True,
    ),
)

_OTHERS = (
    slow("special.binom", series.binomial, ((0.0, 50.0), (0.0, 50.0)), crosses=True),
    slow("special.poch", series.rf, ((0.0, 50.0), (0.0, 50.0)), crosses=True),
    slow(
        "special.polygamma",
        lambda n, x: balls.polygamma(int(n), x),
        ((0, 9), (0.0, 1e6)),
        fixed=((0, 1, 2, 4), None),
        crosses=True,
    ),
    slow("special.loggamma", series.loggamma, ((0.0, 1e6),), (0.0, 1.0, 2.0), crosses=True),
    slow("special.ellipkinc", balls.ellipf, ((-1.5, 1.5), (-100.0, 1.0)), crosses=True),
    slow("special.ellipeinc", balls.ellipeinc, ((-1.5, 1.5), (-100.0, 1.0)), crosses=True),
    slow(
        "special.expn",
        _expn,
        ((0, 9), (0.0, 700.0)),
        fixed=((0, 1, 2, 5), None),
        slopes=(None, lambda n, x: -_expn(n - 1, x) if n else -series.exp(-x) * (1 + 1 / x) / x),
    ),
    slow("special.inv_boxcox", _inv_boxcox, ((0.0, 50.0), (0.0, 10.0)), crosses=True),
    slow(
        "special.inv_boxcox1p",
        lambda y, l: series.expm1(series.log1p(l * y) / l),  # noqa: E741
        ((0.0, 50.0), (0.0, 10.0)),
        crosses=True,
    ),
    slow(
        "special.hyp0f1",
        balls.hyp0f1,
        ((0, 9), (-50.0, 200.0)),
        fixed=((0.5, 1.0, 3.5), None),
        crosses=True,
    ),
    slow(
        "special.hyp1f1",
        balls.hyp1f1,
        ((0, 9), (0, 9), (-50.0, 200.0)),
        fixed=((0.5, 1.0, 3.5), (0.75, 2.0), None),
        crosses=True,
    ),
    slow(
        "special.hyp2f1",
        balls.hyp2f1,
        ((0, 9), (0, 9), (0, 9), (-20.0, 1.0)),
        fixed=((0.5, 1.0), (0.75, 2.0), (1.5, 4.0), None),
        crosses=True,
    ),
    slow(
        "special.hyperu",
        balls.hyperu,
        ((0, 9), (0, 9), (0.0, 100.0)),
        fixed=((0.5, 1.0, 3.5), (0.75, 2.0), None),
        crosses=True,
    ),
    slow(
        "special.wright_bessel",
        _wright,
        ((0, 9), (0, 9), (0.0, 100.0)),
        fixed=((0.0, 0.5, 1.0), (0.75, 2.0), None),
    ),
    slow(
        "special.lambertw",
        lambda z: balls.lambertw(z).real,
        ((-0.3678794, inf),),
        (0.0, -0.367879, 1.0),
        part="real",
        crosses=True,
    ),
    slow("special.wofz", lambda z: series.exp(-z * z), ((-26.0, 26.0),), part="real"),
    slow(
        "special.voigt_profile",
        _voigt,
        ((-50.0, 50.0), (1e-6, 50.0), (1e-6, 50.0)),
        crosses=True,
    ),
)

FUNCTIONS = (*POLYNOMIALS, *_BESSEL, *_PROBABILITY, *_OTHERS)
