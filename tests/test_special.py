# Tests of xgrad/special
"""Special functions: accuracy far out, edges, and refusals; the rest is in their rows."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import xgrad as xg
from xgrad import special
from xgrad.errors import MissingFunctionError, NotDifferentiableError
from xgrad.testing.table.special import ROWS as ONES
from xgrad.testing.table.special_scipy import ROWS as MORE

sp = pytest.importorskip("scipy.special")


def test_every_name_has_a_row():
    tested = {row.name.removeprefix("special.") for row in (*ONES, *MORE)}
    assert set(special.__all__) == tested


# Accuracy, against derivatives that mpmath forms in many digits ----------------------------------


def slope(function, *args, digits=60):
    """Return the derivative of an mpmath function in its first argument, as a float."""
    mp = pytest.importorskip("mpmath")
    with mp.workdps(digits):
        step = mp.mpf(10) ** (-digits // 3)
        x, *rest = (mp.mpf(float(v)) for v in args)
        return float((function(mp, x + step, *rest) - function(mp, x - step, *rest)) / (2 * step))


def relative_error(got, want):
    got, want = np.asarray(got), np.asarray(want)
    keep = np.abs(want) > 1e-290
    return np.max(np.abs(got - want)[keep] / np.abs(want)[keep])


def lower_gamma(mp, a, x):
    """Return the incomplete gamma function, but for a constant, from the end that is nearer."""
    if mp.log(x) < mp.digamma(a):
        return mp.gammainc(a, 0, x, regularized=True)
    return -mp.gammainc(a, x, mp.inf, regularized=True)


def lower_beta(mp, a, b, x):
    if mp.log(x) < mp.digamma(a) - mp.digamma(a + b):
        return mp.betainc(a, b, 0, x, regularized=True)
    return -mp.betainc(b, a, 0, 1 - x, regularized=True)


def shapes(count, seed, low, high):
    return 10 ** np.random.default_rng(seed).uniform(low, high, count)


def test_gammainc_in_its_shape():
    rng = np.random.default_rng(0)
    a = np.concatenate([shapes(60, 1, -3, 4), [0.5, 1e-8, 2.0, 1.0]])
    near = np.maximum(a + 3 * rng.normal(size=a.size) * np.sqrt(a), 1e-3)
    x = np.where(np.arange(a.size) % 2, near, 10 ** rng.uniform(-6, 2, a.size))
    want = [slope(lower_gamma, *pair) for pair in zip(a, x, strict=True)]
    got = xg.grad(lambda a: xg.sum(special.gammainc(a, x)))(a)
    assert relative_error(got, want) < 1e-10
    complement = xg.grad(lambda a: xg.sum(special.gammaincc(a, x)))(a)
    assert np.array_equal(complement, -got)


def test_betainc_in_its_shapes():
    rng = np.random.default_rng(0)
    a, b = shapes(80, 2, -2.5, 3), shapes(80, 3, -2.5, 3)
    logits = rng.uniform(-34, 80, 80)  # not nearer to 1 than its neighbour
    x = np.where(np.arange(80) % 2, 1 / (1 + np.exp(logits)), np.clip(rng.beta(a, b), 1e-30, 0.999))
    want = [slope(lower_beta, *point, digits=80) for point in zip(a, b, x, strict=True)]
    got = xg.grad(lambda a: xg.sum(special.betainc(a, b, x)))(a)
    assert relative_error(got, want) < 1e-9

    def in_second(mp, b, a, x):
        return -lower_beta(mp, b, a, 1 - x)

    want = [slope(in_second, b, a, x, digits=80) for a, b, x in zip(a, b, x, strict=True)]
    got = xg.grad(lambda b: xg.sum(special.betainc(a, b, x)))(b)
    assert relative_error(got, want) < 1e-9
    complement = xg.grad(lambda b: xg.sum(special.betaincc(a, b, x)))(b)
    assert np.array_equal(complement, -got)


def test_zeta_in_its_exponent():
    x = np.concatenate([1 + shapes(20, 4, -2, 1.5), [1.5, 30.0]])
    q = np.concatenate([shapes(20, 5, -1, 2), [1.0, 0.5]])
    want = [slope(lambda mp, x, q: mp.zeta(x, q), *pair) for pair in zip(x, q, strict=True)]
    got = xg.grad(lambda x: xg.sum(special.zeta(x, q)))(x)
    assert relative_error(got, want) < 1e-10
    x = np.asarray([-7.5, -3.3, -0.5, 0.0, 0.5, 2.0, 20.0])
    want = [slope(lambda mp, x: mp.zeta(x), v) for v in x]
    assert relative_error(xg.grad(lambda x: xg.sum(special.zeta(x)))(x), want) < 1e-10


def erfcx(mp, x):
    return mp.exp(x * x) * mp.erfc(x)


def dawson(mp, x):
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


FAR = {
    "erfcx": (erfcx, [-3.0, 0.0, 29.9, 30.1, 1e3, 1e6]),
    "dawsn": (dawson, [0.1, 5.0, 29.9, 30.1, -40.0]),
    "log_ndtr": (lambda mp, x: mp.log(mp.ncdf(x)), [-80.0, -10.0, 0.0, 10.0]),
    "expit": (lambda mp, x: 1 / (1 + mp.exp(-x)), [-60.0, 0.0, 30.0, 60.0]),
    "log_expit": (lambda mp, x: -mp.log1p(mp.exp(-x)), [-60.0, 0.0, 60.0]),
    "i0e": (lambda mp, x: mp.exp(-abs(x)) * mp.besseli(0, x), [1e-3, 3.0, 500.0, -500.0]),
    "i1e": (lambda mp, x: mp.exp(-abs(x)) * mp.besseli(1, x), [1e-6, 0.9, 1.1, 500.0]),
    "k0e": (lambda mp, x: mp.exp(x) * mp.besselk(0, x), [1e-3, 3.0, 500.0]),
    "k1e": (lambda mp, x: mp.exp(x) * mp.besselk(1, x), [1e-3, 3.0, 500.0]),
    "j1": (lambda mp, x: mp.besselj(1, x), [1e-8, 0.99, 1.01, 20.0]),
    "ellipk": (lambda mp, m: mp.ellipk(m), [-1e3, -0.26, -1e-9, 0.24, 0.26, 0.999]),
    "ellipe": (lambda mp, m: mp.ellipe(m), [-1e3, -0.26, -1e-9, 0.24, 0.26, 0.999]),
    "spence": (lambda mp, z: mp.polylog(2, 1 - z), [1e-6, 0.7, 0.8, 1 + 1e-9, 1.3, 1e3]),
    "ndtri": (lambda mp, y: mp.sqrt(2) * mp.erfinv(2 * y - 1), [1e-10, 0.3, 0.999]),
    "sici": (lambda mp, x: mp.si(x), [1e-9, 0.9, 1.1, 30.0]),
}


@pytest.mark.parametrize("name", FAR)
def test_far_out(name):
    function, points = FAR[name]
    x = np.asarray(points)
    want = [slope(function, v, digits=120) for v in points]

    def total(x):
        out = getattr(special, name)(x)
        return xg.sum(out[0] if name == "sici" else out)

    assert relative_error(xg.grad(total)(x), want) < 1e-10


def test_beta_of_unequal_arguments():
    a, b = np.asarray([1e8, 1e-8, 5.0, 1e-8]), np.asarray([1.0, 1e8, 1e-9, 1e-8])
    for function in (special.betaln, lambda a, b: xg.log(special.beta(a, b))):
        got = xg.grad(lambda a, f=function: xg.sum(f(a, b)))(a)
        want = [
            slope(lambda mp, a, b: mp.log(mp.beta(a, b)), *pair) for pair in zip(a, b, strict=True)
        ]
        assert relative_error(got, want) < 1e-10


def test_complex_second_order_of_loggamma():
    z = np.asarray([0.3 + 2j, -3.7 + 0.5j, 5 - 40j, -20 + 150j])
    trigamma = xg.jvp(special.digamma, (z,), (np.ones_like(z),))[1]
    mp = pytest.importorskip("mpmath")
    assert relative_error(trigamma, [complex(mp.psi(1, complex(v))) for v in z]) < 1e-12


def test_third_order_at_the_origin():
    """The quotient j1(x) / x in a rule is right at 0, with its derivatives."""
    for name in ("j1", "i1"):
        third = xg.grad(xg.grad(xg.grad(getattr(special, name))))
        near = xg.jacfwd(lambda x, name=name: getattr(special, name)(x))
        step = 1e-3
        want = (near(np.asarray(step)) - 2 * near(np.asarray(0.0)) + near(np.asarray(-step))) / (
            step * step
        )
        assert abs(third(np.asarray(0.0)) - want) < 1e-5


@pytest.mark.parametrize("name", ["j0", "j1", "y0", "y1"])
def test_rough_bessel_functions_of_torch(name):
    torch = pytest.importorskip("torch")
    x = np.linspace(0.3, 15, 40)
    got = getattr(special, name)(torch.asarray(x))
    assert np.max(np.abs(got.numpy() - getattr(sp, name)(x))) < 2e-6
    slopes = xg.grad(lambda x: xg.sum(getattr(special, name)(x)))
    assert np.max(np.abs(slopes(torch.asarray(x)).numpy() - slopes(x))) < 2e-6


# Edges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr", "kl_div"])
def test_products_with_logarithms_at_zero(name):
    function = getattr(special, name)
    origin = -1.0 if name == "xlog1py" else 0.0
    one, two = xg.grad(function, (0, 1))(np.asarray(0.0), np.asarray(origin))
    assert np.isfinite(one)
    assert np.isfinite(two)
    # only the zero of the first argument keeps an infinite derivative upstream from becoming NaN
    through = xg.grad(lambda y: function(np.asarray(0.0), xg.sqrt(y) + origin))(np.asarray(0.0))
    assert through == 0 or name == "kl_div"


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("xlogy", (0.0, 2.0)),
        ("xlog1py", (0.0, 2.0)),
        ("rel_entr", (0.0, 2.0)),
        ("kl_div", (0.0, 2.0)),
        ("poch", (1.3, 0.0)),
        ("binom", (2.6, 0.0)),
        ("binom", (2.6, 1.3)),
    ],
)
def test_mixed_derivatives_where_the_first_one_vanishes(name, at):
    f, h = getattr(special, name), 1e-5
    slope = xg.grad(f, 1)
    expected = (slope(at[0] + h, at[1]) - slope(at[0] + h / 2, at[1])) / (h / 2)
    assert float(xg.grad(slope, 0)(*at)) == pytest.approx(float(expected), rel=1e-3)


def test_entropy_at_zero():
    with np.errstate(divide="ignore"):
        assert xg.grad(special.entr)(np.asarray(0.0)) == np.inf


def test_huber_at_its_kinks():
    one, two = xg.grad(special.huber, (0, 1))(np.asarray(1.0), np.asarray(1.0))
    assert (one, two) == (0, 1)
    one, two = xg.grad(special.pseudo_huber, (0, 1))(np.asarray(0.0), np.asarray(0.0))
    assert (one, two) == (0, 0)


def test_incomplete_functions_at_their_ends():
    a, b = np.asarray([0.5, 2.0]), np.asarray([2.0, 0.5])
    for x in (0.0, np.inf):
        assert not np.any(xg.grad(lambda a, x=x: xg.sum(special.gammainc(a, x)))(a))
    for x in (0.0, 1.0):
        assert not np.any(xg.grad(lambda a, x=x: xg.sum(special.betainc(a, b, x)))(a))
    # at a = 0 the derivative is one-sided and finite: that of gammainc is -E1
    slope_at_zero = xg.grad(lambda a: special.gammainc(a, 2.0))(np.asarray(0.0))
    assert abs(slope_at_zero + sp.exp1(2.0)) < 1e-15
    assert np.isnan(xg.grad(lambda a: special.gammainc(a, 2.0))(np.asarray(-1.0)))
    assert np.isnan(xg.grad(lambda a: special.betainc(a, 2.0, 1.5))(np.asarray(1.0)))


def test_beta_of_negative_arguments():
    xg.testing.check_grads(special.beta, (np.asarray([-0.5, -1.4]), np.asarray([0.8, 3.3])))


def test_sici_of_zero():
    """The cotangent of the unused cosine integral is zero, and its derivative infinite."""
    assert xg.grad(lambda x: special.sici(x)[0])(np.asarray(0.0)) == 1


# Reductions --------------------------------------------------------------------------------------


def test_reductions_have_the_defaults_of_scipy():
    x = np.asarray([[0.5, 1.0], [2.0, -1.0]])
    for name in ("softmax", "log_softmax", "logsumexp"):
        for axis in (None, 0, -1):
            got = getattr(special, name)(x, axis=axis)
            assert np.allclose(got, getattr(sp, name)(x, axis=axis), rtol=1e-14)


def test_weighted_logsumexp():
    a, b = np.asarray([[0.5, 1.0], [800.0, -1.0]]), np.asarray([[0.5, 2.0], [1.0, 0.0]])
    for axis, keepdims in ((None, False), (0, True), (1, False)):
        got = special.logsumexp(a, axis, b, keepdims)
        want = sp.logsumexp(a, axis, b, keepdims)
        assert got.shape == want.shape
        assert np.allclose(got, want, rtol=1e-14)
    f = lambda a, b: special.logsumexp(a, 0, b)  # noqa: E731
    xg.testing.check_grads(f, (a / 800, b + 1))


# Refusals and laziness ---------------------------------------------------------------------------


ORDERS = {
    "jv": (1.5, 2.0),
    "yv": (1.5, 2.0),
    "iv": (1.5, 2.0),
    "kv": (1.5, 2.0),
    "ive": (1.5, 2.0),
    "kve": (1.5, 2.0),
    "expn": (2.0, 2.0),
    "polygamma": (1.0, 2.0),
    "hyp1f1": (1.5, 2.5, 0.3),
    "hyp2f1": (1.5, 2.5, 3.5, 0.3),
}


@pytest.mark.parametrize("name", ORDERS)
def test_tracked_order(name):
    function, values = getattr(special, name), [np.asarray(v) for v in ORDERS[name]]
    for i in range(len(values) - 1):

        def of_order(v, i=i):
            return function(*values[:i], v, *values[i + 1 :])

        with pytest.raises(NotDifferentiableError, match=f"special.{name}: the argument . is"):
            xg.grad(of_order)(values[i])
        assert xg.grad(lambda v, f=of_order: f(xg.stop_gradient(v)) + v)(values[i]) == 1
        with xg.no_grad():
            of_order(xg.asarray(values[i], requires_grad=True))


def test_missing_function():
    torch = pytest.importorskip("torch")
    for x in (torch.ones(2), xg.asarray(torch.ones(2))):
        with pytest.raises(MissingFunctionError, match=r"special.jv: the backend 'torch' has no"):
            special.jv(2, x)
        with pytest.raises(NotImplementedError, match=r"special.mathieu_a.*to_backend\('numpy'\)"):
            special.mathieu_a(1, x)


def test_other_names_of_scipy():
    x = np.asarray([0.5, 2.0])
    assert np.array_equal(special.mathieu_a(1, x), sp.mathieu_a(1, x))
    assert np.array_equal(special.mathieu_a(1, xg.asarray(x)).data, sp.mathieu_a(1, x))
    assert [type(y) for y in special.kelvin(xg.asarray(x))] == [xg.Array] * 4
    assert special.comb(4, 2) == 6
    with pytest.raises(NotDifferentiableError, match=r"special.mathieu_a: .* knows no derivative"):
        special.mathieu_a(1, xg.asarray(x, requires_grad=True))
    with pytest.raises(AttributeError, match=r"'xgrad.special' has no attribute 'nothing'"):
        _ = special.nothing


def test_functions_of_scipy_on_arrays():
    x = xg.asarray(np.asarray([0.5, 2.0]), requires_grad=True)
    for name, out in {
        "jv": sp.jv(2, x),
        "log1p": sp.log1p(x),
        "gammainc": sp.gammainc(x, 2.0),
    }.items():
        assert out.is_tracked, name
    assert np.array_equal(sp.jv(2, x).detach().data, sp.jv(2, x.detach().data))


def test_import_is_lazy():
    code = (
        "import sys, numpy as np, xgrad.special as s\n"
        "assert not [m for m in sys.modules if m.startswith('scipy')]\n"
        "s.erf(np.ones(2)); assert 'scipy.special' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


MIXED = (
    "binom boxcox1p gammainc gammaincinv gdtr gdtrc huber poch pseudo_huber rel_entr stdtr xlogy "
    "xlog1py zeta expn polygamma yn"
).split()


@pytest.mark.parametrize("name", MIXED)
def test_wide_integers_beside_single_precision_make_double_as_in_scipy(name: str) -> None:
    sp = pytest.importorskip("scipy.special")
    few = np.asarray([1, 2, 3])
    args = [few, np.asarray([0.5, 1.5, 2.5], np.float32)] + [few] * (name in ("gdtr", "gdtrc"))
    expected = getattr(sp, name)(*args)
    found = getattr(special, name)(*args)
    assert found.dtype == expected.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    slope = xg.grad(lambda x: xg.sum(getattr(special, name)(args[0], x, *args[2:])))(args[1])
    assert slope.dtype == np.float32
    narrow = getattr(special, name)(*(x.astype(np.float32) for x in args))
    assert narrow.dtype == np.float32


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "name", ["gdtr", "gdtrc", "fdtr", "fdtrc", "pseudo_huber", "huber", "inv_boxcox1p", "cotdg"]
)
def test_integers_and_what_is_out_of_the_domain_are_as_in_scipy(name: str) -> None:
    sp = pytest.importorskip("scipy.special")
    wide = np.asarray([-180, -3, 1, 2, 45, 180] + [-(2**62), 2**62] * (name[0] != "f"))
    count = getattr(sp, name).nin
    grid = [wide.reshape((-1,) + (1,) * i) for i in range(count)]
    for args in (grid, [v.astype(float) for v in grid]):
        np.testing.assert_allclose(
            getattr(special, name)(*args), getattr(sp, name)(*args), rtol=1e-9, err_msg=name
        )


def test_a_number_beside_integers_keeps_its_fraction() -> None:
    sp = pytest.importorskip("scipy.special")
    few = np.asarray([1, 2, 3])
    np.testing.assert_allclose(special.pseudo_huber(0.7, few), sp.pseudo_huber(0.7, few))
    np.testing.assert_allclose(special.huber(0.7, few), sp.huber(0.7, few))
    slope = xg.grad(lambda x: xg.sum(special.betainc(few, 2.5, x)))(np.asarray([0.2, 0.3, 0.4]))
    e = 1e-6
    x = np.asarray([0.2, 0.3, 0.4])
    expected = (sp.betainc(few, 2.5, x + e) - sp.betainc(few, 2.5, x - e)) / (2 * e)
    np.testing.assert_allclose(slope, expected, rtol=1e-6)
