"""Rosenbrock's valley: its whole Hessian, and the product of the Hessian with a vector."""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(rng: np.random.Generator, n: int) -> tuple[ndarray, ...]:
    """Return a point."""
    return (rng.uniform(-1, 1, n),)


def inputs_with_direction(rng: np.random.Generator, n: int) -> tuple[ndarray, ...]:
    """Return a point and a direction."""
    return rng.uniform(-1, 1, n), rng.normal(size=n)


def model(xp: Any, x: Any) -> Any:
    """Return the height of the valley."""
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def bands(xp: Any, x: ndarray) -> tuple[ndarray, ndarray]:
    """Return the diagonal of the Hessian and the one beside it."""
    a, b = x[:-1], x[1:]
    diagonal = xp.zeros_like(x)
    diagonal[:-1] = 1200 * a * a - 400 * b + 2
    diagonal[1:] += 200
    return diagonal, -400 * a


def hessian_by_hand(xp: Any, x: ndarray) -> ndarray:
    """Return the Hessian."""
    diagonal, beside = bands(xp, x)
    H = xp.diag(diagonal)
    i = xp.arange(len(x) - 1)
    H[i, i + 1] = H[i + 1, i] = beside
    return H


def product_by_hand(xp: Any, x: ndarray, v: ndarray) -> ndarray:
    """Return the Hessian times a vector."""
    diagonal, beside = bands(xp, x)
    product = diagonal * v
    product[:-1] += beside * v[1:]
    product[1:] += beside * v[:-1]
    return product
