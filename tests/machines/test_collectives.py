# Tests of xgrad/distributed, xgrad/engine/effects.py
"""Collectives, and programs whose ranks differ: derivatives are those of the sum over the ranks.

The ranks are threads; `test_mpi.py` runs the same programs on processes.
"""

import numpy as np
import pytest

import xgrad as xg
from tests.machines import programs
from xgrad import distributed as dist
from xgrad.errors import DistributedError

NAMES = [f.__name__ for f in programs.DIFFER + programs.COLLECTIVES]


@pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")
@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_those_of_the_sum_over_ranks(name):
    f = getattr(programs, name)
    for size in (2, 3) if f in programs.DIFFER else (1, 3, 4):
        for what, error in programs.errors_of(programs.threads, f, size):
            assert error < 1e-8, f"{what} on {size} ranks is off by {error:.1e}"


def test_messages_are_the_fewest():
    x = np.asarray([1.0, 2.0])

    def f(x):
        return xg.sum(xg.sin(dist.group().allreduce(x)) ** 2)

    def count(transform):
        def part(comm):
            transform()
            return dict(comm.messages)

        counts = programs.threads(part, 2)
        assert counts[0] == counts[1]
        return sum(counts[0].values())

    assert count(lambda: f(x)) == 1
    assert count(lambda: xg.grad(f)(x)) == 2
    assert count(lambda: xg.jvp(f, (x,), (x,))) == 2
    assert count(lambda: xg.hvp(f, x, x)) == 4
    assert count(lambda: xg.hessian(f)(np.asarray([1.0, 2.0, 3.0]))) == 8
    assert count(lambda: xg.grad(lambda x: f({"a": x, "b": x * x}["a"]))(x)) == 2
    assert count(lambda: xg.vjp(f, x)[1](1.0)) == 2


def test_all_leaves_of_a_dtype_are_one_message():
    tree = {"a": np.ones(3), "b": [np.ones((2, 2)), 1.0], "c": np.ones(2, np.float32), "n": 3}

    def part(comm):
        y = comm.allreduce(tree)
        assert y["b"][0].shape == (2, 2)
        assert y["c"].dtype == np.float32
        assert int(y["n"]) == 3 * comm.size
        return comm.messages["allreduce"]

    assert programs.threads(part, 2) == [3, 3]


def _calls(comm, *xs):
    return [comm.allreduce(x) for x in xs]


DISAGREE = {
    "shapes": lambda comm: comm.allreduce(np.ones(2 + comm.rank)),
    "dtypes": lambda comm: comm.allreduce(np.ones(2, (np.float32, np.float64)[comm.rank % 2])),
    "kinds": lambda comm: (comm.allreduce if comm.rank else comm.allgather)(np.ones(2)),
    "ways": lambda comm: comm.allreduce(np.ones(2), "max" if comm.rank else "sum"),
    "roots": lambda comm: comm.bcast(np.ones(2), root=comm.rank),
    "shifts": lambda comm: comm.shift(np.ones(2), 1 + comm.rank),
    "numbers": lambda comm: _calls(comm, *[np.ones(2)] * (1 + comm.rank)),
    "transforms": lambda comm: (xg.grad if comm.rank else lambda f: f)(
        lambda x: xg.sum(comm.allreduce(x))
    )(np.ones(2)),
}


@pytest.mark.parametrize("name", DISAGREE)
def test_ranks_that_disagree_raise_on_all(name):
    found = []

    def part(comm):
        try:
            DISAGREE[name](comm)
        except DistributedError as error:
            found.append(str(error))
            raise

    with pytest.raises(DistributedError, match="same collectives in the same order"):
        programs.threads(part, 2, timeout=5.0)
    alone = name in ("numbers", "transforms")  # the other one has ended, as it should
    assert len(found) == (1 if alone else 2)
    if not alone:
        assert "rank 0: " in found[0]
        assert "rank 1: " in found[0]


def test_an_error_on_one_rank_stops_the_others():
    stopped = []

    def part(comm):
        if comm.rank == 1:
            raise ZeroDivisionError("here")
        try:
            xg.grad(lambda x: xg.sum(comm.allreduce(x)))(np.ones(2))
        except DistributedError as error:
            stopped.append(str(error))
            raise

    with pytest.raises(ZeroDivisionError, match="here") as caught:
        programs.threads(part, 3, timeout=5.0)
    assert "on rank 1" in "".join(caught.value.__notes__)
    assert len(stopped) == 2
    assert all("rank 1, which failed with ZeroDivisionError" in text for text in stopped)


def test_a_message_that_nobody_sends_ends_after_a_while():
    with pytest.raises(DistributedError, match=r"waited for 0\.2 s in vain"):
        programs.threads(lambda comm: comm.sendrecv(source=1 - comm.rank, like=1.0), 2, timeout=0.2)


