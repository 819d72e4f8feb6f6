"""Options: the prices of many European calls, and their five greeks.

The normal distribution function is the usual approximation by a hyperbolic tangent, so that every
library computes the same thing with the functions it has.
"""

from typing import Any

import numpy as np
from numpy import ndarray

A, B = (2 / np.pi) ** 0.5, 0.044715


def inputs(rng: np.random.Generator, points: int) -> tuple[ndarray, ...]:
    """Return spot prices, strikes, times to expiry, rates of interest, and volatilities."""
    return (
        rng.uniform(80, 120, points),
        rng.uniform(80, 120, points),
        rng.uniform(0.2, 2, points),
        rng.uniform(0.01, 0.05, points),
        rng.uniform(0.1, 0.5, points),
    )


def model(xp: Any, S: Any, K: Any, T: Any, r: Any, v: Any) -> Any:
    """Return the sum of the prices; its gradient holds the greeks of each option."""
    w = v * xp.sqrt(T)
    d1 = (xp.log(S / K) + (r + 0.5 * v * v) * T) / w
    d2 = d1 - w
    return xp.sum(S * normal(xp, d1) - K * xp.exp(-r * T) * normal(xp, d2))


def normal(xp: Any, d: Any) -> Any:
    """Return the distribution function of the normal distribution, to three digits."""
    return 0.5 + 0.5 * xp.tanh(A * (d + B * d * d * d))


def by_hand(
    xp: Any, S: ndarray, K: ndarray, T: ndarray, r: ndarray, v: ndarray
) -> tuple[ndarray, ...]:
    """Return delta, the derivative by the strike, theta, rho and vega."""
    root = xp.sqrt(T)
    w = v * root
    drift = r + 0.5 * v * v
    d1 = (xp.log(S / K) + drift * T) / w
    d2 = d1 - w
    discount = xp.exp(-r * T)
    P1, p1 = normal_and_slope(xp, d1)
    P2, p2 = normal_and_slope(xp, d2)
    # Price = S P1 - K discount P2, by way of d1, w and the discount factor.
    g2 = K * discount * p2
    g1 = S * p1 - g2
    gw = g2 - g1 * d1 / w
    g1 = g1 / w
    present = K * discount * P2
    return (
        P1 + g1 / S,
        -discount * P2 - g1 / K,
        g1 * drift + gw * 0.5 * v / root + r * present,
        g1 * T + T * present,
        g1 * T * v + gw * root,
    )


def normal_and_slope(xp: Any, d: ndarray) -> tuple[ndarray, ndarray]:
    """Return the distribution function and its derivative."""
    y = xp.tanh(A * (d + B * d * d * d))
    return 0.5 + 0.5 * y, 0.5 * A * (1 - y * y) * (1 + 3 * B * d * d)
