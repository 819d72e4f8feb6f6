# Tests of xgrad/scipy/interpolate
"""Interpolation: values of SciPy, derivatives in values, points and queries."""

import numpy as np
import pytest
import scipy.integrate as plain_integrate
import scipy.interpolate as plain
import scipy.optimize as plain_optimize

import xgrad as xg
from xgrad import scipy

from .programs import Program, check, check_single

RNG = np.random.default_rng(6)
X = np.cumsum(RNG.uniform(0.4, 1.2, 8))
Y, Y2 = RNG.normal(size=8), RNG.normal(size=(8, 3))
AT = np.asarray([X[0] + 0.1, 2.3, 3.77, X[-1] - 0.13])
OUT = np.asarray([X[0] - 0.3, 2.3, X[-1] + 0.4])
T = np.concatenate([[0.0] * 4, [0.3, 0.55, 0.8], [1.0] * 4])
C = RNG.normal(size=(7, 2))
IN = np.asarray([0.12, 0.4, 0.71])
GX, GY = np.asarray([0.0, 0.4, 1.1, 1.5, 2.2, 3.0]), np.asarray([0.0, 0.5, 0.9, 1.7, 2.0, 2.6])
GRID = RNG.normal(size=(6, 6))
SPOTS = np.asarray([[0.3, 0.2], [1.2, 2.3], [2.7, 1.1]])
CLOUD = RNG.uniform(size=(12, 2))
ON_CLOUD = np.asarray([[0.5, 0.5], [0.45, 0.6], [0.6, 0.4]])
D = RNG.normal(size=12)


def I(name, *args, f=None, **options):  # noqa: E743 - short, as it stands in every row
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.interpolate, *xs), args, **options)


def number(x):
    """Return a number where SciPy takes no array."""
    return x if isinstance(x, xg.Array) else float(x)


def knots(inner):
    """Return knots of which the inner ones move."""
    return (xg.concat if isinstance(inner, xg.Array) else np.concatenate)([T[:4], inner, T[7:]])


