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


def reads_by_hand(xp: Any, x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `reads`."""
    total, saved = 0.0, []
    for i in range(len(x)):
        y = x[i]
        saved.append(y)
        total = total + y * y
    g = xp.zeros_like(x)
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


def stacked_by_hand(xp: Any, x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `stacked`."""
    y = xp.stack([x[i] for i in range(len(x))])
    _ = xp.sum(y * y)
    gy = y + y
    g = xp.zeros_like(x)
    for i in range(len(x)):
        g[i] += gy[i]
    return (g,)


def drawn(rng: np.random.Generator, n: int) -> tuple[ndarray, ...]:
    """Return n numbers, and which of them are read, many of them several times."""
    return rng.normal(size=n), rng.integers(0, max(1, n // 4), size=n)


def gathered(xp: Any, x: Any, index: Any) -> Any:
    """Return the sum of squares of the entries at indices that repeat."""
    y = x[index]
    return xp.sum(y * y)


def gathered_by_hand(xp: Any, x: ndarray, index: ndarray) -> tuple[ndarray]:
    """Return the gradient of `gathered`."""
    y = x[index]
    _ = xp.sum(y * y)
    return (xp.bincount(index, weights=y + y, minlength=len(x)),)


def taken(xp: Any, x: Any, index: Any) -> Any:
    """Return the same, by `take`."""
    y = xp.take(x, index)
    return xp.sum(y * y)


def scaled(xp: Any, x: Any) -> Any:
    """Return the sum of squares of an array that is written element by element."""
    y = xp.zeros_like(x)
    for i in range(x.shape[0]):
        y[i] = x[i] * 0.5
    return xp.sum(y * y)


def scaled_by_hand(xp: Any, x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `scaled`."""
    y = xp.zeros_like(x)
    for i in range(len(x)):
        y[i] = x[i] * 0.5
    _ = xp.sum(y * y)
    g, gy = xp.zeros_like(x), y + y
    for i in reversed(range(len(x))):
        g[i] += gy[i] * 0.5
        gy[i] = 0
    return (g,)
