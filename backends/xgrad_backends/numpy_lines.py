"""Orders, running values and distances of NumPy's arrays; see `xgrad.backends.lines`."""

from __future__ import annotations

from typing import Any

import numpy as np

from xgrad.backends import lines, load

_SHORT = 64  # of so many elements a sort is as quick as anything
_FEW = 4


def _xp() -> Any:
    return load("numpy").xp


def ranked(x: Any, start: int, stop: int, descending: bool) -> Any:
    """Return where the elements of these ranks are, without sorting all where they are few."""
    n, k = x.shape[-1], stop - start
    if n > _SHORT and x.size and k > 0 and x.dtype.kind in "fiu" and not np.isnan(x.max()):
        if k <= _FEW and start:
            return _between(x, start, stop, descending)
        if not start and stop <= n // 8:
            return _foremost(x, stop, descending)
    return lines.ranked(_xp(), x, start, stop, descending)


def _between(x: Any, start: int, stop: int, descending: bool) -> Any:
    """Return which elements are of a few ranks; of equal ones the first has the lower."""
    ranks = range(start, stop)
    places = [x.shape[-1] - 1 - r if descending else r for r in ranks]
    split = np.partition(x, places, axis=-1)
    out = np.empty((*x.shape[:-1], len(ranks)), np.intp)
    for i, (rank, place) in enumerate(zip(ranks, places, strict=True)):
        value = split[..., place : place + 1]
        same = x == value
        if np.count_nonzero(same) > value.size:
            less = x > value if descending else x < value
            before = np.count_nonzero(less, axis=-1, keepdims=True)
            same &= np.cumsum(same, axis=-1) == rank - before + 1
        out[..., i] = np.argmax(same, axis=-1)
    return out


def _foremost(x: Any, k: int, descending: bool) -> Any:
    """Return the places of the first `k` in order.

    The k-th of the extremes of more than k blocks is a bound that only few elements reach.
    """
    shape, n = x.shape[:-1], x.shape[-1]
    rows = x.reshape(-1, n)
    m = min(n // 2, max(4 * k, int(n**0.5)))
    blocks = rows[:, : n // m * m].reshape(len(rows), m, n // m)
    if descending:
        bound = np.partition(blocks.max(axis=-1), m - k, axis=-1)[:, m - k]
        reach = rows >= bound[:, None]
    else:
        bound = np.partition(blocks.min(axis=-1), k - 1, axis=-1)[:, k - 1]
        reach = rows <= bound[:, None]
    held = np.flatnonzero(reach)
    row, column = np.divmod(held, n)
    values = rows.reshape(-1)[held]
    if descending:
        values = -values if x.dtype.kind == "f" else ~values
    order = np.lexsort((values, row))  # of equal ones the first comes first
    ends = np.searchsorted(row, np.arange(len(rows)))
    return column[order][ends[:, None] + np.arange(k)].reshape(*shape, k)


def running_max(x: Any) -> Any:
    """Return the running maximum; NaN stays."""
    return np.maximum.accumulate(x, axis=-1)


def running_logsumexp(x: Any) -> Any:
    """Return the logarithm of the running sum of exponentials, in blocks beside each other.

    What an element is the sum of is added in few steps, so that their rounding does not add up.
    """
    n = x.shape[-1]
    if n <= _SHORT or x.size == 0:
        return np.logaddexp.accumulate(x, axis=-1)
    m = int(n**0.5)
    blocks = x[..., : n // m * m].reshape(*x.shape[:-1], n // m, m)
    sums = np.logaddexp.accumulate(blocks, axis=-1)
    before = running_logsumexp(sums[..., -1])[..., :, None]
    np.logaddexp(sums[..., 1:, :], before[..., :-1, :], out=sums[..., 1:, :])
    out = np.empty_like(x)
    out[..., : sums.shape[-2] * m] = sums.reshape(*x.shape[:-1], n // m * m)
    rest = x[..., n // m * m :]
    if rest.size:
        rest = np.logaddexp.accumulate(rest, axis=-1)
        out[..., n // m * m :] = np.logaddexp(rest, before[..., -1, :])
    return out


def recurrence(a: Any, b: Any) -> Any:
    """Return y with ``y_i = b_i + a_i y_{i-1}``, in blocks, each of which takes its carry later."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    n = shape[-1]
    if n <= _FEW or 0 in shape:
        return lines.recurrence(_xp(), a, b)
    a, b = np.broadcast_to(a, shape).reshape(-1, n), np.broadcast_to(b, shape).reshape(-1, n)
    rows = len(b)
    m = n if rows >= n else _length(n, int((n * rows) ** 0.5))
    count = -(-n // m)
    if count > 1 and n % m:  # 0 as the factor and the term changes nothing
        more = ((0, 0), (0, count * m - n))
        a, b = np.pad(a, more), np.pad(b, more)
    a = a.reshape(rows * count, m)
    y = np.array(b.reshape(rows * count, m), dtype=np.result_type(a, b))
    for i in range(1, m):
        y[:, i] += a[:, i] * y[:, i - 1]
    y = y.reshape(rows, count, m)
    if count > 1:
        factors = np.multiply.accumulate(a, axis=-1).reshape(rows, count, m)
        carries = recurrence(factors[..., -1], y[..., -1])
        y[:, 1:] += factors[:, 1:] * carries[:, :-1, None]
    return y.reshape(rows, -1)[:, :n].reshape(shape)


def _length(n: int, near: int) -> int:
    """Return a length of blocks that divides n if there is one near, and is no power of two."""
    for m in range(near, 2 * near):
        if n % m == 0 and m % 64:  # such strides would share few lines of the cache
            return m
    return max(2, near | 1)


def distances(x1: Any, x2: Any) -> Any:
    """Return the Euclidean distance of each row of `x1` to each of `x2`, by SciPy if it is here."""
    if x1.ndim == x2.ndim == 2 and x1.dtype == x2.dtype and x1.dtype.char in "fd" and x1.size:
        try:
            from scipy.spatial.distance import cdist
        except ImportError:
            return lines.distances(_xp(), x1, x2)
        return cdist(x1, x2).astype(x1.dtype, copy=False)
    return lines.distances(_xp(), x1, x2)
