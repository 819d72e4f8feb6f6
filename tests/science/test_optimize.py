# Tests of xgrad/scipy/optimize
"""Roots and minima: values of SciPy, derivatives by the equations that they solve."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(2)
A = RNG.uniform(0.5, 2.0, 4)
M = RNG.normal(size=(6, 4))
B = RNG.normal(size=6)
T = np.linspace(0.0, 2.0, 9)
DATA = 1.5 * np.exp(-0.7 * T) + 0.05 * np.sin(9 * T)
TIGHT = {"gtol": 1e-12}


def O(name, *args, f=None, **options):  # noqa: E743 - short, as it stands in every row
    """Return the program of a function of all arrays."""
    return Program(
        name,
        lambda sp, xp, *xs: f(sp.optimize, xp, *xs),
        args,
        **{"value": 1e-5, "rtol": 1e-4, "step": 1e-3} | options,
    )


def bowl(xp, a):
    return lambda x: ((x - a) ** 2).sum() + 0.3 * (x[1:] * x[:-1]).sum() + 0.1 * (x**4).sum()


TINY = {"xtol": 1e-15, "rtol": 1e-14}
PROGRAMS = (
    O("fmin_cobyla", np.asarray([0.7, 1.3]), f=lambda o, xp, a: o.fmin_cobyla(lambda x: ((x - a) ** 2).sum(), [0.0, 0.0], [lambda x: 1.0 - x[0] - x[1]], rhoend=1e-12, maxfun=5000), value=1e-3, rtol=1e-2, step=0.1, order=1),
    O("root", A, f=lambda o, xp, a: o.root(lambda x: x**3 + 0.1 * xp.sin(a * x) - a, np.ones(4), tol=1e-13).x, value=1e-9),
    O("root args", A, f=lambda o, xp, a: o.root(lambda x, a: x**3 - a, np.ones(4), args=(a,), tol=1e-13).x, value=1e-9),
    O("fsolve", A, f=lambda o, xp, a: o.fsolve(lambda x: x**3 - a, np.ones(4), xtol=1e-14), value=1e-9),
    *(O(n, np.asarray(1.3), f=lambda o, xp, a, n=n: getattr(o, n)(lambda x: x**3 - a, 0.01, 3.0, xtol=1e-15), value=1e-9)
      for n in ("brentq", "brenth", "ridder", "bisect", "toms748")),
    *(O(f"{n}, all of it", np.asarray(1.3), f=lambda o, xp, a, n=n: [v for x, r in [getattr(o, n)(lambda x: x**3 - a, 0.01, 3.0, xtol=1e-15, full_output=True)] for v in (x, r.root)], value=1e-9)
      for n in ("brentq", "brenth", "ridder", "bisect", "toms748")),
    O("newton of a number, all of it", np.asarray(1.3), f=lambda o, xp, a: [v for x, r in [o.newton(lambda x: x**3 - a, 1.0, tol=1e-13, full_output=True)] for v in (x, r.root)], value=1e-9),
    O("root_scalar", np.asarray(1.3), f=lambda o, xp, a: [o.root_scalar(lambda x: x**3 - a, bracket=(0.01, 3.0), xtol=1e-15).root,
                                                          o.root_scalar(lambda x: x**3 - a, x0=1.0, fprime=lambda x: 3 * x**2, xtol=1e-14).root], value=1e-9),
    O("newton", A, f=lambda o, xp, a: o.newton(lambda x, a: x**3 - a, np.ones(4), args=(a,), tol=1e-13), value=1e-9),
    O("newton, complex", np.asarray(1.3), f=lambda o, xp, a: o.newton(lambda z: z**2 + a, 0.2 + 1j, tol=1e-13), value=1e-9, order=1),
    O("fixed_point", A, f=lambda o, xp, a: o.fixed_point(lambda x, a: (a + x) ** 0.5, np.ones(4), args=(a,), xtol=1e-14), value=1e-9),
    *(O(f"minimize {m}", A, f=lambda o, xp, a, m=m: o.minimize(bowl(xp, a), np.ones(4), method=m, tol=1e-10).x, value=1e-4, rtol=3e-4, step=1e-2)
      for m in ("BFGS", "L-BFGS-B", "SLSQP")),
    O("minimize fun", A, f=lambda o, xp, a: o.minimize(bowl(xp, a), np.ones(4), method="SLSQP", tol=1e-12).fun),
    O("minimize at bounds", A, f=lambda o, xp, a: o.minimize(bowl(xp, a), np.ones(4), bounds=[(1.1, 3), (None, 0.4), (0, 5), (None, None)], tol=1e-12).x,
      rtol=1e-3, step=1e-2),
    O("minimize constrained", A, f=lambda o, xp, a: o.minimize(
        bowl(xp, a), np.ones(4), method="SLSQP", tol=1e-13, bounds=[(0, 9)] * 4,
        constraints=[{"type": "eq", "fun": lambda x: x[:2].sum() - a[0]}, {"type": "ineq", "fun": lambda x: 0.5 - x[2]}, {"type": "ineq", "fun": lambda x: x[3] + 9}]).x,
      rtol=1e-3, step=1e-2),
    O("trust-constr stays inside", A[:2], f=lambda o, xp, a: [
        o.minimize(lambda x: ((x - a) ** 2).sum(), np.full(2, 0.1), method="trust-constr", constraints=o.LinearConstraint(np.ones((1, 2)), -np.inf, 1.0), options={"gtol": 1e-10, "xtol": 1e-14, "barrier_tol": 1e-12, "maxiter": 5000}).x,
        o.minimize(lambda x: ((x - a) ** 2).sum(), np.full(2, 0.1), method="trust-constr", bounds=[(0, 0.3), (0, 9)]).x], value=1e-3, rtol=2e-2, step=5e-2, order=1),
    O("minimize_scalar", np.asarray(1.3), f=lambda o, xp, a: [o.minimize_scalar(lambda x: (x - a) ** 2 + 0.1 * x**4, tol=1e-11).x], rtol=1e-3, step=1e-2),
    *(O(f"least_squares {loss}", B, f=lambda o, xp, b, loss=loss: o.least_squares(
        lambda x: (M if xp is np else xp.asarray(M)) @ x - b, np.zeros(4), loss=loss, xtol=1e-14, ftol=1e-14, gtol=1e-14).x, rtol=1e-3, step=1e-2)
      for loss in ("linear", "soft_l1", "cauchy", "arctan")),
    O("least_squares at bounds", B, f=lambda o, xp, b: o.least_squares(
        lambda x: (M if xp is np else xp.asarray(M)) @ x - b, np.full(4, 0.1), bounds=(0.0, 1.0), xtol=1e-14, ftol=1e-14, gtol=1e-14).x, rtol=1e-3, step=1e-3, order=1),
    O("curve_fit", DATA, f=lambda o, xp, y: o.curve_fit(lambda t, a, k: a * xp.exp(-k * t), T, y, (1.0, 1.0), ftol=1e-14, xtol=1e-14), rtol=1e-3, step=1e-4, value=1e-5),
    O("nnls", M, B, f=lambda o, xp, m, b: o.nnls(m, b), value=1e-9),
    O("lsq_linear", M, B, f=lambda o, xp, m, b: o.lsq_linear(m, b, (-0.2, 0.3), tol=1e-13).x, value=1e-6, rtol=1e-3),
    O("linprog", np.asarray([4.0, 6.0]), np.asarray([[1.0, 2.0], [3.0, 1.0]]), f=lambda o, xp, b, m: [
        o.linprog(np.asarray([-1.0, -1.0]), A_ub=m, b_ub=b).x, o.linprog(np.asarray([-1.0, -1.0]), A_ub=m, b_ub=b).fun], value=1e-9),
    O("linprog, prices", np.asarray([-1.0, -1.2]), np.asarray([4.0, 6.0]), f=lambda o, xp, c, b: [
        v for r in [o.linprog(c, A_ub=[[1.0, 2.0], [0.0, 1.0]], b_ub=b, A_eq=[[3.0, 1.0]], b_eq=[5.0])] for v in (r.slack, r.con, r.ineqlin.marginals, r.eqlin.marginals)], value=1e-9),
    O("minimize, value and gradient", A, f=lambda o, xp, a: o.minimize(lambda x: (((x - a) ** 2).sum(), 2 * (x - a)), np.ones(4), jac=True, tol=1e-12).x, order=1),
    O("root, value and Jacobian", A, f=lambda o, xp, a: o.root(lambda x: (x**3 - a, xp.diag(3 * x**2)), np.ones(4), jac=True, tol=1e-13).x, order=1),
    O("a number to begin with", np.asarray(1.3), f=lambda o, xp, a: o.minimize(lambda x: (x[0] - a) ** 2, 0.0, tol=1e-11).x, order=1),
    O("newton, all of it", A, f=lambda o, xp, a: o.newton(lambda x: x**3 - a, np.ones(4), tol=1e-13, full_output=True)[0], value=1e-9, order=1),
    O("least_squares, more", B, f=lambda o, xp, b: [v for r in [o.least_squares(
        lambda x: (M if xp is np else xp.asarray(M)) @ x + 0.1 * (x**2).sum() - b, np.zeros(4), xtol=1e-14, ftol=1e-14, gtol=1e-14)] for v in (r.cost, r.fun, r.jac)], rtol=1e-3, step=1e-4, order=1),
    O("least_squares, a loss", B, f=lambda o, xp, b: o.least_squares(
        lambda x: (M if xp is np else xp.asarray(M)) @ x - b, np.zeros(4), loss=lambda z: xp.stack([xp.log1p(z), 1 / (1 + z), -1 / (1 + z) ** 2]), xtol=1e-14, ftol=1e-14, gtol=1e-14).x, rtol=1e-3, step=1e-2, order=1),
    O("leastsq", DATA, f=lambda o, xp, y: o.leastsq(lambda p: p[0] * xp.exp(-p[1] * T) - y, [1.0, 1.0], full_output=True, ftol=1e-13, xtol=1e-13)[:2], rtol=1e-3, step=1e-4, order=1),
    O("curve_fit, a matrix of sigma", DATA, f=lambda o, xp, y: o.curve_fit(
        lambda t, a, k: a * xp.exp(-k * t), T, y, (1.0, 1.0), sigma=0.01 * np.eye(9) + 0.002, full_output=True, ftol=1e-14, xtol=1e-14)[:2], rtol=1e-3, step=1e-4, order=1),
    O("curve_fit, NaN", DATA, f=lambda o, xp, y: o.curve_fit(
        lambda t, a, k: a * xp.exp(-k * t), T, y + np.where(T == 1.0, np.nan, 0.0), (1.0, 1.0), nan_policy="omit", ftol=1e-14, xtol=1e-14)[0], rtol=1e-3, step=1e-4, order=1),
    O("lsq_linear, cost", M, B, f=lambda o, xp, m, b: [v for r in [o.lsq_linear(m, b, (-0.2, 0.3), tol=1e-13)] for v in (r.cost, r.fun)], value=1e-6, rtol=1e-3, order=1),
    O("isotonic_regression", B, np.abs(B) + 0.5, f=lambda o, xp, y, w: [v for r in [o.isotonic_regression(y, weights=w)] for v in (r.x, r.weights)], order=1),
    O("milp", A, f=lambda o, xp, c: o.milp(c, integrality=np.ones(4), constraints=o.LinearConstraint(np.ones((1, 4)), 1.5, np.inf)).fun, order=1),
    *(O(n, A, f=lambda o, xp, a, n=n, more=more: getattr(o, n)(bowl(xp, a), np.ones(4), disp=0, **more), value=1e-4, rtol=1e-3, step=1e-2, order=1)
      for n, more in (("fmin", {"xtol": 1e-9, "ftol": 1e-14, "maxiter": 5000, "maxfun": 9000}), ("fmin_powell", {"xtol": 1e-9, "ftol": 1e-14}), ("fmin_bfgs", {}), ("fmin_cg", {}))),
    O("fmin_l_bfgs_b", A, f=lambda o, xp, a: o.fmin_l_bfgs_b(bowl(xp, a), np.ones(4), approx_grad=True, bounds=[(1.1, 3), (None, 0.4), (0, 5), (None, None)], factr=1.0, pgtol=1e-9)[:2], value=1e-4, rtol=1e-3, step=1e-2, order=1),
    O("fmin_l_bfgs_b, value and gradient", A, f=lambda o, xp, a: o.fmin_l_bfgs_b(lambda x: (((x - a) ** 2).sum(), 2 * (x - a)), np.ones(4))[0], order=1),
    O("fmin_slsqp", A, f=lambda o, xp, a: o.fmin_slsqp(bowl(xp, a), np.ones(4), iprint=0, acc=1e-13), value=1e-4, rtol=1e-3, step=1e-2, order=1),
    O("lines", np.asarray(1.3), f=lambda o, xp, a: [o.golden(lambda x, b: (x - b) ** 2 + xp.sin(x), args=(a,)), o.brent(lambda x: (x - a) ** 2 + xp.sin(x)),
                                                    *o.fminbound(lambda x: (x - a) ** 2 + xp.sin(x), -1, 2, xtol=1e-9, full_output=True)[:2]], rtol=1e-3, step=1e-2, order=1),
    *(O(n, A[:2], f=lambda o, xp, a, n=n, more=more: [v for r in [getattr(o, n)(bowl(xp, a), [(-3, 3)] * 2, **more)] for v in (r.x, r.fun)], value=1e-3, rtol=2e-2, step=5e-2, order=1)
      for n, more in (("shgo", {}), ("direct", {"maxiter": 300}), ("dual_annealing", {"rng": 1, "maxiter": 10}))),
    O("fmin_tnc and others", A[:2], f=lambda o, xp, a: [
        o.fmin_tnc(bowl(xp, a), np.ones(2), approx_grad=True, messages=0, ftol=1e-14)[0],
        o.fmin_cobyla(bowl(xp, a), np.ones(2), [], rhoend=1e-7, disp=0),
        o.fmin_ncg(lambda x: ((x - a) ** 2).sum(), np.ones(2), lambda x: 2 * (x - a), disp=0), o.brute(bowl(xp, a), ((-3, 3), (-3, 3)), Ns=4)], value=1e-3, rtol=2e-2, step=5e-2, order=1),
    O("basinhopping", A[:2], f=lambda o, xp, a: [v for r in [
        o.basinhopping(bowl(xp, a), [0.5, 0.5], niter=2, rng=1),
        o.basinhopping(lambda x, a: (((x - a) ** 2).sum(), 2 * (x - a)), [0.5, 0.5], niter=1, rng=1, minimizer_kwargs={"args": (a,), "jac": True, "bounds": [(-3, 3)] * 2})]
        for v in (r.x, r.fun)], value=1e-4, rtol=1e-3, step=1e-2, order=1),
    O("differential_evolution", A[:2], f=lambda o, xp, a: [v for r in [o.differential_evolution(bowl(xp, a), [(-3, 3)] * 2, rng=1, maxiter=20, popsize=4, tol=1e-3)] for v in (r.x, r.fun)], value=1e-4, rtol=1e-2, step=1e-2, order=1),
    O("approx_fprime", A, f=lambda o, xp, a: o.approx_fprime(a, lambda x: (x**3).sum(), 1e-6), value=1e-6, rtol=1e-3, step=1e-2, order=1),
    O("assignment", M[:4], f=lambda o, xp, c: c[o.linear_sum_assignment(c)]),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


def test_a_gradient_that_does_not_vanish_is_refused():
    def clipped(a):
        fixed = scipy.optimize.minimize(
            lambda x: xg.sum((x - a) ** 2), np.ones(2), options={"maxiter": 0}
        )
        return xg.sum(fixed.x)

    with (
        pytest.raises(xg.errors.RuleError, match="the gradient at the solution is"),
        pytest.warns(RuntimeWarning),
    ):
        xg.grad(clipped)(np.asarray([-3.0, 5.0]))


def test_a_bound_that_does_not_hold_is_a_kink():
    def nearest(a):
        return xg.sum(
            scipy.optimize.minimize(
                lambda x: xg.sum((x - a) ** 2), np.ones(1), bounds=[(0.0, 9.0)], tol=1e-12
            ).x
        )

    with pytest.raises(xg.errors.RuleError, match="the solution has a kink"):
        xg.grad(nearest)(np.zeros(1))


def test_a_degenerate_corner_is_refused():
    def corner(b):
        return xg.sum(
            scipy.optimize.linprog(
                np.asarray([-1.0, -1.0]), A_ub=np.asarray([[1.0, 0], [0, 1], [1, 1]]), b_ub=b
            ).x
        )

    with pytest.raises(xg.errors.RuleError, match="3 constraints are active at the solution, of 2"):
        xg.grad(corner)(np.asarray([1.0, 1.0, 2.0]))


def test_a_solver_that_did_not_converge_warns():
    with pytest.warns(RuntimeWarning, match="root: the solver did not converge"):
        xg.vjp(lambda a: scipy.optimize.root(lambda x: x * x + a, np.ones(1)).x, np.ones(1))


@pytest.mark.parametrize("role", ["objective", "constraint"])
def test_what_leaves_the_tape_with_its_argument_loses_no_other(role):
    """A parameter that is read beside ``float(x[0])`` is an error, no derivative of zero."""

    def solution(a):
        off = lambda x: (float(x[0]) - a) ** 2  # noqa: E731
        plain = lambda x: xg.sum(x**2)  # noqa: E731
        if role == "objective":
            return scipy.optimize.minimize(off, np.ones(1), method="Nelder-Mead").x[0]
        limit = {"type": "ineq", "fun": off}
        return scipy.optimize.minimize(plain, np.ones(1), constraints=[limit]).x[0]

    with pytest.raises(xg.errors.TracedConversionError, match="would drop its gradient"):
        xg.grad(solution)(2.0)


N = 240


def _chain(x, p):
    left, right = xg.concat([xg.zeros(1), x[:-1]]), xg.concat([x[1:], xg.zeros(1)])
    return left - 2.1 * x + right - p * xg.exp(x) / N


def _valley(x, a):
    return xg.sum(100 * (x[1:] - a * x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


SPARSE = {
    "root": lambda p: xg.sum(scipy.optimize.root(_chain, np.zeros(N), args=(p,)).x),
    "least_squares": lambda p: xg.sum(scipy.optimize.least_squares(lambda x: _chain(x, p), np.zeros(N), xtol=1e-12, ftol=1e-12, gtol=1e-12).x),
    "trust-constr": lambda p: xg.sum(scipy.optimize.minimize(_valley, np.full(N, 0.95), args=(p,), method="trust-constr", tol=1e-9).x),
    "newton-cg": lambda p: xg.sum(scipy.optimize.minimize(_valley, np.full(N, 0.95), args=(p,), method="newton-cg", tol=1e-9).x),
}  # fmt: skip


@pytest.mark.parametrize("name", SPARSE)
def test_large_sparse_problems_make_no_dense_matrix(name, monkeypatch):
    """The Jacobian is found sparse, for the solver and for the derivative."""

    def refuse(*args):
        raise AssertionError("a dense Jacobian was formed")

    monkeypatch.setattr(xg.custom.equation._Dense, "_matrix", refuse)
    f, p = SPARSE[name], np.asarray(0.97)
    slope = xg.grad(f)(p)
    high, low = (xg.value_and_grad(f)(p + h)[0] for h in (1e-3, -1e-3))
    expected = (high - low) / 2e-3
    np.testing.assert_allclose(slope, expected, rtol=1e-3)


def test_second_order_methods_get_their_second_derivatives():
    for method in ("trust-ncg", "trust-krylov", "trust-exact", "dogleg"):

        def near(p, m=method):
            away = lambda x: xg.sum((x - p) ** 2) + x[0] ** 4  # noqa: E731
            return scipy.optimize.minimize(away, np.ones(3), method=m).x

        slope = xg.jacfwd(near)(np.asarray(0.5))
        np.testing.assert_allclose(slope[1:], 1.0, rtol=1e-8)
        assert 0 < slope[0] < 1


def test_constraints_of_older_names_are_refused():
    def held(a):
        return scipy.optimize.fmin_slsqp(
            lambda x: ((x - a) ** 2).sum(), np.ones(2), eqcons=[lambda x: x[0] - 1.0], iprint=0
        )

    with pytest.raises(NotImplementedError, match="fmin_slsqp: with eqcons= the minimum has no"):
        xg.jacfwd(held)(np.ones(2))


def test_the_rest_of_a_result_has_its_derivative_or_refuses_it():
    def away(a):
        return lambda x: xg.sum((x - a) ** 2 + 0.1 * x**4)

    def slope(a):
        return scipy.optimize.minimize(away(a), np.ones(1), bounds=[(0, 5)]).jac[0]

    assert np.allclose(xg.grad(slope)(-1.0), -2.0)
    for name in ("hess_inv", "hess"):
        method = "BFGS" if name == "hess_inv" else "trust-exact"
        found = []

        def estimate(a, name=name, method=method, found=found):
            found.append(scipy.optimize.minimize(away(a), np.ones(2), method=method)[name])
            return xg.sum(found[-1])

        with pytest.raises(xg.errors.NotDifferentiableError, match=f"minimize: {name} is an estim"):
            xg.grad(estimate)(1.0)
        assert np.all(np.isfinite(found[0].detach().data))
