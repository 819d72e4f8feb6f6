"""Whose code is running: a frame of the user's program, of this library, or of one of its ops.

`called` finds the name that an error text should use; `xgrad.debugging.observer` asks the rest. The
code itself gives the answers: a file lies in a folder of the library or it does not, an op says
which code its callers run when it is defined, and a public function is one that its package lists.
No module is named here, so that files may move.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

import numpy as np

from .. import arrays, backends, names
from . import handed

T = TypeVar("T")


def folder_of(package: ModuleType) -> str:
    """Return the folder of a package, with a separator at its end."""
    return f"{package.__path__[0]}{os.sep}"


_LIBRARY = folder_of(sys.modules[__name__.partition(".")[0]])
_ENGINE = (
    *(folder_of(p) for p in (arrays, backends, names, sys.modules[__package__])),
    f"{_LIBRARY}compat{os.sep}",  # which stands around the operators when it is in use
)
_OURS = (_LIBRARY, folder_of(np))  # NumPy's protocols call the library from NumPy's frames
_chapters: dict[str, str] = {}
_calls: dict[int, CodeType] = {}


def define(f: Callable[..., Any], call: Callable[..., Any]) -> None:
    """Take note of an op: of the package that defines it, and of the code that its callers run.

    Args:
        f: the definition, as it was written below the decorator.
        call: the function that users call.
    """
    _calls[id(call.__code__)] = call.__code__  # by identity: the hash of a code is a slow one
    file = f.__code__.co_filename
    if file.startswith(_LIBRARY):
        _chapters[_folder(file)] = f.__globals__["__package__"].partition(".")[2]


def _folder(file: str) -> str:
    return f"{Path(file).parent}{os.sep}"


def is_ours(frame: FrameType | None) -> bool:
    """Whether a frame is one of this library, or of NumPy, which may stand between two of them."""
    return frame is not None and frame.f_code.co_filename.startswith(_OURS)


def is_of_library(file: str) -> bool:
    """Whether a file is one of this library."""
    return file.startswith(_LIBRARY)


def is_call(code: CodeType) -> bool:
    """Whether this is the code that the callers of an op run; many ops share one."""
    return id(code) in _calls


def held(frame: FrameType, kind: type[T]) -> T | None:
    """Return the first object of a class among the variables of a frame, its closure included."""
    return next((x for x in frame.f_locals.values() if issubclass(type(x), kind)), None)


def called(path: str) -> str:
    """Return the name of the function that the user called, for the text of an error.

    It walks up the frames of the engine and of the packages that define ops, and returns the
    outermost public function: the op that failed may be private (``_matmul``), or a part of a
    composed function (``tensordot``).

    Args:
        path: the name of the op that failed, such as ``"linalg.solve"``: the answer if no public
            function is found.
    """
    found = path
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((*_ENGINE, *_chapters)):
        found = _public(frame.f_code) or found
        frame = frame.f_back
    return found


@cache
def _public(code: CodeType) -> str:
    """Return the path of the public function that has this code, "" if there is none."""
    name, chapter = code.co_name, _chapters.get(_folder(code.co_filename), "")
    if chapter.startswith("ops"):  # which has no name in the namespace
        chapter = ""
    for path in (f"{chapter}.{name}", name) if chapter else (name,):
        function = _at(path)
        if function and getattr(inspect.unwrap(function), "__code__", None) is code:
            return path
    return ""


def _at(path: str) -> Callable[..., Any] | None:
    """Return the public function that a path such as ``"linalg.solve"`` leads to, if any."""
    space, _, name = path.rpartition(".")
    root = handed.namespace.__name__
    public = sys.modules.get(f"{root}.{space}" if space else root)
    return getattr(public, name) if name in getattr(public, "__all__", ()) else None


def is_public(path: str) -> bool:
    """Whether a path such as ``"linalg.solve"`` leads to a function of the namespace."""
    return _at(path) is not None
