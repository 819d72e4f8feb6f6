"""The functions whose accuracy is measured, and those that are not."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import mpmath as mp

from . import accuracy_balls as balls
from . import accuracy_series as series
from .accuracy import Function
from .accuracy_parameters import FUNCTIONS as _PARAMETERS
from .accuracy_parameters import log_ndtr

inf = math.inf
_slow = partial(Function, slow=True)
_ALL = (-inf, inf)
_POSITIVE = (0.0, inf)


def _softplus(x: Any) -> Any:
    return series.log1p(series.exp(-abs(x))) + max(x, 0)


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + series.log1p(series.exp(-abs(x - y)))


def _cbrt(x: Any) -> Any:
    return series.sign(x) * series.cbrt(abs(x))


def _apart(f: Any) -> Any:
    """Return a function without a value where its arguments are equal, a kink."""

    def of(x: Any, y: Any) -> Any:
        if x == y:
            raise ValueError
        return f(x, y)

    return of


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + series.exp(-x))


_CORE = (
    Function("add", lambda x, y: x + y, (_ALL, _ALL)),
    Function("subtract", lambda x, y: x - y, (_ALL, _ALL)),
    Function("multiply", lambda x, y: x * y, (_ALL, _ALL)),
    Function("divide", lambda x, y: x / y, (_ALL, _ALL)),
    Function("pow", lambda x, y: x**y, (_POSITIVE, _ALL)),
    Function("square", lambda x: x * x),
    Function("reciprocal", lambda x: 1 / x),
    Function("sqrt", series.sqrt, (_POSITIVE,)),
    Function("cbrt", _cbrt),
    Function("hypot", lambda x, y: series.sqrt(x * x + y * y), (_ALL, _ALL)),
    Function("exp", series.exp),
    Function("exp2", lambda x: mp.mpf(2) ** x, near=(0.0, 1024.0, -1022.0, 128.0, -126.0)),
    Function("expm1", series.expm1),
    Function("log", series.log, (_POSITIVE,)),
    Function("log1p", series.log1p, ((-1.0, inf),)),
    Function("log2", lambda x: series.log(x) / series.log(2), (_POSITIVE,)),
    Function("log10", mp.log10, (_POSITIVE,)),
    Function("logaddexp", _logaddexp, (_ALL, _ALL), crosses=True),
    Function(
        "logaddexp2",
        lambda x, y: max(x, y) + series.log1p(mp.mpf(2) ** -abs(x - y)) / series.log(2),
        (_ALL, _ALL),
        crosses=True,
    ),
    Function("sin", series.sin),
    Function("cos", series.cos),
    Function("tan", series.tan),
    Function("asin", series.asin, ((-1.0, 1.0),)),
    Function("acos", series.acos, ((-1.0, 1.0),)),
    Function("atan", series.atan),
    Function("atan2", series.atan2, (_ALL, _ALL)),
    Function("sinh", series.sinh),
    Function("cosh", series.cosh),
    Function("tanh", series.tanh),
    Function("asinh", series.asinh),
    Function("acosh", series.acosh, ((1.0, inf),)),
    Function("atanh", series.atanh, ((-1.0, 1.0),)),
    Function("abs", abs),
    Function("negative", lambda x: -x),
    Function("positive", lambda x: x),
    Function("sigmoid", _sigmoid),
    Function("relu", lambda x: max(x, mp.mpf(0))),
    Function("sinc", lambda x: series.sincpi(x), crosses=True),
    Function("deg2rad", lambda x: x * series.pi / 180),
    Function("rad2deg", lambda x: x * 180 / series.pi),
    Function("float_power", lambda x, y: x**y, (_POSITIVE, _ALL)),
    Function("maximum", _apart(max), (_ALL, _ALL)),
    Function("minimum", _apart(min), (_ALL, _ALL)),
    Function("fmax", _apart(max), (_ALL, _ALL)),
    Function("fmin", _apart(min), (_ALL, _ALL)),
    Function("copysign", lambda x, y: abs(x) * series.sign(y), (_ALL, _ALL)),
)


def _gelu_by_tanh(x: Any) -> Any:
    if x < -60:  # less than any dtype holds
        raise ValueError
    return x * _sigmoid(series.sqrt(8 / series.pi) * (x + mp.mpf(0.044715) * x**3))


def _selu(x: Any) -> Any:
    scale = mp.mpf("1.0507009873554804934193349852946")
    return scale * (x if x > 0 else mp.mpf("1.6732632423543772848170429916717") * series.expm1(x))


def _huber_loss(x: Any, t: Any) -> Any:
    """Return the loss, but not at the ends of its parabola, on a side of which a difference is."""
    if abs(abs(x - t) - 1) < 1e-6:
        raise ValueError
    return _huber(mp.mpf(1), x - t)


def _elementwise(name: str, true: Any, *args: Any, **kwargs: Any) -> Function:
    return Function(f"nn.functional.{name}", true, *args, crosses=True, **kwargs)


_TAILS = (0.0, 1.0, -1.0, 88.0, -88.0, 708.0, -708.0)
"""Around where an exponential of one dtype or the other is subnormal, or nearly infinite."""

_EACH = (("reduction", "none"),)
_SHARE = (0.0, 1.0)

_NETWORKS = (
    _elementwise("softplus", _softplus, near=_TAILS),
    _elementwise("softplus (beta=4)", lambda x: _softplus(4 * x) / 4, keywords=(("beta", 4.0),)),
    _elementwise("logsigmoid", lambda x: -_softplus(-x)),
    _elementwise("silu", lambda x: x * _sigmoid(x), near=_TAILS),
    _elementwise("mish", lambda x: x * series.tanh(_softplus(x)), near=_TAILS),
    _elementwise("elu", lambda x: x if x > 0 else series.expm1(x)),
    _elementwise("celu", lambda x: x if x > 0 else series.expm1(x)),
    _elementwise("selu", _selu),
    _elementwise("gelu", lambda x: x * series.erfc(-x / series.sqrt(2)) / 2),
    _elementwise(
        "gelu (by tanh)",
        _gelu_by_tanh,
        near=(0.0, 1.0, -1.0, -10.0, -21.0),
        keywords=(("approximate", "tanh"),),
    ),
    _elementwise("softsign", lambda x: x / (1 + abs(x))),
    _elementwise("tanhshrink", lambda x: x - series.tanh(x)),
    _elementwise("hardswish", lambda x: x * min(max(x + 3, 0), 6) / 6),
    _elementwise("hardsigmoid", lambda x: mp.mpf(min(max(x + 3, 0), 6)) / 6),
    _elementwise(
        "binary_cross_entropy_with_logits",
        lambda x, t: _softplus(x) - x * t,
        (_ALL, _SHARE),
        slow=True,
        keywords=_EACH,
    ),
    _elementwise(
        "kl_div", lambda x, t: t * (series.log(t) - x), (_ALL, _SHARE), slow=True, keywords=_EACH
    ),
    _elementwise(
        "huber_loss",
        _huber_loss,
        (_ALL, _ALL),
        keywords=_EACH,
    ),
)


def _dawson(x: Any) -> Any:
    return x * balls.hyp1f1(mp.mpf(1), mp.mpf(1.5), -x * x)


def _wrightomega(z: Any) -> Any:
    """Return the w of w + log w = z, by Newton's method where e^z is too large."""
    if z < 500:
        return balls.lambertw(series.exp(z))
    w = z - series.log(z)
    for _ in range(60):
        step = (w + series.log(w) - z) / (1 + 1 / w)
        w = w - step
        if abs(step) <= w * mp.mpf(10) ** (5 - mp.mp.dps):
            return w
    raise mp.libmp.NoConvergence


