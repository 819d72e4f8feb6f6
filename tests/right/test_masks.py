# Tests of xgrad/engine, xgrad/ops/choosing.py, xgrad/ops/elementwise
"""What a mask leaves out has no influence: the programs of the threads, in all modes and orders."""

import numpy as np
import pytest

import xgrad as xg
from benchmarks.masked import TABLE
from tests.tables import over

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
@programs
@over("modes", SECOND)
def test_second_derivatives(computing, program, modes):
    _, expected = program.derivatives()
    x = computing.raw(np.asarray(program.x))
    with xg.use_backend(computing.backend.name, computing.device):
        found = computing.numpy(SECOND[modes](lambda x: program.f(xg, x))(x))
    assert np.isfinite(found).all()
    if program.orders == 2:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@over("modes", SECOND)
@over("kind", ["bool", "uint8", "int64"])
def test_a_mask_may_be_a_factor(modes, kind):
    mask, x = np.asarray([1, 0, 1]).astype(kind), np.asarray([1.0, 2.0, 3.0])
    found = SECOND[modes](lambda x: xg.sum(x[:] ** 3 * mask))(x)
    np.testing.assert_allclose(found, np.diag(6 * x * mask), rtol=1e-15)


def modulus_and_its_square(x):
    z = xg.add(x[:, 0], xg.multiply(1j, x[:, 1]))
    return xg.abs(z), x[:, 0] * x[:, 0] + x[:, 1] * x[:, 1]


ROOTS = {
    "vector_norm": lambda x: (xg.linalg.vector_norm(x), xg.sum(x * x)),
    "vector_norm, axis": lambda x: (xg.linalg.vector_norm(x, axis=1), xg.sum(x * x, axis=1)),
    "vector_norm, keepdims": lambda x: (
        xg.linalg.vector_norm(x, axis=0, keepdims=True),
        xg.sum(x * x, axis=0, keepdims=True),
    ),
    "matrix_norm": lambda x: (xg.linalg.matrix_norm(x), xg.sum(x * x)),
    "sqrt": lambda x: (xg.sqrt(xg.sum(x * x, axis=1)), xg.sum(x * x, axis=1)),
    "abs": lambda x: (xg.abs(x), x * x),
    "abs of complex": modulus_and_its_square,
    "hypot": lambda x: (xg.hypot(x[:, 0], x[:, 1]), xg.sum(x * x, axis=1)),
    "hypot, of one": lambda x: (xg.hypot(x[:, :1], xg.zeros((1, 3))), x[:, :1] ** 2 + xg.zeros(3)),
    "hypot, beside a number": lambda x: (xg.hypot(0.0, x), x * x),
    "std": lambda x: (xg.std(x, axis=0, correction=1), xg.var(x, axis=0, correction=1)),
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("root", ROOTS)
@over("square", [lambda y: y**2, lambda y: y**2.0, lambda y: y * y, xg.square])
@over("modes", SECOND)
def test_the_square_of_a_root_is_smooth(computing, root, modes, square):
    """Where the root is 0 the chain rule gives 0, or NaN; one row is not 0, for comparison."""
    x = computing.raw(np.asarray([[0.0, 0.0], [0.0, 0.0], [0.3, -0.4]]))
    weights = [0.5, 2.0, -1.0]

    def weighted(y):
        y = xg.concat([xg.reshape(xg.exp(-y), (-1,)), xg.zeros(3)])[:3]
        return xg.sum(y * xg.asarray(weights, dtype=y.dtype))

    with xg.use_backend(computing.backend.name, computing.device):
        for derivative in (xg.grad, xg.jacfwd, SECOND[modes]):
            found = derivative(lambda x: weighted(square(ROOTS[root](x)[0])))(x)
            expected = derivative(lambda x: weighted(ROOTS[root](x)[1]))(x)
            np.testing.assert_allclose(
                computing.numpy(found), computing.numpy(expected), rtol=1e-14, atol=1e-15
            )


@pytest.mark.parametrize("root", ROOTS)
def test_the_square_of_a_root_has_the_same_bits_on_the_tape(root):
    x = np.random.default_rng(0).normal(size=(3, 2))
    for square in (lambda y: y**2, lambda y: y * y, xg.square):
        taped, _ = xg.vjp(lambda x: square(ROOTS[root](x)[0]), x)  # noqa: B023 - called at once
        np.testing.assert_array_equal(taped, square(ROOTS[root](xg.asarray(x))[0]).data)
