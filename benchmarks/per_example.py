"""Per-example gradients: `vmap` of a gradient beside one gradient of the whole batch.

    PYTHONPATH=.:backends python -m benchmarks.per_example

A network of four layers. The gradient of a batch adds up what the gradients of examples keep apart:
the same products, and then as many copies of the parameters as there are examples to write. What
writing them alone costs, `outer`, is therefore printed too: the outer products of the four layers'
inputs and cotangents, by hand in NumPy. Each round runs all in turn; shown are medians of the
ratios to xgrad's gradient of the batch, with half the distance of the quartiles, and of the ratios
to the gradient of the batch in the same library.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

import numpy as np

import xgrad as xg

Way = Callable[[], Any]


def problem(sizes: list[int], count: int) -> tuple[list[Any], Any, Any]:
    """Return the parameters of a network, its inputs and its targets."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(n, m)) / n**0.5 for n, m in pairwise(sizes)]
    return weights, rng.normal(size=(count, sizes[0])), rng.normal(size=(count, sizes[-1]))


def loss(xp: Any) -> Callable[..., Any]:
    """Return the loss of one example, or the sum of those of a batch, for a namespace."""

    def of(weights: list[Any], x: Any, y: Any) -> Any:
        for w in weights[:-1]:
            x = xp.tanh(x @ w)
        return xp.sum((x @ weights[-1] - y) ** 2)

    return of


def ways(sizes: list[int], count: int) -> dict[str, Way]:
    """Return what is timed, by name."""
    weights, x, y = problem(sizes, count)
    f = loss(xg)
    each = xg.vmap(xg.grad(f), in_axes=(None, 0, 0))
    inputs = [np.ones((count, n)) for n in sizes[:-1]]
    outputs = [np.ones((count, n)) for n in sizes[1:]]
    found: dict[str, Way] = {
        "batch": lambda: xg.grad(f)(weights, x, y),
        "xgrad": lambda: each(weights, x, y),
        "outer": lambda: [a[:, :, None] * b[:, None] for a, b in zip(inputs, outputs, strict=True)],
    }
    if importlib.util.find_spec("jax") is not None:
        found |= in_jax(weights, x, y)
    if importlib.util.find_spec("torch") is not None:
        found |= in_torch(weights, x, y)
    return found


def in_jax(weights: list[Any], x: Any, y: Any) -> dict[str, Way]:
    """Return the same in JAX, compiled, and xgrad's own compiled by JAX."""
    import jax

    jax.config.update("jax_enable_x64", True)
    arguments = jax.tree.map(jax.numpy.asarray, (weights, x, y))
    axes = (None, 0, 0)
    theirs = jax.grad(loss(jax.numpy))
    compiled = {
        "jax batch": theirs,
        "jax vmap": jax.vmap(theirs, axes),
        "batch in jax": xg.grad(loss(xg)),
        "xgrad in jax": xg.vmap(xg.grad(loss(xg)), axes),
    }

    def waiting(g: Callable[..., Any]) -> Way:
        run = jax.jit(g)
        return lambda: jax.block_until_ready(run(*arguments))

    return {name: waiting(g) for name, g in compiled.items()}


def in_torch(weights: list[Any], x: Any, y: Any) -> dict[str, Way]:
    """Return the same in PyTorch's functional style."""
    import torch

    torch.set_num_threads(1)
    arguments = ([torch.from_numpy(w) for w in weights], torch.from_numpy(x), torch.from_numpy(y))
    theirs = torch.func.grad(loss(torch))
    each = torch.func.vmap(theirs, (None, 0, 0))
    return {"torch batch": lambda: theirs(*arguments), "torch vmap": lambda: each(*arguments)}


OWN_BATCH = {
    "outer": "batch",
    "xgrad": "batch",
    "jax vmap": "jax batch",
    "xgrad in jax": "batch in jax",
    "torch vmap": "torch batch",
}
"""The gradient of a batch that is computed in the same way."""


def measure(
    found: dict[str, Way], rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return the times of each way, one a round, the ways in another order each time."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for run in found.values():
        run()
        run()
    for _ in range(rounds):
        for name in random.sample(list(found), len(found)):
            found[name]()  # the others have left the caches cold
            start = clock()
            found[name]()
            times[name].append(clock() - start)
    return times


def main(argv: list[str] | None = None) -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="how many examples; 1000")
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 32, 32, 32, 10])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    args = parser.parse_args(argv)
    clock = time.process_time if args.clock == "cpu" else time.perf_counter
    times = measure(ways(args.sizes, args.count), args.rounds, clock)
    print(f"{args.count} examples, layers of {args.sizes}, {args.clock} clock")
    print("                    time  to `batch`  to its own batch")
    for name, own in times.items():
        ratios = [a / b for a, b in zip(own, times["batch"], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        base = OWN_BATCH.get(name, name)
        alike = median([a / b for a, b in zip(own, times[base], strict=True)])
        print(
            f"{name:13} {median(own) * 1e3:8.2f} ms {median(ratios):6.2f} ±{(high - low) / 2:.2f}"
            f" {alike:10.2f}"
        )


if __name__ == "__main__":
    main()
