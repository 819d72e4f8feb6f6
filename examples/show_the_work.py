"""What the tape did: the chain rule of a small network, its picture, and where gradients vanish.

    python examples/show_the_work.py

First the worked network of the lecture notes, h = ReLU(W_h x + b_h), o = W_o h + b_o and
L = (y - o)^2, with every factor of its chain rule. Then a network of ten sigmoid layers and a long
short-term memory: as pictures, layer by layer, and with the time of each op.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from page import options, shrink

import xgrad as xg

X, Y = np.array([1.0, -2.0]), np.array([1.5])
W_H, B_H = np.array([[0.5, -0.3], [0.8, 0.9], [-0.4, -0.7]]), np.array([0.1, 0.2, -0.3])
W_O, B_O = np.array([[0.7, -1.2, 0.6]]), np.array([0.4])


def worked_network(x: Any, W_h: Any, b_h: Any, W_o: Any, b_o: Any, y: Any = Y) -> Any:
    """Return L of the worked network, a node of the notes' graph per line."""
    u = W_h @ x
    p = u + b_h
    h = xg.relu(p)
    q = W_o @ h
    o = q + b_o
    e = y - o
    return e**2


def deep_network(layers: list[dict[str, Any]], x: Any) -> Any:
    """Return the mean square of what ten sigmoid layers make of a batch."""
    a = x
    for layer in layers:
        a = xg.sigmoid(a @ layer["W"].T + layer["b"])
    return xg.mean(a**2)


def memory(p: dict[str, Any], x: Any) -> Any:
    """Return the mean square of what a long short-term memory makes of a batch of sequences."""
    n = p["U"].shape[0]
    h = c = xg.zeros((x.shape[0], n), dtype=x.dtype)
    for t in range(x.shape[1]):
        z = x[:, t] @ p["W"] + h @ p["U"] + p["b"]
        i = xg.sigmoid(z[:, :n])
        f = xg.sigmoid(z[:, n : 2 * n])
        o = xg.sigmoid(z[:, 2 * n : 3 * n])
        g = xg.tanh(z[:, 3 * n :])
        c = f * c + i * g
        h = o * xg.tanh(c)
    return xg.mean((h @ p["V"]) ** 2)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Print what happened, and write the pictures; return the worst of the verdicts' numbers."""
    chosen = options(__doc__, argv)
    chosen.out.mkdir(parents=True, exist_ok=True)
    out = chosen.out
    rng = np.random.default_rng(0)

    def arrays(**shapes: tuple[int, ...]) -> dict[str, Any]:
        return {
            name: xg.asarray(rng.normal(size=shape) / max(shape[-1], 1) ** 0.5)
            for name, shape in shapes.items()
        }

    network = [xg.asarray(v) for v in (X, W_H, B_H, W_O, B_O)]
    y = xg.asarray(Y)

    def loss(x: Any, W_h: Any, b_h: Any, W_o: Any, b_o: Any) -> Any:
        return worked_network(x, W_h, b_h, W_o, b_o, y)

    xg.show.explain(loss, *network)
    xg.show.draw(loss, *network, path=out / "draw_network.png")

    layers = [arrays(W=(8, 8), b=(8,)) for _ in range(10)]
    batch = xg.asarray(rng.normal(size=(64, 8)))
    xg.show.draw(deep_network, layers, batch, path=out / "draw_deep.png")
    deep = xg.show.gradient_flow(layers, deep_network, batch, path=out / "flow_deep.png")
    print(f"\n{deep}")

    cell = arrays(W=(3, 24), U=(6, 24), b=(24,), V=(6, 2))
    sequences = xg.asarray(rng.normal(size=(16, 20, 3)))
    xg.show.draw(memory, cell, sequences, path=out / "draw_lstm.png")
    flow = xg.show.gradient_flow(cell, memory, sequences, path=out / "flow_lstm.png")
    print(f"\n{flow}")

    two = [arrays(W=(30, 8), b=(30,)), arrays(W=(4, 30), b=(4,))]
    healthy = xg.show.gradient_flow(two, two_layers, batch, path=out / "flow_two.png")
    print(f"\n{healthy}")

    wide = [arrays(W=(256, 256), b=(256,)) for _ in range(3)]
    many = xg.asarray(rng.normal(size=(256, 256)))
    print(f"\n{xg.show.profile(deep_network, wide, many, path=out / 'profile.png')}")
    for picture in out.glob("*.png"):
        if picture.stem.partition("_")[0] in ("draw", "flow", "profile"):
            shrink(picture)
    return {
        "vanishing layers": sum(layer.verdict == "vanishing" for layer in deep.layers),
        "healthy layers": sum(layer.verdict == "healthy" for layer in healthy.layers),
    }


def two_layers(layers: list[dict[str, Any]], x: Any) -> Any:
    """Return the mean square of what a ReLU and a linear layer make of a batch."""
    first, second = layers
    h = xg.relu(x @ first["W"].T + first["b"])
    o = h @ second["W"].T + second["b"]
    return xg.mean(o**2)


if __name__ == "__main__":
    main()
