"""What people write who come from NumPy, PyTorch, JAX or autograd, and what it is called here.

A module hands a name that it has not to `find`, and a function that says how its arguments are
spelled is made by `spelled`. The tables are loaded when one is needed, and cost programs without
such names nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar

from ..errors import UNKNOWN
from ..errors.folding import folded, is_from_user
from ..errors.kinds import is_unknown

__all__ = ["complete", "find", "hand", "lacking", "spelled", "too_many", "unexpected"]

F = TypeVar("F", bound=Callable[..., Any])
Twin = Callable[[str, str], Any]

_handed: list[Twin] = []


def hand(twin: Twin) -> None:
    """Take the function that finds, for a module and a name, the twin of NumPy's; None if none."""
    _handed[:] = [twin]


def find(module: str, name: str) -> Any:
    """Return what NumPy's name stands for in a module of xgrad, or say what to write instead."""
    if name.startswith("_"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    found = _handed[0](module, name) if _handed else None
    if found is None:
        from .advice import missing

        raise AttributeError(missing(module, name))
    return found


def spelled(f: F) -> F:
    """Return a function whose errors about its arguments say how they are spelled here.

    One whose arguments are given by position alone is returned as it is.
    """
    code = f.__code__
    by_position = code.co_argcount == code.co_posonlyargcount and not code.co_kwonlyargcount
    if by_position and code.co_varnames[:1] != ("arrays",):
        return f

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return f(*args, **kwargs)
        except Exception as error:
            is_theirs = _is_of_arguments(error, f)
            misspelt: Exception | None = None
            if type(error) in (TypeError, ValueError):
                misspelt = unmeasured(f, args, kwargs, str(error))
            if misspelt is None and is_theirs:
                misspelt = misspelled(f, args, kwargs, str(error))
            other = misspelt or folded(error)
            try:
                if other is error:
                    raise
                raise other from None
            finally:
                del other, misspelt  # they hold this frame

    named: Any = call
    named.__code__ = named.__code__.replace(co_name=code.co_name, co_qualname=code.co_qualname)
    return named  # type: ignore[no-any-return] # what it is called with and returns is the same


def _is_of_arguments(error: Exception, f: Callable[..., Any]) -> bool:
    """Whether an error may be of the call: it is no user's own, and does not name the function."""
    if type(error) not in (TypeError, ValueError, IndexError):
        return False
    return not str(error).startswith(f"{f.__name__}:") and not is_from_user(error)


def misspelled(f: Callable[..., Any], args: Any, kwargs: Any, said: str = "") -> TypeError | None:
    """Return the error for a call that does not fit a function, None if it does."""
    from . import spelling

    return spelling.respelled(f, args, kwargs, said)


def complete(error: BaseException, tb: TracebackType | None) -> None:
    """Say in the error of a call that fits no function how the function is called."""
    from . import misfits

    misfits.completed(error, tb)


def unmeasured(f: Callable[..., Any], args: Any, kwargs: Any, said: str) -> ValueError | None:
    """Return the error for an array with a length that is not known, None if there is none."""
    values = (*args, *kwargs.values())
    lengths = [n for x in values for n in (getattr(x, "shape", None) or ())]
    if "compute_chunk_sizes()" in said or not any(map(is_unknown, lengths)):
        return None
    return ValueError(f"{f.__name__}: got {UNKNOWN}")


def unexpected(function: str, keyword: str, takes: Any) -> str:
    """Return the message for a keyword argument that a function does not take."""
    from . import spelling

    return spelling.unexpected(function, keyword, list(takes))


def too_many(function: str, most: int, given: int, named: Any) -> str:
    """Return the message for more arguments by position than a function takes."""
    from . import spelling

    return spelling.too_many(function, most, given, list(named))


def lacking(function: str, argument: str) -> str:
    """Return the message for an argument that a function was not given."""
    from . import spelling

    return spelling.lacking(function, argument)
