"""Fit a logistic regression to data that need not fit into memory, by Newton's method.

    python examples/regression_out_of_core.py --gigabytes 0.2

It starts a cluster of Dask's on this machine, of two processes with a memory limit. Value and
gradient come from one pass over the data, and a product with the Hessian, of which Newton's method
needs some, from another one; how much memory that takes does not depend on how large the data are.
"""

from __future__ import annotations

import argparse
import time

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import xgrad as xg
from xgrad import distributed as dist

FEATURES, CHUNK = 16, 32e6


def loss(w, x, y):
    """Return the summed loss of the rows of a chunk; `y` is 1 or -1."""
    return xg.sum(xg.logaddexp(xg.zeros_like(y), -y * (x @ w)))


def data(gigabytes):
    """Return lazy data, whose labels follow known weights with some noise."""
    rows = int(gigabytes * 1e9 / 8 / FEATURES)
    chunk = int(CHUNK / 8 / FEATURES)
    rng = da.random.default_rng(0)
    x = rng.normal(size=(rows, FEATURES), chunks=(chunk, FEATURES))
    weights = np.linspace(-1.0, 1.0, FEATURES)
    noise = rng.logistic(size=rows, chunks=chunk)
    return x, da.where(x @ weights + noise > 0, 1.0, -1.0), weights


def conjugate_gradients(product, b, steps):
    """Return an approximate solution of ``A x = b`` from products with A."""
    x, r = np.zeros_like(b), b.copy()
    p, rr = r.copy(), r @ r
    for _ in range(steps):
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        rr, before = r @ r, rr
        if rr < 1e-12 * (b @ b):
            break
        p = r + rr / before * p
    return x


def fit(x, y, steps=4):
    """Return the weights after some steps of Newton's method."""
    total = dist.sum_chunks(loss)
    rows = x.shape[0]
    w = np.zeros(FEATURES)

    def mean(w):
        return total(w, x, y) / rows

    for step in range(steps):
        start = time.perf_counter()
        value, g = dist.compute(dist.value_and_grad(mean)(w))
        w = w - conjugate_gradients(lambda v, w=w: dist.compute(xg.hvp(mean, w, v)), g, 5)
        size = float(np.linalg.norm(g))
        seconds = time.perf_counter() - start
        print(f"step {step}: loss {float(value):.6f}, gradient {size:.1e}, {seconds:.1f} s")
    return w


def main():
    """Fit as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=0.2)
    parser.add_argument("--memory", default="1GB", help="the limit of each of the two workers")
    options = parser.parse_args()
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=options.memory, dashboard_address=None
    )
    with cluster, Client(cluster):
        x, y, weights = data(options.gigabytes)
        w = fit(x, y)
        print(f"largest error of a weight: {np.max(np.abs(w - weights)):.3f}")


if __name__ == "__main__":
    main()
