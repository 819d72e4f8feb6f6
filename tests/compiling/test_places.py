# Tests of xgrad/compiling
"""Programs on other libraries than NumPy: their own functions, one after the other."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg


def step(w, x):
    def loss(w):
        h = xg.tanh(x @ w)
        y = xg.zeros_like(h)
        y[1:] = h[:-1] * 2
        return xg.mean((y + h) ** 2) + xg.sum(xg.where(w > 0, xg.sqrt(w), 0.0))

    return xg.value_and_grad(loss)(w)


FUNCTIONS = {
    "step": step,
    "hessian": lambda w, x: xg.hessian(lambda w: xg.sum(xg.sin(x @ w) ** 3))(w),
    "solve": lambda w, x: xg.linalg.solve(x.mT @ x + xg.asarray(np.eye(3)), w),
    "scan": lambda w, x: xg.grad(
        lambda w: xg.sum(xg.scan(lambda c, r: (xg.sin(c * w + r), c), w, x)[0])
    )(w),
    "creation": lambda w, x: (xg.zeros(3) + w, xg.arange(4), w * np.float64(2.0)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_replay_gives_what_eager_code_gives(computing, name):
    f = FUNCTIONS[name]
    draw = np.random.default_rng(0)
    compiled = xg.compile(f)
    with np.errstate(all="ignore"), xg.use_backend(computing.backend.name, computing.device):
        for k in (1.0, 1.0, -0.5, 2.0):
            w = xg.asarray(computing.raw(k * np.asarray([0.4, -0.3, 0.8])))
            x = xg.asarray(computing.raw(k * draw.normal(size=(5, 3))))
            want, got = xg.tree.leaves(f(w, x)), xg.tree.leaves(compiled(w, x))
            for a, b in zip(want, got, strict=True):
                assert (a.backend, str(a.device), a.dtype) == (b.backend, str(b.device), b.dtype)
                np.testing.assert_allclose(
                    computing.numpy(a), computing.numpy(b), rtol=1e-12, atol=1e-13
                )
    assert compiled.stats["traces"] == 1
