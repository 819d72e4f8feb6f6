"""``python -m benchmarks.out_of_core``: data larger than the memory of the workers, on Dask.

Each row starts a cluster of two processes of one thread with a limit on their memory, makes the
data chunk by chunk, never on disk, and asks for a value, then for derivatives beside it. Told are
the seconds, the tasks after Dask's own optimisation, and the peak of memory of the larger worker;
an idle one has about 0.15 GB, of Python and its libraries. ``--scale 0.1`` takes a tenth of the
data, ``--rows`` names the rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import xgrad as xg
from xgrad import distributed as dist

FEATURES = 16


def tasks(results: Any) -> int:
    """Return how many tasks there are after Dask's optimisation."""
    graph: dict[Any, Any] = {}
    for y in dask.optimize(*[getattr(y, "data", y) for y in xg.tree.leaves(results)]):
        graph.update(dict(getattr(y, "__dask_graph__", dict)()))
    return len(graph)


def highest() -> int:
    """Return the most memory that this process has had since the last call, in bytes."""
    with Path("/proc/self/status").open(encoding="utf-8") as lines:
        found = next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")  # Linux looks for the highest anew
    return found


def loss(w: Any, x: Any, y: Any) -> Any:
    """Return the summed loss of the rows of a chunk of a logistic regression."""
    return xg.sum(xg.logaddexp(xg.zeros_like(y), -y * (x @ w)))


def logistic(gigabytes: float) -> tuple[Callable[[], Any], ...]:
    """Return the loss over chunks, with its gradient, and its product with the Hessian."""
    rows, chunk = int(gigabytes * 1e9 / 8 / FEATURES), int(32e6 / 8 / FEATURES)
    x = da.random.default_rng(0).normal(size=(rows, FEATURES), chunks=(chunk, FEATURES))
    y = da.where(x[:, 0] > 0, 1.0, -1.0)
    total, w = dist.sum_chunks(loss), np.linspace(-1.0, 1.0, FEATURES)
    return (
        lambda: total(w, x, y),
        lambda: xg.value_and_grad(total)(w, x, y),
        lambda: xg.hvp(lambda w: total(w, x, y), w, w),
    )


def field(gigabytes: float) -> Any:
    """Return numbers in chunks of 8 MB along the rows."""
    rows = max(3000, int(gigabytes * 1e9 / 8 / 1000))
    return da.random.default_rng(0).normal(size=(rows, 1000), chunks=(1000, 1000))


def by_slices(u: Any) -> Any:
    """Return a number after three steps of a stencil, written with slices."""
    for _ in range(3):
        d = u[2:] - 2 * u[1:-1] + u[:-2]
        u = xg.concat([u[:1], u[1:-1] + 0.1 * d, u[-1:]])
    return xg.sum(u**4)


def by_rolls(u: Any) -> Any:
    """Return a number after three steps of a stencil, written with rolls."""
    for _ in range(3):
        u = u + 0.1 * (xg.roll(u, 1, axis=0) - 2 * u + xg.roll(u, -1, axis=0))
    return xg.sum(u**4)


def by_halos(u: Any) -> Any:
    """Return a number after three steps of a stencil, of chunks with halos."""
    step = dist.map_overlap(lambda a, u: u[1:-1] + a * (u[2:] - 2 * u[1:-1] + u[:-2]), 1, 0.0)
    for _ in range(3):
        u = step(0.1, u)
    return xg.sum(u**4)


def stencil(f: Callable[[Any], Any]) -> Callable[[float], tuple[Callable[[], Any], ...]]:
    """Return the value of a stencil, and its value with the norm of its gradient by the field."""

    def made(gigabytes: float) -> tuple[Callable[[], Any], ...]:
        u = xg.asarray(field(gigabytes))

        def both() -> Any:
            value, g = xg.value_and_grad(f)(u)
            return value, xg.sum(g**2)

        return (lambda: f(u)), both

    return made


def picked(gigabytes: float) -> tuple[Callable[[], Any], ...]:
    """Return a loss of a thousand rows, at indices that are lazy, and its gradient by all rows."""
    x = xg.asarray(field(gigabytes))
    index = da.random.default_rng(1).integers(0, x.shape[0], 1000, chunks=250)

    def f(x: Any) -> Any:
        return xg.sum(x[index] ** 2)

    def both() -> Any:
        value, g = xg.value_and_grad(f)(x)
        return value, xg.sum(g**2)

    return (lambda: f(x)), both


ROWS: dict[str, tuple[Callable[[float], tuple[Callable[[], Any], ...]], float, str]] = {
    "logistic": (logistic, 8.0, "1GB"),
    "slices": (stencil(by_slices), 0.4, "0.5GB"),
    "rolls": (stencil(by_rolls), 0.4, "0.5GB"),
    "halos": (stencil(by_halos), 0.4, "0.5GB"),
    "picked": (picked, 1.0, "0.5GB"),
}
"""Name: what is asked for, of how many gigabytes, with how much memory for each worker."""


def main(argv: list[str] | None = None) -> None:
    """Print a line for each thing that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=ROWS)
    parser.add_argument("--scale", type=float, default=1.0, help="times as much data")
    options = parser.parse_args(argv)
    print("       row     GB  asked  seconds  x value  tasks  peak GB")
    for name in options.rows:
        make, gigabytes, memory = ROWS[name]
        gigabytes *= options.scale
        first = 0.0
        settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**settings, memory_limit=memory) as cluster, Client(cluster) as client:
            dist.compute(make(0.001 * gigabytes)[-1]())  # what is imported at the first call
            client.run(highest)
            for k, ask in enumerate(make(gigabytes)):
                asked = ask()
                count = tasks(asked)
                start = time.perf_counter()
                dist.compute(ask())
                seconds = time.perf_counter() - start
                peak = max(client.run(highest).values()) / 1e9
                del asked
                first = first or seconds
                print(
                    f"{name:>10} {gigabytes:6.2f} {k:>6} {seconds:8.1f} {seconds / first:8.2f} "
                    f"{count:6d} {peak:8.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
