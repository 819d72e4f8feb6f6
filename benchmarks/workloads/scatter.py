"""Loops that read an array piece by piece; a library may need quadratic time for them."""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(rng: np.random.Generator, n: int) -> tuple[ndarray, ...]:
    """Return n numbers."""
    return (rng.normal(size=n),)


def reads(xp: Any, x: Any) -> Any:
    """Return the sum of squares, from one read per element."""
    total = 0.0
    for i in range(x.shape[0]):
        y = x[i]
        total = total + y * y
    return total


def reads_by_hand(x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `reads`."""
    total, saved = 0.0, []
    for i in range(len(x)):
        y = x[i]
        saved.append(y)
        total = total + y * y
    g = np.zeros_like(x)
    for i in reversed(range(len(x))):
        y = saved.pop()
        g[i] += y + y
    return (g,)


def rows(rng: np.random.Generator, n: int) -> tuple[ndarray, ...]:
    """Return n points in space."""
    return (rng.normal(size=(n, 3)),)


def stacked(xp: Any, x: Any) -> Any:
    """Return the sum of squares of an array that is stacked from the rows of another."""
    y = xp.stack([x[i] for i in range(x.shape[0])])
    return xp.sum(y * y)


def stacked_by_hand(x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `stacked`."""
    y = np.stack([x[i] for i in range(len(x))])
    _ = np.sum(y * y)
    gy = y + y
    g = np.zeros_like(x)
    for i in range(len(x)):
        g[i] += gy[i]
    return (g,)
