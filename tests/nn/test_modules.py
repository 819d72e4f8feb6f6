# Tests of xgrad/nn
"""Modules: their gradients are modules; they move, pickle, copy, and agree with PyTorch's."""

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import xgrad as xg
import xgrad.nn.functional as F
from tests.nn.twins import TWINS
from tests.tables import over
from xgrad import nn, optim


@dataclass
class Affine(nn.Module):
    """A module as a user writes one."""

    scale: Any
    shift: Any
    power: int = nn.static(default=1)

    def __call__(self, x, *, training=False, rng=None):
        return self.scale * x**self.power + self.shift


def image(*shape):
    return lambda rng: rng.normal(size=shape)


def indices(*shape, below):
    return lambda rng: rng.integers(0, below, shape)


MODULES = {
    "Linear": (lambda **k: nn.Linear(3, 4, **k), image(5, 3)),
    "Linear without bias": (lambda **k: nn.Linear(3, 4, bias=False, **k), image(2, 5, 3)),
    "Conv1d": (lambda **k: nn.Conv1d(2, 3, 3, padding=1, **k), image(4, 2, 6)),
    "Conv2d": (lambda **k: nn.Conv2d(4, 6, (3, 2), stride=2, groups=2, **k), image(2, 4, 7, 6)),
    "Conv3d": (lambda **k: nn.Conv3d(2, 3, 2, bias=False, **k), image(2, 2, 3, 4, 3)),
    "ConvTranspose2d": (lambda **k: nn.ConvTranspose2d(2, 3, 3, stride=2, **k), image(2, 2, 3, 4)),
    "Embedding": (lambda **k: nn.Embedding(5, 3, **k), indices(2, 4, below=5)),
    "BatchNorm": (lambda rng, **k: nn.BatchNorm(3, **k), image(5, 3, 2)),
    "LayerNorm": (lambda rng, **k: nn.LayerNorm(4, **k), image(3, 4)),
    "RMSNorm": (lambda rng, **k: nn.RMSNorm((3, 4), **k), image(2, 3, 4)),
    "GroupNorm": (lambda rng, **k: nn.GroupNorm(2, 4, **k), image(3, 4, 2)),
    "InstanceNorm": (lambda rng, **k: nn.InstanceNorm(3, affine=True, **k), image(2, 3, 4)),
    "RNN": (lambda **k: nn.RNN(3, 4, **k), image(5, 2, 3)),
    "GRU": (lambda **k: nn.GRU(3, 4, 2, bias=False, **k), image(5, 2, 3)),
    "LSTM": (lambda **k: nn.LSTM(3, 4, 2, bidirectional=True, **k), image(5, 2, 3)),
    "MultiHeadAttention": (lambda **k: nn.MultiHeadAttention(6, 3, **k), image(2, 4, 6)),
    "Sequential": (
        lambda rng, **k: nn.Sequential(
            nn.Conv2d(1, 2, 3, rng=rng, **k),
            nn.BatchNorm(2, **k),
            xg.tanh,
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(8, 3, rng=rng, **k),
        ),
        image(2, 1, 4, 4),
    ),
    "MLP": (lambda **k: nn.MLP([3, 5, 2], F.gelu, **k), image(4, 3)),
}


def same(a, b):
    return np.array_equal(np.asarray(a), np.asarray(b))


def total(out):
    return sum(xg.sum(y * y) for y in xg.tree.leaves(out))


@pytest.fixture(params=MODULES)
def made(request):
    make, inputs = MODULES[request.param]
    return make(rng=0), inputs(np.random.default_rng(1))


def test_the_gradient_is_a_module(made):
    model, x = made
    g = xg.grad(lambda m: total(m(x)))(model)
    assert type(g) is type(model)
    named, gradients = nn.named_leaves(model), nn.named_leaves(g)
    assert named.keys() == gradients.keys()
    for name, p in named.items():
        assert (gradients[name].shape, gradients[name].dtype) == (p.shape, p.dtype)
    xg.testing.check_grads(lambda m: total(m(x)), (model,), order=1)


def test_the_names_are_in_the_order_of_the_leaves(made):
    model, _ = made
    for a, b in zip(nn.named_leaves(model).values(), xg.tree.leaves(model), strict=True):
        assert a is b


def test_it_pickles_copies_and_maps(made):
    model, x = made
    want = xg.tree.leaves(model(x))
    for other in (
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        xg.tree.map(lambda p: p * 1.0, model),
        nn.merge(model, nn.parameters(model)),
    ):
        assert type(other) is type(model)
        assert repr(other) == repr(model)
        for a, b in zip(xg.tree.leaves(other(x)), want, strict=True):
            assert same(a, b)


