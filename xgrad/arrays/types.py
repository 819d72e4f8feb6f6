"""The names that annotations have for arrays and what is taken for one; they compute nothing.

A public function takes `Array`s, a library's own arrays, and numbers. It returns an `Array` if one
of its arguments is an `Array`, and otherwise what the library's own function returns. Checkers are
told so by `as_given`, and by the decorators of ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np

    from .array import Array
    from .protocols import Decorator, RawArray

__all__ = ["AnyArray", "ArrayLike", "DType", "Device", "as_given"]

ArrayLike: TypeAlias = "Array | RawArray | complex"
"""What is taken for an array: an `Array`, a library's own, or a number of Python."""

AnyArray: TypeAlias = "Array | RawArray"
"""An `Array`, or a library's own, where a number will not do."""

DType: TypeAlias = "np.dtype[Any] | type[Any] | str | Hashable"
"""A dtype: NumPy's, as xgrad has them, or one of the library's own, of which no more is known."""

Device: TypeAlias = "str | Hashable"
"""A device: its name, or what the library calls one."""


def _itself(f: Any, /) -> Any:
    return f


as_given: Decorator = _itself
"""Tells checkers that a function returns arrays of the kind that it is given, and does nothing.

The first argument of a definition is an `Array`; or if the second one decides as well, both are
`AnyArray` or `ArrayLike`.
"""
