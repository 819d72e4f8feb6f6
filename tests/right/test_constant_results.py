# Tests of xgrad/engine/record.py, xgrad/transforms
"""A derivative that is zero because the result depends on nothing says so, and where it was lost.

The thread is HIPS/autograd's own warning, "Output seems independent of input"; most reports of a
gradient of zeros end at an ``item()``, a cast, or an op that has no derivative.
"""

import inspect
import warnings

import numpy as np
import pytest

import xgrad as xg
from xgrad.errors import ConstantResultWarning, NotDifferentiableError, XgradWarning
from xgrad.testing import ROWS, Place

X = np.asarray([0.5, 1.5, 2.5])


def _switched_off(x):
    with xg.no_grad():
        return xg.sum(x**2)


def _converted(x):
    y = xg.sum(x**2)
    with xg.no_grad():
        return float(y)


WAYS = {
    "item()": lambda x: xg.sum(x**2).item(),
    "tolist()": lambda x: xg.sum(xg.asarray((x * 2).tolist())),
    "detach()": lambda x: xg.sum(x.detach() ** 2),
    "data": lambda x: xg.sum(xg.asarray((x * 2).data)),
    "stop_gradient": lambda x: xg.sum(xg.stop_gradient(x) ** 2),
    "no_grad()": _switched_off,
    "float()": _converted,
    "greater": lambda x: xg.sum(x > 1.0) * 1.0,
    "less": lambda x: 1.0 if x[0] < 1.0 else 2.0,
    "floor": lambda x: xg.sum(xg.floor(x)),
    "sign": lambda x: xg.sum(np.sign(x)),
    "astype": lambda x: xg.sum(x.astype(int)) * 1.0,
    "copysign": lambda x: xg.sum(xg.copysign(2.0, x)),
    "heaviside": lambda x: xg.sum(np.heaviside(x, 0.5)),
    "imag": lambda x: xg.sum(xg.imag(x)),
    "ceil": xg.checkpoint(lambda x: xg.sum(xg.ceil(x))),
    "argmax": lambda x: xg.asarray(X)[xg.argmax(x)],
    "Nothing was computed from it": lambda x: xg.asarray(1.0),
}
TRANSFORMS = {
    "grad": lambda f: xg.grad(f)(X),
    "value_and_grad": lambda f: xg.value_and_grad(f)(X)[1],
    "jacrev": lambda f: xg.jacrev(f)(X),
    "jacfwd": lambda f: xg.jacfwd(f)(X),
    "hessian": lambda f: xg.hessian(f)(X),
    "vjp": lambda f: xg.vjp(f, X)[1](1.0)[0],
    "jvp": lambda f: xg.jvp(f, (X,), (X,))[1],
    "linearize": lambda f: xg.linearize(f, X)[1](X),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("way", WAYS)
def test_the_way_off_the_tape_is_named(way, transform):
    calls = []

    def f(x):
        calls.append(x)
        return WAYS[way](x)

    with pytest.warns(ConstantResultWarning) as told:
        found = TRANSFORMS[transform](f)
    assert not np.any(found)
    assert len(calls) == 1  # what it does besides is not done twice
    assert len(told) == 1
    text = str(told[0].message)
    assert f"left at {way}" in text or f", {way}" in text or way in text.split(". ")[1]
    assert told[0].filename == __file__


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_op_without_a_derivative_is_named(row):
    case = next((c for c in row.cases(Place.named("numpy"), "f") if c.varying), None)
    if case is None or case.order:
        pytest.skip("it has derivatives, or takes no arrays of floats")
    arrays = [xg.asarray(x) for x in case.raw_arrays()]

    def f(*xs):
        outs = xg.tree.leaves(case.of_varying(arrays)(*xs))
        return xg.asarray(0.0) + sum(xg.sum(xg.astype(y, xg.float64)) for y in outs)

    xs = [arrays[i] for i in case.varying]
    with np.errstate(all="ignore"), pytest.warns(ConstantResultWarning, match="left at"):
        xg.grad(f, range(len(xs)))(*xs)


@pytest.mark.parametrize(
    "make", [xg.sparse_jacobian, lambda f: xg.sparse_hessian(lambda x: xg.sum(f(x)))]
)
def test_sparse_matrices_of_nothing(make):
    pytest.importorskip("scipy")
    with pytest.warns(ConstantResultWarning, match="left at floor") as told:
        assert make(xg.floor)(X).nnz == 0
    assert len(told) == 1
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(lambda x: 2.0 * x)(X)


def test_which_argument_it_is():
    def f(x, y, z):
        return xg.sum(x) + xg.sum(xg.floor(z["a"]))

    with pytest.warns(ConstantResultWarning, match=r"argument 1 .*and argument 2.*left at floor"):
        xg.grad(f, (0, 1, 2))(X, X, {"a": X, "b": X})
    with pytest.warns(ConstantResultWarning, match=r"depend on argument 1 \(float64\[3\]\), so"):
        xg.grad(f, (0, 1))(X, X, {"a": X})


def test_once_for_each_line_that_asks():
    f = WAYS["floor"]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            xg.grad(f)(X)
        xg.grad(f)(X)
    last = inspect.currentframe().f_lineno - 1
    assert [(w.filename, w.lineno) for w in told] == [(__file__, last - 1), (__file__, last)]


@pytest.mark.filterwarnings("error")
def test_zeros_that_are_meant():
    assert not np.any(xg.grad(WAYS["floor"], strict=False)(X))
    assert not np.any(xg.value_and_grad(WAYS["item()"], strict=False)(X)[1])
    with pytest.raises(NotDifferentiableError, match="its path is lost at"):
        xg.grad(WAYS["floor"], strict=True)(X)
    with pytest.raises(XgradWarning, match=r"errors.ConstantResultWarning"):
        xg.grad(WAYS["floor"])(X)


LINES = {
    "a line": lambda x: xg.sum(3 * x),
    "two pieces": lambda x: xg.sum(xg.where(x > 1.0, x, 2 * x)),
    "relu": lambda x: xg.sum(xg.relu(x - 1.0)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", LINES)
def test_a_second_derivative_may_well_be_zero(name):
    f = LINES[name]
    assert not np.any(xg.hessian(f)(X))
    assert not np.any(xg.jacrev(xg.grad(f))(X))
    assert not np.any(xg.jacfwd(xg.jacfwd(f))(X))
    assert not np.any(xg.hvp(f, X, X))
    assert not np.any(xg.grad(lambda x: xg.sum(xg.grad(f)(x)))(X))
    assert not np.any(xg.grad(lambda x: xg.jvp(f, (x,), (X,))[1])(X))
    assert not np.any(xg.grad(lambda x: xg.sum(xg.vjp(f, x)[1](1.0)[0]))(X))
    both = xg.hessian(lambda x, y: f(x) + xg.sum(x * y**2), (0, 1))(X, X)
    assert not np.any(both[0][0])


def test_but_not_if_the_tape_was_left_after_it():
    with pytest.warns(ConstantResultWarning, match=r"left at item\(\)"):
        xg.grad(lambda x: xg.sum(xg.grad(lambda x: xg.sum(x**3))(x)).item())(X)


@pytest.mark.filterwarnings("error")
def test_nothing_is_said_where_the_result_depends_on_it():
    tree = {"a": X, "unused": X}
    for f in (lambda t: xg.sum(t["a"]), lambda t: xg.sum(t["a"] * xg.sum(t["unused"]).item())):
        assert not np.any(xg.grad(f)(tree)["unused"])
    empty = np.ones((0, 3))
    assert xg.grad(lambda x: xg.prod(x, axis=None) * 1.0)(empty).shape == (0, 3)
    assert not np.any(xg.grad(lambda x, y: xg.sum(x))(X, X) - 1.0)


def test_on_every_backend(computing):
    x = computing.raw(X)
    with pytest.warns(ConstantResultWarning, match="left at floor"):
        found = xg.grad(lambda x: xg.sum(xg.floor(x)))(x)
    assert not np.any(computing.numpy(found))
