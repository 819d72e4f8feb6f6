# Tests of backends/xgrad_backends/cupyx_messages.py
"""NCCL without a GPU: the programs of `programs.py` on a stand-in, and the names of CuPy's own."""

import ast
import importlib.util
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.machines import nccl, programs
from xgrad import distributed as dist


@pytest.fixture
def run(monkeypatch):
    """Return ``run(part, size)``, whose ranks are threads that talk through the stand-in."""
    for name, module in (("cupy", nccl.CUPY), ("cupy.cuda", nccl.CUPY.cuda)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "xgrad_backends.cupyx_messages", raising=False)
    yield threads
    sys.modules.pop("xgrad_backends.cupyx_messages", None)


def threads(part, size):
    backends = nccl.ranks(size)
    return dist.run_threads(lambda c: part(dist.use(backends[c.rank])), size, timeout=10.0)


@pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")
@pytest.mark.parametrize("name", [f.__name__ for f in programs.DIFFER + programs.COLLECTIVES])
def test_derivatives_are_those_of_the_sum_over_ranks(name, run):
    for what, error in programs.errors_of(run, getattr(programs, name), 3):
        assert error < 1e-8, f"{what} is off by {error:.1e}"


def test_each_dtype_and_shape(run):
    def part(comm):
        for char in "?bBhHiIlLefdFD":
            x = (np.arange(6).reshape(2, 3) % 2).astype(char)
            rows = np.stack([x, 1 - x, x]).astype(char)
            ups = [x, x.T, x[0, 0], x[:0], x[::-1, ::2]]
            for given in ups:
                np.testing.assert_array_equal(comm.allgather(given), np.stack([given] * 3))
                np.testing.assert_array_equal(comm.bcast(given, root=2), given)
                np.testing.assert_array_equal(comm.shift(given, 1, wraps=True), given)
            np.testing.assert_array_equal(comm.alltoall(rows), np.stack([rows[comm.rank]] * 3))
            op = "max" if char == "?" else "sum"
            total = x if char == "?" else (3 * x).astype(char)
            for given in (x, x.T, x[0, 0], x[:0]):
                y = comm.allreduce(given, op)
                assert y.dtype == given.dtype
                assert y.shape == given.shape
            np.testing.assert_array_equal(comm.allreduce(x, op), total)
            if char != "?":
                np.testing.assert_array_equal(comm.reduce_scatter(rows), 3 * rows[comm.rank])
            y = comm.reduce(x, op, root=1)
            assert (y is None) is (comm.rank != 1)

    run(part, 3)


def test_methods_and_parameters_are_those_of_cupy():
    spec = importlib.util.find_spec("cupyx")
    if spec is None:
        pytest.skip("CuPy is not installed")
    path = Path(spec.submodule_search_locations[0]) / "distributed" / "_nccl_comm.py"
    text = path.read_text(encoding="utf-8")
    (real,) = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == "NCCLBackend"
    ]
    methods = {f.name: f for f in real.body if isinstance(f, ast.FunctionDef)}
    for name, own in vars(nccl.NCCLBackend).items():
        if name[0] != "_":
            wanted = [a.arg for a in methods[name].args.args]
            assert list(inspect.signature(own).parameters) == wanted, name
    assert all(f"'{char}': nccl.NCCL_" in text for char in nccl.KNOWN)
