"""``SparseObject``: a cotangent that is added to another one in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class SparseObject:
    """A vector of a space, known by how it is added to another vector.

    Args:
        vs: the space.
        mut_add: ``mut_add(x)`` adds the vector to `x` in place, and returns it.
    """

    __slots__ = ("mut_add", "vs")

    def __init__(self, vs: Any, mut_add: Callable[[Any], Any]) -> None:
        self.vs, self.mut_add = vs, mut_add

    def dense(self) -> Any:
        """Return the vector itself."""
        return self.mut_add(self.vs.zeros())
