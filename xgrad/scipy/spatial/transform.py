"""Rotations of arrays of xgrad beside those of NumPy, as in ``scipy.spatial.transform``.

SciPy's rotations are array code, and take an `Array` as it is. What is here makes constants of
NumPy, which SciPy keeps in another form, rotations of xgrad where one of them meets an `Array`.
"""

from __future__ import annotations

from typing import Any

import xgrad

from ...arrays.array import Array
from ..common import rest_of, stands_for

__all__: list[str] = []


def _raised(rotation: Any) -> Any:
    """Return a rotation of NumPy's as one of xgrad."""
    return type(rotation).from_quat(xgrad.asarray(rotation.as_quat()))


def _is_ours(rotation: Any) -> bool:
    return isinstance(getattr(rotation, "_quat", None), Array)


def patch(module: Any) -> None:
    """Have SciPy's rotations take those of xgrad beside them."""
    rotation, slerp = module.Rotation, module.Slerp
    if not hasattr(rotation.__mul__, "xgrad_original"):
        rotation.__mul__ = _composed(rotation.__mul__)
        rotation.apply = _applied(rotation.apply)
        slerp.__init__ = _begun(slerp.__init__)
        slerp.__call__ = _timed(slerp.__call__)


def _composed(own: Any) -> Any:
    @stands_for(own)
    def call(self: Any, other: Any) -> Any:
        if hasattr(other, "_quat") and _is_ours(self) != _is_ours(other):
            self, other = (r if _is_ours(r) else _raised(r) for r in (self, other))
        return own(self, other)

    return call


def _applied(own: Any) -> Any:
    @stands_for(own)
    def call(self: Any, vectors: Any, inverse: bool = False) -> Any:
        if isinstance(vectors, Array) and hasattr(self, "_quat") and not _is_ours(self):
            self = _raised(self)
        return own(self, vectors, inverse)

    return call


def _begun(own: Any) -> Any:
    @stands_for(own)
    def init(self: Any, times: Any, rotations: Any) -> None:
        if hasattr(rotations, "_quat") and (isinstance(times, Array) or _is_ours(rotations)):
            times = xgrad.asarray(times)
            rotations = rotations if _is_ours(rotations) else _raised(rotations)
        own(self, times, rotations)

    return init


def _timed(own: Any) -> Any:
    @stands_for(own)
    def call(self: Any, times: Any) -> Any:
        if isinstance(times, Array) and not isinstance(self.times, Array):
            quats = [self.rotations.as_quat(), (self.rotations[-1:] * _last(self)).as_quat()]
            every = type(self.rotations).from_quat(xgrad.concat([xgrad.asarray(q) for q in quats]))
            self = type(self)(xgrad.asarray(self.times), every)
        return own(self, times)

    return call


def _last(slerp: Any) -> Any:
    """Return the turn of the last piece, of which SciPy keeps the beginning."""
    return type(slerp.rotations).from_rotvec(slerp.rotvecs[-1:])


__getattr__ = rest_of("spatial.transform")
