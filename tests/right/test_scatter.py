# Tests of backends/xgrad_backends, xgrad/ops/scatter.py, xgrad/ops/indexing.py
"""Gradients of reading at repeated indices: the same bits every time, in linear time."""

import numpy as np
import pytest

import xgrad as xg

N = 5000


def take(x, index):
    return xg.take(x, index)


def getitem(x, index):
    return x[index]


def segments(x, index):
    return xg.segment_sum(x, index, 50)


@pytest.mark.parametrize("f", [take, getitem, segments])
def test_hips_136_the_bits_are_the_same_every_time(computing, f):
    draw = np.random.default_rng(0)
    x = computing.raw(draw.normal(size=N).astype(np.float32))
    index = xg.asarray(computing.raw(draw.integers(0, 50, size=N)))

    def loss(x):
        y = f(x, index)
        return xg.sum(y * y * y)

    with xg.deterministic():
        first = computing.numpy(xg.grad(loss)(x))
        for _ in range(3):
            np.testing.assert_array_equal(computing.numpy(xg.grad(loss)(x)), first)
    for _ in range(4):
        again = computing.numpy(xg.grad(loss)(x))
        if computing.backend.name == "cupy":  # its threads add in any order
            np.testing.assert_allclose(again, first, rtol=1e-5)
        else:
            np.testing.assert_array_equal(again, first)


def test_hips_255_341_many_reads_add_into_one_cotangent():
    """One buffer is made for all reads of an array, not one for each of them."""
    made, backend = [], xg.backends.load("numpy")
    plain = backend.xp.zeros

    def counted(shape, **kwargs):
        made.append(shape)
        return plain(shape, **kwargs)

    x = np.ones(500)
    _, pullback = xg.vjp(lambda x: xg.sum(xg.stack([x[i] * x[i] for i in range(500)])), x)
    backend.xp.zeros = counted
    try:
        (found,) = pullback(np.ones(()))
    finally:
        backend.xp.zeros = plain
    np.testing.assert_array_equal(found, 2.0)
    assert made.count((500,)) == 1
