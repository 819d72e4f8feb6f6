# Tests of xgrad/optim/lbfgs.py
"""L-BFGS finds the minima that PyTorch's and SciPy's find, and keeps the Wolfe conditions."""

import math

import numpy as np
import pytest

import xgrad as xg
from xgrad import optim
from xgrad.optimize.lbfgs import strong_wolfe


def rosenbrock(x):
    return xg.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4)), np.sign(rng.normal(size=50))
    return xg.mean(xg.logaddexp(-(y * xg.matmul(X, w)), 0.0)) + 0.01 * xg.sum(w * w)


@pytest.mark.parametrize(("f", "n"), [(rosenbrock, 8), (logistic, 4)])
def test_it_finds_the_minimum_in_about_as_many_evaluations_as_scipy(f, n):
    optimize = pytest.importorskip("scipy.optimize")
    x0 = np.random.default_rng(3).normal(size=n)
    want = optimize.minimize(xg.value_and_grad(f), x0, jac=True, method="L-BFGS-B", tol=1e-14)
    found = optim.LBFGS(max_iter=500).minimize(f, x0)
    assert found.converged
    assert type(found.params) is np.ndarray
    np.testing.assert_allclose(found.params, want.x, atol=1e-5)
    assert found.value <= want.fun + 1e-10
    assert found.evaluations <= 1.5 * want.nfev + 10


def test_without_a_line_search_the_steps_are_pytorchs():
    torch = pytest.importorskip("torch")
    A = np.diag([1.0, 2.0, 5.0])
    x0 = np.asarray([1.0, -2.0, 0.5])
    w = torch.tensor(x0, requires_grad=True)
    theirs = torch.optim.LBFGS([w], lr=0.5, max_iter=1, history_size=5)

    def closure():
        theirs.zero_grad()
        value = 0.5 * w @ torch.tensor(A) @ w
        value.backward()
        return value

    method = optim.LBFGS(lr=0.5, max_iter=1, history_size=5, line_search=None)
    x, state = x0, None
    for _ in range(12):
        theirs.step(closure)
        found = method.minimize(lambda x: 0.5 * xg.sum(x * xg.matmul(A, x)), x, state)
        x, state = found.params, found.state
        np.testing.assert_allclose(x, w.detach().numpy(), rtol=1e-10, atol=1e-10)


def test_both_find_the_same_minimum():
    torch = pytest.importorskip("torch")
    x0 = np.asarray([-1.2, 1.0, 0.3, -0.5])
    w = torch.tensor(x0, requires_grad=True)
    theirs = torch.optim.LBFGS(
        [w], max_iter=100, line_search_fn="strong_wolfe", tolerance_grad=1e-13, tolerance_change=0
    )

    def f(x):  # convex, so that there is one minimum, and its place is known to all digits
        return ((x - 2.0) ** 4).sum() + ((x[1:] - 3 * x[:-1]) ** 2).sum() + (x**2).sum()

    def closure():
        theirs.zero_grad()
        value = f(w)
        value.backward()
        return value

    theirs.step(closure)
    found = optim.LBFGS(tolerance_grad=1e-13, tolerance_change=0.0).minimize(f, x0)
    closure()  # where values differ by their rounding alone, both stop
    assert found.gradient_norm <= float(w.grad.abs().max())
    np.testing.assert_allclose(found.params, w.detach().numpy(), rtol=5e-9)


@pytest.mark.parametrize("trial", [1e-3, 0.1, 1.0, 30.0, 1e4])
@pytest.mark.parametrize(
    "f",
    [
        lambda t: (t - 1) ** 2,
        lambda t: -t / (t * t + 2),  # More & Thuente (1994), section 5
        lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
        lambda t: 1e3 * (t - 0.05) ** 2 + xg.sin(40 * t),
        lambda t: xg.exp(-t) + 0.3 * t,
    ],
)
def test_the_line_search_meets_the_wolfe_conditions(f, trial):
    def at(t):
        value, slope = xg.value_and_grad(f)(np.asarray(float(t)))
        return float(value), float(slope)

    first, downhill = at(0.0)
    assert downhill < 0
    step = strong_wolfe(at, first, downhill, trial)
    value, slope = at(step)
    assert value <= first + 1e-4 * step * downhill
    assert abs(slope) <= -0.9 * downhill


def test_the_line_search_steps_back_from_infinity():
    def f(x):
        return xg.sum(-xg.log(1 - x) - xg.log(1 + x) + x)

    with np.errstate(all="ignore"):
        found = optim.LBFGS(lr=100.0).minimize(f, np.zeros(3))
    assert found.converged
    np.testing.assert_allclose(found.params, 1 - math.sqrt(2), atol=1e-7)


def test_it_works_on_trees_of_any_backend(computing):
    def f(p):
        return xg.sum((p["a"] - 3.0) ** 2) + xg.sum((p["b"][0] - p["a"][0]) ** 4) + p["b"][1] ** 2

    raw = {"a": np.zeros((2, 1), "float32"), "b": [np.ones(3), np.asarray(2.0)]}
    start = xg.tree.map(lambda x: xg.Array(computing.raw(x)), raw)
    found = optim.LBFGS(max_iter=300, tolerance_grad=1e-5).minimize(f, start)
    assert {x.backend for x in xg.tree.leaves(found.params)} == {computing.backend.name}
    assert [x.dtype for x in xg.tree.leaves(found.params)] == [np.float32, np.float64, np.float64]
    np.testing.assert_allclose(computing.numpy(found.params["a"]), 3, atol=1e-3)
    np.testing.assert_allclose(computing.numpy(found.params["b"][0]), 3, atol=0.05)


def test_it_goes_on_where_it_stopped():
    x0 = np.asarray([-1.2, 1.0, 0.3])
    whole = optim.LBFGS(max_iter=20).minimize(rosenbrock, x0)
    x, state = x0, None
    for _ in range(4):
        part = optim.LBFGS(max_iter=5).minimize(rosenbrock, x, state)
        x, state = part.params, part.state
    np.testing.assert_allclose(x, whole.params, rtol=1e-8)
    assert state.count == 20
    assert "20 iterations" in whole.message or whole.converged


def test_it_says_what_goes_on():
    seen = []
    found = optim.LBFGS().minimize(logistic, np.zeros(4), callback=lambda i, v: seen.append((i, v)))
    assert [i for i, _ in seen] == list(range(1, found.iterations + 1))
    values = [v for _, v in seen]
    assert values == sorted(values, reverse=True)
    assert found.message in (
        "the gradient is small enough",
        "the last step changed nearly nothing",
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optim.LBFGS(line_search="armijo"), "line_search is 'armijo'; expected"),
        (lambda: optim.LBFGS(max_iter=0), "max_iter is 0; expected a positive number"),
        (lambda: optim.LBFGS().minimize(lambda x: x, {}), "the parameters hold no arrays"),
        (
            lambda: optim.LBFGS().minimize(lambda x: xg.sum(x) * xg.inf, np.ones(2)),
            "the function is inf where it starts",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
