"""Reading and writing at an index, as a walk down comes upon them.

*Reading.* The walk does not put the cotangent of each part into an array of zeros, nor add these up
one by one: it keeps the parts until the array's own turn comes. If they cover the array exactly, as
the four gates of an LSTM do, they are joined: no array of zeros is made, and the result has no
structural zeros to protect. The parts that are kept never have more elements than the array.

*Writing.* The cotangent of ``x[key] = v`` is that of the result with zeros at `key`. Where the walk
owns the buffer of the result's cotangent, the zeros are written there, and nothing is copied.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arrays.node import FIT, PARENTS, SAVED, SERIAL, Node, kept
from .own import Own
from .projection import brought

MANY = 64
"""More parts than these are not kept, nor is it asked whether they are the whole."""


class Reading(Own):
    """What reading at an index knows.

    Args:
        add_to: ``add_to(total, g, key)`` adds a part to a raw array in place, and returns it.
        cover: ``cover(keys, shape)``, whether parts of these keys are seen to be the whole.
        join: ``join([(g, key), ...], shape)`` makes the whole of such parts.
        place: ``place(g, key, shape)`` makes zeros with one part in its place.
    """

    walks = True

    def __init__(
        self,
        add_to: Callable[[Any, Any, Any], Any],
        cover: Callable[[list[Any], tuple[int, ...]], bool],
        join: Callable[[list[tuple[Any, Any]], tuple[int, ...]], Any],
        place: Callable[[Any, Any, tuple[int, ...]], Any],
    ) -> None:
        self.add_to, self.cover, self.join, self.place = add_to, cover, join, place

    def pull(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Keep a part until its array's turn comes, or add it to what the walk holds for that."""
        if node[FIT] is not None or not self.walks:
            return False
        saved, serial = node[SAVED], node[PARENTS][SERIAL]
        like, key = saved
        cotangents, parts = walk.cotangents, walk.parts.get(serial)
        held = cotangents.get(serial)
        if parts is None:
            parts = walk.parts[serial] = Parted(self, like[0], key)
            if held is None:
                cotangents[serial] = parts
                parts.parts = [(g, key)]
                if node[SERIAL] in walk.zeros:
                    parts.strong = True
                return True
        else:
            parts.note(key)
        if node[SERIAL] in walk.zeros:
            parts.strong = True
        if held is None or held is parts:
            cotangents[serial] = parts
            if not parts.keep(g, key):
                return True
            cotangents[serial] = parts.whole()
        elif serial in walk.owned:
            cotangents[serial] = self.add_to(held, g, key)
        else:
            cotangents[serial] = held + self.place(g, key, like[0])
        walk.owned.add(serial)
        return True

    def leaves_zeros(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Leave the question until all parts are known."""
        values = kept(node)
        serial = node[PARENTS][SERIAL]
        parts = walk.parts.get(serial)
        if parts is None:
            walk.parts[serial] = Parted(self, values["x"].shape, values["key"])
        else:
            parts.note(values["key"])
        return False


class Parted:
    """The parts that were read from one array, and their cotangents while nothing else came to it.

    It stands in the place of the array's cotangent until something is added to it, or the array's
    turn comes.

    Attributes:
        strong: whether the cotangent of a part had structural zeros.
    """

    strong = False
    left = 0
    covered: bool | None = None

    def __init__(self, own: Reading, shape: tuple[int, ...], key: Any) -> None:
        self.own, self.shape, self.keys = own, shape, [key]
        self.parts: list[tuple[Any, Any]] = []

    def note(self, key: Any) -> None:
        """Note that a part was read under this key."""
        if len(self.keys) <= MANY:
            self.keys.append(key)
            self.covered = None

    def keep(self, g: Any, key: Any) -> bool:
        """Keep the cotangent of a part; return whether it is time to put together what is kept."""
        parts = self.parts
        parts.append((g, key))
        if len(parts) == 1:
            return False
        if len(parts) == 2:
            self.left = math.prod(self.shape) - math.prod(parts[0][0].shape)
        self.left -= math.prod(g.shape)
        return self.left < 0 or len(parts) > MANY

    def whole(self) -> Any:
        """Return the cotangent of the array, in a buffer that is nobody else's."""
        parts, self.parts = self.parts, []
        if len(parts) == 1:
            g, key = parts[0]
            if len(self.keys) == 1 and math.prod(g.shape) < math.prod(self.shape):
                self.covered = False
            return self.own.place(g, key, self.shape)
        if self.left == 0 and len(self.keys) == len(parts) and self.cover():
            return self.own.join(parts, self.shape)
        total = self.own.place(*parts[0], self.shape)
        for g, key in parts[1:]:
            total = self.own.add_to(total, g, key)
        return total

    def __add__(self, g: Any) -> Any:
        total = self.whole()
        total += g
        return total

    def cover(self) -> bool:
        """Return whether the parts are seen to be the whole together."""
        if self.covered is None:
            self.covered = len(self.keys) <= MANY and self.own.cover(self.keys, self.shape)
        return self.covered


class Writing(Own):
    """What writing at an index knows.

    Args:
        parted: ``parted(xp, g, key)`` writes zeros at `key` of `g` itself, and returns it with a
            copy of what was there.
    """

    walks = True

    def __init__(self, parted: Callable[[Any, Any, Any], tuple[Any, Any]]) -> None:
        self.parted = parted

    def serves(self, tracked: tuple[int, ...]) -> bool:
        """Return whether the array that is written to is tracked."""
        return 0 in tracked

    def pull(self, walk: Any, node: Node, xp: Any, g: Any) -> bool:
        """Make the array's cotangent in the buffer of the result's, if the walk owns that."""
        if not self.walks:
            return False
        serial, rule, parents, saved, fit = node
        nodes = [parents] if type(parents) is list else parents
        if serial in walk.owned:
            cs: Any = self.parted(xp, g, saved[rule.keeps.index("key")])[: len(nodes)]
            cs = brought(xp, cs, fit[1]) if fit else cs
        else:
            cs = rule.pull_to(xp, g, saved, fit, None)
            cs = cs if len(nodes) > 1 else [cs]
        first = nodes[0][SERIAL]
        if first not in walk.cotangents:  # what `pull_to` makes is nobody else's either
            walk.owned.add(first)
        for parent, c in zip(nodes, cs, strict=True):
            walk.give(parent, c, True)
        return True
