"""What `test_mpi.py` runs under ``mpiexec``: one part, by its name, on all ranks."""

import hashlib
import os
import signal
import sys
import time
import tracemalloc
import warnings

import numpy as np
from mpi4py import MPI

import xgrad as xg
from tests.machines import programs
from xgrad import distributed as dist
from xgrad import nn, optim
from xgrad.nn.functional import cross_entropy

warnings.simplefilter("ignore", xg.errors.ConstantResultWarning)


def say(comm, text):
    if comm.rank == 0:
        print(text, flush=True)


def derivatives(comm):
    """Each program, each derivative, against differences of the sum over the ranks."""

    def run(part, size):
        parts = comm._line.to._comm.allgather(part(comm))
        return [np.asarray(p) for p in parts]

    worst = 0.0
    for f in programs.DIFFER + programs.COLLECTIVES:
        for what, error in programs.errors_of(run, f, comm.size):
            assert error < 1e-8, (f.__name__, what, error)
            worst = max(worst, error)
    say(comm, f"worst {worst:.1e}")


def wrong_shape(comm):
    comm.allreduce(np.ones(2 + comm.rank))


def one_more(comm):
    for _ in range(1 + comm.rank):
        comm.allreduce(np.ones(2))


def raises(comm):
    if comm.rank == 1:
        raise ZeroDivisionError("here")
    xg.grad(lambda x: xg.sum(comm.allreduce(x)))(np.ones(2))


def dies(comm):
    comm.barrier()
    if comm.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    comm.allreduce(np.ones(2))
    time.sleep(60)


def wrong_size(comm):
    if comm.rank == 0:
        comm.sendrecv(np.ones(2), dest=1)
    else:
        comm.sendrecv(source=0, like=np.ones(3))
    comm.barrier()


def dtypes(comm):
    for name in ("float16", "float32", "complex64", "int8", "int64", "uint16"):
        x = np.asarray([1, 2, 3]).astype(name)
        y = comm.allreduce(x)
        assert y.dtype == x.dtype
        np.testing.assert_array_equal(y, x * comm.size)
        np.testing.assert_array_equal(comm.allgather(x), np.stack([x] * comm.size))
        assert comm.allreduce(x[0]).shape == ()
    assert comm.allreduce(np.asarray([True, comm.rank == 0]), "min").tolist() == [
        True,
        comm.size < 2,
    ]
    assert comm.allreduce(np.asarray([False, comm.rank == 0]), "max").tolist() == [False, True]
    assert comm.allreduce(np.ones((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(comm.allreduce(np.ones(2, ">f8")), [comm.size] * 2)
    say(comm, "dtypes ok")


def net():
    return nn.astype(
        nn.Sequential(nn.Linear(6, 16, rng=0), xg.tanh, nn.Linear(16, 3, rng=1)), "float32"
    )


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 6)).astype(np.float32), rng.integers(0, 3, 64)


def train(comm, path="", epochs=25, kill=-1):
    """Make 200 steps of Adam, from a file if there is one, and print a digest of the weights."""
    optimizer = optim.Optimizer(optim.Adam(lr=0.01), dist.broadcast(net()), comm=comm)
    loader = xg.data.Loader(data(), 8, seed=0, shard=(comm.rank, comm.size))
    held = {"model": optimizer.model, "state": optimizer.state, "place": loader.state}
    if path:
        held = xg.files.restore(path, held)
        optimizer.model, optimizer.state = held["model"], held["state"]
        loader.state = held["place"]
    steps = int(np.asarray(optimizer.state.count))
    while loader.state["epoch"] < epochs:
        for x, y in loader:
            g = xg.grad(lambda m, x=x, y=y: cross_entropy(m(x), y))(optimizer.model)
            optimizer.step(g)
            steps += 1
            if path and steps % 5 == 0:
                if comm.rank == 0:
                    place = dict(loader.state)
                    xg.files.save(
                        path, {"model": optimizer.model, "state": optimizer.state, "place": place}
                    )
                comm.barrier()
            if steps == kill // comm.size and comm.rank == kill % comm.size:
                os.kill(os.getpid(), signal.SIGKILL)
    say(comm, f"{steps} {digest(optimizer.model)}")


def digest(model):
    leaves = [np.ascontiguousarray(np.asarray(x)) for x in xg.tree.leaves(model)]
    return hashlib.sha1(b"".join(x.tobytes() for x in leaves)).hexdigest()


def heat(comm):
    """The gradient of the final misfit by the initial field, each rank with its part of it."""
    n, steps = 2**16, 20
    part = n // comm.size
    whole = np.sin(np.linspace(0.0, 9.0, n)) ** 3
    own = slice(comm.rank * part, (comm.rank + 1) * part)

    def march(u, left, right):
        u = xg.concat([left, u, right])
        return u[1:-1] + 0.3 * (u[2:] - 2 * u[1:-1] + u[:-2])

    def divided(u):
        for _ in range(steps):
            u = march(u, comm.shift(u[-1:], 1), comm.shift(u[:1], -1))
        return xg.sum((u - 0.1) ** 2)

    def alone(u):
        zero = np.zeros(1)
        for _ in range(steps):
            u = march(u, zero, zero)
        return xg.sum((u - 0.1) ** 2)

    sizes = []
    xg.grad(divided)(whole[own])  # what is imported and kept at the first call is no part of it
    for f, u in ((divided, whole[own]), (alone, whole)):
        tracemalloc.start()
        g = xg.grad(f)(u)
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        if f is divided:
            found = g
    np.testing.assert_allclose(found, g[own], rtol=1e-12, atol=1e-13)
    assert sizes[0] < sizes[1] / comm.size * 1.25, sizes
    say(comm, f"heat ok, memory {sizes[0] / sizes[1]:.2f}")


if __name__ == "__main__":
    group = dist.use(MPI.COMM_WORLD, deterministic="--deterministic" in sys.argv)
    words = [w for w in sys.argv[2:] if not w.startswith("--")]
    globals()[sys.argv[1]](group, *[int(w) if w.lstrip("-").isdigit() else w for w in words])
