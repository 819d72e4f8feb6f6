"""A variational autoencoder draws digits from two numbers.

    python examples/variational_autoencoder.py  # on a GPU: --backend cupy

An encoder gives each image x a cloud of codes z ~ N(m(x), s(x)^2), a decoder the probability p(z)
of ink in each pixel. Both are trained to make the evidence lower bound large,

    log p(x) >= E log p(x | z) - KL(N(m, s^2) || N(0, 1)),

and the gradient reaches m and s through the sample z = m + s e, e ~ N(0, 1) (Kingma and Welling
2014). With codes of two numbers the digits lie on a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from matplotlib.figure import Figure
from page import host, mnist, number, options, save, table

import xgrad as xg
from xgrad import nn, optim

BATCH = 100


def bound(model: dict[str, nn.MLP], x: xg.Array, e: xg.Array) -> xg.Array:
    """Return minus the evidence lower bound of a batch, in nats per image."""
    code = model["encoder"](x)
    m, log_s = code[:, :2], code[:, 2:]
    z = m + xg.exp(log_s) * e
    logits = model["decoder"](z)
    ink = xg.sum(xg.logaddexp(xg.zeros_like(logits), logits) - x * logits, axis=1)
    divergence = xg.sum(m**2 + xg.exp(2 * log_s) - 2 * log_s - 1, axis=1) / 2
    return xg.mean(ink + divergence)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train; return the bound at the first and in the last epoch."""
    chosen = options(__doc__, argv)
    rng = np.random.default_rng(0)
    images, labels = mnist()
    if chosen.quick:
        images, labels = images[::5], labels[::5]
    epochs = 2 if chosen.quick else 60

    draws = xg.random.default_rng(0)
    single = {"rng": draws, "dtype": xg.float32}
    model = {
        "encoder": nn.MLP([784, 256, 64, 4], xg.tanh, **single),
        "decoder": nn.MLP([2, 64, 256, 784], xg.tanh, **single),
    }
    optimizer = optim.Optimizer(optim.Adam(lr=2e-3), model)
    gradient = xg.value_and_grad(bound)
    history: list[float] = []
    for _ in xg.show.progress(range(epochs), "epoch"):
        order = rng.permutation(len(images))
        values = []
        for i in range(0, len(order), BATCH):
            x = xg.asarray(images[order[i : i + BATCH]])
            e = draws.normal(size=(x.shape[0], 2), dtype=xg.float32)
            value, g = gradient(model, x, e)
            model = optimizer.step(g)
            values.append(number(value))
        history.append(float(np.mean(values)))
    marks = sorted({0, epochs // 4, epochs // 2, epochs - 1})
    table(["epoch", "bound (nats)"], [[i + 1, history[i]] for i in marks])

    figure = Figure(figsize=(9, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    codes = host(model["encoder"](xg.asarray(images)))[:, :2]
    dots = left.scatter(*codes.T, c=labels, cmap="tab10", s=4)
    left.legend(*dots.legend_elements(), frameon=False, fontsize=7, ncols=2)
    left.set(title="codes of the images", xlabel="z1", ylabel="z2")
    n = 12
    ticks = [NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)]
    grid = np.array([[u, v] for v in reversed(ticks) for u in ticks], np.float32)
    drawn = host(xg.sigmoid(model["decoder"](xg.asarray(grid)))).reshape(n, n, 28, 28)
    right.imshow(drawn.transpose(0, 2, 1, 3).reshape(n * 28, n * 28), cmap="gray_r")
    right.set(title="what the decoder draws on a grid of codes", xticks=[], yticks=[])
    save(figure, chosen, "variational_autoencoder.png")
    return {"first": history[0], "last": history[-1]}


if __name__ == "__main__":
    main()
