# Tests of xgrad/engine/record.py
"""Results belong to the caller: tests `own` of engine/record.py over the op table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import xgrad as xg
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

PLACE = Place.named("numpy")


def arrays(tree):
    return [x for x in xg.tree.leaves(tree) if isinstance(x, np.ndarray)]


def require_owned(what, results, *others):
    """Fail if a result is read-only, or shares memory with another one or with what was given."""
    found = arrays(results)
    for x in found:
        assert x.flags.writeable, f"{what}: a result is read-only"
        x[...] = x  # nothing is in the way of a write
    for x, y in itertools.combinations(found, 2):
        assert not np.shares_memory(x, y), f"{what}: two results share memory"
    for x, y in itertools.product(found, arrays(list(others))):
        assert not np.shares_memory(x, y), f"{what}: a result shares memory with what was given"


def first_case(row):
    return next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_over_the_op_table(row):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        pytest.skip("no derivative here")
    raw = case.raw_arrays()
    given = [np.array(raw[i]) for i in case.varying]
    f = case.of_varying(raw)

    def real(*xs):
        return [x for x in xg.tree.leaves(f(*xs)) if xg.isdtype(x.dtype, "real floating")]

    out, pullback = xg.vjp(real, *given)
    if not out:
        return
    cts = [np.ones(np.shape(y), y.dtype) for y in out]
    require_owned("vjp", pullback(cts), given, cts)
    _, tangents = xg.jvp(real, given, given)
    require_owned("jvp", tangents, given)
    numbers = tuple(range(len(given)))
    scalar = lambda *xs: sum(xg.sum(y) for y in real(*xs))  # noqa: E731 - one use
    require_owned("grad", xg.grad(scalar, numbers)(*given), given)
    if max(np.size(y) for y in (*out, *given)) <= 16:
        require_owned("jacrev", xg.jacrev(real, numbers)(*given), given)
        require_owned("jacfwd", xg.jacfwd(real, numbers)(*given), given)


PROGRAMS = {
    "a sum": lambda x, y: xg.sum(x + y),
    "a mean": lambda x, y: xg.mean(x) + xg.mean(y),
    "itself": lambda x, y: xg.sum(x) + 0.0 * xg.sum(y),
    "unused": lambda x, y: xg.sum(x),
    "slices": lambda x, y: xg.sum(x[:2] + y[1:]),
    "reshaped": lambda x, y: xg.sum(xg.reshape(x, (3, 1)) + xg.reshape(y, (1, 3))),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_may_be_changed(program):
    f, x, y = PROGRAMS[program], np.ones(3), np.ones(3)
    gx, gy = xg.grad(f, (0, 1))(x, y)
    before = gy.copy()
    gx[0] = 50.0
    gx += 1.0
    np.testing.assert_array_equal(gy, before)
    np.testing.assert_array_equal(x, 1.0)


def test_a_cotangent_is_not_handed_back():
    x, ct = np.ones(3), np.arange(3.0)
    for f in (lambda x: x, lambda x: x[:], lambda x: xg.reshape(x, (3,)), lambda x: x + 1.0):
        (gx,) = xg.vjp(f, x)[1](ct)
        gx += 1.0
        np.testing.assert_array_equal(ct, np.arange(3.0))
        _, t = xg.jvp(f, (x,), (ct,))
        t += 1.0
        np.testing.assert_array_equal(ct, np.arange(3.0))


def test_backward_leaves_gradients_that_are_their_own():
    x, y = (xg.asarray(np.ones(3), requires_grad=True) for _ in range(2))
    xg.sum(x + y).backward()
    require_owned("backward", [x.grad.data, y.grad.data], [x.data, y.data])
