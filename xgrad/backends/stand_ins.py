"""What an adapter may have a faster function for, by the standard's functions alone.

Each takes the namespace first; a `Backend` binds its own to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from . import lines
from .dtypes import COMPLEX
from .namespaces import missing

__all__ = ["BY_NAME", "strong_multiply", "written"]


def written(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    """Write `value` at `key` of `x`, or of a copy of it, and return what was written to."""
    out = np.array(x) if isinstance(x, np.generic) else x.copy() if copy else x
    out[key] = value
    return out


def copied(xp: Any, x: Any) -> Any:
    """Return a copy in a buffer of its own."""
    return xp.asarray(x, copy=True)


def strong_multiply(xp: Any, x1: Any, x2: Any) -> Any:
    """Return the product in which zero wins over infinity and NaN."""
    product = x1 * x2
    return xp.where((x1 == 0) | (x2 == 0), xp.zeros_like(product), product)


def solve_triangular(xp: Any, x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    """Solve as if the matrix were any, where a library has nothing for triangular ones."""
    half = xp.triu(x1) if upper else xp.tril(x1)
    return xp.linalg.solve(_adjoint(xp, half) if adjoint else half, x2)


def lu_factor(xp: Any, x: Any) -> tuple[Any, Any]:
    """Return the matrix itself twice: `lu_solve` then factorises it each time."""
    return x, x


def lu_solve(xp: Any, lu: Any, pivots: Any, x2: Any, adjoint: bool) -> Any:
    """Solve as if nothing were factorised."""
    return xp.linalg.solve(_adjoint(xp, lu) if adjoint else lu, x2)


def expm(xp: Any, x: Any) -> Any:
    """Say that a library has no matrix exponential."""
    getattr(xp, "linalg", None)  # a batch has none, and says so itself
    raise errors.MissingFunctionError(missing("linalg.expm", xp.__name__))


def _adjoint(xp: Any, x: Any) -> Any:
    x = xp.matrix_transpose(x)
    return xp.conj(x) if x.dtype in COMPLEX else x


BY_NAME: dict[str, Callable[..., Any]] = {
    "copied": copied,
    "solve_triangular": solve_triangular,
    "lu_factor": lu_factor,
    "lu_solve": lu_solve,
    "expm": expm,
    "ranked": lines.ranked,
    "running_max": lines.running_max,
    "running_logsumexp": lines.running_logsumexp,
    "recurrence": lines.recurrence,
    "distances": lines.distances,
}
"""For each function of a `Backend` that a library may lack what does the same."""
