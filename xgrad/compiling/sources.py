"""What a function calls that gives something else each time, and is no generator that is known.

Clocks, the entropy of the machine, files, iterators and generators that are made without a seed
leave no state that could be compared. So the code that ran is read: it names them, and the value
that stands there now tells what they are.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

__all__ = ["sources"]

_ALWAYS = {
    "time": (
        "time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time "
        "process_time_ns thread_time thread_time_ns"
    ),
    "os": "urandom getrandom listdir scandir",
    "builtins": "open input",
    "secrets": "token_bytes token_hex token_urlsafe randbelow randbits choice SystemRandom",
    "uuid": "uuid1 uuid4",
    "random": "SystemRandom",
    "threading": "current_thread get_ident get_native_id",
    "numpy": "load loadtxt genfromtxt fromfile memmap",
    "pandas": "read_csv read_json read_parquet read_pickle read_table read_excel",
    "pickle": "load",
    "json": "load",
}
"""Functions that give something else in each call, by the module that has them."""

_OF_FILES = frozenset("read_text read_bytes readline readlines iterdir rglob".split())
"""Methods of paths and files, by name: what has them is not known before it runs."""

_UNSEEDED = {
    "random": "Random",
    "numpy.random": "default_rng RandomState SeedSequence PCG64 PCG64DXSM MT19937 Philox SFC64",
}
"""What gives something else if it is called without arguments."""

_BUILTIN = {"open": open, "input": input}

_BETWEEN = frozenset(("CACHE", "PUSH_NULL", "PRECALL", "RESUME", "NOP", "EXTENDED_ARG"))


def sources(codes: Iterable[tuple[CodeType, Mapping[str, Any]]]) -> list[str]:
    """Return the names of clocks and the like that code calls, as ``time.perf_counter``.

    Args:
        codes: pairs of code and what it finds by name: globals, and what it captures.
    """
    found: dict[str, None] = {}
    always, unseeded = {**_known(_ALWAYS), **_of_dates()}, _known(_UNSEEDED)
    both = {**always, **unseeded}
    for code, space in codes:
        for held in _named(code):
            kind = type(space.get(held))
            if hasattr(kind, "__next__"):
                found[f"next({held})"] = None
            elif hasattr(kind, "put") and hasattr(kind, "get") and "get" in set(_named(code)):
                found[f"{held}.get"] = None  # a queue
            if held in _OF_FILES:
                found[f"{held} of a file"] = None
        if not any(n in _NAMES or _in(both, space.get(n)) for n in _named(code)):
            continue
        for value, is_bare in _calls(code, space):
            name = _in(always, value) or (is_bare and _in(unseeded, value))
            if name:
                found[name] = None
    return list(found)


_NAMES = frozenset(n for t in (_ALWAYS, _UNSEEDED) for text in t.values() for n in text.split()) | {
    *("now", "utcnow", "today")
}


def _named(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from code.co_freevars
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _named(part)


def _in(table: dict[Any, str], value: Any) -> str:
    """Return the name of a value in a table, if it has one."""
    try:
        return table.get(value, "") if callable(value) else ""
    except TypeError:  # it has no hash
        return ""


def _known(table: dict[str, str]) -> dict[Any, str]:
    modules = {name: sys.modules[name] for name in table if name in sys.modules}
    return {
        getattr(module, n): f"{name}.{n}"
        for name, module in modules.items()
        for n in table[name].split()
        if hasattr(module, n)
    }


def _of_dates() -> dict[Any, str]:
    dates: Any = sys.modules.get("datetime")
    if dates is None:
        return {}
    kinds = {dates.datetime: "now utcnow today", dates.date: "today"}
    return {
        getattr(kind, n): f"datetime.{kind.__name__}.{n}"
        for kind, names in kinds.items()
        for n in names.split()
    }


def _calls(code: CodeType, space: Mapping[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield what code may call of what it names, and whether that is without arguments."""
    value: Any = None
    known = False
    for step in dis.get_instructions(code):
        name = step.opname
        if name in _BETWEEN:
            continue
        if known and name in ("LOAD_ATTR", "LOAD_METHOD"):
            known = isinstance(value, (ModuleType, type)) and hasattr(value, step.argval)
            value = getattr(value, step.argval) if known else None
            continue
        if known and not name.startswith(("STORE", "RETURN")):
            yield value, name == "CALL" and step.arg == 0
        known = name in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF")
        value = space.get(step.argval, _BUILTIN.get(step.argval)) if known else None
        known = value is not None
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _calls(part, space)
