"""What checkers are told of the functions that transforms return.

It is for them alone: other files import it where they do, and to make its classes would take time.
"""

from __future__ import annotations

from typing import Any, ParamSpec, Protocol, TypeVar, overload

from ..arrays.array import Array
from ..backends.protocols import RawArray

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
U = TypeVar("U")


class Argument(Array, Any):  # type: ignore[misc] # what is known of it is that nothing is forbidden
    """What the first parameter of a function is taken for: an array that may as well be a module.

    So every function matches, and a lambda, whose parameter has no type of its own, may do with it
    what it likes.
    """


class Gradient(Protocol[P]):
    """The gradient by the first argument: of an `Array` it is one, of a pytree a pytree.

    Of a number, or of a library's own array, it is the library's own. The other parameters are
    those of the function.
    """

    @overload
    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> Array: ...
    @overload
    def __call__(self, x: RawArray | complex, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...
    @overload
    def __call__(self, x: U, /, *args: P.args, **kwargs: P.kwargs) -> U: ...


class ValueAndGradient(Protocol[P, R_co]):
    """The value, and the gradient by the first argument; see `Gradient`."""

    @overload
    def __call__(self, x: Array, /, *args: P.args, **kwargs: P.kwargs) -> tuple[R_co, Array]: ...
    @overload
    def __call__(
        self, x: RawArray | complex, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Any, Any]: ...
    @overload
    def __call__(self, x: U, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Any, U]: ...


class Jacobian(Protocol[P]):
    """What depends on the structure of argument and result; the other parameters are kept."""

    def __call__(self, x: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...
