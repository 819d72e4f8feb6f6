"""What a transform gives belongs to its caller: writable, and shared with nobody."""

from __future__ import annotations

from collections.abc import Iterable

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

    def __init__(self, arrays: Iterable[Array | None]) -> None:
        self.arrays: Iterable[Array | None] = arrays
        self.ids = set[int]()

    def own(self, x: Array) -> Array:
        """Return an array in a buffer that is its own, copied where it is not."""
        raw = x._raw
        backend = BY_TYPE.get(type(raw)) or backend_of(raw)
        if x._node is not None or backend.leads:
            return x
        if not backend.owns(raw) or id(raw) in LENT:
            return Array(backend.copied(raw))
        for y in self.arrays:  # asked for when first needed; they live as long as this does
            if y is not None:
                self.ids.add(id(y._raw))
        self.arrays = ()
        if id(raw) in self.ids:
            raw = backend.copied(raw)
            x = Array(raw)
        self.ids.add(id(raw))
        return x

    def lend(self, x: Array) -> None:
        """Count one more array among them."""
        self.arrays = (*self.arrays, x)
