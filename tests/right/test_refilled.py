# Tests of xgrad/engine/guarding.py
"""A buffer that its owner refills: tests engine/guarding.py over the op table.

NVIDIA/warp #1350 and #1294: a tape that reads its arrays when it is walked, not as they were.
"""

from __future__ import annotations

import numpy as np
import pytest

import xgrad as xg
from xgrad.engine.guarding import LARGE
from xgrad.testing.cases import Place
from xgrad.testing.table import ROWS

pytestmark = pytest.mark.filterwarnings(
    "ignore::xgrad.errors.ConstantResultWarning"  # some samples are constant
)
PLACE = Place.named("numpy")


def buffers(raw):
    """Return copies of the arrays of a case that their owner may write to."""
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in raw]


def refill(arrays):
    """Write other values into arrays, as the next turn of a loop does."""
    for x in arrays:
        if isinstance(x, np.ndarray):
            x[...] = np.zeros((), x.dtype) if x.dtype.kind in "biu" else np.full((), 0.123, x.dtype)


def first_case(row):
    return next((c for c in row.cases(PLACE, "f") if c.varying and c.order), None)


def shown(x):
    """Return a view of all of a buffer, as slices and reshaped arrays are."""
    return x.reshape(x.shape) if isinstance(x, np.ndarray) else x


def arrayed(x):
    """Return an `Array` that shares a buffer."""
    return xg.asarray(x) if isinstance(x, np.ndarray) else x


def shown_of_arrayed(x):
    """Return a view that xgrad made of an `Array` that shares a buffer."""
    return xg.asarray(x)[...] if isinstance(x, np.ndarray) and x.shape else arrayed(x)


GIVEN = {"raw": lambda x: x, "a view": shown, "asarray": arrayed, "its view": shown_of_arrayed}


def pulled(case, tracked, give, refills, transform=xg.vjp):
    """Return the cotangent of one argument; the others are refilled before the walk."""
    raw = buffers(case.raw_arrays())
    constants = [x for i, x in enumerate(raw) if i != tracked]
    lent = [give(x) for x in raw]

    def f(x):
        given = list(lent)
        given[tracked] = x
        out = case.call(given)
        if refills:
            refill(constants)
        return [y for y in xg.tree.leaves(out) if xg.isdtype(y.dtype, "real floating")]

    if transform is xg.grad:
        return xg.grad(lambda x: sum((xg.sum(y) for y in f(x)), xg.sum(x) * 0.0))(raw[tracked])
    out, pullback = xg.vjp(f, lent[tracked])
    if refills:
        refill([raw[tracked]])
    found = pullback([np.ones(np.shape(y), y.dtype) for y in out])[0] if out else None
    return found.data if isinstance(found, xg.Array) else found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_over_the_op_table(row):
    if row.left_out(PLACE, row.samples[0], "f") or (case := first_case(row)) is None:
        pytest.skip("no derivative here")
    arrays = row.name.startswith("x1 ")  # an operator's row makes arrays of xgrad of both
    for tracked in case.varying:
        expected = pulled(case, tracked, GIVEN["raw"], False)
        for how, give in GIVEN.items():
            if arrays and how != "asarray":
                continue
            got = pulled(case, tracked, give, True)
            what = f"{row.name}, argument {tracked}, {how}"
            np.testing.assert_array_equal(got, expected, err_msg=what)


@pytest.fixture
def turns():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(200, 200)) / 20 for _ in range(3)]


def loop(x, a, turns):
    for turn in turns:
        a[...] = turn
        x = xg.tanh(a @ x)
    return xg.sum(x)


def test_a_large_array_is_locked_while_its_function_runs(turns):
    a, x = np.empty((200, 200)), np.ones(200)
    with pytest.raises(ValueError, match="read-only") as info:
        xg.grad(lambda x: loop(x, a, turns))(x)
    assert "locked until its function has run" in info.value.__notes__[-1]
    a[...] = 0.0  # and no longer
    before = np.empty_like(a)

    def f(x):
        before[...] = a
        return xg.sum(xg.tanh(a @ x))

    xg.grad(f)(x)
    a[...] = 1.0


