"""What checkers are told of the functions that transforms return.

It is for them alone: other files import it where they do, and to make its classes would take time.
"""

from __future__ import annotations

from typing import Any, ParamSpec, Protocol, TypeVar, overload

from ..arrays.array import Array
from ..arrays.protocols import RawArray


class Argument(Array):
    """What the parameter of a lambda is taken for: an array that may as well be a module."""

    __call__: Any

    def __getattr__(self, name: str) -> Any: ...


P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")


class Derived(Protocol[P, R_co]):
    """A function of the arguments of another one."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class Gradient(Protocol[P]):
    """The gradient by an array: of an `Array` it is one, of a pytree a pytree.

    Of a number, or of a library's own array, it is the library's own.
    """

    @overload
    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> Array: ...
    @overload
    def __call__(self, x: RawArray | complex, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...
    @overload
    def __call__(self, x: U, /, *args: P.args, **kwargs: P.kwargs) -> U: ...


class GradientOf(Protocol[T, P]):
    """The gradient by a module or another pytree, of which it has the structure."""

    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class ValueAndGradient(Protocol[P, R_co]):
    """The value, and the gradient by an array; see `Gradient`."""

    @overload
    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> tuple[R_co, Array]: ...
    @overload
    def __call__(
        self, x: RawArray | complex, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Any, Any]: ...
    @overload
    def __call__(self, x: U, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Any, U]: ...


class ValueAndGradientOf(Protocol[T, P]):
    """The value, and the gradient by what is no array; see `GradientOf`."""

    def __call__(self, x: T, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Any, T]: ...
