# Tests of xgrad/compiling
"""What is recorded, what belongs to the program, and what is refused."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
import warnings
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import xgrad as xg
from xgrad.compiling import orders
from xgrad.errors import CompileWarning, MutationError, TraceError

X = np.linspace(0.5, 1.5, 6)


def same(f, *args, other=None, **options):
    """Compare recorded, replayed, and replayed with other values, with eager, bit by bit."""
    g = xg.compile(f, **options)
    other = args if other is None else other
    for given in (args, args, other, args):
        with np.errstate(all="ignore"):
            want, got = xg.tree.leaves(f(*given)), xg.tree.leaves(g(*given))
        for a, b in zip(want, got, strict=True):
            assert type(a) is type(b) or isinstance(a, np.generic)
            x, y = (v.data if isinstance(v, xg.Array) else v for v in (a, b))
            np.testing.assert_array_equal(x, y, strict=hasattr(x, "dtype"))
    return g


# What is recorded ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        xg.grad(lambda x: xg.sum(xg.sin(x) ** 2 / (1 + xg.exp(x)))),
        xg.value_and_grad(lambda x: xg.sum(x) if x.shape[0] > 3 else xg.sum(x * x)),
        xg.jacrev(lambda x: xg.sin(x) * xg.sum(x)),
        xg.jacfwd(lambda x: xg.sin(x) * xg.sum(x)),
        xg.hessian(lambda x: xg.sum(x**3) * xg.prod(x)),
        lambda x: xg.hvp(lambda x: xg.sum(x**4), x, x),
        lambda x: xg.jvp(xg.sin, (x,), (x,)),
        lambda x: xg.grad(lambda x: xg.sum(xg.grad(lambda x: xg.sum(xg.sin(x) ** 3))(x) ** 2))(x),
        xg.grad(lambda x: sum(row * row for row in x)),
        xg.grad(lambda x: np.sum(np.sin(x) * np.exp(x))),
        xg.grad(lambda x: xg.sum(xg.where(x > 1, xg.sqrt(x), 0.0))),
        lambda x: {"a": (x, x + 1), "b": [x * 2, 3.0, "text", None]},
        lambda x: x,
        lambda x: (x, x, x[::-1], xg.reshape(x, (2, 3)), xg.sum(x), x[2]),
    ],
)
@pytest.mark.parametrize("lift", [np.asarray, xg.asarray], ids=["raw", "Array"])
def test_a_replay_gives_what_eager_code_gives(f, lift):
    if isinstance(f(X), dict):  # numbers in it stay numbers
        out = xg.compile(f)
        for _ in range(3):
            assert str(out(X)) == str(f(X))
        return
    same(lambda x: f(x), lift(X), other=(lift(-2 * X[::-1]),))


def test_writes_inside():
    def f(x):
        y = xg.zeros_like(x)
        y[1:] = x[:-1] * 2
        y[0] = x[3]
        y[2:4] *= x[0]
        row = y[::2]
        row += 1
        return xg.sum(y * y * x)

    same(xg.grad(f), X, other=(X[::-1].copy(),))


def test_results_are_new_each_time():
    f = xg.compile(lambda x: (x, x * 2, x[1:], xg.ones(3), xg.reshape(x * 3, (2, 3))))
    f(X)
    first = f(X)
    kept = [x.copy() for x in first]
    second = f(X + 1)
    for a, b, c in zip(first, second, kept, strict=True):
        np.testing.assert_array_equal(a, c)
        assert a.flags.writeable
        assert not np.shares_memory(a, b)
        assert not np.shares_memory(a, X)


def test_arguments_by_name_and_in_trees():
    def f(model, *, scale, power=2):
        return {"out": xg.sum(model["w"] ** power) * scale}

    g = xg.compile(f)
    for k in (1.0, 2.0):
        w = xg.asarray(X * k)
        assert float(g({"w": w}, scale=xg.asarray(k))["out"]) == float(
            f({"w": w}, scale=xg.asarray(k))["out"]
        )
    assert g.stats["traces"] == 1
    g({"w": w}, scale=w[0], power=3)
    assert g.stats["traces"] == 2


def test_the_order_of_a_dict_belongs_to_the_program():
    def f(d, **more):
        values = [*d["in"].values(), *more.values()]
        return {k: v * i for i, (k, v) in enumerate(d["in"].items())}, sum(
            (i + 1) * v for i, v in enumerate(values)
        )

    g = xg.compile(f)
    one, other = {"a": X, "b": 2 * X}, {"b": 2 * X, "a": X}
    for d in (one, other, one, other):
        for more in ({"u": X, "v": 3 * X}, {"v": 3 * X, "u": X}):
            got, want = g({"in": d}, **more), f({"in": d}, **more)
            assert list(got[0]) == list(want[0])
            np.testing.assert_array_equal(got[1], want[1])
            np.testing.assert_array_equal(list(got[0].values()), list(want[0].values()))
    assert g.stats["traces"] == 4


def test_numbers_belong_to_the_program():
    f = xg.compile(lambda x, p: x**p)
    np.testing.assert_array_equal(f(X, 2), X**2)
    np.testing.assert_array_equal(f(X, 3), X**3)
    np.testing.assert_array_equal(f(X, 2), X**2)
    assert f.stats["programs"] == 2


def test_zero_and_minus_zero_are_two_numbers():
    f = xg.compile(lambda x, n: x * n)
    assert not np.signbit(f(X, 0.0)).any()
    assert np.signbit(f(X, -0.0)).all()


def test_static_arguments_may_decide():
    def f(x, mask, flag):
        return xg.sum(x[mask]) if flag else xg.sum(x)

    g = xg.compile(f, static=(1, "flag"))
    mask = X > 1
    for m, flag in ((mask, True), (~mask, True), (mask, False), (mask, True)):
        assert float(g(X, m, flag=flag)) == float(f(X, m, flag))
    assert g.stats["traces"] == 3


@dataclass
class Model:
    w: object
    kind: str = field(default="sin", metadata={"static": True})


def test_a_model_with_static_fields():
    def f(model, x):
        return xg.sum(getattr(xg, model.kind)(model.w * x))

    g = xg.compile(xg.grad(f))
    for kind in ("sin", "cos"):
        for k in (1.0, 2.0):
            got, want = g(Model(X * k, kind), X), xg.grad(f)(Model(X * k, kind), X)
            np.testing.assert_array_equal(got.w, want.w)
    assert g.stats["programs"] == 2


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match=r"is no array and cannot be compared by its hash"):
        xg.compile(lambda x, y: x)(X, {1, 2})


def test_bad_options_are_refused():
    with pytest.raises(TypeError, match="expected a function"):
        xg.compile(3)
    with pytest.raises(ValueError, match="expected 'error' or 'eager'"):
        xg.compile(xg.sin, on_value="maybe")
    with pytest.raises(ValueError, match="engine is 'fortran'; expected one of"):
        xg.compile(xg.sin, engine="fortran")


def test_as_a_decorator_and_a_method():
    @xg.compile
    def double(x):
        """Twice."""
        return 2 * x

    @xg.compile(on_value="eager")
    def triple(x):
        return 3 * x

    class Thing:
        @xg.compile
        def f(self, x):
            return x + 1

    assert double.__doc__ == "Twice."
    assert double.__name__ == "double"
    np.testing.assert_array_equal(double(X), 2 * X)
    np.testing.assert_array_equal(triple(X), 3 * X)
    np.testing.assert_array_equal(Thing().f(X), X + 1)


# Captured arrays ----------------------------------------------------------------------------------

SCALE = np.arange(6.0)


def test_captured_arrays_are_hidden_inputs():
    held = np.arange(6.0)
    lifted = xg.asarray(np.arange(6.0) + 1)
    f = xg.grad(lambda x: xg.sum(x * held * lifted * SCALE))
    g = same(f, X)
    held[:] = 7.0
    lifted[2] = -3.0
    SCALE[1] = 11.0
    np.testing.assert_array_equal(g(X), f(X))
    assert g.stats["traces"] == 1


def test_a_captured_array_may_be_replaced():
    held = np.arange(6.0)

    def f(x):
        return x * held

    g = same(f, X)
    held = np.arange(6.0) + 3
    np.testing.assert_array_equal(g(X), f(X))
    assert g.stats["traces"] == 1
    held = np.float32([2.0])
    np.testing.assert_array_equal(g(X), f(X))
    assert g.stats["traces"] == 2


def test_a_captured_number_is_looked_at():
    rate = 0.5

    def f(x):
        return x * rate

    g = same(f, X)
    rate = 0.25
    np.testing.assert_array_equal(g(X), f(X))


def test_a_captured_mask_is_compared():
    mask = X > 1

    def f(x):
        return xg.sum(x[mask])

    g = same(f, X)
    mask[:] = ~mask
    assert float(g(X)) == float(f(X))
    assert g.stats["traces"] == 2


def test_a_captured_leaf_is_refused():
    w = xg.asarray(X, requires_grad=True)
    with pytest.raises(TraceError, match=r"captures a tracked array .* as an argument"):
        xg.compile(lambda x: xg.sum(x * w))(X)


def test_writing_to_what_is_not_ones_own_is_refused():
    held = xg.asarray(np.zeros(6))

    def fills(x):
        held[0] = x[0]
        return x

    def changes(x):
        x[0] = 1.0
        return x

    with pytest.raises(MutationError, match="writes to an array that it captures"):
        xg.compile(fills)(X)
    assert isinstance(held.data, np.ndarray)
    with pytest.raises(MutationError, match=r"writes to its argument args\[0\].*\(x \* 1\)"):
        xg.compile(changes)(X)
    view = xg.compile(lambda x: (x[1:].__iadd__(1), x)[1])
    with pytest.raises(MutationError, match="writes to its argument"):
        view(X)


# Values ------------------------------------------------------------------------------------------


def branching(x):
    y = xg.sum(x)
    if y > 3:
        y = y * 2
    return y


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (branching, r"bool\(\) asks for the value .* xgrad.where"),
        (lambda x: xg.sum(x) * float(x[0]), r"float\(\) asks for the value"),
        (lambda x: x * int(xg.sum(x)), r"int\(\) asks for the value"),
        (lambda x: x * xg.sum(x).item(), r"asks for the value"),
        (lambda x: x * complex(xg.sum(x)), r"complex\(\) asks for the value"),
        (lambda x: x[xg.argmax(x) :], r"an index asks for the value|int\(\) asks for the value"),
        (lambda x: np.asarray(x) * 2, r"numpy.asarray\(\) asks for the value"),
        (lambda x: x.tolist(), r"asks for the value"),
        (lambda x: xg.sum(x[x > 1]), r"the shape of x\[mask\] depends on the values"),
        (lambda x: xg.nonzero(x), r"the shape of nonzero depends on the values"),
        (lambda x: xg.unique_values(x), r"the shape of unique_\w+ depends on the values"),
        (lambda x: xg.repeat(x, xg.astype(x, xg.int64)), r"the shape of repeat depends on"),
        (lambda x: xg.to_backend(x, "array_api_strict"), r"asks for the value"),
        (lambda x: [v for v in x if v > 1], r"bool\(\) asks for the value"),
    ],
)
def test_asking_for_a_value_raises_with_the_users_line(f, says):
    with pytest.raises(TraceError, match=rf"(?s){says}.*test_semantics.py:\d+: "):
        xg.compile(f)(X)


def test_on_value_eager_falls_back_with_one_warning():
    f = xg.compile(branching, on_value="eager")
    with pytest.warns(CompileWarning, match=r"(?s)runs uncompiled.*if y > 3") as caught:
        got = [float(f(X * k)) for k in (0.1, 1.0, 2.0)]
    assert got == [float(branching(xg.asarray(X * k))) for k in (0.1, 1.0, 2.0)]
    assert len(caught) == 1


def test_printing_runs_once(capsys):
    def f(x):
        print("here", x)
        return x + 1

    g = xg.compile(f)
    g(X)
    g(X)
    assert capsys.readouterr().out.count("here") == 1


def test_an_array_that_outlives_its_recording_is_refused():
    kept = []
    xg.compile(lambda x: kept.append(x * 2) or x)(X)
    with pytest.raises(TraceError, match="after its recording has ended"):
        kept[0] + 1


# Effects ------------------------------------------------------------------------------------------


def test_random_draws_go_on():
    def f(rng, x):
        return x + rng.normal(size=6) * rng.random(), rng.integers(0, 9, 4), rng.permutation(3)

    one, two = xg.random.default_rng(7), xg.random.default_rng(7)
    g = xg.compile(partial(f, one))
    for _ in range(4):
        for a, b in zip(g(xg.asarray(X)), f(two, xg.asarray(X)), strict=True):
            np.testing.assert_array_equal(a.data, b.data)


def test_a_generator_made_inside_starts_anew():
    same(lambda x: x + xg.random.default_rng(3).normal(size=6).data, xg.asarray(X))


def test_a_draw_that_is_not_used_still_happens():
    one, two = xg.random.default_rng(7), xg.random.default_rng(7)

    def f(rng, x):
        rng.random(3)
        return x * rng.random(6)

    g = xg.compile(partial(f, one))
    for _ in range(3):
        np.testing.assert_array_equal(g(xg.asarray(X)).data, f(two, xg.asarray(X)).data)


def test_draws_under_checkpoint_are_drawn_once():
    def f(rng, x):
        @xg.checkpoint
        def part(x):
            return xg.sin(x * rng.normal(size=6))

        return xg.grad(lambda x: xg.sum(part(part(x))))(x)

    one, two = xg.random.default_rng(7), xg.random.default_rng(7)
    g = xg.compile(partial(f, one))
    for _ in range(3):
        np.testing.assert_array_equal(g(X), f(two, X))


def test_a_failed_recording_leaves_generators_as_they_were():
    one, two = xg.random.default_rng(7), xg.random.default_rng(7)

    def f(rng, x):
        x = x + rng.normal(size=6)
        return x if x[0] > 0 else -x

    g = xg.compile(partial(f, one), on_value="eager")
    with pytest.warns(CompileWarning):
        got = [g(xg.asarray(X)).data for _ in range(2)]
    want = [f(two, xg.asarray(X)).data for _ in range(2)]
    np.testing.assert_array_equal(got, want)


def test_a_primitive_is_one_step_in_order():
    seen = []

    @xg.primitive
    def box(x):
        assert type(x) is np.ndarray
        seen.append(x)
        return np.sin(x)

    box.defvjp(lambda ct, out, x: (ct * xg.cos(x),))

    def f(x):
        box(x)  # its result is not used, but it is called
        return xg.sum(box(x) * x)

    g = xg.compile(xg.grad(f))
    want = xg.grad(f)(X)
    seen.clear()
    for k in range(3):
        np.testing.assert_array_equal(g(X), want)
        assert len(seen) == 2 * (k + 1)
    g(X + 1)
    np.testing.assert_array_equal(seen[0], X)  # what it kept is its own


def test_checkpoint_is_a_fence():
    def f(x):
        for _ in range(4):
            x = xg.checkpoint(lambda x: xg.sin(xg.exp(x)))(x)
        return xg.sum(x)

    g = same(xg.value_and_grad(f), X * 0.1)
    lowered = g.lower(X * 0.1)
    assert sum(e.name == "exp" for e in lowered.after.equations) == 8


def test_checkpoint_saves_memory():
    def deep(part):
        def f(x):
            for _ in range(8):
                x = part(x)
            return xg.sum(x)

        return xg.compile(xg.grad(f)).lower(np.ones(4000)).cost.bytes_held

    def part(x):
        for _ in range(8):
            x = xg.sin(x * 1.1)
        return x

    assert deep(xg.checkpoint(part)) < 0.5 * deep(part)


# Around and inside others -------------------------------------------------------------------------


def test_transforms_of_a_compiled_function_look_inside():
    f = xg.compile(lambda x: xg.sum(xg.sin(x) ** 2))
    plain = f.f
    np.testing.assert_array_equal(xg.grad(f)(X), xg.grad(plain)(X))
    np.testing.assert_array_equal(xg.hessian(f)(X), xg.hessian(plain)(X))
    assert float(xg.jvp(f, (X,), (X,))[1]) == float(xg.jvp(plain, (X,), (X,))[1])
    w = xg.asarray(X, requires_grad=True)
    f(w).backward()
    np.testing.assert_array_equal(w.grad.data, xg.grad(plain)(X))


def test_compiled_inside_compiled_is_inlined():
    inner = xg.compile(xg.sin)
    outer = xg.compile(lambda x: inner(inner(x)))
    for _ in range(3):
        np.testing.assert_array_equal(outer(X), np.sin(np.sin(X)))
    assert len(outer.lower(X).after) == 2
    assert inner.stats["traces"] == 0


def test_without_recording():
    f = xg.compile(lambda x: xg.sum(x * x))
    with xg.no_grad():
        w = xg.asarray(X, requires_grad=True)
        assert not f(w).is_tracked
    f(X)
    assert f.stats["traces"] == 2


def test_threads_have_buffers_of_their_own():
    plain = xg.grad(lambda x: xg.sum(xg.sin(x) * xg.exp(x) * x))
    f = xg.compile(plain)
    f(X)
    want = {k: plain(X + k) for k in range(4)}
    wrong = []

    def go(k):
        wrong.extend(k for _ in range(1000) if not np.array_equal(f(X + k), want[k]))

    threads = [threading.Thread(target=go, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_a_primitive_may_call_the_function_that_is_running():
    calls = []

    @xg.primitive
    def again(x):
        if len(calls) < 3:
            calls.append(1)
            return np.asarray(f(x * 0.5))
        return x * 1.0

    f = xg.compile(lambda x: again(xg.sin(x)) + xg.cos(x))
    plain = f.f
    f(X)
    calls.clear()
    got = f(X)
    calls.clear()
    f = plain
    np.testing.assert_array_equal(got, plain(X))


# Donated arguments --------------------------------------------------------------------------------


def test_donated_memory_becomes_the_result():
    f = xg.compile(lambda x, y: xg.sin(x) + y, donate=0)
    plain = f.f
    f(X.copy(), X)
    given = X.copy()
    out = f(given, X)
    np.testing.assert_array_equal(out, plain(X, X))
    assert np.shares_memory(out, given)
    strided = np.repeat(X, 2)[::2]
    np.testing.assert_array_equal(f(strided, X), plain(X, X))
    with pytest.raises(ValueError, match="given one array twice"):
        f(given, given)


# How often, how much ------------------------------------------------------------------------------


def test_many_recordings_warn_with_what_differs(caplog):
    f = xg.compile(lambda x: x * 2)
    caplog.set_level(logging.INFO, "xgrad.compile")
    with pytest.warns(CompileWarning, match=r"recorded 8 times.*shape \(9,\) after \(8,\)"):
        [f(np.ones(n)) for n in range(2, 12)]
    assert "again: an array has shape (3,) after (2,)" in caplog.text


def test_stats_and_clear():
    f = xg.compile(xg.grad(lambda x: xg.sum(xg.sin(x) ** 2 * xg.exp(x))))
    for _ in range(3):
        f(X)
    assert f.stats["hits"] == 2
    assert f.stats["bytes"] > 0
    assert "1 programs, 1 traces, 2 hits" in repr(f)
    f.clear()
    assert f.stats["programs"] == f.stats["bytes"] == 0
    np.testing.assert_array_equal(f(X), f.f(X))


def test_the_text_of_a_program():
    def f(x):
        return xg.sum(xg.sin(x) ** 2)

    text = repr(xg.compile(f).lower(X))
    assert "in   a: float64[6]" in text
    assert "b: float64[6] = sin(a)" in text
    assert "return xg.sum(xg.sin(x) ** 2)" in text
    assert "bytes held" in text


def test_numpy_does_not_warn_in_a_replay():
    f = xg.compile(lambda x: xg.log(x - 0.5))
    f(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(X)[0] == -np.inf


# What fuzzing found ------------------------------------------------------------------------------


def test_a_function_that_gives_back_its_argument_for_some_values():
    """The factors of a triangular matrix are the matrix itself, whose buffer was used again."""

    def f(x, y):
        a = x + 1.0
        out = xg.linalg.solve(a, y)
        b = x * 2.0 + y
        return out + xg.linalg.solve(b, y) * xg.sum(xg.linalg.solve(a, b))

    full = np.asarray([[2.0, 1.0], [1.0, 3.0]])
    lower = np.asarray([[1.0, -1.0], [1.0, 2.0]])  # plus one it is triangular
    same(f, full, full + 1, other=(lower, full))
    same(xg.grad(lambda x, y: xg.sum(f(x, y) ** 2), (0, 1)), full, full + 1, other=(lower, full))


def test_an_index_that_is_a_number_in_the_replay():
    """An integer without axes is a number then, and what is read at it a view."""

    def f(x, k):
        y = x * 2.0
        part = y[k, ...]
        z = x + 1.0
        return part * z[xg.clip(k + 1, 0, 4), ...] + xg.sum(z)

    same(f, np.arange(15.0).reshape(5, 3), np.asarray(1), other=(np.ones((5, 3)), np.asarray(3)))


def test_a_debugger_sees_every_op():
    f = xg.compile(xg.grad(lambda x: xg.sum(xg.sqrt(x))))
    at = np.asarray([0.0, 4.0])
    with np.errstate(all="ignore"):
        f(at)
        with xg.debug(), pytest.raises(xg.errors.NonFiniteError, match="sqrt: the derivative is"):
            f(at)


class Scaled:
    def __init__(self):
        self.scale = xg.asarray(np.full(6, 2.0))
        self.parts = [{"shift": np.zeros(6)}]
        self.power = 2

    def __call__(self, x):
        return self.scale * x**self.power + self.parts[0]["shift"]


@pytest.mark.parametrize("bound", [False, True])
def test_a_captured_model_may_change(bound):
    model = Scaled()
    f = xg.compile(model.__call__ if bound else lambda x: model(x))
    for change in (
        lambda: setattr(model, "scale", xg.asarray(np.full(6, 3.0))),
        lambda: model.parts[0].update(shift=np.ones(6)),
        lambda: model.scale.__setitem__(0, -1.0),
        lambda: model.parts.__setitem__(0, {"shift": np.full(6, 0.5)}),
    ):
        for _ in range(2):
            np.testing.assert_array_equal(f(X), model(xg.asarray(X)).data)
        change()
    assert f.stats["traces"] == 1
    model.power = 3
    np.testing.assert_array_equal(f(X), model(xg.asarray(X)).data)
    assert f.stats["traces"] == 2


@xg.compile
def decorated(x):
    return 2 * x


def test_it_is_pickled_as_functions_are():
    for f in (decorated, xg.compile(xg.grad(branch_free))):
        f(X)
        for again in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
            np.testing.assert_array_equal(again(X), f(X))


def branch_free(x):
    return xg.sum(xg.sin(x))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("n", [5000, 40_000])
def test_large_choices(n, dtype):
    draw = np.random.default_rng(0)
    x, y = (np.asarray(draw.normal(size=n) * 9).astype(dtype) for _ in range(2))
    if dtype != "int64":
        x[::7], y[::5] = np.nan, -0.0
    zero = np.zeros((), dtype)

    def f(x, y):
        a = xg.where(x > 0, x, y)
        b = xg.where(y > 0, a, zero)
        c = xg.where(x > y, zero, b)
        return a, b, c, xg.where(x > 1, zero, zero + 1), xg.where(xg.reshape(x, (-1, 1)) > 0, 1, 0)

    for lift in (np.asarray, lambda x: np.repeat(x, 2)[::2]):
        same(f, lift(x), lift(y), other=(lift(y), lift(-x)))
    if dtype != "int64":
        g = xg.grad(lambda x, y: xg.sum(xg.relu(x * y) + xg.where(x > y, x * 3.0, 0.0)), (0, 1))
        same(g, x, y, other=(y, x))


@pytest.mark.parametrize("tells", [True, False])
def test_the_order_of_keys(tells, monkeypatch):
    def found(x):
        return orders.orders(x, xg.tree.flatten(x)[1])

    assert orders._pickles_tell()
    monkeypatch.setattr(orders, "_pickles_tell", lambda: tells)
    one = {"b": (1.0, {"z": np.ones(2), "y": None}), "a": SimpleNamespace(d={"k": 2.0, "i": 3.0})}
    other = {"a": SimpleNamespace(d={"i": 3.0, "k": 2.0}), "b": (1.0, {"y": None, "z": np.ones(2)})}
    assert set(found(one)) == {("b", "a"), ("z", "y"), ("k", "i")}
    assert set(found(other)) == {("a", "b"), ("y", "z"), ("i", "k")}
    assert found(np.ones(2)) == found((np.ones(2), 1.0)) == ()
