"""``scipy.special``, for the adapters whose arrays are NumPy's or made of them.

SciPy is imported when a function is first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from xgrad.backends import Functions

_DOUBLE = np.dtype(np.float64)
_SINGLE = {*"efF?bBhH"}
"""The codes of the dtypes that go together in single precision."""
_NARROWER = {"d": np.float32, "D": np.complex64}


def in_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose result is in single precision if those of all its arrays are.

    Integers are as NumPy and SciPy have them: beside wide ones single precision becomes double.
    """

    @functools.wraps(function, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) is np.float64 or (type(x) is np.ndarray and x.dtype is _DOUBLE):  # most
                return function(*args, **kwargs)
        chars = {x.dtype.char for x in args if hasattr(x, "dtype")}
        if not chars <= _SINGLE or chars.isdisjoint("efF"):
            return function(*args, **kwargs)
        if function.__name__ in _IN_DOUBLE:
            args = tuple(x.astype(float) if hasattr(x, "dtype") else x for x in args)
        elif isinstance(function, np.ufunc):  # a Python number would make it choose another loop
            args = tuple(_single(function, x) for x in args)
        out = function(*args, **kwargs)
        return tuple(map(_narrowed, out)) if isinstance(out, tuple) else _narrowed(out)

    return call


_IN_DOUBLE = ("betainc", "betaincc", "betaincinv", "betainccinv", "stdtr", "stdtrit")
"""Functions whose loops in single precision lose digits."""

_OF_COUNTS = ("bdtr", "bdtrc")
"""Functions that warn of counts that are no integers."""


def _single(function: np.ufunc, x: Any) -> Any:
    """Return a Python number in single precision, or an integer as one where it has to be."""
    if type(x) is float:
        return np.float32(x)
    if type(x) is not int:
        return x
    inputs = [loop.partition("->")[0] for loop in function.types]
    has_single = function.__name__ not in _OF_COUNTS and any(set(i) <= {*"fF"} for i in inputs)
    return np.float32(x) if has_single or not any("l" in i for i in inputs) else np.int64(x)


def _narrowed(x: Any) -> Any:
    return x.astype(_NARROWER[x.dtype.char]) if x.dtype.char in _NARROWER else x


_FAR = 1e6
"""Where `hyp1f1` overflows, unless its series ends; SciPy sums it for ever there."""


def _before_infinity(hyp1f1: Callable[..., Any]) -> Callable[..., Any]:
    """Return SciPy's function, asked for no larger argument than that where it overflows."""

    @functools.wraps(hyp1f1)
    def call(a: Any, b: Any, x: Any) -> Any:
        far = np.isrealobj(x) and np.greater(x, _FAR)
        if np.any(far):
            ends = np.logical_and(np.less_equal(a, 0), np.equal(np.floor(a), a))
            x = np.where(np.logical_and(far, np.logical_not(ends)), _FAR, x)
        return hyp1f1(a, b, x)

    return call


class SciPy(Functions):
    """The functions of ``scipy.special``; beside a Python number many forget single precision."""

    def __getattr__(self, attr: str) -> Any:
        value = super().__getattr__(attr)
        if callable(value) and not isinstance(value, type):
            value = in_precision(value)
            value = _before_infinity(value) if attr == "hyp1f1" else value
            setattr(self, attr, value)
        return value


def named(backend: str) -> SciPy:
    """Return the functions of ``scipy.special`` for NumPy arrays, under the name of a backend."""
    return SciPy(backend, "scipy.special")
