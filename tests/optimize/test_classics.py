# Tests of xgrad/optimize
"""Classic problems: no more iterations than with derivatives written by hand.

The derivatives by hand are those of the textbooks: Hock and Schittkowski 1981 (HS...), More, Garbow
and Hillstrom 1981. Each problem has a function, its gradient, and its known minimum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from scipy.special import expit

import xgrad as xg
from xgrad.optimize import lbfgs, minimize

RNG = np.random.default_rng(0)


@dataclass
class Problem:
    f: Any
    gradient: Any
    start: Any
    minimum: float
    hessian: Any = None
    constraints: list[tuple[str, Any, Any]] = field(default_factory=list)  # kind, c, jacobian
    bounds: Any = None


def rosenbrock(x: Any) -> Any:
    return xg.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


FEATURES = RNG.normal(size=(60, 8))
LABELS = (RNG.uniform(size=60) < expit(FEATURES @ RNG.normal(size=8))).astype(float)


def logistic(w: Any) -> Any:
    z = FEATURES @ w
    return xg.sum(xg.logaddexp(0.0 * z, z) - LABELS * z) + 0.05 * xg.sum(w**2)


def logistic_gradient(w: Any) -> Any:
    return FEATURES.T @ (expit(FEATURES @ w) - LABELS) + 0.1 * w


def logistic_hessian(w: Any) -> Any:
    p = expit(FEATURES @ w)
    return FEATURES.T @ (FEATURES * (p * (1 - p))[:, None]) + 0.1 * np.eye(8)


def beale(x: Any) -> Any:
    u, v = x[0], x[1]
    return sum(
        (c - u * (1 - v**k)) ** 2 for k, c in zip((1, 2, 3), (1.5, 2.25, 2.625), strict=True)
    )


def beale_gradient(x: Any) -> Any:
    u, v = x
    g = np.zeros(2)
    for k, c in zip((1, 2, 3), (1.5, 2.25, 2.625), strict=True):
        r = c - u * (1 - v**k)
        g += 2 * r * np.asarray([-(1 - v**k), u * k * v ** (k - 1)])
    return g


def powell(x: Any) -> Any:
    a, b, c, d = x[0], x[1], x[2], x[3]
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def powell_gradient(x: Any) -> Any:
    a, b, c, d = x
    p, q, r, s = 2 * (a + 10 * b), 10 * (c - d), 4 * (b - 2 * c) ** 3, 40 * (a - d) ** 3
    return np.asarray([p + s, 10 * p + r, q - 2 * r, -q - s])


def wood(x: Any) -> Any:
    a, b, c, d = x[0], x[1], x[2], x[3]
    valleys = 100 * (b - a**2) ** 2 + (1 - a) ** 2 + 90 * (d - c**2) ** 2 + (1 - c) ** 2
    return valleys + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2) + 19.8 * (b - 1) * (d - 1)


def wood_gradient(x: Any) -> Any:
    a, b, c, d = x
    return np.asarray(
        [
            -400 * a * (b - a**2) - 2 * (1 - a),
            200 * (b - a**2) + 20.2 * (b - 1) + 19.8 * (d - 1),
            -360 * c * (d - c**2) - 2 * (1 - c),
            180 * (d - c**2) + 20.2 * (d - 1) + 19.8 * (b - 1),
        ]
    )


PROBLEMS = {
    "Rosenbrock 100": Problem(
        rosenbrock,
        scipy.optimize.rosen_der,
        np.tile([-1.2, 1.0], 50),
        0.0,
        scipy.optimize.rosen_hess,
    ),
    "logistic regression": Problem(
        logistic, logistic_gradient, np.zeros(8), np.nan, logistic_hessian
    ),
    "Beale": Problem(beale, beale_gradient, np.asarray([1.0, 1.0]), 0.0),
    "Powell singular": Problem(powell, powell_gradient, np.asarray([3.0, -1.0, 0.0, 1.0]), 0.0),
    "Wood": Problem(wood, wood_gradient, np.asarray([-3.0, -1.0, -3.0, -1.0]), 0.0),
    "HS6": Problem(
        lambda x: (1 - x[0]) ** 2,
        lambda x: np.asarray([-2 * (1 - x[0]), 0.0]),
        np.asarray([-1.2, 1.0]),
        0.0,
        constraints=[
            ("eq", lambda x: 10 * (x[1] - x[0] ** 2), lambda x: np.asarray([-20 * x[0], 10.0]))
        ],
    ),
    "HS7": Problem(
        lambda x: xg.log(1 + x[0] ** 2) - x[1],
        lambda x: np.asarray([2 * x[0] / (1 + x[0] ** 2), -1.0]),
        np.asarray([2.0, 2.0]),
        -np.sqrt(3),
        constraints=[
            (
                "eq",
                lambda x: (1 + x[0] ** 2) ** 2 + x[1] ** 2 - 4,
                lambda x: np.asarray([4 * x[0] * (1 + x[0] ** 2), 2 * x[1]]),
            )
        ],
    ),
    "HS35": Problem(
        lambda x: (
            9
            - 8 * x[0]
            - 6 * x[1]
            - 4 * x[2]
            + 2 * x[0] ** 2
            + 2 * x[1] ** 2
            + x[2] ** 2
            + 2 * x[0] * x[1]
            + 2 * x[0] * x[2]
        ),
        lambda x: np.asarray(
            [
                -8 + 4 * x[0] + 2 * x[1] + 2 * x[2],
                -6 + 4 * x[1] + 2 * x[0],
                -4 + 2 * x[2] + 2 * x[0],
            ]
        ),
        np.asarray([0.5, 0.5, 0.5]),
        1 / 9,
        constraints=[
            (
                "ineq",
                lambda x: 3 - x[0] - x[1] - 2 * x[2],
                lambda x: np.asarray([-1.0, -1.0, -2.0]),
            )
        ],
        bounds=(0.0, None),
    ),
    "HS40": Problem(
        lambda x: -x[0] * x[1] * x[2] * x[3],
        lambda x: -np.prod(x) / x,
        np.full(4, 0.8),
        -0.25,
        constraints=[
            (
                "eq",
                lambda x: x[0] ** 3 + x[1] ** 2 - 1,
                lambda x: np.asarray([3 * x[0] ** 2, 2 * x[1], 0, 0]),
            ),
            (
                "eq",
                lambda x: x[0] ** 2 * x[3] - x[2],
                lambda x: np.asarray([2 * x[0] * x[3], 0, -1, x[0] ** 2]),
            ),
            ("eq", lambda x: x[3] ** 2 - x[1], lambda x: np.asarray([0, -1, 0, 2 * x[3]])),
        ],
    ),
    "HS71": Problem(
        lambda x: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        lambda x: np.asarray(
            [
                x[3] * (2 * x[0] + x[1] + x[2]),
                x[0] * x[3],
                x[0] * x[3] + 1,
                x[0] * (x[0] + x[1] + x[2]),
            ]
        ),
        np.asarray([1.0, 5.0, 5.0, 1.0]),
        17.0140173,
        constraints=[
            ("ineq", lambda x: xg.prod(x) - 25, lambda x: np.prod(x) / x),
            ("eq", lambda x: xg.sum(x**2) - 40, lambda x: 2 * x),
        ],
        bounds=(1.0, 5.0),
    ),
}
FREE = [name for name, problem in PROBLEMS.items() if not problem.constraints]
RUNS = [
    *((name, method) for name in FREE for method in ("BFGS", "L-BFGS-B", "CG")),
    *((name, "SLSQP") for name in PROBLEMS if name not in FREE),
    *((name, method) for name in FREE[:2] for method in ("Newton-CG", "trust-exact", "trust-ncg")),
]


STARTS = 3
"""How many starting points, which differ by rounding: it alone changes a long run's iterations."""
ROUNDING = 1.02


