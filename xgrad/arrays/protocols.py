"""What a function of arrays is to a type checker.

It is for checkers alone: other files import it where they do, since to make its classes would take
a twentieth of the time of `import xgrad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from ..backends.protocols import RawArray
from .array import Array

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


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
