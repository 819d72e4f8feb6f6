# Tests of xgrad/linalg/norms.py, xgrad/special, xgrad/engine/partials.py
"""Norms, quantiles and quotients where a power, an exponential or a square has no number."""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest

import xgrad as xg


@pytest.mark.parametrize("size", [1e200, 1.0, 1e-200])
@pytest.mark.parametrize("order", [-2.5, 0.5, 1.5, 2, 3, 7])
def test_norms_scale(size, order, computing):
    x = np.asarray([2.0, -1.0, 3.0])
    want = mp.fsum(mp.mpf(abs(v)) ** order for v in x) ** (mp.mpf(1) / order)
    slope = [float(mp.sign(v) * (mp.mpf(abs(v)) / want) ** (order - 1)) for v in x]

    def f(x):
        return xg.linalg.vector_norm(x, ord=order)

    raw = computing.raw(x * size)
    np.testing.assert_allclose(computing.numpy(f(raw)), float(want) * size, rtol=1e-14)
    np.testing.assert_allclose(computing.numpy(xg.grad(f)(raw)), slope, rtol=1e-14)
    along = computing.numpy(xg.jvp(f, (raw,), (raw,))[1])
    np.testing.assert_allclose(along, float(want) * size, rtol=1e-14)


@pytest.mark.usefixtures("quiet")
def test_norms_of_zeros_infinities_and_nothing():
    for order in (-1.0, 0.5, 3.0):
        for x in (np.zeros((2, 3)), np.asarray([[1.0, np.inf]]), np.zeros((3, 0))):
            got = xg.linalg.vector_norm(x, ord=order, axis=1)
            np.testing.assert_array_equal(got, np.linalg.norm(x, ord=order, axis=1))


TAILS = {
    "erfinv": [1 - 2.0**-53, -0.75, 1e-300],
    "erfcinv": [1e-300, 1e-20, 0.3, 1.7, 2 - 2.0**-52],
    "ndtri": [1e-300, 1e-20, 0.1, 0.9, 1 - 2.0**-53],
}


@pytest.mark.parametrize("name", TAILS)
def test_slopes_of_quantiles_are_those_of_the_probability(name):
    x = np.asarray(TAILS[name])
    f = getattr(xg.special, name)
    with mp.workdps(400):
        scale = mp.mpf(2) if name == "ndtri" else mp.mpf(1)
        tails = [mp.erfinv(v if name == "erfinv" else 1 - scale * mp.mpf(v)) for v in x.tolist()]
        sign = -1 if name == "erfcinv" else 1
        grow = [mp.exp(y * y) * mp.sqrt(mp.pi) / 2 for y in tails]
        first = [sign * g * mp.sqrt(scale) ** (1 if name != "ndtri" else 3) for g in grow]
        want = np.asarray([float(v) for v in first])
    np.testing.assert_allclose(xg.grad(lambda x: xg.sum(f(x)))(x), want, rtol=4e-15)
    ends = np.asarray([0.0, 1.0] if name == "ndtri" else [2.0 if name == "erfcinv" else 1.0])
    with np.errstate(all="ignore"):
        assert np.isinf(np.asarray(xg.grad(lambda x: xg.sum(f(x)))(ends))).all()


@pytest.mark.usefixtures("quiet")
def test_a_quotient_by_the_number_zero_under_a_mask():
    x = np.asarray([1.0, -2.0])
    slope = xg.grad(lambda x: xg.sum(xg.where(x > 0, 1.0, x / 0.0)))(x)
    np.testing.assert_array_equal(slope, [0.0, np.inf])
    np.testing.assert_array_equal(xg.jacrev(lambda x: x / -0.0)(x), np.diag([-np.inf] * 2))


def test_zetac_and_expi_far_out():
    x = np.asarray([100.0, 121.0, 300.0, 1000.0])
    with mp.workdps(700):
        want = [float(mp.zeta(v) - 1) for v in x.tolist()]
    np.testing.assert_allclose(xg.special.zetac(x), want, rtol=1e-14)
    last = np.asarray([90.0], np.float32)
    assert np.asarray(xg.grad(lambda x: xg.sum(xg.special.expi(x)))(last)) == pytest.approx(
        float(mp.exp(90) / 90), rel=1e-5
    )


def test_layers_of_an_empty_batch():
    z = np.zeros((0, 3, 4))
    layer = xg.nn.MultiheadAttention(4, 2, batch_first=True)
    out, weights = layer(z, z, z, key_padding_mask=np.zeros((0, 3), bool))
    assert out.shape == (0, 3, 4)
    assert weights.shape == (0, 3, 3)
    det = xg.grad(lambda a: xg.sum(xg.linalg.det(a)))(np.zeros((0, 4, 4)))
    assert det.shape == (0, 4, 4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_series_that_overflows_ends():
    """SciPy sums it for ever at infinity, and where a mask leaves it out."""
    for a, far in itertools.product((0.6, -0.6, -2.0, 0.0), (1e15, np.inf)):
        for dtype in (np.float32, np.float64):
            x = np.asarray([far, 0.5], dtype)
            value, plain = xg.special.hyp1f1(a, 1.3, x), xg.special.hyp1f1(a, 1.3, x[1:])
            assert value.dtype == dtype
            assert value[1] == plain[0]
            assert not np.isfinite(value[0]) or a in (0.0, -2.0)
        slope = xg.grad(lambda x, a=a: xg.sum(xg.where(x > 9, 0.0, xg.special.hyp1f1(a, 1.3, x))))
        assert slope(x)[0] == 0.0
