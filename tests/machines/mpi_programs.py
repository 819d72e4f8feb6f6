"""What `test_mpi.py` runs under ``mpiexec``: one part, by its name, on all ranks."""

import os
import signal
import sys
import time
import warnings

import numpy as np
from mpi4py import MPI

import xgrad as xg
from tests.machines import programs
from xgrad import distributed as dist

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
    say(comm, "dtypes ok")


if __name__ == "__main__":
    group = dist.use(MPI.COMM_WORLD, deterministic="--deterministic" in sys.argv)
    globals()[sys.argv[1]](group)
