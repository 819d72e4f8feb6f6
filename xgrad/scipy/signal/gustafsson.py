"""Filters that give the same forwards and backwards as backwards and forwards.

F. Gustafsson, "Determining the initial states in forward-backward filtering", 1996: the states at
both ends are those of least squares for which the two orders agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad

from ..linalg.solving import lstsq

__all__ = ["forwards_and_backwards"]


def forwards_and_backwards(
    lfilter: Callable[..., Any], b: Any, a: Any, x: Any, irlen: int | None
) -> Any:
    """Filter the last axis twice, from the states that make the order of the two not matter.

    Args:
        lfilter: the filter of SciPy.
        b: the numerator.
        a: the denominator.
        x: the signals.
        irlen: how many samples of the impulse response count, or None for all.
    """
    order = max(len(b), len(a)) - 1
    if order == 0:
        return (b[0] / a[0]) ** 2 * x
    n = x.shape[-1]
    m = n if irlen is None or n <= 2 * irlen else int(irlen)

    def turned(v: Any, axis: int = -1) -> Any:
        return xgrad.flip(v, axis=axis)

    first = np.eye(1, order, dtype=x.dtype)[0]
    freely = lfilter(b, a, np.zeros(m, x.dtype), zi=xgrad.asarray(first))[0]
    later = [xgrad.pad(freely[: m - k], (k, 0)) for k in range(order)]
    output = xgrad.stack(later, axis=1)  # of each state at the beginning
    again = lfilter(b, a, turned(output, 0), axis=0)
    ends = turned(again, 0), turned(output, 0)
    apart = ends[0] - output, ends[1] - again

    def beside(one: Any, two: Any) -> Any:
        if m == n:
            return xgrad.concat([one, two], axis=1)
        return xgrad.concat(
            [xgrad.pad(one, ((0, m), (0, 0))), xgrad.pad(two, ((m, 0), (0, 0)))], axis=1
        )

    forth = turned(lfilter(b, a, turned(lfilter(b, a, x))))
    back = lfilter(b, a, turned(lfilter(b, a, turned(x))))
    rest = back - forth
    if m < n:
        rest = xgrad.concat([rest[..., :m], rest[..., -m:]], axis=-1)
    rows = xgrad.reshape(rest, (-1, rest.shape[-1]))
    states = lstsq(beside(*apart), xgrad.matrix_transpose(rows))[0]
    more = xgrad.matrix_transpose(beside(*ends) @ states)
    if m == n:
        return forth + xgrad.reshape(more, x.shape)
    edges = xgrad.reshape(more, (*x.shape[:-1], 2 * m))
    none = [(0, 0)] * (x.ndim - 1)
    return (
        forth
        + xgrad.pad(edges[..., :m], [*none, (0, n - m)])
        + xgrad.pad(edges[..., m:], [*none, (n - m, 0)])
    )
