# Tests of xgrad/engine, xgrad/ops
"""Random programs: what they compute is NumPy's, and their derivatives are right in every mode."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import xgrad as xg
from xgrad.testing import check_grads

X = np.asarray([[0.7, -1.4, 2.1, 0.4], [1.9, 0.3, -0.6, -1.1], [0.2, 1.3, -0.9, 0.8]])
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
MORE = settings(max_examples=200, deadline=None, derandomize=True, database=None)

# Writing: statements on a base array, and on views of views of it --------------------------------

VIEWS = {
    "reversed": lambda y: y[::-1],
    "tail": lambda y: y[1:] if y.shape[0] > 1 else y,
    "every other": lambda y: y[..., ::2],
    "transposed": lambda y: y.T,
    "with an axis": lambda y: y[None],
    "row": lambda y: y[0] if y.ndim > 1 else y,
    "last": lambda y: y[..., -1:],
    "all": lambda y: y[...],
    "moved": lambda y: y.mT if y.ndim > 1 else y[::-1],
}
KEYS = {
    "everything": lambda y: ...,
    "first": lambda y: 0,
    "last entries": lambda y: (..., -1),
    "odd ones": lambda y: slice(1, None, 2),
    "backwards": lambda y: slice(None, None, -1),
    "a list": lambda y: [0, y.shape[0] - 1],
    "a mask": lambda y: [i % 2 == 0 for i in range(y.shape[0])],
}
VALUES = {
    "a number": lambda x, part: 0.5,
    "an entry": lambda x, part: x[1, 2] * x[0, 1],
    "its own double": lambda x, part: part * 2,
    "a smooth function": lambda x, part: part * part + x[2, 0],
    "its sum": lambda x, part: part.sum() * x[0, 0],
}


def plus(y, v):
    y += v
    return y


def times(y, v):
    y *= v
    return y


def minus(y, v):
    y -= v
    return y


WRITES = {"+=": plus, "*=": times, "-=": minus}
statements = st.one_of(
    st.tuples(st.just("view"), st.integers(0, 9), st.sampled_from(sorted(VIEWS))),
    st.tuples(
        st.just("assign"),
        st.integers(0, 9),
        st.sampled_from(sorted(KEYS)),
        st.sampled_from(sorted(VALUES)),
    ),
    st.tuples(
        st.just("update"),
        st.integers(0, 9),
        st.sampled_from(sorted(WRITES)),
        st.sampled_from(sorted(VALUES)),
    ),
    st.tuples(st.just("keep"), st.integers(0, 9)),
)


def run(x, program):
    """Return all variables after running a program on `x`, by NumPy or by xgrad alike."""
    names, kept = [x * 1.0], []
    for kind, i, *rest in program:
        y = names[i % len(names)]
        if kind == "view":
            names.append(VIEWS[rest[0]](y))
        elif kind == "assign":
            key = KEYS[rest[0]](y)
            y[key] = VALUES[rest[1]](x, y[key])
        elif kind == "update":
            WRITES[rest[0]](y, VALUES[rest[1]](x, y))
        else:
            kept.append(y * y)
    return [*names, *kept]


@MORE
@given(st.lists(statements, min_size=2, max_size=9))
def test_writes_do_what_numpys_do(computing, program):
    expected = run(X, program)
    raw = computing.raw(X)
    for found in (
        run(xg.asarray(raw), program),
        run(xg.asarray(raw, requires_grad=True), program),
    ):
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(computing.numpy(ours), theirs, rtol=1e-12)
    np.testing.assert_array_equal(computing.numpy(raw), X)


@FEW
@given(st.lists(statements, min_size=2, max_size=7))
def test_writes_are_differentiated(program):
    def f(x):
        return [xg.tanh(0.1 * y) for y in run(x, program)]

    check_grads(f, (X * 0.5,), order=1)


# Graphs: values used any number of times, or not at all ------------------------------------------

UNARY = [
    xg.sin,
    xg.tanh,
    lambda x: x * x,
    lambda x: xg.where(x > 0.3141592653, x, 2 * x),
    lambda x: xg.flip(x),
    lambda x: xg.sum(x, axis=0) if x.ndim else x,
    lambda x: xg.mean(x),
    lambda x: xg.max(x, axis=-1, keepdims=True) if x.ndim else x,
    lambda x: xg.stack([x, x * 2])[1],
    lambda x: xg.real(xg.exp(1j * x)),
    lambda x: xg.astype(xg.astype(x, xg.complex128) * 2, xg.complex128).real,
]
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x - 0.3 * y,
    lambda x, y: x * y,
    lambda x, y: x / (1.5 + y * y),
    lambda x, y: xg.hypot(x, y + 0.111),
    lambda x, y: xg.where(y > 0.1718281828, x, y),
]
steps = st.lists(
    st.one_of(
        st.tuples(st.integers(0, len(UNARY) - 1), st.integers(0, 20)),
        st.tuples(st.integers(0, len(BINARY) - 1), st.integers(0, 20), st.integers(0, 20)),
    ),
    min_size=2,
    max_size=10,
)


def graph(steps):
    """Return a function of two arrays that takes these steps; each may use any earlier value."""

    def f(x, y):
        values = [x, y]
        for which, *operands in steps:
            given = [values[i % len(values)] for i in operands]
            values.append((UNARY if len(given) == 1 else BINARY)[which](*given))
        return xg.tanh(0.1 * values[-1]), xg.sum(values[len(values) // 2])

    return f


@FEW
@given(steps)
def test_graphs_are_differentiated_to_the_second_order(steps):
    check_grads(graph(steps), (X[:2, :3], X[1, 1:]), order=2)


@MORE
@given(steps)
def test_graphs_give_the_same_bits_however_they_are_walked(steps):
    f = graph(steps)
    x, y = X[:2, :3], X[1, 1:]

    def scalar(x, y):
        return xg.sum(f(x, y)[0]) + f(x, y)[1]

    plain = xg.grad(scalar, (0, 1))(x, y)
    taped, _ = xg.vjp(xg.grad(scalar, (0, 1)), x, y)
    leaves = [xg.asarray(v, requires_grad=True) for v in (x, y)]
    scalar(*leaves).backward()
    again = xg.grad(xg.checkpoint(scalar), (0, 1))(x, y)
    for i in range(2):
        tensor = np.zeros_like(plain[i]) if leaves[i].grad is None else leaves[i].grad.data
        for other in (taped[i], tensor, again[i]):
            np.testing.assert_array_equal(other, plain[i])
    np.testing.assert_allclose(xg.jacfwd(scalar)(x, y), plain[0], atol=1e-12)
