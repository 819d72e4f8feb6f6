"""SciPy's objects on raw arrays alone: what they give is raw too."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar

from .. import tree as trees
from ..arrays.array import Array
from .common import arrays_in

__all__ = ["like_given"]

_within: ContextVar[bool] = ContextVar("xgrad_twin", default=False)
"""Whether a method of a twin of a class is running, within which arrays are xgrad's."""

F = TypeVar("F", bound=Callable[..., Any])


def like_given(f: F) -> F:
    """Let a function, or the methods of a class, give raw arrays where no `Array` was given.

    An object is plain if it was made of raw arrays alone, and what it gives for such ones is raw.
    """
    if not isinstance(f, type):
        return _like_given(f)  # type: ignore[return-value]
    for name, method in list(vars(f).items()):
        public = name in ("__init__", "__call__") or name[0] != "_"
        if public and isinstance(method, FunctionType):
            setattr(f, name, _like_given(method))
    return f


def _like_given(f: Callable[..., Any]) -> Callable[..., Any]:
    makes = f.__name__ == "__init__"

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        token = _within.set(True) if not _within.get() else None
        try:
            out = f(*args, **kwargs)
        finally:
            if token is not None:
                _within.reset(token)
        plain = (makes or token is not None) and not _holds_array((*args[makes:], *kwargs.values()))
        if makes:
            args[0]._is_plain = plain
        elif plain:
            out = trees.map(_untracked, out)
            if callable(out) and hasattr(out, "__dict__"):
                out._is_plain = True  # such as its derivative
        return out

    return call


def _holds_array(given: tuple[Any, ...]) -> bool:
    return bool(arrays_in(given)) or any(not getattr(x, "_is_plain", True) for x in given)


def _untracked(x: Any) -> Any:
    """Return a raw array for an `Array` in which there is no derivative."""
    return x._raw if isinstance(x, Array) and x._node is None else x
