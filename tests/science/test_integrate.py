# Tests of xgrad/scipy/integrate
"""Differential equations and quadrature: values of SciPy, derivatives of every order."""

from typing import Any

import numpy as np
import pytest
import scipy as plain

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

P = np.asarray([1.5, 1.0, 3.0, 1.0])
Y0 = np.asarray([1.0, 0.8])
TIMES = np.linspace(0.0, 2.0, 5)
METHODS = ("RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA")
TIGHT = {"rtol": 1e-9, "atol": 1e-11}
LOOSE = {"rtol": 1e-7, "atol": 1e-9}
SHORT = ("RK23", "Radau", "BDF")
"""The methods that need many steps for a tight tolerance."""


def tolerance(method):
    return LOOSE if method in SHORT else TIGHT


def exactness(method):
    return {"rtol": 1e-3, "value": 1e-5, "step": 1e-2} if method in SHORT else EXACT


EXACT = {"rtol": 1e-6, "value": 1e-6, "step": 1e-3}


def predators(xp):
    return lambda t, y, p: xp.stack(
        [
            p[0] * y[0] - p[1] * y[0] * y[1] + 0.1 * xp.sin(t * y[0]),
            p[3] * y[0] * y[1] - p[2] * y[1],
        ]
    )


def _states(method):
    def f(sp, xp, p, y0):
        rhs = predators(xp)
        out = sp.integrate.solve_ivp(
            rhs, (0, 2), y0, method, t_eval=TIMES, args=(p,), **tolerance(method)
        )
        return out.y

    return f


def _continuous(method):
    def f(sp, xp, p, y0, t):
        rhs = predators(xp)
        options = tolerance(method) | ({} if sp is plain else {"adjoint": "continuous"})
        out = sp.integrate.solve_ivp(
            lambda t, y: rhs(t, y, p), (0.1 * t[0], 2), y0, method, t_eval=t, **options
        )
        return out.y

    return f


def _closed_over(sp, xp, p, y0):
    rhs = predators(xp)
    return sp.integrate.solve_ivp(lambda t, y: rhs(t, y, p), (0, 1), y0, **TIGHT).y[:, -1]


def _moving_ends(sp, xp, ends, y0):
    rhs = predators(xp)
    out = sp.integrate.solve_ivp(
        lambda t, y: rhs(t, y, P), (ends[0], ends[1]), y0, "DOP853", rtol=1e-11, atol=1e-12
    )
    return out.y[:, -1]


def _dense(method):
    def f(sp, xp, p, t):
        rhs = predators(xp)
        sol = sp.integrate.solve_ivp(
            lambda t, y: rhs(t, y, p), (0, 2), Y0, method, dense_output=True, **tolerance(method)
        ).sol
        return sol(t), sol(t[0])

    return f


def _event(method):
    def f(sp, xp, height, drag):
        def ground(t, y):
            return y[0]

        def top(t, y):
            return y[1]

        ground.terminal, ground.direction = True, -1
        out = sp.integrate.solve_ivp(
            lambda t, y: xp.stack([y[1], -9.81 - drag * y[1] * y[1] * y[1]]),
            (0, 9),
            xp.stack([height, 2.0 + 0 * height]),
            method,
            events=[ground, top],
            **tolerance(method),
        )
        ended = out.y[:, -1]
        return out.t_events[0], out.t_events[1], out.y_events[0], ended, out.t[-1]

    return f


def _odeint(sp, xp, p, y0):
    rhs = predators(xp)
    return sp.integrate.odeint(lambda y, t: rhs(t, y, p), y0, TIMES, rtol=1e-10, atol=1e-11)


def _stiff(sp, xp, mu):
    out = sp.integrate.solve_ivp(
        lambda t, y: xp.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]]),
        (0, 500),
        np.asarray([2.0, 0.0]),
        "Radau",
        rtol=1e-8,
        atol=1e-10,
    )
    return out.y[0, -1]


