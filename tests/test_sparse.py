# Tests of xgrad/arrays/operators.py, xgrad/ops/sparse.py, xgrad/hooks
"""Products with a sparse matrix on the right."""

import numpy as np
import pytest

import xgrad as xg

sparse = pytest.importorskip("scipy.sparse")
RNG = np.random.default_rng(0)
DENSE = RNG.normal(size=(4, 3)) * (RNG.uniform(size=(4, 3)) > 0.4)
COMPLEX = DENSE + 1j * DENSE[::-1]


@pytest.mark.parametrize("kind", ["csr_array", "csc_array", "coo_array", "csr_matrix", "dia_array"])
@pytest.mark.parametrize("shape", [(4,), (2, 4)])
@pytest.mark.parametrize("dense", [DENSE, COMPLEX])
def test_a_product_has_the_derivatives_of_the_dense_one(kind, shape, dense):
    A = getattr(sparse, kind)(dense)
    x = RNG.normal(size=shape)
    np.testing.assert_allclose((xg.asarray(x) @ A).data, x @ dense)
    xg.testing.check_grads(lambda x: (x**2 @ A) ** 2, (x,), order=2)
    xg.testing.check_grads(lambda x: x @ A, (x + 0.5j * x[::-1],), order=1)


def test_a_sparse_matrix_may_stand_on_the_left():
    A = sparse.csr_array(DENSE.T)
    assert np.allclose(xg.grad(lambda x: xg.sum(A @ x))(np.ones(4)), DENSE.sum(axis=1))
    assert np.allclose(xg.grad(lambda x: xg.sum(x @ A.T))(np.ones(4)), DENSE.sum(axis=1))


def test_a_sparse_matrix_of_another_library_is_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises((xg.errors.MixedBackendError, TypeError), match=r"x @ A|unsupported"):
        xg.grad(lambda x: xg.sum(x @ sparse.csr_array(DENSE)))(torch.ones(4, dtype=torch.float64))


class Foreign:
    """A sparse matrix that, as CuPy's, multiplies raw arrays and leaves others to the right."""

    __array_priority__ = 101

    def __init__(self, matrix):
        self.matrix, self.shape = matrix, matrix.shape

    def tocsr(self):
        return self

    def tocoo(self):
        return self.matrix.tocoo()

    def conj(self, copy=True):
        return Foreign(self.matrix.conj(copy=copy))

    @property
    def T(self):  # noqa: N802 - as it is called there
        return Foreign(self.matrix.T)

    def __matmul__(self, other):
        return self.matrix @ other if type(other) is np.ndarray else NotImplemented

    def dot(self, other):
        return self @ other


@pytest.mark.parametrize("dense", [DENSE, COMPLEX])
@pytest.mark.parametrize("columns", [(), (2,)])
def test_a_matrix_that_leaves_products_to_the_right_is_answered(dense, columns):
    A, x, y = Foreign(sparse.csr_array(dense)), RNG.normal(size=(3, *columns)), xg.asarray
    np.testing.assert_allclose((A @ y(x)).data, dense @ x)
    np.testing.assert_allclose((y(x.T) @ A.T).data, x.T @ dense.T)
    for f in (lambda x: (A @ x**2) ** 2, lambda x: A.dot(x), lambda x: (x.T @ A.T) ** 2):
        xg.testing.check_grads(f, (x,), order=2)
        xg.testing.check_grads(f, (x + 0.5j * x[::-1],), order=1)


@pytest.mark.parametrize("make", [Foreign, lambda A: A])
def test_products_of_many_and_in_programs(make):
    A, xs = make(sparse.csr_array(DENSE)), RNG.normal(size=(5, 3, 2))
    B = make(sparse.csr_array(DENSE.T))
    for f, want in ((lambda x: A @ x, DENSE @ xs), (lambda x: x.T @ B, (DENSE @ xs).mT)):
        np.testing.assert_allclose(xg.vmap(f)(xs), want)
        np.testing.assert_allclose(xg.vmap(f)(xs[..., 0]), (DENSE @ xs)[..., 0])
        np.testing.assert_allclose(xg.jacrev(f)(xs[0]), xg.jacfwd(f)(xs[0]))
        g = xg.grad(lambda x, f=f: xg.sum(f(x) ** 2))
        compiled = xg.compile(g)
        for x in (*xs, *xs):
            np.testing.assert_allclose(compiled(x), g(x))


@pytest.mark.parametrize("shape", [(4,), (4, 3), (2, 3, 1), ()])
def test_shapes_that_do_not_fit_are_said(shape):
    A, x = Foreign(sparse.csr_array(DENSE)), xg.asarray(np.ones(shape))
    with pytest.raises(ValueError, match=r"A @ x: x has the shape .*; expected a vector of length"):
        A @ x
    if len(shape) != 1:
        with pytest.raises(
            ValueError, match=r"x @ A: x has the shape .*4, or a matrix with 4 colu"
        ):
            x @ sparse.csr_array(DENSE) if shape != (2, 3, 1) else x.T @ sparse.csr_array(DENSE)


def test_a_matrix_on_the_left_of_another_library_is_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(xg.errors.MixedBackendError, match=r"A @ x: A is a .*Foreign, and x an arr"):
        Foreign(sparse.csr_array(DENSE)) @ xg.asarray(torch.ones(3, dtype=torch.float64))
