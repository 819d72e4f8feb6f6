# Tests of xgrad/optim
"""Gradient methods take the steps of PyTorch's, on every backend, and leave frozen parts alone."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import xgrad as xg
from tests.optim.methods import METHODS, largest_difference, loss, start
from xgrad import nn, optim

ALL = [m for m, _, _ in METHODS] + [optim.Lion(lr=0.01, weight_decay=0.1)]


@pytest.mark.parametrize(("method", "name", "options"), METHODS, ids=str)
def test_a_hundred_steps_are_pytorchs(method, name, options):
    pytest.importorskip("torch")
    assert largest_difference(method, name, options) < 1e-10


def test_lion_is_the_algorithm_of_the_paper():
    method = optim.Lion(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    params, state = start(), method.init(start())
    theta, m = start(), {k: np.zeros_like(v) for k, v in start().items()}
    for _ in range(50):
        g = xg.grad(loss)(params)
        params, state = method.update(params, g, state)
        for k in theta:
            c = 0.9 * m[k] + 0.1 * g[k]
            theta[k] = theta[k] - 0.01 * (np.sign(c) + 0.1 * theta[k])
            m[k] = 0.99 * m[k] + 0.01 * g[k]
    for k in theta:
        np.testing.assert_allclose(params[k], theta[k], rtol=1e-13)


@pytest.mark.parametrize("method", ALL, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_place_takes_the_same_steps(method, dtype, place):
    params = {k: v.astype(dtype) for k, v in start().items()}
    moved = {k: xg.Array(place.raw(v)) for k, v in params.items()}
    grads = xg.tree.map(lambda p: 0.3 * p + 0.1, params)
    moved_grads = xg.tree.map(lambda p: 0.3 * p + 0.1, moved)
    state, moved_state = method.init(params), method.init(moved)
    for _ in range(3):
        params, state = method.update(params, grads, state)
        moved, moved_state = method.update(moved, moved_grads, moved_state)
    for k, p in params.items():
        assert (moved[k].dtype, moved[k].shape) == (np.dtype(dtype), p.shape)
        if place.has_values:
            rtol = 1e-5 if dtype == "float32" else 1e-13
            np.testing.assert_allclose(place.numpy(moved[k]), p, rtol=rtol)


@pytest.mark.parametrize("method", ALL, ids=str)
def test_the_state_is_a_pytree(method):
    state = method.init(start())
    _, state = method.update(start(), start(), state)
    again = xg.tree.map(lambda x: x, pickle.loads(pickle.dumps(state)))
    assert again.count == 1
    a, _ = method.update(start(), start(), state)
    b, _ = method.update(start(), start(), again)
    assert np.array_equal(a["W"], b["W"])


def test_derivatives_flow_through_updates():
    def after(lr, p):
        state = optim.Adam().init(p)
        for _ in range(3):
            p, state = optim.Adam(lr=0.1).update(p, lr * p, state)
        return xg.sum(p)

    xg.testing.check_grads(lambda p: after(1.0, p), (np.asarray([1.0, -2.0]),), order=1)


@pytest.mark.parametrize("method", ALL, ids=str)
def test_frozen_arrays_and_statistics_stay(method):
    model = nn.Sequential(
        nn.frozen(nn.Linear(2, 3, rng=0)), nn.BatchNorm(3), nn.Linear(3, 1, rng=1)
    )
    optimizer = optim.Optimizer(method, model, clip_norm=10.0)
    for _ in range(2):
        new = optimizer.step(xg.tree.map(xg.ones_like, model))
    old, new = nn.named_leaves(model), nn.named_leaves(new)
    for name, trained in zip(old, nn.trainable_mask(model), strict=True):
        assert (new[name] is old[name]) != trained
        assert trained == bool(xg.any(new[name] != old[name]))


def test_the_tensor_style_updates_in_place():
    functional = optim.Optimizer(optim.Adam(lr=0.1), {"w": xg.asarray([1.0, 2.0])})
    w = xg.asarray([1.0, 2.0], requires_grad=True)
    optimizer = optim.Optimizer(optim.Adam(lr=0.1), {"w": w})
    for _ in range(5):
        optimizer.zero_grad()
        xg.sum(w**2).backward()
        optimizer.step()
        functional.step(xg.grad(lambda m: xg.sum(m["w"] ** 2))(functional.model))
    assert optimizer.model["w"] is w
    assert w.requires_grad
    assert w.detach().tolist() == functional.model["w"].tolist()


def test_the_optimizer_shows_itself():
    optimizer = optim.Optimizer(optim.SGD(lr=optim.Step(0.1, every=2)), start())
    assert optimizer.lr == 0.1
    for _ in range(2):
        optimizer.step(start())
    np.testing.assert_allclose(optimizer.lr, 0.01)
    assert repr(optimizer).endswith("8 parameters, 2 updates)")
    assert copy.deepcopy(optimizer).lr == optimizer.lr


# Clipping --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.1, 100.0])
def test_clipping_is_pytorchs(size, computing):
    torch = pytest.importorskip("torch")
    g = {k: size * v for k, v in start().items()}
    tensors = [torch.zeros(v.shape, dtype=torch.float64, requires_grad=True) for v in g.values()]
    for t, v in zip(tensors, g.values(), strict=True):
        t.grad = torch.tensor(v)
    want = torch.nn.utils.clip_grad_norm_(tensors, 2.0)
    ours = {k: xg.Array(computing.raw(v)) for k, v in g.items()}
    clipped, norm = optim.clip_by_global_norm(ours, 2.0)
    np.testing.assert_allclose(computing.numpy(norm), want.numpy(), rtol=1e-14)
    for a, t in zip(clipped.values(), tensors, strict=True):
        np.testing.assert_allclose(computing.numpy(a), t.grad.numpy(), rtol=1e-14)
    by_value = optim.clip_by_value(ours, 0.5)
    for a, v in zip(by_value.values(), g.values(), strict=True):
        assert np.array_equal(computing.numpy(a), np.clip(v, -0.5, 0.5))


def test_the_optimizer_clips():
    g = {"w": np.asarray([30.0, 40.0])}
    for options, want in (
        ({"clip_norm": 5.0}, [-3.0, -4.0]),
        ({"clip_value": 1.0}, [-1.0, -1.0]),
        ({}, [-30.0, -40.0]),
    ):
        optimizer = optim.Optimizer(optim.SGD(lr=1.0), {"w": np.zeros(2)}, **options)
        np.testing.assert_allclose(optimizer.step(g)["w"], want, rtol=1e-6)


# Schedules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "make"),
    [
        (optim.Step(0.2, 3, 0.5), lambda s, o: s.StepLR(o, 3, 0.5)),
        (optim.Exponential(0.2, 0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
        (optim.Cosine(0.2, 30, 0.01), lambda s, o: s.CosineAnnealingLR(o, 30, 0.01)),
        (optim.Warmup(0.2, 10, 0.25), lambda s, o: s.LinearLR(o, 0.25, 1.0, 10)),
        (optim.OneCycle(0.2, 30), lambda s, o: s.OneCycleLR(o, 0.2, 30, cycle_momentum=False)),
        (
            optim.OneCycle(0.2, 30, 0.4, 10.0, 100.0),
            lambda s, o: s.OneCycleLR(
                o, 0.2, 30, None, None, 0.4, "cos", False, 0.85, 0.95, 10, 100
            ),
        ),
    ],
    ids=lambda x: "pytorch" if inspect.isfunction(x) else str(x),
)
def test_schedules_are_pytorchs(ours, make):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    schedule = make(torch.optim.lr_scheduler, optimizer)
    for count in range(30):
        np.testing.assert_allclose(ours(count), optimizer.param_groups[0]["lr"], rtol=1e-9)
        optimizer.step()
        schedule.step()
    assert pickle.loads(pickle.dumps(ours)) == ours


def test_a_warmup_runs_into_another_schedule():
    lr = optim.Warmup(optim.Cosine(1.0, 10), 4)
    assert [lr(i) for i in (0, 2, 4, 9, 14)] == [0.0, 0.5, 1.0, 0.5, 0.0]


# Bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optim.SGD(lr=-1.0), r"SGD: lr is -1\.0; expected 0\.0 <= lr"),
        (lambda: optim.SGD(momentum=-0.5), "SGD: momentum is"),
        (lambda: optim.SGD(nesterov=True), "nesterov=True needs momentum > 0"),
        (lambda: optim.Adam(betas=(0.9, 1.0)), r"Adam: betas\[1\] is 1\.0; expected 0\.0 <="),
        (lambda: optim.RMSprop(eps=-1.0), "RMSprop: eps is"),
        (lambda: optim.Adagrad(lr_decay=-1.0), "Adagrad: lr_decay is"),
        (lambda: optim.Lion(betas=(1.5, 0.9)), r"Lion: betas\[0\]"),
        (lambda: optim.Cosine(0.1, 0), "Cosine: steps is 0; expected a positive number"),
        (lambda: optim.OneCycle(0.1, 10, 2.0), "OneCycle: pct_start is"),
        (lambda: optim.clip_by_global_norm(start(), 0.0), "max_norm is"),
        (lambda: optim.clip_by_value(start(), -1.0), "value is"),
        (lambda: optim.Optimizer(optim.SGD(), start()).step(), "no array of the model holds one"),
        (
            lambda: optim.Adam().update(start(), {"W": start()["W"]}, optim.Adam().init(start())),
            "structure of the parameters: grads is a dict with 'W'; expected a dict with 'W', 'b'",
        ),
        (
            lambda: optim.Adam().update(start(), (start(), 1.0), optim.Adam().init(start())),
            r"grads is a tuple of 2; expected a dict.*grads, norm = xgrad.optim.clip_by_global",
        ),
        (
            lambda: optim.Adam().update(start(), start(), optim.Adam().init({"W": np.ones(2)})),
            "the state knows no parameter 'b'",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("method", [optim.Adam(lr=0.01), optim.AdamW(lr=0.01, weight_decay=0.1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_pieces_every_number_is_the_same(method, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    start = {"raw": rng.normal(size=(90, 800)), "array": rng.normal(size=70_000)}
    start = {name: x.astype(dtype) for name, x in start.items()}
    start["array"] = xg.asarray(start["array"])
    grads = [
        {n: rng.normal(size=x.shape).astype(dtype) for n, x in start.items()} for _ in range(3)
    ]

    def trained():
        params, state = start, method.init(start)
        for g in grads:
            params, state = method.update(params, g, state)
        return params, state

    params, state = trained()
    monkeypatch.setattr("xgrad.optim.blocks.raw_parts", lambda *arrays: None)
    want, before = trained()
    for a, b in zip(
        xg.tree.leaves((params, state.slots)), xg.tree.leaves((want, before.slots)), strict=True
    ):
        assert type(a) is type(b)
        assert np.array_equal(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_a_global_norm_whose_squares_have_no_number(size):
    g = {"a": np.asarray([2 * size, 3 * size]), "b": np.asarray(6 * size)}
    assert float(optim.global_norm(g)) == pytest.approx(7 * size, rel=1e-15, abs=0)
    slope = xg.grad(optim.global_norm)(g)
    np.testing.assert_allclose([*slope["a"], slope["b"]], np.asarray([2, 3, 6]) / 7, rtol=1e-15)
    if size > 1:
        clipped = optim.clip_by_global_norm(g, 7.0)[0]
        np.testing.assert_allclose(clipped["a"], [2, 3], rtol=1e-15)


def test_norms_of_no_elements_are_zero():
    empty = {"a": np.zeros((0, 3)), "b": ()}
    assert float(optim.global_norm(empty)) == float(optim.global_norm({})) == 0.0
    clipped, norm = optim.clip_by_global_norm({}, 1.0)
    assert (clipped, float(norm)) == ({}, 0.0)


def test_integer_parameters_are_refused():
    method, p = optim.SGD(lr=0.1), {"w": np.ones(2), "steps": np.asarray([1, 2])}
    with pytest.raises(TypeError, match="the parameter 'steps' is of int64, in which a step is"):
        method.update(p, p, method.init(p))
