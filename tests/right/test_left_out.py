# Tests of xgrad/engine/contractions.py

"""What is left out does not reach a gradient through a sum of products: engine/contractions.py.

pytorch/pytorch #23156: rows of a data set are missing, and their losses are left out.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.nn import functional

ROWS = 4
CONTRACTIONS = {
    "matmul": lambda x, w: x @ w,
    "matmul on the left": lambda x, w: xg.matrix_transpose(xg.matrix_transpose(w) @ x.T),
    "einsum": lambda x, w: xg.einsum("ni,io->no", x, w),
    "tensordot": lambda x, w: xg.tensordot(x, w, axes=1),
    "inner": lambda x, w: xg.inner(x, w.T),
    "dot": lambda x, w: xg.dot(x, w),
    "matvec": lambda x, w: xg.matvec(x, w[:, 0]),
    "vecdot": lambda x, w: xg.vecdot(x, w[:, 0]),
    "vecmat": lambda x, w: xg.stack([xg.vecmat(row, w) for row in x]),
    "batched": lambda x, w: (x[:, None, :] @ w)[:, 0, :],
    "linear": lambda x, w: functional.linear(x, w.T),
    "conv1d": lambda x, w: functional.conv1d(x[:, None, :], w.T[:, None, :])[..., 0],
    "correlate": lambda x, w: xg.stack([xg.correlate(row, w[:, 0], mode="valid") for row in x]),
    "a product": lambda x, w: xg.sum(x[:, :, None] * w, axis=1),
}
MISSING = np.asarray([False, True, False, True])


def shaped(y):
    return MISSING.reshape(-1, *(1,) * (y.ndim - 1))


LEFT_OUT = {
    "where": lambda y: xg.sum(xg.where(shaped(y), 0.0, y * y)),
    "an index": lambda y: xg.sum(y[::2] ** 2),
    "a mask": lambda y: xg.sum(y[~MISSING] ** 2),
    "nansum": lambda y: xg.nansum(y * y),
    "nanmean": lambda y: xg.nanmean(y * y),
    "nan_to_num": lambda y: xg.sum(xg.nan_to_num(y * y) * ~shaped(y)),
}


def data(bad):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 3))
    x[MISSING] = bad
    return x, rng.normal(size=(3, 2))


def expected_of(f, choice, w):
    """Return the program over the rows that are there, as a function of the weights."""
    x, _ = data(0.0)
    count = (ROWS - MISSING.sum()) / ROWS

    def program(w):
        y = f(x, w)
        y = xg.where(shaped(y), 0.0, y)
        total = xg.sum(y * y)
        return xg.mean(y * y) / count if choice == "nanmean" else total

    return program


@pytest.mark.parametrize("choice", LEFT_OUT)
@pytest.mark.parametrize("name", CONTRACTIONS)
def test_the_weights_know_nothing_of_what_is_missing(name, choice):
    f = CONTRACTIONS[name]
    for bad in (np.nan, np.inf) if choice in ("where", "an index", "a mask") else (np.nan,):
        x, w = data(bad)
        with np.errstate(all="ignore"):
            program = lambda w, x=x: LEFT_OUT[choice](f(x, w))  # noqa: E731 - one use
            expected = expected_of(f, choice, w)
            close = {"rtol": 1e-10, "atol": 1e-12, "err_msg": f"{bad}"}
            np.testing.assert_allclose(xg.grad(program)(w), xg.grad(expected)(w), **close)
            np.testing.assert_allclose(xg.jacfwd(program)(w), xg.grad(expected)(w), **close)
            second = xg.hessian(expected)(w)
            np.testing.assert_allclose(xg.jacrev(xg.grad(program))(w), second, **close)
            np.testing.assert_allclose(xg.jacfwd(xg.grad(program))(w), second, **close)


def test_what_is_used_and_not_finite_is_not_hidden():
    x, w = data(np.nan)
    with np.errstate(all="ignore"):
        for f in (xg.relu, lambda y: xg.clip(y, -9.0, 9.0), lambda y: xg.clip(y, w[0], 9.0)):
            g = xg.grad(lambda w, f=f: xg.sum(f(x @ w + 1.0)[:2] ** 2))(w)
            assert np.isnan(g).all()
        g = xg.grad(lambda x: xg.sum((x @ w)[:2] ** 2))(x)
    np.testing.assert_array_equal(np.isnan(g).all(axis=1), [False, True, False, False])
    np.testing.assert_array_equal(g[2:], 0.0)
