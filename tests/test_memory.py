# Tests of xgrad/engine, xgrad/custom/checkpoint.py
"""What a gradient needs at its peak, as a multiple of what the hand-written code needs.

NumPy reports its buffers to `tracemalloc`, so the peak is exact and does not depend on the machine.
"""

import ctypes
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import xgrad as xg
from benchmarks.libraries import load
from benchmarks.workloads import WORKLOADS


def peak(f):
    """Return the highest number of bytes that a call holds beyond those held before it."""
    f()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        f()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "size", "multiple"),
    [
        ("black-scholes-10000", {"points": 30_000}, 1.1),
        ("mlp-512", {}, 1.05),
        ("lstm", {"steps": 30}, 1.6),  # by hand the gates' arguments are dropped: digits of tanh'
        ("wave", {}, 1.25),
        ("chain-10000", {}, 1.05),
        ("gaussian-process", {}, 1.7),
    ],
)
def test_peak_beside_the_hand_written_code(name, size, multiple):
    workload, library = WORKLOADS[name], load("xgrad", 1)
    inputs = workload.inputs(np.random.default_rng(1), **(workload.size | size))
    f = library.ways[workload.derivative](library.bind(workload.model), workload.wrt)
    by_hand, ours = peak(lambda: workload.by_hand(np, *inputs)), peak(lambda: f(*inputs))
    assert ours <= multiple * by_hand, f"{ours / by_hand:.2f} times"


N = 100_000
X = np.linspace(0.1, 1.0, N)


def arrays(f):
    """Return the peak of a gradient in arrays of `X`'s size."""
    return peak(lambda: xg.grad(f)(X)) / X.nbytes


def test_a_long_chain_without_saved_values_needs_a_few_arrays():
    def shifted(x):
        for _ in range(50):
            x = x + 1.0
        return xg.sum(x)

    assert arrays(shifted) < 2.1


def test_a_walk_frees_values_as_it_consumes_them():
    def sines(x):
        for _ in range(20):
            x = xg.sin(x)
        return xg.sum(x)

    # the twenty saved arguments, and cotangents in the place of those that are consumed
    assert arrays(sines) < 20.5


def test_the_cotangent_of_a_sum_is_no_array():
    assert arrays(lambda x: xg.sum(x)) < 1.01  # the gradient itself, which is the caller's
    assert arrays(lambda x: xg.sum(x + 1.0)) < 1.1


def test_checkpoints_keep_the_ends_of_the_parts_only():
    def part(x):
        for _ in range(10):
            x = xg.sin(x)
        return x

    def whole(x, part):
        for _ in range(10):
            x = part(x)
        return xg.sum(x)

    plain = arrays(lambda x: whole(x, part))
    kept = arrays(lambda x: whole(x, xg.checkpoint(part)))
    assert plain > 100
    assert kept < 21.5


def test_nothing_is_kept_of_what_is_not_recorded():
    def smooth():
        x = xg.asarray(X)
        for _ in range(50):
            x = xg.sin(x)
        return x

    assert peak(smooth) < 4 * X.nbytes
    with xg.no_grad():
        x = xg.asarray(X, requires_grad=True)
        assert peak(lambda: xg.sin(xg.sin(xg.sin(xg.sin(x))))) < 4 * X.nbytes


KEEP = """
import sys, time
import numpy as np, xgrad as xg
xg.keep_memory()
x = np.ones(100_000)  # 0.8 MB: glibc would give it back
faults = []
for _ in range(3):
    before = __import__("resource").getrusage(0).ru_minflt
    for _ in range(50):
        x * 2.0
    faults.append(__import__("resource").getrusage(0).ru_minflt - before)
print(faults[-1])
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_kept_memory_needs_no_new_pages():
    run = [sys.executable, "-c", KEEP]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50 * 100_000 * 8 / 4096 / 10


def test_keep_memory_says_where_it_does_not_work(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    with pytest.raises(xg.errors.BackendUnavailableError, match="for Linux with glibc"):
        xg.keep_memory()
