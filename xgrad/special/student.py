"""Student's t distribution."""

from __future__ import annotations

from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..ops.elementwise import Operand
from ..ops.slopes import within
from .define import (
    arrays,
    holds_everywhere,
    in_double,
    polynomial,
    special,
)
from .gammas import BERNOULLI
from .incomplete import (
    _beta_density,
    _beta_shape,
)
from .quadrature import integral


def _within_ends(xp: XP, f: Any, df: Any, t: Any) -> Any:
    """Return a function of finite numbers: at infinite t it is 0, and infinite df are huge."""
    df, t = arrays(xp, df, t)
    end = xp.isinf(t)
    if holds_everywhere(~end):
        return f(xp, within(xp, df), t)
    return xp.where(end, 0.0, f(xp, within(xp, df), xp.where(end, 0.0, t)))


@in_double
def _t_density(xp: XP, df: Any, t: Any) -> Any:
    return _within_ends(xp, _density, df, t)


def _density(xp: XP, df: Any, t: Any) -> Any:
    return xp.exp(
        -xp.special.betaln(df / 2, xp.full_like(df, 0.5))
        - xp.log(df) / 2
        - (df + 1) / 2 * xp.log1p(t * t / df)
    )


# c(x) ~ sum of these over x^2k, with (2^2k - 1) B_2k / 2k (DLMF 5.11.2, 24.2)
_ALTERNATING = [(4.0**k - 1) * b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]


def _centre_score(df: Any) -> Any:
    """Return the derivative in df of the logarithm of the density at 0.

    It is the sum of ``1 / (x (x + 1) (x + 2))`` over x = df, df + 2, ..., where nothing cancels.
    """
    total = 0.0
    for k in range(8):
        x = df + 2 * k
        total = total + 1 / (x * (x + 1)) / (x + 2)
    r = 1 / (df + 16)
    return total + r * r * polynomial(r * r, _ALTERNATING)


def _t_middle(xp: XP, df: Any, t: Any) -> Any:
    """Return the derivative of ``stdtr(df, t)`` in df: of the density from 0 to t, times its score.

    For ``t^2 < df``, where a Gauss rule has all digits.
    """
    score, ratio = _centre_score(df), t * t / df
    log = -xp.special.betaln(df / 2, xp.full_like(df, 0.5)) - xp.log(df) / 2

    def integrand(node: Any) -> Any:
        u = ratio * node * node
        part = xp.log1p(u)
        slope = score - part / 2 + (df + 1) / (2 * df) * (u / (1 + u))
        return slope * xp.exp(log - (df + 1) / 2 * part)

    return t * integral(xp, 24, ratio, integrand)


@in_double
def _t_shape(xp: XP, df: Any, t: Any) -> Any:
    """Return the derivative of ``stdtr(df, t)`` in df.

    Far out it is that of I(df / 2, 1 / 2, df / (df + t^2)) / 2, of the sign of -t.
    """
    return _within_ends(xp, _shape_slope, df, t)


def _shape_slope(xp: XP, df: Any, t: Any) -> Any:
    small = t * t < df
    middle = _t_middle(xp, xp.where(small, df, 1.0), xp.where(small, t, 0.0))
    half, far = xp.full_like(df, 0.5), xp.where(small, 1.0, t)
    total = df + far * far
    z = df / total
    moved = _beta_density(xp, df / 2, half, z) * (far / total) ** 2
    tail = _beta_shape(xp, df / 2, half, z, first=True) / 4 + moved / 2
    return xp.where(small, middle, -xp.sign(t) * tail)


@special(lambda xp, df, t: _t_shape(xp, df, t), lambda xp, df, t: _t_density(xp, df, t))
def stdtr(df: Operand, t: Operand, /) -> Array:
    """Return Student's t distribution function with `df` degrees of freedom.

    Args:
        df: degrees of freedom, positive.
        t: real numbers; shapes are broadcast.

    Returns:
        Probabilities of the broadcast shape, with derivatives in both.
    """


def _t_quantile_shape(xp: XP, df: Any, t: Any) -> Any:
    """Return the derivative of a quantile in df; one that is infinite was less so before."""
    end = xp.isinf(t)
    slope = -_t_shape(xp, df, t) / xp.where(end, 1.0, _t_density(xp, df, t))
    return xp.where(end, -t, slope)


@special(
    lambda xp, df, out: _t_quantile_shape(xp, df, out),
    lambda xp, df, out: 1 / _t_density(xp, df, out),
)
def stdtrit(df: Operand, p: Operand, /) -> Array:
    """Return the t at which ``stdtr(df, t) == p``.

    Args:
        df: degrees of freedom, positive.
        p: probabilities, from 0 to 1; shapes are broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in both.
    """
