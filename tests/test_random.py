# Tests of xgrad/random.py
"""Random numbers: seeded, on the chosen backend, and constants that gradients flow past."""

import pickle

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


@pytest.mark.parametrize("name", ["numpy", "torch", "array_api_strict"])
def test_a_generator_is_pickled_with_its_state(name):
    pytest.importorskip(name)
    with xg.use_backend(name):
        rng = default_rng(7)
        rng.normal(size=3)
        other = pickle.loads(pickle.dumps(rng))
        assert rng.normal(size=4).tolist() == other.normal(size=4).tolist()
        assert other.normal(size=1).backend == name


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


SHAPED = {
    "gamma": (lambda rng, a: rng.gamma(a, 1.5, 20000), 2.3),
    "small gamma": (lambda rng, a: rng.gamma(a, size=20000), 0.4),
    "beta": (lambda rng, a: rng.beta(a, 2.0, 20000), 1.7),
    "dirichlet": (
        lambda rng, a: rng.dirichlet(xg.stack([a, 1.0 + 0 * a, 2.0 + 0 * a]), 20000)[:, 0],
        1.4,
    ),
    "standard_t": (lambda rng, a: xg.abs(rng.standard_t(a, 20000)), 5.5),
}
MEANS = {
    "gamma": lambda a: 1.5,
    "small gamma": lambda a: 1.0,
    "beta": lambda a: 2.0 / (a + 2.0) ** 2,
    "dirichlet": lambda a: 3.0 / (a + 3.0) ** 2,
}


@pytest.mark.parametrize("name", SHAPED)
def test_the_mean_of_samples_has_the_derivative_of_the_mean(name):
    pytest.importorskip("scipy")
    draw, at = SHAPED[name]
    slope = xg.grad(lambda a: xg.mean(draw(default_rng(3), a)))(at)
    assert float(
        xg.jvp(lambda a: xg.mean(draw(default_rng(3), a)), (at,), (1.0,))[1]
    ) == pytest.approx(float(slope))
    if name in MEANS:
        assert slope == pytest.approx(MEANS[name](at), rel=0.05)
    else:
        from scipy import stats

        spread = [stats.t.expect(abs, (at + h,)) for h in (1e-3, -1e-3)]
        assert slope == pytest.approx((spread[0] - spread[1]) / 2e-3, rel=0.2)


def test_gamma_numbers_are_those_of_the_library_and_their_derivative_is_that_of_the_quantile():
    special = pytest.importorskip("scipy.special")
    a = np.asarray([0.3, 1.0, 7.0, 60.0])
    x = np.asarray(default_rng(1).gamma(a).data)
    np.testing.assert_array_equal(x, np.random.default_rng(1).standard_gamma(a))
    slope = xg.grad(lambda a: xg.sum(default_rng(1).gamma(a)))(a)
    u, h = special.gammainc(a, x), 1e-5 * a
    expected = (special.gammaincinv(a + h, u) - special.gammaincinv(a - h, u)) / (2 * h)
    np.testing.assert_allclose(slope, expected, rtol=1e-4)


def test_gamma_numbers_of_each_example_have_its_own_shape():
    pytest.importorskip("scipy")
    a = np.asarray([0.7, 2.0, 9.0])

    def mean(a):
        return xg.mean(default_rng(0).gamma(a, size=20000))

    for randomness in ("same", "different"):
        np.testing.assert_allclose(xg.vmap(mean, randomness=randomness)(a), a, rtol=0.05)
        slopes = xg.vmap(xg.grad(mean), randomness=randomness)(a)
        np.testing.assert_allclose(slopes, np.ones(3), rtol=0.05)


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda rng: rng.gamma(-1.0), "random.gamma: a parameter is not positive"),
        (lambda rng: rng.beta(1.0, -1.0), "random.gamma: a parameter is not positive"),
        (lambda rng: rng.gamma(2.0, -1.0), r"random.gamma: scale is -1.0"),
        (lambda rng: rng.gamma(np.ones(2), size=3), r"size is \(3,\), and the parameter has shape"),
        (lambda rng: rng.gamma(1.0 + 1.0j), "random: a parameter is complex128"),
        (lambda rng: rng.dirichlet(2.0), "random.dirichlet: alpha is one number"),
    ],
)
def test_parameters_that_no_distribution_has_are_told_of(draw, says):
    pytest.importorskip("scipy")
    with pytest.raises((ValueError, TypeError), match=says):
        draw(default_rng(0))


def test_soft_choices_are_as_likely_as_the_hard_ones():
    logits = np.log(np.asarray([0.2, 0.3, 0.5]))
    soft = default_rng(0).gumbel_softmax(logits, 0.01, size=4000)
    np.testing.assert_allclose(np.mean(np.asarray(soft.data), axis=0), [0.2, 0.3, 0.5], atol=0.03)
    xg.testing.check_grads(
        lambda x: default_rng(0).gumbel_softmax(x, 0.7, size=5), (logits,), order=2
    )


def test_choice_by_probabilities_and_of_an_array():
    p = [0.1, 0.0, 0.6, 0.3]
    drawn = default_rng(0).choice(4, 4000, p=p)
    counts = np.bincount(np.asarray(drawn.tolist()), minlength=4) / 4000
    np.testing.assert_allclose(counts, p, atol=0.03)
    once = [default_rng(i).choice(4, 3, replace=False, p=p).tolist() for i in range(20)]
    assert all(sorted(x) == [0, 2, 3] for x in once)
    assert np.mean([x[0] == 2 for x in once]) > 0.3
    assert set(default_rng(0).choice([1.5, 2.5], 20).tolist()) == {1.5, 2.5}
    rows = default_rng(0).choice(xg.asarray(np.eye(3)), 2, False)
    assert rows.shape == (2, 3)
    with pytest.raises(ValueError, match=r"choice: p has shape \(2,\).*expected \(3,\)"):
        default_rng(0).choice(3, p=[0.5, 0.5])
    with pytest.raises(ValueError, match=r"choice: got 4 draws .* and 3 of p are not 0"):
        default_rng(0).choice(4, 4, replace=False, p=p)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("exponential", r"Use -scale \* xgrad.log1p"),
        ("poisson", r"Use xgrad.asarray\(numpy.random.default_rng\(seed\).poisson"),
        ("shuffle", r"Use x = x\[rng.permutation"),
        ("nosuch", "It has random, uniform"),
    ],
)
def test_what_a_generator_has_not_names_what_to_write(name, instead):
    with pytest.raises(AttributeError, match=instead):
        getattr(default_rng(0), name)
