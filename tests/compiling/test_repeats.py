# Tests of xgrad/compiling/repeats.py
"""Loops of Python whose rounds are equal become loops of the program, and no bit changes."""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.compiling import engines, entry
from xgrad.compiling.replay import Source
from xgrad.compiling.toolchain import compiler

pytestmark = pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")
ROUNDS = 14
X = np.linspace(-0.9, 1.1, 12).reshape(4, 3)
W = np.asarray([[0.5, -0.3, 0.1], [0.2, 0.4, -0.6], [-0.1, 0.3, 0.2]])
XS = np.linspace(-1.0, 1.0, ROUNDS * 3).reshape(ROUNDS, 3)


def recurrence(x, w, xs):
    for _ in range(ROUNDS):
        x = xg.tanh(x @ w)
    return xg.sum(x * x)


def reads(x, w, xs):
    for t in range(ROUNDS):
        x = xg.sin(x @ w + xs[t])
    return xg.sum(x)


def reads_backwards(x, w, xs):
    for t in reversed(range(ROUNDS)):
        x = xg.sin(x @ w + xs[t, :])
    return xg.sum(x)


def results(x, w, xs):
    found = []
    for t in range(ROUNDS):
        x = xg.tanh(x @ w + xs[t])
        found.append(xg.sum(x, axis=0))
    return xg.sum(xg.stack(found) ** 2) + xg.sum(found[3]) * xg.sum(x)


def two_back(x, w, xs):
    """A wave: the step reads the last state and the one before, and parts of both."""
    old, u = x, x * 0.5
    for _ in range(ROUNDS):
        new = xg.zeros((4, 3))
        middle = u[1:-1, 1:-1]
        new[1:-1, 1:-1] = 2 * middle - old[1:-1, 1:-1] + w[:2, :1] * (u[2:, 1:-1] - u[:-2, 1:-1])
        old, u = u, new + u * 0.1
    return xg.sum(u * u)


def gates(x, w, xs):
    h, c = x, x * 0
    for t in range(ROUNDS):
        z = xg.concat([h @ w, h + xs[t]], axis=1)
        c = xg.sigmoid(z[:, :3]) * c + xg.tanh(z[:, 3:])
        h = xg.sigmoid(z[:, 1:4]) * xg.tanh(c)
    return xg.sum(h)


def numbers(x, w, xs):
    a = x[0, 0]
    for t in range(ROUNDS):
        a = xg.sin(a) * 1.1 + xs[t, 1]
    return a


def rounds_within_rounds(x, w, xs):
    for t in range(ROUNDS):
        for _ in range(3):
            x = xg.sin(x) * 0.9
        x = x @ w + xs[t]
    return xg.sum(x)


def transposed(x, w, xs):
    y = x.T
    for _ in range(ROUNDS):
        y = xg.cos(w @ y)
    return xg.sum(y * x.T)


LOOPS = {
    f.__name__: f
    for f in (
        *(recurrence, reads, reads_backwards, results, two_back),
        *(gates, numbers, rounds_within_rounds, transposed),
    )
}
ARGS = X, W, XS
OTHERS = tuple(0.7 * x - 0.1 for x in ARGS)
MAKERS = {
    "value": lambda f: lambda *xs: f(*map(xg.asarray, xs)),
    "gradient": lambda f: xg.grad(f, (0, 1, 2)),
    "tangent": lambda f: lambda *xs: xg.jvp(f, xs, OTHERS)[1],
    "second": lambda f: xg.grad(
        lambda *xs: sum(xg.sum(g * g) for g in xg.grad(f, (0, 1, 2))(*xs)), (0, 1)
    ),
}


def loops_of(program):
    return [e for e in program.equations if e.path == "loop.scan"]


def leaves(out):
    return [np.asarray(v.data if isinstance(v, xg.Array) else v) for v in xg.tree.leaves(out)]


@pytest.fixture
def long(monkeypatch):
    """Return a function that says from how many equations on programs are rolled."""
    return lambda n: monkeypatch.setattr(entry, "LONG", n)