PROGRAMS = (
    I("one point", D, f=lambda i, d: [f(at) for f in (i.LinearNDInterpolator(CLOUD, d), i.NearestNDInterpolator(CLOUD, d), i.CloughTocher2DInterpolator(CLOUD, d), i.RegularGridInterpolator((GX, GY), GRID * d[0])) for at in ([0.5, 0.5], (0.5, 0.5), [[0.5, 0.5]])], value=1e-8, rtol=1e-5),
    I("make_interp_spline, ends", X, Y, np.asarray(0.4), f=lambda i, x, y, a: [i.make_interp_spline(x, y, bc_type=([(2, a)], [(1, 0.5)])).c, i.make_interp_spline(x, y, k=5, bc_type=([(1, a), (2, 0.0)], [(1, a), (3, 0.0)]))(AT, 1), i.make_interp_spline(x, y, bc_type=("natural", [(1, a)]))(AT)]),
    I("CloughTocher2D, points", D, np.concatenate([ON_CLOUD, [[9.0, 9.0]]]), f=lambda i, d, at: [i.CloughTocher2DInterpolator(CLOUD, d, 0.3)(at), i.CloughTocher2DInterpolator(CLOUD, d, 0.1, rescale=True)(at[:, 0], at[:, 1]), i.griddata(CLOUD, d, (at[:, :1], at[:, 1][None]), "cubic", 0.2)], value=1e-8, rtol=1e-5),
    I("KroghInterpolator, slopes", Y, f=lambda i, y: [i.KroghInterpolator([0, 0, 1, 1, 1, 2, 3, 4], y)(AT), i.KroghInterpolator([0, 0, 1, 1, 1, 2, 3, 4], y).derivative([0.4, 1.0])]),
    I("FloaterHormann", Y2, AT[:3], f=lambda i, y, at: [i.FloaterHormannInterpolator(X, y, d=2)((xg if isinstance(at, xg.Array) else np).stack([at[0], at[1], X[2] + 0 * at[0]])), i.FloaterHormannInterpolator(X, y.T, axis=1)(at[None])]),
    I("FloaterHormann, its points", X, Y, f=lambda i, x, y: i.FloaterHormannInterpolator(x, y, d=1)(AT)),
    I("RegularGridInterpolator, whole numbers", np.asarray([0.3, 2.2]), f=lambda i, a: i.RegularGridInterpolator((np.arange(5), np.arange(6)), np.outer(np.arange(5), np.arange(6) ** 2), "cubic")((a, a[:, None])), rtol=1e-3, order=1),
    *(I(f"CubicSpline {bc}", X, Y2, AT, f=lambda i, x, y, at, bc=bc: [i.CubicSpline(x, y, bc_type=bc)(at, nu) for nu in (0, 1)])
      for bc in ("not-a-knot", "natural", "clamped", ((1, np.ones(3)), (2, np.zeros(3))))),
    I("CubicSpline periodic", X, Y[:-1], OUT, f=lambda i, x, y, at: i.CubicSpline(x, (xg.concat if isinstance(y, xg.Array) else np.concatenate)([y, y[:1]]), bc_type="periodic")(at)),
    *(I(f"CubicSpline {n} points", X[:n], Y[:n], np.asarray([1.2]), f=lambda i, x, y, at: i.CubicSpline(x, y)(at)) for n in (2, 3, 4)),
    I("CubicSpline axis", X, Y2.T, f=lambda i, x, y: [i.CubicSpline(x, y, axis=1)(AT), i.CubicSpline(x, y, axis=1).antiderivative()(AT), i.CubicSpline(x, y, axis=-1).integrate(1.0, 3.0)]),
    *(I(n, X, Y2, AT, f=lambda i, x, y, at, n=n: getattr(i, n)(x, y)(at), order=2) for n in ("PchipInterpolator", "Akima1DInterpolator")),
    I("makima", X, Y, AT, f=lambda i, x, y, at: i.Akima1DInterpolator(x, y, method="makima")(at)),
    I("pchip_interpolate", X, Y, AT, f=lambda i, x, y, at: i.pchip_interpolate(x, y, at, [0, 1])),
    I("CubicHermiteSpline", X, Y, Y2[:, 0], AT, f=lambda i, x, y, d, at: i.CubicHermiteSpline(x, y, d)(at)),
    I("PPoly", RNG.normal(size=(3, 7)), X, OUT, f=lambda i, c, x, at: [i.PPoly(c, x)(at), i.PPoly(c, x).derivative()(at), i.PPoly(c, x).antiderivative()(at)]),
    I("BSpline", T[4:7], C, IN, f=lambda i, t, c, x: [i.BSpline(knots(t), c, 3)(x), i.BSpline(knots(t), c, 3)(x, 2), i.BSpline(knots(t), c, 3).antiderivative()(x)], rtol=1e-5),
    I("splines of others", C[:, 0], np.asarray([0.13, 0.77]), f=lambda i, c, x: [i.PPoly.from_spline((T, c, 3))(x), i.PPoly.from_spline(i.BSpline(T, c, 3)).c[:, 4], i.sproot((T, c - 0.1, 3)), i.BSpline.design_matrix(x, T, 3).toarray()]),
    I("BSpline, one of the basis", np.asarray([0.0, 1.0, 2.3, 3.0, 4.1]), np.asarray([0.4, 1.2, 3.3]), f=lambda i, t, x: i.BSpline.basis_element(t)(x)),
    I("BSpline extrapolates", C[:, 0], np.asarray([-0.2, 1.3]), f=lambda i, c, x: [i.BSpline(T, c, 3)(x), i.splev(x, (T, c, 3))]),
    *(I(f"make_interp_spline {k}", X, Y2, AT, f=lambda i, x, y, at, k=k: i.make_interp_spline(x, y, k)(at)) for k in (1, 2, 3, 4, 5)),
    I("make_interp_spline natural", X, Y, AT, f=lambda i, x, y, at: [i.make_interp_spline(x, y, bc_type=b)(at) for b in ("natural", "clamped")]),
    *(I(f"splrep {k}", X, Y, AT, f=lambda i, x, y, at, k=k: [i.splev(at, i.splrep(x, y, k=k)), i.splint(1.0, 3.0, i.splrep(x, y, k=k))]) for k in (1, 2, 3, 4)),
    I("InterpolatedUnivariateSpline", X, Y, AT, f=lambda i, x, y, at: [i.InterpolatedUnivariateSpline(x, y)(at), i.UnivariateSpline(x, y, s=0).derivative()(at), i.InterpolatedUnivariateSpline(x, y).integral(1.0, 2.5)]),
    I("LSQUnivariateSpline", Y, f=lambda i, y: i.LSQUnivariateSpline(X, y, [2.0])(AT)),
    I("make_lsq_spline", RNG.normal(size=15), f=lambda i, y: i.make_lsq_spline(np.linspace(0, 1, 15), y, T)(IN)),
    I("make_smoothing_spline", X, Y2, Y**2 + 0.5, np.asarray(0.3), f=lambda i, x, y, w, s: [i.make_smoothing_spline(x, y, w, number(s))(AT), i.make_smoothing_spline(x, y.T, lam=number(s), axis=1)(AT[1])], value=1e-9),
    I("make_smoothing_spline, cross-validated", X, np.sin(X) + 0.1 * Y, Y**2 + 0.5, f=lambda i, x, y, w: i.make_smoothing_spline(x, y, w)(AT), value=1e-9, rtol=2e-3, step=1e-2),  # SciPy finds it to 1e-5
    *(I(n, X[:6], Y2[:6], AT[:3], f=lambda i, x, y, at, n=n: getattr(i, n)(x, y)(at), rtol=1e-5) for n in ("KroghInterpolator", "BarycentricInterpolator")),
    *(I(f"interp1d {k}", X, Y2.T, AT, f=lambda i, x, y, at, k=k: i.interp1d(x, y, k)(at)) for k in ("linear", "quadratic", "cubic", "slinear")),
    *(I(f"interp1d {k}", Y, f=lambda i, y, k=k: i.interp1d(X, y, k)(AT)) for k in ("nearest", "previous", "next", "zero")),
    I("interp1d outside", X, Y, OUT, f=lambda i, x, y, at: [i.interp1d(x, y, fill_value="extrapolate")(at), i.interp1d(x, y, bounds_error=False, fill_value=(2.0, 3.0))(at)]),
    *(I(f"RegularGridInterpolator {m}", GRID, SPOTS, f=lambda i, v, at, m=m: i.RegularGridInterpolator((GX, GY), v, m)(at),
        **({"value": 1e-3, "rtol": 1e-3, "step": 1e-2} if m in ("cubic", "quintic") else {}))  # SciPy solves to 1e-6
      for m in ("linear", "slinear", "cubic", "quintic", "pchip")),
    I("RegularGridInterpolator points", GX, GRID, f=lambda i, x, v: [i.RegularGridInterpolator((x, GY), v)(SPOTS), i.RegularGridInterpolator((GX, GY), v, "nearest")(SPOTS),
                                                                     i.interpn((GX, GY), v, SPOTS), i.RegularGridInterpolator((GX, GY), v, bounds_error=False, fill_value=None)(SPOTS + 2.0)]),
    *(I(f"RBFInterpolator {k}", CLOUD, D, ON_CLOUD, f=lambda i, y, d, at, k=k: i.RBFInterpolator(y, d, kernel=k, epsilon=2.0, smoothing=0.01)(at), rtol=1e-5, value=1e-8)
      for k in ("linear", "thin_plate_spline", "cubic", "quintic", "multiquadric", "inverse_multiquadric", "inverse_quadratic", "gaussian")),
    I("RBFInterpolator neighbors", CLOUD, D, ON_CLOUD, np.linspace(0.01, 0.03, 12), f=lambda i, y, d, at, s: [
        i.RBFInterpolator(y, d, 7, s)(at), i.RBFInterpolator(y, d, neighbors=99, kernel="gaussian", epsilon=2.0)(at[:1])], rtol=1e-5, value=1e-8),
    I("LinearNDInterpolator scaled", CLOUD * np.asarray([1.0, 30.0]), D, f=lambda i, y, d: [
        kind(y, d, rescale=True)((0.5 * CLOUD[:3] + 0.5 * CLOUD.mean(axis=0)) * np.asarray([1.0, 30.0])) for kind in (i.LinearNDInterpolator, i.NearestNDInterpolator)]),
    I("LinearNDInterpolator", CLOUD, D, ON_CLOUD, f=lambda i, y, d, at: [i.LinearNDInterpolator(y, d)(at), i.griddata(y, d, at)]),
    I("krogh_interpolate", X[:6], Y[:6], AT[:3], f=lambda i, x, y, at: [i.krogh_interpolate(x, y, at), i.barycentric_interpolate(x, y, at)], rtol=1e-5),
    I("PPoly.solve", X, Y, f=lambda i, x, y: [i.CubicSpline(x, y - y.mean()).roots(extrapolate=False), i.PchipInterpolator(x, y).solve(0.1, extrapolate=False)], rtol=1e-4, value=1e-9),
    I("RectBivariateSpline", GRID, SPOTS, f=lambda i, v, at: [w for s in [i.RectBivariateSpline(GX, GY, v)] for w in (
        s(at[:1, 0], at[:1, 1]), s.ev(at[:, 0], at[:, 1]), s.ev(at[:, 0], at[:, 1], dx=1, dy=1), s(GX[:2], GY[1:3], dx=1), s.ev(9.0, at[:, 1]), s.integral(0.1, 2.0, 0.5, 1.5))]),
    I("RectBivariateSpline, degrees", GRID, f=lambda i, v: [i.RectBivariateSpline(GX, GY, v, kx=1, ky=2)(1.1, 1.3), i.interpn((GX, GY), v, SPOTS, method="splinef2d")]),
    I("splprep", Y2[:, :2], f=lambda i, p: [w for (t, c, k), u in [i.splprep([p[:, 0], p[:, 1]], s=0)] for w in (t, *c, u, *i.splev(np.asarray([0.2, 0.7]), (t, c, k)))]),
    I("make_splrep", X, Y, AT, f=lambda i, x, y, at: i.make_splrep(x, y, s=0)(at)),
    I("NdBSpline", RNG.normal(size=(7, 7, 2)), np.stack([IN[:3], IN[:3] ** 2], axis=1), f=lambda i, c, at: [i.NdBSpline((T, T), c, 3)(at), i.NdBSpline((T, T), c, 3)(at, nu=[1, 2])], rtol=1e-5),
    I("CloughTocher2DInterpolator", D, f=lambda i, d: [i.CloughTocher2DInterpolator(CLOUD, d)(ON_CLOUD), i.griddata(CLOUD, d, ON_CLOUD, "cubic")], rtol=1e-4),
    I("BPoly", RNG.normal(size=(4, 7)), X, OUT, f=lambda i, c, x, at: [i.BPoly(c, x)(at), i.BPoly(c, x)(at, 1), i.BPoly(c, x).antiderivative()(at), i.BPoly(c, x).integrate(1.0, 2.0)]),
    *(I(f"Rbf {k}", D, ON_CLOUD, f=lambda i, d, at, k=k: i.Rbf(CLOUD[:, 0], CLOUD[:, 1], d, function=k, smooth=0.1)(at[:, 0], at[:, 1]), rtol=1e-5, value=1e-8)
      for k in ("multiquadric", "inverse", "gaussian", "linear", "cubic", "quintic", "thin_plate")),
    I("Rbf points", CLOUD, D, f=lambda i, y, d: i.Rbf(y[:, 0], y[:, 1], d)(ON_CLOUD[:, 0], ON_CLOUD[:, 1]), rtol=1e-5, value=1e-8),
    I("lagrange", X[:4], np.asarray([0.0, 0.0, 1.0, 0.3]), f=lambda i, x, y: i.lagrange(x, y)(1.7)),
    I("pade", np.asarray([1.0, 1.0, 0.5, 0.2, 0.05]), f=lambda i, a: [p(0.3) for p in i.pade(a, 2)]),
    I("UnivariateSpline", X, Y, f=lambda i, x, y: [i.InterpolatedUnivariateSpline(x, y).derivatives(2.1), i.UnivariateSpline(x, y - y.mean(), s=0).roots()], rtol=1e-4, value=1e-9),
    I("griddata", D, f=lambda i, d: [i.griddata(CLOUD, d, ON_CLOUD, "nearest"), i.griddata(X[:8], d[:8], AT), i.NearestNDInterpolator(CLOUD, d)(ON_CLOUD)]),
)  # fmt: skip


