"""The Voigt profile: a normal distribution, convolved with a Cauchy one (DLMF 7.19)."""

from __future__ import annotations

import math
from typing import Any

from ..arrays.array import Array
from ..backends import XP
from ..ops.elementwise import Operand
from .define import (
    arrays,
    held,
    in_double,
    polynomial,
    special,
)

# of z w(z) in 1 / z^2, without the factor i / sqrt(pi) (DLMF 7.12.1)
_FAR = [math.prod(range(1, 2 * k, 2)) / 2**k for k in range(18)]


_FROM = 8.0


def _faddeeva(xp: XP, x: Any, sigma: Any, gamma: Any) -> tuple[Any, Any, Any]:
    """Return sigma, w'(z) and ``w + z w'``, by the asymptotic series where its terms cancel.

    Near the real axis w is exp(-z^2) more than the series.
    """
    x, sigma, gamma = arrays(xp, x, sigma, gamma)
    z = (x + 1j * gamma) / (math.sqrt(2) * sigma)
    far = xp.abs(held(z)) > _FROM
    near, away = xp.where(far, 1.0 + 0j, z), xp.where(far, z, _FROM + 0j)
    w = xp.special.wofz(near)
    slope = 2j / math.sqrt(math.pi) - 2 * near * w
    r, unit = 1 / (away * away), 1j / math.sqrt(math.pi)
    low = xp.imag(held(away)) < 0.1
    rest = xp.where(low, xp.exp(-xp.where(low, away * away, _FROM + 0j)), 0.0)
    series = -2 * unit * r * polynomial(r, _FAR[1:]) - 2 * away * rest
    turned = -2 * unit / away * r * polynomial(r, [k * c for k, c in enumerate(_FAR)][1:])
    turned = turned + (1 - 2 * away * away) * rest
    return sigma, xp.where(far, series, slope), xp.where(far, turned, w + near * slope)


@in_double
def _voigt_x(xp: XP, x: Any, sigma: Any, gamma: Any, *, turn: complex) -> Any:
    sigma, slope, _ = _faddeeva(xp, x, sigma, gamma)
    return xp.real(turn * slope) / (2 * math.sqrt(math.pi) * sigma * sigma)


@in_double
def _voigt_sigma(xp: XP, x: Any, sigma: Any, gamma: Any) -> Any:
    sigma, _, turned = _faddeeva(xp, x, sigma, gamma)
    return -xp.real(turned) / (math.sqrt(2 * math.pi) * sigma * sigma)


@special(
    lambda xp, x, sigma, gamma: _voigt_x(xp, x, sigma, gamma, turn=1.0),
    lambda xp, x, sigma, gamma: _voigt_sigma(xp, x, sigma, gamma),
    lambda xp, x, sigma, gamma: _voigt_x(xp, x, sigma, gamma, turn=1j),
)
def voigt_profile(x: Operand, sigma: Operand, gamma: Operand, /) -> Array:
    """Return the convolution of a normal density and a Cauchy density, for positive sigma.

    Args:
        x: real numbers.
        sigma: the standard deviation of the normal distribution, positive.
        gamma: the half width at half maximum of the Cauchy distribution, not negative; broadcast.

    Returns:
        Real numbers of the broadcast shape, with derivatives in all three (DLMF 7.19).
    """
