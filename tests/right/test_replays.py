# Tests of xgrad/custom/checkpoint.py
"""What `checkpoint` runs again draws the same numbers again, or raises.

The threads: openai/guided-diffusion#167, allenai/OLMo-core#828 and pytorch/pytorch#190758, where a
dropout draws another mask.
"""

# ruff: noqa: NPY002 - the state that NumPy shares is what is tested

import datetime as dt
import functools
import os
import random
import sys
import time
import types
from time import perf_counter as tick

import numpy as np
import pytest

import xgrad as xg
from xgrad import nn
from xgrad.errors import ReplayError

X = np.arange(1.0, 9.0)
SHARED = np.random.default_rng(0)

settings = types.ModuleType("settings_of_a_program")
settings.rng = np.random.default_rng(0)
sys.modules[settings.__name__] = settings


class Model:
    shared = np.random.default_rng(0)

    def __init__(self, seed):
        self.own = np.random.default_rng(seed)
        self.parts = {"a": [random.Random(seed)]}

    def by_attribute(self, x):
        return xg.sum(x**2 * self.own.random(8)) * self.parts["a"][0].random()

    def by_class(self, x):
        return xg.sum(x**2 * self.shared.random(8))

    __call__ = by_attribute


class Slotted:
    __slots__ = ("rng",)

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)


def _noise():
    return SHARED.standard_normal(8)


def _wrapped(f):
    @functools.wraps(f)
    def call(x):
        return f(x)

    return call


def _closure(draw):
    return lambda x: xg.sum(x**2 * draw(8))


def _kept(rng):
    return lambda x: xg.sum(x**2 * rng["a"][0].random(8))


def _of_bits(bits):
    return lambda x: xg.sum(x**2 * np.random.Generator(bits).random(8))


def _by_default(rng):
    return lambda x, rng=rng: xg.sum(x**2 * rng.random(8))


def _in_slot(slotted):
    return lambda x: xg.sum(x**2 * slotted.rng.rand(8))


def _nested(rng):
    inner = xg.checkpoint(_closure(rng.random))
    return lambda x: inner(x) * rng.random() + inner(x)


def _layers(rng):
    drop = nn.Dropout(0.5)
    return lambda x: xg.sum(
        drop(nn.functional.dropout(x, 0.5, rng=rng) * x, training=True, rng=rng)
    )


DRAWS = {
    "np.random": lambda: lambda x: xg.sum(x**2 * np.random.rand(8)),
    "np.random.randn": lambda: lambda x: xg.sum(x**2) * np.random.randn(),  # which draws a pair
    "random": lambda: lambda x: xg.sum(x**2) * random.random(),
    "random.gauss": lambda: lambda x: xg.sum(x**2) * random.gauss(0.0, 1.0),
    "random.shuffle": lambda: lambda x: xg.sum(x**2 * np.array(random.sample(range(8), 8))),
    "xgrad's own": lambda: _closure(xg.random.default_rng(0).random),
    "captured": lambda: _closure(np.random.default_rng(0).random),
    "captured in containers": lambda: _kept({"a": [np.random.default_rng(0)]}),
    "legacy": lambda: _closure(np.random.RandomState(0).rand),
    "bits": lambda: _of_bits(np.random.PCG64(0)),
    "global": lambda: lambda x: xg.sum(x**2 * SHARED.random(8)),
    "global of a helper": lambda: lambda x: xg.sum(x**2 * _noise()),
    "of a module": lambda: lambda x: xg.sum(x**2 * settings.rng.random(8)),
    "default": lambda: _by_default(np.random.default_rng(0)),
    "partial": lambda: functools.partial(
        lambda r, x: xg.sum(x**2 * r.random(8)), np.random.default_rng(0)
    ),
    "attribute": lambda: Model(0).by_attribute,
    "attribute of a class": lambda: Model(0).by_class,
    "callable object": lambda: Model(0),
    "slot": lambda: _in_slot(Slotted(0)),
    "wrapped": lambda: _wrapped(_closure(np.random.default_rng(0).random)),
    "nested": lambda: _nested(np.random.default_rng(0)),
    "dropout": lambda: _layers(np.random.default_rng(0)),
}


