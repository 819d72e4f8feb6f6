"""Arrays between two writes: what need not be copied, nor looked at anew, before somebody asks.

*An array that is being filled.* A loop of ``y[i] = v`` writes into one buffer, copied once.

The first write copies, since whoever made the array, the tape or another array may hold its buffer.
From then on nobody holds the copy, and the next write may go into it, until somebody asks for the
data. No reference is counted for that: the array is a `Filling` meanwhile, whose ``_raw`` makes it
an ordinary `Array` again before it is handed out. So whatever an op, a transform or a user gets
stays as it was, and what only writes and reads single entries stays in one buffer.

*A view of what was written to.* Most views are gone before anybody looks at them again, so a write
only notes that they are outdated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xgrad

from ..backends import BY_TYPE, Raw
from .array import Array
from .operators import TAKES


class _Meanwhile(Array):
    """An `Array` of another class, until somebody asks for its data."""

    __slots__ = ()

    if not TYPE_CHECKING:

        @property
        def _raw(self) -> Raw:
            found = type(self)._found
            self.__class__ = Array  # type: ignore[assignment] # the layout is the same
            return found(self)

        @_raw.setter
        def _raw(self, value: Raw) -> None:
            self.__class__ = Array  # type: ignore[assignment] # the layout is the same
            self._raw = value

    def _found(self) -> Raw:
        return self._raw


class Filling(_Meanwhile):
    """An `Array` whose buffer nobody else holds."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        self.__class__ = Array  # type: ignore[assignment] # the layout is the same
        part = self[key]
        own = xgrad.ops.indexing.apart(self._raw, part._raw)
        if getattr(own, "base", key) is None:  # a copy: the buffer is still nobody else's
            part._raw = own
            self.__class__ = Filling
        return part

    def __setitem__(self, key: Any, value: Any) -> None:
        if type(value) is not Array or not self._has_written(key, value):
            self.__class__ = Array  # type: ignore[assignment] # the layout is the same
            self._write(key, value, copy=False)


def _fill(x: Array) -> None:
    """Make an array that was just copied, and is no view, a `Filling`, if no view shows it."""
    if not BY_TYPE[type(x._raw)].in_place:
        return
    for ref in getattr(x, "_views", ()):
        view = ref()
        if view is None or type(view) is Outdated:
            continue
        if getattr(view._raw, "base", None) is not None:
            return
    x.__class__ = Filling


class Outdated(_Meanwhile):
    """A view of an array without a tape that was written to: it is looked at anew if it is used."""

    __slots__ = ()

    def _found(self) -> Raw:
        base, again, _, rest, kwargs = self._view
        whole = base._raw
        self._raw = xgrad.ops.indexing.apart(
            whole, again.op.raws[type(whole)](whole, *rest, **kwargs)
        )
        return self._raw

    def __getitem__(self, key: Any) -> Any:
        self._raw  # noqa: B018 - an `Array` from here on
        return self[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._raw  # noqa: B018 - likewise
        self[key] = value


def _outdate(x: Array) -> None:
    """Make a view an `Outdated` one, which keeps no buffer that its base has left."""
    x._raw = x._node = None
    x.__class__ = Outdated


for _kind in (Filling, Outdated):
    _kind.__name__ = _kind.__qualname__ = "Array"
    TAKES[_kind] = True
Array._filled = staticmethod(_fill)
Array._outdate = staticmethod(_outdate)
