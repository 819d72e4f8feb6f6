# Tests of xgrad/debugging/observer.py
"""The observer: several readers at once, and whose code a frame runs."""

import ast
import cProfile
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xgrad as xg
from xgrad.debugging import notes, observer
from xgrad.debugging.observer import Reader
from xgrad.engine import frames, operands
from xgrad.engine.definition import Op
from xgrad.show import steps, watch

X = np.asarray([0.5, -1.0, 2.0])
pytestmark = pytest.mark.usefixtures("quiet")


# Every pair of readers ----------------------------------------------------------------------------


def loss(x):
    h = xg.relu(x * 2.0)
    return xg.sum(xg.exp(h) * xg.floor(x))


def infinite(x):
    return xg.sum(xg.sqrt(x * 0.0))


def _debug(inside):
    def f(x):
        inside()
        return infinite(x)

    with pytest.raises(xg.errors.NonFiniteError) as info, xg.debug():
        xg.grad(f)(X)
    return str(info.value)


def _strict(inside):
    def f(x, y):
        inside()
        return loss(x) + xg.sum(xg.floor(y))

    with pytest.raises(xg.errors.NotDifferentiableError) as info:
        xg.grad(f, (0, 1), strict=True)(X, X)
    return str(info.value)


def _explain_gradient(inside):
    def f(x):
        inside()
        return loss(x)

    return [str(found) for found in xg.explain_gradient(f)(X)]


def _draw(inside):
    def f(x):
        y = x * 3.0
        inside()
        z = np.sum(y * loss(y))
        inside()
        return z

    return xg.show.draw(f, X).text


def _explain(inside):
    def f(x):
        y = x * 3.0
        inside()
        return loss(y)

    return str(xg.show.explain(f, X, quiet=True))


def _profile(inside):
    def f(x):
        inside()
        return loss(x)

    rows = xg.show.profile(f, X, repeats=1).lines
    assert all(row.forward > 0 for row in rows)
    return [(row.op, row.where, row.calls, row.result, row.kept, row.cotangent) for row in rows]


def _flow(inside):
    def f(w):
        inside()
        h = xg.tanh(X @ w)
        return xg.sum(xg.tanh(h @ w))

    return str(xg.show.gradient_flow(np.eye(3), f))


READERS = {
    "debug": _debug,
    "strict": _strict,
    "explain_gradient": _explain_gradient,
    "draw": _draw,
    "explain": _explain,
    "profile": _profile,
    "gradient_flow": _flow,
}


@pytest.mark.parametrize("inner", READERS)
@pytest.mark.parametrize("outer", READERS)
def test_readers_inside_one_another_see_what_they_see_alone(outer, inner):
    seen = []
    alone = READERS[outer](lambda: None), READERS[inner](lambda: None)
    together = READERS[outer](lambda: seen.append(READERS[inner](lambda: None)))
    assert together == alone[0]
    assert seen
    assert all(found == alone[1] for found in seen)
    assert sys.getprofile() is None


@pytest.mark.parametrize("name", [name for name in READERS if name != "debug"])
def test_every_reader_works_in_a_block_that_debugs(name):
    alone = READERS[name](lambda: None)
    with xg.debug():
        assert READERS[name](lambda: None) == alone
        with pytest.raises(xg.errors.NonFiniteError, match="sqrt"):
            xg.grad(infinite)(X)
    assert sys.getprofile() is None


# The observer itself ------------------------------------------------------------------------------


class Names(Reader):
    """Hears which ops were recorded, and which of them cotangents and tangents passed."""

    def __init__(self):
        self.made, self.back, self.up = [], [], []

    def noted(self, note, which, x):
        self.made.append(note.name)

    def pulled(self, pull):
        self.back.append(pull.note.name)

    def pushed(self, note, ts, t):
        self.up.append(note.name)


def test_a_reader_hears_of_results_cotangents_and_tangents():
    with Names() as names:
        xg.grad(lambda x: xg.sum(xg.sin(x) * x))(X)
        xg.jvp(xg.exp, (X,), (X,))
    assert names.made == ["sin", "multiply", "sum", "exp"]
    assert names.back == ["sum", "multiply", "sin"]
    assert names.up == ["exp"]


def test_what_another_reader_recorded_is_heard_of_too():
    with Names() as first:
        _, pullback = xg.vjp(xg.sin, X)
    with Names() as second:
        pullback(X)
    assert (first.made, first.back) == (["sin"], [])
    assert (second.made, second.back) == ([], ["sin"])


