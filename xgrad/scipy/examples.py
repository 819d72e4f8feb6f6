"""Inside `vmap`: a function of SciPy that knows one problem is called for each example.

What differs from example to example is looked for among the arguments, in what functions among
them close over, and in the attributes of objects. Each call gets its own; what it returns is put
side by side again.
"""

from __future__ import annotations

import copy
import functools
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

import xgrad

from .. import tree as trees
from ..arrays.array import Array
from ..backends.batched import (
    Batch,
    Level,
    NotBatchedError,
    holds,
    running_levels,
    without,
)
from ..errors import LoopWarning, MissingFunctionError
from ..ops.batching import entered, left

__all__ = ["Examples", "for_each", "of_one", "of_one_class"]

F = TypeVar("F", bound=Callable[..., Any])
UNKNOWING = (MissingFunctionError, TypeError, AttributeError)
"""What a function raises that meets many examples and does not know them."""

_told: set[str] = set()


def of_one(name: str, whole: bool = False) -> Callable[[F], F]:
    """Define a function of one problem, which is called for each example inside `vmap`.

    Args:
        name: what it is called in messages, as ``"scipy.integrate.quad"``.
        whole: whether it is tried on all examples at once before.
    """

    def decorate(f: F) -> F:
        @functools.wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not running_levels():
                return f(*args, **kwargs)
            return for_each(name, f, args, kwargs, whole)

        return call  # type: ignore[return-value]

    return decorate


def of_one_class(name: str, whole: bool = False) -> Callable[[type], type]:
    """Define a class of one problem: inside `vmap` there is an instance for each example."""

    def decorate(cls: Any) -> Any:
        def new(kind: Any, /, *args: Any, **kwargs: Any) -> Any:
            if kind is not cls or not running_levels() or _level_of(args, kwargs) is None:
                return object.__new__(kind)
            return for_each(name, functools.partial(_made, cls), args, kwargs, whole)

        cls.__new__ = new
        if "__call__" in cls.__dict__:
            cls.__call__ = of_one(name, True)(cls.__call__)
        return cls

    return decorate