def _entr(x: Any) -> Any:
    return -x * series.log(x)


def _huber(d: Any, r: Any) -> Any:
    return r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2)


def _boxcox(x: Any, l: Any) -> Any:  # noqa: E741 - lambda, as in the literature
    return series.expm1(l * series.log(x)) / l


def _boxcox1p(x: Any, l: Any) -> Any:  # noqa: E741
    return series.expm1(l * series.log1p(x)) / l


_MODERATE = (-700.0, 700.0)

_SPECIAL = (
    Function("special.erf", series.erf),
    Function("special.erfc", series.erfc, ((-inf, 30.0),)),
    Function("special.erfcx", balls.erfcx, ((-26.0, inf),)),
    Function("special.erfi", series.erfi, ((-26.0, 26.0),)),
    Function("special.erfinv", balls.erfinv, ((-1.0, 1.0),)),
    Function("special.erfcinv", balls.erfcinv, ((0.0, 2.0),), (1.0, 2.0)),
    Function(
        "special.ndtri",
        lambda y: -series.sqrt(2) * balls.erfcinv(2 * y),
        ((0.0, 1.0),),
        (0.5, 1.0),
        crosses=True,
    ),
    Function("special.dawsn", _dawson, crosses=True),
    Function("special.ndtr", lambda x: series.erfc(-x / series.sqrt(2)) / 2, ((-38.0, 1e3),)),
    Function("special.log_ndtr", log_ndtr, ((-inf, 38.0),)),
    Function("special.expit", _sigmoid),
    Function("special.logit", lambda x: series.log(x / (1 - x)), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
    Function("special.log_expit", lambda x: -_softplus(-x)),
    Function("special.exp10", lambda x: mp.mpf(10) ** x),
    Function("special.exprel", lambda x: series.expm1(x) / x, near=(0.0, -1.0, 1.0, 92.0, 714.0)),
    Function("special.cosm1", lambda x: -2 * series.sin(x / 2) ** 2),
    Function(
        "special.sindg",
        lambda x: series.sin(x * series.pi / 180),
        ((-1e5, 1e5),),
        (0.0, 90.0, 180.0),
    ),
    Function(
        "special.cosdg",
        lambda x: series.cos(x * series.pi / 180),
        ((-1e5, 1e5),),
        (0.0, 90.0, 180.0),
    ),
    Function(
        "special.tandg",
        lambda x: series.tan(x * series.pi / 180),
        ((-1e5, 1e5),),
        (0.0, 45.0, 180.0),
    ),
    Function(
        "special.cotdg",
        lambda x: series.cot(x * series.pi / 180),
        ((-1e5, 1e5),),
        (0.0, 45.0, 180.0),
    ),
    Function("special.entr", _entr, (_POSITIVE,), crosses=True),
    Function("special.xlogy", lambda x, y: x * series.log(y), (_ALL, _POSITIVE)),
    Function("special.xlog1py", lambda x, y: x * series.log1p(y), (_ALL, (-1.0, inf))),
    Function(
        "special.rel_entr", lambda x, y: x * series.log(x / y), (_POSITIVE, _POSITIVE), crosses=True
    ),
    Function(
        "special.kl_div",
        lambda x, y: x * series.log(x / y) - x + y,
        (_POSITIVE, _POSITIVE),
        crosses=True,
    ),
    Function("special.huber", _huber, (_POSITIVE, _ALL)),
    Function(
        "special.pseudo_huber",
        lambda d, r: d * r * r / (d + series.sqrt(d * d + r * r)),
        (_POSITIVE, _ALL),
    ),
    Function("special.boxcox", _boxcox, (_POSITIVE, (-50.0, 50.0)), crosses=True),
    Function("special.boxcox1p", _boxcox1p, ((-1.0, inf), (-50.0, 50.0)), crosses=True),
    Function(
        "special.powm1",
        lambda x, y: series.expm1(y * series.log(x)),
        (_POSITIVE, (-50.0, 50.0)),
    ),
    _slow("special.gamma", series.gamma, ((-30.0, 172.0),), (0.0, -1.0, -2.0, 1.0), crosses=True),
    _slow(
        "special.gammaln",
        lambda x: series.log(abs(series.gamma(x))) if x < 1e3 else series.loggamma(x),
        ((-30.0, inf),),
        (0.0, -1.0, 1.0, 2.0),
        crosses=True,
    ),
    _slow("special.rgamma", series.rgamma, ((-30.0, 172.0),), (0.0, -1.0, -2.0, 1.0), crosses=True),
    Function("special.digamma", series.digamma, ((-30.0, inf),), (0.0, -1.0, 1.0), crosses=True),
    Function("special.j0", lambda x: balls.besselj(0, x), crosses=True),
    Function("special.j1", lambda x: balls.besselj(1, x), crosses=True),
    Function("special.y0", lambda x: balls.bessely(0, x), (_POSITIVE,), crosses=True),
    Function("special.y1", lambda x: balls.bessely(1, x), (_POSITIVE,), crosses=True),
    Function("special.i0", lambda x: balls.besseli(0, x), (_MODERATE,)),
    Function("special.i1", lambda x: balls.besseli(1, x), (_MODERATE,)),
    Function("special.i0e", lambda x: balls.besselie(0, x)),
    Function("special.i1e", lambda x: balls.besselie(1, x), crosses=True),
    Function("special.k0", lambda x: balls.besselk(0, x), ((0.0, 700.0),)),
    Function("special.k1", lambda x: balls.besselk(1, x), ((0.0, 700.0),)),
    Function("special.k0e", lambda x: balls.besselke(0, x), (_POSITIVE,)),
    Function("special.k1e", lambda x: balls.besselke(1, x), (_POSITIVE,)),
    Function("special.expi", series.ei, ((-700.0, 700.0),), crosses=True),
    Function("special.exp1", balls.e1, ((0.0, 700.0),)),
    Function("special.ellipk", balls.ellipk, ((-inf, 1.0),)),
    Function("special.ellipe", balls.ellipe, ((-inf, 1.0),)),
    Function(
        "special.ellipkm1", lambda p: series.pi / 2 / balls.agm(1, series.sqrt(p)), (_POSITIVE,)
    ),
    Function(
        "special.spence",
        lambda z: balls.dilog(1 - z),
        (_POSITIVE,),
        (0.0, 1.0),
        crosses=True,
        slopes=(lambda z: series.log(z) / (1 - z),),
    ),
    Function("special.zetac", balls.zetac, ((1.0, 1000.0),), (1.0, 2.0)),
    Function("special.wrightomega", _wrightomega, ((-700.0, inf),)),
    Function("special.agm", balls.agm, (_POSITIVE, _POSITIVE)),
    _slow("special.beta", series.beta, ((0.0, 50.0), (0.0, 50.0)), crosses=True),
    _slow(
        "special.betaln",
        lambda a, b: series.log(series.beta(a, b)),
        ((0.0, 50.0), (0.0, 50.0)),
        crosses=True,
    ),
)

FUNCTIONS = (*_CORE, *_NETWORKS, *_SPECIAL, *_PARAMETERS)

NOT_MEASURED: dict[str, str] = {
    "remainder": "exact, and its derivatives are 1 and a quotient rounded down",
    "nextafter": "moves by one spacing, and its derivative is 1",
}
"""Elementwise functions that are not in the table, and why."""
