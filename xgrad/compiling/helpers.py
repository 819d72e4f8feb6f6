"""What the generated source of a program calls besides the program's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .fusing import BLOCK
from .program import Equation

__all__ = ["HELPERS", "aligned", "copy_of", "out_of", "shown"]


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


def _strong(a: Any, b: Any, out: Any) -> None:
    """Write the product in which zero times anything is zero."""
    np.multiply(a, b, out)
    if out.size <= BLOCK:
        total = np.vdot(out, out)
    else:  # by blocks: longer scalar products wake the threads of the BLAS
        flat = out.ravel(order="K")
        end = flat.size // BLOCK * BLOCK
        blocks, rest = flat[:end].reshape(-1, BLOCK), flat[end:]
        total = np.add.reduce(np.vecdot(blocks, blocks)) + np.vdot(rest, rest)
    if total != total:  # noqa: PLR0124 - true for NaN alone
        dead = (np.equal(a, 0) | np.equal(b, 0)) & np.isnan(out)
        np.copyto(out, 0, where=dead)


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
    "poison": _poison,
    "own": lambda x, *others: _own(x, others),
    "given": lambda x: x if x.flags.c_contiguous and x.flags.writeable else None,
    "asarray": np.asarray,
    "copy": np.array,
}
"""What the source calls besides the program's own functions."""
