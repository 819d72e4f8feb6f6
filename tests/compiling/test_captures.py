# Tests of xgrad/compiling/captures.py, xgrad/compiling/guards.py
"""A program never outlives what it is for."""

import argparse
import contextlib
import functools
import importlib
import operator
import pkgutil
import types
import weakref
from collections import ChainMap
from contextvars import ContextVar
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import xgrad as xg
from xgrad.backends import SWITCHES, is_deterministic

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


def _own(**parts):
    """Return a new class, so that a change of it touches nothing else."""
    return type("Own", (Model,), parts)


class Reading:
    """A descriptor that reads its value elsewhere."""

    def __init__(self, box):
        self.box = box

    def __get__(self, instance, owner=None):
        return self.box[0]


class Odd:
    """An object of which most is answered by its methods."""

    def __init__(self):
        self.box = [2.0]

    def __getattr__(self, name):
        return {"v": self.box[0]}[name]

    def __getitem__(self, i):
        return self.box[0] * i


def _cached():
    k = [2.0]
    found = functools.lru_cache(lambda n: k[0] * n)
    return SimpleNamespace(found=found, k=k)


def _cleared(s):
    s.k[0] += 1
    s.found.cache_clear()


CASES |= {
    "method of its class": (
        lambda: _own()(),
        lambda m, x: m.forward(x),
        [lambda m: setattr(type(m), "bias", lambda self: 7.0)],
    ),
    "method of its base": (
        lambda: type("More", (_own(bias=lambda self: 1.0),), {})(),
        lambda m, x: m.forward(x),
        [
            lambda m: setattr(type(m).__mro__[1], "bias", lambda self: 8.0),
            lambda m: setattr(type(m), "bias", lambda self: 9.0),
            lambda m: setattr(m, "bias", lambda: 10.0),
        ],
    ),
    "static and class methods": (
        lambda: _own(
            one=staticmethod(lambda x: x * 3), two=classmethod(lambda cls, x: x * cls.factor)
        )(),
        lambda m, x: m.one(x) + m.two(x),
        [
            lambda m: setattr(type(m), "one", staticmethod(lambda x: x * 5)),
            lambda m: setattr(type(m), "two", classmethod(lambda cls, x: x - 1)),
        ],
    ),
    "property of its class": (
        lambda: _own(double=property(lambda self: 2.0))(),
        lambda m, x: x * m.double,
        [lambda m: setattr(type(m), "double", property(lambda self: 3.0))],
    ),
    "descriptor": (
        lambda: _own(part=Reading([2.0]))(),
        lambda m, x: x * m.part,
        [lambda m: vars(type(m))["part"].box.__setitem__(0, 5.0)],
    ),
    "attribute of its metaclass": (
        lambda: type("Meta", (type,), {"scale": 2.0})("Own", (), {}),
        lambda m, x: x * m.scale,
        [lambda m: setattr(type(m), "scale", 4.0)],
    ),
    "answers of an object": (
        Odd,
        lambda o, x: x * o.v + o[2],
        [lambda o: o.box.__setitem__(0, 3.0)],
    ),
    "code of a function": (
        lambda: SimpleNamespace(act=types.FunctionType((lambda x: x * 2).__code__, {})),
        lambda s, x: s.act(x),
        [lambda s: setattr(s.act, "__code__", (lambda x: x * 5).__code__)],
    ),
    "object of a library": (
        lambda: argparse.Namespace(rate=2.0, sizes=[1.0]),
        lambda a, x: x * a.rate + a.sizes[0],
        [lambda a: setattr(a, "rate", 3.0), lambda a: a.sizes.append(2.0) or a.sizes.pop(0)],
    ),
    "container of the standard library": (
        lambda: ChainMap({"a": 1.0}, {"b": 2.0}),
        lambda m, x: x * m["a"] + m["b"],
        [lambda m: m.maps[1].update(b=3.0), lambda m: m.maps[0].update(a=4.0)],
    ),
    "what a cache keeps": (_cached, lambda s, x: x * s.found(3), [_cleared, _cleared]),
}


def _chosen():
    """Return an object of which code reads the attribute that another one names."""
    held = Model()
    held.u, held.v, held.kind = 2.0, 3.0, "u"
    return held


