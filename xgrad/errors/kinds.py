"""Arguments of the kinds that annotations name: ``nn.Linear("3", 2)`` says which one is wrong.

Classes that are made by hand take integers, numbers and flags; what else is handed to them would
fail deep inside, or only at the first call. The annotations are those of the source, as text.
"""

from __future__ import annotations

import dataclasses
import inspect
import operator
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, NamedTuple, TypeVar

from . import UNKNOWN

C = TypeVar("C", bound=Callable[..., Any])


class Kind(NamedTuple):
    """What an argument may be: in words, and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _is_integer(x: Any) -> bool:
    return hasattr(type(x), "__index__")


def _is_number(x: Any) -> bool:
    return hasattr(type(x), "__float__")  # arrays too: a rate may be on a tape


def _is_size(x: Any) -> bool:
    return _is_integer(x) or (not isinstance(x, (str, dict)) and _are_integers(x))


def _are_integers(x: Any) -> bool:
    return hasattr(type(x), "__iter__") and hasattr(type(x), "__len__") and all(map(_is_integer, x))


def _listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else ["no list"]


def _is_flag(x: Any) -> bool:
    return _is_integer(x) or hasattr(type(x), "dtype")


KINDS = {
    "int": Kind("an integer", _is_integer),
    "float": Kind("a number", _is_number),
    "bool": Kind("True or False", _is_flag),
    "str": Kind("a word", lambda x: isinstance(x, str)),
    "Size": Kind("an integer, or one for each axis", _is_size),
    "Sequence[int]": Kind("integers, as a tuple", _are_integers),
    "tuple[int, ...]": Kind("integers, as a tuple", _are_integers),
    "Parts": Kind(
        "an integer, or one for each axis",
        lambda x: _is_size(x) or x is None or _is_size([n for n in _listed(x) if n is not None]),
    ),
    "Callable[[Any], Any]": Kind("a function", callable),
    "Callable[..., Any]": Kind("a function", callable),
    "Module": Kind("a module, as Linear(3, 2)", lambda x: dataclasses.is_dataclass(x)),
    "Rate": Kind("a number, or a schedule", lambda x: _is_number(x) or callable(x)),
    "None": Kind("None", lambda x: x is None),
}


@cache
def kind_of(annotation: str) -> Kind | None:
    """Return the kind that an annotation names, or None if it is none of those that are known."""
    if annotation.startswith("InitVar[") and annotation.endswith("]"):
        annotation = annotation[len("InitVar[") : -1]
    parts = [KINDS.get(part.strip()) for part in annotation.split("|")]
    if None in parts:
        return None
    kinds = [kind for kind in parts if kind]
    return Kind(
        ", or ".join(kind.words for kind in kinds),
        lambda x: any(kind.holds(x) for kind in kinds),
    )


def require_kind(what: str, name: str, value: Any, annotation: Any) -> None:
    """Raise unless an argument is of the kind that its annotation names."""
    kind = kind_of(annotation) if isinstance(annotation, str) else None
    if kind and not kind.holds(value):
        raise TypeError(
            f"{what}: {name} is {value!r:.60} of type {type(value).__qualname__}; expected "
            f"{kind.words}. help({what}) tells of each argument"
        )


def length(n: Any) -> int:
    """Return a whole number, or raise TypeError, or ValueError for a length that is not known."""
    if is_unknown(n):
        raise ValueError(f"got {UNKNOWN}")
    return operator.index(n)


def is_unknown(n: Any) -> bool:
    """Whether this is a length that is not known: NaN stands for it."""
    return type(n) is float and n != n  # noqa: PLR0124


_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def of_kinds(f: C) -> C:
    """Let a function, or the ``__init__`` of a class, require the kinds of its annotations."""
    signature, is_init = inspect.signature(f), f.__name__ == "__init__"
    single = [p for p in signature.parameters.values() if p.kind not in _MANY]

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return f(*args, **kwargs)  # which says what is missing or too many
        what = type(args[0]).__name__ if is_init else f.__name__
        for p in single:
            if p.name in given:
                require_kind(what, p.name, given[p.name], p.annotation)
        return f(*args, **kwargs)

    return call  # type: ignore[return-value] # with the signature of f


def by_name(cls: C) -> C:
    """Let a dataclass of options say what it is given by name, and who takes an array."""
    made_by: Any = cls
    made = made_by.__init__

    @wraps(made)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if args:
            name = cls.__name__
            raise TypeError(
                f"{name}: got {args[0]!r:.60} of type {type(args[0]).__qualname__} by position; "
                f"expected options by name, as in {name}(lr=0.01). Parameters are handed to "
                f"Optimizer({name}(lr=0.01), params)"
            )
        made(self, **kwargs)

    made_by.__init__ = init
    return cls


def require_function(what: str, name: str, f: Any) -> None:
    """Raise unless an argument is a function."""
    if not callable(f):
        raise TypeError(
            f"{what}: {name} is {f!r:.60} of type {type(f).__qualname__}; expected a function. "
            f"Pass the function itself, without a call: {name}, not {name}(x)"
        )


def require_fields(record: Any) -> None:
    """Raise unless the fields of a dataclass are of the kinds of their annotations."""
    for field in dataclasses.fields(record):
        if field.init and isinstance(field.type, str):
            value = getattr(record, field.name, None)
            require_kind(type(record).__name__, field.name, value, field.type)
