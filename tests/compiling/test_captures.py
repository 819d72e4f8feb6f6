# Tests of xgrad/compiling/captures.py, xgrad/compiling/guards.py
"""A program never outlives what it is for."""

import types
from types import SimpleNamespace

import numpy as np
import pytest

import xgrad as xg

RNG = np.random.default_rng(0)

SCALE = 2.0


def row():
    return RNG.normal(size=3)


class Model:
    factor = 1.5

    def __init__(self):
        self.w, self.b, self.steps = row(), 1.0, [0.0]

    def forward(self, x):
        return x * self.w * SCALE + self.bias()

    def bias(self):
        return self.b * self.factor

    @property
    def norm(self):
        return np.sum(self.w**2)


class Slots:
    __slots__ = ("k", "w")

    def __init__(self):
        self.k, self.w = 2.0, row()


def _module():
    module = types.ModuleType("users_module")
    exec("S = 2.0\ndef helper(x): return x * S", module.__dict__)
    return module


def _looped(state, x):
    for part in state:
        x = x * part
    return x


CASES = {
    "attribute of an object": (
        Model,
        lambda m, x: m.forward(x),
        [lambda m: setattr(m, "w", row()), lambda m: setattr(m, "b", 3.0)],
    ),
    "attribute of its class": (
        lambda: type("Own", (Model,), {"factor": 1.0})(),
        lambda m, x: m.forward(x),
        [lambda m: setattr(type(m), "factor", 4.0)],
    ),
    "computed by a property": (
        Model,
        lambda m, x: x * m.norm,
        [lambda m: setattr(m, "w", row()), lambda m: m.w.__setitem__(0, 9.0)],
    ),
    "slots": (
        Slots,
        lambda s, x: x * s.w * s.k,
        [lambda s: setattr(s, "k", 3.0), lambda s: setattr(s, "w", row())],
    ),
    "global of a module": (
        _module,
        lambda m, x: m.helper(x) + m.S,
        [lambda m: setattr(m, "S", 3.0)],
    ),
    "computed by NumPy": (
        lambda: {"w": row()},
        lambda d, x: x + np.sum(d["w"] ** 2),
        [lambda d: d.update(w=row()), lambda d: d["w"].__setitem__(0, 9.0)],
    ),
    "computed by NumPy, and used": (
        lambda: {"w": row()},
        lambda d, x: x * d["w"] + np.sum(d["w"]),
        [lambda d: d["w"].__setitem__(0, 9.0), lambda d: d["w"].__setitem__(1, 5.0)],
    ),
    "computed by xgrad": (
        lambda: {"w": xg.asarray(row())},
        lambda d, x: x + xg.sum(d["w"] ** 2),
        [lambda d: d.update(w=xg.asarray(row()))],
    ),
    "branch": (
        lambda: np.ones(3),
        lambda v, x: x if v[0] > 0 else -x,
        [lambda v: v.__setitem__(0, -1.0), lambda v: v.__setitem__(0, 2.0)],
    ),
    "list of numbers": (
        lambda: [1.0, 2.0],
        _looped,
        [lambda v: v.append(3.0), lambda v: v.pop(0), lambda v: v.__setitem__(0, -0.0)],
    ),
    "list of arrays": (
        lambda: [row()],
        _looped,
        [lambda v: v.append(row()), lambda v: v.pop(0)],
    ),
    "string": (
        lambda: SimpleNamespace(name="sin"),
        lambda s, x: getattr(xg, s.name)(x),
        [lambda s: setattr(s, "name", "cos")],
    ),
    "function": (
        lambda: SimpleNamespace(act=xg.sin),
        lambda s, x: s.act(x),
        [lambda s: setattr(s, "act", xg.cos)],
    ),
    "None": (
        lambda: SimpleNamespace(n=None),
        lambda s, x: x if s.n is None else x * s.n,
        [lambda s: setattr(s, "n", 3)],
    ),
}


@pytest.mark.parametrize("how", ["closure", "argument"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_seen_from_outside_may_change(name, how):
    make, f, changes = CASES[name]
    if how == "argument" and make().__class__ in (dict, list, np.ndarray, SimpleNamespace):
        pytest.skip("a pytree, whose arrays are arguments")
    state = make()
    if how == "argument":
        g = xg.compile(f)
        call = lambda x: g(state, x)  # noqa: E731
    else:
        call = g = xg.compile(lambda x: f(state, x))
    for change in [lambda _: None, *changes]:
        change(state)
        for _ in range(2):
            x = row()
            np.testing.assert_array_equal(call(x), f(state, x))
    assert g.stats["traces"] <= len(changes) + 1


def test_a_default_value_may_change():
    def f(x, scale=[2.0]):  # noqa: B006 - that is what is tried
        return x * scale[0]

    g, x = xg.compile(f), row()
    np.testing.assert_array_equal(g(x), f(x))
    f.__defaults__[0][0] = 3.0
    np.testing.assert_array_equal(g(x), f(x))


def test_what_a_function_among_the_arguments_sees_may_change():
    factor = 2.0

    def inner(x):
        return x * factor

    g = xg.compile(lambda f, x: xg.sin(f(x)))
    for factor in (2.0, 3.0, 3.0):  # noqa: B007 - inner sees it
        x = row()
        np.testing.assert_array_equal(g(inner, x), np.sin(inner(x)))
    assert g.stats["traces"] == 2


def test_a_stand_in_that_answers_nothing_is_left_alone():
    class Proxy:
        def __getattribute__(self, name):
            raise RuntimeError("outside of its context")

    proxy = Proxy()
    f = xg.compile(lambda x: x * 2 if proxy is not None else x)
    for _ in range(2):
        np.testing.assert_array_equal(f(np.ones(3)), 2 * np.ones(3))
    assert f.stats["traces"] == 1


def test_what_no_code_names_may_change_without_a_new_recording():
    class Trainer:
        def __init__(self):
            self.w, self.losses, self.rate = row(), [], 0.1
            self.step = xg.compile(self._step)

        def _step(self, w, x):
            return w - self.rate * xg.grad(lambda w: xg.sum((w * x) ** 2))(w)

        def train(self, steps):
            for _ in range(steps):
                self.w = self.step(self.w, row())
                self.losses.append(float(self.w[0]))

    trainer = Trainer()
    trainer.train(5)
    assert trainer.step.stats["traces"] == 1


def test_a_constant_beside_an_array_that_is_filled_again_costs_one_recording():
    d = row()
    f = xg.compile(lambda x: x * d + x @ np.eye(3))
    for _ in range(5):
        x = row()
        np.testing.assert_allclose(f(x), x * d + x)
        d[:] = row()
    assert f.stats["traces"] == 2
