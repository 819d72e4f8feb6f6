"""The functions whose accuracy is measured, and those that are not."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import mpmath as mp

from .accuracy import Function
from .accuracy_parameters import FUNCTIONS as _PARAMETERS

inf = math.inf
_slow = partial(Function, slow=True)
_ALL = (-inf, inf)
_POSITIVE = (0.0, inf)


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(-abs(x))) + max(x, 0)


def _logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def _apart(f: Any) -> Any:
    """Return a function without a value where its arguments are equal, a kink."""

    def of(x: Any, y: Any) -> Any:
        if x == y:
            raise ValueError
        return f(x, y)

    return of


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


_CORE = (
    Function("add", lambda x, y: x + y, (_ALL, _ALL)),
    Function("subtract", lambda x, y: x - y, (_ALL, _ALL)),
    Function("multiply", lambda x, y: x * y, (_ALL, _ALL)),
    Function("divide", lambda x, y: x / y, (_ALL, _ALL)),
    Function("pow", lambda x, y: x**y, (_POSITIVE, _ALL)),
    Function("square", lambda x: x * x),
    Function("reciprocal", lambda x: 1 / x),
    Function("sqrt", mp.sqrt, (_POSITIVE,)),
    Function("cbrt", _cbrt),
    Function("hypot", lambda x, y: mp.sqrt(x * x + y * y), (_ALL, _ALL)),
    Function("exp", mp.exp),
    Function("exp2", lambda x: mp.mpf(2) ** x, near=(0.0, 1024.0, -1022.0, 128.0, -126.0)),
    Function("expm1", mp.expm1),
    Function("log", mp.log, (_POSITIVE,)),
    Function("log1p", mp.log1p, ((-1.0, inf),)),
    Function("log2", lambda x: mp.log(x) / mp.log(2), (_POSITIVE,)),
    Function("log10", mp.log10, (_POSITIVE,)),
    Function("logaddexp", _logaddexp, (_ALL, _ALL), crosses=True),
    Function(
        "logaddexp2",
        lambda x, y: max(x, y) + mp.log1p(mp.mpf(2) ** -abs(x - y)) / mp.log(2),
        (_ALL, _ALL),
        crosses=True,
    ),
    Function("sin", mp.sin),
    Function("cos", mp.cos),
    Function("tan", mp.tan),
    Function("asin", mp.asin, ((-1.0, 1.0),)),
    Function("acos", mp.acos, ((-1.0, 1.0),)),
    Function("atan", mp.atan),
    Function("atan2", mp.atan2, (_ALL, _ALL)),
    Function("sinh", mp.sinh),
    Function("cosh", mp.cosh),
    Function("tanh", mp.tanh),
    Function("asinh", mp.asinh),
    Function("acosh", mp.acosh, ((1.0, inf),)),
    Function("atanh", mp.atanh, ((-1.0, 1.0),)),
    Function("abs", abs),
    Function("negative", lambda x: -x),
    Function("positive", lambda x: x),
    Function("sigmoid", _sigmoid),
    Function("relu", lambda x: max(x, mp.mpf(0))),
    Function("sinc", lambda x: mp.sincpi(x), crosses=True),
    Function("deg2rad", lambda x: x * mp.pi / 180),
    Function("rad2deg", lambda x: x * 180 / mp.pi),
    Function("float_power", lambda x, y: x**y, (_POSITIVE, _ALL)),
    Function("maximum", _apart(max), (_ALL, _ALL)),
    Function("minimum", _apart(min), (_ALL, _ALL)),
    Function("fmax", _apart(max), (_ALL, _ALL)),
    Function("fmin", _apart(min), (_ALL, _ALL)),
    Function("copysign", lambda x, y: abs(x) * mp.sign(y), (_ALL, _ALL)),
)


def _gelu_by_tanh(x: Any) -> Any:
    return x * _sigmoid(mp.sqrt(8 / mp.pi) * (x + mp.mpf(0.044715) * x**3))


def _selu(x: Any) -> Any:
    scale = mp.mpf("1.0507009873554804934193349852946")
    return scale * (x if x > 0 else mp.mpf("1.6732632423543772848170429916717") * mp.expm1(x))


def _elementwise(name: str, true: Any, *args: Any, **kwargs: Any) -> Function:
    return Function(f"nn.functional.{name}", true, *args, crosses=True, **kwargs)


_EACH = (("reduction", "none"),)
_SHARE = (0.0, 1.0)

_NETWORKS = (
    _elementwise("softplus", _softplus),
    _elementwise("softplus (beta=4)", lambda x: _softplus(4 * x) / 4, keywords=(("beta", 4.0),)),
    _elementwise("logsigmoid", lambda x: -_softplus(-x)),
    _elementwise("silu", lambda x: x * _sigmoid(x)),
    _elementwise("mish", lambda x: x * mp.tanh(_softplus(x))),
    _elementwise("elu", lambda x: x if x > 0 else mp.expm1(x)),
    _elementwise("celu", lambda x: x if x > 0 else mp.expm1(x)),
    _elementwise("selu", _selu),
    _elementwise("gelu", lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2),
    _elementwise("gelu (by tanh)", _gelu_by_tanh, keywords=(("approximate", "tanh"),)),
    _elementwise("softsign", lambda x: x / (1 + abs(x))),
    _elementwise("tanhshrink", lambda x: x - mp.tanh(x)),
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
        "kl_div", lambda x, t: t * (mp.log(t) - x), (_ALL, _SHARE), slow=True, keywords=_EACH
    ),
    _elementwise(
        "huber_loss",
        lambda x, t: _huber(mp.mpf(1), x - t),
        (_ALL, _ALL),
        keywords=_EACH,
    ),
)


def _log_ndtr(x: Any) -> Any:
    if x > 0:
        return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def _dawson(x: Any) -> Any:
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _erfcx(x: Any) -> Any:
    return mp.exp(x * x) * mp.erfc(x)


def _entr(x: Any) -> Any:
    return -x * mp.log(x)


def _huber(d: Any, r: Any) -> Any:
    return r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2)


def _boxcox(x: Any, l: Any) -> Any:  # noqa: E741 - lambda, as in the literature
    return mp.expm1(l * mp.log(x)) / l


def _boxcox1p(x: Any, l: Any) -> Any:  # noqa: E741
    return mp.expm1(l * mp.log1p(x)) / l


def _spence(z: Any) -> Any:
    """Return the dilogarithm of 1 - z by its series, near 1 after a reflection (DLMF 25.12.6)."""
    w = 1 - z
    if w > 0.5:
        return mp.pi**2 / 6 - mp.log(w) * mp.log(z) - mp.polylog(2, z)
    return mp.polylog(2, w)


_MODERATE = (-700.0, 700.0)

_SPECIAL = (
    Function("special.erf", mp.erf),
    Function("special.erfc", mp.erfc, ((-inf, 30.0),)),
    Function("special.erfcx", _erfcx, ((-26.0, 1e4),)),
    Function("special.erfi", mp.erfi, ((-26.0, 26.0),)),
    Function("special.erfinv", mp.erfinv, ((-1.0, 1.0),)),
    Function("special.erfcinv", lambda y: mp.erfinv(1 - y), ((1e-30, 2.0),), (1.0, 2.0)),
    Function(
        "special.ndtri",
        lambda y: mp.sqrt(2) * mp.erfinv(2 * y - 1),
        ((1e-30, 1.0),),
        (0.5, 1.0),
        crosses=True,
    ),
    Function("special.dawsn", _dawson, ((-1e3, 1e3),), crosses=True),
    Function("special.ndtr", lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, ((-38.0, 1e3),)),
    Function("special.log_ndtr", _log_ndtr, ((-1e5, 38.0),)),
    Function("special.expit", _sigmoid),
    Function("special.logit", lambda x: mp.log(x / (1 - x)), ((0.0, 1.0),), (0.0, 0.5, 1.0)),
    Function("special.log_expit", lambda x: -_softplus(-x)),
    Function("special.exp10", lambda x: mp.mpf(10) ** x),
    Function("special.exprel", lambda x: mp.expm1(x) / x),
    Function("special.cosm1", lambda x: -2 * mp.sin(x / 2) ** 2),
    Function(
        "special.sindg", lambda x: mp.sin(x * mp.pi / 180), ((-1e5, 1e5),), (0.0, 90.0, 180.0)
    ),
    Function(
        "special.cosdg", lambda x: mp.cos(x * mp.pi / 180), ((-1e5, 1e5),), (0.0, 90.0, 180.0)
    ),
    Function(
        "special.tandg", lambda x: mp.tan(x * mp.pi / 180), ((-1e5, 1e5),), (0.0, 45.0, 180.0)
    ),
    Function(
        "special.cotdg", lambda x: mp.cot(x * mp.pi / 180), ((-1e5, 1e5),), (0.0, 45.0, 180.0)
    ),
    Function("special.entr", _entr, (_POSITIVE,), crosses=True),
    Function("special.xlogy", lambda x, y: x * mp.log(y), (_ALL, _POSITIVE)),
    Function("special.xlog1py", lambda x, y: x * mp.log1p(y), (_ALL, (-1.0, inf))),
    Function(
        "special.rel_entr", lambda x, y: x * mp.log(x / y), (_POSITIVE, _POSITIVE), crosses=True
    ),
    Function(
        "special.kl_div",
        lambda x, y: x * mp.log(x / y) - x + y,
        (_POSITIVE, _POSITIVE),
        crosses=True,
    ),
    Function("special.huber", _huber, (_POSITIVE, _ALL)),
    Function(
        "special.pseudo_huber",
        lambda d, r: d * r * r / (d + mp.sqrt(d * d + r * r)),
        (_POSITIVE, _ALL),
    ),
    Function("special.boxcox", _boxcox, (_POSITIVE, (-50.0, 50.0)), crosses=True),
    Function("special.boxcox1p", _boxcox1p, ((-1.0, inf), (-50.0, 50.0)), crosses=True),
    Function(
        "special.powm1",
        lambda x, y: mp.expm1(y * mp.log(x)),
        (_POSITIVE, (-50.0, 50.0)),
    ),
    _slow("special.gamma", mp.gamma, ((-30.0, 172.0),), (0.0, -1.0, -2.0, 1.0), crosses=True),
    _slow(
        "special.gammaln",
        lambda x: mp.log(abs(mp.gamma(x))) if x < 1e3 else mp.loggamma(x),
        ((-30.0, inf),),
        (0.0, -1.0, 1.0, 2.0),
        crosses=True,
    ),
    _slow("special.rgamma", mp.rgamma, ((-30.0, 172.0),), (0.0, -1.0, -2.0, 1.0), crosses=True),
    Function("special.digamma", mp.digamma, ((-30.0, inf),), (0.0, -1.0, 1.0), crosses=True),
    Function("special.j0", mp.j0, ((-1e3, 1e3),), crosses=True),
    Function("special.j1", mp.j1, ((-1e3, 1e3),), crosses=True),
    Function("special.y0", lambda x: mp.bessely(0, x), ((0.0, 1e3),), crosses=True),
    Function("special.y1", lambda x: mp.bessely(1, x), ((0.0, 1e3),), crosses=True),
    Function("special.i0", lambda x: mp.besseli(0, x), (_MODERATE,)),
    Function("special.i1", lambda x: mp.besseli(1, x), (_MODERATE,)),
    Function("special.i0e", lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), ((-1e3, 1e3),)),
    Function(
        "special.i1e", lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), ((-1e3, 1e3),), crosses=True
    ),
    Function("special.k0", lambda x: mp.besselk(0, x), ((0.0, 700.0),)),
    Function("special.k1", lambda x: mp.besselk(1, x), ((0.0, 700.0),)),
    Function("special.k0e", lambda x: mp.exp(x) * mp.besselk(0, x), ((0.0, 1e3),)),
    Function("special.k1e", lambda x: mp.exp(x) * mp.besselk(1, x), ((0.0, 1e3),)),
    Function("special.expi", mp.ei, ((-700.0, 700.0),), crosses=True),
    Function("special.exp1", mp.e1, ((0.0, 700.0),)),
    Function("special.ellipk", mp.ellipk, ((-1e3, 1.0),)),
    Function("special.ellipe", mp.ellipe, ((-1e3, 1.0),)),
    Function("special.ellipkm1", lambda p: mp.pi / 2 / mp.agm(1, mp.sqrt(p)), ((0.0, 1e3),)),
    Function(
        "special.spence",
        _spence,
        ((0.0, 1.9),),
        (0.0, 1.0),
        crosses=True,
        slopes=(lambda z: mp.log(z) / (1 - z),),
    ),
    Function("special.zetac", lambda x: mp.zeta(x) - 1, ((1.0, 60.0),), (1.0, 2.0)),
    Function("special.wrightomega", lambda z: mp.lambertw(mp.exp(z)), (_MODERATE,)),
    Function("special.agm", mp.agm, (_POSITIVE, _POSITIVE)),
    _slow("special.beta", mp.beta, ((0.0, 50.0), (0.0, 50.0)), crosses=True),
    _slow(
        "special.betaln",
        lambda a, b: mp.log(mp.beta(a, b)),
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