DOUBLE = {"RegularGridInterpolator pchip", "splines of others"}
"""What SciPy gives in single precision, and xgrad in double."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.name not in DOUBLE], ids=lambda p: p.name
)
def test_single_precision(program):
    check_single(program)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda i: i.CubicSpline(X[::-1], Y), ValueError, "x is not strictly increasing"),
        (lambda i: i.CubicSpline(X, Y[1:]), ValueError, "as many values along axis 0"),
        (lambda i: i.CubicSpline(X, Y, bc_type="free"), ValueError, "bc_type has 'free'"),
        (lambda i: i.interp1d(X, Y)(100.0), ValueError, "is above the interpolation range"),
        (lambda i: i.RegularGridInterpolator((GX, GY), GRID)(SPOTS + 9.0), ValueError, "out of bounds"),
        (lambda i: i.RBFInterpolator(CLOUD, D, kernel="gaussian"), ValueError, "needs epsilon"),
        (lambda i: i.UnivariateSpline(X, xg.asarray(Y)), NotImplementedError, "use s=0"),
        (lambda i: i.griddata(CLOUD, D, ON_CLOUD, "word"), ValueError, "method is 'word'"),
        (lambda i: i.RectBivariateSpline(GX, GY, xg.asarray(GRID), s=1.0), NotImplementedError, "use s=0"),
        (lambda i: i.interpn((GX, GY), xg.asarray(GRID), SPOTS + 9.0, method="splinef2d"), ValueError, "outside of the grid"),
        (lambda i: xg.grad(lambda at: xg.sum(i.griddata(at, D, ON_CLOUD, "cubic")))(CLOUD), xg.errors.NotDifferentiableError, "only the values and where"),
        (lambda i: xg.grad(lambda x: xg.sum(i.RectBivariateSpline(x, GY, GRID)(1.0, 1.0)))(GX), xg.errors.NotDifferentiableError, "x, y or bbox is tracked"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.interpolate)


@pytest.mark.parametrize("kind", ["previous", "next"])
def test_a_step_goes_on_at_one_end_only(kind):
    beyond = np.asarray([X[0] - 1.0, X[-1] + 1.0])
    expected = plain.interp1d(X, Y, kind, fill_value="extrapolate")(beyond)
    got = scipy.interpolate.interp1d(X, xg.asarray(Y), kind, fill_value="extrapolate")(beyond)
    np.testing.assert_array_equal(got, expected)


class Model:
    """What a user keeps a spline in."""

    def __init__(self, spline):
        self.spline = spline

    def rate(self, t, y):
        return -y + self.spline(t)


def test_solvers_see_what_objects_hold():
    """SciPy's own functions, given a spline, a function that reads one, or an object of a user."""
    root = lambda s: plain_optimize.brentq(lambda t: s(t) - 0.1, X[0], X[2])  # noqa: E731
    area = lambda s: plain_integrate.quad(s, X[0], X[2])[0]  # noqa: E731

    def run(s):
        model = Model(s)
        found = plain_integrate.solve_ivp(
            lambda t, y: model.rate(t, y), (X[0], X[2]), [0.0], rtol=1e-9, atol=1e-9
        )
        return found.y[0, -1]

    y = np.asarray([-1.0, 0.5, 2.0, 1.0])
    for f in (root, area, run):
        g = xg.grad(lambda y, f=f: f(scipy.interpolate.CubicSpline(X[:4], y)))(y)
        h = 1e-5 * np.ones(4)
        up, down = (f(plain.CubicSpline(X[:4], y + k * h)) for k in (1, -1))
        np.testing.assert_allclose(g @ h * 2, up - down, rtol=1e-5)
