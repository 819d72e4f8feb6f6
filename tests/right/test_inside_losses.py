# Tests of xgrad/engine/record.py, xgrad/engine/walks.py
"""A derivative inside a loss: all that its transform gives is a value like any other.

An auxiliary result may depend on the outer argument, as an energy that stands beside its forces.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg

X, W = np.ones(3), np.asarray([1.0, 2.0, 3.0])


def energy(x, w):
    y = xg.sin(x * w)
    return xg.sum(y), {"y": y, "x": x, "n": 3}


def forces(w):
    """Stand for the gradient, where another part of what a transform gives is looked at."""
    return w * xg.cos(X * w)


INNER = {
    "grad": lambda w: xg.grad(energy, has_aux=True)(X, w),
    "grad, captured": lambda w: xg.grad(lambda x: energy(x, w), has_aux=True)(X),
    "grad, by name": lambda w: xg.grad(lambda x, w: energy(x, w), has_aux=True)(X, w=w),
    "grad at what depends on it": lambda w: xg.grad(energy, has_aux=True)(X * w / w, w),
    "value_and_grad": lambda w: xg.value_and_grad(energy, has_aux=True)(X, w)[::-1],
    "vjp": lambda w: xg.vjp(lambda x: energy(x, w), X, has_aux=True)[1:],
    "jacrev": lambda w: xg.jacrev(energy, has_aux=True)(X, w),
    "jacfwd": lambda w: xg.jacfwd(energy, has_aux=True)(X, w),
    "hessian": lambda w: (forces(w), xg.hessian(energy, has_aux=True)(X, w)[1]),
    "jvp": lambda w: (forces(w), xg.jvp(lambda x: energy(x, w), (X,), (X,), has_aux=True)[2]),
    "linearize": lambda w: (forces(w), xg.linearize(lambda x: energy(x, w), X, has_aux=True)[2]),
}


def parts(found):
    """Return the forces, and what stands beside them, of what a transform gave."""
    first, second = found
    if callable(first):
        return first(1.0)[0], second
    return first, second[1] if isinstance(second, tuple) else second


@pytest.mark.parametrize("name", INNER)
def test_auxiliary_results_depend_on_the_outer_argument(name):
    def loss(w):
        f, aux = parts(INNER[name](w))
        return xg.sum(f**2) + xg.sum(aux["y"] ** 2)

    c, s = np.cos(W), np.sin(W)
    true = 2 * W * c * (c - W * s) + 2 * s * c
    for found in (xg.grad(loss)(W), xg.jacfwd(loss)(W), xg.compile(xg.grad(loss))(W)):
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, true)


@pytest.mark.parametrize("name", INNER)
def test_and_are_raw_where_nobody_watches(name):
    kinds = []

    def loss(v):
        kinds.append([type(x) for x in xg.tree.leaves(parts(INNER[name](W))[1])])
        return xg.sum(v * v)

    xg.grad(loss)(W)
    loss(W)
    assert kinds == [[int, np.ndarray, np.ndarray]] * 2


def test_what_is_raw_stays_raw_through_a_checkpoint():
    """As through every rule of one's own: a loop on raw arrays keeps nothing on a tape."""
    found = xg.checkpoint(lambda x: {"a": x * 2.0, "b": xg.grad(lambda x: xg.sum(x**3))(x)})(X)
    assert {type(x) for x in found.values()} == {np.ndarray}
    assert isinstance(xg.checkpoint(xg.sin)(xg.asarray(X)), xg.Array)
