"""What changes at the border: complex conjugates, integers, and arrays without axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the NumPy dtype of an array or a number."""
    return np.dtype(x.dtype if isinstance(x, Array) else np.result_type(x))


def is_complex(x: Any) -> bool:
    """Whether an array or a number is complex."""
    return dtype_of(x).kind == "c"


def is_lone(x: Any) -> bool:
    """Whether a pytree is a single array or number."""
    leaves = tree.leaves(x)
    return len(leaves) == 1 and leaves[0] is x


def conj(x: Any) -> Any:
    """Return the conjugate of the complex leaves of a pytree: autograd's gradient and xgrad's."""
    return tree.map(lambda leaf: xgrad.conj(leaf) if is_complex(leaf) else leaf, x)


def home(x: Any) -> Any:
    """Return a result as autograd's users know it: a NumPy scalar where there are no axes."""
    return tree.map(
        lambda leaf: leaf[()] if type(leaf) is np.ndarray and not leaf.ndim else leaf, x
    )


def floating(x: Any) -> Any:
    """Return arguments with integers as floats, so that they may be differentiated."""
    return tree.map(_floating, x)


def _floating(leaf: Any) -> Any:
    if isinstance(leaf, Array):
        return xgrad.astype(leaf, np.float64) if leaf.dtype.kind in "biu" else leaf
    if (
        isinstance(leaf, (bool, int, np.generic, np.ndarray))
        and np.asarray(leaf).dtype.kind in "biu"
    ):
        return np.asarray(leaf, dtype=np.float64)
    return leaf


def raw(x: Any) -> Any:
    """Return the value of an array off the tape, a scalar where it has no axes."""
    return home(x._data) if isinstance(x, Array) else x


def pull(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return the pullback of `fun` at `x` in autograd's convention, and the value."""
    out, pullback = xgrad.vjp(fun, floating(x))
    return (lambda g: home(conj(pullback(conj(g))[0]))), home(out)


def push(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return the function that gives the value and the tangent of `fun` at `x`."""
    x = floating(x)

    def pushforward(v: Any) -> tuple[Any, Any]:
        out, tangent = xgrad.jvp(fun, (x,), (v,))
        return home(out), home(tangent)

    return pushforward