def test_a_large_view_that_changes_is_copied_again(turns):
    a, x = np.empty((2, 200, 200))[0], np.ones(200)
    got = xg.grad(lambda x: loop(x, a, turns))(x)

    def unrolled(x):
        for turn in turns:
            x = xg.tanh(turn @ x)
        return xg.sum(x)

    np.testing.assert_array_equal(got, xg.grad(unrolled)(x))


def test_a_large_array_may_be_refilled_between_pullback_and_walk(turns):
    a, x = np.array(turns[0]), np.ones(20_000)
    (expected,) = xg.vjp(lambda w: xg.sum(xg.sin(w)), np.array(x))[1](1.0)
    _, pullback = xg.vjp(lambda w: xg.sum(xg.sin(w)), x)
    x[...] = 0.0
    np.testing.assert_array_equal(pullback(1.0)[0], expected)
    assert a.flags.writeable


BEFORE = {
    "a view": lambda a: a[...],
    "turned": lambda a: a[::-1],
    "frombuffer": lambda a: np.frombuffer(a, a.dtype),
    "of a memoryview": lambda a: np.asarray(memoryview(a)),
    "from_dlpack": np.from_dlpack,
    "a part": lambda a: a[5:6],
}


@pytest.mark.parametrize("size", [3000, 100_000])
@pytest.mark.parametrize("how", BEFORE)
def test_an_array_that_is_refilled_through_what_was_made_before(how, size):
    """A lock holds back nobody who has another way to the buffer; a smaller array is copied."""
    if how == "a part" and 8 * size > LARGE:
        pytest.skip("of so many entries some are compared")
    buffer, x = np.ones(size), np.linspace(0.1, 1.0, size)
    other, argument = BEFORE[how](buffer), x.copy()
    also = BEFORE[how](argument)

    def f(x):
        y = xg.sum(xg.sin(x) * buffer)
        other[...] = 2.0
        return y

    def of_itself(x):
        y = xg.sum(x * x)
        also[...] = 2.0
        return y

    if 8 * size <= LARGE:
        np.testing.assert_array_equal(xg.grad(f)(x), np.cos(x))
        np.testing.assert_array_equal(xg.grad(of_itself)(argument), 2.0 * x)
        return
    with pytest.raises(xg.errors.MutationError, match=r"y = xg.sum\(xg.sin\(x\) \* buffer\)"):
        xg.grad(f)(x)
    with pytest.raises(xg.errors.MutationError, match="was written to while its function ran"):
        xg.grad(of_itself)(argument)


@pytest.mark.parametrize("size", [3, 3000, 30_000])
def test_functions_of_ones_own_that_fill_the_same_buffers_again(size):
    x, out, residual = np.linspace(0.1, 1.0, size), np.empty(size), np.empty(size)

    def twice(x):
        return np.multiply(x, 2.0, out=out)

    by_primitive = xg.primitive(twice)
    by_primitive.defvjp(lambda ct, out, x: (2.0 * ct,))

    @xg.custom_vjp
    def by_rule(x):
        return twice(x.data)

    by_rule.defvjp(lambda x: (twice(x.data), None), lambda _, ct: (2.0 * ct,))
    for f in (by_primitive, by_rule, lambda x: by_primitive(by_rule(x) / 2.0)):
        found = xg.grad(lambda x, f=f: sum(xg.sum(f(k * x) ** 2) for k in (1, 2, 3)))(x)
        np.testing.assert_allclose(found, 8.0 * (1 + 4 + 9) * x)

    @xg.custom_vjp
    def square(x):
        return x * x

    def forward(x):
        residual[...] = x.data
        return x * x, (residual, {"also": residual}, "twice")

    square.defvjp(forward, lambda r, ct: (ct * (r[0] + r[1]["also"]),))
    gradient = xg.grad(lambda x: sum(xg.sum(square(k * x)) for k in (1, 2, 3)))
    if size > 3:  # it is used twice before it is filled again, and so locked
        with pytest.raises(ValueError, match="read-only"):
            gradient(x)
    else:
        np.testing.assert_allclose(gradient(x), 2.0 * (1 + 4 + 9) * x)