def test_a_copy_shares_nothing():
    model = nn.Linear(2, 2, rng=0)
    other = copy.deepcopy(model)
    other.weight[0, 0] = 7.0
    assert model.weight[0, 0].item() != 7


def test_it_runs_in_every_place(made, place):
    model, x = made
    want = xg.tree.leaves(model(x))
    moved = nn.to_backend(model, place.backend.name, device=place.device)
    out = moved(xg.Array(place.raw(x)))
    g = xg.grad(lambda m: total(m(xg.Array(place.raw(x)))))(moved)
    device = xg.Array(place.raw(np.zeros(1))).device
    assert all(p.device == device for p in xg.tree.leaves(g))
    for a, b in zip(xg.tree.leaves(out), want, strict=True):
        assert a.shape == b.shape
        if place.has_values:
            np.testing.assert_allclose(place.numpy(a), np.asarray(b), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", MODULES)
def test_seed_dtype_and_backend_of_the_start(name):
    make, _ = MODULES[name]
    for a, b in zip(xg.tree.leaves(make(rng=3)), xg.tree.leaves(make(rng=3)), strict=True):
        assert same(a, b)
    for dtype in ("float32", "float64"):
        assert {p.dtype for p in xg.tree.leaves(make(rng=0, dtype=dtype))} == {np.dtype(dtype)}
    with xg.use_backend("array_api_strict"):
        model = make(rng=0)
    assert {p.backend for p in xg.tree.leaves(model)} == {"array_api_strict"}
    cast = nn.astype(make(rng=0), xg.float32)
    assert {p.dtype for p in xg.tree.leaves(cast)} == {np.dtype("float32")}


def one_of_each():
    """Return the first row of every layer that has PyTorch's name."""
    return list({t.name: t for t in reversed(TWINS)}.values())


@over("twin", one_of_each())
def test_a_layer_of_pytorchs_name_is_a_pytree_like_any_other(twin, computing):
    model = twin.ours()
    inputs = [xg.Array(computing.raw(x)) for x in twin.inputs()]

    def there(x):
        return xg.Array(computing.raw(np.asarray(x))) if hasattr(x, "shape") else x

    rest, call = list(map(there, twin.rest)), {k: there(x) for k, x in twin.call.items()}
    model = nn.to_backend(model, computing.backend.name, device=computing.device)

    def value(m):
        return total(m(*inputs, *rest, **call))

    gradient, _ = xg.grad(lambda pair: value(pair[0]) + pair[1])((model, 1.0))
    assert type(gradient) is type(model)
    other = pickle.loads(pickle.dumps(model))
    assert repr(other) == repr(model)
    assert float(value(other)) == float(value(model))
    state = nn.state_dict(model)
    assert len(state) == len(xg.tree.leaves(model))
    again = nn.load_state_dict(xg.tree.map(lambda p: p * 0.0, model), state)
    assert float(value(again)) == float(value(model))


# One's own, frozen parts, state ----------------------------------------------------------------


def test_a_module_of_ones_own():
    model = Affine(xg.asarray([1.0, 2.0]), xg.asarray(0.5), power=2)
    assert repr(model) == "Affine(scale=2, shift=scalar, power=2)  # 3 parameters of float64"
    g = xg.grad(lambda m: xg.sum(m(3.0)))(model)
    assert (g.scale.tolist(), g.shift.item(), g.power) == ([9.0, 9.0], 2.0, 2)
    assert model.replace(power=1)(1.0).tolist() == [1.5, 2.5]
    assert nn.parameter_count(model) == 3
    with pytest.raises(TypeError, match="got size; expected some of is_frozen, power, scale"):
        model.replace(size=1)
    with pytest.raises(NotImplementedError, match="Module does not define __call__"):
        nn.Module()(1)


class Undecorated(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(2, 1, rng=0)


def test_attributes_that_are_no_fields_are_noticed():
    with pytest.raises(TypeError, match="Undecorated: inner are no fields, so no gradient"):
        optim.Optimizer(optim.SGD(), nn.Sequential(Undecorated()))


def test_frozen_parts():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), xg.tanh, nn.Linear(3, 1, rng=1))
    part = model.replace(layers=[nn.frozen(model[0]), *model.layers[1:]])
    assert list(nn.parameters(part)) == ["layers.2.weight", "layers.2.bias"]
    assert nn.trainable_mask(part) == [False, False, True, True]
    assert nn.parameter_count(part) == 4
    assert "# frozen" in repr(part)
    assert nn.parameters(nn.frozen(model)) == {}
    assert len(nn.parameters(nn.trainable(nn.frozen(model)))) == 4
    assert len(nn.parameters(model)) == 4  # which was not touched

    def loss(some):
        return xg.sum(nn.merge(part, some)(xg.ones((1, 2))))

    assert set(xg.grad(loss)(nn.parameters(part))) == {"layers.2.weight", "layers.2.bias"}
    with pytest.raises(KeyError, match="the model has no bias; it has layers"):
        nn.merge(model, {"bias": 1.0})


