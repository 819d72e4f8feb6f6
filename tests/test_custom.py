# Tests of xgrad/custom
"""Rules of one's own, and recomputation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy
from xgrad.scipy.examples import of_one
from xgrad.testing import check_grads

X = np.asarray([0.3, -1.2, 2.0])


def cube_by_vjp() -> Any:
    @xg.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, ct: (3 * ct * x**2,))
    return cube


def cube_by_jvp() -> Any:
    @xg.custom_jvp
    def cube(x: Any) -> Any:
        return x**3

    cube.defjvp(lambda primals, ts: (primals[0] ** 3, 3 * primals[0] ** 2 * ts[0]))
    return cube


@pytest.mark.parametrize("make", [cube_by_vjp, cube_by_jvp])
def test_either_rule_serves_both_modes_at_any_order(make: Any) -> None:
    cube = make()
    check_grads(cube, (X,), order=3)
    check_grads(lambda x: xg.sum(cube(xg.sin(x)) * x), (X,), order=2)
    assert np.allclose(cube(X), X**3)


def test_the_rule_is_used_and_not_the_function() -> None:
    @xg.custom_vjp
    def f(x: Any) -> Any:
        return xg.sin(x)

    f.defvjp(lambda x: (xg.sin(x), None), lambda _, ct: (100 * ct,))
    assert xg.grad(f)(1.0) == 100
    assert xg.jvp(f, (1.0,), (2.0,))[1] == 200


def test_pytrees_in_a_rule() -> None:
    @xg.custom_vjp
    def f(p: Any, scale: Any) -> Any:
        return {"y": p["a"] * p["b"] * scale, "z": p["a"]}

    def fwd(p: Any, scale: Any) -> Any:
        return f.f(p, scale), (p, scale)

    def bwd(res: Any, ct: Any) -> Any:
        p, scale = res
        y = ct["y"]
        return {"a": y * p["b"] * scale + ct["z"], "b": y * p["a"] * scale}, xg.sum(
            y * p["a"] * p["b"]
        )

    f.defvjp(fwd, bwd)
    check_grads(f, ({"a": X, "b": X + 1}, 2.0), order=2)


def test_a_method_may_have_a_rule() -> None:
    class Scaled:
        def __init__(self, k: float) -> None:
            self.k = k

        @xg.custom_jvp
        def apply(self, x: Any) -> Any:
            return self.k * x

    Scaled.apply.defjvp(lambda ps, ts: (ps[0].k * ps[1], ps[0].k * ts[1]))
    assert xg.grad(Scaled(3.0).apply)(1.0) == 3


def test_checkpoint_gives_the_same_derivatives() -> None:
    w = xg.asarray([1.0, 2.0, 3.0], requires_grad=True)

    def f(x: Any) -> Any:
        return xg.sin(x * w) * x

    check_grads(xg.checkpoint(f), (X,), order=2)
    xg.sum(xg.checkpoint(f)(xg.asarray(X))).backward()
    assert np.allclose(w.grad.data, X * np.cos(X * np.asarray([1.0, 2.0, 3.0])) * X)
    nested = xg.checkpoint(lambda x: xg.checkpoint(f)(x) ** 2)
    check_grads(nested, (X,), order=2)


def test_checkpoint_draws_the_same_random_numbers_again(computing) -> None:
    def thinned(x, rng):
        kept = rng.bernoulli(0.5, size=50)
        return xg.sum(xg.where(kept, xg.sin(x) * rng.normal(size=50), 0.0))

    def twice(x, rng):
        return xg.checkpoint(lambda x: thinned(x, rng) * thinned(x + 1.0, rng))(x)

    with xg.use_backend(computing.backend.name, computing.device):
        x = xg.linspace(0.0, 1.0, 50, dtype=xg.float64)
        for f in (thinned, twice):
            plain, kept = xg.random.default_rng(3), xg.random.default_rng(3)
            want = xg.value_and_grad(lambda x, f=f, rng=plain: f(x, rng) ** 2)(x)
            got = xg.value_and_grad(xg.checkpoint(lambda x, f=f, rng=kept: f(x, rng) ** 2))(x)
            for a, b in zip(got, want, strict=True):
                assert bool(xg.all(a == b))
            # the stream goes on where the first run left it
            assert bool(xg.all(plain.random(3) == kept.random(3)))


def test_checkpoint_runs_the_function_again_and_keeps_only_its_argument() -> None:
    calls = 0

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return xg.exp(xg.sin(x))

    xg.grad(lambda x: xg.sum(xg.checkpoint(f)(x)))(X)
    assert calls == 2


def test_stop_gradient() -> None:
    assert xg.grad(lambda x: x * xg.stop_gradient(x))(3.0) == 3
    tree = xg.grad(lambda x: xg.stop_gradient({"a": x, "b": "text"})["a"] * x)(3.0)
    assert tree == 3


BAD_RULES = {
    "no rule": (None, "has no rule yet"),
    "not a pair": ((lambda x: x, lambda r, ct: (ct,)), "expected a pair"),
    "not a tuple": ((lambda x: (x, None), lambda r, ct: ct), "expected a tuple with 1 cotangents"),
    "too many": ((lambda x: (x, None), lambda r, ct: (ct, ct)), "returned 2 values"),
    "wrong shape": (
        (lambda x: (x, None), lambda r, ct: (xg.sum(ct),)),
        r"shape \(\); expected \(3,\)",
    ),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_broken_rule_says_what_is_wrong(name: str) -> None:
    rule, text = BAD_RULES[name]
    f = xg.custom_vjp(lambda x: x)
    f.__name__ = f.f.__name__ = "f"
    if rule:
        f.defvjp(*rule)
    with pytest.raises(xg.errors.RuleError, match=text):
        xg.grad(lambda x: xg.sum(f(x)))(X)


@pytest.mark.parametrize("kind", ["custom_jvp", "custom_vjp", "checkpoint", "primitive"])
@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_a_rule_that_takes_derivatives_does_so_for_one_example_where_it_was_called_for_one(
    kind: str,
) -> None:
    def slope(x: Any) -> Any:
        return xg.grad(lambda x: x**4)(x)

    if kind == "checkpoint":
        f = xg.checkpoint(lambda x: slope(x) * x / 4)
    else:
        f = getattr(xg, kind)(lambda x: x * x * x * x)
    if kind == "custom_jvp":
        f.defjvp(lambda primals, tangents: (f(*primals), slope(primals[0]) * tangents[0]))
    elif kind == "custom_vjp":
        f.defvjp(lambda x: (f.f(x), x), lambda x, ct: (ct * slope(x),))
    elif kind == "primitive":
        f.defvjp(lambda ct, out, x: (ct * slope(x),))

    def area(x: Any) -> Any:  # the quadrature is done for each example alone
        return scipy.integrate.quad(lambda t: f(x), 0.0, 1.0)[0]

    x = np.asarray([1.0, 2.0, 0.5])
    np.testing.assert_allclose(xg.vmap(xg.grad(area))(x), 4 * x**3, rtol=1e-12)
    np.testing.assert_allclose(xg.vmap(xg.jacfwd(area))(x), 4 * x**3, rtol=1e-12)
    np.testing.assert_allclose(xg.vmap(xg.hessian(area))(x), 12 * x**2, rtol=1e-9)
    np.testing.assert_allclose(xg.vmap(xg.grad(of_one("f")(f)))(x), 4 * x**3, rtol=1e-12)


def test_what_is_run_again_for_its_derivative_may_take_one_of_what_it_closes_over() -> None:
    def slope(x: Any) -> Any:
        return xg.grad(lambda y: y**4)(x)

    def root(x: Any) -> Any:
        return scipy.optimize.root_scalar(lambda t: t - slope(x), bracket=(0.0, 99.0)).root

    for f in (
        lambda x: scipy.integrate.quad(lambda t: slope(x), 0.0, 1.0)[0],
        lambda x: xg.checkpoint(lambda t: t * slope(x))(1.0),
        root,
    ):
        assert float(xg.grad(f)(2.0)) == pytest.approx(48.0)
        assert float(xg.jacfwd(f)(2.0)) == pytest.approx(48.0)
        assert float(xg.hessian(f)(2.0)) == pytest.approx(48.0)
