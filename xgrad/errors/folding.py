"""Tracebacks that end at the user's line: frames of xgrad are folded away, and its advice is last.

A function of xgrad that calls the user's code, or is called by it, catches what is raised below and
folds it: `folded` drops the frames of the library, and of NumPy beside them, and finds the error of
xgrad that NumPy or another library has wrapped in one of its own. What Python prints of an error
that nobody catches is folded as a whole. Inside ``xgrad.debug()``, and where the environment has
``XGRAD_TRACEBACKS=full``, nothing is. ``XGRAD_HOOKS=off`` leaves Python's own hooks alone.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar, Token
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from . import XgradError

__all__ = [
    "Full",
    "folded",
    "install",
    "is_from_user",
    "is_users",
    "parts_of",
    "shown",
    "told_as",
]

OWN = f"{Path(__file__).parent.parent}{os.sep}"
ADAPTERS = f"{Path(OWN).parent / 'backends' / 'xgrad_backends'}{os.sep}"
NUMPY = f"{Path(np.__file__).parent}{os.sep}"
COMPAT = f"{os.sep}array_api_compat{os.sep}"
INSTALLED = tuple(
    dict.fromkeys(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib"))
)
NOT_USERS = (OWN, ADAPTERS, NUMPY, *INSTALLED, "<frozen", "<__array_function__")
FULL = os.environ.get("XGRAD_TRACEBACKS") == "full"
HOOKS = os.environ.get("XGRAD_HOOKS", "on").lower() not in ("off", "0")
"""Whether what Python prints of errors and warnings may be changed."""
_MARK = "xgrad_in_full"

_full: ContextVar[bool] = ContextVar("xgrad_tracebacks_in_full", default=FULL)


class Full:
    """Inside a ``with`` block of it, and in what is raised out of it, no frame is left out."""

    def __enter__(self) -> None:
        self._token: Token[bool] = _full.set(True)

    def __exit__(self, kind: Any, error: BaseException | None, tb: Any) -> None:
        _full.reset(self._token)
        if error is not None:
            vars(error)[_MARK] = True


def folded(error: Exception) -> Exception:
    """Return what to raise instead of an error that was caught, with the frames below folded.

    It is the error itself, or the advice of xgrad that it hides.
    """
    tb = error.__traceback__
    if tb is None or _full.get() or _MARK in vars(error):
        return error
    advice = hidden(error)
    own = advice is not None or isinstance(error, XgradError)
    tb.tb_next = kept(tb.tb_next, beside=_is_own(tb.tb_frame), own=own)
    return error if advice is None else advice.with_traceback(tb.tb_next)


def kept(tb: TracebackType | None, beside: bool = False, own: bool = False) -> TracebackType | None:
    """Return a traceback without runs of frames that have one of xgrad among them.

    Args:
        tb: its first part.
        beside: whether a frame of xgrad stands before it.
        own: whether the error is xgrad's own, which is about the last of the user's lines.
    """
    left: list[TracebackType] = []
    run: list[TracebackType] = []
    for part in parts_of(tb):
        name = part.tb_frame.f_code.co_filename
        if is_ours(name) or _is_written(part.tb_frame):
            run.append(part)
            continue
        left += [] if beside else _plain(run)
        run, beside = [], False
        left.append(part)
    left += [] if beside else _plain(run)
    last = max((i for i, part in enumerate(left) if is_users(part.tb_frame)), default=None)
    if own and last is not None:
        del left[last + 1 :]
    following = None
    for part in reversed(left):
        part.tb_next = following
        following = part
    return following


def is_ours(file: str) -> bool:
    """Whether a file is one of xgrad's, or of what may stand between two of them."""
    return file.startswith((OWN, ADAPTERS, NUMPY, "<__array_function__")) or COMPAT in file


def _is_written(frame: FrameType) -> bool:
    """Whether a frame is of a method that `dataclasses` wrote for a class of xgrad's."""
    is_text = frame.f_code.co_filename == "<string>"
    return is_text and frame.f_globals.get("__name__", "").startswith("xgrad.")


