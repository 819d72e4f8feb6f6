# Tests of xgrad/compiling/loops.py, xgrad/compiling/rolled.py, xgrad/compiling/schedules.py
"""Loops that carry something along: eager, rolled in a program, with a schedule, at every order."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import xgrad as xg

N = 7
XS = np.linspace(-1.0, 1.0, N * 3).reshape(N, 3)
W = np.asarray([[0.5, -0.3, 0.1], [0.2, 0.4, -0.6], [-0.1, 0.3, 0.2]])


def python_loop(step, carry, xs=None, length=None):
    found = []
    for t in range(length if xs is None else xs.shape[0]):
        carry, y = step(carry, None if xs is None else xs[t])
        found.append(y)
    return carry, None if found[0] is None else xg.stack(found)


def recurrent(loop):
    """Return a loss of all: captured weights, start, sequence, results."""

    def f(w, h, xs):
        def step(h, x):
            h = xg.tanh(x @ w + h)
            return h, xg.sum(h * h)

        h, ys = loop(step, h, xs)
        return xg.sum(h) + xg.sum(ys * ys)

    return f


ARGS = (W, np.asarray([0.1, 0.2, 0.3]), XS)
OTHERS = tuple(0.7 * x - 0.1 for x in ARGS)


def near(a, b, rtol=1e-12):
    for x, y in zip(xg.tree.leaves(a), xg.tree.leaves(b), strict=True):
        got, want = (v.data if isinstance(v, xg.Array) else v for v in (x, y))
        np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-13)


MAKERS = {
    "value": lambda f: lambda *xs: f(*map(xg.asarray, xs)),
    "gradient": lambda f: xg.grad(f, (0, 1, 2)),
    "one argument": lambda f: xg.grad(f, 1),
    "tangent": lambda f: lambda *xs: xg.jvp(f, xs, OTHERS)[1],
    "forward over reverse": lambda f: lambda *xs: xg.jvp(xg.grad(f, (0, 1, 2)), xs, OTHERS)[1],
    "reverse over reverse": lambda f: xg.grad(
        lambda *xs: sum(xg.sum(g * g) for g in xg.grad(f, (0, 1, 2))(*xs)), (0, 1, 2)
    ),
    "reverse over forward": lambda f: xg.grad(lambda *xs: xg.jvp(f, xs, OTHERS)[1], (0, 1, 2)),
    "hessian": lambda f: xg.hessian(f, 1),
}


@pytest.mark.parametrize("way", MAKERS)
@pytest.mark.parametrize("engine", [None, "numpy"], ids=["eager", "compiled"])
def test_it_is_the_loop_of_python(way, engine):
    want = MAKERS[way](recurrent(python_loop))
    got = MAKERS[way](recurrent(xg.scan))
    if engine is None:
        near(got(*ARGS), want(*ARGS))
        return
    compiled = xg.compile(got, engine=engine)
    for args in (ARGS, OTHERS, ARGS):
        near(compiled(*args), want(*args))


@pytest.mark.parametrize("way", ["gradient", "reverse over reverse"])
def test_the_length_does_not_matter_to_a_program(way):
    f = xg.compile(MAKERS[way](recurrent(xg.scan)))
    short = len(f.lower(*ARGS).after)
    long = len(f.lower(W, ARGS[1], np.resize(XS, (500, 3))).after)
    assert short == long < 60


def test_trees_and_numbers():
    def f(a):
        def step(c, x):
            n, pair = c["n"], c["pair"]
            return {"n": n + 1, "pair": (pair[1], pair[0] * a + x["x"])}, {"s": pair[0]}

        start = {"n": xg.asarray(0), "pair": (a, a * 0.5)}
        c, ys = xg.scan(step, start, {"x": xg.asarray(np.arange(4.0))})
        return xg.sum(ys["s"]) + c["pair"][1] * c["n"]

    for maker in (lambda f: f, xg.grad):
        want = maker(f)
        got = xg.compile(maker(f))
        for a in (0.3, 0.9, 0.3):
            near(got(xg.asarray(a)), want(xg.asarray(a)))


def test_without_sequences_and_results():
    def f(a):
        return xg.scan(lambda c, _: (c * a + xg.sin(c), None), a, length=20)[0]

    for maker in (lambda f: f, xg.grad, lambda f: xg.grad(xg.grad(f))):
        near(xg.compile(maker(f))(xg.asarray(0.3)), maker(f)(xg.asarray(0.3)), 1e-10)


def test_random_numbers_are_drawn_in_each_round():
    def f(rng, x):
        return xg.scan(lambda c, _: (c + rng.normal(size=3), rng.random()), x, length=5)

    one, two = xg.random.default_rng(3), xg.random.default_rng(3)
    g = xg.compile(lambda x: f(one, x))
    for _ in range(3):
        near(g(xg.asarray(ARGS[1])), f(two, xg.asarray(ARGS[1])), 0)


def test_a_long_recurrence_is_quick_to_record():
    f = xg.compile(xg.grad(recurrent(xg.scan), (0, 1, 2)))
    near(f(*ARGS), xg.grad(recurrent(python_loop), (0, 1, 2))(*ARGS))
    many = np.resize(XS, (3000, 3))
    assert all(np.isfinite(x).all() for x in f(W, ARGS[1], many))


def test_bad_input():
    def step(c, x):
        return (c, x)

    with pytest.raises(ValueError, match="neither xs nor length"):
        xg.scan(step, np.ones(2))
    with pytest.raises(ValueError, match=r"lengths \[3, 4\]"):
        xg.scan(step, np.ones(2), np.ones(3), 4)
    with pytest.raises(ValueError, match="0 rounds"):
        xg.scan(step, np.ones(2), np.ones((0, 2)))
    with pytest.raises(ValueError, match="has no axis"):
        xg.scan(step, np.ones(2), np.asarray(1.0))
    with pytest.raises(TypeError, match="expected a pair"):
        xg.scan(lambda c, x: c, np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="without schedule="):
        xg.scan(step, np.ones(2), np.ones(3), slots=3)
    with pytest.raises(ValueError, match=r"given a carry float64\[2\] and returned float64\[\]"):
        xg.compile(lambda c: xg.scan(lambda c, _: (xg.sum(c), None), c, length=3)[0])(np.ones(2))
    with pytest.raises(ValueError, match="carry is a tuple of 2; expected an array"):
        xg.compile(lambda c: xg.scan(lambda c, _: ((c, c), None), c, length=3)[0])(np.ones(2))


# Schedules ----------------------------------------------------------------------------------------


def with_schedule(**options):
    return recurrent(lambda step, carry, xs: xg.scan(step, carry, xs, **options))


SCHEDULES = [
    {"schedule": "revolve", "slots": 2},
    {"schedule": "revolve", "slots": 50},
    {"schedule": "multistage", "slots": 3},
]


@pytest.mark.parametrize("options", SCHEDULES, ids=str)
@pytest.mark.parametrize("way", MAKERS)
def test_a_schedule_changes_no_bit(way, options):
    pytest.importorskip("checkpoint_schedules")
    want, got = MAKERS[way](recurrent(python_loop)), MAKERS[way](with_schedule(**options))
    for args in (ARGS, OTHERS):
        near(got(*args), want(*args), 1e-14)


def test_carries_on_disk(tmp_path):
    pytest.importorskip("checkpoint_schedules")
    f = with_schedule(schedule="multistage", slots=1, disk=(tmp_path, 3))
    near(xg.grad(f, (0, 1, 2))(*ARGS), xg.grad(recurrent(python_loop), (0, 1, 2))(*ARGS), 1e-14)
    assert not list(tmp_path.iterdir())


def test_the_way_back_may_be_gone_twice():
    pytest.importorskip("checkpoint_schedules")
    _out, pull = xg.vjp(with_schedule(schedule="revolve", slots=2), *ARGS)
    near(pull(np.asarray(1.0)), pull(np.asarray(1.0)), 0)


def test_a_schedule_holds_few_carries():
    pytest.importorskip("checkpoint_schedules")

    def peak(**options):
        def f(x):
            return xg.sum(xg.scan(lambda c, _: (xg.sin(c) * c, None), x, length=200, **options)[0])

        g = xg.grad(f)
        g(np.ones(3))
        tracemalloc.start()
        g(np.ones(20_000))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most / (20_000 * 8)

    assert peak(schedule="revolve", slots=8) < 20
    assert peak() > 200


def test_bad_schedules():
    pytest.importorskip("checkpoint_schedules")
    for options, says in (
        ({"schedule": "best"}, "schedule is 'best'; expected one of 'revolve'"),
        ({"schedule": "revolve"}, "needs slots="),
        (
            {"schedule": "revolve", "slots": 2, "disk": ("x", 1)},
            "disk= needs schedule='multistage'",
        ),
    ):
        with pytest.raises(ValueError, match=says):
            xg.scan(lambda c, x: (c, None), np.ones(2), length=3, **options)


@pytest.mark.parametrize("way", MAKERS)
@pytest.mark.parametrize("slots", [1, 2, 3, 50])
def test_a_schedule_in_a_program_goes_by_segments(way, slots):
    pytest.importorskip("checkpoint_schedules")
    got = xg.compile(MAKERS[way](with_schedule(schedule="revolve", slots=slots)))
    want = MAKERS[way](recurrent(python_loop))
    for args in (ARGS, OTHERS, ARGS):
        near(got(*args), want(*args))


def test_segments_hold_few_carries():
    pytest.importorskip("checkpoint_schedules")

    def peak(**options):
        def f(x):
            return xg.sum(xg.scan(lambda c, _: (xg.sin(c) * c, None), x, length=400, **options)[0])

        g = xg.compile(xg.grad(f))
        x = np.ones(20_000)
        g(x)
        tracemalloc.start()
        g(x)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most / x.nbytes

    assert peak(schedule="revolve", slots=20) < 60
    assert peak() > 400


def test_two_loops_of_the_same_arrays_are_two():
    steps = [lambda c, x: (c + x, c), lambda c, x: (c * x, c), lambda c, x: (c * x, c)]

    def f(c, xs):
        return [xg.scan(step, c, xs)[0] for step in steps]

    g = xg.compile(f)
    assert [float(x) for x in g(xg.asarray(1.0), xg.arange(1.0, 5.0))] == [11.0, 24.0, 24.0]
    assert [float(x) for x in g(xg.asarray(1.0), xg.arange(1.0, 5.0))] == [11.0, 24.0, 24.0]
    assert len(g.lower(xg.asarray(1.0), xg.arange(1.0, 5.0)).after) == 2
