"""SciPy's functions on an `Array`: handed to the function of the same name in `xgrad.scipy`.

A function is only asked whether one of its arguments is an `Array`, or closes over one that is
tracked; all other calls go to SciPy as they are.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from ..errors import MissingFunctionError
from . import TWINS, distributions, is_enabled
from .holding import bare, holds


def enter(name: str) -> None:
    """Put a function that looks at its arguments before each of a module's that has a twin."""
    name = name.removeprefix("xgrad.")
    module: Any = sys.modules.get(name)
    chapter = import_module(f"xgrad.{TWINS[name]}")
    if module is None or not hasattr(chapter, "__all__"):
        return  # the other of the two is being imported, and has its turn when it is there
    for key in chapter.__all__:
        own: Any = getattr(module, key, None)
        twin: Any = getattr(chapter, key)
        if isinstance(own, ModuleType):
            continue  # a chapter of its own
        if isinstance(own, type):
            if not (own.__flags__ & IMMUTABLE or key in MADE or "xgrad_new" in own.__dict__):
                _before_class(own, twin)
        elif hasattr(own, "__name__") and not hasattr(own, "xgrad_original"):
            setattr(module, key, _before(own, twin))
    if hasattr(chapter, "patch"):
        chapter.patch(module)
    if name == "scipy.stats":
        distributions.enter(module, chapter.table.twin_of)


def replace_names() -> None:
    """Put the same functions where modules have imported SciPy's by name, before xgrad came."""
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if not isinstance(module, ModuleType) or name.partition(".")[0] in ("scipy", "xgrad"):
            continue
        for key, value in list(vars(module).items()):
            if type(value) is FunctionType and value in REPLACED:
                setattr(module, key, REPLACED[value])


REPLACED: dict[Any, Callable[..., Any]] = {}
"""What stands before each function of SciPy's."""


def _before(own: Callable[..., Any], twin: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_enabled() and any(holds(x) for x in (*args, *kwargs.values())):
            return _twin_or_own(twin, own, args, kwargs)
        return own(*args, **kwargs)

    call.xgrad_original = own  # type: ignore[attr-defined]
    REPLACED[own] = call
    return call


def _twin_or_own(twin: Callable[..., Any], own: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return what the twin gives; where its library has no such function, what SciPy's code does.

    That is written against the Array API standard in part, so that it is recorded op by op. What is
    not refuses a tracked array, and libraries refuse to have theirs copied from another device.
    """
    try:
        return _asked(twin, args, kwargs)
    except MissingFunctionError as error:
        try:
            return own(*args, **kwargs)
        except Exception:
            raise error from None


def _asked(twin: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return what the twin gives of the arrays, without labels."""
    return twin(*map(bare, args), **{name: bare(x) for name, x in kwargs.items()})


MADE = ("SuperLU",)
"""Classes that only SciPy itself makes objects of."""
IMMUTABLE = 1 << 8
"""The flag of a class of compiled code, which cannot be changed."""


def _before_class(own: Any, twin: Any) -> None:
    """Have a class of SciPy make the twin's object of an `Array`, and ask it where one is given."""
    new, init = own.__new__, own.__init__

    def made(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if cls is own and is_enabled() and any(holds(x) for x in (*args, *kwargs.values())):
            return _asked(twin, args, kwargs)
        return new(cls) if new is object.__new__ else new(cls, *args, **kwargs)

    @functools.wraps(init)
    def initialised(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if type(self) is own and hasattr(self, "__dict__"):
            self.__dict__["_xgrad_made_of"] = (args, kwargs)

    own.__new__, own.xgrad_new = made, True
    if not hasattr(twin, "of") and isinstance(twin, type):
        own.__init__ = initialised
    for name in _methods(own):
        if hasattr(twin, name):
            setattr(own, name, _before_method(own, twin, name))


def _methods(own: Any) -> list[str]:
    """Return the names of the methods of a class that may be handed an `Array`."""
    found = {
        name: each
        for c in reversed(own.__mro__)
        if c is not object
        for name, each in vars(c).items()
    }
    public = {name for name in found if name == "__call__" or not name.startswith("_")}
    return [
        n for n in public if callable(found[n]) and not isinstance(found[n], (type, staticmethod))
    ]


def _before_method(own: Any, twin: Any, name: str) -> Callable[..., Any]:
    method = getattr(own, name)

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_enabled() and any(holds(x) for x in (*args, *kwargs.values())):
            if hasattr(twin, "of"):
                return getattr(twin.of(self), name)(*args, **kwargs)
            if hasattr(self, "_xgrad_made_of"):
                given, named = self._xgrad_made_of
                return getattr(twin(*given, **named), name)(*args, **kwargs)
        return method(self, *args, **kwargs)

    return call
