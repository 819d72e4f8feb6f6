"""A wave equation in two dimensions, written with slices: which speeds explain what is seen?"""

from typing import Any

import numpy as np
from numpy import ndarray

STEPS = 200


def inputs(rng: np.random.Generator, side: int) -> tuple[ndarray, ...]:
    """Return the squared speed inside, the first displacement, and the last one observed."""
    x = np.linspace(-1, 1, side)
    u = np.exp(-20 * (x[:, None] ** 2 + x**2))
    u[[0, -1], :] = u[:, [0, -1]] = 0
    return 0.2 + 0.05 * rng.random((side - 2, side - 2)), u, rng.normal(size=(side, side))


def model(xp: Any, c: Any, u: Any, observed: Any) -> Any:
    """Return the misfit of the displacement after two hundred steps; the border stays at rest."""

    def step(t: Any, old: Any, u: Any) -> tuple[Any, Any]:
        around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
        middle = u[1:-1, 1:-1]
        new = 2 * middle - old[1:-1, 1:-1] + c * (around - 4 * middle)
        return u, xp.bordered(new)

    _, u = xp.loop(STEPS, step, u, u)
    return xp.sum((u - observed) ** 2)


def by_hand(xp: Any, c: ndarray, u: ndarray, observed: ndarray) -> tuple[ndarray]:
    """Return the gradient with respect to c."""
    old, saved = u, []
    for _ in range(STEPS):
        middle = u[1:-1, 1:-1]
        laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * middle
        saved.append(laplacian)
        new = xp.zeros_like(u)
        new[1:-1, 1:-1] = 2 * middle - old[1:-1, 1:-1] + c * laplacian
        old, u = u, new
    gc = xp.zeros_like(c)
    g, g_old = 2 * (u - observed), xp.zeros_like(u)
    for laplacian in reversed(saved):
        inside = g[1:-1, 1:-1]
        gc += inside * laplacian
        gl = c * inside
        h = g_old
        h[1:-1, 1:-1] += 2 * inside - 4 * gl
        h[2:, 1:-1] += gl
        h[:-2, 1:-1] += gl
        h[1:-1, 2:] += gl
        h[1:-1, :-2] += gl
        g_old = xp.zeros_like(u)
        g_old[1:-1, 1:-1] = -inside
        g = h
    return (gc,)