def test_who_promises_not_to_refill_keeps_references():
    data, seen = np.ones(3), []

    def f(w):
        y = w * data
        seen.append(y._node[3])
        return xg.sum(y * y)

    with xg.no_refills():
        xg.grad(f)(np.ones(3))
    assert seen[0] is data
    xg.grad(f)(np.ones(3))
    assert not np.shares_memory(seen[1], data)


def sums(transform):
    """Return the gradient of a sum by a transform, as an array of NumPy."""
    by = {
        "grad": lambda f, x: xg.grad(lambda x: xg.sum(f(x)))(x),
        "value_and_grad": lambda f, x: xg.value_and_grad(lambda x: xg.sum(f(x)))(x)[1],
        "jacrev": lambda f, x: xg.jacrev(f)(x).sum(axis=0),
        "jacfwd": lambda f, x: xg.jacfwd(f)(x).sum(axis=0),
        "jvp": lambda f, x: xg.jvp(f, (x,), (np.ones_like(x),))[1],
        "hvp": lambda f, x: xg.hvp(lambda x: xg.sum(f(x)), (x,), (np.ones_like(x),))[0],
        "hessian": lambda f, x: np.diagonal(xg.hessian(lambda x: xg.sum(f(x)))(x)),
        "grad of vmap": lambda f, x: xg.grad(lambda x: xg.sum(xg.vmap(f)(xg.stack([x, x]))))(x),
        "grad of checkpoint": lambda f, x: xg.grad(lambda x: xg.sum(xg.checkpoint(f)(x)))(x),
    }
    return by[transform]


TRANSFORMS = ("grad", "value_and_grad", "jacrev", "jacfwd", "jvp", "hvp", "hessian", "grad of vmap")
CONSTANTS = {
    "raw": lambda b: b,
    "a slice": lambda b: b[:],
    "asarray": xg.asarray,
    "asarray, sliced": lambda b: xg.asarray(b)[:],
    "asarray, reshaped": lambda b: xg.reshape(xg.asarray(b), (-1,)),
    "asarray, turned twice": lambda b: xg.flip(xg.flip(xg.asarray(b))),
    "from_dlpack": xg.from_dlpack,
    "in a tree": lambda b: {"a": (xg.asarray(b),)}["a"][0],
}


@pytest.mark.parametrize("size", [3, 2000, 40_000])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_over_the_transforms(transform, size):
    """A buffer beside the argument is refilled as soon as it was used: right, or an error."""
    if size > 3 and transform.startswith(("jac", "hess")):
        pytest.skip("a matrix of that size tells nothing more")
    x, rng = np.linspace(0.2, 1.0, size), np.random.default_rng(1)
    data, wrong = rng.normal(size=size), np.full(size, 0.123)
    expected = sums(transform)(lambda x: x * x * data, x)
    for how, make in CONSTANTS.items():
        buffer = data.copy()

        def f(x, buffer=buffer, make=make):
            y = x * x * make(buffer)
            buffer[...] = wrong
            return y

        try:
            got = sums(transform)(f, x)
        except ValueError as error:
            if 8 * size <= LARGE or "locked until its function has run" not in error.__notes__[-1]:
                raise
            continue
        np.testing.assert_allclose(got, expected, rtol=1e-13, err_msg=how)
        buffer[...] = 0.0  # and it is nobody's any longer


