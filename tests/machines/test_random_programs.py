# Tests of xgrad/distributed, xgrad/engine/effects.py
"""Random programs of collectives end, and their derivatives agree with each other.

The adjoint identity over all ranks ties the gradient to the tangent, and the symmetry of the second
derivative ties its two halves. XGRAD_PROCESSES makes a thousand of them.
"""

import os

import numpy as np
import pytest

import xgrad as xg
from tests.machines import programs

COUNT = 1000 if "XGRAD_PROCESSES" in os.environ else 25
N = 3


def program(seed, size):
    """Return a program: all ranks make the same collectives, but of other values of theirs."""
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(rng.integers(1, 6)):
        kind = rng.choice(["allreduce", "mean", "max", "allgather", "scatter", "alltoall", "bcast",
                           "reduce", "shift", "ring", "checkpoint", "inner", "local"])  # fmt: skip
        steps.append(
            (
                kind,
                int(rng.integers(size)),
                rng.integers(0, 4, size),  # what each rank sends
                rng.random(size) < 0.7,  # whether it uses what it receives
            )
        )

    def run(comm, x):
        values, rank = [x, xg.sin(x), np.linspace(0.5, 1.0, N)], comm.rank
        for kind, root, sends, uses in steps:
            sent = values[sends[rank] % len(values)]
            got = _step(comm, kind, root, sent)
            if got is not None and uses[rank]:
                values.append(got)
        total = values[-1] * values[-2] + values[0]
        return xg.sum(total * total) * (0.1 if steps[0][3][rank] else 0.0)

    return run


def _step(comm, kind, root, x):
    rows = xg.stack([x * (k + 1) for k in range(comm.size)])
    calls = {
        "allreduce": lambda: comm.allreduce(xg.tanh(x)),
        "mean": lambda: comm.allreduce(x * x, "mean"),
        "max": lambda: comm.allreduce(x + 0.01 * comm.rank * np.arange(N), "max"),
        "allgather": lambda: xg.sum(comm.allgather(x), axis=0),
        "scatter": lambda: comm.reduce_scatter(xg.sin(rows)),
        "alltoall": lambda: xg.sum(comm.alltoall(xg.cos(rows)), axis=0),
        "bcast": lambda: comm.bcast(x, root=root),
        "reduce": lambda: comm.reduce(xg.sin(x), root=root),
        "shift": lambda: comm.shift(x, 1),
        "ring": lambda: comm.sendrecv(
            x, dest=(comm.rank + 1) % comm.size, source=(comm.rank - 1) % comm.size
        ),
        "checkpoint": lambda: xg.checkpoint(lambda y: comm.allreduce(xg.sin(y)) * y)(x),
        "inner": lambda: xg.grad(lambda y: xg.sum(comm.allreduce(xg.sin(y)) ** 2), strict=False)(x),
        "local": lambda: xg.exp(-x * x),
    }
    return calls[kind]()


@pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")
def test_random_programs():
    for seed in range(COUNT):
        size = 2 + seed % 3
        f = program(seed, size)
        rng = np.random.default_rng(seed)
        xs, us, vs = rng.normal(size=(3, size, N))

        def part(comm, f=f, xs=xs, us=us, vs=vs):
            r = comm.rank
            own = lambda x: f(comm, x)  # noqa: E731 - one line is enough
            g = xg.grad(own, strict=False)(xs[r])
            t = xg.jvp(own, (xs[r],), (vs[r],))[1]
            h = xg.hvp(own, xs[r], vs[r])
            s = xg.jvp(xg.grad(own, strict=False), (xs[r],), (us[r],))[1]
            return [float(np.asarray(y)) for y in (
                np.sum(np.asarray(g) * vs[r]), t, np.sum(np.asarray(h) * us[r]),
                np.sum(np.asarray(s) * vs[r]))]  # fmt: skip

        first, slope, second, symmetric = np.sum(programs.threads(part, size), axis=0)
        assert abs(first - slope) <= 1e-10 * max(1.0, abs(slope)), seed
        assert abs(second - symmetric) <= 1e-9 * max(1.0, abs(second)), seed
