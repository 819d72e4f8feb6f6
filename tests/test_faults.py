# Tests of xgrad/engine
"""An exception at every operation of every walk leaves no state, keeps no memory, spoils nothing.

The arrays of these tests are NumPy's, of a class that counts what is done with them and can fail at
any one count: in the function that is differentiated, in a derivative rule, in a sum of cotangents.
"""

import contextvars
import gc
import random
import sys
import tracemalloc

import numpy as np
import pytest

import xgrad as xg
import xgrad_backends.numpy as numpy_adapter
from xgrad.backends import BY_TYPE, current
from xgrad.engine import tape

# the random programs do not use every argument
pytestmark = pytest.mark.filterwarnings("ignore::xgrad.errors.ConstantResultWarning")


class Fault(Exception):  # noqa: N818 - it is no error of anybody's
    """What fails here, and nowhere else."""


class Brittle(np.ndarray):
    """An array whose operations are counted, and of which one fails."""

    count = 0
    last = None
    alive = 0

    def __array_finalize__(self, obj):
        Brittle.alive += 1

    def __del__(self):
        Brittle.alive -= 1

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if any(type(x) is xg.Array for x in inputs):
            return NotImplemented
        if method not in ("reduce", "accumulate"):  # NumPy itself leaks if these raise here
            tick()
        if out is not None:
            kwargs["out"] = tuple(plain(x) for x in out)
        found = getattr(ufunc, method)(*(plain(x) for x in inputs), **kwargs)
        if out is not None:
            return out[0]
        return found if found is None else np.asarray(found).view(Brittle)

    def __array_function__(self, func, types, args, kwargs):
        tick()
        return super().__array_function__(func, types, args, kwargs)

    def __getitem__(self, key):
        tick()
        return np.asarray(plain(self)[key]).view(Brittle)

    def __setitem__(self, key, value):
        tick()
        plain(self)[key] = plain(value)


BY_TYPE[Brittle] = numpy_adapter.BACKEND  # its arrays mean their numbers


def plain(x):
    return x.view(np.ndarray) if type(x) is Brittle else x


def counted(reduce):
    """Return a reduction that counts, and fails, before NumPy is reached."""

    def call(x, *args, **kwargs):
        if type(x) is Brittle:
            tick()
        return reduce(x, *args, **kwargs)

    return call


def tick():
    Brittle.count += 1
    if Brittle.count == Brittle.last:
        raise Fault(f"operation {Brittle.last}")


def brittle(x):
    return np.asarray(x, np.float64).view(Brittle)


# Random programs ----------------------------------------------------------------------------------


@xg.custom_vjp
def gentle(x):
    return xg.tanh(x)


gentle.defvjp(lambda x: (gentle.f(x), gentle.f(x)), lambda y, ct: (ct * (1 - y * y),))


def written(x, y):
    z = x * 1.0
    z[0] = y[1] * y[0]
    z[1:] += xg.sin(y[1:])
    return z


def solved(x, y):
    return xg.linalg.solve(x @ x.mT + 5 * xg.eye(3), y)


STEPS = [
    lambda x, y: xg.sin(x) + y,
    lambda x, y: x * y,
    lambda x, y: xg.where(x > 0.2, xg.sqrt(xg.abs(x)), y),
    lambda x, y: xg.tanh(x @ y),
    lambda x, y: xg.max(x, axis=0) - y,
    lambda x, y: xg.sort(x, axis=1) * 0.5 + y[::-1],
    lambda x, y: xg.cumulative_sum(xg.exp(-x * x), axis=1) / (2 + y * y),
    lambda x, y: xg.concat([x[1:], y[:1]]),
    lambda x, y: xg.clip(x, -1.0, 1.0) + xg.mean(y),
    lambda x, y: xg.linalg.vector_norm(x) * y,
    lambda x, y: gentle(x) + y,
    lambda x, y: xg.checkpoint(lambda x: xg.sin(x) * x)(x) + y,
    lambda x, y: xg.softmax(x, axis=0) * y,
    lambda x, y: xg.prod(1 + 0.1 * x, axis=1, keepdims=True) * y,
    written,
    solved,
]


