"""Reading and writing at an index of each, which may itself be another one for each.

An index of arrays is brought to a form in which the batch is just one more index array: the axes
that are indexed by arrays go to the front, behind the batch, and their places in the result are
found by NumPy's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from .. import Backend, backend_of
from .batch import Batch, NotBatchedError, count_of, library, spread, top

__all__ = ["getitem", "index_add", "is_mask", "placed", "setitem"]


def _parts(key: Any) -> tuple[Any, ...]:
    return key if type(key) is tuple else (key,)


def _opened(key: Any, lead: Batch) -> tuple[Any, ...]:
    """Return the parts of a key, those of this level that are the same for all without it."""
    return tuple(_alone(k, lead) for k in _parts(key))


def _alone(k: Any, lead: Batch) -> Any:
    """Return a part of a key, of a batch that is the same for all the one array."""
    if type(k) is slice and any(isinstance(e, Batch) for e in (k.start, k.stop, k.step)):
        raise NotBatchedError(
            "vmap: a slice whose ends differ from example to example would give results of "
            "other lengths; index with start + arange(length)"
        )
    if type(k) is type(lead) and k.is_shared:
        return backend_of(k.data).getitem(k.data, (0, ...))
    return k


def _is_array(k: Any) -> bool:
    return hasattr(k, "shape") or type(k) is list


def is_mask(k: Any) -> bool:
    """Whether an index is a mask, or a truth value."""
    return "bool" in str(getattr(k, "dtype", type(k).__name__))


def _is_plain(key: tuple[Any, ...], lead: Batch) -> bool:
    """Whether one more slice in front is all that a key needs."""
    if any(type(k) is type(lead) for k in key):
        return False
    indexed = [i for i, k in enumerate(key) if _is_array(k) or isinstance(k, (bool, np.bool_))]
    if not indexed:
        return True
    indexed = [i for i, k in enumerate(key) if i in indexed or isinstance(k, (int, np.integer))]
    return indexed == list(range(indexed[0], indexed[-1] + 1))


class _Plan:
    """How to read or write at a key with arrays in it, some of them another for each.

    Attributes:
        basic: the key of the slices and new axes, which is applied first.
        front: the axes that arrays index, in what that gives, the batch not counted.
        indices: the index arrays, a batch's own with the batch in front.
        place: where the axes of the index go in the result, the batch not counted.
        ndim: how many axes the index has.
    """

    def __init__(self, key: tuple[Any, ...], lead: Batch, ndim: int) -> None:
        key = _whole(key, ndim)
        basic: list[Any] = []
        self.front: list[int] = []
        arrays: list[Any] = []
        for i, k in enumerate(key):  # each part stands for one axis of what the basic key gives
            if _is_array(k) or isinstance(k, (int, np.integer)):
                self.front.append(i)
                arrays.append(k)
                basic.append(slice(None))
            else:
                basic.append(k)
        first, last = self.front[0], self.front[-1]
        together = self.front == list(range(first, last + 1))
        self.basic, self.place = tuple(basic), first if together else 0
        self.is_whole = all(type(k) is slice and k == slice(None) for k in basic)
        self.ndim = max(len(getattr(a, "shape", np.shape(a))) for a in arrays)
        self.batched = any(type(a) is type(lead) for a in arrays)
        self.indices = [_index_of(a, lead, self.ndim) for a in arrays]

    def key(self, count: int, backend: Backend, device: Any) -> tuple[Any, ...]:
        """Return the index behind the basic one, with that of the batch in front."""
        if not self.batched:
            return (slice(None), *self.indices)
        own = backend.xp.arange(count, device=device)
        return (backend.xp.reshape(own, (count, *(1,) * self.ndim)), *self.indices)


def _whole(key: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """Return a key with slices for the ellipsis and at the end."""
    for k in key:
        if is_mask(k):
            raise NotBatchedError(
                "vmap: a mask in an index would give each example another number of entries; "
                "xgrad.where(mask, a, b) keeps the shape"
            )
    missing = ndim - sum(k is not None and k is not ... for k in key)
    fill = (slice(None),) * missing
    at = next((i for i, k in enumerate(key) if k is ...), None)
    return (*key, *fill) if at is None else (*key[:at], *fill, *key[at + 1 :])


def _index_of(k: Any, lead: Batch, ndim: int) -> Any:
    """Return an index array with `ndim` axes, a batch's own with the batch in front."""
    if type(k) is not type(lead):
        return k
    data = k.data
    count, *rest = data.shape
    return backend_of(data).xp.reshape(data, (count, *(1,) * (ndim - len(rest)), *rest))


def _to_front(plan: _Plan, x: Any) -> Any:
    """Move the axes that arrays index behind the batch."""
    source = tuple(a + 1 for a in plan.front)
    return backend_of(x).xp.moveaxis(x, source, tuple(range(1, len(source) + 1)))


def _moved(x: Any, source: int, destination: int, count: int) -> Any:
    """Move `count` neighbouring axes."""
    if source == destination or not count:
        return x
    axes = range(count)
    return backend_of(x).xp.moveaxis(
        x, tuple(source + i for i in axes), tuple(destination + i for i in axes)
    )


_BASIC = frozenset((int, EllipsisType, NoneType))
_ENDS = frozenset((int, NoneType))


