"""Unique elements and membership. Values are gathered, and keep their derivatives."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays.array import Array
from ..arrays.types import AnyArray, as_given
from ..backends import backend_of
from ..engine.op import constant
from .dtypes import is_tracked
from .indexing import take
from .manipulation import reshape


class UniqueAllResult(NamedTuple):
    """The unique values, where each first occurs, which one each element is, and how often each."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple):
    """The unique values, and how often each occurs."""

    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple):
    """The unique values, and which one each element is."""

    values: Array
    inverse_indices: Array


@constant
def _unique(x: Array, /) -> UniqueAllResult:
    """Return all there is to say of the unique elements, without derivatives."""
    return UniqueAllResult(*backend_of(x).xp.unique_all(x))


@as_given
def unique_all(x: Array, /) -> UniqueAllResult:
    """Return the unique values, their first indices, the inverse indices and the counts."""
    values, indices, inverse, counts = _unique(x)
    if is_tracked(x):
        values = take(reshape(x, (-1,)), indices)
    return UniqueAllResult(values, indices, inverse, counts)


@as_given
def unique_counts(x: Array, /) -> UniqueCountsResult:
    """Return the unique values and how often each occurs."""
    values, _, _, counts = unique_all(x)
    return UniqueCountsResult(values, counts)


@as_given
def unique_inverse(x: Array, /) -> UniqueInverseResult:
    """Return the unique values and which one each element is."""
    values, _, inverse, _ = unique_all(x)
    return UniqueInverseResult(values, inverse)


@as_given
def unique_values(x: Array, /) -> Array:
    """Return the unique values; a derivative belongs to the first element that has the value."""
    return unique_all(x).values


@constant
def isin(x1: AnyArray, x2: AnyArray, /, *, invert: bool = False) -> Array:
    """Return whether each element of `x1` is among those of `x2`.

    Args:
        x1: an array or a number.
        x2: an array or a number; its shape does not matter.
        invert: whether to say instead which elements are not.

    Returns:
        Booleans of the shape of `x1`. They have no derivative.
    """
