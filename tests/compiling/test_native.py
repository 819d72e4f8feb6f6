# Tests of xgrad/compiling/native.py, xgrad/compiling/nests.py, xgrad/compiling/toolchain.py
"""The engine ``"native"``: what C computes is what NumPy computes, but for the last bits."""

from __future__ import annotations

import os

import numpy as np
import pytest

import xgrad as xg
from tests.compiling.table import disagreement
from tests.compiling.test_table import REFUSED, SOMETIMES, cases
from xgrad.compiling import blas, engines, native_products, toolchain
from xgrad.compiling.native import NativeSource
from xgrad.testing import ROWS

pytestmark = pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler here")

X = np.linspace(-2.0, 2.0, 7)

PLAIN = [row for row in ROWS if not row.name.startswith("special.")]
SOME = ROWS if "XGRAD_ALL_SAMPLES" in os.environ else PLAIN[::5]
"""The rows that are compiled as C, which takes a while; `nox -s compiled` takes all."""


@pytest.fixture(autouse=True)
def _poisoned(monkeypatch):
    def poisoned(p, donated, **options):
        return NativeSource(p, donated=donated, poison=True, **options)

    monkeypatch.setitem(engines.ENGINES, "poisoned", poisoned)


@pytest.mark.parametrize("row", SOME, ids=lambda row: row.name)
def test_a_replay_gives_what_eager_code_gives(row):
    wrong = []
    for case in cases(row, False):
        for text in disagreement(case, rtol=1e-12, engine="poisoned"):
            refused = SOMETIMES.get(row.name, REFUSED.get(row.name, "no refusal"))
            if not ("TraceError" in text and refused in text):
                wrong.append(f"{case}: {text}")
    assert not wrong, "\n".join(wrong)