def _complex(sp, xp, k):
    start = np.asarray([1.0 + 0.5j])
    return sp.integrate.solve_ivp(lambda t, y: 1j * k * y, (0, 1), start, **TIGHT).y[:, -1]


K = np.asarray(1.3)


def _at_times(sp, xp, t):
    found = [
        sp.integrate.solve_ivp(
            lambda t, y: -y * np.asarray([1.0, 0.3]), (0, 4), np.ones(2), method, dense_output=True
        ).sol
        for method in ("RK23", "Radau")
    ]
    return [xg.asarray(sol(t)) if isinstance(t, xg.Array) else sol(t) for sol in found]


PROGRAMS = (
    *(Program(f"solve_ivp {m}", _states(m), (P, Y0), **exactness(m)) for m in METHODS),
    Program("solve_ivp closed over", _closed_over, (P, Y0), 1e-6, step=1e-3),
    Program("solve_ivp moving ends", _moving_ends, (np.asarray([0.1, 1.2]), Y0), 1e-6, step=1e-3),
    *(
        Program(f"solve_ivp dense {m}", _dense(m), (P, TIMES[1:4]), **exactness(m))
        for m in ("DOP853", "Radau")
    ),
    *(
        Program(
            f"solve_ivp events {m}",
            _event(m),
            (np.asarray(10.0), np.asarray(0.02)),
            1e-4,
            1e-5,
            step=1e-3,
        )
        for m in ("RK45", "DOP853", "Radau")
    ),
    Program("a solution of SciPy at times", _at_times, (TIMES[1:4],), 1e-6),
    Program(
        "nsum",
        lambda sp, xp, p: [
            sp.integrate.nsum(lambda k, p: 1.0 / k ** (p + 3.0), 1, np.inf, args=(p,)).sum,
            sp.integrate.nsum(lambda k: xp.exp(-p * k), 0, 9, step=3).sum,
        ],
        (np.asarray(2.6),),
        1e-6,
        1e-9,
        order=1,
    ),
    Program("solve_ivp complex", _complex, (np.asarray(0.7),), 1e-6, step=1e-3),
    Program("solve_ivp stiff", _stiff, (np.asarray(1000.0),), 1e-4, 1e-6, order=1, step=1e-1),
    *(
        Program(
            f"solve_ivp continuous {m}",
            _continuous(m),
            (P, Y0, TIMES[1:3]),
            **exactness(m),
            order=order,
        )
        for m, order in (("DOP853", 2), ("Radau", 1))
    ),
    Program("odeint", _odeint, (P, Y0), 1e-6, 1e-8, step=1e-3),
    Program(
        "quad",
        lambda sp, xp, k, a, b: sp.integrate.quad(lambda x: xp.exp(-k * x) * xp.sin(x), a, b)[0],
        (K, np.asarray(0.2), np.asarray(1.9)),
        1e-7,
    ),
    Program(
        "quad args, infinite",
        lambda sp, xp, k: sp.integrate.quad(lambda x, k: xp.exp(-k * x * x), 0, np.inf, (k,))[0],
        (K,),
        1e-7,
    ),
    Program(
        "quad points",
        lambda sp, xp, k: sp.integrate.quad(lambda x: abs(x - 0.3) ** k, 0, 1, points=[0.3])[0],
        (K,),
        1e-6,
        1e-8,
        order=1,
    ),
    Program(
        "quad weight",
        lambda sp, xp, k: sp.integrate.quad(lambda x: xp.exp(-k * x), 0, 2, weight="cos", wvar=7.0)[
            0
        ],
        (K,),
    ),
    Program(
        "quad weight, its limits",
        lambda sp, xp, k, a, b: [
            sp.integrate.quad(lambda x: xp.exp(-k * x), a, b, weight=w, wvar=3.0)[0]
            for w in ("cos", "sin")
        ],
        (K, np.asarray(0.2), np.asarray(1.1)),
    ),
    Program(
        "quad_vec",
        lambda sp, xp, k, b: sp.integrate.quad_vec(
            lambda x: xp.stack([xp.exp(-k * x), xp.cos(k * x), x * x]), 0.0, b
        )[0],
        (K, np.asarray(1.9)),
    ),
    Program(
        "dblquad",
        lambda sp, xp, k, b: sp.integrate.dblquad(
            lambda y, x: xp.exp(-k * x * y), 0.0, b, lambda x: 0.1 * k, lambda x: 1 + x
        )[0],
        (K, np.asarray(1.1)),
        1e-6,
    ),
    Program(
        "cubature",
        lambda sp, xp, k, b: (
            sp.integrate.cubature(
                lambda x, k: xp.exp(-k * x[:, 0] * x[:, 1]),
                [0, 0],
                xp.stack([1 + 0 * b, b]),
                args=(k,),
            ).estimate
        ),
        (K, np.asarray(1.1)),
    ),
    Program(
        "nquad",
        lambda sp, xp, k: sp.integrate.nquad(
            lambda x, y: xp.exp(-k * x * y * y), [lambda y: (0.0, y), (0.0, 1.0)]
        )[0],
        (K,),
    ),
    Program(
        "fixed_quad",
        lambda sp, xp, k, b: sp.integrate.fixed_quad(lambda x: xp.exp(-k * x), 0.0, b, n=6)[0],
        (K, np.asarray(1.1)),
    ),
    Program(
        "tanhsinh",
        lambda sp, xp, k, b: (
            sp.integrate.tanhsinh(lambda x, k: xp.exp(-k * x), 0.0, b, args=(k,)).integral
            + sp.integrate.tanhsinh(lambda x, k: xp.exp(-k * x), 0, 2, args=(k,)).integral
        ),
        (np.asarray([0.5, 1.3]), np.asarray(1.1)),
    ),
    Program(
        "tanhsinh infinite",
        lambda sp, xp, k: sp.integrate.tanhsinh(lambda x: xp.exp(-k * x), 0.0, np.inf).integral,
        (K,),
    ),
    *(
        Program(
            f"{name} {n}",
            lambda sp, xp, y, x, name=name: getattr(sp.integrate, name)(y, x=x),
            (np.random.default_rng(n).normal(size=(2, n)), np.cumsum(np.linspace(0.3, 1, n))),
        )
        for name in ("simpson", "cumulative_simpson", "trapezoid", "cumulative_trapezoid")
        for n in (2, 3, 4, 7, 8)
    ),
    *(
        Program(
            f"{name} dx {n}",
            lambda sp, xp, y, name=name: getattr(sp.integrate, name)(y, dx=0.3, axis=0),
            (np.random.default_rng(n).normal(size=(n, 2)),),
        )
        for name in ("simpson", "cumulative_simpson", "romb")
        for n in (5, 6)
        if name != "romb" or n == 5
    ),
    Program(
        "cumulative_simpson initial",
        lambda sp, xp, y, a: [
            sp.integrate.cumulative_simpson(y, initial=a),
            sp.integrate.cumulative_simpson(np.ones(6), initial=a),
        ],
        (np.random.default_rng(0).normal(size=(2, 6)), np.asarray(0.5)),
    ),
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


def test_a_gradient_is_as_exact_as_the_tolerance():
    def total(p, sp, xp, rtol, method):
        rhs = predators(xp)
        out = sp.integrate.solve_ivp(
            rhs, (0, 2), Y0, method, t_eval=TIMES, args=(p,), rtol=rtol, atol=rtol * 1e-2
        )
        return xp.sum(out.y**2)

    exact = xg.grad(lambda p: total(p, scipy, xg, 1e-12, "DOP853"))(P)
    for method in METHODS:
        for rtol in (1e-5, 1e-8):
            got = xg.grad(lambda p, r=rtol, m=method: total(p, scipy, xg, r, m))(P)
            assert np.max(np.abs(got - exact)) < 100 * rtol * np.max(np.abs(exact)), (method, rtol)


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_calls_the_right_hand_side_for_all_steps_at_once(method):
    calls = []

    def total(p):
        rhs = predators(xg)

        def counted(t, y):
            calls.append(1)
            return rhs(t, y, p)

        out = scipy.integrate.solve_ivp(counted, (0, 2), Y0, method, **LOOSE)
        return xg.sum(out.y[:, -1] ** 2)

    total(P)
    value, calls[:] = len(calls), []
    xg.grad(total)(P)
    more = len(calls) - value
    assert more < 20 + 0.2 * value, (value, more)  # interpolation takes DOP853 three in twelve


def test_a_right_hand_side_that_branches_on_a_value_is_called_in_turn():
    def end(k, sp, xp, method):
        def rhs(t, y):
            return -k * y if t < 1 and y[0] > 0.2 else -2.0 * k * y * y

        return sp.integrate.solve_ivp(rhs, (0, 2), Y0, method, rtol=1e-9, atol=1e-11).y[0, -1]

    for method in ("RK45", "Radau"):
        got = xg.grad(lambda k, m=method: end(k, scipy, xg, m))(0.7)
        near = [end(0.7 + d, plain, np, method) for d in (1e-4, -1e-4)]
        assert abs(got - (near[0] - near[1]) / 2e-4) < 2e-3 * abs(got)


MIXING = np.random.default_rng(0).normal(size=(40, 40)) / 40**0.5


@pytest.mark.parametrize(
    ("method", "coupling"),
    [
        ("RK45", "neighbours"),
        ("Radau", "neighbours"),
        ("LSODA", "all"),
        ("Radau", "all"),
        ("BDF", "all, stiff"),
    ],
)
def test_many_unknowns(method, coupling):
    y0 = np.sin(np.linspace(0, 3, 40))
    stiff = np.where(np.arange(40) < 3, 3e3, 1.0) if coupling == "all, stiff" else 1.0

    def total(k, sp, xp):
        def rhs(t, y):
            if coupling == "neighbours":
                moved = k * (xp.roll(y, 1) - 2 * y + xp.roll(y, -1))
            else:
                moved = stiff * (k * xp.tanh(MIXING @ y) - 2 * y)
            return moved + xp.sin(t * y)

        times = (0.05, 0.1)
        sol = sp.integrate.solve_ivp(rhs, (0, 0.1), y0, method, t_eval=times, **LOOSE)
        return xp.sum(sol.y**2)

    got = xg.grad(lambda k: total(k, scipy, xg))(0.7)
    forward = xg.jvp(lambda k: total(k, scipy, xg), (0.7,), (1.0,))[1]
    near = [total(0.7 + d, plain, np) for d in (1e-2, -1e-2)]
    for slope in (got, forward):
        assert abs(slope - (near[0] - near[1]) / 2e-2) < 1e-3 * abs(slope)


def test_a_complex_equation_need_not_be_analytic():
    def end(k, sp, xp):
        start = np.asarray([1.0 + 0.5j, 0.3])

        def rhs(t, y):
            return -1j * (k * y * abs(y) ** 2 + xp.flip(y))

        return xp.real(sp.integrate.solve_ivp(rhs, (0, 1), start, **TIGHT).y[0, -1])

    got = xg.grad(lambda k: end(k, scipy, xg))(0.7)
    assert abs(got - (end(0.7001, plain, np) - end(0.6999, plain, np)) / 2e-4) < 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_no_time_at_all(method):
    def end(T, k):
        return scipy.integrate.solve_ivp(lambda t, y: -k * y, (0.5, T), [2.0], method).y[0, -1]

    assert np.allclose(xg.grad(end, argnums=(0, 1))(0.5, 3.0), [-6.0, 0.0], atol=1e-12)


@pytest.mark.parametrize("adjoint", ["discrete", "continuous"])
@pytest.mark.parametrize("method", METHODS)
def test_second_derivatives_by_times_are_as_exact_as_the_tolerance(method, adjoint):
    """Of y' = -y^2, whose solution is 1 / (1 / y0 + t - t0); HIPS' own test is of these."""
    times, weights = np.asarray([0.3, 0.5, 1.1, 1.6]), np.asarray([0.4, -1.2, 0.7, 1.3])

    def solved(t):
        return scipy.integrate.solve_ivp(
            lambda t, y: -(y**2), (t[0], t[3]), [1.7], method, t_eval=t, adjoint=adjoint,
            rtol=1e-7, atol=1e-9,
        ).y[0]  # fmt: skip

    def known(t):
        return 1 / (1 / 1.7 + t - t[0])

    for order in (xg.grad, xg.hessian):
        found, expected = (
            order(lambda t, f=f: xg.sum(weights * f(t)))(times) for f in (solved, known)
        )
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("adjoint", ["discrete", "continuous"])
def test_hessians_by_every_transform(adjoint):
    def total(k):
        out = scipy.integrate.solve_ivp(
            lambda t, y: -k * y * y,
            (0, 1),
            np.ones(2),
            plain.integrate.DOP853,
            adjoint=adjoint,
            **LOOSE,
        )
        return xg.sum(out.y[:, -1] ** 2)

    k = np.asarray([1.0, 2.0])
    expected = np.diag(6 / (1 + k) ** 4)
    for hessian in (xg.hessian, lambda f: xg.jacrev(xg.jacfwd(f)), lambda f: xg.jacrev(xg.grad(f))):
        assert np.allclose(hessian(total)(k), expected, rtol=1e-5, atol=1e-6)


def test_raw_arrays_give_what_scipy_gives():
    rhs = predators(np)
    ours = scipy.integrate.solve_ivp(rhs, (0, 2), Y0, args=(P,))
    theirs = plain.integrate.solve_ivp(rhs, (0, 2), Y0, args=(P,))
    assert isinstance(ours.y, np.ndarray)
    assert np.array_equal(ours.y, theirs.y)
    assert ours.nfev == theirs.nfev
    assert scipy.integrate.quad(np.sin, 0, 1) == plain.integrate.quad(np.sin, 0, 1)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: scipy.integrate.solve_ivp(predators(xg), (0, 1), Y0, "RK4"),
            ValueError,
            "method is 'RK4'",
        ),
        (
            lambda: scipy.integrate.solve_ivp(predators(xg), (0, 1), np.eye(2)),
            ValueError,
            "y0 has shape",
        ),
        (
            lambda: scipy.integrate.solve_ivp(predators(xg), (0, 1), Y0, adjoint="backward"),
            ValueError,
            "adjoint is 'backward'",
        ),
        (lambda: scipy.integrate.romb(np.ones(4)), ValueError, r"y has 4 samples along axis -1"),
        (
            lambda: scipy.integrate.simpson(np.ones(4), x=np.ones(3)),
            ValueError,
            "x has 3 points and y has 4",
        ),
        (lambda: scipy.optimise, AttributeError, "has no attribute 'optimise'; it has"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_solver_that_stopped_has_no_derivative():
    def blows_up(k):
        return scipy.integrate.solve_ivp(lambda t, y: k * y * y, (0, 2), np.ones(1)).y[0, -1]

    with pytest.raises(RuntimeError, match="stopped before the end of t_span"):
        xg.grad(blows_up)(1.0)


def _boundary(k):
    """Return a solution of Bratu's equation, and an eigenvalue."""
    fun = lambda x, y: xg.stack([y[1], -xg.exp(y[0]) * k])  # noqa: E731
    ends = lambda a, b: xg.stack([a[0], b[0] - 0.2 * k])  # noqa: E731
    x = np.linspace(0, 1, 5)
    one = scipy.integrate.solve_bvp(fun, ends, x, np.zeros((2, 5)), tol=1e-6)
    wave = lambda x, y, p: np.vstack((y[1], -(p[0] ** 2) * k * y[0]))  # noqa: E731
    start = np.asarray([[0.0, 1, 0, -1, 0], [1.0, 0, -1, 0, 1]])
    held = lambda a, b, p: xg.stack([a[0], b[0], a[1] - p[0]])  # noqa: E731
    two = scipy.integrate.solve_bvp(wave, held, x, start, p=[6.0])
    return one.sol(0.3)[0] + one.yp[1, 2] + xg.sum(two.p), two


def test_boundary_value_problems():
    f, k = lambda k: _boundary(k)[0], np.asarray(1.1)
    slope = xg.grad(f)(k)
    np.testing.assert_allclose(slope, (f(k + 1e-3) - f(k - 1e-3)) / 2e-3, rtol=1e-4)
    np.testing.assert_allclose(xg.jvp(f, (k,), (np.asarray(1.0),))[1], slope, rtol=1e-9)
    bent = xg.grad(xg.grad(f))(k)
    near = (xg.grad(f)(k + 1e-3) - xg.grad(f)(k - 1e-3)) / 2e-3
    np.testing.assert_allclose(bent, near, rtol=1e-4)
    assert abs(float(_boundary(k)[1].p[0]) - 2 * np.pi / 1.1**0.5) < 1e-3
    with pytest.raises(NotImplementedError, match="S has no derivative"):
        xg.grad(lambda k: scipy.integrate.solve_bvp(lambda x, y: k * y, lambda a, b: a[:1] - 1.0, [0.0, 1.0], np.ones((1, 2)), S=np.zeros((1, 1))).y[0, 1])(1.0)  # fmt: skip


def test_cubature_by_parameters_and_limits():
    def f(p, b):
        out = scipy.integrate.cubature(
            lambda x, p: xg.exp(-p * xg.sum(xg.asarray(x) ** 2, axis=-1)), [0.0, 0.0], b, args=(p,)
        )
        return out.estimate

    args = np.asarray(1.3), np.asarray([0.7, 1.4])
    xg.testing.check_grads(f, args, order=2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"x": np.asarray([0.0, 2.0, 2.0, 3.0])}, "strictly increasing"),
        ({"x": np.arange(5.0)}, r"shape of `x` must be the same as `y` or 1-D"),
        ({"axis": 4}, r"`axis=4` is not valid for `y` with `y.ndim=1`"),
        ({"dx": np.arange(3.0)}, r"`dx` must either be a scalar or"),
        ({"initial": np.arange(3.0)}, r"`initial` must either be a scalar or"),
    ],
)
def test_cumulative_simpson_refuses_what_does_not_fit(given: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        scipy.integrate.cumulative_simpson(xg.asarray([1.0, 2.0, 4.0, 3.0]), **given)


def test_no_distance_between_points_is_an_integral_of_zero() -> None:
    out = scipy.integrate.cumulative_simpson(xg.asarray([1.0, 2.0, 4.0, 3.0]), dx=0.0)
    assert out.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("power", [lambda p: p, lambda p: 8.0 - p], ids=["falling", "rising"])
def test_a_derivative_of_a_series_takes_few_terms_whatever_its_sign(power):
    seen = []

    def total(p):
        def term(k):
            seen.append(np.size(k))
            return 1.0 / k ** power(p)

        return scipy.integrate.nsum(term, 1, np.inf).sum

    assert abs(abs(xg.grad(total)(4.0)) - 0.0689112659) < 1e-9  # of Riemann's zeta function at 4
    assert sum(seen) < 3000


def test_what_is_singular_at_a_limit_has_no_derivative_by_it():
    with pytest.raises(xg.errors.NotDifferentiableError, match="weight='alg' is singular there"):
        xg.grad(lambda b: scipy.integrate.quad(xg.cos, 0, b, weight="alg", wvar=(0.5, 0.5))[0])(1.0)


def test_the_older_interface_names_the_newer_one():
    with pytest.raises(xg.errors.NotDifferentiableError, match=r"integrate.ode: .*solve_ivp"):
        xg.grad(lambda k: plain.integrate.ode(lambda t, y: -k * y).integrate(1.0)[0])(1.0)
