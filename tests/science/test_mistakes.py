# Tests of xgrad/scipy/mistakes.py, xgrad/arrays/leaving.py
"""A mistake in the arguments of a twin names the function, the argument and what was expected."""

from __future__ import annotations

import copy
import importlib
import inspect
import warnings
from typing import Any

import numpy as np
import pytest
import scipy as scipys

import xgrad as xg
from tests.science.test_signatures import CHAPTERS
from xgrad import scipy
from xgrad.names.scipy import WITHOUT
from xgrad.scipy.mistakes import documented

V, M = xg.asarray([1.5, 2.0, 2.5, 3.0]), xg.asarray(np.eye(4) * 4 + 1)
THING = object()
SKIPPED = {"OdeSolution", "OdeResult", "SuperLU", "LinearOperator"}
SKIPPED |= {"SparseArray", "SparseMatrix", "SparseVector"}
"""What a user does not make."""
SAYS_ITSELF = (np.linalg.LinAlgError,)


def twins() -> Any:
    """Yield the functions and classes of `xgrad.scipy`, as chapter, name and parameters."""
    for chapter in CHAPTERS:
        module = importlib.import_module(f"xgrad.scipy.{chapter}")
        for name in module.__all__:
            f = getattr(module, name)
            is_known = inspect.isfunction(f) or isinstance(f, type)
            if is_known and name not in SKIPPED and f.__module__.startswith("xgrad.scipy"):
                yield f.__name__, f, list(inspect.signature(f).parameters.values())


def mistakes(parameters: list[Any]) -> Any:
    """Yield calls that are wrong, each as what is wrong, arguments and keywords."""
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    good = [V for _ in needed]
    if good:
        yield "too few", [V] * (len(good) - 1), {}
        yield "no such keyword", good, {"nosuch": 1}
    for i, _ in enumerate(needed):
        for bad in (None, THING, "word") if len(good) > 1 else ():
            yield f"{needed[i].name}={bad!r}", [*good[:i], bad, *good[i + 1 :]], {}
        yield f"{needed[i].name} of three axes", [*good[:i], xg.asarray(np.ones((2, 3, 5)))], {}
    for p in parameters:
        if p.default is not p.empty and good:
            yield f"{p.name}=object()", good, {p.name: THING}


def test_each_mistake_names_the_function() -> None:
    bare, count = [], 0
    for name, f, parameters in twins():
        for what, args, kwargs in mistakes(parameters):
            if not any(isinstance(x, xg.Array) for x in args):
                continue  # SciPy itself answers
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    f(*args, **kwargs)
                except Exception as error:
                    count += 1
                    told = f"{type(error).__name__}: {error}"
                    if name not in told and not isinstance(error, SAYS_ITSELF):
                        bare.append(f"{name}, {what}: {told:.150}")
    assert count > 800
    assert not bare, "\n".join(bare)


