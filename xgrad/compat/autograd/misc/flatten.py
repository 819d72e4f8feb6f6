"""One vector of all numbers in a nest of containers, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import xgrad
from xgrad import Array, tree

from .. import refused
from ..border import home


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the vector of all numbers in a pytree, and the function back from such a vector.

    Dictionaries are taken in the order of their sorted keys. Derivatives flow through both.
    """
    leaves, structure = tree.flatten(value)
    shapes = [tuple(np.shape(x)) for x in leaves]
    if any(isinstance(x, Array) for x in leaves):
        flat: Any = xgrad.concat([xgrad.reshape(xgrad.asarray(x), (-1,)) for x in leaves])
    else:
        flat = np.concatenate([np.ravel(x) for x in leaves]) if leaves else np.array([])

    def unflatten(vector: Any) -> Any:
        found, start = [], 0
        for shape in shapes:
            stop = start + int(np.prod(shape))
            found.append(vector[start:stop].reshape(shape))
            start = stop
        return home(structure.unflatten(found))

    return flat, unflatten


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Any, Any, Any]:
    """Return `func` from vector to vector, the function back, and the example as a vector."""
    vector, unflatten = flatten(example)
    return (lambda x, *args: flatten(func(unflatten(x), *args))[0]), unflatten, vector


__getattr__ = refused.lookup(__name__)
