"""What the generated source of a program calls besides the program's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .fusing import BLOCK
from .program import Equation

__all__ = ["BITS", "HELPERS", "aligned", "apart_of", "copy_of", "out_of", "probe", "shown"]


def shown(e: Equation, x: Any) -> Any:
    """Return what a view shows of an array that stands for its source."""
    if e.name == "getitem":
        key = e.args[1] if type(e.args[1]) is tuple else (e.args[1],)
        return x[key if e.outs[0].shape or Ellipsis in key else (*key, ...)]
    with np.errstate(all="ignore"):
        out = e.function(x, *e.args[1:], **e.kwargs)
    return out if isinstance(out, np.ndarray) else None


def out_of(e: Equation) -> str:
    """Return how a ufunc takes what it writes into: two of them by name only."""
    return "out=" if e.function in (np.maximum, np.minimum) else ""


def aligned(n: int) -> Any:
    """Return a buffer that begins where a line of the cache does."""
    buffer = np.empty(n + 63, np.uint8)
    start = -buffer.ctypes.data % 64
    return buffer[start : start + n]


def copy_of(backend: Any) -> Callable[[Any], Any]:
    """Return the function that copies an array of a library."""
    if np.ndarray in backend.array_types:
        return np.array
    return lambda x: backend.xp.asarray(x, copy=True)


def apart_of(backend: Any) -> Callable[[list[Any], list[Any]], list[Any]]:
    """Return the function that copies what of some results is a view, an argument, or twice there.

    Of a library whose functions show what they were given where NumPy's would copy.
    """
    copy, arrays = copy_of(backend), backend.array_types

    def apart(results: list[Any], given: list[Any]) -> list[Any]:
        ids = {id(x) for x in given}
        for i, x in enumerate(results):
            if isinstance(x, arrays) and (id(x) in ids or not backend.owns(x)):
                results[i] = copy(x)
            ids.add(id(x))
        return results

    return apart


ALONE = 10_000
"""Up to how many elements a scalar product is: a longer one wakes the threads of the BLAS."""


def probe(x: Any) -> Any:
    """Return a number that is NaN if, and only if, an element of an array is."""
    if x.size > ALONE and x.dtype.kind == "f":
        return np.maximum.reduce(x, None)
    return np.vdot(x, x)


def probe_product(x: Any, a: Any, b: Any) -> Any:
    """Return such a number of the matrix product `x` of two smaller matrices.

    No sum of products of their elements is beyond the product of their norms.
    """
    return 0.0 if np.vdot(a, a) * np.vdot(b, b) < np.inf else probe(x)


def _strong(a: Any, b: Any, out: Any) -> None:
    """Write the product in which zero times anything is zero."""
    np.multiply(a, b, out)
    total = probe(out)
    if total != total:  # noqa: PLR0124 - true for NaN alone
        dead = (np.equal(a, 0) | np.equal(b, 0)) & np.isnan(out)
        np.copyto(out, 0, where=dead)


BITS = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}
"""Integers of the size of what is chosen."""


def _choose(condition: Any, a: Any, b: Any, out: Any) -> None:
    """Write `a` where a condition holds, else `b`, by their bits.

    `numpy.where` branches at each element, which takes ten times as long where nobody can guess.
    """
    arrays = (condition, a, b, out)
    if not all(x.ndim == 0 or (x.shape == out.shape and x.flags.c_contiguous) for x in arrays):
        np.copyto(out, np.where(condition, a, b))
        return
    bits: Any = BITS[out.dtype.itemsize]
    n: int = out.size
    mask = condition.reshape(-1).view(np.int8)
    yes, no, into = (x.view(bits) if x.ndim == 0 else x.reshape(-1).view(bits) for x in arrays[1:])
    from_zero, to_zero = no.ndim == 0 and no == 0, yes.ndim == 0 and yes == 0
    step = n if n <= 2 * BLOCK else BLOCK
    work = np.empty((2, step), bits)
    for s in range(0, n, max(step, 1)):
        e = min(s + step, n)
        every, other = work[0, : e - s], work[1, : e - s]
        np.copyto(every, mask[s:e])  # 0 or 1: all bits in a product, or none
        y = yes if yes.ndim == 0 else yes[s:e]
        if from_zero:
            np.multiply(y, every, into[s:e])
            continue
        x = no if no.ndim == 0 else no[s:e]
        if to_zero:
            np.multiply(x, every, other)
            np.subtract(x, other, into[s:e])
            continue
        np.bitwise_xor(x, y, other)
        np.multiply(other, every, other)
        np.bitwise_xor(other, x, into[s:e])


def _own(x: Any, others: tuple[Any, ...]) -> Any:
    """Return what a function gave, or a copy if it may be anybody else's."""
    is_new = type(x) is np.ndarray and x.flags.owndata and all(x is not y for y in others)
    return x if is_new else np.array(x)


def _poison(buffer: Any) -> None:
    """Fill memory that nobody may read with NaN."""
    buffer.fill(255)


HELPERS: dict[str, Any] = {
    "np": np,
    "ndarray": np.ndarray,
    "empty": np.empty,
    "copyto": np.copyto,
    "add": np.add,
    "add_at": np.add.at,
    "strong": _strong,
    "choose": _choose,
    "poison": _poison,
    "probe": probe,
    "probe_product": probe_product,
    "vdot": np.vdot,
    "own": lambda x, *others: _own(x, others),
    "given": lambda x: x if x.flags.c_contiguous and x.flags.writeable else None,
    "asarray": np.asarray,
    "copy": np.array,
}
"""What the source calls besides the program's own functions."""
