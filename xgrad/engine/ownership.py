"""What a transform gives belongs to its caller: writable, and shared with nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..arrays.array import Array
from ..arrays.lent import LENT
from ..backends import BY_TYPE, backend_of


class Others:
    """The arrays that somebody else has, in whose buffers nothing may be given out.

    A walk hands a cotangent on where a partial derivative is 1, and shows parts of one: what comes
    out may be the cotangent that was given, another result, or a view of either; and a rule of the
    user's may hand out a buffer that it keeps.
    """

    __slots__ = ("arrays", "ids")

    def __init__(self, *arrays: Sequence[Array | None]) -> None:
        self.arrays = [*arrays]  # which must live as long as their numbers are compared
        self.ids = ids = set[int]()
        for some in arrays:
            for y in some:
                if y is not None:
                    ids.add(id(y._raw))

    def own(self, x: Array, near: Array | None = None) -> Array:
        """Return an array in a buffer that is its own, copied where it is not.

        Args:
            x: what a walk gives.
            near: the array that it is the derivative by, in whose chunks it is brought.
        """
        raw, ids = x._raw, self.ids
        backend = BY_TYPE.get(type(raw)) or backend_of(raw)
        if x._node is not None or backend.leads:
            if near is not None and backend.settled is not None:
                return Array(backend.settled(raw, near._raw), x._node)
            return x
        key = id(raw)
        if key in ids or key in LENT or not backend.owns(raw):
            return Array(backend.copied(raw))
        ids.add(key)
        return x

    def lend(self, x: Array) -> None:
        """Count one more array among them."""
        self.arrays.append((x,))
        self.ids.add(id(x._raw))


def owner(
    inputs: Sequence[Array], outs: Sequence[Array], seeds: Sequence[Array | None]
) -> Callable[..., Array]:
    """Return ``own(x, near)`` of the `Others` that these are: in less time where each is alone."""
    if len(inputs) == 1 == len(outs) == len(seeds):
        return partial(_own_alone, (inputs[0], outs[0], seeds[0]))
    return Others(inputs, outs, seeds).own


def _own_alone(others: tuple[Array | None, ...], x: Array, near: Array | None = None) -> Array:
    raw = x._raw
    backend = BY_TYPE.get(type(raw))
    if x._node is None and backend is not None and not backend.leads and id(raw) not in LENT:
        for y in others:
            if y is not None and y._raw is raw:
                break
        else:
            if backend.owns(raw):
                return x
    return Others(others).own(x, near)
