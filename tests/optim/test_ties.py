# Tests of xgrad/tree.py, xgrad/optim, xgrad/nn/module.py
"""An array that stands in two places of a model is one parameter, and stays one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn, optim

SHARED = np.asarray([[1.0, 0.5], [0.2, 2.0]])
X = np.asarray([[1.0, 2.0]])


@dataclass
class Tied(nn.Module):
    reader: Any
    writer: Any
    bias: Any

    def __call__(self, x: Any, *, training: bool = False, rng: Any = None) -> Any:
        return x @ self.reader @ self.writer.T + self.bias


def tied() -> Tied:
    w = SHARED.copy()
    return Tied(w, w, np.zeros(2))


def loss(m: Any) -> Any:
    return xg.sum(m(X) ** 2)


def of_one(w: Any, b: Any) -> Any:
    return xg.sum((X @ w @ w.T + b) ** 2)


METHODS = [
    optim.SGD(lr=0.01),
    optim.SGD(lr=0.01, momentum=0.9, nesterov=True),
    optim.Adam(lr=0.01),
    optim.AdamW(lr=0.01),
    optim.RMSprop(lr=0.01),
]


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("clip", [None, 0.5])
def test_tied_weights_are_trained_as_the_one_that_they_are(method: Any, clip: Any) -> None:
    optimizer = optim.Optimizer(method, tied(), clip_norm=clip)
    right = optim.Optimizer(method, (SHARED.copy(), np.zeros(2)), clip_norm=clip)
    for _ in range(4):
        optimizer.step(xg.grad(loss)(optimizer.model))
        right.step(xg.grad(lambda p: of_one(*p))(right.model))
    model = optimizer.model
    assert model.reader is model.writer
    np.testing.assert_allclose(model.reader, right.model[0], rtol=1e-12)
    np.testing.assert_allclose(model.bias, right.model[1], rtol=1e-12)


def test_backward_counts_the_gradient_of_a_tied_weight_once() -> None:
    w = xg.asarray(SHARED.copy(), requires_grad=True)
    model = Tied(w, w, xg.asarray(np.zeros(2)))
    optimizer = optim.Optimizer(optim.SGD(lr=0.01), model)
    loss(model).backward()
    optimizer.step()
    expected = SHARED - 0.01 * xg.grad(of_one)(SHARED, np.zeros(2))
    np.testing.assert_allclose(w.detach().data, expected, rtol=1e-12)


def test_lbfgs_keeps_ties() -> None:
    target = np.asarray([[2.0, 0.3], [0.1, 1.0]])
    w = SHARED.copy()
    result = optim.LBFGS(max_iter=50).minimize(
        lambda p: xg.sum((p["a"] + p["b"].T - target - target.T) ** 2), {"a": w, "b": w}
    )
    assert result.params["a"] is result.params["b"]
    assert result.value < 1e-10


def test_what_is_tied_counts_once_and_moves_together() -> None:
    model = tied()
    assert nn.parameter_count(model) == 6
    assert "6 parameters" in repr(optim.Optimizer(optim.SGD(lr=0.1), model))
    single = nn.astype(model, xg.float32)
    assert single.reader is single.writer
    assert single.reader.dtype == np.float32


def test_numbers_that_are_equal_are_no_ties() -> None:
    params = {"a": 1.0, "b": 1.0}
    assert xg.tree.ties(xg.tree.leaves(params)) == [0, 1]


@dataclass
class Described:
    weight: Any
    name: str
    path: Path
    activation: Any
    absent: Any
    kind: type
    nested: dict[str, Any]


def test_text_paths_functions_and_none_in_fields_are_structure() -> None:
    given = Described(
        np.ones(2), "first", Path("a/b"), xg.tanh, None, dict, {"w": np.ones(1), "none": None}
    )
    assert len(xg.tree.leaves(given)) == 2

    def f(m: Described) -> Any:
        assert (m.name, m.path, m.kind) == ("first", Path("a/b"), dict)
        return xg.sum(m.activation(m.weight)) + xg.sum(m.nested["w"] ** 2)

    g = xg.grad(f)(given)
    np.testing.assert_allclose(g.weight, 1 - np.tanh(1.0) ** 2)
    np.testing.assert_allclose(g.nested["w"], 2.0)
    assert (g.name, g.activation) == ("first", xg.tanh)
    tangent = xg.jvp(f, (given,), (g,))[1]
    assert float(tangent) > 0
    optimizer = optim.Optimizer(optim.SGD(lr=0.1), given)
    new = optimizer.step(g)
    assert new.name == "first"
    np.testing.assert_allclose(new.nested["w"], 0.8)


def test_a_module_that_can_be_called_is_no_structure() -> None:
    @dataclass
    class Outer(nn.Module):
        inner: Any

        def __call__(self, x: Any, *, training: bool = False, rng: Any = None) -> Any:
            return self.inner(x)

    assert len(xg.tree.leaves(Outer(nn.Linear(2, 3, rng=0)))) == 2
