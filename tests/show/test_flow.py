# Tests of xgrad/show/flow.py
"""Where the gradient goes: each verdict on a network that deserves it."""

import numpy as np
import pytest

import xgrad as xg


def network(activation, deviation, depth=10, width=64, bias=0.0):
    rng = np.random.default_rng(0)
    layers = [
        {"W": rng.normal(0, deviation, (width, width)), "b": np.full(width, bias)}
        for _ in range(depth)
    ]

    def loss(layers, x):
        a = x
        for layer in layers:
            a = activation(a @ layer["W"].T + layer["b"])
        return xg.mean(a**2)

    return layers, loss, rng.normal(size=(32, width))


def identity(x):
    return x


@pytest.mark.parametrize(
    ("activation", "deviation", "bias", "first"),
    [
        (xg.tanh, 64**-0.5, 0.0, "healthy"),
        (xg.relu, (2 / 64) ** 0.5, 0.0, "healthy"),
        (xg.sigmoid, 64**-0.5, 0.0, "vanishing"),
        (identity, 1.0, 0.0, "exploding"),
        (xg.relu, 64**-0.5, -100.0, "no gradient"),
        (xg.tanh, 64**-0.5, 20.0, "vanishing"),
    ],
)
def test_the_verdict_on_the_first_layer(activation, deviation, bias, first):
    flow = xg.show.gradient_flow(*network(activation, deviation, bias=bias))
    assert len(flow.layers) == 10
    assert flow.layers[0].verdict == first
    assert flow.layers[0].name == "layers[0].W"
    assert first in str(flow)


def test_saturated_dead_and_not_finite():
    assert xg.show.gradient_flow(*network(xg.sigmoid, 4.0, 1)).layers[0].verdict == "saturated"
    layers, loss, x = network(xg.relu, 0.1, 1)
    layers[0]["b"][:40] = -100
    assert xg.show.gradient_flow(layers, loss, x).layers[0].verdict == "dead units"
    layers[0]["W"][0, 0] = np.nan
    assert xg.show.gradient_flow(layers, loss, x).layers[0].verdict == "not finite"


def test_what_is_measured_is_what_numpy_says():
    layers, loss, x = network(xg.tanh, 0.2, 2)
    flow = xg.show.gradient_flow(layers, loss, x)
    a1 = np.tanh(x @ layers[0]["W"].T)
    a2 = np.tanh(a1 @ layers[1]["W"].T)
    g2 = 2 * a2 / a2.size
    g1 = (g2 * (1 - a2**2)) @ layers[1]["W"]
    for layer, a, g in zip(flow.layers, (a1, a2), (g1, g2), strict=True):
        assert layer.activation.mean == pytest.approx(a.mean())
        assert layer.activation.variance == pytest.approx(a.var())
        assert layer.cotangent.variance == pytest.approx(g.var())
        assert layer.shape == (32, 64)


def test_a_loop_over_one_weight_has_a_row_per_step():
    def loss(W, x):
        h = x
        for _ in range(5):
            h = xg.tanh(h @ W)
        return xg.mean(h**2)

    flow = xg.show.gradient_flow(np.eye(3), loss, np.ones((2, 3)))
    assert [layer.name for layer in flow.layers] == [f"W ({k})" for k in range(1, 6)]


def test_modules_are_named_by_their_fields():
    nn = xg.nn
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng=0), nn.Function(xg.relu), nn.Flatten(), nn.Linear(32, 3, rng=1)
    )
    x = np.ones((2, 1, 6, 6)) * np.arange(6)
    flow = xg.show.gradient_flow(model, lambda model, x: xg.mean(model(x) ** 2), x)
    assert [layer.name for layer in flow.layers] == [
        "model.layers[0].weight",
        "model.layers[3].weight",
    ]


def test_it_works_wherever_arrays_have_values(computing):
    layers, loss, x = network(xg.tanh, 0.2, 3)
    here = [{name: computing.raw(a) for name, a in layer.items()} for layer in layers]
    flow = xg.show.gradient_flow(here, loss, computing.raw(x))
    reference = xg.show.gradient_flow(layers, loss, x)
    for a, b in zip(flow.layers, reference.layers, strict=True):
        assert a.cotangent.variance == pytest.approx(b.cotangent.variance, rel=1e-9)


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra show")
    path = tmp_path / "flow.png"
    flow = xg.show.gradient_flow(*network(xg.sigmoid, 0.1), path=path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in flow._repr_html_()
    assert "not healthy" in repr(flow)


def test_bad_input():
    with pytest.raises(xg.errors.NotScalarError, match=r"\[2\]; expected one real number"):
        xg.show.gradient_flow(np.ones(2), lambda w: w * 2)
    with pytest.raises(ValueError, match="found no layer"):
        xg.show.gradient_flow(np.ones(2), lambda w: xg.sum(w * 2))
