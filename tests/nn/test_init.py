# Tests of xgrad/nn/init.py
"""Initial weights: their variance, and that signals and gradients keep theirs in depth."""

import math

import numpy as np
import pytest

import xgrad as xg
import xgrad.nn.functional as F
from xgrad.nn import init
from xgrad.random import default_rng

SHAPE = (300, 200)

VARIANCES = {
    "xavier": (lambda n, m: 2 / (n + m), init.xavier_normal, init.xavier_uniform, {}),
    "xavier, gain": (
        lambda n, m: 9 * 2 / (n + m),
        init.xavier_normal,
        init.xavier_uniform,
        {"gain": 3.0},
    ),
    "kaiming": (lambda n, m: 2 / n, init.kaiming_normal, init.kaiming_uniform, {}),
    "kaiming, fan_out": (
        lambda n, m: 2 / m,
        init.kaiming_normal,
        init.kaiming_uniform,
        {"mode": "fan_out", "nonlinearity": "relu"},
    ),
    "kaiming, slope": (
        lambda n, m: 2 / (1 + 0.25) / n,
        init.kaiming_normal,
        init.kaiming_uniform,
        {"a": 0.5},
    ),
    "lecun": (lambda n, m: 1 / n, init.lecun_normal, init.lecun_uniform, {}),
}


@pytest.mark.parametrize("name", VARIANCES)
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_variance_is_that_of_the_formula(name, kind):
    variance, normal, uniform, options = VARIANCES[name]
    w = np.asarray((normal if kind == "normal" else uniform)(SHAPE, default_rng(0), **options))
    n, m = init.fans(SHAPE)
    assert w.shape == SHAPE
    np.testing.assert_allclose(w.var(), variance(n, m), rtol=0.02)
    assert abs(w.mean()) < 0.02 * w.std()
    if kind == "uniform":
        assert np.abs(w).max() <= math.sqrt(3 * variance(n, m))


def depth(weights, activation, nonlinear_gain=1.0):
    """Return the variances of signals and of cotangents after ten layers, over those before."""
    n, layers = 256, 10
    rng = default_rng(1)
    x = rng.standard_normal((512, n))
    Ws = [weights((n, n), default_rng(i)) for i in range(layers)]

    def forward(x):
        z = x
        for W in Ws:
            z = F.linear(activation(z) if z is not x else z, W)
        return z

    z, pullback = xg.vjp(forward, x)
    (g,) = pullback(rng.standard_normal(z.shape))
    return float(xg.var(z)) / float(xg.var(x)), float(xg.var(g))


def test_xavier_keeps_signals_and_gradients_through_linear_layers():
    signal, gradient = depth(init.xavier_normal, lambda z: z)
    assert 0.5 < signal < 2
    assert 0.5 < gradient < 2


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
def test_kaiming_keeps_signals_and_gradients_through_relus(mode):
    def weights(shape, rng):
        return init.kaiming_normal(shape, rng, mode=mode, nonlinearity="relu")

    signal, gradient = depth(weights, F.relu)
    assert 0.7 < signal < 6  # the first layer has no relu before it, and doubles the variance
    assert 0.7 < gradient < 6
    faded, _ = depth(init.xavier_normal, F.relu)
    assert faded < 0.01  # half of it is lost in each layer


def test_weights_too_small_or_large_fade_and_explode():
    for std, low, high in ((0.5, 0, 1e-4), (2.0, 1e4, math.inf)):

        def weights(shape, rng, std=std):
            return init.normal(shape, rng, std=std / math.sqrt(shape[1]))

        assert all(low <= ratio < high for ratio in depth(weights, lambda z: z))


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (8, 3, 2, 2)])
def test_orthogonal(shape, computing):
    with xg.use_backend(computing.backend.name, computing.device):
        w = init.orthogonal(shape, default_rng(0), gain=2.0)
    w = computing.numpy(w).reshape(shape[0], -1) / 2
    small = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-12)


def test_orthogonal_maps_are_uniform():
    corner = [float(init.orthogonal((3, 3), default_rng(i))[0, 0]) for i in range(300)]
    assert abs(np.mean(corner)) < 0.1  # without the signs of R it would always be negative
    np.testing.assert_allclose(np.var(corner), 1 / 3, rtol=0.2)


def test_truncated_normal():
    w = np.asarray(init.trunc_normal((400, 100), default_rng(0), mean=1.0, std=0.5, a=0.0, b=2.0))
    assert w.min() >= 0
    assert w.max() <= 2
    np.testing.assert_allclose([w.mean(), w.std()], [1, 0.5 * 0.8796], rtol=0.02)


def test_sparse():
    w = np.asarray(init.sparse((50, 20), default_rng(0), sparsity=0.31))
    assert ((w == 0).sum(0) == 16).all()
    np.testing.assert_allclose(w[w != 0].std(), 0.01, rtol=0.1)
    assert len({tuple(column) for column in (w == 0).T}) > 15


def test_constants():
    assert init.zeros((2,)).tolist() == [0, 0]
    assert init.ones((2,), dtype="float32").dtype == np.float32
    assert init.constant((2,), value=3.0).tolist() == [3, 3]


def test_gains_measured():
    z = default_rng(0).standard_normal(200_000)
    for name, f in (("relu", F.relu), ("leaky_relu", F.leaky_relu)):
        kept = float(xg.mean(f(z) ** 2))
        np.testing.assert_allclose(init.calculate_gain(name), kept**-0.5, rtol=0.01)
    assert init.calculate_gain("tanh") == 5 / 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.xavier_normal((3,), default_rng(0)), r"shape \(3,\); fans need at least two"),
        (
            lambda: init.kaiming_normal((3, 3), default_rng(0), mode="fan"),
            "mode is 'fan'; expected",
        ),
        (lambda: init.calculate_gain("gelu"), "got 'gelu'; expected one of linear"),
        (lambda: init.trunc_normal((3,), default_rng(0), a=2.0, b=1.0), "expected a < b"),
        (lambda: init.orthogonal((3,), default_rng(0)), "expected at least two axes"),
        (lambda: init.sparse((3, 3), default_rng(0), sparsity=2.0), "a number from 0 to 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
