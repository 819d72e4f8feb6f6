# Tests of xgrad/custom/implicit.py
"""Implicit rules against differentiating through the solver that they replace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg as sla

import xgrad as xg
from xgrad.testing import check_grads

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(4, 4)), RNG.normal(size=4)
PARAMS = {"A": A, "b": B}
ZERO = {"u": np.zeros(4)}


def gmres(matvec: Any, b: Any) -> Any:
    operator = sla.LinearOperator((b.size, b.size), matvec=matvec, dtype=b.dtype)
    return sla.gmres(operator, b, rtol=1e-13, atol=0)[0]


def cg(matvec: Any, b: Any) -> Any:
    """Conjugate gradients in the namespace of b, for symmetric matrices."""
    x = 0 * b
    r = b
    p = r
    for _ in range(50):
        Ap = matvec(p)
        alpha = (r @ r) / (p @ Ap + 1e-300)
        x = x + alpha * p
        new = r - alpha * Ap
        p, r = new + (new @ new) / (r @ r + 1e-300) * p, new
    return x


# Equations, each with a black box and an unrolled solver ------------------------------------------


def residual(x: Any, p: Any) -> Any:
    return {"u": x["u"] ** 3 + x["u"] + 0.1 * xg.tanh(p["A"] @ x["u"]) - p["b"]}


def newton(x: Any, p: Any) -> Any:
    u = x["u"]
    for _ in range(20):
        J = xg.jacfwd(lambda u: residual({"u": u}, p)["u"])(u)
        u = u - xg.linalg.solve(J, residual({"u": u}, p)["u"])
    return {"u": u}


def step(x: Any, p: Any) -> Any:
    return {"u": 0.3 * xg.tanh(p["A"] @ x["u"]) / 2 + xg.sin(p["b"])}


def iterate(x: Any, p: Any) -> Any:
    for _ in range(60):
        x = step(x, p)
    return x


def objective(x: Any, p: Any) -> Any:
    u = x["u"]
    return xg.sum(xg.cosh(u)) + 0.1 * xg.sum((p["A"] @ u) ** 2) - xg.sum(p["b"] * u)


def descend(x: Any, p: Any) -> Any:
    u = x["u"]
    for _ in range(12):
        f = xg.grad(lambda u: objective({"u": u}, p))
        u = u - xg.linalg.solve(xg.jacfwd(f)(u), f(u))
    return {"u": u}


CASES = {
    "root": (xg.implicit_root, residual, newton, gmres),
    "fixed point": (xg.implicit_fixed_point, step, iterate, gmres),
    "argmin": (xg.implicit_argmin, objective, descend, cg),
}


@pytest.mark.parametrize("way", ["dense", "matrix-free"])
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_through_the_unrolled_solver(name: str, way: str) -> None:
    make, equation, solver, free = CASES[name]
    implicit = make(equation, solve=free if way == "matrix-free" else None)(solver)

    def f(solve: Any) -> Any:
        return lambda p: xg.sum(xg.sin(solve(ZERO, p)["u"]) * B)

    ours, theirs = xg.grad(f(implicit))(PARAMS), xg.grad(f(solver))(PARAMS)
    assert all(np.allclose(ours[k], theirs[k], rtol=1e-9, atol=1e-11) for k in PARAMS)
    tangents = {"A": RNG.normal(size=(4, 4)), "b": RNG.normal(size=4)}
    forward = [xg.jvp(f(s), (PARAMS,), (tangents,))[1] for s in (implicit, solver)]
    assert np.allclose(*forward, rtol=1e-9)

    def along(solve: Any) -> Any:
        return lambda b: f(solve)({"A": A, "b": b})

    for hessian in (xg.hessian, lambda g: xg.jacrev(xg.grad(g)), lambda g: xg.jacfwd(xg.jacfwd(g))):
        second = [hessian(along(s))(B) for s in (implicit, solver)]
        assert np.allclose(*second, rtol=1e-8, atol=1e-10)


def test_third_order() -> None:
    @xg.implicit_root(lambda x, a: x * x - a)
    def root(x0: Any, a: Any) -> Any:
        return np.sqrt(a)

    third = xg.grad(xg.grad(xg.grad(lambda a: root(1.0, a))))(4.0)
    assert np.isclose(third, 3 / 8 * 4.0**-2.5)
    check_grads(lambda a: root(1.0, a), (4.0,), order=3)


def test_any_solver_and_arguments_without_a_derivative() -> None:
    @xg.implicit_root(lambda x, a, options: x ** options["power"] - a)
    def power_root(x0: Any, a: Any, options: Any) -> Any:
        assert isinstance(a, np.ndarray)
        return scipy.optimize.root(lambda x: x ** options["power"] - a, x0, tol=1e-13).x

    a = np.asarray([1.0, 8.0])
    gradient = xg.grad(lambda a: xg.sum(power_root(np.ones(2), a, {"power": 3, "name": "n"})))(a)
    assert np.allclose(gradient, a ** (-2 / 3) / 3)
    assert isinstance(power_root(np.ones(2), a, {"power": 3, "name": "n"}), np.ndarray)


def test_nothing_flows_to_the_initial_value() -> None:
    root = xg.implicit_root(lambda x, a: x * x - a)(lambda x0, a: np.sqrt(a))
    assert xg.grad(lambda x0: root(x0, 4.0) * x0)(3.0) == 2.0


def test_a_complex_solution() -> None:
    root = xg.implicit_root(lambda z, c: z**2 - c)(lambda z0, c: np.sqrt(c))
    c = np.asarray([1 + 2j, -3 + 0.5j])
    check_grads(lambda c: root(c, c), (c,), order=2)
    real = xg.implicit_root(lambda z, c: z + 0.3 * xg.conj(z) * xg.abs(z) - c)

    @real  # an equation that is not holomorphic
    def solve(z0: Any, c: Any) -> Any:
        z = c
        for _ in range(80):
            z = c - 0.3 * np.conj(z) * np.abs(z)
        return z

    check_grads(lambda c: solve(c, c), (0.3 * c,), order=1)


def test_a_pytree_of_shapes() -> None:
    @xg.implicit_root(lambda x, p: (x[0] ** 3 - p, x[1] - xg.sum(x[0]) * p[:, None]))
    def solve(x0: Any, p: Any) -> Any:
        first = np.cbrt(p)
        return first, np.sum(first) * p[:, None]

    start = (np.ones(3), np.ones((3, 1)))
    check_grads(lambda p: solve(start, p), (np.asarray([1.0, 2.0, 3.0]),), order=2)


def test_solvers_stay_on_their_backend(computing: Any) -> None:
    a = computing.raw(np.asarray([1.0, 4.0, 9.0]))
    root = xg.implicit_root(lambda x, a: x * x - a)(lambda x0, a: a**0.5)
    gradient = xg.grad(lambda a: xg.sum(root(a, a)))(a)
    assert type(gradient) is type(a)
    assert np.allclose(computing.numpy(gradient), [1 / 2, 1 / 4, 1 / 6])


def test_bad_input() -> None:
    with pytest.raises(TypeError, match="expected a function"):
        xg.implicit_root(3)

    def wrong_shape(x0: Any, a: Any) -> Any:
        return np.ones(3)

    with pytest.raises(xg.errors.RuleError, match="as many equations as unknowns"):
        xg.grad(lambda a: xg.sum(xg.implicit_root(lambda x, a: x[:2] * a)(wrong_shape)(1.0, a)))(
            2.0
        )
    with pytest.raises(xg.errors.RuleError, match="no unique solution"):
        xg.grad(lambda a: xg.sum(xg.implicit_root(lambda x, a: 0 * x * a)(wrong_shape)(1.0, a)))(
            2.0
        )
    bad = xg.implicit_root(lambda x, a: x * a, solve=lambda matvec, b: b[:1])(wrong_shape)
    with pytest.raises(xg.errors.RuleError, match="solve returned the shape"):
        xg.grad(lambda a: xg.sum(bad(1.0, a)))(2.0)
    a = xg.asarray(2.0, requires_grad=True)
    closed = xg.implicit_root(lambda x, b: x - b)(lambda x0, b: a * b)
    with pytest.raises(xg.errors.RuleError, match="not among its arguments"):
        xg.grad(lambda b: closed(1.0, b))(2.0)
