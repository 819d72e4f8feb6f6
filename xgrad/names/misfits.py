"""What Python itself refuses, before a function of xgrad runs: what a function takes instead.

Most functions do not look at how they are called, which costs a call as long as a small op. So the
error of one that nobody caught is completed when it is printed: from its text, which names the
function, and the code that called it. So is what Python, or a library beside it, says of an `Array`
that it cannot take; see `refusals`.
"""

from __future__ import annotations

import inspect
import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

from ..errors.folding import is_users, parts_of
from .advice import CHAPTERS, ROOT
from .refusals import instead
from .spelling import too_many, unexpected

_LACKING = re.compile(r"([\w.<>]+)\(\) missing \d+ required [\w -]*arguments?: (.*)")
_KEYWORD = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
_COUNT = re.compile(
    r"([\w.<>]+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) w(?:ere|as) given"
)


def completed(error: BaseException, tb: TracebackType | None) -> None:
    """Say in the error of a call that fits no function of xgrad how the function is called."""
    said = str(error)
    if isinstance(error, ImportError):
        _not_imported(error, said)
        return
    found = _KEYWORD.match(said) or _COUNT.match(said) or _LACKING.match(said)
    if type(error) is not TypeError or found is None:
        _refused(error, said, tb)
        return
    users = [part for part in parts_of(tb) if is_users(part.tb_frame)]
    if not users or said[found.end() :].partition(". Did you mean")[0]:
        return
    for name, f in _called(found[1], users[-1].tb_frame):
        try:
            parameters = inspect.signature(f).parameters
        except (TypeError, ValueError):  # of compiled code
            continue
        if told := _told(name, parameters, found):
            error.args = (told,)
            users[-1].tb_next = None  # what Python does on the way is of no help
            return


def _refused(error: BaseException, said: str, tb: TracebackType | None) -> None:
    """Say what to do in an error that is about an `Array`, as one of the user's code holds."""
    users = [part for part in parts_of(tb) if is_users(part.tb_frame)]
    if not users or error.args != (said,):
        return
    last = users[-1]
    code = linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno)
    if (told := instead(said, code)) and _has_arrays(last.tb_frame):
        error.args = (f"{said.rstrip(' .')}. {told}",)
        last.tb_next = None  # what the other library did is of no help


def _has_arrays(frame: FrameType) -> bool:
    """Whether the code of a frame has an `Array` among what it names."""
    cls = getattr(sys.modules[ROOT], "Array", ())
    names = {*frame.f_code.co_names, *frame.f_locals}
    return any(isinstance(frame.f_locals.get(n, frame.f_globals.get(n)), cls) for n in names)


def _told(name: str, parameters: Mapping[str, inspect.Parameter], found: re.Match[str]) -> str:
    """Return the message for a call of a function; "" if Python means another function."""
    if found.re is _KEYWORD:
        takes = [n for n, p in parameters.items() if p.kind in _BY_NAME]
        return "" if found[2] in takes else unexpected(name, found[2], takes)
    if found.re is _LACKING:
        lacks = re.findall(r"'(\w+)'", found[2])
        plain = [p.replace(annotation=p.empty) for p in parameters.values()]
        shown = f"{found[0]}. It is called as {name}{inspect.Signature(plain)}"
        return shown if set(lacks) <= set(parameters) else ""
    bound = "." in found[1]  # what Python counts has the object itself among it
    named = [n for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    return too_many(name, int(found[2]) - bound, int(found[3]) - bound, named)


def _not_imported(error: ImportError, said: str) -> None:
    """Say in the error of ``from xgrad import name`` what that of ``xgrad.name`` says."""
    found = re.match(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'", said)
    found = found or re.match(r"No module named '(?P<module>[\w.]+)\.(?P<name>\w+)'", said)
    if found is None or found["module"].partition(".")[0] != ROOT:
        return
    try:
        getattr(sys.modules[found["module"]], found["name"])
    except KeyError:
        return
    except AttributeError as missing:
        error.msg = f"cannot import {found['name']!r}: {missing}"


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _called(qualified: str, frame: FrameType) -> Iterator[tuple[str, Any]]:
    """Yield the name and what of xgrad's Python may mean by it, if code mentions the name."""
    owner, _, name = qualified.rpartition(".")
    code = frame.f_code
    known = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars}
    known = {n for n in known if _is_ours(frame.f_locals.get(n, frame.f_globals.get(n, _called)))}
    for place in _places():
        if name in ("__init__", "__new__"):  # of the class, or of one from which it is made
            for other in sorted(known):
                cls = getattr(place, other, None)
                if isinstance(cls, type) and owner in (base.__qualname__ for base in cls.__mro__):
                    yield other, cls
            continue
        found = getattr(getattr(place, owner, None) if owner else place, name, None)
        if name in known and callable(found) and _is_ours(found):
            yield name, found


def _places() -> Iterator[Any]:
    """Yield the modules to look in, those that are loaded, and where methods of arrays stand."""
    yield sys.modules[ROOT]
    for path in (*CHAPTERS, "arrays.methods", "arrays.array"):
        if (module := sys.modules.get(f"{ROOT}.{path}")) is not None:
            yield module


def _is_ours(x: Any) -> bool:
    return str(getattr(x, "__module__", "")).partition(".")[0] == ROOT