CHOSEN = [
    lambda m: setattr(m, "kind", "v"),
    lambda m: setattr(m, "v", 5.0),
]
CASES |= {
    "attribute by a name that is made": (_chosen, lambda m, x: x * getattr(m, m.kind), CHOSEN),
    "with a default": (_chosen, lambda m, x: x * getattr(m, m.kind + "", 1.0), CHOSEN),
    "entry of its dict": (_chosen, lambda m, x: x * vars(m)[m.kind], CHOSEN),
    "by an attribute getter": (
        _chosen,
        lambda m, x: x * operator.attrgetter(m.kind)(m),
        CHOSEN,
    ),
    "all attributes": (
        _chosen,
        lambda m, x: x * sum(v for v in m.__dict__.values() if type(v) is float),
        [lambda m: setattr(m, "u", 7.0), lambda m: setattr(m, "more", 1.0)],
    ),
    "attribute of its class by a name that is made": (
        lambda: _own()(),
        lambda m, x: x * getattr(m, "fac" + "tor"[: len(x)]),
        [lambda m: setattr(type(m), "factor", 6.0)],
    ),
    "weak reference": (
        lambda: SimpleNamespace(held=(m := Model()), ref=weakref.ref(m)),
        lambda s, x: x * s.ref().b,
        [lambda s: setattr(s.held, "b", 4.0)],
    ),
    "slots of a library": (
        lambda: CubicSpline(np.arange(4.0), np.arange(4.0) ** 2),
        lambda s, x: x * s(1.5),
        [lambda s: s.c.__imul__(2.0)],
    ),
    "large, and computed by NumPy": (
        lambda: {"w": np.ones((120, 100)), "v": np.ones((800, 500))},
        lambda d, x: x + np.sum(d["w"] ** 2) + np.sum(d["v"] ** 2),
        [
            lambda d: d["w"].__setitem__((3, 4), 9.0),
            lambda d: d["w"].__setitem__((3, 4), -0.5),
            lambda d: d["v"].__imul__(2.0),
        ],
    ),
}


@pytest.mark.parametrize("how", ["closure", "argument"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_seen_from_outside_may_change(name, how):
    make, f, changes = CASES[name]
    pytrees = dict, list, np.ndarray, SimpleNamespace
    if how == "argument" and (type(make()) in pytrees or type(make()).__hash__ is None):
        pytest.skip("a pytree, whose arrays are arguments, or refused for it has no hash")
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


# Switches -----------------------------------------------------------------------------------------

SWITCHED = {
    "default dtype": (lambda: xg.default_dtype("float32"), lambda x: xg.zeros(3) + x),
    "deterministic": (xg.deterministic, lambda x: x * (2 if is_deterministic() else 3)),
    "recording": (xg.no_grad, xg.grad(lambda x: xg.sum(x * x))),
    "backend": (lambda: xg.use_backend("array_api_strict"), lambda: xg.ones(3)),
}


@pytest.mark.parametrize("name", SWITCHED)
def test_a_switch_may_be_set_otherwise_between_calls(name):
    switched, f = SWITCHED[name]
    given = () if name == "backend" else (np.ones(3, np.float32),)
    compiled = xg.compile(f)
    for _ in range(3):
        for place in (contextlib.nullcontext, switched):
            with place():
                want, got = (g(*given) for g in (f, compiled))
            want, got = (y.data if isinstance(y, xg.Array) else y for y in (want, got))
            assert type(want) is type(got)
            np.testing.assert_array_equal(np.asarray(want), np.asarray(got), strict=True)
    assert compiled.stats["traces"] <= 2


DECIDES_NOTHING = {
    "xgrad_autograd_deriving": "a call of the drop-in that is running",
    "xgrad_backend": "where arrays without arguments go: part of the key where there are none",
    "xgrad_compat_deriving": "a call of the drop-in that is running",
    "xgrad_compat_opaque": "a call of the drop-in that is running",
    "xgrad_pattern_looks": "a pattern that is being read",
    "xgrad_promised": "whether refilled arrays are looked for",
    "xgrad_random_watched": "draws that are done again, within a recording",
    "xgrad_readers": "with a reader nothing is compiled",
    "xgrad_recorder": "the recording that is running",
    "xgrad_run": "the walk that is running",
    "xgrad_sent": "a record of messages",
    "xgrad_trace": "the recording that is running",
    "xgrad_tracebacks_in_full": "how errors are shown",
    "xgrad_reading_again": "a walk that is recorded gives the numbers of one that is not",
    "xgrad_transposing": "the walk that is running",
    "xgrad_twin": "the method that is running",
    "xgrad_vmap": "inside of it nothing is compiled",
    "xgrad_vmap_ended": "inside of it nothing is compiled",
    "xgrad_whole": "the op that is running",
}


def test_every_context_variable_is_a_switch_or_decides_nothing():
    """A new one is declared by `backends.switch`, or stands above with the reason."""
    names = {m.name for m in pkgutil.walk_packages(xg.__path__, "xgrad.")}
    found: dict[str, list[ContextVar]] = {}
    for name in sorted(n for n in names if not n.endswith("__main__")):
        try:
            module = importlib.import_module(name)
        except ImportError:  # for a library that is not installed
            continue
        for x in vars(module).values():
            if isinstance(x, ContextVar):
                found.setdefault(x.name, []).append(x)
    read = {getattr(read, "__self__", None) for read in SWITCHES}
    known = {x.name for x in read if isinstance(x, ContextVar)}
    assert {*found} - known - {*DECIDES_NOTHING} <= {"xgrad_default_dtype", "xgrad_group"}
    assert {"get_default_dtype", "_chosen"} <= {getattr(r, "__name__", "") for r in SWITCHES}
