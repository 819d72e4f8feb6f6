"""A Gaussian process: the negative log-likelihood of data, by its three hyperparameters."""

from typing import Any

import numpy as np
from numpy import ndarray

try:
    from scipy.linalg import lapack
except ImportError:
    lapack = None


def inputs(rng: np.random.Generator, points: int) -> tuple[ndarray, ...]:
    """Return log length, log amplitude, log noise; squared distances, identity and data."""
    x = np.sort(rng.uniform(0, 10, points))
    y = np.sin(x) + 0.1 * rng.normal(size=points)
    squares = (x[:, None] - x) ** 2
    return (np.asarray([0.1, -0.2, -2.0]), squares, np.eye(points), y)


def model(xp: Any, logs: Any, squares: Any, identity: Any, y: Any) -> Any:
    """Return the negative log-likelihood, up to a constant."""
    length, amplitude, noise = xp.exp(logs[0]), xp.exp(logs[1]), xp.exp(logs[2])
    K = amplitude * xp.exp(squares * (-0.5 / length**2)) + noise * identity
    L = xp.linalg.cholesky(K)
    z = xp.linalg.solve(L, y)
    return 0.5 * xp.sum(z * z) + xp.sum(xp.log(xp.linalg.diagonal(L)))


def by_hand(
    xp: Any, logs: ndarray, squares: ndarray, identity: ndarray, y: ndarray
) -> tuple[ndarray]:
    """Return the gradient: half the trace of (K^-1 - a a^T) dK with a = K^-1 y."""
    length, amplitude, noise = xp.exp(logs)
    E = amplitude * xp.exp(squares * (-0.5 / length**2))
    K = E + noise * identity
    inverse = inverse_of_covariance(xp, K)
    a = inverse @ y
    G = 0.5 * (inverse - xp.outer(a, a))
    GE = G * E
    by_length = xp.sum(GE * squares) / length**2
    return (xp.stack([by_length, xp.sum(GE), noise * xp.trace(G)]),)


def inverse_of_covariance(xp: Any, K: ndarray) -> ndarray:
    """Return the inverse; with NumPy and SciPy by way of Cholesky, with half the work."""
    if xp is not np or lapack is None:
        return xp.linalg.inv(K)
    L, _ = lapack.dpotrf(K, lower=1)
    half, _ = lapack.dpotri(L, lower=1)
    half = xp.tril(half)
    return half + xp.tril(half, -1).T
