"""mpmath's functions that take it long, by FLINT's balls where those are installed.

A ball holds the true value, so its digits are proven; it is made with more bits until there are as
many as mpmath works with. A function that finds none, and each of them without FLINT, is mpmath's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

try:
    import flint
except ModuleNotFoundError:
    flint = None

_MORE = 32  # bits beyond those that are asked
_TIMES = 4  # so often are they doubled


def ball(x: Any) -> Any:
    """Return a number of Python or mpmath as the ball of just this number."""
    sign, man, exp, _ = mp.mpf(x)._mpf_
    return flint.arb((int(-man if sign else man), int(exp)))


def number(x: Any) -> Any:
    """Return the middle of a ball."""
    man, exp = x.mid().man_exp()
    return mp.make_mpf(mp.libmp.from_man_exp(int(man), int(exp)))


def balls(of: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of mpmath numbers that `of` computes with balls, `otherwise` mpmath."""
    if flint is None:
        return otherwise

    def compute(*xs: Any) -> Any:
        bits = mp.mp.prec + _MORE
        for _ in range(_TIMES):
            with flint.ctx.workprec(bits):
                out = of(*map(ball, xs))
                if out.is_finite() and out.rel_accuracy_bits() >= mp.mp.prec:
                    return number(out)
            bits *= 2
        return otherwise(*xs)

    compute.otherwise = otherwise  # type: ignore[attr-defined]
    return compute


def _kelvin(name: str) -> Callable[[Any, Any], Any]:
    """Return a Kelvin function of order 0 or 1, as mpmath has it."""
    kind, turn, sign = ("bessel_j", 3, 1) if name.startswith("b") else ("bessel_k", 1, -1)
    part = "real" if name.endswith("r") else "imag"

    def of(order: int) -> Callable[[Any], Any]:
        def compute(x: Any) -> Any:
            z = flint.acb(x) * flint.acb(0, turn * flint.arb.pi() / 4).exp()
            out = getattr(z, kind)(order)
            if sign < 0:
                out = out * flint.acb(0, -order * flint.arb.pi() / 2).exp()
            return getattr(out, part)

        return balls(compute, lambda x: getattr(mp, name)(order, x))

    orders = {0: of(0), 1: of(1)}
    return lambda order, x: orders[order](x)


ber, bei, ker, kei = (_kelvin(name) for name in ("ber", "bei", "ker", "kei"))

besselj = balls(lambda v, z: z.bessel_j(v), mp.besselj)
bessely = balls(lambda v, z: z.bessel_y(v), mp.bessely)
besseli = balls(lambda v, z: z.bessel_i(v), mp.besseli)
besselk = balls(lambda v, z: z.bessel_k(v), mp.besselk)
besselie = balls(
    lambda v, z: abs(z).bessel_i(v, scaled=True) * (z.sgn() if v == 1 else 1),
    lambda v, z: mp.exp(-abs(z)) * mp.besseli(v, z),
)
besselke = balls(lambda v, z: z.bessel_k(v, scaled=True), lambda v, z: mp.exp(z) * mp.besselk(v, z))
gammainc = balls(
    lambda a, x: x.gamma_lower(a, regularized=1),
    lambda a, x: mp.gammainc(a, 0, x, regularized=True),
)
gammaincc = balls(
    lambda a, x: x.gamma_upper(a, regularized=1),
    lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
)
betainc = balls(
    lambda a, b, x: x.beta_lower(a, b, regularized=1),
    lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
)
beta = balls(lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma(), mp.beta)
beta_density = balls(
    lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) * (a + b).gamma() * a.rgamma() * b.rgamma(),
    lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b),
)
gamma_density = balls(
    lambda a, x: x ** (a - 1) * (-x).exp() * a.rgamma(),
    lambda a, x: x ** (a - 1) * mp.exp(-x) / mp.gamma(a),
)
erf = balls(lambda x: x.erf(), mp.erf)
erfc = balls(lambda x: x.erfc(), mp.erfc)
erfi = balls(lambda x: x.erfi(), mp.erfi)
_erfcx = balls(lambda x: (x * x).hypgeom_u(0.5, 0.5), lambda x: mp.hyperu(0.5, 0.5, x * x))
erfinv = balls(lambda x: x.erfinv(), mp.erfinv)
erfcinv = balls(lambda x: x.erfcinv(), lambda x: mp.erfinv(1 - x))
ellipf = balls(lambda p, m: flint.acb.elliptic_f(flint.acb(p), flint.acb(m)).real, mp.ellipf)
ellipeinc = balls(lambda p, m: flint.acb.elliptic_e_inc(flint.acb(p), flint.acb(m)).real, mp.ellipe)
ellipk = balls(lambda m: flint.acb(m).elliptic_k().real, mp.ellipk)
ellipe = balls(lambda m: flint.acb(m).elliptic_e().real, mp.ellipe)
agm = balls(lambda a, b: a.agm(b), mp.agm)
hyperu = balls(lambda a, b, x: x.hypgeom_u(a, b), mp.hyperu)
hyp0f1 = balls(lambda b, x: x.hypgeom_0f1(b), mp.hyp0f1)
hyp1f1 = balls(lambda a, b, x: x.hypgeom_1f1(a, b), mp.hyp1f1)
hyp2f1 = balls(lambda a, b, c, x: x.hypgeom_2f1(a, b, c), mp.hyp2f1)
zetac = balls(lambda x: x.zeta() - 1, lambda x: mp.zeta(x) - 1)
gamma = balls(lambda x: x.gamma(), mp.gamma)
rgamma = balls(lambda x: x.rgamma(), mp.rgamma)
digamma = balls(lambda x: x.digamma(), mp.digamma)
loggamma = balls(lambda x: x.lgamma(), mp.loggamma)
polygamma = balls(lambda n, x: flint.acb(x).polygamma(flint.acb(n)).real, mp.polygamma)
dilog = balls(lambda x: x.polylog(2), lambda x: mp.polylog(2, x).real)
lambertw = balls(lambda x: x.lambertw(), mp.lambertw)
ei = balls(lambda x: x.ei(), mp.ei)
e1 = balls(lambda x: x.gamma_upper(0), mp.e1)
faddeeva_real = balls(
    lambda x, y: ((-(flint.acb(x, y) ** 2)).exp() * flint.acb(y, -x).erfc()).real,
    lambda x, y: (mp.exp(-(mp.mpc(x, y) ** 2)) * mp.erfc(mp.mpc(y, -x))).real,
)


def _owens_t(h: Any, a: Any) -> Any:
    """Return Owen's function by its integral."""
    square = -h * h / 2

    def over(t: Any, _: Any) -> Any:
        grown = 1 + t * t
        return (square * grown).exp() / grown

    return flint.acb.integral(over, 0, a).real / (2 * flint.arb.pi())


owens_t = balls(
    _owens_t,
    lambda h, a: (
        mp.quad(lambda t: mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), mp.linspace(0, a, 5))
        / (2 * mp.pi)
    ),
)


def erfcx(x: Any) -> Any:
    """Return erfc x e^(x^2), by a confluent hypergeometric function (DLMF 7.11.5)."""
    if x > 5:
        return _erfcx(x) / mp.sqrt(mp.pi)
    return mp.exp(x * x) * erfc(x)