def test_batch_statistics_are_returned_and_are_no_parameters():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3, momentum=0.5))
    x = np.random.default_rng(0).normal(size=(50, 2))
    before = copy.deepcopy(model)
    y, new = model.update(x)
    assert same(model[1].running_mean, before[1].running_mean)
    assert same(y, model(x, training=True))
    hidden = np.asarray(model[0](x))
    np.testing.assert_allclose(np.asarray(new[1].running_mean), hidden.mean(0) / 2)
    assert not any("running" in name for name in nn.parameters(new))
    for _ in range(40):
        _, new = new.update(x)
    np.testing.assert_allclose(
        np.asarray(new(x)), np.asarray(model(x, training=True)), rtol=0.05, atol=0.02
    )

    def loss(model):
        out, model = model.update(x)
        return xg.sum(out**2), model

    g, after = xg.grad(loss, has_aux=True)(model)
    assert same(g[1].running_mean, np.zeros(3))
    assert not any(p.is_tracked for p in xg.tree.leaves(after))


def test_dropout_is_random_only_in_training():
    model = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.1))
    x = np.ones((4, 5))
    assert same(model(x), x)
    a, b = (model(x, training=True, rng=xg.random.default_rng(s)) for s in (0, 0))
    assert same(a, b)
    assert not same(a, model(x, training=True, rng=xg.random.default_rng(1)))
    mlp = nn.MLP([5, 50, 2], dropout=0.5, rng=0)
    assert not same(mlp(x), mlp(x, training=True, rng=xg.random.default_rng(1)))


def test_a_padding_row_stays_zero():
    table = nn.Embedding(4, 3, padding_idx=1, rng=0)
    assert table.weight[1].tolist() == [0, 0, 0]
    g = xg.grad(lambda m: xg.sum(m(np.asarray([0, 1]))))(table)
    assert g.weight[1].tolist() == [0, 0, 0]
    assert g.weight[0].tolist() == [1, 1, 1]


def test_repr_is_an_outline():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, rng=0), F.relu, nn.LSTM(2, 3, rng=0))
    lstm = "weight_ih=[12x2], weight_hh=[12x3], bias_ih=[12], bias_hh=[12], hidden_size=3"
    conv = "weight=2x1x3x3, bias=2, stride=2"
    assert repr(model).splitlines() == [
        "Sequential()  # 104 parameters of float64",
        f"  layers.0: Conv2d({conv})  # 20 parameters",
        "  layers.1: Function(f=relu)",
        f"  layers.2: LSTM({lstm})  # 84 parameters",
    ]
    g = repr(xg.grad(lambda m: xg.sum(m.layers[0](np.ones((1, 1, 3, 3)))))(model))
    assert g == repr(model)


