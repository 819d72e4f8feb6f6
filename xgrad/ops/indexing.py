"""Reading and writing parts of an array.

Reading is linear: its transpose puts the cotangent back where the values came from, and adds where
an entry was read more than once. Writing is linear too, in the array and in what is written: the
cotangent of an entry goes to whoever wrote it last.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from ..arrays.array import SCALARS, Array
from ..arrays.node import RULE, is_recording
from ..arrays.operators import Operators
from ..arrays.types import AnyArray, as_given
from ..backends import BY_TYPE, REAL, XP, Backend, Raw, backend_of, backend_of_type, under
from ..backends.batched import Batch, is_mask
from ..engine.calls.results import wrapped
from ..engine.guarding import guarded_key
from ..engine.op import constant, linear
from ..engine.operands import require_array, require_one_place, taken_along
from ..engine.plain import is_scalar
from ..engine.slices import Reading, Writing
from ..errors.folding import folded
from .beside import placed
from .converting import asarray
from .halves import like as halved
from .halves import wide
from .manipulation import at_axis, broadcast_to, front, reshape

Key = Any


def raw_key(key: Key) -> Key:
    """Return an index with the raw data of every `Array` in it."""
    if isinstance(key, Array):
        return key._raw
    if type(key) is tuple:
        for k in key:
            if isinstance(k, Array):
                return tuple(k._raw if isinstance(k, Array) else k for k in key)
    return key


def hosted(x: Any, key: Key) -> Key:
    """Return an index whose own arrays of NumPy are of the library of `x`, as lists become."""
    parts = key if type(key) is tuple else (key,)
    if not any(type(k) is np.ndarray for k in parts):
        return key
    raw = under(x._raw if isinstance(x, Array) else x)
    if isinstance(raw, np.ndarray) or backend_of(raw).leads:
        return key
    parts = tuple(
        placed(raw, k, np.bool_ if k.dtype.kind == "b" else np.int64)
        if type(k) is np.ndarray and k.dtype.kind in "iub"
        else k
        for k in parts
    )
    return parts if type(key) is tuple else parts[0]


_BASIC = frozenset((int, slice, EllipsisType, NoneType))


def is_basic(key: Key) -> bool:
    """Whether an index consists of integers, slices, newaxis and ellipsis, and so makes a view."""
    if type(key) in _BASIC or (type(key) is tuple and _BASIC.issuperset(map(type, key))):
        return True
    for k in key if type(key) is tuple else (key,):
        if type(k) not in _BASIC and not isinstance(k, np.integer):
            return False
    return True


def _add_at(total: Any, g: Any, key: Key) -> Any:
    """Add to a raw cotangent in place, at a basic index, which names no entry twice."""
    backend = BY_TYPE.get(type(total)) or backend_of(total)
    if not total.shape:  # NumPy's sums of 0-d arrays are scalars, which cannot be written to
        return total + backend.xp.reshape(g, ())
    if backend.getitem is not operator.getitem:
        return backend.index_add(total, key, g)
    part = total[key]
    if type(part) is not type(total):  # NumPy's single entries are scalars
        total[key] = part + g
        return total
    part += g  # a view: `total[key] += g` would write it back once more
    return total


def _spans(key: tuple[Any, ...], shape: tuple[int, ...]) -> list[range]:
    """Return what a basic index, in the form of `_cover`, names along each axis."""
    spans = [
        range(*slice(*k).indices(n)) if type(k) is tuple else range(k % n, k % n + 1)
        for k, n in zip(key, shape, strict=False)
    ]
    return [*spans, *[range(n) for n in shape[len(key) :]]]


def _cover(keys: list[Key], shape: tuple[int, ...]) -> bool:
    """Whether basic indices are seen to name every entry together, as parts along one axis do."""
    named = []
    for key in keys:
        parts: list[Any] = []  # loops, as this is called for each array that parts were read from
        for k in key if type(key) is tuple else (key,):
            parts.append((k.start, k.stop, k.step) if type(k) is slice else k)  # noqa: PERF401
        named.append(tuple(parts))
    try:
        return _covered(tuple(named), shape)
    except TypeError:  # an end of a slice is a 0-d array, which has no hash
        return False


@lru_cache
def _covered(keys: tuple[tuple[Any, ...], ...], shape: tuple[int, ...]) -> bool:
    named = [_spans(key, shape) for key in keys if None not in key and Ellipsis not in key]
    for axis, n in enumerate(shape):
        seen = bytearray(n)
        for spans in named:
            if all(len(spans[i]) == m for i, m in enumerate(shape) if i != axis):
                part = spans[axis] if spans[axis].step > 0 else spans[axis][::-1]
                seen[part.start : part.stop : part.step] = b"1" * len(part)
        if 0 not in seen:
            return True
    return False


def _join(parts: list[tuple[Any, Any]], shape: tuple[int, ...]) -> Any:
    """Return the raw array of this shape of which every entry is in one of the parts."""
    like, _ = parts[0]
    backend = backend_of(like)
    whole = backend.xp.empty(shape, dtype=like.dtype, device=backend.device(like))
    write, kind = backend.setitem, type(like)
    for g, key in parts:
        own = write if type(g) is kind else leading(whole, g).setitem
        whole = own(whole, key, g, False)
    return whole


def _placed(x: Any, key: Key, shape: tuple[int, ...]) -> Any:
    """Return raw zeros of a shape with `x` at a basic index."""
    return (BY_TYPE.get(type(x)) or backend_of(x)).in_zeros(x, key, shape)


@linear(
    lambda xp, g, x, key: _place(g, key=key, shape=x.shape),
    zeros=True,
    fills=False,
    view=lambda base, new, key: setitem(base, new, key=key),
    adapter="getitem",
    own=Reading(_add_at, _cover, _join, _placed),
)
def _read(x: Array, key: Key, /) -> Array:
    """Return the entries at a basic index."""


@linear(lambda xp, g, key: getitem(g, key), fills=True)
def _place(x: Array, /, *, key: Key, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape with `x` at a basic index."""
    return _placed(x, key, shape)


