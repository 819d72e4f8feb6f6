"""Matrices of Dask that are larger than a chunk: factorised in panels of columns, and in squares.

LU pivots over all rows, as LAPACK does: a task has a whole panel of columns, which is about a
chunk of Dask's configured size. Each panel undergoes the steps of those before it, then is
factorised; its rows are not exchanged by the later ones, which `lu_solve` repeats in their order.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph
from dask.utils import parse_bytes

from . import lapack

__all__ = [
    "are_panels",
    "cholesky",
    "diagonal",
    "is_wide",
    "lu_factor",
    "lu_solve",
    "solve_triangular",
]


def _largest() -> int:
    """Return how many bytes a chunk has at most, as Dask is configured."""
    size = dask.config.get("array.chunk-size")
    return int(size if isinstance(size, int) else parse_bytes(size))


def is_wide(x: Any) -> bool:
    """Whether a square matrix is in several chunks, and too large for one."""
    square = x.ndim == 2 and x.shape[0] == x.shape[1] and x.npartitions > 1
    return bool(square and x.nbytes > _largest() and lapack.factorises(x.dtype))


# LU in panels -------------------------------------------------------------------------------------


def lu_factor(x: Any) -> tuple[Any, Any]:
    """Return the factors of a matrix in panels of columns, and the rows that each exchanges.

    These are integers of shape (1, n), by which `lu_solve` is told from what NumPy has factorised.
    """
    n = x.shape[0]
    width = max(1, _largest() // (n * x.dtype.itemsize))
    x = x.rechunk((n, min(width, n)))
    starts = _starts(x.chunks[1])
    name = f"lu-{tokenize(x.name)}"
    tasks: dict[Any, Any] = {}
    for j, start in enumerate(starts):
        panel: Any = (x.name, 0, j)
        for k in range(j):
            step, factors = (f"{name}-step", j, k), ((f"{name}-lu", 0, k), (f"{name}-rows", 0, k))
            tasks[step] = (_eliminated, panel, *factors, starts[k])
            panel = step
        tasks[f"{name}-panel", j] = (_factored, panel, start)
        tasks[f"{name}-lu", 0, j] = (operator.getitem, (f"{name}-panel", j), 0)
        tasks[f"{name}-rows", 0, j] = (operator.getitem, (f"{name}-panel", j), 1)
    layers = [
        HighLevelGraph.from_collections(f"{name}-{part}", tasks, dependencies=[x])
        for part in ("lu", "rows")
    ]
    lu = da.Array(layers[0], f"{name}-lu", x.chunks, dtype=x.dtype)
    return lu, da.Array(layers[1], f"{name}-rows", ((1,), x.chunks[1]), dtype=np.int32)


def are_panels(lu: Any, rows: Any) -> bool:
    """Whether this is what `lu_factor` gave."""
    return isinstance(lu, da.Array) and rows.ndim == lu.ndim == 2 and rows.dtype.kind == "i"


def lu_solve(lu: Any, rows: Any, x2: Any, adjoint: bool) -> Any:
    """Solve with the factors of `lu_factor`, for each chunk of the columns of `x2`."""
    if x2.ndim > 2:
        columns = da.moveaxis(x2, -2, 0)
        solved = lu_solve(lu, rows, columns.reshape(len(columns), -1), adjoint)
        return da.moveaxis(solved.reshape(columns.shape), 0, -2)
    x2 = x2.astype(np.result_type(lu.dtype, x2.dtype)).rechunk({0: -1})
    starts = _starts(lu.chunks[1])
    name = f"lu-solve-{tokenize(lu.name, x2.name, adjoint)}"
    steps = _ADJOINT if adjoint else _FORWARD
    tasks: dict[Any, Any] = {}
    for c in range(x2.numblocks[1]):
        y: Any = (x2.name, 0, c)
        for way, (step, order) in enumerate(zip(steps, (1, -1), strict=True)):
            for k, start in list(enumerate(starts))[::order]:
                key = (f"{name}-step", way, k, c)
                tasks[key] = (step, y, (lu.name, 0, k), (rows.name, 0, k), start)
                y = key
        tasks[name, 0, c] = y
    layers = HighLevelGraph.from_collections(name, tasks, dependencies=[lu, rows, x2])
    return da.Array(layers, name, x2.chunks, dtype=x2.dtype)


def diagonal(lu: Any, rows: Any) -> Any:
    """Return the diagonal of U, with the sign of the exchanges: its product is the determinant."""
    starts = _starts(lu.chunks[1])
    name = f"lu-diagonal-{tokenize(lu.name)}"
    tasks = {
        (name, k): (_signed_diagonal, (lu.name, 0, k), (rows.name, 0, k), start)
        for k, start in enumerate(starts)
    }
    layers = HighLevelGraph.from_collections(name, tasks, dependencies=[lu, rows])
    return da.Array(layers, name, (lu.chunks[1],), dtype=lu.dtype)


def _starts(sizes: tuple[int, ...]) -> list[int]:
    return [sum(sizes[:k]) for k in range(len(sizes))]


def _factored(panel: Any, start: int) -> tuple[Any, Any]:
    out = np.array(panel)
    out[start:], rows = lapack.lu_of_rows(out[start:], start)
    return out, rows[None]


def _order(rows: Any, count: int) -> Any:
    """Return a permutation that exchanges each row with another one, in turn."""
    order = np.arange(count)
    for i, k in enumerate(rows[0]):
        order[[i, k]] = order[[k, i]]
    return order


def _unit(lu: Any) -> Any:
    return np.tril(lu, -1) + np.eye(len(lu), dtype=lu.dtype)


def _eliminated(y: Any, lu: Any, rows: Any, start: int) -> Any:
    """Return rows after the step of a panel: exchanged, and without its columns."""
    out, width = np.array(y), rows.size
    below = out[start:]
    below = below[_order(rows, len(below))]
    top = lapack.solve_triangular(_unit(lu[start : start + width]), below[:width], False, False)
    below[width:] -= lu[start + width :] @ top
    below[:width] = top
    out[start:] = below
    return out


def _substituted(y: Any, lu: Any, rows: Any, start: int) -> Any:
    """Return unknowns after the step of a panel of U, from the last one on."""
    out, stop = np.array(y), start + rows.size
    out[start:stop] = lapack.solve_triangular(lu[start:stop], out[start:stop], True, False)
    out[:start] -= lu[:start] @ out[start:stop]
    return out


def _adjoint_substituted(y: Any, lu: Any, rows: Any, start: int) -> Any:
    """The same of the adjoint of U, from the first panel on."""
    out, stop = np.array(y), start + rows.size
    left = out[start:stop] - lu[:start].conj().T @ out[:start]
    out[start:stop] = lapack.solve_triangular(lu[start:stop], left, True, True)
    return out


def _adjoint_eliminated(y: Any, lu: Any, rows: Any, start: int) -> Any:
    """The adjoint of `_eliminated`."""
    out, stop = np.array(y), start + rows.size
    left = out[start:stop] - lu[stop:].conj().T @ out[stop:]
    out[start:stop] = lapack.solve_triangular(_unit(lu[start:stop]), left, False, True)
    below = np.empty_like(out[start:])
    below[_order(rows, len(below))] = out[start:]
    out[start:] = below
    return out


_FORWARD = _eliminated, _substituted
_ADJOINT = _adjoint_substituted, _adjoint_eliminated


def _signed_diagonal(lu: Any, rows: Any, start: int) -> Any:
    found = np.array(lu[start : start + rows.size].diagonal())
    if np.count_nonzero(rows[0] != np.arange(rows.size)) % 2:
        found[0] = -found[0]
    return found


# In squares ---------------------------------------------------------------------------------------


def _squared(x: Any) -> Any:
    """Return a square matrix in square chunks, of which the last ones may be smaller."""
    return x.rechunk(math.isqrt(_largest() // x.dtype.itemsize))


def cholesky(x: Any) -> Any:
    """Return the lower Cholesky factor, from the lower half."""
    n, size = x.shape[0], math.isqrt(_largest() // x.dtype.itemsize)
    more = -n % size
    x = _squared(x)
    x = da.tril(x) + da.tril(x, -1).conj().T if x.dtype.kind != "c" else _hermitian(x)
    if more:  # all chunks have to be of one size
        corner = da.zeros((n, more), dtype=x.dtype, chunks=size)
        x = da.block([[x, corner], [corner.T, da.eye(more, dtype=x.dtype, chunks=size)]])
        x = x.rechunk(size)
    return da.linalg.cholesky(x, lower=True)[:n, :n]


def _hermitian(x: Any) -> Any:
    """Dask's own triangle casts complex numbers to real ones on its way."""
    low = np.tri(x.shape[0], k=-1, dtype=bool)
    half = da.where(da.from_array(low, chunks=x.chunks), x, 0)
    return half + half.conj().T + da.diag(da.diagonal(x))


def solve_triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    """Solve with one triangle of `x1`; see `Backend`."""
    x1 = _squared(x1)
    x2 = x2.rechunk({0: x1.chunks[0]})
    if adjoint:
        x1, upper = x1.conj().T, not upper
    return da.linalg.solve_triangular(x1, x2, lower=not upper)
