# Tests of backends/xgrad_backends/torch_bridge.py, xgrad/interchange.py
"""Functions between xgrad and PyTorch, checked by each side's own checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.interchange import from_torch, to_torch
from xgrad.testing import check_grads

torch = pytest.importorskip("torch")
# PyTorch's forward mode compiles its decompositions by its own deprecated function
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")

X = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
Y = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
A = np.asarray([0.3, -1.0, 2.0])


def f(x: Any, y: Any) -> Any:
    return xg.sin(x) * y * x + xg.sum(x) ** 2


def of_tensors(x: Any, y: Any) -> Any:
    return torch.sin(x) * y * x + torch.sum(x) ** 2


def tracked(*tensors: Any) -> list[Any]:
    return [t.clone().requires_grad_() for t in tensors]


# To PyTorch ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", [None, "numpy", "torch"])
def test_pytorchs_own_checks(backend: Any) -> None:
    g = to_torch(f, backend=backend)
    assert torch.equal(g(X, Y), of_tensors(X, Y))
    assert torch.autograd.gradcheck(g, tracked(X, Y), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(g, tracked(X, Y), check_fwd_over_rev=True)


TRANSFORMS = {
    "grad": lambda g: torch.func.grad(lambda x: g(x, Y).sum())(X),
    "jacrev": lambda g: torch.func.jacrev(g)(X, Y),
    "jacfwd": lambda g: torch.func.jacfwd(g)(X, Y),
    "hessian": lambda g: torch.func.hessian(lambda x: g(x, Y).sum())(X),
    "reverse over forward": lambda g: torch.func.jacrev(torch.func.jacfwd(g))(X, Y),
    "third order": lambda g: torch.func.grad(
        lambda x: torch.func.hessian(lambda x: g(x, Y).sum())(x).square().sum()
    )(X),
    "vmap": lambda g: torch.func.vmap(torch.func.grad(lambda x: g(x, Y).sum()))(
        torch.stack([X, Y])
    ),
    "vmap over another axis": lambda g: torch.func.vmap(g, (1, None))(torch.stack([X, Y], 1), Y),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_pytorch(name: str) -> None:
    run = TRANSFORMS[name]
    assert torch.allclose(run(to_torch(f)), run(of_tensors))


def test_backward_without_and_with_a_graph() -> None:
    (x,) = tracked(X)
    loss = (to_torch(f)(x, Y) * 2).sum()
    loss.backward(retain_graph=True)
    once = x.grad.clone()
    loss.backward()
    assert torch.equal(x.grad, 2 * once)
    assert torch.allclose(once, torch.func.grad(lambda x: (of_tensors(x, Y) * 2).sum())(X))


def test_pytrees_integers_and_static_arguments() -> None:
    def g(p: Any, index: Any, name: str) -> Any:
        assert name == "n"
        return {"taken": p["w"][index] * p["k"][0], "place": xg.argmax(p["w"])}

    (w, k) = tracked(X, Y)
    out = to_torch(g)({"w": w, "k": [k]}, torch.tensor([2, 0, 0]), "n")
    assert out["place"].item() == 2
    assert not out["place"].requires_grad
    out["taken"].sum().backward()
    assert torch.allclose(w.grad, torch.tensor([2.5, 0.0, 1.0], dtype=torch.float64))
    assert torch.allclose(k.grad, X[[2, 0, 0]])


def test_complex_numbers_have_one_convention() -> None:
    z = X + 1j * Y
    g = to_torch(lambda z: xg.abs(xg.exp(z) * z))
    assert torch.autograd.gradcheck(g, tracked(z), check_forward_ad=True)


def test_memory_is_shared_but_results_are_their_own() -> None:
    seen: list[Any] = []

    def identity(x: Any) -> Any:
        seen.append(x)
        return x

    out = to_torch(identity)(X)
    assert np.shares_memory(seen[0], X.numpy())
    assert out.data_ptr() != X.data_ptr()
    assert torch.equal(to_torch(lambda x: xg.flip(x))(X), X.flip(0))
    assert torch.equal(to_torch(lambda x: xg.broadcast_to(x[0], (2, 2)))(X), X[0].expand(2, 2))


def test_a_module_may_hold_a_function_of_xgrad() -> None:
    layer = torch.nn.Linear(3, 2, dtype=torch.float64)
    function = to_torch(lambda h: xg.sum(xg.tanh(h) ** 2))
    loss = function(layer(X))
    loss.backward()
    expected = torch.autograd.grad(torch.tanh(layer(X)).square().sum(), layer.weight)[0]
    assert torch.allclose(layer.weight.grad, expected)


def test_bad_input_to_pytorch() -> None:
    with pytest.raises(TypeError, match="no tensors"):
        to_torch(f)(1.0, 2.0)
    with pytest.raises(TypeError, match="backend='torch'"):
        to_torch(f)(X.to("meta"), Y.to("meta"))
    assert to_torch(f, backend="torch")(X.to("meta"), Y.to("meta")).is_meta


# From PyTorch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("forward", [True, False])
def test_a_function_of_tensors_has_both_modes_at_any_order(forward: bool) -> None:
    g = from_torch(lambda x, p: torch.sin(x) * p["w"] + torch.exp(x).sum(), forward=forward)
    check_grads(g, (A, {"w": A + 2}), order=3)
    check_grads(g, (A, {"w": 2.0}), order=2)
    check_grads(lambda x: xg.sum(g(xg.exp(x), {"w": x})), (A,), order=2)


def test_where_it_runs() -> None:
    seen: list[Any] = []

    def g(x: Any) -> Any:
        seen.append(x)
        return {"y": 2 * x, "n": torch.argmax(x)}

    out = from_torch(g)(A)
    assert type(out["y"]) is np.ndarray
    assert np.shares_memory(seen[0].numpy(), A)
    out = from_torch(g)(xg.asarray(X))
    assert type(out["y"]) is xg.Array
    assert out["y"].backend == "torch"
    gradient = xg.grad(lambda x: xg.sum(from_torch(g)(x)["y"]))(A)
    assert np.array_equal(gradient, [2, 2, 2])


def test_unused_and_independent_results() -> None:
    g = from_torch(lambda x, y: (x * 2, torch.ones(2, dtype=torch.float64)), forward=False)
    assert np.array_equal(xg.grad(lambda y: xg.sum(g(A, y)[0]))(A), [0, 0, 0])
    assert np.array_equal(xg.grad(lambda x: xg.sum(g(x, A)[1]))(A), [0, 0, 0])
    g = from_torch(lambda x, y: (x * 2, torch.ones(2, dtype=torch.float64)))
    assert np.array_equal(xg.grad(lambda y: xg.sum(g(A, y)[0]))(A), [0, 0, 0])


class Cube(torch.autograd.Function):  # in the old style, which torch.func does not take
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * g * x**2


def test_ops_without_a_forward_rule() -> None:
    check_grads(from_torch(Cube.apply, forward=False), (A,), order=2)
    with pytest.raises(NotImplementedError, match="forward=False"):
        xg.jvp(from_torch(Cube.apply), (A,), (A,))


def test_there_and_back() -> None:
    check_grads(from_torch(to_torch(lambda x: xg.exp(x) * x)), (A,), order=2)
    both = to_torch(from_torch(lambda x: torch.exp(x) * x))
    assert torch.autograd.gradcheck(both, tracked(X))
