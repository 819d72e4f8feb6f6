"""The arguments of one call of a compiled function, and the key of the program that they need."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors
from .. import tree as trees
from ..arrays.array import Array
from ..backends import (
    Backend,
    backend_of,
    backend_of_type,
    current,
    get_backend,
    switches,
)
from .orders import orders

__all__ = ["Arguments", "difference"]


class Arguments:
    """The arguments of one call, taken apart into arrays and what belongs to the program.

    Attributes:
        leaves: all leaves, with None in the places of arrays.
        raws: the arrays.
        key: what tells this call from one that needs another program.
        lifts: whether an `Array` is among them, so that results are `Array` objects.
        donated: the positions among `raws` of those whose memory is given away.
    """

    def __init__(self, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.fixed: list[tuple[Any, Any]] = []
        self.args, self.kwargs = args, kwargs
        if owner.static:
            args, kwargs = self._without_static(owner, args, kwargs)
        self.leaves, self.structure = trees.flatten((args, kwargs) if kwargs else args)
        self.raws: list[Any] = []
        self.places: list[int] = []
        self.lifts = False
        parts: list[Any] = [(name, _static_key(owner, name, x)) for name, x in self.fixed]
        for i, x in enumerate(self.leaves):
            raw = x
            if type(x) is not np.ndarray:
                if isinstance(x, Array):
                    raw, self.lifts = x._raw, True
                elif isinstance(x, np.generic):
                    raw = np.asarray(x)
                elif isinstance(x, type) or backend_of_type(type(x)) is None:
                    parts.append(_static_key(owner, i, x))
                    continue
            if type(raw) is np.ndarray:
                parts.append((raw.shape, raw.dtype))
            else:
                backend = backend_of(raw)
                parts.append((tuple(raw.shape), raw.dtype, backend.name, str(backend.device(raw))))
            self.raws.append(raw)
            self.places.append(i)
        self.backend = self._backend(owner)
        place = None if self.raws else (get_backend(), str(current()[1]))  # of new arrays
        tree = (args, kwargs) if kwargs else args
        keys = orders(tree, self.structure)  # the function may go through a dict
        self.key = (self.structure, tuple(parts), (*switches(), self.lifts, place), keys)
        self.donated = self._donated(owner) if owner.donate else []

    def _without_static(
        self, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Set static arguments aside."""
        kept: list[Any] = []
        for i, x in enumerate(args):
            if i in owner.static:
                self.fixed.append((i, x))
            kept.append(None if i in owner.static else x)
        self.fixed += [(name, x) for name, x in kwargs.items() if name in owner.static]
        return tuple(kept), {n: x for n, x in kwargs.items() if n not in owner.static}

    def _backend(self, owner: Any) -> Backend:
        if not self.raws:
            return current()[0]
        backend = backend_of(self.raws[0])
        for x in self.raws:
            if type(x) is not type(self.raws[0]) and backend_of(x) is not backend:
                raise errors.MixedBackendError(
                    f"compile: {owner.name} got arrays of two backends, {backend.name!r} and "
                    f"{backend_of(x).name!r}. Move one of them with x.to_backend({backend.name!r})"
                )
        return backend

    def _donated(self, owner: Any) -> list[int]:
        """Return which of the arrays belong to arguments whose memory is given away."""
        found, start = [], 0
        for i, x in enumerate(self.args):
            count = len(trees.leaves(x)) if i not in owner.static else 0
            if i in owner.donate:
                found += [k for k, p in enumerate(self.places) if start <= p < start + count]
            start += count
        return found

    def others(self) -> list[Any]:
        """Return what is no array among the arguments."""
        arrays = set(self.places)
        others = [x for i, x in enumerate(self.leaves) if i not in arrays]
        constants = trees.constants((self.args, self.kwargs))
        return [*others, *constants, *[x for _, x in self.fixed]]

    def name(self, i: int) -> str:
        """Return how to reach the array number `i`, for a message."""
        names = trees.names(self.structure, "args")
        return names[self.places[i]]

    def arguments(self, arrays: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments with other arrays in the places of these."""
        leaves = list(self.leaves)
        for i, x in zip(self.places, arrays, strict=True):
            leaves[i] = x
        found = self.structure.unflatten(leaves)
        dynamic = {n for n in self.kwargs if n not in dict(self.fixed)}
        args, kwargs = found if dynamic else (found, {})
        args = list(args)
        for name, x in self.fixed:
            if isinstance(name, int):
                args[name] = x
            else:
                kwargs = {**kwargs, name: x}
        return tuple(args), kwargs

    def result(self, entry: Any, leaves: list[Any]) -> Any:
        """Return the results of a run as the function returns them."""
        if self.lifts:
            types = self.backend.array_types
            leaves = [Array(x) if isinstance(x, types) else x for x in leaves]
        return entry.structure.unflatten(leaves)


def _static_key(owner: Any, name: Any, x: Any) -> Any:
    """Return what tells a value that belongs to the program from another."""
    if isinstance(x, np.ndarray):
        return ("array", x.shape, x.dtype, x.tobytes())
    if isinstance(x, Array):
        return _static_key(owner, name, x._numpy())
    if type(x) is float:
        return (float, x.hex())  # 0.0 == -0.0, and NaN != NaN
    try:
        hash(x)
    except TypeError:
        raise TypeError(
            f"compile: an argument of {owner.name} is {x!r:.60} of type {type(x).__qualname__}, "
            "which is no array and cannot be compared by its hash. Make it a pytree of arrays, a "
            "frozen dataclass, or a tuple"
        ) from None
    return (type(x), x)


def difference(old: Any, new: Any) -> str:
    """Return in words what differs between the keys of two recordings."""
    if old[0] != new[0]:
        return "its arguments have another structure"
    for a, b in zip(old[1], new[1], strict=False):
        if a == b:
            continue
        if isinstance(a[0], tuple) and isinstance(b[0], tuple):
            if a[0] != b[0]:
                return f"an array has shape {b[0]} after {a[0]}"
            return f"an array has dtype {b[1]} after {a[1]}"
        return f"an argument is {b[-1]!r:.40} after {a[-1]!r:.40}"
    return "" if old[3] == new[3] else "the keys of a dict stand in another order"
