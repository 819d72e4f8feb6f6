# Tests of xgrad/engine/definition.py, xgrad/ops, xgrad/linalg, xgrad/fft
"""Arguments as people type them: every number and tuple of every function in each of its forms.

An axis comes out of a NumPy computation, a shape is a list, a flag is a NumPy boolean. Each call of
the op table is made again with one argument in another form. It gives what the plain form gives,
the derivative too, or an error that names the argument.
"""

from __future__ import annotations

import array
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import xgrad as xg
from tests.tables import over
from xgrad.testing import ROWS
from xgrad.testing.cases import Case, Row, Spec


def forms(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield what means the same as a number, a flag or a tuple of numbers, by name."""
    if isinstance(x, bool):
        yield "numpy.bool", np.bool_(x)
        yield "int", int(x)
    elif isinstance(x, int):
        yield "numpy.int64", np.int64(x)
        yield "0-d array", np.asarray(x)
    elif isinstance(x, float):
        yield "numpy.float64", np.float64(x)
    elif isinstance(x, tuple) and x and all(type(n) is int for n in x):
        yield "list of numpy.int64", list(map(np.int64, x))
        yield "array of integers", np.asarray(x)


def calls(row: Row, place: Any) -> Iterator[tuple[str, str, Case, Case]]:
    """Yield the name of an argument, of its form, the plain case, and the one in this form."""
    names = list(inspect.signature(row.call).parameters)
    for sample in row.samples:
        for letter in "fibc":
            if letter in (sample.dtypes or row.dtypes) and not row.left_out(place, sample, letter):
                break
        else:
            continue
        dtype = {"f": "float64", "i": "int64", "b": "bool", "c": "complex128"}[letter]
        plain = Case(row, sample, dtype, place)
        for i, x in enumerate(sample.args):
            name = names[min(i, len(names) - 1)]
            for form, y in () if _holds(x) or name == "key" else forms(x):
                args = (*sample.args[:i], y, *sample.args[i + 1 :])
                yield name, form, plain, Case(row, _with(sample, args=args), dtype, place)
        for name, x in sample.kwargs.items():
            for form, y in () if _holds(x) else forms(x):
                kwargs = {**sample.kwargs, name: y}
                yield name, form, plain, Case(row, _with(sample, kwargs=kwargs), dtype, place)


def _holds(x: Any) -> bool:
    return isinstance(x, Spec) or (isinstance(x, (list, tuple)) and any(map(_holds, x)))


def _with(sample: Any, **changes: Any) -> Any:
    return type(sample)(**{**vars(sample), **changes})


def host(x: Any) -> Any:
    """Return results of any kind as NumPy's arrays."""
    if isinstance(x, (list, tuple)):
        return [host(v) for v in x]
    if isinstance(x, xg.Array):
        return np.asarray(x.detach()._numpy())
    return x


def results(case: Case) -> Any:
    """Return the value, and the gradient of the sum of what is floating in it."""
    arrays = [xg.asarray(x) for x in case.raw_arrays()]
    value = host(case.call(arrays))
    if not case.varying or case.row.order == 0:
        return [value]

    def f(*varying: Any) -> Any:
        out = case.of_varying(arrays)(*varying)
        parts = out if isinstance(out, (list, tuple)) else (out,)
        return sum(
            xg.sum(xg.real(y)) for y in parts if isinstance(y, xg.Array) and y.dtype.kind in "fc"
        )

    floats = [arrays[i] for i in case.varying]
    one = xg.asarray(case.place.raw(np.asarray(1.0, dtype=xg.vjp(f, *floats)[0].dtype)))
    return [value, host(xg.vjp(f, *floats)[1](one))]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return bool(
            isinstance(b, np.ndarray)
            and (a.shape, a.dtype) == (b.shape, b.dtype)
            and np.allclose(a, b, 1e-12, 1e-12, equal_nan=True)
        )
    return bool(a == b)


@pytest.mark.filterwarnings("ignore")
@over("row", [row for row in ROWS if " " not in row.name], ids=lambda row: row.name)
def test_every_form_of_an_argument_means_the_same(computing: Any, row: Row) -> None:
    if computing.readonly:
        pytest.skip("the same as on numpy")
    expected: dict[str, Any] = {}
    wrong = []
    for name, form, plain, case in calls(row, computing):
        key = str(plain)
        if key not in expected:
            try:
                expected[key] = results(plain)
            except (TypeError, NotImplementedError):  # a number that this dtype does not take
                expected[key] = None
        if expected[key] is None:
            continue
        try:
            got = results(case)
        except Exception as error:
            if isinstance(error, (TypeError, ValueError)) and name in str(error):
                continue
            wrong.append(f"{name} as {form} of {key}: {type(error).__name__}: {error}")
            continue
        if not same(got, expected[key]):
            wrong.append(f"{name} as {form} of {key}: got {got}, expected {expected[key]}")
    assert not wrong, "\n".join(w[:300] for w in wrong)


# Dtypes, containers, shapes and numbers, of whatever takes them ----------------------------------

DTYPES = {
    "float32": (np.float32, "float32", np.dtype("float32"), "f4", xg.float32),
    "float64": (float, np.float64, "float64", "d", xg.float64),
    "int64": (int, np.int64, "int64", xg.int64),
    "complex128": (complex, np.complex128, "complex128", xg.complex128),
    "bool": (bool, np.bool_, "bool", xg.bool),
}
FIRST: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("arange", "eye", "fftfreq", "identity", "rfftfreq", "tri"), (4,)),
    **dict.fromkeys(("empty", "ones", "zeros"), ((2, 1),)),
    **dict.fromkeys(("geomspace", "linspace", "logspace"), (1, 2, 3)),
    **dict.fromkeys(("normal", "uniform"), ()),
    "full": ((2, 1), 3),
    "trace": (xg.asarray([[1.0, 2.0], [3.0, 4.0]]),),
    "full_like": ("x", 3),
    **dict.fromkeys(("array", "asarray"), ([1, 0],)),
}
"""What stands before the dtype in a call; else an array."""


