"""The functions of ``numpy.random`` that draw from its one stream, as names of `xgrad.random`.

They are for programs of NumPy: the same seed gives the same numbers there and here. New programs
are better off with a stream of their own, `xgrad.random.default_rng`, on every backend and device.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import xgrad

from ..arrays.array import Array

OWN = (
    "get_state set_state seed RandomState SeedSequence MT19937 Philox PCG64 PCG64DXSM SFC64 "
    "BitGenerator bytes"
).split()
"""The state of the stream, and what makes others: NumPy's objects."""


def function(name: str) -> Any:
    """Return what a name of ``numpy.random`` stands for, None if it has none of this name."""
    if name not in np.random.__all__:
        return None
    found = getattr(np.random, name)
    if name in OWN:
        return found
    return _OF_ARRAYS.get(name) or _drawn(found)


def _drawn(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy that draws, with arrays of the current backend as its results."""

    @wraps(draw, assigned=("__name__", "__doc__"), updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        out = draw(*map(_plain, args), **{name: _plain(x) for name, x in kwargs.items()})
        return xgrad.asarray(out) if isinstance(out, np.ndarray) else out

    call.__module__ = "xgrad.random"
    return call


def _plain(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, Array) else x


def shuffle(x: Any) -> None:
    """Put the entries of an array, along its first axis, or of a list in another order."""
    if isinstance(x, Array):
        x[...] = x[np.random.permutation(x.shape[0])]  # noqa: NPY002 - it is what this stands for
    else:
        np.random.shuffle(x)  # noqa: NPY002


def permutation(x: Any) -> Any:
    """Return the numbers below `x`, or the entries of an array, in another order.

    The gradient of an array goes back to its entries.
    """
    if isinstance(x, Array) and x.ndim:
        return x[np.random.permutation(x.shape[0])]  # noqa: NPY002
    return _drawn(np.random.permutation)(x)


def choice(a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
    """Return numbers below `a`, or entries of a vector, drawn at random.

    Args:
        a: a number, a list, or a vector, whose gradient goes back to the entries that were drawn.
        size: the shape of the result; one entry if None.
        replace: whether an entry may be drawn again.
        p: the probability of each entry; all the same if None.

    Returns:
        An array, or one entry.
    """
    if isinstance(a, Array) and a.ndim:
        return a[np.random.choice(a.shape[0], size, replace, _plain(p))]  # noqa: NPY002
    return _drawn(np.random.choice)(a, size, replace, p)


_OF_ARRAYS: dict[str, Any] = {"choice": choice, "permutation": permutation, "shuffle": shuffle}