@pytest.mark.parametrize("way", MAKERS)
@pytest.mark.parametrize("name", LOOPS)
def test_equal_rounds_are_a_loop_and_no_bit_changes(name, way, long):
    f = MAKERS[way](LOOPS[name])
    one_by_one, rolled = xg.compile(f), xg.compile(f)
    one_by_one(*ARGS)
    long(10)
    rolled(*ARGS)
    program = rolled.lower(*ARGS).after
    assert loops_of(program) or (name, way) in LEFT
    for args in (ARGS, OTHERS, ARGS):
        for a, b in zip(leaves(one_by_one(*args)), leaves(rolled(*args)), strict=True):
            np.testing.assert_array_equal(a, b)


LEFT = frozenset({("recurrence", "tangent")})
"""Loops that stay as they are: views of copies go from round to round."""


@pytest.mark.parametrize("name", LOOPS)
def test_buffers_that_nobody_reads_may_hold_anything(name, long, monkeypatch):
    def poisoned(p, donated, **options):
        return Source(p, donated=donated, poison=True, block=2, **options)

    monkeypatch.setitem(engines.ENGINES, "poisoned", poisoned)
    f = MAKERS["gradient"](LOOPS[name])
    want = xg.compile(f)
    want(*ARGS)
    long(10)
    got = xg.compile(f, engine="poisoned")
    for args in (ARGS, OTHERS, ARGS):
        for a, b in zip(leaves(want(*args)), leaves(got(*args)), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_other_engines_run_the_loops_too(engine, long, request):
    if engine == "jax":
        jax = pytest.importorskip("jax")
        before = jax.config.jax_enable_x64
        jax.config.update("jax_enable_x64", True)
        request.addfinalizer(lambda: jax.config.update("jax_enable_x64", before))
    elif compiler() is None:
        pytest.skip("no C compiler")
    long(10)
    f = MAKERS["gradient"](gates)
    got = xg.compile(f, engine=engine)
    assert loops_of(got.lower(*ARGS).after)
    for args in (ARGS, OTHERS):
        for a, b in zip(leaves(f(*args)), leaves(got(*args)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


def test_a_loop_with_another_round_in_it_is_not_rolled_over_it(long):
    def f(x, w, xs):
        for t in range(2 * ROUNDS):
            x = xg.sin(x) if t != ROUNDS else xg.cos(x)
        return xg.sum(x)

    long(10)
    g = xg.compile(f)
    assert [e.function.count for e in loops_of(g.lower(*ARGS).after)] == [13, 12]
    for args in (ARGS, OTHERS):
        np.testing.assert_array_equal(*map(leaves, (f(*map(xg.asarray, args)), g(*args))))


def test_effects_stay_one_by_one(long):
    def f(rng, x):
        for _ in range(ROUNDS):
            x = xg.sin(x) + rng.normal(size=3)
        return x

    one, two = xg.random.default_rng(3), xg.random.default_rng(3)
    long(10)
    g = xg.compile(lambda x: f(one, x))
    for _ in range(3):
        np.testing.assert_array_equal(*map(leaves, (f(two, xg.asarray(X)), g(X))))
    assert not loops_of(g.lower(X).after)


def test_a_program_with_loops_is_saved(long, tmp_path):
    long(10)
    g = xg.compile(MAKERS["gradient"](gates))
    g.lower(*ARGS).save(tmp_path / "g.safetensors")
    loaded = xg.programs.load(tmp_path / "g.safetensors")
    for a, b in zip(leaves(g(*OTHERS)), leaves(loaded(*OTHERS)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_the_length_does_not_matter_to_the_plan(long):
    def f(x, w, xs):
        for t in range(xs.shape[0]):
            x = xg.tanh(x @ w + xs[t])
        return xg.sum(x)

    long(10)
    g = xg.compile(xg.grad(f, (0, 1)))
    short, far = (len(g.lower(X, W, np.resize(XS, (n, 3))).after) for n in (40, 80))
    assert short == far < 60
