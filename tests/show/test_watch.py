"""Watching a computation: names, arguments, and leaving no trace."""

import sys

import numpy as np
import pytest

import xgrad as xg
from xgrad.show.steps import graph_of, watch


def names(f, *args):
    graph = graph_of(watch(f, args))
    return {step.name: step.op for step in graph.steps.values() if step.name and not step.is_leaf}


def test_results_have_the_names_of_the_variables_they_are_stored_in():
    def inner(a):
        return xg.exp(a)

    def f(x):
        u = x * 2
        v = inner(u)
        v += 1.0
        w = v.sum()
        assert w.shape == ()
        return w

    assert names(f, np.ones(2)) == {"u": "multiply", "v_1": "exp", "v_2": "add", "w": "sum"}


def test_names_in_closures_and_comprehensions():
    def f(x):
        total = x[0]

        def add():
            nonlocal total
            total = total + x[1]

        add()
        parts = [xg.sin(total) for _ in range(2)]
        return parts[0] * parts[1]

    found = names(f, np.ones(2))
    assert found["total_2"] == "add"
    assert found["L"] == "multiply"


def test_numpy_functions_and_methods_are_seen_with_their_arguments():
    def f(x):
        s = np.sin(x)
        m = s.max(axis=0)
        return np.sum(m)

    graph = graph_of(watch(f, (np.ones((2, 3)),)))
    ops = {step.op: step for step in graph.ops()}
    assert [o.step for o in ops["sin"].operands] == [ops["sin"].parents[0]]
    assert set(ops) == {"sin", "max", "sum"}


def test_a_composed_function_is_one_step():
    graph = graph_of(
        watch(lambda a: xg.sum(xg.cov(a)), (np.random.default_rng(0).normal(size=(3, 9)),))
    )
    assert [step.op for step in graph.ops()] == ["cov", "sum"]


def test_the_profiler_of_before_is_put_back():
    def other(frame, event, arg):
        return None

    def fails(x):
        raise RuntimeError("on purpose")

    sys.setprofile(other)
    try:
        xg.show.draw(lambda x: xg.sum(x), np.ones(2))
        assert sys.getprofile() is other
        with pytest.raises(RuntimeError, match="on purpose"):
            xg.show.draw(fails, np.ones(2))
        assert sys.getprofile() is other
    finally:
        sys.setprofile(None)


def test_the_arguments_stay_as_they_are():
    x = xg.asarray([1.0, 2.0], requires_grad=True)
    raw = np.array([3.0, 4.0])
    xg.show.draw(lambda x, y: xg.sum(x * y), x, raw)
    assert x.grad is None
    assert raw.tolist() == [3.0, 4.0]


def test_transforms_inside_are_seen_through():
    def f(x):
        g = xg.grad(lambda u: xg.sum(u**3))(x)
        return xg.sum(g * x)

    x = np.array([1.0, 2.0])
    explained = xg.show.explain(f, x, quiet=True)
    np.testing.assert_allclose(explained.gradient["x"][1], xg.grad(f)(x))


def test_writes_and_views_are_seen():
    def f(x):
        y = x * 1.0
        y[0] = y[1] * 2
        return xg.sum(y)

    explained = xg.show.explain(f, np.array([1.0, 2.0]), quiet=True)
    np.testing.assert_allclose(explained.gradient["x"][1], [0.0, 3.0])


def test_custom_rules_and_checkpoints_are_shown():
    @xg.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))

    def f(x):
        return xg.sum(xg.checkpoint(xg.sin)(cube(x)))

    x = np.array([0.5, 1.0])
    explained = xg.show.explain(f, x, quiet=True)
    np.testing.assert_allclose(explained.gradient["x"][1], xg.grad(f)(x))


def test_importing_xgrad_does_not_import_show():
    import subprocess

    script = "import sys, xgrad; assert 'xgrad.show' not in sys.modules; xgrad.show.draw"
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": ""}
    subprocess.run([sys.executable, "-c", script], check=True, env=path)
