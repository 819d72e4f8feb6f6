"""The same derivative by xgrad and by JAX, both compiled by ``jax.jit``.

    PYTHONPATH=.:backends python -m benchmarks.jitted

XLA is given xgrad's walk, or JAX's own; shown are the medians of the ratio of their times, with
half the distance of the quartiles, and the ratio of the first calls, which trace and compile: of
three in turn the shortest, since the first of a process is late for other reasons.
Problems whose loops would be unrolled into thousands of operations are left out, since XLA takes
minutes for them from either library.
"""

from __future__ import annotations

import argparse
import importlib
import math
import random
import time
from collections.abc import Callable
from itertools import product
from statistics import median, quantiles
from typing import Any

import numpy as np

from .libraries import xgrad as ours
from .workloads import WORKLOADS, Workload

LONG = ("chain", "lstm", "wave", "scatter", "adam")
"""The beginnings of the names of problems with long loops, or of no derivative alone."""


def compiled(w: Workload, jax: Any, theirs: Any) -> dict[str, Callable[..., Any]]:
    """Return the derivative by each library, compiled."""
    made = {}
    for name, library in (("xgrad", ours.load("xgrad", 1, "cpu")), ("jax", theirs)):
        f = library.ways[w.derivative](library.bind(w.model), w.wrt)
        made[name] = jax.jit(f)
    return made


def first_and_later(
    made: dict[str, Callable[..., Any]], args: list[Any], rounds: int, jax: Any
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the time of the first call, and of a call in each round, of each library."""
    first, times = dict.fromkeys(made, math.inf), {name: list[float]() for name in made}
    results = {}
    for _, (name, f) in product(range(3), made.items()):
        jax.clear_caches()
        start = time.process_time()
        results[name] = jax.block_until_ready(f(*args))
        first[name] = min(first[name], time.process_time() - start)
    for x, y in zip(*[jax.tree.leaves(r) for r in results.values()], strict=True):
        rtol = float(np.finfo(x.dtype).eps) ** 0.5 / 10
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * float(np.max(np.abs(y))))
    start = time.perf_counter()
    jax.block_until_ready(made["jax"](*args))
    count = max(1, min(500, round(0.01 / (time.perf_counter() - start))))
    for _ in range(rounds):
        for name in random.sample(list(made), len(made)):
            jax.block_until_ready(made[name](*args))
            start = time.process_time()
            for _ in range(count):
                jax.block_until_ready(made[name](*args))
            times[name].append((time.process_time() - start) / count)
    return first, times


def main(argv: list[str] | None = None) -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="names of problems, or their beginnings")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(argv)
    jax: Any = importlib.import_module("jax")
    theirs: Any = importlib.import_module("benchmarks.libraries.jax").load("jax", 1, "cpu")
    theirs.ways.update(eager(jax))
    print("problem                 xgrad/jax          ms   first call, s: xgrad, jax, ratio")
    for name, w in WORKLOADS.items():
        if name.startswith(LONG) or not name.startswith(tuple(options.only.split(","))):
            continue
        args = [jax.numpy.asarray(x) for x in w.inputs(np.random.default_rng(1), **w.size)]
        first, times = first_and_later(compiled(w, jax, theirs), args, options.rounds, jax)
        ratios = [a / b for a, b in zip(times["xgrad"], times["jax"], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        own, other = first["xgrad"], first["jax"]
        print(
            f"{name:22} {median(ratios):5.2f} ±{(high - low) / 2:.2f} "
            f"{median(times['xgrad']) * 1e3:10.3f}   {own:10.2f} {other:5.2f} {own / other:6.2f}",
            flush=True,
        )


def eager(jax: Any) -> dict[str, Callable[..., Any]]:
    """Return JAX's derivatives, which are compiled here and not by the library's own ways."""
    return {
        "gradient": lambda f, wrt: jax.grad(f, tuple(range(wrt))),
        "hessian": lambda f, wrt: jax.hessian(f),
        "jacobian": lambda f, wrt: jax.jacrev(f),
        "product": lambda f, wrt: lambda x, v: jax.jvp(jax.grad(f), (x,), (v,))[1],
    }


if __name__ == "__main__":
    main()
