"""Whether sums over repeated indices are taken in one order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from .switches import switch

__all__ = ["deterministic", "is_deterministic"]

_deterministic: ContextVar[bool] = ContextVar("xgrad_deterministic", default=False)
is_deterministic = switch(_deterministic.get)


@contextlib.contextmanager
def deterministic(on: bool = True) -> Iterator[None]:
    """Sum what is read or written at repeated indices in one order, inside a ``with`` block.

    On a GPU several threads add to one entry in any order, so that a gradient of `take` or
    ``x[indices]`` may differ in its last bits from one run to the next. Inside this block the CuPy
    backend sorts the indices and adds in that order instead, which is slower. Results on the CPU
    are always the same. PyTorch has its own switch, ``torch.use_deterministic_algorithms``.

    >>> import numpy as np, xgrad as xg
    >>> with xg.deterministic():
    ...     xg.grad(lambda x: xg.sum(xg.take(x, xg.asarray([0, 0, 1]))))(np.ones(3))
    array([2., 1., 0.])
    """
    token = _deterministic.set(on)
    try:
        yield
    finally:
        _deterministic.reset(token)
