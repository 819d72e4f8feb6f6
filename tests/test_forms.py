# Tests of xgrad/engine/definition.py, xgrad/ops, xgrad/linalg, xgrad/fft
"""Arguments as people type them: every number and tuple of every function in each of its forms.

An axis comes out of a NumPy computation, a shape is a list, a flag is a NumPy boolean. Each call of
the op table is made again with one argument in another form. It gives what the plain form gives,
the derivative too, or an error that names the argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
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
