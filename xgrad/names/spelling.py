"""The message for arguments that a function does not take as they were given."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

SPELLED: dict[str, tuple[str, ...]] = {
    "a_max": ("max",),
    "a_min": ("min",),
    "arg_num": ("argnums",),
    "argnum": ("argnums",),
    "argnums": ("argnum",),
    "axes": ("axis",),
    "axis": ("axes",),
    "ddof": ("correction",),
    "dim": ("axis", "axes"),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "dims": ("axis", "axes", "shift"),
    "fun": ("f",),
    "func": ("f",),
    "hi": ("max",),
    "in_dims": ("in_axes",),
    "keep_dims": ("keepdims",),
    "keepdim": ("keepdims",),
    "keepdims": ("keepdim",),
    "learning_rate": ("lr",),
    "lo": ("min",),
    "lr": ("learning_rate",),
    "n": ("num",),
    "newshape": ("shape",),
    "out_dims": ("out_axes",),
    "reduction_indices": ("axis",),
    "reps": ("repetitions",),
    "size": ("shape", "num"),
    "steps": ("num",),
    "unbiased": ("correction",),
}
"""How other libraries spell what a function here may take under another name."""


def unexpected(function: str, keyword: str, takes: Sequence[str]) -> str:
    """Return the message for a keyword that a function does not take, among those that it takes."""
    text = f"{function}() got an unexpected keyword argument {keyword!r}"
    for name in SPELLED.get(keyword, ()):
        if name in takes:
            return f"{text}. Here it is {name}=, as in {function}(..., {name}=...)"
    if near := difflib.get_close_matches(keyword, takes, n=1):
        return f"{text}. Did you mean {near[0]}=?"
    return f"{text}. By name it takes {', '.join(f'{name}=' for name in takes) or 'nothing'}"


def too_many(function: str, most: int, given: int, named: Sequence[str]) -> str:
    """Return the message for more arguments by position than a function takes."""
    s = "" if most == 1 else "s"
    text = f"{function}() takes {most} positional argument{s}, got {given}"
    if not named:
        return text
    ways = ", ".join(f"{name}=" for name in named)
    return f"{text}. Pass the rest by name, as in {function}(..., {named[0]}=...); there are {ways}"


WITHOUT = {
    ("where", "x1"): "xgrad.nonzero(condition) gives the places where it holds",
    ("squeeze", "axis"): "x.squeeze() drops each axis of length one",
}
"""What NumPy's function does without an argument that is needed here."""


def lacking(function: str, argument: str) -> str:
    """Return the message for an argument that a function was not given."""
    text = f"{function}() is missing the argument {argument!r}"
    instead = WITHOUT.get((function, argument))
    return f"{text}. {instead}" if instead else text


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def respelled(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> TypeError | None:
    """Return the error for a call that does not fit the function, None if it does fit."""
    signature = inspect.signature(f)
    parameters = signature.parameters
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        refused = error
    else:
        return None
    takes = [name for name, p in parameters.items() if p.kind in _BY_NAME]
    unknown = [name for name in kwargs if name not in takes]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return TypeError(unexpected(f.__name__, unknown[0], takes))
    most = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters.values())
    named = [n for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY and n not in kwargs]
    if len(args) > most and not any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
        if next(iter(parameters)) == "arrays" and not isinstance(args[0], (list, tuple)):
            return TypeError(
                f"{f.__name__}() got {len(args)} arguments by position; expected the arrays as one "
                f"list, as in {f.__name__}([x, y])"
            )
        return TypeError(too_many(f.__name__, most, len(args), named))
    return TypeError(f"{f.__name__}() {refused}")