@pytest.mark.parametrize("size", [3, 2000, 40_000])
@pytest.mark.parametrize("make", [lambda b: b, lambda b: b[...], xg.asarray])
def test_the_argument_itself_is_refilled(make, size):
    x, wrong = np.arange(1.0, size + 1.0), np.full(size, 0.123)
    for transform, late in ((xg.grad, False), (xg.vjp, True), (xg.linearize, True)):
        buffer = x.copy()

        def f(x, buffer=buffer, late=late):
            y = xg.sum(xg.sin(x))
            if not late:
                buffer[...] = wrong
            return y

        if late:
            _, walk = transform(f, make(buffer))
            buffer[...] = wrong
            got = walk(1.0)[0] if transform is xg.vjp else walk(np.ones(size))
            true = np.cos(x) if transform is xg.vjp else np.sum(np.cos(x))
        else:
            true = np.cos(x)
            try:
                got = transform(f)(make(buffer))
            except (ValueError, xg.errors.MutationError) as error:
                if "read-only" not in str(error) and "was written to while" not in str(error):
                    raise
                buffer[...] = 0.0
                continue
        np.testing.assert_allclose(np.asarray(got), true, rtol=1e-13)


def test_a_leaf_with_requires_grad_has_a_buffer_of_its_own():
    x = np.arange(1.0, 4.0)
    first, second = xg.asarray(x, requires_grad=True), xg.asarray(x)
    second.requires_grad = True
    shared = xg.asarray(x, requires_grad=True, copy=False)
    y = xg.sum(xg.sin(first)) + xg.sum(xg.sin(second))
    x[...] = 0.0
    y.backward()
    for leaf in (first, second):
        np.testing.assert_allclose(leaf.grad.data, np.cos(np.arange(1.0, 4.0)))
    assert np.shares_memory(shared.data, x)


def test_large_constants_of_a_pullback_are_copied():
    x, b = np.ones(2000), np.full(2000, 2.0)
    _, pullback = xg.vjp(lambda x: xg.sum(x * b), x)
    b[...] = 0.0
    np.testing.assert_array_equal(pullback(1.0)[0], 2.0)


def test_an_argument_of_another_library_that_is_refilled():
    torch = pytest.importorskip("torch")
    x, b = torch.ones(2000, dtype=torch.float64), torch.full((2000,), 2.0, dtype=torch.float64)

    def f(a):
        y = xg.sum(xg.sin(a) * b)
        b.fill_(0.1)
        return y

    expected = torch.cos(x) * 2
    assert torch.equal(xg.grad(f)(x), expected)

    def g(a):
        y = xg.sum(xg.sin(a))
        x.fill_(0.1)
        return y

    with pytest.raises(xg.errors.MutationError, match="written to while its function ran"):
        xg.grad(g)(x)


@pytest.mark.parametrize("make", [lambda f: f, xg.grad])
@pytest.mark.parametrize("size", [3, 3000])
def test_a_compiled_function_that_refills_what_it_captures(make, size):
    buffer, x = np.empty(size), np.linspace(0.1, 1.0, size)
    rows = np.random.default_rng(2).normal(size=(3, size))

    def loop(x, use=lambda b: b):
        total = 0.0
        for row in rows:
            buffer[...] = row
            total += xg.sum(xg.sin(x) * use(buffer))
        return total

    with pytest.raises(
        xg.errors.MutationError, match=r"refills an array that it captures .*x.copy\(\)"
    ):
        xg.compile(make(loop))(x)

    def last(x):
        y = xg.sum(xg.sin(x) * buffer)
        buffer[...] = 0.25
        return y

    with pytest.raises(xg.errors.MutationError, match="refills an array"):
        xg.compile(make(last))(x)
    as_advised = xg.compile(make(lambda x: loop(x, np.copy)))
    for scale in (1.0, 2.0):
        want = make(lambda x: loop(x, np.copy))(scale * x)
        np.testing.assert_allclose(as_advised(scale * x), want, rtol=1e-12)
    buffer[...] = 1.0  # between calls it may be filled with what it will
    compiled = xg.compile(make(lambda x: xg.sum(x * x * buffer)))
    first = compiled(x)
    buffer[...] = 2.0
    np.testing.assert_allclose(compiled(x), 2.0 * first)


