# Tests of xgrad/random.py
"""Random numbers: seeded, on the chosen backend, and constants that gradients flow past."""

import numpy as np
import pytest

import xgrad as xg
from xgrad.random import Generator, default_rng


def test_the_seed_decides():
    assert default_rng(5).random(4).tolist() == default_rng(5).random(4).tolist()
    assert default_rng(5).random(4).tolist() != default_rng(6).random(4).tolist()
    assert default_rng().random(4).tolist() != default_rng().random(4).tolist()


def test_numpy_draws_as_numpy_does():
    rng, expected = default_rng(1), np.random.default_rng(1)
    np.testing.assert_array_equal(rng.random((2, 3)).data, expected.random((2, 3)))
    np.testing.assert_array_equal(rng.standard_normal(5).data, expected.standard_normal(5))
    np.testing.assert_array_equal(rng.integers(2, 9, 5).data, expected.integers(2, 9, 5))
    np.testing.assert_array_equal(rng.permutation(6).data, expected.permutation(6))


@pytest.mark.parametrize("dtype", [None, "float64", "float32", "float16"])
@pytest.mark.parametrize("draw", ["random", "standard_normal", "uniform", "normal"])
def test_dtypes(draw, dtype):
    x = getattr(default_rng(0), draw)(size=(3, 2), dtype=dtype)
    assert isinstance(x, xg.Array)
    assert x.dtype == np.dtype(dtype or "float64")
    assert x.shape == (3, 2)
    assert not x.is_tracked


def test_sizes():
    rng = default_rng(0)
    for draw in (rng.random, rng.standard_normal, rng.uniform, rng.normal, rng.bernoulli):
        assert draw().shape == ()
        assert draw(size=3).shape == (3,)
        assert draw(size=(0, 2)).shape == (0, 2)
    assert rng.integers(3).shape == ()
    mean = xg.asarray([[1.0], [2.0]])
    assert rng.normal(mean, xg.asarray([1.0, 2.0, 3.0])).shape == (2, 3)
    assert rng.uniform(mean, 5.0).shape == (2, 1)
    assert rng.bernoulli(xg.asarray([0.1, 0.2])).shape == (2,)


def test_distributions():
    rng, n = default_rng(0), 20_000
    uniform = rng.uniform(-1.0, 3.0, n).data
    assert uniform.min() >= -1
    assert uniform.max() < 3
    np.testing.assert_allclose([uniform.mean(), uniform.var()], [1, 16 / 12], atol=0.05)
    normal = rng.normal(2.0, 0.5, n).data
    np.testing.assert_allclose([normal.mean(), normal.std()], [2, 0.5], atol=0.02)
    assert rng.bernoulli(0.25, n).dtype == np.bool_
    np.testing.assert_allclose(rng.bernoulli(0.25, n).data.mean(), 0.25, atol=0.02)
    assert set(rng.integers(5, size=n).tolist()) == set(range(5))
    assert set(rng.choice(3, n).tolist()) == {0, 1, 2}


def test_choice_without_replacement_draws_each_once():
    drawn = default_rng(0).choice(10, (2, 4), replace=False)
    assert drawn.shape == (2, 4)
    assert len(set(drawn.reshape((8,)).tolist())) == 8


def test_parameters_have_derivatives():
    def draw(mean, scale):
        return xg.sum(default_rng(0).normal(mean, scale, size=4))

    sample = default_rng(0).standard_normal(4)
    mean, scale = xg.grad(draw, argnums=(0, 1))(xg.asarray(1.0), xg.asarray(2.0))
    assert float(mean) == 4
    np.testing.assert_allclose(float(scale), sample.data.sum())


def test_parameters_give_the_dtype():
    mean = xg.asarray(1.0, dtype="float32")
    assert default_rng(0).normal(mean, 0.1).dtype == np.float32
    assert default_rng(0).normal(mean, 0.1, dtype="float64").dtype == np.float64


@pytest.mark.parametrize(("name", "device"), [("array_api_strict", "device1"), ("torch", "meta")])
def test_the_backend_and_device_are_heeded(name, device):
    pytest.importorskip(name)
    with xg.use_backend(name, device):
        expected = xg.zeros(1).device
        inside = default_rng(0)
    for rng in (inside, default_rng(0, backend=name, device=device)):
        for x in (rng.random(2), rng.normal(0.0, 1.0, 2), rng.integers(3, size=2), rng.choice(4)):
            assert (x.backend, x.device) == (name, expected)
    assert default_rng(0, backend=f"{name}:{device}").random().device == expected
    assert device in repr(inside)
    assert xg.get_backend() == "numpy"


def test_bad_arguments():
    with pytest.raises(ValueError, match="got seed -1; expected a non-negative integer or None"):
        default_rng(-1)
    with pytest.raises(TypeError, match="got dtype int64; expected a real floating-point one"):
        default_rng(0).random(2, dtype="int64")
    with pytest.raises(ValueError, match="got 5 draws from 4 integers with replace=False"):
        default_rng(0).choice(4, 5, replace=False)
    with pytest.raises(xg.errors.UnknownBackendError, match="nunpy"):
        default_rng(0, backend="nunpy")
    assert repr(default_rng(0)) == "<random generator on numpy>"
    assert isinstance(default_rng(0), Generator)
