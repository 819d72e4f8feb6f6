# Tests of xgrad/nn/precision.py, xgrad/optim/scaling.py
"""Networks in halves reach the loss of float32; gradients too small for halves do not vanish."""

import numpy as np
import pytest

import xgrad as xg
import xgrad.nn.functional as F
from xgrad import nn, optim

rng = np.random.default_rng(0)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=0),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 16, 10, rng=1),
    )


def gpt():
    return nn.Sequential(
        nn.Embedding(7, 8, rng=0),
        nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=True, rng=1),
        nn.LayerNorm(8),
        nn.Linear(8, 7, rng=2),
    )


def data(kind):
    if kind == "cnn":
        x = rng.normal(size=(64, 1, 8, 8)).astype("float32")
        return x, (x[:, 0].reshape(64, 4, 16).sum(2).argmax(1) + 4 * (x.mean((1, 2, 3)) > 0))
    x = rng.integers(0, 7, (16, 9))
    x[:, 1:] = (x[:, :1] + 2 * np.arange(1, 9)) % 7
    return x[:, :-1], x[:, 1:]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["cnn", "gpt"])
def test_the_loss_is_that_of_float32(kind, dtype):
    x, y = data(kind)
    place = "numpy"
    if dtype == "bfloat16":  # which NumPy does not compute with
        place = "torch"
        pytest.importorskip("torch")
        x, y = (xg.asarray(a).to_backend("torch") for a in (x, y))

    def trained(wrap, scale):
        with xg.default_dtype("float32"):
            model = nn.to_backend(wrap({"cnn": cnn, "gpt": gpt}[kind]()), place)
        optimizer = optim.Optimizer(optim.Adam(lr=0.01), model, loss_scale=scale)

        def loss(model):
            out, model = model.update(x, rng=xg.random.default_rng(0))
            value = F.cross_entropy(xg.reshape(out, (-1, out.shape[-1])), xg.reshape(y, (-1,)))
            return optimizer.scaled(value), (value, model)

        for _ in range(30):
            g, (value, optimizer.model) = xg.grad(loss, has_aux=True)(optimizer.model)
            optimizer.step(g)
        return float(value), optimizer

    start, _ = trained(lambda m: m, None)
    half, optimizer = trained(lambda m: nn.Autocast(m, dtype), optim.LossScale())
    assert start < 1.6
    assert abs(half - start) < 0.01 * start
    assert {str(p.dtype) for p in xg.tree.leaves(optimizer.model)} == {"float32"}


def test_small_gradients_do_not_vanish_with_a_scale():
    with xg.default_dtype("float32"):
        model = nn.Autocast(nn.Linear(3, 1, bias=False, rng=0), "float16")
    x = np.full((4, 3), 1e-3, "float32")

    def loss(m, factor):
        return factor * 1e-6 * xg.sum(m(x))

    lost = xg.grad(loss)(model, 1.0).module.weight
    kept = xg.grad(loss)(model, 2.0**15).module.weight / 2**15
    assert np.all(np.asarray(lost) == 0)
    np.testing.assert_allclose(np.asarray(kept), 4e-9, rtol=2e-3)


def test_a_step_that_overflows_is_left_out():
    scale = optim.LossScale(scale=2.0**15, growth_interval=2)
    optimizer = optim.Optimizer(optim.SGD(lr=1.0), {"w": np.ones(2)}, loss_scale=scale)
    before = optimizer.model
    assert optimizer.step({"w": np.asarray([np.inf, 1.0])}) is before
    assert (scale.scale, scale.skipped, optimizer.state.count) == (2.0**14, 1, 0)
    assert optimizer.step({"w": np.asarray([np.nan, 1.0])}) is before
    assert (scale.scale, scale.skipped) == (2.0**13, 2)
    assert np.array_equal(optimizer.step({"w": np.full(2, 2.0**13)})["w"], np.zeros(2))
    assert (scale.scale, scale.steps) == (2.0**13, 1)
    optimizer.step({"w": np.zeros(2)})
    assert (scale.scale, scale.steps) == (2.0**14, 0)
    assert float(optimizer.scaled(2.0)) == 2.0**15
    assert optim.Optimizer(optim.SGD(), {"w": np.ones(2)}).scaled(2.0) == 2.0


def test_it_is_a_module(computing):
    with xg.default_dtype("float32"):
        model = nn.Autocast(nn.MLP([3, 4, 2], rng=0), "float16")
    if computing.backend.name == "array_api_strict":
        pytest.skip("the standard has no halves")
    model = nn.to_backend(model, computing.backend.name, device=computing.device)
    x = xg.Array(computing.raw(rng.normal(size=(5, 3)).astype("float32")))
    y, g = model(x), xg.grad(lambda m: xg.sum(m(x) ** 2))(model)
    assert str(y.dtype) == "float32"
    assert type(g) is nn.Autocast
    want = model.module(x)
    np.testing.assert_allclose(computing.numpy(y), computing.numpy(want), atol=5e-3)
    assert repr(model).startswith("Autocast()  # 26 parameters of float32")


def test_bad_input():
    with pytest.raises(TypeError, match="dtype is 'float32'; expected 'float16' or 'bfloat16'"):
        nn.Autocast(nn.Linear(2, 2, rng=0), "float32")
    with pytest.raises(ValueError, match="LossScale: got scale 0"):
        optim.LossScale(scale=0.0)
