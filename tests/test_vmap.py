# Tests of xgrad/transforms/vmap.py, xgrad/backends/batched
"""`vmap` gives what a loop gives, on every op and beside every derivative, or says why not."""

import gc
import pickle
import threading
import warnings
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

import xgrad as xg
from xgrad.backends import batched
from xgrad.testing import ROWS, Place, mapped

PLACE = Place.named("numpy")

RNG = np.random.default_rng(0)
A, B, W = RNG.normal(size=(5, 4, 4)), RNG.normal(size=(5, 4)), RNG.normal(size=4)


def loss(a, b):
    return xg.sum(xg.tanh(a @ b) ** 2)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_is_what_a_loop_gives(row):
    """All samples but the first, which `test_ops` checks in all places."""
    for dtype in ("float64", "complex128"):
        cases = (c for c in row.cases(PLACE, "fc") if c.dtype == dtype and c.varying)
        for case in islice(cases, 1, None):
            mapped.check_mapped(case)


def test_the_check_can_fail(computing):
    def wrong(x, /):
        y = xg.sin(x)
        return y * 1.001 if batched.levels() else y

    row = replace(next(r for r in ROWS if r.name == "sin"), function=wrong)
    with pytest.raises(AssertionError, match="a loop gives"):
        mapped.check_vmap(row, replace(computing, name=computing.backend.name))


def test_gradients_of_examples_and_of_all():
    each = [xg.grad(loss, (0, 1))(a, b) for a, b in zip(A, B, strict=True)]
    got = xg.vmap(xg.grad(loss, (0, 1)))(A, B)
    for i in range(2):
        np.testing.assert_allclose(got[i], np.stack([g[i] for g in each]), rtol=1e-12)
    through = xg.grad(lambda a, b: xg.sum(xg.vmap(loss)(a, b)), (0, 1))(A, B)
    for i in range(2):
        np.testing.assert_allclose(through[i], got[i], rtol=1e-12)


def test_what_f_closes_over_gets_the_sum_of_all_examples():
    def total(w):
        return xg.sum(xg.vmap(lambda a: xg.sum(xg.sin(a @ w) * w))(A))

    def looped(w):
        return sum(xg.sum(xg.sin(xg.asarray(a) @ w) * w) for a in A)

    for transform in (xg.grad, xg.hessian):
        np.testing.assert_allclose(transform(total)(W), transform(looped)(W), rtol=1e-11)
    np.testing.assert_allclose(
        xg.hvp(total, W, np.ones(4)), xg.hvp(looped, W, np.ones(4)), rtol=1e-11
    )


def test_the_same_parameters_have_a_gradient_in_each_example():
    def f(w, a):
        return xg.sum(xg.sin(a @ w) * w)

    for transform in (xg.grad, xg.hessian, xg.jacrev, xg.jacfwd):
        got = xg.vmap(transform(f), in_axes=(None, 0))(W, A)
        np.testing.assert_allclose(got, [transform(f)(W, a) for a in A], rtol=1e-11)


@pytest.mark.parametrize("name", "airy itairy ellipj shichi sici iti0k0 itj0y0".split())
@pytest.mark.parametrize("transform", [xg.jacrev, xg.jacfwd])
def test_jacobians_of_functions_of_several_results(name, transform):
    pytest.importorskip("scipy")
    if not hasattr(xg.special, name):
        pytest.skip(f"there is no {name}")
    function = getattr(xg.special, name)

    def f(x):
        return list(function(x, 0.3) if name == "ellipj" else function(x))

    x = np.linspace(0.4, 1.4, 5)
    try:
        alone = [transform(f)(v) for v in x]
    except xg.errors.NotDifferentiableError:
        pytest.skip(f"{name} has no derivative")
    for i, block in enumerate(transform(f)(x)):
        np.testing.assert_allclose(block, np.diag([a[i] for a in alone]), rtol=1e-10)
    got = xg.vmap(f)(x)
    for i, y in enumerate(got):
        np.testing.assert_allclose(y, [np.asarray(f(v)[i]) for v in x], rtol=1e-12)


