# Tests of xgrad/ops, xgrad/linalg, xgrad/numpy_protocol
"""What HIPS autograd runs forward and cannot differentiate (its issue #788), done here.

Each name is called as a user of NumPy calls it, and differentiated in both modes at order 2. The
list is what the registry of autograd 1.8 lacks among functions that have a derivative; where
autograd is installed, a test says so.
"""

import math

import numpy as np
import pytest

import xgrad as xg

X = np.random.default_rng(1).uniform(0.2, 1.5, (3, 4))
SQUARE = np.diag([1.0, 2.0, 4.0])
KNOTS, HEIGHTS = np.asarray([0.0, 1.0, 2.0]), np.asarray([1.0, 3.0, 2.0])
PLACES = np.asarray([0, 2, 2, 1])

MAIN = {
    "average": lambda x: np.average(x, 1, weights=x[0]),
    "bincount": lambda x: np.bincount(PLACES, weights=x[0], minlength=4),
    "block": lambda x: np.block([[x, x], [x, x]]),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, x[0])[1],
    "cbrt": np.cbrt,
    "choose": lambda x: np.choose(np.asarray([0, 1, 1, 0]), [x[0], x[1]]),
    "compress": lambda x: np.compress([True, False, True], x, 0),
    "concat": lambda x: np.concat([x, 2 * x], axis=1),
    "convolve": lambda x: np.convolve(x[0], x[1], "same"),
    "copy": np.copy,
    "copysign": lambda x: np.copysign(x, -1.0),
    "corrcoef": np.corrcoef,
    "correlate": lambda x: np.correlate(x[0], x[1], "full"),
    "cov": lambda x: np.cov(x, ddof=0),
    "cumprod": lambda x: np.cumprod(x, 0),
    "cumulative_prod": lambda x: np.cumulative_prod(x, axis=1, include_initial=True),
    "cumulative_sum": lambda x: np.cumulative_sum(x, axis=1, include_initial=True),
    "delete": lambda x: np.delete(x, 1, 0),
    "diagflat": np.diagflat,
    "divmod": lambda x: np.divmod(x, 0.45)[1],
    "dstack": lambda x: np.dstack([x, x]),
    "ediff1d": np.ediff1d,
    "extract": lambda x: np.extract(X > 0.7, x),
    "flip": lambda x: np.flip(x, 1),
    "float_power": lambda x: np.float_power(x, 1.5),
    "fmod": lambda x: np.fmod(x, 0.45),
    "geomspace": lambda x: np.geomspace(x[0], x[1], 5, axis=1),
    "heaviside": lambda x: x * np.heaviside(x - 0.7, 0.5),
    "histogram": lambda x: np.histogram(np.arange(4.0), 2, weights=x[0])[0],
    "i0": np.i0,
    "insert": lambda x: np.insert(x, 1, x[0], axis=0),
    "interp": lambda x: np.interp(x, KNOTS, HEIGHTS),
    "ldexp": lambda x: np.ldexp(x, 3),
    "logspace": lambda x: np.logspace(x[0], x[1], 5, base=2.0),
    "matrix_transpose": np.matrix_transpose,
    "matvec": lambda x: np.matvec(x, x[0]),
    "median": lambda x: np.median(x, 1),
    "meshgrid": lambda x: np.meshgrid(x[0], x[1])[0],
    "modf": lambda x: np.modf(3 * x)[0],
    "nancumprod": lambda x: np.nancumprod(x, 1),
    "nancumsum": np.nancumsum,
    "nanmax": lambda x: np.nanmax(x, 0),
    "nanmean": lambda x: np.nanmean(x, 0, keepdims=True),
    "nanmedian": lambda x: np.nanmedian(x, 0),
    "nanmin": lambda x: np.nanmin(x, 1),
    "nanpercentile": lambda x: np.nanpercentile(x, 30, 1),
    "nanprod": lambda x: np.nanprod(x, 1),
    "nanquantile": lambda x: np.nanquantile(x, 0.3, 0),
    "nanstd": lambda x: np.nanstd(x, 0, ddof=1),
    "nansum": lambda x: np.nansum(x, 1),
    "nanvar": np.nanvar,
    "percentile": lambda x: np.percentile(x, [20, 60], axis=1),
    "piecewise": lambda x: np.piecewise(x, [x > 1.0], [np.sin, np.cos]),
    "poly": lambda x: np.poly(x[0]),
    "polyadd": lambda x: np.polyadd(x[0], x[1, :2]),
    "polyder": lambda x: np.polyder(x[0], 2),
    "polydiv": lambda x: np.polydiv(x[0], x[1, :2])[0],
    "polyfit": lambda x: np.polyfit(np.arange(4.0), x[0], 2),
    "polyint": lambda x: np.polyint(x[0]),
    "polymul": lambda x: np.polymul(x[0], x[1, :2]),
    "polysub": lambda x: np.polysub(x[0], x[1, :2]),
    "polyval": lambda x: np.polyval(x[0], x),
    "positive": np.positive,
    "ptp": lambda x: np.ptp(x, 0),
    "quantile": lambda x: np.quantile(x, 0.3, 1, method="hazen"),
    "resize": lambda x: np.resize(x, (5, 3)),
    "roots": lambda x: np.roots(x[0]),
    "take": lambda x: np.take(x, PLACES, 1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(X, 1), 1),
    "trapezoid": lambda x: np.trapezoid(x, 2 * x, axis=0),
    "unique_values": np.unique_values,
    "unstack": lambda x: np.unstack(x)[1],
    "unwrap": lambda x: np.unwrap(9 * x),
    "vander": lambda x: np.vander(x[0], 3),
    "vdot": lambda x: np.vdot(x, x),
    "vecdot": lambda x: np.vecdot(x, x),
    "vecmat": lambda x: np.vecmat(x[:, 0], x),
}
LINALG = {
    "cond": lambda x: np.linalg.cond(x),
    "cross": lambda x: np.linalg.cross(x[:, :3], x[:, 1:]),
    "diagonal": lambda x: np.linalg.diagonal(x, offset=1),
    "eigvals": lambda x: np.linalg.eigvals(x[:, :3] + SQUARE),
    "eigvalsh": lambda x: np.linalg.eigvalsh(x[:, :3] + x[:, :3].T),
    "lstsq": lambda x: np.linalg.lstsq(x.T, x[0])[0],
    "matmul": lambda x: np.linalg.matmul(x, x.T),
    "matrix_norm": lambda x: np.linalg.matrix_norm(x, ord="nuc"),
    "matrix_power": lambda x: np.linalg.matrix_power(x[:, :3] + SQUARE, -2),
    "matrix_transpose": np.linalg.matrix_transpose,
    "multi_dot": lambda x: np.linalg.multi_dot([x, x.T, x]),
    "outer": lambda x: np.linalg.outer(x[0], x[1]),
    "qr": lambda x: np.linalg.qr(x.T)[1],
    "svdvals": np.linalg.svdvals,
    "tensordot": lambda x: np.linalg.tensordot(x, x.T, axes=1),
    "tensorinv": lambda x: np.linalg.tensorinv(x[:, :3] + SQUARE, ind=1),
    "tensorsolve": lambda x: np.linalg.tensorsolve(x[:, :3] + SQUARE, x[:, 3]),
    "trace": lambda x: np.linalg.trace(x, offset=1),
    "vecdot": lambda x: np.linalg.vecdot(x, x),
    "vector_norm": lambda x: np.linalg.vector_norm(x, axis=0, ord=3),
}
FFT = {
    "hfft": lambda x: np.fft.hfft(x),
    "ihfft": lambda x: np.fft.ihfft(x),
}
CALLS = (
    MAIN | {f"linalg.{k}": f for k, f in LINALG.items()} | {f"fft.{k}": f for k, f in FFT.items()}
)


