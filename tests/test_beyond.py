# Tests of xgrad/ops
"""What the op table cannot say of the functions beyond the standard: kinks, NaN, indices twice."""

import gc
import math
import sys
import weakref

import numpy as np
import pytest

import xgrad as xg
from xgrad.ops import convolution, einsum

RNG = np.random.default_rng(0)


def slope(f):
    """Return the derivative of the sum of a function."""
    return xg.grad(lambda x: xg.sum(f(x)))


def second(f):
    """Return the derivative of the sum of the derivative."""
    return slope(slope(f))


NAN_FUNCTIONS = {
    "nansum": xg.nansum,
    "nanprod": xg.nanprod,
    "nanmean": xg.nanmean,
    "nanvar": xg.nanvar,
    "nanstd": xg.nanstd,
    "nanmax": xg.nanmax,
    "nanmin": xg.nanmin,
    "nanmedian": xg.nanmedian,
    "nanquantile": lambda x: xg.nanquantile(x, 0.3),
    "nan_to_num": xg.nan_to_num,
    "fmax": lambda x: xg.fmax(x, 0.1),
}


@pytest.mark.parametrize("name", NAN_FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_skipped_nan_has_derivative_zero_at_every_order(name):
    f = NAN_FUNCTIONS[name]
    x = np.asarray([0.5, math.nan, 2.0, 1.25])
    kept = np.asarray([0.5, 2.0, 1.25])
    for derivative in (slope(f), second(f)):
        got = derivative(x)
        assert got[1] == 0.0
        np.testing.assert_allclose(got[[0, 2, 3]], derivative(kept), rtol=1e-12)

    def upstream(x):  # NaN from a computation whose own derivative is infinite or NaN
        return xg.sum(f(xg.sqrt(x)))

    assert xg.grad(upstream)(np.asarray([0.5, -1.0, 2.0, 1.25]))[1] == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_but_nan_gives_nan():
    x = np.asarray([[math.nan, math.nan], [1.0, math.nan]])
    for f in (xg.nanmean, xg.nanmax, xg.nanmin, xg.nanvar, xg.nanmedian):
        out = f(x, 1)
        assert math.isnan(out[0])
        assert not math.isnan(out[1])
    assert math.isnan(xg.median(x[1]))
    assert math.isnan(xg.quantile(x[1], 0.0))


def test_nanstd_of_equal_elements_has_derivative_zero():
    x = np.asarray([2.0, 2.0, math.nan])
    assert (xg.grad(xg.nanstd)(x) == 0).all()


def test_ties_share_the_maximum_and_the_first_holds_a_running_one():
    x = np.asarray([1.0, 3.0, 3.0, 2.0])
    for f in (xg.nanmax, lambda x: xg.segment_max(x, np.zeros(4, int), 1)[0]):
        np.testing.assert_array_equal(xg.grad(f)(x), [0, 0.5, 0.5, 0])
    np.testing.assert_array_equal(xg.jacrev(xg.cumulative_max)(x)[2:], [[0, 1, 0, 0]] * 2)
    np.testing.assert_array_equal(
        xg.jacfwd(lambda x: xg.cumulative_min(-x))(x)[2:], [[0, -1, 0, 0]] * 2
    )


def test_running_maximum_stays_nan():
    x = np.asarray([1.0, math.nan, 5.0])
    np.testing.assert_array_equal(xg.cumulative_max(x), [1.0, math.nan, math.nan])


def test_segments_without_elements():
    x, ids = np.asarray([1.0, 4.0, 2.0]), np.asarray([3, 0, 3])
    np.testing.assert_array_equal(xg.segment_sum(x, ids, 4), [4, 0, 0, 3])
    np.testing.assert_array_equal(xg.segment_max(x, ids, 4), [4, -math.inf, -math.inf, 2])
    np.testing.assert_array_equal(xg.segment_min(x, ids, 4), [4, math.inf, math.inf, 1])
    got = xg.grad(lambda x: xg.sum(xg.segment_max(x, ids, 4)[xg.asarray([0, 3])]))(x)
    np.testing.assert_array_equal(got, [0, 1, 1])


def test_repeated_indices_add_or_give_the_last_one_the_derivative():
    x, value, key = np.zeros(3), np.asarray([1.0, 2.0, 4.0]), np.asarray([1, 0, 1])
    np.testing.assert_array_equal(xg.index_add(x, key, value), [2, 5, 0])
    np.testing.assert_array_equal(xg.index_set(x, key, value), [2, 4, 0])
    weights = np.asarray([10.0, 20.0, 30.0])
    added = xg.grad(lambda x, v: xg.sum(weights * xg.index_add(x, key, v)), (0, 1))(x, value)
    written = xg.grad(lambda x, v: xg.sum(weights * xg.index_set(x, key, v)), (0, 1))(x, value)
    np.testing.assert_array_equal(added, [[10, 20, 30], [20, 10, 20]])
    np.testing.assert_array_equal(written, [[0, 0, 30], [0, 10, 20]])
    mask = np.asarray([True, False, True])
    np.testing.assert_array_equal(xg.index_set(x, mask, np.asarray([7.0, 8.0])), [7, 0, 8])
    assert not x.any()  # the argument stays as it was


def test_sinc_is_accurate_near_zero_at_every_order():
    points = np.asarray([0.0, 1e-9, 1e-5, 0.01, 0.3, 0.34, 0.7, 1.0, 1.3, 3.0])
    t = (np.arange(20000) + 0.5) / 20000  # sinc(x) is the integral of cos(pi t x) over t
    f = xg.sinc
    for order in range(1, 5):
        f = slope(f)
        turn = np.pi * t * points[:, None] + order * np.pi / 2
        expected = np.mean((np.pi * t) ** order * np.cos(turn), axis=1)
        np.testing.assert_allclose(f(points), expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        slope(xg.sinc)(points[1:3]), -(np.pi**2) / 3 * points[1:3], rtol=1e-9
    )


def test_derivative_at_the_ends_of_quantiles_is_that_of_the_inner_side():
    x = np.asarray([1.0, 4.0, 2.0])
    np.testing.assert_allclose(xg.grad(lambda q: xg.quantile(x, q))(1.0), 4.0)
    np.testing.assert_allclose(xg.grad(lambda q: xg.quantile(x, q))(0.0), 2.0)
    with np.errstate(invalid="ignore"):
        assert xg.quantile(np.asarray([0.1, math.inf, 0.3]), 0.5) == 0.3


@pytest.mark.parametrize("subscripts", ["ab,bc,cd->ad", "abc,bd,ce,af->def", "a,b,c->"])
@pytest.mark.parametrize("optimize", [True, False, "greedy"])
@pytest.mark.parametrize("installed", [True, False])
def test_einsum_of_several_arrays(monkeypatch, subscripts, optimize, installed):
    if installed:
        pytest.importorskip("opt_einsum")
    else:
        monkeypatch.setitem(sys.modules, "opt_einsum", None)
    einsum._path.cache_clear()
    terms = subscripts.split("->")[0].split(",")
    xs = [
        RNG.normal(size=[{**dict.fromkeys("adf", 2), "b": 3, "c": 4, "e": 3}[c] for c in t])
        for t in terms
    ]
    got = xg.einsum(subscripts, *xs, optimize=optimize)
    np.testing.assert_allclose(got, np.einsum(subscripts, *xs))
    xg.testing.check_grads(lambda *xs: xg.einsum(subscripts, *xs, optimize=optimize), xs)
    einsum._path.cache_clear()


def test_einsum_takes_axes_as_numbers():
    x, y = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4))
    np.testing.assert_allclose(xg.einsum(x, [0, 1], y, [1, 2], [0, 2]), x @ y)
    np.testing.assert_allclose(xg.einsum(x, [..., 1], y[:, 0], [1]), x @ y[:, 0])


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_convolution_by_transforms_is_that_by_windows(monkeypatch, dtype):
    x, y = (RNG.normal(size=s).astype(dtype) * (1 + 0.5 * dtype(1)) for s in ((9, 8), (4, 3)))
    direct = xg.convolve(x, y, "same", strides=(1, 2))
    monkeypatch.setattr(convolution, "_MOST_WINDOWS", 0)
    np.testing.assert_allclose(xg.convolve(x, y, "same", strides=(1, 2)), direct, atol=1e-12)
    xg.testing.check_grads(lambda x, y: xg.convolve(x, y, strides=2), (x, y))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sizes", [(7, 3), (6, 4), (3, 6), (4, 5), (5, 5), (1, 4)])
