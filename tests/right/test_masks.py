"""What a mask leaves out has no influence: the programs of the threads, in all modes and orders."""

import numpy as np
import pytest

import xgrad as xg
from benchmarks.masked import TABLE

SECOND = {
    "forward over reverse": lambda f: xg.jacfwd(xg.grad(f)),
    "reverse over reverse": lambda f: xg.jacrev(xg.grad(f)),
    "reverse over forward": lambda f: xg.jacrev(xg.jacfwd(f)),
    "forward over forward": lambda f: xg.jacfwd(xg.jacfwd(f)),
}
programs = pytest.mark.parametrize("program", TABLE, ids=lambda program: program.name)


@pytest.mark.usefixtures("quiet")
@programs
def test_first_derivatives(computing, program):
    expected, _ = program.derivatives()
    x = computing.raw(np.asarray(program.x))
    with xg.use_backend(computing.backend.name, computing.device):
        reverse = xg.grad(lambda x: program.f(xg, x))(x)
        forward = xg.jacfwd(lambda x: program.f(xg, x))(x)
    for found in (reverse, forward):
        np.testing.assert_allclose(computing.numpy(found), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("modes", SECOND)
@programs
def test_second_derivatives(computing, program, modes):
    _, expected = program.derivatives()
    x = computing.raw(np.asarray(program.x))
    with xg.use_backend(computing.backend.name, computing.device):
        found = computing.numpy(SECOND[modes](lambda x: program.f(xg, x))(x))
    assert np.isfinite(found).all()
    if program.orders == 2 and not program.loses:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("modes", SECOND)
def test_the_square_of_a_norm_has_a_hessian_when_it_is_written_as_a_sum(modes):
    """The norm itself has no second derivative at 0: the chain rule gives 0 for its square."""
    x = np.zeros(2)
    norm, square = xg.linalg.vector_norm, lambda x: xg.sum(x * x)
    np.testing.assert_array_equal(SECOND[modes](lambda x: norm(x) ** 2)(x), np.zeros((2, 2)))
    np.testing.assert_array_equal(SECOND[modes](square)(x), 2 * np.eye(2))
