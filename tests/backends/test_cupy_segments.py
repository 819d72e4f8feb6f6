# Tests of backends/xgrad_backends/cupy_segments.py, backends/xgrad_backends/cupy_indexing.py
"""Sums and writes at indices that repeat, by CuPy's kernels compiled as C++."""

import numpy as np
import pytest

import xgrad as xg

from .elements import ElementwiseKernel

RNG = np.random.default_rng(0)


def halves(name):
    return pytest.importorskip("ml_dtypes").bfloat16 if name == "bfloat16" else name


def keys(n):
    """Yield indices of an array of shape (n, 3, 4), some of them with a run longer than a chunk."""
    yield RNG.integers(0, n, 50)
    yield RNG.integers(-2, 2, 2000)
    yield np.zeros(700, np.int64)
    yield np.concatenate([np.full(333, 1), np.zeros(1, int), np.full(500, 1), np.full(16, 2)])
    yield np.asarray([5], np.uint8)
    yield np.zeros(0, np.int64)
    yield RNG.integers(0, n, (7, 6)), RNG.integers(0, 3, (7, 1))
    yield slice(None), RNG.integers(0, 3, 40)
    yield ..., RNG.integers(0, 4, 33)
    yield RNG.integers(0, n, 9), slice(1, 3), RNG.integers(0, 4, 9)
    yield RNG.integers(0, n, 9), ..., 2
    yield 1, RNG.integers(0, 3, 9), slice(None)
    yield [3, 3, 0], slice(None), slice(None, None, -1)
    yield None, RNG.integers(0, n, 5)
    yield np.arange(n) % 2 == 0, slice(None), [0] * -(-n // 2)
    yield np.arange(n) % 2 == 0, slice(None)


@pytest.mark.parametrize(
    "dtype", "float16 bfloat16 float32 float64 complex64 int8 int64 uint32 bool".split()
)
def test_sums_at_an_index(dtype, cupy_on_numpy):
    dtype = np.dtype(halves(dtype))
    n = 6
    for key in keys(n):
        x = (RNG.normal(size=(n, 3, 4)) * 3).astype(dtype)
        part = RNG.normal(size=x[key].shape) * 3
        part = (part * (1 + 2j) if dtype.kind == "c" else part).astype(dtype)
        one = np.asarray(2.5).astype(dtype)
        for value in (part, part[..., :1], one):
            is_half = dtype.itemsize == 2 and dtype.kind not in "iub"
            want = x.astype(np.float32) if is_half else x.copy()
            np.add.at(want, key, value.astype(want.dtype))
            for form in (x.copy(), np.asfortranarray(x)):
                with xg.deterministic():
                    got = cupy_on_numpy.indexing.index_add(form, key, value)
                assert got is form
                assert got.dtype == dtype
                if dtype.kind in "iub":
                    np.testing.assert_array_equal(got, want, err_msg=str(key))
                else:
                    eps = 2**-8 if dtype.name == "bfloat16" else float(np.finfo(dtype).eps)
                    loose = 1 if is_half else 1e4
                    got, want = (np.asarray(y).astype(want.dtype) for y in (got, want))
                    np.testing.assert_allclose(got, want, rtol=loose * eps, atol=loose * eps)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("is_ordered", [False, True])
def test_halves_are_summed_in_single_precision(dtype, is_ordered, cupy_on_numpy):
    x = np.zeros((3, 2), halves(dtype))
    with xg.deterministic(is_ordered):
        cupy_on_numpy.indexing.index_add(x, np.ones(4096, int), np.ones((4096, 2), x.dtype))
    assert x.astype(float).tolist() == [[0, 0], [4096, 4096], [0, 0]], "2048 + 1 is 2048 in halves"


def test_threads_may_run_in_any_order(cupy_on_numpy, monkeypatch):
    value = RNG.normal(size=(2000, 2)).astype(np.float32)
    for key in (RNG.integers(0, 3, 2000), np.zeros(2000, int), RNG.integers(0, 400, 2000)):
        found = []
        for backwards in (False, True):
            monkeypatch.setattr(ElementwiseKernel, "backwards", backwards)
            x = np.zeros((400, 2), np.float32)
            with xg.deterministic():
                cupy_on_numpy.indexing.index_add(x, key, value)
            found.append((x, cupy_on_numpy.indexing.setitem(x, key, value)))
        for a, b in zip(*found, strict=True):
            np.testing.assert_array_equal(a, b)


def test_nan_and_infinity_stay_where_they_are(cupy_on_numpy):
    key, value = np.asarray([0, 1, 0, 2, 1]), np.asarray([np.nan, np.inf, 1.0, 2.0, np.inf])
    with xg.deterministic():
        got = cupy_on_numpy.indexing.index_add(np.zeros(4), key, value)
    np.testing.assert_array_equal(got, [np.nan, np.inf, 2.0, 0.0])


@pytest.mark.parametrize("dtype", "float16 float64 complex64 int8 bool".split())
def test_the_last_value_for_an_entry_stays(dtype, cupy_on_numpy):
    for key in keys(6):
        x = (RNG.normal(size=(6, 3, 4)) * 3).astype(dtype)
        value = (RNG.normal(size=x[key].shape) * 3).astype(dtype)
        for part in (value, value[..., :1], value[None]):
            want = x.copy()
            want[key] = part
            for form in (x, np.asfortranarray(x)):
                got = cupy_on_numpy.indexing.setitem(form, key, part)
                np.testing.assert_array_equal(got, want, err_msg=str(key))


def test_the_cost_is_that_of_the_index(cupy_on_numpy, numpy_as_cupy, monkeypatch):
    """Nothing as long as the array is made, rows are sorted by number, and launches are few."""
    segments = cupy_on_numpy.indexing.segments
    sizes, launched = [], []
    for name in ("argsort", "empty", "arange", "asarray"):
        own = getattr(np, name)

        def noted(*args, own=own, **kwargs):
            out = own(*args, **kwargs)
            sizes.append(out.size)
            return out

        setattr(numpy_as_cupy, name, noted)
    run = type(segments.last_kernel).__call__
    monkeypatch.setattr(
        type(segments.last_kernel),
        "__call__",
        lambda self, *args, size: launched.append(size) or run(self, *args, size=size),
    )
    x, key = np.zeros((10**5, 8), np.float16), RNG.integers(0, 10**5, 300)
    value = np.ones((300, 8), x.dtype)
    for call in (cupy_on_numpy.indexing.index_add, cupy_on_numpy.indexing._write_last):
        sizes.clear(), launched.clear()
        with xg.deterministic():
            call(x, key, value)
        assert max(sizes) <= value.size
        assert len(launched) <= 2
        assert max(launched) <= value.size


def test_chunks_grow_with_what_is_summed(cupy_on_numpy):
    chunk = cupy_on_numpy.indexing.segments.chunk_of
    assert [chunk(n) for n in (1, 10**4, 10**6, 10**9)] == [16, 25, 250, 256]