def test_one_axis_is_the_case_of_numpy(mode, sizes):
    x, y = (RNG.normal(size=n) + 1j * RNG.normal(size=n) for n in sizes)
    np.testing.assert_allclose(xg.convolve(x, y, mode), np.convolve(x, y, mode))
    np.testing.assert_allclose(xg.correlate(x, y, mode), np.correlate(x, y, mode))


def test_pad_keeps_to_numpy_where_the_padding_is_longer_than_the_array():
    x = RNG.normal(size=(4, 3))
    for mode in ("reflect", "symmetric", "wrap"):
        for width in (((9, 2), (0, 7)), ((1, 11), (5, 5))):
            np.testing.assert_array_equal(xg.pad(x, width, mode), np.pad(x, width, mode))
    np.testing.assert_array_equal(xg.pad(x, {-1: 2}, "edge"), np.pad(x, ((0, 0), (2, 2)), "edge"))


def test_polynomials_in_powers_are_exact_at_zero():
    x = np.asarray([0.0, 2.0])
    np.testing.assert_array_equal(second(lambda x: xg.vander(x, 3)[:, 0])(x), [2, 2])
    np.testing.assert_array_equal(second(lambda x: xg.polyval([3.0, 0.0, 1.0], x))(x), [6, 6])


def test_piecewise_and_select_do_not_feel_the_other_branch():
    x = np.asarray([-1.0, 0.0, 4.0])
    with np.errstate(all="ignore"):
        for f in (
            lambda x: xg.piecewise(x, [x > 0], [xg.sqrt, 0.0]),
            lambda x: xg.select([x > 0], [xg.sqrt(x)], 0.0),
        ):
            np.testing.assert_array_equal(xg.grad(lambda x, f=f: xg.sum(f(x)))(x), [0, 0, 0.25])
            assert np.isfinite(second(f)(x)).all()