def _seed():
    np.random.seed(0)
    random.seed(0)
    for rng in (SHARED, settings.rng, Model.shared):
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize(
    "transform",
    [xg.grad, xg.jacfwd, xg.hessian, lambda f: xg.jacrev(xg.grad(f))],
    ids=["grad", "jacfwd", "hessian", "reverse twice"],
)
@pytest.mark.parametrize("name", DRAWS)
def test_the_same_numbers_are_drawn_again(name, transform):
    """Twice, since the generators must stand where they would stand without a replay."""
    found = []
    for wrap in (lambda f: f, xg.checkpoint):
        _seed()
        f = transform(wrap(DRAWS[name]()))
        found.append([f(X), f(X)])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)
    assert not np.array_equal(found[0][0], found[0][1])


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, random.Random])
def test_a_generator_as_an_argument(make):
    def f(x, rng):
        return xg.sum(x**2 * rng.random()) + xg.sum(xg.sin(x) * rng.random())

    for transform in (xg.grad, xg.hessian):
        want = transform(f)(X, make(0))
        rng = make(0)
        np.testing.assert_allclose(transform(xg.checkpoint(f))(X, rng), want, rtol=1e-12)
        moved = make(0)
        f(X, moved)
        assert rng.random() == moved.random()


def test_the_state_is_restored_if_the_replay_fails():
    rng, calls = np.random.default_rng(0), []

    @xg.checkpoint
    def f(x):
        calls.append(rng.random())
        if len(calls) > 1:
            raise ZeroDivisionError
        return xg.sum(x**2) * calls[0]

    with pytest.raises(ZeroDivisionError):
        xg.grad(f)(X)
    assert calls[0] == calls[1]
    assert rng.random() == np.random.default_rng(0).random(2)[1]


COUNT = [0]


def _counter(x):
    COUNT[0] += 1
    return xg.sum(x**2) * COUNT[0]


