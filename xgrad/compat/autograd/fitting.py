"""Bringing what a user's rule gave to the shape and dtype of its argument or result.

autograd checks no shapes, so that a rule may give what broadcasts to them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree
from xgrad.backends import COMPLEX
from xgrad.engine.projection import cast

from .sparse import SparseObject


def turned(x: Any) -> Any:
    """Return the conjugate of what a rule gets or gives: autograd's cotangent and xgrad's."""
    if type(x) is np.float64 or type(x) is float:  # what most rules of numbers get and give
        return x
    dtype = getattr(x._raw if isinstance(x, Array) else x, "dtype", None)
    return xgrad.conj(x) if dtype in COMPLEX or type(x) is complex else x


def fitted(c: Any, like: Any, taped: bool, what: str) -> Any:
    """Return a cotangent or tangent in a shape and dtype: an `Array` if an outer tape watches."""
    shape, dtype = like
    if type(c) is np.ndarray and c.shape == shape and c.dtype == dtype and not taped:
        return c
    if not taped and isinstance(c, (float, np.generic)):
        c = np.asarray(c)
        if not shape and c.dtype == dtype:
            return c
    if isinstance(c, SparseObject):
        c = c.dense()
    x = c if isinstance(c, Array) else xgrad.asarray(c)
    if x.shape != tuple(shape):
        x = _spread(x, tuple(shape), what)
    x = cast(xgrad, x, dtype)
    return x if taped else x._raw


def _spread(x: Array, shape: tuple[int, ...], what: str) -> Any:
    """Return an array in another shape, if that only repeats it or adds axes of length one."""
    if x.size == np.prod(shape) and _long(x.shape) == _long(shape):
        return xgrad.reshape(x, shape)
    try:
        return xgrad.broadcast_to(x, shape)
    except ValueError:
        raise xgrad.errors.RuleError(
            f"primitive: {what} returned an array of shape {x.shape}; expected {shape}, or what "
            "broadcasts to it. unbroadcast_f(argument, vjp) sums over the other axes"
        ) from None


def _long(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def fitted_tangents(given: Any, of: Any, name: str) -> Any:
    """Return a tangent or cotangent in the structure of a value, its leaves in their shapes.

    The leaves of integers have no derivative: what the rule gives there is not looked at.
    """
    leaves, structure = tree.flatten(of)
    values = tree.leaves(given)
    if len(values) != len(leaves):
        return given  # whoever asked says what is wrong
    found = []
    for value, leaf in zip(values, leaves, strict=True):
        raw = leaf._raw if isinstance(leaf, Array) else np.asarray(leaf)
        if raw.dtype.kind in "fc":
            found.append(fitted(value, (raw.shape, raw.dtype), True, f"a rule of {name}"))
        else:
            found.append(xgrad.zeros(raw.shape, dtype=raw.dtype))
    return structure.unflatten(found)
