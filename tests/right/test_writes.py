# Tests of xgrad/arrays/filling.py, xgrad/engine/slices.py
"""Writing in place: derivatives as if each write had made a new array, at the cost of the write."""

import contextlib
import gc
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg

SECOND = {
    "forward over reverse": lambda f: xg.jacfwd(xg.grad(f)),
    "reverse over reverse": lambda f: xg.jacrev(xg.grad(f)),
    "reverse over forward": lambda f: xg.jacrev(xg.jacfwd(f)),
    "forward over forward": lambda f: xg.jacfwd(xg.jacfwd(f)),
}


def stepper(x):
    """Fill the rows of a table by a nonlinear diffusion step."""
    u = xg.zeros((5, 4))
    u[0] = x
    for t in range(4):
        u[t + 1] = u[t]
        u[t + 1, 1:-1] += 0.1 * (u[t, 2:] - 2 * u[t, 1:-1] + u[t, :-2]) * u[t, 1:-1]
    return xg.sum(u[-1] ** 2) + xg.sum(u[2] ** 3)


def stepper_pure(x):
    rows = [x]
    for _ in range(4):
        u = rows[-1]
        inner = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
        rows.append(xg.concat([u[:1], inner, u[-1:]]))
    return xg.sum(rows[-1] ** 2) + xg.sum(rows[2] ** 3)


def alignment(x):
    """Align two sequences by dynamic programming with a soft minimum."""
    d = xg.full((5, 5), 1e3)
    d[0, 0] = 0.0
    for i in range(4):
        for j in range(4):
            ways = xg.stack([d[i, j], d[i, j + 1], d[i + 1, j]])
            d[i + 1, j + 1] = (x[i] - x[3 - j]) ** 2 - xg.logsumexp(-ways)
    return d[4, 4]


def alignment_pure(x):
    d = {(0, 0): xg.asarray(0.0)}
    d |= {(i, 0): xg.asarray(1e3) for i in range(1, 5)}
    d |= {(0, j): xg.asarray(1e3) for j in range(1, 5)}
    for i in range(4):
        for j in range(4):
            ways = xg.stack([d[i, j], d[i, j + 1], d[i + 1, j]])
            d[i + 1, j + 1] = (x[i] - x[3 - j]) ** 2 - xg.logsumexp(-ways)
    return d[4, 4]


def used_before(x):
    """Write over values whose old ones were used, twice."""
    y = x * 2
    old = y * y
    y[1] = x[0] * x[2]
    again = y * y * y
    y *= xg.sin(x)
    y[xg.asarray([True, False, True, False])] = x[:2] ** 2
    return xg.sum(old) + xg.sum(again) + xg.sum(y * old)


def used_before_pure(x):
    y0 = x * 2
    old = y0 * y0
    y1 = xg.stack([y0[0], x[0] * x[2], y0[2], y0[3]])
    y2 = y1 * xg.sin(x)
    y3 = xg.stack([x[0] ** 2, y2[1], x[1] ** 2, y2[3]])
    return xg.sum(old) + xg.sum(y1 * y1 * y1) + xg.sum(y3 * old)


def through_views(x):
    """Write into views that were taken before, and into views of them."""
    y = xg.reshape(x * 1, (2, 2))
    row, column, flipped = y[0], y[:, 1], y[::-1]
    corner = row[1:]
    row *= x[:2]
    corner += x[3] ** 2
    column[1] = row[1] * corner[0]
    flipped[0, 0] = xg.exp(y[0, 0])
    return xg.sum(y**2) + row[0] * flipped[0, 0] + column[1]


def through_views_pure(x):
    a, b = x[0] * x[0], x[1] * x[1] + x[3] ** 2
    d, c = b * b, xg.exp(a)
    return a**2 + b**2 + c**2 + d**2 + a * c + d


def at_indices(x):
    """Write at lists, masks and repeated indices; add where there was something."""
    y = xg.zeros(5)
    y[xg.asarray([0, 2, 0])] = x[:3] ** 2
    y[[1, 3]] += x[2:]
    y[3:] *= x[0]
    y[y > 1.0] = x[1]
    return xg.sum(y * y * xg.asarray([1.0, 2.0, 3.0, 4.0, 5.0]))


def at_indices_pure(x):
    y = [x[2] ** 2, x[2], x[1] ** 2, x[3] * x[0], xg.asarray(0.0)]
    y = [x[1] if float(v.item()) > 1.0 else v for v in y]
    return sum((i + 1) * v * v for i, v in enumerate(y))


PROGRAMS = {
    "stepper": (stepper, stepper_pure),
    "alignment": (alignment, alignment_pure),
    "used before": (used_before, used_before_pure),
    "views": (through_views, through_views_pure),
    "indices": (at_indices, at_indices_pure),
}
X = np.array([0.7, 1.3, -0.4, 1.9])