@pytest.mark.parametrize("name", CALLS)
def test_differentiates_in_both_modes_at_order_two(name):
    f = CALLS[name]
    got = f(xg.asarray(X))
    assert type(got) is xg.Array
    assert got.dtype == f(X).dtype
    np.testing.assert_allclose(got.data, f(X), rtol=1e-12, atol=1e-12)
    xg.testing.check_grads(f, (X,), order=2)


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod"])
def test_skipped_nan_has_derivative_zero(name):
    f = getattr(xg, name)
    x = np.asarray([0.5, math.nan, 2.0])
    np.testing.assert_array_equal(f(x), getattr(np, name)(x))
    jacobian = xg.jacrev(f)(x)
    assert not jacobian[:, 1].any()
    kept = np.ix_([0, 2], [0, 2])
    np.testing.assert_allclose(jacobian[kept], xg.jacrev(f)(x[[0, 2]]), rtol=1e-12)


def test_ends_of_an_interval_have_derivatives():
    def f(start, stop):
        return xg.linspace(start, stop, 4)

    ends = (np.asarray(0.5), np.asarray([1.0, 2.0]))
    np.testing.assert_allclose(f(*ends).data, np.linspace(*ends, 4), rtol=1e-14)
    xg.testing.check_grads(f, ends)
    assert (
        f(np.float32(0) + np.zeros(2, np.float32), ends[0].astype(np.float32)).dtype == np.float32
    )


@pytest.mark.parametrize("name", CALLS)
def test_autograd_has_no_derivative_of_it(name):
    registry = pytest.importorskip("autograd.core").primitive_vjps
    numpy = pytest.importorskip("autograd.numpy")
    function = numpy
    for part in name.split("."):
        function = getattr(function, part)
    assert function not in registry
