# Tests of xgrad/arrays
"""A tracked array leaves the tape by no pickle: it would come back without its gradient.

The threads: pytorch/pytorch#36457, #48697 and #81186, where a tensor of the graph is pickled.
"""

import concurrent.futures
import copy
import io
import multiprocessing
import pickle

import numpy as np
import pytest

import xgrad as xg
from xgrad.errors import TracedConversionError

X = np.asarray([1.0, 2.0, 3.0, 4.0])


def _torch_save(x):
    pytest.importorskip("torch").save(x, io.BytesIO())


def _joblib_dump(x):
    pytest.importorskip("joblib").dump(x, io.BytesIO())


def _joblib_hash(x):
    pytest.importorskip("joblib").hash(x)


WAYS = {
    **{f"protocol {n}": lambda x, n=n: pickle.dumps(x, n) for n in range(2, 6)},
    "reduce": lambda x: x.__reduce_ex__(2),
    "in a tree": lambda x: pickle.dumps({"a": [x]}),
    "captured": lambda x: pickle.dumps(xg.grad(_Times(x))),
    "torch.save": _torch_save,
    "joblib.dump": _joblib_dump,
    "joblib.hash": _joblib_hash,  # by which joblib.Memory looks up what it has kept
}


class _Times:
    def __init__(self, x):
        self.x = x

    def __call__(self, y):
        return xg.sum(self.x * y)


@pytest.mark.parametrize("way", WAYS)
def test_a_variable_and_a_result_raise(way, computing):
    def at_once(x):
        WAYS[way](x)
        return xg.sum(x)

    def later(x):
        WAYS[way](x * 2.0)
        return xg.sum(x)

    for f in (at_once, later):
        for transform in (xg.grad, xg.jacfwd, xg.hessian):
            with pytest.raises(TracedConversionError, match=r"a pickle of .*x\.detach\(\)"):
                transform(f)(computing.raw(X))
    leaf = xg.asarray(computing.raw(X), requires_grad=True)
    with pytest.raises(TracedConversionError, match="inside the function that a worker"):
        WAYS[way](leaf * 2.0)


def test_what_is_whole_without_the_tape_comes_back(computing):
    leaf = xg.asarray(computing.raw(X), requires_grad=True)
    for x, requires_grad in ((leaf, True), ((leaf * 2.0).detach(), False)):
        again = pickle.loads(pickle.dumps(x))
        assert again.requires_grad == requires_grad
        assert again.backend == x.backend
        np.testing.assert_array_equal(computing.numpy(again), computing.numpy(x))
    with xg.no_grad():
        assert not pickle.loads(pickle.dumps(leaf * 2.0)).is_tracked


def test_copies_stay_on_the_tape():
    for copied in (copy.copy, copy.deepcopy):
        np.testing.assert_array_equal(xg.grad(lambda x, c=copied: xg.sum(c(x) ** 2))(X), 2 * X)


def _pool(x):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return xg.sum(pool.map(np.square, [x])[0])


def _executor(x):
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return xg.sum(pool.submit(np.square, x).result())


def _joblib(x):
    joblib = pytest.importorskip("joblib")
    return xg.sum(joblib.Parallel(n_jobs=2)(joblib.delayed(np.square)(x[i]) for i in range(2))[0])


@pytest.mark.parametrize("pool", [_pool, _executor, _joblib])
def test_pools_of_processes_raise(pool):
    """joblib says only in the text of a cause what went wrong: the transform says it again."""
    with pytest.raises(TracedConversionError, match=r"a pickle of .*x\.detach\(\)"):
        xg.grad(pool)(X)


def test_a_kept_result_is_never_one_without_its_gradient(tmp_path):
    joblib = pytest.importorskip("joblib")

    @joblib.Memory(tmp_path, verbose=0).cache
    def square(x):
        return x**2

    for _ in range(2):
        with pytest.raises(TracedConversionError, match="around the call that is kept"):
            xg.grad(lambda x: xg.sum(square(x)))(X)