TOLD = {
    "a shape": (lambda s: s.linalg.solve(M, np.ones(3)), ValueError, r"solve: .*Got a of shape \(4, 4\).*b of shape \(3,\) \(expected .*NRHS"),
    "None": (lambda s: s.linalg.solve(M, None), TypeError, r"solve: b is None of type NoneType; expected .*array_like"),
    "too few": (lambda s: s.linalg.solve(M), TypeError, r"solve: missing.*'b'; expected solve\(a, b, lower=False"),
    "too many": (lambda s: s.linalg.det(M, 0, 0, 0, 0), TypeError, r"det: got 5 arguments by position; expected det\(a, "),
    "a keyword": (lambda s: s.linalg.inv(M, assume="pos"), TypeError, r"inv: got an unexpected argument assume='pos'.*Did you mean assume_a=\?"),
    "a word": (lambda s: s.ndimage.gaussian_filter(M, "2"), TypeError, r"gaussian_filter: sigma is '2' of type str; expected scalar or seq"),
    "an axis": (lambda s: s.ndimage.sobel(M, axis=7), ValueError, r"sobel: axis is 7, and input has shape \(4, 4\); expected an integer from -2 to 1"),
    "an axis of a filter": (lambda s: s.signal.lfilter(V, [1.0], V, 1), ValueError, r"lfilter: axis is 1, and . has shape \(4,\)"),
    "a pair": (lambda s: s.linalg.cho_solve(M, V), ValueError, r"cho_solve: .*\(c, lower\): tuple"),
    "a twin in a twin": (lambda s: s.interpolate.interpn((V,), None, V), TypeError, "interpn: values is None"),
    "a method": (lambda s: s.stats.gamma.pdf(V, None), TypeError, r"gamma.pdf: .*None"),
    "a class": (lambda s: s.interpolate.CubicSpline(V, None), TypeError, r"CubicSpline: y is None of type NoneType; expected array_like"),
    "a type": (lambda s: s.ndimage.sobel(M, output="abc"), TypeError, r"sobel: output is 'abc'; expected a dtype"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told(name: str) -> None:
    f, error, says = TOLD[name]
    with pytest.raises(error, match=says) as caught:
        xg.grad(lambda t: xg.sum(M) * t + xg.sum(f(scipy)))(1.0)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_an_error_of_the_users_function_stays() -> None:
    def mine(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        scipy.integrate.quad(mine, 0.0, V[0])
    with pytest.raises(KeyError, match="mine"):
        scipy.optimize.root(lambda x, p: mine(x), np.ones(1), args=(V,))


def test_the_documentation_is_read() -> None:
    assert documented("linalg", "solve")["b"] == "(..., N, NRHS) array_like"
    assert documented("signal", "lfilter")["axis"] == "int"
    assert documented("stats", "norm.pdf")["x"] == "array_like"
    assert documented("linalg", "nosuch") == {}


def test_what_wraps_an_object_of_scipys_is_copied() -> None:
    tree = scipy.spatial.KDTree(xg.asarray(np.eye(3)))
    assert copy.copy(tree).n == 3
    assert copy.copy(scipy.stats.gamma).name == "gamma"


WITHOUT_A_TWIN = {
    "scipy.linalg.expm_cond": (lambda x: scipys.linalg.expm_cond(x), "expm"),
    "scipy.sparse.lil_array": (lambda x: scipys.sparse.lil_array(x), "dia_array"),
    "scipy.sparse.dok_array": (lambda x: scipys.sparse.dok_array(x), "coo_array"),
}


@pytest.mark.parametrize("name", WITHOUT_A_TWIN)
def test_a_function_without_a_twin_is_named_with_what_there_is(name: str) -> None:
    f, near = WITHOUT_A_TWIN[name]
    chapter = name.rpartition(".")[0]
    says = rf"{name} has no derivative here. xgrad\.{chapter} has .*\b{near}\b.*xgrad.custom_vjp"
    with pytest.raises(xg.errors.TracedConversionError, match=says):
        xg.grad(lambda x: xg.sum(x) + (f(x) is None))(np.eye(4) + 0.1)


WITHOUT_A_DERIVATIVE = {
    "scipy.ndimage.binary_erosion": lambda x: (scipys.ndimage.binary_erosion, x),
    "scipy.signal.remez": lambda x: (scipys.signal.remez, 7, x[0, 1:3], x[0, :1]),
    "scipy.ndimage.label": lambda x: (scipys.ndimage.label, x),
    "scipy.optimize.check_grad": lambda x: (scipys.optimize.check_grad, np.sum, np.ones_like, x[0]),
    "scipy.ndimage.histogram": lambda x: (scipys.ndimage.histogram, x, 0, 1, 3),
    "scipy.integrate.RK45": lambda x: (scipys.integrate.RK45, lambda t, y: y, 0, x[0], 1),
    "scipy.interpolate.AAA": lambda x: (scipys.interpolate.AAA, np.arange(4.0), x[0]),
}


@pytest.mark.parametrize("name", WITHOUT_A_DERIVATIVE)
def test_what_has_no_derivative_says_what_to_write(name: str) -> None:
    def program(x: Any) -> Any:
        f, *args = WITHOUT_A_DERIVATIVE[name](x)
        return xg.sum(x) + (f(*args) is None)

    with pytest.raises(xg.errors.TracedConversionError) as error:
        xg.grad(program)(np.eye(4) + 0.1)
    assert f"{WITHOUT[name]}: {name} has no derivative" in str(error.value)


def test_a_function_that_a_line_does_not_name_is_found() -> None:
    held = [scipys.ndimage.binary_erosion]
    with pytest.raises(xg.errors.TracedConversionError, match=r"give it a comparison, as x > 0\.5"):
        xg.grad(lambda x: xg.sum(x * held[0](x)))(np.eye(4))


READS = {
    "integrate.solve_ivp": lambda k: scipy.integrate.solve_ivp(lambda t, y: -k * y, (0, 1), [1.0]).y[0, 0],
    "integrate.quad": lambda k: scipy.integrate.quad(lambda t: t * k, 0, 1)[0],
    "optimize.root": lambda k: scipy.optimize.root(lambda x: x**3 - k, np.ones(1)).x[0],
    "interpolate.CubicSpline": lambda k: scipy.interpolate.CubicSpline(np.arange(4.0), k * V)(1.5),
    "linalg.solve_banded": lambda k: scipy.linalg.solve_banded((0, 0), V[None] * k, np.ones(4))[0],
    "stats.gamma.ppf": lambda k: scipy.stats.gamma.ppf(0.3, k),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in READS if n != "stats.gamma.ppf"])
def test_what_reads_values_says_so_inside_a_compiled_function(name: str) -> None:
    says = rf"compile: scipy\.{name} looks at the values .* or compile with on_value='eager'"
    with pytest.raises(xg.errors.TraceError, match=says):
        xg.compile(xg.grad(READS[name]))(1.5)


@pytest.mark.parametrize("name", READS)
def test_what_reads_values_runs_as_it_is_where_that_is_asked_for(name: str) -> None:
    f = READS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = xg.compile(xg.grad(f), on_value="eager")(1.5)
    assert np.allclose(found, xg.grad(f)(1.5))
