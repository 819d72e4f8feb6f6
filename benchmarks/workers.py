"""``python -m benchmarks.workers``: what two workers gain, for derivatives through pools.

The gradient of an ensemble of simulations goes through `xgrad.distributed.starmap` with one worker,
then with two, of `concurrent.futures`, joblib and a cluster of Dask's on this machine. It says
something on a machine with two free cores alone; pools are started and warmed before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np

import xgrad as xg
from xgrad.distributed import starmap

MEMBERS, STEPS, SIZE = 16, 2000, 2000


def energy(u: Any, speed: float) -> Any:
    """Return the energy of a wave after some steps."""
    old, now = u, u
    for _ in range(STEPS):
        around = xg.roll(now, 1) + xg.roll(now, -1)
        old, now = now, 2 * now - old + speed * (around - 2 * now)
    return xg.sum(now**2)


@contextmanager
def processes(count: int) -> Iterator[Any]:
    """Give a pool of `concurrent.futures`."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield pool


@contextmanager
def joblib(count: int) -> Iterator[Any]:
    """Give a pool of joblib's."""
    from joblib import Parallel

    with Parallel(count) as pool:
        yield pool


@contextmanager
def dask(count: int) -> Iterator[Any]:
    """Give a client of Dask's."""
    from distributed import Client, LocalCluster

    settings = {"n_workers": count, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        yield client


def seconds(start: Callable[[int], Any], count: int, repeats: int = 3) -> float:
    """Return the least time that the gradient of the ensemble takes with so many workers."""
    u = np.sin(np.linspace(0.0, 6.0, SIZE))
    speeds = np.linspace(0.1, 0.4, MEMBERS)
    times = []
    with start(count) as pool:
        for _ in range(1 + repeats):
            begin = time.perf_counter()
            xg.grad(lambda u: sum(starmap(energy, pool)([(u, float(s)) for s in speeds])))(u)
            times.append(time.perf_counter() - begin)
    return min(times[1:])


def main() -> None:
    """Print a line for each kind of pool."""
    print(f"{'pool':>10} {'one':>8} {'two':>8} {'gain':>6}")
    for start in (processes, joblib, dask):
        one, two = seconds(start, 1), seconds(start, 2)
        print(f"{start.__name__:>10} {one:8.2f} {two:8.2f} {one / two:6.2f}", flush=True)


if __name__ == "__main__":
    main()
