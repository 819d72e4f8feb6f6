# Tests of xgrad/custom/primitive.py
"""Black boxes with one rule for both modes."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing import check_grads

X = np.asarray([0.3, -1.2, 2.0])


def by_vjp() -> Any:
    @xg.primitive
    def f(x: Any, y: Any, *, power: int = 2) -> Any:
        assert type(x) is np.ndarray
        return {"product": x * y, "powers": x**power}

    f.defvjp(
        lambda ct, out, x, y, *, power=2: (
            ct["product"] * y + ct["powers"] * power * x ** (power - 1),
            ct["product"] * x,
        )
    )
    return f


def by_jvp() -> Any:
    f = by_vjp()
    f.vjp = None
    f.defjvp(
        lambda ts, out, x, y, *, power=2: {
            "product": ts[0] * y + x * ts[1],
            "powers": power * x ** (power - 1) * ts[0],
        }
    )
    return f


def by_both() -> Any:
    f, g = by_vjp(), by_jvp()
    f.defjvp(g.jvp)
    return f


@pytest.mark.parametrize("make", [by_vjp, by_jvp, by_both])
def test_either_rule_serves_both_modes_at_any_order(make: Any) -> None:
    f = make()
    check_grads(f, (X, X + 1), order=3)
    check_grads(lambda x: f(xg.sin(x), x, power=3)["powers"] * x, (X,), order=2)
    check_grads(lambda x: f(x, X)["product"], (X,), order=2)


def test_a_result_in_the_rule_is_on_the_tape() -> None:
    exp = xg.primitive(np.exp, vjp=lambda ct, out, x: (ct * out,))
    check_grads(exp, (X,), order=3)
    tangent = xg.primitive(np.tan, jvp=lambda ts, out, x: ts[0] * (1 + out**2))
    check_grads(tangent, (X,), order=3)


def test_raw_in_raw_out() -> None:
    double = xg.primitive(lambda x: 2 * x, vjp=lambda ct, out, x: (2 * ct,))
    assert type(double(X)) is np.ndarray
    assert type(double(xg.asarray(X))) is xg.Array
    assert not double(xg.asarray(X)).is_tracked
    with xg.no_grad():
        assert not double(xg.asarray(X, requires_grad=True)).is_tracked


def test_pytrees_static_arguments_and_integers() -> None:
    @xg.primitive
    def f(params: Any, name: str, index: Any, function: Any) -> Any:
        assert name == "n"
        assert type(index) is np.ndarray
        return function(params["w"])[index] * params["k"][0]

    @f.defvjp
    def _(ct: Any, out: Any, params: Any, name: Any, index: Any, function: Any) -> Any:
        w = xg.index_add(xg.zeros_like(params["w"]), index, ct * 2 * params["k"][0])
        return {"k": [xg.sum(ct * 2 * params["w"][index])], "w": w}, None, None, None

    params = {"w": X, "k": [3.0]}
    check_grads(lambda p: f(p, "n", np.asarray([0, 2]), lambda w: 2 * w), (params,), order=2)
    check_grads(lambda p: f(p, "n", xg.asarray([0, 2]), lambda w: 2 * w), (params,), order=1)


def test_a_method_may_be_a_primitive() -> None:
    class Scaled:
        def __init__(self, k: float) -> None:
            self.k = k

        @xg.primitive
        def apply(self, x: Any) -> Any:
            """Scale."""
            return self.k * x

    Scaled.apply.defvjp(lambda ct, out, self, x: (None, self.k * ct))
    check_grads(Scaled(3.0).apply, (X,), order=2)
    assert Scaled.apply.__doc__ == "Scale."


def test_complex_arguments() -> None:
    times = xg.primitive(np.multiply)
    times.defvjp(lambda ct, out, x, y: (ct * xg.conj(y), ct * xg.conj(x)))
    check_grads(times, (X + 1j, 2j - X), order=2)


def test_several_results_of_which_one_is_used() -> None:
    both = xg.primitive(
        lambda x: (x**2, x**3), vjp=lambda ct, out, x: (ct[0] * 2 * x + ct[1] * 3 * x**2,)
    )
    check_grads(lambda x: both(x)[1], (X,), order=2)


def test_another_backend(computing: Any) -> None:
    halve = xg.primitive(lambda x: x / 2, vjp=lambda ct, out, x: (ct / 2,))
    gradient = xg.grad(lambda x: xg.sum(halve(x) * x))(computing.raw(X))
    assert type(gradient) is type(computing.raw(X))
    assert np.allclose(computing.numpy(gradient), X)


BAD = {
    "no rule": (xg.primitive(lambda x: x), "no derivative rule"),
    "no tuple": (xg.primitive(lambda x: x, vjp=lambda ct, out, x: ct), "one for each argument"),
    "too many": (xg.primitive(lambda x: x, vjp=lambda ct, out, x: (ct, ct)), "got|returned 2"),
    "shape": (xg.primitive(lambda x: x, vjp=lambda ct, out, x: (ct[:1],)), r"expected \(3,\)"),
    "tangent": (xg.primitive(lambda x: x, jvp=lambda ts, out, x: ts[0][:1]), r"expected \(3,\)"),
    "tangents": (xg.primitive(lambda x: x, jvp=lambda ts, out, x: (ts[0],) * 2), "of 2 arrays"),
    "result": (xg.primitive(lambda x: "x", vjp=lambda ct, out, x: (ct,)), "str"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_rule_says_what_is_wrong(name: str) -> None:
    f, words = BAD[name]
    with pytest.raises((xg.errors.RuleError, xg.errors.NotDifferentiableError), match=words):
        xg.grad(lambda x: xg.sum(f(x)))(X)


def test_lost_gradients_raise() -> None:
    f = xg.primitive(lambda x, k=1.0: x * k, vjp=lambda ct, out, x, k=1.0: (ct * k,))
    with pytest.raises(xg.errors.RuleError, match="keyword argument 'k'"):
        xg.grad(lambda k: xg.sum(f(X, k=k)))(2.0)
    w = xg.asarray(2.0, requires_grad=True)
    closed = xg.primitive(lambda x: w * x, vjp=lambda ct, out, x: (ct,))
    with pytest.raises(xg.errors.RuleError, match="not among its arguments"):
        xg.grad(lambda x: xg.sum(closed(x)))(X)


def test_a_jvp_that_is_the_function_itself_has_no_transpose() -> None:
    double = xg.primitive(lambda x: 2 * x)
    double.defjvp(lambda ts, out, x: double(ts[0]))
    check_grads(double, (X,), modes=("fwd",))
    with pytest.raises(xg.errors.RuleError, match="defvjp"):
        xg.grad(lambda x: xg.sum(double(x)))(X)


@xg.primitive
def cube(x: Any) -> Any:
    """Return the cube; it insists on the library's own arrays."""
    assert type(x) is np.ndarray
    return x**3


@cube.defvjp
def _(ct: Any, out: Any, x: Any) -> Any:
    return (3 * square(x) * passed(ct),)


square = xg.primitive(lambda x: x**2, vjp=lambda ct, out, x: (2 * x * ct,))
passed = xg.primitive(
    lambda x: np.asarray(list(x.flat)).reshape(x.shape), vjp=lambda ct, out, x: (passed(ct),)
)


def test_a_black_box_is_never_given_a_batch() -> None:
    for jacobian in (xg.jacrev, xg.jacfwd):
        assert np.allclose(jacobian(cube)(X), np.diag(3 * X**2))
    assert np.allclose(xg.hessian(lambda x: xg.sum(cube(x)))(X), np.diag(6 * X))


def test_a_primitive_is_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(xg.grad(cube)))(2.0) == 12
