# Tests of xgrad/compiling, xgrad/transforms/vmap.py
"""`vmap` inside and around compiled functions."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg

draw = np.random.default_rng(0)
W, X, A = draw.normal(size=(3, 2)), draw.normal(size=(5, 3)), draw.normal(size=(5, 3, 3))


def loss(w, x):
    return xg.sum(xg.tanh(x @ w) ** 2) + xg.max(x)


PROGRAMS = {
    "values": lambda w, x, a: xg.vmap(loss, (None, 0))(w, x),
    "gradients of each": lambda w, x, a: xg.vmap(xg.grad(loss), (None, 0))(w, x),
    "a gradient of all": lambda w, x, a: xg.grad(lambda w: xg.mean(xg.vmap(loss, (None, 0))(w, x)))(
        w
    ),
    "solves": lambda w, x, a: xg.vmap(xg.linalg.solve)(a, x),
    "a Hessian of each": lambda w, x, a: xg.vmap(xg.hessian(lambda x: loss(w, x)))(x),
    "writes": lambda w, x, a: xg.vmap(_writes)(x),
    "sorted and chosen": lambda w, x, a: xg.vmap(
        lambda v: xg.sort(xg.where(v > 0, v, v * 2))[::-1]
    )(x),
}


def _writes(x):
    y = xg.zeros(4) * x[0]
    y[1:] = x * 2
    y[0] = x[2]
    return y


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_vmap_inside(name, engine):
    f = PROGRAMS[name]
    compiled = xg.compile(f, engine=engine)
    for k in (1.0, 1.0, -0.6, 1.0):
        args = [xg.asarray(k * v) for v in (W, X, A)]
        want, got = f(*args).data, compiled(*args).data
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    assert compiled.stats["traces"] == 1


def test_vmap_around():
    f = xg.compile(loss)
    np.testing.assert_array_equal(xg.vmap(f, (None, 0))(W, X), xg.vmap(loss, (None, 0))(W, X))


def test_vmap_of_a_loaded_program(tmp_path):
    pytest.importorskip("safetensors")
    xg.compile(loss).lower(W, X[0]).save(tmp_path / "p.safetensors")
    f = xg.programs.load(tmp_path / "p.safetensors")
    want = xg.vmap(xg.grad(loss), (None, 0))(W, X)
    np.testing.assert_allclose(xg.vmap(xg.grad(f), (None, 0))(W, X), want, rtol=1e-13)


POINTS = draw.normal(size=(4, 2))
OF_XGRAD = xg.asarray(POINTS)
OF_OUTSIDE = {
    "examples": lambda w: xg.vmap(lambda p: xg.sum(xg.tanh(p @ w)))(POINTS),
    "of xgrad": lambda w: xg.vmap(lambda p: xg.tanh(p @ w))(OF_XGRAD),
    "beside them": lambda w: xg.vmap(lambda column: xg.tanh(POINTS @ column))(w.T),
    "derivatives": lambda w: xg.vmap(xg.grad(lambda p: xg.sum(xg.tanh(p @ w))))(POINTS),
    "curvatures": lambda w: xg.vmap(xg.hessian(lambda p: xg.sum(xg.tanh(p @ w))))(POINTS),
}


@pytest.mark.parametrize("name", OF_OUTSIDE)
def test_arrays_of_outside(name):
    """Collocation points are captured; what is recorded are the weights."""
    f, w = OF_OUTSIDE[name], draw.normal(size=(2, 3))
    for g in (f, xg.grad(lambda w: xg.sum(f(w) ** 2))):
        compiled = xg.compile(g)
        for scale in (1.0, 2.0):
            np.testing.assert_allclose(compiled(scale * w), g(scale * w), rtol=1e-12)
