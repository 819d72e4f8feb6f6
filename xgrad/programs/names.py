"""Functions by name: which a file may hold, and what they are in a library and in xgrad."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import xgrad

from .. import errors
from ..arrays.array import Array
from ..compiling.loop import Loop
from ..compiling.mending import Mending
from ..compiling.program import Program, Var, mapped

if TYPE_CHECKING:
    pass

__all__ = ["VERSION", "interpreted", "known"]

VERSION = "1"
_OF_BACKEND = frozenset(
    "getitem strong_multiply solve_triangular lu_factor lu_solve cholesky_pull expm ranked "
    "running_max running_logsumexp segment_max recurrence distances".split()
)
_OPERATORS = frozenset(
    "add sub mul truediv floordiv mod matmul lt le gt ge eq ne pow and_ or_ xor lshift rshift neg "
    "invert abs".split()
)


def known(path: str) -> bool:
    """Whether a function of this path may be saved and looked up again."""
    root, _, name = path.partition(".")
    if root == "xp":
        chapter, _, inner = name.rpartition(".")
        if chapter in ("linalg", "fft", "special"):
            return inner in getattr(xgrad, chapter).__all__
        return not chapter and name in xgrad.__all__
    if root == "numpy":
        return isinstance(getattr(np, name, None), np.ufunc)
    if root == "backend":
        return name in _OF_BACKEND
    if root == "operator":
        return name in _OPERATORS
    return path in ("compiling.setitem", "compiling.index_add", "compiling.if_nan", "loop.scan")


def interpreted(program: Program, inputs: list[Any]) -> list[Any]:
    """Run a program equation by equation on xgrad's own functions, as a tape can follow."""
    values: dict[Var, Any] = {
        v: x if isinstance(x, Array) else Array(x)
        for v, x in zip(program.inputs, inputs, strict=True)
    }

    def value(x: Any) -> Any:
        if isinstance(x, Var):
            return values[x]
        return Array(x) if isinstance(x, np.ndarray) else x

    for e in program.equations:
        args = [mapped(value, x) for x in e.args]
        kwargs = {k: mapped(value, x) for k, x in e.kwargs.items()}
        if isinstance(e.function, Loop):
            out = _interpreted_loop(e.function, args)
        elif isinstance(e.function, Mending):
            out = _mended(e.function, args)
        else:
            out = _public(e.path)(*args, **kwargs)
        values.update(zip(e.outs, out if e.several else (out,), strict=True))
    return [value(x) for x in program.outputs]


def _mended(step: Mending, args: list[Any]) -> Any:
    found, instead = args[: step.count], interpreted(step.program, args[step.count :])
    made = [xgrad.where(xgrad.isnan(c), d, c) for c, d in zip(found, instead, strict=True)]
    return made[0] if step.count == 1 else made


def _interpreted_loop(loop: Loop, args: list[Any]) -> tuple[Any, ...]:
    k, m = loop.carried, loop.carried + loop.sequences
    constants = args[m:]

    def step(carry: Any, row: Any) -> Any:
        out = interpreted(loop.program, [*carry, *row, *constants])
        return tuple(out[:k]), tuple(out[k:])

    turn = (lambda x: xgrad.flip(x, axis=0)) if loop.reverse else (lambda x: x)
    carry, rows = xgrad.scan(step, tuple(args[:k]), tuple(turn(x) for x in args[k:m]), loop.count)
    return (*carry, *map(turn, rows))


def _public(path: str) -> Callable[..., Any]:
    """Return xgrad's function for what a library's function of this path does."""
    root, _, name = path.partition(".")
    if path in _OWN:
        return _OWN[path]
    if root == "operator":
        return getattr(operator, name)  # type: ignore[no-any-return]
    if root in ("xp", "numpy"):
        found: Any = xgrad
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    raise errors.MissingFunctionError(
        f"{name}: a loaded program that calls it can be run, but not differentiated or compiled"
    )


def _adjoint(x: Any, adjoint: bool) -> Any:
    return xgrad.conj(xgrad.matrix_transpose(x)) if adjoint else x


def _triangular(x1: Any, x2: Any, upper: bool, adjoint: bool) -> Any:
    half = xgrad.triu(x1) if upper else xgrad.tril(x1)
    return xgrad.linalg.solve(_adjoint(half, adjoint), x2)


_OWN: dict[str, Callable[..., Any]] = {
    "backend.getitem": lambda x, key: x[key],
    "backend.strong_multiply": lambda a, b: xgrad.ops.elementwise.strong_multiply(a, b),
    "backend.lu_factor": lambda x: (x, x),
    "backend.lu_solve": lambda lu, pivots, x2, adjoint: xgrad.linalg.solve(
        _adjoint(lu, adjoint), x2
    ),
    "backend.solve_triangular": _triangular,
    "backend.expm": lambda x: xgrad.linalg.expm(x),
    "backend.ranked": lambda x, start, stop, descending: xgrad.ops.sorting.ranked(
        x, start=start, stop=stop, descending=descending
    ),
    "backend.running_max": lambda x: xgrad.cumulative_max(x, axis=-1),
    "backend.running_logsumexp": lambda x: xgrad.cumulative_logsumexp(x, axis=-1),
    "backend.segment_max": lambda x, ids, count: xgrad.segment_max(x, ids, count),
    "backend.recurrence": lambda a, b: xgrad.ops.lines.recurrence(a, b),
    "backend.distances": lambda x1, x2: xgrad.ops.lines.distances(x1, x2),
    "compiling.setitem": lambda x, key, value: xgrad.ops.indexing.setitem(x, value, key=key),
    "compiling.index_add": lambda x, key, value: xgrad.index_add(x, key, value),
}
