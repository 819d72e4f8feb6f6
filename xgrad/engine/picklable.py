"""The functions that transforms return: callable like any function, and picklable with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any, TypeVar

from ..errors.folding import folded
from ..names import spelled

F = TypeVar("F", bound=Callable[..., Any])

_NAMES = ("__module__", "__name__", "__qualname__", "__doc__")


class Derived:
    """A function that a transform made of another one.

    It can be pickled, and so be sent to another process, if that one can: what is sent is the
    transform, by its name, with the function and the options.
    """

    def __init__(self, run: Callable[..., Any], made_by: tuple[Any, ...]) -> None:
        self._run, self._made_by = run, made_by
        f = self.__wrapped__ = made_by[1][0]
        named = self.__dict__
        for name in _NAMES:  # as `update_wrapper` does, in less time
            value = getattr(f, name, _NAMES)
            if value is not _NAMES:
                named[name] = value

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call what the transform made."""
        try:
            return self._run(*args, **kwargs)
        except Exception as error:
            other = folded(error)
            try:
                if other is error:
                    raise
                raise other from None
            finally:
                del other  # it holds this frame

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        return _made, self._made_by

    @property
    def transform(self) -> str:
        """The name of the transform."""
        return str(self._made_by[0].__name__)

    def __repr__(self) -> str:
        _, (f, *_), _ = self._made_by
        return f"<xgrad.{self.transform} of {getattr(f, '__qualname__', f)}>"


def _made(transform: Callable[..., Any], args: Any, options: dict[str, Any]) -> Any:
    return transform(*args, **options)


def picklable(transform: F) -> F:
    """Make what a transform returns picklable; the transform's first argument is the function."""
    transformed = spelled(transform)

    @wraps(transform)
    def made(*args: Any, **options: Any) -> Derived:
        if args and not callable(args[0]):
            raise TypeError(not_callable(transform.__name__, args[0]))
        return Derived(transformed(*args, **options), (made, args, options))

    return made  # type: ignore[return-value] # what it is called with and returns is the same


def not_callable(transform: str, f: Any) -> str:
    """Return the message for what is no function in the place of one."""
    return (
        f"{transform}: f is {f!r:.60} of type {type(f).__qualname__}; expected a function. Pass "
        f"the function itself, without a call: xgrad.{transform}(f)(x), not xgrad.{transform}(f(x))"
    )
