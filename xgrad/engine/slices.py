"""The cotangents of parts that were read from one array, as a walk comes upon them.

The walk does not put each part into an array of zeros, nor add them up one by one: it keeps them
until the array's own turn comes. Parts that together are the array, as the gates of an LSTM are,
then need no zeros, and leave none that would have to be kept zero. The parts that are kept never
have more elements than the array.
"""

from __future__ import annotations

import math
from typing import Any

MANY = 64
"""More parts than these are not kept, nor is it asked whether they are the whole."""


class Reads:
    """The parts that were read from one array, and their cotangents while nothing else came to it.

    It stands in the place of the array's cotangent until something is added to it, or the array's
    turn comes.

    Attributes:
        strong: whether the cotangent of a part had structural zeros.
    """

    __slots__ = ("covered", "keys", "left", "parts", "rule", "strong", "xp")

    def __init__(self, rule: Any, xp: Any) -> None:
        self.rule, self.xp, self.strong = rule, xp, False
        self.keys: list[Any] = []
        self.parts: list[tuple[Any, Any]] = []
        self.left = 0
        self.covered: bool | None = None

    def note(self, key: Any) -> None:
        """Note that a part was read under this key."""
        if len(self.keys) <= MANY:
            self.keys.append(key)
            self.covered = None

    def keep(self, g: Any, saved: Any) -> bool:
        """Keep the cotangent of a part; return whether it is time to put together what is kept."""
        if not self.parts:
            self.left = math.prod(saved["x"][0])
        self.parts.append((g, saved))
        self.left -= math.prod(g.shape)
        return self.left < 0 or len(self.parts) > MANY

    def whole(self) -> Any:
        """Return the cotangent of the array, in a buffer that is nobody else's."""
        parts, self.parts = self.parts, []
        first, saved = parts[0]
        shape = saved["x"][0]
        if self.left == 0 and len(self.keys) == len(parts) and self.cover(shape):
            return self.rule.join(parts, shape)  # no entry is in two of them
        total = self.rule.pull(self.xp, first, saved)
        for g, saved in parts[1:]:
            total = self.rule.add_to(total, g, saved)
        return total

    def __add__(self, g: Any) -> Any:
        total = self.whole()
        total += g
        return total

    def cover(self, shape: tuple[int, ...]) -> bool:
        """Return whether the parts are seen to be the whole together."""
        if self.covered is None:
            self.covered = len(self.keys) <= MANY and self.rule.cover(self.keys, shape)
        return self.covered
