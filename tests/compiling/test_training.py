# Tests of xgrad/compiling, xgrad/optim
"""A whole training step as one program: loss, gradient, update, random numbers."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn, optim

METHODS = [
    optim.SGD(lr=0.1),
    optim.SGD(lr=0.1, momentum=0.9, dampening=0.5, weight_decay=1e-2),
    optim.SGD(lr=0.1, momentum=0.9, nesterov=True),
    optim.Adam(lr=1e-2),
    optim.Adam(lr=1e-2, amsgrad=True, weight_decay=1e-2),
    optim.AdamW(lr=optim.Warmup(optim.Cosine(1e-2, steps=5), steps=3)),
    optim.Adagrad(lr=optim.Exponential(1e-2, 0.9), lr_decay=0.1),
    optim.RMSprop(lr=optim.Step(1e-2, every=2), momentum=0.5, centered=True),
    optim.Lion(lr=optim.OneCycle(1e-2, steps=8)),
]


def data(dtype):
    draw = np.random.default_rng(0)
    params = {"W": draw.normal(size=(8, 4)).astype(dtype), "b": np.zeros(4, dtype)}
    return params, draw.normal(size=(16, 8)).astype(dtype), draw.normal(size=(16, 4)).astype(dtype)


def loss(p, x, y):
    return xg.mean((xg.tanh(x @ p["W"] + p["b"]) - y) ** 2)


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_program_for_all_steps(method, dtype):
    def step(params, state, x, y):
        value, grads = xg.value_and_grad(loss)(params, x, y)
        params, state = method.update(params, grads, state)
        return value, params, state

    compiled = xg.compile(step)
    params, x, y = data(dtype)
    mine = theirs = (None, params, method.init(params))
    for _ in range(8):
        mine = compiled(*mine[1:], x, y)
        theirs = step(*theirs[1:], x, y)
        for a, b in zip(xg.tree.leaves(mine), xg.tree.leaves(theirs), strict=True):
            got, want = (v.data if isinstance(v, xg.Array) else v for v in (a, b))
            assert got.dtype == want.dtype
            np.testing.assert_allclose(
                a, b, rtol=20 * np.finfo(dtype).eps, atol=1e-6 if dtype == "float32" else 1e-14
            )
    assert compiled.stats["traces"] == 1
    assert mine[2].count == 8
    assert type(mine[2].count) is int


def test_a_schedule_that_branches_says_so():
    method = optim.SGD(lr=lambda count: 0.1 if count < 3 else 0.01)
    params, x, y = data("float64")
    step = xg.compile(lambda p, s: method.update(p, xg.grad(loss)(p, x, y), s))
    with pytest.raises(xg.errors.TraceError, match=r"(?s)bool\(\) asks .*0.1 if count < 3"):
        step(params, method.init(params))


def test_a_module_with_dropout():
    draw = xg.random.default_rng(0)
    model = nn.Sequential(nn.Linear(8, 16, rng=draw), nn.Dropout(0.5), nn.Linear(16, 1, rng=draw))
    _, x, _ = data("float64")
    one, two = xg.random.default_rng(5), xg.random.default_rng(5)

    def value(model, x, rng):
        return xg.mean(model(x, rng=rng) ** 2)

    compiled = xg.compile(lambda m, x: xg.grad(lambda m: value(m, x, one))(m))
    for _ in range(3):
        got, want = compiled(model, x), xg.grad(lambda m: value(m, x, two))(model)
        for a, b in zip(xg.tree.leaves(got), xg.tree.leaves(want), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