def _is_basic(key: Any) -> bool:
    """Whether nothing in a key is an array: the same entries of each, seen in the quickest way."""
    for k in key if type(key) is tuple else (key,):
        if type(k) is slice:
            if not (type(k.start) in _ENDS and type(k.stop) in _ENDS and type(k.step) in _ENDS):
                return False
        elif type(k) not in _BASIC:
            return False
    return True


def getitem(x: Any, key: Any) -> Any:
    """Return the entries of each at a key of each."""
    if isinstance(x, Batch) and _is_basic(key):
        return x.of(backend_of(x.data).getitem(x.data, (slice(None), *_parts(key))))
    lead = top((x, *_parts(key)))
    if lead is None:
        return library((x,)).getitem(x, key)
    key = _opened(key, lead)
    data = x.data if type(x) is type(lead) else library((x,)).xp.expand_dims(x, axis=0)
    if _is_plain(key, lead):
        return lead.of(library((data, *key)).getitem(data, (slice(None), *key)))
    plan = _Plan(key, lead, len(data.shape) - 1)
    data = data if plan.is_whole else backend_of(data).getitem(data, (slice(None), *plan.basic))
    data = _to_front(plan, data)
    count = data.shape[0]
    backend = library((data, *plan.indices))
    if plan.batched and count == 1:
        out = backend.getitem(backend_of(data).getitem(data, (0, ...)), tuple(plan.indices))
    else:
        device = backend_of(data).device(data)
        out = backend.getitem(data, plan.key(count, backend_of(data), device))
    return lead.of(_moved(out, 1, 1 + plan.place, plan.ndim))


def placed(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros for each with `x` at a basic index."""
    data = x.data
    whole = (data.shape[0], *shape)
    return x.of(backend_of(data).in_zeros(data, (slice(None), *_parts(key)), whole))


Write = Callable[[Backend, Any, Any, Any], Any]


def _masked(x: Any, key: tuple[Any, ...], value: Any) -> Any:
    """Return `x` with a number where a mask of each is true, or None if it is not as simple."""
    if len(key) != 1 or not is_mask(key[0]) or len(getattr(value, "shape", ())) > 0:
        return None
    mask = key[0]
    xp = library((mask, x)).xp
    if hasattr(value, "dtype") and value.dtype != x.dtype:
        value = library((value,)).xp.astype(value, x.dtype)
    shape = (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape)))
    return xp.where(xp.reshape(mask, shape), value, x)


def _written(x: Any, key: Any, value: Any, write: Write) -> Any:
    """Return `x` after writing `value` at a key of each."""
    basic = _is_basic(key)
    lead = top((x, value) if basic else (x, value, *_parts(key)))
    if lead is None:
        return write(library((x,)), x, key, value)
    key = _parts(key) if basic else _opened(key, lead)
    count = count_of((x, value, *key), lead)
    data = spread(x, lead, count)
    data = library((data,)).xp.asarray(data, copy=True)
    if basic or _is_plain(key, lead):
        places = (slice(None), *key)
        like = library((data, *key)).getitem(data, places)
        value = _fitting(value, lead, len(like.shape) - 1)
        return lead.of(write(library((data, value, *key)), data, places, value))
    plan = _Plan(key, lead, len(data.shape) - 1)
    own = library((data,))
    part = data if plan.is_whole else own.getitem(data, (slice(None), *plan.basic))
    part = own.xp.asarray(_to_front(plan, part), copy=True)
    places = plan.key(count, own, own.device(data))
    ndim = len(part.shape) - 1 - len(plan.front) + plan.ndim
    value = _fitting(value, lead, ndim)
    if len(getattr(value, "shape", ())) > 0:
        value = _value_to_front(value, plan, ndim)
    part = write(library((part, value, *plan.indices)), part, places, value)
    source = tuple(range(1, len(plan.front) + 1))
    part = library((part,)).xp.moveaxis(part, source, tuple(a + 1 for a in plan.front))
    if plan.is_whole:
        return lead.of(part)
    return lead.of(library((data, part)).setitem(data, (slice(None), *plan.basic), part, False))


def _fitting(value: Any, lead: Batch, ndim: int) -> Any:
    """Return what is written with a batch in front and one axis for each that it is written to."""
    if type(value) is not type(lead):
        return value
    data = value.data
    count, *shape = data.shape
    shape = shape[max(0, len(shape) - ndim) :]  # it may have leading axes of length one
    return backend_of(data).xp.reshape(data, (count, *(1,) * (ndim - len(shape)), *shape))


def _value_to_front(value: Any, plan: _Plan, ndim: int) -> Any:
    """Return what is written in the order of axes in which it is written."""
    have = len(value.shape)
    if have <= ndim:  # one for all: it has no batch in front
        shape = (1, *(1,) * (ndim - have), *tuple(value.shape))
        value = backend_of(value).xp.reshape(value, shape)
    return _moved(value, 1 + plan.place, 1, plan.ndim)


def setitem(x: Any, key: Any, value: Any, copy: bool = True) -> Any:
    """Return `x` with `value` at a key of each."""
    found = _masked(x, _parts(key), value)
    if found is not None:
        return found
    return _written(x, key, value, lambda b, data, k, v: b.setitem(data, k, v, False))


def index_add(x: Any, key: Any, value: Any) -> Any:
    """Return `x` with `value` added at a key of each."""
    if is_mask(key):
        zeros = library((x,)).xp.zeros_like(x)
        found = _masked(zeros, (key,), value)
        if found is not None:
            return library((x, found)).xp.add(x, found)
    return _written(x, key, value, lambda b, data, k, v: b.index_add(data, k, v))