@pytest.mark.parametrize("name", PROGRAMS)
def test_first_derivatives_are_those_of_the_functional_spelling(computing, name):
    f, pure = PROGRAMS[name]
    x = computing.raw(X)
    with xg.use_backend(computing.backend.name, computing.device):
        expected = computing.numpy(xg.grad(pure)(x))
        for way in (xg.grad, xg.jacfwd):
            np.testing.assert_allclose(computing.numpy(way(f)(x)), expected, rtol=1e-12, atol=1e-13)
    h = 1e-6
    slopes = [
        (pure(xg.asarray(X + h * e)) - pure(xg.asarray(X - h * e))).item() / (2 * h)
        for e in np.eye(4)
    ]
    np.testing.assert_allclose(expected, slopes, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("modes", SECOND)
@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_are_those_of_the_functional_spelling(computing, name, modes):
    f, pure = PROGRAMS[name]
    x = computing.raw(X)
    with xg.use_backend(computing.backend.name, computing.device):
        found, expected = SECOND[modes](f)(x), SECOND["reverse over reverse"](pure)(x)
    np.testing.assert_allclose(
        computing.numpy(found), computing.numpy(expected), rtol=1e-11, atol=1e-12
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_graph_with_writes_is_walked_again_with_the_same_result(name):
    _, pullback = xg.vjp(PROGRAMS[name][0], X)
    one = np.ones(())
    first, second = pullback(one), pullback(one)
    np.testing.assert_array_equal(first[0], second[0])
    assert one == 1.0


def test_a_cotangent_that_the_user_gives_is_never_written_to():
    def f(x):
        y = x * 1
        y[0] = x[1] * 2
        y[1:] = x[:3]
        return y

    g = np.array([1.0, 2.0, 3.0, 4.0])
    _, pullback = xg.vjp(f, X)
    found = pullback(g)[0]
    np.testing.assert_array_equal(g, [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(found, xg.jacfwd(f)(X).T @ g)


# What cannot be right raises ---------------------------------------------------------------------


def write(x):
    x[0] = 1.0


def scale(x):
    x *= 2.0


@pytest.mark.parametrize("change", [write, scale])
def test_a_leaf_is_not_written_to(computing, change):
    x = xg.asarray(computing.raw(X), requires_grad=True)
    with pytest.raises(xg.errors.MutationError, match=r"leaf.*x \* 1.*no_grad"):
        change(x)
    with xg.no_grad():
        change(x)
    assert x.requires_grad


def test_an_integer_array_takes_no_tracked_value(computing):
    def f(x):
        y = xg.zeros(3, dtype=xg.int64)
        y[0] = x[0]
        return xg.sum(x)

    with (
        xg.use_backend(computing.backend.name, computing.device),
        pytest.raises(TypeError, match=r"no\s+derivative.*floating-point"),
    ):
        xg.grad(f)(computing.raw(X))


def test_what_does_not_fit_leaves_the_array_as_it_was(computing):
    y = xg.asarray(computing.raw(X)) * 1
    with pytest.raises((ValueError, IndexError, RuntimeError)):
        y[:2] = xg.asarray(computing.raw(X))
    with pytest.raises(ValueError, match="does not fit"):
        y[:1] += xg.asarray(computing.raw(X))
    np.testing.assert_array_equal(computing.numpy(y), X)


# What writing costs ------------------------------------------------------------------------------


def peak(run):
    """Return the most memory that was held at once while `run` ran, beyond what was there."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@contextlib.contextmanager
def counted_copies():
    """Count the writes that copy a whole array first, and those that do not."""
    backend = xg.backends.load("numpy")
    setitem, calls = backend.setitem, []

    def counted(x, key, value, copy=True):
        calls.append(copy)
        return setitem(x, key, value, copy)

    object.__setattr__(backend, "setitem", counted)
    try:
        yield calls
    finally:
        object.__setattr__(backend, "setitem", setitem)


def test_filling_an_array_stays_in_its_buffer():
    y = xg.zeros(1000)
    with counted_copies() as calls:
        for i in range(1000):
            y[i] = float(i)
    assert calls.count(True) == 1
    assert len(calls) == 1000
    np.testing.assert_array_equal(y.data, np.arange(1000.0))


def test_filling_a_tracked_array_stays_in_its_buffer():
    def f(x):
        y = xg.zeros(200)
        with counted_copies() as calls:
            for i in range(200):
                y[i] = x * i if i % 2 else y[i - 1] + x * i
        assert calls.count(True) == 1
        return xg.sum(y)

    assert xg.grad(f)(2.0) == sum(i if i % 2 else i + max(i - 1, 0) for i in range(200))


def test_somebody_elses_buffer_is_copied_once():
    x = np.zeros(100)
    y = xg.asarray(x)
    with counted_copies() as calls:
        for i in range(100):
            y[i] = 1.0
    assert calls.count(True) == 1
    np.testing.assert_array_equal(x, 0)
    np.testing.assert_array_equal(y.data, 1)


HOLDERS = {
    "data": lambda y: y.data,
    "detach": lambda y: y.detach().data,
    "NumPy": lambda y: np.asarray(y.detach()),
    "a view": lambda y: y[10:90],
    "a reshaped view": lambda y: xg.reshape(y, (10, 10)),
    "an op's operand": lambda y: y + 0.0,
    "a pytree": lambda y: xg.tree.leaves({"y": y})[0].data,
    "another array": lambda y: xg.asarray(y).data,
    "stop_gradient": lambda y: xg.stop_gradient(y).data,
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("tracked", [False, True])
def test_what_was_handed_out_is_never_written_to(holder, tracked):
    """CPython 3.14 counts references in another way: no count decides who owns a buffer."""
    seen = []

    def f(x):
        y = xg.zeros(100) + x if tracked else xg.zeros(100)
        y[0] = 1.0
        y[1] = 2.0
        held = HOLDERS[holder](y)
        before = np.array(xg.asarray(held).detach().data)
        used = xg.sum(xg.sin(y) * x)
        y[50] = 3.0
        if holder not in ("a view", "a reshaped view"):  # these show the write, as NumPy's do
            np.testing.assert_array_equal(xg.asarray(held).detach().data, before)
        seen.append(y[50].item())
        return used + 0.0 * xg.sum(y)

    x = 0.5
    base = np.zeros(100) + (x if tracked else 0.0)
    base[:2] = 1.0, 2.0
    expected = np.sum(np.sin(base)) + (x * np.sum(np.cos(base[2:])) if tracked else 0.0)
    np.testing.assert_allclose(xg.grad(f)(x), expected)
    assert seen == [3.0]


def test_no_reference_is_counted():
    root = Path(xg.__file__).parent
    files = [*root.rglob("*.py"), *(root.parent / "backends").rglob("*.py")]
    assert len(files) > 100
    assert not [str(p) for p in files if "getrefcount" in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("through", ["reads", "a variable"])
def test_a_table_made_row_by_row_takes_memory_for_its_rows(through):
    """Twice as many rows take twice the memory, forward and back: no write copies the table."""

    def f(u, steps):
        y = xg.zeros((steps, u.shape[0]))
        y[0] = row = u
        for t in range(steps - 1):
            if through == "reads":
                y[t + 1] = y[t] * y[t] * 0.5
            else:
                y[t + 1] = row * row * 0.5
                row = y[t + 1]
        return xg.sum(y)

    u = np.linspace(0.1, 1.0, 2000)
    xg.grad(f)(u, 5)
    needed = {n: peak(lambda n=n: xg.grad(f)(u, n)) for n in (20, 40, 80)}
    assert needed[80] < 8 * 80 * u.nbytes
    assert needed[80] / needed[40] < 2.3


def test_walking_back_through_writes_keeps_one_cotangent():
    def f(x):
        y = xg.zeros(20_000)
        for i in range(200):
            y[i] = x * i
        return xg.sum(y * y)

    _, pullback = xg.vjp(f, 2.0)
    calls = []
    numpy_copied = xg.backends.load("numpy").setitem

    def counted(x, key, value, copy=True):
        calls.append(copy)
        return numpy_copied(x, key, value, copy)

    backend = xg.backends.load("numpy")
    object.__setattr__(backend, "setitem", counted)
    try:
        (found,) = pullback(np.ones(()))
    finally:
        object.__setattr__(backend, "setitem", numpy_copied)
    assert found == 2 * 2.0 * sum(i * i for i in range(200))
    assert calls.count(True) <= 1
    assert len(calls) == 199  # the first write was to untracked zeros


KEYS = [
    *((slice(1, 5),), (slice(None, None, 2),), (slice(0, 3), slice(2, 7)), (0,), (slice(None), -1)),
    *((slice(-2, None),), (slice(None, None, -1),), (slice(0, 2),)),
]


@pytest.mark.parametrize("seed", range(20))
def test_views_show_what_numpys_show_whenever_they_are_looked_at(seed):
    """Reads, views of views, writes to any of them, in any order, with arrays kept or let go."""
    draw = np.random.default_rng(seed)
    plain = [draw.normal(size=(6, 8))]
    ours = [xg.asarray(plain[0].copy())]
    for _ in range(60):
        i = int(draw.integers(len(plain)))
        key = KEYS[draw.integers(len(KEYS))][: plain[i].ndim]
        if 0 in plain[i].shape or not plain[i][key].ndim:
            continue
        kind = draw.integers(5)
        if kind == 0 and len(plain) < 8:
            plain.append(plain[i][key])
            ours.append(ours[i][key])
        elif kind == 1:
            plain[i][key] += 1.5
            ours[i][key] += 1.5
        elif kind == 2:
            j = int(draw.integers(len(plain)))
            if plain[j].shape == plain[i][key].shape:
                plain[i][key] = plain[j].copy()
                ours[i][key] = ours[j]
        elif kind == 3:
            plain[i] *= 0.5
            ours[i] *= 0.5
        elif len(plain) > 1:
            j = int(draw.integers(1, len(plain)))
            np.testing.assert_array_equal(ours[j], plain[j])
            del plain[j], ours[j]
    for a, b in zip(ours, plain, strict=True):
        np.testing.assert_array_equal(a, b)
        assert type(a) is xg.Array


def test_an_outdated_view_keeps_no_buffer_that_its_base_has_left():
    base = xg.asarray(np.ones(8))
    view = base[:6]
    old = weakref.ref(base.data)
    base[0] = 2.0
    gc.collect()
    assert old() is None
    assert view[0] == 2.0