@linear(
    lambda xp, g, x, key: _scatter(g, key=key, shape=x.shape),
    zeros=True,
    fills=False,
    adapter="getitem",
)
def _gather(x: Array, key: Key, /) -> Array:
    """Return the entries at an index with arrays in it."""


@linear(lambda xp, g, key: getitem(g, key), fills=True)
def _scatter(x: Array, /, *, key: Key, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape with `x` added at an index, once for each time an entry occurs."""
    backend = backend_of(x)
    xp, values = backend.xp, wide(backend.xp, x)
    out = xp.zeros(shape, dtype=values.dtype, device=backend.device(x))
    return halved(xp, backend.index_add(out, key, values), x)


def _apart(x: Any, key: Key, out: Any) -> Any:
    """Return the entries at a basic index; a small part of what is being filled is copied.

    Were it a view, the tape would hold the buffer with it, and the next write would have to copy
    all of it: a loop that makes each row of the row before would take quadratic time and memory.
    An element is copied too, as NumPy does, so that ``x[0], x[1] = x[1], x[0]`` swaps.
    """
    if isinstance(x, Array):
        node = x._node
        if not out._raw.shape and hasattr(out, "_view") and not _has_ellipsis(key):
            return Array(backend_of(out._raw).copied(out._raw), out._node)
        if node is not None and isinstance(node[RULE].own, Writing):
            out._raw = apart(x._raw, out._raw)
    return out


def _has_ellipsis(key: Key) -> bool:
    return key is ... or (type(key) is tuple and any(k is ... for k in key))


def apart(whole: Any, part: Any) -> Any:
    """Return a raw part of a raw array, in a buffer of its own if it is a small one."""
    if getattr(part, "base", None) is None or 4 * part.size > whole.size:
        return part
    return backend_of(part).copied(part)


@as_given
def getitem(x: Array, key: Key, /) -> Array:
    """Return ``x[key]``, for every kind of index of the standard and of NumPy."""
    if type(key) in _BASIC or (type(key) is tuple and _BASIC.issuperset(map(type, key))):
        try:
            out = _read(x, key)  # what most are, found out in the quickest way
        except Exception as error:
            folded(error)
            raise
        if type(out) is Array and out._raw.shape:
            node = x._node
            if node is None or type(node[RULE].own) is not Writing:
                return out
        return _apart(x, key, out)
    tracked = isinstance(x, Array) and x._node is not None and is_recording()
    if type(x) is Array and type(x._raw) is np.ndarray:  # the commonest of the others
        own = key._raw if type(key) is Array else key
        if type(own) is np.ndarray:
            if x._node is None:
                try:
                    return wrapped(x._raw[own])
                except IndexError:  # which the general way explains
                    pass
            return _gather(x, raw_key(guarded_key(key)) if tracked else own)
    key = raw_key(hosted(x, guarded_key(key) if tracked else key))
    if is_basic(key):
        return _apart(x, key, _read(x, key))
    keys = key if type(key) is tuple else (key,)
    for k in keys:
        if type(k) is float:  # some libraries cut it off
            raise IndexError(f"getitem: got the index {k}; expected integers, slices or arrays")
    require_one_place("getitem", (x, *keys))
    return _gather(taken_along(x, keys), key)


Operators.__getitem__ = getitem  # type: ignore[method-assign] # a call less


def leading(x: Any, value: Any) -> Backend:
    """Return the backend of a raw array and of what is written to it; a batch of either leads."""
    backend, kind = backend_of(x), type(value)
    own = backend if kind is type(x) or kind in SCALARS else backend_of_type(kind)
    return own if own is not None and own.leads > backend.leads else backend


def there(xp: XP, g: Any, key: Key) -> Any:
    """Return what of a cotangent belongs to what was written at an index.

    At a mask of each example in `vmap` these are other numbers of entries; what is written there
    is one number, which gets their sum, and so that of the whole array with zeros between them.
    """
    mask = key[0] if type(key) is tuple and len(key) == 1 else key
    if not isinstance(mask, Batch) or not is_mask(mask):
        return getitem(g, key)
    shape = (*mask.shape, *(1,) * (len(g.shape) - len(mask.shape)))
    return xp.where(xp.reshape(mask, shape), g, xp.zeros_like(g))


def _parted(xp: XP, g: Any, key: Key) -> tuple[Any, Any]:
    """Return a raw cotangent with zeros at an index, written in place, and what was there."""
    backend = BY_TYPE.get(type(g)) or backend_of(g)
    part = backend.copied(there(xp, g, key))
    return backend.setitem(g, key, 0, False), part


@linear(
    lambda xp, g, key: _setitem(g, 0, key=key),
    lambda xp, g, key: there(xp, g, key),
    zeros=True,
    own=Writing(_parted),
)
def _setitem(x: Raw, value: Raw, /, *, key: Key, copy: Any = True) -> Array:
    """Return `x` with `value` at an index; `x` itself is written to only if `copy` is False."""
    return leading(x, value).setitem(x, key, value, copy)


def written(x: Raw, value: Any, key: Key, copy: bool) -> Raw | None:
    """Return `x` with what is no array on a tape at an index, or None for the general way.

    The index is basic, or one array of the same library.
    """
    if type(value) is Array and value._node is None:
        value = value._raw
    kind = type(x)
    if type(value) is not kind and type(value) not in SCALARS:
        return None
    if type(key) is Array:
        key = key._raw
    if type(key) is not kind and not is_basic(key):
        return None
    try:
        return BY_TYPE[kind].setitem(x, key, value, copy)
    except (TypeError, ValueError, IndexError, RuntimeError):
        return None


def setitem(x: Array, value: Any, /, *, key: Key, copy: bool = True) -> Array:
    """Return `x` with `value` at an index: what ``x[key] = value`` rebinds `x` to."""
    if type(x) is Array and x._node is None:
        raw = written(x._raw, value, key, copy)
        if raw is not None:
            return Array(raw)
    if isinstance(value, (list, tuple)):
        value = asarray(value, dtype=x.dtype)
    if isinstance(value, Array):
        if value._node is not None and x._raw.dtype not in REAL and x.dtype.kind in "iub":
            raise TypeError(
                f"x[key] = value: value is tracked, and x is an array of {x.dtype}, which has no "
                "derivative. Make x of a floating-point dtype"
            )
        if len(value._raw.shape) > len(x._raw.shape):
            value = _without_leading_ones(value, len(x._raw.shape))
    if not is_basic(key):
        key = raw_key(guarded_key(key) if is_recording() else key)
        x = taken_along(x, key if type(key) is tuple else (key,))
    return _setitem(x, value, key=key, copy=copy)


def _without_leading_ones(value: Array, ndim: int) -> Array:
    shape = value.shape
    while len(shape) > ndim and shape[0] == 1:
        shape = shape[1:]
    return reshape(value, shape)


@as_given
def take(x: Array, indices: AnyArray, /, *, axis: int | None = None) -> Array:
    """Return the entries at integer indices along an axis.

    Args:
        x: the array.
        indices: integers; negative ones count from the end. An index may occur several times: its
            contributions to the derivative are summed.
        axis: the axis; may be None only if `x` is a vector.

    Returns:
        An array of the shape of `x` with the axis replaced by the shape of `indices`.

    Raises:
        ValueError: if `axis` is None and `x` has not exactly one axis.
        IndexError: if an index is out of bounds, where the backend checks this.
    """
    require_array("take", "x", x)
    if axis is None:
        if len(x.shape) != 1:
            raise ValueError(f"take: x has {len(x.shape)} axes; expected axis= to be given")
        axis = 0
    return getitem(x, at_axis(front(axis, len(x.shape), "take"), indices))


@constant
def _along(x: Raw, indices: Raw, /, *, axis: int) -> tuple[Array, ...]:
    """Return the full index of which `indices` is the part along one axis."""
    backend = backend_of(indices)
    ndim, device = len(x.shape), backend.device(indices)
    key = []
    for i in range(ndim):
        if i == axis:
            key.append(indices)
            continue
        n = indices.shape[i] if x.shape[i] == 1 else x.shape[i]
        grid = backend.xp.arange(n if x.shape[i] != 1 else 1, device=device)
        key.append(backend.xp.reshape(grid, (1,) * i + (-1,) + (1,) * (ndim - i - 1)))
    return tuple(key)


@as_given
def take_along_axis(x: Array, indices: AnyArray, /, *, axis: int = -1) -> Array:
    """Return the entries at `indices` along an axis, one index for each place on the other axes.

    Args:
        x: the array.
        indices: integers, with as many axes as `x`; along the others the lengths are equal, or 1.
        axis: the axis along which the indices count.

    Returns:
        An array of the shape of `indices`, as `argsort` and `argmax` make them.

    Raises:
        ValueError: if `indices` does not have as many axes as `x`.
    """
    require_array("take_along_axis", "x", x)
    require_array("take_along_axis", "indices", indices)
    if len(indices.shape) != len(x.shape):
        raise ValueError(
            f"take_along_axis: indices has {len(indices.shape)} axes; expected {len(x.shape)}, as x"
        )
    key = _along(x, hosted(x, indices), axis=front(axis, len(x.shape), "take_along_axis"))
    return getitem(x, tuple(key))


@constant
def _repeated_indices(repeats: Array, /, *, length: int) -> Array:
    """Return each index below `length` as often as `repeats` says."""
    backend = backend_of(repeats)
    indices = backend.xp.arange(length, device=backend.device(repeats))
    return backend.xp.repeat(indices, backend.xp.broadcast_to(repeats, (length,)))


def _repeat_number(x: Array, repeats: int, axis: int) -> Array:
    """Return each element along an axis repeated the same number of times."""
    shape = tuple(x.shape)
    thick = reshape(x, (*shape[: axis + 1], 1, *shape[axis + 1 :]))
    wide = broadcast_to(thick, (*shape[: axis + 1], repeats, *shape[axis + 1 :]))
    return reshape(wide, (*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :]))


@as_given
def repeat(x: Array, repeats: int | Array, /, *, axis: int | None = None) -> Array:
    """Return each element repeated, along an axis, or of the flattened array if it is None.

    Args:
        x: the array.
        repeats: how often, 0 or more: a number, or one for each slice along the axis.
        axis: the axis along which to repeat; if None `x` is flattened first.

    Returns:
        An array of the dtype of `x`. Its length follows from the values of `repeats`, which are
        therefore waited for if they are an array on a GPU.

    Raises:
        TypeError: if `repeats` holds no integers.
        ValueError: if a number of repetitions is negative.
    """
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = front(axis, len(x.shape), "repeat")
    if is_scalar(repeats) or isinstance(repeats, (int, float)):
        try:
            repeats = operator.index(repeats)
        except TypeError:
            raise TypeError(f"repeat: repeats is {repeats!r:.60}; expected integers") from None
        if repeats < 0:
            raise ValueError(f"repeat: repeats is {repeats}; expected a non-negative number")
        return _repeat_number(x, repeats, axis)
    if isinstance(repeats, (list, tuple)):
        held = np.asarray(repeats)
        if held.size and held.dtype.kind not in "biu":
            raise TypeError(f"repeat: repeats is {repeats!r:.60}; expected integers")
        repeats = placed(x, held, np.int64)
    return take(x, _repeated_indices(repeats, length=x.shape[axis]), axis=axis)
