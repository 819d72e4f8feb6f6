# Tests of xgrad/hooks/autoray.py
"""autoray, cotengra and quimb on an `Array`, with nothing registered by the user."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg

ar = pytest.importorskip("autoray")

X = np.arange(1.0, 7.0).reshape(2, 3)
PROGRAMS = {
    "sum": (lambda x: ar.do("sum", x**2), 2 * X),
    "tensordot": (lambda x: ar.do("tensordot", x, x, 2), 2 * X),
    "linalg.norm": (lambda x: ar.do("linalg.norm", x) ** 2, 2 * X),
    "linalg.svd": (lambda x: ar.do("sum", ar.do("linalg.svd", x)[1] ** 2), 2 * X),
    "concatenate": (lambda x: ar.do("sum", ar.do("concatenate", (x, x), axis=0) ** 2), 4 * X),
    "array(like=)": (lambda x: ar.do("sum", ar.do("array", [1.0, 2.0, 3.0], like=x) * x), None),
    "namespace": (lambda x: ar.numpy.sum(ar.numpy.multiply(x, x)), 2 * X),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions_are_found(name: str) -> None:
    f, expected = PROGRAMS[name]
    expected = np.broadcast_to([1.0, 2.0, 3.0], X.shape) if expected is None else expected
    np.testing.assert_allclose(xg.grad(f)(X), expected)


def test_cotengra_contracts() -> None:
    ctg = pytest.importorskip("cotengra")
    g = xg.grad(lambda x: ctg.einsum("ij,kj,kl->", x, x, x))(X)
    np.testing.assert_allclose(g, xg.grad(lambda x: xg.einsum("ij,kj,kl->", x, x, x))(X))


def test_norms_of_quimb() -> None:
    qtn = pytest.importorskip("quimb.tensor")
    g = xg.grad(lambda x: qtn.Tensor(x, inds=("a", "b")).norm() ** 2)(X)
    np.testing.assert_allclose(g, 2 * X)

    def overlap(x):
        state = qtn.MatrixProductState([x[:, :2], xg.stack([x[:, :2], x[:, 1:]]), x[:, 1:]])
        return state.norm() ** 2

    h = 1e-6
    step = np.zeros_like(X)
    step[0, 1] = h
    slope = (overlap(xg.asarray(X + step)) - overlap(xg.asarray(X - step))) / (2 * h)
    np.testing.assert_allclose(xg.grad(overlap)(X)[0, 1], float(slope), rtol=1e-6)
