"""A classifier with two hidden layers: the gradient for one batch, in float32."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy import ndarray


def inputs(rng: np.random.Generator, layers: tuple[int, ...], batch: int) -> tuple[ndarray, ...]:
    """Return the weights and biases, the images, and the labels as unit vectors."""
    arrays = []
    for n, m in pairwise(layers):
        arrays += [rng.normal(size=(n, m)) * (2 / (n + m)) ** 0.5, 0.1 * rng.normal(size=m)]
    images = rng.normal(size=(batch, layers[0]))
    labels = np.eye(layers[-1])[rng.integers(0, layers[-1], batch)]
    return tuple(a.astype(np.float32) for a in (*arrays, images, labels))


def model(xp: Any, *arrays: Any) -> Any:
    """Return the cross-entropy of the labels."""
    *parameters, x, labels = arrays
    for W, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        x = xp.relu(x @ W + b)
    W, b = parameters[-2:]
    return -xp.sum(xp.log_softmax(x @ W + b) * labels) / labels.shape[0]


def by_hand(xp: Any, *arrays: ndarray) -> tuple[ndarray, ...]:
    """Return the gradient with respect to the weights and biases."""
    *parameters, x, labels = arrays
    layers = [x]
    for W, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layers.append(xp.maximum(layers[-1] @ W + b, 0))
    W, b = parameters[-2:]
    z = layers[-1] @ W + b
    p = xp.exp(z - xp.max(z, axis=1, keepdims=True))
    p /= xp.sum(p, axis=1, keepdims=True)
    g = (p - labels) / len(labels)
    gradients: list[ndarray] = []
    for i in reversed(range(len(layers))):
        gradients = [layers[i].T @ g, xp.sum(g, axis=0), *gradients]
        if i > 0:
            g = (g @ parameters[2 * i].T) * (layers[i] > 0)
    return tuple(gradients)
