# Tests of xgrad/scipy
"""What has no derivative is refused in words that say what to do; what did not converge warns."""

import contextlib

import numpy as np
import pytest
import scipy as plain
import scipy.cluster.vq
import scipy.sparse

import xgrad as xg
from xgrad import scipy

ONE, TWO = np.ones((2, 2)), np.asarray([0.0, 1.0])
BOUNDS = [(0, 9), (0, 9)]
LinAlgError, RuleError = np.linalg.LinAlgError, xg.errors.RuleError


def squares(power, p):
    return lambda x: xg.sum((x - p) ** power)


REFUSED = {
    "no twin": (lambda s, x: plain.cluster.vq.kmeans(x, 2)[0], ONE, TypeError, "would drop its grad"),
    "solve": (lambda s, a: s.linalg.solve(a, TWO), ONE, LinAlgError, "x1 is singular"),
    "solve_triangular": (lambda s, a: s.linalg.solve_triangular(a, TWO), 0 * ONE, LinAlgError, "is singular"),
    "cho_factor": (lambda s, a: s.linalg.cho_factor(a)[0], -ONE, LinAlgError, "not positive definite"),
    "solve_sylvester": (lambda s, a: s.linalg.solve_sylvester(a, -a, ONE), np.eye(2), RuleError, "eigenvalue in common"),
    "lyapunov": (lambda s, a: s.linalg.solve_continuous_lyapunov(a, ONE), 0 * ONE, RuleError, "eigenvalue in common"),
    "schur": (lambda s, a: s.linalg.schur(a)[0], np.asarray([[1.0, 2.0], [-2.0, 1.0]]), RuleError, "up to a rotation"),
    "schur, complex": (lambda s, a: abs(s.linalg.schur(a, "complex")[0]), np.eye(2), RuleError, "Jacobian is singular"),
    "hessenberg": (lambda s, a: s.linalg.hessenberg(a), np.eye(4), RuleError, "Jacobian is singular"),
    "lsqr": (lambda s, a: s.sparse.linalg.lsqr(a, np.ones(2))[0], ONE, RuleError, "Jacobian is singular"),
    "a moment that is infinite": (lambda s, a: s.stats.crystalball.mean(a[0], 3.0), TWO + 2, NotImplementedError, "did not converge"),
    "an output": (lambda s, a: s.ndimage.sobel(a, output=np.zeros((2, 2))), ONE, NotImplementedError, "output is an array"),
    "logm": (lambda s, a: s.linalg.logm(a), 0 * ONE, RuleError, "logm: the matrix is singular"),
    "spsolve": (lambda s, d: s.sparse.linalg.spsolve(s.sparse.diags_array(d).tocsc(), TWO), TWO, LinAlgError, r"shape \(2, 2\) is singular"),
    "outside of the grid": (lambda s, v: s.interpolate.RegularGridInterpolator((TWO,), v)([5.0]), TWO, ValueError, "bounds_error=False"),
    "outside of the points": (lambda s, v: s.interpolate.interp1d(TWO, v)(5.0), TWO, ValueError, "above the interpolation range"),
    "brentq without a sign change": (lambda s, p: s.optimize.brentq(lambda x: x * x + p[1], 0, 1), TWO, ValueError, "different signs"),
    "newton": (lambda s, p: s.optimize.newton(lambda x: x * x + p[1], 0.5, maxiter=5), TWO, RuntimeError, "Failed to converge"),
    "at a bound that does not hold": (lambda s, p: s.optimize.minimize(squares(2, p), TWO, bounds=BOUNDS).x, TWO, RuleError, "has a kink"),
    "nnls at a bound": (lambda s, b: s.optimize.nnls(np.eye(2), b)[0], TWO, RuleError, "has a kink"),
    "linprog at a corner of three": (lambda s, b: s.optimize.linprog([-1, -1], [[1, 0], [0, 1], [1, 1]], b).x, np.asarray([1.0, 1.0, 2.0]), RuleError, "3 constraints are active"),
    "a p-value": (lambda s, x: s.stats.cramervonmises(x, "norm").pvalue, TWO, xg.errors.NotDifferentiableError, "cramervonmises: pvalue .*statistic has one"),
    "a norm of lsqr": (lambda s, b: s.sparse.linalg.lsqr(np.eye(2) + ONE, b)[3], TWO, xg.errors.NotDifferentiableError, "lsqr: a norm .*written out"),
    "a step": (lambda s, x: s.optimize.approx_fprime(TWO, lambda v: xg.sum(v**2), x[1]), TWO, NotImplementedError, "epsilon is tracked"),
    "eigsh": (lambda s, d: s.sparse.linalg.eigsh(s.sparse.diags_array(d), 2)[1] ** 3, np.asarray([1.0, 1.0, 0.5, 1.0, 0.2]), RuleError, "not simple"),
    "UnivariateSpline": (lambda s, y: s.interpolate.UnivariateSpline(np.arange(5.0), y)(1.5), np.arange(5.0), NotImplementedError, "use s=0"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_derivative_is_refused(name):
    f, x, error, says = REFUSED[name]
    with pytest.raises(error, match=says):
        xg.grad(lambda x: xg.sum(f(scipy, x)))(x)


@pytest.mark.parametrize(
    ("call", "says", "status"),
    [
        (lambda s, p: s.optimize.root(lambda x: x**3 - p - 1, TWO + 50, options={"maxfev": 3}), "root: the solver did not converge", "success"),
        (lambda s, p: s.optimize.minimize(squares(4, p), TWO + 9, options={"maxiter": 1}), "minimize: the solver did not converge", "success"),
        (lambda s, p: s.optimize.least_squares(lambda x: xg.exp(x) - p, TWO + 9, max_nfev=1), "least_squares: the solver did not converge", "success"),
    ],
)  # fmt: skip
def test_a_solver_that_did_not_converge_warns_and_keeps_its_status(call, says, status):
    found = []

    def run(p):
        found.append(call(scipy, p))
        return xg.sum(found[0].x)

    with pytest.warns(RuntimeWarning, match=says), contextlib.suppress(RuleError):
        xg.grad(run)(TWO)  # where the gradient does not vanish there is no derivative either
    assert not any(getattr(result, status) for result in found)
