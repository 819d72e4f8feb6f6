"""A chain of elementwise operations on a small array: what one operation costs."""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(rng: np.random.Generator, elements: int) -> tuple[ndarray, ...]:
    """Return where to start."""
    return (rng.uniform(0.1, 0.9, elements),)


def chain(xp: Any, x: Any, ops: int) -> Any:
    """Return the sum of the last link."""
    for _ in range(ops // 4):
        x = x * 1.0001
        x = xp.sin(x)
        x = x + 0.1
        x = x * x
    return xp.sum(x)


def forward_by_hand(xp: Any, x: ndarray, ops: int) -> tuple[Any, list[ndarray]]:
    """Return the sum, and the values that the way back needs."""
    saved = []
    for _ in range(ops // 4):
        x = x * 1.0001
        saved.append(x)
        x = xp.sin(x)
        x = x + 0.1
        saved.append(x)
        x = x * x
    return xp.sum(x), saved


def chain_by_hand(xp: Any, x: ndarray, ops: int) -> tuple[ndarray]:
    """Return the gradient with respect to x."""
    _, saved = forward_by_hand(xp, x, ops)
    g = xp.ones_like(x)
    for _ in range(ops // 4):
        y = saved.pop()
        g = g * y + g * y
        y = saved.pop()
        g = g * xp.cos(y)
        g = g * 1.0001
    return (g,)


OPS = 1000


def model(xp: Any, x: Any) -> Any:
    """Return the end of a chain of a thousand operations."""
    return chain(xp, x, OPS)


def by_hand(xp: Any, x: ndarray) -> tuple[ndarray]:
    """Return the gradient of `model`."""
    return chain_by_hand(xp, x, OPS)
