"""Namespaces of an adapter: its own functions first, then those of its library."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias

from .. import errors
from .install import install_line

__all__ = ["XP", "Functions", "Namespace", "chapter", "missing"]


class Namespace:
    """An Array API namespace: an adapter's own functions first, then its library's.

    Modules may be given by name; they are imported when a name is first looked up in them, and
    what is found is kept, so that a second look-up is an ordinary attribute access.
    """

    def __init__(self, name: str, *sources: str | ModuleType | Namespace, **own: object) -> None:
        self.__name__ = name
        self._sources = sources
        self.__dict__.update(own)

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(attr)
        for source in self._sources:
            module = importlib.import_module(source) if isinstance(source, str) else source
            if hasattr(module, attr):
                value = getattr(module, attr)
                setattr(self, attr, value)
                return value
        raise AttributeError(f"namespace {self.__name__!r} has no attribute {attr!r}")

    def __repr__(self) -> str:
        return f"<namespace {self.__name__}>"


XP: TypeAlias = "Namespace | ModuleType"
"""The functions that a rule computes with: a backend's, or `xgrad` itself where a tape watches."""


class Functions(Namespace):
    """A chapter of SciPy, of which a library may lack some, or which may not be installed."""

    _chapter = "special"

    def __getattr__(self, attr: str) -> Any:
        try:
            value = super().__getattr__(attr)
            if hasattr(value, "xgrad_original"):  # the hook of xgrad.hooks stands before it
                value = self.__dict__[attr] = value.xgrad_original
            return value
        except ModuleNotFoundError as error:
            if attr.startswith("__") or error.name not in ("scipy", "cupyx"):
                raise
            raise errors.BackendUnavailableError(
                f"{self._chapter}.{attr}: it comes from SciPy, which is not installed. "
                f"To use it: {install_line('scipy')}"
            ) from None
        except AttributeError:
            if attr.startswith("__"):
                raise
            where = missing(f"{self._chapter}.{attr}", self.__name__)
            raise errors.MissingFunctionError(where) from None


def missing(function: str, where: str) -> str:
    """Return the message that a backend, or one of its namespaces, has no such function."""
    return (
        f"{function}: the backend {where!r} has no such function, and nothing is moved silently; "
        "x.to_backend('numpy') is an array of NumPy, which may have it"
    )


@cache
def chapter(backend: str, root: str, name: str) -> Namespace:
    """Return a chapter of the SciPy of a backend, ``root.name``."""
    return Functions(backend, f"{root}.{name}", _chapter=f"scipy.{name}")
