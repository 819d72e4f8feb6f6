# Tests of tests/right/fuzzing.py, xgrad/engine
"""Random programs of up to 30 steps; ``nox -s fuzz`` examines 10,000 of them."""

import numpy as np
import pytest

import xgrad as xg
from tests.right.fuzzing import BINARY, UNARY, examined, program


@pytest.mark.parametrize("first", range(100_000, 100_200, 20))
def test_random_programs(first):
    wrong = [text for seed in range(first, first + 20) if (text := examined(seed))]
    assert not wrong, "\n".join(wrong)


def test_programs_use_every_step():
    with np.errstate(all="ignore"):
        used = {name for seed in range(250) for name, _, _ in program(seed)[0]}
    assert not {*UNARY, *BINARY} - used


def test_a_wrong_rule_is_found(monkeypatch):
    """The check can fail: with a cosine whose derivative is missing programs disagree."""
    monkeypatch.setitem(UNARY, "cos", lambda x, k: xg.cos(xg.stop_gradient(x)))
    monkeypatch.setitem(UNARY, "sin", lambda x, k: xg.sin(xg.stop_gradient(x)))
    assert any(examined(seed) for seed in range(30))


# What fuzzing found ------------------------------------------------------------------------------


def test_a_scalar_is_read_through_several_views():
    """Its cotangents were added up in a NumPy scalar, which cannot be written to."""

    def f(x):
        return xg.sum(x[...] * 2) + xg.sum(x[None] * 3) + xg.sum(x[None, None] * x)

    assert xg.grad(f)(np.asarray(2.0)) == 2 + 3 + 2 * 2.0
    assert xg.hessian(f)(np.asarray(2.0)) == 2.0


def test_a_batch_is_written_to_a_plain_array():
    """The Jacobian of a write to an array that does not depend on the input failed."""

    def f(x):
        y = xg.zeros(3)
        y[1:] = x
        return xg.index_add(y, xg.asarray([0, 0]), x) ** 2

    x = np.asarray([0.5, 2.0])
    np.testing.assert_allclose(xg.jacfwd(f)(x), xg.jacrev(f)(x))
    np.testing.assert_allclose(xg.jacfwd(xg.jacfwd(f))(x), xg.jacrev(xg.jacfwd(f))(x))
