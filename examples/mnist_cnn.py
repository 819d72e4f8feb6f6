"""A convolutional network reads handwritten digits.

    python examples/mnist_cnn.py  # on a GPU: --backend cupy

The 5,000 images are real ones of MNIST, 28 by 28 pixels; a fifth is held out. Two convolutions with
5 by 5 filters, each followed by ReLU and the maximum of 2 by 2 windows, see strokes and then parts
of digits; a linear layer weighs them (LeCun et al. 1998). Trained with AdamW, the rate falling as a
cosine, each image shifted anew by up to two pixels in each epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from page import host, mnist, number, options, save, table

import xgrad as xg
from xgrad import nn, optim

F = nn.functional
BATCH = 50


def network(rng: Any) -> nn.Sequential:
    """Return the network with its first weights, in single precision."""

    def pool(x: xg.Array) -> xg.Array:
        return F.max_pool2d(xg.relu(x), 2)

    single = {"rng": rng, "dtype": xg.float32}
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, **single),
        nn.Function(pool),
        nn.Conv2d(8, 16, 5, **single),
        nn.Function(pool),
        nn.Flatten(),
        nn.Linear(16 * 4 * 4, 10, **single),
    )


def loss(model: nn.Sequential, x: xg.Array, y: xg.Array) -> xg.Array:
    """Return the cross-entropy of a batch."""
    return F.cross_entropy(model(x), y)


def predict(model: nn.Sequential, images: np.ndarray) -> np.ndarray:
    """Return the most probable label of each image."""
    parts = [images[i : i + 500] for i in range(0, len(images), 500)]
    return np.concatenate([host(xg.argmax(model(xg.asarray(x)), axis=1)) for x in parts])


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train and test; return the accuracy on the images that were held out."""
    chosen = options(__doc__, argv)
    rng = np.random.default_rng(0)
    pixels, labels = mnist()
    images = pixels.reshape(-1, 1, 28, 28)
    order = rng.permutation(len(images))
    held_out, rest = order[:1000], order[1000:]
    if chosen.quick:
        rest = rest[:1000]
    epochs = 1 if chosen.quick else 15
    total = epochs * len(rest) // BATCH

    model = network(xg.random.default_rng(0))
    schedule = optim.Cosine(3e-3, total)
    optimizer = optim.Optimizer(optim.AdamW(lr=schedule, weight_decay=1e-2), model)
    gradient = xg.value_and_grad(loss)
    losses: list[float] = []
    accuracies: list[list[float]] = []
    for epoch in xg.show.progress(range(1, epochs + 1), "epoch"):
        shuffled = rng.permutation(rest)
        for i in range(0, len(shuffled), BATCH):
            batch = shuffled[i : i + BATCH]
            shift = tuple(rng.integers(-2, 3, 2))
            x = xg.asarray(np.roll(images[batch], shift, axis=(2, 3)))
            value, g = gradient(model, x, xg.asarray(labels[batch]))
            model = optimizer.step(g)
            losses.append(number(value))
        accuracies.append([epoch, np.mean(predict(model, images[held_out]) == labels[held_out])])
    table(["epoch", "accuracy"], accuracies[:: max(epochs // 5, 1)])
    guess = predict(model, images[held_out])
    wrong = np.flatnonzero(guess != labels[held_out])
    accuracy = 1 - len(wrong) / len(held_out)
    print(f"{accuracy:.1%} of {len(held_out)} held-out images; {len(wrong)} are misread")

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.1, 1))
    axes = left.subplots()
    axes.semilogy(np.convolve(losses, np.ones(20) / 20, "valid"), label="loss (mean of 20 batches)")
    axes.semilogy(
        [len(rest) / BATCH * e for e, _ in accuracies],
        [max(1 - a, 1e-3) for _, a in accuracies],
        "o-",
        label="error on held-out images",
    )
    axes.set_xlabel("batch")
    axes.legend(frameon=False)
    right.suptitle("misread: read as (is)", fontsize=10)
    for axes, i in zip(right.subplots(3, 6).flat, wrong, strict=False):
        axes.imshow(images[held_out[i], 0], cmap="gray_r")
        axes.set_title(f"{guess[i]} ({labels[held_out[i]]})", fontsize=8)
    for axes in right.axes:
        axes.set_axis_off()
    save(figure, chosen, "mnist_cnn.png")
    return {"accuracy": accuracy, "first": losses[0], "last": float(np.mean(losses[-10:]))}


if __name__ == "__main__":
    main()