def takers() -> dict[str, Callable[..., Any]]:
    """Return every public function that takes a dtype."""
    found = {}
    for module in (xg, xg.linalg, xg.fft, xg.random):
        for name in module.__all__:
            f = getattr(module, name)
            if inspect.isfunction(f) and "dtype" in inspect.signature(f).parameters:
                found[name] = f
    del found["isdtype"]
    return found


@pytest.mark.filterwarnings("ignore")
def test_a_dtype_is_the_same_in_every_form(computing: Any) -> None:
    x = xg.asarray(computing.raw(np.asarray([1.0, 2.0])))
    wrong = []
    for name, f in takers().items():
        args = [x if a == "x" else a for a in FIRST.get(name, ("x",))]
        for dtype, forms in DTYPES.items():
            got = {}
            for form in forms:
                try:
                    out = f(*args, dtype=form)
                    got[repr(form)] = str(getattr(out, "dtype", out))
                except Exception as error:
                    got[repr(form)] = type(error).__name__
            if len({*got.values()}) != 1:
                wrong.append(f"{name}, {dtype}: {got}")
    assert len(takers()) > 30
    assert not wrong, "\n".join(wrong)


CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "generator": lambda parts: (x for x in parts),
    "iterator": iter,
    "deque": deque,
    "values of a dict": lambda parts: dict(enumerate(parts)).values(),
    "array": lambda parts: xg.stack(parts),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_arrays_to_join_come_in_any_container(computing: Any, container: str) -> None:
    x = xg.asarray(computing.raw(np.asarray([[1.0, 2.0]])))
    for name in ("concat", "stack", "hstack", "vstack", "dstack", "column_stack"):
        f = getattr(xg, name)

        def total(x: Any, wrap: Any, f: Any = f) -> Any:
            return xg.sum(f(wrap([x, x * 2])) ** 2)

        expected = host(xg.grad(lambda x: total(x, list))(x))
        got = host(xg.grad(lambda x: total(x, CONTAINERS[container]))(x))
        np.testing.assert_array_equal(got, expected, err_msg=name)


