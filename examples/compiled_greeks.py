"""Option prices and their greeks, compiled: the program, its equations, and what runs together.

    python examples/compiled_greeks.py

A European call is worth  S N(d1) - K exp(-rT) N(d2)  under Black and Scholes. One gradient gives
all five greeks of a hundred thousand options. Run op by op it goes through memory for each of some
eighty operations; recorded once by `xgrad.compile`, equal steps are one, and the rest run together,
block by block, while the numbers are in the cache.
"""

from __future__ import annotations

import statistics
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from page import host, number, options, save, table

import xgrad as xg


def worth(S: Any, K: Any, T: Any, r: Any, sigma: Any) -> Any:
    """Return the sum of the values of calls, of which the gradient is the greeks of each."""
    root = sigma * xg.sqrt(T)
    d1 = (xg.log(S / K) + (r + sigma**2 / 2) * T) / root
    return xg.sum(S * below(d1) - K * xg.exp(-r * T) * below(d1 - root))


def below(x: Any) -> Any:
    """Return the standard normal distribution function."""
    return 0.5 * (1 + xg.special.erf(x / np.sqrt(2)))


def seconds(f: Callable[..., Any], args: Sequence[Any]) -> float:
    """Return the median time of a call."""
    f(*args)
    times = []
    for _ in range(9):
        start = time.perf_counter()
        f(*args)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Compile the greeks, time them, and draw the program; return what was found."""
    chosen = options(__doc__, argv)
    count, draw = 20_000 if chosen.quick else 100_000, np.random.default_rng(0)
    low, high = (80, 80, 0.2, 0.01, 0.1), (120, 120, 2.0, 0.05, 0.4)
    args = [xg.asarray(draw.uniform(a, b, count)) for a, b in zip(low, high, strict=True)]
    eager = xg.grad(worth, (0, 1, 2, 3, 4))
    compiled = xg.compile(eager)
    start = time.perf_counter()
    compiled(*args)
    first = time.perf_counter() - start
    error = max(
        float(np.max(np.abs(host(a) - host(b))))
        for a, b in zip(eager(*args), compiled(*args), strict=True)
    )
    before, after = seconds(eager, args), seconds(compiled, args)
    lowered = compiled.lower(*args)
    table(
        ["", "ms", "steps"],
        [
            ["op by op", 1e3 * before, float(len(lowered.before))],
            ["compiled", 1e3 * after, float(lowered.cost.kernels)],
            ["its first call", 1e3 * first, float(len(lowered.after))],
        ],
    )
    print(lowered.cost)
    figure = Figure(figsize=(9, 6), layout="constrained")
    top, below_it = figure.subplots(2, 1, height_ratios=(1, 2))
    draw_program(top, "the greeks", lowered.kernels)
    draw_program(below_it, "the gradient of a layer", layer(draw))
    save(figure, chosen, "compiled_greeks.png")
    return {
        "error": error,
        "faster": before / after,
        "recorded": number(np.asarray(len(lowered.before))),
        "kernels": number(np.asarray(lowered.cost.kernels)),
    }


def layer(draw: np.random.Generator) -> list[Any]:
    """Return what runs together in the gradient of a layer: products stand between the rest."""
    w, x, y = (xg.asarray(draw.normal(size=s)) for s in ((64, 64), (512, 64), (512, 64)))

    def loss(w: Any, x: Any, y: Any) -> Any:
        return xg.mean((xg.tanh(xg.tanh(x @ w) @ w) - y) ** 2)

    kernels: list[Any] = xg.compile(xg.value_and_grad(loss)).lower(w, x, y).kernels
    return kernels


def draw_program(axes: Any, title: str, kernels: list[Any]) -> None:
    """Draw each kernel as a box with the names of its equations, and what it hands to others."""
    home = {v: i for i, kernel in enumerate(kernels) for e in kernel for v in e.outs}
    arrows = {
        (home[v], i)
        for i, kernel in enumerate(kernels)
        for e in kernel
        for v in e.inputs()
        if v in home and home[v] != i
    }
    for i, kernel in enumerate(kernels):
        names = ", ".join(e.name for e in kernel)
        width = 150 if len(kernels) == 1 else 16
        text = f"{len(kernel)} together:\n{textwrap.fill(names, width)}"
        text = text if len(kernel) > 1 else names
        axes.text(
            i,
            -(i % 3),
            text,
            ha="center",
            va="center",
            fontsize=6,
            bbox={"boxstyle": "round", "facecolor": "#dbe9f6" if len(kernel) > 1 else "#f2f2f2"},
        )
    for start, end in arrows:
        axes.annotate(
            "",
            (end, -(end % 3)),
            (start, -(start % 3)),
            arrowprops={"arrowstyle": "->", "alpha": 0.3},
        )
    axes.set(xlim=(-0.7, len(kernels) - 0.3), ylim=(-2.5, 0.5) if len(kernels) > 1 else (-0.5, 0.5))
    axes.set_title(title, fontsize=9)
    axes.axis("off")


if __name__ == "__main__":
    main()
