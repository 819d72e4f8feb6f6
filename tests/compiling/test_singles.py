# Tests of xgrad/compiling/singles.py, xgrad/compiling/helpers.py, xgrad/compiling/writes.py
"""Single equations by their shortest way give the bits of the long one."""

import numpy as np
import pytest

import xgrad as xg
from xgrad.compiling.helpers import HELPERS
from xgrad.compiling.toolchain import compiler

SPECIAL = np.asarray([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf, 1e-310])
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("n", [0, 7, 16_384, 20_001])
def test_choices_keep_every_bit(dtype, n):
    x, y = (np.resize(RNG.permutation(SPECIAL), n) for _ in range(2))
    with np.errstate(invalid="ignore"):
        x, y = x.astype(dtype), y.astype(dtype)
    mask, numbers = RNG.random(n) > 0.5, [np.asarray(v, dtype) for v in (0, -0.0, 3)]
    for a, b in [(x, y), *((x, v) for v in numbers), *((v, y) for v in numbers)]:
        out = np.empty(n, dtype)
        HELPERS["choose"](mask, a, b, out)
        assert out.tobytes() == np.where(mask, a, b).tobytes()


def _maps():
    yield lambda x, y: (xg.clip(x, 0, None), xg.clip(x, None, 1.0), xg.clip(x, -1, 1))
    yield lambda x, y: (xg.maximum(x, y), xg.minimum(x, y), xg.maximum(x, 0), xg.minimum(0.5, y))
    yield lambda x, y: (xg.where(x > y, x, 0.0), xg.where(x > 0, 0.0, y), xg.where(x > 0, x, y))
    yield xg.grad(lambda x, y: xg.sum(xg.relu(x * 2) * y), (0, 1))
    yield xg.grad(lambda x, y: xg.sum(xg.where(x > 0, xg.sqrt(xg.abs(x)), 0.0) * y), (0, 1))


NATIVE = pytest.param(
    "native", marks=pytest.mark.skipif(compiler() is None, reason="no C compiler here")
)


@pytest.mark.parametrize("engine", ["numpy", NATIVE])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("times", [2, 400])  # short arrays, and such as run by blocks
def test_special_numbers_are_replayed(engine, dtype, times):
    pairs = np.stack(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    x, y = np.tile(pairs, times).astype(dtype)
    for f in _maps():
        g = xg.compile(f, engine=engine)
        g(np.ones_like(x), np.ones_like(y))
        with np.errstate(all="ignore"):
            expected = f(x, y)
        for got, want in zip(g(x, y), expected, strict=True):
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got, want)


def _writes(x, keys, times=2.0):
    y = xg.zeros_like(x)
    for key in keys:
        y[key] = xg.sin(x[key]) * times
    return y


@pytest.mark.parametrize(
    "keys",
    [
        [np.s_[:2], np.s_[2:]],
        [np.s_[::2], np.s_[1::2]],
        [np.s_[:2], np.s_[3:]],
        [np.s_[:, :2], np.s_[:, 2:]],
        [0, 1, 2, 3, -1],
        [np.s_[...], np.s_[1:]],
    ],
)
def test_writes_that_cover_an_array_need_no_copy_of_it(keys):
    x = RNG.normal(size=(5, 4))
    f = xg.compile(lambda x: _writes(x, keys) * 2)
    for _ in range(3):
        x = RNG.normal(size=(5, 4))
        np.testing.assert_array_equal(f(x), _writes(x, keys) * 2)
    source = f.lower(x).source
    covered = np.ones((5, 4))
    for key in keys:
        covered[key] = 0
    assert ("fill(0)" in source) == bool(covered.any())


def test_what_is_read_between_two_writes_is_as_it_was():
    def f(x):
        y = xg.zeros_like(x)
        y[:2] = x[:2]
        z = y * 3 + 1
        y[2:] = x[2:]
        return y, z

    g = xg.compile(f)
    for _ in range(3):
        x = RNG.normal(size=4)
        for got, want in zip(g(x), f(x), strict=True):
            np.testing.assert_array_equal(got, want)


def test_a_member_that_nobody_used_is_left_out_when_the_program_runs():
    def loss(a):
        first = xg.linalg.inv(a)[0]
        return xg.sum(first**2)

    f = xg.compile(xg.grad(loss))
    a = np.stack([np.eye(3) * k for k in (1.0, 2.0)])
    f(a)
    a[1] = np.nan
    with np.errstate(all="ignore"):
        want = xg.grad(loss)(a)
    np.testing.assert_array_equal(f(a), want)
    assert np.isfinite(want).all()