@pytest.mark.parametrize(("name", "method"), RUNS)
def test_no_more_iterations_than_with_derivatives_by_hand(name: str, method: str) -> None:
    p = PROBLEMS[name]
    options = {"maxiter": 2000}
    bounds = None if p.bounds is None else [p.bounds] * p.start.size
    second = {"hess": p.hessian} if method in ("Newton-CG", "trust-exact", "trust-ncg") else {}
    theirs, ours = [], []
    for k in range(STARTS):
        start = p.start * (1 + (k - STARTS // 2) * 2**-51)
        run = scipy.optimize.minimize(
            lambda x: float(p.f(x)),
            start,
            jac=p.gradient,
            method=method,
            bounds=bounds,
            constraints=[{"type": kind, "fun": c, "jac": jac} for kind, c, jac in p.constraints],
            options=options,
            **second,
        )
        assert run.success
        theirs.append(run)
        own = minimize(
            p.f,
            start,
            method=method,
            bounds=p.bounds,
            constraints=[{"type": kind, "fun": c} for kind, c, _ in p.constraints],
            options=options,
        )
        assert own.success, own.message
        ours.append(own)
    # Not one iteration more in a short run. The last bit, which differs from processor to processor
    # and decides the path of a long one, may cost a fiftieth there.
    assert np.median([run.nit for run in ours]) <= ROUNDING * max(run.nit for run in theirs)
    assert np.median([run.nfev for run in ours]) <= ROUNDING * max(run.nfev for run in theirs)
    assert np.median([run.fun for run in ours]) <= max(run.fun for run in theirs) + 1e-5
    if p.constraints:
        assert np.isclose(ours[0].fun, p.minimum, rtol=1e-5, atol=1e-5)


def rosenbrock_exactly(x: list[Fraction]) -> list[Fraction]:
    slopes = [Fraction(0)] * len(x)
    for i in range(len(x) - 1):
        slopes[i] += -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        slopes[i + 1] += 200 * (x[i + 1] - x[i] ** 2)
    return slopes


def wood_exactly(x: list[Fraction]) -> list[Fraction]:
    a, b, c, d = x
    u, v = Fraction(20.2), Fraction(19.8)
    return [
        -400 * a * (b - a**2) - 2 * (1 - a),
        200 * (b - a**2) + u * (b - 1) + v * (d - 1),
        -360 * c * (d - c**2) - 2 * (1 - c),
        180 * (d - c**2) + u * (d - 1) + v * (b - 1),
    ]


@pytest.mark.parametrize(
    ("name", "exactly"), [("Rosenbrock 100", rosenbrock_exactly), ("Wood", wood_exactly)]
)
def test_a_gradient_is_as_near_to_the_exact_one_as_that_by_hand(name: str, exactly: Any) -> None:
    p = PROBLEMS[name]
    rng = np.random.default_rng(0)
    errors: dict[str, list[float]] = {"ours": [], "by hand": []}
    for _ in range(40):
        x = p.start * (1 + 0.3 * rng.normal(size=p.start.size))
        exact = exactly([Fraction(float(v)) for v in x])
        for who, found in (("ours", xg.grad(p.f)(x)), ("by hand", p.gradient(x))):
            for g, e in zip(found, exact, strict=True):
                errors[who].append(float(abs(Fraction(float(g)) - e)) / np.spacing(abs(float(e))))
    assert np.mean(errors["ours"]) <= 1.02 * np.mean(errors["by hand"])


@pytest.mark.parametrize("name", ["HS7", "HS40", "HS71"])
def test_exact_second_derivatives_of_constraints(name: str) -> None:
    p = PROBLEMS[name]
    ours = minimize(
        p.f,
        p.start,
        method="trust-constr",
        bounds=p.bounds,
        constraints=[{"type": kind, "fun": c} for kind, c, _ in p.constraints],
        options={"maxiter": 300},
    )
    assert np.isclose(ours.fun, p.minimum, rtol=1e-4)
    new = [
        scipy.optimize.NonlinearConstraint(c, 0.0, 0.0 if kind == "eq" else np.inf)
        for kind, c, _ in p.constraints
    ]
    again = minimize(
        p.f,
        p.start,
        method="trust-constr",
        bounds=p.bounds,
        constraints=new,
        options={"maxiter": 300},
    )
    assert np.isclose(again.fun, ours.fun)


@pytest.mark.parametrize("name", FREE)
def test_our_own_lbfgs(name: str) -> None:
    p = PROBLEMS[name]
    options = {"gtol": 1e-6, "ftol": 0.0, "maxiter": 1000}
    theirs = scipy.optimize.minimize(
        lambda x: float(p.f(x)), p.start, jac=p.gradient, method="L-BFGS-B", options=options
    )
    ours = lbfgs(p.f, p.start, tol=1e-6)
    assert ours.success, ours.message
    assert ours.fun <= theirs.fun + 1e-6
    assert ours.nfev <= 1.3 * theirs.nfev + 10
