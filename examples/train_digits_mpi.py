"""Train a network on what stands for handwritten digits, on as many processes as there are.

    mpiexec -n 2 python examples/train_digits_mpi.py
    python examples/train_digits_mpi.py            # alone; the losses agree to rounding

Each process has its part of every batch, and the gradients are averaged. It prints the loss of each
epoch and a digest of the weights. A run that was killed goes on from its file, on any number of
processes: give it one with ``--file run.safetensors``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util

import numpy as np

import xgrad as xg
from xgrad import distributed as dist
from xgrad import nn, optim
from xgrad.nn.functional import cross_entropy

SIDE, CLASSES, BATCH = 8, 10, 64


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images of 8 x 8 and their classes: noisy strokes, others for each class."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, CLASSES, n)
    strokes = rng.normal(size=(CLASSES, SIDE, SIDE))
    images = strokes[classes] + 1.5 * rng.normal(size=(n, SIDE, SIDE))
    return images.reshape(n, -1).astype(np.float32), classes


def communicator() -> object:
    """Return MPI's communicator of all processes, or None where mpi4py is not installed."""
    if importlib.util.find_spec("mpi4py") is None:
        return None
    from mpi4py import MPI

    return MPI.COMM_WORLD


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--examples", type=int, default=4096)
    parser.add_argument("--file", default="", help="where the run is kept, and goes on from")
    parser.add_argument("--shard-state", action="store_true", help="a part of Adam's state each")
    options = parser.parse_args()

    comm = dist.use(communicator(), deterministic=True)
    model = nn.Sequential(nn.Linear(SIDE * SIDE, 64, rng=0), xg.tanh, nn.Linear(64, CLASSES, rng=1))
    optimizer = optim.Optimizer(
        optim.Adam(lr=1e-3), dist.broadcast(model), comm=comm, shard_state=options.shard_state
    )
    shard = (comm.rank, comm.size)
    loader = xg.data.Loader(digits(options.examples), BATCH, seed=0, drop_last=True, shard=shard)
    kept = {"model": optimizer.model, "state": optimizer.whole_state(), "place": loader.state}
    if options.file:
        kept = xg.files.restore(options.file, kept)
        optimizer.model, loader.state = kept["model"], kept["place"]
        optimizer.set_whole_state(kept["state"])

    def loss(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> xg.Array:
        return cross_entropy(model(x), y)

    while loader.state["epoch"] < options.epochs:
        losses = []
        for x, y in loader:
            value, gradient = dist.value_and_grad(loss)(optimizer.model, x, y)
            optimizer.step(gradient)
            losses.append(float(value))
        state = optimizer.whole_state()  # every rank takes part
        if comm.rank == 0:
            print(f"epoch {loader.state['epoch']}: loss {np.mean(losses):.4f}", flush=True)
            if options.file:
                run = {"model": optimizer.model, "state": state, "place": loader.state}
                xg.files.save(options.file, run)
        comm.barrier()
    if comm.rank == 0:
        leaves = [np.ascontiguousarray(np.asarray(x)) for x in xg.tree.leaves(optimizer.model)]
        digest = hashlib.sha1(b"".join(x.tobytes() for x in leaves)).hexdigest()
        print(f"{comm.size} processes, weights {digest[:12]}")


if __name__ == "__main__":
    main()