def test_vmap_in_vmap_over_one_and_two_arguments():
    x, y = RNG.normal(size=3), RNG.normal(size=4)

    def row(x):
        return xg.vmap(lambda y: xg.sin(x * y) * x)(y)

    np.testing.assert_allclose(xg.vmap(row)(x), np.sin(x[:, None] * y) * x[:, None], rtol=1e-12)
    for transform in (xg.jacrev, xg.jacfwd):
        np.testing.assert_allclose(
            xg.vmap(transform(row))(x), [transform(row)(v) for v in x], rtol=1e-12
        )
    g = xg.grad(lambda x: xg.sum(row(x)))
    np.testing.assert_allclose(xg.vmap(g)(x), [g(v) for v in x], rtol=1e-12)
    square = RNG.normal(size=(3, 3))  # as many examples inside as outside
    np.testing.assert_allclose(
        xg.vmap(lambda r: xg.vmap(lambda c: r @ c, 1)(square))(square), square @ square, rtol=1e-12
    )


def test_what_meets_batches_of_two_levels_gets_the_sum_over_both():
    x, y = RNG.normal(size=(2, 3, 3))  # as many examples inside as outside
    w = RNG.normal(size=3)

    def one(w, x, y):
        return xg.sum(xg.tanh(w * x) * xg.sin(y * w))  # w meets each level alone, then both

    def total(w, x, y):
        return xg.sum(xg.vmap(lambda x: xg.vmap(lambda y: one(w, x, y))(y))(x))

    def looped(w, x, y):
        return sum(one(w, x[i], y[j]) for i in range(3) for j in range(3))

    for transform in (xg.grad, xg.hessian):
        for k in range(3):
            got, want = (transform(f, k)(w, x, y) for f in (total, looped))
            np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)
    leaf = xg.asarray(w, requires_grad=True)
    total(leaf, x, y).backward()
    np.testing.assert_allclose(leaf.grad.data, xg.grad(looped)(w, x, y), rtol=1e-11)

    def inside(w, rows):  # a gradient between the two levels, and one of all of it
        def slope(x):
            return xg.grad(lambda v: xg.sum(xg.vmap(lambda y: one(v, x, y))(y)))(w)

        return xg.sum((xg.vmap(slope)(x) if rows else xg.stack([slope(r) for r in x])) ** 2)

    for f in (inside, lambda w, rows: xg.jvp(lambda v: inside(v, rows), (w,), (x[0],))[1]):
        got, want = (xg.grad(lambda w, f=f, r=rows: f(w, r))(w) for rows in (True, False))
        np.testing.assert_allclose(got, want, rtol=1e-10)


def test_a_pullback_is_a_function_to_map():
    y, pullback = xg.vjp(xg.vmap(lambda a: xg.sin(a) @ W), A)
    g = RNG.normal(size=(3, *y.shape))
    got = xg.vmap(lambda g: pullback(g)[0])(g)
    np.testing.assert_allclose(got, [pullback(h)[0] for h in g], rtol=1e-12)

    def second(w):  # the inner walk is recorded, at a level that was there before
        _, pull = xg.vjp(lambda v: xg.vmap(lambda a: xg.sin(a @ v) * v)(A), w)
        cotangents = RNG.normal(size=(2, 5, 4)) * 0 + 1.0
        return xg.sum(xg.vmap(lambda g: pull(g)[0])(cotangents) ** 2)

    step = 1e-6 * np.eye(4)
    slopes = [(float(second(W + s)) - float(second(W - s))) / 2e-6 for s in step]
    np.testing.assert_allclose(xg.grad(second)(W), slopes, rtol=1e-6)


