"""The forms in which people write one and the same argument.

An axis comes out of a computation of NumPy's, a shape is a list or a generator, a dtype is text, an
array is a list of its rows. `forms` yields them for a value in its plain form.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

Place = Callable[[Any], Any]
"""What makes an array of NumPy's one of the library under test."""


def absent() -> Any:
    """Stand for an argument that is left out."""


class Form(NamedTuple):
    """Another way to write a value, made for a library.

    It means what the plain one does, or not (`alike`). What NumPy refuses may still be taken, as
    what it means: the plain form if it is alike, else what `means` makes, if anything.
    """

    name: str
    make: Callable[[Place], Any]
    alike: bool = True
    means: Callable[[], Any] | None = None


def forms(name: str, x: Any) -> Iterator[Form]:
    """Yield the forms of the argument that is called `name`."""
    if isinstance(x, (bool, np.bool_)):
        yield from _of_a_flag(bool(x))
    elif isinstance(x, (int, np.integer)):
        yield from _of_an_integer(name, int(x))
    elif isinstance(x, (float, complex)):
        yield from _of_a_number(x)
    elif isinstance(x, tuple) and x and all(type(n) is int for n in x):
        yield from _of_integers(x)
    elif isinstance(x, type) and issubclass(x, np.generic):
        yield from _of_a_dtype(x)
    elif isinstance(x, str):
        yield Form("numpy.str", lambda on: np.str_(x))
        yield Form("text that is none", lambda on: "unknown", alike=False)
        yield Form("number", lambda on: 3, alike=False)
    elif isinstance(x, (list, tuple)) and x and all(isinstance(a, np.ndarray) for a in x):
        yield from _of_arrays(x)
    elif isinstance(x, np.ndarray) and x.dtype.kind in "biufc":
        yield from _of_an_array(x)


def _of_a_flag(x: bool) -> Iterator[Form]:
    yield Form("numpy.bool", lambda on: np.bool_(x))
    yield Form("int", lambda on: int(x))
    yield Form("0-d array of NumPy's", lambda on: np.asarray(x))
    yield Form("0-d Array", lambda on: on(np.asarray(x)))
    yield Form("None", lambda on: None, alike=False, means=lambda: False)


def _of_an_integer(name: str, x: int) -> Iterator[Form]:
    yield Form("numpy.int64", lambda on: np.int64(x))
    yield Form("numpy.int8", lambda on: np.int8(x))
    yield Form("0-d array of NumPy's", lambda on: np.asarray(x))
    yield Form("0-d Array", lambda on: on(np.asarray(x)))
    if x in (0, 1):
        yield Form("bool", lambda on: bool(x))
    yield Form("float", lambda on: float(x), alike=False)
    one = (lambda: x) if "ax" in name else None
    yield Form("list of one", lambda on: [x], alike=False, means=one)
    yield Form("tuple of one", lambda on: (x,), alike=False, means=one)
    yield Form("tuple of a numpy.int64", lambda on: (np.int64(x),), alike=False, means=one)
    yield Form("empty tuple", lambda on: (), alike=False)
    yield Form("empty list", lambda on: [], alike=False, means=lambda: ())
    yield Form("negative", lambda on: -1 - x, alike=False)
    yield Form("None", lambda on: None, alike=False)
    yield Form("out of range", lambda on: 1000 if "axis" in name else -1000, alike=False)
    yield Form("text", lambda on: str(x), alike=False)


def _of_a_number(x: float | complex) -> Iterator[Form]:
    yield Form("number of NumPy's", lambda on: np.asarray(x)[()])
    yield Form("0-d array of NumPy's", lambda on: np.asarray(x))
    yield Form("0-d Array", lambda on: on(np.asarray(x)))
    yield Form("numpy.float32", lambda on: np.asarray(x).astype(np.float32)[()], alike=False)
    yield Form("int", lambda on: int(x.real), alike=False)
    yield Form("list of one", lambda on: [x], alike=False)
    yield Form("None", lambda on: None, alike=False)