def test_an_error_of_one_reader_does_not_deafen_the_others():
    def caught_in_its_block():
        with xg.debug(), pytest.raises(xg.errors.NonFiniteError):
            xg.grad(infinite)(X)

    with Names() as names:
        caught_in_its_block()
        xg.grad(lambda x: xg.sum(xg.cos(x)))(X)
        with pytest.raises(xg.errors.NonFiniteError), xg.debug():
            xg.grad(infinite)(X)
        xg.exp(xg.asarray(X, requires_grad=True))
    assert names.made[-3:] == ["sqrt", "sum", "exp"]
    assert {"cos", "sqrt"} <= set(names.back)
    assert sys.getprofile() is None


def test_a_walk_makes_the_others_hear_again():
    with Names() as names:
        _, pullback = xg.vjp(xg.sin, X)
        with xg.debug():
            with pytest.raises(xg.errors.NonFiniteError):
                xg.grad(infinite)(X)
            assert sys.getprofile() is None  # Python has switched it off
            pullback(X)
            xg.exp(xg.asarray(X, requires_grad=True))
    assert names.made[-1] == "exp"


def test_an_error_inside_a_rule_leaves_the_walk_around_it_under_watch():
    @xg.custom_vjp
    def walking(x):
        return x * 1.0

    @xg.custom_vjp
    def passed(x):
        return x * 1.0

    def rule(_, ct):
        with pytest.raises(xg.errors.NonFiniteError, match="sqrt"), xg.debug():
            xg.grad(lambda x: xg.sum(walking(x)))(X)  # a walk in a walk: two of them end
        return (ct / 0.0,)

    walking.defvjp(lambda x: (x * 1.0, None), lambda _, ct: (xg.grad(infinite)(X),))
    passed.defvjp(lambda x: (x * 1.0, None), rule)
    with pytest.raises(xg.errors.NonFiniteError, match="passed"), xg.debug():
        xg.grad(lambda x: xg.sum(passed(x)))(X)


def test_layers_stay_known_when_calls_were_missed():
    class Layer:
        def __call__(self, x):
            with pytest.raises(xg.errors.NonFiniteError), xg.debug():
                xg.grad(infinite)(X)
            return xg.sum(xg.tanh(x))

    graph = steps.graph_of(steps.watch(lambda x: Layer()(x), (X,)))
    assert [step.layer for step in graph.ops()] == ["Layer", "Layer"]


def test_the_inner_of_two_blocks_takes_the_error():
    with xg.debug():
        with pytest.raises(xg.errors.NonFiniteError, match="sqrt"), xg.debug():
            xg.grad(infinite)(X)
        with pytest.raises(xg.errors.NonFiniteError, match="log"):
            xg.grad(lambda x: xg.sum(xg.log(x * 0.0)))(X)


def test_blocks_that_end_in_another_order_leave_nothing_behind():
    first, second = Names(), Names()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getprofile() is not None
    second.__exit__(None, None, None)
    assert sys.getprofile() is None
    assert not observer.readers()


def test_show_refuses_a_profiler_that_it_cannot_put_back():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        if sys.getprofile() is None:
            pytest.skip("here cProfile takes no profile function's place")
        with pytest.raises(RuntimeError, match=r"show: another profiler .* Switch it off first"):
            xg.show.draw(xg.sin, X)
    finally:
        profiler.disable()


def test_walks_inside_the_function_are_not_explained():
    def f(x):
        inner = xg.grad(lambda u: xg.sum(xg.relu(u) ** 2))(x)
        return xg.sum(x * xg.stop_gradient(inner))

    (found,) = xg.explain_gradient(f)(X)
    assert [zeroed.op for zeroed in found.zeroed] == ["multiply"]  # by the zero of relu


# Whose code it is ---------------------------------------------------------------------------------


class Calls(Reader):
    """Hears which ops were called, by what the code of their callers' functions holds."""

    notes = False

    def __init__(self):
        self.ops = []

    def returned(self, frame, value):
        if frames.is_call(frame.f_code):
            self.ops.append(frames.held(frame, Op).name)


