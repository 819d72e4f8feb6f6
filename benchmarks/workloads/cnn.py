"""A convolutional network on images of 28 x 28: the gradient for one batch, in float32.

Two convolutions of 3 x 3, each followed by a relu and by the maxima of squares of 2 x 2, and a
linear layer. The hand-written code multiplies the filters with the columns of windows, which it
keeps for the way back, and writes every product into BLAS.
"""

from typing import Any

import numpy as np
from numpy import ndarray


def inputs(
    rng: np.random.Generator, side: int, batch: int, channels: tuple[int, int], classes: int
) -> tuple[ndarray, ...]:
    """Return the filters, biases, weights, the images, and the labels as unit vectors."""
    first, second = channels
    features = second * (side // 4) ** 2
    arrays = [
        rng.normal(size=(first, 1, 3, 3)) / 3,
        0.1 * rng.normal(size=first),
        rng.normal(size=(second, first, 3, 3)) / (9 * first) ** 0.5,
        0.1 * rng.normal(size=second),
        rng.normal(size=(features, classes)) / features**0.5,
        0.1 * rng.normal(size=classes),
        rng.normal(size=(batch, 1, side, side)),
        np.eye(classes)[rng.integers(0, classes, batch)],
    ]
    return tuple(a.astype(np.float32) for a in arrays)


def model(
    xp: Any, K1: Any, b1: Any, K2: Any, b2: Any, W: Any, b: Any, images: Any, labels: Any
) -> Any:
    """Return the cross-entropy of the labels."""
    x = xp.pooled(xp.relu(xp.convolved(images, K1, b1)))
    x = xp.pooled(xp.relu(xp.convolved(x, K2, b2)))
    z = x.reshape((x.shape[0], W.shape[0])) @ W + b
    return -xp.sum(xp.log_softmax(z) * labels) / labels.shape[0]


def columns(xp: Any, x: ndarray) -> ndarray:
    """Return what each element of a window of 3 x 3 sees, with a border of zeros."""
    n, c, h, w = x.shape
    wide = xp.zeros((n, c, h + 2, w + 2), x.dtype)
    wide[:, :, 1:-1, 1:-1] = x
    out = xp.empty((n, c, 3, 3, h, w), x.dtype)
    for i in range(3):
        for j in range(3):
            out[:, :, i, j] = wide[:, :, i : i + h, j : j + w]
    return out.reshape(n, c * 9, h * w)


def layer(xp: Any, x: ndarray, K: ndarray, b: ndarray) -> tuple[ndarray, tuple[ndarray, ...]]:
    """Return the maxima of a convolution, and what the way back needs."""
    n, _, h, w = x.shape
    seen = columns(xp, x)
    y = (K.reshape(len(K), -1) @ seen).reshape(n, -1, h, w)
    y += b[:, None, None]
    xp.maximum(y, 0, out=y)
    top = xp.maximum(y[:, :, ::2, ::2], y[:, :, ::2, 1::2])
    xp.maximum(top, y[:, :, 1::2, ::2], out=top)
    xp.maximum(top, y[:, :, 1::2, 1::2], out=top)
    return top, (seen, y, top)


def layer_back(
    xp: Any, g: ndarray, K: ndarray, saved: tuple[ndarray, ...], needs_input: bool
) -> tuple[ndarray, ndarray, ndarray | None]:
    """Return the gradients of filters, bias and, where it is needed, input."""
    seen, y, top = saved
    gy = xp.empty_like(y)
    live = g * (top > 0)
    for i in range(2):
        for j in range(2):
            gy[:, :, i::2, j::2] = live * (y[:, :, i::2, j::2] == top)
    n, m, h, w = y.shape
    rows = gy.reshape(n, m, h * w)
    gK = xp.sum(rows @ seen.transpose(0, 2, 1), axis=0).reshape(K.shape)
    gb = xp.sum(rows, axis=(0, 2))
    if not needs_input:
        return gK, gb, None
    gs = (K.reshape(m, -1).T @ rows).reshape(n, K.shape[1], 3, 3, h, w)
    wide = xp.zeros((n, K.shape[1], h + 2, w + 2), y.dtype)
    for i in range(3):
        for j in range(3):
            wide[:, :, i : i + h, j : j + w] += gs[:, :, i, j]
    return gK, gb, wide[:, :, 1:-1, 1:-1]


def by_hand(
    xp: Any,
    K1: ndarray,
    b1: ndarray,
    K2: ndarray,
    b2: ndarray,
    W: ndarray,
    b: ndarray,
    images: ndarray,
    labels: ndarray,
) -> tuple[ndarray, ...]:
    """Return the gradient with respect to filters, weights and biases."""
    first, saved_first = layer(xp, images, K1, b1)
    second, saved_second = layer(xp, first, K2, b2)
    x = second.reshape(len(images), -1)
    z = x @ W + b
    p = xp.exp(z - xp.max(z, axis=1, keepdims=True))
    p /= xp.sum(p, axis=1, keepdims=True)
    g = (p - labels) / len(labels)
    gx = (g @ W.T).reshape(second.shape)
    gK2, gb2, gx = layer_back(xp, gx, K2, saved_second, True)
    gK1, gb1, _ = layer_back(xp, gx, K1, saved_first, False)
    return gK1, gb1, gK2, gb2, x.T @ g, xp.sum(g, axis=0)