def test_pytrees_axes_and_chunks():
    tree = {"a": A, "b": (B, 2.0)}

    def f(tree, scale):
        return {
            "out": tree["a"] @ tree["b"][0] * scale,
            "norm": xg.sum(tree["b"][0]) * tree["b"][1],
        }

    axes = ({"a": 0, "b": (0, None)}, None)
    want = xg.vmap(f, axes)(tree, 3.0)
    for size in (1, 2, 4, 5, 9):
        got = xg.vmap(f, axes, {"norm": 0, "out": 1}, chunk_size=size)(tree, 3.0)
        np.testing.assert_array_equal(got["out"], want["out"].T)
        np.testing.assert_array_equal(got["norm"], want["norm"])
    moved = xg.vmap(lambda a: a @ W, in_axes=-1, out_axes=-1)(np.moveaxis(A, 0, -1))
    np.testing.assert_allclose(moved, (A @ W).T, rtol=1e-12)
    assert xg.vmap(lambda x: W.sum() * 1.0, out_axes=None)(B) == W.sum()
    assert isinstance(xg.vmap(lambda x: x)(B), np.ndarray)
    assert isinstance(xg.vmap(lambda x: x)(xg.asarray(B)), xg.Array)


def test_gradients_through_chunks():
    def total(w, size):
        return xg.sum(xg.vmap(lambda a: xg.sum(xg.sin(a @ w)), chunk_size=size)(A))

    for size in (1, 2, 4):
        np.testing.assert_allclose(
            xg.grad(lambda w, n=size: total(w, n))(W), xg.grad(lambda w: total(w, None))(W), 1e-12
        )


INDEXING = {
    "scalar": lambda x, i: x[i],
    "array": lambda x, i: x[xg.stack([i, i + 1])],
    "behind": lambda x, i: x[:, i],
    "both sides": lambda x, i: x[i, :, i],
    "two": lambda x, i: x[i, i + 1],
    "beside an array": lambda x, i: x[i, :, np.asarray([0, 2])],
    "new axis": lambda x, i: x[None, i, ..., None],
    "take": lambda x, i: xg.take(x, xg.stack([i, i]), axis=1),
}


@pytest.mark.parametrize("name", INDEXING)
@pytest.mark.parametrize("mapped_x", [True, False])
def test_an_index_may_be_another_one_in_each_example(name, mapped_x):
    x, i = RNG.normal(size=(3, 4, 3, 5)), np.asarray([0, 1, 1])
    read = INDEXING[name]
    axes = (0 if mapped_x else None, 0)
    xs = x if mapped_x else x[0]
    want = [
        np.asarray(read(xg.asarray(x[k] if mapped_x else xs), xg.asarray(i[k])).data)
        for k in range(3)
    ]
    np.testing.assert_array_equal(xg.vmap(read, axes)(xs, i), want)

    def f(x, i):
        return xg.sum(read(x, i) ** 2)

    got = xg.grad(lambda x: xg.sum(xg.vmap(f, axes)(x, i)))(xs)
    each = [xg.grad(f)(x[k] if mapped_x else xs, xg.asarray(i[k])) for k in range(3)]
    np.testing.assert_allclose(got, each if mapped_x else np.sum(each, axis=0), rtol=1e-12)


WRITES = {
    "element": lambda y, x, i: y.__setitem__(0, x[1]),
    "at an index of each": lambda y, x, i: y.__setitem__(i, x[1]),
    "rows at an index of each": lambda y, x, i: y.__setitem__(xg.stack([i, i + 1]), x[:2]),
    "a number": lambda y, x, i: y.__setitem__(i, 7.0),
    "a mask": lambda y, x, i: y.__setitem__(x > 0, 2.0),
}


@pytest.mark.parametrize("name", WRITES)
def test_writes_into_an_array_that_f_makes(name):
    x, i = RNG.normal(size=(3, 4)), np.asarray([0, 2, 1])

    def f(x, i):
        y = xg.zeros_like(x) + xg.ones(4)
        WRITES[name](y, x, i)
        return y * x

    want = [f(xg.asarray(x[k]), xg.asarray(i[k])).data for k in range(3)]
    np.testing.assert_array_equal(xg.vmap(f)(x, i), want)
    got = xg.grad(lambda x: xg.sum(xg.vmap(f)(x, i)))(x)
    each = [xg.grad(lambda v, k=k: xg.sum(f(v, xg.asarray(i[k]))))(x[k]) for k in range(3)]
    np.testing.assert_allclose(got, each, rtol=1e-12)


