"""A whole step of training: the gradient of a small network, and Adam's update."""

from typing import Any

import numpy as np
from numpy import ndarray

from . import mlp

RATE, DECAYS, EPS = 1e-3, (0.9, 0.999), 1e-8


def inputs(rng: np.random.Generator, layers: tuple[int, ...], batch: int) -> tuple[ndarray, ...]:
    """Return parameters, the means and mean squares of their gradients, images and labels."""
    *parameters, x, labels = mlp.inputs(rng, layers, batch)
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.ones_like(p) for p in parameters]
    return (*parameters, *means, *squares, x, labels)


def model(xp: Any, *arrays: Any) -> Any:
    """Return the loss, a function of the parameters and of the images and labels at the end."""
    return mlp.model(xp, *arrays)


def by_hand(xp: Any, *arrays: ndarray) -> tuple[ndarray, ...]:
    """Return parameters, means and mean squares after the third update."""
    count = (len(arrays) - 2) // 3
    parameters, means, squares = (arrays[i * count : (i + 1) * count] for i in range(3))
    gradients = mlp.by_hand(xp, *parameters, *arrays[-2:])
    b1, b2 = DECAYS
    of_mean, of_square = RATE / (1 - b1**3), (1 - b2**3) ** -0.5
    new: list[list[ndarray]] = [[], [], []]
    for p, m, v, g in zip(parameters, means, squares, gradients, strict=True):
        mean = b1 * m + (1 - b1) * g
        square = b2 * v + (1 - b2) * (g * g)
        new[0].append(p - of_mean * (mean / (xp.sqrt(square) * of_square + EPS)))
        new[1].append(mean)
        new[2].append(square)
    return (*new[0], *new[1], *new[2])
