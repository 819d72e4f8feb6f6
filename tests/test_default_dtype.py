# Tests of xgrad/backends/defaults.py
"""The dtype of what is made of Python numbers can be chosen, and nothing else changes by it."""

import threading

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn

MADE = {
    "zeros": lambda: xg.zeros(2),
    "ones": lambda: xg.ones(2),
    "empty": lambda: xg.empty(2),
    "full": lambda: xg.full(2, 0.5),
    "eye": lambda: xg.eye(2),
    "arange": lambda: xg.arange(0.0, 2.0),
    "linspace": lambda: xg.linspace(0, 1, 3),
    "asarray": lambda: xg.asarray(1.0),
    "of a list": lambda: xg.asarray([[1.0, 2.0], [3.0, 4.0]]),
    "random": lambda: xg.random.default_rng(0).random(2),
    "normal": lambda: xg.random.default_rng(0).normal(size=2),
    "weights": lambda: nn.Linear(2, 3, rng=0).weight,
    "statistics": lambda: nn.BatchNorm2d(3).running_var,
    "table": lambda: nn.Embedding(3, 2, rng=0).weight,
}


@pytest.mark.parametrize("name", MADE)
def test_new_arrays_have_the_default_dtype(name, computing):
    with xg.use_backend(computing.backend.name, computing.device):
        assert MADE[name]().dtype == xg.get_default_dtype() == np.float64
        with xg.default_dtype(xg.float32):
            assert MADE[name]().dtype == xg.get_default_dtype() == np.float32
        assert MADE[name]().dtype == np.float64


def test_what_has_a_dtype_keeps_it():
    with xg.default_dtype("float32"):
        assert xg.asarray(np.zeros(2)).dtype == np.float64
        assert (xg.asarray(np.zeros(2)) + 1.0).dtype == np.float64
        assert xg.asarray([1, 2]).dtype == np.int64
        assert xg.zeros(2, dtype=xg.float64).dtype == np.float64
        assert xg.asarray(1j).dtype == np.complex64
        assert xg.grad(lambda x: xg.sum(x**2))(np.ones(3)).dtype == np.float64
        assert nn.Linear(2, 3, rng=0, dtype="float64").weight.dtype == np.float64
        assert xg.__array_namespace_info__().default_dtypes()["real floating"] == np.float32


def test_a_thread_has_its_own():
    found = []
    with xg.default_dtype("float32"):
        thread = threading.Thread(target=lambda: found.append(xg.zeros(1).dtype))
        thread.start()
        thread.join()
    assert found == [np.float64]


def test_it_is_set_and_set_back():
    xg.set_default_dtype("float32")
    try:
        assert xg.zeros(1).dtype == np.float32
    finally:
        xg.set_default_dtype(xg.float64)
    assert xg.zeros(1).dtype == np.float64


@pytest.mark.parametrize("dtype", ["int64", np.complex64, "floaty", bool])
def test_a_dtype_that_is_no_real_floating_one(dtype):
    with pytest.raises(TypeError, match="expected a real floating-point dtype"):
        xg.set_default_dtype(dtype)


def test_a_small_network_trains_in_it_throughout():
    with xg.default_dtype("float32"):
        model = nn.Sequential(
            nn.Conv2d(1, 2, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2, rng=1)
        )
        assert repr(model).startswith("Sequential()  # 38 parameters of float32")
        x = xg.random.default_rng(0).normal(size=(3, 1, 4, 4))
        optimizer = xg.optim.Optimizer(xg.optim.Adam(), model)
        loss, g = xg.value_and_grad(lambda m: xg.mean(m(x) ** 2))(model)
        optimizer.step(g)
    state = optimizer.state.slots
    assert {a.dtype for a in xg.tree.leaves((optimizer.model, state, loss, g))} == {
        np.dtype("float32")
    }