def test_histogram_is_that_of_numpy():
    x, w = RNG.normal(size=100), RNG.uniform(size=100)
    for options in ({}, {"bins": 7, "range": (-1.0, 1.0)}, {"bins": np.asarray([-1.0, 0.0, 2.0])}):
        for more in ({}, {"weights": w}, {"density": True}):
            got, expected = xg.histogram(x, **options, **more), np.histogram(x, **options, **more)
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_array_equal(xg.histogram(np.ones(3), 2)[0], [0, 3])


def test_wholly_correlated_variables_stay_within_one():
    x = RNG.normal(size=(1, 50)) * np.asarray([[1.0], [1e-3], [-1e3]])
    assert (np.abs(xg.corrcoef(x)) <= 1.0).all()


CYCLES = {
    "block": lambda x: xg.block([[x, x], [x, x]]),
    "multi_dot": lambda x: xg.multi_dot([x, x, x]),
    "gradient": xg.gradient,
    "pad": lambda x: xg.pad(x, 1, "reflect"),
    "einsum": lambda x: xg.einsum("ij,jk,kl", x, x, x),
    "quantile": lambda x: xg.quantile(x, 0.2),
    "convolve": lambda x: xg.convolve(x, x),
}


@pytest.mark.parametrize("name", CYCLES)
def test_no_function_holds_its_arguments_by_a_cycle(name):
    raw = RNG.normal(size=(3, 3))
    gone = weakref.ref(raw)
    gc.disable()
    try:
        CYCLES[name](xg.asarray(raw, requires_grad=True))
        del raw
        assert gone() is None
    finally:
        gc.enable()


def test_lists_are_refused_by_name():
    for f in (xg.median, xg.sinc, xg.diag, xg.cumulative_max, xg.nansum, xg.trapezoid):
        with pytest.raises(TypeError, match=rf"{f.__name__}: got \[1.0, 2.0\] of type list"):
            f([1.0, 2.0])