def _made(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Return an instance; not by calling the class, which would come back here."""
    made = object.__new__(cls)
    made.__init__(*args, **kwargs)
    return made


def for_each(name: str, f: Callable[..., Any], args: Any, kwargs: Any, whole: bool = True) -> Any:
    """Call a function on batches, or in turn on each example if it is not for many at once."""
    level = _level_of(args, kwargs)
    if level is None:
        return f(*args, **kwargs)
    if whole:
        try:
            return f(*args, **kwargs)
        except UNKNOWING:
            pass
    return _looped(name, f, args, kwargs, level)


def _looped(name: str, f: Callable[..., Any], args: Any, kwargs: Any, level: Level) -> Any:
    if name not in _told:
        _told.add(name)
        warnings.warn(
            f"vmap: {name} is for one problem, so it is called for each example, {level.count} "
            "times here",
            LoopWarning,
            stacklevel=4,
        )
    own = _Own(level)
    results = []
    for i in range(level.count):
        own_args, own_kwargs = own(i, (args, kwargs))
        with without((level,)):
            results.append(for_each(name, f, own_args, own_kwargs, False))
    return _together(name, results, level)


# What differs from example to example -------------------------------------------------------------


def _parts(x: Any) -> Any:
    """Return what an object that is no array consists of: a dict, list or tuple; None if nothing.

    A function consists of what it closes over and of its defaults.
    """
    if isinstance(x, (list, tuple, dict)):
        return x
    if isinstance(x, types.FunctionType):
        cells = [c.cell_contents for c in x.__closure__ or () if _is_filled(c)]
        return [cells, x.__defaults__, x.__kwdefaults__]
    if isinstance(x, functools.partial):
        return [x.func, x.args, x.keywords]
    if isinstance(x, types.MethodType):
        return [x.__func__, x.__self__]
    if isinstance(x, (Examples, type, types.ModuleType)):
        return None
    return getattr(x, "__dict__", None)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - it raises where the name has no value yet
    except ValueError:
        return False
    return True


def _batches(x: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """Yield the batches of `vmap` that something holds, and the levels of results of examples."""
    if isinstance(x, Array):
        if isinstance(x._raw, Batch) and not x._raw.level.is_sweep:
            yield x._raw.rank, x._raw.level
    elif isinstance(x, Examples):
        yield x._level.kind.rank, x._level
    elif not isinstance(x, (np.ndarray, str, int, float, type(None))) and id(x) not in seen:
        seen[id(x)] = x
        parts = _parts(x)
        if parts:
            for part in parts.values() if isinstance(parts, dict) else parts:
                yield from _batches(part, seen)


def _level_of(*parts: Any) -> Level | None:
    """Return the innermost call of `vmap` that one of the arguments holds a batch of."""
    found: Any = max(_batches(parts, {}), key=lambda pair: pair[0], default=(0, None))
    return found[1]  # type: ignore[no-any-return]


class _Own:
    """What one example has of arguments; what is the same for all of them stays what it is."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.rows: dict[int, tuple[Any, Any]] = {}

    def __call__(self, i: int, x: Any) -> Any:
        """Return what the `i`-th example has of something."""
        self.i, self.made = i, {}
        return self.of(x)

    made: dict[int, Any]

    def of(self, x: Any) -> Any:
        """Return the same of what it consists of."""
        if isinstance(x, Array):
            return self._row(x) if holds(x._raw, self.level) else x
        if isinstance(x, Examples):
            return x._each[self.i] if x._level is self.level else x
        if id(x) not in self.made:
            parts = _parts(x)
            if not parts or not any(level is self.level for _, level in _batches(x, {})):
                return x
            self.made[id(x)] = x  # what is inside itself
            self.made[id(x)] = self._rebuilt(x)
        return self.made[id(x)]

    def _row(self, x: Array) -> Array:
        if id(x) not in self.rows:
            self.rows[id(x)] = x, left(x, level=self.level, axis=0)
        row: Array = self.rows[id(x)][1][self.i, ...]
        return row

    def _rebuilt(self, x: Any) -> Any:
        if isinstance(x, dict):
            made = copy.copy(x)
            made.update({key: self.of(part) for key, part in x.items()})
            return made
        if isinstance(x, (list, tuple)):
            parts = [self.of(part) for part in x]
            return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
        if isinstance(x, types.FunctionType):
            return self._function(x)
        if isinstance(x, functools.partial):
            return functools.partial(self.of(x.func), *self.of(x.args), **self.of(x.keywords))
        if isinstance(x, types.MethodType):
            return types.MethodType(self.of(x.__func__), self.of(x.__self__))
        made = object.__new__(type(x))  # copy.copy() asks objects that delegate before they can
        made.__dict__.update(vars(x))
        made.__dict__.update({key: self.of(part) for key, part in vars(x).items()})
        return made

    def _function(self, x: types.FunctionType) -> Any:
        """Return a function with cells of its own for what differs; others it shares."""
        cells = []
        for cell in x.__closure__ or ():
            held = self.of(cell.cell_contents) if _is_filled(cell) else None
            same = not _is_filled(cell) or held is cell.cell_contents
            cells.append(cell if same else types.CellType(held))
        made = types.FunctionType(
            x.__code__, x.__globals__, x.__name__, self.of(x.__defaults__), tuple(cells)
        )
        made.__kwdefaults__ = self.of(x.__kwdefaults__)
        made.__dict__.update(x.__dict__)
        return made


# What they give -----------------------------------------------------------------------------------


class Examples:
    """What a function gave for each example, where that is no array: a result, a spline.

    What its attributes, its items and its calls give is put side by side when it is asked for.
    """

    def __init__(self, name: str, each: list[Any], level: Level) -> None:
        self._name, self._each, self._level = name, each, level

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        return _together(
            f"{self._name}: {attr}", [getattr(x, attr) for x in self._each], self._level
        )

    def __getitem__(self, key: Any) -> Any:
        return _together(self._name, [x[key] for x in self._each], self._level)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what each gives for its own arguments."""
        own = _Own(self._level)
        results = []
        for i, f in enumerate(self._each):
            own_args, own_kwargs = own(i, (args, kwargs))
            with without((self._level,)):
                results.append(f(*own_args, **own_kwargs))
        return _together(self._name, results, self._level)

    def __matmul__(self, other: Any) -> Any:
        own = _Own(self._level)
        return _together(
            self._name, [x @ own(i, other) for i, x in enumerate(self._each)], self._level
        )

    def __repr__(self) -> str:
        kind = type(self._each[0]).__name__
        return f"<{len(self._each)} of {kind}, one for each example of vmap>"


class _Uneven(Examples):
    """Arrays of different shapes: an index may lead to as many numbers of each."""

    __array_ufunc__ = None

    def _refuse(self, *_: Any) -> Any:
        shapes = ", ".join(sorted({str(x.shape) for x in self._each}))
        raise NotBatchedError(
            f"vmap: {self._name} has another shape in each example, {shapes}; expected one. Take "
            "an index that all have, as [..., -1], or ask for as many numbers in each, as t_eval= "
            "of solve_ivp does"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __rtruediv__ = __pow__ = __rpow__ = __neg__ = __matmul__ = __rmatmul__ = __array__ = _refuse


def _together(name: str, results: list[Any], level: Level) -> Any:
    """Return what each example gave as a batch; what is no array may be the same for all."""
    first = results[0]
    if isinstance(first, (str, bool, int, type(None))) and all(
        x is first or x == first for x in results[1:]
    ):
        return first
    if isinstance(first, (list, tuple)) and len({len(x) for x in results}) == 1:
        parts = [_together(name, list(column), level) for column in zip(*results, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if not all(trees.is_leaf_type(x) for x in results):
        return Examples(name, results, level)
    arrays = [trees.as_array(x, name) for x in results]
    if any(holds(x._raw, level) for x in arrays):
        raise NotBatchedError(
            f"vmap: {name} is for one problem, and a function that it calls holds many examples. "
            "Pass what differs from example to example as an argument"
        )
    shapes = sorted({x.shape for x in arrays})
    if len(shapes) > 1:
        return _Uneven(name, arrays, level)
    return entered(xgrad.stack(arrays), level=level, axis=0)
