# Tests of xgrad/optimize
"""Optimisers of pytrees: structure, backends, bounds, stopping, and what they say of bad input."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import xgrad as xg
from xgrad.optimize import (
    Result,
    curve_fit,
    lbfgs,
    least_squares,
    levenberg_marquardt,
    minimize,
    root,
)
from xgrad.optimize.lbfgs import strong_wolfe

START = {"a": np.zeros((2, 2)), "b": [0.5, np.asarray([1.0 + 1j])]}
TARGET = np.asarray([[1.0, -2.0], [3.0, 0.5]])


def f(p: Any, weight: Any = 1.0) -> Any:
    return (
        xg.sum((p["a"] - TARGET) ** 2)
        + weight * (p["b"][0] + 2) ** 2
        + xg.sum(xg.abs(p["b"][1] - (2 - 1j)) ** 2)
    )


@pytest.mark.parametrize(
    "method",
    [None, "BFGS", "L-BFGS-B", "Newton-CG", "trust-exact", "TNC", "Powell", "SLSQP"],
)
def test_pytrees_with_complex_leaves(method: Any) -> None:
    found = minimize(f, START, (2.0,), method)
    assert np.allclose(found.x["a"], TARGET, atol=1e-3)
    assert np.allclose(found.x["b"][0], -2, atol=1e-3)
    assert np.allclose(found.x["b"][1], 2 - 1j, atol=1e-3)
    assert isinstance(found, Result)
    assert len(xg.tree.leaves(found)) in (4, 5)  # x, fun, and jac if there is one
    assert "details" not in repr(found)


def test_other_solvers_of_pytrees() -> None:
    found = lbfgs(f, START)
    assert np.allclose(found.x["a"], TARGET)
    assert np.allclose(found.x["b"][1], 2 - 1j)

    def residuals(p: Any) -> Any:
        return {
            "a": p["a"] ** 3 + p["a"] - TARGET**3 - TARGET,
            "b": p["b"][1] ** 2 - 2j,
            "c": p["b"][0] + 2,
        }

    for solve in (least_squares, levenberg_marquardt, root):
        found = solve(residuals, START)
        assert found.success, found.message
        assert np.allclose(found.x["a"], TARGET, atol=1e-4)
        assert np.allclose(found.x["b"][1], 1 + 1j, atol=1e-4)


def test_every_backend(computing: Any) -> None:
    # the solver runs on the host, or not at all; the function where its parameters are
    start = computing.raw(np.asarray([3.0, -1.0]))
    other = computing.raw(np.asarray([1.0, 2.0]))

    def g(x: Any) -> Any:
        assert type(x.data) is type(start)
        return xg.sum((x - other) ** 2 * (1 + x**2))

    for solve in (minimize, lbfgs):
        found = solve(g, start).x
        assert type(found) is type(start)
        assert np.allclose(computing.numpy(xg.grad(g)(found)), 0, atol=1e-4)
    for fit in (least_squares, levenberg_marquardt):
        found = fit(lambda x: (x**2 - other, x[0] - 1), start).x
        assert type(found) is type(start)
        assert np.allclose(computing.numpy(found)[0], 1, atol=1e-5)


def test_arrays_in_arrays_out_and_float32() -> None:
    found = minimize(lambda x: xg.sum((x - 1) ** 2), xg.asarray([0.0, 0.0]))
    assert type(found.x) is xg.Array
    found = lbfgs(lambda x: xg.sum((x - 1) ** 2), np.zeros(2, np.float32), tol=1e-4)
    assert found.x.dtype == np.float32
    assert minimize(lambda x: (x - 1.5) ** 2, 3).x.round(3) == 1.5  # an integer may vary


BOUNDS = [
    (1.0, None),
    (np.asarray([1.0, -np.inf]), 5.0),
    [(1.0, None), (None, None)],
    scipy.optimize.Bounds([1.0, -np.inf], np.inf),
]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_bounds(bounds: Any) -> None:
    found = minimize(lambda x: xg.sum((x - np.asarray([0.0, 2.0])) ** 2), np.ones(2), bounds=bounds)
    assert np.allclose(found.x, [1, 2], atol=1e-4)


def test_bounds_of_a_pytree_broadcast() -> None:
    lower = {"a": 0.0, "b": -1.0}
    found = minimize(
        lambda p: xg.sum((p["a"] + 1) ** 2) + (p["b"] + 3) ** 2,
        {"a": np.ones(3), "b": 2.0},
        bounds=(lower, None),
    )
    assert np.allclose(found.x["a"], 0)
    assert found.x["b"] == -1
    fit = least_squares(lambda p: p + 1.0, np.ones(2), bounds=(0.0, None))
    assert np.allclose(fit.x, 0, atol=1e-6)


def test_constraints_see_the_pytree_and_the_arguments() -> None:
    c = {"type": "ineq", "fun": lambda p, k: k - xg.sum(p["x"] ** 2)}
    found = minimize(
        lambda p, k: -xg.sum(p["x"]), {"x": np.asarray([0.1, 0.2])}, (8.0,), constraints=c
    )
    assert np.allclose(found.x["x"], 2, atol=1e-3)
    linear = scipy.optimize.LinearConstraint([[1.0, 1.0]], -np.inf, 1.0)
    found = minimize(lambda x: -xg.sum(x) + xg.sum(x**4), np.zeros(2), constraints=linear)
    assert np.isclose(found.x.sum(), 1.0, atol=1e-4)


def test_matrix_free_least_squares() -> None:
    t = np.linspace(0, 1, 30)

    def residual(p: Any) -> Any:
        return p["a"] * xg.exp(-p["k"] * t) - 2 * np.exp(-3 * t)

    dense, free = (
        least_squares(residual, {"a": 1.0, "k": 1.0}, matrix_free=way) for way in (False, True)
    )
    assert np.allclose([free.x["a"], free.x["k"]], [dense.x["a"], dense.x["k"]], rtol=1e-5)
    robust = least_squares(residual, {"a": 1.0, "k": 1.0}, loss="huber")
    assert np.isclose(robust.x["k"], 3, rtol=1e-5)


def test_levenberg_marquardt_needs_no_more_evaluations_than_minpack() -> None:
    t = np.linspace(0, 4, 40)
    data = 2 * np.exp(-1.5 * t) + 0.5 + 0.01 * np.random.default_rng(0).normal(size=40)

    def residual(p: Any) -> Any:
        return p[0] * xg.exp(-p[1] * t) + p[2] - data

    start = np.asarray([1.0, 1.0, 0.0])
    ours = levenberg_marquardt(residual, start)
    theirs = least_squares(residual, start, method="lm")
    assert ours.success
    assert np.allclose(ours.x, theirs.x, rtol=1e-5)
    assert ours.nfev <= theirs.nfev + 5
    assert ours.jac.shape == (40, 3)


def test_curve_fit_agrees_with_scipy() -> None:
    t = np.linspace(0, 4, 50)
    rng = np.random.default_rng(0)
    y = 2.5 * np.exp(-1.3 * t) + 0.5 + 0.05 * rng.normal(size=50)

    def model(t: Any, a: Any, k: Any, c: Any) -> Any:
        return a * xg.exp(-k * t) + c

    sigma = 0.05 * (1 + t)
    for options in ({}, {"sigma": sigma, "absolute_sigma": True}, {"method": "trf"}):
        ours = curve_fit(model, t, y, **options)
        theirs = scipy.optimize.curve_fit(
            lambda t, a, k, c: a * np.exp(-k * t) + c, t, y, **options
        )
        assert np.allclose(ours[0], theirs[0], rtol=1e-5)
        assert np.allclose(ours[1], theirs[1], rtol=1e-3)
    bounded, _ = curve_fit(model, t, y, (1.0, 1.0, 0.0), bounds=(0.0, (np.inf, 1.0, 1.0)))
    assert isinstance(bounded, tuple)
    assert np.isclose(bounded[1], 1.0)

    def two(t: Any, p: Any, offset: Any) -> Any:
        return xg.sum(p["a"][:, None] * xg.exp(-p["k"][:, None] * t), axis=0) + offset

    start = [{"a": np.asarray([2.0, 1.0]), "k": np.asarray([1.0, 3.0])}, 0.1]
    (p, offset), covariance = curve_fit(two, t, y, start)
    assert p["a"].shape == (2,)
    assert covariance.shape == (5, 5)
    assert np.isclose(offset, 0.5, atol=0.1)


@pytest.mark.parametrize("way", ["return True", "raise StopIteration"])
@pytest.mark.parametrize("solver", [minimize, lbfgs, least_squares, levenberg_marquardt, root])
def test_a_callback_stops(solver: Any, way: str) -> None:
    seen: list[Any] = []

    def callback(p: Any) -> Any:
        seen.append(p["x"])
        if len(seen) == 2:
            if way == "return True":
                return True
            raise StopIteration
        return None

    def system(p: Any) -> Any:
        u = p["x"][:2]
        return xg.stack([10 * (u[1] - u[0] ** 2), 1 - u[0]])

    def scalar(p: Any) -> Any:
        return xg.sum(system(p) ** 2)

    start = {"x": np.asarray([-1.2, 1.0])}
    found = solver(scalar if solver in (minimize, lbfgs) else system, start, callback=callback)
    assert len(seen) == 2
    assert not found.success
    assert "callback" in found.message
    assert np.allclose(found.x["x"], seen[-1])


def test_the_progress_line(capsys: Any) -> None:
    minimize(lambda x: xg.sum(x**4), np.ones(2), progress=True)
    text = capsys.readouterr().err
    assert "iteration" in text
    assert "|gradient|" in text
    assert text.endswith("done\n")


def test_the_progress_line_on_a_terminal(monkeypatch: Any, capsys: Any) -> None:
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lbfgs(lambda x: xg.sum(x**4), np.ones(2), progress=True)
    assert "done" in capsys.readouterr().err


def test_root_by_a_method_without_a_jacobian() -> None:
    found = root(lambda x: x + 0.1 * xg.sin(x) - 1, np.zeros(2), method="krylov")
    assert found.success
    assert np.allclose(found.x + 0.1 * np.sin(found.x), 1, atol=1e-4)


def test_a_line_search_meets_its_conditions() -> None:
    def line(t: float) -> tuple[float, float]:
        return -t * np.exp(-t) + 0.05 * np.sin(20 * t), (t - 1) * np.exp(-t) + np.cos(20 * t)

    value, slope = line(0.0)
    assert strong_wolfe(line, value, slope, 1.0) is None  # it does not descend

    def down(t: float) -> tuple[float, float]:
        return (t - 3) ** 4, 4 * (t - 3) ** 3

    for first in (0.01, 1.0, 100.0):
        step = strong_wolfe(down, *down(0.0), first)
        assert step is not None
        assert abs(down(step)[1]) <= 0.9 * abs(down(0.0)[1])
        assert down(step)[0] < down(0.0)[0]


def test_limits_and_lost_precision() -> None:
    assert "limit" in lbfgs(f, START, max_iterations=1).message
    assert "limit" in levenberg_marquardt(lambda x: xg.exp(x) - 9, 0.0, max_iterations=1).message
    assert "precision" in lbfgs(lambda x: xg.sum(x**2) + 1e9, np.ones(2) * 1e-9, tol=0.0).message


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: minimize(lambda x: x, np.ones(2)), xg.errors.NotScalarError, "scalar"),
        (
            lambda: minimize(lambda x: x, np.ones(2), method="Powell"),
            xg.errors.NotScalarError,
            r"\(2,\)",
        ),
        (lambda: minimize(lambda x: 0.0, []), ValueError, "no arrays"),
        (lambda: minimize(xg.sum, np.ones(2), bounds=(1, 2, 3)), ValueError, "pair"),
        (
            lambda: minimize(lambda p: p["a"], {"a": 1.0}, bounds=({"b": 1.0, "c": 1.0}, None)),
            ValueError,
            "structure",
        ),
        (
            lambda: minimize(lambda p: p["a"], {"a": 1.0}, bounds=({"b": 1.0}, None)),
            ValueError,
            "a dict with 'b'; expected a dict with 'a'",
        ),
        (lambda: minimize(f, START, bounds=(0.0, 1.0)), ValueError, "complex"),
        (
            lambda: minimize(xg.sum, np.ones(2), constraints={"kind": "eq"}),
            ValueError,
            "constraint",
        ),
        (
            lambda: minimize(xg.sum, np.ones(2), bounds=(np.ones(3), None)),
            ValueError,
            r"broadcast to those of x0, \[\(2,\)\]",
        ),
        (lambda: root(lambda x: x[:1], np.ones(2)), ValueError, "1 numbers for 2 unknowns"),
        (lambda: least_squares(f, START, method="lm", matrix_free=True), ValueError, "'lm'"),
        (lambda: curve_fit(lambda x, *p: p[0], [1.0], [1.0]), ValueError, "pass p0"),
    ],
)
def test_bad_input_says_what_to_do(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


SOLVED_FOR_A_SQUARE = {  # each gives the root of `a`
    "minimize": lambda a: xg.optimize.minimize(lambda x: xg.sum((x**2 - a) ** 2), np.ones(1)).x,
    "lbfgs": lambda a: xg.optimize.lbfgs(lambda x: xg.sum((x**2 - a) ** 2), np.ones(1)).x,
    "root": lambda a: xg.optimize.root(lambda x: x**2 - a, np.ones(1)).x,
    "least_squares": lambda a: xg.optimize.least_squares(lambda x: x**2 - a, np.ones(1)).x,
    "levenberg_marquardt": lambda a: (
        xg.optimize.levenberg_marquardt(lambda x: x**2 - a, np.ones(1)).x
    ),
    "curve_fit": lambda a: xg.optimize.curve_fit(
        lambda t, p: p * t, np.arange(3.0), xg.sqrt(a) * np.arange(3.0)
    )[0],
}


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
@pytest.mark.parametrize("solver", SOLVED_FOR_A_SQUARE)
def test_a_solver_inside_vmap_is_called_for_each_example(solver: str) -> None:
    a = np.array([2.0, 3.0, 0.5])
    found = xg.vmap(SOLVED_FOR_A_SQUARE[solver])(a)
    np.testing.assert_allclose(found[:, 0], np.sqrt(a), rtol=1e-5)