def test_received_values_are_tracked_within_a_transform_alone():
    def part(comm):
        seen = []

        def f(x):
            y = comm.allreduce(np.ones(2))
            with xg.no_grad():
                z = comm.allreduce(np.ones(2))
            seen.append((isinstance(y, xg.Array) and y.is_tracked, type(z)))
            return xg.sum(x)

        xg.grad(f)(np.ones(2))
        seen.append(type(comm.allreduce(np.ones(2))))
        seen.append(type(comm.allreduce(xg.ones(2))))
        seen.append(comm.allreduce(2))
        return seen

    for seen in programs.threads(part, 2):
        assert seen[0] == (True, np.ndarray)
        assert seen[1:3] == [np.ndarray, xg.Array]
        assert int(seen[3]) == 4


def test_structural_zeros_meet_no_infinity():
    """What a rank does not use is zero for the others, though a derivative be infinite."""

    def part(comm):
        def f(x):
            y = comm.allreduce(xg.sqrt(x))
            return xg.sum(y[1:]) if comm.rank == 0 else xg.sum(x)

        def sliced(x):
            root = xg.sqrt(x)
            comm.allreduce(root[:1] * 2.0)
            return xg.sum(root[2:])

        x = np.asarray([0.0, 4.0, 1.0])
        return xg.grad(f)(x), xg.grad(sliced)(x)

    found = programs.threads(part, 2)
    np.testing.assert_array_equal(found[0][0], [0.0, 0.25, 0.5])
    np.testing.assert_array_equal(found[1][0], [1.0, 1.25, 1.5])
    for _, g in found:
        np.testing.assert_array_equal(g, [0.0, 0.0, 0.5])


def test_sums_in_order_are_those_of_numpy():
    xs = [np.asarray([0.1, 1e16, -3.0]) * (1 + r) ** (-1) ** r for r in range(4)]
    total = ((xs[0] + xs[1]) + xs[2]) + xs[3]

    def part(c):
        comm = dist.use(c, deterministic=True)
        rows = np.stack([xs[comm.rank]] * 4)
        return comm.allreduce(xs[comm.rank]), comm.reduce_scatter(rows), comm.reduce(xs[comm.rank])

    for rank, (a, b, c) in enumerate(dist.run_threads(part, 4)):
        np.testing.assert_array_equal(a, total)
        np.testing.assert_array_equal(b, total)
        assert rank != 0 or np.array_equal(c, total)


def test_on_each_backend(computing):
    x = np.asarray([0.3, -1.2, 0.7])

    def part(c):
        comm = dist.use(c)
        own = computing.raw(x * (comm.rank + 1))
        g = xg.grad(lambda x: xg.sum(comm.allreduce(xg.sin(x)) ** 2) + xg.sum(comm.shift(x)))(own)
        assert type(g) is type(own)
        return computing.numpy(g)

    found = dist.run_threads(part, 2)
    total = sum(np.sin(x * k) for k in (1, 2))
    for rank, g in enumerate(found):
        wanted = 4 * total * np.cos(x * (rank + 1)) + (1.0 if rank == 0 else 0.0)
        np.testing.assert_allclose(g, wanted, rtol=1e-12)


BAD = {
    "an op": (lambda comm: comm.allreduce(1.0, "prod"), ValueError, "got op='prod'; expected"),
    "a mean of integers": (lambda comm: comm.allreduce(1, "mean"), TypeError, "xgrad.float64"),
    "a sum of booleans": (lambda comm: comm.allreduce(True), TypeError, "op='max' for any"),
    "a complex maximum": (lambda comm: comm.allreduce(1j, "max"), TypeError, "have an order"),
    "a root": (lambda comm: comm.bcast(1.0, root=1), ValueError, "from 0 to 0"),
    "a rank": (lambda comm: comm.sendrecv(1.0, dest=-1), ValueError, "got dest=-1"),
    "rows": (lambda comm: comm.alltoall(np.ones(3)), ValueError, "first axis of length 1"),
    "nothing to send": (lambda comm: comm.sendrecv(dest=0), ValueError, "got no x"),
    "nothing like it": (lambda comm: comm.sendrecv(source=0), ValueError, "got no like"),
    "another structure": (
        lambda comm: comm.sendrecv(1.0, source=0, dest=0, like=[1.0, 2.0]),
        ValueError,
        "as many of the same dtypes",
    ),
    "mpi4py's name": (lambda comm: comm.Get_rank(), AttributeError, r"Instead: comm\.rank"),
    "JAX's name": (lambda comm: comm.psum(1.0), AttributeError, r"Instead: comm\.allreduce\(x\)"),
    "a misspelt name": (lambda comm: comm.allgathr(1.0), AttributeError, "mean: 'allgather'"),
    "a name of the module": (
        lambda comm: dist.all_reduce(1.0),
        AttributeError,
        r"Instead: dist\.group\(\)\.allreduce\(x\)",
    ),
    "a communicator": (lambda comm: dist.use(3), TypeError, "expected an mpi4py.MPI.Comm"),
    "a number of threads": (lambda comm: dist.run_threads(len, 0), ValueError, "positive number"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    call, kind, text = BAD[name]
    with pytest.raises(kind, match=text):
        call(dist.use())