def test_a_write_keeps_the_dtype():
    def f(x):
        y = x.astype(np.float32)
        y[y > 0] = xg.sum(x)
        y[0] = xg.sum(x)
        return y

    x = RNG.normal(size=(3, 4))
    got = xg.vmap(f)(x)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, [f(xg.asarray(v)).data for v in x])


def test_a_structural_zero_stays_zero(quiet):
    def root(x):
        return xg.where(x > 0, xg.sqrt(x), 0.0)

    x = np.asarray([0.0, 4.0, 0.0])
    np.testing.assert_array_equal(xg.vmap(xg.grad(root))(x), [0, 0.25, 0])
    np.testing.assert_array_equal(xg.grad(lambda x: xg.sum(xg.vmap(root)(x)))(x), [0, 0.25, 0])
    np.testing.assert_array_equal(xg.vmap(xg.grad(xg.grad(root)))(x), [0, -1 / 32, 0])


def test_custom_rules_map():
    @xg.custom_vjp
    def scaled(x, w):
        return x * w

    scaled.defvjp(lambda x, w: (x * w, (x, w)), lambda res, g: (2 * g * res[1], g * res[0]))
    x = RNG.normal(size=(3, 2))
    w = np.asarray([3.0, 4.0])
    got = xg.vmap(xg.grad(lambda x: xg.sum(scaled(x, w))))(x)
    np.testing.assert_array_equal(got, np.broadcast_to(2 * w, (3, 2)))
    through = xg.grad(lambda w: xg.sum(xg.vmap(lambda x: scaled(x, w))(x)))(w)
    np.testing.assert_allclose(through, x.sum(0), rtol=1e-12)


def test_a_black_box_is_called_for_each_example_and_says_so_once():
    @xg.primitive
    def box(x, w):
        assert isinstance(x, np.ndarray)
        return np.sort(x) * w

    @box.defvjp
    def _(ct, out, x, w):
        order = xg.argsort(x)
        back = xg.zeros_like(x)
        return xg.index_add(back, order, ct * w), xg.sum(ct * xg.sort(x))

    x = RNG.normal(size=(4, 3))
    with pytest.warns(xg.errors.LoopWarning, match="box is a black box, so it is called for"):
        got = xg.vmap(box, (0, None))(x, 2.0)
    np.testing.assert_array_equal(got, np.sort(x) * 2)

    def f(x, w):
        return xg.sum(box(x, w) ** 2)

    want = [xg.grad(f, (0, 1))(v, np.asarray(2.0)) for v in x]
    got = xg.vmap(xg.grad(f, (0, 1)), (0, None))(x, np.asarray(2.0))  # and says nothing more
    for i in range(2):
        np.testing.assert_allclose(got[i], [w[i] for w in want], rtol=1e-12)


# Random numbers -----------------------------------------------------------------------------------


def test_a_function_of_scipy_without_a_twin_is_called_for_each_example(monkeypatch):
    stats = pytest.importorskip("scipy.stats")
    from xgrad import scipy
    from xgrad.scipy import examples

    monkeypatch.setattr(examples, "_told", set())
    with pytest.warns(xg.errors.LoopWarning, match=r"vmap: scipy\.stats\.rankdata is for one"):
        got = xg.vmap(lambda b: xg.sum(b) * scipy.stats.rankdata(b))(B)
    np.testing.assert_allclose(got, B.sum(1, keepdims=True) * stats.rankdata(B, axis=1))


