# Tests of xgrad/compiling/captures.py, xgrad/compiling/function.py, xgrad/compiling/sources.py
"""A compiled function that changes what it sees from outside, or reads what changes there."""

import os
import queue
import threading
from collections import deque
from contextvars import ContextVar
from types import SimpleNamespace

import numpy as np
import pytest

import xgrad as xg

X = np.asarray([1.0, 2.0])


def by_nonlocal():
    k = 0

    def f(x):
        nonlocal k
        k += 1
        return xg.sum(x) * k

    return f


def in_place(make, count, read):
    """Return a function of a new object that counts in it."""

    def made():
        held = make()

        def f(x):
            count(held)
            return xg.sum(x) * read(held)

        return f

    return made


def _one_more(o):
    o.n = getattr(o, "n", 0) + 1


CHANGING = {
    "nonlocal": by_nonlocal,
    "list": in_place(list, lambda y: y.append(1), len),
    "popped": in_place(lambda: [1, 2, 3, 4], lambda y: y.pop(), len),
    "dict": in_place(dict, lambda y: y.setdefault(len(y), 1), len),
    "set": in_place(set, lambda y: y.add(len(y)), len),
    "deque": in_place(lambda: deque([1, 2, 3]), lambda y: y.rotate(1), lambda y: y[0]),
    "bytes": in_place(lambda: bytearray(1), lambda y: y.append(0), len),
    "attribute": in_place(lambda: SimpleNamespace(n=0), _one_more, lambda o: o.n),
    "class": in_place(lambda: type("C", (), {"n": 0}), _one_more, lambda o: o.n),
    "new attribute": in_place(lambda: type("C", (), {})(), _one_more, lambda o: o.n),
    "array": in_place(lambda: np.ones(1), lambda y: y.__iadd__(1.0), lambda y: float(y[0])),
}


@pytest.mark.parametrize("ask", [lambda f: f, xg.grad], ids=["value", "grad"])
@pytest.mark.parametrize("name", CHANGING)
def test_what_changes_with_each_call_is_run_each_time(name, ask):
    plain, compiled = ask(CHANGING[name]()), xg.compile(ask(CHANGING[name]()))
    with pytest.warns(xg.errors.CompileWarning, match="runs uncompiled, since each call changes"):
        found = [compiled(X) for _ in range(4)]
    np.testing.assert_array_equal(found, [plain(X) for _ in range(4)])


def test_what_is_made_once_is_compiled():
    held = SimpleNamespace(weights=None)

    def f(x):
        if held.weights is None:
            held.weights = np.asarray([2.0, 3.0])
        return xg.sum(x * held.weights)

    compiled = xg.compile(f)
    assert [float(compiled(X)) for _ in range(4)] == [8.0] * 4
    assert compiled.stats["traces"] == 2


LEVEL = ContextVar("level", default=1.0)
READING = {
    "environ": (lambda x: x * float(os.environ["XGRAD_TEST"]), None),
    "getenv": (lambda x: x * float(os.getenv("XGRAD_TEST", "0")), None),
    "a context variable": (lambda x: x * LEVEL.get(), LEVEL.set),
    "the directory": (lambda x: x * len(os.getcwd()), None),  # noqa: PTH109 - what users call
}


@pytest.mark.parametrize("name", READING)
def test_what_is_read_of_the_process_is_read_again(name, monkeypatch, tmp_path):
    f, change = READING[name]
    compiled = xg.compile(lambda x: xg.sum(f(x)))
    for k in range(3):
        (inner := tmp_path / ("a" * (k + 1))).mkdir()
        monkeypatch.chdir(inner)
        monkeypatch.setenv("XGRAD_TEST", str(k))
        if change:
            change(float(k))
        for _ in range(2):
            np.testing.assert_allclose(compiled(X), 3.0 * f(1.0))


def test_what_is_read_only_once_is_named():
    numbers = iter(range(9))
    with pytest.warns(xg.errors.CompileWarning, match=r"calls next\(numbers\)"):
        xg.compile(lambda x: x * next(numbers))(X)
    with pytest.warns(xg.errors.CompileWarning, match=r"calls builtins.open"):
        xg.compile(_with_file)(X)


def _of_a_queue():
    numbers = queue.Queue()
    numbers.put(2.0)
    return lambda x: x * numbers.get()


READ_ONCE = {
    "queue": (lambda path: _of_a_queue(), r"numbers\.get"),
    "text of a file": (lambda path: lambda x: x * float(path.read_text()), "read_text of a file"),
    "numbers of a file": (lambda path: lambda x: x * np.loadtxt(path), r"numpy\.loadtxt"),
    "thread": (lambda path: lambda x: x * threading.get_ident(), r"threading\.get_ident"),
}


@pytest.mark.parametrize("name", READ_ONCE)
def test_what_else_is_read_only_once_is_named(name, tmp_path):
    make, says = READ_ONCE[name]
    (path := tmp_path / "number.txt").write_text("2.0")
    with pytest.warns(xg.errors.CompileWarning, match=f"calls .*{says}"):
        xg.compile(make(path))(X)


def _with_file(x):
    with open(os.devnull) as file:  # noqa: PTH123 - what users call
        return x * len(file.read())
