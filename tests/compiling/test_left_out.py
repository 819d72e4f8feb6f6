# Tests of xgrad/compiling/mended.py, xgrad/compiling/mending.py, xgrad/engine/unused.py
"""What is left out reaches no gradient of a program either: it is that of eager code."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from tests.right.left_out import MISSING, PROGRAMS, WEIGHTS, X
from xgrad.compiling import Compiled
from xgrad.compiling.toolchain import compiler
from xgrad.nn import functional

NAMES = [
    *("matmul", "matmul batched both", "einsum3", "tensordot", "linear", "conv1d", "convolve"),
    *("solve", "solve data rhs", "inv", "softmax", "var", "cumulative_prod", "fft.fft"),
    *("attention", "vmap", "checkpoint", "twice", "from both sides", "cholesky, multiplied"),
]


def _direction(w):
    return xg.tree.map(lambda x: np.cos(np.arange(1.0, 1.0 + np.size(x))).reshape(np.shape(x)), w)


TRANSFORMS = {
    "reverse": xg.grad,
    "forward": xg.jacfwd,
    "forward over reverse": lambda f: xg.jacfwd(xg.grad(f)),
    "reverse over reverse": lambda f: xg.jacrev(xg.grad(f)),
    "along a direction": lambda f: lambda w: xg.jvp(f, (w,), (_direction(w),))[1],
    "of a Hessian along one": lambda f: lambda w: xg.hvp(f, w, _direction(w)),
    "of its gradient's norm": lambda f: xg.grad(lambda w: xg.sum(xg.grad(f)(w) ** 2)),
}
CHOICES = {
    "where": lambda y: xg.sum(xg.where(MISSING.reshape(-1, *(1,) * (y.ndim - 1)), 0.0, y) ** 2),
    "an index": lambda y: xg.sum(y[::2] ** 2),
    "nan_to_num": lambda y: xg.sum(xg.nan_to_num(y * y, posinf=0.0, neginf=0.0)),
}


def of_weights(name, transform, choice="where"):
    f, leave_out, make = PROGRAMS[name], CHOICES[choice], TRANSFORMS[transform]
    return lambda w, x: make(lambda w: leave_out(f(x, w)))(w)


def holed(bad):
    return np.where(MISSING[:, None], bad, X)


def same(got, want, what=""):
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13, err_msg=what)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_recorded_on_whole_data_and_run_on_data_with_holes(name):
    for transform in TRANSFORMS:
        f = of_weights(name, transform)
        g = xg.compile(f)
        whole = g(WEIGHTS, X)
        assert np.isfinite(whole).all()
        same(g(WEIGHTS, 2 * X), f(WEIGHTS, 2 * X), transform)
        for bad in (np.nan, np.inf):
            same(g(WEIGHTS, holed(bad)), whole, f"{transform}, {bad}")
        same(g(WEIGHTS, X), whole, f"{transform}, afterwards")
        assert g.stats["traces"] == 1


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("choice", CHOICES)
def test_a_program_is_recorded_on_data_with_holes(choice):
    for name in ("matmul", "solve", "softmax"):
        f = of_weights(name, "reverse", choice)
        g = xg.compile(f)
        for x in (holed(np.nan), X, holed(np.nan)):
            same(g(WEIGHTS, x), f(WEIGHTS, x), f"{choice}, {name}")


@pytest.mark.usefixtures("quiet")
def test_what_is_used_and_not_finite_is_not_hidden():
    def used(w, x):
        return xg.grad(lambda w: xg.sum((x @ w)[1:] ** 2))(w)

    g = xg.compile(used)
    g(WEIGHTS, X)
    assert np.isnan(g(WEIGHTS, holed(np.nan))).all()


@pytest.mark.usefixtures("quiet")
def test_on_every_place(computing):
    def f(w, x):
        return xg.grad(lambda w: xg.sum(xg.where(mask, xg.tanh(x @ w), 0.0) ** 2))(w)

    with xg.use_backend(computing.backend.name, computing.device):
        mask = xg.asarray(computing.raw(~MISSING[:, None]))
        w, g = xg.asarray(computing.raw(WEIGHTS)), xg.compile(f)
        for x in (X, holed(np.nan), holed(np.inf)):
            data = xg.asarray(computing.raw(x))
            got, want = g(w, data), f(w, data)
            same(computing.numpy(got), computing.numpy(want))
            if computing.backend.on_host(data.data):  # devices are plain: docs/right.md
                assert np.isfinite(computing.numpy(got)).all()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("engine", ["native", "jax"])
def test_on_every_engine(engine):
    if engine == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
    elif compiler() is None:
        pytest.skip("there is no compiler")
    f = of_weights("matmul", "reverse")
    g = xg.compile(f, engine=engine)
    for x in (X, holed(np.nan)):
        same(g(WEIGHTS, x), f(WEIGHTS, x))


def test_only_behind_what_leaves_something_out():
    def steps(f):
        after = xg.compile(xg.grad(f)).lower(WEIGHTS, X).after
        return {equation.name for equation in after.equations}

    assert "if_nan" not in steps(lambda w, x: xg.sum(xg.tanh(x @ w) ** 2))
    assert "if_nan" in steps(lambda w, x: xg.sum(functional.relu(x @ w) ** 2))


@pytest.mark.usefixtures("quiet")
def test_in_a_file_and_in_a_loop(tmp_path):
    f = of_weights("matmul", "reverse")
    xg.compile(f).lower(WEIGHTS, X).save(tmp_path / "slope")
    g = xg.programs.load(tmp_path / "slope")
    x = holed(np.nan)
    same(g(WEIGHTS, x), f(WEIGHTS, x))
    again = xg.compile(lambda w, x: 2 * g(w, x))
    same(again(WEIGHTS, x), 2 * f(WEIGHTS, x))
    same(xg.jacfwd(g)(WEIGHTS, x), xg.jacfwd(f)(WEIGHTS, x))

    def rounds(w, x):
        def loss(w):
            y = xg.scan(lambda c, row: (c + row @ w, row @ w), xg.zeros(2), x)[1]
            return CHOICES["where"](y)

        return xg.grad(loss)(w)

    compiled = xg.compile(rounds)
    assert isinstance(compiled, Compiled)
    for x in (X, holed(np.nan)):
        same(compiled(WEIGHTS, x), rounds(WEIGHTS, x))


def written(w, c):
    y = w * 1.0
    y[:2] = c[:2]
    return y


FILLED = {
    "where": lambda w, c: xg.where(np.arange(5) < 2, c, w),
    "concat": lambda w, c: xg.concat([c[:2], w]),
    "stack": lambda w, c: xg.stack([c, w]),
    "a write": written,
    "clip": lambda w, c: xg.clip(w - 100.0, c, 10.0),
    "maximum": lambda w, c: xg.maximum(w - 100.0, c),
    "pad": lambda w, c: (
        xg.pad(w, 1) + xg.pad(c, 1, constant_values=1.0)[::-1] * 0.0 + xg.pad(c * 0.0, 1)
    ),
    "tril": lambda w, c: xg.tril(xg.stack([w, w])) + xg.stack([c * 0.0, c * 0.0]),
}
"""Arrays with entries that come from a constant."""

STEEP = {
    "sqrt": (xg.sqrt, 0.0),
    "log": (lambda y: xg.exp(xg.log(y)), 0.0),
    "power": (lambda y: y**0.3, 0.0),
    "asin": (lambda y: xg.asin(y / 4.0), 4.0),
    "tanh of exp": (lambda y: xg.tanh(xg.exp(y)), 800.0),
}
"""Functions, and where their derivative is infinite, or infinite on the way."""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("steep", STEEP)
@pytest.mark.parametrize("filled", FILLED)
def test_what_is_filled_in_is_steep_in_a_later_run(filled, steep):
    g, place = STEEP[steep]
    fill, w = FILLED[filled], np.linspace(0.5, 1.5, 5)
    for name in ("along a direction", "of a Hessian along one", "reverse", "forward"):
        make = TRANSFORMS[name]

        def f(w, c, make=make):
            return make(lambda w: xg.sum(g(fill(w, c)) ** 2))(w)

        compiled = xg.compile(f)
        for c in (np.full(5, 0.7), np.full(5, place), np.full(5, 0.7)):
            same(compiled(w, c), f(w, c), f"{name}, {c[0]}")
        assert compiled.stats["traces"] == 1