def drawn(seed):
    """Return random steps, each with what chooses its operands."""
    draw = random.Random(seed)
    return [(draw.choice(STEPS), draw.random(), draw.random()) for _ in range(draw.randint(3, 6))]


def program(seed):
    """Return a random function of two matrices; each step may use any earlier value."""
    steps = drawn(seed)

    def f(x, y):
        values = [x, y]
        for step, i, j in steps:
            n = len(values)
            values.append(step(values[int(n - 1 - i * min(n, 2))], values[int(j * n)]))
        return xg.sum(xg.sin(values[-1])) + 0.1 * xg.sum(values[len(values) // 2] ** 2)

    return f


def data(seed):
    rng = np.random.default_rng(seed)
    return [brittle(rng.normal(size=(3, 3))) for _ in range(3)]


# The walks ----------------------------------------------------------------------------------------


def reverse(f, x, y, t):
    return xg.grad(f, (0, 1))(x, y)


def forward(f, x, y, t):
    return xg.jvp(f, (x, y), (t, t))


def backward(f, x, y, t):
    leaves = [xg.asarray(v, requires_grad=True) for v in (x, y)]
    f(*leaves).backward()
    return [v.grad for v in leaves]


def kept(f, x, y, t):
    leaves = [xg.asarray(v, requires_grad=True) for v in (x, y)]
    f(*leaves).backward(create_graph=True)
    g, leaves[0].grad, leaves[1].grad = leaves[0].grad, None, None
    if g is not None and g.is_tracked:
        xg.sum(g * t).backward()
    return [v.grad for v in leaves]


def reverse_over_reverse(f, x, y, t):
    return xg.grad(lambda x: xg.sum(xg.grad(f)(x, xg.Array(y)) * t))(x)


def forward_over_reverse(f, x, y, t):
    return xg.hvp(lambda x: f(x, xg.Array(y)), x, t)


def reverse_over_forward(f, x, y, t):
    return xg.grad(lambda x: xg.jvp(f, (x, y), (t, t))[1])(x)


def forward_over_forward(f, x, y, t):
    return xg.jvp(lambda x: xg.jvp(f, (x, y), (t, t))[1], (x,), (t,))


def rows_of_a_jacobian(f, x, y, t):
    return xg.jacrev(lambda x: xg.sin(x) * f(x, xg.Array(y)))(x)


def columns_of_a_hessian(f, x, y, t):
    return xg.hessian(lambda x: f(x, xg.Array(y)))(x)


FIRST = [reverse, forward, backward]
SECOND = [
    kept,
    reverse_over_reverse,
    forward_over_reverse,
    reverse_over_forward,
    forward_over_forward,
    rows_of_a_jacobian,
    columns_of_a_hessian,
]


def state():
    return tape.is_recording(), current(), np.geterr(), sys.getprofile()


def attempt(walk, f, args, last=None):
    """Return what a walk gives when its operation `last` fails, and how many it had."""
    Brittle.count, Brittle.last = 0, last
    try:
        return walk(f, *args), Brittle.count
    except Fault:
        return None, Brittle.count
    finally:
        Brittle.last = None


def values(tree):
    """Return the numbers of all arrays in what a walk gave."""
    return [np.asarray(plain(getattr(x, "data", x))).tolist() for x in xg.tree.leaves(tree)]


def inject(walk, seed, step):
    """Let every `step`-th operation of a walk of a random program fail; return how many did."""
    f, args = program(seed), data(seed)
    attempt(walk, f, args)  # what is set up once is set up now
    expected, count = attempt(walk, f, args)
    before, alive = state(), Brittle.alive
    where = range(1 + seed % step, count + 1, step)
    for last in where:
        found, reached = attempt(walk, f, args, last)
        assert found is None, f"operation {last} of {count} failed without a word"
        assert reached == last
        assert state() == before
        assert Brittle.alive == alive, f"after operation {last} arrays are still held"
        if step == 1 or last % 8 == 0 or last + step > count:
            found, again = attempt(walk, f, args)
            assert again == count
            assert values(found) == values(expected)
            del found
    return len(where)


@pytest.fixture(autouse=True)
def _only_reference_counts(gc_off, monkeypatch):
    """Free nothing by the garbage collector: what is dropped must be freed at once."""
    for name in ("_add", "_multiply"):
        monkeypatch.setattr(numpy_adapter, name, counted(getattr(numpy_adapter, name)))


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(50 if metafunc.config.getoption("faults") else 3))


@pytest.fixture
def thinned(request):
    """Every how many-th operation fails: each one in the session ``faults``, some in CI."""
    return lambda step: 1 if request.config.getoption("faults") else step


@pytest.mark.parametrize("walk", FIRST)
def test_first_order(walk, seed, thinned):
    assert inject(walk, seed, thinned(2)) > 5


@pytest.mark.parametrize("walk", SECOND)
def test_taped_walks(walk, seed, thinned):
    assert inject(walk, seed, thinned(11)) > 2


@pytest.mark.parametrize("walk", [reverse, reverse_over_reverse])
def test_memory_is_back_at_the_start(walk):
    for seed in range(3):
        inject(walk, seed, 11)  # what is made once, and the cycles that inspecting rules leaves
    gc.collect()

    def inject_some():
        for seed in range(3):
            inject(walk, seed, 11)
        assert gc.collect() == 0, "a walk that failed left reference cycles"
        return tracemalloc.get_traced_memory()[0]  # after the free lists were emptied, too

    tracemalloc.start()
    try:
        inject_some()
        first = inject_some()
        last = [inject_some() for _ in range(3)][-1]
    finally:
        tracemalloc.stop()
    # one array each would be 30,000 bytes; sets of numbers that are remembered grow by steps
    assert last - first < 8192, f"{last - first} bytes are still held"


def test_a_failed_backward_adds_to_no_gradient_and_may_be_repeated():
    f, (x, y, _) = program(3), data(3)
    leaves = [xg.asarray(v, requires_grad=True) for v in (x, y)]
    f(*leaves).backward()
    grads = [v.grad for v in leaves]
    expected = [plain(g.data).copy() for g in grads]
    last = 0
    while True:
        last += 1
        loss = f(*leaves)
        Brittle.count, Brittle.last = 0, last
        try:
            loss.backward()
        except Fault:
            assert all(v.grad is g for v, g in zip(leaves, grads, strict=True))
        else:
            break
        finally:
            Brittle.last = None
        loss.backward()
        for v, g, once in zip(leaves, grads, expected, strict=True):
            np.testing.assert_allclose(plain(v.grad.data), 2 * once, rtol=1e-14)
            v.grad = g
    assert last > 10


def test_a_failed_pullback_may_be_called_again():
    f, (x, y, t) = program(5), data(5)
    _, pullback = xg.vjp(f, x, y)
    _, pushforward = xg.linearize(f, x, y)
    for walk in (lambda: pullback(1.0), lambda: (pushforward(t, t),)):
        expected = walk()
        for last in (1, 2, 5, 9):
            Brittle.count, Brittle.last = 0, last
            with pytest.raises(Fault):
                walk()
            Brittle.last = None
            for a, b in zip(walk(), expected, strict=True):
                np.testing.assert_array_equal(plain(a), plain(b))


def test_what_stays_behind_is_noticed():
    held = []

    def leaking(f, x, y, t):
        held.append(xg.sin(x))
        return reverse(f, x, y, t)

    def switching(f, x, y, t):
        tape.recording(not tape.is_recording()).__enter__()
        return reverse(f, x, y, t)

    for walk, match in ((leaking, "still held"), (switching, "assert")):
        with pytest.raises(AssertionError, match=match):
            contextvars.copy_context().run(inject, walk, 0, 7)


def test_every_step_is_drawn():
    assert {step for seed in range(50) for step, _, _ in drawn(seed)} == set(STEPS)