def test_random_numbers_are_as_was_said():
    def draw(x, rng):
        return [
            x * 0 + rng.normal(size=2),
            rng.random(),
            rng.integers(0, 99, 3),
            rng.permutation(5),
        ]

    def mapped_draw(randomness):
        rng = xg.random.default_rng(3)
        return xg.vmap(lambda x: draw(x, rng), randomness=randomness)(np.zeros((6, 2)))

    for y in mapped_draw("same"):
        assert (y == y[:1]).all()
    normal, uniform, integers, permutation = mapped_draw("different")
    assert all(len(np.unique(y, axis=0)) == 6 for y in (normal, uniform, integers))
    assert len(np.unique(permutation, axis=0)) > 1
    np.testing.assert_array_equal(
        np.sort(permutation, axis=1), np.broadcast_to(np.arange(5), (6, 5))
    )
    with pytest.raises(xg.errors.XgradError, match=r"draws random numbers\. Say randomness='diff"):
        mapped_draw(None)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_random_numbers_in_chunks(size):
    def mapped_draw(randomness):
        rng = xg.random.default_rng(3)
        draw = xg.vmap(lambda x: x + rng.random(), chunk_size=size, randomness=randomness)
        return draw(np.zeros(6)), rng.random()

    same, after = mapped_draw("same")
    assert len(np.unique(same)) == 1
    assert after != same[0]  # the generator has moved on
    assert len(np.unique(mapped_draw("different")[0])) == 6


def test_a_chunk_of_one_gives_the_bits_of_all():
    x = RNG.normal(size=(7, 3, 50))
    whole = xg.vmap(lambda x: xg.sum(xg.sin(x)))(x)
    for size in (1, 2, 3, 6):
        np.testing.assert_array_equal(
            xg.vmap(lambda x: xg.sum(xg.sin(x)), chunk_size=size)(x), whole
        )


def test_random_numbers_in_two_levels():
    rng = xg.random.default_rng(0)

    def inner(randomness):
        return xg.vmap(lambda y: y * 0 + rng.random(), randomness=randomness)

    def outer(in_mode, out_mode):
        return xg.vmap(lambda x: inner(in_mode)(x), randomness=out_mode)(np.zeros((3, 4)))

    assert len(np.unique(outer("different", "different"))) == 12
    same_inside = outer("same", "different")
    assert (same_inside == same_inside[:, :1]).all()
    assert len(np.unique(same_inside)) == 3
    same_outside = outer("different", "same")
    assert (same_outside == same_outside[:1]).all()
    assert len(np.unique(same_outside)) == 4


# What goes wrong ----------------------------------------------------------------------------------


def branch(x):
    return x if x > 0 else -x


def data_dependent(x):
    return x[x > 0]


