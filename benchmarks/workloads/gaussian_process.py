"""A Gaussian process: the negative log-likelihood of data, by its three hyperparameters."""

from typing import Any

import numpy
from numpy import ndarray


def inputs(rng: numpy.random.Generator, points: int) -> tuple[ndarray, ...]:
    """Return log length, log amplitude, log noise; squared distances, identity and data."""
    x = numpy.sort(rng.uniform(0, 10, points))
    y = numpy.sin(x) + 0.1 * rng.normal(size=points)
    squares = (x[:, None] - x) ** 2
    return (numpy.asarray([0.1, -0.2, -2.0]), squares, numpy.eye(points), y)


def model(np: Any, logs: Any, squares: Any, identity: Any, y: Any) -> Any:
    """Return the negative log-likelihood, up to a constant."""
    length, amplitude, noise = np.exp(logs[0]), np.exp(logs[1]), np.exp(logs[2])
    K = amplitude * np.exp(squares * (-0.5 / length**2)) + noise * identity
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, y)
    return 0.5 * np.sum(z * z) + np.sum(np.log(np.linalg.diagonal(L)))


def by_hand(logs: ndarray, squares: ndarray, identity: ndarray, y: ndarray) -> tuple[ndarray]:
    """Return the gradient: half the trace of (K^-1 - a a^T) dK with a = K^-1 y."""
    length, amplitude, noise = numpy.exp(logs)
    E = amplitude * numpy.exp(squares * (-0.5 / length**2))
    K = E + noise * identity
    L = numpy.linalg.cholesky(K)
    z = numpy.linalg.solve(L, y)
    _ = 0.5 * numpy.sum(z * z) + numpy.sum(numpy.log(numpy.diagonal(L)))
    inverse = numpy.linalg.inv(K)
    a = inverse @ y
    G = 0.5 * (inverse - numpy.outer(a, a))
    GE = G * E
    by_length = numpy.sum(GE * squares) / length**2
    return (numpy.asarray([by_length, numpy.sum(GE), noise * numpy.trace(G)]),)
