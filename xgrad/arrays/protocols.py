"""What a function of arrays is to a type checker.

It is for checkers alone: other files import it where they do, since to make its classes would take
a twentieth of the time of `import xgrad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from .array import Array

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


ArrayLike: TypeAlias = Array | RawArray | complex


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
