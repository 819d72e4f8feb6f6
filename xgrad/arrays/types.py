"""The names that annotations have for arrays and what is taken for one; they compute nothing.

A public function takes `Array`s, a library's own arrays, and numbers. It returns an `Array` if one
of its arguments is an `Array`, and otherwise what the library's own function returns. `Function`
says this to type checkers; `as_given`, like the decorators of ops, makes one of a definition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

if TYPE_CHECKING:
    import numpy as np

    from .array import Array

__all__ = ["AnyArray", "ArrayLike", "Axes", "DType", "Decorator", "Device", "RawArray", "as_given"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class RawArray(Protocol):
    """An array of some library: of NumPy, CuPy, PyTorch, Dask, ...

    Of what the Array API standard demands, these are the least by which it is told from a list or a
    text.
    """

    @property
    def shape(self) -> Any:
        """The length of each axis."""

    @property
    def dtype(self) -> Any:
        """The library's name of the type of the elements."""

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __rpow__(self, other: Any, /) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...


ArrayLike: TypeAlias = "Array | RawArray | complex"
"""What is taken for an array: an `Array`, a library's own, or a number of Python."""

AnyArray: TypeAlias = "Array | RawArray"
"""An `Array`, or a library's own, where a number will not do."""

Axes: TypeAlias = "int | tuple[int, ...] | None"
"""One axis, several, or all of them."""

DType: TypeAlias = "np.dtype[Any] | type[Any] | str | Hashable"
"""A dtype: NumPy's, as xgrad has them, or one of the library's own, of which no more is known."""

Device: TypeAlias = "str | Hashable"
"""A device: its name, or what the library calls one."""


class Function(Protocol[P, R_co]):
    """A function of an array, perhaps more of them, and parameters.

    Of an `Array` it gives what it is written to give. Of another first argument it may give that or
    the library's own arrays: what the arguments after it decide, no checker can be told.
    """

    @overload
    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, x: RawArray | complex, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...


class FunctionOfTwo(Protocol[P, R_co]):
    """A function of two arrays or numbers, perhaps more, and parameters; see `Function`."""

    @overload
    def __call__(self, x1: Array, x2: ArrayLike, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: Array, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(
        self, x1: ArrayLike, x2: ArrayLike, /, *args: P.args, **kwargs: P.kwargs
    ) -> Any: ...


class FunctionOfSeveral(Protocol[P, R_co]):
    """A function of a sequence of arrays, and parameters; see `Function`."""

    @overload
    def __call__(self, x: Sequence[Array], /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, x: Sequence[Any], /, *args: P.args, **kwargs: P.kwargs) -> Any: ...


class Decorator(Protocol):
    """What makes a `Function` of a definition, by what that says of its first arguments."""

    @overload
    def __call__(
        self, f: Callable[Concatenate[RawArray, Array, P], R_co], /
    ) -> FunctionOfTwo[P, R_co]: ...
    @overload
    def __call__(self, f: Callable[Concatenate[Array, P], R_co], /) -> Function[P, R_co]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[Sequence[Array], P], R_co], /
    ) -> FunctionOfSeveral[P, R_co]: ...


def _itself(f: Any, /) -> Any:
    return f


as_given: Decorator = _itself
"""Tells checkers that a function returns arrays of the kind that it is given, and does nothing.

The first argument of a definition is an `Array`; or if the second one decides as well, both are
`AnyArray` or `ArrayLike`.
"""