OTHERS = {
    "unseeded": lambda x: xg.sum(x**2 * np.random.default_rng().random(8)),
    "system": lambda x: xg.sum(x**2) * random.SystemRandom().random(),
    "urandom": lambda x: xg.sum(x**2) * int.from_bytes(os.urandom(4), "little"),
    "spawned": lambda x: xg.sum(x**2 * SHARED.spawn(1)[0].random(8)),
    "counter": _counter,
    "one of two results": lambda x: (xg.sum(x), xg.sum(x) * random.SystemRandom().random())[1],
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_cannot_be_drawn_again_raises(name):
    for transform in (xg.grad, xg.jacfwd, xg.hessian):
        with pytest.raises(ReplayError, match=r"gave another result .*default_rng\(seed\)"):
            transform(xg.checkpoint(OTHERS[name]))(X)


def test_a_written_array_raises():
    data = np.ones(8)
    _, pullback = xg.vjp(xg.checkpoint(lambda x: xg.sum(x * data)), X)
    data[:] = 2.0
    with pytest.raises(ReplayError, match="an array that has been written to since"):
        pullback(1.0)


def test_shared_generators_of_a_backend(computing):
    """PyTorch's own draws, and Dask's; where a library has none, NumPy's."""
    backend = computing.backend
    if backend.name == "torch":
        import torch

        own = torch.Generator().manual_seed(0)
        draws = [lambda: torch.rand(8, dtype=torch.float64)]
        draws.append(lambda: torch.rand(8, dtype=torch.float64, generator=own))
    elif backend.name == "dask":
        import dask.array as da

        own = da.random.default_rng(0)
        legacy = da.random.RandomState(0)
        draws = [lambda: da.random.random(8), lambda: own.random(8)]
        draws.append(lambda: legacy.random_sample(8))
    else:
        draws = [lambda: computing.raw(np.random.rand(8))]
    for draw in draws:
        seen = []

        def f(x, draw=draw, seen=seen):
            seen.append(draw())
            return xg.sum(x**2 * seen[-1])

        x = computing.raw(X)
        gradient = computing.numpy(xg.grad(xg.checkpoint(f))(x))
        first, second = (computing.numpy(s) for s in seen)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(gradient, 2 * X * first)


def test_rounding_is_no_other_result(computing):
    """A sum in another order is the same result, as is NaN."""
    order = [slice(None), slice(None, None, -1)] * 2

    @xg.checkpoint
    def f(x):
        return xg.stack([xg.sum(xg.exp(x)[order.pop()]) + xg.sum(x), xg.asarray(xg.nan)])

    x = computing.raw(X)
    _, pullback = xg.vjp(f, x)
    ones = computing.raw(np.asarray([1.0, 0.0]))
    np.testing.assert_allclose(computing.numpy(pullback(ones)[0]), np.exp(X) + 1.0)


DRAWING = {
    "numpy.random": lambda x: x * np.random.random_sample(),
    "random": lambda x: x * random.random(),
    "numpy.random._generator.Generator": lambda x: x * SHARED.random(),
}


@pytest.mark.parametrize("name", DRAWING)
def test_a_compiled_function_says_that_it_draws_only_once(name):
    x = np.ones(3)
    for make in (lambda f: f, lambda f: xg.grad(lambda x: xg.sum(f(x) ** 2))):
        compiled = xg.compile(make(DRAWING[name]))
        with pytest.warns(xg.errors.CompileWarning, match=f"random numbers by {name} ") as told:
            first = compiled(x)
        np.testing.assert_array_equal(compiled(x), first)
        assert len(told) == 1
        assert told[0].filename == __file__


def _from_elsewhere(x):
    import torch

    return x * float(torch.rand(()))


def test_draws_of_a_library_whose_arrays_are_not_used_are_seen():
    torch = pytest.importorskip("torch")
    with pytest.warns(xg.errors.CompileWarning, match=r"random numbers by torch"):
        xg.compile(_from_elsewhere)(X)
    for f in (_from_elsewhere, lambda x: x * float(torch.randn(()))):
        value, slope = xg.value_and_grad(lambda x, f=f: xg.sum(xg.checkpoint(f)(x)))(X)
        np.testing.assert_allclose(np.sum(slope * X), value)


def _stamp():
    return time.time()


CHANGING = {
    "time.time": lambda x: x * time.time(),
    "time.perf_counter": lambda x: x * tick(),
    "time.time of a helper": lambda x: x * _stamp(),
    "datetime.datetime.now": lambda x: x * dt.datetime.now().timestamp(),
    "os.urandom": lambda x: x * os.urandom(1)[0],
    "random.SystemRandom": lambda x: x * random.SystemRandom().random(),
    "random.Random": lambda x: x * random.Random().random(),
    "numpy.random.default_rng": lambda x: x * np.random.default_rng().random(),
    "numpy.random.RandomState": lambda x: sum(y * np.random.RandomState().rand() for y in (x, x)),
}


@pytest.mark.parametrize("name", CHANGING)
def test_a_compiled_function_names_what_it_calls_only_once(name):
    for make in (lambda f: f, lambda f: xg.grad(lambda x: xg.sum(f(x) ** 2))):
        compiled = xg.compile(make(CHANGING[name]))
        calls = f"calls {name.partition(' ')[0]} while"
        with pytest.warns(xg.errors.CompileWarning, match=calls) as told:
            first = compiled(X)
        np.testing.assert_array_equal(compiled(X), first)
        assert len(told) == 1


def _of_a_seed(x):
    return x * np.random.default_rng(0).random() * random.Random(1).random()


def _of_a_key(x):
    return x * np.random.default_rng(seed=3).random()


SAME = [_of_a_seed, _of_a_key, lambda x: x * SETTINGS.time]
SETTINGS = types.SimpleNamespace(time=2.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", SAME)
def test_what_gives_the_same_each_time_is_not_named(f):
    xg.compile(f)(X)


def test_one_that_draws_by_xgrad_says_nothing():
    rng = xg.random.default_rng(0)
    compiled = xg.compile(lambda x: xg.nn.functional.dropout(x, 0.5, rng=rng))
    assert not np.array_equal(compiled(np.ones(50)), compiled(np.ones(50)))
