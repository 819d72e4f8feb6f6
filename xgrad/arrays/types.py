"""The names that annotations have for arrays and what is taken for one; they compute nothing.

A public function takes `Array`s, a library's own arrays, and numbers. It returns an `Array` if one
of its arguments is an `Array`, and otherwise what the library's own function returns. Checkers are
told so by `as_given`, and by the decorators of ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ..backends.types import Axes, Device, DType
from ..names import spelled

if TYPE_CHECKING:
    from ..backends.protocols import RawArray
    from .array import Array
    from .protocols import Decorator

__all__ = ["AnyArray", "ArrayLike", "Axes", "DType", "Device", "as_given"]

ArrayLike: TypeAlias = "Array | RawArray | complex"
"""What is taken for an array: an `Array`, a library's own, or a number of Python."""

AnyArray: TypeAlias = "Array | RawArray"
"""An `Array`, or a library's own, where a number will not do."""


as_given: Decorator = spelled  # type: ignore[assignment] # the mark is for checkers alone
"""Tells checkers that a function returns arrays of the kind that it is given; see also `spelled`.

The first argument of a definition is an `Array`; or if the second one decides as well, both are
`AnyArray` or `ArrayLike`.
"""
