# Tests of xgrad/scipy
"""Functions of SciPy inside `vmap`: each example is what it is alone, in value and derivative."""

import warnings

import numpy as np
import pytest

import xgrad as xg
import xgrad.scipy as xs
from xgrad.errors import LoopWarning

RNG = np.random.default_rng(0)
SIGNALS = RNG.normal(size=(3, 6))
MATRICES = RNG.normal(size=(3, 4, 4)) / 4 + 2 * np.eye(4)

PROGRAMS = {
    "lfilter": (lambda x: xs.signal.lfilter([1.0, 0.5], [1.0, -0.2], x), SIGNALS),
    "convolve2d": (lambda a: xs.signal.convolve2d(a, np.ones((2, 2))), MATRICES),
    "median_filter": (lambda a: xs.ndimage.median_filter(a, 3), MATRICES),
    "gaussian_filter": (lambda x: xs.ndimage.gaussian_filter(x, 1.0), SIGNALS),
    "logm": (xs.linalg.logm, MATRICES),
    "sqrtm": (xs.linalg.sqrtm, MATRICES),
    "lu": (lambda a: xs.linalg.lu(a)[2], MATRICES),
    "CubicSpline": (lambda x: xs.interpolate.CubicSpline(np.arange(6.0), x)(1.3), SIGNALS),
    "simpson": (xs.integrate.simpson, SIGNALS),
    "cdist": (lambda a: xs.spatial.distance.cdist(a, a[:2]), MATRICES),
}

