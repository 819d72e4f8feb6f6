# Tests of xgrad/compiling/branches.py, xgrad/compiling/early.py
"""Steps that are taken only where something asks for them, and those that are taken early."""

import numpy as np
import pytest

import xgrad as xg
from xgrad.compiling.helpers import probe, probe_product


def source_of(f, *args):
    compiled = xg.compile(f)
    compiled(*args)
    return compiled, compiled.lower(*args).source


ROWS = {
    "no row": np.zeros((3, 12)),
    "one row": np.stack([np.zeros(12), np.eye(12)[2] * 40, np.zeros(12)]),
    "every row": np.eye(12)[:3] * 40,
    "with NaN": np.where(np.eye(12)[:3] == 1, np.nan, 0.0),
    "with infinities": np.where(np.eye(12)[:3] == 1, np.inf, 0.0),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_side_that_no_row_takes_is_not_computed_and_one_that_a_row_takes_is(name):
    """The sum beside the largest exponential is needed where that is nearly the whole."""
    f = xg.value_and_grad(lambda x: xg.sum(xg.log_softmax(x) * np.arange(12.0)))
    compiled, source = source_of(f, ROWS["no row"])
    assert " in k" in source
    assert ".tobytes(): " in source
    x = ROWS[name]
    with np.errstate(all="ignore"):
        wanted = f(x)
    for found, expected in zip(compiled(x), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("side", [1, 2])
@pytest.mark.parametrize("rows", [4, 2000])
def test_either_side_of_a_choice_may_be_a_branch(side, rows):
    """A mask of many rows is asked in another way."""

    def f(x, y):
        costly = xg.sum(xg.exp(xg.sin(x) * 2), axis=1)
        sides = (costly, y) if side == 1 else (y, costly)
        return xg.where(y > 0, *sides) * 2 + y

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(rows, 9)), rng.normal(size=rows)
    compiled, source = source_of(f, x, y)
    assert "if " in source
    for z in (y, abs(y), -abs(y), y * 0):
        np.testing.assert_array_equal(compiled(x, z), f(x, z))


def test_what_is_read_elsewhere_is_computed_always():
    """The mask, the other side or another result may need what the side needs."""

    def f(x, y):
        s = xg.sum(xg.exp(xg.sin(x) * 2), axis=1)
        return xg.where(y > 0, s * 2 + 1, s), xg.where(s > y, xg.sum(xg.cos(x), axis=1), s)

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 9)), rng.normal(size=4)
    compiled, _ = source_of(f, x, y)
    for z in (y, abs(y), -abs(y)):
        for found, expected in zip(compiled(x, z), f(x, z), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_view_of_a_large_array_is_read_before_the_array_ends():
    """The slope of a gate of a recurrent network then keeps the gate alone."""

    def f(w, xs):
        h = w[0] * 0
        for x in xs:
            z = xg.concat([x * w[0] + h, x * w[1], x * w[2]])
            h = xg.tanh(z[:50]) + z[50:100] - z[100:]
        return xg.sum(h)

    w, xs = np.random.default_rng(0).normal(size=(3, 50)), np.linspace(-1, 1, 12)
    slope = xg.grad(f)
    compiled, _ = source_of(slope, w, xs)
    np.testing.assert_array_equal(compiled(-w, xs), slope(-w, xs))
    (entry,) = compiled.entries.values()
    rows = entry.source.memory.sizes
    assert rows.count(150 * 8) < 6


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("size", [0, 5, 20_000])
def test_one_number_tells_of_a_nan(dtype, size):
    """Infinities and what overflows are none."""
    with np.errstate(all="ignore"):
        x = np.full(size, -np.inf, dtype)
        if dtype != "complex128":  # the square of an infinity has a NaN there
            assert not np.isnan(probe(x))
        x[size // 2 : size // 2 + 1] = np.nan
        assert np.isnan(probe(x)) == (size > 0)


def test_a_product_of_large_factors_is_looked_at_itself():
    """What its norms do not exclude: sums that overflow, factors that are not finite."""
    a, b = np.full((200, 2), 1e200), np.full((2, 200), 1e200)
    with np.errstate(all="ignore"):
        for x in (1.0, np.inf, -1.0):
            b[0, 0], a[0] = x, (1e200, -1e200)
            assert np.isnan(probe_product(a @ b, a, b)) == np.isnan(a @ b).any()
        assert probe_product(a * 0 @ (b * 0), np.ones((2, 2)), np.ones((2, 2))) == 0
