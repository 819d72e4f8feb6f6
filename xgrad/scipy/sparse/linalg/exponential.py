"""The exponential of a sparse matrix times a vector, by its series."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ....arrays.array import Array
from ...common import is_tracked, raw, result, with_derivative_of
from ...examples import of_one
from ...mistakes import told
from ..arrays import SparseArray
from .operators import aslinearoperator
from .solving import library_of

__all__ = ["expm_multiply"]


@told("sparse.linalg")
@of_one("scipy.sparse.linalg.expm_multiply")
def expm_multiply(
    A: Any,
    B: Any,
    start: Any = None,
    stop: Any = None,
    num: Any = None,
    endpoint: Any = None,
    traceA: Any = None,
) -> Any:
    """Return ``expm(A) @ B`` without the exponential; see ``scipy.sparse.linalg.expm_multiply``.

    Args:
        A: a square sparse array; a dense one works too.
        B: a vector or a matrix.
        start: with `stop` and `num`, the first of several times t, for ``expm(t A) @ B`` in rows.
        stop: the last time.
        num: how many times.
        endpoint: whether `stop` is among them.
        traceA: the trace of `A`, if it is known.
    """
    data = A.data if isinstance(A, SparseArray) else A
    library = library_of(A if isinstance(A, SparseArray) else raw(B))
    here = A.plain() if isinstance(A, SparseArray) else raw(A)
    given: dict[str, Any] = {"traceA": traceA}
    times = None
    if start is not None or stop is not None or num is not None:
        given |= {"start": start, "stop": stop, "num": num, "endpoint": endpoint}
        times = np.linspace(start, stop, 50 if num is None else num,
                            endpoint=True if endpoint is None else endpoint)  # fmt: skip
    value = library.expm_multiply(here, raw(xgrad.asarray(B)), **given)
    if not is_tracked(data, B):
        return result(value, [data, B])
    operator = aslinearoperator(A)
    norm = abs(here).sum(axis=0).max()
    state = xgrad.asarray(B)
    if times is None:
        return with_derivative_of(value, _series(operator, state, 1.0, norm))
    rows, last = [], 0.0
    for t in times:
        state = _series(operator, state, float(t - last), norm) if t != last else state
        last = t
        rows.append(state)
    return with_derivative_of(value, xgrad.stack(rows))


def _series(operator: Any, x: Array, t: float, norm: Any) -> Array:
    """Return ``expm(t A) @ x`` in steps so short that 30 terms of the series are exact."""
    steps = max(1, int(np.ceil(abs(t) * float(norm) / 4.0)))
    for _ in range(steps):
        term = total = x
        for k in range(1, 31):
            term = (t / (steps * k)) * (operator @ term)
            total = total + term
        x = total
    return x