def parts_of(tb: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the parts of a traceback, from where the error was caught to where it was raised."""
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _plain(run: list[TracebackType]) -> list[TracebackType]:
    """Return the frames of a run if none of them is xgrad's: they are NumPy's own then."""
    return [] if any(_is_own(part.tb_frame) for part in run) else run


def _is_own(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith((OWN, ADAPTERS))


def hidden(error: BaseException) -> XgradError | None:
    """Return the error of xgrad that another library turned into one of its own, if there is one.

    As NumPy does of ``n[i] = tracked``. What the user's code has caught stays as it made it.
    """
    if isinstance(error, XgradError):
        return None
    found = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for _ in range(4):
        if found is None or any(is_users(part.tb_frame) for part in parts_of(found.__traceback__)):
            return None
        if isinstance(found, XgradError):
            return found
        found = found.__cause__ or found.__context__
    return None


def shown(file: str, number: int) -> str:
    """Return a line of code as the end of a message: its file, its number and what stands there."""
    code = linecache.getline(file, number).strip()
    return f"{file}, line {number}" + (f": {code}" if code else "")


def is_users(frame: FrameType) -> bool:
    """Whether a frame is of a program's own code, and not of an installed library."""
    name = frame.f_code.co_filename
    return not name.startswith(NOT_USERS) and not name.endswith(".pyx")


# What Python prints -------------------------------------------------------------------------------


Completes = Callable[[BaseException, TracebackType | None], None]


def install(complete: Completes) -> None:
    """Have what Python prints of an error that nobody caught folded, by whatever prints it.

    Args:
        complete: says more in the error of a call that Python refused.
    """
    before = sys.excepthook
    if not HOOKS or getattr(before, "__module__", "") == __name__:
        return

    def excepthook(kind: type[BaseException], error: BaseException, tb: Any) -> Any:
        complete(error, tb)
        shown = shortened(error, tb)
        return before(type(shown), shown, shown.__traceback__)

    sys.excepthook = excepthook
    _install_of_threads(complete)


def _install_of_threads(complete: Completes) -> None:
    """Do the same for an error that ends a thread."""
    before = threading.excepthook
    if getattr(before, "__module__", "") == __name__:
        return

    def excepthook(args: Any) -> Any:
        if args.exc_value is None:
            return before(args)
        complete(args.exc_value, args.exc_traceback)
        shown = shortened(args.exc_value, args.exc_traceback)
        return before(
            threading.ExceptHookArgs((type(shown), shown, shown.__traceback__, args.thread))
        )

    threading.excepthook = excepthook


def shortened(error: BaseException, tb: TracebackType | None) -> BaseException:
    """Return the error to print, with only the frames that are not xgrad's."""
    if _full.get() or _MARK in vars(error) or not any(map(_is_own_part, _chain(error))):
        return error
    advice = hidden(error)
    if advice is not None:
        advice.__cause__ = None  # and what came before it is not shown
        error = advice
    short = kept(tb, own=isinstance(error, XgradError))
    return error.with_traceback(tb if short is None else short)


def _chain(error: BaseException) -> Iterator[TracebackType]:
    """Yield the parts of the tracebacks of an error and of what it was raised from."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield from parts_of(found.__traceback__)
        found = found.__cause__ or found.__context__


def _is_own_part(part: TracebackType) -> bool:
    return _is_own(part.tb_frame)


def is_from_user(error: BaseException) -> bool:
    """Whether a user's function raised it, below the one that has just caught it."""
    tb = error.__traceback__
    return tb is not None and any(is_users(part.tb_frame) for part in parts_of(tb.tb_next))


class told_as:  # noqa: N801 - it is called as a function is
    """Inside a ``with`` block of it, errors of functions that another is made of bear its name.

    What a user's function raises stays as it is.

    Args:
        name: what the user has called.
        others: what it is made of.
    """

    def __init__(self, name: str, *others: str) -> None:
        self.name, self.others = name, others

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, tb: Any) -> None:
        if error is None or not error.args or not isinstance(error.args[0], str):
            return
        text, *rest = error.args
        before, colon, after = text.partition(": ")
        if colon and before in self.others and not is_from_user(error):
            after = after.replace(f"; {before} needs", f"; {self.name} needs")
            error.args = (f"{self.name}: {after}", *rest)
