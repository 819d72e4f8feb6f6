"""A recurrent network learns to write, character by character.

    python examples/lstm_text.py  # on a GPU: --backend cupy

The text is the reference of the Python language, 465,000 characters that come with Python itself
(`pydoc_data.topics`). A long short-term memory reads it in pieces of 50 characters and gives, after
each one, the probabilities of the next; trained by cross-entropy, which in bits per character says
how well the text can be compressed. Then it writes: each character drawn from its probabilities is
its next input.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from page import host, number, options, save, table

import xgrad as xg
from xgrad import nn, optim

LENGTH, BATCH = 50, 32


def logits(model: dict[str, Any], ids: xg.Array, state: Any = None) -> tuple[xg.Array, Any]:
    """Return the logits of the next character at each place of ``(time, batch)``, and the state."""
    out, state = model["lstm"](model["embedding"](ids), state)
    return model["out"](out), state


def loss(model: dict[str, Any], ids: xg.Array) -> xg.Array:
    """Return the cross-entropy of each character given those before it, in nats."""
    z, _ = logits(model, ids[:-1])
    n = z.shape[-1]
    return nn.functional.cross_entropy(xg.reshape(z, (-1, n)), xg.reshape(ids[1:], (-1,)))


def write(model: dict[str, Any], characters: str, start: str, n: int, seed: int) -> str:
    """Return a text that the network goes on with."""
    rng = np.random.default_rng(seed)
    text, state = start, None
    unread = [characters.index(c) for c in start]
    for _ in range(n):
        z, state = logits(model, xg.asarray(np.array(unread)[:, None]), state)
        p = host(xg.softmax(z[-1, 0] / 0.7)).astype(float)
        unread = [int(rng.choice(len(p), p=p / p.sum()))]
        text += characters[unread[0]]
    return text


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train, and write a little; return the bits per character on the held-out end of the text."""
    chosen = options(__doc__, argv)
    rng = np.random.default_rng(0)
    text = "\n".join(topics[key] for key in sorted(topics))
    characters = "".join(sorted(set(text)))
    number_of = {c: i for i, c in enumerate(characters)}
    ids = np.array([number_of[c] for c in text])
    rest, held_out = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :]

    hidden, steps = (32, 30) if chosen.quick else (128, 1500)
    single = {"rng": xg.random.default_rng(0), "dtype": xg.float32}
    model = {
        "embedding": nn.Embedding(len(characters), 32, **single),
        "lstm": nn.LSTM(32, hidden, **single),
        "out": nn.Linear(hidden, len(characters), **single),
    }
    schedule = optim.Cosine(1e-2, steps)
    optimizer = optim.Optimizer(optim.Adam(lr=schedule), model, clip_norm=1.0)
    gradient = xg.value_and_grad(loss)

    def pieces(source: np.ndarray, n: int) -> xg.Array:
        starts = rng.integers(0, len(source) - LENGTH - 1, n)
        return xg.asarray(np.stack([source[i : i + LENGTH + 1] for i in starts], axis=1))

    bits: list[float] = []
    for _ in xg.show.progress(range(steps), "training"):
        value, g = gradient(model, pieces(rest, BATCH))
        model = optimizer.step(g)
        bits.append(number(value) / math.log(2))
    counts = np.bincount(rest) / len(rest)
    single_letters = -float(np.sum(counts * np.log2(counts + 1e-30)))
    tested = number(loss(model, pieces(held_out, 64 if chosen.quick else 512))) / math.log(2)
    table(
        ["model", "bits per character"],
        [
            ["all characters alike", math.log2(len(characters))],
            ["their frequencies", single_letters],
            ["the network, held-out text", tested],
        ],
    )
    sample = write(model, characters, "The ", 60 if chosen.quick else 700, seed=1)
    print(textwrap.indent(sample, "  | "))

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(bits, color="#9bbcd8")
    left.axhline(single_letters, color="#888888", linestyle=":", label="frequencies of characters")
    left.axhline(tested, color="#b5421f", label="held-out text")
    left.set(xlabel="step", ylabel="bits per character", ylim=(0, math.log2(len(characters))))
    left.legend(frameon=False)
    right.set_axis_off()
    right.set_title("what it writes after “The ”", fontsize=10)
    lines = [part for line in sample.splitlines() for part in textwrap.wrap(line, 66) or [""]]
    shown = "\n".join(lines[:20]).replace("$", r"\$")
    right.text(0, 1, shown, va="top", family="monospace", fontsize=7)
    save(figure, chosen, "lstm_text.png")
    return {"single letters": single_letters, "held out": tested}


if __name__ == "__main__":
    main()
