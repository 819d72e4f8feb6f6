"""Lists of numbers where NumPy takes arrays: made arrays beside the one that is there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from ..arrays.array import Array
from ..arrays.operators import SEQUENCES as NUMBERS
from ..arrays.operators import made_beside, numbers_of

OPERANDS = frozenset(
    "a a1 a2 a_max a_min ar1 ar2 arr aweights b condition default element f fill_value fp fweights "
    "m mask max min p src test_elements u v values varargs w weights where x x1 x2 xp y".split()
)
"""The names of NumPy's parameters that are arrays."""

SEQUENCES = frozenset("arrays choicelist choices condlist tup".split())
"""The names of those that are sequences of arrays."""

LEFT = frozenset(
    "block copyto fill_diagonal place put put_along_axis putmask take_along_axis".split()
)
"""Functions whose nested lists mean something else, are written to, or made arrays later."""


IN_C: dict[str, Callable[..., Any]] = {
    "bincount": lambda x, /, weights=None, minlength=0: None,
    "concatenate": lambda arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind": None,
    "dot": lambda a, b, out=None: None,
    "empty_like": lambda prototype, /, dtype=None, order="K", subok=True, shape=None: None,
    "inner": lambda a, b, /: None,
    "vdot": lambda a, b, /: None,
    "where": lambda condition, x=None, y=None, /: None,
}
"""The parameters of functions that NumPy has in C, and before 2.4 does not tell."""


@lru_cache(maxsize=1024)
def parameters(f: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a function, none if it does not tell them."""
    try:
        return dict(inspect.signature(f).parameters)
    except ValueError:
        own = IN_C.get(f.__name__)
        return dict(inspect.signature(own).parameters) if own else {}


_KNOWN = frozenset((Array, bool, int, float, complex, str, type(None)))
"""Types of arguments that are no lists."""


def with_arrays(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a call's arguments with lists of numbers as arrays, where NumPy takes arrays."""
    if _KNOWN.issuperset(map(type, args)) and _KNOWN.issuperset(map(type, kwargs.values())):
        return args, kwargs  # most calls
    if not any(isinstance(x, NUMBERS) or _is_table(x) for x in (*args, *kwargs.values())):
        return args, kwargs
    if func.__name__ in LEFT or (like := first([*args, *kwargs.values()])) is None:
        return args, kwargs
    theirs = list(parameters(func).values())
    if theirs and theirs[0].kind is inspect.Parameter.VAR_POSITIONAL:
        if isinstance(args[0], str) or func.__name__ != "einsum":  # else they may be subscripts
            args = tuple(_array(like, x) for x in args)
        return args, kwargs
    names = [p.name for p in theirs if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    names += names[-1:] * (len(args) - len(names))  # of a variadic parameter
    positional = tuple(_made(like, n, x) for n, x in zip(names, args, strict=False))
    named = {n: _made(like, n, x) for n, x in kwargs.items()}
    return (positional, named) if positional or not args else (args, named)


def first(values: Iterable[Any]) -> Array | None:
    """Return the first `Array` among values and what they hold, None if there is none."""
    for x in values:
        if isinstance(x, Array):
            return x
        if isinstance(x, (list, tuple)) and (found := first(x)) is not None:
            return found
    return None


def _made(like: Array, name: str, x: Any) -> Any:
    if not isinstance(x, NUMBERS):
        return _array(like, x)
    if name in SEQUENCES:
        made: Any = [_array(like, y) for y in x]
        return made if type(x) is list else tuple(made) if type(x) is tuple else x
    return _array(like, x) if name in OPERANDS else x


def _array(like: Array, x: Any) -> Any:
    if isinstance(x, NUMBERS):
        return made_beside(like, x)
    return made_beside(like, numbers_of(x)) if _is_table(x) else x


def _is_table(x: Any) -> bool:
    """Whether an argument is numbers in a class of another library, as a column of pandas is."""
    return hasattr(x, "__pandas_priority__") and type(x) is not Array and numbers_of(x) is not None