@pytest.mark.parametrize("chunks", [4, 2])
def test_arrays_of_dask_that_are_written_to(chunks):
    da = pytest.importorskip("dask.array")
    made = [da.from_array(np.full(4, v), chunks=chunks) for v in (0.5, 2.0)]

    def f(x):
        y = xg.sum(xg.sin(x) * made[1])
        made[1][1] = 7.0
        return y

    np.testing.assert_allclose(np.asarray(xg.grad(f)(made[0])), 2.0 * np.cos(0.5))
    x, b = (da.from_array(np.full(4, v), chunks=chunks) for v in (0.5, 2.0))
    _, pullback = xg.vjp(lambda x: xg.sum(xg.sin(x) * b), x)
    x[0], b[1] = 100.0, 9.0
    np.testing.assert_allclose(np.asarray(pullback(1.0)[0]), 2.0 * np.cos(0.5))


V, M = np.linspace(0.3, 0.9, 6), np.eye(6) + 0.1
LATER = {
    "cotangent": lambda x, c: xg.vjp(lambda y: y**3 * x, x)[1](c)[0],
    "tangent": lambda x, c: xg.jvp(lambda y: y**3 * x, (x,), (c,))[1],
    "tangent of linearize": lambda x, c: xg.linearize(lambda y: y**3 * x, x)[1](c),
    "direction": lambda x, c: xg.hvp(lambda y: xg.sum(y**4), x, c),
    "constant of vmap": lambda x, c: xg.vmap(lambda r, d: r * r * d, (0, None))(x, c),
    "memoryview": lambda x, c: x * x * xg.asarray(memoryview(c)),
    "np.take": lambda x, c: np.take(x * x, c.view(np.uint64)[:2], mode="wrap"),
    "lyapunov": lambda x, c: xg.scipy.linalg.solve_discrete_lyapunov(M * c / 3, M * x[0]),
    "toeplitz": lambda x, c: xg.scipy.linalg.solve_toeplitz(c, x),
    "system": lambda x, c: xg.scipy.signal.dlsim(
        (M / 3, c[:, None], c[None, :], c[:1, None], 1), x
    ),
    "expect": lambda x, c: xg.scipy.stats.norm.expect(lambda z: z**2, loc=c[0, ...], scale=x[0]),
    "root": lambda x, c: xg.scipy.optimize.root(lambda z: z + z**3 - x * c, V).x,
    "fixed point": lambda x, c: xg.scipy.optimize.fixed_point(lambda z: xg.cos(z) * x * c / 2, V),
    "steps": lambda x, c: xg.scipy.integrate.solve_ivp(lambda t, y: -x * c * y, (0, 1), V).y,
    "flow": lambda x, c: xg.scipy.integrate.solve_ivp(
        lambda t, y: -x * c * y, (0, 1), V, adjoint="continuous"
    ).y[:, -1],
    "integral": lambda x, c: xg.scipy.integrate.quad(lambda t: xg.sum(x**2 * c) * t, 0, 1)[0],
}
"""What is read when the function has run: right, or an error that says so."""


@pytest.mark.parametrize("name", LATER)
def test_what_solvers_and_inner_walks_read_later(name):
    buffer = V[::-1].copy()

    def squares(x):
        found = LATER[name](x, buffer)
        parts = found if isinstance(found, tuple) else (found,)
        return sum(xg.sum(xg.asarray(part) ** 2) for part in parts)

    def refilling(x):
        y = squares(x)
        buffer[...] = 0.37
        return y

    for ask in (xg.grad, lambda f: lambda x: xg.hvp(f, x, V), lambda f: lambda x: xg.jacfwd(f)(x)):
        buffer[...] = V[::-1]
        expected = ask(squares)(V)
        try:
            got = ask(refilling)(V)
        except xg.errors.ReplayError as error:
            assert "an array that has been written to since" in str(error)  # noqa: PT017
            assert name in ("root", "fixed point", "steps", "flow", "integral")
            continue
        np.testing.assert_allclose(got, expected, rtol=1e-9)
