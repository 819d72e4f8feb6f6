# Tests of xgrad/transforms/gradients.py
"""Transforms: arguments, structures, raw and wrapped arrays, nesting, the complex convention."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import check_grads

X = np.asarray([0.3, -1.2, 2.0])


def quartic(x: Any) -> Any:
    return xg.sum(xg.sin(x) * x**2) + x[0] * x[1] ** 3


def test_raw_in_raw_out_array_in_array_out() -> None:
    assert isinstance(xg.grad(quartic)(X), np.ndarray)
    assert isinstance(xg.grad(quartic)(xg.asarray(X)), xg.Array)
    for out in xg.value_and_grad(quartic)(X):
        assert isinstance(out, np.ndarray)
    y, pullback = xg.vjp(quartic, X)
    assert isinstance(y, np.ndarray)
    assert isinstance(pullback(1.0)[0], np.ndarray)
    assert isinstance(xg.jvp(quartic, (xg.asarray(X),), (X,))[1], xg.Array)
    assert isinstance(xg.hessian(quartic)(X), np.ndarray)


def test_scipy_minimizes_what_value_and_grad_gives() -> None:
    optimize = pytest.importorskip("scipy.optimize")

    def rosen(x: Any) -> Any:
        return xg.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x0 = np.asarray([1.3, 0.7, 0.8, 1.9, 1.2])
    found = optimize.minimize(xg.value_and_grad(rosen), x0, jac=True, method="BFGS")
    known = optimize.minimize(optimize.rosen, x0, jac=optimize.rosen_der, method="BFGS")
    assert found.nit == known.nit
    assert np.allclose(found.x, 1)


def test_argnums() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return xg.sum(a * b) + c * a[0]

    args = (X, X + 1, 2.0)
    ga, gc = xg.grad(f, (0, 2))(*args)
    assert np.allclose(ga, X + 1 + np.asarray([2, 0, 0]))
    assert gc == X[0]
    assert np.allclose(xg.grad(f, 1)(*args), X)
    assert np.allclose(xg.grad(f, -1)(*args), X[0])
    assert [h.shape for row in xg.hessian(f, (0, 2))(*args) for h in row] == [
        (3, 3),
        (3,),
        (3,),
        (),
    ]
    with pytest.raises(ValueError, match="argnums has 3"):
        xg.grad(f, 3)(*args)


def test_has_aux() -> None:
    def f(x: Any) -> Any:
        return xg.sum(x * x), {"double": 2 * x, "note": "kept"}

    g, aux = xg.grad(f, has_aux=True)(X)
    assert np.allclose(g, 2 * X)
    assert isinstance(aux["double"], np.ndarray)
    assert aux["note"] == "kept"
    (value, _), _ = xg.value_and_grad(f, has_aux=True)(X)
    assert np.isclose(value, X @ X)
    assert len(xg.vjp(f, X, has_aux=True)) == len(xg.jvp(f, (X,), (X,), has_aux=True)) == 3


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any
    name: str = dataclasses.field(default="", metadata={"static": True})


TREES = {
    "dict": {"w": X, "b": 1.0},
    "list": [X, [X + 1, 2.0]],
    "tuple": (X, (X, 0.5)),
    "named tuple": Pair(X, 2.0),
    "dataclass": Layer(X, 0.5, "hidden"),
    "of all": {"layers": [Layer(X, 1.0), Pair(X, {"x": X})], "none": None},
}


@pytest.mark.parametrize("name", TREES)
def test_pytrees_keep_their_structure(name: str) -> None:
    tree = TREES[name]

    def f(tree: Any) -> Any:
        return sum((xg.sum(xg.sin(x) * x) for x in xg.tree.leaves(tree)), 0.0)

    g = xg.grad(f)(tree)
    expected = xg.tree.map(lambda x: np.cos(x) * x + np.sin(x), tree)
    assert type(g) is type(tree)
    for a, b in zip(xg.tree.leaves(g), xg.tree.leaves(expected), strict=True):
        assert np.allclose(a, b)
    if isinstance(tree, Layer):
        assert g.name == "hidden"
    check_grads(f, (tree,), order=2)


def test_results_may_be_pytrees() -> None:
    def f(x: Any) -> Any:
        return {"a": x * x, "b": (xg.sum(x), x[0])}

    out, pullback = xg.vjp(f, X)
    assert out["b"][1] == X[0]
    (ct,) = pullback({"a": np.ones(3), "b": (2.0, 3.0)})
    assert np.allclose(ct, 2 * X + 2 + np.asarray([3, 0, 0]))
    jacobian = xg.jacrev(f)(X)
    assert jacobian["a"].shape == (3, 3)
    assert jacobian["b"][0].shape == (3,)


def test_jacobians_agree() -> None:
    def f(x: Any) -> Any:
        return xg.stack([x[0] * x[1], xg.sin(x[2]), xg.sum(x), x[1] ** 2])

    reverse, forward = xg.jacrev(f)(X), xg.jacfwd(f)(X)
    assert reverse.shape == (4, 3)
    assert np.allclose(reverse, forward, atol=1e-14)
    hessian = xg.hessian(quartic)(X)
    assert np.allclose(hessian, hessian.T)
    assert np.allclose(hessian, xg.jacrev(xg.grad(quartic))(X))
    assert np.allclose(hessian @ X, xg.hvp(quartic, X, X))
    assert np.allclose(hessian @ X, xg.hvp(quartic, (X,), (X,))[0])


def test_a_unit_vector_does_not_meet_an_infinite_slope() -> None:
    assert np.array_equal(xg.jacfwd(xg.sqrt)(np.asarray([0.0, 4.0]))[1], [0, 0.25])
    assert np.array_equal(xg.jacrev(xg.sqrt)(np.asarray([0.0, 4.0]))[1], [0, 0.25])


def test_one_record_is_walked_many_times() -> None:
    calls = 0

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * x

    _, pullback = xg.vjp(f, X)
    _, pushforward = xg.linearize(f, X)
    for k in range(3):
        assert np.allclose(pullback(np.full(3, float(k)))[0], 2 * k * X)
        assert np.allclose(pushforward(np.full(3, float(k))), 2 * k * X)
    assert calls == 2


def test_nested_and_mixed_to_the_fourth_order() -> None:
    def forward(f: Any) -> Any:
        return lambda x: xg.jvp(f, (x,), (1.0,))[1]

    for first in (xg.grad, forward):
        for second in (xg.grad, forward):
            fourth = first(second(forward(xg.grad(xg.sin))))
            assert np.isclose(fourth(0.7), np.sin(0.7))


def test_an_unused_argument_gets_zeros_of_its_kind() -> None:
    g = xg.grad(lambda x, y: x * x, 1)(2.0, np.ones((2, 3), np.float32))
    assert g.shape == (2, 3)
    assert g.dtype == np.float32
    assert not g.any()
    assert xg.jvp(lambda x: xg.asarray(1.0), (2.0,), (1.0,))[1] == 0
    with pytest.raises(xg.errors.NotDifferentiableError, match="not every argument influences"):
        xg.grad(lambda x, y: x * x, 1, strict=True)(2.0, 3.0)


def test_single_precision_stays_single() -> None:
    x = X.astype(np.float32)
    for out in (xg.grad(quartic)(x), xg.hessian(quartic)(x), xg.jvp(quartic, (x,), (X,))[1]):
        assert out.dtype == np.float32


def test_the_gradient_of_a_complex_argument_points_uphill() -> None:
    z = np.asarray([1 + 2j, -0.5 + 1j])
    assert np.allclose(xg.grad(lambda z: xg.sum(xg.abs(z) ** 2))(z), 2 * z)
    assert np.allclose(xg.grad(lambda z: xg.sum(xg.real(z)))(z), 1)
    assert np.allclose(xg.grad(lambda z: xg.sum(xg.imag(z)))(z), 1j)
    torch = pytest.importorskip("torch", reason="the convention is PyTorch's")
    t = torch.tensor(z, requires_grad=True)
    torch.sum(torch.real(torch.exp(t) * t**2)).backward()
    ours = xg.grad(lambda z: xg.sum(xg.real(xg.exp(z) * z**2)))(z)
    assert np.allclose(ours, t.grad.numpy())


def test_creation_follows_the_inputs() -> None:
    strict = pytest.importorskip("array_api_strict")
    x = strict.asarray([1.0, 2.0], device=strict.Device("device1"))
    g = xg.grad(lambda x: xg.sum(x * xg.ones((2,)) * xg.asarray([1.0, 3.0])))(x)
    assert g.device == strict.Device("device1")
    assert [float(v) for v in g] == [1.0, 3.0]


def test_cotangents_travel_back_to_where_values_came_from() -> None:
    pytest.importorskip("array_api_strict")

    def f(x: xg.Array) -> xg.Array:
        far = (x * x).to_backend("array_api_strict:device1")
        near = xg.sin(far).to_device("CPU_DEVICE").to_backend("numpy")
        return xg.sum(near * x)

    check_grads(f, (X,), order=2)
    assert isinstance(xg.grad(f)(X), np.ndarray)
