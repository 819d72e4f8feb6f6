# Tests of xgrad/scipy/ndimage
"""Images: values of SciPy, derivatives in the image and in what it is looked at with."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(8)
X = RNG.normal(size=(7, 6))
LINE = RNG.normal(size=9)
W = RNG.normal(size=(3, 2))
V = RNG.normal(size=4)
CUBE = RNG.normal(size=(3, 5, 4))
MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
ALL = (*MODES, "grid-constant", "grid-mirror", "grid-wrap")
LABELS = np.asarray([[0, 1, 1, 2, 2, 0]] * 3 + [[3, 3, 1, 0, 2, 2]] * 4)
AT = np.stack(np.meshgrid(np.linspace(-2.3, 8.13, 5), np.linspace(-1.7, 7.4, 4), indexing="ij"))
INSIDE = np.stack(np.meshgrid(np.linspace(0.3, 5.6, 4), np.linspace(0.4, 4.7, 3), indexing="ij"))
CROSS = np.asarray([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)
HEIGHT = np.asarray([[0.1, 0.5, 0.2], [0.4, 0.9, 0.3], [0.15, 0.6, 0.25]])


def number(x):
    """Return a number where SciPy takes no array."""
    return x if isinstance(x, xg.Array) else float(x)


def I(name, *args, f=None, **options):  # noqa: E743 - short, as it stands in every row
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.ndimage, *xs), args, **options)


PROGRAMS = (
    *(I(f"correlate {m}", X, W, f=lambda nd, x, w, m=m: [
        nd.correlate(x, w, mode=m), nd.convolve(x, w, mode=m, origin=(1, 0)), nd.correlate1d(x, w[:, 0], 0, mode=m),
        nd.convolve1d(x, w[0], 1, mode=m), nd.gaussian_filter(x, 0.8, mode=m)]) for m in ALL),
    I("cval", X, W, f=lambda nd, x, w: [nd.correlate(x, w, mode="constant", cval=2.0), nd.convolve1d(x, w[:, 1], mode="constant", cval=-1.0)]),
    I("gaussian sigma", X, np.asarray(1.1), f=lambda nd, x, s: [nd.gaussian_filter1d(x, s if hasattr(s, "_raw") else float(s), order=o) for o in (0, 1, 2, 3)]),
    I("gaussian_filter", X, f=lambda nd, x: [nd.gaussian_filter(x, (0.8, 1.2), (0, 1)), nd.gaussian_filter(x, 0.7, axes=(1,)), nd.gaussian_filter(x, 1.0, radius=2)]),
    I("derivatives, axes", CUBE, np.asarray([0.8, 1.1]), f=lambda nd, x, s: [nd.gaussian_laplace(x, s, axes=(0, 2), mode=("wrap", "nearest")), nd.gaussian_gradient_magnitude(x, 0.9, axes=(1, 2), mode=("wrap", "mirror")), nd.laplace(x, axes=(0, 1))], rtol=1e-5),
    I("derivatives", X, f=lambda nd, x: [nd.sobel(x), nd.sobel(x, 0), nd.prewitt(x), nd.laplace(x), nd.gaussian_laplace(x, 0.9), nd.gaussian_gradient_magnitude(x, 0.9)]),
    I("uniform_filter", X, f=lambda nd, x: [nd.uniform_filter(x, 3), nd.uniform_filter(x, (2, 4), origin=(0, 1)), nd.uniform_filter1d(x, 4, 0)]),
    *(I(f"ranks {m}", X, f=lambda nd, x, m=m: [
        nd.minimum_filter(x, 3, mode=m), nd.maximum_filter(x, (2, 3), mode=m), nd.median_filter(x, 3, mode=m), nd.percentile_filter(x, 30, size=3, mode=m),
        nd.rank_filter(x, 2, footprint=CROSS, mode=m), nd.minimum_filter1d(x, 3, 0, mode=m), nd.maximum_filter1d(x, 4, mode=m)]) for m in MODES),
    I("filters of one's own", X, f=lambda nd, x: [nd.generic_laplace(x, nd.prewitt), nd.generic_gradient_magnitude(x, nd.sobel, mode=["wrap", "nearest"]),
        nd.generic_laplace(x, lambda x, axis, output, mode, cval, w: nd.correlate1d(x, w, axis, output, mode, cval), extra_arguments=([1.0, 0.5, -1.0],), axes=(0,)),
        nd.labeled_comprehension(x, np.arange(x.shape[0])[:, None] // 2, [1, 0, 7], lambda v: (v * v).sum(), float, -1.0)]),
    I("at the border", X, f=lambda nd, x: [nd.affine_transform(x, [[0.9, 0.1], [0, 1.1]], offset=0.3, order=1, output_shape=(7, 9)), nd.affine_transform(x, [1.0, 1.1], offset=[0.0, 0.3], order=2, mode="wrap"),
        nd.rotate(x, 90.0, order=1), nd.rotate(x, 45.0, order=1, reshape=False), nd.zoom(x, 3, order=1)]),
    I("morphology", X, f=lambda nd, x: [
        nd.grey_erosion(x, 3), nd.grey_dilation(x, (2, 3)), nd.grey_dilation(x, footprint=CROSS), nd.grey_erosion(x, structure=HEIGHT), nd.grey_dilation(x, structure=HEIGHT),
        nd.grey_opening(x, 3), nd.grey_closing(x, 3), nd.white_tophat(x, 3), nd.black_tophat(x, 3), nd.morphological_gradient(x, 3), nd.morphological_laplace(x, 3)]),
    I("structures", X, np.cos(np.arange(9.0) ** 2).reshape((3, 3)), f=lambda nd, x, h: [g(x, structure=h) for g in (nd.grey_erosion, nd.grey_dilation, nd.grey_opening, nd.black_tophat)] + [
        nd.grey_dilation(x, footprint=CROSS, structure=h), nd.grey_erosion(x, structure=h[:2])]),
    I("constant borders", X, np.asarray(0.7), f=lambda nd, x, c: [g(x, *more, mode="constant", cval=number(c)) for g, *more in (
        (nd.correlate, HEIGHT), (nd.gaussian_filter, 1.0), (nd.median_filter, 3), (nd.grey_erosion, 3), (nd.map_coordinates, AT), (nd.shift, 1.3, None, 1), (nd.sobel,))]
        + [nd.map_coordinates(x, AT, mode="grid-constant", cval=number(c))], order=1),
    I("distances", np.asarray([1.2, 0.7]), f=lambda nd, s: [nd.distance_transform_edt(X > 0, s), nd.distance_transform_edt(X[0] > 0, number(s[0]), return_indices=True)[0]]),
    I("generic_filter", X[:4, :3], f=lambda nd, x: nd.generic_filter(x, lambda v: (v * v).sum(), 3)),
    I("spline_filter", X, f=lambda nd, x: [nd.spline_filter(x, o) for o in (2, 3, 4, 5)] + [nd.spline_filter1d(x, 3, 0, mode="reflect")]),
    *(I(f"map_coordinates {o} {m}", X, AT, f=lambda nd, x, at, o=o, m=m: nd.map_coordinates(x, at, order=o, mode=m, cval=0.5), order=2 if o == 3 else 1)
      for o in range(1, 6) for m in ALL),
    *(I(f"map_coordinates 0 {m}", X, f=lambda nd, x, m=m: nd.map_coordinates(x, AT, order=0, mode=m)) for m in ALL),
    I("map_coordinates, filtered", X, INSIDE, f=lambda nd, x, at: nd.map_coordinates(x, at, order=3, prefilter=False)),
    *(I(f"affine_transform {o}", X, np.asarray([[0.9, 0.1], [-0.13, 0.87]]), np.asarray([0.31, 0.47]),
        f=lambda nd, x, m, t, o=o: nd.affine_transform(x, m, t, order=o, mode="mirror")) for o in (1, 3)),
    I("affine_transform, factors", X, np.asarray([0.93, 0.81]), f=lambda nd, x, m: nd.affine_transform(x, m, 0.37, output_shape=(5, 4))),
    I("affine_transform, homogeneous", X, np.asarray([[0.9, 0.1, 0.31], [-0.13, 0.87, 0.57]]), f=lambda nd, x, m: nd.affine_transform(x, m)),
    I("shift", X, np.asarray([0.31, -0.57]), f=lambda nd, x, t: [nd.shift(x, t, mode="nearest"), nd.shift(x, t, order=1, mode="grid-wrap")]),
    I("rotate", X, np.asarray(17.0), f=lambda nd, x, a: [nd.rotate(x, a if hasattr(a, "_raw") else float(a), reshape=False, mode="reflect"),
                                                         nd.rotate(x, a if hasattr(a, "_raw") else float(a), order=1, mode="nearest", reshape=False)]),
    I("rotate, volume", CUBE, f=lambda nd, x: [nd.rotate(x, 25.0, axes=(1, 2), mode="mirror"), nd.rotate(x, 25.0, axes=(0, 2), order=1)]),
    I("zoom", X, f=lambda nd, x: [nd.zoom(x, 1.7, order=o) for o in range(6)] + [nd.zoom(x, (0.6, 1.4), mode="nearest"), nd.zoom(x, 2.0, mode="grid-constant", grid_mode=True)]),
    I("geometric_transform", X[:4, :3], f=lambda nd, x: nd.geometric_transform(x, lambda p: (p[0] * 0.7 + 0.2, p[1] * 0.6 + 0.3))),
    I("labels", X, f=lambda nd, x: [g(x, LABELS, i) for g in (nd.sum_labels, nd.mean, nd.variance, nd.standard_deviation, nd.minimum, nd.maximum, nd.median)
                                    for i in (None, [1, 3], 2)]),
    I("measurements", X, f=lambda nd, x: [nd.sum(x), nd.mean(x), *nd.center_of_mass(x + 3.0), *nd.center_of_mass(x + 3.0, LABELS, [1, 2])[1], *nd.extrema(x)[:2]]),
    I("fourier", X[:4, :4] * (1 + 0.5j), f=lambda nd, x: [nd.fourier_gaussian(x, 1.1), nd.fourier_uniform(x, 3), nd.fourier_ellipsoid(x, 2.5), nd.fourier_shift(x, (0.7, 1.2))]),
    I("fourier, widths", CUBE, np.asarray([1.1, 0.8, 1.3]), f=lambda nd, x, s: [g(x, s) for g in (nd.fourier_gaussian, nd.fourier_uniform, nd.fourier_ellipsoid, nd.fourier_shift)] + [
        nd.fourier_gaussian(x[0], s[0], n=7), nd.fourier_ellipsoid(x[0], s[1:], n=7), nd.fourier_ellipsoid(x[0, 0], s[0]), nd.fourier_shift(x[0], s[1:], n=7)]),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


@pytest.mark.parametrize("name", ["gaussian_filter", "median_filter", "zoom", "laplace"])
def test_single_precision_stays(name):
    x = X.astype(np.float32)
    args = () if name == "laplace" else (3,)
    f = getattr(scipy.ndimage, name)
    out, pullback = xg.vjp(lambda x: f(x, *args), x)
    assert out.dtype == f(x, *args).dtype
    assert pullback(np.ones_like(out))[0].dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda nd, x: nd.correlate(x, W[0]), ValueError, "expected as many axes"),
        (lambda nd, x: nd.gaussian_filter(x, 1.0, mode="mirrored"), ValueError, "mode is 'mirrored'; expected one of"),
        (lambda nd, x: nd.map_coordinates(x, AT[:1]), ValueError, "expected 2 rows first"),
        (lambda nd, x: nd.median_filter(x), ValueError, "neither size nor footprint"),
        (lambda nd, x: nd.spline_filter(x, 6), ValueError, "order is 6"),
        (lambda nd, x: nd.mean(x, index=1), ValueError, "index is given, but labels are not"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.ndimage, xg.asarray(X))


TURNED = {
    "map_coordinates": lambda x, a: scipy.ndimage.map_coordinates(x, AT + a / 100, mode="reflect"),
    "rotate": lambda x, a: scipy.ndimage.rotate(x, a, reshape=False, mode="nearest"),
    "shift": lambda x, a: scipy.ndimage.shift(x, a / 30, mode="grid-constant"),
    "zoom": lambda x, a: scipy.ndimage.zoom(x * a, 1.7),
    "affine_transform": lambda x, a: scipy.ndimage.affine_transform(x, xg.stack([0.9, a / 30])),
    "gaussian_filter": lambda x, a: scipy.ndimage.gaussian_filter(x, a / 10, radius=3),
    "fourier_shift": lambda x, a: xg.abs(scipy.ndimage.fourier_shift(x + 1j, a / 10)),
}


@pytest.mark.parametrize("name", TURNED)
def test_a_compiled_transform_follows_its_values(name):
    def gradient(x, a):
        return xg.grad(lambda x, a: xg.sum(xg.sin(TURNED[name](x, a))), (0, 1))(x, a)

    replayed = xg.compile(gradient)
    for x, a in ((X, 17.0), (2.0 * X, 25.0)):
        for got, expected in zip(replayed(x, a), gradient(x, a), strict=True):
            np.testing.assert_allclose(got, expected, 1e-10, 1e-10)