ERRORS = {
    "sizes": (
        lambda: xg.vmap(loss)(A, B[:3]),
        ValueError,
        r"different numbers of examples: args\[0\] has 5, args\[1\] has 3. Say None in in_axes",
    ),
    "no axis": (
        lambda: xg.vmap(xg.sin)(2.0),
        ValueError,
        "in_axes has 0 for .*which is 2.0; expected an array with that axis",
    ),
    "axis": (
        lambda: xg.vmap(xg.sin, 2)(B),
        ValueError,
        r"has shape \(5, 4\); expected an axis below 2",
    ),
    "nothing mapped": (lambda: xg.vmap(xg.sin, None)(B), ValueError, "no argument is mapped"),
    "in_axes": (
        lambda: xg.vmap(loss, (0,))(A, B),
        ValueError,
        r"in_axes is .*does not fit the arguments \(there are 2\)",
    ),
    "in_axes of text": (
        lambda: xg.vmap(loss, "0")(A, B),
        TypeError,
        "in_axes is '0'; expected an axis, which is an integer, None",
    ),
    "in_axes of truth values": (
        lambda: xg.vmap(loss, (0, True))(A, B),
        TypeError,
        r"in_axes is \(0, True\); expected an axis, which is an integer, None",
    ),
    "out_axes": (
        lambda: xg.vmap(xg.sin, 0, 4)(B),
        ValueError,
        "out_axes has 4 for a result of shape",
    ),
    "out_axes None": (
        lambda: xg.vmap(xg.sin, 0, None)(B),
        ValueError,
        "out_axes has None for a result that differs from example to example",
    ),
    "chunk_size": (
        lambda: xg.vmap(loss, chunk_size=0),
        ValueError,
        "chunk_size is 0; expected a pos",
    ),
    "randomness": (
        lambda: xg.vmap(loss, randomness="other"),
        ValueError,
        "randomness is 'other'; expected 'same' or 'different'",
    ),
    "branch": (
        lambda: xg.vmap(branch)(W),
        xg.errors.MissingFunctionError,
        r"bool\(\) of an array that has another value for each example. Choose with xgrad.where",
    ),
    "float": (
        lambda: xg.vmap(lambda x: xg.sin(float(x)))(W),
        xg.errors.MissingFunctionError,
        r"float\(\) of an array that has another value",
    ),
    "item": (
        lambda: xg.vmap(lambda x: x.item())(W),
        xg.errors.MissingFunctionError,
        "of an array that has another value for each example",
    ),
    "mask": (
        lambda: xg.vmap(data_dependent)(B),
        xg.errors.MissingFunctionError,
        "a mask in an index would give each example another number of entries; xgrad.where",
    ),
    "slice": (
        lambda: xg.vmap(lambda b, i: b[i : i + 2])(B, np.arange(5)),
        (xg.errors.MissingFunctionError, TypeError),
        "each example|slice",
    ),
    "unique": (
        lambda: xg.vmap(xg.unique_values)(B),
        xg.errors.MissingFunctionError,
        "the shape of the result of unique_all depends on values",
    ),
    "bincount": (
        lambda: xg.vmap(xg.bincount)(np.ones((5, 4), int)),
        xg.errors.MissingFunctionError,
        r"bincount: the largest element, .* differs from example to example.*expected length=n",
    ),
    "repeat": (
        lambda: xg.vmap(lambda b, n: xg.repeat(b, n))(B, np.ones((5, 4), int)),
        xg.errors.MissingFunctionError,
        "other repeats for each example would give results of other lengths",
    ),
    "to_backend": (
        lambda: xg.vmap(lambda x: xg.asarray(x).to_backend("array_api_strict"))(B),
        xg.errors.MissingFunctionError,
        "inside vmap an array stays where it is; move what vmap is given",
    ),
    "backward": (
        lambda: xg.vmap(lambda x: xg.sum(x * xg.asarray(W, requires_grad=True)).backward())(B),
        xg.errors.NotDifferentiableError,
        r"called inside vmap, where a leaf has no one gradient; use xgrad.grad",
    ),
    "result": (
        lambda: xg.vmap(lambda x: "text")(B),
        xg.errors.NotDifferentiableError,
        "vmap: the result of f: got 'text'",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, error, text = ERRORS[name]
    if name == "to_backend":
        pytest.importorskip("array_api_strict")
    with pytest.raises(error, match=text):
        call()


def test_a_write_into_an_array_from_outside_raises_and_is_undone():
    outside = xg.zeros(4)

    def f(x):
        outside[0] = x[0]
        return x

    with pytest.raises(xg.errors.MutationError, match="writes examples into an array of shape"):
        xg.vmap(f)(B)
    np.testing.assert_array_equal(outside.data, np.zeros(4))


def rows_and_entries(x, m):
    y = xg.zeros((4, 4))
    y[m[:, 0]] = x[0, 0] ** 2
    y = y * x
    y[m] = xg.sum(x) * x[1, 1]
    y[(m[:, 1],)] = x[0, 1] * 3.0
    return xg.index_add(y, m, x[1, 0] * x[0, 0])


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
def test_a_number_is_written_at_a_mask_of_each(axes):
    args = [a if axis == 0 else a[0] for a, axis in zip((A, A > 0), axes, strict=True)]
    each = [
        [x[k] if axis == 0 else x for x, axis in zip(args, axes, strict=True)] for k in range(5)
    ]

    def total(x, m):
        return xg.sum(xg.tanh(rows_and_entries(x, m)))

    for f in (rows_and_entries, xg.grad(total), xg.hessian(total), xg.jacfwd(total)):
        want = [f(*one) for one in each]
        np.testing.assert_allclose(xg.vmap(f, axes)(*args), want, rtol=1e-11, atol=1e-12)
    through = xg.grad(lambda x: xg.sum(xg.vmap(total, axes)(x, args[1])))(args[0])
    want = np.stack([xg.grad(total)(*one) for one in each])
    np.testing.assert_allclose(through, want if axes[0] == 0 else want.sum(0), rtol=1e-11)


def test_creation_functions_inside_follow_the_examples(computing):
    x = xg.asarray(computing.raw(B))

    def f(x):
        assert (x.backend, str(x.device)) == (computing.backend.name, str(computing.device))
        assert x.dtype == np.float64
        return x + xg.arange(4, dtype=x.dtype) + xg.linspace(0.0, 1.0, 4) + xg.eye(4)[0]

    got = xg.vmap(f)(x)
    want = B + np.arange(4) + np.linspace(0, 1, 4) + np.eye(4)[0]
    np.testing.assert_allclose(computing.numpy(got), want, rtol=1e-12)
    inner = xg.vmap(xg.grad(lambda x: xg.sum(x * xg.ones(4) ** 2)))(x)
    np.testing.assert_array_equal(computing.numpy(inner), np.ones((5, 4)))


def test_levels_are_given_back(gc_off):
    def top():
        return batched.Level(1).kind.rank

    before = top()
    for _ in range(3):
        xg.vmap(xg.grad(loss))(A, B)
        xg.grad(lambda a: xg.sum(xg.vmap(loss)(a, B)))(A)
    assert top() == before
    held = [batched.Level(1) for _ in range(100)]  # more than are kept in order
    assert len({level.kind for level in held}) == 100
    del held
    assert top() == before


def test_threads_have_levels_of_their_own():
    found = []

    def work(k):
        a = RNG_OF[k].normal(size=(7, 3, 3))
        for _ in range(20):
            got = xg.vmap(xg.grad(lambda m: xg.sum(xg.sin(m @ m))))(a)
        want = np.stack([xg.grad(lambda m: xg.sum(xg.sin(m @ m)))(m) for m in a])
        found.append(np.allclose(got, want, rtol=1e-11))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


RNG_OF = [np.random.default_rng(k) for k in range(4)]


def test_a_mapped_function_of_the_module_can_be_pickled():
    again = pickle.loads(pickle.dumps(xg.vmap(loss)))
    np.testing.assert_array_equal(again(A, B), xg.vmap(loss)(A, B))


def test_nothing_loops_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xg.vmap(lambda a: xg.linalg.solve(a, W))(A)
    gc.collect()


KEEPING = {
    "grad": lambda kept: xg.grad(lambda w: xg.sum(kept * w))(np.ones(3)),
    "value_and_grad": lambda kept: xg.value_and_grad(lambda w: xg.sum(kept * w))(np.ones(3)),
    "hessian": lambda kept: xg.hessian(lambda w: xg.sum(kept * w**2))(np.ones(3)),
    "vjp": lambda kept: xg.vjp(lambda w: kept * w, np.ones(3)),
    "jvp": lambda kept: xg.jvp(lambda w: kept * w, (np.ones(3),), (np.ones(3),)),
    "vmap": lambda kept: xg.vmap(lambda w: kept * w)(np.ones((4, 3))),
    "compile": lambda kept: xg.compile(lambda w: kept * w)(np.ones(3)),
}


@pytest.mark.parametrize("name", KEEPING)
def test_what_is_kept_from_inside_is_no_result_outside(name):
    kept = []
    xg.vmap(lambda x: kept.append(2 * x) or x)(np.ones((4, 3)))
    with pytest.raises(xg.errors.XgradError, match="vmap"):
        KEEPING[name](kept[0])


def test_an_index_that_is_mapped_into_an_array_of_numpy_says_how():
    table = np.arange(9.0)
    with pytest.raises(xg.errors.XgradError, match=r"xgrad.asarray\(table\)\[i\]"):
        xg.vmap(lambda i: table[i])(np.asarray([1, 2]))
    got = xg.vmap(lambda i: xg.asarray(table)[i])(np.asarray([1, 2]))
    np.testing.assert_array_equal(got, [1.0, 2.0])
