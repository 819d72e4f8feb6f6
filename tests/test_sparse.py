# Tests of xgrad/arrays/operators.py, xgrad/hooks
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


def test_a_sparse_matrix_on_the_left_names_the_way_out():
    A = sparse.csr_array(DENSE.T)
    with pytest.raises(xg.errors.TracedConversionError, match=r"use x @ A\.T for A @ x"):
        xg.grad(lambda x: xg.sum(A @ x))(np.ones(4))
    assert np.allclose(xg.grad(lambda x: xg.sum(x @ A.T))(np.ones(4)), DENSE.sum(axis=1))


def test_a_sparse_matrix_of_another_library_is_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises((xg.errors.MixedBackendError, TypeError), match=r"x @ A|unsupported"):
        xg.grad(lambda x: xg.sum(x @ sparse.csr_array(DENSE)))(torch.ones(4, dtype=torch.float64))
