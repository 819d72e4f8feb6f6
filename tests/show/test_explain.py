# Tests of xgrad/show/explain.py, xgrad/show/formulas.py, xgrad/show/notation.py
"""The chain rule, step by step: the notes' network, every op of the table, and bad input."""

import ast
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad.show.formulas import PLAINER, formula, op_names
from xgrad.show.notation import Printer
from xgrad.testing import ROWS, Place

EXAMPLES = Path(__file__).parents[2] / "examples"


def by_hand():
    """Return the notes' worked network: its formulas with their numbers, computed by hand."""
    spec = importlib.util.spec_from_file_location("by_hand", EXAMPLES / "backprop_by_hand.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["by_hand"] = module
    spec.loader.exec_module(module)
    return list(module.worked_graph())


X, Y = np.array([1.0, -2.0]), np.array([1.5])
W_H, B_H = np.array([[0.5, -0.3], [0.8, 0.9], [-0.4, -0.7]]), np.array([0.1, 0.2, -0.3])
W_O, B_O = np.array([[0.7, -1.2, 0.6]]), np.array([0.4])


def network(x, W_h, b_h, W_o, b_o, y=Y):
    u = W_h @ x
    p = u + b_h
    h = xg.relu(p)
    q = W_o @ h
    o = q + b_o
    e = y - o
    return e**2


def test_the_worked_network_is_derived_as_in_the_notes():
    rows = by_hand()
    explained = xg.show.explain(network, X, W_H, B_H, W_O, B_O, quiet=True)
    formulas = [row.formula.partition(": ")[2] or row.formula for row in rows]
    assert [line.chain for line in explained.lines] == [f.strip() for f in formulas]
    operations = [row.formula.partition(":")[0] for row in rows if ":" in row.formula]
    shown = list(dict.fromkeys(line.operation for line in explained.lines))
    assert shown == ["L = e^2", *operations]
    for row, line in zip(rows, explained.lines, strict=True):
        np.testing.assert_allclose(line.value, row.by_hand, rtol=0, atol=1e-12)


def test_the_text_shows_every_line_and_number():
    file = io.StringIO()
    explained = xg.show.explain(network, X, W_H, B_H, W_O, B_O, file=file)
    text = file.getvalue()
    assert "h = ReLU(p):   dh/dp = [p > 0]    1 0 1       dL/dp = dL/dh o [p > 0]" in text
    for line in explained.lines:
        assert line.operation in text
        assert line.chain in text
    assert "<pre " in explained._repr_html_()
    assert "7 ops, 11 factors" in repr(explained)


def test_a_local_derivative_is_the_number_of_its_formula():
    def f(x):
        v = x**2
        u = xg.exp(v)
        return xg.sin(u)

    x = 0.7
    lines = xg.show.explain(f, x, quiet=True).lines
    by_formula = [np.cos(np.exp(x**2)), np.exp(x**2), 2 * x]
    np.testing.assert_allclose([line.local_value for line in lines], by_formula, rtol=1e-14)
    assert [line.chain for line in lines][-1] == "dL/dx = dL/dv 2x"


def test_the_gradient_is_that_of_grad(computing):
    raw = [computing.raw(a) for a in (X, W_H, B_H, W_O, B_O)]
    y = xg.asarray(computing.raw(Y))

    def loss(*args):
        return xg.sum(network(*args, y))

    explained = xg.show.explain(loss, *raw, quiet=True)
    expected = xg.grad(loss, argnums=(0, 1, 2, 3, 4))(*raw)
    assert len(explained.gradient) == 5
    for (shape, value), g in zip(explained.gradient.values(), expected, strict=True):
        assert shape == tuple(g.shape)
        np.testing.assert_allclose(value, computing.numpy(g), rtol=1e-12)


def test_parts_of_trees_and_uses_of_constants_are_named():
    scale = np.array([2.0, 3.0])

    def loss(params, x):
        for layer in params:
            x = xg.tanh(x * layer["w"] + scale)
        return xg.sum(x)

    params = [{"w": np.ones(2)}, {"w": np.ones(2)}]
    explained = xg.show.explain(loss, params, np.ones(2), quiet=True)
    assert list(explained.gradient) == ["params[0].w", "params[1].w", "x"]
    assert any("+ scale" in operation for _, operation, _, _ in explained.forward)
    assert [name for name, *_ in explained.forward if name in ("x_1", "x_2")] == ["x_1", "x_2"]


def test_complex_factors_are_conjugated():
    z, w = np.array([1 + 2j, 3 - 1j]), np.array([0.5j, 2.0 + 0j])

    def f(z, w):
        u = z * w
        v = xg.abs(u)
        return xg.sum(v)

    explained = xg.show.explain(f, z, w, quiet=True)
    first, second = [line for line in explained.lines if line.operation == "u = z o w"]
    assert (first.local, first.chain) == ("du/dz = w", "dL/dz = dL/du o conj(w)")
    np.testing.assert_allclose(first.local_value, w)
    expected = xg.grad(f, argnums=(0, 1))(z, w)
    np.testing.assert_allclose(first.value, expected[0])
    np.testing.assert_allclose(second.value, expected[1])


def test_matrices_of_complex_numbers_have_adjoints():
    A, b = np.eye(2) * 1j, np.ones((2, 1)) + 0j
    lines = xg.show.explain(lambda A, b: xg.sum(xg.real(A @ b)), A, b, quiet=True).lines
    assert any(line.chain.endswith("b^H") for line in lines)


def test_a_broadcast_argument_says_what_is_summed():
    explained = xg.show.explain(lambda a, b: xg.sum(a * b), np.ones((3, 2)), np.ones(2), quiet=True)
    assert any("sum(" in line.chain and "axis 0" in line.chain for line in explained.lines)


def test_a_long_computation_is_cut_in_the_middle():
    def chain(x):
        for _ in range(100):
            x = xg.sin(x)
        return x

    file = io.StringIO()
    xg.show.explain(chain, 0.5, limit=10, file=file)
    assert "... 90 more" in file.getvalue()
    assert len(file.getvalue().splitlines()) < 40


@pytest.mark.parametrize(
    ("f", "args", "error", "said"),
    [
        (lambda x: x * 2, (np.ones(3),), xg.errors.NotScalarError, r"\[3\]; expected one real"),
        (lambda x: 3.0, (np.ones(3),), TypeError, "expected a tracked xgrad.Array"),
        (
            lambda x: xg.sum(x > 0),
            (np.ones(3),),
            xg.errors.NotDifferentiableError,
            "requires_grad=True",
        ),
    ],
)
def test_bad_input(f, args, error, said):
    with pytest.raises(error, match=said):
        xg.show.explain(f, *args)


# Formulas ---------------------------------------------------------------------------------------


def test_every_op_has_a_formula_for_each_argument():
    assert len(op_names()) > 200
    for name in op_names():
        rule = formula(name)
        if rule.kind == "constant":
            continue
        assert rule.rules, name
        count = len(rule.arguments) or 1
        texts = [rule.text(i, {"out": "y", "g": "g"}, scalar=False) for i in range(count)]
        assert all(texts), name
        assert not any("lambda" in text or "xp" in text.split(".") for text in texts), texts
        if rule.kind != "elementwise":
            assert any("g" in text for text in texts), (name, texts)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_of_the_table_is_explained(row):
    place = Place.named("numpy")
    if row.left_out(place, row.samples[0], "f"):
        pytest.skip("the backend lacks it")
    case = next((c for c in row.cases(place, "f") if c.varying), None)
    if case is None or case.order == 0:
        return
    arrays = case.raw_arrays()
    function = case.of_varying(arrays)

    def f(*xs):
        out = function(*xs)
        leaves = [
            x
            for x in xg.tree.leaves(out)
            if xg.isdtype(x.dtype, ("real floating", "complex floating"))
        ]
        return sum(
            xg.sum(xg.real(x) if xg.isdtype(x.dtype, "complex floating") else x) for x in leaves
        )

    given = [arrays[i] for i in case.varying]
    try:
        explained = xg.show.explain(f, *given, quiet=True)
    except xg.errors.NotDifferentiableError:
        return  # its result depends on no value, as that of the power 0
    expected = xg.grad(f, argnums=tuple(range(len(given))))(*given)
    assert explained.lines
    assert "_pullback" not in str(explained), "an op without a formula"
    gradient = [explained.gradient.get(f"xs[{i}]") for i in range(len(given))]
    assert any(gradient)
    for found, g in zip(gradient, expected, strict=True):
        shape, value = found or (g.shape, 0 * g)  # unused: grad says zeros
        assert shape == g.shape
        if value is not None:
            # the walk of `explain` takes each part by itself, and so adds them in another order
            near = max(1e-8, 4 * float(np.finfo(np.asarray(g).dtype).eps))
            np.testing.assert_allclose(value, g, rtol=near, atol=1e-10)


NUMERIC = {
    "indicator": lambda c: c.astype(float),
    "T": lambda x: np.reshape(x, (1, -1)) if np.ndim(x) == 1 else x.T,
    "sum": np.sum,
    "exp": np.exp,
    "log": np.log,
    "spread": lambda x: x,
    "mean": np.mean,
    "solve": np.linalg.solve,
    "inv": np.linalg.inv,
}


CHECKED = (
    "relu sigmoid softmax log_softmax logsumexp pow mean sum var std max min det inv slogdet solve "
    "matrix_vector vector_vector"
)


@pytest.mark.parametrize("name", CHECKED.split())
def test_plainer_formulas_are_the_rules_they_stand_for(name):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 2.0, 4)
    A = rng.normal(size=(4, 4)) + 4 * np.eye(4)
    B = rng.normal(size=(4, 2))
    functions = {
        "matrix_vector": (lambda a, b: a @ b, (A, x)),
        "vector_vector": (lambda a, b: a @ b, (x, A[0])),
        "solve": (xg.linalg.solve, (A, B)),
        "pow": (xg.pow, (x, A[0])),
        "inv": (xg.linalg.inv, (A,)),
        "det": (xg.linalg.det, (A,)),
        "slogdet": (lambda a: xg.linalg.slogdet(a).logabsdet, (A,)),
    }
    f, args = functions.get(name, (getattr(xg, name, None), (x - 1,)))
    varying = [(n, t) for n, t in zip(formula(name).arguments, PLAINER[name], strict=True) if t]
    names, texts = zip(*varying, strict=True)
    out, pullback = xg.vjp(f, *args)
    g = np.asarray(rng.normal(size=np.shape(out)))
    values = dict(zip(names, args, strict=True)) | {"out": np.asarray(out), "g": g, "n": len(x)}
    for text, expected in zip(texts, pullback(g), strict=True):
        given = values
        if name == "matrix_vector":  # as columns, which the formula takes vectors for
            given = values | {"g": g[:, None], "x2": x[:, None]}
        got = eval(text, NUMERIC | given)
        got = got * g if formula(name).kind == "elementwise" else got
        got = np.full(x.shape, got) if np.ndim(got) == 0 and np.ndim(expected) else got
        np.testing.assert_allclose(np.reshape(got, np.shape(expected)), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("2 * x", "2x"),
        ("x * x1", "x o x1"),
        ("-out / x2", "-out / x2"),
        ("1 / (1 + x)", "1 / (1 + x)"),
        ("x ** 2", "x^2"),
        ("(a + b) @ T(c)", "(a + b) c^T"),
        ("xp.where(c > 0, a, 0)", "(a where c > 0, else 0)"),
        ("a - (b - c)", "a - (b - c)"),
    ],
)
def test_notation(code, text):
    printer = Printer({}, scalar=False, complex_=False, known=())
    assert printer.show(ast.parse(code, mode="eval").body) == text
