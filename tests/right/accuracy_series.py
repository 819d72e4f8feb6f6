"""Taylor polynomials of degree 3 whose coefficients are FLINT's balls, and functions of them.

A function written with these has all its derivatives from one evaluation. Digits are added until
the balls say that there are enough; of mpmath's numbers the functions are mpmath's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp

from . import accuracy_balls as balls
from .accuracy_balls import ball, flint, number

pi = mp.pi
mpf = mp.mpf
_BITS = (231, 462, 924, 1848, 3696, 7392)
_ENOUGH = 83  # bits, 25 digits
_NOTHING = 2.0**-1073 * 2.0**-1  # what no dtype can hold


class Series:
    """A polynomial in one variable, cut after its third power."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of if type(of) is flint.arb_series else flint.arb_series([of])

    @property
    def first(self) -> Any:
        """Return its value at 0, which comparisons are of."""
        return self.of[0]

    def __add__(self, other: Any) -> Series:
        return Series(self.of + _raw(other))

    def __sub__(self, other: Any) -> Series:
        return Series(self.of - _raw(other))

    def __mul__(self, other: Any) -> Series:
        return Series(self.of * _raw(other))

    def __truediv__(self, other: Any) -> Series:
        return Series(self.of / _raw(other))

    def __rsub__(self, other: Any) -> Series:
        return Series(_raw(other) - self.of)

    def __rtruediv__(self, other: Any) -> Series:
        return Series(_raw(other) / self.of)

    def __pow__(self, other: Any) -> Series:
        if isinstance(other, int):
            return Series(self.of**other)
        return exp(log(self) * other)

    def __rpow__(self, other: Any) -> Series:
        return exp(self * log(Series(_raw(other))))

    def __neg__(self) -> Series:
        return Series(-self.of)

    def __abs__(self) -> Series:
        return -self if self < 0 else self

    def __lt__(self, other: Any) -> bool:
        return bool(self.first < _first(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.first <= _first(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.first > _first(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.first >= _first(other))

    def __eq__(self, other: object) -> bool:
        return bool(self.first == _first(other))

    __radd__ = __add__
    __rmul__ = __mul__
    __hash__ = None  # type: ignore[assignment]


def _raw(x: Any) -> Any:
    if isinstance(x, Series):
        return x.of
    return flint.arb.pi() if x is mp.pi else ball(x)


def _first(x: Any) -> Any:
    return x.first if isinstance(x, Series) else ball(x)


def _either(of: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that is `of` a series, `otherwise` of other numbers."""

    def function(*xs: Any) -> Any:
        if any(isinstance(x, Series) for x in xs):
            return of(*xs)
        return otherwise(*xs)

    return function


def _odd(of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function by its values for positive numbers."""
    return lambda x: -of(-x) if x < 0 else of(x)


def _atan2(y: Any, x: Any) -> Series:
    y, x = (v if isinstance(v, Series) else Series(_raw(v)) for v in (y, x))
    turn = (x.of * y.of.derivative() - y.of * x.of.derivative()) / (x.of * x.of + y.of * y.of)
    return Series(turn.integral() + y.first.atan2(x.first))


def _method(name: str) -> Callable[..., Any]:
    return lambda x: Series(getattr(x.of, name)())


exp = _either(_method("exp"), mp.exp)
log = _either(_method("log"), mp.log)
sqrt = _either(_method("sqrt"), mp.sqrt)
sin = _either(_method("sin"), mp.sin)
cos = _either(_method("cos"), mp.cos)
tan = _either(_method("tan"), mp.tan)
cot = _either(lambda x: cos(x) / sin(x), mp.cot)
asin = _either(_method("asin"), mp.asin)
acos = _either(_method("acos"), mp.acos)
atan = _either(_method("atan"), mp.atan)
atan2 = _either(_atan2, mp.atan2)
log1p = _either(lambda x: log(x + 1), mp.log1p)
expm1 = _either(lambda x: exp(x) - 1, mp.expm1)
cbrt = _either(lambda x: exp(log(x) / 3), mp.cbrt)
sinh = _either(lambda x: (exp(x) - exp(-x)) / 2, mp.sinh)
cosh = _either(lambda x: (exp(x) + exp(-x)) / 2, mp.cosh)
tanh = _either(_odd(lambda x: -expm1(-2 * x) / (exp(-2 * x) + 1)), mp.tanh)
asinh = _either(_odd(lambda x: log(x + sqrt(x * x + 1))), mp.asinh)
acosh = _either(lambda x: log(x + sqrt(x * x - 1)), mp.acosh)
atanh = _either(lambda x: log((1 + x) / (1 - x)) / 2, mp.atanh)
sincpi = _either(lambda x: sin(x * pi) / (x * pi), mp.sincpi)
erf = _either(_method("erf"), balls.erf)
erfc = _either(_method("erfc"), balls.erfc)
erfi = _either(_method("erfi"), balls.erfi)
ei = _either(_method("ei"), balls.ei)
gamma = _either(_method("gamma"), balls.gamma)
rgamma = _either(_method("rgamma"), balls.rgamma)
loggamma = _either(_method("lgamma"), balls.loggamma)
beta = _either(lambda a, b: gamma(a) * gamma(b) * rgamma(a + b), balls.beta)
binomial = _either(lambda a, b: gamma(a + 1) * rgamma(b + 1) * rgamma(a - b + 1), mp.binomial)
rf = _either(lambda a, n: gamma(a + n) * rgamma(a), mp.rf)
digamma = _either(lambda x: -Series(rgamma(x).of.derivative()) / rgamma(x), balls.digamma)
sign = _either(lambda x: mpf(-1 if x < 0 else 1), mp.sign)


def derivatives(
    true: Callable[..., Any], xs: list[Any], i: int, varied: list[int]
) -> list[Any] | None:
    """Return the value and three derivatives in argument i, None for each that is 0 or has none.

    Return None if the function is not written with these, or they have too few digits.
    """
    if flint is None:
        return None
    cap = flint.ctx.cap
    flint.ctx.cap = 5
    try:
        for bits in _BITS:
            with flint.ctx.workprec(bits), mp.workprec(bits):
                at = [Series(ball(x)) if k in varied else x for k, x in enumerate(xs)]
                at[i] = Series(flint.arb_series([ball(xs[i]), 1]))
                out = true(*at)
                out = out.of if isinstance(out, Series) else flint.arb_series([ball(out)])
                terms = [out[k] * math.factorial(k) for k in range(4)]
                if all(_known(c) for c in terms):
                    break
                if terms[0].is_nan():
                    return None
        return [number(c) if _has_digits(c) else None for c in terms]
    except (TypeError, AttributeError, ValueError):
        return None
    finally:
        flint.ctx.cap = cap


def _has_digits(c: Any) -> bool:
    return bool(c.is_finite() and not c.is_zero() and c.rel_accuracy_bits() >= _ENOUGH)


def _known(c: Any) -> bool:
    return bool(c.is_zero() or _has_digits(c) or c.abs_upper() < _NOTHING)
