"""Where to put copper on a heated plate: a program of scipy.sparse, improved by its gradient.

    python examples/conducting_plate.py

A plate is heated everywhere and cooled at the middle of its left side. Metal for a third of it may
be spent; where does it lower the mean temperature most? Each step solves the heat equation by
``scipy.sparse.linalg.spsolve``; the gradient by the metal in each cell takes one more solve with
the same factors. Metal then moves to where it is worth most (optimality criteria; Bendsoe and
Sigmund, Topology Optimization, 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.sparse
import scipy.sparse.linalg
from matplotlib.figure import Figure
from page import options, save, table

import xgrad as xg

METAL = 0.35


def temperature(metal: Any) -> Any:
    """Solve the heat equation for the metal in each cell: nothing here knows xgrad."""
    n = metal.shape[0]
    k = np.reshape(0.001 + 0.999 * metal**3, (-1,))  # half a cell of metal conducts little
    cell = np.arange(n * n).reshape(n, n)
    left = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    right = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    between = 2 * k[left] * k[right] / (k[left] + k[right])
    sink = cell[n // 2 - n // 16 : n // 2 + n // 16, 0]
    data = np.concatenate([-between, -between, between, between, 2 * k[sink]])
    rows = np.concatenate([left, right, left, right, sink])
    cols = np.concatenate([right, left, left, right, sink])
    matrix = scipy.sparse.csc_array((data, (rows, cols)), shape=(n * n, n * n))
    heat = np.full(n * n, 1.0 / n**2)
    return np.reshape(scipy.sparse.linalg.spsolve(matrix, heat), (n, n))


def mean_temperature(design: Any) -> Any:
    """Return the mean temperature of a plate whose metal is a design, blurred a little."""
    return np.mean(temperature(scipy.ndimage.gaussian_filter(design, 0.7)))


def spent(design: Any, worth: Any) -> Any:
    """Return a design with more metal where it is worth more, the same in sum."""
    low, high = 1e-12, 1e12
    while high / low > 1 + 1e-6:
        price = np.sqrt(low * high)
        wanted = design * np.sqrt(np.maximum(worth, 0) / price)
        new = np.clip(wanted, np.maximum(design - 0.1, 0.001), np.minimum(design + 0.1, 1.0))
        low, high = (price, high) if new.mean() > METAL else (low, price)
    return new


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Spend the metal; return the mean temperature before and after."""
    chosen = options(__doc__, argv)
    n, steps = (32, 15) if chosen.quick else (96, 60)
    design = np.full((n, n), METAL)
    gradient, rows = xg.value_and_grad(mean_temperature), []
    for step in range(steps):
        mean, slope = gradient(design)
        rows.append([step, float(mean)])
        design = spent(design, -slope)
    rows.append([steps, float(mean_temperature(design))])
    table(["step", "mean temperature"], rows[:: max(steps // 8, 1)])

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    left.semilogy(*zip(*rows, strict=True))
    left.set(xlabel="step", ylabel="mean temperature")
    middle.imshow(scipy.ndimage.gaussian_filter(design, 0.7), cmap="copper")
    middle.set_title("metal", fontsize=9)
    right.imshow(temperature(scipy.ndimage.gaussian_filter(design, 0.7)), cmap="inferno")
    right.set_title("temperature", fontsize=9)
    for axis in (middle, right):
        axis.set_axis_off()
    save(figure, chosen, "conducting_plate.png")
    return {"before": rows[0][1], "after": rows[-1][1]}


if __name__ == "__main__":
    main()
