"""Whether a function that a walk calls again gives what it gave before."""

from __future__ import annotations

import dis
import functools
import sys
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np

from .. import errors
from ..backends import backend_of, under

_SAMPLE = 1024
"""How many entries of a result are kept, to see whether the function gives it again."""


def kept(f: Any) -> Any:
    """Return a function that reads what it reads now, also when its names mean something else.

    A loop that makes a function in each turn gives all of them one variable, which holds the last
    turn's value when a walk calls them again. A function that writes to its variables stays as it
    is: others are to see that.
    """
    try:
        return _kept(f, {})
    except _WritesError:
        return f


class _WritesError(Exception):
    """A function writes to the variables of the scope around it."""


def _kept(f: Any, known: dict[int, Any]) -> Any:
    if type(f) is not FunctionType or f.__closure__ is None:
        return f
    if getattr(sys.modules.get(f.__module__), f.__name__, None) is f:  # made once
        return f
    if id(f) in known:
        return known[id(f)]
    if _writes(f.__code__, frozenset(f.__code__.co_freevars)):
        raise _WritesError
    cells = tuple(CellType() for _ in f.__closure__)
    copy = FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, cells)
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__dict__.update(f.__dict__)
    known[id(f)] = copy
    for cell, own in zip(cells, f.__closure__, strict=True):
        try:
            cell.cell_contents = _kept(own.cell_contents, known)
        except ValueError:  # a name that is not bound yet
            continue
    return copy


@functools.lru_cache(maxsize=1024)
def _writes(code: CodeType, names: frozenset[str]) -> bool:
    """Whether code, or that of a function within it, writes to a variable of an outer scope."""
    stores = any(
        i.opname in ("STORE_DEREF", "DELETE_DEREF") and i.argval in names
        for i in dis.get_instructions(code)
    )
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return stores or any(_writes(c, names & frozenset(c.co_freevars)) for c in inner)


def sample(x: Any) -> Any:
    """Return some entries of a raw result in a buffer of their own, None if it is lazy."""
    x = under(x)
    backend = backend_of(x)
    if backend.is_lazy:
        return None
    flat = backend.xp.reshape(x, (-1,))
    step = max(1, flat.shape[0] // _SAMPLE)
    return backend.xp.asarray(backend.getitem(flat, slice(None, None, step)), copy=True)


def agree(a: Any, b: Any, beside: Any = None) -> bool:
    """Whether two samples are the same but for rounding; of numbers beside a sample of others."""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    try:
        x, y = (np.asarray(backend_of(s).to_numpy(s)) for s in (a, b))
    except (NotImplementedError, RuntimeError, TypeError):  # no values, as on the meta device
        return True
    if x.dtype.kind not in "fc":  # bfloat16 too, of which NumPy knows no precision
        return bool(np.array_equal(x, y))
    close = float(np.finfo(x.dtype).eps) ** 0.5
    size = _size(x) if beside is None else max(_size(x), _size(beside))
    return bool(np.allclose(x, y, rtol=close, atol=close * size, equal_nan=True))


def _size(x: Any) -> float:
    return float(np.max(np.abs(x), where=np.isfinite(x), initial=0.0))


def require_same(what: str, first: Any, raw: Any, beside: Any = None) -> None:
    """Raise if a function that a solver was given gives another result than at first.

    Args:
        what: the solver.
        first: a sample of what the function gave.
        raw: what it gives now, a raw array.
        beside: numbers of which a small result is the difference, a raw array.
    """
    if beside is not None:
        beside = np.asarray(backend_of(beside).to_numpy(sample(beside)))
    if agree(first, sample(raw), beside):
        return
    raise errors.ReplayError(
        f"{what}: the function that it was given gave another result when it was called again for "
        "the derivative, which would belong to another result than yours. It may read an array "
        "that has been written to since, a clock or a generator. Let it read a copy, as "
        "xgrad.asarray(x, copy=True)"
    )
