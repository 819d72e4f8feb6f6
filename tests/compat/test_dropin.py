# Tests of xgrad/compat
"""What libraries of autograd's users find in the drop-in: its modules, rules, boxes and values."""

from __future__ import annotations

import importlib
import importlib.metadata
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as onp  # noqa: ICN001 - `np` is the one that is tested
import pytest
import scipy.linalg

import xgrad as xg
import xgrad.compat.autograd as ag
import xgrad.compat.autograd.numpy as np
from xgrad.compat import alias
from xgrad.compat.autograd import builtins, core, extend, tracer
from xgrad.compat.autograd.scipy import linalg, special, stats
from xgrad.compat.autograd.test_util import check_grads

HERE = Path(__file__).parent
X = onp.asarray([0.5, -1.5, 2.0, 1.0])
M = X[:, None] * onp.asarray([1.0, 2.0, -0.5]) + onp.arange(12.0).reshape(4, 3)


# Modules and names --------------------------------------------------------------------------------


def names_of_autograd() -> list[tuple[str, str]]:
    lines = (HERE / "names_of_autograd.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(": ") for line in lines]
    return [(module, name) for module, names in pairs for name in names.split()]


def test_every_name_of_autograd_is_here() -> None:
    missing = []
    for module, name in names_of_autograd():
        twin = importlib.import_module(f"xgrad.compat.{module}")
        if not hasattr(twin, name):
            missing.append(f"{module}.{name}")
    assert not missing
    for name in onp.__all__:
        assert hasattr(np, name), name
    with pytest.raises(AttributeError, match="nosuch"):
        _ = core.nosuch


def test_the_list_of_names_is_that_of_autograd() -> None:
    if not importlib.metadata.version(pytest.importorskip("autograd").__name__).startswith("1.9"):
        pytest.skip("the list is of another version")
    sys.path.insert(0, str(HERE))
    lines = importlib.import_module("names_of_autograd").lines()
    sys.path.remove(str(HERE))
    assert lines == (HERE / "names_of_autograd.txt").read_text(encoding="utf-8").splitlines()


def test_what_is_not_here_says_so_when_it_is_used() -> None:
    for module, name in (("core", "translate_vjp"), ("tracer", "find_top_boxed_args")):
        refused = getattr(importlib.import_module(f"xgrad.compat.autograd.{module}"), name)
        with pytest.raises(NotImplementedError, match=rf"autograd\.{module}\.{name}: .*make_vjp"):
            refused()
    for made in (core.JVPNode, tracer.Node):
        with pytest.raises(NotImplementedError, match="not here"):
            made.new_root()


def test_modules_are_attributes_after_a_bare_import(tmp_path: Path) -> None:
    code = """
        import autograd
        for name in "primitive extend core tracer numpy builtins wrap_util util misc".split():
            getattr(autograd, name)
        import autograd.numpy as np
        assert autograd.differential_operators.grad(np.sin)(0.0) == 1.0
        print(autograd.__name__)
        from autograd.misc.flatten import flatten_func  # a module, and a function of its name
        from autograd.misc import flatten
        flatten(([1.0], 2.0))
        import autograd.nosuch
    """
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(code), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "xgrad.compat.alias", str(program)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "xgrad.compat.autograd\n", ran.stderr
    assert "No module named 'autograd.nosuch'" in ran.stderr


def test_the_alias_comes_too_late_after_autograd_itself(monkeypatch: Any) -> None:
    module = type(sys)("autograd")
    monkeypatch.setitem(sys.modules, "autograd", module)
    with pytest.raises(RuntimeError, match="Call install"):
        alias.install()


# Rules --------------------------------------------------------------------------------------------


def test_rules_get_arrays_of_numpy_but_for_what_an_outer_derivative_watches() -> None:
    seen: list[set[str]] = []

    @extend.primitive
    def times(x: Any, y: Any, *, by: Any) -> Any:
        seen.append({type(v).__name__ for v in (x, y, by)})
        out = np.zeros(x.shape)  # raw in here: compiled code would get it
        seen.append({type(out).__name__})
        out += x * y * by
        return out

    def vjp(ans: Any, x: Any, y: Any, by: Any) -> Any:
        def pull(g: Any) -> Any:
            seen.append({type(v).__name__ for v in (ans, x, y, by, g)})
            return g * y * by

        return pull

    extend.defvjp(times, vjp, lambda ans, x, y, by: lambda g: g * x * by)
    gradient = ag.grad(lambda x: np.sum(times(x, X, by=M[:, 0])))
    assert onp.allclose(gradient(X), X * M[:, 0])
    assert set().union(*seen) == {"ndarray"}
    seen.clear()
    again = ag.grad(lambda x: np.sum(ag.grad(lambda x: np.sum(times(x, x, by=M[:, 0])))(x) ** 2))
    assert onp.allclose(again(X), 8 * X * M[:, 0] ** 2)
    assert set().union(*seen) == {"ndarray", "Array"}


def test_a_vjp_is_made_once_for_all_cotangents() -> None:
    made = []

    @extend.primitive
    def square(x: Any) -> Any:
        return x**2

    def vjp(ans: Any, x: Any) -> Any:
        made.append(1)
        return lambda g: 2 * x * g

    extend.defvjp(square, vjp)
    pull, _ = ag.make_vjp(square)(X)
    for g in onp.eye(4):
        assert onp.allclose(pull(g), 2 * X * g)
    assert len(made) == 1
    assert onp.allclose(ag.jacobian(square)(X), onp.diag(2 * X))


def test_a_rule_may_give_what_broadcasts() -> None:
    @extend.primitive
    def rows(x: Any) -> Any:
        return onp.stack([x * x, onp.arange(4.0)]), onp.arange(8).reshape(2, 4)

    extend.defjvp(rows, lambda g, ans, x: (onp.stack([2 * x * g, 0 * g]), onp.zeros(4)))
    extend.defvjp(rows, lambda ans, x: lambda g: 2 * x * g[0][:1])
    assert onp.allclose(ag.make_jvp(lambda x: rows(x)[0])(X)(X)[1][0], 2 * X * X)
    assert onp.allclose(ag.grad(lambda x: np.sum(rows(x)[0]))(X), 2 * X)
    kinds = []
    ag.grad(lambda x: kinds.append(type(rows(x)[1])) or np.sum(x))(X)
    assert kinds == [onp.ndarray]

    @extend.primitive
    def total(x: Any) -> Any:
        return onp.sum(x)

    extend.defvjp(total, lambda ans, x: lambda g: g)
    extend.defjvp(total, lambda g, ans, x: onp.sum(g, keepdims=True))
    assert onp.allclose(ag.grad(total)(X), 1.0)
    assert ag.make_jvp(total)(X)(X)[1].shape == ()
    extend.defvjp(total, lambda ans, x: lambda g: onp.ones(3))
    with pytest.raises(xg.errors.RuleError, match=r"the vjp of total .* \(3,\); expected \(4,\)"):
        ag.grad(total)(X)


def test_a_sparse_cotangent() -> None:
    first = extend.primitive(lambda x: x[0])

    def vjp(ans: Any, x: Any) -> Any:
        def pull(g: Any) -> Any:
            def mut_add(total: Any) -> Any:
                total[0] += g
                return total

            return extend.SparseObject(extend.vspace(x), mut_add)

        return pull

    extend.defvjp(first, vjp)
    assert onp.allclose(ag.grad(lambda x: 2 * first(x) + np.sum(x))(X), [3, 1, 1, 1])


def test_a_rule_for_what_is_no_primitive_warns() -> None:
    def plain(x: Any) -> Any:
        return x

    for define in (extend.defvjp, extend.defjvp, extend.defvjp_argnums):
        with pytest.warns(xg.errors.XgradWarning, match=r"plain is no primitive.*@primitive"):
            define(plain, lambda *args: None)


# A rule for a function of NumPy or SciPy holds for the whole process, and so for one of its own.
OWN_RULES = """
import numpy as onp
import xgrad as xg, xgrad.compat.autograd as ag, xgrad.compat.autograd.numpy as np
from xgrad.compat.autograd.extend import defjvp, defvjp, register_notrace
from xgrad.compat.autograd.core import VJPNode
from xgrad.compat.autograd.scipy import linalg, signal, special, stats
from xgrad.compat.autograd.test_util import check_grads
x, m = onp.asarray([0.3, 0.6]), onp.asarray([[2.0, 0.1], [0.1, 3.0]])
defjvp(special.psi, lambda g, ans, x: g * special.polygamma(1, x))  # right ones, in every order
defjvp(special.polygamma, None, lambda g, ans, n, x: g * special.polygamma(n + 1, x))
defjvp(special.gamma, lambda g, ans, x: g * ans * special.psi(x))
for function, at in (
    (special.gamma, 2.2), (special.psi, x), (lambda x: special.polygamma(2, x) * np.sin(x), x),
    (lambda x: np.sum(special.gamma(x)), x),
):
    check_grads(function, order=3)(at)
ag.hessian(lambda x: np.sum(special.gamma(x)))(x)
hundred = lambda ans, *args, **kwargs: lambda g: 100.0 * onp.ones(args[0].shape)
CALLS = [
    (np.sinc, np.sinc, x), (np.tanh, np.tanh, x), (np.tanh, onp.tanh, x),
    (np.multiply, lambda x: x * 2.0, x), (np.negative, lambda x: -x, x),
    (np.sum, np.sum, x), (np.cumsum, lambda x: x.cumsum(), x),
    (np.clip, lambda x: np.clip(x, 0, 1), x),
    (np.concatenate, None, x), (np.linalg.inv, np.linalg.inv, m), (np.fft.fft, None, x),
    (linalg.cholesky_banded, linalg.cholesky_banded, m), (linalg.expm, linalg.expm, m),
    (special.gammaln, special.gammaln, x), (special.rgamma, special.rgamma, x),
    (stats.norm.logpdf, stats.norm.logpdf, x),
    (signal.convolve, lambda x: signal.convolve(x, onp.ones(1)), x),
]
for function, call, at in CALLS:
    defvjp(function, hundred)
    if call:
        got = ag.grad(lambda x: xg.sum(call(x)) if onp.ndim(at) else call(x))(at)
        assert onp.all(got == 100.0), (function, got)
assert onp.all(xg.grad(lambda x: xg.sum(xg.tanh(x)))(x) != 100.0)  # xgrad's own is as it was
seven = lambda g, ans, x: 7.0 * g
for function, exact in ((np.cosh, onp.sinh(x)), (special.digamma, None)):
    defjvp(function, seven)
    assert onp.allclose(ag.make_jvp(function)(x)(x)[1], 7.0 * x)
    vjp = ag.make_vjp(function)(x)[0](onp.ones(2))  # reverse mode keeps its own
    assert exact is None or onp.allclose(vjp, exact)
    assert not onp.allclose(vjp, 7.0)
register_notrace(VJPNode, np.sqrt)
kinds = []
ag.grad(lambda x: kinds.append(type(np.sqrt(x))) or np.sum(x.reshape(1, 2)))(x)
"""


def test_rules_for_functions_of_numpy_and_scipy_are_asked() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", OWN_RULES],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


# Values -------------------------------------------------------------------------------------------

LEAVING = {
    "x > 0": lambda x: x > 0,
    "x == 1": lambda x: x == 1,
    "1 <= x": lambda x: 1 <= x,  # noqa: SIM300 - the other way round
    "x // 2": lambda x: x // 2,
    "np.greater": lambda x: np.greater(x, 0),
    "np.logical_and": lambda x: np.logical_and(x > 0, x < 3),
    "np.logical_and.reduce": lambda x: np.logical_and.reduce([x > 0, x < 3]),
    "np.argsort": np.argsort,
    "x.argsort": lambda x: x.argsort(),
    "np.argmax": np.argmax,
    "x.argmin": lambda x: x.argmin(),
    "np.nonzero": lambda x: np.nonzero(x)[0],
    "np.where": lambda x: np.where(x > 0)[0],
    "np.floor": np.floor,
    "np.sign": np.sign,
    "np.round": np.round,
    "np.isnan": np.isnan,
    "np.any": lambda x: np.any(x > 1),
    "x.all": lambda x: x.all(),
    "np.allclose": lambda x: np.allclose(x, x),
    "np.searchsorted": lambda x: np.searchsorted(x, 1.0),
    "np.count_nonzero": np.count_nonzero,
    "np.ix_": lambda x: np.ix_(x > 0, x > 1)[0],
    "np.ravel_multi_index": lambda x: np.ravel_multi_index(np.nonzero(x > 0), (4,)),
    "np.unravel_index": lambda x: np.unravel_index(np.argmax(x), (2, 2))[0],
    "np.int64": lambda x: np.int64(x[0]),
}


def test_what_has_no_derivative_is_of_numpy() -> None:
    for name, f in LEAVING.items():
        seen: list[Any] = []

        def note(x: Any, f: Any = f, seen: Any = seen) -> Any:
            seen.append(f(x))
            return np.sum(x)

        ag.grad(note)(X)
        assert isinstance(seen[0], (bool, onp.ndarray, onp.generic)), (name, type(seen[0]))
        assert onp.array_equal(seen[0], f(X)), name
    mask: list[Any] = []
    xg.grad(lambda x: mask.append(x > 0) or xg.sum(x))(X)
    assert type(mask[0]) is xg.Array  # xgrad's own derivatives give xgrad's own arrays


def test_values_of_boxes() -> None:
    seen: list[Any] = []

    def note(x: Any) -> Any:
        seen.extend([x._value, type(x._value), tracer.isbox(x), type(x) is np.numpy_boxes.ArrayBox])
        return np.sum(x**2)

    assert onp.allclose(ag.grad(note)(X), 2 * X)
    assert onp.array_equal(seen[0], X)
    assert seen[1:] == [onp.ndarray, True, True]
    kinds: list[bool] = []

    def of_dict(p: Any) -> Any:
        kinds.extend([isinstance(p, builtins.DictBox), isinstance(p["b"], builtins.SequenceBox)])
        return p["a"] * p["b"][0]

    assert ag.grad(of_dict)({"a": 2.0, "b": [3.0]}) == {"a": 3.0, "b": [2.0]}
    assert kinds == [True, True]
    assert not isinstance({"a": 1.0}, builtins.DictBox)


SEQUENCES = {
    "stack of a map": lambda x: np.stack(map(np.sin, [x, x])),
    "stack of values": lambda x: np.stack({"a": x, "b": 2 * x}.values()),
    "concatenate of a generator": lambda x: np.concatenate(v[None] for v in x),
    "vstack of zip": lambda x: np.vstack(a * b for a, b in zip(x, x, strict=True)),
    "column_stack": lambda x: np.column_stack(map(np.exp, [x, x])),
    "hstack": lambda x: np.hstack(x[i : i + 2] for i in range(3)),
    "ragged objects": lambda x: np.array([x[:1], x[1:] ** 2], dtype=object)[1],
    "ndenumerate": lambda x: np.stack([(i[0] + 1) * v for i, v in np.ndenumerate(x)]),
    "select": lambda x: np.select([x > 1.5, x > 0], [x**2, x**3], 0.0),
}


def _objects(*values: Any) -> Any:
    out = onp.empty(len(values), object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def test_iterators_and_objects() -> None:
    for f in SEQUENCES.values():
        check_grads(f, order=1)(X)
        assert np.stack(map(onp.sin, [X, X])).shape == (2, 4)
    for f in (
        lambda x: np.sum(np.array([x[0], 2.0, x[0] * x[2]], dtype=object)),
        lambda x: np.sum(np.array(_objects(x[0], x[0] * x[2]))),
        lambda x: np.sum(_objects(x[0], x[0] * x[2])),
    ):
        assert onp.allclose(ag.grad(f)(X), [1 + X[2], 0, X[0], 0])
    assert np.where(True, 1, 2.0) == 1
    assert type(np.where(True, 1, 2)) is int
    assert np.zeros(2, dtype=np.int64).dtype == onp.int64
    assert isinstance(onp.int64(3), np.int64)
    assert issubclass(onp.int32, np.int32)


def test_data_frames_are_constants() -> None:
    pandas = pytest.importorskip("pandas")
    frame, series = pandas.DataFrame(M), pandas.Series(X)
    v = onp.asarray([1.0, -2.0, 0.5])
    for f, exact in (
        (lambda v: np.einsum("ij,j->", frame, v), M.sum(0)),
        (lambda v: np.sum(np.matmul(frame, v)), M.sum(0)),
        (lambda v: np.sum(np.tensordot(frame, v, 1)), M.sum(0)),
        (lambda v: np.sum(np.dot(frame, v)), M.sum(0)),
        (lambda v: np.sum(np.concatenate([v, series]) ** 2), 2 * v),
        (lambda v: np.sum(np.stack([v, series[:3]]) ** 2), 2 * v),
        (lambda v: np.sum(np.outer(v, series)), onp.full(3, X.sum())),
    ):
        assert onp.allclose(ag.grad(f)(v), exact)


def test_quantiles() -> None:
    for f in (
        lambda q: stats.norm.ppf(q, 1.0, q + 1),
        lambda q: stats.norm.isf(q),
        lambda q: stats.gamma.ppf(q, 3.0),
    ):
        check_grads(f, order=1, modes=["rev"])(onp.asarray([0.2, 0.7]))


# Derivatives go elsewhere -------------------------------------------------------------------------


def cube(x: Any, y: Any = 1.0) -> Any:
    return np.sum(x**3) * y


def test_what_operators_return_can_be_pickled() -> None:
    for name in (
        "grad value_and_grad elementwise_grad deriv jacobian hessian make_vjp make_jvp make_hvp "
        "make_jvp_reversemode egrad hessian_tensor_product hessian_vector_product make_ggnvp "
        "tensor_jacobian_product vector_jacobian_product multigrad_dict checkpoint"
    ).split():
        made = getattr(ag, name)(cube)
        again = pickle.loads(pickle.dumps(made))
        assert again.__name__ == made.__name__, name
    again = pickle.loads(pickle.dumps(ag.grad(cube, [0, 1])))
    for got, exact in zip(again(X, 2.0), ag.grad(cube, [0, 1])(X, 2.0), strict=True):
        assert onp.array_equal(got, exact)
    nested = pickle.loads(pickle.dumps(ag.jacobian(ag.grad(cube))))
    assert onp.allclose(nested(X), onp.diag(6 * X))
    for function in (np.argsort, linalg.expm, special.gammaln, stats.norm.logpdf, np.stack, np.sin):
        assert pickle.loads(pickle.dumps(function))(X[None] * X[:, None]) is not None


class Model:
    def __init__(self) -> None:
        self.scale = 3.0

    def loss(self, x: Any) -> Any:
        return self.scale * np.sum(x**2)

    slope = ag.grad(loss, 1)


def test_operators_on_methods() -> None:
    assert onp.allclose(Model().slope(X), 6 * X)
    assert onp.allclose(ag.grad(Model().loss)(X), 6 * X)


# The tape's own parts -----------------------------------------------------------------------------


def test_a_tool_that_walks_the_tape_itself() -> None:
    start = tracer.new_box(X, 0, core.VJPNode.new_root())
    out = np.sin(start) * 2.0
    rows = []
    for unit in onp.eye(4):
        g = tracer.new_box(unit, 0, core.VJPNode.new_root())
        rows.append(core.backward_pass(g, out._node))
    jacobian = np.stack(rows, axis=0)._value
    assert type(jacobian) is onp.ndarray
    assert onp.allclose(jacobian, onp.diag(2 * onp.cos(X)))
    assert onp.allclose(core.backward_pass(onp.ones(4), out._node), 2 * onp.cos(X))
    root = core.VJPNode.new_root()
    value, node = tracer.trace(root, lambda x: np.sum(x**2), X)
    assert onp.isclose(value, onp.sum(X**2))
    assert onp.allclose(core.backward_pass(onp.float64(1.0), node), 2 * X)
    with pytest.warns(UserWarning, match="independent"):
        assert tracer.trace(core.VJPNode.new_root(), lambda x: 1.0, X) == (1.0, None)
    z = X + 1j
    end = tracer.new_box(z, 0, core.VJPNode.new_root()) ** 2
    assert onp.allclose(core.backward_pass(onp.ones(4) + 0j, end._node), 2 * z)
    with pytest.raises(TypeError, match="list, tuple or dict"):
        tracer.new_box("a", 0, core.VJPNode.new_root())
    with tracer.trace_stack.new_trace() as number:
        boxes = tracer.new_box((X, {"a": 2.0}, 3.0), number, core.VJPNode.new_root())
        end = np.sum(boxes[0]) * boxes[1]["a"] ** 2
    assert boxes._trace == end._trace
    got = core.backward_pass(onp.float64(1.0), end._node)
    assert onp.allclose(got[0], 4.0)
    assert onp.isclose(got[1]["a"], 4.0 * onp.sum(X))
    assert got[2] == 0.0
    with pytest.raises(NotImplementedError, match="new_root"):
        tracer.new_box(X, 0, "a node")


def test_topological_order() -> None:
    class Item:
        def __init__(self, *parents: Any) -> None:
            self.parents = parents

    a = Item()
    b = Item(a)
    c = Item(a, b)
    d = Item(c, b)
    assert list(core.toposort(d)) == [d, c, b, a]


class Tagged(onp.ndarray):
    """An array of a program's own class, as PennyLane has one."""


def test_classes_and_spaces_of_a_program_of_its_own() -> None:
    tagged = X.view(Tagged)
    np.numpy_boxes.ArrayBox.register(Tagged)
    core.VSpace.register(Tagged, lambda x: core.vspace(onp.asarray(x)))
    assert onp.allclose(ag.grad(lambda x: np.sum(x**2))(tagged), 2 * X)
    assert core.vspace(tagged) == core.vspace(X)
    for value, name in (
        (X, "ArrayVSpace"),
        (X + 1j, "ComplexArrayVSpace"),
        ([X], "ListVSpace"),
        ((X,), "TupleVSpace"),
        ({"a": X}, "DictVSpace"),
        (onp.linalg.slogdet(onp.eye(2)), "NamedTupleVSpace"),
    ):
        assert type(core.vspace(value)).__name__ == name
    with pytest.raises(TypeError, match=r"VSpace\.register"):
        core.vspace(object())
    space = core.vspace(X)
    assert onp.array_equal(space.mut_add(None, X), X)
    assert onp.array_equal(core.sum_outgrads([X, X]), 2 * X)
    taken = builtins.container_untake(X, 1, core.vspace([X, X]))
    assert onp.array_equal(taken, [0 * X, X])


def test_old_names_of_rules() -> None:
    f = extend.primitive(lambda x, y: x * y)
    for define in (
        lambda: f.defgrad(lambda ans, x, y: lambda g: g * y),
        lambda: f.defvjp(lambda g, ans, vs, gvs, x, y: g * x, argnum=1),
    ):
        with pytest.warns(UserWarning, match="deprecated"):
            define()
    assert ag.grad(f, [0, 1])(2.0, 3.0) == (3.0, 2.0)
    with pytest.warns(UserWarning, match="deprecated"):
        f.defvjp_is_zero([0])
    assert ag.grad(f, [0, 1])(2.0, 3.0) == (0.0, 2.0)


def test_a_banded_function_without_a_twin_says_how_to_get_one() -> None:
    banded = onp.asarray([[2.0, 2.0], [0.5, 0.0]])
    assert onp.allclose(
        linalg.cholesky_banded(banded, lower=True), scipy.linalg.cholesky_banded(banded, lower=True)
    )
