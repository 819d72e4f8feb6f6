# Tests of xgrad/engine
"""The tape: what it keeps, what it frees, how walks nest, and what writes do."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import xgrad as xg
from xgrad.engine import tape


def reverse(f: Callable) -> Callable:
    return xg.grad(f)


def forward(f: Callable) -> Callable:
    return lambda x: xg.jvp(f, (x,), (1.0,))[1]


MODES = [(outer, inner) for outer in (reverse, forward) for inner in (reverse, forward)]


@pytest.mark.parametrize(("outer", "inner"), MODES)
def test_perturbations_are_not_confused(outer: Callable, inner: Callable) -> None:
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1


EDGES = {
    "sqrt": (lambda x: xg.where(x > 0, xg.sqrt(x), 0.0), 0.0),
    "log": (lambda x: xg.where(x > 0, xg.log(x), 0.0), 0.0),
    "reciprocal": (lambda x: xg.where(x > 0, 1 / x, 0.0), 0.0),
    "root by power": (lambda x: xg.where(x > 0, x**0.5, 0.0), 0.0),
    "arccos": (lambda x: xg.where(x < 1, xg.acos(x), 0.0), 1.0),
    "overflow": (lambda x: xg.where(x < 100, xg.exp(x), 0.0), 1e4),
    "not indexed": (lambda x: xg.sqrt(xg.stack([x, x + 1]))[1], 0.0),
    "clipped": (lambda x: xg.clip(1 / x, 0.0, 1.0), 0.0),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_was_not_used_has_derivative_zero(name: str) -> None:
    f, x = EDGES[name]
    expected = 0.5 if name == "not indexed" else 0.0
    assert reverse(f)(x) == forward(f)(x) == expected
    for outer, inner in MODES:
        assert outer(inner(f))(x) == (-0.25 if name == "not indexed" else 0.0)


def test_a_zero_cotangent_keeps_its_second_derivative() -> None:
    # zero by value, not by structure: a Newton step at the optimum needs this Hessian
    def f(z: xg.Array) -> xg.Array:
        return (xg.exp(z)[0] - 1.0) ** 2

    assert np.allclose(xg.grad(f)(np.zeros(2)), 0)
    assert np.allclose(xg.hessian(f)(np.zeros(2)), [[2, 0], [0, 0]])


def test_a_chain_of_100_000_ops() -> None:
    def f(x: xg.Array) -> xg.Array:
        for _ in range(100_000):
            x = x * 1.00001
        return x

    value, slope = xg.value_and_grad(f)(2.0)
    assert np.isclose(slope, value / 2)
    assert np.isclose(xg.jvp(f, (2.0,), (1.0,))[1], slope)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_dropping_the_result_frees_every_node_and_array() -> None:
    x = xg.asarray(np.ones((3, 3)), requires_grad=True)
    leaves = sum(type(o) is xg.Array for o in gc.get_objects())
    refs = []
    y = x
    for _ in range(50):
        y = xg.tanh(y @ x) + 0.1 * y[0] * xg.max(y, axis=0)
        refs += [weakref.ref(y), weakref.ref(y.data)]
    y = xg.linalg.eigh(y + y.T).eigenvectors
    refs.append(weakref.ref(y))
    assert any(ref() is not None for ref in refs)
    del y
    assert not any(ref() is not None for ref in refs)
    assert sum(type(o) is xg.Array for o in gc.get_objects()) == leaves


def _plain(f: Callable) -> Callable:
    return f


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("transform", [xg.grad, xg.hessian, _plain])
def test_transforms_leave_nothing_behind(transform: Callable) -> None:
    def f(x: xg.Array) -> xg.Array:
        return xg.sum(xg.sin(x) * x[::-1])

    derivative = transform(f)
    derivative(np.ones(4))
    before = sum(type(o) is xg.Array for o in gc.get_objects())
    derivative(np.ones(4))
    assert sum(type(o) is xg.Array for o in gc.get_objects()) == before


def test_a_walk_frees_values_as_it_consumes_them() -> None:
    refs: list[weakref.ref] = []
    alive: list[int] = []

    @xg.custom_vjp
    def spy(x: xg.Array) -> xg.Array:
        return x * 1.0

    def backward(_: None, ct: xg.Array) -> tuple[xg.Array]:
        alive.append(sum(ref() is not None for ref in refs))
        return (ct,)

    spy.defvjp(lambda x: (x * 1.0, None), backward)

    def f(x: xg.Array) -> xg.Array:
        for _ in range(4):
            x = xg.exp(spy(x))
            refs.append(weakref.ref(x.data))
        return xg.sum(x)

    xg.grad(f)(np.full(3, -1.0))
    assert alive == [3, 2, 1, 0]


KEPT: dict[str, tuple[Callable, bool, bool]] = {
    # whether the tape may keep the argument, and the result of the first op, alive
    "sin(x) * 2": (lambda x: [xg.sin(x)], True, False),
    "exp(x) + 1": (lambda x: [xg.exp(x)], False, True),
    "x * 2": (lambda x: [x * 2.0], False, False),
    "x * y": (lambda x: [x * xg.ones(1000)], False, False),
    "x * x": (lambda x: [x * x], True, False),
    "sum": (lambda x: [xg.sum(x * 1.0)], False, False),
    "mean": (lambda x: [xg.mean(x, axis=0)], False, False),
    "reshape": (lambda x: [xg.reshape(x, (10, 100)) * 1.0], False, False),
    "x[3:]": (lambda x: [x[3:] * 1.0], False, False),
    "where": (lambda x: [xg.where(xg.ones(1000) > 0, x, 0.0)], False, False),
    "concat": (lambda x: [xg.concat([x, x])], False, False),
    "matmul": (lambda x: [x @ xg.ones((1000, 2))], False, False),
    "maximum": (lambda x: [xg.maximum(x, 0.5)], True, False),
    "relu": (lambda x: [xg.relu(x)], False, True),
    "logsumexp": (lambda x: [xg.softmax(x)], False, True),
    "checkpoint": (lambda x: [xg.checkpoint(lambda x: xg.exp(xg.sin(x)))(x)], True, False),
}


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("name", KEPT)
def test_what_no_rule_names_is_freed(name: str) -> None:
    f, argument, result = KEPT[name]
    x = xg.asarray(np.linspace(0.1, 0.9, 1000), requires_grad=True)
    y = x * 1.0  # so that no leaf holds it
    raw = weakref.ref(y.data)
    outs = f(y)
    out = weakref.ref(outs[0].data)
    held = outs[0] + 0.0
    assert raw() is not None
    del y, outs
    assert (raw() is not None) == argument
    assert (out() is not None) == result
    assert held.is_tracked


def test_an_integer_result_keeps_nothing() -> None:
    x = xg.asarray(np.ones(1000), requires_grad=True)
    assert not xg.argmax(x).is_tracked
    assert not (x > 0).is_tracked
    assert not xg.floor(x).is_tracked
    assert not xg.stop_gradient(x).is_tracked


def test_recording_belongs_to_its_context() -> None:
    x = xg.asarray(1.0, requires_grad=True)
    seen: dict[str, bool] = {}

    def other() -> None:
        seen["thread"] = (x * 2).is_tracked

    with xg.no_grad():
        thread = threading.Thread(target=contextvars.Context().run, args=(other,))
        thread.start()
        thread.join()
        seen["here"] = (x * 2).is_tracked
    seen["after"] = (x * 2).is_tracked
    assert seen == {"thread": True, "here": False, "after": True}


def test_no_grad_is_a_decorator_too() -> None:
    x = xg.asarray(1.0, requires_grad=True)

    @xg.no_grad()
    def f() -> xg.Array:
        return x * 2

    assert not f().is_tracked
    assert not f().is_tracked


def test_an_exception_leaves_the_state_clean() -> None:
    def failing(x: xg.Array) -> xg.Array:
        xg.sin(x)
        raise KeyError("inside")

    failures: list[bool] = []

    def run() -> None:
        for transform in (xg.grad, xg.jacfwd, xg.hessian):
            with pytest.raises(KeyError, match="inside"):
                transform(failing)(1.0)
        with pytest.raises(KeyError), xg.no_grad():
            xg.grad(failing)(1.0)
        failures.append(not (tape.is_recording() and xg.get_backend() == "numpy"))
        failures.append(xg.grad(xg.sin)(0.0) != 1)

    run()
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [False] * 10


def test_threads_with_different_backends() -> None:
    pytest.importorskip("array_api_strict")
    found: dict[str, set] = {"numpy": set(), "array_api_strict": set()}

    def run(name: str) -> None:
        with xg.use_backend(name):
            for _ in range(50):
                g = xg.grad(lambda x: xg.sum(x * xg.ones((3,))))(xg.asarray([1.0, 2.0, 3.0]))
                found[name].add((g.backend, tuple(g.tolist())))

    threads = [threading.Thread(target=run, args=(name,)) for name in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: {(name, (1.0, 1.0, 1.0))} for name in found}


# In the tensor style ------------------------------------------------------------------------------


def test_backward_accumulates() -> None:
    w = xg.asarray([1.0, 2.0], requires_grad=True)
    for k in (1, 2):
        xg.sum(w * w).backward()
        assert np.array_equal(w.grad.tolist(), k * 2 * np.asarray([1.0, 2.0]))
    w.grad = None
    (w * 3).backward(xg.asarray([1.0, 10.0]))
    assert w.grad.tolist() == [3.0, 30.0]


def test_backward_with_create_graph_goes_on() -> None:
    w = xg.asarray(2.0, requires_grad=True)
    (w**3).backward(create_graph=True)
    first, w.grad = w.grad, None
    first.backward()
    assert first.item() == 12
    assert w.grad.item() == 12


def test_a_second_backward_says_that_the_graph_was_freed() -> None:
    w = xg.asarray(2.0, requires_grad=True)
    y = w * w
    y.backward()
    with pytest.raises(xg.errors.GraphFreedError, match="create_graph=True"):
        y.backward()


def test_an_update_inside_no_grad_keeps_the_leaf() -> None:
    w = xg.asarray([1.0, 2.0], requires_grad=True)
    xg.sum(w * w).backward()
    with xg.no_grad():
        w -= 0.5 * w.grad
    assert w.requires_grad
    assert w.tolist() == [0.0, 0.0]
    with pytest.raises(xg.errors.MutationError, match="no_grad"):
        w += 1


def test_closures_over_parameters_are_differentiated() -> None:
    w = xg.asarray([2.0, 3.0], requires_grad=True)
    g = xg.grad(lambda x: xg.sum(w * x * x))(np.ones(2))
    assert isinstance(g, xg.Array)
    xg.sum(g).backward()
    assert w.grad.tolist() == [2.0, 2.0]


# Writing ------------------------------------------------------------------------------------------


def filled(x: xg.Array) -> xg.Array:
    y = xg.zeros((4,))
    for i in range(4):
        y[i] = x[i] ** 2
    y[1] += x[0]
    return xg.sum(y * y)


def through_a_view(x: xg.Array) -> xg.Array:
    y = xg.zeros((2, 4))
    row = y[0]
    row += x
    y[1] = 2 * row
    row *= x
    return xg.sum(y**3)


def after_use(x: xg.Array) -> xg.Array:
    y = x * 1.0
    old = y * y
    y[:2] = y[2:] * old[:2]
    y *= y
    return xg.sum(y) + xg.sum(old)


def masked(x: xg.Array) -> xg.Array:
    y = x * 2
    y[xg.asarray([True, False, True, False])] = x[1] * x[2]
    y[[3, 0]] = y[xg.asarray([0, 3])] * x[0]
    return xg.sum(y * y)


def written_twice(x: xg.Array) -> xg.Array:
    y = x * 1.0
    y[[0, 0, 2]] = x[1:] * x[0]
    return xg.sum(y**3)


@pytest.mark.parametrize("f", [filled, through_a_view, after_use, masked, written_twice])
def test_writes_are_differentiated(f: Callable) -> None:
    xg.testing.check_grads(f, (np.asarray([0.5, -1.2, 2.0, 0.7]),), order=2)


def test_elements_are_copies_on_every_backend(place) -> None:
    def swapped(x):
        y = x * 1
        first = y[0]
        y[0], y[1] = y[1], y[0]
        y[2] = y[2] * first
        y[2] += first
        return y

    start = place.raw(np.asarray([2.0, 3.0, 5.0]))
    out, pullback = xg.vjp(swapped, start)
    (g,) = pullback(place.raw(np.asarray([1.0, 10.0, 100.0])))
    if place.has_values:
        assert xg.asarray(out).tolist() == [3.0, 2.0, 12.0]
        assert xg.asarray(g).tolist() == [10.0 + 500 + 100, 1.0, 200.0]


def test_a_view_shows_a_write_to_its_base() -> None:
    y = xg.asarray(np.zeros((2, 3)), copy=True)
    row, column, flat = y[1], y.T[2], y.reshape(-1)
    y[1, 2] = 5.0
    assert row.tolist() == [0, 0, 5]
    assert column.tolist() == [0, 5]
    assert flat[5].item() == 5
    column += 1
    assert y.tolist() == [[0, 0, 1], [0, 0, 6]]


def test_a_write_never_reaches_what_the_tape_keeps() -> None:
    def f(x: xg.Array) -> xg.Array:
        y = x * x
        y[0] = 100.0
        x[0] = 100.0
        return xg.sum(y) + x[1]

    x = np.asarray([3.0, 4.0])
    assert xg.grad(f)(x).tolist() == [0.0, 9.0]
    assert x.tolist() == [3.0, 4.0]


def test_a_write_never_reaches_the_users_own_array() -> None:
    mine = np.zeros(3)
    y = xg.asarray(mine)
    y[0] = 1.0
    y += 1.0
    xg.grad(lambda x: xg.sum(set_first(x)))(mine)
    assert mine.tolist() == [0, 0, 0]
    held = y.data
    y[1] = 7.0
    assert held.tolist() == [2, 1, 1]
    first = y[:1]
    other = y
    other[0] = 5.0
    assert first.tolist() == [5]


def set_first(x: xg.Array) -> xg.Array:
    x[0] = 100.0
    return x


@pytest.mark.parametrize(("outer", "inner"), MODES)
def test_writes_in_nested_modes(outer: Callable, inner: Callable) -> None:
    def f(x: xg.Array) -> xg.Array:
        y = xg.stack([x, x * x, xg.sin(x)])
        view = y[1:]
        view *= y[0]
        y[0] = view[1] * y[1]
        view[0] = 3.0
        return xg.sum(y * y)

    def by_hand(x: xg.Array) -> xg.Array:
        return (x * xg.sin(x) * x**3) ** 2 + 9.0 + (x * xg.sin(x)) ** 2

    assert np.isclose(outer(inner(f))(0.7), outer(inner(by_hand))(0.7), rtol=1e-12)


def test_filling_an_untracked_array_copies_it_once() -> None:
    y = xg.zeros((1000,))
    y[0] = 1.0
    for i in range(1000):
        y[i] = 1.0
        assert type(y) is not xg.Array  # a write that copied would have made it one
    held = y.data
    y[0] = 2.0
    assert held[0] == 1.0
    assert y.data[0] == 2.0


def test_a_wider_value_does_not_widen_what_it_is_added_to() -> None:
    y = xg.asarray(np.zeros(2, np.float32))
    y += np.ones(2)
    assert y.dtype == np.float32
    with pytest.raises(TypeError, match="complex128"):
        y += 1j * np.ones(2)


def test_cotangents_of_reads_of_a_scalar_add_up():
    f = lambda x: x * x + 2.0 * x + xg.sum(x[None]) + x[()]  # noqa: E731
    assert xg.grad(f)(np.asarray(3.0)) == 10.0
