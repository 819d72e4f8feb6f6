# Tests of xgrad/engine/guarding.py
"""A buffer that its owner refills: tests engine/guarding.py over the op table.

NVIDIA/warp #1350 and #1294: a tape that reads its arrays when it is walked, not as they were.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

PLACE = Place.named("numpy")


def buffers(raw):
    """Return copies of the arrays of a case that their owner may write to."""
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in raw]


def refill(arrays):
    """Write other values into arrays, as the next turn of a loop does."""
    for x in arrays:
        if isinstance(x, np.ndarray):
            x[...] = np.zeros((), x.dtype) if x.dtype.kind in "biu" else np.full((), 0.123, x.dtype)


def first_case(row):
    return next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)


def pulled(case, tracked, refills):
    """Return the cotangent of one argument; the others are raw, and refilled before the walk."""
    raw = buffers(case.raw_arrays())
    constants = [x for i, x in enumerate(raw) if i != tracked]

    def f(x):
        given = list(raw)
        given[tracked] = x
        out = case.call(given)
        if refills:
            refill(constants)
        return [y for y in xg.tree.leaves(out) if xg.isdtype(y.dtype, "real floating")]

    out, pullback = xg.vjp(f, raw[tracked])
    if refills:
        refill([raw[tracked]])
    return pullback([np.ones(np.shape(y), y.dtype) for y in out])[0] if out else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_over_the_op_table(row):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        pytest.skip("no derivative here")
    if row.name.startswith("x1 "):
        pytest.skip("an operator's row makes both operands arrays of xgrad, which share by request")
    for tracked in case.varying:
        expected = pulled(case, tracked, False)
        got = pulled(case, tracked, True)
        np.testing.assert_array_equal(got, expected, err_msg=f"{row.name}, argument {tracked}")


@pytest.fixture
def turns():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(200, 200)) / 20 for _ in range(3)]


def loop(x, a, turns):
    for turn in turns:
        a[...] = turn
        x = xg.tanh(a @ x)
    return xg.sum(x)


def test_a_large_array_is_locked_while_its_function_runs(turns):
    a, x = np.empty((200, 200)), np.ones(200)
    with pytest.raises(ValueError, match="read-only") as info:
        xg.grad(lambda x: loop(x, a, turns))(x)
    assert "locked until its function has run" in info.value.__notes__[-1]
    a[...] = 0.0  # and no longer
    before = np.empty_like(a)

    def f(x):
        before[...] = a
        return xg.sum(xg.tanh(a @ x))

    xg.grad(f)(x)
    a[...] = 1.0


def test_a_large_view_that_changes_is_copied_again(turns):
    a, x = np.empty((2, 200, 200))[0], np.ones(200)
    got = xg.grad(lambda x: loop(x, a, turns))(x)

    def unrolled(x):
        for turn in turns:
            x = xg.tanh(turn @ x)
        return xg.sum(x)

    np.testing.assert_array_equal(got, xg.grad(unrolled)(x))


def test_a_large_array_may_be_refilled_between_pullback_and_walk(turns):
    a, x = np.array(turns[0]), np.ones(20_000)
    (expected,) = xg.vjp(lambda w: xg.sum(xg.sin(w)), np.array(x))[1](1.0)
    _, pullback = xg.vjp(lambda w: xg.sum(xg.sin(w)), x)
    x[...] = 0.0
    np.testing.assert_array_equal(pullback(1.0)[0], expected)
    assert a.flags.writeable


def test_who_promises_not_to_refill_keeps_references():
    data, seen = np.ones(3), []

    def f(w):
        y = w * data
        seen.append(y._node[3])
        return xg.sum(y * y)

    with xg.no_refills():
        xg.grad(f)(np.ones(3))
    assert seen[0] is data
    xg.grad(f)(np.ones(3))
    assert not np.shares_memory(seen[1], data)
