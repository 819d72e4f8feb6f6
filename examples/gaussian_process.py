"""A Gaussian process whose kernel is learned from the data.

    python examples/gaussian_process.py  # elsewhere: --backend torch

Values y at places x are taken for a sample of N(0, K + s^2 I) with

    K_ij = a^2 exp(-|x_i - x_j|^2 / 2l^2).

The amplitude a, the length l and the noise s are those of the largest marginal likelihood,

    log p(y) = -y^T (K + s^2 I)^-1 y / 2 - log det(K + s^2 I) / 2 - n log(2 pi) / 2,

whose gradient goes through a Cholesky factorisation. The data are 392 cars: miles per gallon
against weight in tonnes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import autompg_data
from page import host, number, options, save, table

import xgrad as xg
from xgrad import optim


def kernel(p: dict[str, xg.Array], a: xg.Array, b: xg.Array) -> xg.Array:
    """Return the covariance of the values at the places `a` with those at `b`."""
    return xg.exp(2 * p["amplitude"] - (a[:, None] - b) ** 2 / (2 * xg.exp(2 * p["length"])))


def covariance(p: dict[str, xg.Array], x: xg.Array) -> xg.Array:
    """Return the covariance of noisy values; the parameters are logarithms."""
    return kernel(p, x, x) + xg.exp(2 * p["noise"]) * xg.eye(x.shape[0], dtype=x.dtype)


def misfit(p: dict[str, xg.Array], x: xg.Array, y: xg.Array) -> xg.Array:
    """Return minus the log of the marginal likelihood."""
    L = xg.linalg.cholesky(covariance(p, x))
    r = xg.linalg.solve(L, y)
    log_det = 2 * xg.sum(xg.log(xg.linalg.diagonal(L)))
    return (xg.sum(r**2) + log_det + x.shape[0] * math.log(2 * math.pi)) / 2


def predict(
    p: dict[str, xg.Array], x: xg.Array, y: xg.Array, at: xg.Array
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of new, noisy values."""
    to_new = kernel(p, at, x)
    solved = xg.linalg.solve(covariance(p, x), xg.concat([y[:, None], to_new.T], axis=1))
    variance = xg.exp(2 * p["amplitude"]) - xg.sum(to_new * solved[:, 1:].T, axis=1)
    return host(to_new @ solved[:, 0]), host(xg.sqrt(variance + xg.exp(2 * p["noise"])))


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Learn the kernel; return the likelihoods before and after, and the coverage."""
    chosen = options(__doc__, argv)
    cars, mpg = autompg_data()
    weight = cars[:, 3] * 0.45359237 / 1000
    if chosen.quick:
        weight, mpg = weight[::4], mpg[::4]
    x, y = xg.asarray(weight), xg.asarray((mpg - mpg.mean()) / mpg.std())

    start = {"amplitude": 0.0, "length": math.log(0.05), "noise": math.log(0.1)}
    before = {name: xg.asarray(value) for name, value in start.items()}
    found = optim.LBFGS(max_iter=60, tolerance_grad=1e-4).minimize(
        lambda p: misfit(p, x, y), before
    )
    after = found.params
    table(
        ["", "amplitude", "length (t)", "noise", "-log likelihood"],
        [
            [name, *(math.exp(number(p[k])) for k in start), number(misfit(p, x, y))]
            for name, p in (("before", before), ("learned", after))
        ],
    )

    at = np.linspace(weight.min() - 0.1, weight.max() + 0.1, 200)
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, name, p in zip(
        figure.subplots(1, 2, sharey=True), ("before", "learned"), (before, after), strict=True
    ):
        mean, deviation = predict(p, x, y, xg.asarray(at))
        middle, spread = mean * mpg.std() + mpg.mean(), 2 * deviation * mpg.std()
        axes.plot(weight, mpg, ".", color="#888888", markersize=3)
        axes.fill_between(at, middle - spread, middle + spread, alpha=0.25)
        axes.plot(at, middle)
        axes.set(title=name, xlabel="weight (t)", ylim=(0, 50))
    figure.axes[0].set_ylabel("miles per gallon")
    mean, deviation = predict(after, x, y, x)
    inside = float(np.mean(np.abs(mean - host(y)) < 2 * deviation))
    print(f"{inside:.1%} of the cars within two deviations, {found.evaluations} evaluations")
    save(figure, chosen, "gaussian_process.png")
    return {"before": number(misfit(before, x, y)), "after": found.value, "inside": inside}


if __name__ == "__main__":
    main()
