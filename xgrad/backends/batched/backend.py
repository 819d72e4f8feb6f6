"""The backends of batches, one for each rank, and the levels that take ranks."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import errors
from .. import BY_TYPE, LOADED, Backend, backend_of
from . import extensions, indexing
from .batch import Batch, NotBatchedError, elementwise, library
from .border import holds
from .creation import place_of
from .functions import NAMESPACE
from .running import levels

__all__ = ["Level", "hand", "within"]

_kinds: list[type[Batch]] = []  # the class of each rank
_holders: list[Any] = []  # who has it: a weak reference to a level
_lock = threading.Lock()


_MANY = 64


def _free_rank() -> int:
    """Return the rank of a new level: above all that are alive, while those are few.

    So what is inside has the larger rank, also where the pullback of another level is walked.
    """
    alive = [i for i, holder in enumerate(_holders) if holder() is not None]
    rank = alive[-1] + 1 if alive else 0
    if rank < _MANY:
        return rank
    least = max((level.kind.rank for level in levels()), default=-1) + 1
    return next(i for i in range(least, rank + 1) if i not in alive)


class Level:
    """One call of `vmap`, or one sweep of a Jacobian: its batches have a class of their own.

    While a level or one of its batches is alive, no other has its class, so that the operands of an
    op are seen to be of two levels by their types.

    Attributes:
        count: how many arrays each batch holds.
        kind: the class of its batches.
        written: arrays of others that were written to at this level, and what they were.
        is_sweep: whether it is one of a Jacobian, which falls back on walks one by one.
    """

    __slots__ = ("__weakref__", "count", "is_sweep", "kind", "written")

    def __init__(self, count: int, is_sweep: bool = False) -> None:
        self.count, self.is_sweep = count, is_sweep
        self.written: list[tuple[Any, Any, Any]] = []
        with _lock:
            rank = _free_rank()
            if rank == len(_kinds):
                _kinds.append(_new_kind(rank))
                _holders.append(None)
            _holders[rank] = weakref.ref(self)
        self.kind = _kinds[rank]

    def batch(self, data: Any) -> Batch:
        """Return arrays side by side along the first axis as a batch of this level."""
        return self.kind(data, self)

    def __repr__(self) -> str:
        return f"<level of {self.count} arrays>"


class _Batches(Backend):
    """A backend of batches, whose dtypes are those of the libraries below."""

    def raw_dtype(self, dtype: Any) -> Any:
        """Return a dtype as it is: the namespace asks the library."""
        return dtype

    def numpy_dtype(self, dtype: Any) -> Any:
        """Return the NumPy dtype of some library's dtype."""
        for backend in LOADED.values():
            if dtype in backend.numpy_dtypes:
                return backend.numpy_dtypes[dtype]
        return dtype


class _Handed:
    """What lies above, and is handed down when it is defined: the op that adopts an `Array`."""

    adopt: Callable[[Any, Level], Any]


_handed = _Handed()


def hand(adopt: Callable[[Any, Level], Any]) -> None:
    """Hand down the op by which an `Array` becomes the same for each of a level."""
    _handed.adopt = adopt


def within(x: Any) -> Any:
    """Return an array that a derivative is taken by, at every level that is running.

    What is made of it at one level may meet a batch of another later on, and the cotangent that
    comes back must be added up over both.
    """
    for level in levels():
        if not holds(x._raw, level):
            x = _handed.adopt(x, level)
    return x


def _adopt(x: Any, like: Batch) -> Any:
    """Return an `Array` of a library, or of a level below, as the same for each."""
    raw, base = x._raw, place_of(like).backend
    if not isinstance(raw, Batch) and backend_of(raw) is not base:
        if base.leads:  # a program is recorded, and reads it
            x = base.adopt(x, None)
        elif isinstance(raw, np.ndarray) and raw.shape == ():
            x = type(x)(base.from_numpy(raw, place_of(like).device))
        else:
            raise errors.MixedBackendError(
                f"vmap: got an array of {backend_of(raw).name!r} beside examples of {base.name!r}. "
                f"Move it with x.to_backend({base.name!r}); nothing is copied silently"
            )
    if x._node is not None:
        x = within(x)
    return x if holds(x._raw, like.level) else _handed.adopt(x, like.level)


def _from_numpy(values: Any, place: Any) -> Any:
    return place.shared(place.backend.from_numpy(values, place.device))


def _strong_multiply(x1: Any, x2: Any) -> Any:
    def product(xp: Any, a: Any, b: Any) -> Any:
        return library((a, b)).zero_wins(a, b)

    return elementwise(product, x1, x2)


def _no_numbers(seed: Any, device: Any) -> Any:
    raise NotBatchedError("vmap: a generator is of a library; make it outside of f")


def _new_kind(rank: int) -> type[Batch]:
    """Return the class of batches of a rank, and make it known."""
    kind = type("Batch", (Batch,), {"__slots__": (), "rank": rank})
    BY_TYPE[kind] = _Batches(
        name="batched",
        xp=NAMESPACE,
        array_types=(kind,),
        dtypes={},
        devices=list,
        device=place_of,
        to_numpy=lambda x: x.__array__(),
        from_numpy=_from_numpy,
        index_add=indexing.index_add,
        random=_no_numbers,
        getitem=indexing.getitem,
        setitem=indexing.setitem,
        placed=indexing.placed,
        mutable=False,
        quiet=lambda: np.errstate(all="ignore"),
        strong_multiply=_strong_multiply,
        leads=1000 + rank,
        adopt=_adopt,
        under=lambda x: x.data,
        holds_double=lambda x: backend_of(x.data).holds_double(x.data),
        solve_triangular=extensions.solve_triangular,
        lu_factor=extensions.lu_factor,
        lu_solve=extensions.lu_solve,
        expm=extensions.expm,
        ranked=extensions.ranked,
        running_logsumexp=extensions.running_logsumexp,
        running_max=extensions.running_max,
        recurrence=extensions.recurrence,
    )
    return kind