SHAPES: dict[str, Callable[[Any], Any]] = {
    "zeros": xg.zeros,
    "ones": xg.ones,
    "empty": xg.empty,
    "full": lambda shape: xg.full(shape, 2.0),
    "normal": lambda shape: xg.random.normal(size=shape),
    "reshape": lambda shape: xg.reshape(xg.arange(6.0), shape),
    "x.reshape": lambda shape: xg.arange(6.0).reshape(shape),
    "numpy.reshape": lambda shape: np.reshape(xg.arange(6.0), shape),
    "resize": lambda shape: xg.resize(xg.arange(6.0), shape),
    "tile": lambda shape: xg.tile(xg.ones(1), shape),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_the_same_in_every_form(computing: Any, name: str) -> None:
    with xg.use_backend(computing.backend.name, computing.device):
        both = ([2, 3], (np.int64(2), np.int8(3)), np.asarray([2, 3]), range(2, 4))
        for shape in both:
            assert tuple(SHAPES[name](shape).shape) == (2, 3), shape
        for shape in (6, np.int64(6), [6], np.asarray([6])):
            assert tuple(SHAPES[name](shape).shape) == (6,), shape
        for bad in (2.5, "3", None):
            if name in ("zeros", "ones", "empty", "full"):
                with pytest.raises(TypeError, match=rf"{name}: shape is {bad!r}"):
                    SHAPES[name](bad)


INDICES = (
    np.asarray([1, 0]),
    np.asarray([1, 1], dtype=np.int8),
    np.asarray([1], dtype=">i4"),
    np.asarray([False, True]),
    np.ix_([1, 0], [2]),
    (slice(None), np.asarray([2, 2])),
    (np.asarray([0, 1]), np.asarray([1, 2])),
    np.arange(6).reshape(2, 3) > 2,
)


def test_an_index_of_numpy_is_one_of_every_library(computing: Any) -> None:
    """As a list is: what a generator of NumPy drew chooses rows of a tensor."""
    raw = np.arange(6.0).reshape(2, 3)
    x = xg.asarray(computing.raw(raw))
    for key in INDICES:
        expected = raw * 0
        np.add.at(expected, key, 2 * raw[key])
        got = xg.grad(lambda x, key=key: xg.sum(x[key] ** 2))(x)
        np.testing.assert_array_equal(host(got), expected)
    rows, places = np.asarray([1, 0, 1]), np.asarray([[2], [0]])
    np.testing.assert_array_equal(host(xg.take(x, rows, axis=0)), raw[rows])
    taken = np.take_along_axis(raw, places, axis=1)
    np.testing.assert_array_equal(host(xg.take_along_axis(x, places, axis=1)), taken)
    assert float(xg.sum(xg.index_add(x, rows, 1.0)).item()) == 15 + 9
    assert float(xg.sum(xg.index_set(x, np.asarray([0]), 1.0)).item()) == 12 + 3


SHIFTS = ((1, None), (2, (0, 1)), ((2,), (0, 1)), ((2, 1), 1), ((1, 2), (1, 0)), (np.asarray(1), 0))


def test_shifts_and_axes_are_broadcast(computing: Any) -> None:
    raw = np.arange(6.0).reshape(2, 3)
    x = xg.asarray(computing.raw(raw))
    for shift, axis in SHIFTS:
        expected = 2 * np.roll(raw, shift, axis)
        got = xg.vjp(lambda x, s=shift, a=axis: xg.roll(x, s, axis=a), x)
        np.testing.assert_array_equal(2 * host(got[0]), expected)
        np.testing.assert_array_equal(host(got[1](got[0])[0]), raw)
        np.testing.assert_array_equal(host(np.roll(x, shift, axis)), expected / 2)
    with pytest.raises(ValueError, match="roll: got 3 shifts and 2 axes"):
        xg.roll(x, (1, 2, 3), axis=(0, 1))


@pytest.mark.parametrize("name", ["squeeze", "permute_dims"])
def test_axes_are_left_out_as_in_numpy(computing: Any, name: str) -> None:
    values = np.arange(6.0).reshape(1, 3, 1, 2)
    f, x = getattr(xg, name), xg.asarray(computing.raw(values))
    out, pullback = xg.vjp(f, x)
    np.testing.assert_array_equal(host(out), getattr(np, name)(values))
    np.testing.assert_array_equal(host(pullback(out)[0]), values)
    each = xg.vmap(f)(xg.stack([x, x]))
    np.testing.assert_array_equal(host(each), [getattr(np, name)(values)] * 2)


NUMBERS = (2, 2.0, np.float64(2), np.int64(2), np.asarray(2.0), xg.asarray(2.0))


def test_a_number_is_the_same_in_every_form(computing: Any) -> None:
    if "strict" in computing.name:
        pytest.skip("it refuses what the standard does not promise")
    x = xg.asarray(computing.raw(np.asarray([1.5, 2.5])))
    names = "add subtract multiply divide pow maximum minimum atan2 hypot remainder".split()
    for name in names:
        f = getattr(xg, name)
        for number in NUMBERS:
            n = number
            if isinstance(n, xg.Array):
                n = n.to_backend(x.backend, device=x.device)
            for turned in (False, True):

                def g(x: Any, f: Any = f, n: Any = n, turned: bool = turned) -> Any:
                    return xg.sum(f(n, x) if turned else f(x, n))

                expected = host(xg.grad(lambda x, g=g: g(x, n=2.0))(x))
                np.testing.assert_allclose(host(xg.grad(g)(x)), expected, err_msg=name)


def test_what_holds_numbers_stands_beside_an_array(computing: Any) -> None:
    if "strict" in computing.name:
        pytest.skip("it refuses what the standard does not promise")
    x = xg.asarray(computing.raw(np.asarray([1.5, 2.5])))
    held = array.array("d", [0.0, 1.0])

    class Column:  # of a table that knows no arithmetic
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.asarray(held)

    for numbers in ([0.0, 1.0], (0.0, 1.0), range(2), held, memoryview(held), Column()):
        for f in (lambda x, n: x * n, lambda x, n: n * x, np.multiply):
            got = xg.grad(lambda x, f=f, n=numbers: xg.sum(f(x, n)))(x)
            assert host(got).tolist() == [0.0, 1.0]


def test_flags_and_axes_of_raw_arrays_take_the_same_forms(computing: Any) -> None:
    raw = computing.raw(np.arange(6.0).reshape(2, 3))
    for x in (raw, xg.asarray(raw)):
        for f in (xg.sum, xg.max, xg.mean, xg.any, xg.argmax, xg.logsumexp):
            assert tuple(f(x, axis=1, keepdims=1).shape) == (2, 1), f.__name__
            assert tuple(f(x, axis=True).shape) == (2,), f.__name__
    with xg.use_backend(computing.backend.name, computing.device):
        for size in (np.asarray([2, 3]), [2, 3], np.int64(6)):
            assert xg.random.default_rng(0).normal(size=size).size == 6
    doubled = xg.vmap(lambda a, b: a * b, in_axes=[0, None])(xg.asarray(raw), 2.0)
    np.testing.assert_array_equal(host(doubled), 2 * np.arange(6.0).reshape(2, 3))
