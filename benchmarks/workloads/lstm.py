"""A recurrent network: an LSTM reads a sequence, and its last state is compared with a target."""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(
    rng: np.random.Generator, steps: int, batch: int, features: int, hidden: int
) -> tuple[ndarray, ...]:
    """Return the weights for the input and for the state, the biases, sequences and targets."""
    return (
        rng.normal(size=(features, 4 * hidden)) / features**0.5,
        rng.normal(size=(hidden, 4 * hidden)) / hidden**0.5,
        0.1 * rng.normal(size=4 * hidden),
        rng.normal(size=(steps, batch, features)),
        rng.normal(size=(batch, hidden)),
    )


def model(xp: Any, W: Any, U: Any, b: Any, xs: Any, target: Any) -> Any:
    """Return the squared distance of the last state from the target."""
    n = target.shape[1]

    def step(t: Any, h: Any, c: Any) -> tuple[Any, Any]:
        z = xs[t] @ W + h @ U + b
        i, f, o = xp.sigmoid(z[:, :n]), xp.sigmoid(z[:, n : 2 * n]), xp.sigmoid(z[:, 2 * n : 3 * n])
        c = f * c + i * xp.tanh(z[:, 3 * n :])
        return o * xp.tanh(c), c

    h, _ = xp.loop(xs.shape[0], step, xp.zeros_like(target), xp.zeros_like(target))
    return xp.sum((h - target) ** 2)


def sigmoid(xp: Any, z: ndarray) -> ndarray:
    """Return the logistic function; large negative arguments overflow to 0 as they should."""
    return 1 / (1 + xp.exp(-z))


def by_hand(
    xp: Any, W: ndarray, U: ndarray, b: ndarray, xs: ndarray, target: ndarray
) -> tuple[ndarray, ...]:
    """Return the gradient with respect to W, U and b: backpropagation through time."""
    n = target.shape[1]
    h = c = xp.zeros_like(target)
    saved = []
    for x in xs:
        z = x @ W + h @ U + b
        gates = sigmoid(xp, z[:, : 3 * n])
        i, f, o = gates[:, :n], gates[:, n : 2 * n], gates[:, 2 * n :]
        a = xp.tanh(z[:, 3 * n :])
        c_next = f * c + i * a
        y = xp.tanh(c_next)
        saved.append((x, h, c, i, f, o, a, y))
        h, c = o * y, c_next
    gW, gU, gb = xp.zeros_like(W), xp.zeros_like(U), xp.zeros_like(b)
    gh, gc = 2 * (h - target), xp.zeros_like(target)
    gz = xp.empty((len(target), 4 * n), target.dtype)
    for x, h, c, i, f, o, a, y in reversed(saved):
        gc = gc + gh * o * (1 - y * y)
        gz[:, :n] = gc * a * i * (1 - i)
        gz[:, n : 2 * n] = gc * c * f * (1 - f)
        gz[:, 2 * n : 3 * n] = gh * y * o * (1 - o)
        gz[:, 3 * n :] = gc * i * (1 - a * a)
        gc = gc * f
        gh = gz @ U.T
        gW += x.T @ gz
        gU += h.T @ gz
        gb += xp.sum(gz, axis=0)
    return gW, gU, gb
