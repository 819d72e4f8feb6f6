"""Keeping what the caller's arrays held: a buffer may be refilled before the walk reads it.

An op saves the operands that its derivative needs. An `Array` of ours is never written to behind
the tape's back, but a library's own array is its owner's, who may refill it in the next turn of a
loop, as simulations do; and so is the buffer of an `Array` that was made of one without a copy. So
it is copied when it is saved. One that is used again and again, or is large, costs less to lock:
NumPy then refuses to write to it until the function that uses it has run. Who made a view, a
memoryview or a pointer before may write all the same, so a locked one is looked at once more when
the function has run. A view, which cannot be locked for its base can still be written to, is
compared with its last copy, and copied again only if it has changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from types import CodeType
from typing import Any

from ..arrays.array import Array
from ..arrays.leaving import outside
from ..arrays.lent import LENT
from ..arrays.node import Run, is_inside
from ..backends import BY_TYPE, Backend, Raw, backend_of

SMALL = 8192
"""Up to how many bytes an array is copied at each use, without a question."""
MIDDLING = 1 << 16
"""Up to how many bytes an argument, which is kept once, is copied without a question."""
LARGE = 1 << 18
"""From how many bytes on it is locked at its first use; a copy takes less time below."""


_promise: ContextVar[bool] = ContextVar("xgrad_promised", default=False)
_promised = _promise.get


@contextlib.contextmanager
def no_refills() -> Iterator[None]:
    """Promise, inside a ``with`` block, that no array is refilled before its derivative was taken.

    Arrays of NumPy and of other libraries that stand beside tracked ones are otherwise copied, so
    that a buffer which its owner refills in a loop gives the right gradient. With the promise they
    are kept by reference: that saves the copy and its memory.

    Yields:
        Nothing.

    >>> import numpy as np, xgrad as xg
    >>> data = np.ones(3)
    >>> with xg.no_refills():
    ...     xg.grad(lambda w: xg.sum((w * data) ** 2))(np.ones(3))
    array([2., 2., 2.])
    """
    token = _promise.set(True)
    try:
        yield
    finally:
        _promise.reset(token)


def guarded(x: Raw, lock: bool = True) -> Raw:
    """Return a raw array to which nobody writes, with the values of `x` as they are now.

    With ``lock=False`` the walk may come when the function has run and the lock is off.
    """
    backend = BY_TYPE.get(type(x))
    if backend is None or not backend.mutable or _promised():
        return x
    if backend.lock is None or x.nbytes <= SMALL:
        return backend.copied(x)
    run = is_inside()
    if run is None:
        return backend.kept(x)
    if id(x) in run.locked:
        return x
    last, may_lock = run.copies.get(id(x)), lock and not run.walks_later
    if last is not None and last[0] is x and backend.same(x, last[1]):
        if may_lock:
            _locked(x, backend, run, _users_place)  # used again: its next use asks no more
        return last[1]
    if may_lock and x.nbytes > LARGE and _locked(x, backend, run, _users_place):
        return x
    run.copies[id(x)] = last = x, backend.kept(x)
    return last[1]


def kept_argument(x: Raw, run: Run | None) -> Raw:
    """Return what a transform was given, as a raw array to which nobody writes unnoticed.

    Args:
        x: the raw array.
        run: the transform's own run if it is the outermost.
    """
    backend = BY_TYPE.get(type(x))
    if backend is None or not backend.mutable or _promised():
        return x
    if backend.lock is not None and x.nbytes <= MIDDLING:
        return backend.copied(x)
    if run is None or run.walks_later:
        return guarded(x, lock=False)
    if backend.unchanged is None:
        return backend.copied(x)
    if backend.lock is not None and x.nbytes <= LARGE:
        return backend.kept(x)
    if backend.lock is None or (id(x) not in run.locked and not _locked(x, backend, run, None)):
        run.ends.append((backend.unchanged(x), None))
    return x


def _locked(x: Raw, backend: Backend, run: Run, place: Callable[[], Any] | None) -> bool:
    """Lock an array until the function has run, and have it looked at then, if it can be locked."""
    end = backend.lock(x)  # type: ignore[misc] # as was asked
    if end is None:
        return False
    run.locked[id(x)] = x
    run.ends.append((end, place and place()))
    return True


def _users_place() -> tuple[CodeType, int] | None:
    """Return where the code outside of xgrad stands; its line is looked up if it is to be told."""
    frame = outside()
    return None if frame is None else (frame.f_code, frame.f_lasti)


def taken(x: Any) -> Any:
    """Return what a function of the user's gave, where it may be a buffer that it fills again."""
    if isinstance(x, Array):
        if not LENT or id(x._raw) not in LENT or _promised():
            return x
        return Array(backend_of(x._raw).copied(x._raw), x._node)
    backend = BY_TYPE.get(type(x))
    if backend is None or not backend.mutable or _promised():
        return x
    return backend.copied(x)


def guarded_seeds(arrays: Sequence[Array | None]) -> list[Array | None]:
    """Return what a walk that is recorded starts from, guarded where it is the caller's."""
    return [x if x is None or x._node is not None else Array(guarded(x._raw)) for x in arrays]


def guarded_key(key: Any) -> Any:
    """Return an index with the raw arrays in it guarded."""
    if type(key) is tuple:
        return tuple([guarded_key(k) for k in key])
    if type(key) is Array and id(key._raw) in LENT:
        return Array(guarded(key._raw), key._node)
    return guarded(key) if type(key) in BY_TYPE else key


def guarded_arguments(x: Any) -> Any:
    """Return what a function of several steps was given, with the raw arrays in it guarded."""
    if type(x) is tuple or type(x) is list:
        return type(x)([guarded_arguments(y) for y in x])
    return guarded_key(x)


def is_lent(x: Any) -> bool:
    """Whether an operand is a raw array, or an untracked `Array` that shares a caller's buffer."""
    return id(x._raw) in LENT and x._node is None if isinstance(x, Array) else type(x) in BY_TYPE


def unshared(x: Any) -> Array:
    """Return an operand as an `Array`; one whose buffer is somebody else's guarded."""
    if not is_lent(x):
        return x if isinstance(x, Array) else Array(x)
    return Array(guarded(x._raw if isinstance(x, Array) else x))