NUMBERS = np.asarray([0.7, 1.1, 1.6])
ROWS = RNG.uniform(0.5, 1.5, size=(3, 4))
TIMES = np.linspace(0.0, 1.0, 4)
CLAMPED = np.asarray([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
CORNERS = np.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
integrate, optimize, interpolate, stats = xs.integrate, xs.optimize, xs.interpolate, xs.stats
solvers = xs.sparse.linalg


def tridiagonal(d):
    sides = [-0.3 * np.ones(3), -0.3 * np.ones(3)]
    return xs.sparse.diags_array([2.0 + d, *sides], offsets=[0, 1, -1], format="csc")


def operator(v):
    return solvers.LinearOperator((4, 4), matvec=lambda x: v * x + 0.1 * x[::-1], dtype=float)


def held(load):
    """The middle of a beam of a load, held at both ends."""
    x = np.linspace(0.0, 1.0, 5)
    found = integrate.solve_bvp(
        lambda x, y: xg.stack([y[1], load + 0.0 * y[0]]),
        lambda a, b: xg.stack([a[0], b[0]]),
        x,
        np.zeros((2, 5)),
    )
    return found.sol(0.5)[0]


class Decay:
    """An equation whose rate is an attribute."""

    def __init__(self, rate):
        self.rate = rate

    def slope(self, t, y):
        return -self.rate * y


OF_ONE = {
    "quad, its arguments": (
        lambda a: integrate.quad(lambda t, a: xg.sin(a * t), 0, 1, args=(a,))[0],
        NUMBERS,
    ),
    "quad, what it closes over": (
        lambda a: integrate.quad(lambda t: xg.sin(a * t), 0, a)[0],
        NUMBERS,
    ),
    "fixed_quad": (lambda a: integrate.fixed_quad(lambda t: xg.sin(a * t), 0, a)[0], NUMBERS),
    "quad_vec": (lambda v: integrate.quad_vec(lambda t: xg.cos(v * t), 0, 1)[0], ROWS),
    "tanhsinh": (lambda a: integrate.tanhsinh(lambda t: xg.sin(a * t), 0, 1).integral, NUMBERS),
    "solve_ivp, a method": (
        lambda a: integrate.solve_ivp(Decay(a).slope, (0, 1), np.ones(2), t_eval=TIMES).y,
        NUMBERS,
    ),
    "solve_ivp, its last value": (
        lambda v: integrate.solve_ivp(lambda t, y: -y * y, (0, 1), v, rtol=1e-6).y[:, -1],
        ROWS,
    ),
    "solve_ivp, the adjoint": (
        lambda v: integrate.solve_ivp(lambda t, y: -v * y, (0, 1), v, adjoint="continuous").y[
            :, -1
        ],
        ROWS,
    ),
    "solve_ivp, its interpolation": (
        lambda a: integrate.solve_ivp(
            lambda t, y, a: -a * y, (0, 1), np.ones(2), args=(a,), dense_output=True
        ).sol(0.4),
        NUMBERS,
    ),
    "odeint": (lambda a: integrate.odeint(lambda y, t: -a * y, np.ones(2), TIMES), NUMBERS),
    "solve_bvp": (held, NUMBERS),
    "root": (lambda v: optimize.root(lambda x: x**3 - v, np.ones(4)).x, ROWS),
    "root_scalar": (
        lambda a: optimize.root_scalar(lambda x: x**3 - a, bracket=(0, 3)).root,
        NUMBERS,
    ),
    "brentq": (lambda a: optimize.brentq(lambda x, a: x**3 - a, 0, 3, args=(a,)), NUMBERS),
    "newton": (lambda a: optimize.newton(lambda x: x**3 - a, 1.0), NUMBERS),
    "fsolve": (lambda v: optimize.fsolve(lambda x: x**3 - v, np.ones(4)), ROWS),
    "fixed_point": (lambda a: optimize.fixed_point(lambda x: xg.cos(a * x), 0.5), NUMBERS),
    "least_squares": (
        lambda v: optimize.least_squares(lambda p: p[0] * TIMES + p[1] - v, np.zeros(2)).x,
        ROWS,
    ),
    "minimize": (lambda v: optimize.minimize(lambda x: xg.sum((x - v) ** 2), np.ones(4)).x, ROWS),
    "minimize_scalar": (
        lambda a: optimize.minimize_scalar(lambda x: (x - a) ** 2 + x**2).x,
        NUMBERS,
    ),
    "curve_fit": (lambda v: optimize.curve_fit(lambda x, a, b: a * x + b, TIMES, v)[0], ROWS),
    "nnls": (lambda v: optimize.nnls(np.vander(TIMES, 2), v)[0], ROWS),
    "linprog": (lambda v: optimize.linprog(v[:2], A_ub=-np.ones((1, 2)), b_ub=-v[2:3]).x, ROWS),
    "lsq_linear": (lambda v: optimize.lsq_linear(np.vander(TIMES, 2), v).x, ROWS),
    "spsolve": (lambda v: solvers.spsolve(tridiagonal(v), np.ones(4)), ROWS),
    "splu": (lambda v: solvers.splu(tridiagonal(v)).solve(np.ones(4)), ROWS),
    "cg": (lambda v: solvers.cg(tridiagonal(v), v, rtol=1e-13)[0], ROWS),
    "gmres": (lambda v: solvers.gmres(operator(v), np.ones(4), rtol=1e-13)[0], ROWS),
    "expm_multiply": (lambda v: solvers.expm_multiply(tridiagonal(v), np.ones(4)), ROWS),
    "a sparse product": (lambda v: v @ tridiagonal(v) + tridiagonal(v) @ v, ROWS),
    "a sparse product of two": (lambda v: tridiagonal(v) @ np.ones((4, 2)), ROWS),
    "a spline's points": (lambda v: interpolate.CubicSpline(TIMES, TIMES**2)(v / 2), ROWS),
    "a spline's knots": (
        lambda v: interpolate.CubicSpline(xg.cumulative_sum(v), TIMES**2)(2.0),
        ROWS,
    ),
    "a spline's both": (lambda v: interpolate.PchipInterpolator(TIMES, v)(v[:2] / 2), ROWS),
    "Akima1DInterpolator": (lambda v: interpolate.Akima1DInterpolator(TIMES, v)(0.3), ROWS),
    "interp1d": (lambda v: interpolate.interp1d(TIMES, v, kind="cubic")(v[0] / 2), ROWS),
    "BSpline": (lambda v: interpolate.BSpline(CLAMPED, v, 3)(v[:2] / 2), ROWS),
    "make_interp_spline": (
        lambda v: interpolate.make_interp_spline(TIMES, v).derivative()(0.3),
        ROWS,
    ),
    "RegularGridInterpolator": (
        lambda v: interpolate.RegularGridInterpolator((TIMES, TIMES), np.outer(TIMES, TIMES))(
            v[:2] / 2
        ),
        ROWS,
    ),
    "RBFInterpolator": (
        lambda v: interpolate.RBFInterpolator(CORNERS, v)(xg.reshape(v, (2, 2))),
        ROWS,
    ),
    "griddata": (lambda v: interpolate.griddata(CORNERS, v, np.asarray([[0.2, 0.3]])), ROWS),
    "UnivariateSpline": (lambda v: interpolate.UnivariateSpline(TIMES, v, s=0)(0.3), ROWS),
    "KDTree": (lambda v: xs.spatial.KDTree(CORNERS).query(v[:2])[0], ROWS),
    "a density": (lambda v: stats.beta.logpdf(v / 3, 2.0, v[0]), ROWS),
    "a frozen distribution": (lambda v: stats.norm(v[0], v[1]).logcdf(v), ROWS),
    "a quantile": (lambda v: stats.gamma.ppf(v / 3, v + 1), ROWS),
    "a new distribution": (lambda v: stats.Normal(mu=v[0], sigma=v[1]).logpdf(v), ROWS),
    "gaussian_kde": (lambda v: stats.gaussian_kde(v)(np.asarray([0.3, 0.9])), ROWS),
    "multivariate_normal": (
        lambda v: stats.multivariate_normal(np.zeros(2), xg.diag(v[:2])).logpdf(v[2:]),
        ROWS,
    ),
}


def require_each_as_alone(f, data):
    """Compare value and gradients, inside `vmap` and around it, with those of each example."""

    def loss(y):
        return xg.sum(xg.sin(xg.real(y)))

    one_by_one = np.stack([np.asarray(f(x)) for x in data])
    np.testing.assert_allclose(xg.vmap(f)(data), one_by_one, 1e-12, 1e-12)
    alone = np.stack([xg.grad(lambda x: loss(f(x)))(x) for x in data])
    within = xg.vmap(xg.grad(lambda x: loss(f(x))))(data)
    around = xg.grad(lambda xs: loss(xg.vmap(f)(xs)))(data)
    np.testing.assert_allclose(within, alone, 1e-9, 1e-9)
    np.testing.assert_allclose(around, alone, 1e-9, 1e-9)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_each_example_is_what_it_is_alone(name):
    f, data = PROGRAMS[name]
    require_each_as_alone(f, data)
    tangent = xg.jvp(xg.vmap(f), (data,), (np.cos(data),))[1]
    each = np.stack([xg.jvp(f, (x,), (np.cos(x),))[1] for x in data])
    np.testing.assert_allclose(tangent, each, 1e-9, 1e-9)


def test_a_loop_is_said_once():
    with pytest.warns(LoopWarning, match="medfilt is for one problem.* 3 times"):
        xg.vmap(lambda x: xs.signal.medfilt(x, 3))(SIGNALS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xg.vmap(lambda x: xs.signal.medfilt(x, 3))(SIGNALS)


@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_a_function_of_one_problem_is_called_for_each_example(name):
    require_each_as_alone(*OF_ONE[name])


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_examples_of_examples_and_second_derivatives():
    def cube(a, b):
        return xs.optimize.brentq(lambda x: x**3 - a * b, 0, 3)

    slope = xg.grad(xg.grad(cube))
    table = xg.vmap(xg.vmap(slope, in_axes=(None, 0)), in_axes=(0, None))(NUMBERS, NUMBERS)
    expected = [[slope(a, b) for b in NUMBERS] for a in NUMBERS]
    np.testing.assert_allclose(table, expected, 1e-9)
    tangent = xg.jvp(xg.vmap(lambda a: cube(a, 2.0)), (NUMBERS,), (np.ones(3),))[1]
    np.testing.assert_allclose(tangent, [xg.grad(cube)(a, 2.0) for a in NUMBERS], 1e-9)


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_scipys_own_spelling_is_called_for_each_example_too():
    import scipy.optimize

    roots = xg.vmap(lambda a: scipy.optimize.brentq(lambda x: x**3 - a, 0, 3))(NUMBERS)
    np.testing.assert_allclose(roots, NUMBERS ** (1 / 3), 1e-10)


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_integrals_over_two_variables_and_their_limits():
    def area(a):
        return integrate.dblquad(lambda y, x: a * x * y, 0, 1, 0, lambda x: a * x)[0]

    np.testing.assert_allclose(xg.vmap(area)(NUMBERS), NUMBERS**3 / 8, 1e-12)
    box = xg.vmap(lambda a: integrate.nquad(lambda x, y: x * y, [(0, a), (0, 1)])[0])
    np.testing.assert_allclose(box(NUMBERS), NUMBERS**2 / 4, 1e-12)


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_what_differs_in_shape_is_told_when_it_is_used():
    def solved(rate):
        return xs.integrate.solve_ivp(lambda t, y: -rate * y, (0, 1), np.ones(1))

    rates = np.asarray([0.1, 9.0])
    assert "one for each example" in repr(_seen(solved, rates))
    ends = xg.vmap(lambda a: solved(a).y[0, -1])(rates)
    np.testing.assert_allclose(ends, [solved(a).y[0, -1] for a in rates])
    with pytest.raises(NotImplementedError, match=r"y has another shape in each.*t_eval="):
        xg.vmap(lambda a: 2.0 * solved(a).y)(rates)


def _seen(f, data):
    seen = []
    xg.vmap(lambda x: (seen.append(f(x)), x)[1])(data)
    return seen[0]


@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_what_hides_its_examples_is_refused_by_name():
    class Hidden:
        __slots__ = ("a",)

    def area(a):
        hidden = Hidden()
        hidden.a = a
        return xs.integrate.quad(lambda t: t * hidden.a, 0, 1, args=())[0]

    with pytest.raises(NotImplementedError, match=r"vmap: "):
        xg.vmap(area)(np.arange(3.0))


REPLAYED = (
    *("lfilter", "convolve2d", "median_filter", "gaussian_filter", "simpson", "cdist"),
    *("fixed_quad", "a density", "a frozen distribution", "gaussian_kde"),
)


@pytest.mark.parametrize("name", REPLAYED)
def test_a_compiled_function_is_right_on_other_values(name):
    f, data = {**PROGRAMS, **OF_ONE}[name]

    def gradient(x):
        return xg.grad(lambda x: xg.sum(xg.sin(f(x))))(x)

    for function in (f, gradient):
        replayed = xg.compile(function)
        for x in data:
            np.testing.assert_allclose(replayed(x), function(x), 1e-12, 1e-12)


READING = (
    "gmres",
    "quad_vec",
    "solve_ivp, its last value",
    "brentq",
    "minimize",
    "spsolve",
    "BSpline",
)


@pytest.mark.parametrize("name", READING)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_what_reads_values_says_what_to_do_and_does_it(name):
    f, data = OF_ONE[name]
    with pytest.raises(xg.errors.TraceError, match=r"on_value='eager'"):
        xg.compile(f)(data[0])
    replayed = xg.compile(f, on_value="eager")
    for x in data:
        np.testing.assert_allclose(replayed(x), f(x), 1e-12, 1e-12)


def test_what_reads_values_says_so_while_it_is_recorded():
    with pytest.raises(xg.errors.TraceError, match="CubicSpline looks at the values"):
        xg.compile(lambda x: xs.interpolate.CubicSpline(np.arange(6.0), x)(1.3))(SIGNALS[0])