CALLS = {
    "sin": xg.sin,
    "multiply": lambda x: x * x,
    "max": lambda x: xg.max(x, axis=0),
    "read": lambda x: x[0],
    "stack": lambda x: xg.stack([x, x]),
    "where": lambda x: xg.where(np.asarray([True, False, True]), x, 0.0),
    "clip": lambda x: xg.clip(x, 0.0, 1.0),
    "greater": lambda x: x > 0,
    "argmax": lambda x: xg.argmax(x, axis=0),
    "iv": lambda x: xg.special.iv(1.0, x),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_form_of_call_tells_its_op(name):
    with Calls() as calls:
        CALLS[name](xg.asarray(X, requires_grad=True))
    assert calls.ops[-1] == name


def test_a_public_function_is_found_by_its_code():
    spaces = {"": xg, "linalg.": xg.linalg, "fft.": xg.fft, "special.": xg.special}
    paths = {}
    for prefix, space in spaces.items():
        for name in space.__all__:
            code = getattr(inspect.unwrap(getattr(space, name)), "__code__", None)
            if code is not None:
                paths.setdefault(code, []).append(prefix + name)
    unknown = []
    for code, names in paths.items():
        found = frames._public(code)
        assert not found or found in names
        unknown += [] if found else names
    assert set(unknown) <= set(xg.testing.NOT_OPS)  # transforms and the like, which are no parts


PATHS = {  # from private ops and parts of composed functions to what was called
    "tensordot": lambda: xg.tensordot(X, np.ones((2, 2)), axes=1),
    "matmul": lambda: xg.asarray(X) @ xg.asarray(np.ones(4)),
    "linalg.inv(float64[2, 2]), which xgrad.linalg.tensorinv calls": lambda: xg.linalg.tensorinv(
        xg.asarray(np.zeros((2, 2))), 1
    ),
    "linalg.eig(float64[3, 3]), which xgrad.roots calls": lambda: xg.roots(
        xg.asarray([1.0, np.nan, 1.0, 1.0], requires_grad=True)
    ),
    "linalg.inv(float64[2, 3])": lambda: xg.jvp(xg.linalg.inv, (X23,), (X23,)),
    "reshape(float64[3])": lambda: xg.asarray(X).reshape(5, 5),
    "mean(float64[3])": lambda: np.mean(xg.asarray(X), axis=7),
}
X23 = np.ones((2, 3))


@pytest.mark.parametrize("text", PATHS)
def test_an_error_names_the_function_that_was_called(text):
    with pytest.raises((ValueError, IndexError, np.linalg.LinAlgError)) as info:
        PATHS[text]()
    said = "\n".join([str(info.value), *getattr(info.value, "__notes__", [])])
    assert text in said
    assert "xgrad.jvp" not in said


@pytest.mark.parametrize(
    "module", [frames, notes, observer, operands, watch], ids=lambda m: m.__name__
)
def test_no_module_is_named_by_a_string(module):
    """Files may move: a name of a module in a string would silently match nothing."""
    modules = {m.name for m in pkgutil.walk_packages(xg.__path__, "xgrad.")}
    modules |= {name.partition(".")[2] for name in modules if name.count(".") > 1}
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    assert not [text for text in texts if type(text) is str and text.rstrip(".") in modules]


MOVED = {"unary": "of_one", "general": "of_many", "operands": "settling", "products": "matrices"}
QUESTIONS = """
import sys
import numpy as np
import xgrad as xg

print(xg.__file__, file=sys.stderr)

def f(x, y):
    z = np.linalg.norm(xg.stack([x, x])) * x.std() + xg.max(x @ x, axis=0)
    return xg.sum(z) + xg.sum(xg.floor(y))

x = np.asarray([[1.0, 2.0], [3.0, 4.0]])
print(xg.show.draw(lambda x: f(x, x), x))
print(*xg.explain_gradient(f, (0, 1))(x, x))
for call in (
    lambda: xg.linalg.tensorinv(xg.asarray(np.zeros((2, 2))), 1),
    lambda: xg.asarray(x) @ xg.asarray(np.ones(4)),
    lambda: xg.grad(f, (0, 1), strict=True)(x, x),
):
    try:
        call()
    except Exception as error:
        print(error, getattr(error, "__notes__", ""))
"""


def test_files_may_be_renamed(tmp_path):
    root, script = Path(xg.__file__).parents[1], tmp_path / "questions.py"
    script.write_text(QUESTIONS, encoding="utf-8")
    moved = tmp_path / "moved"
    for package in ("xgrad", "backends/xgrad_backends"):
        for file in (root / package).rglob("*.py"):
            stem = MOVED.get(file.stem, file.stem)
            target = moved / file.relative_to(root).with_name(f"{stem}.py")
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text(encoding="utf-8")
            for old, new in MOVED.items():  # the words, wherever they stand
                text = re.sub(rf"\b{old}\b", new, text)
            target.write_text(text, encoding="utf-8")
    assert {f.stem for f in moved.rglob("*.py")} >= set(MOVED.values())
    said = []
    for place in (root, moved):
        path = os.pathsep.join([str(place), str(place / "backends"), *filter(None, sys.path)])
        run = subprocess.run(
            [sys.executable, str(script)],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        assert str(place) in run.stderr
        said.append(run.stdout)
    assert "which xgrad.linalg.tensorinv calls" in said[0]
    assert "stack(x, x)" in said[0]
    assert "norm(" in said[0]
    assert said[1] == said[0]
