"""Joining and splitting arrays along their first axes, and inserting and deleting slices."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..engine.operands import require_one_place
from ..engine.plain import as_tuple, is_scalar
from .beside import array_of, beside, is_number, placed
from .converting import is_array
from .indexing import getitem, take
from .manipulation import at_axis, broadcast_to, concat, front, moveaxis, reshape

Sections = int | Sequence[int]


def _with_axes(x: Any, before: int, after: int) -> Any:
    """Return an array with new axes of length one."""
    shape = tuple(x.shape)
    return reshape(x, (1,) * before + shape + (1,) * after) if before or after else x


def _at_least(arrays: tuple[Any, ...], ndim: int, name: str) -> Any:
    """Return arrays with new axes where there are too few: one array alone, several as a tuple."""
    made = []
    require_one_place(name, arrays)
    for given in arrays:
        x = array_of(given, name)
        missing = max(0, ndim - len(x.shape))
        after = int(ndim == 3 and missing > 0)  # as NumPy has it: (n,) to (1, n, 1)
        made.append(_with_axes(x, missing - after, after))
    return made[0] if len(made) == 1 else tuple(made)


def atleast_1d(*arrays: AnyArray) -> Any:
    """Return arrays with at least one axis."""
    return _at_least(arrays, 1, "atleast_1d")


def atleast_2d(*arrays: AnyArray) -> Any:
    """Return arrays with at least two axes; a vector becomes a row."""
    return _at_least(arrays, 2, "atleast_2d")


def atleast_3d(*arrays: AnyArray) -> Any:
    """Return arrays with at least three axes; a vector goes to the middle one."""
    return _at_least(arrays, 3, "atleast_3d")


@as_given
def hstack(arrays: Sequence[Array], /) -> Array:
    """Return arrays joined along the second axis, vectors along the only one."""
    arrays = [atleast_1d(x) for x in arrays]
    return concat(arrays, axis=int(bool(arrays) and len(arrays[0].shape) > 1))


@as_given
def vstack(arrays: Sequence[Array], /) -> Array:
    """Return arrays joined along the first axis; a vector counts as a row."""
    return concat([atleast_2d(x) for x in arrays], axis=0)


@as_given
def dstack(arrays: Sequence[Array], /) -> Array:
    """Return arrays joined along the third axis."""
    return concat([atleast_3d(x) for x in arrays], axis=2)


@as_given
def column_stack(arrays: Sequence[Array], /) -> Array:
    """Return arrays joined along the second axis; a vector counts as a column."""
    parts = [atleast_1d(x) for x in arrays]
    return concat([_with_axes(x, 0, int(len(x.shape) == 1)) for x in parts], axis=1)


def _depth(part: Any, leaves: list[Any]) -> int:
    """Return how deep lists are nested, and put what they hold at the end of `leaves`."""
    if not isinstance(part, list):
        leaves.append(part)
        return 0
    if not part:
        raise ValueError("block: a list is empty; expected arrays in each")
    depths = {_depth(p, leaves) for p in part}
    if len(depths) > 1:
        raise ValueError(f"block: lists are nested {sorted(depths)} deep; expected one depth")
    return depths.pop() + 1


def _joined(part: Any, level: int, ndim: int, like: Any) -> Any:
    if isinstance(part, list):
        return concat([_joined(p, level - 1, ndim, like) for p in part], axis=-level)
    part = array_of(part if like is None else beside(like, part), "block")
    return _with_axes(part, ndim - len(part.shape), 0)


@as_given
def block(arrays: Sequence[Any], /) -> Array:
    """Return arrays joined as nested lists lay them out: the innermost along the last axis."""
    leaves: list[Any] = []
    depth = _depth(arrays, leaves)
    like = next((x for x in leaves if is_array(x)), None)
    ndim = max(depth, *(len(getattr(x, "shape", ())) for x in leaves), 0)
    return _joined(arrays, depth, ndim, like)


@as_given
def append(x: Array, values: AnyArray, /, axis: int | None = None) -> Array:
    """Return an array with others at its end, along an axis or flattened.

    Args:
        x: the array.
        values: what is put behind it, with as many axes; only the length along `axis` may differ.
        axis: the axis; both are flattened if it is None.

    Returns:
        A new array of the promoted dtype.
    """
    return concat([array_of(x, "append", axis), array_of(values, "append")], axis=axis)


def _split(x: Any, sections: Sections, axis: int, name: str, equal: bool) -> list[Any]:
    axis = front(axis, len(array_of(x, name).shape), name)
    n = x.shape[axis]
    if isinstance(sections, int) or is_scalar(sections):
        sections = operator.index(sections)  # type: ignore[arg-type]
        if sections <= 0:
            raise ValueError(f"{name}: sections is {sections}; expected a positive number")
        if equal and n % sections:
            raise ValueError(f"{name}: axis {axis} of length {n} has no {sections} equal sections")
        long = n % sections
        sizes = [n // sections + (i < long) for i in range(sections)]
        ends = [int(end) for end in np.cumsum(sizes)]
    elif sections is None:
        raise TypeError(f"{name}: indices_or_sections is None; expected an integer or several")
    else:
        ends = [*as_tuple(sections), n]
    starts = [0, *ends[:-1]]
    return [getitem(x, at_axis(axis, slice(i, j))) for i, j in zip(starts, ends, strict=True)]


@as_given
def split(x: Array, /, indices_or_sections: Sections, axis: int = 0) -> list[Array]:
    """Return equal sections of an array along an axis, or those that begin at given indices.

    Args:
        x: the array.
        indices_or_sections: how many sections, which must divide the length (`array_split` does
            without), or the indices at which they begin, but the first.
        axis: the axis along which to cut.

    Returns:
        A list of arrays.
    """
    return _split(x, indices_or_sections, axis, "split", equal=True)


@as_given
def array_split(x: Array, /, indices_or_sections: Sections, axis: int = 0) -> list[Array]:
    """Return sections of an array along an axis; the first ones are longer if need be.

    Args:
        x: the array.
        indices_or_sections: how many sections, or the indices at which they begin, but the first.
        axis: the axis along which to cut.

    Returns:
        A list of arrays. Of n elements in k sections the first ``n % k`` have one more.
    """
    return _split(x, indices_or_sections, axis, "array_split", equal=False)


@as_given
def hsplit(x: Array, /, indices_or_sections: Sections) -> list[Array]:
    """Return sections along the second axis, of a vector along its only one.

    Args:
        x: an array of one axis or more.
        indices_or_sections: into how many equal sections, or the indices at which they begin, but
            the first.

    Returns:
        A list of arrays.
    """
    axis = int(len(array_of(x, "hsplit").shape) > 1)
    return _split(x, indices_or_sections, axis, "hsplit", equal=True)


@as_given
def vsplit(x: Array, /, indices_or_sections: Sections) -> list[Array]:
    """Return sections along the first axis of an array of two or more.

    Args:
        x: an array of two axes or more.
        indices_or_sections: into how many equal sections, or the indices at which they begin, but
            the first.

    Returns:
        A list of arrays.
    """
    return _split_at(x, indices_or_sections, 0, 2, "vsplit")


@as_given
def dsplit(x: Array, /, indices_or_sections: Sections) -> list[Array]:
    """Return sections along the third axis.

    Args:
        x: an array of three axes or more.
        indices_or_sections: into how many equal sections, or the indices at which they begin, but
            the first.

    Returns:
        A list of arrays.
    """
    return _split_at(x, indices_or_sections, 2, 3, "dsplit")


def _split_at(x: Any, sections: Sections, axis: int, ndim: int, name: str) -> list[Any]:
    if len(array_of(x, name).shape) < ndim:
        raise ValueError(f"{name}: x has {len(x.shape)} axes; expected at least {ndim}")
    return _split(x, sections, axis, name, equal=True)


def _host(obj: Any, name: str) -> Any:
    """Return an index that is known without waiting for a device."""
    if is_array(obj) and not isinstance(obj, (np.ndarray, np.generic)):
        raise TypeError(
            f"{name}: obj is an array of {type(obj).__module__.partition('.')[0]}; expected an "
            "int, a slice, a list or a NumPy array, since it decides the shape of the result"
        )
    return obj


@as_given
def insert(x: Array, obj: Any, values: Any, /, axis: int | None = None) -> Array:
    """Return an array with values put before the given indices, along an axis or flattened.

    Args:
        x: the array.
        obj: an int, a slice, or a sequence of ints; they count in `x`, before anything is put in.
        values: an array that broadcasts to what is put in, or a number.
        axis: the axis; the array is flattened if it is None.

    Returns:
        A new array, longer along the axis. Derivatives flow to `x` and to `values`.

    >>> import numpy as np, xgrad as xg
    >>> xg.insert(np.asarray([1.0, 2.0]), 1, 9.0)
    array([1., 9., 2.])
    """
    x = array_of(x, "insert")
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    axis = front(axis, len(x.shape), "insert")
    obj, n = _host(obj, "insert"), x.shape[axis]
    values = values if is_array(values) and not is_number(values) else placed(x, values)
    values = _with_axes(values, max(0, len(x.shape) - len(values.shape)), 0)
    places = np.arange(n)[obj] if isinstance(obj, slice) else np.asarray(obj)
    if places.ndim == 0:
        values = moveaxis(values, 0, axis)
    count = values.shape[axis] if places.size == 1 else places.size
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    order = np.insert(np.arange(n), obj, n + np.arange(count))
    both = concat([x, broadcast_to(values, shape)], axis=axis)
    return take(both, placed(x, order, np.int64), axis=axis)


@as_given
def delete(x: Array, obj: Any, /, axis: int | None = None) -> Array:
    """Return an array without the slices at the given indices, along an axis or flattened.

    Args:
        x: the array.
        obj: an int, a slice, a sequence of ints or of booleans; not a tracked array.
        axis: the axis; the array is flattened if it is None.

    Returns:
        A new array; what is left out has the derivative 0.

    Raises:
        IndexError: if an index is out of bounds.
    """
    x = array_of(x, "delete")
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    axis = front(axis, len(x.shape), "delete")
    obj, n = _host(obj, "delete"), x.shape[axis]
    if np.ndim(obj) == 0 and not isinstance(obj, slice) and -n <= obj < n:
        ends = slice(0, obj % n), slice(obj % n + 1, n)
        return concat([getitem(x, at_axis(axis, end)) for end in ends], axis=axis)
    try:
        keep = np.delete(np.arange(n), obj)
    except IndexError as error:
        error.add_note(f"in xgrad.delete: obj is {obj!r:.60}")
        raise
    return take(x, placed(x, keep, np.int64), axis=axis)
