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


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore::xgrad.errors.LoopWarning")
def test_each_example_is_what_it_is_alone(name):
    f, data = PROGRAMS[name]

    def loss(y):
        return xg.sum(xg.sin(xg.real(y)))

    one_by_one = np.stack([f(x) for x in data])
    np.testing.assert_allclose(xg.vmap(f)(data), one_by_one, 1e-12, 1e-12)
    alone = np.stack([xg.grad(lambda x: loss(f(x)))(x) for x in data])
    within = xg.vmap(xg.grad(lambda x: loss(f(x))))(data)
    around = xg.grad(lambda xs: loss(xg.vmap(f)(xs)))(data)
    np.testing.assert_allclose(within, alone, 1e-9, 1e-9)
    np.testing.assert_allclose(around, alone, 1e-9, 1e-9)
    tangent = xg.jvp(xg.vmap(f), (data,), (np.cos(data),))[1]
    each = np.stack([xg.jvp(f, (x,), (np.cos(x),))[1] for x in data])
    np.testing.assert_allclose(tangent, each, 1e-9, 1e-9)


def test_a_loop_is_said_once():
    with pytest.warns(LoopWarning, match="medfilt is for one problem.* 3 times"):
        xg.vmap(lambda x: xs.signal.medfilt(x, 3))(SIGNALS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xg.vmap(lambda x: xs.signal.medfilt(x, 3))(SIGNALS)


def test_what_closes_over_an_example_is_refused_by_name():
    def area(a):
        return xs.integrate.quad(lambda t: float(t * a), 0, 1)[0]

    with pytest.raises(NotImplementedError, match=r"vmap: "):
        xg.vmap(area)(np.arange(3.0))


REPLAYED = ("lfilter", "convolve2d", "median_filter", "gaussian_filter", "simpson", "cdist")


@pytest.mark.parametrize("name", REPLAYED)
def test_a_compiled_function_is_right_on_other_values(name):
    f, data = PROGRAMS[name]

    def gradient(x):
        return xg.grad(lambda x: xg.sum(xg.sin(f(x))))(x)

    for function in (f, gradient):
        replayed = xg.compile(function)
        for x in data:
            np.testing.assert_allclose(replayed(x), function(x), 1e-13, 1e-13)


def test_what_reads_values_says_so_while_it_is_recorded():
    with pytest.raises(xg.errors.TraceError, match="depends on an argument"):
        xg.compile(lambda x: xs.interpolate.CubicSpline(np.arange(6.0), x)(1.3))(SIGNALS[0])
