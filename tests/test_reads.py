# Tests of xgrad/engine/slices.py, xgrad/ops/indexing.py
"""Slices of one array: however a walk puts their cotangents together, it is their sum."""

import itertools

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over

SHAPE = (6, 8)
_ = slice(None)
KEYS = {
    "the whole in columns": [(_, slice(0, 3)), (_, slice(3, 5)), (_, slice(5, None))],
    "the whole in rows, backwards": [slice(3, None), slice(2, None, -1)],
    "the whole in every other column": [(_, slice(0, None, 2)), (_, slice(1, None, 2))],
    "as many elements as the whole, some twice": [(_, slice(0, 4)), (_, slice(2, 6))],
    "more than the whole": [slice(1, None), slice(None, -1), slice(2, None)],
    "a part": [(2, slice(1, 3))],
    "parts with gaps": [(_, 0), (slice(1, 3), slice(4, 6)), (5, 7)],
    "ellipsis and newaxis": [(..., slice(0, 4)), (None, _, slice(4, None))],
    "row by row": list(range(6)),
    "number by number, twice": [*itertools.product(range(6), range(8))] * 2,
}
OTHERS = {
    "alone": lambda xp, x: 0.0,
    "a use before": lambda xp, x: xp.sum(x * x),
    "a gather": lambda xp, x: xp.sum(xp.take(x, xp.asarray([1, 1, 4]), axis=0)),
}


@pytest.mark.parametrize("keys", KEYS)
@over("late", [False, True])
@over("other", OTHERS)
@over("is_leaf", [True, False])
def test_the_gradient_is_the_sum_of_the_parts(keys, other, late, is_leaf, computing):
    rng = np.random.default_rng(1)
    value = rng.normal(size=SHAPE)
    weights = [np.asarray(rng.normal(size=value[key].shape)) for key in KEYS[keys]]

    def f(x):
        y = x if is_leaf else x * 3.0
        rest = 0.0 if late else OTHERS[other](xg, y)
        for key, w in zip(KEYS[keys], weights, strict=True):
            rest = rest + xg.sum(y[key] * computing.raw(w))
        return rest + OTHERS[other](xg, y) if late else rest

    x, ones = computing.raw(value), computing.raw(np.ones(SHAPE))
    with xg.use_backend(computing.backend.name, computing.device):
        found = xg.grad(f)(x)
        nested = xg.jvp(xg.grad(f), (x,), (ones,))[1]
    y = value if is_leaf else 3 * value
    expected = np.zeros(SHAPE)
    for key, w in zip(KEYS[keys], weights, strict=True):
        np.add.at(expected, key, w)
    if other == "a use before":
        expected += 2 * y
    if other == "a gather":
        np.add.at(expected, [1, 1, 4], 1.0)
    scale = 1 if is_leaf else 3
    np.testing.assert_allclose(
        computing.backend.to_numpy(found), scale * expected, rtol=1e-12, atol=1e-12
    )
    curvature = 2 * scale**2 if other == "a use before" else 0
    np.testing.assert_allclose(
        computing.backend.to_numpy(nested), np.full(SHAPE, curvature), atol=1e-12
    )


@pytest.mark.parametrize("keys", KEYS)
def test_what_no_part_names_stays_zero_behind_an_infinite_derivative(keys):
    named = np.zeros(SHAPE, bool)
    for key in KEYS[keys]:
        named[key] = True
    x = np.where(named, 1.0, 0.0)  # sqrt has an infinite derivative at 0

    def f(x):
        y = xg.sqrt(x)
        return sum(xg.sum(y[key]) for key in KEYS[keys])

    with np.errstate(all="ignore"):
        g = xg.grad(f)(x)
    assert np.all(np.isfinite(g))
    assert np.all(g[~named] == 0)
    assert np.all(g[named] > 0)
