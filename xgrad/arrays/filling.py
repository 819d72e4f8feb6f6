"""An array that is being filled: a loop of ``y[i] = v`` writes into one buffer, copied once.

The first write copies, since whoever made the array, the tape or another array may hold its buffer.
From then on nobody holds the copy, and the next write may go into it, until somebody asks for the
data. No reference is counted for that: the array is a `Filling` meanwhile, whose ``_raw`` makes it
an ordinary `Array` again before it is handed out. So whatever an op, a transform or a user gets
stays as it was, and what only writes and reads single entries stays in one buffer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xgrad

from ..backends import BY_TYPE, Raw
from .array import Array
from .operators import TAKES

_SLOT: Any = Array.__dict__["_raw"]


class Filling(Array):
    """An `Array` whose buffer nobody else holds."""

    __slots__ = ()

    if not TYPE_CHECKING:

        @property
        def _raw(self) -> Raw:
            self.__class__ = Array  # type: ignore[assignment] # the layout is the same
            return self._raw

        @_raw.setter
        def _raw(self, value: Raw) -> None:
            self.__class__ = Array  # type: ignore[assignment] # the layout is the same
            self._raw = value

    def __getitem__(self, key: Any) -> Any:
        raw = self._raw  # an `Array` from here on
        part = xgrad.ops.indexing.getitem(self, key)
        own = xgrad.ops.indexing.apart(raw, part._raw)
        if getattr(own, "base", raw) is None:  # a copy: the buffer is still nobody else's
            part._raw = own
            self.__class__ = Filling
        return part

    def __setitem__(self, key: Any, value: Any) -> None:
        self.__class__ = Array  # type: ignore[assignment] # the layout is the same
        self._write(key, value, copy=False)


def _fill(x: Array) -> None:
    """Make an array that was just copied, and is no view, a `Filling`, if no view shows it."""
    if not BY_TYPE[type(x._raw)].in_place:
        return
    for ref in getattr(x, "_views", ()):
        view = ref()
        if view is not None and getattr(view._raw, "base", None) is not None:
            return
    x.__class__ = Filling


Filling.__name__ = Filling.__qualname__ = "Array"
TAKES[Filling] = True
Array._filled = staticmethod(_fill)
