# Tests of xgrad/distributed/pools.py
"""Derivatives through a pool are those of the same calls made here, in each mode and order.

Threads are tried always, processes where XGRAD_PROCESSES is set, as the session `tests_mpi` does.
"""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import numpy as np
import pytest

import xgrad as xg
from xgrad.distributed import starmap
from xgrad.errors import TracedConversionError

X = np.asarray([0.3, -1.2, 2.0])
WEIGHTS = [1.0, 2.0, np.asarray([0.5, 1.0, 2.0])]
processes = pytest.mark.skipif(
    "XGRAD_PROCESSES" not in os.environ, reason="processes take seconds to start"
)


def energy(x, w, k=2):
    return xg.sum(w * xg.sin(x) ** k) + xg.sum(x) ** 3


def nested(p, n, name):
    assert name == "a name"
    return {"a": p["w"] * p["b"] ** 2, "b": [xg.exp(p["w"]), n]}


def of_energies(x, pool):
    return sum(starmap(energy, pool)([(x, w, 2) for w in WEIGHTS])) ** 2


def of_trees(p, pool):
    calls = [(p, 1, "a name"), ({"w": p["b"], "b": p["w"]}, 2, "a name")]
    return sum(xg.sum(y["a"]) * xg.sum(y["b"][0]) * y["b"][1] for y in starmap(nested, pool)(calls))


class Here:
    """The pool that runs nothing elsewhere, and sees every op."""

    def __init__(self, pool=None):
        self.count = 0

    def map(self, f, items):
        self.count += len(items := list(items))
        return [f(item) for item in items]


class Tasks(Here):
    """What looks like the module ``ray``, which takes functions alone."""

    map = None

    def remote(self, f):
        assert type(f).__name__ == "function"
        self.f = f
        return type("Remote", (), {"remote": lambda _, item: (f, item)})()

    def get(self, refs):
        return [f(item) for f, item in refs]


del Tasks.map


@contextmanager
def _joblib(kind):
    yield pytest.importorskip("joblib").Parallel(2, backend=kind)


@contextmanager
def _client():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


@contextmanager
def _here(cls):
    yield cls()


POOLS = {
    "none": lambda: _here(lambda: None),
    "map": lambda: _here(Here),
    "tasks": lambda: _here(Tasks),
    "threads": lambda: ThreadPoolExecutor(2),
    "joblib's threads": lambda: _joblib("threading"),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("fork")),
    "multiprocessing": lambda: get_context("fork").Pool(2),
    "joblib": lambda: _joblib("loky"),
    "Dask": _client,
}
FAR = ("processes", "multiprocessing", "joblib", "Dask")
EACH = [pytest.param(name, marks=processes if name in FAR else ()) for name in POOLS]

TRANSFORMS = {
    "grad": lambda f: xg.grad(f)(X),
    "jvp": lambda f: xg.jvp(f, (X,), (X[::-1].copy(),))[1],
    "reverse over reverse": lambda f: xg.grad(lambda x: xg.sum(xg.grad(f)(x) ** 2))(X),
    "forward over forward": lambda f: xg.jacfwd(xg.jacfwd(f))(X),
    "hessian": lambda f: xg.hessian(f)(X),
    "hvp": lambda f: xg.hvp(f, X, X),
}


@pytest.mark.parametrize("name", EACH)
def test_derivatives_are_those_of_calls_made_here(name):
    with POOLS[name]() as pool:
        for transform in TRANSFORMS.values():
            found = transform(lambda x: of_energies(x, pool))
            wanted = transform(lambda x: sum(energy(x, w) for w in WEIGHTS) ** 2)
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
        p = {"w": X, "b": 2 * X}
        found, wanted = xg.grad(of_trees)(p, pool), xg.grad(of_trees)(p, None)
        for key in p:
            np.testing.assert_array_equal(found[key], wanted[key])
        values = starmap(energy, pool)([(X, 1.0), (X, 2.0)])
        assert [float(v) for v in values] == [float(energy(X, w)) for w in (1.0, 2.0)]


@pytest.mark.parametrize("name", [p for p in EACH if p.values[0] in FAR])
def test_what_a_pool_takes_off_the_tape_raises_and_names_the_way(name):
    def through(pool, x):
        if name == "joblib":
            joblib = pytest.importorskip("joblib")
            return sum(pool(joblib.delayed(energy)(x, w) for w in (1.0, 2.0)))
        if name == "Dask":
            return sum(pool.gather([pool.submit(energy, x, w) for w in (1.0, 2.0)]))
        if name == "multiprocessing":
            return sum(pool.starmap(energy, [(x, 1.0), (x, 2.0)]))
        return sum(pool.map(energy, [x, x], [1.0, 2.0]))

    with POOLS[name]() as pool:
        for transform in (xg.grad, xg.jacfwd):
            with pytest.raises(TracedConversionError, match=r"distributed\.starmap\(f, pool\)"):
                transform(lambda x: through(pool, x))(X)


def test_only_calls_that_are_watched_are_made_again():
    pool = Here()
    xg.grad(lambda x: sum(starmap(energy, pool)([(x, 1.0), (X, 1.0), (X, 2.0)])))(X)
    assert pool.count == 3 + 1


def test_on_each_backend(computing):
    x = computing.raw(X)
    found = xg.grad(lambda x: sum(starmap(energy)([(x, 1.0), (x, 2.0)])))(x)
    assert type(found) is type(x)
    wanted = xg.grad(lambda x: energy(x, 1.0) + energy(x, 2.0))(X)
    np.testing.assert_allclose(computing.numpy(found), wanted, rtol=1e-12)


def test_bad_input_is_named():
    assert starmap(energy)([]) == []
    with pytest.raises(TypeError, match=r"expected a tuple, as \(x,\)"):
        starmap(energy)([X])
    with pytest.raises(TypeError, match="got a pool of type int; expected an executor"):
        starmap(energy, 3)
    with pytest.raises(xg.errors.RuleError, match="not among its arguments"):
        xg.grad(lambda x: sum(starmap(lambda y: xg.sum(x * y))([(x,)])))(X)
