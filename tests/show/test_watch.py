# Tests of xgrad/show/watch.py, xgrad/show/steps.py
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


@xg.custom_vjp
def cube(x, n):
    return x**n


@xg.primitive
def scaled(x, *, by=2.0):
    return by * x


cube.defvjp(lambda x, n: (x**n, (x, n)), lambda kept, g: (kept[1] * kept[0] ** 2 * g, None))
scaled.defvjp(lambda ct, out, x, *, by=2.0: (by * ct,))
W = np.asarray([[1.0, 2.0], [3.0, 4.0]])

SHOWN = {  # each form of a call of an op, and what is no op
    "sin(x)": lambda x: xg.sin(x),
    "x o W": lambda x: x * W,
    "W o x": lambda x: W * x,
    "2x": lambda x: 2.0 * x,
    "max(x)": lambda x: xg.max(x, axis=0),
    "x[1]": lambda x: x[1],
    "stack(x, x)": lambda x: xg.stack([x, x]),
    "where(MASK, x, 0)": lambda x: xg.where(MASK, x, 0.0),
    "clip(x, 0, 1)": lambda x: xg.clip(x, 0.0, 1.0),
    "unstack(x)": lambda x: xg.unstack(x)[0],
    "slogdet(x)": lambda x: xg.linalg.slogdet(x).logabsdet,
    "shichi(x)": lambda x: xg.special.shichi(x)[0],
    "iv(1, x)": lambda x: xg.special.iv(1.0, x),
    "cube(x, 3)": lambda x: cube(x, 3),
    "scaled(x, by=3.0)": lambda x: scaled(x, by=3.0),
    "exp(x)": lambda x: xg.checkpoint(xg.exp)(x),
    "grad(x)": lambda x: xg.grad(lambda u: xg.sum(u**3))(x),
    "std(x)": lambda x: x.std(),
    "norm(x)": lambda x: np.linalg.norm(x),
}
MASK = np.asarray([[True, False], [False, True]])


@pytest.mark.parametrize("text", SHOWN)
def test_a_step_shows_the_arguments_of_its_call(text):
    picture = xg.show.draw(SHOWN[text], W.copy())
    steps = [picture.title(step) for step in picture.graph.ops()]
    assert steps[-1].partition(" = ")[2] == text


def test_a_write_to_a_view_is_one_step_named_by_its_op():
    def f(x):
        y = x * 1.0
        row = y[0]
        row += 2.0
        return xg.sum(y)

    ops = [step.op for step in xg.show.draw(f, W).graph.ops()]
    assert ops == ["multiply", "read", "setitem", "sum"]


def test_what_a_transform_records_is_shown_with_its_arguments():
    def f(x):
        return xg.sum(xg.jvp(xg.sin, (x,), (x,))[1])

    forward = [operation for _, operation, _, _ in xg.show.explain(f, W, quiet=True).forward]
    assert forward == ["x", "cos(x)", "x o cos(x)", "sum(x o cos(x))"]


def test_the_cotangents_of_a_written_array_are_told_apart():
    def f(x):
        y = x * 1.0
        y[0] = y[1] * 2
        return xg.sum(y)

    lines = xg.show.explain(f, np.asarray([1.0, 2.0]), quiet=True).lines
    passed = {line.operation.partition(" = ")[2] or line.operation: line.value for line in lines}
    assert passed["y[1]"].tolist() == [0.0, 2.0]
    (written,) = [line for line in lines if line.chain.startswith("dL/dy = setitem")]
    assert written.value.tolist() == [0.0, 1.0]  # not what the walk adds to it later


def test_what_an_op_passes_on_is_shown_as_made_by_another():
    def f(x):
        root = xg.sqrt(x * x)
        return xg.sum(root * root)  # is not a product, but what is under the root

    square = xg.show.draw(f, W).graph.ops()[-2]
    assert square.op != "multiply"
    assert [operand.step for operand in square.operands] == square.parents


def test_walks_inside_a_rule_are_not_reported():
    @xg.custom_vjp
    def cubed(x):
        return x**3

    def rule(x, g):
        return (g * xg.grad(lambda u: xg.sum(u**3))(x),)

    cubed.defvjp(lambda x: (x**3, x), rule)
    with xg.debug():  # whose notes stand on what the rule records, too
        assert "cubed(x)" in str(xg.show.draw(lambda x: xg.sum(cubed(x)), W))


def test_objects_that_are_called_are_the_layers():
    class Layer:
        def __init__(self, w):
            self.w = w

        def __call__(layer, x):  # noqa: N805 - it may have any name
            return xg.tanh(x @ layer.w)

    class Network:
        def __call__(self, w, x):
            return Layer(w)(x)

    graph = graph_of(watch(lambda w: xg.sum(Network()(w, W)), (W,)))
    assert [step.layer for step in graph.ops()] == ["Network/Layer", "Network/Layer", ""]


def test_generators_that_forget_their_arguments_are_watched():
    class Batches:
        def __call__(self, n):
            count = n
            del self, n
            yield from range(count)

    def f(x):
        for i in Batches()(3):
            x = x * float(i + 1)
        return xg.sum(x)

    assert xg.show.draw(f, W, collapse=False).text.count("cotangent") == 5


def test_the_layers_of_nn_are_shown_like_the_users_own():
    layer = xg.nn.Linear(2, 3)
    graph = graph_of(watch(lambda m, x: xg.sum(m(x)), (layer, W)))
    assert {step.layer for step in graph.ops()[:-1]} == {"Linear"}
    assert not any(step.where.startswith("test_watch.py") for step in graph.ops()[:-1])


def test_a_function_of_the_library_is_shown_where_it_was_handed_over():
    (step,) = graph_of(watch(xg.sin, (W,))).ops()
    assert step.where.startswith("test_watch.py:")


def test_importing_xgrad_does_not_import_show():
    import subprocess

    script = "import sys, xgrad; assert 'xgrad.show' not in sys.modules; xgrad.show.draw"
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": ""}
    subprocess.run([sys.executable, "-c", script], check=True, env=path)
