# Tests of xgrad/ops, xgrad/linalg/norms.py
"""Kinks, edges and unused values: what was decided, in both modes and on every backend.

At a local optimum the derivative is 0; else that of the side which is defined; else the finite one;
else the average. What was not used stays without influence, even where a derivative is infinite.
"""

import numpy as np
import pytest

import xgrad as xg

KINKS = {
    "abs": (xg.abs, [0.0, -2.0], [0, -1]),
    "relu": (xg.relu, [0.0, -1.0, 2.0], [0, 0, 1]),
    "norm": (xg.linalg.vector_norm, [0.0, 0.0], [0, 0]),
    "norm of order 1": (lambda x: xg.linalg.vector_norm(x, ord=1), [0.0, 3.0], [0, 1]),
    "norm of order 3": (lambda x: xg.linalg.vector_norm(x, ord=3), [0.0, 0.0], [0, 0]),
    "hypot": (lambda x: xg.hypot(x[0], x[1]), [0.0, 0.0], [0, 0]),
    "atan2": (lambda x: xg.atan2(x[0], x[1]), [0.0, 0.0], [0, 0]),
    "std": (xg.std, [3.0, 3.0], [0, 0]),
    "max": (xg.max, [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
    "min": (xg.min, [1.0, 1.0, 3.0, 1.0], [1 / 3, 1 / 3, 0, 1 / 3]),
    "maximum": (lambda x: xg.maximum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
    "minimum": (lambda x: xg.minimum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
    "maximum with a number": (lambda x: xg.maximum(x, 0.0), [0.0, -1.0, 1.0], [0.5, 0, 1]),
    "clip": (lambda x: xg.clip(x, 0.0, 1.0), [0.0, 1.0, -1.0, 0.5], [1, 1, 0, 1]),
    "sign": (lambda x: xg.sign(x) * 3, [0.0, 2.0], [0, 0]),
    "floor": (xg.floor, [0.0, 0.5], [0, 0]),
    "power zero": (lambda x: x**0, [0.0, 2.0], [0, 0]),
    "power zero as an array": (lambda x: x ** xg.zeros_like(x), [0.0, 2.0], [0, 0]),
    "power one": (lambda x: x**1, [0.0, 2.0], [1, 1]),
    "power two of a negative": (lambda x: x**2.0, [-3.0, 0.0], [-6, 0]),
    "zero to a power": (lambda x: 0.0**x, [1.0, 2.0], [0, 0]),
    "prod with a zero": (xg.prod, [0.0, 2.0, 3.0], [6, 0, 0]),
    "prod with two zeros": (xg.prod, [0.0, 0.0, 3.0], [0, 0, 0]),
    "running product with a zero": (xg.cumulative_prod, [2.0, 0.0, 3.0], [1, 8, 0]),
    "logsumexp of -inf": (xg.logsumexp, [-np.inf, 0.0], [0, 1]),
    "logsumexp of -inf only": (xg.logsumexp, [-np.inf, -np.inf], None),
    "softmax of a masked row": (xg.softmax, [-np.inf, -np.inf], [0, 0]),
    "log_softmax far out": (lambda x: xg.log_softmax(x)[1], [1000.0, 0.0], [-1, 1]),
    "sigmoid far out": (xg.sigmoid, [-1000.0, 1000.0], [0, 0]),
    "logaddexp far out": (lambda x: xg.logaddexp(x[0], x[1]), [1000.0, -1000.0], [1, 0]),
    "where and log": (lambda x: xg.where(x > 0, xg.log(x), 0.0), [0.0, 2.0], [0, 0.5]),
    "where and sqrt": (lambda x: xg.where(x > 0, xg.sqrt(x), 0.0), [0.0, 4.0], [0, 0.25]),
    "where and the quotient": (lambda x: xg.where(x != 0, 1 / x, 0.0), [0.0, 2.0], [0, -0.25]),
    "where, twice": (
        lambda x: xg.where(x > 0, xg.where(x > 1, xg.log(x - 1), xg.sqrt(x)), 0.0),
        [0.0, 1.0, 2.0],
        [0, 0.5, 1],
    ),
    "an entry not read": (lambda x: xg.sqrt(x)[1:], [0.0, 4.0], [0, 0.25]),
    "entries not gathered": (lambda x: xg.take(xg.log(x), xg.asarray([1, 1])), [0.0, 2.0], [0, 1]),
    "an entry written over": (lambda x: _written_over(xg.sqrt(x)), [0.0, 4.0], [0, 0.25]),
    "not the largest": (lambda x: xg.max(xg.sqrt(x)), [0.0, 4.0], [0, 0.25]),
    "not the smallest": (lambda x: xg.min(-xg.sqrt(x)), [0.0, 4.0], [0, -0.25]),
    "not in the triangle": (
        lambda x: xg.tril(xg.sqrt(xg.reshape(x, (2, 2)))),
        [4.0, 0.0, 1.0, 1.0],
        [0.25, 0, 0.5, 0.5],
    ),
    "clipped away": (lambda x: xg.clip(xg.log(x), -1.0, 5.0), [0.0, 2.0], [0, 0.5]),
    "not chosen by maximum": (lambda x: xg.maximum(xg.sqrt(x), 1.0), [0.0, 4.0], [0, 0.25]),
    "stopped by relu": (lambda x: xg.relu(-xg.sqrt(x)), [0.0, 4.0], [0, 0]),
    "the largest after sorting": (lambda x: xg.sort(xg.sqrt(x))[-1], [0.0, 4.0], [0, 0.25]),
}
LAZY = {"where and log", "clipped away"}


def _written_over(y):
    y[0] = 7.0
    return y


def total(name):
    return lambda x: xg.sum(KINKS[name][0](x))


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", KINKS)
def test_first_derivatives_at_kinks(computing, name):
    _, values, expected = KINKS[name]
    x = computing.raw(np.asarray(values))
    with xg.use_backend(computing.backend.name, computing.device):
        reverse = computing.numpy(xg.grad(total(name))(x))
        forward = computing.numpy(xg.jacfwd(total(name))(x))
    if expected is None:  # nothing sensible, but the same in both modes
        np.testing.assert_array_equal(reverse, forward)
        return
    np.testing.assert_allclose(reverse, expected, atol=1e-15)
    np.testing.assert_allclose(forward, expected, atol=1e-15)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", [name for name in KINKS if KINKS[name][2] is not None])
def test_second_derivatives_at_kinks_are_finite_and_agree(name):
    x, f = np.asarray(KINKS[name][1]), total(name)
    modes = [
        outer(inner(f))(x) for outer in (xg.jacfwd, xg.jacrev) for inner in (xg.grad, xg.jacfwd)
    ]
    for found in modes:
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found, modes[0], atol=1e-14)
        np.testing.assert_allclose(found, found.T, atol=1e-14)


def test_a_tangent_that_meets_an_infinite_slope_says_so():
    """Only structural zeros are strong: a real division by zero is not hidden."""
    with np.errstate(all="ignore"):
        assert np.isinf(xg.grad(xg.sqrt)(0.0))
        assert np.isinf(xg.jvp(xg.sqrt, (0.0,), (1.0,))[1])
        assert np.isnan(xg.grad(lambda x: xg.sqrt(x) * 0.0)(0.0))


PARTS = {  # what was read of the roots of [0, 1, 4, 9], and whether that was all of them
    "halves": ([slice(2), slice(2, None)], True),
    "every other one": ([slice(0, None, 2), slice(-1, None, -2)], True),
    "overlapping": ([slice(3), slice(1, None)], True),
    "single ones": ([0, 1, -2, -1], True),
    "all but the first": ([slice(1, 3), 3], False),
    "twice the same": ([slice(2, None), slice(2, None)], False),
    "with a new axis": ([(slice(1, 4), None)], False),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("watched", [False, True])
def test_parts_leave_structural_zeros_only_where_nothing_was_read(name, watched):
    keys, is_whole = PARTS[name]

    def f(x):
        y = xg.sqrt(x)
        return sum(xg.sum(y[key]) for key in keys)

    x = np.asarray([0.0, 1.0, 4.0, 9.0])
    weights = np.zeros(4)
    for key in keys:
        np.add.at(weights, key, 1)
    twice = (lambda x: xg.sum(xg.grad(f)(x))) if watched else f  # the second on the outer tape
    with np.errstate(all="ignore"):
        first = xg.grad(f)(x)
        found = xg.grad(twice)(x)
        expected = np.where(weights > 0, weights * 0.5 / np.sqrt(x), 0)
    np.testing.assert_array_equal(first, expected)
    assert is_whole == np.isinf(first).any()
    assert np.isfinite(found[1:]).all()
    if not is_whole:
        assert found[0] == 0