# PyTorch -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2, "bidirectional": True},
        {"bias": False, "batch_first": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("with_state", [False, True])
def test_recurrent_networks_are_those_of_pytorch(name, options, with_state):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(3, 4, dtype=torch.float64, **options)
    ours = getattr(nn, name)(3, 4, rng=0, **options)
    directions = ["", "_reverse"][: 1 + ours.bidirectional]
    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        arrays = [
            xg.asarray(getattr(theirs, f"{kind}_l{i}{d}").detach().numpy())
            for i in range(ours.num_layers)
            for d in directions
            if getattr(ours, kind)
        ]
        setattr(ours, kind, arrays)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 3))
    count, batch = ours.num_layers * len(directions), 2 if ours.batch_first else 5
    state = [rng.normal(size=(count, batch, 4)) for _ in range(2 if name == "LSTM" else 1)]
    tx = torch.tensor(x, requires_grad=True)
    their_state = [torch.tensor(s) for s in state]
    given, theirs_given = (
        ((), ())
        if not with_state
        else (
            (tuple(state) if name == "LSTM" else state[0],),
            (tuple(their_state) if name == "LSTM" else their_state[0],),
        )
    )
    out, end = theirs(tx, *theirs_given)
    ends = end if isinstance(end, tuple) else (end,)
    (out.sum() + sum((e * e).sum() for e in ends)).backward()
    got, got_end = ours(x, *given)
    np.testing.assert_allclose(np.asarray(got), out.detach().numpy(), rtol=1e-11, atol=1e-13)
    for a, b in zip(xg.tree.leaves(got_end), ends, strict=True):
        np.testing.assert_allclose(np.asarray(a), b.detach().numpy(), rtol=1e-11, atol=1e-13)

    def loss(m, x):
        y, end = m(x, *given)
        return xg.sum(y) + total(end)

    g, gx = xg.grad(loss, argnums=(0, 1))(ours, x)
    np.testing.assert_allclose(gx, tx.grad.numpy(), rtol=1e-10, atol=1e-12)
    want = theirs.weight_hh_l0.grad.numpy()
    np.testing.assert_allclose(np.asarray(g.weight_hh[0]), want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("is_causal", [False, True])
def test_attention_is_that_of_pytorch(is_causal):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.MultiheadAttention(6, 3, batch_first=True, dtype=torch.float64)
    ours = nn.MultiHeadAttention(6, 3, rng=0)
    weights = np.split(theirs.in_proj_weight.detach().numpy(), 3)
    biases = np.split(theirs.in_proj_bias.detach().numpy(), 3)
    for name, w, b in zip(("query", "key", "value"), weights, biases, strict=True):
        setattr(ours, name, getattr(ours, name).replace(weight=xg.asarray(w), bias=xg.asarray(b)))
    out = theirs.out_proj
    ours.out = ours.out.replace(
        weight=xg.asarray(out.weight.detach().numpy()), bias=xg.asarray(out.bias.detach().numpy())
    )
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    t = torch.tensor(x)
    hidden = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if is_causal else None
    want, _ = theirs(t, t, t, attn_mask=hidden)
    np.testing.assert_allclose(
        np.asarray(ours(x, is_causal=is_causal)), want.detach().numpy(), rtol=1e-12
    )


def test_an_error_in_a_sequence_says_where():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(xg.tanh, nn.Linear(8, 4, rng=0)))
    with pytest.raises(ValueError, match="Linear: input of shape") as caught:
        model(np.ones((2, 3, 3)))
    assert caught.value.__notes__ == [
        "in Sequential, layers.1: Linear(weight=4x8, bias=4)",
        "in Sequential, layers.1: Sequential()",
    ]
    with pytest.raises(ValueError, match=r"batch_norm: input .* has 1 value") as caught:
        nn.Sequential(nn.BatchNorm(3)).update(np.ones((1, 3)))
    assert caught.value.__notes__[0].startswith("in Sequential, layers.0: BatchNorm(")


# Bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Linear(3, 4, rng=0)(np.ones((5, 2))), r"Linear: input of shape \(5, 2\) has 2"),
        (lambda: nn.MLP([3, 4, 1], rng=0)(np.ones((5, 2))), r"MLP: layers\.0 got .* expected 3"),
        (lambda: nn.MLP([3]), r"sizes is \[3\]; expected at least an input and an output"),
        (
            lambda: nn.Conv2d(3, 4, 3, rng=0)(np.ones((1, 2, 5, 5))),
            r"Conv2d: input has shape \(1, 2, 5, 5\); expected \(batch, 3 channels\)",
        ),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups is 2; expected a divisor of both"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), r"kernel_size is \(3, 3, 3\); expected"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1, rng=0)(np.ones((1, 1, 5, 5))), "padding is -1"),
        (
            lambda: nn.BatchNorm(3)(np.ones((4, 2))),
            r"BatchNorm: input has shape \(4, 2\); expected",
        ),
        (lambda: nn.Embedding(4, 2, rng=0)(np.asarray([4])), "expected 0 to 3, for 4 rows"),
        (lambda: nn.Embedding(4, 2, padding_idx=4), "padding_idx is 4; expected one of 4 rows"),
        (lambda: nn.LSTM(3, 4, rng=0)(np.ones((5, 3))), r"LSTM: .*expected \(steps, batch, feat"),
        (lambda: nn.LSTM(3, 4, rng=0)(np.ones((5, 2, 2))), r"LSTM: input .* expected 3 on its"),
        (lambda: nn.GRU(3, 4, rng=0)(np.ones((0, 2, 3))), "has no steps"),
        (
            lambda: nn.GRU(3, 4, rng=0)(np.ones((5, 2, 3)), np.ones((2, 4))),
            r"GRU: state has shape \(2, 4\); expected \(1, 2, 4\)",
        ),
        (lambda: nn.MultiHeadAttention(6, 4), "num_heads is 4; expected a divisor of embed_dim=6"),
        (
            lambda: nn.MultiHeadAttention(6, 3, rng=0)(np.ones((2, 4, 6)), np.ones((2, 4, 5))),
            "MultiHeadAttention: key of shape",
        ),
        (lambda: nn.GroupNorm(3, 4), "num_groups is 3; expected a divisor of num_channels=4"),
        (lambda: nn.Dropout(1.5), r"p is 1\.5; expected a probability"),
    ],
)
def test_bad_input_names_the_layer(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Tables and files ------------------------------------------------------------------------------


@dataclass
class Twice(nn.Module):
    """A module that calls one part twice, and looks into another."""

    part: Any
    more: Any

    def __call__(self, x, *, training=False, rng=None):
        for layer in self.more:
            x = layer(x)
        return self.part(self.part(x)) + xg.sum(self.part.weight)


def test_a_summary_tells_each_call():
    model = Twice(nn.Linear(4, 4, rng=0), nn.ModuleList([nn.Linear(3, 4, rng=1), nn.ReLU()]))
    found = nn.summary(model, (2, 3))
    assert [(r.name, r.kind, r.shapes, r.parameters) for r in found] == [
        ("", "Twice", [(2, 4)], 36),
        ("layers.0", "Linear", [(2, 4)], 16),
        ("layers.1", "ReLU", [(2, 4)], 0),
        ("part", "Linear", [(2, 4)], 20),
        ("part", "Linear", [(2, 4)], 20),
    ]
    assert repr(found).splitlines()[-1] == "36 parameters"
    lstm = nn.summary(nn.LSTM(3, 5, rng=0), np.ones((4, 2, 3)))
    assert lstm[0].shapes == [(4, 2, 5), (1, 2, 5), (1, 2, 5)]
    frozen = nn.summary(
        nn.Sequential(nn.frozen(nn.Linear(2, 2, rng=0)), nn.Linear(2, 1, rng=0)), (1, 2)
    )
    assert [r.parameters for r in frozen] == [3, 0, 3]


def test_files_of_pytorchs_layout_go_both_ways(tmp_path):
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")

    def made(lib, **k):
        return lib.Sequential(
            lib.Conv2d(1, 2, 3),
            lib.BatchNorm2d(2),
            lib.Flatten(),
            lib.Linear(8, 3),
            lib.TransformerEncoderLayer(3, 1, 4, batch_first=True, dropout=0.0),
        )

    x = np.random.default_rng(0).normal(size=(5, 1, 4, 4)).astype("float32")
    theirs = made(torch.nn).eval()
    files.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    with xg.default_dtype("float32"):
        ours = made(nn)
    ours = nn.load_state_dict(ours, xg.files.load(tmp_path / "theirs.safetensors"))
    want = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(np.asarray(ours(x)), want, rtol=1e-5, atol=1e-6)
    other = nn.astype(xg.tree.map(lambda p: p * 0.5 + 0.1, ours), "float32")
    xg.files.save(tmp_path / "ours.safetensors", nn.state_dict(other), metadata={"format": "pt"})
    theirs.load_state_dict(files.load_file(tmp_path / "ours.safetensors"), strict=False)
    want = np.asarray(other(x))
    np.testing.assert_allclose(theirs(torch.tensor(x)).detach().numpy(), want, rtol=1e-5, atol=1e-6)


def test_a_state_of_another_model_is_named():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Linear(3, 1, rng=1))
    state = nn.state_dict(model)
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    less = {n: x for n, x in state.items() if n != "1.bias"}
    with pytest.raises(KeyError, match=r"not in the state: 1\.bias; not in the model: 1\.bias_"):
        nn.load_state_dict(model, {**less, "1.bias_": 0})
    assert same(nn.load_state_dict(model, less, strict=False)[1].bias, model[1].bias)
    with pytest.raises(
        ValueError, match=r"0\.weight has shape \(4, 2\); the model expects \(3, 2\)"
    ):
        nn.load_state_dict(model, {**state, "0.weight": np.ones((4, 2))})
    raw = nn.load_state_dict(xg.tree.map(np.asarray, model), state)
    assert isinstance(raw[0].weight, np.ndarray)
