# Tests of xgrad/compat
"""autograd's names and conventions on xgrad's engine, checked by mathematics."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as onp  # noqa: ICN001 - `np` is the one that is tested
import pytest
import scipy.linalg
import scipy.signal
import scipy.stats

import xgrad as xg
import xgrad.compat.autograd as ag
import xgrad.compat.autograd.numpy as np
from xgrad.compat.autograd import extend, misc
from xgrad.compat.autograd.misc.fixed_points import fixed_point
from xgrad.compat.autograd.misc.flatten import flatten_func
from xgrad.compat.autograd.misc.optimizers import adam, rmsprop, sgd
from xgrad.compat.autograd.numpy.numpy_vjps import unbroadcast_f
from xgrad.compat.autograd.scipy import integrate, linalg, signal, special, stats
from xgrad.compat.autograd.test_util import check_grads, check_vjp, combo_check
from xgrad.compat.autograd.tracer import getval, isbox

RNG = onp.random.default_rng(0)
X = RNG.normal(size=4)
M = RNG.normal(size=(3, 3))
Z = X + 1j * RNG.normal(size=4)


@pytest.fixture(autouse=True)
def _seed():
    onp.random.seed(0)  # noqa: NPY002 - the checks draw from the global generator


# The complex convention ---------------------------------------------------------------------------


def test_the_complex_gradient_is_the_conjugate_of_xgrads() -> None:
    def f(z: Any) -> Any:
        return np.sum(np.real(np.exp(z) * (2 + 1j)))

    expected = onp.conj(xg.grad(f)(Z))
    assert onp.allclose(ag.grad(f)(Z), expected)
    step = 1e-6
    for i, unit in enumerate(onp.eye(4)):  # du/dx - i du/dy
        dx, dy = (f(Z + step * unit * u) - f(Z - step * unit * u) for u in (1, 1j))
        assert onp.isclose(expected[i], (dx - 1j * dy) / (2 * step), rtol=1e-6)


def test_the_holomorphic_derivative_is_the_derivative() -> None:
    assert onp.isclose(ag.holomorphic_grad(lambda z: z**3)(1 + 2j), 3 * (1 + 2j) ** 2)
    vjp, _ = ag.make_vjp(np.sin)(Z)
    assert onp.allclose(vjp(onp.ones(4) + 0j), onp.cos(Z))


def test_a_rule_is_written_in_autograds_convention() -> None:
    @extend.primitive
    def times_i(z: Any) -> Any:
        return 1j * z

    extend.defvjp(times_i, lambda ans, z: lambda g: 1j * g)
    assert onp.allclose(
        ag.grad(lambda z: np.sum(np.real(times_i(z) ** 2)))(Z),
        ag.grad(lambda z: np.sum(np.real((1j * z) ** 2)))(Z),
    )
    check_grads(times_i)(Z)


# The operators ------------------------------------------------------------------------------------


def f(x: Any) -> Any:
    return np.sum(np.sin(x) ** 2 * x)


def vector(x: Any) -> Any:
    return np.array([np.sum(x**2), np.prod(x), x[0]])


def test_operators_agree_with_each_other() -> None:
    value, gradient = ag.value_and_grad(f)(X)
    jacobian, hessian = ag.jacobian(vector)(X), ag.hessian(f)(X)
    v, w = RNG.normal(size=4), RNG.normal(size=3)
    assert value == f(X)
    assert onp.allclose(gradient, xg.grad(f)(X))
    assert onp.allclose(jacobian, xg.jacfwd(vector)(X))
    assert onp.allclose(hessian, xg.hessian(f)(X))
    assert onp.allclose(ag.elementwise_grad(np.sin)(X), onp.cos(X))
    assert onp.allclose(ag.egrad(np.sin)(X), onp.cos(X))
    assert onp.allclose(ag.deriv(np.sin)(X), onp.cos(X))
    assert onp.allclose(ag.make_vjp(vector)(X)[0](w), w @ jacobian)
    assert onp.allclose(ag.make_jvp(vector)(X)(v)[1], jacobian @ v)
    assert onp.allclose(ag.make_jvp_reversemode(vector)(X)(v), jacobian @ v)
    assert onp.allclose(ag.make_hvp(f)(X)[0](v), hessian @ v)
    assert onp.allclose(ag.hessian_vector_product(f)(X, v), hessian @ v)
    assert onp.allclose(ag.vector_jacobian_product(vector)(X, w), w @ jacobian)
    assert onp.allclose(ag.make_ggnvp(vector)(X)(v), jacobian.T @ jacobian @ v)
    assert onp.allclose(ag.checkpoint(f)(X), value)
    assert onp.allclose(ag.grad(ag.checkpoint(f))(X), gradient)
    g, aux = ag.grad_and_aux(lambda x: (f(x), x**2))(X)
    assert onp.allclose(g, gradient)
    assert onp.allclose(aux, X**2)


def test_argnum_names_and_dicts_of_arguments() -> None:
    def h(a: Any, b: Any, c: Any = 2.0) -> Any:
        return a**2 * b * c

    assert ag.grad(h, 1)(3.0, 4.0) == 18.0
    assert ag.grad(h, [1, 0])(3.0, 4.0) == (18.0, 48.0)
    assert ag.grad_named(h, "b")(3.0, 4.0) == 18.0
    assert ag.multigrad_dict(h)(3.0, 4.0) == {"a": 48.0, "b": 18.0, "c": 36.0}
    assert ag.grad(h).__name__ == "grad_of_h_wrt_argnum_0"
    assert ag.grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]}) == {"a": 3.0, "b": [2.0]}
    assert ag.grad(lambda x: x**2)(3) == 6.0  # an integer is taken for a float


def test_scalars_come_back_as_numpy_scalars() -> None:
    value, gradient = ag.value_and_grad(lambda x: np.sin(x) * 2)(0.5)
    assert isinstance(value, float)
    assert isinstance(gradient, float)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.grad(np.sin)(X), TypeError, "elementwise_grad"),
        (lambda: ag.grad(lambda x: x * 1j)(1.0), TypeError, "complex128"),
        (lambda: ag.grad(lambda x: (x, x))(1.0), TypeError, "a tuple"),
        (lambda: ag.elementwise_grad(lambda x: x * 1j)(X), TypeError, "real outputs"),
        (lambda: ag.jacobian(lambda x: x * 1j)(X), TypeError, "make_jvp"),
        (lambda: ag.grad(f, "x")(X), TypeError, "argnum"),
        (lambda: check_grads(f, modes=["sideways"])(X), ValueError, "'fwd' and 'rev'"),
        (lambda: np.make_diagonal(X), NotImplementedError, "axis1=-1"),
        (lambda: ag.grad(lambda x: np.r_["0,2", x, x][0, 0])(X), NotImplementedError, "stack"),
        (lambda: signal.convolve(X, X, mode="wide"), ValueError, "'wide'"),
        (lambda: signal.convolve(M[:2], M[:, :2], mode="valid"), ValueError, "larger"),
    ],
)
def test_bad_input_says_what_to_do(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_complex_input_warning_of_holomorphic_grad() -> None:
    with pytest.warns(UserWarning, match="not complex"):
        ag.holomorphic_grad(lambda z: z * 1.0)(2.0)


# NumPy and lists ----------------------------------------------------------------------------------

LISTS = {
    "array": lambda x: np.array([[x[0], 1.0], [x[1] * x[2], x[3]]]),
    "array ndmin": lambda x: np.array(x[0], ndmin=2),
    "asarray": lambda x: np.asarray([x[0], x[1]]),
    "full": lambda x: np.full((2, 3), x[0]),
    "linspace": lambda x: np.linspace(x[0], x[1], 5),
    "mean": lambda x: np.mean([x[0], x[1] ** 2]),
    "std": lambda x: np.std([x[0], x[1], 2.0]),
    "append": lambda x: np.append([x[0]], x),
    "norm": lambda x: np.linalg.norm([x[0], x[1]]),
    "r_": lambda x: np.r_[x, 1.0, 0:3, x[:2]],
    "c_": lambda x: np.c_[x, x**2],
    "where": lambda x: np.where(condition=x > 0, x=x, y=x**2),
    "clip": lambda x: np.clip(x, a_min=None, a_max=0.3),
    "tensordot": lambda x: np.tensordot(x[:, None] * x, x, axes=[1, 0]),
    "make_diagonal": lambda x: np.make_diagonal(x, axis1=-1, axis2=-2),
    "eigvalsh": lambda x: np.linalg.eigvalsh(x[:, None] * x + np.eye(4), "U"),
    "fft": lambda x: np.abs(np.fft.fft(x)),
}


@pytest.mark.parametrize("name", LISTS)
def test_numpy_of_tracked_values(name: str) -> None:
    check_grads(LISTS[name])(X)


def test_eigh_reads_one_half() -> None:
    for half in "LU":
        gradient = ag.grad(lambda a, half=half: np.sum(np.linalg.eigh(a, half)[0] ** 3))(M)
        assert onp.all(
            (onp.triu if half == "L" else onp.tril)(gradient, 1 if half == "L" else -1) == 0
        )
        check_vjp(lambda a, half=half: np.linalg.eigvalsh(a, half), M)


def test_numpy_names_that_are_only_values() -> None:
    assert np.float64 is onp.float64
    assert np.pi == onp.pi
    assert np.random is not None
    assert "sin" in dir(np)
    names: dict[str, Any] = {}
    exec("from xgrad.compat.autograd.numpy import *", names)
    assert names["array"] is np.array
    assert names["sin"] is onp.sin
    assert np.isscalar(2.0)
    seen = []
    ag.grad(lambda x: seen.append((np.isscalar(x), isbox(x), getval(x))) or x)(2.0)
    assert seen == [(True, True, 2.0)]
    ag.grad(lambda x: seen.append(ag.isinstance(x, float)) or seen.append(ag.type(x)) or x)(2.0)
    assert seen[1:] == [True, onp.float64]


# Extending ----------------------------------------------------------------------------------------


@extend.primitive
def power(x: Any, y: Any) -> Any:
    assert type(x) is not xg.Array
    return onp.power(x, y)


extend.defvjp(
    power,
    lambda ans, x, y: unbroadcast_f(x, lambda g: g * y * x ** (y - 1)),
    lambda ans, x, y: unbroadcast_f(y, lambda g: g * np.log(x) * ans),
)


def test_a_primitive_has_both_modes_at_any_order() -> None:
    check_grads(power, (0, 1), order=3)(onp.abs(X) + 0.5, 1.7)


def test_a_jvp_alone_serves_reverse_mode_too() -> None:
    @extend.primitive
    def product(x: Any, y: Any) -> Any:
        return x * y

    extend.defjvp(product, lambda g, ans, x, y: g * y, lambda g, ans, x, y: x * g)
    check_grads(product, (0, 1))(X, X + 1)


@pytest.mark.parametrize("define", [extend.def_linear, lambda f: extend.defjvp(f, "same", "same")])
def test_a_linear_function_is_its_own_jvp_but_says_nothing_of_its_transpose(define: Any) -> None:
    linear = extend.primitive(lambda x, y: x * y)
    define(linear)
    check_grads(linear, (0, 1), modes=["fwd"])(X, X + 1)
    with pytest.raises(xg.errors.RuleError, match="defvjp"):
        ag.grad(lambda x: np.sum(linear(x, X)))(X)
    extend.defvjp(
        linear, lambda ans, x, y: lambda g: linear(g, y), lambda ans, x, y: lambda g: linear(x, g)
    )
    check_grads(linear, (0, 1))(X, X + 1)


def test_rules_by_argnums_and_missing_rules() -> None:
    @extend.primitive
    def add3(x: Any, y: Any, name: str) -> Any:
        return x + 2 * y

    with pytest.raises(NotImplementedError, match="add3 has no derivative rule"):
        ag.grad(add3)(1.0, 2.0, "n")
    extend.defvjp_argnums(
        add3, lambda argnums, ans, args, kwargs: lambda g: [(1, 2)[i] * g for i in argnums]
    )
    assert ag.grad(add3, 1)(1.0, 2.0, "n") == 2.0
    extend.defvjp(add3, lambda ans, x, y, name: lambda g: g)
    with pytest.raises(NotImplementedError, match="VJP of add3"):
        ag.grad(add3, 1)(1.0, 2.0, "n")
    extend.defvjp(add3, None, argnums=[1])
    assert ag.grad(add3, 1)(1.0, 2.0, "n") == 0.0


def test_a_function_of_plain_values() -> None:
    seen = extend.notrace_primitive(lambda x: float(x) > 0)
    assert ag.grad(lambda x: x**2 if seen(x) else x)(3.0) == 6.0


# SciPy --------------------------------------------------------------------------------------------

POSITIVE = onp.abs(X) + 0.7
UNIT = onp.asarray([0.1, 0.3, 0.6, 0.9])
DENSITIES = [
    (scipy.stats.norm, stats.norm, "pdf logpdf cdf sf logcdf logsf", (X, X + 1, POSITIVE)),
    (scipy.stats.t, stats.t, "pdf logpdf cdf logcdf", (X, POSITIVE + 2, X + 1, POSITIVE)),
    (scipy.stats.beta, stats.beta, "pdf logpdf cdf", (UNIT, POSITIVE, POSITIVE + 1)),
    (scipy.stats.gamma, stats.gamma, "pdf logpdf cdf", (POSITIVE, POSITIVE + 1)),
    (scipy.stats.chi2, stats.chi2, "pdf logpdf cdf", (POSITIVE, POSITIVE + 1)),
    (scipy.stats.poisson, stats.poisson, "pmf logpmf cdf", (onp.arange(4.0), POSITIVE)),
    (scipy.stats.dirichlet, stats.dirichlet, "pdf logpdf", (UNIT / UNIT.sum(), POSITIVE)),
]
CASES = [
    pytest.param(theirs, ours, name, args, id=f"{ours.__name__.split('.')[-1]}.{name}")
    for theirs, ours, names, args in DENSITIES
    for name in names.split()
]


@pytest.mark.parametrize(("theirs", "ours", "name", "args"), CASES)
def test_distributions(theirs: Any, ours: Any, name: str, args: Any) -> None:
    function = getattr(ours, name)
    assert onp.allclose(function(*args), getattr(theirs, name)(*args))
    assert callable(ours.rvs)
    skipped = {"t.cdf": [1], "t.logcdf": [1], "poisson.pmf": [0], "poisson.logpmf": [0]}
    skipped |= {"poisson.cdf": [0], "dirichlet.pdf": [0], "dirichlet.logpdf": [0]}
    skip = skipped.get(f"{ours.__name__.split('.')[-1]}.{name}", [])
    for i in range(len(args)):
        if i not in skip:
            check_grads(function, i, order=1)(*args)


def test_multivariate_normal() -> None:
    covariance = M @ M.T + onp.eye(3)
    mvn, theirs = stats.multivariate_normal, scipy.stats.multivariate_normal
    x, mean = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    assert onp.allclose(mvn.logpdf(x, mean, covariance), theirs.logpdf(x, mean, covariance))
    assert onp.allclose(mvn.pdf(x[0], mean, 2.0), theirs.pdf(x[0], mean, 2.0))
    assert onp.isclose(mvn.entropy(mean, covariance), theirs.entropy(mean, covariance))

    def spd(a: Any) -> Any:
        return mvn.logpdf(x, mean, np.dot(a, a.T) + np.eye(3))

    check_grads(spd)(M)
    singular = onp.diag([1.0, 2.0, 0.0])
    point = onp.asarray([0.3, 0.2, mean[2]])
    assert onp.isclose(
        mvn.logpdf(point, mean, singular, allow_singular=True),
        theirs.logpdf(point, mean, singular, allow_singular=True),
    )


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_convolve(mode: str) -> None:
    a, b = RNG.normal(size=(5, 6)), RNG.normal(size=(3, 2))
    expected = scipy.signal.convolve(a, b, mode)
    assert onp.allclose(signal.convolve(a, b, mode=mode), expected)
    check_grads(functools.partial(signal.convolve, mode=mode), (0, 1))(a, b)
    if mode == "valid":
        swapped = signal.convolve(b, a, mode=mode)
        assert onp.allclose(swapped, expected)
    images, kernels = RNG.normal(size=(2, 3, 5, 6)), RNG.normal(size=(3, 4, 3, 2))
    out = signal.convolve(images, kernels, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode=mode)
    for n in range(2):
        for k in range(4):
            one = sum(scipy.signal.convolve(images[n, c], kernels[c, k], mode) for c in range(3))
            assert onp.allclose(out[n, k], one)


def test_linear_algebra() -> None:
    spd = M @ M.T + 3 * onp.eye(3)
    check_grads(lambda a: linalg.sqrtm(a @ a.T + 3 * np.eye(3)))(M)
    assert onp.allclose(linalg.sqrtm(spd), scipy.linalg.sqrtm(spd))
    combo_check(linalg.solve_sylvester, (0, 1, 2))([spd], [spd + 1], [M])
    triangular = M + 3 * onp.eye(3)
    for options in ({}, {"lower": True}, {"trans": "T"}, {"unit_diagonal": True, "lower": True}):
        function = functools.partial(linalg.solve_triangular, **options)
        check_grads(function, (0, 1))(triangular, X[:3])
        check_grads(function, (0, 1))(triangular, M)
    banded = RNG.normal(size=(4, 5)) + onp.asarray([[0], [0], [5], [0]])
    function = functools.partial(linalg.solve_banded, (1, 2))
    check_grads(function, (0, 1))(banded, RNG.normal(size=5))
    check_grads(function, (0, 1))(banded, RNG.normal(size=(5, 2)))
    check_grads(linalg.expm)(M)


def test_special_functions() -> None:
    for name in ("gammaln", "digamma", "erf", "expit", "rgamma", "logsumexp", "i0"):
        function = getattr(special, name)
        check_grads(function)(POSITIVE)
        assert onp.allclose(function(POSITIVE), getattr(scipy.special, name)(POSITIVE))
    check_grads(lambda a: special.multigammaln(a, 3))(POSITIVE + 4)
    check_grads(lambda x: special.jn(2, x))(POSITIVE)
    with pytest.warns(xg.errors.ConstantResultWarning, match="left at sign"):
        assert onp.all(ag.grad(lambda x: np.sum(special.gammasgn(x)))(X) == 0)


def test_odeint() -> None:
    times = onp.linspace(0.0, 1.0, 4)

    def slope(y: Any, t: Any, a: Any) -> Any:
        return np.dot(a, y) * (1 + 0.1 * t)

    def solution(y0: Any, t: Any, a: Any) -> Any:
        return integrate.odeint(slope, y0, t, (a,), rtol=1e-9, atol=1e-9)

    check_grads(solution, (0, 1, 2), modes=["rev"], order=1)(X[:3], times, M)


# misc ---------------------------------------------------------------------------------------------


def test_flatten_and_back() -> None:
    tree = {"b": [M, 2.0], "a": (X, ())}
    flat, back = misc.flatten(tree)
    again = back(flat)
    assert flat.shape == (14,)
    assert onp.array_equal(flat[:4], X)
    assert again["b"][1] == 2.0
    assert onp.array_equal(again["b"][0], M)
    check_grads(lambda t: misc.flatten(t)[0] ** 2)(tree)
    double, _, vector = flatten_func(lambda t: {"c": 2 * t["b"][0]}, tree)
    assert onp.array_equal(double(vector), 2 * M.ravel())
    assert misc.flatten(())[0].shape == (0,)


@pytest.mark.parametrize("optimize", [sgd, rmsprop, adam])
def test_stochastic_optimisers_find_a_minimum(optimize: Any) -> None:
    steps: list[int] = []

    def loss(p: Any) -> Any:
        return np.sum((p["a"] - 1.0) ** 2) + (p["b"] + 2.0) ** 2

    start = {"a": onp.zeros(3), "b": 0.0}
    found = optimize(
        lambda p, i: ag.grad(loss)(p), start, lambda p, i, g: steps.append(i), 400, 0.05
    )
    assert steps == list(range(400))
    assert loss(found) < 1e-3
    assert optimize(lambda p, i: ag.grad(loss)(p), start, num_iters=1)["a"].shape == (3,)


def test_fixed_points_and_bound_functions() -> None:
    def newton(a: Any) -> Any:
        return lambda x: 0.5 * (x + a / x)

    def root(a: Any) -> Any:
        return fixed_point(newton, a, 1.0, lambda x, y: np.abs(x - y), 1e-12)

    assert onp.isclose(ag.grad(root)(3.0), 0.5 / onp.sqrt(3))
    assert onp.isclose(ag.grad(ag.grad(root))(3.0), -0.25 * 3**-1.5)
    assert misc.const_graph(lambda x, y: x * y, 2.0)(3.0) == 6.0


def test_the_checks_can_fail() -> None:
    wrong = extend.primitive(lambda x: 2 * x)
    extend.defvjp(wrong, lambda ans, x: lambda g: 2.001 * g)
    with pytest.raises(AssertionError, match=r"\(VJP\) check"):
        check_grads(wrong, modes=["rev"])(1.0)
    with pytest.raises(AssertionError, match="Value mismatch"):
        check_grads(wrong, modes=["fwd"])(1.0)


def test_no_warning_on_import() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from xgrad.compat.autograd import util

    assert util.subval((1, 2), 0, 3) == (3, 2)
    assert util.func(f) is f
    util.quick_grad_check(lambda x, y: x * y, 2.0, (3.0,))