def _of_integers(x: tuple[int, ...]) -> Iterator[Form]:
    yield Form("list", lambda on: list(x))
    yield Form("list of numpy.int64", lambda on: list(map(np.int64, x)))
    yield Form("array of NumPy's", lambda on: np.asarray(x))
    yield Form("Array", lambda on: on(np.asarray(x)))
    yield Form("generator", lambda on: (n for n in x))
    if x == tuple(range(x[0], x[-1] + 1)):
        yield Form("range", lambda on: range(x[0], x[-1] + 1))
    yield Form("tuple of floats", lambda on: tuple(map(float, x)), alike=False)
    yield Form("first number alone", lambda on: x[0], alike=False)
    yield Form("first number of NumPy's", lambda on: np.int32(x[0]), alike=False)
    yield Form("empty tuple", lambda on: (), alike=False)
    yield Form("None", lambda on: None, alike=False)
    yield Form("negative", lambda on: tuple(-1 - n for n in x), alike=False)


def _of_a_dtype(x: type[np.generic]) -> Iterator[Form]:
    dtype = np.dtype(x)
    yield Form("numpy.dtype", lambda on: dtype)
    yield Form("name", lambda on: dtype.name)
    yield Form("text", lambda on: dtype.str)
    yield Form("letter", lambda on: dtype.char)
    yield Form("float", lambda on: float, alike=False)
    yield Form("int", lambda on: int, alike=False)
    yield Form("None", lambda on: None, alike=False)
    yield Form("text that is none", lambda on: "floaty", alike=False)


def _of_arrays(x: list[Any] | tuple[Any, ...]) -> Iterator[Form]:
    kinds: dict[str, Callable[[list[Any]], Any]] = {
        "tuple": tuple,
        "list": list,
        "generator": lambda parts: (a for a in parts),
        "iterator": iter,
        "deque": deque,
        "values of a dict": lambda parts: dict(enumerate(parts)).values(),
    }
    for name, kind in kinds.items():
        yield Form(name, partial(_held, x, kind))
    yield Form("list of lists", lambda on: [on(x[0]), *(a.tolist() for a in x[1:])])
    if len({a.shape for a in x}) == 1:
        yield Form("one array", lambda on: on(np.stack(x)))
    yield Form("one alone", lambda on: [on(x[0])], alike=False)
    yield Form("empty list", lambda on: [], alike=False)


def _held(parts: Sequence[Any], kind: Callable[[list[Any]], Any], on: Place) -> Any:
    return kind([on(a) for a in parts])


def _of_an_array(x: Any) -> Iterator[Form]:
    if x.ndim:
        yield Form("list", lambda on: x.tolist())
        yield Form("tuple of lists", lambda on: tuple(x.tolist()))
        yield Form("list of Arrays", lambda on: list(on(x)))
        yield Form("list of numbers of NumPy's", lambda on: list(x))
        yield Form("every other", lambda on: on(np.repeat(x, 2, 0))[::2])
        yield Form("first entry", lambda on: on(x)[0], alike=False)
        yield Form("empty", lambda on: on(x[:0]), alike=False)
        yield Form("empty list", lambda on: [], alike=False)
    yield Form("array of NumPy's", lambda on: np.array(x))
    yield Form("with an axis more", lambda on: on(x[None]), alike=False)
    number = x.reshape(-1)[0]
    yield Form("number", lambda on: number.item(), alike=False)
    yield Form("number of NumPy's", lambda on: number, alike=False)
    yield Form("0-d Array", lambda on: on(np.asarray(number)), alike=False)
    if x.dtype.kind in "iu":
        yield Form("int32", lambda on: on(x.astype(np.int32)))
        yield Form("uint8", lambda on: on(x.astype(np.uint8)), alike=False)
        yield Form("floats", lambda on: on(x.astype(np.float64)), alike=False)
    elif x.dtype.kind == "b":
        yield Form("integers", lambda on: on(x.astype(np.int64)), alike=False)
    else:
        yield Form("float32", lambda on: on(x.real.astype(np.float32)), alike=False)
        yield Form("integers", lambda on: on((4 * x.real).astype(np.int64)), alike=False)
        yield Form("truth values", lambda on: on(x.real > 0.5), alike=False)
        yield Form("complex numbers", lambda on: on(x + 0j), alike=False)
    yield Form("None", lambda on: None, alike=False, means=absent)
