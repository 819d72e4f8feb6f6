"""NumPy's functions, called with what NumPy does not look into: lists, iterators, data frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.arrays.node import left
from xgrad.backends.batched import levels

from .creating import array, holds_array

TAKE_LISTS = frozenset(
    "amax amin append average cumprod cumsum diff dot inner max mean median min outer prod ravel "
    "reshape sort std sum transpose var".split()
)
"""The functions that take a list for an array: NumPy does not look for tracked values in it."""

JOIN = frozenset("column_stack concat concatenate dstack hstack row_stack stack vstack".split())
"""The functions of a sequence of arrays, which may be an iterator."""

MIX = frozenset(("einsum", "kron", "matmul", "vdot"))
"""More functions in which a data frame, or what else NumPy makes an array of, may be a constant."""

LEAVE = frozenset(
    "all allclose any argmax argmin argpartition argsort argwhere around array_equal array_equiv "
    "ceil count_nonzero digitize equal fix flatnonzero floor floor_divide greater greater_equal "
    "iscomplex isclose isfinite isinf isnan isneginf isposinf isreal ix_ less less_equal "
    "logical_and logical_not logical_or logical_xor nonzero not_equal ravel_multi_index rint round "
    "round_ searchsorted sign trunc unravel_index".split()
)
"""The functions without a derivative: their results are NumPy's."""

_NUMBERS = frozenset((bool, int, float, complex, str, type(None), slice, type, np.ndarray, Array))


def wrapped(name: str, module: Any = np) -> Any:
    """Return a function of NumPy as it is here."""
    if module is np and name in LEAVE:
        return Leaving(getattr(module, name))
    known = TAKE_LISTS | JOIN | MIX if module is np else {"norm"}
    return of_lists(name, module) if name in known else getattr(module, name)


@lru_cache(maxsize=64)
def of_lists(name: str, module: Any = np) -> Callable[..., Any]:
    """Return a function of NumPy that makes arrays of lists that hold tracked values."""
    function, joins = getattr(module, name), name in JOIN

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) not in _NUMBERS:
                return function(*_made(args, joins), **kwargs)
        return function(*args, **kwargs)

    call.__doc__ = f"NumPy's `{name}`, of lists, iterators and data frames too."
    call.__module__ = __name__.rpartition(".")[0] + module.__name__.removeprefix("numpy")
    call.borrowed_from = function  # type: ignore[attr-defined]  # see `extend.defvjp`
    return call


def _made(args: tuple[Any, ...], joins: bool) -> tuple[Any, ...]:
    """Return arguments that NumPy hands on if one of them is tracked."""
    if joins:
        first = args[0] if isinstance(args[0], (list, tuple, np.ndarray, Array)) else [*args[0]]
        tracked = holds_array(first)
        parts = [array(x) if _to_make(x, tracked) else x for x in first] if tracked else first
        return parts, *args[1:]
    tracked = any(holds_array(x) for x in args)
    return tuple([array(x) if _to_make(x, tracked) else x for x in args]) if tracked else args


def _to_make(x: Any, tracked: bool) -> bool:
    """Whether an argument beside a tracked one is to be made an array."""
    if type(x) in (list, tuple):
        return holds_array(x)
    return tracked and type(x) not in _NUMBERS and not tree.is_leaf_type(x) and _has_values(x)


def _has_values(x: Any) -> bool:
    return hasattr(x, "__array__") and not isinstance(x, (np.ndarray, type))


class Leaving:
    """A function of NumPy without a derivative, on the values of what may be tracked.

    Its other attributes, as the ``reduce`` of a ufunc, are NumPy's.
    """

    def __init__(self, f: Any) -> None:
        self.borrowed_from, self.__name__, self.__doc__ = f, f.__name__, f.__doc__
        self.__module__ = f.__module__ if isinstance(f.__module__, str) else "numpy"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function on values."""
        for x in (*args, *kwargs.values()) if kwargs else args:
            if type(x) not in (np.ndarray, float, int) and holds_array(x):
                return self._left(args, kwargs)
        return self.borrowed_from(*args, **kwargs)

    def _left(self, args: Any, kwargs: Any) -> Any:
        if levels():  # a batch has no values that NumPy knows
            return self.borrowed_from(*args, **kwargs)
        arrays = [x for x in tree.leaves([args, kwargs]) if isinstance(x, Array)]
        if nodes := [x._node for x in arrays if x._node is not None]:
            left(self.__name__, nodes)
        args, kwargs = tree.map(_value, (args, kwargs))
        return self.borrowed_from(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.borrowed_from, name)

    def __reduce__(self) -> Any:
        return wrapped, (self.__name__,)

    def __repr__(self) -> str:
        return f"<{self.borrowed_from!r}, whose result has no derivative>"


def _value(x: Any) -> Any:
    return x._raw if isinstance(x, Array) else x


class ndenumerate:  # noqa: N801 - NumPy's name
    """Iterate over the indices and elements of an array, tracked or not."""

    def __init__(self, arr: Any) -> None:
        self.items: Iterator[Any] = iter(
            np.ndenumerate(arr)
            if not holds_array(arr)
            else ((i, arr[i]) for i in np.ndindex(arr.shape))
        )

    def __iter__(self) -> Iterator[Any]:
        return self.items

    def __next__(self) -> Any:
        return next(self.items)


class Joiner:
    """`numpy.r_` and `numpy.c_` of values that may be tracked."""

    def __init__(self, plain: Any, *, columns: bool) -> None:
        self.plain, self.columns = plain, columns

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if not holds_array(items):
            return self.plain[key]
        if any(isinstance(item, str) for item in items):
            raise NotImplementedError(
                f"r_: got the directive {items[0]!r} with a tracked array; "
                "use np.concatenate or np.stack"
            )
        parts = [self._part(item) for item in items]
        return xgrad.concat(parts, axis=-1 if self.columns else 0)

    def _part(self, item: Any) -> Any:
        if not holds_array(item):
            return xgrad.asarray(self.plain[item])
        x = xgrad.atleast_1d(array(item))
        return x[:, None] if self.columns and x.ndim == 1 else x


r_, c_ = Joiner(np.r_, columns=False), Joiner(np.c_, columns=True)
