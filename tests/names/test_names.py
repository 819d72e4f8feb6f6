# Tests of xgrad/names, xgrad/numpy_protocol/twins.py, xgrad/numpy_protocol/drawing.py
"""The names that people type who come from elsewhere are there, or the error says which is."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.arrays import absent
from xgrad.names import autograd, jax, numpy, torch
from xgrad.numpy_protocol import twins

TABLES = {"numpy": numpy, "torch": torch, "jax": jax, "autograd": autograd}
PATH = re.compile(r"\bxgrad(?:\.[A-Za-z_]\w*)+")


def at(path: str) -> Any:
    """Return what a path such as ``xgrad.linalg.norm`` leads to."""
    found: Any = xg
    for part in path.split(".")[1:]:
        found = getattr(found, part)
    return found


@over("chapter", ["", "linalg", "fft", "random"])
def test_every_name_of_numpy_is_there_or_says_what_to_write(chapter: str) -> None:
    theirs, ours = (getattr(m, chapter) if chapter else m for m in (np, xg))
    absent = []
    for name in theirs.__all__:
        if not hasattr(ours, name):
            absent.append(name)
            with pytest.raises(AttributeError, match=f"{name!r}. Instead of NumPy's: "):
                getattr(ours, name)
    assert set(absent) <= set(numpy.INSTEAD)
    assert len(absent) < 60


@over("library", list(TABLES))
def test_advice_names_what_exists(library: str) -> None:
    for name, text in TABLES[library].INSTEAD.items():
        with pytest.raises(AttributeError) as caught:
            at(f"xgrad.{name}")
        assert str(caught.value).endswith(text) or any(
            name in table.INSTEAD for other, table in TABLES.items() if other != library
        )
        for path in PATH.findall(text):
            at(path)


NEAREST = {
    "concatt": "Did you mean xgrad.concat?",
    "cumulativesum": "Did you mean xgrad.cumulative_sum",
    "Linear": "There is xgrad.nn.Linear",
    "solve": "There is xgrad.linalg.solve",
    "erf": "There is xgrad.special.erf",
    "Adam": "There is xgrad.optim.Adam",
    "cross_entropy": "There is xgrad.nn.functional.cross_entropy",
    "linalg.choleski": "Did you mean xgrad.linalg.cholesky?",
    "fft.fft_n": "Did you mean xgrad.fft.fftn",
    "nn.linear": "There is xgrad.nn.functional.linear",
    "nn.functional.soft_max": "Did you mean xgrad.nn.functional.softmax",
    "optim.adam": "Did you mean xgrad.optim.Adam",
    "optimize.minimise": "Did you mean xgrad.optimize.minimize",
    "tree.tree_map": "Instead of JAX's: xgrad.tree.map(f, tree)",
    "linalg.sin": "There is xgrad.sin",
    "cat": "Instead of PyTorch's: xgrad.concat(arrays, axis=0)",
    "jit": "xgrad.compile(f)",
    "elementwise_grad": "Instead of autograd's: xgrad.grad(lambda x: xgrad.sum(f(x)))",
    "qwertyuiop": "dir(xgrad) lists what there is",
}


@over("name", list(NEAREST))
def test_a_missing_name_suggests_the_nearest(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        at(f"xgrad.{name}")
    assert NEAREST[name] in str(caught.value)
    for path in PATH.findall(str(caught.value).partition(". ")[2]):
        at(path)


def test_python_asks_modules_for_names_of_its_own() -> None:
    for module in (xg, xg.linalg, xg.nn, xg.random):
        assert not hasattr(module, "__wrapped__")


def test_tables_are_loaded_when_a_name_is_missing() -> None:
    script = (
        "import sys, xgrad; print('xgrad.names.torch' in sys.modules, "
        "'xgrad.numpy_protocol.twins' in sys.modules); hasattr(xgrad, 'cat'); "
        "print('xgrad.names.torch' in sys.modules, 'scipy' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    assert found.stdout.split() == ["False", "False", "True", "False"], found.stderr


# Twins --------------------------------------------------------------------------------------------

a = np.array([3.0, 1.0, 2.5, 1.0])
m = np.arange(6.0).reshape(2, 3)
n = np.array([4, 6, 2])
TWINS: dict[str, tuple[Any, ...]] = {
    "apply_along_axis": (np.sum, 0, m),
    "apply_over_axes": (np.sum, m, (0,)),
    "argpartition": (a, 1),
    "argwhere": (a,),
    "around": (a, 1),
    "array_equal": (a, a),
    "array_equiv": (a, a),
    "concatenate": ([m, m],),
    "copy": (a,),
    "cross": (a[:3], n),
    "cumprod": (m,),
    "cumsum": (m,),
    "digitize": (a, np.array([0.0, 2.0])),
    "divmod": (a, 2.0),
    "extract": (a > 1, a),
    "fabs": (a,),
    "flatnonzero": (a,),
    "frexp": (a,),
    "geomspace": (1.0, 8.0, 4),
    "i0": (a,),
    "intersect1d": (a, a),
    "iscomplex": (a,),
    "isreal": (a,),
    "lexsort": ((a, a),),
    "logspace": (0.0, 1.0, 3),
    "nanargmax": (a,),
    "nanargmin": (a,),
    "ndim": (m,),
    "outer": (a, a),
    "partition": (a, 1),
    "resize": (a, (2, 3)),
    "rollaxis": (m, 1),
    "setdiff1d": (a, a[:1]),
    "setxor1d": (a, a[:1]),
    "shape": (m,),
    "size": (m,),
    "trim_zeros": (np.array([0.0, 1.0, 0.0]),),
    "union1d": (a, a),
    "unique": (a,),
    "unravel_index": (n, (3, 3)),
    "bartlett": (4,),
    "fromfunction": (lambda i, j: i + 2 * j, (2, 2)),
    "gcd": (n, 4),
    "hanning": (4,),
    "identity": (2,),
    "indices": ((2, 2),),
    "ix_": (n, n),
    "lcm": (n, 4),
    "tri": (3,),
    "tril_indices": (3,),
    "triu_indices": (3,),
    "asanyarray": (a,),
    "ascontiguousarray": (a,),
}


def flat(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (tuple, list)) else [x]


@over("name", list(TWINS))
def test_a_twin_computes_what_numpy_does(name: str) -> None:
    args = TWINS[name]

    def lifted(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return type(x)(map(lifted, x))
        return xg.asarray(x) if isinstance(x, np.ndarray) else x

    expected = flat(getattr(np, name)(*args))
    for given in (args, tuple(map(lifted, args))):
        found = flat(getattr(xg, name)(*given))
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.asarray(x), y)
    raw = (
        any(isinstance(x, (np.ndarray, list, tuple)) for x in args) and name not in twins.AS_ARRAYS
    )
    if not raw:  # of numbers, an Array
        assert all(isinstance(x, xg.Array) for x in flat(getattr(xg, name)(*args)))


DERIVED = {
    "cumsum": lambda x: xg.cumsum(x) * a,
    "concatenate": lambda x: xg.concatenate((x, [1.0], x)) ** 2,
    "outer": lambda x: xg.outer(x, a),
    "cross": lambda x: xg.cross(x[:3], a[:3]),
    "r_": lambda x: xg.r_[x, 1:3, 5.0] ** 2,
    "c_": lambda x: xg.c_[x, a] ** 3,
    "norm": lambda x: xg.linalg.norm(x),
    "fft2": lambda x: xg.real(xg.fft.fft2(xg.reshape(x, (2, 2)))) * 3.0,
    "array": lambda x: xg.array([[x[0], 1.0], [x[1] * x[2], 2.0]]) ** 2,
    "arctan2": lambda x: xg.arctan2(x, a[::-1]),
    "add.reduce": lambda x: xg.add.reduce(x**2),
    "multiply.outer": lambda x: xg.multiply.outer(x, a),
    "maximum.accumulate": lambda x: xg.maximum.accumulate(x) * n[0],
    "permutation": lambda x: xg.random.permutation(x) ** 2,
}


@over("name", list(DERIVED))
def test_derivatives_go_through(name: str) -> None:
    f = DERIVED[name]

    def total(x: Any) -> Any:
        xg.random.seed(0)
        return xg.sum(f(x))

    xg.testing.check_grads(total, (a,))


def test_grids_and_ranges_without_arrays() -> None:
    np.testing.assert_array_equal(xg.mgrid[0:2, 0:3], np.mgrid[0:2, 0:3])
    np.testing.assert_array_equal(xg.r_[0:3, 5], np.r_[0:3, 5])
    np.testing.assert_array_equal(xg.c_[xg.asarray(a), a], np.c_[a, a])
    assert [x.shape for x in xg.ogrid[0:2, 0:3]] == [(2, 1), (1, 3)]
    with pytest.raises(TypeError, match=r"r_: got 'r' beside tracked arrays.*xgrad\.concat"):
        xg.grad(lambda x: xg.sum(xg.r_["r", x]))(a)


def test_methods_of_ufuncs_write_in_place() -> None:
    x = xg.zeros(3)
    xg.add.at(x, [0, 0, 2], 1.0)
    assert x.tolist() == [2.0, 0.0, 1.0]
    assert isinstance(xg.subtract.outer(a, a), np.ndarray)
    assert xg.logical_or.reduce(xg.asarray([False, True])).item() is True


def test_arrays_of_another_library_stay_its_own() -> None:
    strict = pytest.importorskip("array_api_strict")
    x = strict.asarray([1.0, 2.0])
    assert isinstance(xg.cumsum(x), type(x))
    assert isinstance(xg.cumsum(xg.asarray(x)), xg.Array)


def test_the_stream_of_numpy_gives_its_numbers() -> None:
    for call in (
        lambda r: r.rand(3),
        lambda r: r.randn(2, 2),
        lambda r: r.normal(1.0, 2.0, size=3),
        lambda r: r.randint(0, 9, size=4),
        lambda r: r.choice(5, 3, replace=False),
        lambda r: r.permutation(4),
    ):
        np.random.seed(3)  # noqa: NPY002 - the stream that is compared
        expected = call(np.random)
        xg.random.seed(3)
        found = call(xg.random)
        assert isinstance(found, xg.Array)
        np.testing.assert_array_equal(found, expected)
    x = xg.asarray(a)
    xg.random.shuffle(x)
    assert sorted(x.tolist()) == sorted(a.tolist())


def test_a_draw_of_a_tracked_parameter_says_what_to_do() -> None:
    with pytest.raises(xg.errors.TracedConversionError, match=r"draw standard numbers"):
        xg.grad(lambda x: xg.sum(xg.random.normal(x)))(a)


def test_methods_of_other_libraries_are_absent_and_say_what_to_write() -> None:
    x = xg.asarray(a)
    assert len(absent.INSTEAD) > 50
    for name, text in absent.INSTEAD.items():
        assert not hasattr(x, name)
        assert name not in dir(x)
        with pytest.raises(AttributeError) as caught:
            getattr(x, name)
        assert str(caught.value).endswith(f"Instead: {text}")
        for path in PATH.findall(text):
            at(path)
        for method in re.findall(r"\bx\.(\w+)", text):
            assert hasattr(x, method), text


# Arguments ----------------------------------------------------------------------------------------

x = xg.asarray(a)
KEYWORDS: dict[str, tuple[Any, str]] = {
    "sum dim": (lambda: xg.sum(x, dim=0), "sum(..., axis=...)"),
    "sum keepdim": (lambda: xg.sum(x, keepdim=True), "sum(..., keepdims=...)"),
    "sum by position": (lambda: xg.sum(x, 0), "sum(..., axis=...)"),
    "concat dim": (lambda: xg.concat([x], dim=0), "concat(..., axis=...)"),
    "concat by position": (lambda: xg.concat([x], 0), "concat(..., axis=...)"),
    "stack dim": (lambda: xg.stack([x], dim=0), "stack(..., axis=...)"),
    "median dim": (lambda: xg.median(x, dim=0), "median(..., axis=...)"),
    "norm dim": (lambda: xg.linalg.norm(x, dim=0), "norm(..., axis=...)"),
    "fft dim": (lambda: xg.fft.fft(x, dim=0), "fft(..., axis=...)"),
    "flip dims": (lambda: xg.flip(x, dims=0), "flip(..., axis=...)"),
    "std ddof": (lambda: xg.std(x, ddof=1), "std(..., correction=...)"),
    "var unbiased": (lambda: xg.var(x, unbiased=True), "var(..., correction=...)"),
    "clip a_min": (lambda: xg.clip(x, a_min=0), "clip(..., min=...)"),
    "grad argnum": (lambda: xg.grad(xg.sum, argnum=1), "grad(..., argnums=...)"),
    "jacrev argnum": (lambda: xg.jacrev(xg.sin, argnum=1), "jacrev(..., argnums=...)"),
    "hessian argnum": (lambda: xg.hessian(xg.sin, argnum=1), "hessian(..., argnums=...)"),
    "vmap in_dims": (lambda: xg.vmap(xg.sin, in_dims=0), "vmap(..., in_axes=...)"),
    "method dim": (lambda: x.sum(dim=0), "sum(..., axis=...)"),
    "method keepdim": (lambda: x.max(keepdim=True), "max(..., keepdims=...)"),
    "near": (lambda: xg.sum(x, axs=0), "Did you mean axis=?"),
    "far": (lambda: xg.concat([x], qwerty=0), "By name it takes axis="),
}


@over("name", list(KEYWORDS))
def test_an_argument_of_another_library_is_named_as_it_is_here(name: str) -> None:
    call, says = KEYWORDS[name]
    with pytest.raises(TypeError) as caught:
        call()
    assert says in str(caught.value)


def test_an_error_inside_is_not_taken_for_one_of_the_call() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        xg.average(x, weights="ab")
    with pytest.raises(IndexError):
        xg.concat([x, x], axis=3)


# xg.array -----------------------------------------------------------------------------------------


def test_array_works_as_numpys() -> None:
    for args, kwargs in (
        (([1, 2],), {}),
        (([[1, 2], [3, 4]],), {"dtype": "float32"}),
        ((2.5,), {}),
        ((a,), {"ndmin": 3}),
        ((a, "float32"), {}),
        ((True,), {}),
        ((range(3),), {}),
        (([],), {}),
        ((np.float32(2.0),), {"ndmin": 1}),
    ):
        found, expected = xg.array(*args, **kwargs), np.array(*args, **kwargs)
        assert isinstance(found, xg.Array)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(found, expected)


def test_array_copies_and_asarray_does_not() -> None:
    plain = np.ones(3)
    for copied in (xg.array(plain), xg.array(xg.asarray(plain)), xg.array(plain, copy=True)):
        copied[0] = 7.0
        assert plain[0] == 1.0
    same = xg.asarray(plain)
    assert xg.array(same, copy=None) is same
    with pytest.raises(ValueError, match="copy=False"):
        xg.array([1.0], copy=False)
    y = xg.array([1.0, 2.0], requires_grad=True)
    (xg.array(y) ** 2).sum().backward()
    assert y.grad is not None
    assert y.grad.tolist() == [2.0, 4.0]


def test_creation_takes_a_dtype_by_position() -> None:
    for name, args in (
        ("zeros", ((2, 2),)),
        ("ones", (3,)),
        ("full", (2, 7)),
        ("eye", (2, 3, 1)),
        ("arange", (0, 4, 2)),
        ("asarray", ([1, 2],)),
        ("zeros_like", (np.ones(2),)),
        ("ones_like", (np.ones(2),)),
    ):
        found = getattr(xg, name)(*args, np.float32)
        np.testing.assert_array_equal(found, getattr(np, name)(*args, np.float32))
        assert found.dtype == np.float32
    assert xg.linspace(0.0, 1.0).shape == (50,)
    assert xg.tile(xg.asarray(a), 2).tolist() == np.tile(a, 2).tolist()
    assert xg.round(2.718, 1) == 2.7
    assert xg.round(xg.asarray([1234.5]), -2).tolist() == [1200.0]