def same(f, *args, other=(), rtol=1e-13, atol=1e-300):
    g = xg.compile(f, engine="poisoned")
    for given in (args, args, other or args, args):
        with np.errstate(all="ignore"):
            want = xg.tree.leaves(f(*given))
        for a, b in zip(want, xg.tree.leaves(g(*given)), strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
    return g


VALUES = np.asarray([0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan, 5e-324])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: xg.maximum(x, 0.5),
        lambda x: xg.minimum(0.5, x),
        lambda x: xg.clip(x, -1.0, 1.0),
        lambda x: xg.where(x > 0, xg.sqrt(x), 0.0),
        xg.grad(lambda x: xg.sum(xg.where(x > 0, xg.sqrt(x), 0.0))),
        xg.grad(lambda x: xg.sum(xg.relu(x) * xg.log(x))),
        lambda x: (
            xg.isnan(x),
            xg.isinf(x),
            xg.isfinite(x),
            xg.equal(x, x),
            xg.not_equal(x, x),
            x <= 0,
            ~(x < 1),
        ),
        lambda x: xg.astype(x > 0, x.dtype) * x,
        lambda x: (xg.exp(x), xg.log(x), xg.sin(x), xg.tanh(x), xg.expm1(x), xg.log1p(x)),
        lambda x: (xg.floor(x), xg.ceil(x), xg.trunc(x), xg.abs(x), 1 / x, x**3, x**-0.5),
        lambda x: (xg.atan2(x, 2.0), xg.hypot(x, 1.0), xg.copysign(x, -1.0)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_not_a_number_and_infinity_stay_what_they_are(f, dtype):
    values = VALUES.astype(dtype)
    same(f, values, other=(values[::-1].copy(),), rtol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("n", [5, 20_000])
def test_layouts_and_sizes(n):
    wide = np.random.default_rng(0).normal(size=(3, n))

    def f(x):
        return xg.sin(x) * x[:1] + xg.cos(x.mT).mT + xg.sum(x, axis=1, keepdims=True)

    same(f, wide, other=(np.asfortranarray(wide + 1),), atol=1e-13)
    same(f, wide[:, ::-1], other=(np.repeat(wide, 2, axis=0)[::2],), atol=1e-13)


@pytest.mark.parametrize("n", [6, 20_000])
def test_writes(n):
    def f(x):
        y = xg.zeros_like(x)
        y[1:] = x[:-1] * 2
        y[0] = x[3]
        y[2:4] *= x[0]
        y[::-1] += x
        z = y * 1
        z[1:] = z[:-1]
        return xg.sum(y * y * x) + xg.sum(z * x)

    same(xg.value_and_grad(f), np.linspace(0.5, 1.5, n), rtol=1e-11)


def test_whole_numbers_and_masks():
    k = np.asarray([3, -4, 5])
    same(lambda k: (k + 2, k * k - 1, -k, xg.maximum(k, 0), k > 0, (k > 0) & (k < 4)), k)


def test_results_are_new_each_time():
    f = xg.compile(lambda x: (x, x * 2, xg.reshape(x * 3, (7, 1))), engine="native")
    f(X)
    first = f(X)
    kept = [x.copy() for x in first]
    f(X + 1)
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_equal_steps_are_compiled_once():
    def f(x):
        for _ in range(200):
            x = xg.sin(x) * 0.9
            x = xg.reshape(xg.cumulative_sum(x), x.shape)
        return x

    source = next(iter(same(f, X).entries.values())).source
    assert len(source._rows) >= 200
    assert len(source._kernels) < 10


def test_a_library_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XGRAD_CACHE", str(tmp_path))
    runs = []
    run = toolchain.subprocess.run
    monkeypatch.setattr(toolchain.subprocess, "run", lambda *a, **k: runs.append(a) or run(*a, **k))
    for _ in range(2):
        f = xg.compile(lambda x: xg.sin(x) + 0.123, engine="native")
        np.testing.assert_allclose(f(X), np.sin(X) + 0.123)
    assert len(runs) == 1
    assert len(list(tmp_path.rglob("*.so"))) == 1


def test_without_a_compiler_it_says_what_to_do(monkeypatch):
    monkeypatch.setenv("XGRAD_CC", "no-such-compiler")
    with pytest.raises(xg.errors.BackendUnavailableError, match=r"needs a C compiler.*XGRAD_CC"):
        xg.compile(lambda x: xg.sin(x) + 0.125, engine="native")(X)
    np.testing.assert_array_equal(xg.compile(xg.sin, engine="auto")(X), np.sin(X))


def test_a_compiler_that_fails_is_quoted(monkeypatch, tmp_path):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho no such processor >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("XGRAD_CC", str(broken))
    monkeypatch.setenv("XGRAD_CACHE", str(tmp_path))
    with pytest.raises(xg.errors.BackendUnavailableError, match="no such processor"):
        xg.compile(lambda x: xg.sin(x) + 0.126, engine="native")(X)


def test_auto_turns_native_when_it_is_called_often(monkeypatch):
    monkeypatch.setattr(engines, "OFTEN", 3)
    f = xg.compile(lambda x: xg.sin(x) * 2, engine="auto")
    for _ in range(8):
        np.testing.assert_allclose(f(X), np.sin(X) * 2, rtol=1e-14)
    (entry,) = f.entries.values()
    assert isinstance(entry.source, NativeSource)


def products(a, b, c):
    x = a
    for i in range(3):
        x = xg.tanh(x @ b[i]) @ b[i].mT + c
    kept = a + xg.matmul(a, b[0])
    sums = xg.sum(a, axis=0), xg.sum(c, axis=0, keepdims=True)
    return (x, kept, kept + a @ b[1], a.mT @ a, (a @ b[0]) + c, *sums)


@pytest.mark.skipif(blas.addresses() is None, reason="NumPy is built with a BLAS of its own here")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [1, 2, 7, 120])
def test_products_in_c_have_the_bits_of_those_of_numpy(n, dtype, monkeypatch):
    draw = np.random.default_rng(n).normal
    square = [draw(size=s).astype(dtype) for s in ((9, n), (3, n, n), (9, n))]
    flipped = [x[..., ::-1] for x in square]
    turned = [np.asfortranarray(x) for x in square]

    def slopes(*arrays):
        return xg.grad(lambda *xs: sum(xg.sum(y * y) for y in products(*xs)), (0, 1, 2))(*arrays)

    found = []
    for known in (blas.addresses(), None):
        monkeypatch.setattr(native_products, "addresses", lambda known=known: known)
        programs = [xg.compile(f, engine="native") for f in (products, slopes)]
        found.append([f(*given) for given in (square, flipped, turned) * 2 for f in programs])
    for a, b in zip(*map(xg.tree.leaves, found), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == dtype


@pytest.mark.skipif(blas.addresses() is None, reason="NumPy is built with a BLAS of its own here")
def test_a_network_is_one_call_of_c():
    args = [np.ones((4, 4)) * 0.1, np.ones((3, 4, 4)) * 0.1, np.ones((4, 4))]
    f = xg.compile(xg.grad(lambda *xs: xg.sum(products(*xs)[0] ** 2)), engine="native")
    assert f.lower(*args).source.count(" c(") == 1
