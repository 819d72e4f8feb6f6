"""Whether code reads attributes that it does not name: ``getattr(x, kind)``, ``vars(x)``."""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

__all__ = ["Every", "reads_unnamed"]

WHOLE = frozenset(
    "vars dir __dict__ __slots__ __getattribute__ attrgetter getmembers asdict astuple eval exec "
    "getattr_static".split()
)
"""Names by which code may read any attribute of an object, or run any text."""

_BETWEEN = frozenset("CACHE PUSH_NULL PRECALL RESUME NOP EXTENDED_ARG KW_NAMES".split())


class Every(set[str]):
    """The names in code, where any other may be read as well."""

    def __contains__(self, name: object) -> bool:
        return True


def reads_unnamed(code: CodeType) -> bool:
    """Whether a function, or one that it defines, reads attributes whose names it makes."""
    if not WHOLE.isdisjoint(code.co_names):
        return True
    if {"getattr", "hasattr"} & set(code.co_names) and _asks_by_value(code):
        return True
    return any(reads_unnamed(part) for part in code.co_consts if isinstance(part, CodeType))


def _asks_by_value(code: CodeType) -> bool:
    """Whether a ``getattr`` has no text as its second argument, as far as the steps show."""
    steps = [s for s in dis.get_instructions(code) if s.opname not in _BETWEEN]
    for i, step in enumerate(steps):
        if step.opname.startswith("LOAD") and step.argval in ("getattr", "hasattr"):
            rest = steps[i + 1 :]
            end = next((k for k, s in enumerate(rest) if s.opname.startswith("CALL")), None)
            if end is None or not any(map(_is_text, rest[max(end - 2, 0) : end])):
                return True
    return False


def _is_text(step: Any) -> bool:
    return bool(step.opname.startswith("LOAD_CONST") and isinstance(step.argval, str))
